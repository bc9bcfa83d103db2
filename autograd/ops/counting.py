"""Counts, places in sorted rows, and what is in a set: results without gradient."""

from __future__ import annotations

from math import isfinite, prod
from typing import Any

import numpy as np

from ..dtypes import int32, int64
from ..errors import describe
from ..record import composite, op
from ..tensors import Tensor, wrap
from .named import named
from .order import sort
from .shape import axis, whole

_FEW_PAIRS = 1 << 14  # so many are compared each with each sooner than sorted

_Histogram = named("histogram", "hist bin_edges")


@op(differentiable=False)
def bincount(input, weights=None, /, minlength=0):
    """How often each number from 0 on is in input, a vector of them; with `weights` the sums of the
    weights that stand there.  At least `minlength` counts.

    >>> autograd.bincount(autograd.tensor([0, 2, 2]))
    tensor([1, 0, 2])
    """
    if input.ndim != 1 or input.dtype.kind not in "iu":
        raise TypeError(f"bincount: input must be a vector of integers, got {describe(input)}")
    if input.size and input.min() < 0:
        raise ValueError(f"bincount: numbers must be at least 0, got {input.min()}")
    if whole("bincount", minlength) < 0:
        raise ValueError(f"bincount: minlength must not be negative, got {minlength}")
    if weights is not None and weights.shape != input.shape:
        raise ValueError(f"bincount: weights {weights.shape} must be {input.shape}, as input")
    counts = np.bincount(input.astype(np.int64), weights, minlength)
    return counts.astype(np.float32) if getattr(weights, "dtype", None) == np.float32 else counts


@composite(method=False)
def bucketize(input, boundaries, *, out_int32=False, right=False):
    """For each element the number of `boundaries`, a sorted vector, below it; with `right` of those
    below or equal to it.

    >>> autograd.bucketize(autograd.tensor([0., 2., 5.]), autograd.tensor([1., 2., 3.]))
    tensor([0, 1, 3])
    """
    if len(boundaries.shape) != 1:
        raise ValueError(f"bucketize: boundaries must be a vector, got {describe(boundaries)}")
    return _placed(boundaries._array, input, right, out_int32)


@composite(method=False)
def searchsorted(sorted_sequence, input, *, out_int32=False, right=False, side=None, sorter=None):
    """Where each element would have to be put into a sorted row to keep it sorted: before equal
    ones, or behind them with `right` (side="right").  `sorter` sorts the rows where they are not.

    Shape: a vector, and input (*); or rows (*, n), and input (*, m), row by row

    >>> autograd.searchsorted(autograd.tensor([1, 3, 5]), autograd.tensor([3, 6]))
    tensor([1, 3])
    """
    if side not in (None, "left", "right") or (side == "left" and right):
        raise ValueError(f"searchsorted: side must be 'left' or 'right' and agree with "
                         f"right={right}, got {side!r}")
    rows, right = sorted_sequence._array, right or side == "right"
    if sorter is not None:
        if sorter.shape != sorted_sequence.shape:
            raise ValueError(f"searchsorted: sorter {tuple(sorter.shape)} must have the shape of "
                             f"sorted_sequence, {tuple(rows.shape)}")
        rows = np.take_along_axis(rows, sorter._array, -1)
    if rows.ndim == 1:
        return _placed(rows, input, right, out_int32)
    values = getattr(input, "_array", None)
    if values is None or not rows.ndim or values.shape[:-1] != rows.shape[:-1]:
        raise ValueError(f"searchsorted: input {describe(input)} must have the dimensions of "
                         f"sorted_sequence {tuple(rows.shape)} but for the last")
    found = np.empty(values.shape, np.int64)
    for at in np.ndindex(rows.shape[:-1]):
        found[at] = np.searchsorted(rows[at], values[at], "right" if right else "left")
    return wrap(found.astype(int32 if out_int32 else int64, copy=False))


def _placed(row: np.ndarray, input, right: bool, out_int32: bool) -> Tensor:
    found = np.searchsorted(row, getattr(input, "_array", input), "right" if right else "left")
    return wrap(np.asarray(found, int32 if out_int32 else int64))


def _ends(name: str, x: np.ndarray, low, high, room: float) -> tuple[float, float]:
    """The ends of a histogram: those asked for, or of the numbers where both are equal; moved apart
    by `room` if they are still."""
    if low == high:
        low, high = (x.min(), x.max()) if x.size else (low, low + 1)
    if not (isfinite(low) and isfinite(high)) or low > high:
        raise ValueError(f"{name}: the range from {low} to {high} must be finite and not reversed")
    return (low - room, high + room) if low == high else (low, high)


@op(differentiable=False)
def histc(input, /, bins=100, min=0, max=0):
    """How many elements are in each of `bins` equal parts of the range from min to max, the last
    with its end; of the elements' own range where both are equal.  Others do not count.

    >>> autograd.histc(autograd.tensor([1., 2., 1.]), 4, 0, 3)
    tensor([0., 2., 1., 0.])
    """
    if input.dtype.kind != "f":
        raise TypeError(f"histc: a floating dtype is needed, got {input.dtype}; use .float()")
    if whole("histc", bins) < 1:
        raise ValueError(f"histc: bins must be at least 1, got {bins}")
    low, high = _ends("histc", input, min, max, 1)
    inside = input[(input >= low) & (input <= high)]
    place = ((inside - low) / (high - low) * bins).astype(np.int64)
    return np.bincount(np.minimum(place, bins - 1), None, bins).astype(input.dtype)


