"""What `autograd.compile` gives: a function that records itself, and from then on is replayed.

For each signature of its arguments the first call runs as always, so that an optimizer has its
state and kernels are compiled.  The second is recorded, the third recorded again; where both
recordings agree, the following calls are replays.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from .. import dtypes, kernels, threads
from ..allocator import give_back
from ..errors import caller_place, check_switches, describe, warn
from ..modes import is_grad_enabled, is_inference_mode_enabled
from ..node import KIND, Leaf, Node
from ..quiet import quiet
from ..tensors import Tensor, mark_written
from .guards import VALUES, Guards
from .patches import recording
from .program import Program, leaves
from .recorder import RAW, Recorder
from .replay import Writer
from .walk import own_copy

F = TypeVar("F", bound=Callable)

LIMIT = 8  # recordings of one signature, after which it stays uncompiled
SIGNATURES = 64  # of which each has recordings
_busy = threading.RLock()  # held while a step is recorded
_recording = threading.local()  # .now: the recorder at work in this thread


def is_compiling() -> bool:
    """Whether this thread records a step."""
    return getattr(_recording, "now", None) is not None


class Compiled:
    """A function or module that replays itself."""

    def __init__(self, function: Callable, fullgraph: bool) -> None:
        self._function, self._fullgraph = function, fullgraph
        self._entries: dict[Any, Entry] = {}
        self._told = False
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *args, **kwargs):
        if is_compiling() or KIND[0] is not Node:
            return self._function(*args, **kwargs)
        arrays: list[np.ndarray] = []
        key = (_signature(args, arrays), _signature(kwargs, arrays) if kwargs else None,
               is_grad_enabled(), is_inference_mode_enabled(), dtypes.get_default_dtype(),
               threads.parts())  # some kernels have room for as many
        entry = self._entries.get(key)
        if entry is None:
            if len(self._entries) >= SIGNATURES:
                return self._too_many(args, kwargs)
            entry = self._entries[key] = Entry(self._function, self._fullgraph)
            return self._function(*args, **kwargs)
        return entry.call(args, kwargs, arrays)

    def _too_many(self, args: tuple, kwargs: dict):
        if not self._told:
            self._told = True
            warn(f"compile: {self!r} was called with {SIGNATURES} signatures; further ones run "
                 "uncompiled. Call it with fewer shapes and numbers, such as batches of one size")
        return self._function(*args, **kwargs)

    def __get__(self, instance, owner=None):
        return self if instance is None else functools.partial(self, instance)

    def __getattr__(self, name: str):
        return getattr(self.__dict__["_function"], name)

    def __repr__(self) -> str:
        return f"compiled {self._function!r}"


def _signature(value, arrays: list):
    """What a program is recorded for, of an argument; its arrays go into the list."""
    kind = value.__class__
    if isinstance(value, Tensor):
        array = value._any_array
        if value._node is not None or value._view is not None and value.requires_grad:
            return kind, id(value)  # gradients go to this very Tensor
        for i, other in enumerate(arrays):
            if other is array:
                return kind, i  # given twice
        arrays.append(array)
        return kind, array.shape, array.dtype, array.strides, array.flags.writeable
    if kind is tuple or kind is list:
        return kind, tuple([_signature(part, arrays) for part in value])
    if kind is dict:
        return kind, tuple([(key.__class__, key, _signature(part, arrays))
                            for key, part in value.items()])
    if kind is str or kind is int:
        return kind, value
    if isinstance(value, VALUES):
        return kind, value or repr(value)  # zeros have a sign
    return kind, id(value)


class Entry:
    """The recordings of one signature."""

    def __init__(self, function: Callable, fullgraph: bool) -> None:
        self.function, self.fullgraph = function, fullgraph
        self.ready: list[tuple[Guards, Any, Callable]] = []
        self.pending: tuple[Guards, Program] | None = None
        self.recorded = 0
        self.expected = False  # whether what is pending holds for the call that is recorded
        self.given_up = False

    def call(self, args: tuple, kwargs: dict, arrays: list):
        """What the function returns, by a replay where one fits."""
        for guards, idle, replay in self.ready:
            if guards.check():
                if not idle.acquire(blocking=False):  # another thread is at it
                    return self.function(*args, **kwargs)
                return replay(arrays)
        if self.given_up or not _busy.acquire(blocking=False):
            return self.function(*args, **kwargs)
        try:
            return self._record(args, kwargs, arrays)
        finally:
            _busy.release()

    def _record(self, args: tuple, kwargs: dict, arrays: list):
        self.recorded += 1
        if self.recorded > 2 * LIMIT:
            broken = self.ready[-1][0].broken() if self.ready else ""
            self._give_up(f"{broken or 'what it depends on'} changes with nearly every call")
            return self.function(*args, **kwargs)
        self.expected = self.pending is not None and self.pending[0].check()
        passed = set(map(id, arrays))
        guards = Guards([self.function, *[leaf for leaf in leaves((args, kwargs)) if not (
            isinstance(leaf, Tensor) and id(RAW(leaf)) in passed)]])
        recorder = Recorder()
        if guards.hooked:
            recorder.fail(f"{guards.hooked} has hooks; remove them, or leave this step uncompiled")
        if guards.large:
            recorder.fail(f"the numbers of {guards.large}, a NumPy array that can be reached from "
                          "it, are too many to compare them at each call; make it a Tensor "
                          "(autograd.from_numpy), or an argument")
        if guards.too_many:
            recorder.fail("more Python objects can be reached from it than a check can watch; keep "
                          "long lists out of what it names")
        _introduce(recorder, guards, args, kwargs, arrays)
        output = _watched(recorder, guards, self.function, args, kwargs)
        self._take(recorder, guards, output)
        return output

    def _take(self, recorder: Recorder, guards: Guards, output) -> None:
        """Keep a recording, or a program made of two that agree."""
        reason = recorder.reason or _unfit(output)
        if not reason:
            program = recorder.finish(output)
            reason = recorder.reason
        guards.watch(recorder.decisive.values())
        if not reason and not guards.check():
            if self.recorded > 2:
                reason = f"{guards.broken()} changes with every call"
            self.pending = None
            if not reason:
                return
        guards.watch_grads([recorder.first_grads[key] for key in recorder.asked_grads])
        if reason:
            self._give_up(reason)
        elif self.pending is None or not self.expected:
            self.pending = guards, program
        else:
            before, self.pending = self.pending[1], None
            difference = before.difference(program)
            if difference:
                self._give_up(f"two recordings of it differ: {difference}")
            else:
                self.ready.append((guards, *_replayed(program)))

    def _give_up(self, reason: str) -> None:
        self.given_up, self.pending = True, None
        name = getattr(self.function, "__name__", None) or type(self.function).__name__
        text = f"compile: {name} runs uncompiled, because {reason}."
        if self.fullgraph:
            raise RuntimeError(text)
        warn(text)


def recorded(function: Callable, args: tuple, kwargs: dict) -> tuple[Program, Any]:
    """The calls that one run of a function makes, and what it returned.

    Raises: RuntimeError for what cannot be recorded, with the reason.
    """
    arrays = [RAW(leaf) for leaf in leaves((args, kwargs)) if isinstance(leaf, Tensor)]
    with _busy:
        guards, recorder = Guards([function]), Recorder()
        _introduce(recorder, guards, args, kwargs, arrays)
        output = _watched(recorder, guards, function, args, kwargs)
        program = recorder.finish(output)
    if recorder.reason:
        raise RuntimeError(recorder.reason)
    program.prune()
    return program, output


def _watched(recorder: Recorder, guards: Guards, function: Callable, args: tuple, kwargs: dict):
    """What the function returns, while the recorder looks on."""
    _recording.now = recorder
    try:
        with recording(recorder, guards.opaque):
            output = function(*args, **kwargs)
            recorder.depth += 1  # what follows is no part of the step
    finally:
        _recording.now = None
    recorder.depth = 0
    return output


def _introduce(recorder: Recorder, guards: Guards, args: tuple, kwargs: dict,
               arrays: list) -> None:
    """Tell the recorder what it may meet: the arguments' arrays, and the state."""
    for i, array in enumerate(arrays):
        if id(array) not in recorder.known:
            recorder.learn(array, "argument", i)
    passed = set(map(id, arrays))
    for tensor in guards.tensors.values():
        if id(RAW(tensor)) in passed:
            recorder.fail("an argument is also what the step holds itself; pass a clone()")
        else:
            recorder.tensors[id(RAW(tensor))] = tensor
            if id(RAW(tensor)) not in recorder.known:
                recorder.learn(RAW(tensor), "state", tensor)
        if tensor._node.__class__ is Leaf:
            recorder.watch_grad(tensor)
    for array in guards.arrays.values():
        if id(array) not in recorder.known:
            recorder.learn(array, "state", array)


