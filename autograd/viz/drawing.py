"""The recorded graph as a drawing: from the leaves at the top down to the outputs.

Names count in the order of creation, so the same program gives the same text every time.
"""

from __future__ import annotations

from collections import Counter
from operator import attrgetter

import numpy as np

from ..engine import reachable
from ..errors import describe
from ..node import Leaf, Node, Output
from ..tensors import Tensor, current_node
from .modules import drawing
from .names import described, shape_text
from .picture import ModulePicture, Picture
from .style import Arrow, Box, printable
from .trace import arguments, traced
from .values import all_scalars, gradients, shown, values

_REPEATABLE = ("parameter", "leaf", "input")
_MOST_NUMBERS = 50  # nodes of a graph whose numbers are shown unasked
_MOST_USES = 4  # of a leaf that is drawn once


def graph(outputs, params=None, *, input=None, depth: int = 2, show_values: bool | None = None,
          show_saved: bool = False, max_nodes: int = 2000) -> Picture:
    """Draw what `outputs`, a Tensor or several, were computed from, or, as `graph(model, input)`,
    the modules of a model.

    Boxes are ops with the shape of their result (and its dtype if it is not float32), blue the
    leaves named in `params`, violet other leaves, grey the data that an op saved, green the
    outputs. `params` is a dict of names and Tensors, or pairs of them; it may name data too.
    `show_values` writes values and gradients into the boxes of small tensors, as far as they are
    known; it is on for graphs of up to 50 numbers. An intermediate value that no op saved is known
    if it is named in `params`. `show_saved` lists in each op what it keeps for the gradient. A
    backward pass frees what was saved, and with it goes the data: draw before it.

    Of a model, boxes are modules, blue those with parameters, yellow are ops between them, and
    edges have the shapes of what flows. Down to `depth`, modules that call others are frames around
    these; equal ones in a row are drawn once, with their number. FLOPs are twice the multiply-adds.
    `input` is a Tensor, a tuple or dict of them, or a size such as (1, 784); the model runs once,
    in evaluation mode, and is left as it was.

    Raises: ValueError for a graph of more than `max_nodes` nodes, RuntimeError for an output
        without history.
    Reference: E. Gansner et al., A Technique for Drawing Directed Graphs, 1993.

    >>> w = autograd.ones(3, requires_grad=True)
    >>> autograd.viz.graph((w * w).sum(), {"w": w})
    <graph of 4 nodes and 4 edges>
    """
    if hasattr(outputs, "named_modules"):
        return _model(outputs, params if input is None else input, depth)
    roots = _roots(outputs)
    nodes = sorted(reachable(roots), key=attrgetter("seq"))
    if len(nodes) > max_nodes:
        raise ValueError(
            f"graph: {len(nodes):,} nodes are more than max_nodes={max_nodes:,}. Draw a smaller "
            "part: a result computed earlier, fewer layers or time steps; a larger max_nodes "
            "draws it all, but nobody can read it, and it may take minutes.")
    pairs = _pairs(params)  # held until the end: names go by the ids of these Tensors
    drawing = Drawing(_names(pairs), show_saved)
    if show_values or (show_values is None and len(nodes) <= _MOST_NUMBERS and all_scalars(nodes)):
        tensors = [outputs] if isinstance(outputs, Tensor) else list(outputs)
        drawing.values = values(nodes, [*tensors, *(tensor for _, tensor in pairs)])
        drawing.gradients = gradients(tensors, nodes)
    for node in nodes:
        if node.__class__ is not Output:
            drawing.add(node)
    for i, root in enumerate(roots):
        drawing.add_output(f"out{i}", "output" if len(roots) == 1 else f"output {i}", root)
    return drawing.picture()


def _model(model, input, depth: int) -> Picture:
    if input is None:
        raise TypeError("graph: a model is drawn with an input, as graph(model, input), such as "
                        "graph(model, (1, 784))")
    if not isinstance(depth, int) or depth < 0:
        raise ValueError(f"graph: depth must be 0 or more, got {depth!r}")
    trace = traced(model, *arguments("graph", model, input))
    return ModulePicture(drawing(trace, depth), f"graph of {type(model).__name__}")


