"""A drawing as a PNG file, by matplotlib."""

from __future__ import annotations

import io
import warnings

from .layout import Placed
from .routes import curve
from .style import LABEL_SIZE, LOOKS, SLATE, texts
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
    width, height = placed.layout.width + 2 * PAD, placed.layout.height + 2 * PAD
    dpi = 72 * min(_DPI / 72, _LONGEST_SIDE / max(width, height),
                   (_MOST_PIXELS / (width * height)) ** 0.5)
    file = io.BytesIO()
    with matplotlib.style.context("default"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")  # drawn as an empty box
        figure = Figure(figsize=(width / 72, height / 72), dpi=dpi)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(-PAD, width - PAD), ylim=(height - PAD, -PAD))
        axes.set_axis_off()
        _draw_lines(axes, placed)
        _draw_boxes(axes, placed)
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


def _draw_boxes(axes, placed: Placed) -> None:
    from matplotlib.patches import FancyBboxPatch

    for box, (width, height), (x, y) in zip(placed.boxes, placed.sizes, placed.layout.boxes,
                                            strict=True):
        look = LOOKS[box.kind]
        corner = x - width / 2, y - height / 2
        rounding = CORNER if look.rounded else 0.0
        axes.add_patch(FancyBboxPatch(
            corner, width, height, boxstyle=f"round,pad=0,rounding_size={rounding}",
            facecolor=look.fill, edgecolor=look.border, linewidth=2 if look.bold else 1))
        for line in texts(box):
            axes.text(x, corner[1] + line.baseline, line.text, size=line.size, color=line.color,
                      family="monospace" if line.mono else "sans-serif", ha="center",
                      parse_math=False)
