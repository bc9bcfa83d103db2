"""Functions of one number without branches or table, so that LLVM vectorises loops over them.

A call of the C library in a loop costs ten times as much. Results are within 2 units in the last
place of the true value over the whole range; NaN stays NaN, overflow is infinity.

Reference: Cody and Waite, Software Manual for the Elementary Functions (1980).
"""

from typing import Any

from numba import types
from numba.extending import intrinsic, overload

from autograd.kernels.compiled.jit import EXACT

_LOG2_E = 1.4426950408889634
_OPTIONS: Any = {"fastmath": EXACT, "error_model": "numpy", "forceinline": True, "nogil": True}


def _bitcast(source, target):
    def codegen(context, builder, signature, args):
        return builder.bitcast(args[0], context.get_value_type(signature.return_type))

    return target(source), codegen


@intrinsic
def bits(typing, x):
    """The bits of a float as an integer of its width."""
    return _bitcast(x, types.int32 if x == types.float32 else types.int64)


@intrinsic
def from_bits(typing, n):
    """The float with the bits of an integer of its width."""
    return _bitcast(n, types.float32 if n == types.int32 else types.float64)


@intrinsic
def cast(typing, like, value):
    """A number converted to the type of `like`."""

    def codegen(context, builder, signature, args):
        return context.cast(builder, args[1], value, like)

    return like(like, value), codegen


def exp(x):
    """e**x for float32 and float64: 2**n e**r with |r| <= log(2) / 2, e**r by a polynomial."""
    raise NotImplementedError("for use in kernels")


@overload(exp, jit_options=_OPTIONS)
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


@overload(flip, jit_options=_OPTIONS)
def _flip(n):
    if n == types.int32:
        return lambda n: types.int32(n ^ ((n >> 31) & 0x7FFFFFFF))
    return lambda n: n ^ ((n >> 63) & 0x7FFFFFFFFFFFFFFF)
