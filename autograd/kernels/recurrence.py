"""Recurrent layers, their equations written once: one layer in one direction over sequences.

The functions compute with arrays or with Tensors; `m` holds the few functions that differ: tanh,
sigmoid, relu, relu_grad(g, result), cat and matmul.

Sequences lie packed: sorted by falling length, sizes[t] rows of step t, those of step 0 first.
`reverse` begins at each sequence's end. In the equations x stands for x W_ihᵀ + b_ih, what comes
from the input, and r for h W_hhᵀ + b_hh, from the state. Both hold one part of hidden size for each
gate, side by side: one of an rnn, i, f, g, o of an lstm, s, z, n of a gru.

    rnn    h' = tanh(x + r), or relu
    lstm   i, f, o = σ(x + r);  g = tanh(x + r);  c' = f c + i g;  h' = o tanh(c')
    gru    s, z = σ(x + r);  n = tanh(x + s r);  h' = (1 - z) n + z h

Reference: Hochreiter and Schmidhuber, Long Short-Term Memory, 1997; Cho et al., Learning Phrase
Representations using RNN Encoder-Decoder, 2014.
"""


def order(sizes, reverse):
    """(first row, rows) of each step, in the order in which they are computed."""
    steps, first = [], 0
    for size in map(int, sizes):
        steps.append((first, size))
        first += size
    return steps[::-1] if reverse else steps


def recurrent_cell(m, name, x, h, c, w_ih, w_hh, b_ih, b_hh):
    """(h', c', gates, aside); the last two are what the gradient needs: the gates' values, and c
    or, of a GRU, r of the gate n."""
    return _step(m, name, _affine(m, x, w_ih, b_ih), _affine(m, h, w_hh, b_hh), h, c)


def recurrent_cell_grad(m, name, g_h, g_c, x, h, w_ih, w_hh, gates, aside, needs):
    """What `recurrent_cell` gives back to x, h, c, w_ih, w_hh, b_ih, b_hh, from what h' and c'
    got; None where `needs` is false."""
    g_x, g_r, through, g_c = _step_grad(m, name, g_h, g_c, gates, h, aside)
    return _shared_out(m, g_x, g_r, _back(m, g_r, w_hh, through) if needs[1] else None, g_c, x, h,
                       w_ih, needs)


def recurrent(m, name, x, h, c, w_ih, w_hh, b_ih, b_hh, sizes, reverse):
    """(out, h at the ends, c at the ends, gates, before, aside); the last three are what the
    gradient needs: those of `recurrent_cell`, and h before each step."""
    from_input = _affine(m, x, w_ih, b_ih)
    outs, kept = [], []
    for first, size in order(sizes, reverse):
        now = h[:size]
        new, cell, *more = _step(m, name, from_input[first: first + size],
                                 _affine(m, now, w_hh, b_hh), now, None if c is None else c[:size])
        outs.append(new)
        kept.append((*more, now))
        h = _onto(m, new, h)
        c = _onto(m, cell, c)
    gates, aside, before = ([step[k] for step in kept] for k in range(3))
    return (_packed(m, outs, reverse), h, c, _packed(m, gates, reverse),
            _packed(m, before, reverse), _packed(m, aside, reverse))


def recurrent_grad(m, name, g, g_h, g_c, x, w_ih, w_hh, gates, before, aside, sizes, reverse,
                   needs):
    """What `recurrent` gives back to x, h, c, w_ih, w_hh, b_ih, b_hh, from what its first three
    results got; None where `needs` is false."""
    onto_x, onto_r = [], []
    for first, size in order(sizes, not reverse):
        rows = slice(first, first + size)
        g_x, g_r, through, g_cell = _step_grad(
            m, name, g[rows] + g_h[:size], None if g_c is None else g_c[:size], gates[rows],
            before[rows], None if aside is None else aside[rows])
        g_h = _onto(m, _back(m, g_r, w_hh, through), g_h)
        g_c = _onto(m, g_cell, g_c)
        onto_x.append(g_x)
        onto_r.append(g_r)
    return _shared_out(m, _packed(m, onto_x, not reverse), _packed(m, onto_r, not reverse), g_h,
                       g_c, x, before, w_ih, needs)


def _shared_out(m, g_x, g_r, g_h, g_c, x, before, w_ih, needs):
    """The needed gradients, from those of x W_ihᵀ + b_ih and h W_hhᵀ + b_hh of all rows."""
    return (m.matmul(g_x, w_ih) if needs[0] else None, g_h if needs[1] else None,
            g_c if needs[2] else None, m.matmul(g_x.T, x) if needs[3] else None,
            m.matmul(g_r.T, before) if needs[4] else None, g_x.sum(0) if needs[5] else None,
            g_r.sum(0) if needs[6] else None)


def _affine(m, x, weight, bias):
    product = m.matmul(x, weight.T)
    return product if bias is None else product + bias


def _back(m, g_r, w_hh, through):
    back = m.matmul(g_r, w_hh)
    return back if through is None else back + through


def _onto(m, new, old):
    """The first rows of the old state replaced by new ones."""
    if new is None or len(new) == len(old):
        return new
    return m.cat([new, old[len(new):]], 0)


def _packed(m, steps, reverse):
    """What was computed step by step in packed order."""
    if steps[0] is None:
        return None
    return m.cat(steps[::-1] if reverse else steps, 0)


def _split(x, count):
    width = x.shape[1] // count
    return [x[:, k * width: (k + 1) * width] for k in range(count)]


def _step(m, name, x, r, h, c):
    """(h', c', the gates' values, what the gradient needs beside them)."""
    if name == "lstm":
        i, f, g, o = _split(x + r, 4)
        i, f, g, o = m.sigmoid(i), m.sigmoid(f), m.tanh(g), m.sigmoid(o)
        cell = f * c + i * g
        return o * m.tanh(cell), cell, m.cat([i, f, g, o], 1), c
    if name == "gru":
        (x_s, x_z, x_n), (r_s, r_z, r_n) = _split(x, 3), _split(r, 3)
        s, z = m.sigmoid(x_s + r_s), m.sigmoid(x_z + r_z)
        n = m.tanh(x_n + s * r_n)
        return n + z * (h - n), None, m.cat([s, z, n], 1), r_n
    new = (m.tanh if name == "rnn_tanh" else m.relu)(x + r)
    return new, None, new, None


def _step_grad(m, name, g, g_c, gates, h, aside):
    """(for x, for r, for h beside r, for c) from the gradients of h' and c'."""
    if name == "lstm":
        i, f, n, o = _split(gates, 4)
        t = m.tanh(f * aside + i * n)
        g_c = g_c + g * o * (1 - t * t)
        both = m.cat([g_c * n * (i * (1 - i)), g_c * aside * (f * (1 - f)), g_c * i * (1 - n * n),
                      g * t * (o * (1 - o))], 1)
        return both, both, None, g_c * f
    if name == "gru":
        s, z, n = _split(gates, 3)
        g_n = g * (1 - z) * (1 - n * n)
        others = [g_n * aside * (s * (1 - s)), g * (h - n) * (z * (1 - z))]
        return m.cat([*others, g_n], 1), m.cat([*others, g_n * s], 1), g * z, None
    both = g * (1 - gates * gates) if name == "rnn_tanh" else m.relu_grad(g, gates)
    return both, both, None, None
