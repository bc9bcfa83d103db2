"""The distances of rows from one another: of a row of one array from a strip of the other's rows,
which lie in vector lanes. Four squares are added at once, and these in float64.
"""

import numpy as np

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.memory import data, item, itemsize, length, share, vector

SHARED = 1 << 17  # differences from which a second thread pays
_STRIP = 128  # rows whose distances from one row are found together


@jit
def _distances(one, arrays, parts, index):
    """arrays: x (batches, n, k), the turned y (batches, k, m), out (batches, n, m)."""
    n, k, m = length(item(arrays, 0), 1), length(item(arrays, 0), 2), length(item(arrays, 1), 2)
    lines, step = length(item(arrays, 0), 0) * n, m * itemsize(one)
    sums = np.empty(_STRIP)
    for line in range(share(lines, parts, index, 1), share(lines, parts, index + 1, 1)):
        x = vector(data(item(arrays, 0)) + line * k * itemsize(one), k, one)
        for left in range(0, m, _STRIP):
            width = min(_STRIP, m - left)
            row = data(item(arrays, 1)) + line // n * k * step + left * itemsize(one)
            sums[:width], i = 0.0, 0
            while i + 4 <= k:
                a, b = vector(row, width, one), vector(row + step, width, one)
                c, d = vector(row + 2 * step, width, one), vector(row + 3 * step, width, one)
                for j in range(width):
                    first, second = a[j] - x[i], b[j] - x[i + 1]
                    third, fourth = c[j] - x[i + 2], d[j] - x[i + 3]
                    sums[j] += (first * first + second * second) + (
                        third * third + fourth * fourth)
                i, row = i + 4, row + 4 * step
            while i < k:
                a = vector(row, width, one)
                for j in range(width):
                    first = a[j] - x[i]
                    sums[j] += first * first
                i, row = i + 1, row + step
            out = vector(data(item(arrays, 2)) + (line * m + left) * itemsize(one), width, one)
            for j in range(width):
                out[j] = np.sqrt(sums[j])


def distances(x, y):
    """The distance of each row of x (..., n, k) and each of y (..., m, k): (..., n, m)."""
    one, (n, k), m = ONE.get(x.dtype), x.shape[-2:], y.shape[-2]
    if one is None or x.size * m == 0:
        return elsewhere.distances(x, y)
    out = np.empty((*x.shape[:-1], m), x.dtype)
    turned = np.ascontiguousarray(np.swapaxes(y, -1, -2)).reshape(-1, k, m)
    arrays = np.ascontiguousarray(x).reshape(-1, n, k), turned, out
    launch(_distances, one, arrays, x.size * m >= SHARED)
    return out
