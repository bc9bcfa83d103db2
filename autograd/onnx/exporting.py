"""From a model to a file of ONNX."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from inspect import signature
from itertools import zip_longest
from typing import Any

from ..compiler.compiled import recorded
from ..compiler.program import Boxed, Call, Program, Value, leaves
from ..errors import describe
from ..files import replacing
from ..modes import inference_mode
from ..ops.join import cat
from ..tensors import Tensor
from .calls import write
from .graph import Changing, Graph

OPSET = 18


def export(model: Callable, args: Any, f: Any = None, *, input_names: Sequence[str] | None = None,
           output_names: Sequence[str] | None = None,
           dynamic_axes: Mapping[str, Any] | None = None, opset_version: int = OPSET) -> Any:
    """The ONNX model of a module or function, run once on `args` in evaluation mode; it is written
    to `f`, a path or a binary file, where that is given.

    `args` is a Tensor or a tuple of arguments; a dict at its end holds those by name.
    `dynamic_axes` names the axes of inputs that may have any size, {"input": {0: "batch"}} or
    {"input": [0]}; all others keep the size they have here, as numbers keep their values.
    Needs the extra onnx: `pip install 'wengert[onnx]'`.

    Raises: ImportError without the extra; TypeError, ValueError for arguments that do not fit;
    RuntimeError for what has no operator, with the line that asked for it.
    Reference: https://onnx.ai/onnx/operators/, opset 18

    >>> model = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
    >>> file = autograd.onnx.export(model, autograd.ones(1, 3), dynamic_axes={"input": {0: "n"}})
    >>> [node.op_type for node in file.graph.node]
    ['Gemm', 'Relu']
    """
    onnx = _onnx()
    if opset_version != OPSET:
        raise ValueError(f"onnx.export: files are written for opset {OPSET}, got opset_version="
                         f"{opset_version!r}; onnx.version_converter changes it")
    args, kwargs = _arguments(args)
    inputs = _inputs(model, args, kwargs, input_names)
    axes = _axes(inputs, dynamic_axes)
    program, other, output = _recordings(model, args, kwargs, inputs, axes)
    names = _output_names(output, output_names)
    returned = _returned(program)
    graph = Graph(program, other, _held_names(model), dict(zip(
        [value.number for value in returned], names, strict=True)))
    given = _declared(graph, inputs, axes)
    for call, twin in zip(program.calls, other.calls, strict=True):
        write(graph, call, twin)
    results = [graph.result_as(value, name)
               for value, name in zip(returned, names, strict=True)]
    graph.prune(names)
    made = onnx.helper.make_graph(graph.nodes, type(model).__name__, given, results,
                                  list(graph.initializers.values()))
    file = onnx.helper.make_model(made, producer_name="wengert", ir_version=8,
                                  opset_imports=[onnx.helper.make_opsetid("", OPSET)])
    onnx.checker.check_model(file, full_check=True)
    _save(file, f)
    return file


def _onnx():
    try:
        import onnx
        import onnx.numpy_helper
    except ImportError as error:
        raise ImportError("onnx.export needs the package onnx: pip install 'wengert[onnx]'"
                          ) from error
    return onnx


def _save(file, f) -> None:
    if f is None:
        return
    if hasattr(f, "write"):
        f.write(file.SerializeToString())
    elif isinstance(f, (str, bytes, os.PathLike)):
        with replacing(f) as out:
            out.write(file.SerializeToString())
    else:
        raise TypeError(f"onnx.export: f must be a path or a binary file, got {describe(f)}")


def _arguments(args) -> tuple[tuple, dict]:
    args = args if isinstance(args, tuple) else (args,)
    if args and isinstance(args[-1], dict):
        return args[:-1], args[-1]
    return args, {}


def _inputs(model, args: tuple, kwargs: dict, names) -> dict[str, Tensor]:
    """The Tensors among the arguments by name: the parameters of forward, or those given."""
    try:
        known = list(signature(getattr(model, "forward", model)).parameters)
    except (TypeError, ValueError):
        known = []
    found: dict[str, Tensor] = {}
    for i, argument in enumerate([*args, *kwargs.values()]):
        stem = [*known[:len(args)], *[f"input_{j}" for j in range(len(known), len(args))],
                *kwargs][i]
        tensors = [leaf for leaf in leaves(argument) if isinstance(leaf, Tensor)]
        for j, tensor in enumerate(tensors):
            if any(tensor is other for other in found.values()):
                raise ValueError("onnx.export: the same tensor is given twice; pass a clone()")
            found[stem if len(tensors) == 1 else f"{stem}_{j}"] = tensor
    if not found:
        raise TypeError("onnx.export: args must hold a Tensor, got "
                        f"{', '.join(map(describe, args)) or 'nothing'}")
    if names is None:
        return found
    if len(names) != len(found):
        raise ValueError(f"onnx.export: input_names has {len(names)} names for {len(found)} "
                         f"inputs, {', '.join(found)}")
    return dict(zip(names, found.values(), strict=True))


def _axes(inputs: dict[str, Tensor], given) -> dict[str, dict[int, str]]:
    """Input -> axis that may have any size -> its name; what is said of outputs follows."""
    axes: dict[str, dict[int, str]] = {}
    for name, which in dict(given or {}).items():
        if name not in inputs:
            continue
        ndim = inputs[name].ndim
        named = which if isinstance(which, Mapping) else {i: f"{name}_axis_{i}" for i in which}
        for axis in named:
            if not isinstance(axis, int) or not -ndim <= axis < ndim:
                raise ValueError(f"onnx.export: dynamic_axes names axis {axis!r} of {name!r}, which"
                                 f" has {ndim} dimensions")
        axes[name] = {axis % ndim: label for axis, label in named.items()}
    if given and not axes:
        raise ValueError(f"onnx.export: dynamic_axes names {', '.join(map(repr, given))}; the "
                         f"inputs are {', '.join(map(repr, inputs))}")
    return axes


def _recordings(model, args: tuple, kwargs: dict, inputs: dict, axes: dict) -> tuple:
    """Two recordings of the same calls, the second with other sizes along `axes`, and what the
    first returned."""
    evaluating = getattr(model, "evaluating", nullcontext)
    with evaluating(), inference_mode():
        try:
            program, output = recorded(model, args, kwargs)
            if not axes:
                return program, program, output
            longer = {id(inputs[name]): _longer(inputs[name], axes[name]) for name in axes}
            other, _ = recorded(model, _replaced(args, longer), _replaced(kwargs, longer))
        except RuntimeError as error:
            raise RuntimeError(f"onnx.export: {error}") from error
    for a, b in zip_longest(program.calls, other.calls):
        if a is None or b is None or a.name != b.name or len(a.results) != len(b.results):
            call: Call = a or b
            raise RuntimeError(f"onnx.export: whether {call.name.lstrip('_')} at {call.where} is "
                               "called depends on the size of an axis in dynamic_axes")
    return program, other, output


def _longer(tensor: Tensor, axes: dict[int, str]) -> Tensor:
    """A tensor with one place more along some axes."""
    for axis in axes:
        tensor = cat([tensor, tensor.narrow(axis, 0, 1)], axis)
    return tensor


def _replaced(value, others: dict[int, Tensor]):
    if isinstance(value, Tensor):
        return others.get(id(value), value)
    if isinstance(value, dict):
        return {key: _replaced(part, others) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)([_replaced(part, others) for part in value])
    return value


def _held_names(model) -> dict[int, str]:
    """Id -> name of each parameter and buffer."""
    named = getattr(model, "state_dict", None)
    if named is None:
        return {}
    return {id(tensor): name for tensors in (model.named_parameters, model.named_buffers)
            for name, tensor in tensors()}


def _returned(program: Program) -> list[Value]:
    """The values that the model returned; a Tensor of its own stands there itself."""
    own = {id(value.source): value for value in program.values if value.kind == "state"}
    return [leaf.value if isinstance(leaf, Boxed) else own[id(leaf)]
            for leaf in leaves(program.output) if isinstance(leaf, (Boxed, Tensor))]


def _output_names(output, names) -> list[str]:
    count = sum(isinstance(leaf, Tensor) for leaf in leaves(output))
    if not count:
        raise RuntimeError(f"onnx.export: the model must return Tensors, got {describe(output)}")
    if names is None:
        return ["output"] if count == 1 else [f"output_{i}" for i in range(count)]
    if len(names) != count:
        raise ValueError(f"onnx.export: output_names has {len(names)} names for {count} outputs")
    return list(names)


def _declared(graph: Graph, inputs: dict[str, Tensor], axes: dict) -> list:
    """What ONNX is told about the inputs; their sizes become known by their axes."""
    numbers = _argument_numbers(graph.program, inputs)
    given = []
    for name, number in numbers.items():
        value = graph.program.values[number]
        graph.names[number] = name
        sizes = graph.shape(value)
        for axis, label in axes.get(name, {}).items():
            if isinstance(sizes[axis], Changing):
                graph.axes.setdefault(sizes[axis], (name, axis, label))
        given.append(graph.told(name, value))
    return given


def _argument_numbers(program: Program, inputs: dict) -> dict[str, int]:
    """Input -> the number of its value: arguments come first, in their order."""
    arguments = [value.number for value in program.values if value.kind == "argument"]
    return dict(zip(inputs, arguments, strict=True))
