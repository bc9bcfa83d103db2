"""Functions of one number that ops are, from those of `vector_math` and like them: without branches
or tables, over the whole range.

Angles: the argument is brought near 0, where the function is x + x³ P(x²); P meets it at the zeros
of a Chebyshev polynomial. Sums with π / 2 have it in two parts.
"""

import math
from math import factorial

import numpy as np
from numba import types

from autograd.kernels.compiled.numbers import bits, cast, copysign, from_bits, generic
from autograd.kernels.compiled.vector_math import (
    declare,
    exp,
    exp_tail,
    log1p,
    polynomial,
)


def _constant(name, single, double):
    """A number that differs with the type, as a function of a number of the type."""
    narrow = np.float32(single)
    return declare(name, lambda x: narrow, lambda x: double, name)


def _exp2_32(x):
    f, i = types.float32, types.int32
    x = f(129.0) if x > f(129.0) else x
    x = f(-151.0) if x < f(-151.0) else x
    shifted = x + f(12582912.0)  # 1.5 * 2**23: rounds to an integer, in the low bits
    r = (x - (shifted - f(12582912.0))) * f(_LOG_2)
    p = exp_tail(r) * (r * r) + r + f(1.0)
    power = i(bits(shifted) - 0x4B400000)
    half = i(power >> 1)  # in two factors, so that neither overflows
    p = p * from_bits(i((half + 127) << 23))
    return p * from_bits(i((power - half + 127) << 23))


def _exp2_64(x):
    x = 1025.0 if x > 1025.0 else x
    x = -1076.0 if x < -1076.0 else x
    shifted = x + 6755399441055744.0  # 1.5 * 2**52
    r = (x - (shifted - 6755399441055744.0)) * _LOG_2
    p = exp_tail(r) * (r * r) + r + 1.0
    power = bits(shifted) - 0x4338000000000000
    half = power >> 1
    p = p * from_bits((half + 1023) << 52)
    return p * from_bits((power - half + 1023) << 52)


_LOG_2 = 0.6931471805599453
exp2 = declare("exp2", _exp2_32, _exp2_64, "2**x.")
_huge = _constant("_huge", 1e18, 1e150)  # whose square is a number, and beside which 1 is nothing
_top = _constant("_top", 80.0, 700.0)  # of which exp is a number
# (sinh(x) - x) / x³ in x² by its series, |x| <= 1
_sinh_tail = polynomial("_sinh_tail", [1 / factorial(k) for k in range(11, 1, -2)],
                        [1 / factorial(k) for k in range(19, 1, -2)])  # fmt: skip


@generic
def _half_exp(size):
    """exp(size) / 2, which is a number where exp(size) hardly is none any more."""
    top = _top(size)
    more = size - top if size > top else cast(size, 0)
    return exp(top if size > top else size) * (cast(size, 0.5) * exp(more))


@generic
def cosh(x):
    """The hyperbolic cosine."""
    half = _half_exp(-x if x < cast(x, 0) else x)
    return half + cast(x, 0.25) / half


@generic
def sinh(x):
    """The hyperbolic sine."""
    size = -x if x < cast(x, 0) else x
    half = _half_exp(size)
    near = x + x * (x * x) * _sinh_tail(x * x)
    return near if size < cast(x, 1) else copysign(half - cast(x, 0.25) / half, x)


@generic
def asinh(x):
    """The number whose sinh is x."""
    size = -x if x < cast(x, 0) else x
    far = size > _huge(x)
    square = cast(x, 0) if far else x * x
    root = np.sqrt(square + cast(x, 1))
    total = log1p(size + square / (root + cast(x, 1)))
    return copysign(total + (cast(x, _LOG_2) if far else cast(x, 0)), x)


