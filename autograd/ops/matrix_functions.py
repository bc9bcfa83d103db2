"""Functions and norms of matrices in the last two dimensions, and eigenvalues of any matrices."""

from __future__ import annotations

from math import inf

import numpy as np

from ..errors import describe
from ..record import composite, op
from ..tensors import wrap
from .blocks import rising_powers
from .compare import where
from .decompose import svdvals
from .elementwise import abs, in_float32, safe_div, to
from .index import narrow
from .inverse import check_matrices, inverse, slogdet, solve_matrices, tolerances
from .join import cat
from .linalg import conj, matmul, mh
from .named import named
from .order import amax, amin
from .reduce import axes, norm, sum
from .shape import clone, ints, movedim, reshape, unsqueeze, whole
from .triangle import diagonal

_Eig = named("eig", "eigenvalues eigenvectors")
# of the Padé approximation of degree 13, which holds for norms up to _REACH
_PADE = (64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0,
         129060195264000.0, 10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0,
         40840800.0, 960960.0, 16380.0, 182.0, 1.0)
_REACH = 5.371920351148152


@composite()
@in_float32
def matrix_exp(input):
    """e^A = Σ Aᵏ / k! of each square matrix, by scaling, a Padé approximation and squaring (N. J.
    Higham, 2005).

    Shape: (*, n, n) -> (*, n, n)

    >>> autograd.matrix_exp(autograd.tensor([[0., 1.], [0., 0.]]))
    tensor([[1., 1.],
            [0., 1.]])
    """
    check_matrices("matrix_exp", input=input)
    return exponential(input)


@op(method=False, vjp=dict(input=lambda g, input: _exponential_back(g, mh(input))))
def exponential(input, /):
    """e^A of each square matrix, in float64 or complex128."""
    a = input.astype(np.result_type(input, np.float64))
    size = np.abs(a).sum(-2).max(-1, initial=0)
    with np.errstate(all="ignore"):
        halvings = np.maximum(np.ceil(np.log2(np.where(size > 0, size, 1) / _REACH)), 0)
        halvings = np.where(np.isfinite(size), halvings, 0)
        broken = ~np.isfinite(size)[..., None, None]
        found = _pade(np.where(broken, 0, a) * 2.0 ** -halvings[..., None, None])
        for i in range(int(halvings.max(initial=0))):
            found = np.where((halvings > i)[..., None, None], found @ found, found)
        return np.where(broken, np.nan, found).astype(input.dtype)


def _pade(a: np.ndarray) -> np.ndarray:
    b, one = _PADE, np.eye(a.shape[-1])
    a2 = a @ a
    a4 = a2 @ a2
    a6 = a4 @ a2
    odd = a @ (a6 @ (b[13] * a6 + b[11] * a4 + b[9] * a2)
               + b[7] * a6 + b[5] * a4 + b[3] * a2 + b[1] * one)
    even = (a6 @ (b[12] * a6 + b[10] * a4 + b[8] * a2)
            + b[6] * a6 + b[4] * a4 + b[2] * a2 + b[0] * one)
    return np.linalg.solve(even - odd, even + odd)


def _exponential_back(g, turned):
    """The upper right block of exp [[Aᴴ, G], [0, Aᴴ]] (R. Mathias, 1996)."""
    n = turned.shape[-1]
    zero = np.zeros(tuple(turned.shape), turned.dtype)
    both = exponential(cat([cat([turned, g], -1), cat([zero, turned], -1)], -2))
    return narrow(narrow(both, -2, 0, n), -1, n, n)


@composite()
def matrix_power(input, n):
    """The product of n times each square matrix, with n = 0 the unit matrix, with n < 0 of as many
    of its inverse.

    >>> autograd.matrix_power(autograd.tensor([[1., 1.], [0., 1.]]), 5)
    tensor([[1., 5.],
            [0., 1.]])
    """
    shape = tuple(input.shape)
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise RuntimeError(f"matrix_power: input must be square matrices, got {describe(input)}")
    left = whole("matrix_power", n)
    if not left:
        return input * 0 + wrap(np.eye(shape[-1], dtype=input.dtype))
    base = inverse(input) if left < 0 else input
    left, found = (-left if left < 0 else left), None
    while left:
        if left % 2:
            found = base if found is None else matmul(found, base)
        left //= 2
        base = matmul(base, base) if left else base
    return clone(found) if found is input else found


