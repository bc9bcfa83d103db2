"""Where the nodes of a graph come from: which op made them, in which module, on which line.

Nodes are numbered in the order of their creation, so those of a module's call are the numbers
between its beginning and its end.  The line is known of what was recorded while somebody watched.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, NamedTuple

import numpy as np

from .engine import reachable
from .errors import located
from .node import Leaf, Node, Output, Rule, next_seq
from .tensors import Tensor, current_node
from .viz.costs import memory
from .viz.names import called
from .watched import Watched, watch


class Origin(NamedTuple):
    """What made a node: the op as the program called it, the path of the module that was called,
    and file:line; empty where they are not known."""

    op: str
    module: str
    where: str


class Origins:
    """What is known of the nodes that were recorded inside the block `with Origins(modules):`.

    `modules` are objects with `named_modules`, each by the name that its paths begin with.
    """

    def __init__(self, modules: Mapping[str, Any]) -> None:
        self._paths = {module: ".".join(filter(None, (name, path)))
                       for name, model in modules.items()
                       for path, module in model.named_modules()}
        self._calls: list[list] = []  # [start, stop, module], in the order of their beginning
        self._open: list[list] = []
        self._hooks = ExitStack()

    def __enter__(self) -> Origins:
        watch(1)
        self._hooks.callback(watch, -1)
        for module in self._paths:
            self._hooks.enter_context(module.register_forward_pre_hook(self._enter))
            self._hooks.enter_context(module.register_forward_hook(self._leave))
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._hooks.close()

    def _enter(self, module, args: tuple) -> None:
        call = [next_seq(), float("inf"), module]
        self._calls.append(call)
        self._open.append(call)

    def _leave(self, module, args: tuple, output) -> None:
        while True:  # those in between failed, and somebody went on
            call = self._open.pop()
            call[1] = next_seq()
            if call[2] is module:
                return

    def of(self, node: Node) -> Origin:
        """What made a node."""
        inside = [call for call in self._calls if call[0] < node.seq < call[1]]
        where = located(node.place) if isinstance(node, Watched) else ""
        return Origin(called(node), self._paths[inside[-1][2]] if inside else "", where)


def held_arrays(node: Node) -> Iterator[tuple[str, np.ndarray]]:
    """(name, array) of all that a node keeps for its gradient, however deep in other objects."""
    if isinstance(node, (Leaf, Output)):
        return
    held = node._held if isinstance(node, Watched) else node.saved
    names = [name for name, _, _ in node.op.kept(held)] if held else []
    seen: set[int] = set()
    for i, value in enumerate(held or ()):
        for array in _arrays(value, seen):
            yield names[i] if i < len(names) else "", array
    for array in _arrays(getattr(node.op, "ctx", None), seen):  # of a Function
        yield "ctx", array


def _arrays(value, seen: set[int]) -> Iterator[np.ndarray]:
    """The arrays in a saved value: itself, in containers, or in an object of this library."""
    stack = [value]
    while stack:
        one = stack.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, np.ndarray):
            yield one
        elif isinstance(getattr(one, "_any_array", None), np.ndarray):
            yield one._any_array
        elif isinstance(one, (tuple, list, dict)) or type(one).__module__.startswith("autograd."):
            stack += [part for part in gc.get_referents(one)
                      if not isinstance(part, (Node, Rule, type))]


def block(array: np.ndarray) -> tuple[int, int]:
    """What tells the memory of an array from other memory, and its size in bytes."""
    root = memory(array)
    return id(root if root.base is None else root.base), root.nbytes


def blocks(nodes: Iterable[Node]) -> dict[int, int]:
    """The memory that nodes keep, each once: what tells it from other memory -> bytes."""
    return dict(block(array) for node in nodes for _, array in held_arrays(node))


class Made(NamedTuple):
    """An op of a graph: its origin, the op that made its first input (views aside), the shape of
    its result, what it saved by name, and the node itself."""

    origin: Origin
    before: str
    shape: Any
    saved: dict[str, np.ndarray]
    node: Node

    @property
    def behind(self) -> str:
        """The op that made the numbers of the result: itself, unless it gives a view."""
        return self.before if self.origin.op in _VIEWS else self.origin.op


def made(tensor: Tensor, origins: Origins) -> list[Made]:
    """The ops that a Tensor was computed by, in the order in which they were called."""
    root = current_node(tensor)
    nodes = [] if root is None else sorted(reachable([root]), key=lambda node: node.seq)
    return [Made(origins.of(node), _before(node), node.shape, dict(held_arrays(node)), node)
            for node in nodes if not isinstance(node, (Leaf, Output))]


_VIEWS = frozenset(("reshape", "view", "flatten", "squeeze", "unsqueeze", "transpose", "permute",
                    "getitem", "select", "unflatten", "to", "contiguous", "clone"))


def _before(node: Node) -> str:
    first: Node | None = node
    while first is not None:
        first = first.parents[0] if first.parents else None
        if first is None or isinstance(first, Leaf):
            return ""
        if not isinstance(first, Output) and called(first) not in _VIEWS:
            return called(first)
    return ""
