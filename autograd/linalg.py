"""Linear algebra: what `torch.linalg` is to PyTorch.

Matrices are the last two dimensions, batches the others.  They are real or complex; where a matrix
must be symmetric, a complex one must be Hermitian, and what is said of a transpose is true of its
conjugate.  Eigenvalues of matrices that are not symmetric are there where all of it is real.
"""

from __future__ import annotations

from .lazy import complete
from .ops import decompose, factors, inverse, linalg, matrix_functions, products
from .ops import lu as triangles
from .tensors import Tensor

__getattr__ = complete(__name__)

LinAlgError = RuntimeError  # raised where a matrix is singular or not positive definite

cross = products.linalg_cross
multi_dot = products.multi_dot
vecdot = matrix_functions.vecdot
matmul = linalg.matmul

inv = inverse.inv
solve = inverse.solve
solve_triangular = inverse.solve_triangular
lstsq = inverse.lstsq
pinv = inverse.pinv
tensorinv = inverse.tensorinv
tensorsolve = inverse.tensorsolve
inv_ex = factors.inv_ex
solve_ex = factors.solve_ex

lu = triangles.linalg_lu
lu_factor = triangles.lu_factor
lu_factor_ex = triangles.lu_factor_ex
lu_solve = triangles.linalg_lu_solve

cholesky = decompose.linalg_cholesky
cholesky_ex = decompose.cholesky_ex
qr = decompose.linalg_qr
svd = decompose.linalg_svd
svdvals = decompose.svdvals
eigh = decompose.eigh
eigvalsh = decompose.eigvalsh
eig = matrix_functions.eig
eigvals = matrix_functions.eigvals

norm = matrix_functions.linalg_norm
vector_norm = matrix_functions.vector_norm
matrix_norm = matrix_functions.matrix_norm
matrix_rank = matrix_functions.matrix_rank
cond = matrix_functions.cond
diagonal = matrix_functions.linalg_diagonal
vander = matrix_functions.linalg_vander


def det(A: Tensor, *, out=None) -> Tensor:  # noqa: N803 - PyTorch's name, here and below
    """The determinant of each square matrix: autograd.det.

    >>> autograd.linalg.det(autograd.eye(2) * 2)
    tensor(4.)
    """
    return inverse.det(A, out=out)


def slogdet(A: Tensor, *, out=None) -> tuple[Tensor, Tensor]:  # noqa: N803
    """The pair (sign, logabsdet) of each determinant: autograd.slogdet.

    >>> autograd.linalg.slogdet(autograd.eye(2)).logabsdet
    tensor(0.)
    """
    return inverse.slogdet(A, out=out)


def matrix_exp(A: Tensor) -> Tensor:  # noqa: N803
    """e^A of each square matrix: autograd.matrix_exp.

    >>> autograd.linalg.matrix_exp(autograd.zeros(1, 1))
    tensor([[1.]])
    """
    return matrix_functions.matrix_exp(A)


def matrix_power(A: Tensor, n: int, *, out=None) -> Tensor:  # noqa: N803
    """The product of n times each square matrix: autograd.matrix_power.

    >>> autograd.linalg.matrix_power(autograd.eye(1) * 2, 3)
    tensor([[8.]])
    """
    return matrix_functions.matrix_power(A, n, out=out)
