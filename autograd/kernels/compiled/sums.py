"""Sums over dimensions of a contiguous array where each sum runs over neighbours in memory.

A sum is made of the sums of fixed pieces, so it is the same to the last bit for any number of
threads; a piece is summed in vector lanes, the pieces in float64, so float32 keeps its digits.
"""

from functools import lru_cache

import numpy as np

from autograd.kernels import reference
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.memory import data, item, itemsize, share, vector

SHARED = 1 << 16  # numbers from which a second thread pays
_PIECE = 1 << 11  # numbers in a piece
_SHORT = 32  # neighbours below which NumPy is as good


@jit
def _sum_runs(one, arrays, parts, index):
    """arrays: x, [runs, numbers in a run], sums (runs, pieces of a run) in float64."""
    plan = vector(data(item(arrays, 1)), 2, np.int64(1))
    runs, length = plan[0], plan[1]
    pieces = (length + _PIECE - 1) // _PIECE
    sums = vector(data(item(arrays, 2)), runs * pieces, 1.0)
    for number in range(share(sums.size, parts, index, 1), share(sums.size, parts, index + 1, 1)):
        first = number % pieces * _PIECE
        start = data(item(arrays, 0)) + (number // pieces * length + first) * itemsize(one)
        x = vector(start, min(_PIECE, length - first), one)
        total = one - one
        for i in range(x.size):
            total += x[i]
        sums[number] = total


@lru_cache(256)
def _runs(shape, dims):
    """(outer, kept, length): each of the `kept` sums runs over `outer` stretches of `length`
    numbers; None where the last dimension that counts is kept, or sums and others alternate."""
    groups = [(1, True)]  # (length, summed), from the last dimension
    for dim in range(len(shape) - 1, -1, -1):
        if shape[dim] != 1:
            length, summed = groups[-1]
            if summed == (dim in dims):
                groups[-1] = length * shape[dim], summed
            else:
                groups.append((shape[dim], not summed))
    if len(groups) > 3 or groups[0][0] < _SHORT:
        return None
    length, kept, outer = [n for n, _ in groups] + [1] * (3 - len(groups))
    return outer, kept, length


def sum_over(x, dims, keepdims):
    """The sum of x over the dimensions `dims`, a tuple of numbers from 0 on."""
    one = ONE.get(x.dtype)
    runs = _runs(x.shape, dims) if one is not None and x.flags.c_contiguous else None
    if runs is None:
        return reference.sum_over(x, dims, keepdims)
    outer, kept, length = runs
    sums = np.empty((outer, kept, -(-length // _PIECE)))
    launch(_sum_runs, one, (x, np.array([outer * kept, length]), sums), x.size >= SHARED)
    left = [1 if dim in dims else n for dim, n in enumerate(x.shape) if keepdims or dim not in dims]
    return np.add.reduce(sums, (0, 2)).astype(x.dtype).reshape(left)
