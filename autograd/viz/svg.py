"""A drawing as SVG."""

from __future__ import annotations

from collections.abc import Sequence

from .layout import Placed
from .legend import SWATCH, text_place
from .routes import ARROW, Point, curve
from .style import (
    FRAME_FILLS,
    LABEL_SIZE,
    LOOKS,
    MONO,
    NAME_SIZE,
    SANS,
    SLATE,
    Box,
    escaped,
    texts,
)

PAD = 4.0  # around the picture
HALF_ARROW = 2.4
CORNER = 9.0


def svg(placed: Placed, title: str, keys: Sequence[str] = ()) -> str:
    """The text of an SVG file; with `keys` each box has its own as `data-box`."""
    width, height = placed.legend.width + 2 * PAD, placed.legend.height + 2 * PAD
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_number(width)}pt" '
        f'height="{_number(height)}pt" '
        f'viewBox="{-PAD:g} {-PAD:g} {_number(width)} {_number(height)}">',
        f"<title>{escaped(title)}</title>",
        f'<rect x="{-PAD:g}" y="{-PAD:g}" width="100%" height="100%" fill="white"/>',
        *_frames(placed), *_lines(placed), *_boxes(placed, keys), *_legend(placed), "</svg>\n"]
    return "\n".join(parts)


def _lines(placed: Placed):
    """The edges, then their heads, then their labels."""
    lines = [line for line in placed.layout.lines if line.knots]
    yield f'<g fill="none" stroke="{SLATE}">'
    yield from (f'<path d="{_path(line.knots, line.arrow)}"/>' for line in lines)
    yield f'</g>\n<g fill="{SLATE}" stroke="none">'
    for line in lines:
        if line.arrow:
            corners = " ".join(map(_point, head(line.knots[-1])))
            yield f'<polygon points="{corners}"/>'
    yield f'</g>\n<g font-family="{MONO}" font-size="{LABEL_SIZE}" fill="{SLATE}">'
    for arrow, label in zip(placed.arrows, placed.layout.labels, strict=True):
        if label:
            x, y = label
            yield (f'<text x="{_number(x)}" y="{_number(y + 0.35 * LABEL_SIZE)}">'
                   f'{escaped(arrow.label)}</text>')
    yield "</g>"


def _frames(placed: Placed):
    """The frames, from the outer ones inwards, each with its title in a bar."""
    if placed.bars:
        yield f'<g text-anchor="middle" font-family="{SANS}">'
        for bar in placed.bars:
            (x, y), (width, height) = bar.corner, bar.size
            yield (f'<rect x="{_number(x)}" y="{_number(y)}" width="{_number(width)}" '
                   f'height="{_number(bar.height)}" fill="{FRAME_FILLS[bar.depth % 2]}" '
                   f'stroke="{LOOKS[bar.box.kind].border}"/>')
            yield from _box(bar.box, bar.size, (x + width / 2, y + height / 2))
        yield "</g>"


def _boxes(placed: Placed, keys: Sequence[str]):
    yield f'<g text-anchor="middle" font-family="{SANS}">'
    marks = [f' data-box="{key}"' for key in keys] or [""] * len(placed.boxes)
    for box, size, place, mark in zip(placed.boxes, placed.sizes, placed.layout.boxes, marks,
                                      strict=True):
        yield from _box(box, size, place, mark)
    yield "</g>"


def _legend(placed: Placed):
    yield f'<g font-family="{SANS}" font-size="{NAME_SIZE - 2}" fill="black">'
    for entry in placed.legend.entries:
        look, (x, y), (left, baseline) = LOOKS[entry.kind], entry.corner, text_place(entry)
        yield (f'<rect x="{_number(x)}" y="{_number(y)}" width="{SWATCH[0]:g}" '
               f'height="{SWATCH[1]:g}" rx="{4 * look.rounded}" fill="{look.fill}" '
               f'stroke="{look.border}" stroke-width="{2 if look.bold else 1}"/>'
               f'<text x="{_number(left)}" y="{_number(baseline)}">{entry.text}</text>')
    yield "</g>"


def _box(box: Box, size: Point, place: Point, mark: str = ""):
    """A box with its texts, around the place in its middle."""
    look, (width, height), (x, y) = LOOKS[box.kind], size, place
    yield (f'<g{mark}><rect x="{_number(x - width / 2)}" y="{_number(y - height / 2)}" '
           f'width="{_number(width)}" height="{_number(height)}" '
           f'rx="{CORNER if look.rounded else 0:g}" fill="{look.fill}" '
           f'stroke="{look.border}" stroke-width="{2 if look.bold else 1}"/>')
    for line in texts(box):
        family = f' font-family="{MONO}"' if line.mono else ""
        yield (f'<text x="{_number(x)}" y="{_number(y - height / 2 + line.baseline)}" '
               f'font-size="{line.size}" fill="{line.color}"{family}>'
               f'{escaped(line.text)}</text>')
    yield "</g>"


def head(tip: Point) -> tuple[Point, Point, Point]:
    """The corners of an arrow's head."""
    x, y = tip
    return (x, y), (x - HALF_ARROW, y - ARROW), (x + HALF_ARROW, y - ARROW)


def _path(knots: list[Point], arrow: bool) -> str:
    """The knots as the `d` of a path: verticals, and curves between."""
    text = f"M{_point(knots[0])}"
    for i, (upper, lower) in enumerate(zip(knots, knots[1:], strict=False)):
        if arrow and i == len(knots) - 2:
            lower = lower[0], lower[1] - ARROW / 2  # the rest is below the head
        if upper[0] == lower[0]:
            text += f"V{_number(lower[1])}"
        else:
            text += "C" + " ".join(map(_point, curve(upper, lower)))
    return text


def _point(point: Point) -> str:
    return f"{_number(point[0])},{_number(point[1])}"


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
