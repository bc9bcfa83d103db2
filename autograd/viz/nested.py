"""Where the boxes of nested frames stand: each frame is laid out alone and is a box in the next."""

from __future__ import annotations

from typing import NamedTuple

from .layout import Layout, Placed, layout, linked
from .legend import legend
from .modules import IN, OUT, Frame, Level
from .routes import Line, Point
from .style import Arrow, Box, box_size

_BORDER = 12.0  # between a frame and what is in it
_PORT = (54.0, 0.0)  # the place on a frame's border where lines start or end


class Bar(NamedTuple):
    """A frame where it stands: its title is a bar at its top, `size` wide and high; the whole is
    `height` high."""

    box: Box
    size: tuple[float, float]
    corner: Point
    height: float
    depth: int


class Block(NamedTuple):
    """A level laid out: its size, what is in it, and where lines enter and leave it."""

    width: float
    height: float
    boxes: list[tuple[Box, tuple[float, float], Point]]
    bars: list[Bar]
    lines: list[tuple[Arrow, Line, Point | None]]
    entry: float
    exit: float


def placed(level: Level) -> Placed:
    """The whole drawing with its geometry."""
    block = _block(level, 0)
    boxes = [box for box, _, _ in block.boxes]
    found = Layout(block.width, block.height, [place for _, _, place in block.boxes],
                   [line for _, line, _ in block.lines], [label for _, _, label in block.lines])
    kinds = [box.kind for box in [*boxes, *(bar.box for bar in block.bars)]]
    return Placed(boxes, [arrow for arrow, _, _ in block.lines],
                  [size for _, size, _ in block.boxes], found,
                  legend(kinds, block.width, block.height), block.bars)


def _block(level: Level, depth: int) -> Block:
    inner = {key: _framed(frame, depth) for key, frame in level.boxes.items()
             if isinstance(frame, Frame)}
    keys = list(level.boxes)
    if depth:
        keys = [IN, *keys, OUT]
    number = {key: i for i, key in enumerate(keys)}
    sizes, anchors = [], {}
    for key in keys:
        if key in inner:
            block = inner[key]
            sizes.append((block.width, block.height))
            anchors[number[key]] = block.entry, block.exit
        else:
            box = level.boxes.get(key)
            sizes.append(box_size(box) if isinstance(box, Box) else _PORT)
    hidden = [Arrow(*ends, heavy=False) for ends in _loose(level)] if depth else []
    found = layout(sizes, linked(keys, [*level.arrows, *hidden]), anchors)
    boxes, bars, lines = [], [], []
    for key, size, (x, y) in zip(keys, sizes, found.boxes, strict=True):
        if key in inner:
            block = inner[key]
            corner = x - block.entry, y - block.height / 2
            boxes += [(box, shape, _moved(place, corner)) for box, shape, place in block.boxes]
            bars += [bar._replace(corner=_moved(bar.corner, corner)) for bar in block.bars]
            lines += [(arrow, line._replace(knots=[_moved(knot, corner) for knot in line.knots]),
                       label and _moved(label, corner)) for arrow, line, label in block.lines]
        else:
            box = level.boxes.get(key)
            if isinstance(box, Box):
                boxes.append((box, size, (x, y)))
    lines += zip(level.arrows, found.lines, found.labels, strict=False)
    entry, exit = (found.boxes[0][0], found.boxes[-1][0]) if depth else (0.0, 0.0)
    return Block(found.width, found.height, boxes, bars, lines, entry, exit)


def _loose(level: Level) -> list[tuple[str, str]]:
    """Links that hold in place, below the title and above the lower border, what no arrow does."""
    heads, tails = {a.head for a in level.arrows}, {a.tail for a in level.arrows}
    return [*((IN, key) for key in level.boxes if key not in heads),
            *((key, OUT) for key in level.boxes if key not in tails)]


def _framed(frame: Frame, depth: int) -> Block:
    """A frame: its title, and what is in it below."""
    block = _block(frame.level, depth + 1)
    title = box_size(frame.title)
    width = max(block.width + 2 * _BORDER, title[0])
    corner = (width - block.width) / 2, title[1]
    height = title[1] + block.height
    bar = Bar(frame.title, (width, title[1]), (0.0, 0.0), height, depth)
    return Block(
        width, height,
        [(box, size, _moved(place, corner)) for box, size, place in block.boxes],
        [bar, *(inner._replace(corner=_moved(inner.corner, corner)) for inner in block.bars)],
        [(arrow, line._replace(knots=[_moved(knot, corner) for knot in line.knots]),
          label and _moved(label, corner)) for arrow, line, label in block.lines],
        block.entry + corner[0], block.exit + corner[0])


def _moved(point: Point, by: Point) -> Point:
    return point[0] + by[0], point[1] + by[1]
