"""Which elements of a dimension each element of the resized one is mixed of, and by what shares."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels.cubic import keys, tap_share
from .mixture import Table

_SMALL = 128  # height and width together


def nearest(n: int, out: int, scale, dtype, sizes: tuple, exact: bool) -> np.ndarray:
    """floor(i / scale), or floor((i + 0.5) / scale) if exact, for each of `out` places, rounded as
    PyTorch does: in float32, or float64 for images of that dtype; of small images, of two `sizes`,
    unless exact each element once or twice where there are as many places, whatever the scale."""
    small = len(sizes) == 2 and sum(sizes) <= _SMALL
    if small and not exact and out in (n, 2 * n):
        return np.arange(out) // (out // n)
    kind: Any = np.float64 if dtype == np.float64 and not small else np.float32
    step = kind(n) / kind(out) if scale is None else kind(1 / scale)
    places = (np.arange(out, dtype=kind) + kind(exact / 2)) * step
    return np.minimum(places.astype(np.float32).astype(np.int64), n - 1)


def smooth(mode: str, antialias: bool, n: int, out: int, scale, align_corners: bool,
           dtype) -> Table:
    """The table that mixes the elements around each place, as the mode tells."""
    if antialias:
        return _filtered(mode, n, out, scale, align_corners, dtype)
    at = _step(n, out, scale, align_corners) * (np.arange(out) + (0 if align_corners else 0.5))
    at = at if align_corners else at - 0.5
    if mode == "bicubic":
        low = np.floor(at).astype(np.int64)
        shares = [tap_share(at - low, tap, -0.75) for tap in range(-1, 3)]
        places = [low + tap for tap in range(-1, 3)]
    else:
        low = np.minimum(np.maximum(at, 0).astype(np.int64), n - 1)
        behind = np.clip(at - low, 0, 1)
        shares, places = [1 - behind, behind], [low, low + 1]
    weights = np.stack(shares, 1).reshape(-1).astype(dtype)
    within = np.stack(places, 1).reshape(-1).clip(0, n - 1)
    return Table(n, np.arange(out + 1) * len(shares), within, weights)


def _step(n: int, out: int, scale, align_corners: bool) -> float:
    """How far apart the places lie."""
    if align_corners:
        return (n - 1) / (out - 1) if out > 1 else 0.0
    return n / out if scale is None else 1 / scale


def _cubic(x):
    x = np.absolute(x)
    return np.where(x < 1, keys(x, False, -0.5), np.where(x < 2, keys(x, True, -0.5), 0.0))


FILTERS = {  # what an element that far away counts, and how far one counts at all
    "bilinear": (lambda x: np.maximum(1 - np.absolute(x), 0), 1), "bicubic": (_cubic, 2),
    "lanczos": (lambda x: np.where(np.absolute(x) < 3, np.sinc(x) * np.sinc(x / 3), 0.0), 3)}


def _filtered(mode: str, n: int, out: int, scale, align_corners: bool, dtype) -> Table:
    """The table that mixes all elements that a filter, as wide as what becomes one, takes in."""
    count, reach = FILTERS[mode]
    step = _step(n, out, scale, align_corners)
    wide = max(step, 1.0)
    center = step * (np.arange(out) + 0.5)[:, None]
    first = np.maximum((center - reach * wide + 0.5).astype(np.int64), 0)
    last = np.minimum((center + reach * wide + 0.5).astype(np.int64), n)
    places = first + np.arange((last - first).max())
    inside = places < last
    weights = np.where(inside, count((places - center + 0.5) / wide), 0.0)
    weights /= weights.sum(1, keepdims=True)
    starts = np.concatenate([[0], inside.sum(1).cumsum()])
    return Table(n, starts, places[inside], weights[inside].astype(dtype))
