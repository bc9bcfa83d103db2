"""What clipping gradients needs: their norm, and limits to it or to each element."""

import numpy as np

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.memory import data, item, share, size, vector
from autograd.kernels.compiled.optimizer import (
    HEAD,
    SHARED,
    pack,
    rule,
    stretch,
    uniform,
    update,
)

CHUNK = 1 << 13  # elements whose squares are summed by themselves, whatever the thread


@rule
def _scale(s, p, _g, _a, _b, _c):
    factor = s[0]
    for i in range(p.size):
        p[i] *= factor


def clip_(arrays, scale):
    """Multiplies every array by the number `scale` in place."""
    if not update(_scale, (scale,), arrays):
        elsewhere.clip_(arrays, scale)


@rule
def _clamp(s, p, _g, _a, _b, _c):
    low, high = s[0], s[1]
    for i in range(p.size):
        x = p[i]
        p[i] = low if x < low else (high if x > high else x)  # NaN stays


def clamp_(arrays, low, high):
    """Limits every element to [low, high] in place."""
    if not update(_clamp, (low, high), arrays):
        elsewhere.clamp_(arrays, low, high)


@jit(inner=True)
def _square_sum(values):
    result = 0.0
    for i in range(values.size):
        result += np.float64(values[i]) * np.float64(values[i])
    return result


@jit
def _squares(one, arrays, parts, index):
    """Writes the sum of each chunk behind the head, which is float64 here."""
    head = item(arrays, 0)
    sums = vector(data(head), size(head), 1.0)
    count = np.int64(sums[1])
    if not uniform(arrays, count, 1):
        sums[0] = 1
        return
    start = HEAD + share(sums.size - HEAD, parts, index, 1)
    stop = HEAD + share(sums.size - HEAD, parts, index + 1, 1)
    before = HEAD
    for k in range(count):
        elements = size(item(arrays, 2 + k))
        chunks = (elements + CHUNK - 1) // CHUNK
        for chunk in range(max(start, before), min(stop, before + chunks)):
            first = (chunk - before) * CHUNK
            last = min(first + CHUNK, elements)
            sums[chunk] = _square_sum(stretch(one, arrays, k, first, last))
        before += chunks


def sum_of_squares(arrays):
    """Sum of the squares of all elements of all arrays, as a float, summed in float64."""
    dtype = arrays[0].dtype if arrays else None
    one = ONE.get(dtype)
    if one is None:
        return elsewhere.sum_of_squares(arrays)
    sizes = [array.size for array in arrays]
    sums = np.zeros(HEAD + sum([-(-size // CHUNK) for size in sizes]))
    sums[1] = len(arrays)
    launch(_squares, one, pack((arrays,), dtype, sums), sum(sizes) >= SHARED)
    return elsewhere.sum_of_squares(arrays) if sums[0] else float(sums[HEAD:].sum())
