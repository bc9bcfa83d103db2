"""Dropout in one sweep: random bits, scaling and product; no mask is written or kept."""

import numpy as np

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.memory import data, item, itemsize, share, size, vector
from autograd.kernels.reference.dropout import FIRST, SECOND, STEP, limit

SHARED = 1 << 15  # numbers from which a second thread pays
_STEP, _FIRST, _SECOND = np.uint64(STEP), np.uint64(FIRST), np.uint64(SECOND)
_30, _27, _31, _32 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(32)


@jit
def _dropout(one, arrays, parts, index):
    n, width = size(item(arrays, 0)), itemsize(one)
    first = share(n, parts, index, 64)
    count = share(n, parts, index + 1, 64) - first
    x = vector(data(item(arrays, 0)) + first * width, count, one)
    random = vector(data(item(arrays, 1)), 2, np.uint64(0))
    scale = vector(data(item(arrays, 2)), 2, one)[0]
    out = vector(data(item(arrays, 3)) + first * width, count, one)
    key, lowest = random[0], random[1]
    for i in range(count):
        z = np.uint64(first + i + 1) * _STEP + key
        z = (z ^ (z >> _30)) * _FIRST
        z = (z ^ (z >> _27)) * _SECOND
        kept = ((z ^ (z >> _31)) >> _32) >= lowest
        out[i] = x[i] * (scale if kept else one - one)


def dropout(x, key, p):
    """x with a share p of its elements set to 0, the others divided by 1 - p.

    The integer `key` below 2**64 decides which: the same key and shape, the same elements.
    """
    one = ONE.get(x.dtype)
    if one is None or x.size == 0:
        return elsewhere.dropout(x, key, p)
    x = x if x.flags.c_contiguous else np.ascontiguousarray(x)
    out = np.empty(x.shape, x.dtype)
    random = np.array([key, limit(p)], np.uint64)
    scale = np.array([1 / (1 - p) if p < 1 else 0, 0], x.dtype)
    launch(_dropout, one, (x, random, scale, out), x.size >= SHARED)
    return out
