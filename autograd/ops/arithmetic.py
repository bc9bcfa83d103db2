"""Sums, products, quotients and powers.

At a point where a derivative is infinite or undefined, the gradient of a result that nothing asks
about (g = 0: a branch that `where` did not take, an element that a mask dropped) is 0, not
0 * inf = NaN: see `safe_mul`.
"""

from __future__ import annotations

import operator

import numpy as np

from ..dtypes import common, refuse_complex
from ..gate import WORDS, formula, mixing
from ..record import UFUNCS, composite, op
from .compare import is_number, where
from .elementwise import log, safe_div, safe_mul, zeros


def _integral(*values) -> bool:
    for value in values:
        if isinstance(value, float) or getattr(value, "dtype", _INT).kind == "f":
            return False
    return True


_INT = np.dtype(int)
_add = formula("add", np.add)
_sub = formula("sub", np.subtract)
_plus, _minus = formula("add_scaled"), formula("sub_scaled")
_power = mixing(np.power)
_truncated = formula("trunc_divide")
_floored, _rest = formula("floor_divide", np.floor_divide), formula("fmod", np.fmod)
_remainder = formula("remainder", np.remainder)
_addcmul, _addcdiv, _lerp = formula("addcmul"), formula("addcdiv"), formula("lerp")
_square = formula("square", np.square)
_POWERS = {2: _square, 3: formula("cube"), 0.5: formula("sqrt", np.sqrt), -0.5: formula("rsqrt"),
           -1: formula("reciprocal", np.reciprocal), -2: formula("inverse_square")}
_power_rule, _quotient_rule = formula("power_rule"), formula("quotient_rule")
times = formula("mul", operator.mul)
over = formula("div", operator.truediv)


@op(broadcasts=True, promotes="common", inplace=True, ufunc=np.add, kernel="add", vjp=dict(
    input=lambda g: g,
    other=lambda g, alpha: g if alpha == 1 else g * alpha))
def add(input, other, /, *, alpha=1):
    """input + alpha * other, with broadcasting.

    >>> autograd.add(autograd.tensor([1., 2.]), 10)
    tensor([11., 12.])
    """
    return _add(input, other) if alpha == 1 else _scaled("add", _plus, input, other, alpha)


@op(broadcasts=True, promotes="number", inplace=True, ufunc=np.subtract, kernel="sub", vjp=dict(
    input=lambda g: g,
    other=lambda g, alpha: -g if alpha == 1 else g * -alpha))
def sub(input, other, /, *, alpha=1):
    """input - alpha * other, with broadcasting.

    Shape: (*), (*) -> (*), broadcast

    >>> autograd.sub(autograd.tensor([5., 7.]), 1, alpha=2)
    tensor([3., 5.])
    """
    return _sub(input, other) if alpha == 1 else _scaled("sub", _minus, input, other, alpha)


def _scaled(name: str, combine, input, other, alpha):
    """input and other * alpha combined; integers are scaled by integers only, and wrap."""
    refuse_complex(alpha)
    if isinstance(alpha, float) and _integral(input, other):
        raise TypeError(f"{name}: alpha {alpha} is a float, the operands are integers; "
                        "convert one with .float()")
    if _integral(input, other):
        if is_number(other):
            return combine(input, common(input, other * alpha)[1], 1)
        alpha = bool(alpha) if other.dtype.kind == "b" else common(other, alpha)[1]
    return combine(input, other, alpha)


@op(broadcasts=True, promotes="common", inplace=True, ufunc=np.multiply, kernel="mul", vjp=dict(
    input=formula("mul", operator.mul, ("g", "other")),
    other=formula("mul", operator.mul, ("g", "input"))))
def mul(input, other, /):
    """input * other, elementwise, with broadcasting.

    >>> autograd.mul(autograd.tensor([1., 2.]), autograd.tensor([3., 4.]))
    tensor([3., 8.])
    """


