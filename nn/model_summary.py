"""A table of a model's layers: what each puts out and how many parameters it has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import autograd
from autograd import Tensor

from .module import Module


class Row(NamedTuple):
    """One module: its place in the model, what it is, what it put out, its own parameters."""

    path: str
    description: str
    output: str
    parameters: int


class Summary:
    """What `summary` found; printing it shows the table.

    total, trainable    numbers of parameters; shared ones count once
    nbytes              memory of the parameters
    size, width, depth  nodes, nodes of the widest layer, and number of the layers with parameters
    """

    def __init__(self, model: Module, outputs: dict[Module, list]) -> None:
        self.rows: list[Row] = []
        parameters = list(model.parameters())
        self.total = sum(p.numel() for p in parameters)
        self.trainable = sum(p.numel() for p in parameters if p.requires_grad)
        self.nbytes = sum(p.nbytes for p in parameters)
        seen: set[int] = set()
        widths = []
        for path, module in model.named_modules():
            own = {id(p): p for p in module.parameters(recurse=False) if id(p) not in seen}
            seen.update(own)
            count = sum(p.numel() for p in own.values())
            calls = outputs.get(module, [])
            widths += [_nodes(call) for call in calls if count and hasattr(call, "shape")]
            leaf = not any(module.children())
            shown = repr(module) if leaf else type(module).__name__
            self.rows.append(Row(path, " ".join(shown.split()), _shape(calls), count))
        self.size, self.width, self.depth = sum(widths), max(widths, default=0), len(widths)

    def __str__(self) -> str:
        table = [("Layer", "Output shape", "Parameters")]
        for row in self.rows:
            name = row.path.rpartition(".")[2]
            indent = "  " * (row.path.count(".") + bool(row.path))
            layer = f"{indent}{name}: {row.description}" if name else row.description
            table.append((layer, row.output, f"{row.parameters:,}" if row.parameters else "-"))
        a, b, c = (max(len(line[i]) for line in table) for i in range(3))
        lines = [f"{x:<{a}}  {y:<{b}}  {z:>{c}}" for x, y, z in table]
        rule = "-" * len(lines[0])
        return "\n".join([lines[0], rule, *lines[1:], rule, *self._totals()])

    __repr__ = __str__

    def _totals(self) -> list[str]:
        counts = [f"{row.parameters:,}" for row in self.rows if row.parameters]
        whole = f"{self.total:,}"
        if len(counts) > 1 and len(counts) <= 8:
            whole = f"{' + '.join(counts)} = {whole}"
        frozen = self.total - self.trainable
        return [f"Parameters: {whole}" + (f" ({frozen:,} of them frozen)" if frozen else ""),
                f"Memory of the parameters: {_bytes(self.nbytes)}",
                f"Size {self.size:,} nodes, width {self.width:,}, depth {self.depth}"]


def summary(model: Module, input: Tensor | Sequence) -> Summary:
    """Run `model` once, in evaluation mode and unrecorded, and tell what each layer put out.

    `input` is a Tensor, a tuple of Tensors (one per argument), or the size of a tensor with the
    batch dimension, such as (1, 784), which is then filled with zeros.

    >>> import nn
    >>> nn.summary(nn.Linear(784, 10), (1, 784)).total
    7850
    """
    outputs: dict[Module, list] = {}

    def note(module: Module, args: tuple, output) -> None:
        outputs.setdefault(module, []).append(output)

    handles = [module.register_forward_hook(note) for module in model.modules()]
    try:
        with model.evaluating(), autograd.no_grad():
            model(*_arguments(model, input))
    finally:
        for handle in handles:
            handle.remove()
    return Summary(model, outputs)


def _arguments(model: Module, input) -> tuple:
    if isinstance(input, Tensor):
        return (input,)
    input = tuple(input)
    if all(isinstance(value, Tensor) for value in input):
        return input
    if not all(isinstance(n, int) and not isinstance(n, bool) for n in input):
        raise TypeError("summary: input must be a Tensor, a tuple of Tensors or a size such as "
                        f"(1, 784), got {input!r:.60}")
    floats = [p.dtype for p in model.parameters() if p.is_floating_point()]
    return (autograd.zeros(input, dtype=floats[0] if floats else None),)


def _nodes(output) -> int:
    return output.shape[-1] if output.ndim < 3 else output.shape[1]


def _shape(calls: list) -> str:
    """The shape of what the last call put out, and how many calls there were."""
    if not calls:
        return "not called"
    shapes = calls[-1] if isinstance(calls[-1], (tuple, list)) else (calls[-1],)
    text = ", ".join(str(tuple(s.shape)) if isinstance(s, Tensor) else type(s).__name__
                     for s in shapes)
    return text + (f" ×{len(calls)}" if len(calls) > 1 else "")


def _bytes(count: int) -> str:
    value = float(count)
    for unit in ("bytes", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.4g} {unit}"
        value /= 1024
    return f"{value:.4g} GiB"