def _unfit(output) -> str:
    """Why what a step returned cannot be given back by a replay; "" if it can."""
    for leaf in leaves(output):
        if isinstance(leaf, Tensor):
            node = leaf._node
            if node is not None and node.__class__ is not Leaf and _is_open(node):
                return ("it returns a tensor whose gradient is still to be taken; compile the "
                        "whole training step, with backward(), or call it under no_grad()")
        elif leaf is not None and not isinstance(leaf, (bool, int, float, str)):
            return f"it returns {describe(leaf)}, which a replay cannot make"
    return ""


def _is_open(node) -> bool:
    """Whether a backward pass could still start here."""
    seen, stack = {node}, [node]
    while stack:
        found = stack.pop()
        if found.saved is None:
            return False
        for parent in found.parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return True


def _replayed(program: Program) -> tuple:
    """A lock to hold, and the function of the arguments' arrays that replays the program."""
    program.prune()
    program.share(own_copy)
    writer: Any = Writer
    if kernels.tier() == "numba":
        from .lowering import LoweringWriter as writer
    give_back()  # what the step has freed would lie beside the memory that is planned now
    run, written = quiet(writer(program).function()), list(program.written.values())
    give_back()
    where, one_at_a_time = caller_place(), threading.Lock()

    def replay(arrays):
        try:
            return run(arrays)
        finally:
            for tensor in written:
                mark_written(tensor, "a compiled step", where)
            one_at_a_time.release()

    return one_at_a_time, replay