@op(broadcasts=True, promotes="float", inplace=True, ufunc=np.true_divide, kernel="div", vjp=dict(
    input=lambda g, other: over(g, other) if is_number(other) else safe_div(g, other),
    other=formula("quotient_rule")))
def true_divide(input, other, /):
    """input / other as a float; integers become the default float first."""


@op(broadcasts=True, promotes="common", inplace=True, vjp=dict(
    input=lambda g: zeros(g),
    other=lambda g: zeros(g)))
def floor_divide(input, other, /):
    """The quotient rounded towards -inf, in the operands' common dtype; its gradient is 0."""
    _refuse_zero("floor_divide", input, other)
    return _floored(input, other)


@op(broadcasts=True, promotes="common", vjp=dict(
    input=lambda g: zeros(g),
    other=lambda g: zeros(g)))
def div_trunc(input, other, /):
    """The quotient rounded towards 0."""
    _refuse_zero("div", input, other)
    if not _integral(input, other):
        return _truncated(input, other)
    quotient = np.floor_divide(input, other)
    return quotient + ((quotient < 0) & (quotient * other != input)).astype(quotient.dtype)


@op(broadcasts=True, promotes="common", vjp=dict(
    input=lambda g: zeros(g),
    other=lambda g: zeros(g)))
def div_floor(input, other, /):
    """The quotient rounded towards -inf."""
    _refuse_zero("div", input, other)
    return _floored(input, other)


def _refuse_zero(name: str, input, other) -> None:
    if _integral(input, other) and not np.logical_and.reduce(other, None):
        raise ZeroDivisionError(f"{name}: an integer divisor is 0")


@composite(inplace=True)
def div(input, other, *, rounding_mode=None):
    """input / other; `rounding_mode` "trunc" rounds towards 0 and "floor" towards -inf.

    >>> autograd.div(autograd.tensor([7, -7]), 2, rounding_mode="trunc")
    tensor([ 3, -3])
    """
    if rounding_mode is None:
        return true_divide(input, other)
    if rounding_mode == "floor":
        return div_floor(input, other)
    if rounding_mode == "trunc":
        return div_trunc(input, other)
    raise ValueError(f"div: rounding_mode {rounding_mode!r}; choose None, 'trunc' or 'floor'")


@op(broadcasts=True, promotes="common", inplace=True, vjp=dict(
    input=lambda g: g,
    other=lambda g, input, other: -g * div_floor(input, other)))
def remainder(input, other, /):
    """input - other * floor(input / other): the sign is the divisor's, as in Python's %."""
    _refuse_zero("remainder", input, other)
    return _remainder(input, other)


@op(broadcasts=True, promotes="common", inplace=True, vjp=dict(
    input=lambda g: g,
    other=lambda g, input, other: -g * div_trunc(input, other)))
def fmod(input, other, /):
    """input - other * trunc(input / other): the sign is the dividend's, as in C."""
    _refuse_zero("fmod", input, other)
    return _rest(input, other)


UFUNCS.update({np.remainder: remainder, np.fmod: fmod})
WORDS["fmod"] = fmod


@op(broadcasts=True, promotes="common", inplace=True, ufunc=np.negative, kernel="neg", vjp=dict(
    input=lambda g: -g))
def neg(input, /):
    """-input.

    Shape: (*) -> (*)

    >>> autograd.neg(autograd.tensor([1., -2.]))
    tensor([-1.,  2.])
    """


@op(broadcasts=True, promotes="common", inplace=True, vjp=dict(
    input=lambda g, input, other: _pow_base_grad(g, input, other),
    other=lambda g, input, other, out: _pow_exponent_grad(g, input, other, out)))
