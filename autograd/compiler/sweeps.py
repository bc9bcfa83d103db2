"""Neighbouring elementwise calls, which become one list of instructions for `kernels...sweep`.

A result that only the same group reads lives in a register and takes no memory; one that others
read is written to its array.  Operands that are repeated along a dimension stay as small as they
are.
"""

from __future__ import annotations

import numpy as np

from .program import Call, Value
from .walk import own_copy

# Each op's name among the instructions, and how many of its arguments are operands.
INSTRUCTIONS = {
    "add": ("add", 2), "sub": ("sub", 2), "mul": ("mul", 2), "true_divide": ("div", 2),
    "neg": ("neg", 1), "square": ("square", 1), "exp": ("exp", 1), "log": ("log", 1),
    "tanh": ("tanh", 1), "sigmoid": ("sigmoid", 1), "relu": ("relu", 1),
    "relu_grad": ("relu_grad", 2), "sqrt": ("sqrt", 1), "reciprocal": ("reciprocal", 1),
    "abs": ("abs", 1), "safe_mul": ("safe_mul", 2), "safe_div": ("safe_div", 2),
    "maximum": ("maximum", 2), "minimum": ("minimum", 2), "clone": ("copy", 1),
}


def operands(call: Call) -> tuple[str, tuple] | None:
    """The instruction of an elementwise call and its operands; None for other calls."""
    name = call.op.name if call.op is not None else "clone" * (call.function is own_copy)
    if name == "pow" and call.args[1:] == (2,):
        name = "square"
    if name not in INSTRUCTIONS or call.kwargs.get("alpha", 1) != 1 or len(call.results) != 1:
        return None
    instruction, count = INSTRUCTIONS[name]
    result = call.results[0][1]
    if not result.is_array or result.dtype.char not in "fd" or 0 in result.shape:
        return None
    if result.strides != contiguous(result.shape, result.dtype.itemsize):
        return None
    for argument in call.args[:count]:
        if argument.__class__ is Value:
            if argument.dtype is not result.dtype or pattern(argument, result.shape) is None:
                return None
        elif argument.__class__ not in (int, float) and not isinstance(argument, np.generic):
            return None
    return instruction, call.args[:count]


def contiguous(shape: tuple, itemsize: int) -> tuple:
    """The strides of a row-major array."""
    strides = []
    for n in reversed(shape):
        strides.append(itemsize)
        itemsize *= n
    return tuple(strides[::-1])


def pattern(value: Value, shape: tuple) -> tuple[str, int] | None:
    """How an operand is repeated in an array of this shape, and along how many numbers."""
    assert value.dtype is not None and value.shape is not None
    width = value.dtype.itemsize
    lead = len(shape) - len(value.shape)
    steps = [0 if i < lead or value.shape[i - lead] == 1 else value.strides[i - lead]
             for i in range(len(shape))]
    real = [(n, step) for n, step in zip(shape, steps, strict=True) if n != 1]
    if not any(step for _, step in real):
        return "scalar", 1
    at = [i for i, (_, step) in enumerate(real) if step]
    first, last = at[0], at[-1] + 1
    expected = width
    for n, step in reversed(real[first:last]):
        if step != expected:
            return None
        expected *= n
    inner = int(np.prod([n for n, _ in real[last:]], dtype=np.int64))
    row = int(np.prod([n for n, _ in real[first:last]], dtype=np.int64))
    if inner == 1:
        return ("copy", 1) if first == 0 else ("row", row)
    return ("column", inner) if first == 0 else None


class Group:
    """Elementwise calls of one shape and dtype."""

    def __init__(self, like: Value) -> None:
        self.shape, self.dtype = like.shape, like.dtype
        self.calls: list[tuple[str, tuple, Value]] = []  # instruction, operands, result
        self.own: set[int] = set()  # numbers of the results

    def fits(self, result: Value) -> bool:
        """Whether a call with this result belongs in here."""
        return result.shape == self.shape and result.dtype is self.dtype and len(self.calls) < 2000

    def add(self, instruction: str, arguments: tuple, result: Value) -> None:
        """One more call."""
        self.calls.append((instruction, arguments, result))
        self.own.add(result.number)

    def written(self, names: dict[str, int], head: int, needed, array_of) -> tuple:
        """(code, constants, arrays) for the kernel; `needed(value)` tells of a result whether
        others read it, `array_of(value)` gives an array."""
        return _Code(self, names, needed, array_of).finish(head)


class _Code:
    """Writes the instructions of a group."""

    def __init__(self, group: Group, names: dict[str, int], needed, array_of) -> None:
        self.group, self.names, self.array_of = group, names, array_of
        self.rows: list[tuple] = []
        self.constants: list[float] = []
        self.arrays: list[np.ndarray] = []
        self.places: dict = {}  # what is already in a register or array -> its place
        self.free: list[int] = []
        self.registers = 0
        last: dict = {}
        for i, (_, arguments, _) in enumerate(group.calls):
            for argument in arguments:
                last[self._key(argument)] = i
        for i, (instruction, arguments, result) in enumerate(group.calls):
            self._instruction(instruction, arguments, result, needed(result))
            for key in {self._key(argument) for argument in arguments}:
                if last[key] == i and self.places.get(key, -1) >= 0:
                    self.free.append(self.places.pop(key))
            if not needed(result) and result.number not in last:
                self.free.append(self.places.pop(result.number))

    @staticmethod
    def _key(argument):
        if argument.__class__ is Value:
            return argument.number
        return "number", float(argument), str(float(argument))  # zeros have a sign

    def _register(self) -> int:
        if self.free:
            return self.free.pop()
        self.registers += 1
        return self.registers - 1

    def _array(self, value: Value) -> int:
        array = self.array_of(value)
        for i, known in enumerate(self.arrays):
            if known is array:
                return -1 - i
        self.arrays.append(array)
        return -len(self.arrays)

    def _place(self, argument) -> int:
        """Where an operand is, loaded if it has to be repeated."""
        key = self._key(argument)
        if key in self.places:
            return self.places[key]
        if argument.__class__ is not Value:
            place = self._register()
            self.rows.append((self.names["constant"], place, len(self.constants), 0, 0))
            self.constants.append(float(argument))
        else:
            kind, count = pattern(argument, self.group.shape)  # type: ignore[misc]
            array = self._array(argument)
            if kind == "copy":
                place = array
            else:
                place = self._register()
                self.rows.append((self.names[kind], place, -array - 1, 0, count))
        self.places[key] = place
        return place

    def _instruction(self, instruction: str, arguments: tuple, result: Value, needed: bool) -> None:
        read = [self._place(argument) for argument in arguments]
        place = self._array(result) if needed else self._register()
        self.places[result.number] = place
        self.rows.append((self.names[instruction], place, read[0], read[-1], 0))

    def finish(self, head: int) -> tuple:
        numbers = int(np.prod(self.group.shape, dtype=np.int64))
        code = [numbers, len(self.rows), self.registers, len(self.constants)]
        assert len(code) == head
        for row in self.rows:
            code += row
        constants = np.array(self.constants or [0.0], self.group.dtype)
        return np.array(code, np.int64), constants, self.arrays
