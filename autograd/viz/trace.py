"""One run of a model, watched: which modules were called in which, on what, and what they recorded.

Nodes are numbered in the order of their creation, so those of a call are the numbers between its
beginning and its end.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from inspect import signature
from operator import attrgetter
from time import perf_counter
from typing import Any

import numpy as np

from ..creation import zeros
from ..engine import reachable
from ..errors import describe
from ..modes import enable_grad, inference_mode, no_grad, set_grad_enabled
from ..node import Leaf, Node, Output, next_seq
from ..ops.shape import clone
from ..sampling import get_rng_state, set_rng_state
from ..tensors import Tensor, alias, current_node
from .costs import kept_arrays, memory, multiply_adds


class Call:
    """One call of a module.

    `inputs` and `outputs` are pairs of a name, such as "0" or "mask", and a Tensor; `nodes` are
    the ops that it recorded itself, outside of the calls in it.
    """

    def __init__(self, module, path: str, parent: Call | None) -> None:
        self.module, self.path, self.parent = module, path, parent
        self.start = next_seq()
        self.stop = self.start
        self.inputs: list[tuple[str, Tensor]] = []
        self.outputs: list[tuple[str, Tensor]] = []
        self.results: list[Node | None] = []  # of the outputs, as they were at its end
        self.children: list[Call] = []
        self.nodes: list[Node] = []

    def inside(self) -> Iterator[Call]:
        """This call and those in it."""
        yield self
        for child in self.children:
            yield from child.inside()


class Trace:
    """What `traced` found: `root`, the call of the model itself; `sources`, the node of each input
    that can have a gradient -> its name; `trained`, those of parameters with a gradient."""

    def __init__(self, root: Call, sources: dict[Node, str], trained: set[Node],
                 given: set[int]) -> None:
        self.root, self.sources, self.trained = root, sources, trained
        self.calls = list(root.inside())
        self._given = given  # ids of memory that was there before
        self.home: dict[Node, Call] = {}  # of each recorded op, the innermost call
        results = [node for call in self.calls for node in call.results if node is not None]
        starts = [call.start for call in self.calls]  # they grow: a call is before those in it
        for node in sorted(reachable(results), key=attrgetter("seq")):
            call = self.calls[max(bisect_left(starts, node.seq) - 1, 0)]
            while node.seq > call.stop and call.parent is not None:
                call = call.parent
            self.home[node] = call
            if not isinstance(node, (Leaf, Output)):
                call.nodes.append(node)

    def multiply_adds(self, call: Call) -> int:
        """Products summed up in a call and in those in it."""
        return sum(multiply_adds(node) for inner in call.inside() for node in inner.nodes)

    def kept(self, call: Call) -> dict[int, int]:
        """Id -> bytes of each memory that a call and those in it keep for the backward pass, but
        for inputs, parameters and buffers."""
        arrays = {key: array.nbytes for inner in call.inside() for node in inner.nodes
                  for key, array in self._kept.get(node, {}).items()}
        return {key: size for key, size in arrays.items() if key not in self._given}

    def uses(self, module) -> bool:
        """Whether parameters of the module itself were used, whoever called what."""
        return any(parameter._node in self.home for parameter in module.parameters(recurse=False))

    @cached_property
    def _kept(self) -> dict[Node, dict[int, np.ndarray]]:
        return kept_arrays(self.home, self.trained)


def arguments(name: str, model, given) -> tuple[tuple, dict]:
    """The arguments for a model, given as a Tensor, a tuple or list with one value for each, a
    dict of them by name, or with sizes in place of Tensors, which are then filled with zeros."""
    if isinstance(given, dict):
        taken = signature(getattr(model, "forward", model)).parameters
        named = set(given) <= set(taken) or any(p.kind is p.VAR_KEYWORD for p in taken.values())
        return ((), given) if named else ((given,), {})
    if isinstance(given, Tensor) or _is_size(given):
        given = (given,)
    elif type(given) not in (tuple, list):
        given = (given,) if named_tensors(given) else ()
    if not any(isinstance(value, (Tensor, tuple, list, dict)) for value in given):
        raise TypeError(f"{name}: input must be a Tensor, a tuple or dict of them, or a size such "
                        f"as (1, 784), got {describe(given)}")
    return tuple(_zeros(model, value) if _is_size(value) else value for value in given), {}


def _is_size(value) -> bool:
    return isinstance(value, (tuple, list)) and len(value) > 0 and all(
        isinstance(n, int) and not isinstance(n, bool) for n in value)


def _zeros(model, size: Sequence[int]) -> Tensor:
    floats = [p.dtype for p in model.parameters() if p.is_floating_point()]
    return zeros(tuple(size), dtype=floats[0] if floats else None)


def traced(model, args: tuple, kwargs: dict | None = None) -> Trace:
    """Run a model once, in evaluation mode and recorded, and put everything back as it was: modes,
    hooks, buffers, random numbers, and what requires grad; after an error too.

    `model` is any callable with `named_modules`, whose modules take forward hooks.
    """
    if not callable(getattr(model, "named_modules", None)):
        raise TypeError(f"a model is needed, as nn.Module has it, got {describe(model)}")
    sources: dict[Node, str] = {}

    def watched(name: str, tensor: Tensor) -> Tensor:
        if tensor._any_array.dtype.kind != "f":
            return tensor
        tensor = tensor.detach().requires_grad_()
        node = current_node(tensor)
        assert node is not None
        sources[node] = name
        return tensor

    modules = [module for _, module in model.named_modules()]
    own = [tensor for module in modules for tensors in (module.parameters, module.buffers)
           for tensor in tensors(recurse=False)]
    trained = [tensor for tensor in own if tensor.requires_grad]
    watch = _Watch(model)
    with inference_mode(False), enable_grad(), _unchanged(modules), ExitStack() as hooks:
        args = _mapped(tuple(args), watched)
        kwargs = _mapped(dict(kwargs or {}), watched)
        for module in modules:
            hooks.enter_context(module.register_forward_pre_hook(watch.enter, with_kwargs=True))
            hooks.enter_context(module.register_forward_hook(watch.leave))
        model(*args, **kwargs)
        given = [*own, *(tensor for _, tensor in named_tensors((args, kwargs)))]
        return Trace(watch.calls[0], sources, {tensor._node for tensor in trained},
                     {id(memory(tensor._any_array)) for tensor in given})


def timed(model, args: tuple, kwargs: dict, runs: int = 5) -> dict[Any, float]:
    """Module -> seconds in it in evaluation mode, unrecorded; the quickest of several runs counts.
    Everything is put back as it was."""
    modules = [module for _, module in model.named_modules()]
    best: dict[Any, float] = {}
    for _ in range(runs + 1):  # the first one warms up
        spent: dict[Any, float] = {}
        begun: list[float] = []

        def enter(module, args: tuple, begun=begun) -> None:
            begun.append(perf_counter())

        def leave(module, args: tuple, output, begun=begun, spent=spent) -> None:
            spent[module] = spent.get(module, 0.0) + perf_counter() - begun.pop()

        with no_grad(), _unchanged(modules), ExitStack() as hooks:
            for module in modules:
                hooks.enter_context(module.register_forward_pre_hook(enter))
                hooks.enter_context(module.register_forward_hook(leave))
            model(*args, **kwargs)
        best = {module: min(seconds, best.get(module, seconds))
                for module, seconds in spent.items()}
    return best


class _Watch:
    """The hooks of a run."""

    def __init__(self, model) -> None:
        self.paths = {module: path for path, module in model.named_modules()}
        self.calls: list[Call] = []
        self.open: list[tuple[Call, Any]] = []  # with what ends the recording of it

    def enter(self, module, args: tuple, kwargs: dict) -> None:
        """A module is called.  What is not recorded around it, as by no_grad, is inside it."""
        parent = self.open[-1][0] if self.open else None
        recording = set_grad_enabled(True)
        recording.__enter__()
        call = Call(module, self.paths[module], parent)
        call.inputs = [*named_tensors(args), *named_tensors(kwargs)]
        self.calls.append(call)
        self.open.append((call, recording))
        if parent is not None:
            parent.children.append(call)

    def leave(self, module, args: tuple, output):
        """It returns.  A tensor that it was given and returns gets a node here, as every result
        has: else what comes after would seem to come from what was before."""
        while self.open[-1][0].module is not module:  # a call that failed, and somebody went on
            self.open.pop()[1].__exit__(None, None, None)
        call, recording = self.open.pop()
        given = {id(tensor) for _, tensor in call.inputs}
        output = _mapped(output, lambda _, tensor: _passed(tensor) if id(tensor) in given
                         else tensor)
        call.outputs = named_tensors(output)
        call.results = [current_node(tensor) for _, tensor in call.outputs]
        call.stop = next_seq()
        recording.__exit__(None, None, None)
        return output


def _passed(tensor: Tensor) -> Tensor:
    """The same numbers in the same memory, as an op of its own put them out."""
    node, other = current_node(tensor), alias(tensor, tensor._any_array)
    if node is not None:
        other._node = clone.op.link((node,), tensor._any_array)
    return other


@contextmanager
def _unchanged(modules: list) -> Iterator[None]:
    """Evaluation mode, and all parameters require grad; after it everything is as it was."""
    modes = [(module, module.training) for module in modules]
    buffers = [(module, name, tensor, tensor._any_array.copy())
               for module in modules for name, tensor in module.named_buffers(recurse=False)]
    frozen = [tensor for module in modules for tensor in module.parameters(recurse=False)
              if not tensor.requires_grad and tensor._any_array.dtype.kind == "f"]
    state = get_rng_state()
    try:
        for module in modules:
            object.__setattr__(module, "training", False)
        for tensor in frozen:
            tensor.requires_grad_()
        yield
    finally:
        set_rng_state(state)
        for tensor in frozen:
            tensor.requires_grad_(False)
        for module, mode in modes:
            object.__setattr__(module, "training", mode)
        for module, name, tensor, values in buffers:
            if getattr(module, name) is not tensor:
                setattr(module, name, tensor)
            np.copyto(tensor._any_array, values)


def _mapped(value, function: Callable[[str, Tensor], Tensor], name: str = ""):
    """A structure of tuples, lists and dicts with function(name, tensor) in place of each Tensor
    in it."""
    if isinstance(value, Tensor):
        return function(name, value)
    if isinstance(value, dict):
        changed = {key: _mapped(item, function, _below(name, key)) for key, item in value.items()}
        return changed if type(value) is dict else value.__class__(changed)
    if isinstance(value, (tuple, list)):
        items = [_mapped(item, function, _below(name, i)) for i, item in enumerate(value)]
        if all(new is old for new, old in zip(items, value, strict=True)):
            return value
        return value._make(items) if hasattr(value, "_make") else type(value)(items)
    return value


def _below(name: str, key) -> str:
    return f"{name}.{key}" if name else str(key)


def named_tensors(value) -> list[tuple[str, Tensor]]:
    """The name of its place, "" where there is but one, and each Tensor of a structure of tuples,
    lists and dicts."""
    found: list[tuple[str, Tensor]] = []

    def note(name: str, tensor: Tensor) -> Tensor:
        found.append((name, tensor))
        return tensor

    _mapped(value, note)
    return found
