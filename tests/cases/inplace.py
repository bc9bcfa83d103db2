"""Samples for autograd/inplace.py: overwritten regions, and the methods that only write in place
(the in-place twins of ops run over the samples of those)."""

import numpy as np

from autograd.ops.index import as_index, getitem
from autograd.ops.shape import transpose
from tests.cases import Case, Spec


def at(index):
    """The link of a region that indexing makes."""
    return getitem, (as_index(index),)


def _row(x, value, region):
    out = x.copy()
    out[1] = value
    return out


def _column_of_part(x, value, region):
    out = x.copy()
    out[0:2][:, 1] = value
    return out


def _transposed(x, value, region):
    out = x.copy()
    out[:, 0] = value
    return out


def _copied(x, source):
    return np.broadcast_to(source, x.shape)


CASES = {
    "overwrite": [
        Case((Spec((3, 2)), Spec((2,)), (at(1),)), reference=_row, torch=False),
        Case((Spec((3, 2)), Spec(()), (at(1),)), reference=_row, torch=False),
        Case((Spec((3, 2)), Spec((2,)),
              (at(slice(0, 2)), at((slice(None), 1)))),
             reference=_column_of_part, torch=False),
        Case((Spec((3, 2)), Spec((3,)), ((transpose, (0, 1)), at(0))),
             reference=_transposed, torch=False)],
    "copy_": [Case((Spec((2, 3)), Spec((2, 3))), reference=_copied,
                   torch=lambda x, source: x.clone().copy_(source)),
              Case((Spec((2, 3)), Spec((3,))), reference=_copied,
                   torch=lambda x, source: x.clone().copy_(source))],
    "fill_": [Case((Spec((2, 3)), 1.5), reference=lambda x, v: np.full(x.shape, v),
                   torch=lambda x, v: x.clone().fill_(v)),
              Case((Spec((2, 3)), Spec(())), reference=lambda x, v: np.full(x.shape, v),
                   torch=lambda x, v: x.clone().fill_(v))],
    "zero_": [Case((Spec((2, 3)),), reference=lambda x: x * 0,
                   torch=lambda x: x.clone().zero_())],
}
