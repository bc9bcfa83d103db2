"""Graphs that outlive their step: what grows while a program trains, and which variable keeps it.

A step is run several times and watched.  What it recorded the first time should be gone in the
end; where it is not, the variables that the step sees lead to whoever holds it.
"""

from __future__ import annotations

import dis
import gc
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from operator import index
from types import CodeType, ModuleType
from typing import Any, NamedTuple
from weakref import ProxyTypes

from .errors import describe, located, uncalled
from .node import Leaf, Node, next_seq
from .origins import block, blocks
from .tensors import Tensor
from .variables import codes, seen_by
from .viz.names import called
from .watched import Watched, watch

_DEEPEST, _MOST = 4, 20_000  # steps from a variable, and objects, that are looked at
_SMALL = 1024  # bytes a step: results without a graph are not told of below
_CONTAINERS = (list, tuple, set, deque, Mapping)


class Leak(NamedTuple):
    """What one variable keeps, more with each step.

    holder   the expression that leads to it: `losses`, `self.history`
    kind     of that: "list of 11", "Tensor"
    nodes    of the graph, each step
    nbytes   of their memory, each step
    line     file:line where the step names the holder, empty where it does not
    made     file:line where the last of what is held was computed, and by which op
    """

    holder: str
    kind: str
    nodes: int
    nbytes: int
    line: str
    made: str

    def __str__(self) -> str:
        at = f" at {self.line}" if self.line else ""
        size = f"{self.nbytes:,} bytes"
        what = (f"{self.nodes:,} nodes{f' and {size}' if self.nbytes else ''}" if self.nodes
                else f"results without a graph, {size},")
        fix = self._advice() if self.nodes else "keep fewer of them"
        return (f"{self.holder} ({self.kind}){at} keeps {what} more with each step, of what "
                f"{self.made}; {fix}")

    def _advice(self) -> str:
        if self.holder == _UNKNOWN:
            return ("a .grad of backward(create_graph=True), a queue or a hook may hold it: let it "
                    "hold numbers, .item(), or Tensors without their graph, .detach()")
        by_kind = {
            "Tensor": f"{self.holder} += loss.item(), or {self.holder} = {self.holder}.detach()",
            "dict": f"{self.holder}[key] = loss.item()",
            "tuple": f"{self.holder} = tuple(state.detach() for state in {self.holder})"}
        example = by_kind.get(self.kind.split()[0], f"{self.holder}.append(loss.item())")
        return f"let it hold numbers, .item(), or Tensors without their graph, .detach(): {example}"


class Leaks(list):
    """The leaks that were found, the largest first; printed, a line each."""

    def __init__(self, found: list[Leak], steps: int) -> None:
        super().__init__(sorted(found, key=lambda leak: (-leak.nodes, -leak.nbytes)))
        self.steps = steps

    def __repr__(self) -> str:
        if not self:
            return f"leaks: none in {self.steps} steps"
        return "\n".join(["leaks:", *[f"  {leak}" for leak in self]])


