"""Functions of one number without branches or table, so that LLVM vectorises loops over them.

A call of the C library in a loop costs ten times as much. Results are within 3 units in the last
place of the true value over the whole range, those of erf within 6; NaN stays NaN, overflow is
infinity.

Reference: Cody and Waite, Software Manual for the Elementary Functions (1980).
"""

from math import factorial, sqrt

import numpy as np
from numba import types
from numba.extending import overload

from autograd.kernels import special
from autograd.kernels.compiled.numbers import (  # words too # noqa: F401
    OPTIONS,
    bits,
    cast,
    ceil,
    copysign,
    floor,
    fmod,
    from_bits,
    generic,
    rint,
    trunc,
)

_LOG2_E, _LOG_10, _ROOT_HALF = 1.4426950408889634, 2.302585092994046, sqrt(0.5)


def exp(x):
    """e**x for float32 and float64: 2**n e**r with |r| <= log(2) / 2, e**r by a polynomial."""
    raise NotImplementedError("for use in kernels")


@overload(exp, jit_options=OPTIONS)
def _exp(x):
    return _exp32 if x == types.float32 else _exp64


def _exp32(x):
    f, i = types.float32, types.int32
    x = f(89.0) if x > f(89.0) else x
    x = f(-104.0) if x < f(-104.0) else x
    shifted = x * f(_LOG2_E) + f(12582912.0)  # 1.5 * 2**23: rounds to an integer, in the low bits
    n = shifted - f(12582912.0)
    r = x - n * f(0.693359375)
    r = r - n * f(-2.12194440e-4)
    p = f(1.9875691500e-4)
    p = p * r + f(1.3981999507e-3)
    p = p * r + f(8.3334519073e-3)
    p = p * r + f(4.1665795894e-2)
    p = p * r + f(1.6666665459e-1)
    p = p * r + f(5.0000001201e-1)
    p = p * (r * r) + r + f(1.0)
    power = i(bits(shifted) - 0x4B400000)
    half = i(power >> 1)  # in two factors, so that neither overflows
    p = p * from_bits(i((half + 127) << 23))
    return p * from_bits(i((power - half + 127) << 23))


def _exp64(x):
    x = 710.0 if x > 710.0 else x
    x = -746.0 if x < -746.0 else x
    shifted = x * _LOG2_E + 6755399441055744.0  # 1.5 * 2**52
    n = shifted - 6755399441055744.0
    r = x - n * 6.93145751953125e-1
    r = r - n * 1.42860682030941723212e-6
    p = 1.6059043836821613e-10  # 1 / 13!
    p = p * r + 2.08767569878681e-09
    p = p * r + 2.505210838544172e-08
    p = p * r + 2.755731922398589e-07
    p = p * r + 2.7557319223985893e-06
    p = p * r + 2.48015873015873e-05
    p = p * r + 1.984126984126984e-04
    p = p * r + 1.388888888888889e-03
    p = p * r + 8.333333333333333e-03
    p = p * r + 4.1666666666666664e-02
    p = p * r + 1.6666666666666666e-01
    p = p * r + 0.5
    p = p * (r * r) + r + 1.0
    power = bits(shifted) - 0x4338000000000000
    half = power >> 1
    p = p * from_bits((half + 1023) << 52)
    return p * from_bits((power - half + 1023) << 52)


def flip(n):
    """Turns the bits of a float into an integer that sorts as the float does, and back.

    NaN sorts beyond infinity. A maximum of integers vectorises, one of floats with NaN does not.
    """
    raise NotImplementedError("for use in kernels")


@overload(flip, jit_options=OPTIONS)
def _flip(n):
    if n == types.int32:
        return lambda n: types.int32(n ^ ((n >> 31) & 0x7FFFFFFF))
    return lambda n: n ^ ((n >> 63) & 0x7FFFFFFFFFFFFFFF)


def declare(name, single, double, summary):
    """A function for use in kernels that is `single` of a float32 and `double` of a float64."""

    def function(x):
        raise NotImplementedError("for use in kernels")

    function.__name__ = function.__qualname__ = name
    function.__doc__ = summary
    overload(function, jit_options=OPTIONS)(lambda x: single if x == types.float32 else double)
    return function


def polynomial(name, single, double):
    """The polynomial with these coefficients, the highest power's first, for either type."""

    def write(coefficients, number):
        first, *rest = map(number, coefficients)
        half = len(rest) // 2
        upper, lower = tuple(rest[:half]), tuple(rest[half:])

        def evaluate(x):
            total = first
            for c in upper:  # two loops, as LLVM does not unroll a long one
                total = total * x + c
            for c in lower:
                total = total * x + c
            return total

        return evaluate

    return declare(name, write(single, np.float32), write(double, np.float64), name)


def _expm1_32(x):
    f, i = types.float32, types.int32
    x = f(89.0) if x > f(89.0) else x
    x = f(-20.0) if x < f(-20.0) else x
    shifted = x * f(_LOG2_E) + f(12582912.0)
    n = shifted - f(12582912.0)
    r = x - n * f(0.693359375)
    r = r - n * f(-2.12194440e-4)
    half = from_bits(i((i(bits(shifted) - 0x4B400000) + 126) << 23))  # of 2**n, which may overflow
    total = half * (exp_tail(r) * (r * r) + r) + (half - f(0.5))
    return x if x == f(0.0) else total + total


