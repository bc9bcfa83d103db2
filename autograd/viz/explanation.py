"""What `explain` returns: equations that print as text, LaTeX and HTML."""

from __future__ import annotations

import ast
import re
from html import escape
from typing import NamedTuple

import numpy as np

from ..tensors import Tensor
from .equations import Definition
from .formulas import WORDS
from .notation import LATEX, MATHML, TEXT, Notation, Symbol

_FEW, _EDGE = 12, 2  # numbers that are shown in full; of more, so many at each end
_MOST_TERMS = 6  # of a sum
_MOST_LINES = 8  # of numbers
_STYLE = ("border-collapse:collapse;text-align:left",
          "padding:.25em .8em .25em 0;vertical-align:top;text-align:left")


class Forward(NamedTuple):
    """How a tensor was computed."""

    left: Symbol
    right: ast.expr
    shape: tuple

    def __str__(self) -> str:
        return f"{TEXT.name(self.left.name)} = {TEXT(self.right)}"


class Equation:
    """The derivative of the loss by one tensor.

    name       what the tensor is called
    gradient   the number, as `backward` computes it
    where      the definitions that the formula uses, as text
    """

    def __init__(self, left: Symbol, gradient: Tensor, terms: list[ast.expr],
                 where: list[Definition], hooked: bool) -> None:
        self._left, self._terms, self._where, self._hooked = left, terms, where, hooked
        self.name, self.gradient = left.name, gradient

    @property
    def where(self) -> tuple[str, ...]:
        return tuple(self._definitions(TEXT))

    def _definitions(self, notation: Notation) -> list[str]:
        return list(dict.fromkeys(notation(one.left) + notation.operator("=") + notation(one.right)
                                  for one in self._where))

    def _formula(self, notation: Notation) -> str:
        """The equation alone."""
        equals = notation.operator("=")
        short = notation.name(self._left.delta) + equals if self._left.delta else ""
        return short + notation.partial(self._left) + equals + self._right(notation)

    def _right(self, notation: Notation) -> str:
        """The sum of what each use of the tensor gives."""
        first, *others = self._terms
        text = notation.within(first, 1)
        for i, term in enumerate(others, 1):
            if _MOST_TERMS - 2 <= i < len(others) - 1 and len(others) >= _MOST_TERMS:
                more = notation.code(f"({len(others) - _MOST_TERMS + 2} more)")
                text += notation.operator("+") + more if i == _MOST_TERMS - 2 else ""
            elif isinstance(term, ast.UnaryOp) and isinstance(term.op, ast.USub):
                text += notation.operator(notation.minus) + notation.within(term.operand, 2)
            else:
                text += notation.operator("+") + notation.within(term, 1)
        return text

    def __str__(self) -> str:
        lines = [f"{self._formula(TEXT)}"]
        lines += [f"  where {', '.join(self.where)}"] if self._where else []
        lines += ["  then changed by a hook"] if self._hooked else []
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)