def pow(input, other, /):
    """input ** other.  The gradient of the base is 0 where the exponent is 0; that of the exponent
    is 0 where the base is 0 and the exponent is not negative.

    Shape: (*), (*) -> (*), broadcast

    >>> autograd.pow(autograd.tensor([2., 3.]), 2)
    tensor([4., 9.])
    """
    if _integral(input, other):
        if np.any(np.less(other, 0)):
            raise ValueError("pow: integers to negative integer powers are not integers; "
                             "convert the base with .float()")
        return np.power(input, other).astype(np.result_type(input, other), copy=False)
    if not is_number(other):
        return np.exp2(other) if is_number(input) and input == 2 else _power(input, other)
    if other in _POWERS:
        return _POWERS[other](input)
    return _power(input, other) if other % 1 else _whole_power(input, other)


def _whole_power(input, n):
    """input ** n for a whole number n, by the power of |input|: libm takes fifty times as long
    where a base is negative."""
    power = np.power(np.absolute(input), n)
    return np.copysign(power, input) if n % 2 else power


def _pow_base_grad(g, input, other):
    if is_number(other):
        if other == 0:
            return zeros(g)
        return _power_rule(g, input if other == 2 else pow(input, other - 1), other)
    return safe_mul(g, where(other == 0, 0.0, other * input ** where(other == 0, 1.0, other - 1)))


def _pow_exponent_grad(g, input, other, out):
    if is_number(input):
        slope = out * float(np.log(input))
        return safe_mul(g, where(other >= 0, 0.0, slope) if input == 0 else slope)
    settled = (other >= 0) & (input == 0)
    return safe_mul(g, where(settled, 0.0, out * log(where(settled, 1.0, input))))


@op(broadcasts=True, promotes="common", inplace=True, vjp=dict(
    input=lambda g, input: _power_rule(g, input, 2)))
def square(input, /):
    """input², elementwise; of booleans as int64; its derivative is 2 input.

    >>> autograd.square(autograd.tensor([-3.0, 2.0]))
    tensor([9., 4.])
    """
    return _square(input if input.dtype.kind != "b" else input.astype(np.int64))


@op(broadcasts=True, promotes="common", inplace=True, vjp=dict(
    input=lambda g, weight: times(g, 1 - weight),
    end=lambda g, weight: times(g, weight),
    weight=lambda g, input, end: times(g, end - input)))
def lerp(input, end, weight, /):
    """input + weight * (end - input): linear interpolation, which gives `end` for weight 1."""
    return _lerp(input, end, weight)


@op(broadcasts=True, promotes="common", inplace=True, vjp=dict(
    input=lambda g: g,
    tensor1=lambda g, tensor2, value: g * tensor2 * value,
    tensor2=lambda g, tensor1, value: g * tensor1 * value))
def addcmul(input, tensor1, tensor2, /, *, value=1):
    """input + value * tensor1 * tensor2, elementwise, of shapes that broadcast.

    >>> autograd.addcmul(autograd.ones(2), autograd.tensor([1.0, 2.0]), autograd.ones(2), value=3)
    tensor([4., 7.])
    """
    refuse_complex(value)
    if isinstance(value, float) and _integral(input, tensor1, tensor2):
        raise TypeError(f"addcmul: value {value} is a float, the tensors are integers; convert "
                        "one with .float()")
    return _addcmul(input, tensor1, tensor2, value)


@op(broadcasts=True, promotes="common", inplace=True, vjp=dict(
    input=lambda g: g,
    tensor1=lambda g, tensor2, value: safe_div(g, tensor2) * value,
    tensor2=lambda g, tensor1, tensor2, value: _quotient_rule(g, tensor1, tensor2) * value))
def addcdiv(input, tensor1, tensor2, /, *, value=1):
    """input + value * tensor1 / tensor2, elementwise, of shapes that broadcast.

    >>> autograd.addcdiv(autograd.ones(2), autograd.tensor([1.0, 3.0]), autograd.full((2,), 2.0))
    tensor([1.5000, 2.5000])
    """
    refuse_complex(value)
    if _integral(input, tensor1, tensor2):
        raise TypeError("addcdiv: integers have fractions as quotients; convert with .float()")
    return _addcdiv(input, tensor1, tensor2, value)
