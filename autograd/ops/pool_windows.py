"""Where the windows of pooling lie: a table for each dimension, checked, and kept for the next call
with the same sizes and settings."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from operator import index

import numpy as np

from ..errors import check_size, ordered

_FARTHEST = 2**61  # places that can be added up in int64
_PLACES = 2**31  # places in a plane that int32 tells apart
_ONE_ROW = np.array([[0, 1, 1]])


class Windows:
    """Windows of inputs of `size`, (D, H, W), (H, W) or (W,), `counts` of them in each dimension.

    `rows` and `columns` are the tables that the pooling kernels describe, for planes in the form
    `plane`; of volumes, `depth` is one for slices and `each` goes with it, the table that keeps
    every column.
    """

    __slots__ = ("size", "counts", "plane", "depth", "each", "rows", "columns")

    def __init__(self, size: tuple[int, ...], tables: list[np.ndarray]) -> None:
        self.size = size
        self.counts = tuple(map(len, tables))
        self.plane = (1, *size)[-2:]
        self.rows = tables[-2] if len(tables) > 1 else _ONE_ROW
        self.columns = tables[-1]
        self.depth = self.each = None
        if len(tables) > 2:
            every = np.arange(len(self.rows) * len(self.columns))
            self.depth, self.each = tables[0], _table(every, every + 1, 1)

    def join(self, table: np.ndarray) -> None:
        """Take an input as one run of numbers, with windows as in the table."""
        self.plane = (1, prod(self.size))
        self.rows, self.columns, self.depth = _ONE_ROW, table, None


def several(name: str, what: str, value, dims: int, lowest: int = 1) -> tuple[int, ...]:
    """One integer for each dimension, from one for all or a sequence, none below `lowest`."""
    parts = tuple(value) if ordered(value) else (value,)
    try:
        sizes = tuple(map(index, parts * dims if len(parts) == 1 else parts))
    except TypeError:
        sizes = ()
    if len(sizes) != dims or min(sizes) < lowest:
        fits = "an integer" if dims == 1 else f"an integer or {dims} of them"
        raise ValueError(f"{name}: {what} must be {fits}, at least {lowest}, got {value!r}")
    if max(sizes) > _FARTHEST:
        raise ValueError(f"{name}: {what} {value!r} is larger than any tensor; at most {_FARTHEST} "
                         "can be computed with")
    return sizes


@lru_cache(maxsize=512)
def max_windows(name, size, kernel_size, stride, padding, dilation, ceil_mode):
    """Windows [first, last, step], which leave out places beyond the edges."""
    check_places(name, size)
    tables = []
    for n, k, s, p, d in _per_dim(name, size, kernel_size, stride, padding, dilation):
        first = np.arange(window_count(name, size, n, k, s, p, d, ceil_mode)) * s - p
        last = np.minimum(first + (k - 1) * d + 1, n)
        first += np.maximum(-(first // d), 0) * d  # the first place of the window that is >= 0
        if (first >= last).any():
            raise ValueError(f"{name}: a window of {k} places, {d} apart, holds nothing of an "
                             f"input of size {n} padded by {p}; use less padding or dilation")
        tables.append(_table(first, last, d))
    return Windows(size, tables)


@lru_cache(maxsize=512)
def avg_windows(name, size, kernel_size, stride, padding, ceil_mode, include_pad, divisor):
    """Windows [first, last, divisor] within the edges."""
    if divisor is not None and (divisor.__class__ is not int or not 0 < abs(divisor) <= _FARTHEST):
        raise ValueError(f"{name}: divisor_override must be an integer other than 0, got "
                         f"{divisor!r}; at most {_FARTHEST} can be computed with")
    tables = []
    for n, k, s, p, _ in _per_dim(name, size, kernel_size, stride, padding, 1):
        first = np.arange(window_count(name, size, n, k, s, p, 1, ceil_mode)) * s - p
        last = np.minimum(first + k, n + p)
        padded = last - first
        first, last = np.maximum(first, 0), np.minimum(last, n)
        tables.append(_table(first, last, padded if include_pad else last - first))
        if divisor is not None:
            tables[-1][:, 2] = divisor if len(tables) == 1 else 1
    return Windows(size, tables)


@lru_cache(maxsize=512)
def adaptive_windows(name, size, output_size, average: bool):
    """Windows that cover the input, [first, last, divisor] or [first, last, step = 1]."""
    wanted = output_size if isinstance(output_size, tuple) else (output_size,) * len(size)
    if len(wanted) != len(size):
        raise ValueError(f"{name}: output_size must be an integer, None or {len(size)} of them, "
                         f"got {output_size!r}")
    if not average:
        check_places(name, size)
    tables = []
    for n, out in zip(size, wanted, strict=True):
        out, = (n,) if out is None else several(name, "output_size", out, 1)
        check_size(name, (n, out), "the table of windows")
        first = np.arange(out) * n // out
        last = -(-(np.arange(out) + 1) * n // out)
        tables.append(_table(first, last, last - first if average else 1))
    windows = Windows(size, tables)
    if set(windows.counts) == {1}:
        count = prod(size)
        windows.join(_table([0], count, count if average else 1))
    return windows


def check_places(name: str, size: tuple) -> None:
    """Raise where a plane has more places than its indices, int32, can name."""
    if prod(size) > _PLACES:
        raise ValueError(f"{name}: planes of {size} have more than 2**31 places, which the indices "
                         "of maxima cannot tell apart; pool parts of them")


def _table(first, last, third) -> np.ndarray:
    table = np.empty((len(first), 3), np.int64)
    table[:, 0], table[:, 1], table[:, 2] = first, last, third
    return table


def _per_dim(name, size, kernel_size, stride, padding, dilation):
    """(size, kernel, stride, padding, dilation) of each dimension, checked."""
    dims = len(size)
    kernel = several(name, "kernel_size", kernel_size, dims)
    strides = kernel if stride is None else several(name, "stride", stride, dims)
    paddings = several(name, "padding", padding, dims, 0)
    dilations = several(name, "dilation", dilation, dims)
    for k, p, d in zip(kernel, paddings, dilations, strict=True):
        if (k - 1) * d >= _FARTHEST:
            raise ValueError(f"{name}: a window of {k} places, {d} apart, is larger than any "
                             f"tensor; at most {_FARTHEST} places can be computed with")
        most = ((k - 1) * d + 1) // 2
        if p > most:
            raise ValueError(f"{name}: padding {p} is more than half of the window, which spans "
                             f"{(k - 1) * d + 1} places; at most {most} fits")
    return list(zip(size, kernel, strides, paddings, dilations, strict=True))


def window_count(name, size, n, k, s, p, d, ceil_mode) -> int:
    """How many windows there are along a dimension of n places."""
    span = (k - 1) * d + 1
    count = (n + 2 * p - span + (s - 1 if ceil_mode else 0)) // s + 1
    if ceil_mode and (count - 1) * s >= n + p:
        count -= 1  # no window may start in the padding behind
    if count < 1:
        dilated = f" (kernel_size {k}, dilation {d})" if d > 1 else ""
        raise ValueError(f"{name}: the window spans {span} places{dilated}, but the input {size} "
                         f"has {n + 2 * p} there, padding included: the output would be empty; "
                         f"a window of at most {n + 2 * p} fits")
    return count
