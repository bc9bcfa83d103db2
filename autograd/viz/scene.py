"""Lines, circles and texts at their places, as SVG and as PNG."""

from __future__ import annotations

import io
from typing import NamedTuple

from .style import SANS, escaped

_DPI = 144
_START = ' text-anchor="start"'


class Stroke(NamedTuple):
    """A straight line, more or less opaque."""

    start: tuple[float, float]
    end: tuple[float, float]
    color: str
    opacity: float
    width: float


class Disc(NamedTuple):
    """A circle, filled."""

    middle: tuple[float, float]
    radius: float
    fill: str
    border: str


class Words(NamedTuple):
    """A line of text around a place, or to the right of it."""

    text: str
    middle: tuple[float, float]
    size: float
    color: str
    begins: bool = False


class Scene(NamedTuple):
    """What is drawn in a picture of some size, in points, y downwards: lines behind circles behind
    texts."""

    width: float
    height: float
    strokes: list[Stroke]
    discs: list[Disc]
    words: list[Words]

    def svg(self, title: str) -> str:
        """The text of an SVG file."""
        parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width:g}pt" '
                 f'height="{self.height:g}pt" viewBox="0 0 {self.width:g} {self.height:g}">',
                 f"<title>{escaped(title)}</title>",
                 '<rect width="100%" height="100%" fill="white"/>']
        parts += [f'<line x1="{_n(s.start[0])}" y1="{_n(s.start[1])}" x2="{_n(s.end[0])}" '
                  f'y2="{_n(s.end[1])}" stroke="{s.color}" stroke-opacity="{s.opacity:.3g}" '
                  f'stroke-width="{s.width:.3g}"/>' for s in self.strokes]
        parts += [f'<circle cx="{_n(d.middle[0])}" cy="{_n(d.middle[1])}" r="{d.radius:g}" '
                  f'fill="{d.fill}" stroke="{d.border}"/>' for d in self.discs]
        parts.append(f'<g text-anchor="middle" font-family="{SANS}">')
        parts += [f'<text x="{_n(w.middle[0])}" y="{_n(w.middle[1] + 0.35 * w.size)}" '
                  f'font-size="{w.size:g}" fill="{w.color}"{_START if w.begins else ""}>'
                  f'{escaped(w.text)}</text>'
                  for w in self.words]
        return "\n".join([*parts, "</g>", "</svg>\n"])

    def png(self) -> bytes | None:
        """The content of a PNG file, or None without matplotlib."""
        try:
            import matplotlib.style
            from matplotlib.collections import LineCollection
            from matplotlib.colors import to_rgba
            from matplotlib.figure import Figure
            from matplotlib.patches import Circle
        except ImportError:
            return None
        file = io.BytesIO()
        with matplotlib.style.context("default"):
            figure = Figure(figsize=(self.width / 72, self.height / 72), dpi=_DPI)
            axes = figure.add_axes((0, 0, 1, 1))
            axes.set(xlim=(0, self.width), ylim=(self.height, 0))
            axes.set_axis_off()
            axes.add_collection(LineCollection(
                [(s.start, s.end) for s in self.strokes],
                colors=[to_rgba(s.color, s.opacity) for s in self.strokes],
                linewidths=[s.width for s in self.strokes], zorder=1))
            for disc in self.discs:
                axes.add_patch(Circle(disc.middle, disc.radius, facecolor=disc.fill,
                                      edgecolor=disc.border, zorder=2))
            for w in self.words:
                axes.text(*w.middle, w.text, size=w.size, color=w.color,
                          ha="left" if w.begins else "center", va="center_baseline",
                          parse_math=False, zorder=3)
            figure.savefig(file, format="png", dpi=_DPI, facecolor="white")
        return file.getvalue()


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
