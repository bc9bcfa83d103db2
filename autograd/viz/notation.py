"""Formulas in print: as text, as LaTeX and as MathML.

A formula is the tree of a Python expression in which tensors, gradients and what has a name of its
own are `Symbol`s; each notation says how it writes the parts, and what binds how tightly is said
once. In the text * is ⊙ between arrays and · beside a number, @ the matrix product, ᵀ the
transpose of the last two dimensions, and [a > 0] is 1 where it holds, else 0.
"""

from __future__ import annotations

import ast
import re
from typing import Any, NamedTuple

from .style import escaped

_ADD, _MUL, _NEG, _ATOM = 1, 2, 3, 5
_COMPARED = {ast.Gt: ">", ast.Lt: "<", ast.GtE: "≥", ast.LtE: "≤", ast.Eq: "=", ast.NotEq: "≠"}
_WORDS = {ast.BitOr: "or", ast.BitAnd: "and"}
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_PARTED = re.compile(r"([^\W\d_]\w{0,2}?̂?)_?(\d+|(?<=_)[^\W\d_]{1,2})")  # z2, W_hh


class Symbol(NamedTuple):
    """The name of a tensor, or the derivative of `loss` by it."""

    name: str
    scalar: bool = False
    loss: str = ""  # of a derivative

    @property
    def delta(self) -> str:
        """What textbooks call the derivative by an input of an activation, z."""
        return f"δ{self.name[1:]}" if self.loss and re.fullmatch(r"z\d*", self.name) else ""


def atom(value: Any) -> ast.Constant:
    """A symbol, a number or a piece of code as a formula."""
    return ast.Constant(value)


def is_scalar(tree: ast.expr) -> bool:
    """Whether a formula is known to give one number."""
    if isinstance(tree, ast.Constant):
        return not isinstance(tree.value, Symbol) or tree.value.scalar
    if isinstance(tree, ast.BinOp):
        return is_scalar(tree.left) and is_scalar(tree.right)
    return isinstance(tree, ast.UnaryOp) and is_scalar(tree.operand)


