"""The graph that is written: tensors by their names, operators in the order of their calls."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compiler.program import Program, Value
from ..tensors import Tensor


class Changing:
    """A whole number that is `low` in one recording and `high` in another, whose inputs differ in
    the axes that may have any size."""

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    def __repr__(self) -> str:
        return f"{self.low} or {self.high}"

    def __eq__(self, other) -> bool:
        return isinstance(other, Changing) and (self.low, self.high) == (other.low, other.high)

    def __hash__(self) -> int:
        return hash((self.low, self.high))

    def __index__(self) -> int:
        raise RuntimeError(f"a number here follows a size of the inputs, {self}, and ONNX takes "
                           "it fixed; leave that axis out of dynamic_axes")


class Graph:
    """Nodes and constants of an ONNX graph.

    `program` and `other` are two recordings of the same calls, whose inputs may differ in size;
    `held` are the names of Tensors that outlive the run, by id, `wanted` those of the outputs, by
    the numbers of their values.  `results` are what the call gives that is being written.
    """

    def __init__(self, program: Program, other: Program, held: dict[int, str],
                 wanted: dict[int, str]) -> None:
        self.program, self.other, self.held, self.wanted = program, other, held, wanted
        self.results: list[Value] = []
        self.nodes: list[Any] = []
        self.initializers: dict[str, Any] = {}
        self.names: dict[int, str] = {}  # number of a value -> its name
        # A size -> the input and the axis that has it, and its name.
        self.axes: dict[Changing, tuple[str, int, str]] = {}
        self._constants: dict[tuple, str] = {}
        self._count: dict[str, int] = {}

    @property
    def result(self) -> Value:
        """The first result of the call that is being written."""
        return self.results[0]

    # ---- tensors -------------------------------------------------------------------------------

    def shape(self, value: Value) -> list:
        """The sizes of a value; Changing where the recordings differ."""
        return [n if n == m else Changing(n, m)
                for n, m in zip(value.shape, self.other.values[value.number].shape, strict=True)]

    def told(self, name: str, value: Value):
        """What ONNX is told about an input or output."""
        import onnx

        sizes = [n if not isinstance(n, Changing) else self.axes[n][2] if n in self.axes else
                 f"{name}_axis_{i}" for i, n in enumerate(self.shape(value))]
        return onnx.helper.make_tensor_value_info(name, self.kind(value.dtype), sizes)

    def made(self, value: Value, name) -> None:
        """Let a name stand for a value; one that is an output, and made just now, is renamed."""
        name = self.name(name)
        wanted = self.wanted.get(value.number)
        last = self.nodes[-1].output if self.nodes else []
        if wanted is not None and name in last and wanted not in self.names.values():
            last[list(last).index(name)] = name = wanted
        self.names[value.number] = name

    def result_as(self, value: Value, name: str):
        """Let a value be the output of this name."""
        import onnx

        try:
            held = self.name(value)
        except RuntimeError as error:
            raise RuntimeError(f"onnx.export: {error}") from None
        if held != name:
            self.nodes.append(onnx.helper.make_node("Identity", [held], [name]))
        return self.told(name, value)

    def name(self, value, like=None) -> str:
        """The name of a value, a name itself, an array or a number; numbers get `like`'s dtype."""
        if isinstance(value, str):
            return value
        if isinstance(value, Value):
            if value.number not in self.names:
                self.names[value.number] = self._held(value)
            return self.names[value.number]
        return self.constant(np.asarray(value, like if isinstance(value, (int, float)) and not (
            isinstance(value, np.generic)) else None))

    def prune(self, outputs: list[str]) -> None:
        """Leave out operators and constants that no output needs."""
        needed, kept = set(outputs), []
        for node in reversed(self.nodes):
            if needed.intersection(node.output):
                kept.append(node)
                needed.update(node.input)
        self.nodes = kept[::-1]
        self.initializers = {name: held for name, held in self.initializers.items()
                             if name in needed}

    def constant(self, array, name: str = "") -> str:
        """The name of an array that is part of the file; equal small ones are there once."""
        import onnx

        array = np.asarray(array)
        key = (array.dtype.str, array.shape, array.tobytes()) if array.size < 64 else None
        if not name and key in self._constants:
            return self._constants[key]
        given = name or self.fresh("constant")
        if given not in self.initializers:
            self.initializers[given] = onnx.numpy_helper.from_array(
                np.array(array, array.dtype.newbyteorder("="), order="C"), given)
        if key is not None and not name:
            self._constants[key] = given
        return given

    def _held(self, value: Value) -> str:
        """A value that no call has made: a parameter, a buffer, or an array of the function's."""
        if value.kind == "made":
            raise RuntimeError(f"what {value.source.lstrip('_')} gives beside its first result has "
                               "no operator")
        if value.kind == "view" and value.base.kind in ("made", "argument"):
            if (value.shape, value.strides, value.offset) == (value.base.shape,
                                                              value.base.strides, 0):
                return self.name(value.base)
            raise RuntimeError("memory that is shown in another way has no operator")
        array = content(value)
        if isinstance(value.source, Tensor) and id(value.source) in self.held:
            return self.constant(array, self.held[id(value.source)])
        other = content(self.other.values[value.number])
        if array.shape == other.shape and array.tobytes() == other.tobytes():
            return self.constant(array)
        sizes = self.sizes(self.shape(value))
        if array.size and (array == array.flat[0]).all() and (other == array.flat[0]).all():
            return self.emit("Expand", self.constant(array.reshape(-1)[0]), sizes)
        if all(a.ndim == 1 and (a == np.arange(len(a))).all() for a in (array, other)):
            stop = self.emit("Cast", self.emit("Squeeze", sizes), to=self.kind(array.dtype))
            return self.emit("Range", np.asarray(0, array.dtype), stop,
                             np.asarray(1, array.dtype))
        raise RuntimeError(f"numbers of shape {array.shape} that the model holds follow a size of "
                           "its inputs; leave that axis out of dynamic_axes")

    def sizes(self, shape) -> str:
        """Sizes as a tensor of int64, those that change read from the inputs."""
        if not any(isinstance(n, Changing) for n in shape):
            return self.constant(np.array(shape, np.int64))
        parts = []
        for n in shape:
            if not isinstance(n, Changing):
                parts.append(np.array([n], np.int64))
            elif n in self.axes:
                source, axis, _ = self.axes[n]
                parts.append(self.emit("Shape", source, start=axis, end=axis + 1))
            else:
                raise RuntimeError(f"a size, {n}, is not that of an axis in dynamic_axes; leave "
                                   "the axis that it follows out")
        return self.emit("Concat", *parts, axis=0) if len(parts) > 1 else str(parts[0])

    def reshaped(self, value, shape) -> str:
        """A tensor in a shape, of which one size that changes need not be known."""
        changing = [n for n in shape if isinstance(n, Changing)]
        if len(changing) == 1:
            shape = [-1 if isinstance(n, Changing) else n for n in shape]
        return self.emit("Reshape", value, self.sizes(shape), allowzero=int(0 in shape))

    # ---- operators -----------------------------------------------------------------------------

    def emit(self, operator: str, *inputs, outputs: int = 1, **attributes):
        """Write an operator: the name of what it gives, a tuple of names for several outputs.

        Inputs are values, names, arrays, None for those left out, and numbers, which get the dtype
        of the first input.
        """
        import onnx

        like = next((part.dtype for part in inputs if isinstance(part, (Value, np.ndarray))), None)
        given = ["" if part is None else self.name(part, like) for part in inputs]
        while given and not given[-1]:
            given.pop()
        names = [self.fresh(operator.lower()) for _ in range(outputs)]
        self.nodes.append(onnx.helper.make_node(operator, given, names, names[0], **attributes))
        return names[0] if outputs == 1 else tuple(names)

    def fresh(self, stem: str) -> str:
        """A name that nothing has yet."""
        count = self._count[stem] = self._count.get(stem, 0) + 1
        return f"{stem}_{count}"

    @staticmethod
    def kind(dtype) -> int:
        """ONNX's number of a dtype."""
        import onnx

        return onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))

    def cast(self, value, dtype) -> str:
        """A value as another dtype, itself where it has that already."""
        if isinstance(value, Value) and value.dtype == dtype:
            return self.name(value)
        if not isinstance(value, (Value, str)):
            return self.constant(np.asarray(value, dtype))
        return self.emit("Cast", value, to=self.kind(dtype))


def content(value: Value) -> np.ndarray:
    """The numbers of a value that no call has made."""
    base = value.base.source
    array = base._array if isinstance(base, Tensor) else base
    if value.base is value:
        return array
    if not array.size:
        return np.empty(value.shape, value.dtype)
    return np.lib.stride_tricks.as_strided(
        np.ndarray((1,), value.dtype, array, value.offset), value.shape, value.strides)
