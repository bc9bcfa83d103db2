"""Numbers as those of another type, on two threads, in vectors.

float16 is moved as its 16 bits, truths are bytes of 0 and 1, and a float becomes a short integer by
way of a longer one, as in C, so that what does not fit wraps wherever it stands.
"""

from functools import cache

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from autograd.kernels.compiled.disk_cache import host
from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import launch
from autograd.kernels.compiled.memory import data, item, itemsize, share, size, vector
from autograd.kernels.thresholds import SHARED

_ONE = np.float32(1)
_MOVED = {np.dtype(kind): np.dtype(kind).type(1) for kind in "fdlihbB"}
_MOVED |= {np.dtype(bool): np.uint8(1), np.dtype(np.float16): np.int16(1)}
_HALVES = "+f16c" in host()[2].split(",") or host()[0].startswith("aarch64")


@intrinsic
def _from_half(typing, bits):
    """The float32 of the float16 with these bits."""

    def codegen(context, builder, signature, args):
        return builder.fpext(builder.bitcast(args[0], ir.HalfType()), ir.FloatType())

    return types.float32(types.int16), codegen


@intrinsic
def _to_half(typing, x):
    """The bits of the float16 next to a float32."""

    def codegen(context, builder, signature, args):
        return builder.bitcast(builder.fptrunc(args[0], ir.HalfType()), ir.IntType(16))

    return types.int16(types.float32), codegen


def _step(source, target):
    """What one number becomes, as far as writing it does not convert it."""
    if source == np.float16:
        return jit(inner=True)(lambda x: _from_half(x))
    if target == np.float16:
        return jit(inner=True)(lambda x: _to_half(np.float32(x)))
    if target.kind == "b":
        return jit(inner=True)(lambda x: x != 0)
    if source.kind == "f" and target.kind in "iu" and target.itemsize < 4:
        return jit(inner=True)(lambda x: types.int32(x))
    return jit(inner=True)(lambda x: x)


@cache
def _kernel(source, target):
    """The kernel of arrays (x, out) of these types."""
    step, a, b = _step(source, target), _MOVED[source], _MOVED[target]

    def kernel(one, arrays, parts, index):
        count = size(item(arrays, 1))
        first, last = share(count, parts, index, 64), share(count, parts, index + 1, 64)
        x = vector(data(item(arrays, 0)) + first * itemsize(a), last - first, a)
        out = vector(data(item(arrays, 1)) + first * itemsize(b), last - first, b)
        for i in range(out.size):
            out[i] = step(x[i])

    kernel.__qualname__ = f"converted_{source}_{target}"  # what the disk cache tells kernels by
    return jit(kernel)


def converted(x, dtype):
    """x as another type: towards 0 for integers, whether it is not 0 for truths."""
    half = x.dtype == np.float16 or dtype == np.float16
    near = {x.dtype, dtype} == {np.dtype(np.float16), np.dtype(np.float32)}
    if (x.__class__ is not np.ndarray or x.dtype not in _MOVED or dtype not in _MOVED
            or not x.flags.c_contiguous or half and not (near and _HALVES)):  # fmt: skip
        return elsewhere.converted(x, dtype)
    out = np.empty(x.shape, dtype)
    launch(_kernel(x.dtype, dtype), _ONE, (x, out), x.size >= SHARED["converted"])
    return out
