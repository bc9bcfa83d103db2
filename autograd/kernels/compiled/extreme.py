"""The largest or smallest along a dimension with its place, and gradients put back into theirs."""

from math import prod

import numpy as np
from numba import types

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.lines import NAN, SHARED, plan, sort_key, start
from autograd.kernels.compiled.memory import data, item, share, vector
from autograd.kernels.compiled.vector_math import bits, flip, from_bits, maximum, minimum

_FLOAT32, _ONE = np.dtype(np.float32), np.float32(1)
_STRIP = 128  # lines side by side that are walked together
_PIECE = 1 << 12  # numbers of a run that are looked at in one piece


@jit(inner=True)
def _merit(x, turn):
    """An integer that is largest for the largest x, or for the smallest if `turn` is -1, and for
    NaN."""
    key = sort_key(x, types.int32(0))
    return key if key == types.int32(NAN) else types.int32(key ^ turn)


@jit
def _rows(one, arrays, parts, index):
    """arrays: x, [outer, n, 1, turn], values, places: the first one of most merit."""
    lines, n, _, turn = vector(data(item(arrays, 1)), 4, 0)
    turn = types.int32(turn)
    x = vector(data(item(arrays, 0)), lines * n, one)
    values = vector(data(item(arrays, 2)), lines, one)
    places = vector(data(item(arrays, 3)), lines, 0)
    for line in range(share(lines, parts, index, 1), share(lines, parts, index + 1, 1)):
        row, top, place = x[line * n : line * n + n], types.int32(-NAN - 1), 0
        for j in range(n):
            top = max(top, _merit(row[j], turn))
        while _merit(row[place], turn) != top:
            place += 1
        places[line], values[line] = place, row[place]


@jit
def _columns(one, arrays, parts, index):
    """arrays: x, [outer, n, inner, turn], values, places, as for `_rows`."""
    outer, n, inner, turn = vector(data(item(arrays, 1)), 4, 0)
    turn, strips = types.int32(turn), (inner + _STRIP - 1) // _STRIP
    units = outer * strips
    x = vector(data(item(arrays, 0)), outer * n * inner, one)
    values = vector(data(item(arrays, 2)), outer * inner, one)
    places = vector(data(item(arrays, 3)), outer * inner, 0)
    tops, rows = np.empty(_STRIP, np.int32), np.empty(_STRIP, np.int32)
    for unit in range(share(units, parts, index, 1), share(units, parts, index + 1, 1)):
        block, left = unit // strips, unit % strips * _STRIP
        width, first = min(_STRIP, inner - left), block * n * inner + left
        for i in range(width):
            tops[i], rows[i] = types.int32(-NAN - 1), types.int32(0)
        for j in range(n):
            row, number = x[first + j * inner : first + j * inner + width], types.int32(j)
            for i in range(width):
                key = _merit(row[i], turn)
                better = key > tops[i]
                tops[i] = key if better else tops[i]
                rows[i] = number if better else rows[i]
        for i in range(width):
            places[block * inner + left + i] = rows[i]
            values[block * inner + left + i] = x[first + rows[i] * inner + i]


def extreme(x, dim, largest):
    """The first largest or smallest element along dim, which is kept, and its place."""
    if x.dtype is not _FLOAT32 or x.size == 0 or x.shape[dim] > NAN:
        return elsewhere.extreme(x, dim, largest)
    table = plan(x.shape, dim, largest - 1)
    shape = (*x.shape[:dim], 1, *x.shape[dim + 1 :])
    x = x if x.flags.c_contiguous else np.ascontiguousarray(x)
    values, places = np.empty(shape, _FLOAT32), np.empty(shape, np.int64)
    launch(_rows if table[2] == 1 else _columns, _ONE, (x, table, values, places),
           x.size >= SHARED)  # fmt: skip
    return values, places


@jit
def _ends(one, arrays, parts, index):
    """arrays: x, [runs, numbers in a run, largest or smallest], (runs, pieces of a run)."""
    runs, n, largest = vector(data(item(arrays, 1)), 3, 0)
    pieces = (n + _PIECE - 1) // _PIECE
    x = vector(data(item(arrays, 0)), runs * n, one)
    found = vector(data(item(arrays, 2)), runs * pieces, one)
    for number in range(share(found.size, parts, index, 1), share(found.size, parts, index + 1, 1)):
        first = number % pieces * _PIECE
        at, count = number // pieces * n + first, min(_PIECE, n - first)
        row = x[at : at + count]
        least = top = flip(bits(row[0]))
        for i in range(count):
            key = flip(bits(row[i]))
            least, top = min(least, key), max(top, key)
        lost = top >= NAN or least < -NAN
        found[number] = one * np.nan if lost else from_bits(flip(top if largest else least))


