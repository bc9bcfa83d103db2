"""Samples for autograd/ops/arithmetic.py; the answers are NumPy's and math's."""

import math

import numpy as np

from tests.cases import Case, Spec

PAIRS = [  # same shape, broadcast both ways, 0-d with a matrix
    (Spec((2, 3)), Spec((2, 3), avoid=(0,), gap=0.3)),
    (Spec((3,)), Spec((2, 1), avoid=(0,), gap=0.3)),
    (Spec((2, 1, 2)), Spec((3, 1), avoid=(0,), gap=0.3)),
    (Spec(()), Spec((2, 2), 0.5, 2.0)),
]
WITH_NUMBER = (Spec((2, 3), 0.2, 2.0), 1.7)
I = np.array([7, -7, 8, -8, 0])  # noqa: E741
J = np.array([2, 2, -3, -3, 5])
# away from where the quotient is an integer, and jumps
DIVIDED = (Spec((2, 3), 2.1, 2.9), Spec((2, 3), 0.96, 1.04))
DIVIDED_BROADCAST = (Spec((3,), -2.9, -2.1), Spec((2, 1), 0.97, 1.03))


def binary(reference, **options):
    """Every pair of shapes, and a Python number on the right."""
    return [Case(args, reference=reference, **options) for args in [*PAIRS, WITH_NUMBER]]


def stepped(reference, **options):
    """Arguments of a function that jumps where the quotient is an integer."""
    return [Case(args, reference=reference, **options)
            for args in (DIVIDED, DIVIDED_BROADCAST, (Spec((4,), 2.1, 2.9), 1.0))]


def _add(input, other, alpha=1):
    return input + alpha * other


def _sub(input, other, alpha=1):
    return input - alpha * other


def _div(input, other, rounding_mode=None):
    return {None: lambda q: q, "floor": np.floor, "trunc": np.trunc}[rounding_mode](input / other)


def _div_of_integers(input, other, rounding_mode):
    rounded = math.floor if rounding_mode == "floor" else math.trunc
    return np.array([rounded(a / b) for a, b in zip(input, other, strict=True)])


def _python_mod(input, other):
    return np.array([a % b for a, b in zip(input.tolist(), other.tolist(), strict=True)])


def _c_mod(input, other):
    return np.array([math.fmod(a, b) for a, b in zip(input, other, strict=True)], input.dtype)


def _python_floordiv(input, other):
    return np.array([a // b for a, b in zip(input.tolist(), other.tolist(), strict=True)])


def torch_div(rounding_mode):
    """`torch.div` with a rounding mode, for the ops behind it."""
    def call(input, other):
        import torch

        return torch.div(input, other, rounding_mode=rounding_mode)

    return call


def _lerp(input, end, weight):
    return (1 - weight) * input + weight * end


CASES = {
    "add": [*binary(_add), Case((Spec((2,)), Spec((2,))), {"alpha": -2.5}, reference=_add),
            Case((I, J), reference=_add), Case((I, J), {"alpha": 3}, reference=_add),
            Case((np.array([True, True]), np.array([True, False])), reference=np.logical_or)],
    "sub": [*binary(_sub), Case((Spec((2,)), Spec((2,))), {"alpha": -2.5}, reference=_sub),
            Case((I, J), reference=_sub)],
    "mul": [*binary(lambda a, b: a * b), Case((I, J), reference=lambda a, b: a * b),
            Case((I, np.array(0.5)), reference=lambda a, b: a * b, torch=False)],
    "true_divide": [*binary(lambda a, b: a / b),
                    Case((I, J), reference=lambda a, b: (a / b).astype(np.float32))],
    "div": [*binary(_div), *[Case(DIVIDED, {"rounding_mode": mode}, reference=_div)
                             for mode in ("floor", "trunc")],
            *[Case((I, J), {"rounding_mode": mode}, reference=_div_of_integers)
              for mode in ("floor", "trunc")]],
    "floor_divide": [Case(DIVIDED, reference=lambda a, b: np.floor(a / b)),
                     Case((I, J), reference=_python_floordiv),
                     Case((I * 1.5, J * 0.5), reference=_python_floordiv)],
    "div_floor": [*stepped(lambda a, b: np.floor(a / b), torch=torch_div("floor")),
                  Case((I, J), reference=_python_floordiv, torch=torch_div("floor"))],
    "div_trunc": [*stepped(lambda a, b: np.trunc(a / b), torch=torch_div("trunc")),
                  Case((I, J), reference=lambda a, b: np.trunc(a / b).astype(int),
                       torch=torch_div("trunc"))],
    "remainder": [*stepped(lambda a, b: a - b * np.floor(a / b)),
                  Case((I, J), reference=_python_mod),
                  Case((I * 1.5, J * 0.7), reference=_python_mod)],
    "fmod": [*stepped(lambda a, b: a - b * np.trunc(a / b)),
             Case((I, J), reference=_c_mod), Case((I * 1.5, J * 0.7), reference=_c_mod)],
    "neg": [Case((Spec((2, 3)),), reference=lambda x: 0 - x),
            Case((Spec(()),), reference=lambda x: 0 - x),
            Case((I,), reference=lambda x: 0 - x)],
    "pow": [Case((Spec((2, 3), 0.3, 2.0), Spec((2, 3))), reference=np.float_power),
            Case((Spec((3,), 0.3, 2.0), Spec((2, 1))), reference=np.float_power),
            *[Case((Spec((2, 3), avoid=(0,), gap=0.3), p), reference=np.float_power)
              for p in (0, 1, 2, 3, -2)],
            Case((Spec((4,), 0.3, 2.0), 0.5), reference=np.float_power),
            Case((Spec(()), 2.0), reference=np.float_power),
            Case((1.5, Spec((2, 2))), reference=np.float_power),
            Case((Spec((4,)), np.array([0.0, 1.0, 2.0, 3.0])), reference=np.float_power),
            Case((np.arange(-3, 4), 3), reference=lambda a, b: a * a * a),
            Case((np.array([2, 3]), np.array([0, 4])), reference=lambda a, b: np.array([1, 81]))],
    "square": [Case((Spec((2, 3)),), reference=lambda x: x * x),
               Case((Spec(()),), reference=lambda x: x * x),
               Case((I,), reference=lambda x: x * x)],
    "lerp": [Case((Spec((2, 3)), Spec((2, 3)), Spec((2, 3), 0, 1)), reference=_lerp),
             Case((Spec((2, 3)), Spec((3,)), Spec((2, 1), 0, 1)), reference=_lerp),
             Case((Spec((2, 3)), Spec((2, 3)), 0.3), reference=_lerp)],
    "addcmul": [Case((Spec((2, 3)), Spec((2, 3)), Spec((2, 3))), {"value": -1.5},
                     reference=lambda x, a, b, value: x + value * a * b),
                Case((Spec((3,)), Spec((2, 1)), Spec(())), reference=lambda x, a, b: x + a * b)],
    "addcdiv": [Case((Spec((2, 3)), Spec((2, 3)), Spec((2, 3), 0.5, 2)), {"value": -1.5},
                     reference=lambda x, a, b, value: x + value * (a / b)),
                Case((Spec((3,)), Spec((2, 1)), Spec((), 0.5, 2)),
                     reference=lambda x, a, b: x + a / b)],
}
