"""What a model's layers take in, put out and cost: one run of it, watched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from autograd import Tensor
from autograd.errors import describe
from autograd.viz.style import short_count
from autograd.viz.trace import Call, Trace, arguments, timed, traced

from .module import Module
from .summary_table import html, short_bytes, table


class Row(NamedTuple):
    """One module: its place in the model, what it is, what it got and put out, its own parameters,
    and what all its calls cost: products summed up, memory kept, seconds if they were measured."""

    path: str
    description: str
    input: str
    output: str
    parameters: int
    multiply_adds: int
    nbytes: int
    seconds: float | None


class Summary:
    """What `summary` found; printing it shows the table, as wide as the terminal.

    total, trainable    numbers of parameters; shared ones count once
    nbytes              memory of the parameters
    multiply_adds       products summed up in one run
    activation_nbytes   memory that one run keeps for the backward pass
    size, width, depth  nodes, nodes of the widest layer, and number of the layers with parameters
    """

    def __init__(self, model: Module, trace: Trace, seconds: dict[Module, float]) -> None:
        self.rows: list[Row] = []
        parameters = list(model.parameters())
        self.total = sum(p.numel() for p in parameters)
        self.trainable = sum(p.numel() for p in parameters if p.requires_grad)
        self.nbytes = sum(p.nbytes for p in parameters)
        self.multiply_adds = trace.multiply_adds(trace.root)
        self.activation_nbytes = sum(trace.kept(trace.root).values())
        self.measured = bool(seconds)
        calls: dict[Module, list[Call]] = {}
        for call in trace.calls:
            calls.setdefault(call.module, []).append(call)
        seen: set[int] = set()
        widths: list[int] = []
        for path, module in model.named_modules():
            own = {id(p): p for p in module.parameters(recurse=False) if id(p) not in seen}
            seen.update(own)
            found = calls.get(module, [])
            widths += [_nodes(module, call.outputs[0][1]) for call in found
                       if own and call.outputs]
            self.rows.append(_row(path, module, found, trace, sum(p.numel() for p in own.values()),
                                  seconds.get(module)))
        self.size, self.width, self.depth = sum(widths), max(widths, default=0), len(widths)

    def __str__(self) -> str:
        return table(self.rows, self._totals(), self.measured)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html(self.rows, self._totals(), self.measured)

    def _totals(self) -> list[str]:
        counts = [f"{row.parameters:,}" for row in self.rows if row.parameters]
        whole = f"{self.total:,}"
        if len(counts) > 1 and len(counts) <= 8:
            whole = f"{' + '.join(counts)} = {whole}"
        frozen = self.total - self.trainable
        lines = [f"Parameters: {whole}" + (f" ({frozen:,} of them frozen)" if frozen else ""),
                 f"Memory: {short_bytes(self.nbytes)} of parameters, "
                 f"{short_bytes(self.activation_nbytes)} kept for the backward pass",
                 f"Multiply-adds: {self.multiply_adds:,}",
                 f"Size {self.size:,} nodes, width {self.width:,}, depth {self.depth}"]
        if self.multiply_adds >= 1000:
            lines[2] += f" ({short_count(self.multiply_adds)})"
        return lines


def summary(model: Module, input: Tensor | Sequence | dict | None = None, *,
            input_size: Sequence | None = None, measure: bool = False) -> Summary:
    """Run `model` once and tell what each layer takes in, puts out and costs: parameters,
    multiply-adds (of matrix products, convolutions, recurrence and attention), memory that
    training keeps for the backward pass, and with `measure` milliseconds on this machine.

    `input` is a Tensor, a tuple with one value for each argument (Tensors, dicts, tuples), or a
    dict of arguments by name; `input_size`, in its place, the size of a Tensor with the batch
    dimension, such as (1, 784), or a list of sizes, to be filled with zeros. It runs in evaluation
    mode; modes, buffers and random numbers are as before afterwards.

    Raises: TypeError for another input, and what the model raises.

    >>> import nn
    >>> nn.summary(nn.Linear(784, 10), input_size=(1, 784)).multiply_adds
    7840
    """
    if not isinstance(model, Module):
        raise TypeError(f"summary: model must be a Module, got {describe(model)}")
    if (input is None) == (input_size is None):
        raise TypeError("summary: give either input, as the model takes it, or input_size, such as "
                        "(1, 784)")
    args, kwargs = arguments("summary", model, input_size if input is None else input)
    trace = traced(model, args, kwargs)
    return Summary(model, trace, timed(model, args, kwargs) if measure else {})


def _row(path: str, module: Module, calls: list[Call], trace: Trace, parameters: int,
         seconds: float | None) -> Row:
    leaf = not any(module.children())
    shown = " ".join((repr(module) if leaf else type(module).__name__).split())
    kept: dict[int, int] = {}
    for call in calls:
        kept.update(trace.kept(call))
    times = f" ×{len(calls)}" if len(calls) > 1 else ""
    took = _shapes([tensor for _, tensor in calls[-1].inputs]) if calls else ""
    gave = _shapes([tensor for _, tensor in calls[-1].outputs]) if calls else _unseen(module, trace)
    return Row(path, shown, took, gave + times, parameters,
               sum(map(trace.multiply_adds, calls)), sum(kept.values()), seconds)


def _unseen(module: Module, trace: Trace) -> str:
    """What to say of a module that was not called."""
    if trace.uses(module):
        return "by its parent"
    called = {call.module for call in trace.calls}
    return "-" if any(inner in called for inner in module.modules()) else "not called"


def _shapes(tensors: list[Tensor]) -> str:
    return ", ".join(str(tuple(tensor.shape)) for tensor in tensors) or "no Tensor"


def _nodes(module: Module, output: Tensor) -> int:
    """Nodes of a layer: features or channels, as many as its bias or weight has entries."""
    shape = tuple(output.shape)
    own = sorted(module.parameters(recurse=False), key=lambda p: p.ndim)
    count = own[0].shape[0] if own[0].ndim else 1
    if count in shape[1:]:
        return count
    return shape[1 if len(shape) > 3 else -1] if shape else 1
