"""What a boolean mask picks, in two sweeps: the truths of each piece are counted, then every thread
knows where its pieces begin. The second sweep takes no branch, which a mask would mislead.
"""

import numpy as np

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import launch
from autograd.kernels.compiled.memory import data, item, itemsize, length, ndim, share, size, vector
from autograd.kernels.compiled.pick import MOVED, row_major
from autograd.kernels.thresholds import SHARED

_PIECE = 1 << 13
_ONE = np.float64(1)


@jit
def _count(one, arrays, parts, index):
    """arrays: mask, counts of its pieces."""
    n, pieces = size(item(arrays, 0)), size(item(arrays, 1))
    counts = vector(data(item(arrays, 1)), pieces, 0)
    for piece in range(share(pieces, parts, index, 1), share(pieces, parts, index + 1, 1)):
        first = piece * _PIECE
        truths = vector(data(item(arrays, 0)) + first, min(_PIECE, n - first), np.int8(1))
        count = 0
        for i in range(truths.size):
            count += truths[i]
        counts[piece] = count


@jit(inner=True)
def _piece(arrays, piece):
    """(number of the first element, the truths, where the first and where the next piece's go)."""
    first = piece * _PIECE
    count = min(_PIECE, size(item(arrays, 0)) - first)
    starts = vector(data(item(arrays, 1)) + piece * 8, 2, 0)
    truths = vector(data(item(arrays, 0)) + first, count, np.int8(1))
    return first, truths, starts[0], starts[1]


@jit
def _compress(one, arrays, parts, index):
    """arrays: mask, starts, x, out."""
    pieces = size(item(arrays, 1)) - 1
    out = vector(data(item(arrays, 3)), size(item(arrays, 3)), one)
    for piece in range(share(pieces, parts, index, 1), share(pieces, parts, index + 1, 1)):
        first, truths, place, end = _piece(arrays, piece)
        x = vector(data(item(arrays, 2)) + first * itemsize(one), truths.size, one)
        for i in range(truths.size):
            if place == end:
                break
            out[place] = x[i]  # until the next truth, which is still to come, is written here
            place += truths[i]


@jit
def _spread(one, arrays, parts, index):
    """arrays: mask, starts, g, out."""
    pieces, count = size(item(arrays, 1)) - 1, size(item(arrays, 2))
    g = vector(data(item(arrays, 2)), count, one)
    for piece in range(share(pieces, parts, index, 1), share(pieces, parts, index + 1, 1)):
        first, truths, place, _ = _piece(arrays, piece)
        out = vector(data(item(arrays, 3)) + first * itemsize(one), truths.size, one)
        for i in range(truths.size):
            value = g[min(place, count - 1)]
            out[i] = value if truths[i] else one - one
            place += truths[i]


@jit
def _argwhere(one, arrays, parts, index):
    """arrays: mask, starts, out."""
    pieces, mask = size(item(arrays, 1)) - 1, item(arrays, 0)
    dims = ndim(mask)
    for piece in range(share(pieces, parts, index, 1), share(pieces, parts, index + 1, 1)):
        first, truths, place, end = _piece(arrays, piece)
        rows = vector(data(item(arrays, 2)) + place * dims * 8, (end - place) * dims, 0)
        found = 0
        for i in range(truths.size):
            if found == rows.size:
                break
            rest = first + i
            for dim in range(dims - 1, 0, -1):
                rows[found + dim] = rest % length(mask, dim)
                rest //= length(mask, dim)
            rows[found] = rest
            found += dims * truths[i]


def _starts(mask):
    """Where what each piece of a mask picks begins, and where the last one's ends."""
    starts = np.zeros(-(-mask.size // _PIECE) + 1, np.int64)
    launch(_count, _ONE, (mask, starts[1:]), mask.size >= SHARED["mask"])
    return np.cumsum(starts, out=starts)


def compress(x, mask):
    """The elements of x where mask, of its shape, is true, in row-major order."""
    one = MOVED.get(x.dtype)
    if one is None or x.size == 0:
        return elsewhere.compress(x, mask)
    mask = row_major(mask)
    starts = _starts(mask)
    out = np.empty(starts[-1], x.dtype)
    launch(_compress, one, (mask, starts, row_major(x), out), x.size >= SHARED["mask"])
    return out


def spread(g, mask):
    """An array of mask's shape with the elements of g, in order, where it is true, and 0."""
    one, mask = MOVED.get(g.dtype), row_major(mask)
    if one is None or g.size == 0:
        return elsewhere.spread(g, mask)
    starts, out = _starts(mask), np.empty(mask.shape, g.dtype)
    if starts[-1] != g.size:
        return elsewhere.spread(g, mask)
    launch(_spread, one, (mask, starts, row_major(g), out), mask.size >= SHARED["mask"])
    return out


def argwhere(mask):
    """The indices of the elements that are true, one row each, in row-major order."""
    if mask.size == 0 or mask.ndim == 0:
        return elsewhere.argwhere(mask)
    mask = row_major(mask)
    starts = _starts(mask)
    out = np.empty((starts[-1], mask.ndim), np.int64)
    launch(_argwhere, _ONE, (mask, starts, out), mask.size >= SHARED["mask"])
    return out
