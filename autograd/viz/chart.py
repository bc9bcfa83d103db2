"""Charts as SVG: lines with bands on linear or logarithmic axes, and small ones for tables.

Texts and axes have the colour of the text around them, so that a chart fits light and dark pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .style import SANS, escaped, printable

_WIDTH, _HEIGHT = 380.0, 220.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 50.0, 10.0, 8.0, 36.0
_SIZE = 12  # of texts
_MOST_TICKS = 6
_LEAST, _MOST = 1e-300, 1e300  # that axes reach
_SPARK = (96, 24)  # width and height of what stands in a table


class Line(NamedTuple):
    """A line of a chart, with the band from `low` to `high` around it, where they are given."""

    label: str
    color: str
    x: np.ndarray
    y: np.ndarray
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    dashes: str = ""  # as in SVG's stroke-dasharray
    dots: bool = False


class Mark(NamedTuple):
    """A vertical line at a place of the x axis, with what it says."""

    x: float
    label: str
    color: str


class _Axis:
    """Numbers between two ends, and where they lie on the paper."""

    def __init__(self, low: float, high: float, ends: tuple[float, float],
                 logarithmic: bool) -> None:
        self.logarithmic, self.ends = logarithmic, ends
        if not low < high:
            room = 0.5 * float(np.clip(abs(low) or 1.0, _LEAST, _MOST / 2))
            low, high = (low / 2, high * 2) if logarithmic else (low - room, high + room)
        self.low, self.high = low, high

    def place(self, values) -> np.ndarray:
        """NaN for what is not finite."""
        low, high, values = self.low, self.high, np.asarray(values, float)
        values = np.where(np.isfinite(values), np.clip(values, -_MOST, _MOST), np.nan)
        if self.logarithmic:
            low, high = np.log10(low), np.log10(high)
            values = np.log10(np.maximum(values, _LEAST))
        share = (values / 2 - low / 2) / (high / 2 - low / 2)  # halved: the largest floats fit
        return self.ends[0] + share * (self.ends[1] - self.ends[0])

    def ticks(self) -> list[float]:
        if self.logarithmic:
            first, last = np.ceil(np.log10(self.low)), np.floor(np.log10(self.high))
            stride = max(1, -(-(last - first + 1) // _MOST_TICKS))
            powers = [10.0**k for k in np.arange(first, last + 1, stride)]
            if len(powers) > 1:
                return powers
        span = self.high / 4 - self.low / 4
        unit = 10.0 ** np.floor(np.log10(span))
        step = next(k * unit for k in (1, 2, 5, 10) if k * unit >= span)
        first, last = np.ceil(self.low / step), np.floor(self.high / step)
        return [float(f"{k * step:.12g}") + 0.0 for k in np.arange(first, last + 1)]


def chart(title: str, lines: Sequence[Line], x_label: str, *, log_x: bool = False,
          log_y: bool = False, marks: Sequence[Mark] = ()) -> str:
    """The text of an `<svg>` that fills the width it is given; `title` is what is read out.

    Numbers that are not finite are left out, and on a logarithmic axis those that are not positive
    lie on its edge.
    """
    with np.errstate(all="ignore"):  # where the numbers are near the ends of what floats hold
        return _drawn(_quoted(title), lines, x_label, log_x, log_y, marks)


def _drawn(title: str, lines: Sequence[Line], x_label: str, log_x: bool, log_y: bool,
           marks: Sequence[Mark]) -> str:
    across = _Axis(*_range([line.x for line in lines], log_x, 0.0), (_LEFT, _WIDTH - _RIGHT), log_x)
    values = [part for line in lines for part in (line.y, line.low, line.high) if part is not None]
    up = _Axis(*_range(values, log_y, 0.04), (_HEIGHT - _BOTTOM, _TOP), log_y)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" '
             f'role="img" aria-label="{title}" width="100%" font-family="{SANS}" '
             f'font-size="{_SIZE}" fill="currentColor"><title>{title}</title>',
             *_grid(across, up, x_label)]
    parts += [_band(line, across, up) for line in lines if line.low is not None]
    parts += [_line(line, across, up) for line in lines]
    parts += [_mark(mark, across) for mark in marks if across.low <= mark.x <= across.high]
    return "".join([*parts, "</svg>"])


def _range(parts: Sequence[np.ndarray], logarithmic: bool, margin: float) -> tuple[float, float]:
    values = np.concatenate([np.asarray(part, float).ravel() for part in parts] or [np.zeros(0)])
    values = np.clip(values[np.isfinite(values) & ((values > 0) | (not logarithmic))],
                     _LEAST if logarithmic else -_MOST, _MOST)
    if not values.size:
        return (0.1, 1.0) if logarithmic else (0.0, 1.0)
    low, high = float(values.min()), float(values.max())
    if logarithmic:
        room = (high / low) ** margin if high / low < np.inf else 1.0
        return max(low / room, _LEAST), min(high * room, _MOST)
    room = 2 * margin * (high / 2 - low / 2)
    return max(low - room, -_MOST), min(high + room, _MOST)


def _grid(across: _Axis, up: _Axis, x_label: str):
    bottom, right = up.ends[0], across.ends[1]
    for value, y in zip(up.ticks(), up.place(up.ticks()), strict=True):
        yield (f'<path d="M{_LEFT:g} {y:.1f}H{right:g}" stroke="currentColor" opacity=".15"/>'
               f'<text x="{_LEFT - 5:g}" y="{y + 4:.1f}" text-anchor="end">{shown(value)}</text>')
    for value, x in zip(across.ticks(), across.place(across.ticks()), strict=True):
        yield (f'<path d="M{x:.1f} {_TOP:g}V{bottom:g}" stroke="currentColor" opacity=".15"/>'
               f'<text x="{min(x, right - 8):.1f}" y="{bottom + 14:g}" text-anchor="middle">'
               f'{shown(value)}</text>')
    yield (f'<path d="M{_LEFT:g} {bottom:g}H{right:g}" stroke="currentColor"/>'
           f'<text x="{(_LEFT + right) / 2:g}" y="{_HEIGHT - 5:g}" text-anchor="middle">'
           f'{escaped(x_label)}</text>')


def _line(line: Line, across: _Axis, up: _Axis) -> str:
    keep = np.isfinite(line.x)
    x, y = across.place(line.x[keep]), up.place(line.y[keep])
    path = _path(x, y)
    if not path:
        return ""
    dashes = f' stroke-dasharray="{line.dashes}"' if line.dashes else ""
    seen = np.isfinite(y)
    dots = "".join(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2.5"/>'
                   for a, b in zip(x[seen], y[seen], strict=True)) if line.dots else ""
    return (f'<g style="stroke:{line.color};fill:{line.color}"><path d="{path}" fill="none" '
            f'stroke-width="1.6" stroke-linejoin="round"{dashes}/>{dots}</g>')


def _band(line: Line, across: _Axis, up: _Axis) -> str:
    """The area between lowest and highest, with an edge, so that a single spike shows."""
    x, low, high = across.place(line.x), up.place(line.low), up.place(line.high)
    keep = np.isfinite(x) & np.isfinite(low) & np.isfinite(high)
    x, low, high = x[keep], low[keep], high[keep]
    if not x.size or (low == high).all():
        return ""
    path = _path(np.concatenate([x, x[::-1]]), np.concatenate([high, low[::-1]])) + "Z"
    return (f'<path d="{path}" style="fill:{line.color};stroke:{line.color}" fill-opacity=".22" '
            'stroke-opacity=".45" stroke-width=".8"/>')


def _mark(mark: Mark, across: _Axis) -> str:
    x = float(across.place(mark.x))
    left = x > (_LEFT + _WIDTH) / 2
    return (f'<path d="M{x:.1f} {_TOP:g}V{_HEIGHT - _BOTTOM:g}" style="stroke:{mark.color}" '
            f'stroke-dasharray="4 3"/><text x="{x + (-4 if left else 4):.1f}" y="{_TOP + 10:g}" '
            f'style="fill:{mark.color}" text-anchor="{"end" if left else "start"}">'
            f'{escaped(printable(mark.label))}</text>')


def _path(x: np.ndarray, y: np.ndarray) -> str:
    """Line after line through finite points, with gaps at the others; a single point is a dash."""
    parts, begun = [], False
    for i, (a, b) in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
        if not np.isfinite(b):
            begun = False
            continue
        parts.append(f"{'L' if begun else 'M'}{a:.1f} {b:.1f}")
        alone = not begun and not (i + 1 < len(y) and np.isfinite(y[i + 1]))
        parts.append("h.8" if alone else "")
        begun = True
    return "".join(parts)


def spark(values: np.ndarray, title: str) -> str:
    """A small curve of positive numbers on a logarithmic scale, its ends those of the numbers."""
    values = np.asarray(values, float)
    width, height = _SPARK
    up = _Axis(*_range([values], True, 0.0), (height - 2, 2), True)
    values = np.where(values > 0, values, np.nan)
    path = _path(np.linspace(2, width - 2, len(values)) if len(values) > 1 else np.full(1, 2.0),
                 up.place(values))
    return _small(f'<path d="{path}" fill="none" stroke="currentColor" stroke-width="1.3"/>', title)


def bars(counts: np.ndarray, title: str) -> str:
    """A small histogram."""
    width, height = _SPARK
    heights = np.rint(height * np.sqrt(counts / max(counts.max(initial=0), 1))).astype(int)
    each = width / max(len(counts), 1)
    tops = "".join(f"V{height - h}h{each:g}" for h in heights.tolist())
    return _small(f'<path d="M0 {height}{tops}V{height}Z" fill="currentColor"/>', title)


def _small(inside: str, title: str) -> str:
    return (f'<svg width="{_SPARK[0]}" height="{_SPARK[1]}" role="img" '
            f'aria-label="{_quoted(title)}">{inside}</svg>')


def shown(value: float) -> str:
    """A number as the axes write it: 0.01, 1e-5, 20000."""
    mantissa, _, power = f"{value:.6g}".partition("e")
    return f"{mantissa}e{int(power)}" if power else mantissa


def _quoted(text: str) -> str:
    return escaped(printable(text)).replace('"', "&quot;")
