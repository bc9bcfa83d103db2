"""A drawing as SVG."""

from __future__ import annotations

from .layout import Placed
from .routes import ARROW, Point, curve
from .style import LABEL_SIZE, LOOKS, MONO, SANS, SLATE, escaped, texts

PAD = 4.0  # around the picture
HALF_ARROW = 2.4
CORNER = 9.0


def svg(placed: Placed, title: str) -> str:
    """The text of an SVG file."""
    width, height = placed.layout.width + 2 * PAD, placed.layout.height + 2 * PAD
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_number(width)}pt" '
        f'height="{_number(height)}pt" '
        f'viewBox="{-PAD:g} {-PAD:g} {_number(width)} {_number(height)}">',
        f"<title>{escaped(title)}</title>",
        f'<rect x="{-PAD:g}" y="{-PAD:g}" width="100%" height="100%" fill="white"/>',
        *_lines(placed), *_boxes(placed), "</svg>\n"]
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


def _boxes(placed: Placed):
    yield f'<g text-anchor="middle" font-family="{SANS}">'
    for box, (width, height), (x, y) in zip(placed.boxes, placed.sizes, placed.layout.boxes,
                                            strict=True):
        look = LOOKS[box.kind]
        yield (f'<g><rect x="{_number(x - width / 2)}" y="{_number(y - height / 2)}" '
               f'width="{_number(width)}" height="{_number(height)}" '
               f'rx="{CORNER if look.rounded else 0:g}" fill="{look.fill}" '
               f'stroke="{look.border}" stroke-width="{2 if look.bold else 1}"/>')
        for line in texts(box):
            family = f' font-family="{MONO}"' if line.mono else ""
            yield (f'<text x="{_number(x)}" y="{_number(y - height / 2 + line.baseline)}" '
                   f'font-size="{line.size}" fill="{line.color}"{family}>'
                   f'{escaped(line.text)}</text>')
        yield "</g>"
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
