"""Systems whose matrix is known by a factor, inverses that say where there is none, and the largest
singular values."""

from __future__ import annotations

import numpy as np

from ..errors import describe
from ..record import composite
from ..tensors import wrap
from .compare import where
from .decompose import linalg_svd
from .inverse import _solved, check_matrices, inverse, solve_triangular
from .linalg import mh
from .named import named
from .reduce import mean
from .shape import clone, whole

_Inverted = named("inv_ex", "inverse info")
_Solved = named("solve_ex", "result info")
_Triangular = named("triangular_solve", "solution cloned_coefficient")
_Largest = named("svd_lowrank", "U S V")


@composite()
def cholesky_solve(B, L, upper=False):  # noqa: N803 - PyTorch's names, here and below
    """X with A X = B, where A = L Lᴴ and L is the lower triangle of `L`; with `upper` A = LᴴL of
    the upper one.

    Shape: B (*, n, k), L (*, n, n) -> (*, n, k)

    >>> L = autograd.linalg.cholesky(autograd.eye(2) * 4)
    >>> autograd.ones(2, 1).cholesky_solve(L)
    tensor([[0.2500],
            [0.2500]])
    """
    check_matrices("cholesky_solve", L=L)
    half = solve_triangular(mh(L) if upper else L, B, upper=False)
    return solve_triangular(L if upper else mh(L), half, upper=True)


@composite()
def cholesky_inverse(L, upper=False):  # noqa: N803
    """The inverse of A = L Lᴴ, or with `upper` of LᴴL: cholesky_solve with the identity.

    >>> autograd.cholesky_inverse(autograd.eye(1) * 2)
    tensor([[0.2500]])
    """
    check_matrices("cholesky_inverse", L=L)
    return cholesky_solve(wrap(np.eye(L.shape[-1], dtype=L.dtype)), L, upper)


def _singular(a: np.ndarray) -> np.ndarray:
    """1 for each matrix that has no inverse, else 0."""
    sign, _ = np.linalg.slogdet(a.astype(np.result_type(a, np.float64)))
    return np.asarray(sign == 0, np.int32)


def _made_regular(name: str, a, check_errors: bool):
    """The matrices with the identity in the places of those without inverse, the condition that
    says where those are, and `info`."""
    check_matrices(name, A=a)
    info = _singular(getattr(a, "_any_array", a))
    if check_errors and info.any():
        raise RuntimeError(f"{name}: {describe(a)} is singular, or holds a matrix that is; "
                           "linalg.pinv or linalg.lstsq take such ones")
    fails = info[..., None, None] > 0
    return where(fails, np.eye(a.shape[-1], dtype=a.dtype), a), fails, wrap(info)


@composite(method=False)
def inv_ex(A, *, check_errors=False):  # noqa: N803
    """The pair (inverse, info), where info is 1 for a matrix that has no inverse: it is then NaN,
    unless `check_errors` raises.

    >>> autograd.linalg.inv_ex(autograd.zeros(2, 2)).info
    tensor(1, dtype=int32)
    """
    regular, fails, info = _made_regular("inv_ex", A, check_errors)
    return _Inverted(where(fails, np.nan, inverse(regular)), info)


@composite(method=False)
def solve_ex(A, B, *, left=True, check_errors=False):  # noqa: N803
    """The pair (result, info) of linalg.solve, where info is 1 for a matrix that has no inverse:
    the result is then NaN, unless `check_errors` raises.

    >>> autograd.linalg.solve_ex(autograd.eye(2), autograd.ones(2, 1)).info
    tensor(0, dtype=int32)
    """
    regular, fails, info = _made_regular("solve_ex", A, check_errors)
    found = _solved("solve_ex", regular, B, left)
    fails = fails[..., 0] if len(found.shape) < len(A.shape) else fails
    return _Solved(where(fails, np.nan, found), info)


@composite()
def triangular_solve(b, A, upper=True, transpose=False, unitriangular=False):  # noqa: N803
    """The pair of x with A x = b, of A only a triangle, and a copy of A; linalg.solve_triangular
    is the newer name.

    >>> autograd.ones(1, 1).triangular_solve(autograd.eye(1) * 4).solution
    tensor([[0.2500]])
    """
    check_matrices("triangular_solve", A=A)
    found = solve_triangular(A.mT if transpose else A, b, upper=upper != transpose,
                             unitriangular=unitriangular)
    return _Triangular(found, clone(A))


@composite(method=False)
def svd_lowrank(A, q=6, niter=2, M=None):  # noqa: N803
    """The q largest singular values of A, or of A - M, with their vectors (U, S, V): those of the
    exact svd, so that `niter`, the steps of an iteration, means nothing.

    Shape: (*, m, n) -> (*, m, q), (*, q), (*, n, q)

    >>> autograd.svd_lowrank(autograd.diag(autograd.tensor([1., 3., 2.])), q=2).S
    tensor([3., 2.])
    """
    check_matrices("svd_lowrank", square=False, A=A)
    q = whole("svd_lowrank", q)
    if not 0 <= q <= min(A.shape[-2:]):
        raise ValueError(f"svd_lowrank: q must be from 0 to {min(A.shape[-2:])}, the smaller size "
                         f"of {describe(A)}, got {q}")
    u, s, vh = linalg_svd(A if M is None else A - M, False)
    return _Largest(u[..., :q], s[..., :q], mh(vh)[..., :q])


@composite(method=False)
def pca_lowrank(A, q=None, center=True, niter=2):  # noqa: N803
    """The q (at most 6 by default) principal components of the rows of A: svd_lowrank of A, less
    the mean of its rows with `center`.

    Shape: (*, m, n) -> (*, m, q), (*, q), (*, n, q)

    >>> autograd.pca_lowrank(autograd.tensor([[0., 1.], [2., 1.]]), q=1).S
    tensor([1.4142])
    """
    check_matrices("pca_lowrank", square=False, A=A)
    q = min(6, *A.shape[-2:]) if q is None else q
    return svd_lowrank(A - mean(A, -2, True) if center else A, q, niter)
