"""Samples for autograd/ops/recurrent.py; the answers go sequence by sequence, one number at a time.
"""

import numpy as np

from tests.cases import Case, Spec

FEATURES, H, P = 3, 2, 4  # features, hidden size, and that of a projected state
SIZES = np.array([3, 2, 2, 1])  # of sequences of 4, 3 and 1 steps
EQUAL = np.array([2, 2, 2])


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _dot(weight, x, bias, row):
    return float(np.dot(weight[row], x)) + (0.0 if bias is None else float(bias[row]))


def _rnn_step(x, h, c, w_ih, w_hh, b_ih=None, b_hh=None, nonlinearity="tanh"):
    new = np.empty(len(w_ih))
    for j in range(len(new)):
        total = _dot(w_ih, x, b_ih, j) + _dot(w_hh, h, b_hh, j)
        new[j] = np.tanh(total) if nonlinearity == "tanh" else max(total, 0.0)
    return new, None


def _gru_step(x, h, c, w_ih, w_hh, b_ih=None, b_hh=None):
    size = len(h)
    new = np.empty(size)
    for j in range(size):
        r, z = (_sigmoid(_dot(w_ih, x, b_ih, k) + _dot(w_hh, h, b_hh, k)) for k in (j, size + j))
        last = 2 * size + j
        n = np.tanh(_dot(w_ih, x, b_ih, last) + r * _dot(w_hh, h, b_hh, last))
        new[j] = (1 - z) * n + z * h[j]
    return new, None


def _lstm_step(x, h, c, w_ih, w_hh, b_ih=None, b_hh=None):
    size = len(c)
    new, cell = np.empty(size), np.empty(size)
    for j in range(size):
        i, f, g, o = (_dot(w_ih, x, b_ih, k) + _dot(w_hh, h, b_hh, k)
                      for k in range(j, 4 * size, size))
        cell[j] = _sigmoid(f) * c[j] + _sigmoid(i) * np.tanh(g)
        new[j] = _sigmoid(o) * np.tanh(cell[j])
    return new, cell


def _projected_step(x, h, c, w_ih, w_hh, w_hr, b_ih=None, b_hh=None):
    new, cell = _lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh)
    return np.array([_dot(w_hr, new, None, j) for j in range(len(w_hr))]), cell


def _cells(step, has_c):
    """A cell's answer: each row by itself."""
    def answer(x, h, *rest, **options):
        c, parameters = (rest[0], rest[1:]) if has_c else ([None] * len(h), rest)
        found = [step(*row, *parameters, **options) for row in zip(x, h, c, strict=True)]
        states = [np.array(state) for state in zip(*found, strict=True)]
        return tuple(states) if has_c else states[0]

    return answer


def _layer(step, has_c):
    """A layer's answer: each sequence by itself, its rows looked up in the packed input."""
    def answer(x, h, *rest, sizes, reverse=False, **options):
        c, parameters = (rest[0].copy(), rest[1:]) if has_c else (np.zeros(h.shape), rest)
        h, starts = h.copy(), np.cumsum(sizes) - sizes
        out = np.empty((len(x), h.shape[1]))
        for k in range(len(h)):
            rows = [start + k for start, size in zip(starts, sizes, strict=True) if size > k]
            for row in rows[::-1] if reverse else rows:
                h[k], cell = step(x[row], h[k], c[k], *parameters, **options)
                c[k] = 0 if cell is None else cell
                out[row] = h[k]
        return (out, h, c) if has_c else (out, h)

    return answer


def _weights(gates, hidden=H, state=None):
    state = state or hidden
    rows = gates * hidden
    return Spec((rows, FEATURES)), Spec((rows, state)), Spec((rows,)), Spec((rows,))


def _cell_cases(answer, gates, torch, has_c=False, **options):
    states = (Spec((2, H)),) * (2 if has_c else 1)
    w_ih, w_hh, *biases = _weights(gates)
    return [Case((Spec((2, FEATURES)), *states, w_ih, w_hh, *biases), options, answer, torch),
            Case((Spec((2, FEATURES)), *states, w_ih, w_hh), options, answer, torch),
            Case((Spec((2, FEATURES)), *states, w_ih, w_hh, None, biases[1]), options, answer,
                 False)]


def _layer_cases(answer, gates, has_c=False, **options):
    w_ih, w_hh, *biases = _weights(gates)
    cases = []
    for sizes, rows, reverse, given in ((SIZES, 3, False, biases), (SIZES, 4, True, biases),
                                        (EQUAL, 2, False, ()), (EQUAL, 2, True, biases),
                                        (np.array([2]), 3, False, (None, biases[1]))):
        states = (Spec((rows, H)),) * (2 if has_c else 1)
        cases.append(Case((Spec((int(sizes.sum()), FEATURES)), *states, w_ih, w_hh, *given),
                          dict(sizes=sizes, reverse=reverse, **options), answer, False))
    return cases


def _torch_cell(name):
    """The cell of this name in PyTorch."""
    def call(x, h, *parameters, nonlinearity="tanh"):
        import torch

        if name == "lstm":
            return torch.lstm_cell(x, (h, parameters[0]), *parameters[1:])
        return getattr(torch, f"rnn_{nonlinearity}_cell" if name == "rnn" else f"{name}_cell")(
            x, h, *parameters)

    return call


_PROJECTED = Spec((4 * H, FEATURES)), Spec((4 * H, P)), Spec((P, H)), Spec((4 * H,)), Spec((4 * H,))

CASES = {
    "rnn_cell": [
        *_cell_cases(_cells(_rnn_step, False), 1, _torch_cell("rnn")),
        *_cell_cases(_cells(_rnn_step, False), 1, _torch_cell("rnn"), nonlinearity="relu")],
    "gru_cell": _cell_cases(_cells(_gru_step, False), 3, _torch_cell("gru")),
    "lstm_cell": [
        *_cell_cases(_cells(_lstm_step, True), 4, _torch_cell("lstm"), True),
        Case((Spec((2, FEATURES)), Spec((2, P)), Spec((2, H)), *_weights(4, H, P)), {},
             _cells(_lstm_step, True), False)],
    "rnn": [
        *_layer_cases(_layer(_rnn_step, False), 1),
        *_layer_cases(_layer(_rnn_step, False), 1, nonlinearity="relu")],
    "gru": _layer_cases(_layer(_gru_step, False), 3),
    "lstm": _layer_cases(_layer(_lstm_step, True), 4, True),
    "lstm_projected": [
        Case((Spec((int(sizes.sum()), FEATURES)), Spec((3, P)), Spec((3, H)), *_PROJECTED[:count]),
             dict(sizes=sizes, reverse=reverse), _layer(_projected_step, True), False)
        for sizes, reverse, count in ((SIZES, False, 5), (SIZES, True, 3),
                                      (np.array([3, 3]), False, 5))],
}
