"""Memory seen under another shape: as_strided, and what changes a tensor's own shape in place."""

from __future__ import annotations

import gc
import sys
from math import prod

import numpy as np

from ..errors import describe
from ..gate import written
from ..kernels.rounding import rounded_once
from ..modes import enable_grad
from ..node import Leaf
from ..record import composite, op
from ..tensors import Tensor, View, current_node, set_node, wrap
from .shape import ints, squeeze, strided, swapaxes, t, transpose, unsqueeze, whole


@composite()
def as_strided(input, size, stride, storage_offset=None):
    """The memory of a contiguous tensor as a view of shape `size`, whose neighbours along each
    dimension lie `stride` elements apart; it begins at element `storage_offset`.

    Elements that are shown more than once get the sum of the gradients, and cannot be written in
    place.  The view shows nothing outside the tensor itself.

    >>> autograd.arange(4).as_strided((3, 2), (1, 1))
    tensor([[0, 1],
            [1, 2],
            [2, 3]])
    """
    return as_strided_view(input, *strides_of("as_strided", input, size, stride, storage_offset))


def strides_of(name: str, input, size, stride, storage_offset) -> tuple[tuple, tuple, int]:
    """Size, stride and start of what as_strided shows, if all of it lies in the input."""
    array = getattr(input, "_any_array", input)
    size = tuple([n if n.__class__ is int else whole(name, n) for n in ints(size)])
    stride = tuple([n if n.__class__ is int else whole(name, n) for n in ints(stride)])
    start = 0 if storage_offset is None else whole(name, storage_offset)
    if len(size) != len(stride) or min((*size, *stride, start), default=0) < 0:
        raise ValueError(f"{name}: size {size} and stride {stride} must be equally many "
                         f"numbers from 0 on, as storage_offset {start} must be")
    if not array.flags.c_contiguous:
        raise RuntimeError(f"{name}: {describe(input)} is not contiguous; .contiguous() makes "
                           "a copy that is")
    if start and _offset(input):
        raise RuntimeError(f"{name}: the tensor is a view that does not begin where its memory "
                           "does, from which storage_offset is counted; .clone() it, or call "
                           "as_strided of the tensor it is a view of")
    last = start + sum([(n - 1) * s for n, s in zip(size, stride, strict=True)])
    if last >= array.size and prod(size):
        raise RuntimeError(f"{name}: size {size} with stride {stride} from {start} on reaches "
                           f"element {last} of {describe(input)}, which has {array.size}")
    return size, stride, start


def _offset(input) -> int:
    """How many bytes behind the start of the memory a tensor begins."""
    array = getattr(input, "_array", input)
    owner = array.base if isinstance(array.base, np.ndarray) else array
    return array.__array_interface__["data"][0] - owner.__array_interface__["data"][0]


@op(view=True, method=False, vjp=dict(
    input=lambda g, size, stride, start, input_shape:
        as_strided_grad(g, size, stride, start, input_shape)))
def as_strided_view(input, /, size, stride, start):
    """The elements of input in row-major order as strides show them."""
    if not prod(size):
        return input.reshape(-1)[:0].reshape(size)
    steps = [n * input.itemsize for n in stride]
    try:
        shown = (np.ndarray(size, input.dtype, input, start * input.itemsize, steps)
                 if input.base is None and input.flags.carray
                 else strided(input.reshape(-1)[start:], size, steps))
    except ValueError:  # the memory is part of something else
        flat = np.ascontiguousarray(input)
        return np.ndarray(size, input.dtype, flat, start * input.itemsize, steps).copy()
    shown.flags.writeable = shown.flags.writeable and apart(size, stride)
    return shown


def apart(size, stride) -> bool:
    """Whether no element is shown twice, as far as the strides tell by themselves."""
    reach = 0
    for step, n in sorted([(s, n) for n, s in zip(size, stride, strict=True) if n > 1]):
        if step <= reach:
            return False
        reach += (n - 1) * step
    return True


@op(method=False, vjp=dict(
    g=lambda g_out, size, stride, start: as_strided_view(g_out, size, stride, start)))
