"""Inverses, systems of linear equations and determinants, of matrices in the last two dimensions.

Rules: M. B. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008); of the pseudo-inverse, G. H. Golub and V. Pereyra (1973).
"""

from __future__ import annotations

from math import prod

import numpy as np

from ..dtypes import real_of
from ..errors import describe
from ..kernels.rounding import rounded_once
from ..record import composite, joint, op
from ..tensors import Tensor, wrap
from .arithmetic import square
from .compare import where
from .elementwise import abs, exp
from .linalg import conj, matmul, mh
from .named import named
from .reduce import sum
from .shape import clone, permute, reshape, unsqueeze
from .triangle import tril, triu

_SignLog = named("slogdet", "sign logabsdet")
_Solved = named("lstsq", "solution residuals rank singular_values")


def check_matrices(name: str, square: bool = True, **given) -> None:
    """Raise unless each of these is a floating matrix, or a batch of them, that is square."""
    for which, x in given.items():
        if not isinstance(x, (Tensor, np.ndarray)):
            raise TypeError(f"{name}: {which} must be a Tensor, got {describe(x)}; "
                            "autograd.tensor(...) makes one")
        shape = tuple(x.shape)
        if len(shape) < 2 or (square and shape[-1] != shape[-2]):
            kind = "square matrices" if square else "matrices"
            raise RuntimeError(f"{name}: {which} must be {kind} in its last two dimensions, got "
                               f"{describe(x)}")
        if x.dtype.kind not in "fc":
            raise RuntimeError(f"{name}: {which} must be of a floating dtype, got {x.dtype}; use "
                               ".float()")


def _singular(name: str, a: np.ndarray) -> RuntimeError:
    """What is said where LAPACK finds no inverse; which matrix it is in a batch."""
    ranks = np.linalg.matrix_rank(a)
    which = "the matrix" if a.ndim == 2 else (
        f"matrix {tuple(np.argwhere(ranks < a.shape[-1])[:1].reshape(-1).tolist())} of the batch")
    return RuntimeError(f"{name}: {which} is singular; linalg.pinv or linalg.lstsq take such ones")