@composite(method=False)
def vector_norm(x, ord=2, dim=None, keepdim=False, *, dtype=None):
    """(Σ |x|ᵖ)^(1/p) with p = `ord`, a number, inf, -inf or 0 (the count of what is not 0), over
    `dim`, or all elements.

    >>> autograd.linalg.vector_norm(autograd.tensor([[3., 0.], [0., 4.]]))
    tensor(5.)
    """
    if not isinstance(ord, (int, float)):
        raise TypeError(f"vector_norm: ord must be a number, got {ord!r}")
    return norm(x, ord, dim, keepdim, dtype=dtype)


@composite(method=False)
def matrix_norm(A, ord="fro", dim=(-2, -1), keepdim=False, *, dtype=None):  # noqa: N803
    """The norm of matrices in dimensions `dim`: "fro" is √Σ a², "nuc" the sum of singular values,
    2 and -2 the largest and smallest of them, inf and -inf the largest and smallest sum of a row's
    sizes, 1 and -1 of a column's.

    >>> autograd.linalg.matrix_norm(autograd.tensor([[1., 2.], [3., 4.]]), inf := float("inf"))
    tensor(7.)
    """
    dims = ints(dim)
    if len(dims) != 2 or len(A.shape) < 2:
        raise ValueError(f"matrix_norm: dim must be two dimensions of matrices, got {dim} for "
                         f"{describe(A)}")
    dims = axes("matrix_norm", dims, len(A.shape))
    if ord not in ("fro", "nuc", 2, -2, 1, -1, inf, -inf):
        raise ValueError(f"matrix_norm: ord {ord!r}; choose 'fro', 'nuc', inf, -inf, 1, -1, 2 or "
                         "-2")
    if dtype is not None:
        A = to(A, dtype)  # noqa: N806
    if ord == "fro":
        return norm(A, 2, dims, keepdim)
    found = _of_matrices(movedim(A, dims, (-2, -1)), ord)
    return reshape(found, [1 if d in dims else n for d, n in enumerate(A.shape)]) if keepdim else (
        found)


def _of_matrices(x, ord):
    values = svdvals(x) if ord in ("nuc", 2, -2) else sum(abs(x), -1 if ord in (inf, -inf) else -2)
    if ord in (-2, -1, -inf):
        return amin(values, -1)
    return sum(values, -1) if ord == "nuc" or not values.shape[-1] else amax(values, -1)


@composite(method=False)
def linalg_norm(A, ord=None, dim=None, keepdim=False, *, dtype=None):  # noqa: N803
    """The vector_norm over one dimension, or of a vector; the matrix_norm over two, or of a matrix,
    where `ord` is given; without it √Σ a² over `dim`, or all.

    >>> autograd.linalg.norm(autograd.tensor([[3., 0.], [0., 4.]]), 2)
    tensor(4.)
    """
    given = (dim,) if isinstance(dim, int) else dim
    count = len(A.shape) if given is None else len(given)
    if ord is None:
        return norm(A, 2, dim, keepdim, dtype=dtype)
    if count == 2:
        return matrix_norm(A, ord, (0, 1) if given is None else given, keepdim, dtype=dtype)
    if count != 1:
        raise ValueError(f"linalg_norm: ord {ord!r} is of vectors and matrices; give dim one or "
                         f"two dimensions of {describe(A)}")
    return vector_norm(A, ord, dim, keepdim, dtype=dtype)


@composite(method=False)
def matrix_rank(A, tol=None, hermitian=False, *, atol=None, rtol=None):  # noqa: N803
    """The number of singular values above the larger of atol and rtol times the largest; `tol` is
    an older name of atol.

    >>> autograd.linalg.matrix_rank(autograd.tensor([[1., 2.], [2., 4.]]))
    tensor(1)
    """
    check_matrices("matrix_rank", square=hermitian, A=A)
    a = A.detach()._any_array
    wide = a.astype(np.float32) if a.dtype == np.float16 else a
    values = (np.abs(np.linalg.eigvalsh(wide)) if hermitian
              else np.linalg.svd(wide, compute_uv=False))
    if tol is not None:
        atol, rtol = tol, 0.0
    atol, rtol = tolerances(a, atol, rtol)
    least = np.maximum(atol, rtol * values.max(-1, initial=0))
    return wrap(np.asarray((values > least[..., None]).sum(-1)))