def as_strided_grad(g, /, size, stride, start, shape):
    """Zeros of `shape` to which g is added where as_strided took it."""
    if apart(size, stride):
        out = np.zeros(shape, g.dtype)
        written([as_strided_view(out, size, stride, start)], [g])
        return out
    return _added(g, size, stride, start, shape)


@rounded_once
def _added(g, size, stride, start, shape):
    places = np.full((), start)
    for n, step in zip(size, stride, strict=True):
        places = places[..., None] + np.arange(n) * step
    sums = np.bincount(places.reshape(-1), g.reshape(-1), prod(shape))
    return sums.astype(g.dtype, copy=False).reshape(shape)


def _reshaped(name: str, input: Tensor, function, *args, **kwargs) -> Tensor:
    """Make a tensor what `function` shows of it, as if it had always been that view of what it
    was; views of it that exist become views of that."""
    node = current_node(input)
    if isinstance(node, Leaf):
        raise RuntimeError(f"{name}: a leaf that requires grad, {describe(input)}, keeps its "
                           f"shape; call {name[:-1]}, which makes a view")
    before = wrap(input._array)
    before._node, before._view, before._version = node, input._view, input._version
    try:
        with enable_grad():
            after = function(before, *args, **kwargs)
    except Exception as error:
        head, colon, rest = str(error).partition(": ")
        error.args = (f"{name}: {rest}" if colon and head == name[:-1] else str(error),)
        raise
    input._array, input._view = after._array, after._view
    set_node(input, after._node)
    if sys.getrefcount(input._version) > 4:  # somebody beside these three and the question
        for view in gc.get_referrers(input):
            if view.__class__ is View and view is not input._view:
                view.source = before
    return input


def as_strided_(input, size, stride, storage_offset=None):
    """as_strided, of the tensor itself, which is returned."""
    return _reshaped("as_strided_", input, as_strided, size, stride, storage_offset)


def squeeze_(input, dim=None):
    """squeeze, of the tensor itself, which is returned.

    >>> autograd.zeros(1, 2).squeeze_().shape
    Size([2])
    """
    return _reshaped("squeeze_", input, squeeze, dim)


def unsqueeze_(input, dim):
    """unsqueeze, of the tensor itself, which is returned.

    >>> autograd.zeros(2).unsqueeze_(0).shape
    Size([1, 2])
    """
    return _reshaped("unsqueeze_", input, unsqueeze, dim)


def transpose_(input, dim0, dim1):
    """transpose, of the tensor itself, which is returned.

    >>> autograd.zeros(2, 3).transpose_(0, 1).shape
    Size([3, 2])
    """
    return _reshaped("transpose_", input, transpose, dim0, dim1)


def swapaxes_(input, axis0, axis1):
    """swapaxes, of the tensor itself, which is returned."""
    return _reshaped("swapaxes_", input, swapaxes, axis0, axis1)


def t_(input):
    """t, of the tensor itself, which is returned.

    >>> autograd.zeros(2, 3).t_().shape
    Size([3, 2])
    """
    return _reshaped("t_", input, t)


def resize_(input, *sizes):
    """Give a contiguous tensor without gradient another shape of as many elements, or of fewer, the
    first ones; more than there are would have to be made up.

    >>> autograd.arange(6).resize_(2, 2)
    tensor([[0, 1],
            [2, 3]])
    """
    size = tuple(whole("resize_", n) for n in ints(*sizes[:1], sizes[1:]))
    if current_node(input) is not None:
        raise RuntimeError(f"resize_: {describe(input)} requires grad; use reshape, which has a "
                           "gradient, or .detach() it")
    if min(size, default=0) < 0 or prod(size) > prod(input.shape):
        raise RuntimeError(f"resize_: {size} needs {prod(size)} elements and {describe(input)} has "
                           f"{prod(input.shape)}; autograd.empty({size}) makes new memory")
    if not input.is_contiguous():
        raise RuntimeError(f"resize_: {describe(input)} is not contiguous; use reshape")
    stride = tuple(prod(size[d + 1:]) for d in range(len(size)))
    return _reshaped("resize_", input, as_strided_view, size, stride, 0)


for _function in (as_strided_, squeeze_, unsqueeze_, transpose_, swapaxes_, t_, resize_):
    setattr(Tensor, _function.__name__, _function)
