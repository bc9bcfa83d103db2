"""Images and volumes sampled at the points of a grid, and the grids of affine maps.

The points are numbers from -1 to 1 along each dimension, the last dimension first.  The elements
around a point are rows of the input, all channels of a place, and their shares are polynomials of
the point, so that sampling has all derivatives by both.

Reference: Jaderberg et al., Spatial Transformer Networks, 2015, section 3.
"""

from __future__ import annotations

from math import inf, nan, prod

import numpy as np

from .. import kernels
from ..errors import describe
from ..record import composite, op
from ..tensors import Tensor, wrap
from .arithmetic import fmod
from .compare import _clip, where
from .elementwise import abs, in_float32
from .index import select
from .join import stack
from .linalg import matmul
from .pool_windows import several
from .resample_tables import cubic_shares
from .shape import flatten, permute, reshape, transpose, unsqueeze

_MODES = ("bilinear", "nearest", "bicubic")
_PADDINGS = ("zeros", "border", "reflection")


@composite(method=False)
@in_float32
def grid_sample(input, grid, mode="bilinear", padding_mode="zeros",
                align_corners: bool | None = None):
    """input at the points of grid, whose last dimension is (x, y) or (x, y, z), from -1 to 1.

    These are the centres of the outermost elements with align_corners, else their outer edges.
    "bilinear" mixes the 2 nearest elements of each dimension, "bicubic" the 4 nearest of images,
    and "nearest" takes one, which gives no gradient to the point.  Beyond the edges are zeros, or
    the outermost elements ("border"), or the input mirrored at its edges ("reflection").
    Shape: (N, C, H, W), (N, OH, OW, 2) -> (N, C, OH, OW), or
    (N, C, D, H, W), (N, OD, OH, OW, 3) -> (N, C, OD, OH, OW)

    >>> x = autograd.tensor([[[[1., 2.], [3., 4.]]]])
    >>> nn.functional.grid_sample(x, autograd.zeros(1, 1, 1, 2))
    tensor([[[[2.5000]]]])
    """
    _check(input, grid, mode, padding_mode)
    (n, channels), sizes = input.shape[:2], tuple(input.shape[2:])
    shape = tuple(grid.shape[1:-1])
    points = reshape(grid, (n, prod(shape), len(sizes)))
    taps = [_taps(select(points, 2, len(sizes) - 1 - dim), size, mode, padding_mode,
                  bool(align_corners)) for dim, size in enumerate(sizes)]
    rows = permute(reshape(input, (n, channels, prod(sizes))), (0, 2, 1))
    places, shares = _combined(taps, sizes)
    mixed = sample_rows(rows, places, shares)
    return reshape(permute(mixed, (0, 2, 1)), (n, channels, *shape))


@op(method=False, vjp=dict(
    rows=lambda g, places, weights, rows_shape: sample_rows_grad(g, places, weights, rows_shape[1]),
    weights=lambda g, rows, places: sample_shares_grad(g, rows, places)))
def sample_rows(rows, places, weights, /):
    """For each of P points of each sample, the sum of its K rows of (N, M, C) by their weights
    (N, P, K): (N, P, C).  The places (N, P, K) tell which rows; a negative one stands for none."""
    return kernels.sample_rows(rows, places, weights)


@op(method=False, vjp=dict(
    g=lambda g_out, places, weights: sample_rows(g_out, places, weights),
    weights=lambda g_out, g, places: sample_shares_grad(g, g_out, places)))
def sample_rows_grad(g, places, weights, /, count):
    """Zeros (N, count, C) to which g (N, P, C), by the weights, is added at the places."""
    return kernels.sample_rows_grad(g, places, weights, count)


@op(method=False, vjp=dict(
    g=lambda g_out, rows, places: sample_rows(rows, places, g_out),
    rows=lambda g_out, g, rows_shape, places: sample_rows_grad(g, places, g_out, rows_shape[1])))
def sample_shares_grad(g, rows, places, /):
    """The product of g (N, P, C) with each of the rows at the places (N, P, K)."""
    return kernels.sample_shares_grad(g, rows, places)


def _combined(taps: list, sizes: tuple):
    """(places, shares) of all combinations of the taps of each dimension, (N, P, K) both; a place
    that does not lie inside is negative."""
    (places, shares), *rest = taps
    for (place, share), size in zip(rest, sizes[1:], strict=True):
        before, place = places[..., None], place[:, :, None]  # (N, P, K, 1), (N, P, 1, k)
        places = np.where((before < 0) | (place < 0), -1, before * size + place)
        shares = flatten(unsqueeze(shares, 3) * unsqueeze(share, 2), 2)
        places = places.reshape(tuple(shares.shape))
    return wrap(places), shares


