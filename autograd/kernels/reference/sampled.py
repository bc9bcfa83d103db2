"""Images (N, C, H, W) and volumes (N, C, D, H, W) mixed at the points of a grid (N, ..., dims).

The points are numbers from -1 to 1 along each dimension, the last dimension first.  What counts at
a point, and by which shares, is told by `way` = (mode, padding_mode, align_corners) as in
`grid_sample`.  The shares are polynomials of the point, and `orders` has for each dimension, the
first one first, which derivative of theirs is meant; so what is linear in the image is closed
under differentiation.
"""

from math import prod

import numpy as np

from autograd.kernels.cubic import tap_share
from autograd.quiet import quiet

A = -0.75  # of the cubic polynomials
TAPS = {"nearest": range(1), "bilinear": range(2), "bicubic": range(-1, 3)}


@quiet
def sample_points(x, points, orders, way):
    """The sum of the elements around each point by their shares: (N, C, ...)."""
    flat = x.reshape(*x.shape[:2], prod(x.shape[2:]))
    out = np.zeros((*x.shape[:2], *points.shape[1:-1]), x.dtype)
    rows = out.reshape(*x.shape[:2], prod(points.shape[1:-1]))
    for places, shares in _elements(points, x.shape[2:], orders, way) if x.size else ():
        picked = np.take_along_axis(flat, places.clip(0), 2)
        rows += np.where(places < 0, 0, picked * shares)
    return out


@quiet
def sample_points_grad(g, points, orders, way, sizes):
    """Zeros (N, C, *sizes) to which g (N, C, ...), by the shares, is added around each point."""
    grad = np.zeros((len(g), prod(sizes), g.shape[1]), g.dtype)
    rows = g.reshape(*g.shape[:2], prod(points.shape[1:-1])).transpose(0, 2, 1)
    for places, shares in _elements(points, sizes, orders, way) if grad.size else ():
        n, p = np.nonzero(places[:, 0] >= 0)
        np.add.at(grad, (n, places[n, 0, p]), rows[n, p] * shares[n, 0, p, None])
    return np.ascontiguousarray(grad.transpose(0, 2, 1)).reshape(*g.shape[:2], *sizes)


@quiet
def sample_slopes(g, x, points, orders, way):
    """How g (N, C, ...) times what is sampled, added up over the channels, grows with the points:
    (N, ..., dims)."""
    slopes = []
    for dim in range(len(orders)):
        higher = *orders[:dim], orders[dim] + 1, *orders[dim + 1:]
        slopes.append((g * sample_points(x, points, higher, way)).sum(1, dtype=x.dtype))
    return np.stack(slopes[::-1], -1)


def _elements(points, sizes, orders, way):
    """(places in the image, shares) of one element after the other for every point, (N, 1, P)
    both; a negative place stands for none, whatever its share is."""
    places = shares = None
    for dim, (n, order) in enumerate(zip(sizes, orders, strict=True)):
        line = points[..., -1 - dim].reshape(len(points), 1, prod(points.shape[1:-1]))
        place, share = _taps(line, n, order, *way)
        if places is not None:
            before, place = places[:, None], place[None]
            place = np.where((before < 0) | (place < 0), -1, before * n + place)
            share = shares[:, None] * share[None]
        shape = prod(place.shape[:-3]), *line.shape
        places, shares = place.reshape(shape), share.reshape(shape)
    return zip(places, shares, strict=True)


def _taps(x, n, order, mode, padding_mode, align_corners):
    """(places, shares) of the elements along a dimension of n that count at the points x."""
    half = x.dtype.type(0.5)
    x = (x + 1) * x.dtype.type((n - 1) / 2) if align_corners else ((x + 1) * n - 1) * half
    moves = np.full_like(x, (n - 1) / 2 if align_corners else n / 2)
    if mode != "bicubic":  # whose elements are brought in from beyond the edges, not the points
        x, moved = brought_in(x, n, padding_mode, align_corners)
        moves *= moved
    low = np.rint(x) if mode == "nearest" else np.floor(x)
    t = x - low
    places = [low + tap for tap in TAPS[mode]]
    if mode == "nearest":
        shares = [np.full_like(x, order == 0)]
    elif mode == "bilinear":
        shares = [(1 - t, t), (-np.ones_like(t), np.ones_like(t))][order] if order < 2 else (
            np.zeros_like(t),) * 2
    else:
        places = [brought_in(place, n, padding_mode, align_corners)[0] for place in places]
        shares = [tap_share(t, tap, A, order) for tap in TAPS[mode]]
    return _within(np.stack(places), n, -1 if mode == "nearest" else 0), (
        np.stack(shares) * moves**order)


def _within(places, n, lost):
    """Places as integers, -1 for those that do not lie among n, and `lost` for NaN."""
    inside = (places >= 0) & (places < n)
    return np.where(inside, places, np.where(np.isnan(places), lost, -1)).astype(np.int64)


def brought_in(x, n, padding_mode, align_corners):
    """Points, or places, beyond the edges as those that count in their stead, and 1, 0 or -1: how
    these move with them."""
    if padding_mode == "zeros":
        return x, 1
    moved: object = 1
    if padding_mode == "reflection":
        x, moved = _reflected(x, n, align_corners)
    return np.where(x > 0, np.minimum(x, n - 1), x.dtype.type(0)), np.where(
        (x > 0) & (x < n - 1), moved, 0)


def _reflected(x, n, align_corners):
    """x, mirrored at the centres of the outermost elements or at their edges, and 1 or -1."""
    low, span = (0, n - 1) if align_corners else (-0.5, n)
    far = np.where(np.isfinite(x), x - low, np.nan)
    extra = np.fmod(np.absolute(far), span)
    odd = np.fmod(np.absolute(far), 2 * span) >= span
    return np.where(odd, span - extra, extra) + x.dtype.type(low), np.where(
        odd != (far < 0), -1, 1)