def _expm1_64(x):
    x = 710.0 if x > 710.0 else x
    x = -40.0 if x < -40.0 else x
    shifted = x * _LOG2_E + 6755399441055744.0
    n = shifted - 6755399441055744.0
    r = x - n * 6.93145751953125e-1
    r = r - n * 1.42860682030941723212e-6
    half = from_bits((bits(shifted) - 0x4338000000000000 + 1022) << 52)
    total = half * (exp_tail(r) * (r * r) + r) + (half - 0.5)
    return x if x == 0.0 else total + total


# (e**r - 1 - r) / r² by its series, |r| <= log(2) / 2
exp_tail = polynomial("exp_tail", [1 / factorial(k) for k in range(9, 1, -1)],
                        [1 / factorial(k) for k in range(15, 1, -1)])  # fmt: skip
expm1 = declare("expm1", _expm1_32, _expm1_64, "e**x - 1, exact near 0 too.")


def _logarithm(name, unit, single, double, summary):
    """The logarithm that is `unit` times the natural one; `single` and `double` are that of 2 for
    the types, in two parts, the first of few digits."""
    def log32(x):
        f, i = types.float32, types.int32
        tiny = x < f(1.1754944e-38)
        y = x * f(33554432.0) if tiny else x
        n = i(bits(y) - 0x3F3504F3)  # from the bits of sqrt(1/2): the mantissa is near 1
        power = f(i(n >> 23)) - (f(25.0) if tiny else f(0.0))
        r = from_bits(i((n & 0x7FFFFF) + 0x3F3504F3)) - f(1.0)
        s = r / (f(2.0) + r)
        half = f(0.5) * r * r
        tail = s * (half + s * s * _log_tail(s * s))
        result = power * f(single[0]) + ((r - (half - tail)) * f(unit) + power * f(single[1]))
        result = result if x < f(np.inf) else x
        result = f(-np.inf) if x == f(0.0) else result
        return f(np.nan) if x < f(0.0) else result

    def log64(x):
        tiny = x < 2.2250738585072014e-308
        y = x * 18014398509481984.0 if tiny else x
        n = bits(y) - 0x3FE6A09E667F3BCD
        power = float(n >> 52) - (54.0 if tiny else 0.0)
        r = from_bits((n & 0xFFFFFFFFFFFFF) + 0x3FE6A09E667F3BCD) - 1.0
        s = r / (2.0 + r)
        half = 0.5 * r * r
        tail = s * (half + s * s * _log_tail(s * s))
        result = power * double[0] + ((r - (half - tail)) * unit + power * double[1])
        result = result if x < np.inf else x
        result = -np.inf if x == 0.0 else result
        return np.nan if x < 0.0 else result

    return declare(name, log32, log64, summary)


# log(1 + r) = 2 atanh(s) = r - r²/2 + s (r²/2 + s² P(s²)) with s = r / (2 + r), by its series
_log_tail = polynomial("_log_tail", [2 / (2 * k + 3) for k in range(5, -1, -1)],
                        [2 / (2 * k + 3) for k in range(10, -1, -1)])  # fmt: skip
log = _logarithm("log", 1.0, (0.693359375, -2.12194440e-4),
                 (6.93145751953125e-1, 1.42860682030941723212e-6),
                 "The natural logarithm; -inf at 0, NaN below.")  # fmt: skip
log2 = _logarithm("log2", _LOG2_E, (1.0, 0.0), (1.0, 0.0), "The logarithm to base 2.")
log10 = _logarithm("log10", 1 / _LOG_10, (0.301025390625, 4.60503898e-6),
                   (0.3010299955494702, 1.1451100898021839e-10), "The logarithm to base 10.")


def _near_32(x):
    f = types.float32
    s = x / (f(2.0) + x)
    return f(2.0) * s + f(2.0) * s * (s * s) * _atanh_tail(s * s)


def _near_64(x):
    s = x / (2.0 + x)
    return 2.0 * s + 2.0 * s * (s * s) * _atanh_tail(s * s)


_atanh_tail = polynomial("_atanh_tail", [1 / (2 * k + 3) for k in range(7, -1, -1)],
                          [1 / (2 * k + 3) for k in range(16, -1, -1)])  # fmt: skip
log1p_near = declare("log1p_near", _near_32, _near_64,
                      "log(1 + x) for -1/2 <= x <= 1, exact near 0 too.")  # fmt: skip


@generic
def log1p(x):
    """log(1 + x), exact near 0 too."""
    sum = cast(x, 1) + x
    lost = (x - (sum - cast(x, 1))) / sum
    total = log(sum) + (lost if (sum > cast(x, 0)) & (x < cast(x, np.inf)) else cast(x, 0))
    return x if x == cast(x, 0) else total


