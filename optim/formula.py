r"""An optimizer's formula, as its docstring has it, and as LaTeX.

The text is the first indented block of the docstring.  Its columns stand two or more blanks apart,
some behind a comma: statements such as `v = alpha v + (1 - alpha) g^2`, whose factors are written
side by side, and remarks in words.  `m^` is m with a hat; `a b / c` divides a b by c.
"""

from __future__ import annotations

import inspect
import re

SYMBOLS = {
    "grad": r"\nabla L", "lr": r"\eta", "weight_decay": r"\lambda", "momentum": r"\mu",
    "dampening": r"\tau", "eps": r"\varepsilon", "alpha": r"\alpha", "rho": r"\rho",
    "beta": r"\beta", "mu": r"\mu", "eta": r"\eta_t", "etas": r"\eta", "lambd": r"\tilde\lambda",
    "lr_decay": r"\delta", "momentum_decay": r"\psi", "beta2_decay": r"\gamma",
    "T": r"\mathsf{T}", **{name: name for name in "abcdgkmnrstuvw"},
}  # fmt: skip
FUNCTIONS = {"max": r"\max", "min": r"\min", **{name: rf"\operatorname{{{name}}}"
                                                     for name in ("mean", "norm", "rms", "sign")}}

_TOKEN = re.compile(r"\s*(\d+(?:\.\d+)?|[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*(?:\^(?![\w(]))?"
                    r"|\.\.\.|\S)")


class Formula(str):
    """An optimizer's formula: text, with LaTeX of the same as `.latex`; a notebook shows that."""

    @property
    def latex(self) -> str:
        r"""\begin{aligned} ... \end{aligned}, a row for each line."""
        rows = [r" \qquad ".join(map(_column, re.split(r"[,;]?\s{2,}", line.rstrip(","))))
                for line in self.splitlines()]
        rows = [f"& {row}" if row.startswith(r"\text") else row.replace(" = ", " &= ", 1)
                for row in rows]
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex}$"


def formula_of(kind: type) -> Formula:
    """The first indented block of a class's docstring, or of its base's where it has none."""
    lines = (inspect.getdoc(kind) or "").splitlines()
    block: list[str] = []
    for before, line in zip(["", *lines], lines, strict=False):
        if line.startswith("    ") and (block or not before):
            block.append(line[4:])
        elif block:
            break
    if not block:
        raise ValueError(f"{kind.__name__}.formula: the docstring has no formula; write it there, "
                         "after an empty line and four blanks deeper than the rest")
    return Formula("\n".join(block))


def _column(text: str) -> str:
    """A statement in LaTeX, or a remark as text."""
    try:
        return _Statement(text).read()
    except _NoMathematics:
        words = text.replace("`", "").replace("_", r"}\_\text{")  # MathJax has no \_ in \text
        return rf"\text{{{words}}}"


class _NoMathematics(Exception):
    """A column that is no statement."""


class _Statement:
    """Reads `x = expression` and writes it as LaTeX, from left to right."""

    def __init__(self, text: str) -> None:
        self.tokens = [*_TOKEN.findall(text), ""]
        self.bars = 0  # how many |...| are open

    def take(self, wanted: str = "") -> str:
        if wanted and self.tokens[0] != wanted:
            raise _NoMathematics
        return self.tokens.pop(0)

    def read(self) -> str:
        left = self.factor()
        self.take("=")
        right = self.sum()
        if self.tokens != [""]:
            raise _NoMathematics
        return f"{left} = {right}"

    def sum(self) -> str:
        parts = [self.take() + " " if self.tokens[0] == "-" else "", self.product()]
        while self.tokens[0] in ("+", "-"):
            parts += [f" {self.take()} ", self.product()]
        return "".join(parts)

    def product(self) -> str:
        done: list[str] = []
        factors = [self.factor()]
        while self.tokens[0] == "/" or self.begins():
            if self.tokens[0] == "/":
                self.take()
                factors = factors or [done.pop()]
                over = _bare(factors[0]) if len(factors) == 1 else r" \, ".join(factors)
                done.append(rf"\frac{{{over}}}{{{_bare(self.factor())}}}")
                factors = []
            else:
                factors.append(self.factor())
        return r" \, ".join(done + factors)

    def begins(self) -> bool:
        """Whether the next token begins a factor."""
        token = self.tokens[0]
        return token[:1].isalnum() or token in ("(", "...") or token == "|" and not self.bars

    def factor(self) -> str:
        base = self.base()
        if self.tokens[0] == "^":
            self.take()
            return f"{base}^{{{_bare(self.base())}}}"
        return base

    def base(self) -> str:
        token = self.take()
        if token == "(":
            return rf"\left( {self.closed(')')} \right)"
        if token == "|":
            self.bars += 1
            inner = self.closed("|")
            self.bars -= 1
            return rf"\left| {inner} \right|"
        if token == "...":
            return r"\cdots"
        if token == "sqrt" and self.tokens[0] == "(":
            self.take()
            return rf"\sqrt{{{self.closed(')')}}}"
        if token in FUNCTIONS and self.tokens[0] == "(":
            self.take()
            values = [self.sum()]
            while self.tokens[0] == ",":
                self.take()
                values.append(self.sum())
            self.take(")")
            return rf"{FUNCTIONS[token]}\left( {', '.join(values)} \right)"
        return token if token[:1].isdigit() else self.name(token)

    def closed(self, end: str) -> str:
        inner = self.sum()
        self.take(end)
        return inner

    def name(self, token: str) -> str:
        if token.endswith("^"):
            return rf"\hat{{{self.name(token[:-1])}}}"
        known, below = SYMBOLS.get(token), ""
        if known is None:
            stem, below = re.fullmatch(r"([A-Za-z]*)_?(\w*)", token).groups()  # type: ignore
            known = SYMBOLS.get(stem)
        if known is None:
            raise _NoMathematics
        if self.tokens[0] == "[":
            self.take()
            below = self.closed("]")
        elif self.tokens[0] == "_":
            self.take()
            below = _bare(self.base())
        return f"{known}_{{{below}}}" if below else known


def _bare(factor: str) -> str:
    r"""A factor without \left( ... \right) around it, which a fraction's line or a raised place
    makes needless."""
    start, end = r"\left( ", r" \right)"
    whole = factor.startswith(start) and factor.endswith(end)
    return factor[len(start):-len(end)] if whole else factor
