"""Slopes of functions that are known at the points of a grid."""

from __future__ import annotations

import numpy as np

from .. import dtypes
from ..errors import describe
from ..record import composite
from ..tensors import Tensor
from .elementwise import in_float32, to
from .index import narrow
from .join import cat
from .reduce import axes
from .shape import reshape


@composite(method=False)
@in_float32
def gradient(input, *, spacing=1, dim=None, edge_order=1):
    """The slopes of input along each of `dim` (all unless given), a tuple: (x₊ - x₋) / 2h inside,
    one-sided at both ends, exact for polynomials of degree edge_order, 1 or 2, there.

    `spacing` is the distance h of neighbours: a number, one for each dim, or vectors of the points.

    >>> autograd.gradient(autograd.tensor([1., 4., 9.]))
    (tensor([3., 4., 5.]),)
    """
    dims = axes("gradient", dim, len(input.shape))
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: edge_order must be 1 or 2, got {edge_order!r}")
    several = isinstance(spacing, (tuple, list))
    if several and len(spacing) != len(dims):
        raise ValueError(f"gradient: {len(spacing)} spacings for {len(dims)} dims")
    steps = spacing if several else [spacing] * len(dims)
    if input.dtype.kind != "f":
        input = to(input, dtypes.get_default_dtype())
    return tuple(_slope(input, d, h, edge_order) for d, h in zip(dims, steps, strict=True))


def _slope(x, dim: int, step, edge_order: int):
    n = x.shape[dim]
    if n <= edge_order:
        raise ValueError(f"gradient: dimension {dim} of {describe(x)} needs at least "
                         f"{edge_order + 1} points for edge_order {edge_order}")
    if isinstance(step, (Tensor, np.ndarray)) and step.shape:
        if step.shape != (n,):
            raise ValueError(f"gradient: the points of dimension {dim} of size {n} must be a "
                             f"vector of as many, got {describe(step)}")
        if isinstance(step, np.ndarray):
            step = step.astype(x.dtype)
        points = reshape(step, [-1 if d == dim else 1 for d in range(len(x.shape))])
        return _uneven(x, dim, _steps(points, dim), edge_order)
    inside = (narrow(x, dim, 2, n - 2) - narrow(x, dim, 0, n - 2)) / (2 * step)
    first, last = (_mixed(x, dim, at, weights) / step for at, weights in (
        ((0, (-1, 1)), (n - 2, (-1, 1))) if edge_order == 1 else
        ((0, (-1.5, 2, -0.5)), (n - 3, (0.5, -2, 1.5)))))
    return cat([first, inside, last], dim)


def _steps(points, dim: int):
    n = points.shape[dim]
    return narrow(points, dim, 1, n - 1) - narrow(points, dim, 0, n - 1)


def _mixed(x, dim: int, start: int, weights: tuple):
    """The weighted sum of neighbours, the first being at start."""
    found = narrow(x, dim, start, 1) * weights[0]
    for i, weight in enumerate(weights[1:], 1):
        found = found + narrow(x, dim, start + i, 1) * weight
    return found


def _uneven(x, dim: int, h, edge_order: int):
    """Slopes where the points are not equally far apart: of the parabola through three, as Fornberg
    (1988) has its weights; at the ends of a line or of a parabola."""
    n = x.shape[dim]
    left, right = narrow(h, dim, 0, n - 2), narrow(h, dim, 1, n - 2)
    both = left + right
    inside = (narrow(x, dim, 0, n - 2) * (-right / (left * both))
              + narrow(x, dim, 1, n - 2) * ((right - left) / (left * right))
              + narrow(x, dim, 2, n - 2) * (left / (right * both)))
    a, b = narrow(h, dim, 0, 1), narrow(h, dim, n - 2, 1)
    if edge_order == 1:
        ends = _mixed(x, dim, 0, (-1, 1)) / a, _mixed(x, dim, n - 2, (-1, 1)) / b
    else:
        a2, b2 = narrow(h, dim, 1, 1), narrow(h, dim, n - 3, 1)
        ends = (_mixed(x, dim, 0, (-(2 * a + a2) / (a * (a + a2)), (a + a2) / (a * a2),
                                   -a / (a2 * (a + a2)))),
                _mixed(x, dim, n - 3, (b / (b2 * (b + b2)), -(b + b2) / (b * b2),
                                       (2 * b + b2) / (b * (b + b2)))))
    return cat([ends[0], inside, ends[1]], dim)
