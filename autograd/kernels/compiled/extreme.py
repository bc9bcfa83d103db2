"""The largest or smallest along a dimension with its place, and gradients put back into theirs."""

import numpy as np
from numba import types

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.lines import NAN, SHARED, plan, sort_key, start
from autograd.kernels.compiled.memory import data, item, share, vector

_FLOAT32, _ONE = np.dtype(np.float32), np.float32(1)
_STRIP = 128  # lines side by side that are walked together


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