def _taps(x, n: int, mode: str, padding_mode: str, align_corners: bool) -> tuple:
    """(places, shares) of the elements along a dimension of n that count at the points x, in arrays
    (N, P, taps); a place that does not lie inside is negative."""
    x = (x + 1) * ((n - 1) / 2) if align_corners else ((x + 1) * n - 1) * 0.5
    if mode != "bicubic":  # whose elements are brought in from beyond the edges, not the points
        x = _brought_in(x, n, padding_mode, align_corners)
    if mode == "nearest":
        return _within([np.rint(x._array)], n, -1), wrap(np.ones((*x.shape, 1), x.dtype))
    low = np.floor(x._array)
    behind = x - wrap(low)
    if mode == "bilinear":
        return _within([low, low + 1], n), stack([1 - behind, behind], 2)
    places = [_brought_in(low + tap, n, padding_mode, align_corners) for tap in range(-1, 3)]
    return _within(places, n), stack(cubic_shares(behind), 2)


def _within(places: list, n: int, lost: int = 0) -> np.ndarray:
    """Places as integers, -1 for those that do not lie among n, and `lost` for NaN."""
    stacked = np.stack(places, -1)
    inside = (stacked >= 0) & (stacked < n)
    found = np.where(inside, stacked, np.where(np.isnan(stacked), lost, -1))
    return found.astype(np.int64)


def _brought_in(x, n: int, padding_mode: str, align_corners: bool):
    """Points beyond the edges, or an array of places, as those that count in their stead."""
    if padding_mode == "zeros":
        return _clip(x, -4, n + 3)  # no infinity, which less infinity would be NaN
    if padding_mode == "reflection":
        x = _reflected(x, n, align_corners)
    held = _clip(x, 0, n - 1)
    return where(held != held, 0.0, held)


def _reflected(x, n: int, align_corners: bool):
    """x, mirrored at the centres of the outermost elements or at their edges."""
    low, span = (0, n - 1) if align_corners else (-0.5, n)
    if span == 0:
        return x * 0
    far = abs(where(abs(x) < inf, x, nan) - low)
    extra = fmod(far, span)
    odd = fmod(far, 2 * span) >= span
    return where(odd, span - extra, extra) + low


def _check(input, grid, mode: str, padding_mode: str) -> None:
    for name, value, choices in (("mode", mode, _MODES), ("padding_mode", padding_mode, _PADDINGS)):
        if value not in choices:
            raise ValueError(f"grid_sample: {name} {value!r}; choose "
                             f"{', '.join(map(repr, choices))}")
    for name, value in (("input", input), ("grid", grid)):
        if not isinstance(value, Tensor) or value.dtype.kind != "f":
            raise TypeError(f"grid_sample: {name} must be a floating Tensor, got "
                            f"{describe(value)}")
    if input.ndim not in (4, 5) or (mode == "bicubic" and input.ndim == 5):
        fits = "" if mode == "bicubic" else " or (N, C, D, H, W)"
        raise ValueError(f"grid_sample: input must be (N, C, H, W){fits} in mode {mode!r}, got "
                         f"{describe(input)}")
    if 0 in input.shape[2:]:
        raise ValueError(f"grid_sample: there is nothing to sample in {describe(input)}")
    wanted = (input.shape[0], *["..."] * (input.ndim - 2), input.ndim - 2)
    if grid.ndim != input.ndim or grid.shape[0] != wanted[0] or grid.shape[-1] != wanted[-1]:
        raise ValueError(f"grid_sample: grid must be ({', '.join(map(str, wanted))}) for input "
                         f"{tuple(input.shape)}, got {describe(grid)}")
    if input.dtype != grid.dtype:
        raise TypeError(f"grid_sample: input is {input.dtype} but grid {grid.dtype}; bring them to "
                        "one dtype with .to(...)")


@composite(method=False)
@in_float32
def affine_grid(theta, size, align_corners: bool | None = None):
    """The grid for grid_sample that takes each point p of an output of `size` from
    theta (p, 1), an affine map.

    Shape: (N, 2, 3), size (N, C, H, W) -> (N, H, W, 2), or
    (N, 3, 4), size (N, C, D, H, W) -> (N, D, H, W, 3)
    Raises: ValueError where theta and size do not fit each other.

    >>> nn.functional.affine_grid(autograd.eye(2, 3)[None], (1, 1, 1, 2), align_corners=True)
    tensor([[[[-1.,  0.],
              [ 1.,  0.]]]])
    """
    if not isinstance(theta, Tensor) or theta.dtype.kind != "f":
        raise TypeError(f"affine_grid: theta must be a floating Tensor, got {describe(theta)}")
    if len(size) not in (4, 5):
        raise ValueError("affine_grid: size must be (N, C, H, W) or (N, C, D, H, W), got "
                         f"{tuple(size)}")
    n, _, *sizes = several("affine_grid", "size", size, len(size))
    dims = len(sizes)
    if tuple(theta.shape) != (n, dims, dims + 1):
        raise ValueError(f"affine_grid: theta must be {(n, dims, dims + 1)} for size "
                         f"{tuple(size)}, got {describe(theta)}")
    lines = []
    for count in sizes:
        edge = (1 if align_corners else 1 - 1 / count) if count > 1 else 0
        lines.append(np.linspace(-edge, edge, count))
    points = [*np.meshgrid(*lines, indexing="ij")[::-1], np.ones(sizes)]
    base = np.stack(points, -1).reshape(-1, dims + 1).astype(theta.dtype)
    return reshape(matmul(wrap(base), transpose(theta, 1, 2)), (n, *sizes, dims))