class Notation:
    """Plain text; others change the parts."""

    minus, dots = "−", {True: " · ", False: " ⊙ "}

    def __call__(self, tree: ast.expr) -> str:
        return self.tight(tree)[0]

    def tight(self, tree: ast.expr) -> tuple[str, int]:
        """A formula and how tightly its outermost part binds."""
        write = getattr(self, f"of_{type(tree).__name__}", None)
        return (self.code(ast.unparse(tree)), _ATOM) if write is None else write(tree)

    def within(self, tree: ast.expr, least: int) -> str:
        """A formula, in parentheses unless it binds as tightly as that."""
        text, binds = self.tight(tree)
        return text if binds >= least else self.parentheses(text)

    def of_Constant(self, tree: ast.Constant) -> tuple[str, int]:
        value = tree.value
        if isinstance(value, Symbol):
            return (self.derivative(value) if value.loss else self.name(value.name)), _ATOM
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            text = f"{value:.6g}".replace("-", self.minus)
            return self.number(text), _MUL if value < 0 else _ATOM
        return self.code(str(value)), _ATOM

    def of_BinOp(self, tree: ast.BinOp) -> tuple[str, int]:
        left, right, op = tree.left, tree.right, type(tree.op)
        if op in (ast.Add, ast.Sub):
            sign = self.operator("+" if op is ast.Add else self.minus)
            return self.within(left, _ADD) + sign + self.within(right, _MUL), _ADD
        if op is ast.Div:
            return self.quotient(left, right)
        if op in _WORDS:
            word = self.operator(_WORDS[op])
            return self.within(left, _ATOM) + word + self.within(right, _ATOM), _ADD
        if op is ast.Pow:
            return self.power(left, right), _ATOM
        dot = self.matrix_dot if op is ast.MatMult else self.dots[
            is_scalar(left) or is_scalar(right)]
        loose = isinstance(left, ast.BinOp) and op is ast.MatMult and not isinstance(
            left.op, ast.MatMult)
        return self.within(left, _NEG if loose else _MUL) + dot + self.within(right, _NEG), _MUL

    def of_UnaryOp(self, tree: ast.UnaryOp) -> tuple[str, int]:
        return self.operator(self.minus).strip() + self.within(tree.operand, _MUL), _MUL

    def of_Compare(self, tree: ast.Compare) -> tuple[str, int]:
        sign = self.operator(_COMPARED[type(tree.ops[0])])
        return self.brackets(self(tree.left) + sign + self(tree.comparators[0])), _ATOM

    def of_Call(self, tree: ast.Call) -> tuple[str, int]:
        parts = [*map(self, tree.args), *[self.code(f"{k.arg}=") + self(k.value)
                                          for k in tree.keywords]]
        function = self.function(ast.unparse(tree.func))
        return function + self.parentheses(self.comma.join(parts)), _ATOM

    def of_Attribute(self, tree: ast.Attribute) -> tuple[str, int]:
        if tree.attr in ("T", "mT"):
            value = tree.value
            fraction = isinstance(value, ast.Constant) and isinstance(
                value.value, Symbol) and value.value.loss and not value.value.delta
            text = self.within(value, _ATOM)
            return self.transposed(self.parentheses(text) if fraction else text), _ATOM
        return self(tree.value) + self.code(f".{tree.attr}"), _ATOM

    def of_Subscript(self, tree: ast.Subscript) -> tuple[str, int]:
        return self.within(tree.value, _ATOM) + self.brackets(self(tree.slice)), _ATOM

    def of_Tuple(self, tree: ast.Tuple) -> tuple[str, int]:
        last = self.comma.rstrip() if len(tree.elts) == 1 else ""
        return self.parentheses(self.comma.join(map(self, tree.elts)) + last), _ATOM

    def of_List(self, tree: ast.List) -> tuple[str, int]:
        return self.brackets(self.comma.join(map(self, tree.elts))), _ATOM

    matrix_dot, comma = " @ ", ", "

    def quotient(self, left: ast.expr, right: ast.expr) -> tuple[str, int]:
        return f"{self.within(left, _MUL)} / {self.within(right, _NEG)}", _MUL

    def power(self, left: ast.expr, right: ast.expr) -> str:
        base = self.within(left, _ATOM)
        number = right.value if isinstance(right, ast.Constant) else None
        if isinstance(number, (int, float)) and number == int(number):
            return base + str(int(number)).translate(_SUPERSCRIPTS)
        return f"{base}^{self.within(right, _ATOM)}"

    def transposed(self, text: str) -> str:
        return f"{text}ᵀ"

    def derivative(self, symbol: Symbol) -> str:
        return self.name(symbol.delta) if symbol.delta else self.partial(symbol)

    def partial(self, symbol: Symbol) -> str:
        return f"∂{self.name(symbol.loss)}/∂{self.name(symbol.name)}"

    def name(self, name: str) -> str:
        """A tensor's name, which may be a place in a list."""
        name, bracket, place = name.partition("[")
        return self.short_name(*parted(name)) + self.code(bracket + place)

    def short_name(self, stem: str, below: str) -> str:
        return stem + (below.translate(_SUBSCRIPTS) if below.isdigit() else below and f"_{below}")

    def function(self, name: str) -> str:
        return name

    def operator(self, sign: str) -> str:
        return f" {sign} "

    def number(self, text: str) -> str:
        return text

    def code(self, text: str) -> str:
        return text

    def parentheses(self, text: str) -> str:
        return f"({text})"

    def brackets(self, text: str) -> str:
        return f"[{text}]"


