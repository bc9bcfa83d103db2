"""Calls that need no Python: they become launches of kernels on arrays that stay where they are.

What a program's calls make lies in blocks of memory that are planned here: a block is used again
once nothing reads what it holds.  What leaves the step (results, gradients) gets fresh memory at
each replay, and what Python makes lies anywhere; in the tuples that kernels get, stand-ins are in
the place of both, and are pointed to the memory when it is known.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels.compiled import matmul, sweep
from ..kernels.compiled.launch import ONE
from ..kernels.compiled.replay import Launches
from .program import Call, Program, Value
from .replay import Writer, array_of
from .sweeps import Group, operands

_NAMES = {name: i for i, name in enumerate(sweep.NAMES)}
_VIEWS = ("reshape", "view", "squeeze", "unsqueeze", "transpose", "permute", "expand", "getitem")
_NONE = np.empty(0)
_LARGE_SUM = 1 << 16  # numbers from which two threads sum quicker


class Place:
    """Where a value lies: `array` to put into tuples; where it is a stand-in, the name of the
    local that holds the memory at a replay, and how many bytes from its first element."""

    __slots__ = ("array", "local", "offset")

    def __init__(self, array: np.ndarray, local: int = -1, offset: int = 0) -> None:
        self.array, self.local, self.offset = array, local, offset


class LoweringWriter(Writer):
    """Writes a program as Python between lists of launches."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.names["empty"] = np.empty
        self.places: dict[int, Place | None] = {}
        self.views: dict[int, Call] = {}  # values that are views: how Python makes them
        self.launches: list[tuple] = []
        self.fresh: list[Value] = []
        self.group: Group | None = None
        self.pointed: set[int] = set()  # ids of stand-ins that point to this replay's memory
        self.used: list[Place] = []
        self.free: list[np.ndarray] = []
        self.held: dict[int, np.ndarray] = {}  # number of a base -> its block
        self.now = 0
        self.unneeded: list[int] = []  # values that launches not yet written may read
        self.last_use = {n: i for i, numbers in self.last.items() for n in numbers}

    # ---- the calls -----------------------------------------------------------------------------

    def write(self, call: Call) -> None:
        """One call: a view, a part of a sweep, a launch, or a line of Python."""
        self.now = self.program.calls.index(call, self.now)
        if not (self._view(call) or self._elementwise(call) or self._product(call)
                or self._sum(call)):
            self.flush()
            super().write(call)
        if self.group is None:
            self.release()

    def drop(self, numbers: list[int]) -> None:
        self.unneeded += numbers
        if not self.launches and self.group is None:
            super().drop(self.unneeded)
            self.unneeded = []

    def end(self) -> None:
        self.now = len(self.program.calls)
        self.flush()

    def _view(self, call: Call) -> bool:
        if call.op is None or call.op.name not in _VIEWS or len(call.results) != 1:
            return False
        result, source = call.results[0][1], call.args[0]
        if source.__class__ is not Value or len(list(call.reads())) != 1 or call.effect:
            return False
        if result.base.number != source.base.number or result.strides is None:
            return False
        if self.group is not None and source.number in self.group.own:
            self.close()
        place = self.place(source)
        if place is None:
            return False
        array = call.function(place.array, *call.args[1:], **call.kwargs)
        if array.strides != result.strides or array.shape != result.shape:
            return False
        offset = _start(array) - _start(place.array)
        self.places[result.number] = Place(array, place.local, place.offset + offset)
        self.views[result.number] = call
        return True

    def _elementwise(self, call: Call) -> bool:
        found = None if call.effect else operands(call)
        if found is None:
            return False
        instruction, arguments = found
        result = call.results[0][1]
        if self.group is not None and not self.group.fits(result):
            self.close()
        own = self.group.own if self.group is not None else set()
        for argument in arguments:
            if argument.__class__ is Value and argument.number not in own:
                if argument.base.number in own:
                    self.close()
                    own = set()
                if self.place(argument) is None:
                    return False
        if self.group is None:
            self.group = Group(result)
        self.group.add(instruction, arguments, result)
        return True

    def _product(self, call: Call) -> bool:
        name = call.op.name if call.op is not None else ""
        if name not in ("matmul", "linear") or len(call.args) < 2:
            return False
        result = call.results[0][1]
        a, b, bias = (*call.args, None)[:3]
        if any(v.__class__ is not Value or v.dtype is not result.dtype for v in (a, b)):
            return False
        if result.dtype not in ONE or 0 in (*a.shape, *b.shape):
            return False
        flat = len(b.shape) == 2 and len(a.shape) > 2
        if not (len(a.shape) == len(b.shape) == 2 or flat or name == "matmul" and len(
                a.shape) == len(b.shape) == 3 and a.shape[0] == b.shape[0]):
            return False
        self.close()
        before = len(self.used)
        left, right = self._operand(a), self._operand(b)
        offset = _NONE if bias is None else self._operand(bias)
        if left is None or right is None or offset is None or not offset.flags.c_contiguous or (
                flat and not left.flags.c_contiguous):
            del self.used[before:]  # nothing will read them here
            return False
        if flat:
            left = self._derived(a, left.reshape(-1, a.shape[-1]))
        if name == "linear":
            right = self._derived(b, right.T)
        out = self.room(result)
        if flat:
            out = self._derived(result, out.reshape(-1, result.shape[-1]))
        one = ONE[result.dtype]
        work = int(np.prod(a.shape, dtype=np.int64)) * result.shape[-1]
        self.launch(matmul._gemm, result.dtype, (matmul.tools(one), left, right, offset, out),
                    work >= matmul.SHARED)
        return True

    def _sum(self, call: Call) -> bool:
        name = call.op.name if call.op is not None else ""
        if name not in ("sum", "sum_to_size") or call.effect:
            return False
        x, result = call.args[0], call.results[0][1]
        if x.__class__ is not Value or x.dtype is not result.dtype or x.dtype.char not in "fd":
            return False
        size = int(np.prod(x.shape, dtype=np.int64))
        plan = _middle(call, x, result)
        if plan is None or size >= _LARGE_SUM or size == 0:
            return False
        self.close()
        place = self.place(x)
        if place is None or not place.array.flags.c_contiguous:
            return False
        arrays = self._operand(x), np.array(plan), self.room(result)
        self.launch(sweep.sums, result.dtype, arrays, False)
        return True

    # ---- launches ------------------------------------------------------------------------------

    def launch(self, kernel, dtype, arrays: tuple, parallel: bool) -> None:
        """One more launch, in the order of the program."""
        self.launches.append((kernel, dtype, arrays, parallel))

    def close(self) -> None:
        """End the sweep that is being collected."""
        group, self.group = self.group, None
        if group is None:
            return
        def needed(value: Value) -> bool:
            return (value.base.number in self.leaving
                    or self.last_use.get(value.number, -1) >= self.now)

        def array(value: Value) -> np.ndarray:
            if value.number in group.own:
                return self.room(value)
            return self._operand(value)  # type: ignore[return-value]

        rooms: dict[int, np.ndarray] = {}

        def once(value: Value) -> np.ndarray:
            if value.number not in rooms:
                rooms[value.number] = array(value)
            return rooms[value.number]

        code, constants, arrays = group.written(_NAMES, sweep.HEAD, needed, once)
        self.launch(sweep.sweep, group.dtype, (code, constants, *arrays),
                    int(code[0]) * len(group.calls) >= sweep.SHARED)

    def flush(self) -> None:
        """Write the launches so far as one line, with the memory they need."""
        self.close()
        if not self.launches:
            return
        for value in self.fresh:
            self.lines.append(f"{self.define(value)} = empty({value.shape}, "
                              f"{self.constant(value.dtype)})")
        sources: list[int] = []
        moved: list[tuple] = []
        for place in self.used:
            if place.local >= 0 and id(place.array) not in self.pointed:
                self.pointed.add(id(place.array))
                self._settle(self.program.values[place.local])
                if place.local not in sources:
                    sources.append(place.local)
                moved.append((place.array, sources.index(place.local), place.offset))
        launches = Launches(self.launches, moved)
        self.lines.append(f"{self.constant(launches)}(("
                          + "".join(f"v{n}, " for n in sources) + "))")
        self.launches, self.fresh, self.used = [], [], []

    def _settle(self, value: Value) -> None:
        """Have the local of a value that Python made, laid out as it was recorded."""
        name = self.value(value)
        if value.kind in ("made", "gradient") and value not in self.fresh:
            strides = self.constant(value.strides)
            self.names["laid_out"] = laid_out
            self.lines.append(f"if {name}.strides != {strides}: "
                              f"{name} = laid_out({name}, {value.shape}, {strides})")

    # ---- memory --------------------------------------------------------------------------------

    def place(self, value: Value) -> Place | None:
        """Where a value lies, if a kernel can get at it."""
        if value.number in self.places:
            return self.places[value.number]
        if self.group is not None and value.number in self.group.own:
            self.close()
            return self.places[value.number]
        place: Place | None = None
        if value.is_array and value.dtype is not None and not value.dtype.hasobject:
            if value.kind == "state" or value.kind == "constant" and (
                    value.number not in self.changed):
                place = Place(array_of(value.source))
            elif value.kind == "view":
                source = self.place(value.source)
                if source is not None:
                    array = _seen(source.array, value)
                    place = Place(array, source.local, source.offset + value.offset)
            else:
                place = Place(_stand_in(value), value.number)
        self.places[value.number] = place
        return place

    def _operand(self, value) -> np.ndarray | None:
        place = self.place(value) if value.__class__ is Value else None
        if place is None:
            return None
        self.used.append(place)
        return place.array

    def _derived(self, value: Value, array: np.ndarray) -> np.ndarray:
        """Another view of a value's memory."""
        place = self.places[value.number]
        assert place is not None
        self.used.append(Place(array, place.local, place.offset))
        return array

    def room(self, value: Value) -> np.ndarray:
        """The array for a result of a launch: planned memory, or fresh where it leaves."""
        if value.base.number in self.leaving or value.base is not value:
            place = self.places[value.number] = Place(_stand_in(value), value.number)
            self.fresh.append(value)
            self.used.append(place)
            return place.array
        size = int(np.prod(value.shape, dtype=np.int64)) * value.dtype.itemsize
        block = next((b for b in self.free if size <= b.nbytes <= 4 * size + 4096), None)
        if block is None:
            block = np.empty(max(size, 64) + 64, np.uint8)
            block = block[-_start(block) % 64:][:max(size, 64)]
        else:
            self.free = [b for b in self.free if b is not block]
        self.held[value.number] = block
        array = block[:size].view(value.dtype).reshape(value.shape)
        self.places[value.number] = Place(array)
        return array

    def release(self) -> None:
        """Take back the blocks of what no later call reads."""
        for number in [n for n in self.held if self.last_use.get(n, -1) <= self.now]:
            self.free.append(self.held.pop(number))

    # ---- what Python sees ----------------------------------------------------------------------

    def value(self, value: Value) -> str:
        number = value.number
        if number in self.defined:
            return f"v{number}"
        place = self.places.get(number)
        if place is not None and place.local < 0 and value.kind != "view":
            return self.constant(place.array)
        if number in self.views:
            call = self.views[number]
            self.defined.add(number)
            args = ", ".join([self.expression(arg) for arg in call.args] + [
                f"{name}={self.expression(arg)}" for name, arg in call.kwargs.items()])
            self.lines.append(f"v{number} = {self.constant(call.function)}({args})")
            return f"v{number}"
        return super().value(value)


