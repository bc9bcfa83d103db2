"""The process that `bench.ops` feeds: `python -m bench.ops_worker SIDE`, then a case's name or a
number of seconds per line.

A name sets the case up, and a digest of its results answers; seconds time a block of calls.
"""

import json
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np

from . import libraries
from .op_tables import RANDOM, Case, cases
from .op_tables.case import FIXED, weight
from .worker import block

SAMPLE = 500  # elements of a result that are compared


def tensors(value: Any) -> list:
    """The tensors in a result."""
    if isinstance(value, (list, tuple)):
        return [tensor for part in value for tensor in tensors(part)]
    return [value] if hasattr(value, "requires_grad") else []


def digest(tensor: Any, random: bool) -> dict[str, object]:
    """Shape, and some elements spread over the whole."""
    array = np.asarray(tensor.detach().resolve_neg().numpy())
    places = np.linspace(0, max(array.size - 1, 0), min(array.size, SAMPLE)).astype(int)
    values = [] if random else array.reshape(-1)[places].astype(float).tolist()
    return {"shape": list(array.shape), "values": values}


class Prepared:
    """A case set up for one library."""

    def __init__(self, lib: SimpleNamespace, case: Case) -> None:
        self.case, self.lib = case, lib
        self.names = {"t": lib.core, "F": lib.nn.functional, "nn": lib.nn, "optim": lib.optim}
        for name, value in case.draw().items():
            if isinstance(value, np.ndarray):
                value = lib.core.tensor(value)
                if value.is_floating_point() and name not in FIXED:
                    value.requires_grad_()
            self.names[name] = value
        exec(f"{case.setup}\ndef call(): return {case.text}", self.names)
        self.call = self.names["call"]
        self.fill()
        self.leaves = [leaf for leaf in self.weights() + tensors(list(self.names.values()))
                       if leaf.requires_grad]

    def weights(self) -> list:
        layers = [made for made in self.names.values() if hasattr(made, "named_parameters")]
        return [p for layer in layers if layer is not self.lib.nn for p in layer.parameters()]

    def fill(self) -> None:
        """Gives both libraries' layers the same parameters."""
        rng = np.random.default_rng(0)
        with self.lib.core.no_grad():
            for p in self.weights():
                p.copy_(self.lib.core.tensor(weight(*p.shape)(rng)))

    def first(self) -> list[dict]:
        """Calls once; digests of the results or, with backward, of the gradients."""
        random = self.case.names[0] in RANDOM
        if self.case.mode == "forward":
            with self.lib.core.no_grad():
                found = tensors(self.call()) or self.leaves
            return [digest(tensor, random) for tensor in found]
        results = [result for result in tensors(self.call()) if result.requires_grad]
        rng = np.random.default_rng(1)
        self.seeds = [self.lib.core.tensor(
            rng.standard_normal(tuple(result.shape)).astype(np.float32)).to(result.dtype)
            for result in results]
        self.step()
        return [digest(leaf.grad, random) for leaf in self.leaves if leaf.grad is not None]

    def step(self) -> None:
        """Forward and backward."""
        for leaf in self.leaves:
            leaf.grad = None
        results = self.call()
        if isinstance(results, (list, tuple)):
            results = [result for result in results if result.requires_grad]
            self.lib.autograd.backward(results, self.seeds)
        else:
            results.backward(self.seeds[0])

    def block(self, seconds: float) -> float:
        """The median time of one call."""
        if self.case.mode == "backward":
            return block(self.step, seconds, at_least=2)
        with self.lib.core.no_grad():
            return block(self.call, seconds, at_least=2)


def main() -> None:
    side = sys.argv[1]
    lib, table = libraries.load(side), cases()
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        try:
            if isinstance(order, str):
                prepared = None  # frees the memory of the case before
                prepared = Prepared(lib, table[order])
                answer: Any = prepared.first()
            else:
                answer = prepared.block(order)
        except Exception as error:  # one case must not stop the others
            answer = f"{side} raises {type(error).__name__}: {error}"
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