@jit
def _end_columns(one, arrays, parts, index):
    """arrays: x, [outer, n, inner, largest or smallest], found: (outer, inner)."""
    outer, n, inner, largest = vector(data(item(arrays, 1)), 4, 0)
    strips = (inner + _STRIP - 1) // _STRIP
    x = vector(data(item(arrays, 0)), outer * n * inner, one)
    found = vector(data(item(arrays, 2)), outer * inner, one)
    tops, units = np.empty(_STRIP, np.float32), outer * strips
    for unit in range(share(units, parts, index, 1), share(units, parts, index + 1, 1)):
        block, left = unit // strips, unit % strips * _STRIP
        width, first = min(_STRIP, inner - left), block * n * inner + left
        tops[:width] = x[first : first + width]
        for j in range(1, n - 1, 2):
            at = first + j * inner
            a, b = x[at : at + width], x[at + inner : at + inner + width]
            if largest:
                for i in range(width):
                    tops[i] = maximum(tops[i], maximum(a[i], b[i]))
            else:
                for i in range(width):
                    tops[i] = minimum(tops[i], minimum(a[i], b[i]))
        last = x[first + (n - 1) * inner : first + (n - 1) * inner + width]
        for i in range(width):
            top = maximum(tops[i], last[i]) if largest else minimum(tops[i], last[i])
            found[block * inner + left + i] = top


def _extreme_columns(x, dims, keepdims, largest):
    """The same where what is looked through lies before the last dimensions."""
    first, last = dims[0], dims[-1] + 1
    n, inner = prod(x.shape[first:last]), prod(x.shape[last:])
    found = np.empty((*x.shape[:first], *[1] * (keepdims and len(dims)), *x.shape[last:]), _FLOAT32)
    table = np.array([prod(x.shape[:first]), n, inner, largest])
    launch(_end_columns, _ONE, (x, table, found), x.size >= SHARED)
    return found


def extreme_over(x, dims, keepdims, largest):
    """The largest or smallest of x over the dimensions `dims`, a tuple of numbers from 0 on; NaN
    where there is one."""
    kept, dims = x.ndim - len(dims), tuple(sorted(dims))
    plain = x.dtype is not _FLOAT32 or x.size == 0 or not x.flags.c_contiguous
    if plain or not dims or dims != tuple(range(dims[0], dims[0] + len(dims))):
        return elsewhere.extreme_over(x, dims, keepdims, largest)
    if dims[-1] != x.ndim - 1:
        return _extreme_columns(x, dims, keepdims, largest)
    n = prod(x.shape[kept:])
    found = np.empty((x.size // n, -(-n // _PIECE)), _FLOAT32)
    launch(_ends, _ONE, (x, np.array([len(found), n, largest]), found), x.size >= SHARED)
    shape = x.shape[:kept] + (1,) * (len(dims) if keepdims else 0)
    return (np.maximum if largest else np.minimum).reduce(found, 1).reshape(shape)


@jit
def _put(one, arrays, parts, index):
    """arrays: g, places, [outer, n, inner, k], out: the k of a line go to their places."""
    outer, n, inner, k = vector(data(item(arrays, 2)), 4, 0)
    lines = outer * inner
    g = vector(data(item(arrays, 0)), lines * k, one)
    places = vector(data(item(arrays, 1)), lines * k, 0)
    out = vector(data(item(arrays, 3)), lines * n, one)
    for line in range(share(lines, parts, index, 1), share(lines, parts, index + 1, 1)):
        source, target = start(line, k, inner), start(line, n, inner)
        for j in range(k):
            out[target + places[source + j * inner] * inner] = g[source + j * inner]


def placed(g, places, dim, shape):
    """Zeros of a shape with g where `places`, none twice in a line along dim, says."""
    one = ONE.get(g.dtype)
    if one is None or g.size == 0:
        return elsewhere.placed(g, places, dim, shape)
    k = g.shape[dim]
    out = (np.empty if k == shape[dim] else np.zeros)(shape, g.dtype)
    arrays = np.ascontiguousarray(g), np.ascontiguousarray(places), plan(shape, dim, k), out
    launch(_put, one, arrays, g.size >= SHARED)
    return out
