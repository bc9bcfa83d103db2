"""A drawing in Graphviz's DOT language, and what the program dot makes of it."""

from __future__ import annotations

from .style import LABEL_SIZE, LINE_SIZE, LOOKS, MONO, NAME_SIZE, SANS, SLATE, Arrow, Box, escaped

_GRAPH = {"rankdir": "TB", "nodesep": "0.25", "ranksep": "0.35", "bgcolor": "white",
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
        look = LOOKS[box.kind]
        style = "filled" + ",rounded" * look.rounded + ",bold" * look.bold
        drawn.node(key, _label(box), style=style, fillcolor=look.fill, color=look.border)
    for arrow in arrows:
        attributes = {"weight": "8"} if arrow.heavy else {}
        if arrow.label:
            attributes["label"] = f" {arrow.label}"
        drawn.edge(arrow.tail, arrow.head, **attributes)
    return drawn


def _label(box: Box) -> str:
    """The texts of a box in Graphviz's HTML."""
    lines = f"<br/>{escaped(box.size)}"
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
