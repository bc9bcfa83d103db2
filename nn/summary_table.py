"""The table of a model's layers as text, no wider than the terminal, and as HTML."""

from __future__ import annotations

from autograd.viz.style import elided, short_count

_LEAST = 24  # characters for the layers' names, before columns are left out
_OPTIONAL = ("Kept", "Input", "Mult-adds")  # the first to be left out comes first
_INDENT = 2


def table(rows: list, totals: list[str], measured: bool) -> str:
    """The table as text.  What does not fit is left out: settings, then columns, then the middle
    of a name."""
    width = _terminal_width()
    columns = {title: [elided(cell, max(width * 2 // 5, 8)) for cell in cells]
               for title, cells in _columns(rows, measured).items()}
    full, short = (_names(rows, settings) for settings in (True, False))
    wanted = min(max(map(len, short)), _LEAST)
    for name in _OPTIONAL:
        if width - _taken(columns) < wanted:
            del columns[name]
    room = max(width - _taken(columns), 4)
    names = full if max(map(len, full)) <= room else short
    names = [elided(name, room) for name in ("Layer", *names)]
    first = max(map(len, names))
    lines = []
    for i, name in enumerate(names):
        cells = [_aligned(title, cell, cells)
                 for title, cells in columns.items() for cell in [(title, *cells)[i]]]
        lines.append("  ".join([f"{name:<{first}}", *cells]).rstrip())
    rule = "-" * max(map(len, lines))
    return "\n".join([lines[0], rule, *lines[1:], rule, *_wrapped(totals, width)])


def html(rows: list, totals: list[str], measured: bool) -> str:
    """The same as an HTML table with all columns."""
    from html import escape

    columns = _columns(rows, measured)
    head = "".join(f'<th style="text-align:{_side(title)}">{title}</th>'
                   for title in ("Layer", *columns))
    lines = []
    for i, (row, name) in enumerate(zip(rows, _names(rows, True), strict=True)):
        indent = len(name) - len(name.lstrip())
        cells = "".join(f'<td style="text-align:{_side(title)};white-space:nowrap">'
                        f'{escape(cells[i])}</td>' for title, cells in columns.items())
        lines.append(f'<tr><td title="{escape(row.path)}" style="text-align:left;padding-left:'
                     f'{0.5 + indent / 2}em"><code>{escape(name.strip())}</code></td>{cells}</tr>')
    below = "<br>".join(map(escape, totals))
    return (f'<div style="overflow-x:auto"><table><thead><tr>{head}</tr></thead>'
            f'<tbody>{"".join(lines)}</tbody></table></div><p>{below}</p>')


def short_bytes(count: int) -> str:
    """A number of bytes in the unit that fits."""
    value = float(count)
    for unit in ("bytes", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.4g} {unit}"
        value /= 1024
    return f"{value:.4g} GiB"


def _terminal_width() -> int:
    import shutil

    return max(shutil.get_terminal_size((80, 24)).columns, 40)


def _columns(rows: list, measured: bool) -> dict[str, list[str]]:
    """Title -> the cells below it."""
    columns = {"Input": [row.input for row in rows],
               "Output": [row.output for row in rows],
               "Parameters": [f"{row.parameters:,}" if row.parameters else "-" for row in rows],
               "Mult-adds": [short_count(row.multiply_adds) if row.multiply_adds else "-"
                             for row in rows],
               "Kept": [short_bytes(row.nbytes) if row.nbytes else "-" for row in rows]}
    if measured:
        columns["ms"] = ["-" if row.seconds is None else f"{1e3 * row.seconds:.3f}"
                         for row in rows]
    return columns


def _names(rows: list, settings: bool) -> list[str]:
    """What stands in the first column, indented by depth."""
    names = []
    for row in rows:
        shown = row.description if settings else row.description.partition("(")[0]
        name = row.path.rpartition(".")[2]
        depth = row.path.count(".") + bool(row.path)
        names.append(" " * (_INDENT * depth) + (f"{name}: {shown}" if name else shown))
    return names


def _side(title: str) -> str:
    return "left" if title in ("Layer", "Input", "Output") else "right"


def _aligned(title: str, cell: str, cells: list[str]) -> str:
    width = max(len(text) for text in (title, *cells))
    return f"{cell:<{width}}" if _side(title) == "left" else f"{cell:>{width}}"


def _taken(columns: dict[str, list[str]]) -> int:
    return sum(2 + len(_aligned(title, "", cells)) for title, cells in columns.items())


def _wrapped(lines: list[str], width: int) -> list[str]:
    """The lines, broken at spaces where they are too long."""
    found = []
    for line in lines:
        while len(line) > width and " " in line.strip()[:width]:
            at = line.rstrip().rfind(" ", 3, width + 1)
            if at < 0:
                break
            found.append(line[:at])
            line = "  " + line[at + 1:]
        found.append(line)
    return found
