"""Samples for autograd/ops/reduce.py; the answers are NumPy's and SciPy's."""

import numpy as np
from scipy import linalg, special

from tests.cases import Case, Spec

MATRIX, CUBE = Spec((3, 4)), Spec((2, 3, 2))
DISTINCT = Spec((2, 3, 2), distinct=True)
INTEGERS = np.array([[3, -1, 0], [2, 2, 5]])
TRUTH = np.array([[True, False, True], [False, False, False]])
ZEROS = np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]])


def axes(dim):
    return tuple(dim) if isinstance(dim, list) else dim


def reduction(function, spec=CUBE, several=True, **options):
    """All dimensions, one, a negative one, keepdim, several, and a 0-d input."""
    def reference(x, dim=None, keepdim=False):
        return function(x, axis=axes(dim), keepdims=keepdim)

    calls = [((spec,), {}), ((spec, 1), {}), ((spec, -1, True), {}),
             ((spec,), {"dim": 0, "keepdim": True}),
             ((Spec((), spec.low, spec.high),), {})]
    if several:
        calls += [((spec, (0, 2)), {}), ((spec, [-1, 0], True), {})]
    return [Case(args, kwargs, reference=reference, **options) for args, kwargs in calls]


def spread_reference(function):
    """var and std of PyTorch's signature from those of NumPy."""
    def reference(x, dim=None, unbiased=True, keepdim=False, correction=None):
        ddof = correction if correction is not None else int(unbiased)
        return function(x, axis=dim, ddof=ddof, keepdims=keepdim)

    return reference


def spreads(function):
    reference = spread_reference(function)
    calls = [((CUBE,), {}), ((CUBE, 1), {}), ((CUBE, (0, 2)), {"keepdim": True}),
             ((MATRIX, 0, False), {}), ((MATRIX,), {"correction": 0}),
             ((MATRIX, -1), {"correction": 2, "keepdim": True})]
    return [Case(args, kwargs, reference=reference) for args, kwargs in calls]


def spreads_of(function):
    def reference(x, dim, correction, keepdim):
        return function(x, axis=dim, ddof=correction, keepdims=keepdim)

    return [Case((CUBE, dim, correction, keepdim), reference=reference, torch=False)
            for dim, correction, keepdim in ((None, 1, False), (1, 0, True), ((0, 2), 1, False))]


def _var_mean(x, dim=None, unbiased=True, keepdim=False, correction=None):
    return (spread_reference(np.var)(x, dim, unbiased, keepdim, correction),
            np.mean(x, axis=dim, keepdims=keepdim))


def _norm(x, p="fro", dim=None, keepdim=False):
    if dim is None:
        shape = (1,) * x.ndim if keepdim else ()
        return np.linalg.norm(x.ravel(), 2 if p == "fro" else p).reshape(shape)
    if isinstance(dim, tuple):
        return np.sqrt((x * x).sum(dim, keepdims=keepdim))
    return np.linalg.norm(x, 2 if p == "fro" else p, axis=dim, keepdims=keepdim)


def _norm_over(x, p, dim, keepdim):
    return _norm(x, p, dim, keepdim)


def _nuclear(x):
    return np.linalg.norm(x, "nuc", axis=(-2, -1))


def _orthogonal(x):
    u, _, v = np.linalg.svd(x, full_matrices=False)
    return u @ v


def _orthogonal_grad(g, x):
    """Q X + (1 - Q Qᵀ) G P⁻¹ for x = Q P, where P X + X P = Qᵀ G - Gᵀ Q."""
    p, q = linalg.sqrtm(x.T @ x), _orthogonal(x)
    turned = linalg.solve_sylvester(p, p, q.T @ g - g.T @ q)
    return q @ turned + (g - q @ (q.T @ g)) @ np.linalg.inv(p)


def _logsumexp(x, dim, keepdim=False):
    return special.logsumexp(x, axis=axes(dim), keepdims=keepdim)


APART = Spec((2, 3, 2), 0.2, 2.0, distinct=True)
NORMED = Spec((2, 3, 2), avoid=(0,), gap=0.3)

