"""Where the values of a program lie, and the lists of launches between its lines of Python.

What a program's calls make lies in blocks of memory that are planned here: a block is used again
once nothing reads what it holds.  What leaves the step (results, gradients) gets fresh memory at
each replay, and what Python makes lies anywhere; in the tuples that kernels get, stand-ins are in
the place of both, and are pointed to the memory when it is known.
"""

from __future__ import annotations

import numpy as np

from ..kernels.compiled import sweep
from ..kernels.compiled.replay import Launch, Launches
from .program import Call, Program, Value
from .replay import Writer, array_of, shown
from .sweeps import Group

NAMES = {name: i for i, name in enumerate(sweep.NAMES)}


class Place:
    """Where a value lies: `array` to put into tuples; where it is a stand-in, the name of the
    local that holds the memory at a replay, and how many bytes from its first element."""

    __slots__ = ("array", "local", "offset")

    def __init__(self, array: np.ndarray, local: int = -1, offset: int = 0) -> None:
        self.array, self.local, self.offset = array, local, offset


class PlanningWriter(Writer):
    """What a writer of launches needs: places, memory, lists."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.names["empty"] = np.empty
        self.places: dict[int, Place | None] = {}
        self.views: dict[int, Call] = {}  # values that are views: how Python makes them
        self.launches: list[Launch] = []
        self.marks: list[tuple] = []  # (array, place, value): integers to write before launches
        self.fresh: list[Value] = []
        self.group: Group | None = None
        self.pointed: set[int] = set()  # ids of stand-ins that point to this replay's memory
        self.used: list[Place] = []
        self.free: list[np.ndarray] = []
        self.held: dict[int, np.ndarray] = {}  # number of a base -> its block
        self.now = 0
        self.unneeded: list[int] = []  # values that launches not yet written may read
        self.last_use = {n: i for i, numbers in self.last.items() for n in numbers}

    def drop(self, numbers: list[int]) -> None:
        self.unneeded += numbers
        if not self.launches and self.group is None:
            super().drop(self.unneeded)
            self.unneeded = []

    def end(self) -> None:
        self.now = len(self.program.calls)
        self.flush()

    # ---- launches ------------------------------------------------------------------------------

    def launch(self, kernel, dtype, arrays: tuple, parallel: bool, flag=None) -> Launch:
        """One more launch, in the order of the program."""
        self.launches.append(Launch(kernel, dtype, arrays, parallel, flag))
        return self.launches[-1]

    def close(self) -> None:
        """End the sweep that is being collected."""
        group, self.group = self.group, None
        if group is None:
            return
        def needed(value: Value) -> bool:
            return (value.base.number in self.leaving
                    or self.last_use.get(value.number, -1) >= self.now)

        heirs = self._heirs(group, needed)

        def array(value: Value) -> np.ndarray:
            if value.number in heirs:
                self.held[value.number] = self.held.pop(heirs[value.number])
                self.places[value.number] = Place(self.settled(heirs[value.number]).array)
                return self.settled(value.number).array
            if value.number in group.own:
                return self.room(value)
            return self._operand(value)  # type: ignore[return-value]

        rooms: dict[int, np.ndarray] = {}

        def once(value: Value) -> np.ndarray:
            if value.number not in rooms:
                rooms[value.number] = array(value)
            return rooms[value.number]

        code, constants, arrays = group.written(NAMES, sweep.HEAD, needed, once)
        self.launch(sweep.sweep, group.dtype, (code, constants, *arrays),
                    int(code[0]) * len(group.calls) >= sweep.SHARED)

    def _heirs(self, group: Group, needed) -> dict[int, int]:
        """Results that may be written over an operand, which nothing reads from then on."""
        last: dict[int, int] = {}
        views: set[int] = set()
        for i, (_, arguments, _) in enumerate(group.calls):
            for value in arguments:
                if value.__class__ is Value:
                    last[value.base.number] = i
                    if value is not value.base:
                        views.add(value.base.number)
        for number in views:
            del last[number]
        heirs: dict[int, int] = {}
        for i, (_, _, result) in enumerate(group.calls):
            if not needed(result) or result.base.number in self.leaving:
                continue
            for number, read in list(last.items()):
                if (read <= i and number in self.held
                        and self.last_use.get(number, self.now) < self.now
                        and self.settled(number).array.shape == group.shape
                        and self.settled(number).array.dtype is group.dtype
                        and self.settled(number).array.flags.c_contiguous):
                    heirs[result.number] = number
                    del last[number]
                    break
        return heirs

    def flush(self) -> None:
        """Write the launches so far as one line, with the memory they need."""
        self.close()
        if not self.launches:
            self.used = []  # of calls that have become lines of Python after all
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
        for array, at, value in self.marks:
            self.lines.append(f"{self.constant(array)}[{at}] = {self.value(value)}")
        launches = Launches(self.launches, moved)
        self.lines.append(f"{self.constant(launches)}(("
                          + "".join(f"v{n}, " for n in sources) + "))")
        self.launches, self.fresh, self.used, self.marks = [], [], [], []

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
                    array = shown(source.array, value.shape, value.strides, value.offset,
                                  value.dtype)
                    place = Place(array, source.local, source.offset + value.offset)
            else:
                place = Place(_stand_in(value), value.number)
        self.places[value.number] = place
        return place

    def settled(self, number: int) -> Place:
        """Where a value lies for which a place was found before."""
        place = self.places[number]
        assert place is not None
        return place

    def _operand(self, value) -> np.ndarray | None:
        place = self.place(value) if value.__class__ is Value else None
        if place is None:
            return None
        self.used.append(place)
        return place.array

    def _derived(self, value: Value, array: np.ndarray) -> np.ndarray:
        """Another view of a value's memory."""
        place = self.settled(value.number)
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
        self.held[value.number] = block = self.block(size)
        array = block[:size].view(value.dtype).reshape(value.shape)
        self.places[value.number] = Place(array)
        return array

    def block(self, size: int) -> np.ndarray:
        """Memory that nothing needs, of so many bytes: the smallest block that is enough and not
        much too large."""
        size = max(-(-size // 64) * 64, 64)
        fitting = [free for free in self.free if size <= free.nbytes <= 4 * size + 4096]
        if fitting:
            found = min(fitting, key=lambda free: free.nbytes)
            self.free = [free for free in self.free if free is not found]
            return found
        whole = np.empty(size + 64, np.uint8)
        return whole[-start_of(whole) % 64:][:size]

    def shown(self, place: Place, shape: tuple, strides: tuple, offset: int, dtype) -> np.ndarray:
        """An array of this layout, `offset` bytes behind the first element of a place."""
        if place.local < 0:
            return shown(place.array, shape, strides, offset, dtype)
        array = _laid_out_as(shape, strides, dtype)
        self.used.append(Place(array, place.local, place.offset + offset))
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
            return self.constant(place.array) + ("" if value.is_array else ".item()")
        if number in self.views:
            call = self.views[number]
            self.defined.add(number)
            args = ", ".join([self.expression(arg) for arg in call.args] + [
                f"{name}={self.expression(arg)}" for name, arg in call.kwargs.items()])
            self.lines.append(f"v{number} = {self.constant(call.function)}({args})")
            return f"v{number}"
        if place is not None and place.local not in (-1, number) and value.kind == "made":
            base = self.value(self.program.values[place.local])
            self.defined.add(number)
            self.lines.append(f"v{number} = shown({base}, {value.shape}, {value.strides}, "
                              f"{place.offset}, {self.constant(value.dtype)})")
            return f"v{number}"
        return super().value(value)


def base_of(array: np.ndarray) -> np.ndarray:
    """The array whose memory an array shows."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def start_of(array: np.ndarray) -> int:
    """The address of an array's first element."""
    return array.__array_interface__["data"][0]


def _stand_in(value: Value) -> np.ndarray:
    """An array laid out as a value, on memory that nobody reads: its pointer is set later."""
    return _laid_out_as(value.shape, value.strides, value.dtype)


def _laid_out_as(shape: tuple, strides: tuple, dtype) -> np.ndarray:
    return np.lib.stride_tricks.as_strided(np.empty(1, dtype), shape, strides)


def laid_out(array: np.ndarray, shape: tuple, strides: tuple) -> np.ndarray:
    """A copy in the layout that kernels expect."""
    order = sorted(range(len(shape)), key=lambda i: -strides[i])
    copy = np.empty([shape[i] for i in order], array.dtype)
    copy = copy.transpose(np.argsort(order)) if order else copy
    copy[...] = array
    if copy.strides != strides:
        raise RuntimeError(f"compile: an array {shape} came with other strides than recorded")
    return copy


