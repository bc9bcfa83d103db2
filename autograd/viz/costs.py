"""What recorded ops cost: multiplications with additions, and memory kept for the gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import prod

import numpy as np

from ..node import Leaf, Node, Output
from ..record import Op

Shape = tuple[int, ...]


def _product(node: Node, shapes: dict[str, Shape]) -> int:
    return prod(node.shape) * next(shapes[name][-1] for name in ("mat1", "batch1", "input")
                                   if name in shapes)


def _convolution(node: Node, shapes: dict[str, Shape]) -> int:
    return prod(node.shape) * prod(shapes["weight"][1:])


def _transposed(node: Node, shapes: dict[str, Shape]) -> int:
    return prod(shapes["g"]) * prod(shapes["weight"][1:])


def _attention(node: Node, shapes: dict[str, Shape]) -> int:
    wide, values = shapes["query"][-1], shapes["value"][-1]
    return prod(node.shape[:-1]) * shapes["key"][-2] * (wide + values)


def _recurrence(node: Node, shapes: dict[str, Shape]) -> int:
    return shapes["input"][0] * (prod(shapes["w_ih"]) + prod(shapes["w_hh"]))


def _contraction(node: Node, shapes: dict[str, Shape]) -> int:
    saved = {name: value for name, value, _ in node.op.kept(node.saved)}
    sizes = {**dict(zip(saved["left"], shapes["input"], strict=True)),
             **dict(zip(saved["right"], shapes["other"], strict=True))}
    return prod(sizes.values())


_COSTS: dict[str, Callable[[Node, dict[str, Shape]], int]] = {
    **dict.fromkeys(("matmul", "linear", "addmm", "baddbmm"), _product),
    **dict.fromkeys(("rnn", "gru", "lstm", "rnn_cell", "gru_cell", "lstm_cell"), _recurrence),
    "convolution": _convolution, "convolution_input_grad": _transposed, "_attend": _attention,
    "_contract": _contraction}


def multiply_adds(node: Node) -> int:
    """How many products an op sums up: those of matrix products, convolutions, recurrence and
    attention; what works on each element counts nothing."""
    cost = _COSTS.get(node.op.name)
    return 0 if cost is None or isinstance(node, (Leaf, Output)) else cost(node, _shapes(node))


def _shapes(node: Node) -> dict[str, Shape]:
    """The shape of each input: of its node, or as it was saved."""
    shapes = {}
    for name, parent in zip(node.op.inputs, node.parents, strict=False):
        if parent is not None:
            shapes[name] = parent.shape
    for _, value, source in node.op.kept(node.saved):
        if isinstance(value, np.ndarray) and isinstance(source, int) and source >= 0:
            shapes[node.op.inputs[source]] = value.shape
    return shapes


def kept_arrays(nodes: Iterable[Node], trained: set[Node]) -> dict[Node, dict[int, np.ndarray]]:
    """Op -> what it keeps for a backward pass to the leaves `trained`: memory by its id.

    `nodes` come in the order of their creation."""
    needed = set(trained)
    found = {}
    for node in nodes:
        if any(parent in needed for parent in node.parents):
            needed.add(node)
            if not isinstance(node, Output):
                found[node] = {id(root): root for root in map(memory, _kept(node, needed))}
    return found


def _kept(node: Node, needed: set[Node]) -> list[np.ndarray]:
    """The arrays that the rules of the needed gradients name."""
    names: set[str] | None = None
    if isinstance(node.op, Op):
        names = set()
        places = [node.op.inputs.index(name) for name in node.op.rule_names]
        for place, saves in zip(places, node.op.rule_saves, strict=True):
            if node.op.variadic or place < len(node.parents) and node.parents[place] in needed:
                names.update(saves)
    return [value for name, value, _ in node.op.kept(node.saved)
            if isinstance(value, np.ndarray) and (names is None or name in names)]


def memory(array: np.ndarray) -> np.ndarray:
    """The array whose memory this one shows."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