def _start(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


def _stand_in(value: Value) -> np.ndarray:
    """An array laid out as a value, on memory that nobody reads: its pointer is set later."""
    assert value.shape is not None and value.strides is not None
    return np.lib.stride_tricks.as_strided(np.empty(1, value.dtype), value.shape, value.strides)


def _seen(array: np.ndarray, value: Value) -> np.ndarray:
    """A view of an array's memory as the value shows it."""
    first = np.lib.stride_tricks.as_strided(array, (1,), (array.dtype.itemsize,))
    interface = {"data": (_start(first) + value.offset, False), "shape": value.shape,
                 "strides": value.strides, "typestr": value.dtype.str, "version": 3}
    return np.asarray(_Shown(interface, array))


def laid_out(array: np.ndarray, shape: tuple, strides: tuple) -> np.ndarray:
    """A copy in the layout that kernels expect."""
    order = sorted(range(len(shape)), key=lambda i: -strides[i])
    copy = np.empty([shape[i] for i in order], array.dtype)
    copy = copy.transpose(np.argsort(order)) if order else copy
    copy[...] = array
    if copy.strides != strides:
        raise RuntimeError(f"compile: an array {shape} came with other strides than recorded")
    return copy


class _Shown:
    def __init__(self, interface: dict, owner: Any) -> None:
        self.__array_interface__, self.owner = interface, owner


def _middle(call: Call, x: Value, result: Value) -> list[int] | None:
    """[outer, length, inner] where the summed dimensions stand together, else None."""
    if call.op.name == "sum_to_size":
        lead = len(x.shape) - len(result.shape)
        summed = [i for i in range(len(x.shape)) if i < lead
                  or result.shape[i - lead] == 1 and x.shape[i] != 1]
    else:
        dim = call.args[1] if len(call.args) > 1 else call.kwargs.get("dim")
        dims = range(len(x.shape)) if dim is None or dim == () else (
            dim if isinstance(dim, (tuple, list)) else (dim,))
        summed = sorted(d % max(len(x.shape), 1) for d in dims)
    if summed and summed != list(range(summed[0], summed[-1] + 1)):
        return None
    first, last = (summed[0], summed[-1] + 1) if summed else (len(x.shape), len(x.shape))
    return [int(np.prod(part, dtype=np.int64)) for part in (
        x.shape[:first], x.shape[first:last], x.shape[last:])]