CASES = {
    "sum": [*reduction(np.sum), Case((MATRIX, -2), {"dtype": np.dtype(np.float64)},
                                     reference=lambda x, dim, dtype: x.sum(dim)),
            Case((INTEGERS,), reference=lambda x: np.array(11)),
            Case((TRUTH, 0), reference=lambda x, dim: np.array([1, 0, 1])),
            Case((Spec((0, 3)), 0), reference=lambda x, dim: np.zeros(3)),
            Case((Spec((2, 0)),), reference=lambda x: np.array(0.0))],
    "mean": [*reduction(np.mean), Case((INTEGERS, 1), {"dtype": np.dtype(np.float64)},
                                       reference=lambda x, dim, dtype: np.array([2 / 3, 3.0])),
             Case((np.zeros((0, 2)), 0), reference=lambda x, dim: np.full(2, np.nan))],
    "prod": [*reduction(np.prod, several=False),
             Case((ZEROS, 1), reference=lambda x, dim: np.zeros(2)),
             Case((Spec((5,)),), reference=np.prod), Case((Spec((2, 7)), 1), reference=np.prod),
             Case((INTEGERS,), reference=lambda x: np.array(0)),
             Case((np.zeros((2, 0)), 1), reference=lambda x, dim: np.ones(2))],
    "_prod": [Case((CUBE, dim, keepdim), torch=False, reference=lambda x, dim, keepdim: np.prod(
        x, dim, keepdims=keepdim)) for dim, keepdim in ((None, False), (1, True), (2, False))],
    "cumsum": [Case((CUBE, dim), reference=np.cumsum) for dim in (0, 1, -1)]
    + [Case((INTEGERS, 1), reference=np.cumsum), Case((TRUTH, 0), reference=np.cumsum),
       Case((Spec(()), 0), reference=lambda x, dim: x),
       Case((Spec((2, 0)), 1), reference=np.cumsum)],
    "cumsum_back": [Case((CUBE, dim), torch=False, reference=lambda x, dim: np.flip(
        np.cumsum(np.flip(x, dim), dim), dim)) for dim in (0, 1, -1)],
    "cumprod": [Case((CUBE, dim), reference=np.cumprod) for dim in (0, 1, -1)]
    + [Case((Spec((7,)), 0), reference=np.cumprod), Case((INTEGERS, 1), reference=np.cumprod),
       Case((ZEROS, 1), reference=np.cumprod), Case((Spec(()), 0), reference=lambda x, dim: x),
       Case((Spec((2, 0)), 1), reference=np.cumprod)],
    "var": spreads(np.var),
    "std": spreads(np.std),
    "var_mean": [Case((CUBE,), reference=_var_mean), Case((CUBE, 1), reference=_var_mean),
                 Case((CUBE, (0, 2)), {"keepdim": True, "correction": 0}, reference=_var_mean)],
    "_var": spreads_of(np.var), "_std": spreads_of(np.std),
    "amax": [*reduction(np.max, DISTINCT),
             Case((np.array([1.0, np.nan, 3.0]),), reference=np.max),
             Case((INTEGERS, 0), reference=np.max)],
    "amin": [*reduction(np.min, DISTINCT),
             Case((np.array([1.0, np.nan, 3.0]),), reference=np.min),
             Case((INTEGERS, 0), reference=np.min)],
    "any": [Case(args, reference=np.any) for args in [(TRUTH,), (TRUTH, 1), (INTEGERS, 0),
                                                      (ZEROS, (0, 1))]]
    + [Case((TRUTH, -1, True), reference=lambda x, dim, keep: np.array([[True], [False]])),
       Case((np.zeros((2, 0)), 1), reference=np.any),
       Case((Spec((2, 3)),), reference=np.any, order=0)],
    "all": [Case(args, reference=np.all) for args in [(TRUTH,), (TRUTH, 1), (INTEGERS, 0),
                                                      (ZEROS, (0, 1))]]
    + [Case((TRUTH, -1, True), reference=lambda x, dim, keep: np.array([[False], [False]])),
       Case((np.zeros((2, 0)), 1), reference=np.all),
       Case((Spec((2, 3)),), reference=np.all, order=0)],
    "logsumexp": [Case((CUBE, 1), reference=_logsumexp), Case((CUBE, -1, True),
                                                              reference=_logsumexp),
                  Case((CUBE, (0, 2)), reference=_logsumexp),
                  Case((np.array([1e4, 1e4, -np.inf]), 0), reference=_logsumexp),
                  Case((np.array([[-np.inf, -np.inf], [np.inf, 1.0]]), 1), reference=_logsumexp)],
    "norm": [Case((NORMED,), reference=_norm), Case((NORMED, "fro", (0, 2)), reference=_norm),
             *[Case((NORMED, p, 1), reference=_norm) for p in (1, 2, 3, 2.5, 0.5, -1)],
             *[Case((APART, p, -1, True), reference=_norm) for p in (np.inf, -np.inf)],
             Case((NORMED, 3), {"keepdim": True}, reference=_norm),
             Case((ZEROS, 0, 1), reference=_norm)],
    "nuclear": [Case((Spec(shape),), reference=_nuclear, torch=False)
                for shape in ((3, 3), (4, 2), (2, 2, 3))],
    "orthogonal": [Case((Spec(shape),), reference=_orthogonal, torch=False, order=1)
                   for shape in ((3, 3), (4, 2), (2, 2, 3))],
    "orthogonal_grad": [Case((Spec((3, 2)), Spec((3, 2))), reference=_orthogonal_grad,
                             torch=False, order=0)],
    "_norm": [Case((NORMED, p, 1, keepdim), reference=_norm_over, torch=False)
              for p, keepdim in ((2, False), (3, True), (0.5, False))],
}
