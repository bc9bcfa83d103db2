"""Samples for autograd/ops/counting.py and distance.py; the answers are NumPy's, SciPy's or come
from loops."""

import numpy as np
from scipy.spatial.distance import cdist, pdist

from tests.cases import Case, Spec
from tests.cases.shape import samples
from tests.cases.statistics import kw

NUMBERS = np.array([3, 1, 3, 0, 5])
FLOATS = np.array([0.5, 2.0, 2.5, 2.0, -1.0, 4.0])
EDGES = np.array([0.0, 2.0, 2.5, 7.0])
ROWS = np.array([[1, 3, 5], [2, 2, 8]])
REPEATS = np.array([[2, 1], [2, 1], [0, 4], [2, 1]])


def _bincount(x, weights=None, minlength=0):
    return np.bincount(x, weights, minlength)


def _searchsorted(rows, x, side="left", right=False):
    side = "right" if right else side
    if rows.ndim == 1:
        return np.searchsorted(rows, x, side)
    return np.array([np.searchsorted(r, v, side) for r, v in zip(rows, x, strict=True)])


def _bucketize(x, boundaries, right=False):
    below = np.less_equal if right else np.less
    return np.sum(below(boundaries, np.asarray(x)[..., None]), -1)


def _histc(x, bins=100, low=0, high=0):
    if low == high:
        low, high = x.min(), x.max()
    low, high = (low - 1, high + 1) if low == high else (low, high)
    return np.histogram(x, bins, (low, high))[0].astype(x.dtype)


def _histogram(x, bins, range=None, weight=None, density=False):
    hist, edges = np.histogram(x, bins, range, density, weight)
    return hist.astype(float), edges


def _torch_histogram(x, bins, **kwargs):
    import torch

    return torch.histogram(x, bins, **kwargs)


def _isin(x, y, invert=False):
    return np.isin(x, y, invert=invert)


_in_order = sorted


def _unique(x, sorted=True, return_inverse=False, return_counts=False, dim=None):
    lines = x.reshape(-1).tolist() if dim is None else np.moveaxis(x, dim, 0).tolist()
    found = []
    for line in _in_order(lines):
        found += [line] * (line not in found)
    return _results(x, dim, lines, found, [found.index(line) for line in lines],
                    [lines.count(line) for line in found], return_inverse, return_counts)


def _unique_consecutive(x, return_inverse=False, return_counts=False, dim=None):
    lines = x.reshape(-1).tolist() if dim is None else np.moveaxis(x, dim, 0).tolist()
    found, inverse = [], []
    for line in lines:
        found += [line] * (not found or found[-1] != line)
        inverse.append(len(found) - 1)
    return _results(x, dim, lines, found, inverse, [inverse.count(i) for i in range(len(found))],
                    return_inverse, return_counts)


def _results(x, dim, lines, found, inverse, counts, return_inverse, return_counts):
    values = np.array(found, x.dtype)
    values = values if dim is None else np.moveaxis(values, 0, dim)
    shape = x.shape if dim is None else (len(lines),)
    results = [values, *[np.array(inverse, int).reshape(shape)] * return_inverse,
               *[np.array(counts, int)] * return_counts]
    return tuple(results) if len(results) > 1 else results[0]


def _norm(x, p):
    if p == 0:
        return float(np.count_nonzero(x))
    if np.isinf(p):
        return np.abs(x).max(initial=0)
    return np.sum(np.abs(x) ** p) ** (1 / p)


def _dist(x, y, p=2):
    return _norm((x - y).reshape(-1), p)


def _cdist(x, y, p=2.0):
    batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    x, y = (np.broadcast_to(a, (*batch, *a.shape[-2:])) for a in (x, y))
    out = np.zeros((*batch, x.shape[-2], y.shape[-2]))
    for at in np.ndindex(batch):
        out[at] = cdist(x[at], y[at], "minkowski", p=p) if 0 < p < np.inf else [
            [_norm(a - b, p) for b in y[at]] for a in x[at]]
    return out


