"""Samples for autograd/ops/statistics.py, gradient.py, quantiles.py and cumulative.py; the answers
are NumPy's, or come from SciPy or loops."""

import warnings

import numpy as np

from tests.cases import Case, Spec
from tests.cases.shape import samples

FLAT, MATRIX, CUBE = Spec((5,)), Spec((3, 4)), Spec((2, 3, 2))
APART, LINES = Spec((6,), distinct=True), Spec((3, 5), distinct=True)
SCALAR, INTEGERS = Spec(()), np.array([[4, 1, 3], [0, 2, 2]])
NANS = np.array([[1.0, np.nan, 3.0, np.nan], [4.0, 2.0, 9.0, 0.0], [np.nan] * 4])
POINTS = np.array([0.0, 0.5, 2.0, 3.0, 5.0])
TRUTH = np.array([True, False, False])


def _aminmax(x, dim=None, keepdim=False):
    return x.min(dim, keepdims=keepdim), x.max(dim, keepdims=keepdim)


def _count(x, dim=None):
    return np.sum(x != 0, tuple(dim) if isinstance(dim, tuple) else dim)


def _std_mean(x, dim=None, unbiased=True):
    return x.std(dim, ddof=int(unbiased)), x.mean(dim)


def _cov(x, correction=1, fweights=None, aweights=None):
    return np.cov(x, ddof=correction, fweights=fweights, aweights=aweights)


def _diff(x, n=1, dim=-1, prepend=None, append=None):
    given = {k: v for k, v in (("prepend", prepend), ("append", append)) if v is not None}
    return np.diff(x, n, dim, **given)


def _trapezoid(y, x=None, dx=None, dim=-1):
    return np.trapezoid(y, x, 1 if dx is None else dx, dim)


def _cumulative(y, x=None, dx=None, dim=-1):
    from scipy.integrate import cumulative_trapezoid

    return cumulative_trapezoid(y, x, 1 if dx is None else dx, dim)


def _gradient(x, spacing=1, dim=None, edge_order=1):
    dims = range(x.ndim) if dim is None else np.atleast_1d(dim).tolist()
    steps = spacing if isinstance(spacing, (list, tuple)) else [spacing] * len(dims)
    return tuple(np.gradient(x, h, axis=d, edge_order=edge_order)
                 for d, h in zip(dims, steps, strict=True))


