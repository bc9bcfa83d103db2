"""The samples of tests/cases turned into calls, shared by the two files named test_ops.py."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import autograd
import autograd.ops
from autograd.record import COMPOSITES, REGISTRY
from autograd.tensors import Tensor
from tests import cases
from tests.cases import Case, Spec

autograd.ops.load_all()

SAMPLES: dict[str, list[Case]] = cases.load()
CALLS = [(name, i) for name, samples in SAMPLES.items() for i in range(len(samples))]


def call_id(call: tuple[str, int]) -> str:
    """A test's name for a sample: `mul-0`."""
    return f"{call[0]}-{call[1]}"


def function(name: str) -> Callable:
    """What a sample calls: an op, a composite, or an in-place method on a copy."""
    if name in REGISTRY:
        return REGISTRY[name].function
    if name in COMPOSITES:
        return COMPOSITES[name]
    return lambda input, *args, **kwargs: getattr(input.clone(), name)(*args, **kwargs)


class Call:
    """One sample with its random inputs drawn: `arrays`, in the order of their Specs.

    `arguments(tensors)` are the positional arguments with `tensors` in the places of the Specs
    and the explicit arrays made by `make`.
    """

    def __init__(self, name: str, number: int) -> None:
        self.name, self.case = name, SAMPLES[name][number]
        self.function = function(name)
        rng = np.random.default_rng(number)
        self.arrays = [spec.draw(rng) for spec in _specs(self.case.args)]

    def arguments(self, tensors, make: Callable) -> list:
        """The positional arguments of the call."""
        source = iter(tensors)
        return [_filled(arg, source, make) for arg in self.case.args]

    def __call__(self, *tensors):
        """The op's results on these tensors, a list of Tensors or plain values; explicit float
        arrays take the tensors' dtype."""
        def make(array):
            dtype = tensors[0].dtype if tensors and array.dtype == np.float64 else None
            return autograd.tensor(array, dtype=dtype)

        return several(self.function(*self.arguments(tensors, make), **self.case.kwargs))

    def graded(self, *tensors) -> list:
        """The results without those that the op declares to have no gradient."""
        results = self(*tensors)
        extra = REGISTRY[self.name].public_extra if self.name in REGISTRY else ()
        return results[:len(results) - len(extra)]

    def reference(self) -> list:
        """The independent answer."""
        arguments = self.arguments([a.copy() for a in self.arrays], np.array)
        with np.errstate(all="ignore"):
            return several(self.case.reference(*arguments, **self.case.kwargs))

    def tensors(self, dtype=np.float64, grad: bool = True) -> list[Tensor]:
        """The inputs as leaves."""
        return [autograd.tensor(a.astype(dtype), requires_grad=grad) for a in self.arrays]


def _specs(args):
    for arg in args:
        if isinstance(arg, Spec):
            yield arg
        elif isinstance(arg, (list, tuple)):
            yield from _specs(arg)


def _filled(arg, source, make):
    if isinstance(arg, Spec):
        return next(source)
    if isinstance(arg, np.ndarray):
        return make(arg)
    if isinstance(arg, (list, tuple)) and type(arg) in (list, tuple):
        return type(arg)(_filled(part, source, make) for part in arg)
    return arg


def several(value) -> list:
    """A result, or several, as a list."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def weights(results: list) -> list[np.ndarray]:
    """Gradients to let in at the results."""
    rng = np.random.default_rng(7)
    return [rng.uniform(0.5, 1.5, tuple(r.shape)) for r in results]


def differentiable(results: list) -> list[Tensor]:
    """Those results that have a gradient."""
    return [r for r in results if isinstance(r, Tensor) and r.requires_grad]


def gradients(call: Callable, tensors: list[Tensor],
              create_graph: bool = False) -> list[np.ndarray | None]:
    """The gradients of `call(*tensors)`, weighted, by the tensors; None where there is none."""
    results = differentiable(call(*tensors))
    wanted = [t for t in tensors if t.requires_grad]
    if not results or not wanted:
        return [None] * len(tensors)
    seeds = [autograd.tensor(w.astype(r.dtype))
             for r, w in zip(results, weights(results), strict=True)]
    found = iter(autograd.grad(results, wanted, seeds, create_graph=create_graph,
                               allow_unused=True))
    grads = [next(found) if t.requires_grad else None for t in tensors]
    return [g if g is None else g.detach().numpy() for g in grads]