@composite()
def histogram(input, bins, *, range=None, weight=None, density=False):
    """The pair (hist, bin_edges): how many elements are in each bin, given by their number and
    `range`, or by their edges; with `weight` the sums of weights, with `density` as shares of the
    whole over the bins' widths.

    >>> autograd.histogram(autograd.tensor([1., 2., 1.]), bins=4, range=(0., 3.)).hist
    tensor([0., 2., 1., 0.])
    """
    if input.dtype.kind != "f":
        raise TypeError(f"histogram: a floating dtype is needed, got {input.dtype}; use .float()")
    x, weights = input._array.reshape(-1), getattr(weight, "_array", weight)
    if weights is not None and weights.shape != input.shape:
        raise ValueError(f"histogram: weight {weights.shape} must be {tuple(input.shape)}, as "
                         "input")
    if isinstance(bins, Tensor):
        edges: Any = bins._array
        if edges.ndim != 1 or len(edges) < 2 or (np.diff(edges) < 0).any():
            raise ValueError(f"histogram: bins must be edges that rise, got {describe(bins)}")
    else:
        if whole("histogram", bins) < 1:
            raise ValueError(f"histogram: bins must be at least 1, got {bins}")
        low, high = _ends("histogram", x, *((0.0, 0.0) if range is None else range), 0.5)
        edges = np.linspace(low, high, bins + 1)
    hist, edges = np.histogram(x, edges, weights=None if weights is None else weights.reshape(-1),
                               density=density)
    return _Histogram(*(wrap(part.astype(input.dtype)) for part in (hist, edges)))


@composite(method=False)
def isin(elements, test_elements, *, assume_unique=False, invert=False):
    """Which of `elements` are among `test_elements`, or are not with `invert`; one of them may be a
    number.

    >>> autograd.isin(autograd.tensor([1, 2, 3]), autograd.tensor([2, 5]))
    tensor([False,  True, False])
    """
    given = [getattr(x, "_array", x) for x in (elements, test_elements)]
    for name, x in zip(("elements", "test_elements"), given, strict=True):
        if not isinstance(x, (np.ndarray, bool, int, float)):
            raise TypeError(f"isin: {name} must be a Tensor or a number, got {describe(x)}")
    among, tests = map(np.asarray, given)
    if among.size * tests.size > _FEW_PAIRS:
        return wrap(np.asarray(np.isin(among, tests, assume_unique=assume_unique, invert=invert)))
    found = np.equal(among[..., None], tests.reshape(-1)).any(-1)
    return wrap(np.logical_not(found) if invert else found)


@composite()
def msort(input):
    """The elements in order along dim 0.

    >>> autograd.msort(autograd.tensor([3., 1., 2.]))
    tensor([1., 2., 3.])
    """
    return sort(input, 0)[0]


@composite()
def unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None):
    """Each element, or slice along `dim`, once, in order whether `sorted` asks for it or not; with
    `return_inverse` also which of these each one is, with `return_counts` how often each is there.

    The results have no gradient.  Each NaN is one of its own.

    >>> autograd.unique(autograd.tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    lines = _lines("unique", input, dim)
    keys = lines if lines.ndim == 1 else _ranks(lines)
    found: Any = np.unique(keys, lines.ndim > 1, return_inverse, return_counts, equal_nan=False)
    parts = list(found) if isinstance(found, tuple) else [found]
    if lines.ndim > 1:
        parts[0] = _unlined(lines[parts.pop(1)], dim)
    if return_inverse and dim is None:
        parts[1] = parts[1].reshape(input.shape)
    made = tuple(map(wrap, parts))
    return made if len(made) > 1 else made[0]


@composite()
def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None):
    """The elements, or slices along `dim`, without those that equal the one before; the further
    results as those of unique.

    >>> autograd.unique_consecutive(autograd.tensor([1, 1, 3, 1]))
    tensor([1, 3, 1])
    """
    lines = _lines("unique_consecutive", input, dim)
    changes = np.ones(len(lines), bool)
    differ = lines[1:] != lines[:-1]
    changes[1:] = differ.any(tuple(range(1, differ.ndim)))
    first = np.flatnonzero(changes)
    inverse = np.cumsum(changes) - 1
    counts = np.diff(np.append(first, len(lines)))
    parts = [_unlined(lines[first], dim)]
    if return_inverse:
        parts.append(inverse if dim is not None else inverse.reshape(input.shape))
    if return_counts:
        parts.append(counts)
    made = tuple(map(wrap, parts))
    return made if len(made) > 1 else made[0]


def _lines(name: str, input, dim) -> np.ndarray:
    """All elements, or the slices along dim, one after the other."""
    if dim is None:
        return input._array.reshape(-1)
    dim = axis(name, dim, len(input.shape))
    return np.moveaxis(input._array, dim, 0) if input.shape else input._array.reshape(1)


def _unlined(lines: np.ndarray, dim) -> np.ndarray:
    return lines if dim is None or lines.ndim == 1 else np.moveaxis(
        lines, 0, dim % lines.ndim).copy()


def _ranks(lines: np.ndarray) -> np.ndarray:
    """For each slice a number, equal for equal ones, in the order that compares them element by
    element."""
    flat = lines.reshape(len(lines), prod(lines.shape[1:]))
    order = np.lexsort(flat.T[::-1]) if flat.shape[1] else np.arange(len(flat))
    changes = np.zeros(len(flat), np.int64)
    changes[1:] = (flat[order][1:] != flat[order][:-1]).any(1)
    ranks = np.empty(len(flat), np.int64)
    ranks[order] = np.cumsum(changes)
    return ranks