def _pdist(x, p=2.0):
    return pdist(x, "minkowski", p=p) if len(x) > 1 else np.zeros(0)


def _renorm(x, p, dim, maxnorm):
    out = x.copy()
    for line in np.moveaxis(out, dim, 0):
        length = _norm(line.reshape(-1), p)
        if length > maxnorm:
            line *= maxnorm / (length + 1e-7)
    return out


POINTS, OTHERS = Spec((3, 2)), Spec((4, 2))

CASES = {
    "bincount": samples(_bincount, (NUMBERS,), (NUMBERS, np.arange(5.0)), (np.zeros(0, int),))
    + [kw((NUMBERS,), _bincount, minlength=9)],
    "bucketize": [kw((FLOATS, EDGES), _bucketize), kw((FLOATS, EDGES), _bucketize, right=True),
                  kw((ROWS, np.array([2, 3])), _bucketize), kw((2.0, EDGES), _bucketize)],
    "searchsorted": [kw((EDGES, FLOATS), _searchsorted), kw((EDGES, FLOATS), _searchsorted,
                                                           side="right"),
                     kw((ROWS, np.array([[0, 3], [2, 9]])), _searchsorted, right=True),
                     kw((np.array([1, 3]), 3), _searchsorted)],
    "histc": samples(_histc, (FLOATS, 4), (FLOATS, 3, -1, 3), (np.ones(3), 4), (FLOATS,)),
    "histogram": [Case((np.ones(2), 2), reference=_histogram),
                  Case((FLOATS, 4), reference=_histogram),
                  kw((FLOATS, 4), _histogram, range=(0.0, 4.0)),
                  kw((FLOATS, EDGES), _histogram),
                  kw((FLOATS, 3), _histogram, weight=np.arange(6.0)),
                  kw((FLOATS, EDGES), _histogram, density=True)],
    "isin": [kw((ROWS, np.array([2, 8])), _isin), kw((ROWS, 2), _isin),
             kw((FLOATS, FLOATS[:2]), _isin, invert=True), kw((2, ROWS), _isin)],
    "msort": samples(lambda x: np.sort(x, 0), (Spec((4, 2), distinct=True),), (NUMBERS,)),
    "unique": [kw((REPEATS,), _unique), kw((NUMBERS,), _unique, return_inverse=True),
               kw((REPEATS,), _unique, return_inverse=True, return_counts=True, dim=0),
               kw((REPEATS,), _unique, return_counts=True, dim=1),
               kw((REPEATS,), _unique, return_inverse=True, return_counts=True),
               kw((np.zeros(0),), _unique, return_counts=True)],
    "unique_consecutive": [
        kw((REPEATS,), _unique_consecutive), kw((np.array([1.0, 1, 2, 1]),), _unique_consecutive,
                                                return_inverse=True, return_counts=True),
        kw((REPEATS,), _unique_consecutive, return_inverse=True, return_counts=True, dim=0)],
    "dist": samples(_dist, (POINTS, POINTS), (POINTS, Spec((2,)), 1.5),
                    (POINTS, Spec((3, 2), 3, 5), np.inf)),
    "cdist": samples(_cdist, (POINTS, OTHERS), (Spec((2, 3, 2)), OTHERS), (POINTS, OTHERS, 1.0),
                     (POINTS, OTHERS, 3.0), (POINTS, OTHERS, np.inf), (Spec((0, 2)), OTHERS),
                     (Spec((1, 3, 2)), Spec((2, 1, 1, 2)), 2.0)),
    "euclidean": samples(_cdist, (POINTS, OTHERS), (Spec((2, 3, 2)), Spec((2, 1, 2))), torch=False),
    "pdist": samples(_pdist, (OTHERS,), (OTHERS, 1.0), (Spec((1, 2)),)),
    "renorm": samples(_renorm, (POINTS, 2, 0, 1.0), (POINTS, 1, 1, 0.5),
                      (Spec((2, 3, 2)), 3, -1, 9.0)),
}
