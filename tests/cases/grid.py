"""Samples for autograd/ops/grid.py; the answers come from loops over every point and element."""

from itertools import product
from math import floor

import numpy as np

from tests.cases import Case, Spec
from tests.cases.linalg import functional
from tests.cases.resample import _keys

IMAGE, VOLUME = Spec((1, 2, 3, 2)), Spec((1, 1, 2, 1, 3))
POINTS = Spec((1, 1, 3, 2), -1.2, 1.3)  # some of them beyond the edges
DEEP = Spec((1, 1, 2, 1, 3), -1.6, 1.7)


def _inside(x, n, padding_mode, align_corners):
    """A place beyond the edges as the one that counts in its stead, which may be none."""
    if padding_mode == "reflection":
        low, high = (0, n - 1) if align_corners else (-0.5, n - 0.5)
        while not low <= x <= high:
            x = 2 * low - x if x < low else 2 * high - x
            if low == high:
                x = low
    return x if padding_mode == "zeros" else min(max(x, 0), n - 1)


def _elements(x, n, mode, padding_mode, align_corners):
    """(place, share) along one dimension."""
    x = (x + 1) / 2 * (n - 1) if align_corners else ((x + 1) * n - 1) / 2
    if mode == "bicubic":
        return [(int(_inside(tap, n, padding_mode, align_corners)), _keys(x - tap, -0.75))
                for tap in range(floor(x) - 1, floor(x) + 3)]
    x = _inside(x, n, padding_mode, align_corners)
    if mode == "nearest":
        return [(round(x), 1)]
    return [(floor(x), 1 - (x - floor(x))), (floor(x) + 1, x - floor(x))]


def _sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=None):
    sizes = x.shape[2:]
    out = np.zeros((*x.shape[:2], *grid.shape[1:-1]))
    for n, *at in np.ndindex(grid.shape[:-1]):
        point = grid[(n, *at)][::-1]
        lines = [_elements(p, size, mode, padding_mode, align_corners)
                 for p, size in zip(point, sizes, strict=True)]
        for taps in product(*lines):
            place = tuple(tap for tap, _ in taps)
            if all(0 <= p < size for p, size in zip(place, sizes, strict=True)):
                share = np.prod([share for _, share in taps])
                out[(n, slice(None), *at)] += share * x[(n, slice(None), *place)]
    return out


def _affine(theta, size, align_corners=None):
    n, _, *sizes = size
    out = np.empty((n, *sizes, len(sizes)))
    for i, *at in np.ndindex(n, *sizes):
        point = [(2 * p / (size - 1) - 1 if size > 1 else 0) if align_corners else
                 (2 * p + 1) / size - 1 for p, size in zip(at, sizes, strict=True)]
        out[(i, *at)] = theta[i] @ np.array([*point[::-1], 1.0])
    return out


BILINEAR, WAY = ("bilinear", "border", True), ("bicubic", "zeros", False)


def _slope(x, points, orders, way):
    """`_sample`, or its derivative of an order of 0 or 1 along each dimension, by differences that
    are exact for cubic polynomials, away from where one ends."""
    if not any(orders):
        return _sample(x, points, *way)
    dim, step = orders.index(1), 1e-2
    lower, there = (*orders[:dim], 0, *orders[dim + 1:]), np.zeros(points.shape)
    there[..., len(orders) - 1 - dim] = step
    back, down, up, forth = (_slope(x, points + by * there, lower, way) for by in (-2, -1, 1, 2))
    return (8 * (up - down) - (forth - back)) / (12 * step)


def _put_back(g, points, orders, way, sizes):
    """By what each element alone has to do with g."""
    out = np.zeros((*g.shape[:2], *sizes))
    for at in np.ndindex(*sizes):
        one = np.zeros_like(out)
        one[(..., *at)] = 1
        out[(..., *at)] = (g * _slope(one, points, orders, way)).reshape(*g.shape[:2], -1).sum(-1)
    return out


def _slopes(g, x, points, orders, way):
    higher = [tuple(o + (d == dim) for d, o in enumerate(orders)) for dim in range(len(orders))]
    return np.stack([(g * _slope(x, points, h, way)).sum(1) for h in higher[::-1]], -1)


CASES = {
    "sample_points": [Case((IMAGE, POINTS, (0, 0), BILINEAR), {}, _slope, False),
                      Case((IMAGE, POINTS, (1, 0), WAY), {}, _slope, False)],
    "sample_points_grad": [Case((Spec((1, 2, 1, 3)), POINTS, (0, 0), BILINEAR, (3, 2)), {},
                                _put_back, False),
                           Case((Spec((1, 2, 1, 3)), POINTS, (0, 1), WAY, (3, 2)), {}, _put_back,
                                False)],
    "sample_slopes": [Case((Spec((1, 2, 1, 3)), IMAGE, POINTS, (0, 0), WAY), {}, _slopes, False)],
    "grid_sample": [Case((IMAGE, POINTS), dict(mode=mode, padding_mode=padding,
                                               align_corners=corners),
                         _sample, functional("grid_sample"))
                    for mode, corners in (("bilinear", True), ("bilinear", False),
                                          ("nearest", True), ("bicubic", False))
                    for padding in ("zeros", "border", "reflection")]
    + [Case((VOLUME, DEEP), dict(mode=mode, padding_mode=padding, align_corners=False), _sample,
            functional("grid_sample"))
       for mode, padding in (("bilinear", "zeros"), ("nearest", "border"),
                             ("bilinear", "reflection"))]
    + [Case((Spec((1, 1, 1, 3)), POINTS), dict(padding_mode="reflection", align_corners=True),
            _sample, functional("grid_sample"))],
    "affine_grid": [Case((Spec((2, 2, 3)), (2, 1, 3, 2)), dict(align_corners=corners), _affine,
                         functional("affine_grid")) for corners in (True, False)]
    + [Case((Spec((1, 3, 4)), (1, 2, 2, 3, 2)), dict(align_corners=corners), _affine,
            functional("affine_grid")) for corners in (True, False)],
}
