"""Samples for autograd/ops/elementwise.py; the answers are NumPy's, SciPy's and math's."""

import math

import numpy as np
from scipy import special

from tests.cases import Case, Spec

ANY = (Spec((2, 3)), Spec(()))
POSITIVE = (Spec((2, 3), 0.3, 3.0), Spec((), 0.5, 2.0))
SMALL = (Spec((2, 3), -0.9, 0.9), Spec((), -0.5, 0.5))  # inside (-1, 1)
NOT_ZERO = (Spec((2, 3), avoid=(0,)), Spec((), 0.5, 2.0))
STEPS = (Spec((2, 3), -2.9, 2.9, avoid=range(-3, 4)), Spec((), 0.2, 0.8))  # between integers
SPECIAL = np.array([[np.nan, np.inf, -np.inf], [0.0, -0.0, 1.5]])
INTEGERS = np.array([[-2, 0], [1, 3]])
MASK = np.array([True, False])


def unary(specs, reference, **options):
    """A matrix and a 0-d input."""
    return [Case((spec,), reference=reference, **options) for spec in specs]


def loop(function):
    """A scalar function of `math` over an array."""
    return np.vectorize(function, otypes=[np.float64])


def converted(dtype, **options):
    """Floats and integers as dtype; not random inputs, whose gradient would be checked in it."""
    return [Case((np.array([-1.75, 0.0, 2.5]),), reference=lambda x: x.astype(dtype), **options),
            Case((INTEGERS,), reference=lambda x: x.astype(dtype), **options)]


def method(name):
    """PyTorch has it as a method only."""
    return lambda x, *args, **kwargs: getattr(x, name)(*args, **kwargs)


def _safe_mul(g, d):
    return np.where(g == 0, 0.0, g * d)


def _safe_div(g, d):
    return np.where(g == 0, 0.0, g / d)


AWAY = Spec((2, 3), avoid=(0,), gap=0.3)

