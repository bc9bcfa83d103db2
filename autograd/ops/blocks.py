"""Matrices made of parts: diagonals, blocks, powers, and lists of pairs."""

from __future__ import annotations

import itertools
from math import comb

import numpy as np

from ..dtypes import as_dtype, common
from ..errors import check_size, describe
from ..gate import written
from ..metadata import device as only_device
from ..record import composite, op
from ..tensors import Tensor, wrap
from .index import Index, getitem, narrow
from .join import cat, stack
from .running import cumprod
from .shape import distinct, expand, flip, owned, reshape, unsqueeze, whole
from .triangle import diag, diagonal_grad


@composite()
def diag_embed(input, offset=0, dim1=-2, dim2=-1):
    """Matrices, in dimensions dim1 and dim2, with the vectors of input's last dimension on the
    diagonal `offset` (positive numbers upwards) and 0 elsewhere.

    Shape: (*, n) -> (*, n + |offset|, n + |offset|)

    >>> autograd.diag_embed(autograd.tensor([1., 2.]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    if not input.shape:
        raise ValueError("diag_embed: at least 1 dimension is needed, got a 0-d tensor")
    dim1, dim2 = distinct("diag_embed", (dim1, dim2), len(input.shape) + 1)
    shape, n = list(input.shape[:-1]), input.shape[-1] + abs(whole("diag_embed", offset))
    for dim in sorted((dim1, dim2)):
        shape.insert(dim, n)
    check_size("diag_embed", shape)
    return diagonal_grad(input, offset, dim1, dim2, tuple(shape))


@composite()
def diagflat(input, offset=0):
    """A matrix with all elements of input on its diagonal `offset`.

    Shape: (*) -> (n + |offset|, n + |offset|)

    >>> autograd.diagflat(autograd.tensor([[1, 2]]))
    tensor([[1, 0],
            [0, 2]])
    """
    return diag(reshape(input, (-1,)), offset)


@composite(method=False)
def block_diag(*tensors):
    """The matrix with these matrices, one after the other, on its diagonal and 0 elsewhere; a
    vector is a row, a number a matrix of one.

    >>> autograd.block_diag(autograd.ones(1, 2), autograd.tensor(5.))
    tensor([[1., 1., 0.],
            [0., 0., 5.]])
    """
    if not tensors:
        raise TypeError("block_diag: at least one tensor is needed")
    for i, x in enumerate(tensors):
        if len(x.shape) > 2:
            raise ValueError(f"block_diag: tensors[{i}] must have at most 2 dimensions, got "
                             f"{describe(x)}")
    return join_blocks([x if len(x.shape) == 2 else reshape(x, (1, -1)) for x in tensors])


@op(broadcasts=True, variadic=True, method=False, vjp=dict(
    tensors=lambda g, tensors_shape: [getitem(g, part) for part in _parts(tensors_shape)]))
def join_blocks(tensors, /):
    """The matrix with these matrices on its diagonal and 0 elsewhere."""
    arrays = common(*tensors)
    parts = _parts([x.shape for x in arrays])
    shape = tuple([part.stop for part in parts[-1]])
    check_size("block_diag", shape)
    out = np.zeros(shape, arrays[0].dtype)
    written([out[part] for part in parts], arrays)
    return out


def _parts(shapes) -> list[Index]:
    """Where each of the blocks is."""
    parts, row, column = [], 0, 0
    for height, width in shapes:
        parts.append(Index((slice(row, row + height), slice(column, column + width))))
        row, column = row + height, column + width
    return parts


@composite(method=False)
def cartesian_prod(*tensors):
    """All choices of one element from each of the vectors, one row each, the last vector's element
    changing fastest; of one vector, itself.

    Shape: (n), (m), ... -> (n * m * ..., number of vectors)

    >>> autograd.cartesian_prod(autograd.tensor([1, 2]), autograd.tensor([5, 6]))
    tensor([[1, 5],
            [1, 6],
            [2, 5],
            [2, 6]])
    """
    if not tensors:
        raise TypeError("cartesian_prod: at least one vector is needed")
    for i, x in enumerate(tensors):
        if len(x.shape) != 1:
            raise ValueError(f"cartesian_prod: tensors[{i}] must be a vector, got {describe(x)}")
    if len(tensors) == 1:
        return tensors[0]
    sizes = [x.shape[0] for x in tensors]
    check_size("cartesian_prod", (*sizes, len(sizes)))
    places = np.indices(sizes).reshape(len(sizes), -1)
    return stack([getitem(x, Index((at,))) for x, at in zip(tensors, places, strict=True)], 1)


@composite(method=False)
def combinations(input, r=2, with_replacement=False):
    """All choices of r elements of a vector, in its order, one row each; `with_replacement` an
    element may be chosen again.

    >>> autograd.combinations(autograd.tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    if len(input.shape) != 1:
        raise ValueError(f"combinations: input must be a vector, got {describe(input)}")
    if whole("combinations", r) < 0:
        raise ValueError(f"combinations: r must not be negative, got {r}")
    n = input.shape[0]
    count = comb(n + r - 1, r) if with_replacement and n else comb(n, r)
    check_size("combinations", (count, r))
    if not r:
        return getitem(input, Index((np.zeros(0, np.int64),)))
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = itertools.chain.from_iterable(choose(range(n), r))
    return getitem(input, Index((np.fromiter(rows, np.int64, count * r).reshape(count, r),)))


def tril_indices(row: int, col: int, offset: int = 0, *, dtype=None, device=None) -> Tensor:
    """Row and column of each element on or below the diagonal `offset` of a row x col matrix.

    Shape: -> (2, number of elements)

    >>> autograd.tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    return _indices("tril_indices", np.tril_indices, row, col, offset, dtype, device)


def triu_indices(row: int, col: int, offset: int = 0, *, dtype=None, device=None) -> Tensor:
    """Row and column of each element on or above the diagonal `offset` of a row x col matrix.

    Shape: -> (2, number of elements)

    >>> autograd.triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    return _indices("triu_indices", np.triu_indices, row, col, offset, dtype, device)


def _indices(name: str, make, row, col, offset, dtype, device) -> Tensor:
    if device is not None:
        only_device(device)
    row, col, offset = (whole(name, value) for value in (row, col, offset))
    if row < 0 or col < 0:
        raise ValueError(f"{name}: row and col must not be negative, got {row} and {col}")
    check_size(name, (row, col))
    wanted = np.dtype(np.int64) if dtype is None else as_dtype(dtype)
    if wanted.kind not in "iu":
        raise TypeError(f"{name}: dtype must be an integer type, got {wanted}")
    return wrap(np.stack(make(row, offset, col)).astype(wanted))


@composite(method=False)
def vander(x, N=None, increasing=False):  # noqa: N803 - PyTorch's name
    """The powers of a vector's elements as columns, from xᴺ⁻¹ down to 1, or up with `increasing`;
    N is the vector's size unless given.

    Shape: (n) -> (n, N)

    >>> autograd.vander(autograd.tensor([1., 2., 3.]))
    tensor([[1., 1., 1.],
            [4., 2., 1.],
            [9., 3., 1.]])
    """
    if len(x.shape) != 1:
        raise ValueError(f"vander: x must be a vector, got {describe(x)}")
    powers = rising_powers("vander", x, x.shape[0] if N is None else N)
    return powers if increasing or not powers.shape[1] else flip(powers, (1,))


def rising_powers(name: str, x, count: int):
    """1, x, x², ... in a new last dimension."""
    if whole(name, count) < 0:
        raise ValueError(f"{name}: N must not be negative, got {count}")
    one = np.ones((*x.shape, 1), x.dtype)
    repeated = expand(unsqueeze(x, -1), (*x.shape, max(count - 1, 0)))
    powers = cumprod(cat([one, repeated], -1), -1)
    return powers if count else owned(narrow(powers, -1, 0, 0))
