"""Samples for autograd/ops/place.py and scatter_reduce.py; the answers come from loops, one element
after the other."""

import warnings

import numpy as np

from tests.cases import Case, Spec
from tests.cases.shape import samples

MATRIX, FLAT, SCALAR = Spec((3, 4)), Spec((5,)), Spec(())
PLACES = np.array([[0, 3], [-1, 7]])
MASK = np.array([[True, False, True, True], [False] * 4, [True, True, False, False]])
FEW = np.array([2, 0])


def _take(x, index):
    return x.reshape(-1)[index]


def _put(x, index, source, accumulate=False):
    out = x.copy()
    for at, value in zip(index.reshape(-1), source.reshape(-1), strict=True):
        out.reshape(-1)[at] = value + (out.reshape(-1)[at] if accumulate else 0)
    return out


def _index_copy(x, dim, index, source):
    out = x.copy()
    if not x.ndim:
        return source.reshape(())
    lines, rows = np.moveaxis(out, dim, 0), np.moveaxis(source, dim, 0)
    for i, at in enumerate(np.atleast_1d(index)):
        lines[at] = rows[i]
    return out


def _masked_scatter(x, mask, source):
    shape = np.broadcast_shapes(x.shape, mask.shape)
    out, values = np.broadcast_to(x, shape).copy(), iter(source.reshape(-1))
    for at in np.ndindex(*shape):
        if np.broadcast_to(mask, shape)[at]:
            out[at] = next(values)
    return out


def _select_scatter(x, src, dim, index):
    out = x.copy()
    np.moveaxis(out, dim, 0)[index] = src
    return out


def _slice_scatter(x, src, dim=0, start=None, end=None, step=1):
    out = x.copy()
    np.moveaxis(out, dim, 0)[start:end:step] = np.moveaxis(src, dim, 0)
    return out


def _diagonal_scatter(x, src, offset=0, dim1=0, dim2=1):
    out, place = x.copy(), np.arange(x.size).reshape(x.shape)
    out.reshape(-1)[np.diagonal(place, offset, dim1, dim2)] = src
    return out


def _put_strided(x, src, size, stride, start):
    out, src = x.copy(), np.broadcast_to(src, size)
    for at in np.ndindex(*size):
        out.reshape(-1)[start + sum(i * step for i, step in zip(at, stride, strict=True))] = src[at]
    return out


def _fill_diagonal(x, value, wrap=False):
    out = x.copy()
    np.fill_diagonal(out, value, wrap)
    return out


CHOOSE = {"sum": np.sum, "prod": np.prod, "mean": np.mean, "amax": np.max, "amin": np.min}


def _scatter_reduce(x, dim, index, src, reduce, include_self=True):
    sent = {}
    for at in np.ndindex(*index.shape):
        target = list(at)
        if at:
            target[dim] = index[at]
        sent.setdefault(tuple(target), []).append(src[at])
    out = x.copy()
    for target, values in sent.items():
        found = CHOOSE[reduce]([*values, x[target]] if include_self else values)
        out[target] = np.floor(found) if x.dtype.kind == "i" else found
    return out


def _index_reduce(x, dim, index, source, reduce, include_self=True):
    shape = [-1 if d == dim % x.ndim else 1 for d in range(x.ndim)]
    return _scatter_reduce(x, dim, np.broadcast_to(index.reshape(shape), source.shape), source,
                           reduce, include_self)


def quiet(name):
    """PyTorch's function, which warns that it may change."""
    def call(*args, **kwargs):
        import torch

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return getattr(torch, name)(*args, **kwargs)

    return call


INDEX = np.array([[0, 2, 0, 1], [0, 0, 1, 1]])
AWAY = Spec((3, 4), avoid=(0,))
SENT = Spec((2, 4), avoid=(0,))
TIED = (np.array([1.0, 2.0, 0.0]), 0, np.array([0, 0, 1, 1, 1]), np.array([1.0, 1, 5, 5, 2]))


def reductions(reference, input, dim, index, source, names, torch=None):
    """One sample for each way to reduce, with and without what stands there."""
    return [Case((input, dim, index, source, name), {} if own else {"include_self": False},
                 reference=reference, torch=torch) for name in names for own in (True, False)]