@generic
def acosh(x):
    """The number >= 0 whose cosh is x; NaN below 1."""
    far = x > _huge(x)
    above = cast(x, 0) if far else x - cast(x, 1)
    total = log1p(x if far else above + np.sqrt(above * (above + cast(x, 2))))
    total = total + (cast(x, _LOG_2) if far else cast(x, 0))
    return cast(x, np.nan) if x < cast(x, 1) else total


@generic
def atanh(x):
    """The number whose tanh is x; infinite at -1 and 1, NaN beyond."""
    size = -x if x < cast(x, 0) else x
    return copysign(cast(x, 0.5) * log1p((size + size) / (cast(x, 1) - size)), x)


_half_turn = _constant("_half_turn", 3.1415927410125732, 3.141592653589793)
_half_rest = _constant("_half_rest", -8.742278e-8, 1.2246467991473532e-16)
_atan_tail = polynomial("_atan_tail", [
    0.0504793743, -0.0862459822, 0.110713546, -0.142841506, 0.199999772, -0.333333333], [
    0.016284375050043393, -0.03456931506332609, 0.045515447340221615, -0.05230443640686948,
    0.05878927554473807, -0.0666642476020052, 0.07692296368042296, -0.09090908753259112,
    0.11111111105150588, -0.14285714285659779, 0.19999999999999804, -0.3333333333333333])
_asin_tail = polynomial("_asin_tail", [
    0.0309745513, 0.0105744081, 0.0236118189, 0.0302691385, 0.0446476639, 0.074999924,
    0.166666667], [
    0.029612034269949298, -0.019241707598188187, 0.019554538003846208, 0.003044870046905273,
    0.009319563332347104, 0.009621842530506778, 0.011566459664246437, 0.01396378000798693,
    0.017352816540553255, 0.022372157443499355, 0.0303819444755325, 0.04464285714255189,
    0.07500000000000118, 0.16666666666666666])


@generic
def _turns(eighths, x):
    """So many eighths of a turn plus a small angle."""
    quarter = cast(x, 0.25) * eighths
    return _half_turn(x) * quarter + (x + _half_rest(x) * quarter)


@generic
def _angle(low, high):
    """The angle in [0, π/2] whose tangent is low / high, of two numbers >= 0, not both 0 nor
    infinite."""
    steep = low > high * cast(low, 2.414213562373095)
    flat = low < high * cast(low, 0.4142135623730951)
    over = -high if steep else (low if flat else low - high)
    under = low if steep else (high if flat else low + high)
    eighths = cast(low, 2) if steep else (cast(low, 0) if flat else cast(low, 1))
    z = over / under
    return _turns(eighths, z + z * (z * z) * _atan_tail(z * z))


@generic
def atan(x):
    """The angle in (-π/2, π/2) whose tangent is x."""
    return copysign(_angle(-x if x < cast(x, 0) else x, cast(x, 1)), x)


@generic
def atan2(y, x):
    """The angle in [-π, π] of the point (x, y)."""
    x = cast(y, x)
    high, low = abs(x), abs(y)
    even = (high == low) & ((high == cast(x, 0)) | (high == cast(x, np.inf)))
    ratio = (cast(x, 1) if high > cast(x, 0) else cast(x, 0)) if even else (
        high / low if low > high else low / high)
    angle = _angle(ratio, cast(x, 1))
    angle = _turns(cast(x, 2), -angle) if low > high else angle
    angle = _turns(cast(x, 4), -angle) if copysign(cast(x, 1), x) < cast(x, 0) else angle
    return x + y if (x != x) | (y != y) else copysign(angle, y)


@generic
def _near_1(size):
    """The angle in [0, π/3] whose cosine is size, of a number >= 1/2; NaN above 1."""
    z = (cast(size, 1) - size) * cast(size, 0.5)
    root = np.sqrt(z)
    angle = root + root * z * _asin_tail(z)
    return angle + angle


