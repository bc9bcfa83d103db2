"""Views and rearrangements: the same elements, or some of them, under other indices.

Those marked `view=True` show the input's memory where NumPy can, as PyTorch's do; a write through
one is seen, and recorded, by all.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from operator import index

import numpy as np

from ..errors import check_count, describe, ordered
from ..gate import copied, total
from ..metadata import check_format
from ..record import composite, op
from ..tensors import Tensor


def ints(first, more: tuple = ()) -> tuple[int, ...]:
    """The sizes or dims of a call, given as one sequence or as several integers."""
    if first.__class__ is tuple and not more:
        return first
    if more or isinstance(first, (int, np.integer)):
        return (first, *more)
    if ordered(first):
        return tuple(first)
    if hasattr(first, "__index__"):
        return (first.__index__(),)
    raise TypeError(f"integers, or a sequence of them, are needed, got {describe(first)}")


def whole(name: str, value) -> int:
    """An argument that has to be an integer; a float is none, even where it is whole."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name}: an integer is needed, got {describe(value)}")
    return value.__index__()


def axis(name: str, dim: int, ndim: int) -> int:
    """A dimension counted from the front; an IndexError that names the op if there is no such."""
    if dim.__class__ is not int:
        dim = whole(name, dim)
    bound = ndim or 1
    if not -bound <= dim < bound:
        raise IndexError(f"{name}: dim {dim} is out of range for {ndim} dimensions; "
                         f"choose from {-bound} to {bound - 1}")
    return dim % bound


@op(view=True, vjp=dict(input=lambda g, input_shape: reshape(g, input_shape)))
def reshape(input, /, shape, *more):
    """The elements in row-major order under another shape; one size may be -1.

    A view where the memory allows, else a copy.

    >>> autograd.arange(6).reshape(2, -1).shape
    Size([2, 3])
    """
    shape = ints(shape, more)
    try:
        return _shown(input, shape)
    except ValueError:  # no view shows it so, or it does not fit
        check_count(input.size, shape)
        return copied(input).reshape(shape)


def _shown(input, shape: tuple):
    """A view of another shape, if there is one."""
    plain = input.flags.c_contiguous
    result = input.reshape(shape) if plain else input.reshape(shape, copy=False)
    if result.shape != shape and min(shape) < -1:  # NumPy takes other negative sizes for -1 too
        check_count(input.size, shape)
    return result


def owned(result):
    """The result of a function that is a view of nothing but what the function made itself: a
    tensor of its own, which has the history of a view and is none."""
    if isinstance(result, Tensor):
        result._view = None
    return result


@op(view=True, vjp=dict(input=lambda g, input_shape: reshape(g, input_shape)))
def view(input, /, shape, *more):
    """Like reshape, but never a copy: raises where the memory does not allow the shape."""
    shape = ints(shape, more)
    try:
        return _shown(input, shape)
    except ValueError:
        check_count(input.size, shape)
        raise RuntimeError(f"view: {input.shape} with byte strides {input.strides} cannot be seen "
                           f"as {shape} without a copy; use .reshape(...)") from None


@composite()
def view_as(input, other):
    """The input as a view of `other`'s shape."""
    return view(input, other.shape)


@composite()
def reshape_as(input, other):
    """The input reshaped to `other`'s shape."""
    return reshape(input, other.shape)


@composite()
def flatten(input, start_dim=0, end_dim=-1):
    """The dimensions from start_dim to end_dim, inclusive, as one: a view where memory allows, the
    tensor itself where they are one already.

    >>> autograd.zeros(2, 3, 4).flatten(1).shape
    Size([2, 12])
    """
    ndim = input.ndim
    if ndim and axis("flatten", start_dim, ndim) == axis("flatten", end_dim, ndim):
        return input
    return _flatten(input, start_dim, end_dim)


