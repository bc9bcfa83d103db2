"""Variances and standard deviations along lines of float32, in float64, in one call."""

import numpy as np

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import launch
from autograd.kernels.compiled.lines import SHARED, plan, start
from autograd.kernels.compiled.memory import data, item, share, vector

_FLOAT32, _ONE = np.dtype(np.float32), np.float32(1)


@jit
def _deviation(one, arrays, parts, index):
    """arrays: x, [outer, n, inner, freedom, whether the root is wanted], out."""
    outer, n, inner, freedom, root = vector(data(item(arrays, 1)), 5, 0)
    lines = outer * inner
    x = vector(data(item(arrays, 0)), lines * n, one)
    out = vector(data(item(arrays, 2)), lines, one)
    copied = np.empty_like(x[: n if inner > 1 else 0])
    for line in range(share(lines, parts, index, 1), share(lines, parts, index + 1, 1)):
        first, mean, squares = start(line, n, inner), 0.0, 0.0
        row = x[first : first + n] if inner == 1 else copied
        for j in range(n if inner > 1 else 0):
            row[j] = x[first + j * inner]
        for j in range(n):
            mean += row[j]
        mean /= n
        for j in range(n):
            distance = row[j] - mean
            squares += distance * distance
        squares /= freedom
        out[line] = np.sqrt(squares) if root else squares


def deviation(x, dim, freedom, root):
    """Σ (x - mean)² / freedom over dim, which is kept, or its root."""
    whole = freedom.__class__ is int
    if x.dtype is not _FLOAT32 or not x.size or not whole:
        return elsewhere.deviation(x, dim, freedom, root)
    table, out = plan(x.shape, dim, freedom, root), np.empty(
        (*x.shape[:dim], 1, *x.shape[dim + 1 :]), _FLOAT32)  # fmt: skip
    launch(_deviation, _ONE, (np.ascontiguousarray(x), table, out), x.size >= SHARED)
    return out