class Latex(Notation):
    """LaTeX with the commands of amsmath, which MathJax and KaTeX know too."""

    minus, dots = "-", {True: r" \cdot ", False: r" \odot "}
    matrix_dot = r"\, "
    _SIGNS = {"≥": r"\ge", "≤": r"\le", "≠": r"\ne", "or": r"\lor", "and": r"\land"}
    _GREEK = {"δ": r"\delta", "σ": r"\sigma", "Φ": r"\Phi", "φ": r"\varphi", "ŷ": r"\hat{y}",
              "x̂": r"\hat{x}"}

    def quotient(self, left, right):
        return rf"\frac{{{self(left)}}}{{{self(right)}}}", _ATOM

    def power(self, left, right):
        return f"{self.within(left, _ATOM)}^{{{self(right)}}}"

    def transposed(self, text):
        return rf"{text}^{{\top}}"

    def partial(self, symbol):
        return (rf"\frac{{\partial {self.name(symbol.loss)}}}"
                rf"{{\partial {self.name(symbol.name)}}}")

    def short_name(self, stem, below):
        stem = self._GREEK.get(stem) or (stem if len(stem) == 1 and stem.isascii()
                                         else self.code(stem))
        return f"{stem}_{{{below}}}" if below else stem

    def function(self, name):
        if name in ("Φ", "φ"):
            return self._GREEK[name]
        stem = name.rstrip("′")
        return rf"\operatorname{{{_escaped(stem)}}}" + "'" * (len(name) - len(stem))

    def operator(self, sign):
        return f" {self._SIGNS.get(sign, sign)} "

    def code(self, text):
        return rf"\mathtt{{{_escaped(text)}}}" if text else ""

    def parentheses(self, text):
        return rf"\left({text}\right)"

    def brackets(self, text):
        return rf"\left[{text}\right]"


class MathML(Notation):
    """MathML, which browsers draw by themselves."""

    dots = {True: "<mo>·</mo>", False: "<mo>⊙</mo>"}
    matrix_dot, comma = '<mspace width="0.2em"/>', "<mo>,</mo>"

    def quotient(self, left, right):
        return f"<mfrac>{_row(self(left))}{_row(self(right))}</mfrac>", _ATOM

    def power(self, left, right):
        return f"<msup>{_row(self.within(left, _ATOM))}{_row(self(right))}</msup>"

    def transposed(self, text):
        return f"<msup>{_row(text)}<mo>⊤</mo></msup>"

    def partial(self, symbol):
        return (f"<mfrac><mrow><mo>∂</mo>{self.name(symbol.loss)}</mrow>"
                f"<mrow><mo>∂</mo>{self.name(symbol.name)}</mrow></mfrac>")

    def short_name(self, stem, below):
        tag = "mtext" if "." in stem else "mi"
        stem = f"<{tag}>{escaped(stem)}</{tag}>"
        return f"<msub>{stem}<mn>{escaped(below)}</mn></msub>" if below else stem

    def function(self, name):
        return f"<mi>{escaped(name)}</mi>"

    def operator(self, sign):
        return f"<mo>{escaped(sign)}</mo>"

    def number(self, text):
        return f"<mn>{text}</mn>"

    def code(self, text):
        return f"<mtext>{escaped(text)}</mtext>" if text else ""

    def parentheses(self, text):
        return f"<mrow><mo>(</mo>{text}<mo>)</mo></mrow>"

    def brackets(self, text):
        return f"<mrow><mo>[</mo>{text}<mo>]</mo></mrow>"


def parted(name: str) -> tuple[str, str]:
    """A short name and its index: z and 2 of z2 or z_2, W and hh of W_hh."""
    found = _PARTED.fullmatch(name)
    return (found[1], found[2]) if found else (name, "")


def _row(text: str) -> str:
    return f"<mrow>{text}</mrow>"


def _escaped(text: str) -> str:
    """Text for LaTeX in ASCII letters."""
    text = text.replace("\\", r"\backslash ")
    return re.sub(r"[_#$%&{}]", lambda found: f"\\{found[0]}", text)


TEXT, LATEX, MATHML = Notation(), Latex(), MathML()
