"""Products of vectors and matrices that few programs use."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from ..errors import describe
from ..record import composite
from ..tensors import Tensor
from .elementwise import in_float32
from .index import along, getitem
from .linalg import check_added, check_ndim, check_product, conj, matmul, mv, outer, tensordot
from .reduce import sum
from .shape import axis

_ADDED: dict[str, Any] = dict(inplace=True)


@composite()
def inner(input, other):
    """The sums of products along the last dimensions; with a number, the product.

    Shape: (*, k), (+, k) -> (*, +)

    >>> autograd.inner(autograd.tensor([1., 2.]), autograd.tensor([[3., 4.], [1., 0.]]))
    tensor([11.,  1.])
    """
    if not input.shape or not other.shape:
        return input * other
    if input.shape[-1] != other.shape[-1]:
        raise RuntimeError(f"inner: the last sizes of input {tuple(input.shape)} and other "
                           f"{tuple(other.shape)} must be equal")
    return tensordot(input, other, ([-1], [-1]))


@composite()
def vdot(input, other):
    """Σᵢ conj(xᵢ) yᵢ of two vectors.

    Shape: (n), (n) -> ()

    >>> autograd.vdot(autograd.tensor([1., 2.]), autograd.tensor([3., 4.]))
    tensor(11.)
    """
    check_ndim("vdot", ("input", input, 1), ("other", other, 1))
    check_product("vdot", input, other)
    return matmul(conj(input), other)


@composite()
@in_float32
def cross(input, other, dim=None):
    """The cross product, x × y, of vectors of size 3 along `dim`, the first of that size unless
    given; other dimensions are broadcast.

    >>> autograd.cross(autograd.tensor([1., 0., 0.]), autograd.tensor([0., 1., 0.]))
    tensor([0., 0., 1.])
    """
    if dim is None:
        shape = np.broadcast_shapes(input.shape, other.shape)
        if 3 not in shape:
            raise ValueError(f"cross: no dimension of {shape} has size 3")
        dim = shape.index(3) - len(shape)
    return _cross("cross", input, other, dim)


def _cross(name: str, input, other, dim: int):
    if len(input.shape) != len(other.shape):
        raise ValueError(f"{name}: input {tuple(input.shape)} and other {tuple(other.shape)} must "
                         "have equally many dimensions")
    dim = axis(name, dim, len(input.shape))
    if not input.shape or input.shape[dim] != 3 or other.shape[dim] != 3:
        raise ValueError(f"{name}: dimension {dim} of input {tuple(input.shape)} and other "
                         f"{tuple(other.shape)} must have size 3")
    after, before = (along(dim, np.array(order)) for order in ((1, 2, 0), (2, 0, 1)))
    return (getitem(input, after) * getitem(other, before)
            - getitem(input, before) * getitem(other, after))


@composite(method=False)
def linalg_cross(input, other, *, dim=-1):
    """The cross product, x × y, of vectors of size 3 along `dim`; other dimensions are broadcast.

    >>> autograd.linalg.cross(autograd.tensor([1., 0., 0.]), autograd.tensor([0., 1., 0.]))
    tensor([0., 0., 1.])
    """
    return _cross("linalg_cross", input, other, dim)


def _sum_of_two(name: str, input, product, beta, alpha):
    """beta * input + alpha * product, of the product's shape and dtype."""
    check_added(name, input, tuple(product.shape), product.dtype)
    product = product if alpha == 1 else product * alpha
    if beta == 0:
        return product
    return product + (input if beta == 1 else input * beta)