def leaks(step: Callable[[], Any], n: int = 10) -> Leaks:
    """Run a training step n + 1 times and tell which graphs, and which large results, live on and
    become more with each, and which variable keeps them.

    `step` takes no arguments; it trains what it trains.  The variables that it sees, and those of
    the program that calls, are searched for what holds the graphs.

    Raises: TypeError where step is no function, ValueError for n < 3.

    >>> w, losses = autograd.ones(3, requires_grad=True), []
    >>> def step():
    ...     loss = (w * w).sum()
    ...     loss.backward()
    ...     losses.append(loss)
    >>> found = autograd.leaks(step)
    >>> found[0].holder, found[0].kind, found[0].nodes
    ('losses', 'list of 11', 2)
    """
    if not callable(step) or isinstance(step, type):
        raise TypeError("leaks: step must be a function without arguments that makes one step, got "
                        f"{describe(step)}{uncalled(step)}")
    if not hasattr(n, "__index__"):
        raise TypeError(f"leaks: n must be a whole number of steps, got {describe(n)}")
    if index(n) < 3:
        raise ValueError(f"leaks: n must be at least 3, to see what grows; got {n}")
    step()  # the first step makes what stays: the state of optimizers, gradients
    before = list(_alive(Tensor))  # held, so that no other gets their ids
    marks, counts = [next_seq()], [len(before)]
    watch(1)
    try:
        for half in (n // 2, n - n // 2):
            for _ in range(half):
                step()
                marks.append(next_seq())
            gc.collect()
            counts.append(sum(1 for _ in _alive(Tensor)))
    finally:
        watch(-1)
    nodes = [node for node in _alive(Node)
             if marks[0] < node.seq < marks[-1] and not isinstance(node, Leaf)]
    search = _Search(step, sys._getframe(1).f_locals, n, before)
    if any(node.seq < marks[1] for node in nodes):
        return Leaks(search.graphs(nodes), n)
    grows = counts[1] - counts[0] >= n // 2 and counts[2] - counts[1] >= n - n // 2
    return Leaks(search.results() if grows else [], n)


def _alive(kind: type) -> Iterator[Any]:
    return (one for one in gc.get_objects() if type(one) not in ProxyTypes
            and isinstance(one, kind))  # which asks a proxy for what it stands for, if it lives


class _Search:
    """Who holds what has grown in `n` steps; `before` are the Tensors that were there."""

    def __init__(self, step: Callable, local: Mapping[str, Any], n: int,
                 before: list[Tensor]) -> None:
        self.step, self.n = step, n
        self.known = {id(tensor) for tensor in before}
        self.own = {block(tensor._any_array)[0] for tensor in before}
        self.names = _named(step, local)

    def graphs(self, nodes: list[Node]) -> list[Leak]:
        """What each holder keeps of the graph."""
        among = {id(node) for node in nodes}
        inner = {id(parent) for node in nodes for parent in node.parents}
        ends = {id(node): node for node in nodes if id(node) not in inner}
        held: dict[str, tuple[Any, list[Node]]] = {}
        for tensor in _alive(Tensor):
            node = ends.pop(id(tensor._node), None)
            if node is not None:
                name, holder = self.names.get(id(tensor), (_UNKNOWN, tensor))
                held.setdefault(name, (holder, []))[1].append(node)
        if ends:
            held["what is no Tensor"] = (None, list(ends.values()))
        found, counted = [], set[int]()
        for name, (holder, roots) in held.items():
            behind = [node for node in _behind(roots, among) if id(node) not in counted]
            counted.update(map(id, behind))
            if len(behind) >= self.n:
                last = max(roots, key=lambda node: node.seq)
                nbytes = sum(size for key, size in blocks(behind).items() if key not in self.own)
                found.append(Leak(name, describe(holder), len(behind) // self.n,
                                  nbytes // self.n, _line(self.step, name), _made(last)))
        return found

    def results(self) -> list[Leak]:
        """What each container keeps of Tensors that have no graph."""
        held: dict[str, tuple[Any, int]] = {}
        for tensor in _alive(Tensor):
            if id(tensor) in self.names and id(tensor) not in self.known:
                name, holder = self.names[id(tensor)]
                held[name] = holder, held.get(name, (None, 0))[1] + tensor.nbytes
        return [Leak(name, describe(holder), 0, nbytes // self.n, _line(self.step, name),
                     "the step made")
                for name, (holder, nbytes) in held.items()
                if nbytes // self.n >= _SMALL and isinstance(holder, _CONTAINERS)]


_UNKNOWN = "what no variable of the step leads to"


def _behind(roots: list[Node], among: set[int]) -> list[Node]:
    """The nodes that these were computed from, themselves included."""
    found, stack = {}, list(roots)
    while stack:
        node = stack.pop()
        if id(node) in among and id(node) not in found:
            found[id(node)] = node
            stack += [parent for parent in node.parents if parent is not None]
    return list(found.values())


def _made(node: Node) -> str:
    where = f" at {located(node.place)}" if isinstance(node, Watched) else ""
    return f"{called(node)} made{where}"


def _named(step: Callable, local: Mapping[str, Any]) -> dict[int, tuple[str, Any]]:
    """Id of each Tensor that variables lead to -> an expression for what holds it, and that."""
    found: dict[int, tuple[str, Any]] = {}
    seen: set[int] = set()
    places = deque((name, value, name, value, 0) for name, value in
                   [*dict(seen_by(step)).items(), *local.items()])
    while places and len(seen) < _MOST:
        name, value, holder, owner, depth = places.popleft()
        if type(value) in ProxyTypes:
            continue
        if isinstance(value, Tensor):
            found.setdefault(id(value), (holder, owner))
        elif id(value) not in seen and depth < _DEEPEST:
            seen.add(id(value))
            if isinstance(value, _CONTAINERS):
                parts = ([(f"{name}[{key!r}]", part) for key, part in list(value.items())[-1000:]]
                         if isinstance(value, Mapping) else
                         [(name, part) for part in list(value)[-1000:]])
                places += [(own, part, name, value, depth + 1) for own, part in parts]
            elif not isinstance(value, (type, ModuleType)):
                own = getattr(value, "__dict__", None)  # which other libraries may make up
                places += [(f"{name}.{key}", part, f"{name}.{key}", part, depth + 1)
                           for key, part in list(own.items() if isinstance(own, dict) else ())]
    return found


def _line(step: Callable, holder: str) -> str:
    """file:line where the step names the holder last."""
    code = getattr(step, "__code__", None)
    lines = [(inner.co_filename, line) for inner in codes(code) for line in
             _lines(inner, holder.partition("[")[0].rpartition(".")[2])] if code is not None else []
    return f"{lines[-1][0]}:{lines[-1][1]}" if lines else ""


def _lines(code: CodeType, name: str) -> Iterator[int]:
    line = code.co_firstlineno
    for instruction in dis.get_instructions(code):
        line = (instruction.positions and instruction.positions.lineno) or line
        given = instruction.argval  # a pair, of an instruction that is two
        if (name in (given if isinstance(given, tuple) else (given,))
                and instruction.opname.startswith(("LOAD_", "STORE_"))):
            yield line
