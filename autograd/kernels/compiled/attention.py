"""Attention, tile by tile: the softmax is corrected when a later tile holds a larger score, so that
no row of all scores is ever held. Tiles that a causal mask hides are left out.

Reference: Dao, FlashAttention-2 (2023), algorithm 1.
"""

from functools import lru_cache

import numpy as np

from autograd.kernels.compiled.attention_tile import (
    ADDED,
    BOOLEAN,
    KEYS,
    PANEL,
    QUERIES,
    exponentiate_all,
    kept,
    pack_wide,
    packed_size,
    prepare,
    product,
)
from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.matmul import tools
from autograd.kernels.compiled.memory import data, item, itemsize, length, share, stride, vector
from autograd.kernels.compiled.micro_kernel import VECTOR_BYTES, aligned
from autograd.kernels.compiled.softmax import maximum, total
from autograd.kernels.compiled.vector_math import cast, exp
from autograd.kernels.reference.dropout import limit

SHARED = 1 << 17  # multiplications from which a second thread pays
_NONE = np.empty((0, 0, 0, 0), bool)  # stands for no mask


@jit(inner=True)
def place(array, n, h, i):
    """Address of row [n, h, i] of the array of four dimensions with this id."""
    return data(array) + n * stride(array, 0) + h * stride(array, 1) + i * stride(array, 2)


@jit(inner=True)
def tools_of(arrays):
    return vector(data(item(arrays, 7)), 3, np.int64(0))


@jit(inner=True)
def whole_vectors(one, count):
    """The numbers of the vectors that hold `count` numbers."""
    lanes = VECTOR_BYTES // itemsize(one)
    return (count + lanes - 1) // lanes * lanes


