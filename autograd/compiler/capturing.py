"""Captured calls, whose launches go into the lists of a program."""

from __future__ import annotations

import numpy as np

from ..kernels.compiled import copies
from .capture import Captured, at_path, captured, flag_of
from .planning import Place, PlanningWriter, base_of, start_of
from .program import Call, Value


class CapturingWriter(PlanningWriter):
    """A writer that knows what calls launch."""

    def capture(self, call: Call) -> bool:
        """Whether the call is nothing but launches, which are then written."""
        found = captured(call)
        if found is None:
            return False
        if found.launches:
            self.close()
        if any(self.place(each.value) is None or each.copied and each.array.itemsize not in
               copies._BY_SIZE for each in found.inputs.values()):
            return False
        _Moving(self, found).write()
        return True


class _Moving:
    """Puts the launches of a capture on the memory of a program."""

    def __init__(self, writer: CapturingWriter, found: Captured) -> None:
        self.writer, self.found = writer, found
        self.regions: list[tuple[int, int, Place]] = []  # memory of the capture, and its place

    def write(self) -> None:
        """Write the launches, and where the results lie."""
        writer, found = self.writer, self.found
        inputs = [self._input(each) for each in found.inputs.values()]
        own: dict[int, list[tuple[Value, np.ndarray]]] = {}
        for value, array in found.results:
            if self._place_of(array) is None:
                own.setdefault(id(base_of(array)), []).append((value, array))
        for results in own.values():
            self._room(results)
        for value, array in found.results:
            if value.number not in writer.places:
                writer.places[value.number] = self._seen(array)
        blocks = [writer.block(room.nbytes) for room in found.rooms]
        for room, block in zip(found.rooms, blocks, strict=True):
            self._region(room, Place(block))
        self._launch()
        writer.free += [block for block in (*blocks, *inputs) if block is not None]
        writer.marks += found.marks

    def _input(self, each) -> np.ndarray | None:
        """The memory of an input; a block for a copy of it, where the launches are for one."""
        value, writer = each.value, self.writer
        array = writer._operand(value)
        assert array is not None
        if not each.copied:
            self._region(each.memory, writer.settled(value.number))
            return None
        block = writer.block(each.memory.nbytes)
        copy = block[:each.memory.nbytes].view(array.dtype).reshape(array.shape)
        one = copies._BY_SIZE[array.itemsize]
        plan = copies._plan(array.shape, copy.strides, array.strides, array.itemsize)
        writer.launch(copies._copy, np.dtype(type(one)), (plan, copy, array),
                      copy.size >= copies.SHARED["copy_"])
        self._region(each.memory, Place(copy))
        return block

    def _launch(self) -> None:
        launches = self.found.launches
        for i, (kernel, one, arrays, parallel) in enumerate(launches):
            flag = flag_of(kernel, arrays)
            written = self.writer.launch(kernel, np.dtype(type(one)), tuple(
                [self._moved(array) for array in arrays]), parallel, flag)
            if flag is not None:
                written.mend = self._mending(len(launches) - i - 1)

    def _mending(self, rest: int):
        """What makes the call itself, in the place of its launches."""
        call, settled = self.found.call, self.writer.settled
        arrays = {value.number: settled(value.number).array for value in (
            *(each.value for each in self.found.inputs.values()),
            *(value for value, _ in self.found.results))}
        args, kwargs = self.found.arguments(lambda value: arrays[value.number])

        def mend() -> int:
            made = call.function(*args, **kwargs)
            for path, value in call.results:
                arrays[value.number][...] = at_path(made, path)
            return rest

        return mend

    def _region(self, memory: np.ndarray, place: Place) -> None:
        start = start_of(memory)
        self.regions.append((start, start + memory.nbytes, place))

    def _place_of(self, array: np.ndarray) -> tuple[Place, int] | None:
        """The place of the memory that an array shows, and how many bytes from its start."""
        at = start_of(array)
        for start, stop, place in self.regions:
            if start <= at < stop:
                return place, at - start
        return None

    def _room(self, results: list[tuple[Value, np.ndarray]]) -> None:
        """Memory for the results that lie in one array of the capture."""
        writer, memory = self.writer, base_of(results[0][1])
        value, array = results[0]
        whole = len(results) == 1 and array.flags.c_contiguous and array.nbytes == memory.nbytes
        if not whole:
            like = np.empty(0, memory.dtype)
            value = Value(len(writer.program.values), "made", None, like)
            value.shape = (memory.size,)
            writer.program.values.append(value)
            writer.last_use[value.number] = max(
                writer.last_use.get(number, -1) for each, _ in results
                for number in (each.number, each.base.number))
            if any(each.base.number in writer.leaving for each, _ in results):
                writer.leaving.add(value.number)
        writer.room(value)
        self._region(memory, writer.settled(value.number))

    def _seen(self, array: np.ndarray) -> Place:
        """The place of a result that is a view."""
        place, offset = self._place_of(array)  # type: ignore[misc]
        view = self.writer.shown(place, array.shape, array.strides, offset, array.dtype)
        return Place(view, place.local, place.offset + offset)

    def _moved(self, array):
        """An array of a launch, where the program has it."""
        if not isinstance(array, np.ndarray) or array.size == 0:
            return array
        found = self._place_of(array)
        if found is None:
            return array
        return self.writer.shown(found[0], array.shape, array.strides, found[1], array.dtype)