CASES = {
    "take": samples(_take, (MATRIX, PLACES), (FLAT, np.array(2)), (FLAT, np.zeros((0,), int)),
                    (SCALAR, np.array([0, 0])), (np.arange(4), np.array([[1, -1]]))),
    "put": [*samples(_put, (MATRIX, np.array([[0, 3], [1, -1]]), Spec((2, 2))),
                     (MATRIX, np.array([1]), SCALAR), (SCALAR, np.array(0), SCALAR)),
            *samples(_put, (MATRIX, np.array([0, 3, 0]), Spec((3,)), True)),
            *samples(_put, (FLAT, np.array([0, 3, 0]), Spec((3,))), torch=False)],
    "index_copy": samples(_index_copy, (MATRIX, 0, FEW, Spec((2, 4))),
                          (MATRIX, -1, FEW, Spec((3, 2))), (FLAT, 0, np.array(1), Spec((1,))),
                          (SCALAR, 0, np.array([0]), Spec((1,))))
    + samples(_index_copy, (FLAT, 0, np.array([1, 1]), Spec((2,))), torch=False),
    "masked_scatter": samples(_masked_scatter, (MATRIX, MASK, Spec((6,))),
                              (MATRIX, MASK, Spec((2, 4))), (MATRIX, MASK[0], Spec((9,))),
                              (Spec((4,)), MASK, Spec((5,)))),
    "select_scatter": samples(_select_scatter, (MATRIX, Spec((4,)), 0, 1),
                              (MATRIX, Spec((3,)), -1, -2)),
    "slice_scatter": samples(_slice_scatter, (MATRIX, Spec((2, 4)), 0, 1), (MATRIX, MATRIX),
                             (MATRIX, Spec((3, 2)), 1, 0, 4, 2), (MATRIX, Spec((3, 1)), -1, -1)),
    "diagonal_scatter": samples(_diagonal_scatter, (MATRIX, Spec((3,))), (MATRIX, Spec((2,)), -1),
                                (Spec((2, 3, 2)), Spec((3, 2)), 0, 0, 2)),
    "put_diagonal": samples(_diagonal_scatter, (MATRIX, Spec((3,)), 0, 0, 1),
                            (Spec((2, 3, 2)), Spec((3, 1)), 0, 2, 0), torch=False),
    "put_strided": samples(
        _put_strided, (MATRIX, Spec((2, 3)), (2, 3), (4, 1), 1),
        (MATRIX, SCALAR, (3,), (2,), 0), torch=False),
    "fill_diagonal": samples(_fill_diagonal, (MATRIX, 5.0), (Spec((3, 3, 3)), 2.0),
                             (Spec((7, 2)), 1.0), torch=lambda x, v: x.clone().fill_diagonal_(v))
    + samples(_fill_diagonal, (Spec((7, 2)), 1.0, True), (Spec((2, 5)), 1.0, True),
              torch=lambda x, v, wrap: x.clone().fill_diagonal_(v, wrap)),
    "scatter_reduce": [
        *reductions(_scatter_reduce, AWAY, 0, INDEX, SENT, CHOOSE),
        *reductions(_scatter_reduce, Spec((3, 4), -9, 9, distinct=True), 1,
                    np.array([[3, 3], [1, 0]]), Spec((2, 2), -8.7, 8.7, distinct=True),
                    ("sum", "amin")),
        *samples(_scatter_reduce, (AWAY, 1, np.array([[3, 3], [1, 0]]), AWAY, "prod"),
                 torch=False),  # PyTorch has no gradient of a larger src
        *reductions(_scatter_reduce, SCALAR, 0, np.array(0), SCALAR, ("prod", "mean")),
        *reductions(_scatter_reduce, np.array([1, 2, 3]), 0, np.array([0, 0, 1]),
                    np.array([5, 6, 7]), ("mean", "prod", "amax")),
        *reductions(_scatter_reduce, *TIED, ("amax", "amin")),
        *reductions(_scatter_reduce, FLAT, 0, np.zeros((0,), int), Spec((0,)), ("prod", "amax"))],
    "scatter_extreme": samples(
        lambda x, index, src, dim, largest, own: _scatter_reduce(
            x, dim, index, src, "amax" if largest else "amin", own),
        (AWAY, INDEX, SENT, 0, True, True), (AWAY, INDEX, SENT, 0, False, False), torch=False),
    "scatter_prod": samples(
        lambda x, index, src, dim, own: _scatter_reduce(x, dim, index, src, "prod", own),
        (AWAY, INDEX, SENT, 0, True), (AWAY, INDEX, SENT, 0, False), torch=False),
    "index_reduce": [
        *reductions(_index_reduce, AWAY, 0, np.array([2, 0, 2]), Spec((3, 4), avoid=(0,)),
                    ("prod", "mean", "amax", "amin"), quiet("index_reduce")),
        *reductions(_index_reduce, AWAY, -1, np.array([1, 1]), Spec((3, 2), avoid=(0,)),
                    ("amin",), quiet("index_reduce"))],
}
