"""A program as a Python function: one line for each call, on local names.

What the calls make is let go as soon as nothing needs it, so that a replay takes no more memory
than the step it was recorded from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..ops.index import Index
from ..tensors import Tensor, wrap
from .program import Boxed, Call, Program, Value, values_in
from .recorder import set_grad


class Writer:
    """Writes the function `replay(arguments)` of a program, given the arrays of the arguments."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.names: dict[str, Any] = {"wrap": wrap, "asarray": np.asarray, "shown": shown,
                                      "Index": Index, "forget": forget}
        self.lines: list[str] = []
        self.defined: set[int] = set()
        self.leaving = {v.base.number for v in values_in(program.output)}
        for call in program.calls:
            if call.function is set_grad or call.barrier:
                self.leaving |= {v.base.number for v in call.reads()}
        self.changed = self.leaving.union([v.base.number for call in program.calls
                                           for v in call.writes])
        self.shown_by = {value.number: [v for v in call.reads() if v.base is value.base]
                         for call in program.calls for _, value in call.results
                         if value.base is not value}
        self.last = self._last_uses()

    def _last_uses(self) -> dict[int, list[int]]:
        """For each call the values that are used there for the last time."""
        end = len(self.program.calls)
        last: dict[int, int] = {}
        for i, call in enumerate(self.program.calls):
            for value in (*call.reads(), *(v for _, v in call.results)):
                self._used(value, i, last)
        for value in values_in(self.program.output):
            self._used(value, end, last)
        found: dict[int, list[int]] = {}
        for number, i in last.items():
            found.setdefault(i, []).append(number)
        return found

    def _used(self, value: Value, at: int, last: dict[int, int]) -> None:
        """Note that a call uses a value, and so what it is a view of."""
        last[value.number] = last[value.base.number] = at
        sources = [value.source] if value.kind == "view" else self.shown_by.get(value.number, [])
        for source in sources:
            self._used(source, at, last)

    def function(self) -> Callable:
        """The function."""
        for value in self.program.values:
            if value.kind == "argument":
                self.defined.add(value.number)
                self.lines.append(f"v{value.number} = arguments[{value.source}]")
        replaced = self._replaced_grads()
        if replaced:
            self.lines.append(f"forget({self.constant(replaced)})")
        for i, call in enumerate(self.program.calls):
            self.write(call)
            self.drop(self.last.get(i, []))
        self.end()
        self.lines.append(f"return {self.expression(self.program.output)}")
        return self.compiled()

    def _replaced_grads(self) -> list[Tensor]:
        """Tensors that get a new .grad, of whose old one nothing depends."""
        calls = self.program.calls
        read = {value.number for call in calls for value in call.reads()}
        read |= {value.base.number for value in values_in(self.program.output)}
        read |= {value.base.number for call in calls for value in call.reads()}
        read = {id(value.source) for value in self.program.values
                if value.kind == "gradient" and value.number in read}
        barred = any(call.barrier for call in calls[:next(
            (i for i, call in enumerate(calls) if call.function is set_grad), 0)])
        return [] if barred else list({id(call.args[0]): call.args[0] for call in calls
                                       if call.function is set_grad
                                       and id(call.args[0]) not in read}.values())

    def end(self) -> None:
        """All calls are written."""

    def drop(self, numbers: list[int]) -> None:
        """Let go what nothing needs any more."""
        gone = [n for n in numbers if n in self.defined and self.program.values[n].kind == "made"]
        if gone:
            self.lines.append(" = ".join(f"v{n}" for n in gone) + " = None")

    def compiled(self) -> Callable:
        text = "def replay(arguments):\n" + "".join(f"    {line}\n" for line in self.lines)
        exec(compile(text, "<wengert replay>", "exec"), self.names)
        return self.names["replay"]

    def write(self, call: Call) -> None:
        """The lines of one call."""
        args = [self.expression(arg) for arg in call.args]
        args += [f"{name}={self.expression(arg)}" for name, arg in call.kwargs.items()]
        text = f"{self.constant(call.function)}({', '.join(args)})"
        if not call.results:
            self.lines.append(text)
            return
        paths = [path for path, _ in call.results]
        if paths == [()]:
            self.lines.append(f"{self.define(call.results[0][1])} = {text}")
        else:
            self.lines.append(f"r = {text}")
            for path, value in call.results:
                place = "r" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}"
                                      for step in path)
                self.lines.append(f"{self.define(value)} = {place}")
            self.lines.append("r = None")
        for _, value in call.results:
            if value.shape == ():
                self.lines.append(f"v{value.number} = asarray(v{value.number})")

    def define(self, value: Value) -> str:
        self.defined.add(value.number)
        return f"v{value.number}"

    def expression(self, template) -> str:
        """The text that gives an argument."""
        kind = template.__class__
        if kind is Value:
            return self.value(template)
        if kind is Boxed:
            return f"wrap({self.value(template.value)})"
        if not any(True for _ in values_in(template)):
            return repr(template) if template is None or template is True or template is False \
                or kind is int else self.constant(template)
        if kind is dict:
            return "{" + ", ".join(f"{key!r}: {self.expression(part)}"
                                   for key, part in template.items()) + "}"
        if kind is slice:
            return "slice(" + ", ".join(map(self.expression, (template.start, template.stop,
                                                              template.step))) + ")"
        inner = "".join(f"{self.expression(part)}, " for part in template)
        if kind is list:
            return f"[{inner}]"
        if kind is tuple:
            return f"({inner})"
        if hasattr(kind, "_fields"):
            return f"{self.constant(kind)}({inner})"
        return f"{self.constant(kind)}(({inner}))"

    def value(self, value: Value) -> str:
        """The name of a value, which is defined before it is used."""
        name = f"v{value.number}"
        if value.number in self.defined:
            return name
        self.defined.add(value.number)
        if value.kind == "state":
            self.lines.append(f"{name} = {self.constant(array_of(value.source))}")
        elif value.kind == "constant":
            copied = ".copy()" if value.number in self.changed else ""
            self.lines.append(f"{name} = {self.constant(value.source)}{copied}")
        elif value.kind == "gradient":
            self.lines.append(f"{name} = {self.constant(value.source)}._grad._array")
        else:
            assert value.kind == "view", value
            base = self.value(value.source)
            if (value.shape, value.strides, value.offset, value.dtype) == (
                    value.source.shape, value.source.strides, 0, value.source.dtype):
                self.lines.append(f"{name} = {base}")
            else:
                self.lines.append(f"{name} = shown({base}, {value.shape}, {value.strides}, "
                                  f"{value.offset}, {self.constant(value.dtype)})")
        return name

    def constant(self, value) -> str:
        name = f"k{len(self.names)}"
        for known, held in self.names.items():
            if held is value:
                return known
        self.names[name] = value
        return name


def forget(tensors: list[Tensor]) -> None:
    """Let go of the .grad of each, whose memory the new ones may take."""
    for tensor in tensors:
        tensor._grad = None


def array_of(source) -> np.ndarray:
    """The array of what outlives a step: a Tensor's, or itself."""
    return source if isinstance(source, np.ndarray) else source._array


def shown(array: np.ndarray, shape: tuple, strides: tuple, offset: int, dtype) -> np.ndarray:
    """A view of an array's memory, `offset` bytes from its first element."""
    address, read_only = array.__array_interface__["data"]
    interface = {"data": (address + offset, read_only), "shape": shape, "strides": strides,
                 "typestr": dtype.str, "version": 3}
    return np.asarray(_Memory(interface, array))


class _Memory:
    """Memory that NumPy may look at, with who owns it."""

    def __init__(self, interface: dict, owner) -> None:
        self.__array_interface__, self.owner = interface, owner