@composite(method=False)
@in_float32
def cond(A, p=None):  # noqa: N803
    """The condition number ‖A‖ ‖A⁻¹‖ in the matrix_norm `p`, without it in the 2-norm, the largest
    over the smallest singular value, which need not be square matrices; inf of singular ones.

    >>> autograd.linalg.cond(autograd.tensor([[2., 0.], [0., 4.]]))
    tensor(2.)
    """
    check_matrices("cond", square=p not in (None, 2, -2), A=A)
    if p in (None, 2, -2):
        values = svdvals(A)
        if not values.shape[-1]:
            return sum(values, -1)
        largest, least = narrow(values, -1, 0, 1), narrow(values, -1, values.shape[-1] - 1, 1)
        found = least / largest if p == -2 else largest / least
        return reshape(found, found.shape[:-1]).clone()
    singular = slogdet(A.detach()).sign.numpy() == 0
    one = np.eye(A.shape[-1], dtype=A.dtype)
    inverted = inverse(where(singular[..., None, None], one, A))
    return where(singular, inf, matrix_norm(A, p) * matrix_norm(inverted, p))


@composite(method=False)
def vecdot(x, y, *, dim=-1):
    """Σ conj(xᵢ) yᵢ along `dim`; other dimensions are broadcast.

    >>> autograd.linalg.vecdot(autograd.tensor([1., 2.]), autograd.tensor([[3., 4.], [1., 1.]]))
    tensor([11.,  3.])
    """
    return sum(conj(x) * y, dim)


@composite(method=False)
def linalg_vander(x, *, N=None):  # noqa: N803
    """The powers 1, x, x², ... of the elements of vectors, as columns; N of them, as many as the
    vector is long unless given.

    Shape: (*, n) -> (*, n, N)

    >>> autograd.linalg.vander(autograd.tensor([1., 2.]), N=3)
    tensor([[1., 1., 1.],
            [1., 2., 4.]])
    """
    if not x.shape or (N is not None and whole("linalg_vander", N) < 2):
        raise RuntimeError(f"linalg_vander: x must be vectors and N more than 1, got {describe(x)} "
                           f"and N={N}")
    return rising_powers("linalg_vander", x, x.shape[-1] if N is None else N)


@composite(method=False)
def linalg_diagonal(A, *, offset=0, dim1=-2, dim2=-1):  # noqa: N803
    """The diagonals of matrices in dimensions dim1 and dim2, as the last dimension of a view.

    >>> autograd.linalg.diagonal(autograd.eye(2))
    tensor([1., 1.])
    """
    return diagonal(A, offset, dim1, dim2)


@op(method=False, many=True, vjp=dict(input=lambda g, out0, out1: _eig_back(g, out0, out1)))
def eig_parts(input, /):
    """Eigenvalues and eigenvectors of length 1, which must all be real."""
    wide = input.astype(np.float32) if input.dtype == np.float16 else input
    values, vectors = np.linalg.eig(wide)  # complex from NumPy 2.5 on, whatever they are
    if np.any(values.imag):
        raise RuntimeError("eig: an eigenvalue is complex, which is not to be had here; "
                           "linalg.eigh takes symmetric matrices, whose eigenvalues are real")
    return [np.array(part.real, input.dtype, order="C") for part in (values, vectors)]


def _eig_back(g, values, v):
    """V⁻ᵀ (diag(L̄) + (Vᵀ V̄ - Vᵀ V diag(Vᵀ V̄)) / gaps) Vᵀ (Giles 2008, for vectors of length 1)."""
    gl, gv = g
    eye = np.eye(v.shape[-1], dtype=v.dtype)
    inner = matmul(v.mT, gv)
    inner = inner - matmul(v.mT, v) * unsqueeze(sum(inner * eye, -1), -2)
    gaps = unsqueeze(values, -2) - unsqueeze(values, -1) + eye
    middle = safe_div(inner * (1 - eye), gaps) + eye * unsqueeze(gl, -2)
    return solve_matrices(v.mT, matmul(middle, v.mT))


@composite(method=False)
def eig(A):  # noqa: N803
    """The pair (eigenvalues, eigenvectors), in any order, of square matrices whose eigenvalues are
    real; others raise.

    Shape: (*, n, n) -> (*, n), (*, n, n)

    >>> autograd.linalg.eig(autograd.tensor([[2., 1.], [0., 2.5]])).eigenvalues
    tensor([2.0000, 2.5000])
    """
    check_matrices("eig", A=A)
    return _Eig(*eig_parts(A))


@composite(method=False)
def eigvals(A):  # noqa: N803
    """The eigenvalues of square matrices, where they are real: as eig.

    >>> autograd.linalg.eigvals(autograd.tensor([[2., 1.], [0., 2.5]]))
    tensor([2.0000, 2.5000])
    """
    check_matrices("eigvals", A=A)
    return eig_parts(A)[0]
