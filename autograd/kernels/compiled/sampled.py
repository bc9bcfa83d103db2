"""Rows picked and mixed, point by point; what places and shares mean, the reference tells.

Points are shared among the threads where each writes its own, and samples where points of one
sample add to the same rows.
"""

import numpy as np

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.memory import data, item, itemsize, length, share, vector

_SHARED = 1 << 14  # numbers from which a second thread pays
_INT64 = np.dtype(np.int64)


@jit(inner=True)
def _sizes(arrays):
    """N, P, K of the places, the second of the arrays."""
    places = item(arrays, 1)
    return length(places, 0), length(places, 1), length(places, 2)


@jit(inner=True)
def _line(array, number, count, like):
    """Line `number`, of so many numbers, of the array with this id."""
    return vector(data(array) + number * count * itemsize(like), count, like)


@jit(inner=True)
def _row(array, sample, place, like):
    """A row of the array (N, M, C) with this id."""
    count = length(array, 1)
    if place >= count:
        raise IndexError("a place does not lie within the rows")
    return _line(array, sample * count + place, length(array, 2), like)


@jit
def _sample_rows(one, arrays, parts, index):
    """arrays: rows, places, shares, out."""
    samples, points, taps = _sizes(arrays)
    total = samples * points
    for at in range(share(total, parts, index, 1), share(total, parts, index + 1, 1)):
        out = _line(item(arrays, 3), at, length(item(arrays, 3), 2), one)
        places = _line(item(arrays, 1), at, taps, np.int64(1))
        shares = _line(item(arrays, 2), at, taps, one)
        out[:] = one - one
        for k in range(taps):
            if places[k] >= 0:
                row = _row(item(arrays, 0), at // points, places[k], one)
                for c in range(out.size):
                    out[c] += row[c] * shares[k]


@jit
def _sample_rows_grad(one, arrays, parts, index):
    """arrays: g, places, shares, grad."""
    samples, points, taps = _sizes(arrays)
    for sample in range(share(samples, parts, index, 1), share(samples, parts, index + 1, 1)):
        for at in range(sample * points, (sample + 1) * points):
            g = _line(item(arrays, 0), at, length(item(arrays, 0), 2), one)
            places = _line(item(arrays, 1), at, taps, np.int64(1))
            shares = _line(item(arrays, 2), at, taps, one)
            for k in range(taps):
                if places[k] >= 0:
                    row = _row(item(arrays, 3), sample, places[k], one)
                    for c in range(g.size):
                        row[c] += g[c] * shares[k]


@jit
def _sample_shares_grad(one, arrays, parts, index):
    """arrays: g, places, rows, out."""
    samples, points, taps = _sizes(arrays)
    total = samples * points
    for at in range(share(total, parts, index, 1), share(total, parts, index + 1, 1)):
        g = _line(item(arrays, 0), at, length(item(arrays, 0), 2), one)
        places = _line(item(arrays, 1), at, taps, np.int64(1))
        out = _line(item(arrays, 3), at, taps, one)
        for k in range(taps):
            out[k] = one - one
            if places[k] >= 0:
                row = _row(item(arrays, 2), at // points, places[k], one)
                product = one - one
                for c in range(g.size):
                    product += row[c] * g[c]
                out[k] = product


def _run(kernel, first, places, third, out, many):
    arrays = (*map(np.ascontiguousarray, (first, places, third)), out)
    launch(kernel, ONE[out.dtype], arrays, many and places.size * out.shape[2] >= _SHARED)
    return out


def _taken(places, *floats):
    """Whether the kernels take arrays of these types."""
    dtype = floats[0].dtype
    return dtype in ONE and places.dtype is _INT64 and places.size and all(
        x.dtype is dtype and x.size for x in floats)


def sample_rows(rows, places, shares):
    """The sum of each point's rows by their shares (N, P, C)."""
    if not _taken(places, rows, shares):
        return elsewhere.sample_rows(rows, places, shares)
    out = np.empty((*places.shape[:2], rows.shape[2]), rows.dtype)
    return _run(_sample_rows, rows, places, shares, out, True)


def sample_rows_grad(g, places, shares, count):
    """Zeros (N, count, C) to which g (N, P, C), by the shares, is added at the places."""
    if not _taken(places, g, shares) or not count:
        return elsewhere.sample_rows_grad(g, places, shares, count)
    grad = np.zeros((len(g), count, g.shape[2]), g.dtype)
    return _run(_sample_rows_grad, g, places, shares, grad, len(g) > 1)


def sample_shares_grad(g, rows, places):
    """The product of g (N, P, C) with each row at the places (N, P, K), 0 where there is none."""
    if not _taken(places, g, rows):
        return elsewhere.sample_shares_grad(g, rows, places)
    out = np.empty(places.shape, g.dtype)
    return _run(_sample_shares_grad, g, places, rows, out, True)