class Explanation:
    """The equations of a backward pass, in its order, and how the forward pass computed what they
    name.  `equations` has an `Equation` for each tensor on the way."""

    def __init__(self, loss: Tensor, name: str, variable: str, forward: list[Forward],
                 equations: list[Equation]) -> None:
        self.loss, self.forward, self.equations = loss, forward, equations
        self._names = list(dict.fromkeys([name, variable or name]))

    def __getitem__(self, name: str) -> Equation:
        """The equation of the tensor of that name."""
        for equation in self.equations:
            if equation.name == name:
                return equation
        raise KeyError(f"{name}; there are equations for "
                       f"{', '.join(equation.name for equation in self.equations)}")

    def __str__(self) -> str:
        head = " = ".join([*map(TEXT.name, self._names), numbers(self.loss)])
        lefts = [str(line) for line in self.forward]
        width = min(max(map(len, lefts), default=0), 60)
        forward = [f"  {left:<{width}}  {shape_of(line.shape)}" for left, line in
                   zip(lefts, self.forward, strict=True)]
        parts = [head, "", "forward", *forward, "", "backward",
                 *[_indented(equation) for equation in self.equations]]
        words = self._words()
        return "\n".join([*parts, *(["", *[f"{name} {text}." for name, text in words]]
                                    if words else [])])

    __repr__ = __str__

    def latex(self) -> str:
        """The equations for LaTeX with amsmath, to stand where mathematics is displayed."""
        lines = []
        for equation in self.equations:
            line = equation._formula(LATEX).replace(" = ", " &= ", 1)
            where = equation._definitions(LATEX)
            lines.append(line + (r" && \text{where } " + r",\ ".join(where) if where else ""))
        return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"

    def _repr_html_(self) -> str:
        table, cell = _STYLE
        td = f'<td style="{cell}">'
        forward = "".join(f"<tr>{td}{forward_html(line)}</td>{td}{shape_of(line.shape)}</td></tr>"
                          for line in self.forward)
        backward = "".join(
            f"<tr>{td}{equation_html(equation)}</td>{td}{shape_of(equation.gradient.shape)}</td>"
            f'{td}<pre style="margin:0">{escape(numbers(equation.gradient))}</pre></td></tr>'
            for equation in self.equations)
        words = "".join(f"<li><code>{name}</code> {text}.</li>" for name, text in self._words())
        parts = [(forward, "forward"), (backward, "backward, in its order")]
        return "".join(f'<table style="{table}"><caption style="{table}">{name}</caption>{rows}'
                       "</table>" for rows, name in parts) + (f"<ul>{words}</ul>" if words else "")

    def _words(self) -> list[tuple[str, str]]:
        """The functions in the formulas that are not known to everybody."""
        told = set(re.findall(r"\w+", " ".join(map(str, self.equations))))
        return [(name, text) for name, text in WORDS.items() if name in told]


def forward_html(line: Forward) -> str:
    """How a tensor was computed, as MathML."""
    return math_html(MATHML.name(line.left.name) + MATHML.operator("=") + MATHML(line.right))


def equation_html(equation: Equation) -> str:
    """An equation as MathML, below it what it uses."""
    where = equation._definitions(MATHML)
    below = [f"where {', '.join(map(math_html, where))}"] if where else []
    below += ["then changed by a hook"] if equation._hooked else []
    return math_html(equation._formula(MATHML)) + "".join(
        f'<div style="font-size:90%">{line}</div>' for line in below)


def numbers(tensor: Tensor) -> str:
    """The numbers of a tensor; of a large one those at the ends."""
    array = tensor.numpy()
    text = np.array2string(array, threshold=_FEW, edgeitems=_EDGE if array.ndim < 3 else 1,
                           formatter={"float_kind": _short, "complex_kind": _short})
    lines = [line for line in text.splitlines() if line.strip()]
    return "\n".join(lines if len(lines) <= _MOST_LINES else [*lines[:_MOST_LINES - 1], " …"])


def _short(number) -> str:
    return f"{number:.4g}"


def math_html(text: str) -> str:
    """A formula in MathML as HTML has it."""
    return ('<math xmlns="http://www.w3.org/1998/Math/MathML" displaystyle="true">'
            f"{text}</math>")


def shape_of(shape) -> str:
    """A shape, or those of several results."""
    return ", ".join(map(str, shape)) if isinstance(shape, list) else str(tuple(shape))


def _indented(equation: Equation) -> str:
    """An equation with shape and numbers: beside it if they are one line, else below."""
    formula, *rest = str(equation).splitlines()
    shown = numbers(equation.gradient).splitlines()
    beside = f"  {shown[0]}" if len(shown) == 1 else ""
    below = [] if beside else [f"  {line}" for line in shown]
    first = f"{formula}  {shape_of(equation.gradient.shape)}{beside}"
    return "\n".join(f"  {line}" for line in [first, *rest, *below])
