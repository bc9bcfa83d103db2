"""Indexing: x[...] with everything PyTorch allows, its gradient, and what is written with it."""

from __future__ import annotations

import operator
from functools import lru_cache
from math import prod
from typing import NoReturn

import numpy as np

from ..errors import describe
from ..gate import by_index
from ..record import composite, op
from ..slips import hint
from ..tensors import Tensor
from .shape import axis, owned, reshape, whole

_ALL = slice(None)
_FEW = 32
_INT64, _BOOL = np.dtype(np.int64), np.dtype(bool)
_take, _sum_rows = by_index("take"), by_index("sum_rows", "sums")
_compress, _spread = by_index("compress", "mask"), by_index("spread", "mask")


class Index(tuple):
    """An index as NumPy takes it: its lists and tensors have become int64 or bool arrays, which
    are copies, so that nobody changes them before the backward pass."""

    __slots__ = ()


def as_index(index) -> Index:
    """Any index as an Index."""
    kind = index.__class__
    if kind is Index:
        return index
    if kind is int or kind is slice or index is None or index is Ellipsis:
        return Index((_plain_part(index),))
    return Index(map(_plain_part, index if isinstance(index, tuple) else (index,)))


def _plain_part(part):
    if part.__class__ is int or part is None or part is Ellipsis:
        return part
    if part.__class__ is slice:
        return _plain_slice(part)
    if part.__class__ is Tensor:
        array = part._array
        if array.dtype is _INT64 and array.ndim or array.dtype is _BOOL:
            return array.copy()
    if isinstance(part, (int, np.integer)) and not isinstance(part, bool):
        return int(part)
    try:
        array = np.array(part._array if isinstance(part, Tensor) else part)
    except ValueError:
        raise IndexError(f"getitem: a list used as an index must be rectangular, got {part}"
                         ) from None
    if array.size == 0 and not hasattr(part, "dtype"):
        array = array.astype(np.int64)
    if array.dtype == np.uint8:
        hint("uint8 mask", "getitem: a uint8 index is taken as a mask, as PyTorch does; say "
             ".bool() for a mask, .long() for positions")
        array = array.astype(bool)
    if array.dtype.kind not in "iub":
        raise IndexError(f"getitem: {describe(part)} is not an index; integers, slices, None, ... "
                         "and integer or boolean tensors are (.long() or .bool() makes one)")
    if array.dtype.kind == "b":
        return array
    return int(array) if array.ndim == 0 else array.astype(np.int64, copy=False)


def _plain_slice(part: slice) -> slice:
    start, stop, step = part.start, part.stop, part.step
    if ((start is None or start.__class__ is int) and (stop is None or stop.__class__ is int)
            and (step is None or step.__class__ is int and step > 0)):
        return part
    try:
        ends = [None if end is None else operator.index(end)
                for end in (start, stop, step)]
    except TypeError:
        raise TypeError(f"getitem: the ends of a slice are integers, got {part}") from None
    if ends[2] is not None and ends[2] <= 0:
        raise ValueError(f"getitem: step {ends[2]} must be positive; use .flip() to reverse")
    return slice(*ends)


def look(array: np.ndarray, parts: Index):
    """array[parts]; integers come before the arrays, as in PyTorch, where NumPy mixes them."""
    if len(parts) == 1:
        part, = parts
        if part.__class__ is np.ndarray and array.ndim:
            if part.dtype is _BOOL:
                return _compress(array, part) if part.shape == array.shape else array[part]
            return _take(array, part, 0, True)
    else:
        arrays, numbers = _kinds(parts)
        if arrays and numbers:
            first, second = _two_steps(parts, array.ndim)
            return _picked(array[first], second)
        if arrays:
            return _picked(array, parts)
    return array[parts]


def _picked(array: np.ndarray, parts: tuple) -> np.ndarray:
    """array[parts], where some parts are arrays, in row-major order; NumPy puts what they pick
    first in memory, wherever they stand."""
    dim = only_array(parts)
    if dim is not None and len(parts) <= array.ndim:
        return _take(array, parts[dim], dim, True)
    return np.ascontiguousarray(array[parts])


def put(array: np.ndarray, parts: Index, value) -> None:
    """array[parts] = value, in the sense of `look`; of equal indices the last one stays."""
    if len(parts) > 1 and all(_kinds(parts)):
        first, second = _two_steps(parts, array.ndim)
        array[first][second] = value
    else:
        array[parts] = value


def _kinds(parts: Index) -> tuple[bool, bool]:
    """Whether there are arrays among the parts, and integers or an ellipsis."""
    arrays = numbers = False
    for part in parts:
        if part.__class__ is np.ndarray:
            arrays = True
        elif part.__class__ is int or part is Ellipsis:
            numbers = True
    return arrays, numbers


def _two_steps(parts: Index, ndim: int) -> tuple[tuple, tuple]:
    """The part of an index without arrays, and the arrays for what that gives."""
    first: list = []
    second: list = []
    for part in _without_ellipsis(parts, ndim):
        if isinstance(part, np.ndarray):
            first += [_ALL] * _consumed(part) or [None]
            second.append(part if part.ndim else np.flatnonzero(part))
        else:
            first.append(part)
            if not isinstance(part, int):
                second.append(_ALL)
    return tuple(first), tuple(second)