@op(view=True, method=False, vjp=dict(input=lambda g, input_shape: reshape(g, input_shape)))
def _flatten(input, /, start_dim, end_dim):
    """The dimensions from start_dim to end_dim, inclusive, as one."""
    shape = input.shape
    if end_dim == -1 and start_dim.__class__ is int and 0 <= start_dim < len(shape) - 1:
        wanted = (*shape[:start_dim], prod(shape[start_dim:]))
        return input.reshape(wanted) if input.flags.c_contiguous else reshape(input, wanted)
    shape = tuple(shape) or (1,)
    start, end = axis("flatten", start_dim, len(shape)), axis("flatten", end_dim, len(shape))
    if start > end:
        raise ValueError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim}")
    return input.reshape(*shape[:start], prod(shape[start: end + 1]), *shape[end + 1:])


@composite()
def unflatten(input, dim, sizes):
    """The dimension `dim` as several, of the given sizes; one may be -1."""
    shape = tuple(input.shape)
    sizes = tuple(whole("unflatten", n) for n in ints(sizes))
    dim = axis("unflatten", dim, len(shape))
    known, guesses = prod(n for n in sizes if n != -1), sizes.count(-1)
    fits = shape[dim] == known if not guesses else known > 0 and shape[dim] % known == 0
    if not fits or guesses > 1:
        raise ValueError(f"unflatten: sizes {sizes} do not multiply up to dimension {dim} of "
                         f"{shape}, {shape[dim]}")
    found = [shape[dim] // known if n == -1 else n for n in sizes]
    return reshape(input, (*shape[:dim], *found, *shape[dim + 1:]))


@op(view=True, vjp=dict(input=lambda g, input_shape: reshape(g, input_shape)))
def squeeze(input, /, dim=None):
    """Without the dimensions of size 1, or without `dim` (one or several) if it has size 1."""
    shape = input.shape
    if dim is None:
        return input.reshape([n for n in shape if n != 1])
    if dim.__class__ is int and shape:
        dim = axis("squeeze", dim, len(shape))
        return input.reshape(shape[:dim] + shape[dim + 1:] if shape[dim] == 1 else shape)
    dims = {axis("squeeze", d, input.ndim) for d in ints(dim)}
    return input.reshape([n for i, n in enumerate(shape) if n != 1 or i not in dims])


@op(view=True, vjp=dict(input=lambda g, input_shape: reshape(g, input_shape)))
def unsqueeze(input, /, dim):
    """With a new dimension of size 1 at `dim`.  Shape: (*) -> (*, 1, *)"""
    dim = axis("unsqueeze", dim, input.ndim + 1)
    return input.reshape(input.shape[:dim] + (1,) + input.shape[dim:])


@op(view=True, vjp=dict(input=lambda g, dim0, dim1: transpose(g, dim0, dim1)))
def transpose(input, /, dim0, dim1):
    """With two dimensions exchanged.  Shape: (*, n, *, m, *) -> (*, m, *, n, *)"""
    if input.ndim == 0:
        return input.view()
    return input.swapaxes(axis("transpose", dim0, input.ndim), axis("transpose", dim1, input.ndim))


@composite()
def swapaxes(input, axis0, axis1):
    """With two dimensions exchanged: NumPy's name for transpose."""
    return transpose(input, axis0, axis1)


@op(view=True, vjp=dict(input=lambda g, dims, more: permute(g, _inverse(dims, more))))
def permute(input, /, dims, *more):
    """With the dimensions in another order, as a view: dimension i is the input's dims[i]."""
    dims = ints(dims, more)
    if len(dims) != input.ndim:
        raise ValueError(f"permute: {len(dims)} dims {dims} for {input.ndim} dimensions")
    for dim in dims:
        if dim.__class__ is not int:
            dims = distinct("permute", dims, input.ndim)
            break
    try:
        return input.transpose(dims)
    except ValueError:
        distinct("permute", dims, input.ndim)
        raise


def _inverse(dims, more: tuple) -> tuple[int, ...]:
    """The order of dimensions that brings permuted ones back."""
    dims = ints(dims, more)
    places = {dim % len(dims): i for i, dim in enumerate(dims)}
    return tuple([places[i] for i in range(len(dims))])


def distinct(name: str, dims: tuple, ndim: int) -> list[int]:
    """Dimensions counted from the front, none of them twice."""
    found = [axis(name, dim, ndim) for dim in dims]
    if len(set(found)) != len(found):
        raise ValueError(f"{name}: dims {dims} name a dimension of {ndim} twice")
    return found


@composite()
def movedim(input, source, destination):
    """With the dimensions `source` (one or several) moved to the places `destination`."""
    ndim = input.ndim
    sources = distinct("movedim", ints(source), ndim)
    places = distinct("movedim", ints(destination), ndim)
    if len(sources) != len(places):
        raise ValueError(f"movedim: {len(sources)} sources for {len(places)} destinations")
    order = [dim for dim in range(ndim) if dim not in sources]
    for place, dim in sorted(zip(places, sources, strict=True)):
        order.insert(place, dim)
    return permute(input, tuple(order))


@composite()
def t(input):
    """The transpose of a matrix; of a vector or scalar a view of the same shape."""
    if input.ndim > 2:
        raise RuntimeError(f"t: at most 2 dimensions fit, got {tuple(input.shape)}; "
                           "use .mT or .transpose(dim0, dim1)")
    return transpose(input, 0, 1) if input.ndim == 2 else _reversed_dims(input)


def _reversed_dims(input):
    """With all dimensions reversed: `x.T`."""
    return permute(input, tuple(range(input.ndim))[::-1])


def _matrix_transpose(input):
    """With the last two dimensions exchanged: `x.mT`."""
    if input.ndim < 2:
        raise RuntimeError(f"mT: at least 2 dimensions are needed, got {tuple(input.shape)}")
    return transpose(input, -2, -1)


Tensor.T = property(_reversed_dims)  # type: ignore[attr-defined]
Tensor.mT = Tensor.H = property(_matrix_transpose)  # type: ignore[attr-defined]


@op(view=True, vjp=dict(input=lambda g, input_shape: sum_to_size(g, input_shape)))
def expand(input, /, sizes, *more):
    """Size-1 dimensions repeated without copying, new ones added in front; -1 keeps a size.

    The result shares memory between its elements, so it cannot be written in place.
    """
    sizes = ints(sizes, more)
    if input.flags.carray and all([n.__class__ is int for n in sizes]):
        found = _spread(input.shape, input.strides, sizes)
        if found is not None:
            shown = np.ndarray(found[0], input.dtype, input, 0, found[1])
            shown.flags.writeable = False
            return shown
    missing = len(sizes) - input.ndim
    kept = tuple([input.shape[i - missing] if n == -1 and i >= missing else index(n)
                  for i, n in enumerate(sizes)])
    try:
        return np.broadcast_to(input, kept)
    except ValueError:
        raise ValueError(f"expand: {input.shape} cannot be expanded to {sizes}: dimensions of "
                         "size 1 can grow and new ones come in front; -1 keeps a size") from None


@lru_cache(512)
def _spread(shape: tuple, strides: tuple, sizes: tuple) -> tuple | None:
    """The shape and the strides of an expanded array; None where NumPy has to tell."""
    missing = len(sizes) - len(shape)
    if missing < 0 or min(sizes[:missing], default=0) < 0:
        return None
    kept, steps = list(sizes[:missing]), [0] * missing
    for n, have, step in zip(sizes[missing:], shape, strides, strict=True):
        if n not in (-1, have) and (have != 1 or n < 0):
            return None
        kept.append(have if n == -1 else n)
        steps.append(step if n in (-1, have) else 0)
    return tuple(kept), tuple(steps)


@composite()
def expand_as(input, other):
    """The input expanded to `other`'s shape."""
    return expand(input, other.shape)


@composite()
def broadcast_to(input, size):
    """The input seen with shape `size`: NumPy's name for expand."""
    return expand(input, size)


@op(vjp=dict(input=lambda g, input_shape: expand(g, input_shape)))
def sum_to_size(input, /, size, *more):
    """The sum over the dimensions along which `size` would have to be repeated to give input."""
    size = ints(size, more)
    leading = input.ndim - len(size)
    if leading < 0:
        raise ValueError(f"sum_to_size: {input.shape} cannot be summed to {size}")
    axes = (*range(leading), *(i + leading for i, n in enumerate(size)
                               if n == 1 and input.shape[i + leading] != 1))
    summed = total(input, axes, True)
    if summed.shape[leading:] != size:
        raise ValueError(f"sum_to_size: {input.shape} cannot be summed to {size}")
    return summed.reshape(size)


@op(vjp=dict(input=lambda g, dims, more: flip(g, ints(dims, more))))
def flip(input, /, dims, *more):
    """With the order along each of `dims` reversed (a copy)."""
    reversed_dims = distinct("flip", ints(dims, more), input.ndim)
    return copied(input[(..., *[slice(None, None, -1 if i in reversed_dims else 1)
                                for i in range(input.ndim)])])


@op(vjp=dict(input=lambda g: g))
def clone(input, /, memory_format=None):
    """A copy with memory of its own, through which gradients flow."""
    return copied(input)


@composite()
def contiguous(input, memory_format=None):
    """The tensor itself if its elements lie in row-major order without gaps, else such a copy."""
    if memory_format is not None:
        check_format("contiguous", memory_format)
    return input if input.is_contiguous() else clone(input)


@op(view=True, vjp=dict(
    input=lambda g, dimension, step, input_shape: unfold_grad(g, dimension, step, input_shape)))
def unfold(input, /, dimension, size, step):
    """All windows of `size` elements, `step` apart, along a dimension: a view in which they are
    the last dimension.  Overlapping windows share memory and cannot be written in place.

    >>> autograd.arange(5).unfold(0, 3, 2)
    tensor([[0, 1, 2],
            [2, 3, 4]])
    """
    dimension = axis("unfold", dimension, input.ndim)
    if input.ndim == 0:
        input = input.reshape(1)
        if size in (0, 1):
            return input[:size]
    n = input.shape[dimension]
    if not 0 <= size <= n or step < 1:
        raise ValueError(f"unfold: windows of size {size} in steps of {step} do not fit dimension "
                         f"{dimension} of size {n}")
    stride = input.strides[dimension]
    shape, strides = list(input.shape), list(input.strides)
    shape[dimension], strides[dimension] = (n - size) // step + 1, stride * step
    windows = strided(input, (*shape, size), (*strides, stride))
    apart = step >= size or shape[dimension] == 1
    windows.flags.writeable = windows.flags.writeable and apart
    return windows


def strided(array: np.ndarray, shape: tuple, strides: tuple) -> np.ndarray:
    """The array's memory under another shape and strides, as a view of the array that owns it
    (as NumPy's own as_strided is not).  A copy stands in for memory that has gaps."""
    if array.base is None and array.flags.carray:
        return np.ndarray(shape, array.dtype, array, 0, strides)
    owner = array.base if isinstance(array.base, np.ndarray) else array
    if not owner.flags.c_contiguous:
        owner = owner.transpose(np.argsort(owner.strides)[::-1])
    start = array.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
    if owner.flags.c_contiguous:
        return np.ndarray(shape, array.dtype, owner, start, strides)
    return np.lib.stride_tricks.as_strided(array, shape, strides).copy()


@op(method=False, vjp=dict(
    g=lambda g_out, dimension, step, g_shape: unfold(g_out, dimension, g_shape[-1], step)))
def unfold_grad(g, /, dimension, step, shape):
    """Zeros of `shape` to which the windows g are added where unfold took them."""
    out = np.zeros(shape, g.dtype)
    if not shape:
        return out + g.sum()
    dimension = dimension % len(shape)
    count, before = g.shape[dimension], (slice(None),) * dimension
    for i in range(g.shape[-1]):
        out[(*before, slice(i, i + (count - 1) * step + 1, step))] += g[..., i]
    return out
