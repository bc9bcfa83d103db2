"""Reading and writing at computed places: gather, scatter, index_add, index_put and their kin.

Where several values are written to one place the last one stays, and only that one gets the
gradient.
"""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from ..dtypes import fitting
from ..errors import describe
from ..gate import by_index, copied
from ..record import composite, op
from ..tensors import Tensor, wrap
from .compare import where
from .index import (
    Index,
    along,
    as_index,
    check_range,
    getitem,
    integers,
    misplaced,
    only_array,
    put,
    region,
    rows_at,
    select_rows,
    sum_rows,
    sums_at,
)
from .shape import axis, expand, reshape, sum_to_size

_gather, _scatter = by_index("gather_along"), by_index("scatter_along")
_scatter_sum, _src_grad = by_index("scatter_sum"), by_index("scatter_src_grad")
_sum_rows = by_index("sum_rows", "sums")


def scatter_checked(name: str, input, dim: int, index) -> int:
    """dim counted from the front, where index fits input except along dim."""
    integers(name, index)
    shape = getattr(input, "_any_array", input).shape
    wanted = getattr(index, "_any_array", index).shape
    dim = axis(name, dim, len(shape))
    shape, wanted = shape or (1,), wanted or (1,)
    if shape == wanted:
        return dim
    if len(shape) != len(wanted):
        raise ValueError(f"{name}: index {tuple(index.shape)} must have as many dimensions as "
                         f"input {tuple(input.shape)}")
    for d, (n, limit) in enumerate(zip(wanted, shape, strict=True)):
        if d != dim and n > limit:
            raise ValueError(f"{name}: index {tuple(index.shape)} is larger than input "
                             f"{tuple(input.shape)} in dimension {d}, which is not dim {dim}")
    return dim


def _same_dtype(name: str, what: str, value, input) -> None:
    if value.dtype != input.dtype:
        raise TypeError(f"{name}: {what} is {value.dtype} but input {input.dtype}; "
                        f"convert it with .to(input.dtype)")


@composite()
def gather(input, dim, index):
    """out[i, j] = input[i, index[i, j]] for dim=1, and likewise for other dims.

    >>> autograd.tensor([[1., 2.], [3., 4.]]).gather(1, autograd.tensor([[1], [0]]))
    tensor([[2.],
            [3.]])
    """
    dim = scatter_checked("gather", input, dim, index)
    try:
        return gather_along(input, index, dim)
    except IndexError as error:
        _misplaced("gather", error, input, index, dim)


def _misplaced(name: str, error: IndexError, input, index, dim: int) -> NoReturn:
    misplaced(name, error, index, (*input.shape, 1)[dim], dim)


@op(method=False, vjp=dict(
    input=lambda g, index, dim, negative, input_shape:
        scatter_sum(g, index, dim, input_shape, negative)))
def gather_along(input, index, /, dim, negative=False):
    """The elements of input that `index` names along `dim`, with `negative` from the end too."""
    return _gather(input, index, dim, negative)


@op(method=False, vjp=dict(
    g=lambda g_out, index, dim, negative: gather_along(g_out, index, dim, negative)))
def scatter_sum(g, index, /, dim, shape, negative=False):
    """Zeros of `shape` to which g is added where `index` says along `dim`."""
    return _scatter_sum(g, index, dim, shape, negative)


@composite()
def take_along_dim(input, indices, dim=None):
    """gather with input and indices broadcast outside `dim`; without dim, of the flattened input.

    Indices below 0 count from the end.

    >>> x = autograd.tensor([[3., 1.], [2., 4.]])
    >>> x.take_along_dim(x.argsort(dim=1), dim=1)
    tensor([[1., 3.],
            [2., 4.]])
    """
    integers("take_along_dim", indices)
    if dim is None:
        input, indices, dim = reshape(input, (-1,)), reshape(indices, (-1,)), 0
    dim = axis("take_along_dim", dim, input.ndim)
    if input.ndim != indices.ndim:
        raise ValueError(f"take_along_dim: indices {tuple(indices.shape)} must have as many "
                         f"dimensions as input {tuple(input.shape)}")
    size = input.shape[dim]
    if input.shape[:dim] != indices.shape[:dim] or input.shape[dim + 1:] != indices.shape[dim + 1:]:
        others = np.broadcast_shapes(*(x.shape[:dim] + (1,) + x.shape[dim + 1:]
                                       for x in (input, indices)))
        input, indices = (expand(x, (*others[:dim], x.shape[dim], *others[dim + 1:]))
                          for x in (input, indices))
    try:
        return gather_along(input, indices, dim, True)
    except IndexError as error:
        misplaced("take_along_dim", error, indices, size, dim, -size)


