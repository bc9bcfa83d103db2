"""Sparse tensors in coordinate form, as graph networks need them: `torch.sparse` of PyTorch.

A SparseTensor is a table of places and a Tensor of values, so that all it does is done by ops on
its values, and gradients are theirs: `s.grad` of a leaf is a SparseTensor with the same places.
Places may be named several times, and then their values count together; `coalesce` adds them up.
"""

from __future__ import annotations

import numpy as np

from .creation import as_tensor, from_numpy, full, zeros
from .errors import check_switches, describe
from .ops.index import index_select
from .ops.scatter import index_add
from .ops.scatter_reduce import index_reduce
from .sparse_tensor import SparseTensor
from .tensors import Tensor

__all__ = ["FloatTensor", "SparseTensor", "log_softmax", "mm", "softmax", "sparse_coo_tensor",
           "spmm", "sum"]


def sparse_coo_tensor(indices, values, size=None, *, dtype=None, device=None,
                      requires_grad: bool = False, check_invariants: bool | None = None,
                      is_coalesced: bool = False) -> SparseTensor:
    """The tensor with `values` at the places whose coordinates are the columns of `indices`, and 0
    elsewhere.

    `size` is the shape, by default the smallest that holds all places.  Places are checked always.
    Shape: indices (d, n), values (n, ...) -> d + values.ndim - 1 dimensions
    Raises: ValueError for indices that do not fit; IndexError for places outside.

    >>> s = autograd.sparse_coo_tensor([[0, 1, 1], [2, 0, 2]], [3., 4., 5.], (2, 3))
    >>> s.to_dense()
    tensor([[0., 0., 3.],
            [4., 0., 5.]])
    """
    check_switches("sparse_coo_tensor", requires_grad=requires_grad, is_coalesced=is_coalesced,
                   check_invariants=check_invariants is not None and check_invariants)
    places = as_tensor(indices)
    places = places.long() if places.numel() == 0 else places
    values = as_tensor(values, dtype=dtype, device=device)
    if places.ndim != 2 or places.dtype.kind not in "iu" or values.ndim == 0 or (
            places.shape[1] != values.shape[0]):
        raise ValueError("sparse_coo_tensor: indices must be integers (d, n) and values (n, ...), "
                         f"got {describe(places)} and {describe(values)}")
    places, count = places.long(), places.shape[0]
    largest = [int(row.max()) + 1 if row.numel() else 0 for row in places]
    shape = (*largest, *values.shape[1:]) if size is None else tuple(size)
    if len(shape) != count + values.ndim - 1 or shape[count:] != tuple(values.shape[1:]):
        raise ValueError(f"sparse_coo_tensor: {count} rows of indices and values of "
                         f"{tuple(values.shape)} do not make a tensor of size {shape}")
    for row, most, n in zip(places, largest, shape, strict=False):
        if most > n or (row.numel() and int(row.min()) < 0):
            raise IndexError(f"sparse_coo_tensor: index {most - 1 if most > n else int(row.min())} "
                             f"is outside a dimension of {n}")
    made = SparseTensor(places, values, shape, is_coalesced)
    return made.requires_grad_() if requires_grad else made


def to_sparse(input: Tensor, sparse_dim: int | None = None) -> SparseTensor:
    """The elements other than 0 of a Tensor with their places; gradients lead back to it.

    `sparse_dim` dimensions, all by default, are told by the indices.

    >>> autograd.tensor([[0., 2.], [0., 0.]]).to_sparse().indices().tolist()
    [[0], [1]]
    """
    count = input.ndim if sparse_dim is None else sparse_dim
    if not 0 < count <= input.ndim:
        raise ValueError(f"to_sparse: sparse_dim must be from 1 to {input.ndim}, got {sparse_dim}")
    filled = input.detach().numpy() != 0
    places = np.nonzero(filled.any(tuple(range(count, input.ndim))))
    made = from_numpy(np.stack(places))
    return SparseTensor(made, input[tuple(made)], input.shape, True)


