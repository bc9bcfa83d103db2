"""The lines of a picture: from the lower border of a box to the upper border of another.

Within a row a line is vertical; between two rows it is a curve that starts and ends vertically.
All curves between two rows have the same heights, so two of them cross only if their ends do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

ARROW = 6.0  # the length of an arrow's head, with which a line ends
_PORT_GAP, _CORNER = 8.0, 9.0
_LEAN = 0.3  # how far a line starts towards the side that it goes to
_LEAD = 0.35  # of a curve's height that its control points lie straight below and above its ends
Point = tuple[float, float]


class Line(NamedTuple):
    """The knots of an edge from its tail to its head, and whether it has an arrow there.

    Where lines join, one of them goes on alone; the others end, or start, where they meet."""

    knots: list[Point]
    arrow: bool


def curve(upper: Point, lower: Point) -> tuple[Point, Point, Point]:
    """The control points and the end of the Bézier curve between two knots of a line."""
    lead = _LEAD * (lower[1] - upper[1])
    return (upper[0], upper[1] + lead), (lower[0], lower[1] - lead), lower


def routes(grid) -> list[Line]:
    """The line of each edge of a grid that has been placed."""
    starts = _ports(grid, [(chain[0], chain[1]) for chain in grid.chains], grid.shift)
    ends = _ports(grid, [(chain[-1], chain[-2]) for chain in grid.chains], {})
    lines = []
    passed: set[int] = set()  # points
    drawn: set[tuple[int, int]] = set()  # from a point, or to one
    for chain, start, end in zip(grid.chains, starts, ends, strict=True):
        knots: list[Point] = []
        for upper, lower in pairwise(chain):
            if (upper, lower) not in drawn:
                section = _section(grid, upper, lower, start, end)
                knots += section[:-1] if lower in passed else section
            if lower >= grid.count:
                passed.add(lower)
            if max(upper, lower) >= grid.count:
                drawn.add((upper, lower))
        arrow = bool(knots) and knots[-1][1] == grid.top(chain[-1])
        lines.append(Line(_straightened(knots), arrow))
    return lines


def _section(grid, upper: int, lower: int, start: float, end: float) -> list[Point]:
    """The knots from a box, or the lower border of a point's row, to the next."""
    row, next_row = grid.row[upper], grid.row[lower]
    below = grid.y[row] + grid.tall[row] / 2
    above = grid.y[next_row] - grid.tall[next_row] / 2 - ARROW
    next_below = grid.y[next_row] + grid.tall[next_row] / 2
    x = start if upper < grid.count else grid.x[upper]
    first = [(x, grid.y[row] + grid.height[upper] / 2)] if upper < grid.count else []
    if lower < grid.count:
        return [*first, (x, below), (end, above), (end, grid.top(lower))]
    x_lower = grid.x[lower]
    return [*first, (x, below), (x_lower, above), (x_lower, next_below)]


def _straightened(knots: list[Point]) -> list[Point]:
    """The knots without those between two others on one vertical."""
    kept: list[Point] = []
    for knot in knots:
        if len(kept) > 1 and kept[-2][0] == kept[-1][0] == knot[0]:
            kept.pop()
        if not kept or kept[-1] != knot:
            kept.append(knot)
    return kept


def _ports(grid, ends: Sequence[tuple[int, int]], shift: Mapping[int, float]) -> list[float]:
    """Where on the border of its box each edge starts, or ends; `ends` are the box and the next
    node of each, `shift` those boxes where it is elsewhere than at the anchor, and how far.  Lines
    that share the next point share the port."""
    at_box: dict[int, dict[tuple[float, int, int], int]] = {}
    keys = []
    for i, (box, other) in enumerate(ends):
        key = (grid.x[other], other, 0 if other >= grid.count else i)
        at_box.setdefault(box, {})[key] = other
        keys.append(key)
    ports: dict[tuple, float] = {}
    for box, others in at_box.items():
        moved = shift.get(box, 0.0)
        middle = grid.x[box] + moved
        half = max(min(grid.left[box] + moved, grid.right[box] - moved) - _CORNER, 1.0)
        lean = 0.0 if box in shift else _LEAN
        order = sorted(others)
        wished = [min(max(lean * (key[0] - middle), -half), half) for key in order]
        weights = [grid.weight(box, key[1]) for key in order]
        gap = min(_PORT_GAP, 2 * half / max(len(order) - 1, 1))
        for key, offset in zip(order, spread(wished, weights, gap, half), strict=True):
            ports[(box, *key)] = middle + offset
    return [ports[(box, *key)] for (box, _), key in zip(ends, keys, strict=True)]


def spread(wished: Sequence[float], weights: Sequence[float], gap: float, half: float
           ) -> list[float]:
    """Places as near to those wished, by weighted squares, as a gap between them allows.

    All lie within -half and half."""
    pools: list[list[float]] = []  # of places that touch: weighted sum, weight, number
    for i, (place, weight) in enumerate(zip(wished, weights, strict=True)):
        pools.append([(place - i * gap) * weight, weight, 1])
        while len(pools) > 1 and pools[-2][0] * pools[-1][1] > pools[-1][0] * pools[-2][1]:
            total, weight, number = pools.pop()
            pools[-1][0] += total
            pools[-1][1] += weight
            pools[-1][2] += number
    level = [total / weight for total, weight, number in pools for _ in range(int(number))]
    last = half - (len(level) - 1) * gap
    return [min(max(x, -half), last) + i * gap for i, x in enumerate(level)]
