"""Images and volumes sampled at the points of a grid, and the grids of affine maps.

The points are numbers from -1 to 1 along each dimension, the last dimension first.  The shares of
the elements around a point are polynomials of it: by them, and by their derivatives, the three ops
of sampling are each other's rules, so that there are all derivatives by input and points.

Reference: Jaderberg et al., Spatial Transformer Networks, 2015, section 3.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..errors import describe
from ..gate import by_index
from ..record import composite, op
from ..tensors import Tensor, wrap
from .elementwise import in_float32
from .index import select
from .linalg import matmul
from .pool_windows import several
from .shape import reshape, transpose, unsqueeze

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
    return sample_points(input, grid, (0,) * (input.ndim - 2),
                         (mode, padding_mode, bool(align_corners)))


@op(method=False, vjp=dict(
    input=lambda g, points, orders, way, input_shape: sample_points_grad(
        g, points, orders, way, input_shape[2:]),
    points=lambda g, input, points, orders, way: sample_slopes(g, input, points, orders, way)))
def sample_points(input, points, /, orders, way):
    """input (N, C, H, W) mixed at points (N, ..., 2): (N, C, ...), or with one dimension more; by
    the shares' derivatives of these orders along the dimensions, in one of the ways of sampling,
    (mode, padding_mode, align_corners)."""
    return _sampled(input, points, orders, way)


@op(method=False, vjp=dict(
    g=lambda g_out, points, orders, way: sample_points(g_out, points, orders, way),
    points=lambda g_out, g, points, orders, way: sample_slopes(g, g_out, points, orders, way)))
def sample_points_grad(g, points, /, orders, way, sizes):
    """Zeros (N, C, *sizes) to which g (N, C, ...), by the shares, is added around each point."""
    return _put_back(g, points, orders, way, sizes)


@op(method=False, vjp=dict(
    g=lambda g_out, input, points, orders, way: sum(
        part * sample_points(input, points, higher, way)
        for part, higher in _higher(g_out, orders)),
    input=lambda g_out, g, points, orders, way, input_shape: sum(
        sample_points_grad(part * g, points, higher, way, input_shape[2:])
        for part, higher in _higher(g_out, orders)),
    points=lambda g_out, g, input, points, orders, way: sum(
        sample_slopes(part * g, input, points, higher, way)
        for part, higher in _higher(g_out, orders))))
def sample_slopes(g, input, points, /, orders, way):
    """How g (N, C, ...) times what is sampled, added up over the channels, grows with the points:
    (N, ..., 2)."""
    return _slopes(g, input, points, orders, way)


_sampled, _put_back, _slopes = map(by_index, ("sample_points", "sample_points_grad",
                                              "sample_slopes"))


def _higher(g, orders):
    """For each dimension its part of g (N, ..., dims), for all channels, and orders one more."""
    for dim in range(len(orders)):
        part = unsqueeze(select(g, -1, len(orders) - 1 - dim), 1)
        yield part, (*orders[:dim], orders[dim] + 1, *orders[dim + 1:])


def _check(input, grid, mode: str, padding_mode: str) -> None:
    for name, value, choices in (("mode", mode, _MODES), ("padding_mode", padding_mode, _PADDINGS)):
        if value not in choices:
            raise ValueError(f"grid_sample: {name} {value!r}; choose "
                             f"{', '.join(map(repr, choices))}")
    for name, value in (("input", input), ("grid", grid)):
        if not isinstance(value, Tensor) or value.dtype.kind != "f":
            raise TypeError(f"grid_sample: {name} must be a floating Tensor, got "
                            f"{describe(value)}")
    shape, points = input._any_array.shape, grid._any_array.shape
    dims = len(shape) - 2
    if dims not in (2, 3) or (mode == "bicubic" and dims == 3):
        fits = "" if mode == "bicubic" else " or (N, C, D, H, W)"
        raise ValueError(f"grid_sample: input must be (N, C, H, W){fits} in mode {mode!r}, got "
                         f"{describe(input)}")
    if 0 in shape[2:]:
        raise ValueError(f"grid_sample: there is nothing to sample in {describe(input)}")
    if len(points) != len(shape) or points[0] != shape[0] or points[-1] != dims:
        wanted = ", ".join(map(str, (shape[0], *["..."] * dims, dims)))
        raise ValueError(f"grid_sample: grid must be ({wanted}) for input {shape}, got "
                         f"{describe(grid)}")
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
    base = wrap(_base(tuple(sizes), bool(align_corners), theta.dtype))
    return reshape(matmul(base, transpose(theta, 1, 2)), (n, *sizes, dims))


@lru_cache(64)
def _base(sizes: tuple, align_corners: bool, dtype) -> np.ndarray:
    """The points of the grid that changes nothing, each with a 1 behind it."""
    lines = []
    for count in sizes:
        edge = (1 if align_corners else 1 - 1 / count) if count > 1 else 0
        lines.append(np.linspace(-edge, edge, count))
    points = [*np.meshgrid(*lines, indexing="ij")[::-1], np.ones(sizes)]
    return np.stack(points, -1).reshape(-1, len(points)).astype(dtype)
