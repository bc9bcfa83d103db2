"""One number at a time: its bits, conversions, rounding, and the rest of a division."""

from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core.cgutils import get_or_insert_function, unpack_tuple
from numba.extending import intrinsic

from autograd.kernels.compiled.jit import EXACT
from autograd.kernels.compiled.memory import itemsize

OPTIONS: Any = {"fastmath": EXACT, "error_model": "numpy", "forceinline": True, "nogil": True}
generic = njit(**OPTIONS)  # for functions written alike for both types


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


def _of_llvm(name, summary):
    """A function of floats of one type that the processor has, as an intrinsic of LLVM's."""

    @intrinsic
    def function(typing, x, *others):
        def codegen(context, builder, signature, args):
            given = [args[0], *unpack_tuple(builder, args[1])]
            kind = ir.FunctionType(args[0].type, [args[0].type] * len(given))
            own = f"llvm.{name}.f{x.bitwidth}"
            return builder.call(get_or_insert_function(builder.module, kind, own), given)

        return x(x, types.StarArgTuple([x] * len(others))), codegen

    function.__doc__ = summary
    return function


floor = _of_llvm("floor", "The largest whole number not above x.")
ceil = _of_llvm("ceil", "The smallest whole number not below x.")
trunc = _of_llvm("trunc", "x without its fraction.")
rint = _of_llvm("rint", "The whole number next to x; halves go to the even one.")
_fma = _of_llvm("fma", "x y + z, rounded once.")
_copysign = _of_llvm("copysign", "The size of x with the sign of y.")


@intrinsic
def slow_fmod(typing, x, other):
    """The rest of a division towards 0, whatever the quotient, by the C library."""

    def codegen(context, builder, signature, args):
        return builder.frem(args[0], context.cast(builder, args[1], other, x))

    return x(x, other), codegen


@generic
def copysign(x, other):
    """The size of x with the sign of the other."""
    return _copysign(x, cast(x, other))


@generic
def fmod(x, other):
    """The rest of a division towards 0, exact where the quotient is not `many_digits` long."""
    size, by = abs(x), abs(cast(x, other))
    rest = _fma(-trunc(size / by), by, size)  # for the quotient, or, by rounding, for one more
    rest = rest + by if rest < cast(x, 0) else rest
    return _copysign(size if size < by else rest, x)


@generic
def many_digits(x, other):
    """Whether a quotient is none, or may not be whole to the last digit."""
    digits = 22 if itemsize(x) == 4 else 51
    near = abs(x) < abs(cast(x, other)) * cast(x, 1 << digits)
    return (not near) & (x == x) & (other == other)
