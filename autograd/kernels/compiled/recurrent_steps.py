"""The steps of a recurrent layer, one after the other in one kernel, forward and back.

Each thread has some of the sequences and goes through all of their steps: none waits for another.
The weights are packed once for all steps; the product of a step, h W_hhᵀ or what comes back through
W_hh, is added where the gates want it, and the gates follow while its rows are in cache.
"""

import numpy as np

from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import call
from autograd.kernels.compiled.matmul import DEPTH, MULTIPLY, PACK, PANEL
from autograd.kernels.compiled.memory import data, item, itemsize, length, stride, vector
from autograd.kernels.compiled.micro_kernel import VECTOR_BYTES, aligned
from autograd.kernels.compiled.recurrent_gates import GRU, LSTM, backward_row, copy, forward_row

_UNIT = 4  # sequences: what a thread has is a multiple of it


@jit(inner=True)
def _first_row(sizes, parts, index):
    """Where part `index` of the sequences begins: those before have their share of all steps."""
    most = sizes[0]
    if index == parts:
        return most
    total = 0
    for size in sizes:
        total += size
    row = done = 0
    while row < most and done * parts < total * index:
        row = min(row + _UNIT, most)
        done = 0
        for size in sizes:
            done += min(size, row)
    return row


@jit(inner=True)
def _blocks(k):
    """How many blocks of k are packed by themselves, and how long they are."""
    count = max(1, (k + DEPTH - 1) // DEPTH)
    return count, (k + count - 1) // count


@jit(inner=True)
def _width(one, columns):
    """Columns of a packed matrix, in whole vectors."""
    lanes = VECTOR_BYTES // itemsize(one)
    return (columns + lanes - 1) // lanes * lanes


@jit(inner=True)
def _pack(one, tools, source, column, step, columns, k, target):
    """Packs B (k, columns) block by block; the end of what was written."""
    size = itemsize(one)
    panel = PANEL // size
    blocks, depth = _blocks(k)
    for p in range(blocks):
        call(
            tools[PACK], one, source + p * depth * step, column, step, columns,
            min(depth, k - p * depth), target + p * depth * _width(one, columns) * size, panel, 0,
        )  # fmt: skip
    return target + k * _width(one, columns) * size


@jit(inner=True)
def _add_product(one, tools, m, n, k, a, a_row, packed, target, target_row, bias):
    """target (m, n) += A times packed B, or bias + A B where `bias` is not 0."""
    size = itemsize(one)
    blocks, depth = _blocks(k)
    for p in range(blocks):
        given, steps = bias != 0 and p == 0, min(depth, k - p * depth)
        call(
            tools[MULTIPLY], one, m, n, steps, a + p * depth * size, a_row, size,
            packed + p * depth * _width(one, n) * size, steps * PANEL, 0, target, target_row,
            bias if given else target, 0 if given else target_row, size,
        )  # fmt: skip


@jit(inner=True)
def _copy_rows(one, source, source_row, target, target_row, rows, count):
    for i in range(rows):
        row = vector(source + i * source_row, count, one)
        copy(row, vector(target + i * target_row, count, one))


@jit(inner=True)
def _forward_rows(one, kind, gates, cell, aside, state, state_row, out, rows, columns, hidden):
    """The gates of some rows of a step; h' goes to `state` and `out`."""
    size = itemsize(one)
    for i in range(rows):
        now, place = vector(state + i * state_row, hidden, one), i * hidden * size
        forward_row(
            kind, vector(gates + i * columns * size, columns, one),
            vector(cell + place, hidden, one), vector(aside + place, hidden, one), now,
        )  # fmt: skip
        copy(now, vector(out + place, hidden, one))


@jit
def forward(one, arrays, parts, index):
    """arrays: gates (x W_ihᵀ + biases before), w_hh, a GRU's bias of n, h, c, out, before, aside,
    sizes, [kind, reverse], tools."""
    gates, weight, aside = item(arrays, 0), item(arrays, 1), data(item(arrays, 7))
    size, hidden, columns = itemsize(one), length(weight, 1), length(gates, 1)
    steps = length(item(arrays, 8), 0)
    sizes = vector(data(item(arrays, 8)), steps, np.int64(1))
    kind, reverse = vector(data(item(arrays, 9)), 2, np.int64(1))
    tools = vector(data(item(arrays, 10)), 3, np.int64(1))
    first, last = _first_row(sizes, parts, index), _first_row(sizes, parts, index + 1)
    plain = 2 * hidden if kind == GRU else columns  # gates to which r is added at once
    lanes = VECTOR_BYTES // size
    wide, state_row = hidden * size, (hidden + lanes) * size
    room = (_width(one, plain) + _width(one, columns - plain) + last - first) * (hidden + lanes)
    work = np.empty((room + lanes) * size + VECTOR_BYTES, np.uint8)
    packed = aligned(work.ctypes.data)
    w_row, w_step = stride(weight, 0), stride(weight, 1)
    w = data(weight)
    packed_n = _pack(one, tools, w, w_row, w_step, plain, hidden, packed)
    end = _pack(one, tools, w + plain * w_row, w_row, w_step, columns - plain, hidden, packed_n)
    state = aligned(end + lanes * size)
    h, cell = data(item(arrays, 3)) + first * wide, data(item(arrays, 4)) + first * wide
    _copy_rows(one, h, wide, state, state_row, last - first, hidden)
    start = length(gates, 0) if reverse else 0
    for s in range(steps):
        t = steps - 1 - s if reverse else s
        start -= reverse * sizes[t]
        row, count = start + first, max(min(sizes[t], last) - first, 0)
        start += (1 - reverse) * sizes[t]
        at, kept = data(gates) + row * columns * size, aside + row * wide
        _copy_rows(one, state, state_row, data(item(arrays, 6)) + row * wide, wide, count, hidden)
        _copy_rows(one, cell, wide, kept, wide, count * (kind == LSTM), hidden)
        for q in range(1 + (kind == GRU)):
            _add_product(
                one, tools, count, columns - plain if q else plain, hidden, state, state_row,
                packed_n if q else packed, kept if q else at, wide if q else columns * size,
                data(item(arrays, 2)) if q else 0,
            )  # fmt: skip
        _forward_rows(one, kind, at, cell, kept, state, state_row,
                      data(item(arrays, 5)) + row * wide, count, columns, hidden)  # fmt: skip
    _copy_rows(one, state, state_row, h, wide, last - first, hidden)
    work[0] = 0  # Numba frees an array after its last use: this is it


@jit(inner=True)
def _backward_rows(one, kind, gates, before, aside, g, onto_h, onto_c, d, d_n, side, side_row,
                   rows, columns, hidden):  # fmt: skip
    """What some rows of a step give back; d is that of x, `side` that of r."""
    size = itemsize(one)
    for i in range(rows):
        place, wide = i * hidden * size, i * columns * size
        now, beside = vector(d + wide, columns, one), vector(side + i * side_row, columns, one)
        backward_row(
            kind, vector(gates + wide, columns, one), vector(before + place, hidden, one),
            vector(aside + place, hidden, one), vector(g + place, hidden, one),
            vector(onto_h + place, hidden, one), vector(onto_c + place, hidden, one), now,
            beside[columns - hidden :],
        )  # fmt: skip
        if kind == GRU:
            copy(now[: 2 * hidden], beside[: 2 * hidden])
            copy(beside[2 * hidden :], vector(d_n + place, hidden, one))
        else:
            copy(now, beside)


@jit
def backward(one, arrays, parts, index):
    """arrays: g, w_hh, gates, before, aside, onto_h, onto_c, d, a GRU's d of r for n, sizes,
    [kind, reverse], tools."""
    g, weight, gates = data(item(arrays, 0)), item(arrays, 1), item(arrays, 2)
    size, hidden, columns = itemsize(one), length(weight, 1), length(gates, 1)
    steps = length(item(arrays, 9), 0)
    sizes = vector(data(item(arrays, 9)), steps, np.int64(1))
    kind, reverse = vector(data(item(arrays, 10)), 2, np.int64(1))
    tools = vector(data(item(arrays, 11)), 3, np.int64(1))
    first, last = _first_row(sizes, parts, index), _first_row(sizes, parts, index + 1)
    lanes = VECTOR_BYTES // size
    wide, side_row = hidden * size, (columns + lanes) * size
    room = _width(one, hidden) * columns + (last - first) * (columns + lanes) + 2 * lanes
    work = np.empty(room * size + VECTOR_BYTES, np.uint8)
    packed = aligned(work.ctypes.data)
    w_row, w_step = stride(weight, 0), stride(weight, 1)
    end = _pack(one, tools, data(weight), w_step, w_row, hidden, columns, packed)
    side = aligned(end + lanes * size)
    onto_h, onto_c = data(item(arrays, 5)) + first * wide, data(item(arrays, 6)) + first * wide
    start = 0 if reverse else length(gates, 0)
    for s in range(steps):
        t = s if reverse else steps - 1 - s
        start -= (1 - reverse) * sizes[t]
        row, count = start + first, max(min(sizes[t], last) - first, 0)
        start += reverse * sizes[t]
        place, at = row * wide, row * columns * size
        _backward_rows(
            one, kind, data(gates) + at, data(item(arrays, 3)) + place,
            data(item(arrays, 4)) + place, g + place, onto_h, onto_c, data(item(arrays, 7)) + at,
            data(item(arrays, 8)) + place, side, side_row, count, columns, hidden,
        )  # fmt: skip
        _add_product(one, tools, count, hidden, columns, side, side_row, packed, onto_h, wide, 0)
    work[0] = 0