@composite(inplace=True)
def scatter(input, dim, index, src=None, *, value=None):
    """input with out[i, index[i, j]] = src[i, j] for dim=1, and likewise for other dims; `src` is a
    tensor, from which the region of index's shape is taken, or a number (as is `value`).

    >>> autograd.zeros(2, 3).scatter(1, autograd.tensor([[2], [0]]), 1.0)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    dim = scatter_checked("scatter", input, dim, index)
    if (src is None) == (value is None):
        raise TypeError("scatter: give either src or value")
    if isinstance(src, Tensor):
        src = scatter_region("scatter", input, index, src)
    else:
        src = wrap(fitting("scatter", value if src is None else src, input.dtype))
    try:
        return scatter_along(input, index, src, dim)
    except IndexError as error:
        _misplaced("scatter", error, input, index, dim)


def scatter_region(name: str, input, index, src):
    """The part of src that index refers to."""
    if not isinstance(src, Tensor):
        raise TypeError(f"{name}: src must be a Tensor, got {describe(src)}")
    _same_dtype(name, "src", src, input)
    if src._any_array.shape == getattr(index, "_any_array", index).shape:
        return src
    if src.ndim != index.ndim or any(
            n > m for n, m in zip(index.shape, src.shape, strict=True)):
        raise ValueError(f"{name}: src {tuple(src.shape)} must be at least as large as index "
                         f"{tuple(index.shape)} in every dimension")
    return getitem(src, Index(slice(n) for n in index.shape))


@op(method=False, vjp=dict(
    input=lambda g, index, dim: scatter_along(g, index, g.dtype.type(0), dim),
    src=lambda g, index, dim, src_shape: sum_to_size(scatter_src_grad(g, index, dim), src_shape)))
def scatter_along(input, index, src, /, dim):
    """A copy of input with src, of index's shape or 0-d, written where `index` says along `dim`."""
    return _scatter(input, index, src, dim)


@op(method=False, vjp=dict(
    g=lambda g_out, index, dim, g_shape:
        scatter_along(np.zeros(g_shape, g_out.dtype), index, g_out, dim)))
def scatter_src_grad(g, index, /, dim):
    """The elements of g that `index` names along `dim`, 0 where a later one names the same."""
    return _src_grad(g, index, dim)


@composite(inplace=True)
def scatter_add(input, dim, index, src):
    """input with src[i, j] added to out[i, index[i, j]] for dim=1, and likewise for other dims."""
    dim = scatter_checked("scatter_add", input, dim, index)
    src = scatter_region("scatter_add", input, index, src)
    try:
        return scatter_add_along(input, index, src, dim)
    except IndexError as error:
        _misplaced("scatter_add", error, input, index, dim)


@op(method=False, vjp=dict(
    input=lambda g: g,
    src=lambda g, index, dim: gather_along(g, index, dim)))
def scatter_add_along(input, index, src, /, dim):
    """input with src, of index's shape, added where `index` says along `dim`."""
    return _scatter_sum(src, index, dim, input.shape, False, input)


@composite(inplace=True)
def index_add(input, dim, index, source, *, alpha=1):
    """input with the slices of alpha * source along `dim` added at the places `index`, a vector.

    >>> rows = autograd.tensor([0, 0])
    >>> autograd.zeros(2, 2).index_add(0, rows, autograd.ones(2, 2))
    tensor([[2., 2.],
            [0., 0.]])
    """
    dim = axis("index_add", dim, input.ndim)
    integers("index_add", index)
    if not isinstance(source, Tensor):
        raise TypeError(f"index_add: source must be a Tensor, got {describe(source)}")
    _same_dtype("index_add", "source", source, input)
    if not index.shape:
        index = reshape(index, (1,))
    fits = (*input.shape[:dim], *index.shape, *input.shape[dim + 1:])
    if index.ndim != 1 or source.shape != (fits if input.shape else ()):
        raise ValueError(f"index_add: source {tuple(source.shape)} must be {fits}, with "
                         f"{index.shape[0]} slices along dim {dim} of {tuple(input.shape)}")
    if not input.shape:
        check_range("index_add", getattr(index, "_array", index), 1, dim)
        return input + source * alpha
    try:
        if alpha == 1:
            return add_rows(input, index, source, dim)
        return input + sum_rows(source, index, dim, tuple(input.shape)) * alpha
    except IndexError as error:
        _misplaced("index_add", error, input, index, dim)


