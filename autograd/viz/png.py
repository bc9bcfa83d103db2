"""A drawing as a PNG file, by matplotlib."""

from __future__ import annotations

import io
import warnings

from .layout import Placed
from .legend import SWATCH, text_place
from .routes import Point, curve
from .style import FRAME_FILLS, LABEL_SIZE, LOOKS, NAME_SIZE, SLATE, Box, Look, texts
from .svg import CORNER, PAD, head

_DPI = 144
_MOST_PIXELS, _LONGEST_SIDE = 1e8, 60_000


def png(placed: Placed) -> bytes | None:
    """The content of a PNG file, or None without matplotlib."""
    try:
        import matplotlib.style
        from matplotlib.figure import Figure
    except ImportError:
        return None
    width, height = placed.legend.width + 2 * PAD, placed.legend.height + 2 * PAD
    dpi = 72 * min(_DPI / 72, _LONGEST_SIDE / max(width, height),
                   (_MOST_PIXELS / (width * height)) ** 0.5)
    file = io.BytesIO()
    with matplotlib.style.context("default"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")  # drawn as an empty box
        figure = Figure(figsize=(width / 72, height / 72), dpi=dpi)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(-PAD, width - PAD), ylim=(height - PAD, -PAD))
        axes.set_axis_off()
        _draw_frames(axes, placed)
        _draw_lines(axes, placed)
        _draw_boxes(axes, placed)
        _draw_legend(axes, placed)
        figure.savefig(file, format="png", dpi=dpi, facecolor="white")
    return file.getvalue()


def _draw_lines(axes, placed: Placed) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    points, codes = [], []
    for line in placed.layout.lines:
        for upper, lower in zip(line.knots, line.knots[1:], strict=False):
            points += [upper, *curve(upper, lower)]
            codes += [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
    if points:
        axes.add_patch(PathPatch(Path(points, codes), fill=False, edgecolor=SLATE, linewidth=1))
    corners = [head(line.knots[-1]) for line in placed.layout.lines if line.arrow]
    heads = [point for triangle in corners for point in (*triangle, triangle[0])]
    if heads:
        codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * len(corners)
        axes.add_patch(PathPatch(Path(heads, codes), facecolor=SLATE, linewidth=0))
    for arrow, label in zip(placed.arrows, placed.layout.labels, strict=True):
        if label:
            x, y = label
            axes.text(x, y + 0.35 * LABEL_SIZE, arrow.label, size=LABEL_SIZE, color=SLATE,
                      family="monospace", parse_math=False)


def _draw_frames(axes, placed: Placed) -> None:
    from matplotlib.patches import Rectangle

    for bar in placed.bars:
        (x, y), (width, height) = bar.corner, bar.size
        axes.add_patch(Rectangle((x, y), width, bar.height, linewidth=1,
                                 facecolor=FRAME_FILLS[bar.depth % 2],
                                 edgecolor=LOOKS[bar.box.kind].border))
        _draw_box(axes, bar.box, bar.size, (x + width / 2, y + height / 2))


def _draw_boxes(axes, placed: Placed) -> None:
    for box, size, place in zip(placed.boxes, placed.sizes, placed.layout.boxes, strict=True):
        _draw_box(axes, box, size, place)


def _draw_legend(axes, placed: Placed) -> None:
    for entry in placed.legend.entries:
        _draw_shape(axes, LOOKS[entry.kind], entry.corner, SWATCH, 4.0)
        axes.text(*text_place(entry), entry.text, size=NAME_SIZE - 2, color="black",
                  family="sans-serif")


def _draw_box(axes, box: Box, size: Point, place: Point) -> None:
    (width, height), (x, y) = size, place
    corner = x - width / 2, y - height / 2
    _draw_shape(axes, LOOKS[box.kind], corner, size, CORNER)
    for line in texts(box):
        axes.text(x, corner[1] + line.baseline, line.text, size=line.size, color=line.color,
                  family="monospace" if line.mono else "sans-serif", ha="center",
                  parse_math=False)


def _draw_shape(axes, look: Look, corner: Point, size: Point, rounding: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    axes.add_patch(FancyBboxPatch(
        corner, *size, boxstyle=f"round,pad=0,rounding_size={rounding if look.rounded else 0.0}",
        facecolor=look.fill, edgecolor=look.border, linewidth=2 if look.bold else 1))