def mm(sparse, dense) -> Tensor:
    """The product of a sparse and a dense matrix.

    Shape: (n, k), (k, m) -> (n, m)

    >>> s = autograd.sparse_coo_tensor([[0, 1], [1, 0]], [2., 3.], (2, 2))
    >>> autograd.sparse.mm(s, autograd.tensor([[1., 10.], [2., 20.]]))
    tensor([[ 4., 40.],
            [ 3., 30.]])
    """
    if isinstance(sparse, SparseTensor):
        return sparse.mm(dense)
    raise TypeError(f"sparse.mm: the first must be a sparse tensor, got {describe(sparse)}; "
                    "to_sparse() makes one")


spmm = mm


def FloatTensor(indices, values, size=None) -> SparseTensor:
    """`sparse_coo_tensor` in float32, by the name of PyTorch's first years."""
    return sparse_coo_tensor(indices, values, size, dtype="float32")


def sum(input: SparseTensor, dim=None):
    """The sum of all elements, a Tensor, or over one dimension, a sparse tensor, or a Tensor where
    no other dimension has indices.

    >>> s = autograd.sparse_coo_tensor([[0, 1, 1], [2, 0, 2]], [3., 4., 5.], (2, 3))
    >>> autograd.sparse.sum(s, 0).to_dense()
    tensor([4., 0., 8.])
    """
    places, values = input._indices(), input._values()
    if dim is None:
        return values.sum()
    dim = _dimension("sum", input, dim)
    shape = [n for i, n in enumerate(input.shape) if i != dim]
    if dim >= input.sparse_dim():
        return SparseTensor(places, values.sum(dim - input.sparse_dim() + 1), shape,
                            input.is_coalesced())
    if input.sparse_dim() == 1:
        return values.sum(0)
    return SparseTensor(_without(places, dim), values, shape, False).coalesce()


def softmax(input: SparseTensor, dim: int) -> SparseTensor:
    """exp(x) over its sum along `dim`, of the elements that are there: the others count as -inf.

    >>> s = autograd.sparse_coo_tensor([[0, 1, 1], [2, 0, 2]], [3., 4., 4.], (2, 3))
    >>> autograd.sparse.softmax(s, 1).values().tolist()
    [1.0, 0.5, 0.5]
    """
    input, lines, count, shifted = _shifted("softmax", input, dim)
    exponentials = shifted.exp()
    sums = _line_sums(exponentials, lines, count)
    return input._with(exponentials / index_select(sums, 0, lines))


def log_softmax(input: SparseTensor, dim: int) -> SparseTensor:
    """The logarithm of `softmax`, exact for small probabilities too."""
    input, lines, count, shifted = _shifted("log_softmax", input, dim)
    sums = _line_sums(shifted.exp(), lines, count).log()
    return input._with(shifted - index_select(sums, 0, lines))


def _shifted(name: str, input: SparseTensor, dim: int):
    """The tensor coalesced, the line along `dim` that each value is in, how many lines there are,
    and the values less the largest of their line."""
    dim = _dimension(name, input, dim)
    input = input.coalesce()
    if dim >= input.sparse_dim():
        raise ValueError(f"{name}: dimension {dim} must be one that the indices tell, below "
                         f"{input.sparse_dim()}")
    others = _without(input.indices(), dim).numpy()
    found = np.unique(others, axis=1, return_inverse=True)[1].reshape(-1)
    lines, values = from_numpy(found), input.values()
    count = int(found.max(initial=-1)) + 1
    lowest = full((count, *values.shape[1:]), -float("inf"), dtype=values.dtype)
    largest = index_reduce(lowest, 0, lines, values.detach(), "amax")
    return input, lines, count, values - index_select(largest, 0, lines)


def _line_sums(values: Tensor, lines: Tensor, count: int) -> Tensor:
    return index_add(zeros((count, *values.shape[1:]), dtype=values.dtype), 0, lines, values)


def _without(places: Tensor, dim: int) -> Tensor:
    kept = [i for i in range(places.shape[0]) if i != dim]
    return index_select(places, 0, as_tensor(kept, dtype="int64")) if kept else places[:0]


def _dimension(name: str, input: SparseTensor, dim: int) -> int:
    if not isinstance(input, SparseTensor):
        raise TypeError(f"sparse.{name}: a sparse tensor is needed, got {describe(input)}")
    if not -input.ndim <= dim < input.ndim:
        raise IndexError(f"sparse.{name}: dimension {dim} of a tensor with {input.ndim}")
    return dim % input.ndim


Tensor.to_sparse = to_sparse  # type: ignore[method-assign, assignment]
