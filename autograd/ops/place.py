"""Reading and writing at places of the whole memory, or of a part that a view would show.

Where several values are written to one place the last one stays, and only that one gets the
gradient.
"""

from __future__ import annotations

from math import prod

import numpy as np

from ..dtypes import fitting
from ..errors import describe
from ..gate import copied
from ..record import composite, op
from ..tensors import Tensor
from ..tensors import wrap as wrapped
from .compare import where
from .elementwise import to
from .index import Index, along, check_range, getitem, getitem_grad, integers, outline, region
from .memory import apart, as_strided_view, strides_of
from .scatter import add_at, put_at
from .shape import axis, distinct, expand, ints, owned, reshape, sum_to_size, whole
from .triangle import diagonal


@composite()
def take(input, index):
    """The elements of the flattened input at the places `index`, in its shape; places below 0 count
    from the end.

    >>> autograd.tensor([[1., 2.], [3., 4.]]).take(autograd.tensor([3, 0]))
    tensor([4., 1.])
    """
    places = np.array(getattr(integers("take", index), "_array", index), np.int64)
    try:
        return owned(getitem(reshape(input, (-1,)), Index((places,))))
    except IndexError:
        check_range("take", places, prod(input.shape), 0, -prod(input.shape))
        raise


@composite(inplace=True)
def put(input, index, source, accumulate=False):
    """input with the elements of source written, or added with `accumulate`, at the places `index`
    of the flattened input.

    >>> autograd.zeros(2, 2).put(autograd.tensor([1, 2]), autograd.tensor([5., 6.]))
    tensor([[0., 5.],
            [6., 0.]])
    """
    places = np.array(getattr(integers("put", index), "_array", index), np.int64).reshape(-1)
    check_range("put", places, prod(input.shape), 0, -prod(input.shape))
    _check_source("put", "source", source, input)
    if prod(source.shape) != places.size:
        raise ValueError(f"put: source {tuple(source.shape)} must have as many elements as index "
                         f"{tuple(index.shape)}")
    write = add_at if accumulate else put_at
    return _flat(write, input, source, places)


def _flat(write, input, values, places: np.ndarray):
    """input with values written at places of its flattened elements."""
    flat = write(reshape(input, (-1,)), reshape(values, (-1,)), Index((places.reshape(-1),)))
    return owned(reshape(flat, input.shape))


def _check_source(name: str, what: str, source, input) -> None:
    if not isinstance(source, Tensor):
        raise TypeError(f"{name}: {what} must be a Tensor, got {describe(source)}")
    if source.dtype != input.dtype:
        raise TypeError(f"{name}: {what} is {source.dtype} but input {input.dtype}; convert it "
                        "with .to(input.dtype)")


@composite(inplace=True)
def index_copy(input, dim, index, source):
    """input with the slices of source along `dim` written at the places `index`, a vector.

    >>> autograd.zeros(2, 2).index_copy(0, autograd.tensor([1]), autograd.ones(1, 2))
    tensor([[0., 0.],
            [1., 1.]])
    """
    dim = axis("index_copy", dim, len(input.shape))
    _check_source("index_copy", "source", source, input)
    places = np.array(getattr(integers("index_copy", index), "_array", index), np.int64)
    if places.ndim > 1:
        raise ValueError(f"index_copy: index must be a vector, got {describe(index)}")
    places = places.reshape(-1)
    check_range("index_copy", places, (*input.shape, 1)[dim], dim)
    if not input.shape:
        return put_at(input, reshape(source, ()), Index((...,)))
    fits = (*input.shape[:dim], places.size, *input.shape[dim + 1:])
    if source.shape != fits:
        raise ValueError(f"index_copy: source {tuple(source.shape)} must be {fits}, with "
                         f"{places.size} slices along dim {dim} of {tuple(input.shape)}")
    return put_at(input, source, along(dim, places))


