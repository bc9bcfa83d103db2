"""A curve of any length in little room: buckets of steps that keep their extremes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_FIELDS = ("count", "bad", "total", "low", "high")
_MOST_PENDING = 4096


class Series:
    """Numbers at steps, in at most `most` buckets of `width` steps each.

    A bucket keeps how many numbers it holds, their sum, the lowest and the highest, so that a spike
    of one step is seen among a million, and apart from these how many were not finite.  With too
    many buckets the width doubles.
    """

    def __init__(self, most: int = 512) -> None:
        self.most, self.width = most, 1
        self.first_bad: int | None = None  # the first step whose number was not finite
        self.places = np.zeros(0, np.int64)  # of the buckets, in units of width
        self.rows = np.zeros((0, len(_FIELDS)))
        self._steps: list[int] = []
        self._values: list[float] = []

    def add(self, step: int, value: float) -> None:
        """Note the number of a step; several at one step are all kept."""
        self._steps.append(step)
        self._values.append(value)
        if len(self._steps) > _MOST_PENDING:
            self.fold()

    def fold(self) -> None:
        """Put what was noted into the buckets."""
        if not self._steps:
            return
        steps, values = np.array(self._steps, np.int64), np.array(self._values, float)
        self._steps, self._values = [], []
        good = np.isfinite(values)
        if self.first_bad is None and not good.all():
            self.first_bad = int(steps[~good].min())
        rows = np.column_stack([good, ~good, np.where(good, values, 0),
                                np.where(good, values, np.inf), np.where(good, values, -np.inf)])
        self._merge(np.concatenate([self.places, (steps - 1) // self.width]),
                    np.concatenate([self.rows, rows]))

    def _merge(self, places: np.ndarray, rows: np.ndarray) -> None:
        while len(np.unique(places)) > self.most:
            places, self.width = places // 2, 2 * self.width
        self.places, of = np.unique(places, return_inverse=True)
        self.rows = np.zeros((len(self.places), len(_FIELDS)))
        with np.errstate(over="ignore"):  # the sum of numbers near the end of what floats hold
            np.add.at(self.rows[:, :3], of, rows[:, :3])
        self.rows[:, 3], self.rows[:, 4] = np.inf, -np.inf
        np.minimum.at(self.rows[:, 3], of, rows[:, 3])
        np.maximum.at(self.rows[:, 4], of, rows[:, 4])

    def cut(self, step: int) -> None:
        """Forget what came after a step, to the width of a bucket."""
        self.fold()
        keep = self.places * self.width < step
        self.places, self.rows = self.places[keep], self.rows[keep]
        if self.first_bad is not None and self.first_bad > step:
            self.first_bad = None

    def __len__(self) -> int:
        self.fold()
        return len(self.places)

    @property
    def x(self) -> np.ndarray:
        """The steps in the middles of the buckets."""
        self.fold()
        return self.places * self.width + (self.width + 1) / 2

    @property
    def mean(self) -> np.ndarray:
        """The mean of each bucket's finite numbers, NaN where there is none."""
        self.fold()
        count, total = self.rows[:, 0], self.rows[:, 2]
        return np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)

    @property
    def low(self) -> np.ndarray:
        """The lowest finite number of each bucket."""
        return self._extreme(3)

    @property
    def high(self) -> np.ndarray:
        """The highest finite number of each bucket."""
        return self._extreme(4)

    def _extreme(self, field: int) -> np.ndarray:
        self.fold()
        return np.where(self.rows[:, 0] > 0, self.rows[:, field], np.nan)

    @property
    def bad(self) -> int:
        """How many numbers were not finite."""
        self.fold()
        return int(self.rows[:, 1].sum())

    @property
    def last(self) -> float:
        """The mean of the last bucket, or the last number itself."""
        return float(self.mean[-1]) if len(self) else math.nan

    def shorter(self, most: int) -> Series:
        """The same in at most so many buckets."""
        self.fold()
        series = Series(most)
        series.width = self.width
        series._merge(self.places, self.rows)
        return series

    def packed(self) -> dict[str, Any]:
        """Lists for a JSON file, to six digits."""
        self.fold()
        columns = {name: _rounded(self.rows[:, i]) for i, name in enumerate(_FIELDS)}
        return {"width": self.width, "first_bad": self.first_bad,
                "places": self.places.tolist(), **columns}

    @classmethod
    def unpacked(cls, packed: dict[str, Any], most: int = 512) -> Series:
        """What `packed` gave."""
        series = cls(most)
        series.width, series.first_bad = packed["width"], packed["first_bad"]
        ends = {"low": math.inf, "high": -math.inf}
        series._merge(np.array(packed["places"], np.int64), np.column_stack([
            [ends.get(name, 0.0) if v is None else v for v in packed[name]] for name in _FIELDS]
        ).reshape(-1, len(_FIELDS)).astype(float))
        return series


def _rounded(values: np.ndarray) -> list[float | int | None]:
    """Numbers to six digits, None for what is not finite."""
    found: list[float | int | None] = []
    for value in values.tolist():
        short = float(f"{value:.6g}") if math.isfinite(value) else None
        found.append(int(short) if short is not None and short == int(short) and abs(short) < 1e15
                     else short)
    return found
