"""What both directions of attention share: the products of one tile, its scores, what is dropped.

A tile is a few rows of query against many keys. Keys and values are packed once a head, into panels
as wide as a tile of the micro-kernel; the tile itself stays in the first level of the cache.
"""

import numpy as np

from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import call
from autograd.kernels.compiled.matmul import MULTIPLY, PACK, PANEL, ZEROS
from autograd.kernels.compiled.memory import itemsize, vector
from autograd.kernels.compiled.vector_math import cast, exp
from autograd.kernels.reference.dropout import FIRST, SECOND, STEP

QUERIES = 24  # rows of a tile, whole tiles of the micro-kernel whatever its height
KEYS = 128 // (PANEL // 4) * (PANEL // 4)  # columns of a tile, whole panels
BOOLEAN, ADDED = 1, 2  # kinds of masks; 0 is none

_STEP, _FIRST, _SECOND = np.uint64(STEP), np.uint64(FIRST), np.uint64(SECOND)
_30, _27, _31, _32 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(32)


@jit(inner=True)
def packed_size(one, rows, k):
    """Bytes that `pack_wide` writes."""
    lanes = PANEL // itemsize(one)
    return (rows + lanes - 1) // lanes * k * PANEL


@jit(inner=True)
def pack_wide(one, tools, source, row, step, rows, k, target):
    """Packs source[rows, k], transposed, into panels of PANEL bytes a row, zeros at the end."""
    call(tools[PACK], one, source, row, step, rows, k, target, PANEL // itemsize(one), 1)


@jit(inner=True)
def product(one, tools, m, n, k, a, a_row, a_step, b, panel, c, c_row, fresh):
    """C[m, n] += A B, or = where it is `fresh`; panels of packed B lie `panel` bytes apart."""
    init, init_row, column = (tools[ZEROS], 0, 0) if fresh else (c, c_row, itemsize(one))
    call(tools[MULTIPLY], one, m, n, k, a, a_row, a_step, b, panel, PANEL, c, c_row, init,
         init_row, column)  # fmt: skip


@jit(inner=True)
def prepare(one, row, scale, visible, kind, mask, step):
    """A row of products as scores: scaled and masked, -inf from `visible` on."""
    hidden = cast(one, -np.inf)
    for j in range(row.size):
        row[j] *= scale
    if kind == BOOLEAN and step == 1:
        seen = vector(mask, visible, np.uint8(0))
        for j in range(visible):
            row[j] = row[j] if seen[j] else hidden
    elif kind == BOOLEAN:
        for j in range(visible):
            if not vector(mask + j * step, 1, np.uint8(0))[0]:
                row[j] = hidden
    elif kind == ADDED and step == row.itemsize:
        added = vector(mask, visible, one)
        for j in range(visible):
            row[j] += added[j]
    elif kind == ADDED:
        for j in range(visible):
            row[j] += vector(mask + j * step, 1, one)[0]
    for j in range(visible, row.size):
        row[j] = hidden


@jit(inner=True)
def exponentiate_all(one, scores, m, w):
    """e**x of the m rows of w numbers, as one row."""
    flat = vector(scores, m * w, one)
    for j in range(m * w):
        flat[j] = exp(flat[j])


@jit(inner=True)
def kept(number, key, lowest):
    """Whether the probability of this number, counted from 0, is not dropped."""
    z = np.uint64(number + 1) * _STEP + key
    z = (z ^ (z >> _30)) * _FIRST
    z = (z ^ (z >> _27)) * _SECOND
    return ((z ^ (z >> _31)) >> _32) >= lowest
