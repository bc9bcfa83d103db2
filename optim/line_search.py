"""A line search for the strong Wolfe conditions.

f(t) <= f(0) + c1 t f'(0)  and  |f'(t)| <= c2 |f'(0)|: low enough, and flat enough.

Reference: Nocedal & Wright 2006, algorithms 3.5 and 3.6; their equation 3.59 for the cubic.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

C1, C2 = 1e-4, 0.9
TOLERANCE = 1e-9  # of a change of the parameters


class Point(NamedTuple):
    """A step length, the loss there, the gradient, and the slope along the line."""

    t: float
    loss: float
    grad: Any
    slope: float


def strong_wolfe(
    at: Callable[[float], tuple[float, Any, float]],
    t: float,
    start: tuple[float, Any, float],
    scale: float,
    most: int,
) -> tuple[float, Any, float]:
    """A loss, its gradient and a step length t near the first guess that meet the conditions.

    `at(t)` gives loss, gradient and slope, `start` those at t = 0; `scale` is the largest change
    of a parameter at t = 1; at most `most` evaluations follow the first one.
    """
    search = _Search(at, Point(0.0, *start), scale, most)
    point = search.run(t)
    return point.loss, point.grad, point.t


class _Search:
    def __init__(self, at: Callable, start: Point, scale: float, most: int) -> None:
        self.at, self.start, self.scale, self.most = at, start, scale, most
        self.tries = 0

    def run(self, t: float) -> Point:
        """Widen until an interval holds a good point, then narrow it."""
        before, point = self.start, Point(t, *self.at(t))
        while self.tries < self.most:
            climbs = self._too_high(point) or (self.tries > 1 and point.loss >= before.loss)
            if not climbs and self._flat(point):
                return point
            if climbs or point.slope >= 0:
                return self._narrow(before, point)
            wide = point.t + 0.01 * (point.t - before.t), point.t * 10
            before, point = point, self._next(cubic_minimum(before, point, wide))
        return min((self.start, point), key=lambda end: end.loss)

    def _next(self, t: float) -> Point:
        self.tries += 1
        return Point(t, *self.at(t))

    def _too_high(self, point: Point) -> bool:
        return point.loss > self.start.loss + C1 * point.t * self.start.slope

    def _flat(self, point: Point) -> bool:
        return abs(point.slope) <= -C2 * self.start.slope

    def _narrow(self, first: Point, second: Point) -> Point:
        """Shrink an interval around a good point until its lower end is one."""
        low, high = (first, second) if first.loss <= second.loss else (second, first)
        stuck = False
        while self.tries < self.most and abs(high.t - low.t) * self.scale >= TOLERANCE:
            t, stuck = _inside(cubic_minimum(low, high), low.t, high.t, stuck)
            point = self._next(t)
            if self._too_high(point) or point.loss >= low.loss:
                low, high = (low, point) if low.loss <= point.loss else (point, low)
                continue
            if self._flat(point):
                return point
            if point.slope * (high.t - low.t) >= 0:
                high = low
            low = point
        return low


def _inside(t: float, one: float, other: float, stuck: bool) -> tuple[float, bool]:
    """t, moved a tenth of the interval inwards if it is twice running near an end, or outside."""
    left, right = min(one, other), max(one, other)
    margin = 0.1 * (right - left)
    if min(right - t, t - left) >= margin:
        return t, False
    if not stuck and left < t < right:
        return t, True
    return (right - margin if abs(t - right) < abs(t - left) else left + margin), False


def cubic_minimum(a: Point, b: Point, bounds: tuple[float, float] | None = None) -> float:
    """Where the cubic through two points with their slopes is least, within bounds."""
    a, b = (a, b) if a.t <= b.t else (b, a)
    low, high = bounds or (a.t, b.t)
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if not square >= 0:
        return (low + high) / 2
    d2 = math.sqrt(square)
    below = b.slope - a.slope + 2 * d2
    t = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / below) if below else math.nan
    return min(max(t, low), high) if t == t else (low + high) / 2