class Drawing:
    """The boxes and edges of the drawing, and the names given so far."""

    def __init__(self, names: dict[int, str], show_saved: bool) -> None:
        self.names = names
        self.show_saved = show_saved
        self.places: dict[Node, str] = {}  # node -> its name in the drawing
        self.data: dict[int, str] = {}  # id of an array -> the same
        self.boxes: dict[str, Box] = {}  # that name -> the box
        self.arrows: list[Arrow] = []
        self.values: dict[Node, np.ndarray] = {}
        self.gradients: dict[Node, np.ndarray] = {}

    def numbers(self, node: Node) -> tuple[str, ...]:
        """The value of a node and its gradient, where they are to be shown."""
        return (*shown("value", self.values.get(node)), *shown("grad", self.gradients.get(node)))

    def add(self, node: Node) -> None:
        """Draw a leaf or an op, and the edges to the op from what it was computed from."""
        place = self.places[node] = f"n{len(self.places)}"
        if node.__class__ is Leaf:
            name = self.names.get(id(node.tensor()))
            kind = "leaf" if name is None else "parameter"
            self.boxes[place] = Box(kind, name or "leaf", _result(node), self.numbers(node))
            return
        saved = _saved(node)
        for position, parent in enumerate(node.parents):
            if parent is not None:
                self.add_edge(parent, place)
            else:
                self.add_data(place, next((s for s in saved if s[2] == position), None))
        notes = self.numbers(node) + (_notes(node, saved) if self.show_saved else ())
        self.boxes[place] = Box("op", described(node), _result(node), notes)

    def add_data(self, place: str, saved) -> None:
        """Draw an input without gradient: known only if the op saved it.  Numbers are left out."""
        if saved is None or saved[1].ndim == 0:
            return
        name, array, _ = saved
        source = self.data.setdefault(id(array), f"x{len(self.data)}")
        name = self.names.get(id(array), name)
        self.boxes.setdefault(source, Box("input", name, shape_text(array.shape, array.dtype)))
        self.arrows.append(Arrow(source, place, heavy=False))

    def add_output(self, place: str, label: str, node: Node) -> None:
        """Draw one of the outputs."""
        self.boxes[place] = Box("output", label, _result(node))
        self.add_edge(node, place)

    def add_edge(self, source, place: str) -> None:
        """Draw an edge.  Those between ops are heavy, which keeps the main line straight; one from
        an op with several results says which it is."""
        heavy, label = source.__class__ is not Leaf, ""
        if source.__class__ is Output:
            label = f"[{source.index}] {_result(source)}"
            source = source.parents[0]
        self.arrows.append(Arrow(self.places[source], place, heavy, label))

    def picture(self) -> Picture:
        """The drawing as a picture."""
        return Picture(*self.finished(),
                       f"graph of {len(self.boxes)} nodes and {len(self.arrows)} edges")

    def finished(self) -> tuple[dict[str, Box], list[Arrow]]:
        """The boxes and edges of the finished drawing.

        A leaf of many uses is drawn beside each of them: edges across the whole picture, as the
        weights of a recurrent network have them, hide the rest."""
        uses = Counter(arrow.tail for arrow in self.arrows)
        repeated = {place for place, box in self.boxes.items()
                    if box.kind in _REPEATABLE and uses[place] > _MOST_USES}
        boxes = {place: self.boxes[place] for place in sorted(self.boxes, key=_data_first)
                 if place not in repeated}
        arrows = []
        for i, arrow in enumerate(self.arrows):
            if arrow.tail in repeated:
                copy = f"{arrow.tail}_{i}"
                boxes[copy] = self.boxes[arrow.tail]._replace(notes=(
                    *self.boxes[arrow.tail].notes, f"{uses[arrow.tail]} uses"))
                arrow = arrow._replace(tail=copy)
            arrows.append(arrow)
        return boxes, arrows


def _data_first(place: str) -> bool:
    return not place.startswith("x")  # so that data stand to the left of parameters


def _roots(outputs) -> list[Node]:
    if not isinstance(outputs, (Tensor, list, tuple)):
        raise TypeError(f"graph: outputs must be a Tensor or several, got {describe(outputs)}")
    tensors = [outputs] if isinstance(outputs, Tensor) else outputs
    nodes = []
    for i, tensor in enumerate(tensors):
        if not isinstance(tensor, Tensor):
            raise TypeError(f"graph: outputs[{i}] must be a Tensor, got {describe(tensor)}")
        node = current_node(tensor)
        if node is None:
            raise RuntimeError(
                f"graph: outputs[{i}], {describe(tensor)}, has no history. Nothing it was computed "
                "from requires grad, or it was computed under no_grad or detached.")
        nodes.append(node)
    if not nodes:
        raise ValueError("graph: outputs is empty; pass the Tensor to draw, such as the loss")
    return nodes


def _pairs(params) -> list[tuple]:
    pairs = params.items() if isinstance(params, dict) else () if params is None else params
    pairs = list(pairs) if hasattr(pairs, "__iter__") else [pairs]
    for pair in pairs:
        if not (isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[1], Tensor)):
            raise TypeError(f"graph: params must be a dict of names and Tensors, or pairs of them, "
                            f"got {describe(params)}; for a module pass "
                            "dict(model.named_parameters())")
    return pairs


def _names(pairs: list[tuple]) -> dict[int, str]:
    """Names by the id of the Tensor and of its array; the first of several names counts."""
    names: dict[int, str] = {}
    for name, tensor in pairs:
        text = printable(name)
        names.setdefault(id(tensor), text)
        names.setdefault(id(tensor._any_array), text)
    return names


def _saved(node: Node) -> list[tuple]:
    """(name, array, position of the input that it is, else None) of each saved array."""
    return [(name, value, source if isinstance(source, int) and source >= 0 else None)
            for name, value, source in node.op.kept(node.saved) if isinstance(value, np.ndarray)]


def _notes(node: Node, saved: list) -> tuple[str, ...]:
    if node.saved is None:
        return ("saved values freed",)
    return tuple(f"saves {name} {shape_text(array.shape, array.dtype)}" for name, array, _ in saved)


def _result(node: Node) -> str:
    if isinstance(node.dtype, list):
        return f"{len(node.dtype)} results"
    return shape_text(node.shape, node.dtype)
