"""A = P L U: its factors, and systems solved with them. The factors are SciPy's, which comes with
the extra special: `pip install 'wengert[special]'`."""

from __future__ import annotations

from functools import cache

import numpy as np

from ..errors import describe
from ..kernels.rounding import rounded_once
from ..record import composite, op
from ..tensors import wrap
from .from_scipy import scipys
from .index import integers
from .inverse import check_matrices, solve_matrices, solve_triangular
from .linalg import matmul
from .named import named
from .triangle import tril, triu

_Factored = named("linalg_lu_factor", "LU pivots")
_Checked = named("linalg_lu_factor_ex", "LU pivots info")
_Parts = named("linalg_lu", "P L U")


@cache
def _getrf(dtype):
    """LAPACK's factorisation for matrices of a type."""
    return scipys("linalg", "get_lapack_funcs")(["getrf"], dtype=dtype)[0]


@rounded_once
def _factored(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """L and U in one matrix, and the rows that were swapped, counted from 0."""
    m, n = a.shape[-2:]
    out, swaps = np.empty_like(a), np.empty((*a.shape[:-2], min(m, n)), np.int32)
    factor = _getrf(a.dtype)
    for at in np.ndindex(a.shape[:-2] if a.size else (0,)):
        out[at], swaps[at], _ = factor(a[at])
    return out, swaps


@op(method=False, differentiable=False)
def permutation(pivots, /, n, dtype):
    """P, n × n, from the rows that were swapped, counted from 1."""
    if pivots.size and not 1 <= pivots.min() <= pivots.max() <= n:
        raise IndexError(f"permutation: pivots must lie from 1 to {n}, got {pivots.min()} to "
                         f"{pivots.max()}")
    out = np.zeros((*pivots.shape[:-1], n, n), dtype)
    for at in np.ndindex(pivots.shape[:-1]):
        order = list(range(n))
        for i, row in enumerate(pivots[at].tolist()):
            order[i], order[row - 1] = order[row - 1], order[i]
        out[at][order, np.arange(n)] = 1
    return out


def _check_pivots(name: str, packed, pivots) -> None:
    check_matrices(name, square=False, LU=packed)
    m, n = packed.shape[-2:]
    rows = integers(name, pivots)
    if tuple(rows.shape) != (*packed.shape[:-2], min(m, n)):
        raise ValueError(f"{name}: pivots {describe(pivots)} must be {tuple(packed.shape[:-2])} "
                         f"rows of {min(m, n)}, as lu_factor gives them with {describe(packed)}")


def _lu_back(g, out, pivots):
    """P L⁻ᵀ (tril(Lᵀ gL, -1) + triu(gU Uᵀ)) U⁻ᵀ."""
    m, n = out.shape[-2:]
    if m != n:
        raise RuntimeError(f"lu_parts: the gradient is defined for square matrices, got ({m}, {n})")
    lower, upper = tril(out, -1) + np.eye(n, dtype=out.dtype), triu(out)
    inner = tril(matmul(lower.mT, tril(g, -1)), -1) + triu(matmul(triu(g), upper.mT))
    inner = solve_matrices(lower.mT, inner)
    inner = solve_matrices(upper, inner.mT).mT
    return matmul(permutation(pivots, n, out.dtype), inner)


@op(method=False, public_extra=("pivots",), vjp=dict(
    input=lambda g, out, pivots: _lu_back(g, out, pivots)))
def lu_parts(input, /):
    """L (below the diagonal, where it is 1) and U in one matrix, and the rows that were swapped,
    counted from 1."""
    found, swaps = _factored(input)
    return found, swaps + np.int32(1)


def _factors(name: str, a, pivot: bool):
    check_matrices(name, square=False, A=a)
    if not pivot:
        raise RuntimeError(f"{name}: pivot=False is not offered; rows are always swapped")
    return lu_parts(a)


@composite(method=False)
def lu_factor(A, *, pivot=True):  # noqa: N803 - PyTorch's names, here and below
    """The pair (LU, pivots): L, with 1 on its diagonal, and U in one matrix, and for each row the
    one, counted from 1, that it was swapped with.  Needs SciPy.  The gradient is that of square A.

    Shape: (*, m, n) -> (*, m, n), (*, min(m, n))

    >>> autograd.linalg.lu_factor(autograd.tensor([[1., 0.], [2., 4.]])).LU
    tensor([[ 2.0000,  4.0000],
            [ 0.5000, -2.0000]])
    """
    return _Factored(*_factors("lu_factor", A, pivot))


@composite(method=False)
def lu_factor_ex(A, *, pivot=True, check_errors=False):  # noqa: N803
    """(LU, pivots, info) of lu_factor, where info is the number of U's first diagonal element that
    is 0, else 0; `check_errors` raises for one.

    >>> autograd.linalg.lu_factor_ex(autograd.zeros(2, 2)).info
    tensor(1, dtype=int32)
    """
    packed, pivots = _factors("lu_factor_ex", A, pivot)
    info = first_zero(packed)
    if check_errors and bool((info != 0).any()):
        raise RuntimeError(f"lu_factor_ex: {describe(A)} is singular, or holds a matrix that is")
    return _Checked(packed, pivots, info)


@op(method=False, differentiable=False)
def first_zero(input, /):
    """The number of each matrix's first diagonal element that is 0, else 0."""
    zero = np.diagonal(input, 0, -2, -1) == 0
    first = zero.argmax(-1) + 1 if zero.shape[-1] else np.zeros(zero.shape[:-1])
    return np.asarray(np.where(zero.any(-1), first, 0), np.int32)


@composite(method=False)
def linalg_lu(A, *, pivot=True):  # noqa: N803
    """(P, L, U) with A = P L U: a permutation, L with 1 on its diagonal, and U.  Needs SciPy.

    Shape: (*, m, n) -> (*, m, m), (*, m, k), (*, k, n) with k = min(m, n)

    >>> autograd.linalg.lu(autograd.tensor([[0., 1.], [2., 4.]])).U
    tensor([[2., 4.],
            [0., 1.]])
    """
    return lu_unpack(*_factors("linalg_lu", A, pivot))


@composite()
def lu(A, pivot=True, get_infos=False):  # noqa: N803
    """lu_factor, and with `get_infos` what lu_factor_ex adds, by its older name.

    >>> autograd.eye(2).lu()[1]
    tensor([1, 2], dtype=int32)
    """
    return lu_factor_ex(A, pivot=pivot) if get_infos else lu_factor(A, pivot=pivot)


@composite(method=False)
def lu_unpack(LU_data, LU_pivots, unpack_data=True, unpack_pivots=True):  # noqa: N803
    """(P, L, U) of what lu_factor gives; empty tensors for what is not to be unpacked.

    >>> autograd.lu_unpack(*autograd.linalg.lu_factor(autograd.eye(1))).L
    tensor([[1.]])
    """
    _check_pivots("lu_unpack", LU_data, LU_pivots)
    m, n = LU_data.shape[-2:]
    empty = wrap(np.zeros(0, LU_data.dtype))
    p, lower, upper = empty, empty, empty
    if unpack_pivots:
        p = permutation(LU_pivots, m, LU_data.dtype)
    if unpack_data:
        k = min(m, n)
        lower = tril(LU_data[..., :k], -1) + np.eye(m, k, dtype=LU_data.dtype)
        upper = triu(LU_data[..., :k, :])
    return _Parts(p, lower, upper)


@composite()
def lu_solve(b, LU_data, LU_pivots):  # noqa: N803
    """x with A x = b, from what lu_factor gives of A.

    Shape: b (*, n, k), LU_data (*, n, n) -> (*, n, k)

    >>> autograd.ones(1, 1).lu_solve(*autograd.linalg.lu_factor(autograd.eye(1) * 4))
    tensor([[0.2500]])
    """
    return _lu_solved("lu_solve", LU_data, LU_pivots, b, True, False)


@composite(method=False)
def linalg_lu_solve(LU, pivots, B, *, left=True, adjoint=False):  # noqa: N803
    """X with A X = B, or X A = B unless `left`, or with Aᵀ in A's place (`adjoint`), from what
    lu_factor gives of A.

    >>> autograd.linalg.lu_solve(*autograd.linalg.lu_factor(autograd.eye(1) * 4),
    ...                          autograd.ones(1, 1))
    tensor([[0.2500]])
    """
    return _lu_solved("linalg_lu_solve", LU, pivots, B, left, adjoint)


def _lu_solved(name: str, packed, pivots, b, left: bool, adjoint: bool):
    check_matrices(name, LU=packed)
    check_matrices(name, square=False, B=b)
    _check_pivots(name, packed, pivots)
    if not left:
        return _lu_solved(name, packed, pivots, b.mT, True, not adjoint).mT.clone()
    p = permutation(pivots, packed.shape[-1], packed.dtype)
    if adjoint:
        half = solve_triangular(packed.mT, b, upper=False)
        return matmul(p, solve_triangular(packed.mT, half, upper=True, unitriangular=True))
    half = solve_triangular(packed, matmul(p.mT, b), upper=False, unitriangular=True)
    return solve_triangular(packed, half, upper=True)
