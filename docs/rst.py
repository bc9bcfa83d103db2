"""Docstrings as the pages show them: their plain text becomes reStructuredText.

A docstring is paragraphs; lines that are indented are formulas or code and stay as they are; `>>>`
begins an example; a paragraph that begins with Shape, Raises, Reference … is set apart.  A word in
backticks that is a public name becomes a link.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable

SECTIONS = re.compile(r"(Shape|Raises|References?|Returns|Yields|Args|Gradient|Domain|Units): ")
COLUMNS = re.compile(r"^([\w=]+) {2,}(?=\S)")  # `name   what it is`, aligned
LIST = re.compile(r"^[-*] ")

Link = Callable[[str], str]


def escaped(text: str) -> str:
    """Plain text, in which nothing has a meaning to reStructuredText."""
    return re.sub(r"([\\*`|_<>\[\]])", r"\\\1", text)


def inline(text: str, link: Link) -> str:
    """A paragraph in one line, with what stands in backticks as code, or as a link."""
    parts = re.split(r"(``.+?``|`[^`]+`)", " ".join(text.split()))
    shown = [_code(part.strip("`"), link) if part.startswith("`") and len(part) > 2
             else escaped(part) for part in parts]
    return "\\ " + "\\ ".join(part for part in shown if part)


def _code(text: str, link: Link) -> str:
    target = link(text.removesuffix("()"))
    if target:
        return f":py:obj:`{text} <{target}>`"
    return f"``{text}``" if text == text.strip() else escaped(text)


def block(kind: str, lines: list[str]) -> list[str]:
    """A literal block."""
    body = textwrap.dedent("\n".join(lines)).strip("\n").splitlines()
    return ["", f".. code-block:: {kind}", "", *("   " + line for line in body), ""]


def paragraphs(text: str) -> list[list[str]]:
    """The lines of each paragraph; a paragraph ends where a line is blank or the indentation goes
    from none to some or back."""
    found: list[list[str]] = [[]]
    for line in text.splitlines():
        last = found[-1][-1] if found[-1] else ""
        starts = line.startswith(">>>") and last and not last.startswith((">>>", "..."))
        starts = starts and not found[-1][0].startswith(">>>")
        turned = last and line and line[0].isspace() != last[0].isspace()
        turned = turned and not _goes_on(found[-1])
        if not line.strip() or starts or turned or SECTIONS.match(line):
            found.append([])
        if line.strip():
            found[-1].append(line.rstrip())
    return [lines for lines in found if lines]


def _goes_on(part: list[str]) -> bool:
    """Whether lines that are indented otherwise belong to the paragraph all the same."""
    first = part[0]
    return bool(LIST.match(first) or COLUMNS.match(first) or first.startswith(">>>")
                or (SECTIONS.match(first) and not part[-1].endswith(":")))


def from_docstring(text: str, link: Link) -> list[str]:
    """The lines of reStructuredText that show a docstring."""
    lines: list[str] = []
    for part in paragraphs(text):
        section = SECTIONS.match(part[0])
        if part[0].lstrip().startswith(">>>"):
            lines += block("pycon", part)
        elif all(line[0].isspace() for line in part):
            lines += block("text", part)
        elif LIST.match(part[0]):
            lines += ["", *_items(part, link), ""]
        elif sum(bool(COLUMNS.match(line)) for line in part) > 1:
            named = [COLUMNS.sub(r"- `\1`: ", line) for line in part]
            lines += ["", *_items(named, link), ""]
        elif section:
            rest = " ".join(part)[section.end():]
            lines += ["", f"**{section[1]}:** {inline(rest, link)}", ""]
        else:
            lines += ["", inline(" ".join(part), link), ""]
    return lines


def _items(part: list[str], link: Link) -> list[str]:
    items: list[str] = []
    for line in part:
        if LIST.match(line):
            items.append(line[2:])
        else:
            items[-1] += " " + line.strip()
    return [f"* {inline(item, link)}" for item in items]


def heading(text: str, mark: str = "=") -> list[str]:
    """A title."""
    return [escaped(text), mark * (2 * len(text) + 2), ""]


def table(header: tuple[str, ...], rows: list[tuple[str, ...]], widths: str = "auto") -> list[str]:
    """A table of cells that are reStructuredText of one line each."""
    lines = ["", ".. list-table::", "   :header-rows: 1", f"   :widths: {widths}", ""]
    for row in [header, *rows]:
        for i, cell in enumerate(row):
            lines.append(f"   {'* -' if i == 0 else '  -'} {cell}")
    return [*lines, ""]
