"""Recurrent cells and layers: the products of all steps with the input's weights, and those of the
weights' gradients, are one each; the steps themselves are in `recurrent_steps`.
"""

import numpy as np

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.matmul import SHARED, gemm, gemms, tools
from autograd.kernels.compiled.memory import data, item, itemsize, length, share, vector
from autograd.kernels.compiled.recurrent_gates import (
    GRU,
    KINDS,
    LSTM,
    add,
    backward_row,
    copy,
    forward_row,
)
from autograd.kernels.compiled.recurrent_steps import backward, forward
from autograd.kernels.compiled.softmax import contiguous
from autograd.kernels.compiled.sums import sum_over

_NONE = np.empty(0)  # stands for what this kind does not have
_CELL_SHARED = 1 << 14  # gates of a cell from which a second thread pays
_LARGE = 1 << 16  # weights that take longer to pack than to be multiplied once


@jit
def _cell(one, arrays, parts, index):
    """arrays: gates (x W_ihᵀ + b_ih before), r, h, c (before, then after), aside, [kind]."""
    gates = item(arrays, 0)
    rows, columns, size = length(gates, 0), length(gates, 1), itemsize(one)
    kind = vector(data(item(arrays, 5)), 1, np.int64(1))[0]
    hidden = length(item(arrays, 2), 1)
    plain = 2 * hidden if kind == GRU else columns
    for i in range(share(rows, parts, index, 1), share(rows, parts, index + 1, 1)):
        row = vector(data(gates) + i * columns * size, columns, one)
        r = vector(data(item(arrays, 1)) + i * columns * size, columns, one)
        place = i * hidden * size
        state = vector(data(item(arrays, 2)) + place, hidden, one)
        cell = vector(data(item(arrays, 3)) + place, hidden, one)
        add(r[:plain], row[:plain])
        if kind == GRU:
            copy(r[plain:], vector(data(item(arrays, 4)) + place, hidden, one))
        forward_row(kind, row, cell, r[plain:], state)


@jit
def _cell_grad(one, arrays, parts, index):
    """arrays: gates, h, aside, g_h, onto_h, onto_c, d, d_r, [kind]."""
    gates = item(arrays, 0)
    rows, columns, size = length(gates, 0), length(gates, 1), itemsize(one)
    kind = vector(data(item(arrays, 8)), 1, np.int64(1))[0]
    hidden = length(item(arrays, 3), 1)
    for i in range(share(rows, parts, index, 1), share(rows, parts, index + 1, 1)):
        wide, place = i * columns * size, i * hidden * size
        d = vector(data(item(arrays, 6)) + wide, columns, one)
        d_r = vector(data(item(arrays, 7)) + wide, columns, one)
        backward_row(
            kind, vector(data(gates) + wide, columns, one),
            vector(data(item(arrays, 1)) + place, hidden, one),
            vector(data(item(arrays, 2)) + place, hidden, one),
            vector(data(item(arrays, 3)) + place, hidden, one),
            vector(data(item(arrays, 4)) + place, hidden, one),
            vector(data(item(arrays, 5)) + place, hidden, one), d, d_r[columns - hidden :],
        )  # fmt: skip
        if kind == GRU:
            copy(d[: 2 * hidden], d_r[: 2 * hidden])


def _fits(*arrays):
    """Whether the compiled kernels serve these arrays."""
    dtype = arrays[0].dtype
    return dtype in ONE and all(a is None or (a.size and a.dtype is dtype) for a in arrays)


