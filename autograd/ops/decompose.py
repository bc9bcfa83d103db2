"""Decompositions of matrices in the last two dimensions, by LAPACK as NumPy has it.

Rules, closed to any order as they are written with these ops: of the Cholesky factor I. Murray,
"Differentiation of the Cholesky decomposition" (2016); of QR D. Roberts and L. Roberts, "QR and LQ
decomposition matrix backpropagation algorithms" (2020); of eigenvectors M. B. Giles (2008); of
singular vectors J. Townsend, "Differentiating the singular value decomposition" (2016).

Vectors of equal eigenvalues or singular values are not determined: as PyTorch documents, gradients
through them are then infinite or arbitrary, except where none is asked for, which counts as 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import describe
from ..kernels.rounding import rounded_once
from ..record import composite, op
from ..tensors import wrap
from .compare import where
from .elementwise import safe_div
from .index import narrow
from .inverse import check_matrices, singular_values, solve_matrices
from .join import cat
from .linalg import matmul, mh
from .named import named
from .shape import clone, unsqueeze
from .triangle import tril

_Qr = named("qr", "Q R")
_Svd = named("svd", "U S V")
_LinalgSvd = named("linalg_svd", "U S Vh")
_Eigh = named("eigh", "eigenvalues eigenvectors")
_Checked = named("cholesky_ex", "L info")


@op(method=False, vjp=dict(input=lambda g, out: _cholesky_back(g, out)))
def cholesky_factor(input, /):
    """L with A = L Lᴴ; of A only the lower triangle is looked at."""
    return _cholesky(input)


_cholesky = rounded_once(np.linalg.cholesky)


def _cholesky_back(g, l):  # noqa: E741 - its name
    """½ (S + Sᴴ) with S = L⁻ᴴ Φ L⁻¹, where Φ is the lower half of Lᴴ G."""
    half, turned = _lower_half(matmul(mh(l), g)), mh(l)
    s = solve_matrices(turned, mh(solve_matrices(turned, mh(half))))
    return (s + mh(s)) * 0.5


def _lower_half(x):
    """The lower triangle, with half of the diagonal."""
    return (tril(x) + tril(x, -1)) * 0.5


@composite()
def cholesky(input, upper=False):
    """L, lower triangular with a positive diagonal, with A = L Lᵀ for each symmetric positive
    definite A; with `upper` Lᵀ.  Only A's lower triangle is looked at; its gradient is symmetric.

    Shape: (*, n, n) -> (*, n, n)

    >>> autograd.cholesky(autograd.tensor([[4., 2.], [2., 5.]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    return _factor("cholesky", input, upper)


@composite(method=False)
def linalg_cholesky(A, *, upper=False):  # noqa: N803 - PyTorch's name
    """L, lower triangular, with A = L Lᵀ for each symmetric positive definite A: as cholesky.

    >>> autograd.linalg.cholesky(autograd.tensor([[4., 2.], [2., 5.]]), upper=True)
    tensor([[2., 1.],
            [0., 2.]])
    """
    return _factor("linalg_cholesky", A, upper)


def _factor(name: str, a, upper: bool):
    check_matrices(name, A=a)
    try:
        found = cholesky_factor(mh(a) if upper else a)
    except (ValueError, RuntimeError):
        info = np.asarray(_failing(a.detach()._any_array))
        if not info.any():
            raise
        which = f"matrix {tuple(np.argwhere(info)[0].tolist())} of the batch" if info.ndim else "A"
        raise RuntimeError(f"{name}: {which} is not positive definite: its leading minor of order "
                           f"{info[info > 0][0]} is not; A + eps * eye(n) may be") from None
    return clone(mh(found)) if upper else found


def _failing(a: np.ndarray) -> np.ndarray:
    """For each matrix 0, or the order of the first leading minor that is not positive definite."""
    info = np.zeros(a.shape[:-2], np.int32)
    for at in np.ndindex(info.shape):
        good, bad = 0, a.shape[-1] + 1  # orders of minors that are and are not
        order = bad - 1
        while bad - good > 1:
            try:
                _cholesky(a[at][:order, :order])
                good = order
            except np.linalg.LinAlgError:
                bad = order
            order = (good + bad) // 2
        info[at] = bad if bad <= a.shape[-1] else 0
    return info


@composite(method=False)
def cholesky_ex(A, *, upper=False, check_errors=False):  # noqa: N803
    """The pair (L, info) of cholesky, where info is 0, or the order of the first leading minor that
    is not positive definite: L is then NaN, unless `check_errors` raises.

    >>> autograd.linalg.cholesky_ex(-autograd.eye(2)).info
    tensor(1, dtype=int32)
    """
    try:
        return _Checked(_factor("cholesky_ex", A, upper), wrap(np.zeros(A.shape[:-2], np.int32)))
    except RuntimeError:
        info = np.asarray(_failing(A.detach()._any_array))
        if check_errors or not info.any():
            raise
    fails = info[..., None, None] > 0
    found = _factor("cholesky_ex", where(fails, np.eye(A.shape[-1], dtype=A.dtype), A), upper)
    return _Checked(where(fails, np.nan, found), wrap(info))


@op(method=False, many=True, vjp=dict(input=lambda g, out0, out1: _qr_back(g, out0, out1)))
def qr_parts(input, /):
    """Q and R, both of the smaller size, of matrices at least as high as wide."""
    return list(_qr(input))


_qr = rounded_once(lambda a: tuple(np.linalg.qr(a)))


def _qr_back(g, q, r):
    """(Ḡ + Q copyltu(R R̄ᴴ - Q̄ᴴ Q)) R⁻ᴴ, where copyltu mirrors a lower triangle upwards."""
    gq, gr = g
    half = _lower_half(matmul(r, mh(gr)) - matmul(mh(gq), q))
    return mh(solve_matrices(r, mh(gq + matmul(q, half + mh(half)))))


_any_qr: Any = rounded_once(lambda a, mode: np.linalg.qr(a, mode) if mode == "r" else tuple(
    np.linalg.qr(a, mode)))


def _qr_of(name: str, a, mode: str):
    check_matrices(name, square=False, A=a)
    m, n = a.shape[-2:]
    if mode == "r" or (mode == "complete" and m > n):
        if a.requires_grad:
            raise RuntimeError(f"{name}: mode {mode!r} of {describe(a)} has no gradient; mode "
                               "'reduced' has, or pass A.detach()")
        found = _any_qr(a._any_array, mode)
        return (wrap(np.zeros(0, a.dtype)), wrap(found)) if mode == "r" else tuple(map(wrap, found))
    if m >= n:
        return qr_parts(a)
    q, r = qr_parts(narrow(a, -1, 0, m))
    return q, cat([r, matmul(mh(q), narrow(a, -1, m, n - m))], -1)


@composite(method=False)
def linalg_qr(A, mode="reduced"):  # noqa: N803
    """The pair (Q, R) with A = Q R, Q of orthonormal columns and R upper triangular.  `mode` is
    "reduced", "complete" (Q is square) or "r" (Q is empty); a gradient needs the first, or a
    "complete" one of matrices not higher than wide, whose first columns are independent.

    Shape: (*, m, n) -> (*, m, k), (*, k, n), where k is the smaller of m and n, or m if complete

    >>> autograd.linalg.qr(autograd.eye(2)).Q.abs()
    tensor([[1., 0.],
            [0., 1.]])
    """
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f"linalg_qr: mode {mode!r}; choose 'reduced', 'complete' or 'r'")
    return _Qr(*_qr_of("linalg_qr", A, mode))


@composite()
def qr(input, some=True):
    """The pair (Q, R) of linalg.qr, complete unless `some`.

    >>> autograd.qr(autograd.eye(2)).R.abs()
    tensor([[1., 0.],
            [0., 1.]])
    """
    return _Qr(*_qr_of("qr", input, "reduced" if some else "complete"))


@op(method=False, many=True, vjp=dict(
    input=lambda g, out0, out1, out2: _svd_back(g, out0, out1, out2)))
def svd_parts(input, /):
    """U, the singular values and Vᵀ, of the smaller size."""
    return list(_svd(input))


_svd = rounded_once(lambda a: tuple(np.linalg.svd(a, full_matrices=False)))


def _svd_back(g, u, s, vh):
    gu, gs, gvh = g
    m, n, k = u.shape[-2], vh.shape[-1], s.shape[-1]
    row, column, eye = unsqueeze(s, -2), unsqueeze(s, -1), np.eye(k, dtype=s.dtype)
    gaps, turned = row * row - column * column + eye, (matmul(mh(u), gu), matmul(vh, mh(gvh)))
    of_u, of_v = (safe_div(x - mh(x), gaps) for x in turned)
    inner = of_u * row + column * of_v + eye * unsqueeze(gs, -2)
    if u.dtype.kind == "c":
        phase = (turned[0] - mh(turned[0])) * eye
        _check_phase("linalg_svd", phase + (turned[1] - mh(turned[1])) * eye)
        inner = inner + safe_div(phase, row) * 0.5
    found = matmul(u, matmul(inner, vh))
    if m > k:
        outside = safe_div(gu, row)
        found = found + matmul(outside - matmul(u, matmul(mh(u), outside)), vh)
    if n > k:
        outside = safe_div(gvh, column)
        found = found + matmul(u, outside - matmul(matmul(outside, mh(vh)), vh))
    return found


@composite(method=False)
def linalg_svd(A, full_matrices=True, *, driver=None):  # noqa: N803
    """(U, S, Vh) with A = U diag(S) Vh, U and Vhᵀ of orthonormal columns and S falling; they are
    square where `full_matrices`: what that adds to them has no gradient, and says so if asked.

    Shape: (*, m, n) -> (*, m, k), (*, k), (*, k, n), where k is the smaller of m and n

    >>> autograd.linalg.svd(autograd.tensor([[3., 0.], [0., 4.]])).S
    tensor([4., 3.])
    """
    check_matrices("linalg_svd", square=False, A=A)
    u, s, vh = svd_parts(A)
    if full_matrices and A.shape[-2] > s.shape[-1]:
        u = cat([u, complement(u)], -1)
    if full_matrices and A.shape[-1] > s.shape[-1]:
        vh = cat([vh, mh(complement(mh(vh)))], -2)
    return _LinalgSvd(u, s, vh)


@op(method=False, vjp=dict(input=lambda g, input: _unasked(g, input)))
def complement(input, /):
    """Columns that make a square matrix of orthonormal ones of those of input, which are so."""
    return _any_qr(input, "complete")[0][..., input.shape[-1]:].copy()


def _unasked(g, u):
    if np.any(getattr(g, "_any_array", g)):
        raise RuntimeError("linalg_svd: the vectors that full_matrices adds are not determined and "
                           "have no gradient; pass full_matrices=False, or .detach() them")
    return u * 0


@composite()
def svd(input, some=True, compute_uv=True):
    """(U, S, V) with A = U diag(S) Vᵀ: as linalg.svd, which has Vᵀ in place of V; square U and V
    unless `some`, zeros for them without `compute_uv`.

    >>> autograd.svd(autograd.tensor([[3.], [4.]])).S
    tensor([5.])
    """
    check_matrices("svd", square=False, input=input)
    if not compute_uv:
        m, n = input.shape[-2:]
        zeros = (wrap(np.zeros((*input.shape[:-2], size, size), input.dtype)) for size in (m, n))
        return _Svd(next(zeros), svdvals(input), next(zeros))
    u, s, vh = linalg_svd(input, not some)
    return _Svd(u, s, clone(mh(vh)))


@op(method=False, vjp=dict(A=lambda g, A: _values_back(g, A)))
def svdvals(A, /, *, driver=None):  # noqa: N803
    """The singular values of each matrix, falling.  Shape: (*, m, n) -> (*, k)

    >>> autograd.linalg.svdvals(autograd.tensor([[3., 0.], [0., 4.]]))
    tensor([4., 3.])
    """
    check_matrices("svdvals", square=False, A=A)
    return singular_values(A)


def _values_back(g, a):
    u, _, vh = svd_parts(a)
    return matmul(u * unsqueeze(g, -2), vh)


@op(method=False, many=True, vjp=dict(input=lambda g, out0, out1: _eigh_back(g, out0, out1)))
def eigh_parts(input, /, upper):
    """Eigenvalues, rising, and eigenvectors of symmetric matrices, of which one triangle counts."""
    return list(_eigh(input, "U" if upper else "L"))


_eigh = rounded_once(lambda a, triangle: tuple(np.linalg.eigh(a, triangle)))


def _eigh_back(g, values, v):
    gl, gv = g
    eye = np.eye(v.shape[-1], dtype=values.dtype)
    inner = matmul(mh(v), gv)
    skew = (inner - mh(inner)) * 0.5
    if v.dtype.kind == "c":
        _check_phase("eigh", skew * eye)
    gaps = unsqueeze(values, -2) - unsqueeze(values, -1) + eye
    return matmul(v, matmul(safe_div(skew, gaps) + eye * unsqueeze(gl, -2), mh(v)))


def _check_phase(name: str, phases) -> None:
    """Raise where a gradient turns vectors by e^(iφ), by which they are not determined."""
    if np.abs(getattr(phases, "_any_array", phases)).max(initial=0) > 1e-2:
        raise RuntimeError(f"{name}: the loss depends on the phase of complex vectors, which is "
                           "arbitrary, so that it has no gradient; abs() of them, or products "
                           "in which the phase falls out, have")


def _triangle_of(name: str, a, uplo: str) -> bool:
    """Whether it is the upper triangle."""
    check_matrices(name, A=a)
    if uplo not in ("L", "U", "l", "u"):
        raise ValueError(f"{name}: UPLO {uplo!r}; choose 'L' or 'U', the triangle that counts")
    return uplo in "Uu"


@composite(method=False)
def eigh(A, UPLO="L"):  # noqa: N803
    """The pair (eigenvalues, eigenvectors) of symmetric matrices, A = V diag(L) Vᵀ, the eigenvalues
    rising; only the triangle UPLO of A is looked at, and its gradient is symmetric.

    Shape: (*, n, n) -> (*, n), (*, n, n)

    >>> autograd.linalg.eigh(autograd.tensor([[2., 1.], [1., 2.]])).eigenvalues.round(decimals=4)
    tensor([1., 3.])
    """
    return _Eigh(*eigh_parts(A, _triangle_of("eigh", A, UPLO)))


@composite(method=False)
def eigvalsh(A, UPLO="L"):  # noqa: N803
    """The eigenvalues of symmetric matrices, rising: as eigh.

    >>> autograd.linalg.eigvalsh(autograd.tensor([[2., 1.], [1., 2.]])).round(decimals=4)
    tensor([1., 3.])
    """
    return eigh_parts(A, _triangle_of("eigvalsh", A, UPLO))[0]
