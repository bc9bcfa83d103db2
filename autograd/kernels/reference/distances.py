"""The distances of rows from one another, in NumPy."""

import numpy as np

_BLOCK = 1 << 20  # differences that are in memory at once


def distances(x, y):
    """The distance of each row of x (..., n, k) and each of y (..., m, k): (..., n, m)."""
    n, m, k = x.shape[-2], y.shape[-2], x.shape[-1]
    out = np.empty((*x.shape[:-2], n, m), x.dtype)
    step = max(_BLOCK // max(m * k, 1), 1)
    for at in np.ndindex(x.shape[:-2]):
        for start in range(0, n, step):
            apart = x[at][start : start + step, None, :] - y[at]
            out[at][start : start + step] = np.sqrt(np.einsum("ijk,ijk->ij", apart, apart))
    return out
