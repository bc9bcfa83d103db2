"""Samples for every op: what to call it with, and an independent answer to hold it to.

`tests/test_ops.py` and `tests/parity/test_ops.py` run over these; an op or composite in the
registry without a sample here fails the suite.  One file per family, each with a dict `CASES`
from the op's name to a list of samples.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np

FAMILIES = ("arithmetic", "elementwise", "compare", "shape", "index", "join", "order", "reduce",
            "linalg", "activation", "activation_extra", "loss", "loss_margin", "norm", "inplace",
            "conv", "pool", "pad", "resample", "grid", "attention", "recurrent", "numbers",
            "special", "arrange", "place", "statistics", "counting", "products", "matrices",
            "copies", "bags", "complex_numbers")


@dataclass(frozen=True)
class Spec:
    """A random input: its shape, and the interval its float64 values are drawn from, at least
    `gap` away from each of `avoid` (kinks and poles); with `distinct` no two values are close."""

    shape: tuple[int, ...]
    low: float = -2.0
    high: float = 2.0
    avoid: Sequence[float] = ()
    gap: float = 0.1
    distinct: bool = False

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """The values."""
        if self.distinct:
            count = int(np.prod(self.shape))
            values = rng.permutation(np.linspace(self.low, self.high, count + 2)[1:-1])
            return values.reshape(self.shape)
        values = rng.uniform(self.low, self.high, self.shape)
        for kink in self.avoid:
            near = np.abs(values - kink) < self.gap
            values = np.where(near, kink + np.where(values >= kink, 1, -1) * self.gap, values)
        return np.asarray(values)


@dataclass(frozen=True)
class Case:
    """One way to call an op.

    args       Specs (random float64), ndarrays (as they are: indices, masks), lists of these for
               ops on sequences, or plain attributes
    reference  the answer, from ndarrays: NumPy, SciPy or a naive loop, never the op itself;
               returns an array or a tuple of arrays
    torch      how PyTorch calls it: a function of torch tensors and the attributes; None means
               `torch.<name>`; False that PyTorch has no such thing
    order      how often it can be differentiated here: 0, 1 or 2
    """

    args: tuple
    kwargs: dict[str, Any] = field(default_factory=dict)
    reference: Callable | None = None
    torch: Callable | bool | None = None
    order: int = 2


def load() -> dict[str, list[Case]]:
    """All samples, by op."""
    cases: dict[str, list[Case]] = {}
    for family in FAMILIES:
        for name, samples in import_module(f"{__name__}.{family}").CASES.items():
            cases.setdefault(name, []).extend(samples)
    return cases
