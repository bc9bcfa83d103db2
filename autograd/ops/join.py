"""Putting tensors together, taking them apart, and repeating them."""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate, pairwise

import numpy as np

from ..dtypes import common
from ..errors import check_size, describe
from ..gate import LEAST, joined, written
from ..record import composite, op
from ..tensors import Tensor
from .index import along, getitem, integers, narrow
from .mixture import KEPT, Table, mixture
from .shape import axis, clone, expand, flip, ints, owned, reshape, transpose, whole

_ALL = slice(None)


@op(broadcasts=True, variadic=True, method=False, vjp=dict(
    tensors=lambda g, tensors_shape, dim: _cat_parts(g, tensors_shape, dim)))
def cat(tensors, /, dim=0):
    """The tensors one after the other along an existing dimension.

    An empty vector goes with anything.

    >>> autograd.cat([autograd.zeros(1, 2), autograd.ones(2, 2)]).shape
    Size([3, 2])
    """
    if not tensors:
        raise ValueError("cat: at least one tensor is needed")
    shape, dtype = tensors[0].shape, tensors[0].dtype
    alike, mixed = shape and shape != (0,), False
    for other in tensors:
        mixed = mixed or other.dtype is not dtype
        alike = alike and other.shape == shape
    if mixed:
        tensors = common(*tensors)
    return joined(tensors, axis("cat", dim, len(shape))) if alike else _joined(tensors, dim)


def _joined(tensors, dim):
    """The arrays of any sizes along `dim`, one after the other."""
    counted = [i for i, a in enumerate(tensors) if a.shape != (0,)] or [0]
    first = tensors[counted[0]]
    if first.ndim == 0:
        raise ValueError("cat: 0-d tensors have no dimension to join along; use stack")
    dim = axis("cat", dim, first.ndim)
    for i in counted:
        other = tensors[i]
        if (other.ndim != first.ndim or other.shape[:dim] != first.shape[:dim]
                or other.shape[dim + 1:] != first.shape[dim + 1:]):
            raise ValueError(f"cat: tensors[{i}] has shape {other.shape}, tensors[{counted[0]}] "
                             f"{first.shape}; all sizes except that of dim {dim} must match")
    return joined([tensors[i] for i in counted], dim)


def _cat_parts(g, shapes, dim: int) -> list:
    parts, start = [], 0
    for shape in shapes:
        if shape == (0,):
            parts.append(reshape(getitem(g, along(dim, slice(0))), (0,)))
            continue
        at = dim % len(shape)
        parts.append(getitem(g, along(at, slice(start, start + shape[at]))))
        start += shape[at]
    return parts


@composite(method=False)
def concat(tensors, dim=0):
    """Another name of cat."""
    return cat(tensors, dim)


@composite(method=False)
def concatenate(tensors, dim=0):
    """NumPy's name for cat."""
    return cat(tensors, dim)


@op(broadcasts=True, variadic=True, method=False, vjp=dict(
    tensors=lambda g, dim: list(unbind(g, dim))))
def stack(tensors, /, dim=0):
    """The tensors, all of one shape, along a new dimension.

    >>> autograd.stack([autograd.zeros(2), autograd.ones(2)], dim=1).tolist()
    [[0.0, 1.0], [0.0, 1.0]]
    """
    if not tensors:
        raise ValueError("stack: at least one tensor is needed")
    shape, dtype, mixed = tensors[0].shape, tensors[0].dtype, False
    for i, other in enumerate(tensors):
        mixed = mixed or other.dtype is not dtype
        if other.shape != shape:
            raise ValueError(f"stack: tensors[{i}] has shape {other.shape}, tensors[0] "
                             f"{shape}; all must be the same")
    if mixed:
        tensors = common(*tensors)
    dim = axis("stack", dim, len(shape) + 1)
    before = (_ALL,) * dim
    if len(tensors) * tensors[0].size >= LEAST["copy_"]:
        return joined([a[(*before, None)] for a in tensors], dim)
    out = np.empty((*shape[:dim], len(tensors), *shape[dim:]), tensors[0].dtype)
    for i, a in enumerate(tensors):
        out[(*before, i)] = a
    return out


def _each(name: str, tensors, change) -> list:
    """The tensors of a sequence after `change`."""
    if isinstance(tensors, Tensor) or not hasattr(tensors, "__iter__"):
        raise TypeError(f"{name}: tensors must be a list or tuple of Tensors, "
                        f"got {describe(tensors)}")
    tensors = list(tensors)
    if not tensors:
        raise ValueError(f"{name}: at least one tensor is needed")
    return [change(tensor) for tensor in tensors]