@generic
def tanh(x):
    """The hyperbolic tangent."""
    size = -x if x < cast(x, 0) else x
    e = expm1(cast(x, -2) * size)
    t = -e / (e + cast(x, 2))
    return -t if x < cast(x, 0) else (x if x == cast(x, 0) else t)


@generic
def sigmoid(x):
    """1 / (1 + e**-x)."""
    one = cast(x, 1)
    e = exp(-x if x > cast(x, 0) else x)
    return (e if x < cast(x, 0) else one) / (one + e)


@generic
def softplus(x):
    """log(1 + e**x)."""
    positive = x if x > cast(x, 0) else cast(x, 0)
    return positive + log1p_near(exp(-x if x > cast(x, 0) else x))


# erfc(t) exp(t²) in u
_tail = polynomial("_tail", special.TAIL[4][-1], special.TAIL[8][-1])


def _scaled_erfc(t):
    raise NotImplementedError("for use in kernels")


@overload(_scaled_erfc, jit_options=OPTIONS)
def _scaled(t):
    kind = np.float32 if t == types.float32 else np.float64
    top, shift, scale, offset = map(kind, special.TAIL[t.bitwidth // 8][:4])
    return lambda t: _tail(scale / ((top if t > top else t) + shift) + offset)


# erf(x) / x in x² for |x| <= 1: Chebyshev interpolation, relative error 1.4e-9 and 8e-18
_near_erf = polynomial("_near_erf", (
    7.882497104308436e-05, -0.0008018854991061292, 0.0051893119424946555, -0.026854328795969967,
    0.11283597463485866, -0.3761262690358026, 1.1283791658815023,
), special._NEAR)  # fmt: skip


@generic
def upper_tail(size, bell):
    """1 - erf(size) for size >= 0, where bell is exp(-size²)."""
    return bell * _scaled_erfc(size)


_short_tail = polynomial("_short_tail", special.TAIL[4][-1], special.TAIL[4][-1])
_TOP, _SHIFT, _SCALE, _OFFSET = special.TAIL[4][:4]


def _erfc32(x):
    size = min(abs(float(x)), _TOP)  # in float64, for its rounding
    tail = _short_tail(_SCALE / (size + _SHIFT) + _OFFSET) * exp(-size * size)
    tail = 2.0 - tail if x < types.float32(0) else tail
    return types.float32(tail) if x == x else x


def _erfc64(x):
    size = min(abs(x), 27.0)
    half = from_bits(bits(size) & -134217728)  # -2**27: its square has all its digits
    bell = exp(-half * half) * exp((half - size) * (half + size))
    tail = upper_tail(size, bell) if size < 27.0 else 0.0
    tail = 2.0 - tail if x < 0.0 else tail
    return tail if x == x else x


erfc = declare("erfc", _erfc32, _erfc64, "1 - erf(x), with its digits where it is near 0 too.")


@generic
def erf(x):
    """The error function; its absolute error is within 4 units in the last place of 1."""
    size = -x if x < cast(x, 0) else x
    far = cast(x, 1) - upper_tail(size, exp(-size * size))
    far = -far if x < cast(x, 0) else far
    small = size if size < cast(x, 1) else cast(x, 1)
    return x * _near_erf(small * small) if size < cast(x, 1) else far


@generic
def normal(x):
    """The normal distribution function, with its digits where it is near 0 too."""
    size = -x if x < cast(x, 0) else x
    tail = cast(x, 0.5) * upper_tail(size * cast(x, _ROOT_HALF), exp(x * x * cast(x, -0.5)))
    return tail if x < cast(x, 0) else cast(x, 1) - tail


# (x - tanh(x)) / x³ in x² for |x| <= 1
_shrunk = polynomial("_shrunk", special.SHRUNK[4], special.SHRUNK[8])


@generic
def tanhshrink(x):
    """x - tanh(x), exact near 0 too."""
    size, one = -x if x < cast(x, 0) else x, cast(x, 1)
    square = one if size > one else x * x
    return x * square * _shrunk(square) if size < one else x - tanh(x)


@generic
def absolute(x):
    """|x|."""
    return abs(x)


@generic
def where(condition, x, other):
    """x where the condition is true, else the other."""
    return x if condition else other


@generic
def maximum(x, other):
    """The larger of two; NaN if either is."""
    other = cast(x, other)
    return other if (x < other) | (other != other) else x


@generic
def minimum(x, other):
    """The smaller of two; NaN if either is."""
    other = cast(x, other)
    return other if (x > other) | (other != other) else x


@generic
def nextafter(x, other):
    """The next number after x on the way to the other."""
    n = bits(x)
    moved = from_bits(cast(n, n + (1 if (x < other) == (x > cast(x, 0)) else -1)))
    if x == cast(x, 0):
        moved = copysign(from_bits(cast(n, 1)), other)
    if x == other:
        moved = other
    return x + other if (x != x) | (other != other) else moved


@generic
def safe_mul(g, d):
    """g d, and 0 where g is 0 even if d is infinite or NaN."""
    return g if g == cast(g, 0) else g * d


@generic
def safe_div(g, d):
    """g / d, and 0 where g is 0 even if d is 0 or NaN."""
    return g if g == cast(g, 0) else g / d