def compile(model: Any = None, *, fullgraph: bool = False, dynamic: bool | None = None,
            backend: Any = None, mode: str | None = None, options: dict | None = None,
            disable: bool = False) -> Any:
    """The function or module, which is recorded and from then on replayed: calls of kernels and
    NumPy one after the other, without Tensors and Nodes between them.

    A whole training step gains most: forward, backward, `optimizer.step()`.  Each signature of
    arguments (shapes, dtypes, numbers) has a recording of its own; whatever else Python reads is
    checked before each replay, and recorded anew where it has changed.  What cannot be foreseen
    (`item()` and `if` on results, hooks, sizes that depend on numbers) runs uncompiled, with one
    warning that says where, or, with `fullgraph`, raises.  Python between the ops runs only
    while recording; data comes in as arguments.  The other options are PyTorch's and change
    nothing.

    Raises: TypeError for what cannot be called; RuntimeError with `fullgraph`, as above.

    >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
    >>> @autograd.compile
    ... def step(x):
    ...     w.grad = None
    ...     loss = (w * x).square().sum()
    ...     loss.backward()
    ...     return loss
    >>> for _ in range(4):
    ...     loss = step(autograd.tensor([3.0, 1.0]))
    >>> loss.item(), w.grad.tolist()
    (13.0, [18.0, 4.0])
    """
    check_switches("compile", fullgraph=fullgraph, disable=disable,
                   dynamic=dynamic is not None and dynamic)
    if model is None:
        return functools.partial(compile, fullgraph=fullgraph, disable=disable)
    if not callable(model):
        raise TypeError(f"compile: a function or a module is needed, got {describe(model)}")
    return model if disable else Compiled(model, fullgraph)