@composite(method=False)
def hstack(tensors):
    """The tensors side by side: along dim 0 for vectors and numbers, else along dim 1."""
    parts = _each("hstack", tensors, lambda x: x if x.shape else reshape(x, (1,)))
    return cat(parts, 0 if parts[0].ndim == 1 else 1)


@composite(method=False)
def vstack(tensors):
    """The tensors on top of each other; a vector is a row."""
    return cat(_each("vstack", tensors,
                     lambda x: x if x.ndim > 1 else reshape(x, (1, -1))))


@composite(method=False)
def dstack(tensors):
    """The tensors behind each other, along dim 2; a vector is a row."""
    def deep(x):
        if x.ndim > 2:
            return x
        return reshape(x, (*x.shape, 1) if x.ndim == 2 else (1, -1, 1))

    return cat(_each("dstack", tensors, deep), 2)


@op(many=True, view=True, vjp=dict(input=lambda g, dim: stack(g, dim)))
def unbind(input, /, dim=0):
    """The slices along `dim`, each without it, as views."""
    if input.ndim == 0:
        raise IndexError("unbind: a 0-d tensor has no dimension to take apart")
    dim = axis("unbind", dim, input.ndim)
    if input.ndim == 1:
        return [input[i, ...] for i in range(input.shape[0])]
    return list(np.moveaxis(input, dim, 0) if dim else input)


@op(many=True, view=True, vjp=dict(tensor=lambda g, dim: cat(g, dim)))
def split(tensor, /, split_size_or_sections, dim=0):
    """Parts of one size (the last may be smaller) or of the given sizes along `dim`, as views.

    >>> [part.tolist() for part in autograd.arange(5).split(2)]
    [[0, 1], [2, 3], [4]]
    """
    if tensor.ndim == 0:
        raise IndexError("split: a 0-d tensor has no dimension to split")
    dim = axis("split", dim, tensor.ndim)
    n, wanted, before = tensor.shape[dim], split_size_or_sections, (_ALL,) * dim
    if isinstance(wanted, (int, np.integer)):
        if wanted < 0 or wanted == 0 < n:
            raise ValueError(f"split: parts of size {wanted} do not fit dimension {dim} of size "
                             f"{n}; the size must be positive")
        starts = range(0, n, wanted) if n else (0,)
        return [tensor[(*before, slice(start, start + wanted))] for start in starts]
    sizes = [size if size.__class__ is int else whole("split", size) for size in wanted]
    if min(sizes, default=0) < 0 or sum(sizes) != n:
        raise ValueError(f"split: sizes {sizes} must be at least 0 and sum to {n}, the size of "
                         f"dimension {dim}")
    ends = accumulate(sizes, initial=0)
    return [tensor[(*before, slice(start, end))] for start, end in pairwise(ends)]