@generic
def asin(x):
    """The angle in [-π/2, π/2] whose sine is x; NaN where there is none."""
    size = abs(x)
    near = x + x * (x * x) * _asin_tail(x * x)
    return near if size <= cast(x, 0.5) else copysign(_turns(cast(x, 2), -_near_1(size)), x)


@generic
def acos(x):
    """The angle in [0, π] whose cosine is x; NaN where there is none."""
    near = _turns(cast(x, 2), -(x + x * (x * x) * _asin_tail(x * x)))
    far = _near_1(abs(x))
    far = far if x > cast(x, 0) else _turns(cast(x, 4), -far)
    return near if abs(x) <= cast(x, 0.5) else far


_TURNED = 6755399441055744.0  # 1.5 * 2**52: rounds to an integer, in the low bits
_PER_QUARTER = 0.6366197723675814  # 2 / π
# π / 2 in parts, the first of 33 bits, so that some 2**20 times it are exact
_FIRST, _SECOND, _THIRD = 1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21
_SECOND_AND_REST = 6.077100506506192e-11
_MANY_TURNS = 1e6
# (sin(x) - x) / x³ and (cos(x) - 1 + x² / 2) / x⁴ in x², |x| <= π / 4
_sin_tail = polynomial("_sin_tail", [2.72496201e-6, -0.000198400844, 0.00833333187, -0.166666667], [
    -7.586636882825159e-13, 1.6058530596645953e-10, -2.50521062259944e-08, 2.755731921932058e-06,
    -0.0001984126984126504, 0.008333333333333331, -0.16666666666666666])
_cos_tail = polynomial("_cos_tail", [2.45476898e-5, -0.00138883019, 0.0416666647], [
    -1.138254464534925e-11, 2.087614504941318e-09, -2.755731726587808e-07, 2.48015872987544e-05,
    -0.0013888888888887389, 0.041666666666666664])


@generic
def many_turns(x):
    """Whether an angle is too large for sin, cos and tan."""
    return abs(x) > cast(x, _MANY_TURNS)


@generic
def _both(r):
    """The sine and cosine of an angle within an eighth of a turn."""
    square = r * r
    cosine = cast(r, 1) - (cast(r, 0.5) * square - square * square * _cos_tail(square))
    return r + r * square * _sin_tail(square), cosine


def _within(name, finish, summary):
    """A function of an angle in radians that is brought near 0, with the number of quarters of a
    turn taken from it: of a single float in double, as it loses more digits than it has."""
    def single(x):
        wide = float(x)
        shifted = wide * _PER_QUARTER + _TURNED
        n = shifted - _TURNED
        r = types.float32((wide - n * _FIRST) - n * _SECOND_AND_REST)
        return finish(r, bits(shifted))

    def double(x):
        shifted = x * _PER_QUARTER + _TURNED
        n = shifted - _TURNED
        return finish(((x - n * _FIRST) - n * _SECOND) - n * _THIRD, bits(shifted))

    return declare(name, single, double, summary)


@generic
def _sine(r, quarters):
    sine, cosine = _both(r)
    value = cosine if quarters & 1 else sine
    return -value if quarters & 2 else value


@generic
def _cosine(r, quarters):
    sine, cosine = _both(r)
    value = sine if quarters & 1 else cosine
    return -value if (quarters + 1) & 2 else value


@generic
def _tangent(r, quarters):
    sine, cosine = _both(r)
    value = (cosine if quarters & 1 else sine) / (sine if quarters & 1 else cosine)
    return -value if quarters & 1 else value


sin = _within("sin", _sine, "The sine, where there are not many turns.")
cos = _within("cos", _cosine, "The cosine, where there are not many turns.")
tan = _within("tan", _tangent, "The tangent, where there are not many turns.")


def _of_library(function):
    """A function of the C library, for any number of turns."""
    return generic(lambda x: cast(x, function(x)))


SLOWLY = {"sin": _of_library(math.sin), "cos": _of_library(math.cos), "tan": _of_library(math.tan)}
