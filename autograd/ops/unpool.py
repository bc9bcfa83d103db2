"""Maxima put back to the places where pooling found them, and pooling that tells these."""

from __future__ import annotations

from math import prod

import numpy as np

from ..errors import check_size, describe
from ..record import composite
from ..tensors import Tensor, wrap
from .index import integers
from .pool import (
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
    pooled_size,
)
from .pool_windows import several
from .scatter import scatter
from .shape import reshape


@composite(method=False)
def max_unpool1d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """`max_unpool2d` for sequences.  Shape: (N, C, L) or (C, L)"""
    return _unpool("max_unpool1d", 1, input, indices, kernel_size, stride, padding, output_size)


@composite(method=False)
def max_unpool2d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Zeros with the elements of input at the places that max_pool2d with the same settings found
    them; of several at one place the last counts, for the gradient too.

    output_size chooses among the sizes that max_pool2d makes this one of.
    Shape: (N, C, H, W) or (C, H, W), twice -> (..., (H - 1) stride - 2 padding + kernel_size, ...)
    Raises: ValueError for another output_size, IndexError for a place outside.

    >>> x = autograd.tensor([[[1., 2.], [4., 3.]]])
    >>> nn.functional.max_unpool2d(*nn.functional.max_pool2d(x, 2, return_indices=True), 2)
    tensor([[[0., 0.],
             [4., 0.]]])
    """
    return _unpool("max_unpool2d", 2, input, indices, kernel_size, stride, padding, output_size)


@composite(method=False)
def max_unpool3d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """`max_unpool2d` for volumes.  Shape: (N, C, D, H, W) or (C, D, H, W)"""
    return _unpool("max_unpool3d", 3, input, indices, kernel_size, stride, padding, output_size)


def _unpool(name, dims, input, indices, kernel_size, stride, padding, output_size):
    pooled = pooled_size(name, dims, input, "iuf")
    if not isinstance(indices, Tensor) or indices.shape != input.shape:
        raise ValueError(f"{name}: indices must be a Tensor of input's shape "
                         f"{tuple(input.shape)}, got {describe(indices)}")
    integers(name, indices)
    size = _unpooled(name, pooled, kernel_size, stride, padding, output_size)
    lead = tuple(input.shape[:-dims])
    check_size(name, (*lead, *size))
    places = indices._array
    if places.size and not 0 <= places.min() <= places.max() < prod(size):
        raise IndexError(f"{name}: indices between {places.min()} and {places.max()}, but an "
                         f"output {size} has the places 0 to {prod(size) - 1}")
    flat = (*lead, prod(pooled))
    zeros = wrap(np.zeros((*lead, prod(size)), input.dtype))
    filled = scatter(zeros, -1, reshape(indices, flat), reshape(input, flat))
    return reshape(filled, (*lead, *size))


def _unpooled(name, pooled, kernel_size, stride, padding, output_size) -> tuple[int, ...]:
    """The sizes to make of those that are left after pooling."""
    dims = len(pooled)
    kernel = several(name, "kernel_size", kernel_size, dims)
    steps = kernel if stride is None else several(name, "stride", stride, dims)
    paddings = several(name, "padding", padding, dims, 0)
    usual = tuple((n - 1) * s - 2 * p + k
                  for n, s, p, k in zip(pooled, steps, paddings, kernel, strict=True))
    if output_size is not None:
        wanted = tuple(output_size)[-dims:]
        if len(output_size) not in (dims, dims + 2) or not all(
                n - s < w < n + s for n, s, w in zip(usual, steps, wanted, strict=True)):
            raise ValueError(f"{name}: output_size must be {dims} or {dims + 2} numbers, the last "
                             f"less than {steps} away from {usual}, got {tuple(output_size)}")
        usual = wanted
    if min(usual) < 1:
        raise ValueError(f"{name}: the output would have size {usual}; use less padding or give "
                         "output_size")
    return usual


@composite(method=False)
def max_pool1d_with_indices(input, kernel_size, stride=None, padding=0, dilation=1,
                            ceil_mode=False, return_indices=False):
    """`max_pool1d` and the places, whatever return_indices is."""
    return max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


@composite(method=False)
def max_pool2d_with_indices(input, kernel_size, stride=None, padding=0, dilation=1,
                            ceil_mode=False, return_indices=False):
    """`max_pool2d` and the places, whatever return_indices is."""
    return max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


@composite(method=False)
def max_pool3d_with_indices(input, kernel_size, stride=None, padding=0, dilation=1,
                            ceil_mode=False, return_indices=False):
    """`max_pool3d` and the places, whatever return_indices is."""
    return max_pool3d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


@composite(method=False)
def adaptive_max_pool1d_with_indices(input, output_size, return_indices=False):
    """`adaptive_max_pool1d` and the places, whatever return_indices is."""
    return adaptive_max_pool1d(input, output_size, True)


@composite(method=False)
def adaptive_max_pool2d_with_indices(input, output_size, return_indices=False):
    """`adaptive_max_pool2d` and the places, whatever return_indices is."""
    return adaptive_max_pool2d(input, output_size, True)


@composite(method=False)
def adaptive_max_pool3d_with_indices(input, output_size, return_indices=False):
    """`adaptive_max_pool3d` and the places, whatever return_indices is."""
    return adaptive_max_pool3d(input, output_size, True)
