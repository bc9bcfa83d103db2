"""What the constructors of transforms take: checked, and brought into one form."""

import math
from collections.abc import Sequence
from operator import index as as_index
from typing import Any

import numpy as np

from data.sampler import positive_int


def is_number(value: Any) -> bool:
    return (isinstance(value, int | float | np.integer | np.floating)
            and not isinstance(value, bool) and math.isfinite(value))


def pair(size: Any, who: str, name: str = "size") -> tuple[int, int]:
    """(height, width) from one number for both, or from a row of one or two."""
    sides = tuple(size) if isinstance(size, Sequence) else (size, size)
    sides = sides * 2 if len(sides) == 1 else sides
    if len(sides) != 2:
        raise ValueError(f"{who}: {name} must be a number or (height, width), got {size!r}")
    height, width = (positive_int(side, name, who) for side in sides)
    return height, width


def probability(p: Any, who: str) -> float:
    if not is_number(p) or not 0 <= p <= 1:
        raise ValueError(f"{who}: p must lie in [0, 1], got {p!r}")
    return p


def numbers(values: Any, counts: tuple[int, ...], name: str, who: str) -> tuple[float, ...]:
    """A row of numbers as floats; `counts` says how many there may be."""
    row = tuple(values) if isinstance(values, Sequence | np.ndarray) else ()
    if len(row) not in counts or not all(map(is_number, row)):
        wanted = " or ".join(map(str, counts))
        raise ValueError(f"{who}: {name} must be a sequence of {wanted} numbers, got {values!r}")
    return tuple(map(float, row))


def span(values: Any, name: str, who: str, least: float = -math.inf, most: float = math.inf,
         ) -> tuple[float, float]:
    """(low, high), in order and within what makes sense."""
    low, high = numbers(values, (2,), name, who)
    if not least <= low <= high <= most:
        raise ValueError(f"{who}: {name} must be (low, high) with {least:g} <= low <= high <= "
                         f"{most:g}, got {values!r}")
    return low, high


def angles(values: Any, name: str, who: str, counts: tuple[int, ...] = (2,)) -> tuple[float, ...]:
    """Degrees: from -d to d for one number, else pairs of (low, high)."""
    if is_number(values):
        if values < 0:
            raise ValueError(f"{who}: {name} as one number must not be negative, as it stands for "
                             f"(-{name}, {name}), got {values}; give a pair (low, high)")
        return (0.0 - values, float(values))
    row = numbers(values, counts, name, who)
    if any(low > high for low, high in zip(row[::2], row[1::2], strict=True)):
        raise ValueError(f"{who}: {name} must be in order, (low, high), got {values!r}")
    return row


def margins(padding: Any, who: str) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) from one number, (left and right, top and bottom), or all."""
    given = padding if isinstance(padding, Sequence) else (padding,)
    try:
        sides = [as_index(number) for number in given]
        left, top, right, bottom = {1: sides * 4, 2: sides * 2, 4: sides}[len(sides)]
    except (TypeError, KeyError):
        raise TypeError(f"{who}: padding must be an int or a tuple of 2 or 4 ints, got "
                        f"{padding!r}") from None
    return left, top, right, bottom


def checked_fill(fill: Any, who: str) -> None:
    row = fill if isinstance(fill, Sequence) else (fill,)
    if not row or not all(map(is_number, row)):
        raise TypeError(f"{who}: fill must be a number or a sequence of numbers, one a channel, "
                        f"got {fill!r}")


def fill_column(fill: Any, channels: int, dtype: np.dtype, who: str) -> np.ndarray:
    """The value of each channel in the image's own dtype.

    Shape: (C, 1, 1).
    """
    row = np.atleast_1d(np.asarray(fill, np.float64))
    if row.size not in (1, channels):
        raise ValueError(f"{who}: fill has {row.size} values, the image has {channels} channel(s)")
    with np.errstate(invalid="ignore", over="ignore"):
        cast = row.astype(dtype)
    if dtype.kind != "f" and not np.array_equal(cast, row):
        raise ValueError(f"{who}: fill {fill!r} does not fit an image of {dtype}")
    return np.broadcast_to(cast, channels)[:, None, None]
