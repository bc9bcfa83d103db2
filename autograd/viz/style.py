"""How the boxes look, and how much room their texts take: what every way of drawing shares."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

SANS, MONO = "Helvetica,Arial,sans-serif", "Courier New,monospace"
SLATE = "#64748b"
NAME_SIZE, LINE_SIZE, LABEL_SIZE = 12, 10, 9  # points
MARGIN_X, MARGIN_Y = 8.64, 3.6  # between the text and the border of its box
MIN_WIDTH, MIN_HEIGHT = 54.0, 21.6


class Look(NamedTuple):
    """The look of one kind of box."""

    fill: str
    border: str
    rounded: bool
    bold: bool = False


LOOKS = {
    "parameter": Look("#dbeafe", "#2563eb", rounded=True),
    "leaf": Look("#ede9fe", "#7c3aed", rounded=True),
    "input": Look("#f1f5f9", SLATE, rounded=True),
    "op": Look("#ffffff", "#475569", rounded=False),
    "output": Look("#dcfce7", "#16a34a", rounded=True, bold=True),
    "layer": Look("#dbeafe", "#2563eb", rounded=False),
    "plain": Look("#ffffff", "#475569", rounded=False),
    "function": Look("#fef3c7", "#b45309", rounded=True),
    "frame": Look("#e2e8f0", "#94a3b8", rounded=False),
}
FRAME_FILLS = ("#f8fafc", "#ffffff")  # by turns, from the outer frame inwards


class Box(NamedTuple):
    """A box with a name, below it the size of what it stands for, and grey notes."""

    kind: str
    name: str
    size: str
    notes: tuple[str, ...] = ()


class Arrow(NamedTuple):
    """An edge between two boxes, named by their keys."""

    tail: str
    head: str
    heavy: bool  # from op to op: to be straight
    label: str = ""


class Text(NamedTuple):
    """A line of text: where it starts, from the top of its box to its baseline, and its look."""

    text: str
    baseline: float
    size: int
    mono: bool
    color: str


# Widths in the widest of the fonts that stand in for Helvetica (DejaVu Sans, Verdana); 1 is the
# font's size.  What stands in no row has the last one's width.
_WIDTHS = {c: width for width, characters in (
    (0.37, " ',.fijl|"), (0.47, '!"()-/:;IJ[\\]rt'), (0.56, "?csz"), (0.72, "ABCEKPRSVXYZ"),
    (0.8, "&DGHNOQU"), (0.87, "#+<=>M^w~"), (1.08, "%@Wm"),
    (0.64, "$*0123456789FLT_`abdeghknopquvxy{}")) for c in characters}
_MONO_WIDTH, _FOREIGN, _WIDE = 0.62, 1.1, 1.25


def text_width(text: str, size: float, mono: bool = False) -> float:
    """At most so wide is the text, whatever font of its kind is at hand."""
    total = 0.0
    for c in unicodedata.normalize("NFKC", text):  # a ligature counts as its letters
        if c in _WIDTHS:
            total += _MONO_WIDTH if mono else _WIDTHS[c]
        elif unicodedata.category(c) not in ("Mn", "Me", "Cf"):
            wide = unicodedata.east_asian_width(c) in "WF"
            total += _WIDE if wide else _FOREIGN
    return total * size


def escaped(text: str) -> str:
    """The text as it stands in HTML and XML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def printable(text: str) -> str:
    """The text without what XML cannot hold."""
    return "".join(c if c.isprintable() else " " for c in str(text))


def elided(text: str, longest: int) -> str:
    """The text, or its beginning and its end."""
    if len(text) <= longest:
        return text
    return f"{text[:longest - 1 - longest // 2]}…{text[len(text) - longest // 2:]}"


def short_count(count: int) -> str:
    """A number in thousands, millions, billions: 1.5 K, 3.2 M."""
    value, unit = float(count), ""
    for larger in ("K", "M", "G", "T"):
        if round(value, 1) < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.1f} {unit}" if unit else str(count)


def line_height(size: float) -> float:
    """The height of a line of text."""
    return 1.2 * size


def texts(box: Box) -> list[Text]:
    """The lines of text in a box."""
    rows = [(box.name, NAME_SIZE, False, "black")]
    rows += [(box.size, LINE_SIZE, True, "black")] if box.size else []
    rows += [(note, LINE_SIZE, True, SLATE) for note in box.notes]
    height = sum(line_height(size) for _, size, _, _ in rows)
    top = (max(MIN_HEIGHT, height + 2 * MARGIN_Y) - height) / 2
    found = []
    for text, size, mono, color in rows:
        found.append(Text(text, top + 0.95 * size, size, mono, color))
        top += line_height(size)
    return found


def box_size(box: Box) -> tuple[float, float]:
    """Width and height of a box that holds its texts."""
    lines = texts(box)
    width = max(text_width(line.text, line.size, line.mono) for line in lines)
    height = sum(line_height(line.size) for line in lines)
    return (max(MIN_WIDTH, width + 2 * MARGIN_X), max(MIN_HEIGHT, height + 2 * MARGIN_Y))


def label_size(label: str) -> tuple[float, float] | None:
    """Width and height of the label of an edge."""
    return (text_width(label, LABEL_SIZE, mono=True), line_height(LABEL_SIZE)) if label else None
