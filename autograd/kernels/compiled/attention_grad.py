"""What attention gives back, tile by tile: the probabilities are computed again from the scores and
each row's sum. All heads that share a key are the work of one thread, so nothing is added twice.

Reference: Dao, FlashAttention-2 (2023), algorithm 2.
"""

import numpy as np

from autograd.kernels.compiled.attention import (
    SHARED,
    beside,
    fits,
    place,
    score_tile,
    settings,
    tools_of,
)
from autograd.kernels.compiled.attention_tile import (
    KEYS,
    PANEL,
    QUERIES,
    exponentiate_all,
    kept,
    pack_wide,
    packed_size,
    product,
)
from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.memory import data, item, itemsize, length, share, stride, vector
from autograd.kernels.compiled.micro_kernel import VECTOR_BYTES, aligned
from autograd.kernels.compiled.softmax import subtract

_NONE = np.empty((0, 0, 0, 0))  # stands for no gradient of the mask


@jit(inner=True)
def _probabilities(one, arrays, n, h, i, m, w, scores):
    """Scores to the probabilities that they were."""
    stats, size = item(arrays, 9), itemsize(one)
    for r in range(m):
        row = vector(scores + r * w * size, w, one)
        top, rest = vector(place(stats, n, h, i + r), 2, one)
        subtract(row, top, rest, row)
    exponentiate_all(one, scores, m, w)


@jit(inner=True)
def _slopes(one, arrays, n, h, i, m, j, part, w, scores, through, inner):
    """Gradients of the scores in place of those of the probabilities; dropped, those in place of
    the probabilities."""
    query, key = item(arrays, 0), item(arrays, 1)
    to_mask, size, count = item(arrays, 11), itemsize(one), length(key, 2)
    scale, times = vector(data(item(arrays, 5)), 2, one)
    key, lowest = vector(data(item(arrays, 6)), 2, np.uint64(0))
    number = (n * length(query, 1) + h) * length(query, 2) + i
    for r in range(m):
        probs = vector(scores + r * w * size, w, one)
        slopes = vector(through + r * w * size, w, one)
        if lowest > 0:
            for c in range(part):
                factor = times if kept((number + r) * count + j + c, key, lowest) else one - one
                slopes[c] = probs[c] * (slopes[c] * factor - inner[r])
                probs[c] *= factor
        else:
            for c in range(w):
                slopes[c] = probs[c] * (slopes[c] - inner[r])
        if length(to_mask, 0):
            target = vector(place(to_mask, n, h, i + r) + j * size, part, one)
            for c in range(part):  # `target[:] =` takes a second to compile: it can fail
                target[c] = slopes[c]
        for c in range(w):
            slopes[c] *= scale


