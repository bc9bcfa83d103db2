"""What a recording is made of: values, which stand for arrays, and the calls that make them.

A recording is flat: no Tensor and no Node is left in it.  A `Value` stands for one array of each
replay; a `Call` says which function of arrays is applied to which values, and which values come
out.  What is written in place, and what is done with Tensors themselves, is a call as well, and
calls are never put in another order than the one in which they were recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np


class Value:
    """One array of a replay.

    `kind` tells where it comes from: "argument" (the `source`-th array among the arguments),
    "state" (the Tensor or ndarray `source`, which outlives the step), "constant" (the array
    `source`), "view" (`source` is the Value whose memory it shows), "gradient" (what the Tensor
    `source` has as `.grad` when the step begins) or "made" (by a call).
    """

    __slots__ = ("kind", "source", "shape", "dtype", "strides", "offset", "number", "base")

    shape: Any  # all three None for what is a Python number
    dtype: Any
    strides: Any

    def __init__(self, number: int, kind: str, source, like) -> None:
        self.number, self.kind, self.source = number, kind, source
        self.shape = self.dtype = self.strides = None
        if isinstance(like, np.ndarray):
            self.shape, self.dtype, self.strides = like.shape, like.dtype, like.strides
        self.offset = 0  # bytes from the first element of the base, for views
        self.base: Value = self  # the value whose memory it may show

    @property
    def is_array(self) -> bool:
        return self.shape is not None

    def alike(self, other: Value) -> bool:
        """Whether another recording has the same in its place."""
        if (self.kind, self.shape, self.dtype, self.strides, self.offset, self.number) != (
                other.kind, other.shape, other.dtype, other.strides, other.offset, other.number):
            return False
        if self.kind == "constant":
            return equal_numbers(self.source, other.source)
        if self.kind == "view":
            return self.source.number == other.source.number
        return self.source is other.source or self.source == other.source

    def __repr__(self) -> str:
        return f"<{self.kind} {self.number} {self.shape} {self.dtype}>"


def equal_numbers(a, b) -> bool:
    """Whether two arrays hold the same, bit for bit."""
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


class Boxed:
    """In the template of a call: the Value goes in here as a Tensor."""

    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value


class Call:
    """`results = function(*args, **kwargs)`, where Values in the arguments stand for arrays.

    `results` are (path, Value): the path leads through tuples and attributes of what the function
    returns.  `effect` is True where it is called for what it does; `barrier` where what it reads
    and writes is not known.
    """

    __slots__ = ("function", "args", "kwargs", "results", "name", "where", "effect", "barrier",
                 "writes", "op")

    def __init__(self, function: Callable, args: tuple, kwargs: dict, results: list, name: str,
                 where: str, effect: bool = False, barrier: bool = False,
                 writes: tuple = (), op=None) -> None:
        self.function, self.args, self.kwargs, self.results = function, args, kwargs, results
        self.name, self.where, self.effect, self.barrier = name, where, effect, barrier
        self.writes, self.op = writes, op

    def reads(self) -> Iterator[Value]:
        """The values among its arguments."""
        yield from values_in(self.args)
        yield from values_in(self.kwargs)

    def alike(self, other: Call) -> bool:
        """Whether another recording has the same call in its place."""
        return (self.name == other.name and same(self.function, other.function)
                and same(self.args, other.args) and same(self.kwargs, other.kwargs)
                and same(self.results, other.results))

    def __repr__(self) -> str:
        return f"<{self.name} {list(self.reads())} -> {[v for _, v in self.results]}>"


def values_in(template) -> Iterator[Value]:
    """The values in a template of arguments."""
    kind = template.__class__
    if kind is Value:
        yield template
    elif kind is Boxed:
        yield template.value
    elif isinstance(template, (tuple, list)):
        for part in template:
            yield from values_in(part)
    elif kind is dict:
        for part in template.values():
            yield from values_in(part)
    elif kind is slice:
        yield from values_in((template.start, template.stop, template.step))


def replaced(template, same_as: dict[int, Value]):
    """A template with other values in the place of some."""
    kind = template.__class__
    if kind is Value:
        return same_as.get(template.number, template)
    if kind is Boxed and template.value.number in same_as:
        return Boxed(same_as[template.value.number])
    if kind is tuple or kind is list:
        return kind([replaced(part, same_as) for part in template])
    return template


def same(a, b) -> bool:
    """Whether two templates are the same: values by their number, all else by equality."""
    if a.__class__ is not b.__class__:
        return False
    if a.__class__ is Value:
        return a.number == b.number
    if a.__class__ is Boxed:
        return a.value.number == b.value.number
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, np.ndarray):
        return equal_numbers(a, b)
    try:
        return a is b or bool(a == b) or (a != a and b != b)
    except (TypeError, ValueError):
        return False


class Program:
    """A finished recording."""

    def __init__(self, values: list[Value], calls: list[Call], output, written: dict) -> None:
        self.values, self.calls, self.output = values, calls, output
        self.written = written  # id of a Tensor -> the Tensor, of those written in place

    def difference(self, other: Program) -> str:
        """Where another recording of the same step differs; "" if it does not."""
        for mine, theirs in zip(self.calls, other.calls, strict=False):
            if not mine.alike(theirs):
                return f"{mine.name} at {mine.where}"
        if len(self.calls) != len(other.calls):
            calls = max(self.calls, other.calls, key=len)
            call = calls[min(len(self.calls), len(other.calls))]
            return f"{call.name} at {call.where}"
        for mine_value, their_value in zip(self.values, other.values, strict=False):
            if not mine_value.alike(their_value):
                return f"a number that is no argument, {mine_value.shape} {mine_value.dtype}"
        return "" if same(self.output, other.output) else "what it returns"

    def share(self, copy: Callable) -> None:
        """Leave out copies, made by `copy`, of what nothing else will read or hold."""
        last: dict[int, int] = {}
        copies: dict[int, int] = {}
        for i, call in enumerate(self.calls):
            last.update((read.base.number, i) for read in call.reads())
            if call.function is copy:
                number = call.args[0].base.number
                copies[number] = copies.get(number, 0) + 1
        held = {value.base.number for value in values_in(self.output)}
        same_as: dict[int, Value] = {}
        kept = []
        for i, call in enumerate(self.calls):
            value: Any = call.args[0] if call.function is copy else None
            if value is not None and value.kind == "made" and value.base is value and (
                    value.strides == call.results[0][1].strides and copies[value.number] == 1
                    and last[value.number] == i and value.number not in held):
                same_as[call.results[0][1].number] = value
                continue
            call.args = replaced(call.args, same_as)
            kept.append(call)
        self.calls = kept
        self.output = replaced(self.output, same_as)

    def prune(self) -> None:
        """Leave out calls whose results nobody needs."""
        needed = {value.base.number for value in values_in(self.output)}
        changed = {v.base.number for call in self.calls for v in call.writes}
        kept: list[Call] = []
        for call in reversed(self.calls):
            made = {value.base.number for _, value in call.results}
            if call.effect or made & (needed | changed):
                kept.append(call)
                needed |= {value.base.number for value in call.reads()}
                needed |= {value.number for value in call.reads()}
            elif any(value.number in needed for _, value in call.results):
                kept.append(call)
                needed |= {v.number for v in call.reads()} | {v.base.number for v in call.reads()}
        self.calls = kept[::-1]


def leaves(arguments) -> Iterator[Any]:
    """What is in nested tuples, lists and dicts, in order."""
    if isinstance(arguments, (tuple, list)):
        for part in arguments:
            yield from leaves(part)
    elif isinstance(arguments, dict):
        for part in arguments.values():
            yield from leaves(part)
    else:
        yield arguments
