"""Largest numbers of windows that begin anywhere, in each plane elsewhere."""

import numpy as np

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.memory import data, item, length, share, vector
from autograd.kernels.compiled.pool import SHARED, plane, planes

_INT64 = np.dtype(np.int64)


@jit
def _max_pool_at(one, arrays, parts, index):
    """arrays: x, rows, columns, [rows and columns of a window], out, places."""
    count, down = length(item(arrays, 1), 0), length(item(arrays, 1), 1)
    across = length(item(arrays, 2), 1)
    kernel = vector(data(item(arrays, 3)), 2, 0)
    xs, outs, found = planes(item(arrays, 0)), planes(item(arrays, 4)), planes(item(arrays, 5))
    for p in range(share(count, parts, index, 1), share(count, parts, index + 1, 1)):
        x, out, places = plane(xs, p, one), plane(outs, p, one), plane(found, p, np.int32(1))
        rows = vector(data(item(arrays, 1)) + p * down * 8, down, 0)
        columns = vector(data(item(arrays, 2)) + p * across * 8, across, 0)
        for i in range(down):
            for j in range(across):
                best, place = x[rows[i], columns[j]], rows[i] * x.shape[1] + columns[j]
                for r in range(rows[i], rows[i] + kernel[0]):
                    for c in range(columns[j], columns[j] + kernel[1]):
                        value = x[r, c]
                        larger = (value > best) | ((value != value) & (best == best))
                        best = value if larger else best
                        place = r * x.shape[1] + c if larger else place
                out[i, j], places[i, j] = best, place


def max_pool_at(x, rows, columns, kernel):
    """Largest number of each window of planes (P, H, W), and its place in the plane as int32; the
    windows begin at the rows (P, OH) and columns (P, OW) of their plane."""
    one = ONE.get(x.dtype)
    if one is None or x.size == 0 or not rows.dtype == columns.dtype == _INT64:
        return elsewhere.max_pool_at(x, rows, columns, kernel)
    out = np.empty((len(x), rows.shape[1], columns.shape[1]), x.dtype)
    places = np.empty(out.shape, np.int32)
    x, rows, columns = map(np.ascontiguousarray, (x, rows, columns))
    arrays = x, rows, columns, np.array(kernel, np.int64), out, places
    launch(_max_pool_at, one, arrays, out.size * kernel[0] * kernel[1] >= SHARED)
    return out, places