@composite(**_ADDED)
def addr(input, vec1, vec2, *, beta=1, alpha=1):
    """beta * input + alpha * vec1 vec2ᵀ; with beta 0, input is not looked at.

    Shape: input broadcasts to (n, m); (n), (m) -> (n, m)

    >>> autograd.addr(autograd.zeros(2, 2), autograd.tensor([1., 2.]), autograd.tensor([3., 4.]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    check_ndim("addr", ("vec1", vec1, 1), ("vec2", vec2, 1))
    return _sum_of_two("addr", input, outer(vec1, vec2), beta, alpha)


@composite(**_ADDED)
def addmv(input, mat, vec, *, beta=1, alpha=1):
    """beta * input + alpha * mat @ vec; with beta 0, input is not looked at.

    Shape: input broadcasts to (n); (n, k), (k) -> (n)

    >>> autograd.addmv(autograd.ones(1), autograd.tensor([[1., 2.]]), autograd.tensor([3., 4.]))
    tensor([12.])
    """
    check_ndim("addmv", ("mat", mat, 2), ("vec", vec, 1))
    check_product("addmv", mat, vec, ("mat", "vec"))
    return _sum_of_two("addmv", input, mv(mat, vec), beta, alpha)


@composite(**_ADDED)
@in_float32
def addbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """beta * input + alpha * Σ batch1ᵢ @ batch2ᵢ; with beta 0, input is not looked at.

    Shape: input broadcasts to (n, m); (b, n, k), (b, k, m) -> (n, m)

    >>> autograd.addbmm(autograd.ones(1, 1), autograd.ones(2, 1, 3), autograd.ones(2, 3, 1))
    tensor([[7.]])
    """
    check_ndim("addbmm", ("batch1", batch1, 3), ("batch2", batch2, 3))
    if batch1.shape[0] != batch2.shape[0]:
        raise RuntimeError(f"addbmm: batch1 has {batch1.shape[0]} matrices and batch2 "
                           f"{batch2.shape[0]}; they must be equal")
    check_product("addbmm", batch1, batch2, ("batch1", "batch2"))
    return _sum_of_two("addbmm", input, sum(matmul(batch1, batch2), 0), beta, alpha)


@composite(method=False)
def multi_dot(tensors):
    """The product of all matrices, in the order of products that costs least (Cormen et al.,
    Introduction to Algorithms, 15.2); the first and last may be vectors.

    >>> autograd.linalg.multi_dot([autograd.ones(2, 3), autograd.ones(3, 1), autograd.ones(1, 2)])
    tensor([[3., 3.],
            [3., 3.]])
    """
    tensors = list(tensors)
    if len(tensors) < 2:
        raise ValueError(f"multi_dot: at least two matrices are needed, got {len(tensors)}")
    return _chained("multi_dot", tensors)


@composite(method=False)
def chain_matmul(*matrices):
    """The product of all matrices, in the order of products that costs least: the older name of
    linalg.multi_dot.

    >>> autograd.chain_matmul(autograd.ones(2, 3), autograd.ones(3, 1))
    tensor([[3.],
            [3.]])
    """
    if not matrices:
        raise TypeError("chain_matmul: at least one matrix is needed")
    return _chained("chain_matmul", matrices)


def _chained(name: str, matrices):
    for i, x in enumerate(matrices):
        if not isinstance(x, (Tensor, np.ndarray)):
            raise TypeError(f"{name}: tensors[{i}] must be a Tensor, got {describe(x)}")
        ends = i in (0, len(matrices) - 1) and name == "multi_dot"
        if len(x.shape) not in ((1, 2) if ends else (2,)):
            raise ValueError(f"{name}: tensors[{i}] must be a matrix, got {describe(x)}")
        if i:
            names = f"tensors[{i - 1}]", f"tensors[{i}]"
            check_product(name, matrices[i - 1], x, names)
    first, *rest = matrices
    sizes = [first.shape[0] if len(first.shape) == 2 else 1]
    sizes += [x.shape[0] for x in rest]
    sizes.append(matrices[-1].shape[1] if len(matrices[-1].shape) == 2 else 1)
    return _product(matrices, _cuts(sizes), 0, len(matrices))


def _cuts(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Where each chain of factors is best cut in two."""
    count = len(sizes) - 1
    cost: dict[tuple[int, int], float] = {(i, i + 1): 0 for i in range(count)}
    cuts = {}
    for length in range(2, count + 1):
        for start in range(count - length + 1):
            end, best = start + length, inf
            for cut in range(start + 1, end):
                here = (cost[start, cut] + cost[cut, end]
                        + sizes[start] * sizes[cut] * sizes[end])
                if here < best:
                    best, cuts[start, end] = here, cut
            cost[start, end] = best
    return cuts


def _product(matrices, cuts: dict, start: int, end: int):
    if end - start == 1:
        return matrices[start]
    cut = cuts[start, end]
    return matmul(_product(matrices, cuts, start, cut), _product(matrices, cuts, cut, end))
