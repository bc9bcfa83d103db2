"""Rearrangements that few programs use: other names, rows and columns, parts, mirrors."""

from __future__ import annotations

import numpy as np

from ..errors import describe, ordered, unmatched
from ..metadata import Size
from ..record import composite
from ..tensors import Tensor
from .index import narrow
from .join import cat, tensor_split, vstack
from .shape import clone, expand, flip, reshape, unsqueeze, whole


@composite()
def ravel(input):
    """The elements in row-major order as a vector: a view where memory allows, else a copy.

    Shape: (*) -> (n)

    >>> autograd.ravel(autograd.tensor([[1, 2], [3, 4]]))
    tensor([1, 2, 3, 4])
    """
    return reshape(input, (-1,))


def broadcast_shapes(*shapes) -> Size:
    """The shape that these shapes, each a tuple or one number, are broadcast to.

    >>> autograd.broadcast_shapes((2, 1), (3,), 1)
    Size([2, 3])
    """
    given = []
    for shape in shapes:
        sizes = tuple(shape) if ordered(shape) else (shape,)
        given.append(tuple(whole("broadcast_shapes", n) for n in sizes))
        if min(given[-1], default=0) < 0:
            raise ValueError(f"broadcast_shapes: sizes are not negative, got {given[-1]}")
    try:
        return Size(np.broadcast_shapes(*given))
    except ValueError:
        shown = [np.broadcast_to(np.int8(0), shape) for shape in given]
        raise ValueError(f"broadcast_shapes: {unmatched(shown)}") from None


@composite(method=False)
def broadcast_tensors(*tensors):
    """All tensors seen in the shape that they are broadcast to, as views.

    >>> a, b = autograd.broadcast_tensors(autograd.zeros(3), autograd.zeros(2, 1))
    >>> a.shape
    Size([2, 3])
    """
    tensors = _sequence("broadcast_tensors", tensors)
    try:
        shape = np.broadcast_shapes(*(x.shape for x in tensors))
    except ValueError:
        raise ValueError(f"broadcast_tensors: {unmatched(tensors)}") from None
    return tuple(expand(x, shape) for x in tensors)


def _sequence(name: str, tensors: tuple) -> tuple:
    """The tensors of a call, given one by one or as one list or tuple."""
    if not tensors:
        raise TypeError(f"{name}: at least one tensor is needed")
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        tensors = tuple(tensors[0])
    for i, x in enumerate(tensors):
        if not isinstance(x, (Tensor, np.ndarray)):
            raise TypeError(f"{name}: tensors[{i}] must be a Tensor, got {describe(x)}")
    return tensors


def _at_least(name: str, tensors: tuple, change):
    changed = tuple(map(change, _sequence(name, tensors)))
    return changed[0] if len(tensors) == 1 and isinstance(tensors[0], Tensor) else changed


@composite(method=False)
def atleast_1d(*tensors):
    """The tensor, a number as a vector of one; of several tensors, or a list of them, a tuple.

    >>> autograd.atleast_1d(autograd.tensor(3.))
    tensor([3.])
    """
    return _at_least("atleast_1d", tensors, lambda x: x if x.shape else reshape(x, (1,)))


@composite(method=False)
def atleast_2d(*tensors):
    """The tensor, a vector as a row; of several tensors, or a list of them, a tuple.

    >>> autograd.atleast_2d(autograd.tensor([1., 2.]))
    tensor([[1., 2.]])
    """
    return _at_least("atleast_2d", tensors,
                     lambda x: x if len(x.shape) > 1 else reshape(x, (1, -1)))


@composite(method=False)
def atleast_3d(*tensors):
    """The tensor, (m, n) as (m, n, 1), (n) as (1, n, 1); of several tensors, or a list of them, a
    tuple.

    >>> autograd.atleast_3d(autograd.zeros(2, 4)).shape
    Size([2, 4, 1])
    """
    def deep(x):
        if len(x.shape) > 2:
            return x
        return unsqueeze(x, -1) if len(x.shape) == 2 else reshape(x, (1, -1, 1))

    return _at_least("atleast_3d", tensors, deep)


@composite(method=False)
def column_stack(tensors):
    """The tensors side by side along dim 1; a vector is a column.

    >>> autograd.column_stack([autograd.tensor([1, 2]), autograd.tensor([3, 4])])
    tensor([[1, 3],
            [2, 4]])
    """
    return cat([x if len(x.shape) > 1 else reshape(x, (-1, 1)) for x in tensors], 1)


@composite(method=False)
def row_stack(tensors):
    """The tensors on top of each other: another name of vstack.

    >>> autograd.row_stack([autograd.tensor([1, 2]), autograd.tensor([3, 4])]).shape
    Size([2, 2])
    """
    return vstack(tensors)


@composite()
def hsplit(input, indices_or_sections):
    """Parts side by side, along dim 1 (of a vector along dim 0), as views: a number of equal ones,
    or those between the given indices.

    >>> [part.tolist() for part in autograd.arange(4).hsplit(2)]
    [[0, 1], [2, 3]]
    """
    return _parts("hsplit", input, indices_or_sections, 1, 0 if len(input.shape) == 1 else 1)


@composite()
def vsplit(input, indices_or_sections):
    """Parts on top of each other, along dim 0, as views: as hsplit.

    >>> [part.tolist() for part in autograd.arange(6).reshape(3, 2).vsplit([1])]
    [[[0, 1]], [[2, 3], [4, 5]]]
    """
    return _parts("vsplit", input, indices_or_sections, 2, 0)


@composite()
def dsplit(input, indices_or_sections):
    """Parts behind each other, along dim 2, as views: as hsplit.

    >>> [part.shape for part in autograd.zeros(1, 2, 4).dsplit(2)]
    [Size([1, 2, 2]), Size([1, 2, 2])]
    """
    return _parts("dsplit", input, indices_or_sections, 3, 2)


def _parts(name: str, input, wanted, least: int, dim: int):
    _check_least(name, input, least)
    size = input.shape[dim]
    if isinstance(wanted, (int, np.integer)) and (wanted < 1 or size % wanted):
        raise ValueError(f"{name}: dimension {dim} of size {size} has no {wanted} equal parts; "
                         "tensor_split makes unequal ones")
    return tensor_split(input, wanted, dim)


def _check_least(name: str, input, least: int) -> None:
    if len(input.shape) < least:
        raise ValueError(f"{name}: at least {least} dimension{'s' * (least > 1)} are needed, got "
                         f"{describe(input)}")


@composite()
def fliplr(input):
    """With the order of columns, dim 1, reversed (a copy).

    >>> autograd.fliplr(autograd.tensor([[1, 2], [3, 4]]))
    tensor([[2, 1],
            [4, 3]])
    """
    _check_least("fliplr", input, 2)
    return flip(input, (1,))


@composite()
def flipud(input):
    """With the order of rows, dim 0, reversed (a copy).

    >>> autograd.flipud(autograd.tensor([[1, 2], [3, 4]]))
    tensor([[3, 4],
            [1, 2]])
    """
    _check_least("flipud", input, 1)
    return flip(input, (0,))


@composite()
def narrow_copy(input, dim, start, length):
    """`length` elements from `start` on along `dim`, as a copy.

    >>> autograd.arange(6).narrow_copy(0, 1, 3)
    tensor([1, 2, 3])
    """
    return clone(narrow(input, dim, start, length))
