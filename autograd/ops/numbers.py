"""What a number is made of and which of two it is: fraction, sign, exponent, neighbours, divisors,
bounds, angles.

A NaN is a missing value for `fmax` and `fmin`; equal ones share the gradient, as for `maximum`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..errors import describe
from ..gate import formula, mixing
from ..record import UFUNCS, composite, op
from ..tensors import Tensor
from .arithmetic import pow, sub
from .compare import clamp, where
from .elementwise import isfinite, safe_mul, to, zeros

_FLOAT: dict[str, Any] = dict(broadcasts=True, promotes="float")
_COMMON: dict[str, Any] = dict(broadcasts=True, promotes="common")
_WHOLE: dict[str, Any] = dict(differentiable=False, promotes="common", inplace=True)
_LOG_2 = 0.6931471805599453


@op(**_COMMON, inplace=True, kernel="frac", vjp=dict(input=lambda g: g))
def frac(input, /):
    """The fraction of input, x - trunc(x); it has the sign of x.

    Shape: (*) -> (*)

    >>> autograd.frac(autograd.tensor([2.5, -1.25]))
    tensor([ 0.5000, -0.2500])
    """


@op(differentiable=False, ufunc=np.signbit)
def signbit(input, /):
    """Whether the sign of input is minus; that of -0.0 is.

    Shape: (*) -> (*), booleans

    >>> autograd.signbit(autograd.tensor([-1., 0., -0.]))
    tensor([ True, False,  True])
    """


@op(differentiable=False)
def isposinf(input, /):
    """Where input is +inf.

    >>> autograd.isposinf(autograd.tensor([1., float("inf"), -float("inf")]))
    tensor([False,  True, False])
    """
    return np.isposinf(input)


@op(differentiable=False)
def isneginf(input, /):
    """Where input is -inf.

    >>> autograd.isneginf(autograd.tensor([1., float("inf"), -float("inf")]))
    tensor([False, False,  True])
    """
    return np.isneginf(input)


@op(differentiable=False)
def isreal(input, /):
    """Where input is a real number, which it is everywhere.

    >>> autograd.isreal(autograd.tensor([1., 2.]))
    tensor([True, True])
    """
    return np.isreal(input)


@op(broadcasts=True, inplace=True, vjp=dict(input=lambda g, input: where(isfinite(input), g, 0.0)))
def nan_to_num(input, /, nan=0.0, posinf=None, neginf=None):
    """input with numbers in place of NaN, inf and -inf: the dtype's largest and smallest for the
    infinities where no others are given.  What was replaced has gradient 0.

    Shape: (*) -> (*)

    >>> autograd.nan_to_num(autograd.tensor([float("nan"), 1.]), nan=-1.)
    tensor([-1.,  1.])
    """
    for number in (nan, posinf, neginf):
        if number is not None and not isinstance(number, (int, float, np.number)):
            raise TypeError(f"nan_to_num: numbers are needed, got {describe(number)}")
    nan = 0.0 if nan is None else nan
    if input.dtype.kind != "f":
        return np.nan_to_num(input, nan=nan, posinf=posinf, neginf=neginf)
    largest = np.finfo(input.dtype).max
    return _filled_in(input, nan, largest if posinf is None else posinf,
                      -largest if neginf is None else neginf)


_filled_in = formula("filled_in")


@op(**_FLOAT, inplace=True, ufunc=np.copysign, kernel="copysign", vjp=dict(
    input=lambda g, input, out: where(input == 0, 0.0, where(_same_sign(input, out), g, -g)),
    other=lambda g: zeros(g)))
def copysign(input, other, /):
    """|input| with the sign of other, that of -0.0 included.  At input 0 the gradient is 0.

    Shape: (*), (*) -> (*), broadcast

    >>> autograd.copysign(autograd.tensor([1., 2.]), autograd.tensor([-3., 0.]))
    tensor([-1.,  2.])
    """


def _same_sign(input, out):
    return signbit(input) == signbit(out)


@op(**_FLOAT, inplace=True, ufunc=np.hypot, kernel="hypot", vjp=dict(
    input=formula("hypot_rule"), other=formula("hypot_rule", names=("g", "other", "input"))))
def hypot(input, other, /):
    """√(x² + y²), where no square needs to fit.  At the origin the gradient is 0.

    Shape: (*), (*) -> (*), broadcast

    >>> autograd.hypot(autograd.tensor([3.]), autograd.tensor([4.]))
    tensor([5.])
    """


@op(**_COMMON, ufunc=np.fmax, vjp=dict(
    input=lambda g, input, other: _given(g, input, input < other, input == other),
    other=lambda g, input, other: _given(g, other, other < input, input == other)))
def fmax(input, other, /):
    """The larger of the two, elementwise, and the other one where one is NaN.

    Shape: (*), (*) -> (*), broadcast

    >>> autograd.fmax(autograd.tensor([1., float("nan")]), autograd.tensor([3., 2.]))
    tensor([3., 2.])
    """


@op(**_COMMON, ufunc=np.fmin, vjp=dict(
    input=lambda g, input, other: _given(g, input, input > other, input == other),
    other=lambda g, input, other: _given(g, other, other > input, input == other)))
def fmin(input, other, /):
    """The smaller of the two, elementwise, and the other one where one is NaN.

    Shape: (*), (*) -> (*), broadcast

    >>> autograd.fmin(autograd.tensor([1., float("nan")]), autograd.tensor([3., 2.]))
    tensor([1., 2.])
    """


def _given(g, chosen, lost, tied):
    """Nothing of g where the operand lost or is NaN, half of it where both are equal, or all."""
    return where(tied, g * 0.5, where(lost | (chosen != chosen), 0.0, g))


@op(**_WHOLE, ufunc=np.gcd)
def gcd(input, other, /):
    """The greatest common divisor of integers, ≥ 0; gcd(0, 0) = 0.

    Shape: (*), (*) -> (*), broadcast

    >>> autograd.gcd(autograd.tensor([12, -9]), autograd.tensor([18, 6]))
    tensor([6, 3])
    """


@op(**_WHOLE, ufunc=np.lcm)
def lcm(input, other, /):
    """The least common multiple of integers, ≥ 0; lcm(n, 0) = 0.

    Shape: (*), (*) -> (*), broadcast

    >>> autograd.lcm(autograd.tensor([4, 5]), autograd.tensor([6, 0]))
    tensor([12,  0])
    """


@op(**_FLOAT, inplace=True, vjp=dict(
    input=lambda g, other: ldexp(g, other),
    other=lambda g, out: safe_mul(g, out * _LOG_2)))
def ldexp(input, other, /):
    """input * 2**other, where 2**other need not fit.

    Shape: (*), (*) -> (*), broadcast

    >>> autograd.ldexp(autograd.tensor([1., 3.]), autograd.tensor([2, -1]))
    tensor([4.0000, 1.5000])
    """
    return _scaled(input, other)


@mixing
def _scaled(input, other):
    whole = np.clip(np.floor(other), -5000, 5000)  # beyond which every number is 0 or inf
    mantissa, exponent = np.frexp(input)
    found = np.ldexp(mantissa * np.exp2(other - whole),
                     np.nan_to_num(whole).astype(np.int32) + exponent)
    return found.astype(np.result_type(input, other), copy=False)


class Frexp(NamedTuple):
    """What `frexp` returns."""

    mantissa: Tensor
    exponent: Tensor


@composite()
def frexp(input):
    """mantissa and exponent (int32) of floats: input = mantissa * 2**exponent.

    0.5 ≤ |mantissa| < 1; but 0, inf and NaN are their own mantissas, with the exponent 0.

    Shape: (*) -> (*), (*)

    >>> autograd.frexp(autograd.tensor([6.])).exponent
    tensor([3], dtype=int32)
    """
    return Frexp(*_frexp(input))


@op(broadcasts=True, method=False, public_extra=("exponent",), vjp=dict(
    input=lambda g, exponent: ldexp(g, -exponent)))
def _frexp(input, /):
    if input.dtype.kind != "f":
        raise TypeError("frexp: only floats have an exponent; convert with .float()")
    mantissa, exponent = np.frexp(input)
    return mantissa, np.where(np.isfinite(input), exponent, 0).astype(np.int32)


@op(promotes="float", inplace=True)
def nextafter(input, other, /):
    """The dtype's next number after input on the way to other.

    Shape: (*), (*) -> (*), broadcast

    >>> autograd.nextafter(autograd.tensor([1.]), autograd.tensor([2.])).item() - 1
    1.1920928955078125e-07
    """
    half = any([getattr(x, "dtype", None) == np.float16 for x in (input, other)])
    return (np.nextafter if half else _nextafter)(input, other)  # half's are none of float32's


_nextafter = formula("nextafter", np.nextafter)
UFUNCS[np.nextafter] = nextafter


@op(**_FLOAT, inplace=True, kernel="deg2rad", vjp=dict(input=lambda g: deg2rad(g)))
def deg2rad(input, /):
    """Degrees as radians, x π / 180.

    >>> autograd.deg2rad(autograd.tensor([180., 90.]))
    tensor([3.1416, 1.5708])
    """


@op(**_FLOAT, inplace=True, kernel="rad2deg", vjp=dict(input=lambda g: rad2deg(g)))
def rad2deg(input, /):
    """Radians as degrees, x 180 / π.

    >>> autograd.rad2deg(autograd.tensor([0., 1.]))
    tensor([ 0.0000, 57.2958])
    """


@composite(inplace=True)
def clamp_min(input, min):
    """input, and min where it is below: clamp(input, min=min).

    >>> autograd.clamp_min(autograd.tensor([-2., 3.]), 0)
    tensor([0., 3.])
    """
    return clamp(input, min=min)


@composite(inplace=True)
def clamp_max(input, max):
    """input, and max where it is above: clamp(input, max=max).

    >>> autograd.clamp_max(autograd.tensor([-2., 3.]), 0)
    tensor([-2.,  0.])
    """
    return clamp(input, max=max)


@composite(method=False)
def rsub(input, other, *, alpha=1):
    """other - alpha * input: sub with its operands exchanged.

    >>> autograd.rsub(autograd.tensor([1., 2.]), 10)
    tensor([9., 8.])
    """
    return sub(other, input, alpha=alpha)


@composite()
def positive(input):
    """The tensor itself: +input.

    >>> autograd.positive(autograd.tensor([-1.]))
    tensor([-1.])
    """
    if input.dtype == bool:
        raise TypeError(f"positive: a bool has no sign, got {describe(input)}; convert with .int()")
    return input


@composite(inplace=True)
def float_power(input, exponent):
    """input ** exponent in float64, whatever the dtypes.

    Shape: (*), (*) -> (*), broadcast

    >>> autograd.float_power(autograd.tensor([2, 3]), -1)
    tensor([0.5000, 0.3333], dtype=float64)
    """
    return pow(_double(input), _double(exponent))


def _double(value):
    return to(value, np.float64) if isinstance(value, Tensor) else float(value)