@composite()
def chunk(input, chunks, dim=0):
    """At most `chunks` parts of equal size (the last may be smaller) along `dim`, as views.

    >>> [part.tolist() for part in autograd.arange(5).chunk(2)]
    [[0, 1, 2], [3, 4]]
    """
    if chunks < 1:
        raise ValueError(f"chunk: at least one chunk is needed, got {chunks}")
    shape = input.shape
    n = shape[axis("chunk", dim, len(shape))] if shape else 0
    return split(input, -(-n // chunks) if n else [0] * chunks, dim)


@composite()
def tensor_split(input, indices_or_sections, dim=0):
    """Parts along `dim`, as views: a number of them, the first ones larger by 1 where it does not
    divide; or those between the given indices."""
    if not input.shape:
        raise IndexError("tensor_split: a 0-d tensor has no dimension to split")
    dim = axis("tensor_split", dim, input.ndim)
    n, wanted = input.shape[dim], indices_or_sections
    if isinstance(wanted, (int, np.integer)):
        if wanted < 1:
            raise ValueError(f"tensor_split: at least one part is needed, got {wanted}")
        if wanted >= 2**31:
            raise ValueError(f"tensor_split: no memory holds {wanted} parts")
        return split(input, [n // wanted + (i < n % wanted) for i in range(wanted)], dim)
    bounds = [slice(start, end).indices(n) for start, end in pairwise([0, *wanted, n])]
    return tuple(narrow(input, dim, start, max(end - start, 0)) for start, end, _ in bounds)


@composite()
def repeat(input, sizes, *more):
    """The tensor laid side by side `sizes[i]` times along each dimension, new ones in front.

    >>> autograd.tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    return _repeated("repeat", input, ints(sizes, more))


@composite()
def tile(input, dims, *more):
    """Like repeat, but where `dims` are fewer than the dimensions the first ones stay."""
    dims = ints(dims, more)
    return _repeated("tile", input, (1,) * (input.ndim - len(dims)) + dims)


def _repeated(name: str, input, times: tuple):
    times = tuple(whole(name, n) for n in times)
    shape = (1,) * (len(times) - input.ndim) + tuple(input.shape)
    if len(times) < len(shape) or min(times, default=1) < 0:
        raise ValueError(f"{name}: {times} must be numbers from 0 on, at least one for each "
                         f"dimension of {tuple(input.shape)}")
    sizes = [r * n for r, n in zip(times, shape, strict=True)]
    check_size(name, sizes)
    paired = reshape(input, [k for n in shape for k in (1, n)])
    paired = expand(paired, [k for r, n in zip(times, shape, strict=True) for k in (r, n)])
    result = reshape(paired, sizes)
    return result if result._view is None else clone(result)


@composite()
def repeat_interleave(input, repeats, dim=None):
    """Each slice along `dim` (each element, without dim) `repeats` times in a row; `repeats` is a
    number or a tensor with one for each slice.

    >>> autograd.tensor([1, 2]).repeat_interleave(autograd.tensor([3, 1]))
    tensor([1, 1, 1, 2])
    """
    if dim is None:
        input, dim = reshape(input, (-1,)), 0
    dim = axis("repeat_interleave", dim, input.ndim)
    n = input.shape[dim]
    if repeats.__class__ is int and 0 <= repeats <= KEPT and repeats * n <= KEPT:
        return mixture(input, ((dim, _repeating(n, repeats)),))
    if not isinstance(repeats, (int, np.integer)):
        repeats = getattr(integers("repeat_interleave", repeats), "_array", repeats)
        if repeats.shape not in ((), (1,), (n,)):
            raise ValueError(f"repeat_interleave: repeats {repeats.shape} must have one number "
                             f"for each of {n} slices, or just one")
    if np.min(repeats, initial=0) < 0:
        raise ValueError("repeat_interleave: repeats must not be negative")
    count = int(np.sum(repeats, dtype=np.float64)) * (n if np.size(repeats) == 1 else 1)
    check_size("repeat_interleave", (*input.shape[:dim], count, *input.shape[dim + 1:]))
    return mixture(input, ((dim, _repeating.__wrapped__(n, repeats)),))


@lru_cache(128)
def _repeating(n: int, repeats) -> Table:
    return Table.of_places(n, np.repeat(np.arange(n), repeats))


@op(vjp=dict(input=lambda g, shifts, dims: roll(g, [-s for s in ints(shifts)], dims)))
def roll(input, /, shifts, dims=None):
    """With the elements moved by `shifts` along `dims`, the last ones coming in at the front;
    without dims, of the flattened input.

    >>> autograd.arange(4).roll(1)
    tensor([3, 0, 1, 2])
    """
    if shifts.__class__ is dims.__class__ is int and input.ndim:
        return _rolled(input, [(axis("roll", dims, input.ndim), shifts)])
    steps = [whole("roll", shift) for shift in ints(shifts)]
    dims = () if dims is None else ints(dims)
    if not dims:
        if len(steps) != 1:
            raise ValueError(f"roll: shifts {shifts} need dims, one for each")
        return _rolled(input.reshape(-1), [(0, *steps)]).reshape(input.shape)
    if len(steps) != len(dims):
        raise ValueError(f"roll: shifts {shifts} and dims {dims} must be equally many")
    moves = [(axis("roll", d, input.ndim), n) for d, n in zip(dims, steps, strict=True)]
    return _rolled(input, moves) if input.ndim else input.copy()


def _rolled(input, moves):
    """The array whose elements move along some dims: its parts, each written where it comes."""
    out, total = np.empty_like(input), {}
    for dim, step in moves:
        total[dim] = total.get(dim, 0) + step
    targets, sources = [out], [input]
    for dim, step in total.items():
        n, before = input.shape[dim], (_ALL,) * dim
        step = step % n if n else 0
        if step:
            targets = [part[(*before, half)] for part in targets
                       for half in (slice(step, None), slice(step))]
            sources = [part[(*before, half)] for part in sources
                       for half in (slice(n - step), slice(n - step, None))]
    written(targets, sources)
    return out


@composite()
def rot90(input, k=1, dims=(0, 1)):
    """Turned k times by 90 degrees from the first towards the second of `dims`."""
    dims = ints(dims)
    if len(dims) != 2 or input.ndim < 2:
        raise ValueError(f"rot90: two dims of at least 2 are needed, got {dims} for "
                         f"{tuple(input.shape)}")
    first, second = (axis("rot90", d, input.ndim) for d in dims)
    if first == second:
        raise ValueError(f"rot90: dims {dims} must be different")
    if whole("rot90", k) % 4 == 0:
        return clone(input)
    if k % 4 == 2:
        return flip(input, (first, second))
    return owned(transpose(flip(input, (second if k % 4 == 1 else first,)), first, second))
