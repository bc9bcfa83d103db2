"""Where the boxes and lines of a picture go: geometry alone, in points, y downwards.

Boxes stand in rows, each row below the last; an edge over several rows has a place of its own in
every row between, so no line passes through a box.

Reference: K. Sugiyama, S. Tagawa, M. Toda, Methods for Visual Understanding of Hierarchical System
Structures, 1981.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from .grid import Grid, Link
from .legend import Legend, legend
from .routes import Line, Point, routes
from .style import Arrow, Box, box_size, label_size

_PARTS_GAP = 36.0
_HEAVY = 8


class Layout(NamedTuple):
    """The picture's size, the middle of each box, the line of each edge, and the left end and
    middle height of each edge's label."""

    width: float
    height: float
    boxes: list[Point]
    lines: list[Line]
    labels: list[Point | None]


def layout(sizes: Sequence[tuple[float, float]], links: Sequence[Link],
           anchors: Mapping[int, tuple[float, float]] | None = None) -> Layout:
    """Place boxes of these sizes; the edges go down and have no circle.

    `anchors` has for some boxes how far from the left border lines enter above and leave below,
    instead of in the middle; where such a box is, tells the place above."""
    anchors = anchors or {}
    boxes = [(0.0, 0.0)] * len(sizes)
    lines = [Line([], False)] * len(links)
    labels: list[Point | None] = [None] * len(links)
    start = height = 0.0
    for nodes, edges in _parts(len(sizes), links):
        number = {node: i for i, node in enumerate(nodes)}
        grid = Grid([sizes[node] for node in nodes],
                    [links[i]._replace(tail=number[links[i].tail], head=number[links[i].head])
                     for i in edges],
                    {number[node]: anchors[node] for node in nodes if node in anchors})
        right, bottom = grid.place(start)
        for node, i in number.items():
            boxes[node] = grid.x[i], grid.y[grid.row[i]]
        for i, line, label in zip(edges, routes(grid), grid.labels(), strict=True):
            lines[i], labels[i] = line, label
        start, height = right + _PARTS_GAP, max(height, bottom)
    return Layout(start - _PARTS_GAP, height, boxes, lines, labels)


def _parts(count: int, links: Sequence[Link]) -> list[tuple[list[int], list[int]]]:
    """(nodes, edges) of each connected part, by numbers."""
    group = list(range(count))

    def first(node: int) -> int:
        while group[node] != node:
            group[node] = group[group[node]]
            node = group[node]
        return node

    for link in links:
        a, b = first(link.tail), first(link.head)
        group[max(a, b)] = min(a, b)
    parts: dict[int, tuple[list[int], list[int]]] = {}
    for node in range(count):
        parts.setdefault(first(node), ([], []))[0].append(node)
    for i, link in enumerate(links):
        parts[first(link.tail)][1].append(i)
    return list(parts.values())


class Placed(NamedTuple):
    """A drawing with its geometry: boxes, their sizes and arrows in the order of the layout's, and
    the frames around boxes."""

    boxes: list[Box]
    arrows: list[Arrow]
    sizes: list[tuple[float, float]]
    layout: Layout
    legend: Legend
    bars: list = []


def placed(boxes: dict[str, Box], arrows: list[Arrow]) -> Placed:
    """A drawing without frames, laid out."""
    sizes = [box_size(box) for box in boxes.values()]
    found = layout(sizes, linked(boxes, arrows))
    kinds = legend((box.kind for box in boxes.values()), found.width, found.height)
    return Placed(list(boxes.values()), arrows, sizes, found, kinds)


def linked(keys: Iterable[str], arrows: Iterable[Arrow]) -> list[Link]:
    """The arrows between boxes that stand in the order of these keys."""
    number = {key: i for i, key in enumerate(keys)}
    return [Link(number[arrow.tail], number[arrow.head], _HEAVY if arrow.heavy else 1,
                 label_size(arrow.label)) for arrow in arrows]
