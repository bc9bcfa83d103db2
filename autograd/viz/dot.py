"""A drawing in Graphviz's DOT language, and what the program dot makes of it."""

from __future__ import annotations

from collections.abc import Iterator

from .legend import MEANINGS
from .modules import IN, OUT, Frame, Level
from .style import (
    FRAME_FILLS,
    LABEL_SIZE,
    LINE_SIZE,
    LOOKS,
    MONO,
    NAME_SIZE,
    SANS,
    SLATE,
    Arrow,
    Box,
    escaped,
)

_GRAPH = {"rankdir": "TB", "nodesep": "0.25", "ranksep": "0.35", "bgcolor": "white",
          "fontname": SANS, "fontsize": str(LINE_SIZE),
          "nslimit": "2", "nslimit1": "2"}  # the limits keep dot from searching for hours
_NODE = {"shape": "box", "fontname": SANS, "fontsize": str(NAME_SIZE), "height": "0.3",
         "margin": "0.12,0.06"}
_LINE = {"color": SLATE, "arrowsize": "0.6", "fontname": MONO, "fontsize": str(LABEL_SIZE),
         "fontcolor": SLATE}
_PATIENCE = 60  # seconds for dot


def digraph(boxes: dict[str, Box], arrows: list[Arrow]):
    """The drawing as a graphviz.Digraph."""
    import graphviz

    drawn = graphviz.Digraph("graph", graph_attr=_GRAPH, node_attr=_NODE, edge_attr=_LINE)
    for key, box in boxes.items():
        _draw_box(drawn, key, box)
    for arrow in arrows:
        _draw_arrow(drawn, arrow)
    drawn.attr(label=_legend({box.kind for box in boxes.values()}))
    return drawn


def _legend(kinds: set[str]) -> str:
    """What the colours mean, in Graphviz's HTML; nothing for one kind of boxes."""
    shown = [kind for kind in LOOKS if kind in kinds and kind in MEANINGS]
    cells = "".join(f'<td bgcolor="{LOOKS[kind].fill}" color="{LOOKS[kind].border}" border="1">'
                    f'{MEANINGS[kind]}</td>' for kind in shown)
    return (f'<<table border="0" cellspacing="6"><tr>{cells}</tr></table>>' if len(shown) > 1
            else "")


def _draw_box(drawn, key: str, box: Box) -> None:
    look = LOOKS[box.kind]
    style = "filled" + ",rounded" * look.rounded + ",bold" * look.bold
    drawn.node(key, _label(box), style=style, fillcolor=look.fill, color=look.border)


def _draw_arrow(drawn, arrow: Arrow) -> None:
    attributes = {"weight": "8"} if arrow.heavy else {}
    if arrow.label:
        attributes["label"] = f" {arrow.label}"
    drawn.edge(arrow.tail, arrow.head, **attributes)


def clustered(level: Level):
    """The drawing of a model's modules as a graphviz.Digraph; a frame is a cluster, and lines
    enter and leave it at points."""
    import graphviz

    drawn = graphviz.Digraph("graph", graph_attr=_GRAPH, node_attr=_NODE, edge_attr=_LINE)
    _draw_level(drawn, level, "")
    drawn.attr(label=_legend(set(_kinds(level))))
    return drawn


def _kinds(level: Level) -> Iterator[str]:
    for box in level.boxes.values():
        if isinstance(box, Box):
            yield box.kind
        else:
            yield "frame"
            yield from _kinds(box.level)


def _draw_level(drawn, level: Level, place: str) -> None:
    """Draw what is in a frame; `place` is the beginning of all names there."""
    for key, box in level.boxes.items():
        if isinstance(box, Box):
            _draw_box(drawn, place + key, box)
            continue
        inner = f"{place}{key}_"
        with drawn.subgraph(name=f"cluster_{place}{key}") as part:
            part.attr(label=_label(box.title), style="filled", color=LOOKS["frame"].border,
                      fillcolor=FRAME_FILLS[place.count("_") % 2], fontname=SANS)
            for border in (IN, OUT):
                part.node(inner + border, "", shape="point", width="0.05", height="0.05")
            _draw_level(part, box.level, inner)
    for arrow in level.arrows:
        tail, head = level.boxes.get(arrow.tail), level.boxes.get(arrow.head)
        _draw_arrow(drawn, arrow._replace(
            tail=place + arrow.tail + (f"_{OUT}" if isinstance(tail, Frame) else ""),
            head=place + arrow.head + (f"_{IN}" if isinstance(head, Frame) else "")))


def _label(box: Box) -> str:
    """The texts of a box in Graphviz's HTML."""
    lines = f"<br/>{escaped(box.size)}" if box.size else ""
    lines += "".join(f'<br/><font color="{SLATE}">{escaped(note)}</font>' for note in box.notes)
    return f'<{escaped(box.name)}<font face="{MONO}" point-size="{LINE_SIZE}">{lines}</font>>'


def drawn_by_dot(boxes: dict[str, Box], arrows: list[Arrow], kind: str) -> bytes | None:
    """The svg or png file that the program dot makes, or None where it is missing or fails."""
    import shutil
    import subprocess

    program = shutil.which("dot")
    if program is None:
        return None
    command = [program, f"-T{kind}"] + (["-Gdpi=144"] if kind == "png" else [])
    try:
        done = subprocess.run(command, input=digraph(boxes, arrows).source.encode(),
                              capture_output=True, timeout=_PATIENCE)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