def recurrent_cell(name, x, h, c, w_ih, w_hh, b_ih, b_hh):
    """(h', c', gates, aside) of one cell of this kind, the last two for its gradient: c, b_ih and
    b_hh may be None, and h may be wider than h'."""
    if not _fits(x, h, c, w_ih, w_hh, b_ih, b_hh):
        return elsewhere.recurrent_cell(name, x, h, c, w_ih, w_hh, b_ih, b_hh)
    kind, dtype = KINDS[name], x.dtype
    b_ih, b_hh = (b if b is None else np.ascontiguousarray(b) for b in (b_ih, b_hh))
    gates, r = gemms((x, w_ih.T, b_ih), (h, w_hh.T, b_hh))
    if kind == GRU:
        new, cell, aside = np.array(h, order="C"), _NONE, np.empty(h.shape, dtype)
    else:
        new = np.empty((len(x), len(w_ih) // (4 if kind == LSTM else 1)), dtype)
        cell, aside = (_NONE, None) if c is None else (np.array(c, order="C"), c)
    launch(_cell, ONE[dtype], (gates, r, new, cell, aside if kind == GRU else _NONE,
                               np.array((kind,))), gates.size >= _CELL_SHARED)  # fmt: skip
    return new, None if c is None else cell, gates, aside


def recurrent_cell_grad(name, g_h, g_c, x, h, w_ih, w_hh, gates, aside, needs):
    """What `recurrent_cell` gives back to x, h, c, w_ih, w_hh, b_ih, b_hh, from what h' and c'
    got; None where `needs` is false."""
    if not _fits(g_h, g_c, x, h, w_ih, w_hh, gates, aside):
        return elsewhere.recurrent_cell_grad(
            name, g_h, g_c, x, h, w_ih, w_hh, gates, aside, needs)  # fmt: skip
    kind, dtype = KINDS[name], x.dtype
    inputs = contiguous(gates, h, _NONE if aside is None else aside, g_h)
    through = np.zeros(g_h.shape, dtype)
    onto_c = _NONE if g_c is None else np.array(g_c, order="C")
    d = np.empty(gates.shape, dtype)
    d_r = np.empty(gates.shape, dtype) if kind == GRU else d
    launch(_cell_grad, ONE[dtype], (*inputs, through, onto_c, d, d_r, np.array((kind,))),
           gates.size >= _CELL_SHARED)  # fmt: skip
    pairs = {0: (d, w_ih), 1: (d_r, w_hh), 3: (d.T, x), 4: (d_r.T, h)}
    chosen = [k for k in pairs if needs[k]]
    products = gemms(*[(*pairs[k], None) for k in chosen]) if chosen else []
    found = dict(zip(chosen, products, strict=True))
    if needs[1] and kind == GRU:
        found[1] += through
    if needs[2]:
        found[2] = onto_c
    if needs[5] or needs[6]:
        found[5] = sum_over(d, (0,), False)
        found[6] = sum_over(d_r, (0,), False) if kind == GRU else found[5]
    return tuple([found.get(k) for k in range(7)])


def recurrent(name, x, h, c, w_ih, w_hh, b_ih, b_hh, sizes, reverse):
    """(out, h at the ends, c at the ends, gates, before, aside) of a layer of this kind over packed
    sequences, the last three for its gradient; h and c have a row for each sequence."""
    if not _fits(x, h, c, w_ih, w_hh, b_ih, b_hh):
        return elsewhere.recurrent(name, x, h, c, w_ih, w_hh, b_ih, b_hh, sizes, reverse)
    if len(x) == len(h) == 1 and w_hh.size >= _LARGE:
        return _one_step(name, x, h, c, w_ih, w_hh, b_ih, b_hh)
    kind, dtype, rows, hidden = KINDS[name], x.dtype, len(x), w_hh.shape[1]
    one = ONE[dtype]
    bias, of_n = b_ih, _NONE
    if kind == GRU:
        of_n = np.zeros(hidden, dtype) if b_hh is None else b_hh[2 * hidden :]
        if b_hh is not None:
            bias = np.zeros(len(b_hh), dtype) if b_ih is None else b_ih.copy()
            bias[: 2 * hidden] += b_hh[: 2 * hidden]
    elif b_hh is not None:
        bias = b_hh if b_ih is None else b_ih + b_hh
    gates = gemm(x, w_ih.T, None if bias is None else np.ascontiguousarray(bias))
    state, cell = np.array(h, order="C"), _NONE if c is None else np.array(c, order="C")
    out, before = np.empty((rows, hidden), dtype), np.empty((rows, hidden), dtype)
    aside = np.empty((rows, hidden), dtype) if kind in (LSTM, GRU) else _NONE
    of_n, sizes = contiguous(of_n, sizes)
    plan = np.array((kind, reverse), np.int64)
    arrays = gates, w_hh, of_n, state, cell, out, before, aside, sizes, plan, tools(one)
    launch(forward, one, arrays, gates.size * hidden >= SHARED)
    return out, state, None if c is None else cell, gates, before, aside if aside.size else None


def _one_step(name, x, h, c, w_ih, w_hh, b_ih, b_hh):
    """`recurrent` of one sequence of length 1, whose product takes less time than to pack w_hh."""
    out, cell, gates, aside = recurrent_cell(name, x, h, c, w_ih, w_hh, b_ih, b_hh)
    return out, out.copy(), cell, gates, h.copy(), None if aside is None else aside.copy()


def recurrent_grad(name, g, g_h, g_c, x, w_ih, w_hh, gates, before, aside, sizes, reverse, needs):
    """What `recurrent` gives back to x, h, c, w_ih, w_hh, b_ih, b_hh, from what its first three
    results got; None where `needs` is false."""
    if not _fits(g, g_h, g_c, x, w_ih, w_hh, gates, before, aside):
        return elsewhere.recurrent_grad(name, g, g_h, g_c, x, w_ih, w_hh, gates, before, aside,
                                        sizes, reverse, needs)  # fmt: skip
    kind, dtype, hidden = KINDS[name], g.dtype, w_hh.shape[1]
    onto_h, onto_c = np.array(g_h, order="C"), _NONE if g_c is None else np.array(g_c, order="C")
    d = np.empty(gates.shape, dtype)
    d_r = np.empty(g.shape, dtype) if kind == GRU else _NONE
    saved = contiguous(gates, before, _NONE if aside is None else aside)
    g, sizes = contiguous(g, sizes)
    plan = np.array((kind, reverse), np.int64)
    one = ONE[dtype]
    launch(backward, one, (g, w_hh, *saved, onto_h, onto_c, d, d_r, sizes, plan, tools(one)),
           gates.size * hidden >= SHARED)  # fmt: skip
    onto_w = np.empty(w_hh.shape, dtype) if needs[4] else None
    if needs[4]:
        most = 2 * hidden if kind == GRU else len(w_hh)
        gemm(d[:, :most].T, before, None, onto_w[:most])
        if kind == GRU:
            gemm(d_r.T, before, None, onto_w[most:])
    bias = sum_over(d, (0,), False) if needs[5] or needs[6] else None
    other = bias
    if kind == GRU and needs[6]:
        other = np.concatenate([bias[: 2 * hidden], sum_over(d_r, (0,), False)])
    return (
        gemm(d, w_ih) if needs[0] else None, onto_h if needs[1] else None,
        onto_c if needs[2] else None, gemm(d.T, x) if needs[3] else None, onto_w, bias, other,
    )  # fmt: skip