@op(method=False, vjp=dict(
    input=lambda g: g,
    source=lambda g, index, dim: select_rows(g, index, dim)))
def add_rows(input, index, source, /, dim):
    """input with the slices of source along `dim` added at the places `index`, a vector."""
    return _sum_rows(source, index, dim, input.shape, False, input)


@composite(inplace=True)
def index_put(input, indices, values, accumulate=False):
    """input with input[indices] = values, or += values with `accumulate`, where equal indices then
    add up; `indices` is a tuple of integer or boolean tensors."""
    if not isinstance(indices, (tuple, list)):
        raise TypeError(f"index_put: indices must be a tuple of Tensors, got {describe(indices)}")
    if not isinstance(values, Tensor):
        raise TypeError(f"index_put: values must be a Tensor, got {describe(values)}")
    _same_dtype("index_put", "values", values, input)
    index = as_index(tuple(indices))
    shape = tuple(input.shape)
    fits = region("index_put", index, shape)
    if values.shape != fits and (len(values.shape) > len(fits) or any(
            n not in (1, m) for n, m in zip(values.shape[::-1], fits[::-1], strict=False))):
        raise ValueError(f"index_put: values {tuple(values.shape)} cannot be expanded to {fits}, "
                         f"which indices of {shape} give")
    if not accumulate:
        return put_at(input, values, index)
    return add_at(input, values if values.shape == fits else expand(values, fits), index)


@op(method=False, vjp=dict(
    input=lambda g: g,
    values=lambda g, index: getitem(g, index)))
def add_at(input, values, /, index):
    """input with values, of the shape of input[index], added at index; equal indices add up."""
    return sums_at(values, index, input.shape, input)


@op(method=False, vjp=dict(
    input=lambda g, index: put_at(g, g.dtype.type(0), index),
    values=lambda g, index, values_shape: sum_to_size(reached(g, index), values_shape)))
def put_at(input, values, /, index):
    """A copy of input with `values`, broadcast, written at index."""
    out = copied(input)
    put(out, index, values)
    return out


def reached(g, index):
    """What put(x, index, value) gives back to value: g[index], and 0 where a later one of the same
    write took the place."""
    parts = as_index(index)
    shown = getitem(g, parts)
    if not any([part.__class__ is np.ndarray and part.dtype.kind == "i" for part in parts]):
        return shown
    stays = _last_writes(parts, tuple(g.shape))
    return shown if stays.all() else where(stays, shown, 0.0)


def _last_writes(index: Index, shape: tuple) -> np.ndarray:
    """For each element, or row, that put(x, index, value) writes, whether it stays: of several
    written to the same place the last one does."""
    dim = only_array(index)
    if dim is None:
        numbers, inner = rows_at(index, shape)
        after = len(inner)
    else:
        numbers, after = index[dim] % shape[dim], len(shape) - dim - 1
    number = np.arange(numbers.size).reshape(numbers.shape)
    board = np.empty(numbers.max(initial=-1) + 1, np.int64)
    board[numbers] = number
    return (board[numbers] == number).reshape(numbers.shape + (1,) * after)


@composite(inplace=True)
def index_fill(input, dim, index, value):
    """input with `value`, a number or 0-d tensor, in the slices at `index` along `dim`."""
    dim = axis("index_fill", dim, input.ndim)
    places = getattr(integers("index_fill", index), "_array", index).reshape(-1)
    size = (*input.shape, 1)[dim]
    check_range("index_fill", places, size, dim, -size)
    if not isinstance(value, Tensor):
        value = wrap(fitting("index_fill", value, input.dtype))
    if value.shape:
        raise ValueError(f"index_fill: value must be a number or 0-d tensor, got {describe(value)}")
    if not input.shape:
        return put_at(input, value, Index((...,))) if places.size else input.clone()
    return put_at(input, value, along(dim, places.astype(np.int64)))
