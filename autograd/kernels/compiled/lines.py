"""An array as lines along one dimension: `outer` blocks of `inner` lines that lie side by side,
each of `n` numbers that are `inner` apart."""

from functools import lru_cache
from math import prod

import numpy as np
from numba import types

from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.vector_math import bits, flip

SHARED = 1 << 14  # numbers from which a second thread pays
NAN = 0x7F800001  # the key of NaN; that of infinity is one less, that of -infinity -NAN


@lru_cache(1024)
def plan(shape, dim, *settings):
    """[outer, n, inner, *settings] of an array of this shape, whole numbers for a kernel."""
    return np.array([prod(shape[:dim]), shape[dim], prod(shape[dim + 1 :]), *settings], np.int64)


@jit(inner=True)
def start(line, n, inner):
    """Number of a line's first element."""
    return line // inner * n * inner + line % inner


@jit(inner=True)
def sort_key(x, turn):
    """An integer that sorts as the float32 x: zeros alike, NaN beyond infinity; turned around if
    `turn` is -1."""
    n = flip(bits(x))
    n = types.int32(0) if n == types.int32(-1) else n
    lost = (n >= types.int32(NAN)) | (n < types.int32(-NAN))
    return types.int32((types.int32(NAN) if lost else n) ^ turn)