def _without_ellipsis(parts: Index, ndim: int) -> list:
    missing = ndim - sum(map(_consumed, parts))
    return [p for part in parts for p in ([_ALL] * missing if part is Ellipsis else [part])]


def _consumed(part) -> int:
    """How many dimensions a part of an index stands for."""
    if isinstance(part, np.ndarray):
        return part.ndim if part.dtype.kind == "b" else 1
    return 0 if part is None or part is Ellipsis else 1


def check_range(name: str, index, size: int, dim: int, lowest: int = 0) -> None:
    """Raise an IndexError that tells the first index outside [lowest, size), and its place."""
    if index.__class__ is int and lowest <= index < size:
        return
    index = np.asarray(index)
    if within(index, size, lowest):
        return
    at = tuple(np.argwhere((index < lowest) | (index >= size))[0].tolist())
    place = f" at position {at[0] if len(at) == 1 else at} of the index" if at else ""
    fits = f"choose from {lowest} to {size - 1}" if size else "nothing fits"
    raise IndexError(f"{name}: index {int(index[at])}{place} is out of range for dimension {dim} "
                     f"of size {size}; {fits}") from None


def within(index: np.ndarray, size: int, lowest: int = 0) -> bool:
    """Whether all of these integers lie in [lowest, size); of few Python tells it sooner."""
    if index.size < _FEW:
        return all([lowest <= i < size for i in index.ravel().tolist()])
    return bool(index.min() >= lowest and index.max() < size)


def misplaced(name: str, error: IndexError, index, size: int, dim: int,
              lowest: int = 0) -> NoReturn:
    """Raise what is wrong with an index that a kernel refused."""
    check_range(name, getattr(index, "_array", index), size, dim, lowest)
    raise error


def _refuse(name: str, parts: Index, shape: tuple, error: IndexError) -> NoReturn:
    """Raise what is wrong with an index that NumPy refused."""
    used = sum(map(_consumed, parts))
    if used > len(shape):
        raise IndexError(f"{name}: {used} indices for {len(shape)} dimensions; "
                         f"the shape is {shape}")
    dim = 0
    for part in _without_ellipsis(parts, len(shape)):
        used = _consumed(part)
        if isinstance(part, np.ndarray) and part.dtype.kind == "b":
            if part.shape != shape[dim: dim + used]:
                raise IndexError(f"{name}: a mask {part.shape} does not fit {shape} from "
                                 f"dimension {dim} on: {shape[dim: dim + used]} would")
        elif isinstance(part, (int, np.ndarray)):
            check_range(name, part, shape[dim], dim, -shape[dim])
        dim += used
    raise IndexError(f"{name}: {error}; the shape is {shape}") from None


def region(name: str, parts: Index, shape: tuple) -> tuple[int, ...]:
    """The shape of what an index shows of a tensor of `shape`; `name` is who asks."""
    try:
        return np.shape(look(outline(shape), parts))
    except IndexError as error:
        _refuse(name, parts, shape, error)


@lru_cache(64)
def outline(shape: tuple) -> np.ndarray:
    """An array of this shape that takes no memory."""
    return np.broadcast_to(np.int8(0), shape)


def rows_at(index, shape: tuple) -> tuple[np.ndarray, tuple]:
    """The numbers of the rows that x[index] takes of x of this shape, and the shape of a row."""
    parts = index if isinstance(index, tuple) else (index,)
    if not all(isinstance(p, np.ndarray) and p.dtype.kind in "iu" for p in parts):
        return np.asarray(look(np.arange(prod(shape)).reshape(shape), Index(parts))), ()
    numbers: np.ndarray = np.zeros((), np.int64)
    for dim, (part, n) in enumerate(zip(parts, shape, strict=False)):
        part = part.astype(np.int64, copy=False)
        if part.size >= _FEW or min(part.ravel().tolist(), default=0) < 0:
            part = part + (part < 0) * n
        numbers = numbers * n + part if dim else part
    return numbers, shape[len(parts):]


def sums_at(values: np.ndarray, index, shape: tuple, base: np.ndarray | None = None) -> np.ndarray:
    """base, or zeros of `shape`, with values added at index, where equal indices add up, in
    float64."""
    dim = only_array(index)
    if dim is not None:
        return _sum_rows(values, index[dim], dim, shape, True, base)
    numbers, inner = rows_at(index, shape)
    rows = prod(shape[:len(shape) - len(inner)]), *inner
    base = base if base is None else base.reshape(rows)
    return _sum_rows(values, numbers, 0, rows, False, base).reshape(shape)


def only_array(parts: tuple) -> int | None:
    """The dimension of the one array of integers among full slices; None for another index."""
    found = None
    for dim, part in enumerate(parts):
        if part.__class__ is np.ndarray:
            if found is not None or part.dtype.kind != "i":
                return None
            found = dim
        elif part.__class__ is not slice or part != _ALL:
            return None
    return found


