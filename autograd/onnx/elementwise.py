"""Elementwise ops, comparisons and casts."""

from __future__ import annotations

import numpy as np

from ..compiler.program import Value
from .symbol import Symbol, applied, by_formula
from .table import writes

_NAMED = {
    "exp": "Exp", "log": "Log", "sin": "Sin", "cos": "Cos", "tan": "Tan", "asin": "Asin",
    "acos": "Acos", "atan": "Atan", "sinh": "Sinh", "cosh": "Cosh", "asinh": "Asinh",
    "acosh": "Acosh", "atanh": "Atanh", "relu": "Relu", "softsign": "Softsign",
    "_hardswish": "HardSwish", "isnan": "IsNaN", "isinf": "IsInf",
    "sign": "Sign", "clone": "Identity",
}  # fmt: skip
_COMPARED = {"eq": "Equal", "lt": "Less", "le": "LessOrEqual", "gt": "Greater",
             "ge": "GreaterOrEqual"}
_LOGICAL = {"logical_and": "And", "logical_or": "Or", "logical_xor": "Xor",
            "logical_not": "Not"}


def _unary(operator: str):
    return lambda graph, input: graph.emit(operator, input)


def _comparison(operator: str):
    return lambda graph, input, other: graph.emit(operator, *_alike(graph, input, other))


def _logical(operator: str):
    return lambda graph, *parts: graph.emit(operator, *[graph.cast(part, bool) for part in parts])


@writes("round")
def _round(graph, input, *, decimals=0):
    if not decimals:
        return graph.emit("Round", input)
    return by_formula(graph, "round_scaled", [input, 10.0 ** decimals], graph.result.dtype)


for _name, _operator in _NAMED.items():
    writes(_name)(_unary(_operator))
for _name, _operator in _COMPARED.items():
    writes(_name)(_comparison(_operator))
for _name, _operator in _LOGICAL.items():
    writes(_name)(_logical(_operator))


def _alike(graph, *parts) -> list[str]:
    """Operands in the dtype that all of them have a place in."""
    dtype = np.result_type(*[part.dtype if isinstance(part, Value) else part for part in parts])
    return [graph.cast(part, dtype) for part in parts]


@writes("ne")
def _ne(graph, input, other):
    return graph.emit("Not", graph.emit("Equal", *_alike(graph, input, other)))


@writes("isfinite")
def _isfinite(graph, input):
    return graph.emit("Not", graph.emit("Or", graph.emit("IsNaN", input),
                                        graph.emit("IsInf", input)))


@writes("where")
def _where(graph, condition, input, other):
    return graph.emit("Where", condition, *_alike(graph, input, other))


@writes("cast", "cast_to_integral")
def _cast(graph, input, dtype):
    return graph.emit("Cast", input, to=graph.kind(dtype))


def _sum(name: str):
    def write(graph, input, other, *, alpha=1):
        given = [input, other] if alpha == 1 else [input, other, alpha]
        return by_formula(graph, name if alpha == 1 else f"{name}_scaled", given,
                          graph.result.dtype)

    return write


writes("add")(_sum("add"))
writes("sub")(_sum("sub"))


@writes("floor_divide", "div_floor")
def _floor_divide(graph, input, other):
    if graph.result.dtype.kind == "f":
        return by_formula(graph, "floor_divide", [input, other], graph.result.dtype)
    parts = [graph.cast(part, np.float64) for part in (input, other)]
    return graph.cast(graph.emit("Floor", graph.emit("Div", *parts)), graph.result.dtype)


@writes("div_trunc")
def _div_trunc(graph, input, other):
    return by_formula(graph, "trunc_divide", [input, other], graph.result.dtype)


@writes("remainder")
def _remainder(graph, input, other):
    if graph.result.dtype.kind == "f":
        return by_formula(graph, "remainder", [input, other], graph.result.dtype)
    return graph.emit("Mod", *_alike(graph, input, other))


@writes("fmod")
def _fmod(graph, input, other):
    return graph.emit("Mod", *_alike(graph, input, other), fmod=1)


@writes("pow")
def _pow(graph, input, other):
    dtype = graph.result.dtype
    return graph.emit("Pow", graph.cast(input, dtype), graph.cast(other, dtype))


def _by_formula(name: str, *defaults):
    return lambda graph, *parts: by_formula(graph, name, [*parts, *defaults[len(parts):]],
                                            graph.result.dtype)


writes("square")(_by_formula("square"))
writes("lerp")(_by_formula("lerp"))
writes("softshrink")(_by_formula("softshrink", None, 0.5))
writes("hardshrink")(_by_formula("hardshrink", None, 0.5))
writes("_clamp_below")(_by_formula("at_least"))
writes("_clamp_above")(_by_formula("at_most"))
writes("_heaviside")(_by_formula("step"))
writes("softplus")(_by_formula("smooth_relu", None, 1.0, 20.0))


@writes("_at_least")
def _at_least(graph, input, *, low):
    return by_formula(graph, "at_least", [input, low], graph.result.dtype)


@writes("addcmul")
def _addcmul(graph, input, tensor1, tensor2, *, value=1):
    return by_formula(graph, "addcmul", [input, tensor1, tensor2, value], graph.result.dtype)


@writes("addcdiv")
def _addcdiv(graph, input, tensor1, tensor2, *, value=1):
    return by_formula(graph, "addcdiv", [input, tensor1, tensor2, value], graph.result.dtype)


@writes("gelu")
def _gelu(graph, input, approximate="none"):
    return by_formula(graph, "gelu" if approximate == "none" else "gelu_tanh", [input],
                      graph.result.dtype)


def _composed(function):
    """What is a few operators on one Symbol."""
    return lambda graph, input: function(Symbol(graph, graph.cast(input, graph.result.dtype),
                                                graph.result.dtype)).name


writes("erfc")(_composed(lambda x: 1.0 - applied("Erf", x)))
writes("log2")(_composed(lambda x: applied("Log", x) * (1 / np.log(2.0))))
writes("log10")(_composed(lambda x: applied("Log", x) * (1 / np.log(10.0))))
writes("exp2")(_composed(lambda x: applied("Pow", 2.0, x)))
writes("log1p")(_composed(lambda x: applied("Where", x + 1.0 == 1.0, x, applied(
    "Log", x + 1.0) * x / (x + 1.0 - 1.0))))
writes("expm1")(_composed(lambda x: applied("Where", x > 1.0, applied("Exp", x) - 1.0,
                                            applied("Tanh", x * 0.5) * (applied("Exp", x) + 1.0))))
