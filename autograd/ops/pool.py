"""Pooling: the largest element, the average or the p-norm of windows of the last dimensions.

Every pooling is a table of windows for each dimension (see the kernels): what differs between
plain, adaptive and global pooling is how the tables are made.  Volumes are pooled slice by slice,
and then what that gives is pooled once more, through the slices.  A gradient of a maximum goes to
the place where it was found, of an average to the whole window in equal parts; both directions are
ops, each the other's derivative.

Reference: Goodfellow, Bengio and Courville, Deep Learning, 2016, section 9.3.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .. import kernels
from ..errors import describe, ordered
from ..kernels.rounding import rounded_once
from ..record import composite, op
from ..tensors import Tensor, wrap
from .compare import where
from .elementwise import float_, half
from .pool_windows import adaptive_windows, avg_windows, max_windows, several
from .scatter import gather_along
from .shape import reshape

_PRIVATE: dict[str, Any] = dict(method=False)


@op(**_PRIVATE, public_extra=("indices",), vjp=dict(
    input=lambda g, indices, windows: max_pool_grad(g, indices, windows.size)))
def max_pool(input, /, windows):
    """The largest element of each window, and its place in the plane or volume."""
    found = kernels.max_pool2d(_planes(input, windows.plane), windows.rows, windows.columns)
    if windows.depth is not None:
        found = through_slices(*found, windows.size, lambda x: kernels.max_pool2d(
            x, windows.depth, windows.each))
    shape = _shape(input, windows)
    return found[0].reshape(shape), found[1].reshape(shape)


@op(**_PRIVATE, vjp=dict(
    g=lambda g_out, indices, g_shape, size: _picked(g_out, indices, g_shape, size)))
def max_pool_grad(g, indices, /, size):
    """Zeros of `size` to which g is added at the places `indices`."""
    lead, shape = g.shape[:-len(size)], (1, prod(g.shape[-len(size):]))
    grad = kernels.max_pool2d_grad(_planes(g, shape), _planes(indices, shape), (1, prod(size)))
    return grad.reshape(*lead, *size)


@op(**_PRIVATE, vjp=dict(input=lambda g, windows: avg_pool_grad(g, windows)))
def avg_pool(input, /, windows):
    """The sum of each window by its divisors."""
    average = _average if windows.depth is None else _average_through_slices
    return average(input, windows).reshape(_shape(input, windows))


@op(**_PRIVATE, vjp=dict(g=lambda g_out, windows: avg_pool(g_out, windows)))
def avg_pool_grad(g, /, windows):
    """Zeros to which each element of g, by its divisors, is added all over its window."""
    spread = _spread if windows.depth is None else _spread_through_slices
    size = windows.size
    return spread(g, windows).reshape(*g.shape[:-len(size)], *size)


def _average(input, windows):
    return kernels.avg_pool2d(_planes(input, windows.plane), windows.rows, windows.columns)


def _spread(g, windows):
    rows, columns = windows.rows, windows.columns
    planes = _planes(g, (len(rows), len(columns)))
    return kernels.avg_pool2d_grad(planes, rows, columns, windows.plane)


@rounded_once
def _average_through_slices(input, windows):
    slices = _planes(_average(input, windows), (windows.size[0], len(windows.each)))
    return kernels.avg_pool2d(slices, windows.depth, windows.each)


@rounded_once
def _spread_through_slices(g, windows):
    depth, each = windows.depth, windows.each
    slices = _planes(g, (len(depth), len(each)))
    size = windows.size[0], len(each)
    return _spread(kernels.avg_pool2d_grad(slices, depth, each, size), windows)


def through_slices(values, places, size, pool):
    """Of the largest elements of windows of each slice of volumes of `size`, and their places in
    it, the largest through the slices, and their places; `pool` finds them in planes (P, D, *)."""
    plane = size[0], prod(values.shape[1:])
    values, at = pool(_planes(values, plane))
    volumes = np.arange(0, places.size, prod(plane)).reshape(-1, 1, 1)
    found = places.reshape(-1).take(at + volumes)
    found += at // plane[1] * (size[1] * size[2])
    return values, found


def _planes(array: np.ndarray, size: tuple) -> np.ndarray:
    """(*, H, W), or what has as many elements in the end -> (P, *size), where size is a pair."""
    height, width = size
    return array.reshape(array.size // (height * width), height, width)


def _shape(input, windows) -> tuple:
    """The shape of what has become of input."""
    return (*input.shape[:-len(windows.size)], *windows.counts)


def _picked(input, indices, shape, size):
    """The elements of input that `indices` name in its planes."""
    lead = shape[:-len(size)]
    flat = reshape(input, (*lead, prod(size)))
    places = reshape(indices, (*lead, prod(shape[-len(size):])))
    return reshape(gather_along(flat, places, len(lead)), shape)


@composite(method=False)
def max_pool1d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False,
               return_indices=False):
    """The largest element of each window of kernel_size places; what of max_pool2d holds in one
    dimension.  Shape: (N, C, L) or (C, L)"""
    return _max("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode,
                return_indices)


@composite(method=False)
def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False,
               return_indices=False):
    """The largest element of each window; of equals the first counts, NaN is the largest of all.

    Windows stand `stride` apart (kernel_size by default) and reach `padding` over the edges; their
    elements are `dilation` apart.  With return_indices the pair (values, places), a place being
    row * W + column.
    Shape: (N, C, H, W) or (C, H, W) -> (..., floor((H + 2 padding - dilation (kernel_size - 1)
    - 1) / stride) + 1, ...), with ceil instead of floor where ceil_mode
    Raises: ValueError for windows that do not fit the input.

    >>> nn.functional.max_pool2d(autograd.arange(16.).reshape(1, 4, 4), 2)
    tensor([[[ 5.,  7.],
             [13., 15.]]])
    """
    return _max("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode,
                return_indices)


@composite(method=False)
def max_pool3d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False,
               return_indices=False):
    """`max_pool2d` for volumes, a place being (slice * H + row) * W + column.

    Shape: (N, C, D, H, W) or (C, D, H, W)

    >>> nn.functional.max_pool3d(autograd.arange(8.).reshape(1, 2, 2, 2), 2).item()
    7.0
    """
    return _max("max_pool3d", 3, input, kernel_size, stride, padding, dilation, ceil_mode,
                return_indices)


def _max(name, dims, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices):
    size = pooled_size(name, dims, input, "iuf")
    windows = max_windows(name, size, _key(kernel_size), _key(stride), _key(padding),
                         _key(dilation), bool(ceil_mode))
    return with_indices(max_pool(input, windows), return_indices)


@composite(method=False)
def avg_pool1d(input, kernel_size, stride=None, padding=0, ceil_mode=False,
               count_include_pad=True):
    """The average of each window of kernel_size places; what of avg_pool2d holds in one
    dimension.  Shape: (N, C, L) or (C, L)"""
    return _avg("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode,
                count_include_pad, None)


@composite(method=False)
def avg_pool2d(input, kernel_size, stride=None, padding=0, ceil_mode=False,
               count_include_pad=True, divisor_override=None):
    """The average of each window, in which padding counts as zeros, or not at all without
    count_include_pad; with divisor_override, the window's sum divided by that.

    Shape: as in max_pool2d, without dilation
    Raises: ValueError for windows that do not fit the input, or a divisor of 0.

    >>> nn.functional.avg_pool2d(autograd.arange(16.).reshape(1, 4, 4), 2)
    tensor([[[ 2.5000,  4.5000],
             [10.5000, 12.5000]]])
    """
    return _avg("avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode,
                count_include_pad, divisor_override)


@composite(method=False)
def avg_pool3d(input, kernel_size, stride=None, padding=0, ceil_mode=False,
               count_include_pad=True, divisor_override=None):
    """`avg_pool2d` for volumes.  Shape: (N, C, D, H, W) or (C, D, H, W)

    >>> nn.functional.avg_pool3d(autograd.arange(8.).reshape(1, 2, 2, 2), 2).item()
    3.5
    """
    return _avg("avg_pool3d", 3, input, kernel_size, stride, padding, ceil_mode,
                count_include_pad, divisor_override)


def _avg(name, dims, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor):
    size = pooled_size(name, dims, input, "f")
    windows = avg_windows(name, size, _key(kernel_size), _key(stride), _key(padding),
                         bool(ceil_mode), bool(count_include_pad), divisor)
    return avg_pool(input, windows)


@composite(method=False)
def lp_pool1d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """(Σ xᵖ)^(1/p) of each window, p = norm_type.  Shape: (N, C, L) or (C, L)"""
    return _lp("lp_pool1d", 1, input, norm_type, kernel_size, stride, ceil_mode)


@composite(method=False)
def lp_pool2d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """(Σ xᵖ)^(1/p) of each window, p = norm_type; where that is 0, so is the gradient.

    A window that ceil_mode lets reach over the edge counts as if its missing elements were like
    the others, as in PyTorch.  Shape: as in max_pool2d, without padding and dilation

    >>> nn.functional.lp_pool2d(autograd.tensor([[[3., 4.], [0., 0.]]]), 2, 2)
    tensor([[[5.]]])
    """
    return _lp("lp_pool2d", 2, input, norm_type, kernel_size, stride, ceil_mode)


@composite(method=False)
def lp_pool3d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """`lp_pool2d` for volumes.  Shape: (N, C, D, H, W) or (C, D, H, W)"""
    return _lp("lp_pool3d", 3, input, norm_type, kernel_size, stride, ceil_mode)


def _lp(name, dims, input, norm_type, kernel_size, stride, ceil_mode):
    size = pooled_size(name, dims, input, "f")
    if not 0 < norm_type < float("inf"):
        raise ValueError(f"{name}: norm_type must be a positive number, got {norm_type}; for the "
                         f"largest element use {name.replace('lp', 'max')}")
    windows = avg_windows(name, size, _key(kernel_size), _key(stride), 0, bool(ceil_mode), True,
                         None)
    count = prod(several(name, "kernel_size", kernel_size, dims))
    if input.dtype == np.float16:  # whose powers and sums leave its range
        return half(_lp(name, dims, float_(input), norm_type, kernel_size, stride, ceil_mode))
    total = avg_pool(input ** norm_type, windows) * count
    zero = total == 0
    return where(zero, 0.0, where(zero, 1.0, total) ** (1 / norm_type))


@composite(method=False)
def adaptive_max_pool1d(input, output_size, return_indices=False):
    """The largest elements of output_size windows of about equal length; see adaptive_max_pool2d.
    Shape: (N, C, L) or (C, L) -> (..., output_size)"""
    return _adaptive_max("adaptive_max_pool1d", 1, input, output_size, return_indices)


@composite(method=False)
def adaptive_max_pool2d(input, output_size, return_indices=False):
    """The largest elements of output_size windows that cover the input, the i-th one of n from
    floor(i H / n) up to ceil((i + 1) H / n); None keeps a size, 1 means all of it at once.

    Shape: (N, C, H, W) or (C, H, W) -> (..., *output_size)
    Raises: ValueError for sizes that are not positive.
    """
    return _adaptive_max("adaptive_max_pool2d", 2, input, output_size, return_indices)


@composite(method=False)
def adaptive_max_pool3d(input, output_size, return_indices=False):
    """`adaptive_max_pool2d` for volumes.  Shape: (N, C, D, H, W) or (C, D, H, W)"""
    return _adaptive_max("adaptive_max_pool3d", 3, input, output_size, return_indices)


def _adaptive_max(name, dims, input, output_size, return_indices):
    size = pooled_size(name, dims, input, "iuf")
    windows = adaptive_windows(name, size, _key(output_size), False)
    return with_indices(max_pool(input, windows), return_indices)


@composite(method=False)
def adaptive_avg_pool1d(input, output_size):
    """The averages of output_size windows of about equal length; see adaptive_max_pool2d.
    Shape: (N, C, L) or (C, L) -> (..., output_size)"""
    return _adaptive_avg("adaptive_avg_pool1d", 1, input, output_size)


@composite(method=False)
def adaptive_avg_pool2d(input, output_size):
    """The averages of output_size windows that cover the input: those of adaptive_max_pool2d.

    Shape: (N, C, H, W) or (C, H, W) -> (..., *output_size)
    Raises: ValueError for sizes that are not positive.
    """
    return _adaptive_avg("adaptive_avg_pool2d", 2, input, output_size)


@composite(method=False)
def adaptive_avg_pool3d(input, output_size):
    """`adaptive_avg_pool2d` for volumes.  Shape: (N, C, D, H, W) or (C, D, H, W)"""
    return _adaptive_avg("adaptive_avg_pool3d", 3, input, output_size)


def _adaptive_avg(name, dims, input, output_size):
    size = pooled_size(name, dims, input, "f")
    windows = adaptive_windows(name, size, _key(output_size), True)
    return avg_pool(input, windows)


def with_indices(pooled, wanted: bool):
    """Of the pair (values, places) the values, or both, the places as a copy in int64."""
    values, indices = pooled
    return (values, wrap(indices._array.astype(np.int64))) if wanted else values


def _key(value):
    """An argument that may be a list, as something to look up in a cache."""
    if value.__class__ is int or value is None:
        return value
    return tuple(value) if ordered(value) else value


def pooled_size(name: str, dims: int, input, kinds: str) -> tuple:
    """The sizes of the last dims, once the input has been looked at."""
    if not isinstance(input, Tensor):
        raise TypeError(f"{name}: input must be a Tensor, got {describe(input)}")
    shape, dtype = input._array.shape, input._array.dtype
    if dims < len(shape) < dims + 3 and dtype.kind in kinds and 0 not in shape[-dims:]:
        return shape[-dims:]
    axes = ("L",) if dims == 1 else ("D", "H", "W")[-dims:]
    fits = f"(N, C, {', '.join(axes)}) or (C, {', '.join(axes)})"
    if not dims < len(shape) < dims + 3:
        raise ValueError(f"{name}: input must be {fits}, got {describe(input)}")
    if 0 in shape[-dims:]:
        raise ValueError(f"{name}: there is nothing to pool in {describe(input)}; {fits} with "
                         f"{' and '.join(axes)} above 0 fits")
    raise TypeError(f"{name}: a floating dtype is needed, got {describe(input)}; use .float()")
