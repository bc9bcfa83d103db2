"""What depends on a tensor, and where the graph does not know it.

A function is run twice, the second time with other numbers in the tensor; random numbers are the
same both times. Each op whose result differs depends on the tensor, by whatever way its numbers
went, and where none of its inputs leads back to the tensor in the graph, the graph was cut before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from sys import _getframe
from threading import RLock, get_ident
from typing import Any, NamedTuple

import numpy as np

from .errors import caller_place, located
from .gate import PASSED
from .modes import is_grad_enabled
from .node import Node
from .record import Op, scopes
from .sampling import get_rng_state, set_rng_state
from .tensors import Tensor, current_node
from .viz.names import op_called

_EXITS = ("detach", "numpy", "item", "tolist", "__array__")  # methods that lead out of the graph


_one_at_a_time = RLock()  # held while the functions of ops are exchanged


class Cut(NamedTuple):
    """A place where the graph loses a tensor: why, by which function, at which file:line."""

    cause: str
    name: str
    where: str


class Call(NamedTuple):
    """One call of an op, or of a method that leads out of the graph."""

    op: Op | None
    name: str
    place: tuple
    numbers: int  # a hash of its results
    linked: bool  # whether an input leads to the tensor
    recording: bool
    kept: bool  # whether the results can have a gradient
    finite: bool  # whether its results are


@contextmanager
def forwards(noting: Callable[[Op, Callable], Callable]) -> Iterator[None]:
    """Inside, each op computes by what `noting(op, forward)` makes of its own function; one block
    at a time."""
    with _one_at_a_time:
        before = [(names, names["forward"], names["LEAST"]) for names in scopes()]
        try:
            for names, forward, _ in before:
                names.update(forward=noting(names["op"], forward), LEAST=PASSED)
            yield
        finally:
            for names, forward, least in before:
                names.update(forward=forward, LEAST=least)


class Run:
    """What a function computes, and the calls on the way."""

    def __init__(self, function: Callable[[], Any], tensor: Tensor) -> None:
        self.calls: list[Call] = []
        self._inside, self._thread = 0, get_ident()
        self._linked: dict[Node | None, bool] = {None: False, current_node(tensor): True}
        state = get_rng_state()
        try:
            with _one_at_a_time, self._watched():
                self.result = function()
        finally:
            set_rng_state(state)

    def leads_to_it(self, node: Node | None) -> bool:
        """Whether the tensor is among those that the node's result was computed from."""
        stack = [node]
        while stack:
            last = stack[-1]
            if last in self._linked:
                stack.pop()
                continue
            unknown = [p for p in last.parents if p not in self._linked]  # type: ignore
            if not unknown:
                self._linked[last] = any(self._linked[p] for p in last.parents)  # type: ignore
            stack += unknown
        return self._linked[node]

    @contextmanager
    def _watched(self) -> Iterator[None]:
        methods = {name: vars(Tensor)[name] for name in (*_EXITS, "data")}
        try:
            for name in _EXITS:
                setattr(Tensor, name, self._leaving(name, methods[name]))
            Tensor.data = property(  # type: ignore[assignment]
                self._leaving(".data", methods["data"].fget), methods["data"].fset)
            with forwards(self._noting):
                yield
        finally:
            for name, method in methods.items():
                setattr(Tensor, name, method)

    def _noting(self, op: Op, forward: Callable) -> Callable:
        def apply(*args, **kwargs):
            results = forward(*args, **kwargs)
            if get_ident() != self._thread:
                return results
            nodes = [node for name, node in _getframe(1).f_locals.items()
                     if name[:1] == "n" and name[1:].isdigit()]
            nodes = list(nodes[0]) if op.variadic and nodes else nodes
            first = results[0] if isinstance(results, (tuple, list)) and results else results
            self.calls.append(Call(
                op, op_called(op.name), caller_place(), _hash(results),
                any([self.leads_to_it(node) for node in nodes]), is_grad_enabled(),
                op.differentiable and getattr(first, "dtype", np.dtype(float)).kind == "f",
                bool(np.isfinite(first).all()) if isinstance(first, np.ndarray) else True))
            return results

        return apply

    def _leaving(self, name: str, method: Callable) -> Callable:
        def leave(tensor, *args, **kwargs):
            if get_ident() != self._thread:
                return method(tensor, *args, **kwargs)
            if not self._inside and self.leads_to_it(current_node(tensor)):
                self.calls.append(Call(None, name, caller_place(), 0, True, True, False, True))
            self._inside += 1  # `data` calls detach, and is what the program wrote
            try:
                return method(tensor, *args, **kwargs)
            finally:
                self._inside -= 1

        return leave


def cuts(function: Callable[[], Any], tensor: Tensor) -> tuple[list[Cut], bool]:
    """Where the graph is cut between a tensor and what depends on it, and if the result does.
    Ops that have no gradient, such as comparisons, come last: many serve something else."""
    first = Run(function, tensor)
    second = _with_other_numbers(function, tensor)
    found: list[Cut] = []
    exits: list[Call] = []
    depends = second is None or _hash(first.result) != _hash(second.result)
    for one, differs in _compared(first, second):
        if one.op is None:
            exits.append(one)
        elif differs and one.linked and not one.recording:
            found.append(Cut("no_grad", one.name, located(one.place)))
        elif differs and not one.linked and exits:
            found.append(_exit(exits[-1]))
    if depends and exits and not found:  # what left the graph is the loss, or makes it
        found.append(_exit(exits[-1]))
    found += [Cut("no gradient", one.name, located(one.place)) for one in first.calls
              if one.op is not None and one.linked and one.recording and not one.kept]
    return list(dict.fromkeys(found)), depends


def _exit(call: Call) -> Cut:
    return Cut(call.name.strip("_."), call.name, located(call.place))


def _compared(first: Run, second: Run | None) -> Iterator[tuple[Call, bool]]:
    """Each call, and whether its result is another when the tensor has other numbers, as far as
    the function takes the same way with them; where it takes none, every result may be."""
    if second is None:
        yield from [(call, True) for call in first.calls]
        return
    for one, other in zip(first.calls, second.calls, strict=False):
        if one.op is not other.op:
            return
        yield one, one.numbers != other.numbers


def _with_other_numbers(function: Callable[[], Any], tensor: Tensor) -> Run | None:
    """A run in which the tensor has other numbers; None where the function fails with them."""
    array = tensor._any_array
    before = array.copy()
    shift = np.random.default_rng(0).uniform(0.01, 0.02, array.shape) * (1 + np.abs(before))
    others = before + shift.astype(array.dtype)
    try:
        if array.flags.writeable:
            array[...] = others
        else:
            tensor._any_array = others
        return Run(function, tensor)
    except Exception:
        return None
    finally:
        tensor._any_array = array
        if array.flags.writeable:
            array[...] = before


def _hash(results) -> int:
    if isinstance(results, (tuple, list)):
        return hash(tuple(map(_hash, results)))
    numbers = getattr(results, "_any_array", results)
    return hash(numbers.tobytes()) if isinstance(numbers, np.ndarray) else hash(repr(numbers))