@composite(inplace=True)
def masked_scatter(input, mask, source):
    """input with the elements of source, one after the other, where the boolean `mask`, broadcast
    with input, is true.

    >>> mask = autograd.tensor([True, False, True])
    >>> autograd.zeros(3).masked_scatter(mask, autograd.tensor([5., 6., 7.]))
    tensor([5., 0., 6.])
    """
    if not isinstance(mask, Tensor) or mask.dtype != bool:
        raise TypeError(f"masked_scatter: mask must be a boolean Tensor, got {describe(mask)}; "
                        "compare it, as in x > 0, or use .bool()")
    _check_source("masked_scatter", "source", source, input)
    truths = mask._array.copy()
    if input.shape != truths.shape:
        try:
            shape = np.broadcast_shapes(input.shape, truths.shape)
        except ValueError:
            raise ValueError(f"masked_scatter: mask {truths.shape} and input "
                             f"{tuple(input.shape)} do not broadcast") from None
        input, truths = expand(input, shape), np.broadcast_to(truths, shape)
    count = int(np.count_nonzero(truths))
    if count > prod(source.shape):
        raise ValueError(f"masked_scatter: mask is true {count} times but source "
                         f"{tuple(source.shape)} has {prod(source.shape)} elements")
    values = getitem(reshape(source, (-1,)), Index((slice(count),)))
    spread = getitem_grad(values, Index((truths,)), truths.shape)
    return where(wrapped(truths), spread, input)


@composite()
def select_scatter(input, src, dim, index):
    """A copy of input with src in the slice that select(dim, index) shows.

    >>> autograd.zeros(2, 2).select_scatter(autograd.ones(2), 0, 1)
    tensor([[0., 0.],
            [1., 1.]])
    """
    if not input.shape:
        raise IndexError("select_scatter: a 0-d tensor has no dimension to select from")
    dim = axis("select_scatter", dim, len(input.shape))
    index = whole("select_scatter", index)
    check_range("select_scatter", index, input.shape[dim], dim, -input.shape[dim])
    return _shown("select_scatter", input, src, along(dim, index))


@composite()
def slice_scatter(input, src, dim=0, start=None, end=None, step=1):
    """A copy of input with src in the slice start:end:step along `dim`.

    >>> autograd.zeros(4).slice_scatter(autograd.ones(2), 0, 1, 3)
    tensor([0., 1., 1., 0.])
    """
    if not input.shape:
        raise IndexError("slice_scatter: a 0-d tensor has no dimension to slice")
    if whole("slice_scatter", step) < 1:
        raise ValueError(f"slice_scatter: step must be positive, got {step}")
    dim = axis("slice_scatter", dim, len(input.shape))
    return _shown("slice_scatter", input, src, along(dim, slice(start, end, step)))


def _shown(name: str, input, src, index: Index):
    """input with src in the part that an index shows, whose shape src has."""
    _check_source(name, "src", src, input)
    fits = region(name, index, tuple(input.shape))
    if src.shape != fits:
        raise ValueError(f"{name}: src {tuple(src.shape)} must have the shape of what it replaces, "
                         f"{fits}")
    return put_at(input, src, index)