CASES = {
    "safe_div": [Case((Spec((2, 3)), AWAY), reference=_safe_div, torch=False),
                 Case((Spec((3,)), AWAY), reference=_safe_div, torch=False),
                 Case((np.array([0.0, 0.0, 2.0]), np.array([0.0, np.nan, 0.0])),
                      reference=_safe_div, torch=False)],
    "safe_mul": [Case((Spec((2, 3)), Spec((2, 3))), reference=_safe_mul, torch=False),
                 Case((Spec((3,)), Spec((2, 1))), reference=_safe_mul, torch=False),
                 Case((np.array([0.0, 0.0, 2.0]), np.array([np.inf, np.nan, np.inf])),
                      reference=_safe_mul, torch=False)],
    "cast": [Case((Spec((2, 3)), np.dtype(np.float64)), reference=lambda x, dtype: x.astype(dtype),
                  torch=method("to")),
             Case((np.array([1.0, 1 / 3]), np.dtype(np.float32)),
                  reference=lambda x, dtype: x.astype(dtype), torch=method("to"))],
    "cast_to_integral": [
        Case((Spec((2, 3), avoid=(-1, 0, 1)), np.dtype(np.int64)), order=0,
             reference=lambda x, dtype: np.trunc(x).astype(dtype), torch=method("to")),
        Case((SPECIAL, np.dtype(bool)), reference=lambda x, dtype: x != 0, torch=method("to"))],
    "to": [Case((Spec((2, 3)), np.dtype(np.float64)), reference=lambda x, dtype: x,
                torch=method("to")),
           Case((Spec((2, 3)), "cpu"), reference=lambda x, device: x, torch=method("to")),
           Case((INTEGERS,), {"dtype": np.dtype(np.float32)}, torch=method("to"),
                reference=lambda x, dtype: x.astype(dtype)),
           Case((np.array([-1.5, 2.5]), np.dtype(np.uint8)), torch=False,
                reference=lambda x, dtype: np.array([255, 2], np.uint8)),
           Case((Spec((2,)), Spec((3,))), reference=lambda x, like: x, torch=method("to"))],
    "half": converted(np.float16, torch=method("half")),
    "float": converted(np.float32, torch=method("float")),
    "double": [*unary(ANY, lambda x: x, torch=method("double")),
               *converted(np.float64, torch=method("double"))],
    "byte": [Case((np.array([1.75, 0.0, 2.5]),), reference=lambda x: x.astype(np.uint8),
                  torch=method("byte"))],
    "char": converted(np.int8, torch=method("char")),
    "type_as": [Case((INTEGERS, np.array([1.5])), torch=method("type_as"),
                     reference=lambda x, other: x.astype(other.dtype)),
                Case((Spec((2, 3)), Spec((2,))), torch=method("type_as"),
                     reference=lambda x, other: x)],
    "short": converted(np.int16, torch=method("short")),
    "int": converted(np.int32, torch=method("int")),
    "long": converted(np.int64, torch=method("long")),
    "bool": converted(bool, torch=method("bool")),
    "type": [Case((INTEGERS,), reference=lambda x: "torch.LongTensor", torch=False),
             Case((INTEGERS, np.dtype(np.float64)), torch=method("type"),
                  reference=lambda x, dtype: x.astype(dtype))],
    "cpu": unary(ANY, lambda x: x, torch=method("cpu")),
    "abs": [*unary(NOT_ZERO, np.abs), Case((INTEGERS,), reference=np.abs)],
    "sign": [*unary(NOT_ZERO, lambda x: np.where(np.isnan(x), x, 1.0 * (x > 0) - 1.0 * (x < 0))),
             Case((INTEGERS,), reference=lambda x: np.array([[-1, 0], [1, 1]]))],
    "exp": [*unary(ANY, np.exp), Case((Spec((4,), -2, 2),), reference=loop(math.exp))],
    "exp2": unary(ANY, lambda x: 2.0**x),
    "expm1": unary(ANY, special.expm1),
    "log": [*unary(POSITIVE, np.log), Case((INTEGERS,), reference=np.log)],
    "log1p": unary(POSITIVE, special.log1p),
    "log2": unary(POSITIVE, lambda x: np.log2(x)),
    "log10": unary(POSITIVE, lambda x: np.log10(x)),
    "sqrt": [*unary(POSITIVE, lambda x: x**0.5), Case((np.array([4, 9]),), reference=np.sqrt)],
    "rsqrt": unary(POSITIVE, lambda x: 1 / np.sqrt(x)),
    "reciprocal": unary(NOT_ZERO, lambda x: x**-1.0),
    "sin": [*unary(ANY, np.sin), Case((Spec((4,)),), reference=loop(math.sin))],
    "cos": [*unary(ANY, np.cos), Case((Spec((4,)),), reference=loop(math.cos))],
    "tan": unary((Spec((2, 3), -1.2, 1.2), Spec((), -1, 1)), lambda x: np.sin(x) / np.cos(x)),
    "asin": unary(SMALL, np.arcsin),
    "acos": unary(SMALL, np.arccos),
    "atan": unary(ANY, np.arctan),
    "atan2": [Case((Spec((2, 3), 0.3, 2), Spec((2, 3))), reference=np.arctan2),
              Case((Spec((3,)), Spec((2, 1), 0.3, 2)), reference=np.arctan2),
              Case((Spec((4,), 0.5, 2), Spec((4,), -2, -0.5)), reference=loop(math.atan2))],
    "sinh": unary(ANY, np.sinh),
    "cosh": unary(ANY, np.cosh),
    "asinh": unary(ANY, np.arcsinh),
    "acosh": unary((Spec((2, 3), 1.2, 3.0),), np.arccosh),
    "atanh": unary((Spec((2, 3), -0.9, 0.9),), np.arctanh),
    "tanh": [*unary(ANY, np.tanh), Case((Spec((4,)),), reference=loop(math.tanh))],
    "sigmoid": [*unary(ANY, special.expit),
                Case((np.array([-800.0, 800.0, 0.0]),), reference=special.expit)],
    "erf": [*unary(ANY, special.erf), Case((Spec((12,), -6, 6),), reference=loop(math.erf))],
    "floor": [*unary(STEPS, np.floor), Case((INTEGERS,), reference=np.floor)],
    "ceil": [*unary(STEPS, np.ceil), Case((INTEGERS,), reference=np.ceil)],
    "trunc": [*unary(STEPS, np.trunc), Case((INTEGERS,), reference=np.trunc)],
    "round": [*unary((Spec((2, 3), -2.4, 2.4, avoid=(-1.5, -0.5, 0.5, 1.5)),), np.rint),
              Case((np.array([0.5, 1.5, 2.5, -0.5]),), reference=lambda x: np.array(
                  [0.0, 2.0, 2.0, -0.0])),
              Case((Spec((3,), 0.11, 0.14),), {"decimals": 1},
                   reference=lambda x, decimals: np.full(3, 0.1))],
    "isnan": [Case((SPECIAL,), reference=loop(math.isnan)),
              Case((INTEGERS,), reference=lambda x: np.zeros((2, 2), bool)),
              Case((Spec((2,)),), reference=lambda x: np.zeros(2, bool), order=0)],
    "isinf": [Case((SPECIAL,), reference=loop(math.isinf)),
              Case((INTEGERS,), reference=lambda x: np.zeros((2, 2), bool)),
              Case((Spec((2,)),), reference=lambda x: np.zeros(2, bool), order=0)],
    "isfinite": [Case((SPECIAL,), reference=loop(math.isfinite)),
                 Case((MASK,), reference=lambda x: np.ones(2, bool)),
                 Case((Spec((2,)),), reference=lambda x: np.ones(2, bool), order=0)],
}
