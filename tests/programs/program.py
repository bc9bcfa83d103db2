"""What a program is: steps over numbered values, and their text for either library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

HEADERS = {
    "autograd": "import autograd as torch\nimport nn.functional as F\nfrom autograd import grad\n",
    "torch": "import torch\nimport torch.nn.functional as F\nfrom torch.autograd import grad\n",
}
HELPERS = {
    "np.": "import numpy as np\n",
    "copy.": "import copy\n",
    "numpys(": "import numpy as np\n\n\ndef numpys(name, torchs):\n"
               "    return getattr(torch, torchs) if torch.__name__ == 'torch' else "
               "getattr(np, name)\n\n\n",
    "suppress(": "from contextlib import suppress\n",
    "ramp(": "ramp = lambda t: (torch.arange(t.numel()) % 5 - 1.5).reshape(t.shape).to(t.dtype)\n",
    "log.append(": "log = []\n",
}


@dataclass(frozen=True)
class Row:
    """One kind of step.

    text     a template of the inputs {0}, {1}, …, the attributes by name, and `{out}`
    forward  the same for Duals; it gives a Dual, a tuple of them, or None where it writes in place
    draw     chooses inputs and attributes with a `generate.Chooser`: returns (inputs, attributes)
    view     the result shows its first input's memory: True, or "maybe"
    inplace  it writes into its first input
    engine   forward takes the Machine first
    full     only PyTorch can tell the right answer
    """

    name: str
    text: str
    forward: Callable
    draw: Callable
    view: bool | str = False
    inplace: bool = False
    engine: bool = False
    full: bool = False
    weight: float = 1.0


ROWS: dict[str, Row] = {}


def add(name: str, text: str, forward: Callable, draw: Callable, **options: Any) -> None:
    """Put a kind of step into the table."""
    assert name not in ROWS, name
    ROWS[name] = Row(name, text, forward, draw, **options)


@dataclass(frozen=True)
class Step:
    """A row's name, the numbers of the values it takes and gives, and its attributes; `template`
    stands in place of the row's text."""

    op: str
    inputs: tuple[int, ...]
    outs: tuple[int, ...]
    attrs: dict[str, Any] = field(default_factory=dict)
    no_grad: bool = False
    template: str = ""

    @property
    def row(self) -> Row:
        return ROWS[self.op]

    def text(self) -> str:
        """The step as Python."""
        if self.op == "leaf":
            return f"v{self.outs[0]} = {leaf_text(**self.attrs)}"
        attrs = {key: literal(value) for key, value in self.attrs.items()}
        template = self.template or self.row.text
        body = template.format(*(f"v{i}" for i in self.inputs), **attrs,
                               all=", ".join(f"v{i}" for i in self.inputs),
                               rest=", ".join(f"v{i}" for i in self.inputs[1:]),
                               out=f"v{self.outs[0]}" if self.outs else "")
        if self.outs and "{out}" not in template:
            many = template.startswith(("*", "many:"))
            body = body.removeprefix("many:")
            names = ", ".join(f"v{i}" for i in self.outs) + ("," if many else "")
            body = f"{names} = {body}"
        if self.no_grad:
            body = "with torch.no_grad():\n    " + body.replace("\n", "\n    ")
        return body


@dataclass(frozen=True)
class Program:
    """Steps in order; `plain` says that the forward-mode evaluator knows what is right, `double`
    that float64 is the default dtype."""

    steps: tuple[Step, ...]
    seed: int = 0
    plain: bool = True
    double: bool = False

    def text(self, library: str = "torch", failing: tuple[int, ...] = ()) -> str:
        """The whole as a runnable program; the steps at `failing` may raise."""
        lines = []
        for i, step in enumerate(self.steps):
            line = step.text()
            if i in failing and i + 1 < len(self.steps):
                line = "with suppress(Exception):\n    " + line.replace("\n", "\n    ")
            lines.append(line)
        body = "\n".join(lines)
        helpers = "".join(text for name, text in HELPERS.items() if name in body)
        double = "torch.set_default_dtype(torch.float64)\n" if self.double else ""
        return HEADERS[library] + double + helpers + body

    def origin(self, number: int) -> int:
        """The value whose memory value `number` shows."""
        for step in reversed(self.steps):
            if number in step.outs and step.row.view:
                number = step.inputs[0]
        return number

    def without(self, gone: set[int]) -> Program:
        """The program with the steps at these places left out."""
        return replace(self, steps=tuple(s for i, s in enumerate(self.steps) if i not in gone))

    def pruned(self) -> Program:
        """The program without leaves that nothing uses."""
        used = {i for step in self.steps for i in step.inputs}
        idle = {i for i, step in enumerate(self.steps)
                if step.op == "leaf" and step.outs[0] not in used}
        return self.without(idle)


def literal(value: Any) -> str:
    """An attribute as Python text."""
    if isinstance(value, np.ndarray):
        if not value.size:
            return f"torch.zeros({value.shape}, dtype=torch.{value.dtype.name})"
        return f"torch.tensor({value.tolist()})"
    if isinstance(value, np.dtype):
        return f"torch.{value.name}"
    if isinstance(value, Index):
        return str(value)
    return repr(value)


@dataclass(frozen=True)
class Index:
    """What stands between the brackets of v[...]."""

    parts: tuple

    def __str__(self) -> str:
        return ", ".join(map(self._part, self.parts))

    @staticmethod
    def _part(part) -> str:
        if isinstance(part, slice):
            ends = ["" if end is None else str(end) for end in (part.start, part.stop)]
            return ":".join(ends) + (f":{part.step}" if part.step not in (None, 1) else "")
        return "..." if part is Ellipsis else literal(part)


def leaf_text(values: np.ndarray, dtype: np.dtype, layout: str, tracked: bool) -> str:
    """A leaf as Python: its numbers, and how they lie in memory."""
    stored = arranged(values, layout)
    if 0 in values.shape:
        text = f"torch.zeros({tuple(stored.shape)}, dtype=torch.{dtype.name})"
    elif layout == "read-only":
        text = (f"torch.from_numpy(np.broadcast_to(np.array({stored.tolist()}, "
                f"np.{dtype.name.replace('bool', 'bool_')}), {values.shape}))")
    else:
        text = f"torch.tensor({stored.tolist()}, dtype=torch.{dtype.name})"
    if layout == "transposed":
        text += f".permute({tuple(range(values.ndim))[::-1]})"
    elif layout == "strided":
        text += "[..., ::2]"
    elif layout == "expanded":
        text += f".expand({values.shape})"
    if tracked and layout != "plain":
        text += ".detach()"  # a leaf of its own and no view
    return text + (".requires_grad_()" if tracked else "")


def arranged(values: np.ndarray, layout: str) -> np.ndarray:
    """The array to store so that the layout's view of it shows `values`."""
    if layout == "transposed":
        return values.T.copy()
    if layout == "strided":
        return np.repeat(values, 2, axis=-1)
    return values[:1] if layout == "expanded" else values