@op(vjp=dict(input=lambda g, out: -matmul(mh(out), matmul(g, mh(out)))))
def inverse(input, /):
    """The inverse A⁻¹ of each square matrix, which must not be singular; solve is better than a
    product with it.

    Shape: (*, n, n) -> (*, n, n)

    >>> autograd.inverse(autograd.tensor([[2., 0.], [0., 4.]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    check_matrices("inverse", input=input)
    try:
        return _inverse(input)
    except np.linalg.LinAlgError:
        raise _singular("inverse", input) from None


_inverse = rounded_once(np.linalg.inv)


@composite(method=False)
def inv(A):  # noqa: N803 - PyTorch's name
    """The inverse of each square matrix: linalg's name for inverse.

    >>> autograd.linalg.inv(autograd.tensor([[2.]]))
    tensor([[0.5000]])
    """
    return inverse(A)


def _solve_back(g, needs, a, out):
    gb = solve_matrices(mh(a), g)
    return -matmul(gb, mh(out)) if needs[0] else None, gb if needs[1] else None


@op(method=False, broadcasts=True, vjp=joint(_solve_back))
def solve_matrices(a, b, /):
    """X with a X = b, in batches that broadcast."""
    try:
        return _solve(a, b)
    except np.linalg.LinAlgError:
        raise _singular("solve_matrices", a) from None


_solve = rounded_once(np.linalg.solve)


@composite(method=False)
def solve(A, B, *, left=True):  # noqa: N803 - PyTorch's names
    """X with A X = B, or X A = B unless `left`; A must not be singular.

    Shape: A (*, n, n), B (*, n, k) -> (*, n, k), batches broadcast; or B (*, n), one vector for
    each matrix of A

    >>> autograd.linalg.solve(autograd.tensor([[2., 0.], [0., 4.]]), autograd.tensor([2., 2.]))
    tensor([1.0000, 0.5000])
    """
    return _solved("solve", A, B, left)


def _solved(name: str, a, b, left: bool):
    check_matrices(name, A=a)
    vector = len(b.shape) == 1 or (len(a.shape) - 1 == len(b.shape) and b.shape == a.shape[:-1])
    if vector:
        b = unsqueeze(b, -1)
    check_matrices(name, square=False, B=b)
    if a.dtype != b.dtype or b.shape[-2 if left or vector else -1] != a.shape[-1]:
        raise RuntimeError(f"{name}: B {describe(b)} must have {a.shape[-1]} "
                           f"{'rows' if left else 'columns'} and the dtype of A {describe(a)}")
    if left or vector:
        found = solve_matrices(a if left else a.mT, b)
    else:
        found = clone(solve_matrices(a.mT, b.mT).mT)
    return reshape(found, found.shape[:-1]).clone() if vector else found


@composite(method=False)
def solve_triangular(A, B, *, upper, left=True, unitriangular=False):  # noqa: N803
    """X with A X = B, or X A = B unless `left`, where of A only the triangle on and above the
    diagonal counts (`upper`) or that below; `unitriangular` with 1 on the diagonal.

    >>> a = autograd.tensor([[1., 2.], [9., 2.]])
    >>> autograd.linalg.solve_triangular(a, autograd.tensor([[3.], [2.]]), upper=True)
    tensor([[1.],
            [1.]])
    """
    check_matrices("solve_triangular", A=A)
    keep, step = (triu, 1) if upper else (tril, -1)
    if unitriangular:
        triangle = keep(A, step) + np.eye(A.shape[-1], dtype=A.dtype)
    else:
        triangle = keep(A)
    if len(B.shape) < 2:
        raise RuntimeError(f"solve_triangular: B must be matrices, got {describe(B)}; "
                           ".unsqueeze(-1) makes a column")
    return _solved("solve_triangular", triangle, B, left)


@composite()
def det(input):
    """The determinant of each square matrix.

    Shape: (*, n, n) -> (*)

    >>> autograd.det(autograd.tensor([[1., 2.], [3., 5.]])).round(decimals=4)
    tensor(-1.)
    """
    check_matrices("det", input=input)
    return determinant(input)


@op(method=False, vjp=dict(
    input=lambda g, input: unsqueeze(unsqueeze(g, -1), -1) * conj(cofactor(input))))
def determinant(input, /):
    """The determinant of each square matrix."""
    return _det(input)


_det = rounded_once(np.linalg.det)


@op(method=False, vjp=dict(input=lambda g, input, out: _cofactor_back(g, input, out)))
def cofactor(input, /):
    """det(A) A⁻ᵀ, the determinant's gradient, also of singular matrices: with A = U S Vᴴ it is
    det(U) det(Vᴴ) conj(U S' Vᴴ), where S' has the products of all other singular values."""
    return _cofactors(input)


@rounded_once
def _cofactors(a):
    u, s, vh = np.linalg.svd(a)
    ones = np.ones((*s.shape[:-1], 1), s.dtype)
    before = np.cumprod(np.concatenate([ones, s[..., :-1]], -1), -1)
    after = np.cumprod(np.concatenate([ones, s[..., :0:-1]], -1), -1)[..., ::-1]
    sign = np.sign(np.linalg.det(u) * np.linalg.det(vh))
    return (conj(u) * (before * after * sign[..., None])[..., None, :]) @ conj(vh) if s.size else (
        a.copy())


def _cofactor_back(g, a, out):
    """⟨G, A⁻ᵀ⟩ C - C Gᵀ A⁻ᵀ of the cofactors C, where A has an inverse, A and C conjugated."""
    turned, out = mh(inverse(a)), conj(out)
    whole = sum(g * turned, (-2, -1), True)
    return whole * out - matmul(out, matmul(g.mT, turned))


@op(method=False, public_extra=("sign",), vjp=dict(
    input=lambda g, input: unsqueeze(unsqueeze(g, -1), -1) * inverse(input).mT))
def log_abs_det(input, /):
    """The logarithm of the size of each determinant, and its sign."""
    return _slogdet(input)[::-1]


@op(any=True, method=False, vjp=dict(
    input=lambda g, input: unsqueeze(unsqueeze(g, -1), -1) * mh(inverse(input))))
def complex_log_det(input, /):
    """The logarithm of each complex determinant, its imaginary part the angle in (-π, π]."""
    sign, size = _slogdet(input)
    return size + 1j * np.angle(sign)


_slogdet = rounded_once(lambda a: tuple(np.asarray(part) for part in np.linalg.slogdet(a)))


@composite()
def slogdet(input):
    """The pair (sign, logabsdet) of each square matrix's determinant, which may be too large or too
    small for its type; (0, -inf) of singular ones, which have no gradient.

    >>> autograd.slogdet(autograd.eye(3) * -2)
    slogdet(sign=tensor(-1.), logabsdet=tensor(2.0794))
    """
    check_matrices("slogdet", input=input)
    if input.is_complex():
        found = complex_log_det(input)
        size, angle = found.real, found.imag
        return _SignLog(where(size == -np.inf, size.dtype.type(0), exp(angle * 1j)), size)
    size, sign = log_abs_det(input)
    return _SignLog(sign, size)


@composite()
def logdet(input):
    """The logarithm of each square matrix's determinant; NaN where that is negative and real.

    >>> autograd.logdet(autograd.eye(3) * 2)
    tensor(2.0794)
    """
    check_matrices("logdet", input=input)
    if input.is_complex():
        return complex_log_det(input)
    size, sign = log_abs_det(input)
    return where(sign < 0, np.nan, size)


@op(method=False, vjp=dict(input=lambda g, input, out: _pinv_back(g, input, out)))
def pinv_of(input, /, atol, rtol, hermitian):
    """The pseudo-inverse, with singular values up to atol or rtol times the largest as 0."""
    return _pinv(input, atol, rtol, hermitian)


def tolerances(a, atol, rtol) -> tuple[np.ndarray, np.ndarray]:
    """Both with PyTorch's defaults: the larger size times the precision, unless atol is given."""
    default = max(a.shape[-2:], default=0) * np.finfo(a.dtype).eps
    none = atol is None or not np.any(getattr(atol, "_array", atol))
    if rtol is None:
        rtol = default if none else 0.0
    return tuple(np.asarray(getattr(t, "_array", t), real_of(a.dtype))  # type: ignore[return-value]
                 for t in (0.0 if atol is None else atol, rtol))


@rounded_once
def _pinv(a, atol, rtol, hermitian):
    if hermitian:
        values, u = np.linalg.eigh(a)
        s, vh = np.abs(values), mh(u)
        u = u * np.where(values < 0, -1, 1).astype(a.dtype)[..., None, :]
    else:
        u, s, vh = np.linalg.svd(a, full_matrices=False)
    least = np.maximum(atol, rtol * s.max(-1, initial=0))[..., None]
    kept = s > least
    inverted = np.where(kept, 1 / np.where(kept, s, 1), 0).astype(s.dtype)
    return (mh(vh) * inverted[..., None, :]) @ mh(u)


def _pinv_back(g, a, p):
    turned, eye, tall = mh(g), matmul(a, p), mh(p)
    left = turned - matmul(eye, turned)
    right = turned - matmul(turned, matmul(p, a))
    return (matmul(matmul(left, p), tall) + matmul(tall, matmul(p, right))
            - matmul(tall, matmul(g, tall)))


@composite(method=False)
def pinv(A, rcond=None, hermitian=False, *, atol=None, rtol=None):  # noqa: N803
    """The pseudo-inverse of each matrix, A⁺ = V S⁺ Uᴴ, in which singular values up to the larger of
    atol and rtol times the largest count as 0; `rcond` is an older name of rtol.

    Its gradient is that of matrices whose rank stays as it is.

    Shape: (*, m, n) -> (*, n, m)

    >>> autograd.linalg.pinv(autograd.tensor([[2., 0.], [0., 0.]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.0000]])
    """
    check_matrices("pinv", square=hermitian, A=A)
    atol, rtol = tolerances(A, atol, rcond if rtol is None else rtol)
    return pinv_of(A, atol, rtol, hermitian)


@composite()
def pinverse(input, rcond=1e-15):
    """The pseudo-inverse, in which singular values up to rcond times the largest count as 0.

    >>> autograd.pinverse(autograd.tensor([[2.], [0.]]))
    tensor([[0.5000, 0.0000]])
    """
    check_matrices("pinverse", square=False, input=input)
    return pinv_of(input, *tolerances(input, None, rcond), False)


@composite(method=False)
def lstsq(A, B, rcond=None, *, driver=None):  # noqa: N803
    """The X for which the sum of squares of A X - B is least, and of several the least X: A⁺ B.

    Returns (solution, residuals, rank, singular_values).  `driver` tells which are filled, as in
    PyTorch: "gelsy", as without it, the rank; "gels" the sums of squares, one a column, of an A
    with more rows than columns and full rank; "gelsd" and "gelss" all.

    Shape: A (*, m, n), B (*, m, k) -> (*, n, k)

    >>> points, values = autograd.tensor([[1.], [2.]]), autograd.tensor([[3.], [6.]])
    >>> autograd.linalg.lstsq(points, values).solution.round(decimals=4)
    tensor([[3.]])
    """
    if driver not in (None, "gelsy", "gels", "gelsd", "gelss"):
        raise ValueError(f"lstsq: driver {driver!r}; choose gelsy, gels, gelsd or gelss")
    check_matrices("lstsq", square=False, A=A)
    vector = len(A.shape) - 1 == len(B.shape) and B.shape == A.shape[:-1]
    b = unsqueeze(B, -1) if vector else B
    check_matrices("lstsq", square=False, B=b)
    if A.shape[-2] != b.shape[-2] or A.dtype != b.dtype:
        raise RuntimeError(f"lstsq: A {describe(A)} and B {describe(B)} must have equally many "
                           "rows and one dtype")
    atol, rtol = tolerances(A, None, rcond)
    found = matmul(pinv_of(A, atol, rtol, False), b)
    values = singular_values(A.detach()._any_array)
    rank = np.asarray((values > rtol * values.max(-1, keepdims=True, initial=0)).sum(-1))
    residuals, n = wrap(np.zeros(0, values.dtype)), A.shape[-1]
    if driver not in (None, "gelsy") and A.shape[-2] > n and (rank == n).all():
        apart = matmul(A, found) - b
        residuals = sum(square(abs(apart)), -2)
    found = reshape(found, found.shape[:-1]).clone() if vector else found
    return _Solved(found, residuals, wrap(rank if driver != "gels" else np.zeros(0, np.int64)),
                   wrap(values if driver in ("gelsd", "gelss") else np.zeros(0, values.dtype)))


singular_values = rounded_once(lambda a: np.linalg.svd(a, compute_uv=False))


@composite(method=False)
def tensorinv(A, ind=2):  # noqa: N803
    """The inverse of A as a map from its last dimensions to its first `ind`, in shape too.

    Shape: (*a, *b) -> (*b, *a), where the products of both shapes are equal

    >>> autograd.linalg.tensorinv(autograd.eye(6).reshape(2, 3, 6)).shape
    Size([6, 2, 3])
    """
    first, rest = tuple(A.shape[:ind]), tuple(A.shape[ind:])
    if ind <= 0 or prod(first) != prod(rest):
        raise RuntimeError(f"tensorinv: the first {ind} sizes of {tuple(A.shape)} must multiply up "
                           "to what the others do")
    n = prod(first)
    return reshape(inverse(reshape(A, (n, n))), (*rest, *first)).clone()


@composite(method=False)
def tensorsolve(A, B, dims=None):  # noqa: N803
    """X with tensordot(A, X, X.ndim) = B; `dims` of A are moved to its end first.

    >>> autograd.linalg.tensorsolve(autograd.eye(6).reshape(2, 3, 6), autograd.ones(2, 3)).shape
    Size([6])
    """
    if dims is not None:
        dims = [d % len(A.shape) for d in dims]
        A = permute(A, [d for d in range(len(A.shape)) if d not in dims] + dims)  # noqa: N806
    rest = tuple(A.shape[len(B.shape):])
    n = prod(rest)
    if prod(B.shape) != n or A.shape[:len(B.shape)] != B.shape:
        raise RuntimeError(f"tensorsolve: A {tuple(A.shape)} must begin with the shape of B "
                           f"{tuple(B.shape)} and end with as many elements")
    found = solve_matrices(reshape(A, (n, n)), reshape(B, (n, 1)))
    return reshape(found, rest).clone()
