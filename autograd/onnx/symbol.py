"""Formulas as ONNX: a formula applied to Symbols writes the operators that it is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..kernels.formulas import FORMULAS, read
from .graph import Graph


def _binary(operator: str, dtype=None) -> Callable[[Any, Any], Any]:
    return lambda x, y: applied(operator, x, y, dtype=dtype)


def _reversed(operator: str) -> Callable[[Any, Any], Any]:
    return lambda x, y: applied(operator, y, x)


class Symbol:
    """A tensor of the graph, with the operators of formulas."""

    def __init__(self, graph: Graph, name: str, dtype) -> None:
        self.graph, self.name, self.dtype = graph, name, np.dtype(dtype)

    __add__, __radd__ = _binary("Add"), _reversed("Add")
    __sub__, __rsub__ = _binary("Sub"), _reversed("Sub")
    __mul__, __rmul__ = _binary("Mul"), _reversed("Mul")
    __truediv__, __rtruediv__ = _binary("Div"), _reversed("Div")
    __lt__, __le__ = _binary("Less", bool), _binary("LessOrEqual", bool)
    __gt__, __ge__ = _binary("Greater", bool), _binary("GreaterOrEqual", bool)
    __and__, __or__ = _binary("And"), _binary("Or")
    __eq__ = _binary("Equal", bool)
    __hash__ = None  # type: ignore[assignment]

    def __ne__(self, other):
        return applied("Not", self == other)

    def __neg__(self):
        return applied("Neg", self)


def applied(operator: str, *parts, dtype=None, **attributes) -> Symbol:
    """operator(*parts), Symbols and numbers; the last of them has the dtype of the result."""
    symbols = [part for part in parts if isinstance(part, Symbol)]
    like = next((part for part in symbols if part.dtype != bool), symbols[0])
    names = [part.name if isinstance(part, Symbol) else
             like.graph.constant(np.asarray(part, like.dtype)) for part in parts]
    return Symbol(like.graph, like.graph.emit(operator, *names, **attributes), dtype or like.dtype)


def _named(operator: str, **attributes):
    return lambda *parts: applied(operator, *parts, **attributes)


def _where(condition, a, b):
    """The branch of a condition on numbers alone, else an operator."""
    if not isinstance(condition, Symbol):
        return a if condition else b
    kinds = {part.dtype for part in (a, b) if isinstance(part, Symbol)}
    if kinds == {np.dtype(bool)}:
        a, b = [part if isinstance(part, Symbol) else bool(part) for part in (a, b)]
    return applied("Where", condition, a, b)


def _absolute(x):
    return applied("Abs", x) if isinstance(x, Symbol) else abs(x)


def _expm1(x):
    """eˣ - 1, which Elu is for x <= 0; beyond, eˣ (1 - e⁻ˣ)."""
    return _where(x <= 0.0, applied("Elu", x), applied("Exp", x) * -applied("Elu", -x))


WORDS: dict[str, Any] = {
    "exp": _named("Exp"), "log": _named("Log"), "tanh": _named("Tanh"), "sqrt": _named("Sqrt"),
    "absolute": _absolute, "maximum": _named("Max"), "minimum": _named("Min"),
    "where": _where, "sigmoid": _named("Sigmoid"), "softplus": _named("Softplus"),
    "erf": _named("Erf"), "floor": _named("Floor"), "ceil": _named("Ceil"),
    "rint": _named("Round"), "fmod": _named("Mod", fmod=1),
    "expm1": _expm1,
    "trunc": lambda x: _where(x < 0.0, applied("Ceil", x), applied("Floor", x)),
    "normal": lambda x: (applied("Erf", x * 0.5 ** 0.5) + 1.0) * 0.5,
    "tanhshrink": lambda x: x - applied("Tanh", x),
    "copysign": lambda x, y: _where(y < 0.0, -_absolute(x), _absolute(x)),
}  # fmt: skip


def by_formula(graph: Graph, formula: str, arguments: list, dtype) -> str:
    """What the formula of that name gives for values and numbers, as a tensor of a dtype."""
    try:
        if formula not in WORDS and not hasattr(FORMULAS[formula], "__code__"):
            raise KeyError(formula)  # it is NumPy's own
        function = WORDS[formula] if formula in WORDS else read(FORMULAS[formula], WORDS)
    except KeyError as word:
        raise RuntimeError(f"there is no operator for {word} in its formula") from None
    return function(*[argument if isinstance(argument, (bool, int, float)) else
                      Symbol(graph, graph.cast(argument, dtype), dtype)
                      for argument in arguments]).name