@op(view=True, method=False, vjp=dict(
    input=lambda g, index, input_shape: _given_back(g, index, input_shape)))
def getitem(input, /, index):
    """input[index]: a view for integers, slices, None and ...; a copy for boolean and integer
    tensors."""
    parts = as_index(index)
    try:
        result = look(input, parts)
    except IndexError as error:
        _refuse("getitem", parts, input.shape, error)
    return result if isinstance(result, np.ndarray) else input[(*parts, ...)]


def _given_back(g, index, shape: tuple):
    """The gradient of what an index showed: g itself where that was all, in its order."""
    if prod(g.shape) == prod(shape) and not any([part.__class__ is np.ndarray
                                                 for part in as_index(index)]):
        return reshape(g, shape)
    return getitem_grad(g, index, shape)


@op(method=False, vjp=dict(g=lambda g_out, index: getitem(g_out, index)))
def getitem_grad(g, /, index, shape):
    """Zeros of `shape` with g added at index: what x[index] gives back to x."""
    parts = as_index(index)
    kinds = [part.dtype.kind for part in parts if part.__class__ is np.ndarray]
    if "i" in kinds:
        return sums_at(g, parts, shape)
    if len(parts) == 1 and kinds and parts[0].shape == shape:
        return _spread(g, parts[0])
    if not kinds and g.size == prod(shape):
        return g.reshape(shape)  # slices go forward, so all that they show is in order
    out = np.zeros(shape, g.dtype)
    put(out, parts, g)
    return out


def _subscript(self, index):
    """self[index]."""
    return getitem(self, as_index(index))


Tensor.__getitem__ = _subscript  # type: ignore[method-assign]


def along(dim: int, part) -> Index:
    """The index that applies `part` to one dimension."""
    return Index((_ALL,) * dim + (part,))


@composite()
def select(input, dim, index):
    """The slice at `index` along `dim`, without that dimension, as a view."""
    if not input.ndim:
        raise IndexError("select: a 0-d tensor has no dimension to select from")
    dim = axis("select", dim, input.ndim)
    if index.__class__ is not int:
        index = whole("select", index)
    size = input.shape[dim]
    check_range("select", index, size, dim, -size)
    return getitem(input, along(dim, index))


@composite()
def narrow(input, dim, start, length):
    """`length` elements from `start` on along `dim`, as a view.

    >>> autograd.arange(6).narrow(0, 1, 3)
    tensor([1, 2, 3])
    """
    if not input.ndim:
        raise IndexError("narrow: a 0-d tensor has no dimension to narrow")
    dim = axis("narrow", dim, input.ndim)
    if start.__class__ is not int or length.__class__ is not int:
        start, length = whole("narrow", start), whole("narrow", length)
    size = input.shape[dim]
    first = start + size if start < 0 else start
    if length < 0 or not 0 <= first <= size - length:
        raise IndexError(f"narrow: start {start} and length {length} do not fit dimension {dim} of "
                         f"size {size}")
    return getitem(input, along(dim, slice(first, first + length)))


def integers(name: str, index):
    """An index argument, checked to be a Tensor (or ndarray) of integers."""
    array = getattr(index, "_any_array", index)
    if isinstance(array, np.ndarray) and array.dtype.kind in "iu":
        return index
    if hasattr(index, "dtype"):  # of an op, to whose forward Tensors come as arrays
        raise TypeError(f"{name}: index must be a Tensor of integers, got Tensor "
                        f"{tuple(index.shape)} {index.dtype}; .long() makes one")
    raise TypeError(f"{name}: index must be a Tensor of integers, got {describe(index)}")


@composite()
def index_select(input, dim, index):
    """The slices at the places `index`, a vector, along `dim`.

    >>> autograd.tensor([[1., 2., 3.]]).index_select(1, autograd.tensor([2, 0]))
    tensor([[3., 1.]])
    """
    dim = axis("index_select", dim, input.ndim)
    index = integers("index_select", index)
    if index.ndim > 1:
        raise IndexError(f"index_select: index must be a vector, got {describe(index)}")
    if not input.shape:
        check_range("index_select", getattr(index, "_array", index), 1, dim)
        if prod(index.shape) != 1:
            raise IndexError("index_select: of a 0-d tensor one can be taken, got "
                             f"{describe(index)}")
        return owned(reshape(select_rows(reshape(input, (1,)), reshape(index, (1,)), 0), ()))
    try:
        return select_rows(input, index if index.shape else reshape(index, (1,)), dim)
    except IndexError as error:
        misplaced("index_select", error, index, input.shape[dim], dim)


@op(method=False, vjp=dict(
    input=lambda g, index, dim, input_shape: sum_rows(g, index, dim, input_shape)))
def select_rows(input, index, /, dim):
    """The slices of input at `index`, in range, along `dim`."""
    return _take(input, index, dim)


@op(method=False, vjp=dict(g=lambda g_out, index, dim: select_rows(g_out, index, dim)))
def sum_rows(g, index, /, dim, shape):
    """Zeros of `shape` to which the slices of g along `dim` are added at the places `index`."""
    return _sum_rows(g, index, dim, shape)
