"""One connected part of a picture as a grid: boxes and the points where long edges pass a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from .columns import columns
from .order import ordered
from .ranks import Edge, ranks
from .routes import ARROW, Point

_BOX_GAP, _LINE_GAP, _ROW_GAP = 18.0, 9.0, 25.0
_HALF_LINE = 1.0
_LABEL_GAP = 4.0  # between a line and its label
_SLOPE = 0.14  # rows stand further apart where a line between them goes far to the side
_WIDEST_GAP = 70.0
_MOST_LINES = 4  # into or out of one box that are drawn apart over several rows
_MOST_POINTS = 6000
_MAIN = 4  # times as heavy are edges of the main line
_STRAIGHT = (100, 1, 2)  # the same for lines between two points of a long edge, to a box, of boxes


class Link(NamedTuple):
    """An edge between boxes, by number; `label` is the size of its text, if it has one."""

    tail: int
    head: int
    weight: int = 1
    label: tuple[float, float] | None = None


class Grid:
    """Boxes and points by number, boxes first.

    `left`, `right` and `height` are the extents of each, `up` and `down` its neighbours in the
    rows above and below, `weights` those of the lines between, `chains` what each edge passes.
    `anchors` is that of `layout`, `shift` how much further right lines leave a box than enter."""

    def __init__(self, sizes: Sequence[tuple[float, float]], links: Sequence[Link],
                 anchors: Mapping[int, tuple[float, float]] | None = None) -> None:
        self.links = links
        self.count = len(sizes)
        self.left = [width / 2 for width, _ in sizes]
        self.right = list(self.left)
        self.shift: dict[int, float] = {}
        for node, (enter, leave) in (anchors or {}).items():
            self.left[node], self.right[node] = enter, sizes[node][0] - enter
            self.shift[node] = leave - enter
        self.height = [height for _, height in sizes]
        self.row = ranks(self.count, [
            Edge(link.tail, link.head, link.weight, 2 if link.label else 1) for link in links])
        self.rows: list[list[int]] = [[] for _ in range(max(self.row) + 1)]
        for node, row in enumerate(self.row):
            self.rows[row].append(node)
        self.up: list[list[int]] = [[] for _ in sizes]
        self.down: list[list[int]] = [[] for _ in sizes]
        self.weights: dict[tuple[int, int], float] = {}
        self.labelled: dict[int, int] = {}  # edge -> the point beside which its label stands
        self.lanes: list[tuple[int, int]] = []  # the ends of edges that go down beside all rows
        self.chains = self._chains()

    def _chains(self) -> list[list[int]]:
        bundles = _bundles(self.links, self.row)
        beside = _beside(self.links, self.row, bundles)
        main = _main_line(self.links, self.row)
        points: dict[tuple[Hashable, int], int] = {}
        chains = []
        for i, (link, bundle) in enumerate(zip(self.links, bundles, strict=True)):
            rows = range(self.row[link.tail] + 1, self.row[link.head])
            if bundle in beside:
                between = [self._add_point(rows[0]), self._add_point(rows[-1])]
                self.lanes.append((between[0], between[1]))
            else:
                for row in rows:
                    if (bundle, row) not in points:
                        points[bundle, row] = self._add_point(row)
                        self.rows[row].append(points[bundle, row])
                between = [points[bundle, row] for row in rows]
            if link.label:
                self._add_label(i, between[len(between) // 2], *link.label)
            chains.append([link.tail, *between, link.head])
            for line in pairwise(chains[-1]):
                self._join(*line, link.weight * (_MAIN if i in main else 1), bundle in beside)
        return chains

    def _add_point(self, row: int) -> int:
        self.left.append(_HALF_LINE)
        self.right.append(_HALF_LINE)
        self.height.append(0.0)
        self.row.append(row)
        self.up.append([])
        self.down.append([])
        return len(self.row) - 1

    def _add_label(self, edge: int, point: int, width: float, height: float) -> None:
        self.labelled[edge] = point
        self.right[point] = _LABEL_GAP + width
        self.height[point] = height

    def _join(self, upper: int, lower: int, weight: float, apart: bool) -> None:
        if not apart and (upper, lower) not in self.weights:
            self.down[upper].append(lower)
            self.up[lower].append(upper)
        weight *= _STRAIGHT[(upper < self.count) + (lower < self.count)]
        self.weights[upper, lower] = max(weight, self.weights.get((upper, lower), 0.0))

    def place(self, start: float) -> tuple[float, float]:
        """Give every node its `x` and every row its `y`; returns the right end and the bottom."""
        self.rows = ordered(self.rows, self.up, self.down)
        x = columns(self.rows, self.up, self.down, self.weight, self._gap)
        placed = [node for row in self.rows for node in row]
        shift = start - min(x[node] - self.left[node] for node in placed)
        self.x = [middle + shift for middle in x]
        right = self._place_lanes(max(self.x[node] + self.right[node] for node in placed))
        self.tall = [max((self.height[node] for node in row), default=0.0) for row in self.rows]
        self.y: list[float] = []
        top = 0.0
        for row, tall in zip(self.rows, self.tall, strict=True):
            self.y.append(top + tall / 2)
            top += tall + self._room_below(row)
        return right, self.y[-1] + self.tall[-1] / 2

    def _place_lanes(self, right: float) -> float:
        """Place the edges beside all rows to the right of them; returns the new right end."""
        free: list[int] = []  # of each lane, the first row after the last edge in it
        for first, last in sorted(self.lanes, key=lambda ends: self.row[ends[0]]):
            lane = next((i for i, row in enumerate(free) if row < self.row[first]), len(free))
            free[lane:lane + 1] = [self.row[last] + 1]
            self.x[first] = self.x[last] = right + (lane + 1) * _LINE_GAP
        return right + len(free) * _LINE_GAP

    def weight(self, a: int, b: int) -> float:
        """Of the line between two neighbours."""
        return self.weights.get((a, b)) or self.weights[b, a]

    def _gap(self, a: int, b: int) -> float:
        lines = a >= self.count and b >= self.count
        return self.right[a] + (_LINE_GAP if lines else _BOX_GAP) + self.left[b]

    def _room_below(self, row: list[int]) -> float:
        furthest = max((abs(self.x[node] - self.x[other])
                        for node in row for other in self.down[node]), default=0.0)
        return ARROW + min(max(_ROW_GAP - ARROW, _SLOPE * furthest), _WIDEST_GAP)

    def top(self, node: int) -> float:
        """The upper border of a box."""
        return self.y[self.row[node]] - self.height[node] / 2

    def labels(self) -> list[Point | None]:
        """Where the label of each edge stands."""
        places: list[Point | None] = []
        for i in range(len(self.links)):
            point = self.labelled.get(i)
            places.append(None if point is None else
                          (self.x[point] + _LABEL_GAP, self.y[self.row[point]]))
        return places


def _bundles(links: Sequence[Link], row: Sequence[int]) -> list[Hashable]:
    """What each edge shares its points with: many long ones into, or out of, one box."""
    long = [link for link in links if row[link.head] - row[link.tail] > 1 and not link.label]
    into, out_of = Counter(link.head for link in long), Counter(link.tail for link in long)
    found: list[Hashable] = []
    for i, link in enumerate(links):
        if not link.label and into[link.head] > _MOST_LINES:
            found.append(("into", link.head))
        elif not link.label and out_of[link.tail] > _MOST_LINES:
            found.append(("out of", link.tail))
        else:
            found.append(i)
    return found


def _beside(links: Sequence[Link], row: Sequence[int], bundles: Sequence[Hashable]
            ) -> set[Hashable]:
    """The longest edges of a graph with too many points, which would take minutes to place."""
    points: dict[Hashable, int] = {}
    for link, bundle in zip(links, bundles, strict=True):
        points[bundle] = max(points.get(bundle, 0), row[link.head] - row[link.tail] - 1)
    total = sum(points.values())
    found: set[Hashable] = set()
    for bundle in sorted((i for i in range(len(links)) if bundles[i] == i and not links[i].label),
                         key=lambda i: -points[i]):
        if total <= _MOST_POINTS:
            break
        found.add(bundle)
        total -= points[bundle]
    return found


def _main_line(links: Sequence[Link], row: Sequence[int]) -> set[int]:
    """The edges (by index) from the box with the most behind it to the one with the most ahead."""
    order = sorted(range(len(links)), key=lambda i: row[links[i].tail])
    behind, ahead = [0] * len(row), [0] * len(row)
    for i in order:
        behind[links[i].head] = max(behind[links[i].head], behind[links[i].tail] + 1)
    for i in reversed(order):
        ahead[links[i].tail] = max(ahead[links[i].tail], ahead[links[i].head] + 1)
    return {i for i, link in enumerate(links) if behind[link.head] == behind[link.tail] + 1
            and ahead[link.tail] == ahead[link.head] + 1}
