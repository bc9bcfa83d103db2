"""Samples for autograd/ops/order.py; the answers are NumPy's or come from Python's sorted."""

import numpy as np

from tests.cases import Case, Spec
from tests.cases.shape import samples

MATRIX, CUBE = Spec((3, 4), distinct=True), Spec((2, 3, 2), distinct=True)
SCALAR, ODD = Spec(()), Spec((5,), distinct=True)
TIED = np.array([[1, 3, 3, 0], [2, 2, 2, 2]])
TIED_FLOATS = np.array([2.0, 1.0, 2.0, 1.0, 2.0])
NANS = np.array([[1.0, np.nan, 3.0, np.nan], [4.0, 2.0, 9.0, 0.0]])
TRUTH = np.array([[False, True, True], [False, False, False]])
DIMS = [(MATRIX, 0), (MATRIX, 1), (CUBE, -2), (CUBE, 1, True), (SCALAR, 0), (TIED, 1), (TIED, -1),
        (NANS, 1), (NANS, 0), (TRUTH, 1)]


def by_line(choose, keeps=False):
    """`choose` gives the indices to take from a line along dim; the answer is what stands there,
    and the indices."""
    def reference(x, dim=-1, *more):
        keep = keeps or bool(more and more[-1] is True)
        if x.size == 0:
            return x, np.zeros(x.shape, np.int64)
        lines = np.moveaxis(x.reshape(x.shape or (1,)), dim, -1)
        out = np.array([choose(line.tolist()) for line in lines.reshape(-1, lines.shape[-1])],
                       np.int64).reshape(*lines.shape[:-1], -1)
        values = np.take_along_axis(lines, out, -1)
        pair = [np.moveaxis(a, -1, dim) for a in (values, out)]
        if x.ndim == 0:
            return tuple(a.reshape(()) for a in pair)
        return tuple(pair) if keep else tuple(a.squeeze(dim) for a in pair)

    return reference


def _key(value):
    """NaN above everything else."""
    return (value != value, value)


def _first_nan(line):
    return next((i for i, v in enumerate(line) if v != v), None)


def _max(line):
    nan = _first_nan(line)
    return [nan if nan is not None else line.index(max(line))]


def _min(line):
    nan = _first_nan(line)
    return [nan if nan is not None else line.index(min(line))]


def _rising(line):
    return sorted(range(len(line)), key=lambda i: _key(line[i]))


def _falling(line):
    """From the largest on; equal ones keep their order, and NaN comes first."""
    return sorted(range(len(line)), key=lambda i: (line[i] == line[i],
                                                   -line[i] if line[i] == line[i] else 0))