@jit(inner=True)
def score_tile(one, arrays, n, h, i, m, j, count, keys, scores):
    """Scores of rows i to i + m against keys j to j + count, -inf up to whole vectors."""
    query, mask, flags = item(arrays, 0), item(arrays, 3), item(arrays, 4)
    size, width = itemsize(one), length(query, 3)
    ints = vector(data(flags), 2, np.int64(0))
    causal, kind = ints[0], ints[1]
    scale = vector(data(item(arrays, 5)), 2, one)[0]
    w = whole_vectors(one, count)
    panel = width * PANEL
    product(one, tools_of(arrays), m, w, width, place(query, n, h, i), stride(query, 2),
            stride(query, 3), keys + j * size // PANEL * panel, panel, scores, w * size, True)
    step = stride(mask, 3)
    for r in range(m):
        visible = max(0, min(count, i + r + 1 - j)) if causal else count
        row = vector(scores + r * w * size, w, one)
        prepare(one, row, scale, visible, kind, place(mask, n, h, i + r) + j * step, step)
    return w


@jit(inner=True)
def _soften(one, scores, m, w, tops, totals, factors):
    """Scores to e**(score - largest so far); what came before has to be multiplied by factors."""
    size = itemsize(one)
    for r in range(m):
        row = vector(scores + r * w * size, w, one)
        largest = maximum(row)
        top = largest if largest > tops[r] else tops[r]
        shift = top if top > cast(one, -np.inf) else one - one
        factors[r] = exp(tops[r] - shift)
        tops[r] = top
        for j in range(w):
            row[j] -= shift
    exponentiate_all(one, scores, m, w)
    for r in range(m):
        totals[r] = totals[r] * factors[r] + total(vector(scores + r * w * size, w, one))


@jit(inner=True)
def _drop(one, arrays, scores, m, w, count, first, keys):
    """Drops probabilities; the first has this number, and a row holds as many as there are keys."""
    key, lowest = vector(data(item(arrays, 6)), 2, np.uint64(0))
    scale = vector(data(item(arrays, 5)), 2, one)[1]
    for r in range(m):
        row = vector(scores + r * w * itemsize(one), w, one)
        for j in range(count):
            row[j] *= scale if kept(first + r * keys + j, key, lowest) else one - one


@jit(inner=True)
def _finish(one, out, row, width, stats, m, tops, totals):
    """Divides the rows by their sums, and notes these and the largest scores."""
    for r in range(m):
        values = vector(out + r * row, width, one)
        note = vector(stats + 2 * r * itemsize(one), 2, one)
        if totals[r] == 0:
            values[:] = 0
            note[0], note[1] = 0, np.inf
        else:
            factor = one / totals[r]
            for d in range(width):
                values[d] *= factor
            note[0], note[1] = tops[r], np.log(totals[r])


@jit(inner=True)
def _rows(one, arrays, n, h, i, m, keys, values, scores, state):
    """Attention of rows i to i + m."""
    query, out, size = item(arrays, 0), item(arrays, 8), itemsize(one)
    count, depth = length(item(arrays, 1), 2), length(out, 3)
    tops, totals, factors = state[:m], state[QUERIES : QUERIES + m], state[2 * QUERIES :]
    tops[:], totals[:] = -np.inf, 0
    target, row = place(out, n, h, i), stride(out, 2)
    dropping = vector(data(item(arrays, 6)), 2, np.uint64(0))[1] > 0
    causal = vector(data(item(arrays, 4)), 2, np.int64(0))[0]
    number = n * length(query, 1) + h
    for j in range(0, min(count, i + m) if causal else count, KEYS):
        part = min(KEYS, (min(count, i + m) if causal else count) - j)
        w = score_tile(one, arrays, n, h, i, m, j, part, keys, scores)
        _soften(one, scores, m, w, tops, totals, factors)
        if dropping:
            first = (number * length(query, 2) + i) * count + j
            _drop(one, arrays, scores, m, w, part, first, count)
        for r in range(m * (j > 0)):
            before = vector(target + r * row, depth, one)
            for d in range(depth):
                before[d] *= factors[r]
        product(one, tools_of(arrays), m, depth, part, scores, w * size, size, values + j * PANEL,
                count * PANEL, target, row, j == 0)  # fmt: skip
    stats = data(item(arrays, 9)) + 2 * (number * length(query, 2) + i) * size
    _finish(one, target, row, depth, stats, m, tops, totals)


@jit
def _attention(one, arrays, parts, index):
    query, key, value = item(arrays, 0), item(arrays, 1), item(arrays, 2)
    heads, rows = length(query, 1), length(query, 2)
    keys, width, depth = length(key, 2), length(key, 3), length(value, 3)
    times = heads // length(key, 1)
    room = packed_size(one, keys, width), packed_size(one, depth, keys)
    tile = QUERIES * KEYS * itemsize(one)
    work = np.empty(room[0] + room[1] + tile + 4 * VECTOR_BYTES, np.uint8)
    state = np.empty_like(vector(data(query), 3 * QUERIES, one))
    packed_keys = aligned(work.ctypes.data)
    packed_values = packed_keys + room[0]
    scores = aligned(packed_values + room[1])
    items, calls = length(query, 0) * heads, tools_of(arrays)
    for number in range(share(items, parts, index, 1), share(items, parts, index + 1, 1)):
        n, h = number // heads, number % heads
        pack_wide(one, calls, place(key, n, h // times, 0), stride(key, 2), stride(key, 3), keys,
                  width, packed_keys)  # fmt: skip
        pack_wide(one, calls, place(value, n, h // times, 0), stride(value, 3), stride(value, 2),
                  depth, keys, packed_values)  # fmt: skip
        for i in range(0, rows, QUERIES):
            _rows(one, arrays, n, h, i, min(QUERIES, rows - i), packed_keys, packed_values, scores,
                  state)
    work[0] = 0  # Numba frees an array after its last use: this is it


def fits(arrays, mask):
    """Whether the kernels take these arrays; else NumPy answers."""
    first = arrays[0].dtype
    return first in ONE and all([a.dtype is first and a.size for a in arrays]) and (
        mask is None or mask.dtype is first or mask.dtype == bool)


def settings(one, mask, causal, scale, seed, p):
    """What the kernels read besides arrays: the mask, flags, factors, random key, tools."""
    kind = 0 if mask is None else BOOLEAN if mask.dtype == bool else ADDED
    return (_NONE if mask is None else mask,
            *_numbers(type(one), causal, kind, scale, seed, p), tools(one))  # fmt: skip


@lru_cache(64)
def _numbers(type, causal, kind, scale, seed, p):
    return (np.array([causal, kind], np.int64),
            np.array([scale, 1 / (1 - p) if p < 1 else 0], type),
            np.array([seed, limit(p)], np.uint64))  # fmt: skip


def beside(like, depth):
    """Room for rows of `depth` numbers in the order in which those of `like` lie in memory."""
    n, heads, rows, _ = like.shape
    image, head, row, _ = like.strides
    if image >= row > head:  # the usual one, of heads side by side: empty_like takes its time
        return np.empty((n, rows, heads, depth), like.dtype).swapaxes(1, 2)
    room = np.empty_like(like, shape=(n, heads, rows, depth))
    return room if room.strides[3] == like.itemsize else np.empty(room.shape, like.dtype)


def attention(query, key, value, mask, causal, scale, seed, p):
    """softmax(Q Kᵀ scale + mask) V, and for each row its largest score and log(Σ exp(score - it)).

    query (N, H, L, E), key (N, K, S, E), value (N, K, S, D), where K divides H: as many heads in
    turn share one of key and value. mask (N, H, L, S) is None, boolean (True takes part) or
    added; `causal` lets row i see keys up to i. `seed` decides which share p of the probabilities
    is dropped. The results are (N, H, L, D) and (N, H, L, 2); a row that sees nothing gives 0, and
    infinity as its logarithm.
    """
    if not fits((query, key, value), mask):
        return elsewhere.attention(query, key, value, mask, causal, scale, seed, p)
    one = ONE[query.dtype]
    out = beside(query, value.shape[3])
    stats = np.empty((*query.shape[:3], 2), query.dtype)
    work = query.size * key.shape[2]
    launch(_attention, one, (query, key, value, *settings(one, mask, causal, scale, seed, p), out,
                             stats), work >= SHARED)  # fmt: skip
    return out, stats
