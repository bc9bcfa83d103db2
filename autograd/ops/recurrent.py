"""Recurrent cells and layers: one op a cell step, one op a layer and direction.

Gradients come from one kernel call; under `create_graph` the same equations run step by step with
ordinary ops, which record themselves.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from .. import kernels
from ..errors import describe
from ..kernels import recurrence
from ..record import composite, joint, op
from .activation import relu, relu_grad
from .elementwise import sigmoid, tanh
from .index import getitem
from .join import cat
from .linalg import linear, matmul

_OPS = SimpleNamespace(tanh=tanh, sigmoid=sigmoid, relu=relu, relu_grad=relu_grad, cat=cat,
                       matmul=matmul)


@op(method=False, extra=("gates", "aside"), vjp=joint(
    lambda g, needs, input, h, w_ih, w_hh, b_ih, b_hh, nonlinearity, gates, aside:
        _without_c(_cell_grad(f"rnn_{nonlinearity}", g, None, needs, input, h, None, w_ih, w_hh,
                              b_ih, b_hh, gates, aside))))
def rnn_cell(input, h, w_ih, w_hh, b_ih=None, b_hh=None, /, *, nonlinearity="tanh"):
    """tanh(x W_ihᵀ + b_ih + h W_hhᵀ + b_hh), or relu.

    Shape: (N, I), (N, H) -> (N, H); w_ih (H, I), w_hh (H, H), b_ih and b_hh (H)
    """
    _check("rnn_cell", 1, input, h, None, w_ih, w_hh, b_ih, b_hh)
    kind = _rnn("rnn_cell", nonlinearity)
    h, _, gates, aside = kernels.recurrent_cell(kind, input, h, None, w_ih, w_hh, b_ih, b_hh)
    return h, gates, aside


@op(method=False, extra=("gates", "aside"), vjp=joint(
    lambda g, needs, input, h, w_ih, w_hh, b_ih, b_hh, gates, aside:
        _without_c(_cell_grad("gru", g, None, needs, input, h, None, w_ih, w_hh, b_ih, b_hh, gates,
                              aside))))
def gru_cell(input, h, w_ih, w_hh, b_ih=None, b_hh=None, /):
    """(1 - z) n + z h of a gated recurrent unit, with the gates s, z, n of `kernels.recurrence`.

    Shape: (N, I), (N, H) -> (N, H); w_ih (3 H, I), w_hh (3 H, H), b_ih and b_hh (3 H)
    """
    _check("gru_cell", 3, input, h, None, w_ih, w_hh, b_ih, b_hh)
    h, _, gates, aside = kernels.recurrent_cell("gru", input, h, None, w_ih, w_hh, b_ih, b_hh)
    return h, gates, aside


@op(method=False, many=True, extra=("gates", "aside"), vjp=joint(
    lambda g, needs, input, h, c, w_ih, w_hh, b_ih, b_hh, gates, aside:
        _cell_grad("lstm", g[0], g[1], needs, input, h, c, w_ih, w_hh, b_ih, b_hh, gates, aside)))
def lstm_cell(input, h, c, w_ih, w_hh, b_ih=None, b_hh=None, /):
    """o tanh(c') and c' = f c + i g of a long short-term memory, with its gates i, f, g, o.

    Shape: (N, I), (N, P), (N, H) -> (N, H), (N, H); w_ih (4 H, I), w_hh (4 H, P), biases (4 H)
    """
    _check("lstm_cell", 4, input, h, c, w_ih, w_hh, b_ih, b_hh)
    h, c, gates, aside = kernels.recurrent_cell("lstm", input, h, c, w_ih, w_hh, b_ih, b_hh)
    return [h, c.astype(h.dtype, copy=False)], gates, aside


@op(method=False, many=True, extra=("gates", "before", "aside"), vjp=joint(
    lambda g, needs, input, h, w_ih, w_hh, b_ih, b_hh, sizes, reverse, nonlinearity, gates, before,
    aside: _without_c(_layer_grad(f"rnn_{nonlinearity}", [*g, None], needs, input, h, None, w_ih,
                                  w_hh, b_ih, b_hh, sizes, reverse, gates, before, aside))))
def rnn(input, h, w_ih, w_hh, b_ih=None, b_hh=None, /, *, sizes, reverse=False,
        nonlinearity="tanh"):
    """`rnn_cell` over packed sequences: all results, and the states at the sequences' ends.

    The rows of step t, sizes[t] of them, follow those of the step before; h has a row for each
    sequence, the longest first.  `reverse` begins at the ends.
    Shape: (Σ sizes, I), (N, H) -> (Σ sizes, H), (N, H)
    """
    _check("rnn", 1, input, h, None, w_ih, w_hh, b_ih, b_hh, sizes)
    kind = _rnn("rnn", nonlinearity)
    return _layer(kind, input, h, None, w_ih, w_hh, b_ih, b_hh, sizes, reverse)


@op(method=False, many=True, extra=("gates", "before", "aside"), vjp=joint(
    lambda g, needs, input, h, w_ih, w_hh, b_ih, b_hh, sizes, reverse, gates, before, aside:
        _without_c(_layer_grad("gru", [*g, None], needs, input, h, None, w_ih, w_hh, b_ih, b_hh,
                               sizes, reverse, gates, before, aside))))
def gru(input, h, w_ih, w_hh, b_ih=None, b_hh=None, /, *, sizes, reverse=False):
    """`gru_cell` over packed sequences, as `rnn`.

    Shape: (Σ sizes, I), (N, H) -> (Σ sizes, H), (N, H)
    """
    _check("gru", 3, input, h, None, w_ih, w_hh, b_ih, b_hh, sizes)
    return _layer("gru", input, h, None, w_ih, w_hh, b_ih, b_hh, sizes, reverse)


@op(method=False, many=True, extra=("gates", "before", "aside"), vjp=joint(
    lambda g, needs, input, h, c, w_ih, w_hh, b_ih, b_hh, sizes, reverse, gates, before, aside:
        _layer_grad("lstm", g, needs, input, h, c, w_ih, w_hh, b_ih, b_hh, sizes, reverse, gates,
                    before, aside)))
def lstm(input, h, c, w_ih, w_hh, b_ih=None, b_hh=None, /, *, sizes, reverse=False):
    """`lstm_cell` over packed sequences, as `rnn`; the third result is c at the sequences' ends.

    Shape: (Σ sizes, I), (N, H), (N, H) -> (Σ sizes, H), (N, H), (N, H)
    """
    _check("lstm", 4, input, h, c, w_ih, w_hh, b_ih, b_hh, sizes)
    return _layer("lstm", input, h, c, w_ih, w_hh, b_ih, b_hh, sizes, reverse)


@composite(method=False)
def lstm_projected(input, h, c, w_ih, w_hh, w_hr, b_ih=None, b_hh=None, *, sizes, reverse=False):
    """`lstm` whose state and results are W_hr o tanh(c'), one `lstm_cell` a step.

    Shape: (Σ sizes, I), (N, P), (N, H) -> (Σ sizes, P), (N, P), (N, H); w_hr (P, H)
    Reference: Sak, Senior and Beaufays, Long Short-Term Memory Based Recurrent Neural Network
    Architectures, 2014.
    """
    outs = []
    for first, size in recurrence.order(sizes, reverse):
        short = size < len(h)
        now, cell = (getitem(t, slice(size)) if short else t for t in (h, c))
        new, cell = lstm_cell(getitem(input, slice(first, first + size)), now, cell, w_ih, w_hh,
                              b_ih, b_hh)
        new = linear(new, w_hr)
        outs.append(new)
        h, c = (cat([a, getitem(b, slice(size, None))]) if short else a
                for a, b in ((new, h), (cell, c)))
    return cat(outs[::-1] if reverse else outs), h, c


def _rnn(name: str, nonlinearity: str) -> str:
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f"{name}: nonlinearity={nonlinearity!r}; choose tanh or relu")
    return f"rnn_{nonlinearity}"


def _layer(name: str, input, h, c, w_ih, w_hh, b_ih, b_hh, sizes, reverse):
    out, h, c, *kept = kernels.recurrent(name, input, h, c, w_ih, w_hh, b_ih, b_hh, sizes, reverse)
    states = [h] if c is None else [h, c]
    return [out, *(state.astype(out.dtype, copy=False) for state in states)], *kept


def _layer_grad(name: str, grads: list, needs, input, h, c, w_ih, w_hh, b_ih, b_hh, sizes, reverse,
                gates, before, aside):
    g, g_h, g_c = grads
    if g.__class__ is np.ndarray:
        return kernels.recurrent_grad(name, g, g_h, g_c, input, w_ih, w_hh, gates, before, aside,
                                      sizes, reverse, _in_order(needs))
    *_, gates, before, aside = recurrence.recurrent(_OPS, name, input, h, c, w_ih, w_hh, b_ih, b_hh,
                                                    sizes, reverse)
    return recurrence.recurrent_grad(_OPS, name, g, g_h, g_c, input, w_ih, w_hh, gates, before,
                                     aside, sizes, reverse, _in_order(needs))


def _cell_grad(name: str, g_h, g_c, needs, input, h, c, w_ih, w_hh, b_ih, b_hh, gates, aside):
    if g_h.__class__ is np.ndarray:
        return kernels.recurrent_cell_grad(name, g_h, g_c, input, h, w_ih, w_hh, gates, aside,
                                           _in_order(needs))
    *_, gates, aside = recurrence.recurrent_cell(_OPS, name, input, h, c, w_ih, w_hh, b_ih, b_hh)
    return recurrence.recurrent_cell_grad(_OPS, name, g_h, g_c, input, h, w_ih, w_hh, gates, aside,
                                          _in_order(needs))


def _in_order(needs: tuple) -> tuple:
    """What is needed of x, h, c and the parameters, where c may be no input."""
    return needs if len(needs) == 7 else (*needs[:2], False, *needs[2:])


def _without_c(grads: tuple) -> tuple:
    return *grads[:2], *grads[3:]


def _check(name: str, gates: int, input, h, c, w_ih, w_hh, b_ih, b_hh, sizes=None) -> None:
    """Raise unless the shapes and dtypes go together."""
    width, dtype = len(w_ih), input.dtype
    hidden = width // gates
    if (sizes is None and input.ndim == h.ndim == w_ih.ndim == 2 and width == gates * hidden
            and w_ih.shape[1] == input.shape[1] and w_hh.shape == (width, h.shape[1])
            and len(h) == len(input) and (c is None or c.shape == (len(input), hidden))
            and (b_ih is None or b_ih.shape == (width,)) and (gates == 4 or h.shape[1] == hidden)
            and (b_hh is None or b_hh.shape == (width,)) and all(
                a is None or a.dtype is dtype for a in (h, c, w_ih, w_hh, b_ih, b_hh))):
        return
    if input.ndim != 2 or h.ndim != 2 or w_ih.ndim != 2 or w_hh.ndim != 2:
        raise ValueError(f"{name}: input, h, w_ih and w_hh must be matrices, got "
                         f"{', '.join(str(a.shape) for a in (input, h, w_ih, w_hh))}")
    rows, wide = len(input) if sizes is None else len(h), hidden
    if name == "lstm_cell":
        wide = w_hh.shape[1]  # of a projected state
    for which, array, shape in (("w_ih", w_ih, (gates * hidden, input.shape[1])),
                                ("w_hh", w_hh, (gates * hidden, wide)),
                                ("b_ih", b_ih, (gates * hidden,)),
                                ("b_hh", b_hh, (gates * hidden,)),
                                ("h", h, (rows, wide)), ("c", c, (rows, hidden))):
        if array is not None and array.shape != shape:
            raise ValueError(f"{name}: {which} must be {shape} for input {input.shape}, hidden "
                             f"size {hidden} and {rows} sequences, got {describe(array)}")
        if array is not None and array.dtype is not dtype:
            raise TypeError(f"{name}: {which} is {array.dtype} but input {dtype}; convert one, for "
                            "example with input.to(dtype)")
    if sizes is not None:
        _check_sizes(name, sizes, len(input), rows)


def _check_sizes(name: str, sizes, total: int, rows: int) -> None:
    if len(sizes) == 0:
        raise ValueError(f"{name}: there are no steps; a sequence needs at least one")
    if (sizes.dtype != np.int64 or (sizes[1:] > sizes[:-1]).any() or sizes[0] > rows
            or sizes[-1] < 0 or sizes.sum() != total):
        raise ValueError(f"{name}: sizes must be int64, fall from at most {rows}, the rows of h, "
                         f"and add up to {total}, the rows of input; got {sizes.dtype} "
                         f"{sizes.tolist()[:8]}")