def _median(line):
    nan = _first_nan(line)
    return [nan if nan is not None else _rising(line)[(len(line) - 1) // 2]]


def _sorted(x, dim=-1, descending=False, stable=False):
    return by_line(_falling if descending else _rising, True)(x, dim)


def _topk(x, k, dim=-1, largest=True):
    return by_line(lambda line: (_falling if largest else _rising)(line)[:k], True)(x, dim)


def _kthvalue(x, k, dim=-1, keepdim=False):
    return by_line(lambda line: _rising(line)[k - 1: k], keepdim)(x, dim)


def _median_of_all(x):
    return np.array(np.nan) if np.isnan(x).any() else np.sort(x, None)[(x.size - 1) // 2]


def _argextreme(function):
    def reference(x, dim=None, keepdim=False):
        return function(x, axis=dim, keepdims=keepdim)

    return reference


def torch_function(name):
    """PyTorch's function of another name."""
    def call(*args, **kwargs):
        import torch

        return getattr(torch, name)(*args, **kwargs)

    return call


UNTIED = [(MATRIX, 0), (MATRIX, 1), (CUBE, -2), (CUBE, 1, True), (SCALAR, 0), (ODD, 0), (NANS, 1)]
SORTED = [(MATRIX,), (MATRIX, 0), (CUBE, -2), (CUBE, 1, True), (SCALAR,), (NANS, 1),
          (NANS, -1, True), (Spec((0, 2)), 0)]
ARG = [(MATRIX,), (MATRIX, 0), (MATRIX, -1, True), (SCALAR,), (SCALAR, 0), (TIED, 1)]
PAIR = (Spec((2, 3), distinct=True), Spec((3,), 2.1, 4.0))

def _placed(g, places, dim, shape):
    out = np.zeros(shape)
    for at in np.ndindex(g.shape):
        to = list(at)
        to[dim] = places[at]
        out[tuple(to)] = g[at]
    return out


CASES = {
    "placed": samples(_placed, (Spec((2, 2)), np.array([[3, 0], [1, 2]]), 1, (2, 4)),
                      (Spec((2, 3)), np.array([[1, 0, 2], [0, 2, 1]]), 0, (3, 3)), torch=False),
    "max": [*samples(np.max, (MATRIX,), (SCALAR,), (TIED,), (NANS,), (TRUTH,)),
            *samples(by_line(_max), *DIMS), *samples(np.maximum, PAIR),
            Case((MATRIX,), {"dim": 1, "keepdim": True},
                 reference=lambda x, dim, keepdim: by_line(_max, True)(x, dim))],
    "min": [*samples(np.min, (MATRIX,), (SCALAR,), (TIED,), (NANS,), (TRUTH,)),
            *samples(by_line(_min), *DIMS), *samples(np.minimum, PAIR)],
    "max_dim": samples(by_line(_max), *DIMS[:5], torch=torch_function("max")),
    "min_dim": samples(by_line(_min), *DIMS[:5], torch=torch_function("min")),
    "median": [*samples(_median_of_all, (MATRIX,), (ODD,), (SCALAR,), (TIED,), (NANS,)),
               *samples(by_line(_median), *UNTIED),
               *samples(by_line(_median), (TIED, 1), (TIED_FLOATS, 0), torch=False)],
    "median_dim": samples(by_line(_median), *UNTIED, torch=torch_function("median")),
    "median_all": samples(_median_of_all, (MATRIX,), (ODD,), torch=torch_function("median")),
    "argmax": [*samples(_argextreme(np.argmax), *ARG, order=0),
               *samples(_argextreme(np.argmax), (TRUTH, 1), torch=False),
               *samples(lambda x, dim: np.array([1, 2]), (NANS, 1)),
               Case((MATRIX,), {"keepdim": True}, reference=_argextreme(np.argmax), order=0)],
    "argmin": [*samples(_argextreme(np.argmin), *ARG, order=0),
               *samples(lambda x, dim: np.array([1, 3]), (NANS, 1))],
    "sort": [*samples(_sorted, *SORTED), *samples(_sorted, (TIED, 1, True), torch=False),
             *[Case((x,), {"stable": True, "descending": falling}, reference=_sorted)
               for x in (TIED, TIED_FLOATS) for falling in (True, False)]],
    "argsort": [*samples(lambda *args: _sorted(*args)[1], *SORTED, order=0),
                Case((TIED,), {"stable": True, "descending": True},
                     reference=lambda x, **options: _sorted(x, **options)[1])],
    "topk": [*samples(_topk, (MATRIX, 2), (MATRIX, 2, 0), (CUBE, 1, 1), (CUBE, 3, -2, False),
                      (SCALAR, 1), (NANS, 2), (NANS, 2, 1, False), (MATRIX, 0)),
             *samples(_topk, (TIED, 2), torch=False)],
    "kthvalue": [*samples(_kthvalue, (MATRIX, 1), (MATRIX, 3, 0), (CUBE, 2, 1, True), (SCALAR, 1),
                          (NANS, 2), (NANS, 4)),
                 *samples(_kthvalue, (TIED, 2, 1), torch=False)],
}
