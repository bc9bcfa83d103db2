"""The recorder: it watches one step, which runs as always, and writes down a `Program`.

Arrays are told by identity.  An array is known if it is an argument's, belongs to what outlives the
step (`state`), or came out of a recorded call; what shows a known array's memory is a view of it.
An array from anywhere else counts as a constant, which two recordings have to agree on.
A recording that cannot be right `fails`, which says why; the step itself is not disturbed.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

import numpy as np

from ..errors import caller
from ..node import Leaf
from ..ops.index import Index
from ..tensors import Tensor, wrap
from .program import Boxed, Call, Program, Value, leaves

RAW = Tensor.__dict__["_array"].__get__  # a Tensor's array, past whatever stands in its place


class Recorder:
    """Writes down what one thread computes."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.depth = 0  # above 0 nothing is recorded: a call is at work that is recorded as one
        self.reason = ""  # why the recording is no good
        self.calls: list[Call] = []
        self.values: list[Value] = []
        self.known: dict[int, tuple[Any, Value]] = {}  # id of an array -> (reference, its value)
        self.owners: dict[int, tuple[Any, Any, Value]] = {}  # id of who owns the memory
        self.tensors: dict[int, Tensor] = {}  # id of an array -> the Tensor that outlives the step
        self.grads: dict[int, tuple[Tensor, Any]] = {}  # Tensors with the .grad last written down
        self.first_grads: dict[int, tuple[Tensor, Any]] = {}  # the same, when the step began
        self.asked_grads: dict[int, Tensor] = {}  # of whom it matters whether they had a .grad
        self.numbers: dict[int, tuple[Any, Value]] = {}  # Python numbers that calls have made
        self.written: dict[int, Tensor] = {}
        self.decisive: dict[int, tuple[Tensor, str]] = {}  # Tensors whose numbers were looked at
        self.kept: list = []

    # ---- what is known -------------------------------------------------------------------------

    def active(self) -> bool:
        """Whether what happens now is to be written down."""
        return not self.depth and not self.reason and threading.get_ident() == self.thread

    def fail(self, reason: str) -> None:
        """Give the recording up; the first reason is the one that counts."""
        if not self.reason:
            self.reason = reason

    def leaked(self, tensor: Tensor, who: str, where: str) -> None:
        """Numbers went out of a Tensor, where they may decide anything: those of one that outlives
        the step have to stay as they are, others can not be foreseen."""
        base = self.value_of(RAW(tensor)).base
        if base.kind == "state" and isinstance(base.source, Tensor):
            self.decisive[id(base.source)] = base.source, f"{who} reads them at {where}"
        else:
            self.fail(f"{who} reads numbers at {where}, on which all that follows may depend")

    def learn(self, array: np.ndarray, kind: str, source) -> Value:
        """A new value that stands for this array from now on."""
        value = Value(len(self.values), kind, source, array)
        self.values.append(value)
        self.know(array, value)
        return value

    def know(self, array: np.ndarray, value: Value) -> None:
        """Let an array stand for a value; forgotten when the array is gone."""
        number = id(array)
        self.known[number] = weakref.ref(array, lambda _: self.known.pop(number, None)), value
        owner = owner_of(array)
        mark = id(owner)
        if mark in self.owners and self.owners[mark][0]() is owner:
            if value.kind not in ("argument", "state"):
                value.base = self.owners[mark][2].base
            return
        if isinstance(owner, np.ndarray):
            self.owners[mark] = (weakref.ref(owner, lambda _: self.owners.pop(mark, None)),
                                 address(array), value)

    def value_of(self, array: np.ndarray) -> Value:
        """The value that an array stands for."""
        found = self.known.get(id(array))
        if found is not None and found[0]() is array:
            return found[1]
        owner = owner_of(array)
        held = self.owners.get(id(owner))
        if held is None or held[0]() is not owner:
            self.kept.append(owner)
            constant = self.learn(owner, "constant", owner)
            if owner is array:
                return constant
            held = self.owners[id(owner)]
        value = self.learn(array, "view", held[2])
        value.offset, value.base = address(array) - held[1], held[2].base
        return value

    def is_known(self, array: np.ndarray) -> bool:
        """Whether the array depends on anything that was recorded."""
        return id(array) in self.known or id(owner_of(array)) in self.owners

    # ---- calls ---------------------------------------------------------------------------------

    def template(self, argument):
        """An argument with Values in place of arrays."""
        kind = argument.__class__
        if isinstance(argument, np.ndarray):
            return self.value_of(argument)
        if isinstance(argument, Tensor):
            kept = self.tensors.get(id(RAW(argument)))
            if kept is argument:
                return kept
            return Boxed(self.value_of(RAW(argument)))
        if isinstance(argument, tuple) or kind is list:
            parts = [self.template(part) for part in argument]
            return kind(*parts) if hasattr(kind, "_fields") else kind(parts)
        if kind is dict:
            return {name: self.template(part) for name, part in argument.items()}
        if kind is slice:
            return slice(*map(self.template, (argument.start, argument.stop, argument.step)))
        number = self.numbers.get(id(argument))
        return argument if number is None else number[1]

    def unseen(self, function: Callable, args: tuple, kwargs: dict):
        """What a function gives, of whose work nothing is written down."""
        self.depth += 1
        try:
            return function(*args, **kwargs)
        finally:
            self.depth -= 1

    def call(self, function: Callable, args: tuple, kwargs: dict, result, name: str, *,
             op=None, effect: bool = False, barrier: bool = False, writes: tuple = ()):
        """Write down a call that has just been made; its result, ready to be found again."""
        call = Call(function, tuple(map(self.template, args)), self.template(kwargs), [], name,
                    caller(), effect, barrier, tuple(map(self.value_of, writes)), op)
        result = self._result(call, result, ())
        self.calls.append(call)
        return result

    def _result(self, call: Call, result, path: tuple):
        kind = result.__class__
        if isinstance(result, Tensor):
            self._made(call, RAW(result), (*path, "_array"))
        elif kind is np.ndarray:
            self._made(call, result, path)
        elif isinstance(result, np.generic) and not path:
            result = np.asarray(result)  # as the op would do, but now it is known
            self._made(call, result, path)
        elif kind is tuple or kind is list or kind is Index:
            return kind([self._result(call, part, (*path, i)) for i, part in enumerate(result)])
        elif kind is float or isinstance(result, np.generic) or (kind is int and not path):
            result = _twin(result)
            value = Value(len(self.values), "made", call.name, None)
            self.values.append(value)
            self.numbers[id(result)] = result, value
            call.results.append((path, value))
        return result

    def _made(self, call: Call, array: np.ndarray, path: tuple) -> None:
        if id(array) in self.known and self.known[id(array)][0]() is array:
            value = Value(len(self.values), "made", call.name, array)  # an input, handed through
            self.values.append(value)
            value.base = self.known[id(array)][1].base
            self.known[id(array)] = self.known[id(array)][0], value
        else:
            value = self.learn(array, "made", call.name)
        call.results.append((path, value))

    def wrote(self, array: np.ndarray, function: Callable, *args) -> None:
        """Write down that `function(array, *args)` writes into an array; call it before that."""
        target = self.value_of(array)
        base = target.base
        if base.kind == "constant" and base.source is not None:
            base.source = base.source.copy()  # what it was before
        if base.kind == "argument":
            self.fail(f"an argument is written in place at {caller()}")
        if base.kind == "state" and isinstance(base.source, Tensor):
            self.written[id(base.source)] = base.source
        self.call(function, (array, *args), {}, None, "write", effect=True, writes=(array,))

    def whole(self, function: Callable, args: tuple, kwargs: dict):
        """Make a call that is recorded as it is, such as an optimizer's step."""
        if not self.active():
            return function(*args, **kwargs)
        name = function.__qualname__
        args = tuple([list(arg) if isinstance(arg, Iterator) else arg for arg in args])
        for arg in leaves((args, kwargs)):
            if callable(arg) and isinstance(arg, FunctionType):
                self.fail(f"{name} calls back, at {caller()}")
            elif isinstance(arg, Tensor) and arg._node.__class__ is Leaf and (
                    id(RAW(arg)) not in self.tensors):
                self.fail(f"{name} gets a tensor that the step does not hold, at {caller()}")
        self.note_grads()
        result = self.unseen(function, args, kwargs)
        return self.call(function, args, kwargs, result, name, effect=True, barrier=True)

    # ---- .grad ---------------------------------------------------------------------------------

    def watch_grad(self, tensor: Tensor) -> None:
        """A Tensor that outlives the step: what is put into its .grad is to be seen."""
        if id(tensor) not in self.grads:
            self.grads[id(tensor)] = tensor, tensor._grad
            self.first_grads[id(tensor)] = tensor, tensor._grad
            if tensor._grad is not None:
                held = RAW(tensor._grad)
                if not self.is_known(held):
                    self.learn(held, "gradient", tensor)

    def ask_grad(self, tensor: Tensor) -> None:
        """What follows depends on whether the Tensor has a .grad."""
        self.watch_grad(tensor)
        if tensor._grad is self.first_grads[id(tensor)][1]:
            self.asked_grads[id(tensor)] = tensor

    def note_grads(self) -> None:
        """Write down which .grad have changed."""
        for key, (tensor, before) in list(self.grads.items()):
            now = tensor._grad
            if now is not before:
                self.grads[key] = tensor, now
                self.calls.append(Call(set_grad, (tensor, None if now is None else
                                                  self.value_of(RAW(now))),
                                       {}, [], "grad", caller(), effect=True))

    def finish(self, output) -> Program:
        """The program, with what the step returned."""
        self.note_grads()
        made = self.template(output)
        for value in self.values:
            if value.kind == "constant" and value.source is not None:
                value.source = np.array(value.source) if value.source.flags.writeable else \
                    value.source
        if any([call.barrier for call in self.calls]):  # an optimizer would see others
            self.asked_grads.update({key: tensor for key, (tensor, first) in
                                     self.first_grads.items()
                                     if first is None and tensor._grad is None})
        used = {v.base.number for call in self.calls for v in call.reads()}
        for value in self.values:
            if value.kind == "gradient" and value.number in used:
                self.asked_grads[id(value.source)] = value.source
        return Program(self.values, self.calls, made, self.written)


def set_grad(tensor: Tensor, array: np.ndarray | None) -> None:
    """Make an array, which is nobody else's, a Tensor's .grad."""
    tensor._grad = None if array is None else wrap(array)


def _twin(number):
    """An equal number that is an object of its own."""
    if number.__class__ is float:
        return number * 1.0
    return int(str(number)) if number.__class__ is int else number


def owner_of(array: np.ndarray) -> Any:
    """The array whose memory an array shows."""
    while array.base is not None and isinstance(array.base, np.ndarray):
        array = array.base
    return array


def address(array: np.ndarray) -> int:
    """Where an array's first element lies."""
    return array.__array_interface__["data"][0]
