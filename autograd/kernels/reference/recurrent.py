"""Recurrent cells and layers, and their gradients, by the equations of `recurrence`."""

from types import SimpleNamespace

import numpy as np

from autograd.kernels import recurrence
from autograd.kernels.reference.elementwise import elementwise
from autograd.quiet import quiet

_NUMPY = SimpleNamespace(
    tanh=np.tanh, sigmoid=lambda x: elementwise("sigmoid", x), cat=np.concatenate,
    matmul=np.matmul, relu=lambda x: elementwise("relu", x),
    relu_grad=lambda g, out: elementwise("relu_grad", g, out))  # fmt: skip


@quiet
def recurrent_cell(name, x, h, c, w_ih, w_hh, b_ih, b_hh):
    """(h', c', gates, aside) of one cell of this kind, the last two for its gradient: c, b_ih and
    b_hh may be None, and h may be wider than h'."""
    return recurrence.recurrent_cell(_NUMPY, name, x, h, c, w_ih, w_hh, b_ih, b_hh)


@quiet
def recurrent_cell_grad(name, g_h, g_c, x, h, w_ih, w_hh, gates, aside, needs):
    """What `recurrent_cell` gives back to x, h, c, w_ih, w_hh, b_ih, b_hh, from what h' and c'
    got; None where `needs` is false."""
    return recurrence.recurrent_cell_grad(_NUMPY, name, g_h, g_c, x, h, w_ih, w_hh, gates, aside,
                                          needs)


@quiet
def recurrent(name, x, h, c, w_ih, w_hh, b_ih, b_hh, sizes, reverse):
    """(out, h at the ends, c at the ends, gates, before, aside) of a layer of this kind over packed
    sequences, the last three for its gradient; h and c have a row for each sequence."""
    return recurrence.recurrent(_NUMPY, name, x, h, c, w_ih, w_hh, b_ih, b_hh, sizes, reverse)


@quiet
def recurrent_grad(name, g, g_h, g_c, x, w_ih, w_hh, gates, before, aside, sizes, reverse, needs):
    """What `recurrent` gives back to x, h, c, w_ih, w_hh, b_ih, b_hh, from what its first three
    results got; None where `needs` is false."""
    return recurrence.recurrent_grad(_NUMPY, name, g, g_h, g_c, x, w_ih, w_hh, gates, before,
                                     aside, sizes, reverse, needs)