def _quantile(function):
    def reference(x, q, dim=None, keepdim=False, interpolation="linear"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # nothing but NaN
            return function(x, np.asarray(q), axis=dim, keepdims=keepdim, method=interpolation)

    return reference


def _nanmean(x, dim=None):
    return np.nansum(x, dim) / np.sum(~np.isnan(x), dim)


def by_line(choose):
    """What stands at the place that `choose` finds in each line, and the place."""
    def reference(x, dim=-1, keepdim=False):
        if not x.ndim:
            return x, np.zeros((), int)
        lines = np.moveaxis(x, dim, -1)
        places = np.array([choose(line) for line in lines.reshape(-1, lines.shape[-1]).tolist()])
        places = np.moveaxis(places.reshape(*lines.shape[:-1], 1), -1, dim)
        pair = np.take_along_axis(x, places, dim), places
        return pair if keepdim else tuple(p.squeeze(dim) for p in pair)

    return reference


def _nanmedian_place(line):
    numbers = sorted(v for v in line if v == v)
    return line.index(numbers[(len(numbers) - 1) // 2]) if numbers else 0


def _mode_place(line):
    best = min(line, key=lambda v: (-line.count(v), v))
    return len(line) - 1 - line[::-1].index(best)


def _running(better):
    def reference(x, dim):
        if not x.ndim:
            return x, np.zeros((), int)
        values, places = np.moveaxis(x.copy(), dim, 0), np.zeros(x.shape, int)
        order = np.moveaxis(places, dim, 0)
        for i in range(1, len(values)):
            old = values[i - 1]
            kept = ~(better(values[i], old) | np.isnan(values[i])) | (
                np.isnan(old) & ~np.isnan(values[i]))
            order[i] = np.where(kept, order[i - 1], i)
            values[i] = np.where(kept, old, values[i])
        return np.moveaxis(values, 0, dim), places

    return reference


def _logcumsumexp(x, dim):
    return np.log(np.cumsum(np.exp(x), dim)) if x.ndim else x


def _torch_gradient(x, spacing, edge_order):
    """As PyTorch takes the points: as tensors."""
    import torch

    return torch.gradient(x, spacing=[torch.tensor(s) for s in spacing], edge_order=edge_order)


def kw(args, reference, **kwargs):
    return Case(args, kwargs, reference=reference)


CASES = {
    "aminmax": [kw((FLAT,), _aminmax), kw((LINES,), _aminmax, dim=0),
                kw((LINES,), _aminmax, dim=-1, keepdim=True), kw((SCALAR,), _aminmax),
                kw((INTEGERS,), _aminmax, dim=1)],
    "count_nonzero": samples(_count, (INTEGERS,), (INTEGERS, 1), (INTEGERS, (0, 1)), (TRUTH, 0),
                             (np.zeros((0,)),)) + samples(_count, (MATRIX, -1), order=0),
    "std_mean": samples(_std_mean, (MATRIX,), (MATRIX, 1), (MATRIX, 0, False)),
    "cov": [kw((MATRIX,), _cov), kw((FLAT,), _cov), kw((MATRIX,), _cov, correction=0),
            kw((MATRIX,), _cov, fweights=np.array([1, 2, 0, 3])),
            kw((MATRIX,), _cov, aweights=np.array([0.5, 2.0, 1.0, 3.0]),
               fweights=np.array([1, 2, 1, 3])),
            kw((MATRIX,), _cov, aweights=np.array([0.5, 2.0, 1.0, 3.0]), correction=0)],
    "corrcoef": samples(np.corrcoef, (MATRIX,), (Spec((2, 6)),))
    + samples(np.corrcoef, (FLAT,), order=1),  # it is 1
    "diff": [*samples(_diff, (FLAT,), (MATRIX, 2, 0), (CUBE, 1, 1), (FLAT, 0), (INTEGERS, 1),
                      (TRUTH,), (Spec((2, 0)),), (MATRIX, 5, 0)),
             *samples(_diff, (MATRIX, 1, -1, Spec((3, 1)), Spec((3, 2))))],
    "trapezoid": [*samples(_trapezoid, (FLAT,), (FLAT, POINTS), (MATRIX, Spec((3, 4))),
                           (np.array([1, 2, 4]),)),
                  kw((MATRIX,), _trapezoid, dx=0.5, dim=0), kw((FLAT, Spec((5,))), _trapezoid)],
    "trapz": [kw((FLAT,), _trapezoid, dx=0.5), kw((FLAT, POINTS), _trapezoid)],
    "cumulative_trapezoid": [kw((FLAT,), _cumulative), kw((FLAT, POINTS), _cumulative),
                             kw((MATRIX,), _cumulative, dx=2.0, dim=0)],
    "gradient": [kw((FLAT,), _gradient), kw((MATRIX,), _gradient, spacing=0.5),
                 kw((MATRIX,), _gradient, dim=0, edge_order=2), kw((np.arange(4) ** 2,), _gradient),
                 kw((MATRIX,), _gradient, spacing=[2.0, 0.5], dim=(0, 1)),
                 *[Case((FLAT,), dict(spacing=[POINTS], edge_order=e), reference=_gradient,
                        torch=_torch_gradient) for e in (1, 2)]],
    "nansum": samples(lambda x, dim=None, keepdim=False: np.nansum(x, dim, keepdims=keepdim),
                      (NANS,), (NANS, 1), (MATRIX, 0, True), (INTEGERS,)),
    "_nansum": [Case((x, dim, keepdim), {}, lambda x, dim, keepdim: np.nansum(
        x, dim, keepdims=keepdim), torch=False)
        for x, dim, keepdim in ((NANS, None, False), (NANS, 1, True), (MATRIX, (0, 1), False))],
    "nanmean": samples(_nanmean, (NANS,), (NANS, 1), (MATRIX, 1)),
    "nanmedian": [*samples(by_line(_nanmedian_place), (LINES, 1), (LINES, 0, True), (NANS[:2], 1),
                           (SCALAR, 0)),
                  *samples(lambda x: np.nanpercentile(x, 50, method="lower"), (APART,), (NANS,),
                           (Spec((4,)),)),
                  *samples(by_line(_nanmedian_place), (INTEGERS, 1), torch=False)],
    "mode": samples(by_line(_mode_place), (np.array([[3, 1, 1, 3], [2, 2, 0, 5]]), 1),
                    (np.array([3.0, 1, 3, 1, 1]),), (LINES, 0, True), (SCALAR, 0)),
    "quantile": [*samples(_quantile(np.quantile), (APART, 0.3), (LINES, 0.25, 1),
                          (LINES, np.array([0.1, 0.5, 1.0]), 0), (LINES, 0.5, 0, True),
                          (LINES, np.array([0.2, 0.7]), 1, True),
                          (LINES, np.array([0.4]), None, True),
                          (np.array([[1.0, 2.0], [np.nan, 1.0]]), 0.5, 1)),
                 *samples(lambda x, q, dim: x, (SCALAR, 0.5, 0)),
                 *[kw((APART, 0.33), _quantile(np.quantile), interpolation=way)
                   for way in ("lower", "higher", "nearest", "midpoint")]],
    "nanquantile": samples(_quantile(np.nanquantile), (APART, 0.3), (NANS, 0.4, 1),
                           (NANS, np.array([0.1, 0.9])), (LINES, 0.5, 0)),
    "cummax": samples(_running(np.greater_equal), (LINES, 1), (CUBE, 0), (SCALAR, 0), (NANS, 1),
                      (np.array([1, 3, 3, 2]), 0)) + samples(
        lambda x, dim: (x, x), (Spec((0, 2)), 0), torch=False),
    "cummin": samples(_running(np.less_equal), (LINES, -1), (CUBE, 1), (SCALAR, 0), (NANS, 0)),
    "logcumsumexp": samples(_logcumsumexp, (LINES, 1), (CUBE, 0), (SCALAR, 0), (Spec((0, 2)), 0),
                            (Spec((7,), -30, 30), 0)),
}