@composite()
def diagonal_scatter(input, src, offset=0, dim1=0, dim2=1):
    """A copy of input with src on the diagonal that diagonal(offset, dim1, dim2) shows.

    >>> autograd.zeros(2, 2).diagonal_scatter(autograd.tensor([1., 2.]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    if len(input.shape) < 2:
        raise ValueError(f"diagonal_scatter: at least 2 dimensions are needed, got "
                         f"{describe(input)}")
    dim1, dim2 = distinct("diagonal_scatter", (dim1, dim2), len(input.shape))
    _check_source("diagonal_scatter", "src", src, input)
    offset = whole("diagonal_scatter", offset)
    fits = outline(input.shape).diagonal(offset, dim1, dim2).shape
    if src.shape != fits:
        raise ValueError(f"diagonal_scatter: src {tuple(src.shape)} must have the shape of the "
                         f"diagonal, {fits}")
    return put_diagonal(input, src, offset, dim1, dim2)


@op(method=False, vjp=dict(
    input=lambda g, offset, dim1, dim2: put_diagonal(g, g.dtype.type(0), offset, dim1, dim2),
    src=lambda g, offset, dim1, dim2, src_shape: sum_to_size(
        diagonal(g, offset, dim1, dim2), src_shape)))
def put_diagonal(input, src, /, offset, dim1, dim2):
    """A copy of input with src, broadcast, on a diagonal."""
    out = copied(input)
    shown = out.diagonal(offset, dim1, dim2)
    shown.flags.writeable = True
    shown[...] = src
    return out


@composite(method=False, inplace=True)
def fill_diagonal(input, fill_value, wrap=False):
    """input with `fill_value` where all indices are equal; of a matrix higher than wide with `wrap`
    again after each block of as many rows as columns and one more.

    Tensors of more than 2 dimensions must have all of one size.

    >>> autograd.zeros(2, 2).fill_diagonal_(5)
    tensor([[5., 0.],
            [0., 5.]])
    """
    shape = tuple(input.shape)
    if len(shape) < 2 or (len(shape) > 2 and len(set(shape)) > 1):
        raise ValueError("fill_diagonal: a matrix, or more dimensions of one size, are needed, got "
                         f"{describe(input)}")
    step = sum(prod(shape[d + 1:]) for d in range(len(shape)))
    end = prod(shape) if wrap and len(shape) == 2 else min(shape) * step
    if not isinstance(fill_value, Tensor):
        fill_value = wrapped(fitting("fill_diagonal", fill_value, input.dtype))
    if fill_value.shape:
        raise ValueError("fill_diagonal: fill_value must be a number or 0-d tensor, got "
                         f"{describe(fill_value)}")
    flat = put_at(reshape(input, (-1,)), to(fill_value, input.dtype), Index((slice(0, end, step),)))
    return owned(reshape(flat, shape))


def unravel_index(indices, shape) -> tuple[Tensor, ...]:
    """For places in a flattened tensor of `shape` the index along each dimension.

    >>> autograd.unravel_index(autograd.tensor([1, 5]), (2, 3))
    (tensor([0, 1]), tensor([1, 2]))
    """
    found = np.array(getattr(integers("unravel_index", indices), "_array", indices), np.int64)
    sizes = tuple(whole("unravel_index", n) for n in ints(shape))
    check_range("unravel_index", found, prod(sizes), 0, -prod(sizes))
    found = np.where(found < 0, found + prod(sizes), found)
    return tuple(wrapped(part) for part in np.unravel_index(found, sizes))


@composite()
def as_strided_scatter(input, src, size, stride, storage_offset=None):
    """A copy of input with src in the elements that as_strided(size, stride, storage_offset) shows.

    >>> autograd.zeros(4).as_strided_scatter(autograd.ones(2), (2,), (2,), 1)
    tensor([0., 1., 0., 1.])
    """
    _check_source("as_strided_scatter", "src", src, input)
    size, stride, start = strides_of("as_strided_scatter", input, size, stride, storage_offset)
    if src.shape != size:
        raise ValueError(f"as_strided_scatter: src must be {size}, as what it is written into, got "
                         f"{describe(src)}")
    if apart(size, stride):
        return put_strided(input, src, size, stride, start)
    places = as_strided_view(np.arange(prod(input.shape)).reshape(input.shape), size, stride, start)
    return _flat(put_at, input, src, places)


@op(method=False, vjp=dict(
    input=lambda g, size, stride, start: put_strided(g, g.dtype.type(0), size, stride, start),
    src=lambda g, size, stride, start, src_shape: sum_to_size(
        as_strided_view(g, size, stride, start), src_shape)))
def put_strided(input, src, /, size, stride, start):
    """A copy of input with src, broadcast, where strides that meet no element twice show it."""
    out = copied(input)
    as_strided_view(out, size, stride, start)[...] = src
    return out
