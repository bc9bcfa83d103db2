"""The gates of one row of a recurrent step, forward and back, in place on what the products left.

A row of gates is as wide as the kind's gates, one after the other; see `kernels.recurrence`.
"""

from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.vector_math import cast, sigmoid, tanh

KINDS = {"rnn_tanh": 0, "rnn_relu": 1, "lstm": 2, "gru": 3}
RELU, LSTM, GRU = 1, 2, 3

_sweep = jit(inner=True, exact=True)


@_sweep
def copy(source, target):
    for j in range(source.size):
        target[j] = source[j]


@_sweep
def add(source, target):
    for j in range(source.size):
        target[j] += source[j]


@_sweep
def _squash(x):
    for j in range(x.size):
        x[j] = sigmoid(x[j])


@_sweep
def _bend(x):
    for j in range(x.size):
        x[j] = tanh(x[j])


@_sweep
def _rectify(x):
    zero = cast(x[0], 0)
    for j in range(x.size):
        x[j] = zero if x[j] < zero else x[j]


@_sweep
def _lstm(i, f, g, o, cell, state):
    for j in range(cell.size):
        cell[j] = f[j] * cell[j] + i[j] * g[j]
    for j in range(cell.size):
        state[j] = o[j] * tanh(cell[j])


@_sweep
def _gru(s, z, n, aside, state):
    for j in range(n.size):
        n[j] = tanh(n[j] + s[j] * aside[j])
    for j in range(n.size):
        state[j] = n[j] + z[j] * (state[j] - n[j])


@jit(inner=True)
def forward_row(kind, gates, cell, aside, state):
    """From x + r to the values of the gates, c to c' and h to h'; a GRU's gate n has its r, the
    row `aside`, still to come."""
    h = state.size
    if kind == LSTM:
        _squash(gates[: 2 * h])
        _bend(gates[2 * h : 3 * h])
        _squash(gates[3 * h :])
        _lstm(gates[:h], gates[h : 2 * h], gates[2 * h : 3 * h], gates[3 * h :], cell, state)
    elif kind == GRU:
        _squash(gates[: 2 * h])
        _gru(gates[:h], gates[h : 2 * h], gates[2 * h :], aside, state)
    else:
        if kind == RELU:
            _rectify(gates)
        else:
            _bend(gates)
        copy(gates, state)


@_sweep
def _rnn_back(out, g, onto_h, d):
    one, zero = cast(out[0], 1), cast(out[0], 0)
    for j in range(out.size):
        d[j] = (g[j] + onto_h[j]) * (one - out[j] * out[j])
        onto_h[j] = zero


@_sweep
def _relu_back(out, g, onto_h, d):
    zero = cast(out[0], 0)
    for j in range(out.size):
        d[j] = zero if out[j] == zero else g[j] + onto_h[j]
        onto_h[j] = zero


@_sweep
def _lstm_cell_back(i, f, n, o, cell, g, onto_h, onto_c, d_o):
    """What reaches c, and the gate o."""
    one, zero = cast(o[0], 1), cast(o[0], 0)
    for j in range(cell.size):
        t = tanh(f[j] * cell[j] + i[j] * n[j])
        u = g[j] + onto_h[j]
        onto_c[j] = onto_c[j] + u * o[j] * (one - t * t)
        d_o[j] = u * t * (o[j] * (one - o[j]))
        onto_h[j] = zero


@_sweep
def _lstm_gates_back(i, f, n, cell, onto_c, d_i, d_f, d_n):
    one = cast(i[0], 1)
    for j in range(cell.size):
        d_i[j] = onto_c[j] * n[j] * (i[j] * (one - i[j]))
        d_f[j] = onto_c[j] * cell[j] * (f[j] * (one - f[j]))
        d_n[j] = onto_c[j] * i[j] * (one - n[j] * n[j])
        onto_c[j] = onto_c[j] * f[j]


@_sweep
def _gru_back(s, z, n, before, aside, g, onto_h, d_s, d_z, d_n):
    one = cast(n[0], 1)
    for j in range(n.size):
        u = g[j] + onto_h[j]
        onto_n = u * (one - z[j]) * (one - n[j] * n[j])
        d_s[j] = onto_n * aside[j] * (s[j] * (one - s[j]))
        d_z[j] = u * (before[j] - n[j]) * (z[j] * (one - z[j]))
        d_n[j] = onto_n
        onto_h[j] = u * z[j]


@_sweep
def _times(x, y, target):
    for j in range(x.size):
        target[j] = x[j] * y[j]


@jit(inner=True)
def backward_row(kind, gates, before, aside, g, onto_h, onto_c, d, d_r):
    """The gradients d of x and, of a GRU's gate n alone, d_r of r, from those of h', g + onto_h,
    and of c', onto_c. What goes past the gates to h and c stays in onto_h and onto_c."""
    h = g.size
    if kind == LSTM:
        i, f, n, o = gates[:h], gates[h : 2 * h], gates[2 * h : 3 * h], gates[3 * h :]
        _lstm_cell_back(i, f, n, o, aside, g, onto_h, onto_c, d[3 * h :])
        _lstm_gates_back(i, f, n, aside, onto_c, d[:h], d[h : 2 * h], d[2 * h : 3 * h])
    elif kind == GRU:
        s, z, n = gates[:h], gates[h : 2 * h], gates[2 * h :]
        _gru_back(s, z, n, before, aside, g, onto_h, d[:h], d[h : 2 * h], d[2 * h :])
        _times(d[2 * h :], s, d_r)
    elif kind == RELU:
        _relu_back(gates, g, onto_h, d)
    else:
        _rnn_back(gates, g, onto_h, d)
