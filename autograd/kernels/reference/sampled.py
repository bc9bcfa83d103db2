"""Rows picked and mixed: for each of P points of N samples, K rows of (N, M, C) by their shares.

The places (N, P, K) count rows within the sample, and a negative one stands for no row, whatever
its share (N, P, K) is.  The three are linear, and each is the derivative of the other two.
"""

import numpy as np

from autograd.quiet import quiet


@quiet
def sample_rows(rows, places, shares):
    """The sum of each point's rows by their shares (N, P, C)."""
    picked = _picked(rows, places)
    out = np.zeros((*places.shape[:2], rows.shape[2]), rows.dtype)
    for k in range(places.shape[2]):  # one after another, as the compiled kernel adds them
        out += np.where(places[:, :, k, None] < 0, 0, picked[:, :, k] * shares[:, :, k, None])
    return out


@quiet
def sample_rows_grad(g, places, shares, count):
    """Zeros (N, count, C) to which g (N, P, C), by the shares, is added at the places."""
    _check(places, count)
    grad = np.zeros((len(g), count, g.shape[2]), g.dtype)
    n, p, k = np.nonzero(places >= 0)
    np.add.at(grad, (n, places[n, p, k]), g[n, p] * shares[n, p, k][:, None])
    return grad


@quiet
def sample_shares_grad(g, rows, places):
    """The product of g (N, P, C) with each row at the places (N, P, K), 0 where there is none."""
    picked = _picked(rows, places)
    return np.where(places < 0, g.dtype.type(0), (picked * g[:, :, None]).sum(3, dtype=g.dtype))


def _picked(rows, places):
    """The rows at the places (N, P, K, C); where there is none, zeros."""
    _check(places, rows.shape[1])
    if not rows.shape[1]:
        return np.zeros((*places.shape, rows.shape[2]), rows.dtype)
    return rows[np.arange(len(rows))[:, None, None], places.clip(0)]


def _check(places, count):
    if places.size and places.max() >= count:
        raise IndexError(f"a place {places.max()} does not lie within {count} rows")
