"""A page that plays the forward and the backward pass over the graph, step by step."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from html import escape
from itertools import count
from typing import Any

import numpy as np

from ..engine import reachable
from ..errors import describe
from ..files import replacing
from ..node import Leaf, Node, Output
from ..tensors import Tensor, current_node, wrap
from .drawing import Drawing
from .explaining import Explained, explained
from .explanation import Equation, equation_html, forward_html, math_html, numbers, shape_of
from .layout import placed
from .names import described
from .notation import MATHML, TEXT
from .playing_page import BAR, SCRIPT, STYLE
from .stepping import given_names
from .style import Box
from .svg import svg
from .values import values

_MOST_NODES = 300  # of a graph that is drawn
_FEW = 3  # numbers that stand in a box
_UNKNOWN = ('<p class="small">The graph kept no copy of it, since no gradient needs it; a result '
            "with a variable of its own is shown.</p>")
_number = count().__next__


class Player:
    """What `player` returns; in a notebook it plays there."""

    def __init__(self, name: str, picture: str, steps: list[str]) -> None:
        self._title, self._picture, self._steps = name, picture, steps

    def save(self, path: str | os.PathLike) -> str:
        """Write the page as an .html file, which needs no network; returns the path."""
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(f"save: path must be that of an .html file, got {describe(path)}")
        path = os.fspath(path)
        if os.path.splitext(path)[1].lower() not in (".html", ".htm"):
            raise ValueError(f"save: {path!r} must end in .html")
        page = ('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
                '<meta name="viewport" content="width=device-width,initial-scale=1">'
                f"<title>{escape(self._title)}</title></head>"
                f'<body style="margin:0">{self._fragment(True)}</body></html>\n')
        with replacing(path) as file:
            file.write(page.encode())
        return path

    def _repr_html_(self) -> str:
        return self._fragment(False)

    def _fragment(self, is_page: bool) -> str:
        name = f"player{os.getpid()}_{_number()}"
        script = SCRIPT.replace("NAME", json.dumps(name)).replace("PAGE", json.dumps(is_page))
        focus = "" if is_page else ' tabindex="0"'
        return (f'<div id="{name}" class="player"{focus}><style>{STYLE}</style>'
                f"<h1>{escape(self._title)}</h1>{BAR.format(last=len(self._steps) - 1)}"
                f'<div class="both"><div class="graph" tabindex="0" role="group" '
                f'aria-label="graph of the ops">{self._picture}</div>'
                f'<ol aria-live="polite">{"".join(self._steps)}</ol></div>'
                f"<script>{script}</script></div>")

    def __repr__(self) -> str:
        return f"<player of {len(self._steps)} steps>"


def player(loss: Tensor, path: str | os.PathLike | None = None, *,
           names: Mapping[str, Any] | None = None) -> Player:
    """Play the forward and the backward pass of a loss over its graph: each step's op, its
    equation, and the values and gradients that come and go, as `autograd.explain` says them.

    With a path the page is written there, one .html file without need of a network; in a notebook
    what is returned plays. Keys are the arrows, space, Home and End; `#step=5` opens a step.
    Tensors are called by `names`, a dict of them or of modules; without it by the variables of the
    program that calls. `.grad` is left alone and the graph is kept.
    Raises: ValueError for a graph of more than 300 nodes; what `explain` raises.

    >>> w = autograd.tensor(2., requires_grad=True)
    >>> autograd.viz.player((w * 3).tanh())
    <player of 5 steps>
    """
    if path is not None and not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"player: path must be that of an .html file, got {describe(path)}; "
                        "names go by keyword: player(loss, names={'w': w})")
    names = given_names("player", names, sys._getframe(1))
    node = current_node(loss) if isinstance(loss, Tensor) else None
    size = 0 if node is None else len(reachable([node]))
    if size > _MOST_NODES:
        raise ValueError(f"player: {size:,} nodes are more than {_MOST_NODES}, which nobody can "
                         "follow. Play a smaller model, fewer time steps, or the loss of a part")
    found = explained("player", loss, names)
    known = {node: np.asarray(value) for node, value in values(
        found.nodes, [loss, *(v for v in names.values() if isinstance(v, Tensor))]).items()}
    drawing = _drawing(found, known)
    steps = [*_forward_steps(found, known, drawing.places),
             *_backward_steps(found, drawing.places)]
    boxes, arrows = drawing.finished()
    picture = svg(placed(boxes, arrows), "graph", [key.split("_")[0] for key in boxes])
    title = " = ".join(str(found.text).splitlines()[0].split(" = ")[:-1])
    made = Player(f"{title}, forward and backward", picture, steps)
    if path is not None:
        made.save(path)
    return made


def _drawing(found: Explained, known: Mapping[Node, np.ndarray]) -> Drawing:
    """The graph with the names, values and gradients in its boxes."""
    drawing = Drawing(found.titles.arrays, False)
    gradients = dict(zip(found.backward, found.text.equations, strict=True))
    for node in found.nodes:
        if isinstance(node, Output):
            continue
        drawing.add(node)
        key, title = drawing.places[node], TEXT.name(found.titles.nodes[node])
        notes = [f"{word} {_brief(array)}" for word, array in (
            ("value", known.get(node)),
            ("grad", gradients[node].gradient.numpy() if node in gradients else None))
            if array is not None]
        box = drawing.boxes[key]
        drawing.boxes[key] = (Box("parameter", title, box.size, tuple(notes)) if isinstance(
            node, Leaf) else box._replace(name=f"{title} = {described(node)}",
                                          notes=tuple(notes)))
    return drawing


def _forward_steps(found: Explained, known: Mapping[Node, np.ndarray], places: Mapping[Node, str]
                   ) -> list[str]:
    """A step for each op: how it was computed and what came of it."""
    steps = []
    for node, line in zip(found.forward, found.text.forward, strict=True):
        leaves = [places[parent] for parent in node.parents if isinstance(parent, Leaf)]
        value = _numbers(wrap(known[node])) if node in known else ""
        steps.append(_step("forward", places[node], [places[node], *leaves], described(node),
                           f"<div>{forward_html(line)}</div>"
                           f"<h2>value {shape_of(node.shape)}</h2>{value or _UNKNOWN}"))
    return steps


def _backward_steps(found: Explained, places: Mapping[Node, str]) -> list[str]:
    """A step for each gradient: how it came and what is passed on."""
    steps = []
    for node, equation in zip(found.backward, found.text.equations, strict=True):
        op: Any = node.parents[0] if isinstance(node, Output) else node
        name = "gradient arrives in .grad" if isinstance(node, Leaf) else described(op)
        comes = (f"<div>{equation_html(equation)}</div>"
                 f"<h2>gradient that comes {shape_of(equation.gradient.shape)}</h2>"
                 f"{_numbers(equation.gradient)}")
        goes = "".join(_passed(found, equation, *one) for one in found.passed.get(op, ()))
        steps.append(_step("backward", places[op], [places[op]], name, comes + goes))
    return steps


def _passed(found: Explained, equation: Equation, name: str, formula, gradient: Tensor) -> str:
    """What goes on to one input."""
    to = math_html(MATHML.name(name))
    return (f"<h2>gradient that goes to {to}</h2><div>{math_html(MATHML(formula))}</div>"
            f"{_numbers(gradient)}")


def _step(kind: str, at: str, shows: list[str], op: str, text: str) -> str:
    return (f'<li class="{kind}" data-at="{at}" data-shows="{" ".join(shows)}">'
            f'<p style="margin:0 0 .4rem"><span class="kind">{kind}</span> '
            f"<b>{escape(op)}</b></p>{text}</li>")


def _numbers(tensor: Tensor) -> str:
    return f"<pre>{escape(numbers(tensor))}</pre>"


def _brief(array: np.ndarray) -> str:
    """Few numbers, or the norm of many."""
    if array.size <= _FEW:
        return ", ".join(f"{number:.3g}" for number in np.ravel(array))
    return f"of norm {np.linalg.norm(array):.3g}"