@jit(inner=True)
def _rows(one, arrays, n, h, k, i, m, packed, inner):
    """What rows i to i + m give back; `packed` are the addresses of the workspace."""
    query, key, value, g = item(arrays, 0), item(arrays, 1), item(arrays, 2), item(arrays, 10)
    to_query, to_key, to_value = item(arrays, 12), item(arrays, 13), item(arrays, 14)
    calls = tools_of(arrays)
    keys, values, keys_across, g_across, queries_across, scores, through = packed
    size, width, depth, count = itemsize(one), length(key, 3), length(value, 3), length(key, 2)
    pack_wide(one, calls, place(g, n, h, i), stride(g, 3), stride(g, 2), depth, m, g_across)
    pack_wide(one, calls, place(query, n, h, i), stride(query, 3), stride(query, 2), width, m,
              queries_across)
    for r in range(m):
        above = vector(place(g, n, h, i + r), depth, one)
        below = vector(place(item(arrays, 8), n, h, i + r), depth, one)
        inner[r] = 0
        for d in range(depth):
            inner[r] += above[d] * below[d]
    causal = vector(data(item(arrays, 4)), 2, np.int64(0))[0]
    seen = min(count, i + m) if causal else count
    for j in range(0, seen, KEYS):
        part = min(KEYS, seen - j)
        w = score_tile(one, arrays, n, h, i, m, j, part, keys, scores)
        _probabilities(one, arrays, n, h, i, m, w, scores)
        product(one, calls, m, w, depth, place(g, n, h, i), stride(g, 2), size,
                values + j * size // PANEL * depth * PANEL, depth * PANEL, through, w * size, True)
        _slopes(one, arrays, n, h, i, m, j, part, w, scores, through, inner)
        product(one, calls, part, depth, m, scores, size, w * size, g_across, m * PANEL,
                place(to_value, n, k, j), stride(to_value, 2), False)
        product(one, calls, part, width, m, through, size, w * size, queries_across, m * PANEL,
                place(to_key, n, k, j), stride(to_key, 2), False)
        product(one, calls, m, width, part, through, w * size, size, keys_across + j * PANEL,
                count * PANEL, place(to_query, n, h, i), stride(to_query, 2), j == 0)
    if seen == 0:
        for r in range(m):
            vector(place(to_query, n, h, i + r), width, one)[:] = 0


@jit(inner=True)
def _begin(one, arrays, n, k, packed):
    """Packs keys and values for the products, and clears their gradients."""
    key, value, to_key, to_value = (item(arrays, 1), item(arrays, 2), item(arrays, 13),
                                    item(arrays, 14))  # fmt: skip
    count, width, depth = length(key, 2), length(key, 3), length(value, 3)
    keys, values, across = packed[:3]
    calls = tools_of(arrays)
    first, second = place(key, n, k, 0), place(value, n, k, 0)
    pack_wide(one, calls, first, stride(key, 2), stride(key, 3), count, width, keys)
    pack_wide(one, calls, second, stride(value, 2), stride(value, 3), count, depth, values)
    pack_wide(one, calls, first, stride(key, 3), stride(key, 2), width, count, across)
    for j in range(count):
        vector(place(to_key, n, k, j), width, one)[:] = 0
        vector(place(to_value, n, k, j), depth, one)[:] = 0


@jit
def _attention_grad(one, arrays, parts, index):
    query, key, value = item(arrays, 0), item(arrays, 1), item(arrays, 2)
    shared, rows, count = length(key, 1), length(query, 2), length(key, 2)
    width, depth, size = length(key, 3), length(value, 3), itemsize(one)
    times = length(query, 1) // shared
    rooms = (packed_size(one, count, width), packed_size(one, count, depth),
             packed_size(one, width, count), packed_size(one, depth, QUERIES),
             packed_size(one, width, QUERIES), QUERIES * KEYS * size)  # fmt: skip
    room = rooms[0] + rooms[1] + rooms[2] + rooms[3] + rooms[4] + 2 * rooms[5]
    work = np.empty(room + VECTOR_BYTES, np.uint8)
    inner = np.empty_like(vector(data(query), QUERIES, one))
    a = aligned(work.ctypes.data)
    b = a + rooms[0]
    c = b + rooms[1]
    d = c + rooms[2]
    e = d + rooms[3]
    f = e + rooms[4]
    packed = (a, b, c, d, e, f, f + rooms[5])
    items = length(query, 0) * shared
    for number in range(share(items, parts, index, 1), share(items, parts, index + 1, 1)):
        n, k = number // shared, number % shared
        _begin(one, arrays, n, k, packed)
        for h in range(k * times, (k + 1) * times):
            for i in range(0, rows, QUERIES):
                _rows(one, arrays, n, h, k, i, min(QUERIES, rows - i), packed, inner)
    work[0] = 0  # Numba frees an array after its last use: this is it


def attention_grad(g, query, key, value, mask, out, stats, causal, scale, seed, p, to_mask):
    """What `attention` gives back to query, key and value, and `to_mask` to mask, else None."""
    if not fits((query, key, value, g, out, stats), mask):
        return elsewhere.attention_grad(g, query, key, value, mask, out, stats, causal, scale, seed,
                                        p, to_mask)  # fmt: skip
    one, size = ONE[query.dtype], query.itemsize
    g, out, stats = (x if x.strides[3] == size else np.ascontiguousarray(x)
                     for x in (g, out, stats))  # fmt: skip
    keys = key.shape[2]
    masks = np.zeros((*query.shape[:3], keys), query.dtype) if to_mask else None
    grads = [beside(x, x.shape[3]) for x in (query, key, value)]
    launch(_attention_grad, one, (
        query, key, value, *settings(one, mask, causal, scale, seed, p), out, stats, g,
        _NONE if masks is None else masks, *grads), query.size * keys >= SHARED)  # fmt: skip
    return *grads, masks
