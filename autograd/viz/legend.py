"""What the colours of a picture mean, below it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .routes import Point
from .style import LOOKS, NAME_SIZE, text_width

MEANINGS = {
    "parameter": "named leaf", "leaf": "leaf", "input": "data", "op": "operation",
    "layer": "module with parameters", "plain": "module without", "function": "operation",
    "frame": "module with others in it", "output": "output"}
SWATCH = (16.0, 11.0)
_GAP, _BEFORE, _ROW = 6.0, 16.0, 18.0  # between swatch and text, above all, from row to row
_BETWEEN = 18.0  # entries


class Entry(NamedTuple):
    """A swatch in the look of a kind of box, with its upper left corner, and what it means."""

    kind: str
    text: str
    corner: Point


class Legend(NamedTuple):
    """The entries below a picture of some width, and what they make of its size."""

    entries: list[Entry]
    width: float
    height: float


def legend(kinds: Iterable[str], width: float, height: float) -> Legend:
    """A legend below a picture of this size, in as many rows as it needs."""
    present = set(kinds)
    shown = [kind for kind in LOOKS if kind in present and kind in MEANINGS]
    if len(shown) < 2:
        return Legend([], width, height)
    wide = [SWATCH[0] + _GAP + text_width(MEANINGS[kind], NAME_SIZE - 2) for kind in shown]
    width = max(width, *wide)
    corners = rows(wide, width, height + _BEFORE)
    entries = [Entry(kind, MEANINGS[kind], corner)
               for kind, corner in zip(shown, corners, strict=True)]
    return Legend(entries, width, corners[-1][1] + SWATCH[1] + 3.0)


def rows(widths: Iterable[float], width: float, top: float) -> list[Point]:
    """The upper left corners of entries of these widths, side by side in as many rows as it
    takes."""
    corners, x = [], 0.0
    for space in widths:
        if x and x + space > width:
            x, top = 0.0, top + _ROW
        corners.append((x, top))
        x += space + _BETWEEN
    return corners


def text_place(entry: Entry) -> Point:
    """The left end and the baseline of an entry's text."""
    return entry.corner[0] + SWATCH[0] + _GAP, entry.corner[1] + SWATCH[1] - 1.5
