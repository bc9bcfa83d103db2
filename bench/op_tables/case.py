"""What a case is: an op, the text of a call that both libraries understand, and its inputs.

In a text, `t` is the library, `F` its nn.functional, `nn` and `optim` its packages; every other
free name is an input, drawn for the case's size from the table of its group.
"""

import ast
import zlib
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

MODES = ("forward", "backward")  # under no_grad; forward with backward
PACKAGES = ("t", "F", "nn", "optim")
FIXED = ("samples", "target", "truth", "signs", "sides", "shares", "mean",
         "variance")  # without gradient


def normal(*shape: int) -> Callable:
    """Draws from N(0, 1)."""
    return lambda rng: rng.standard_normal(shape, dtype=np.float32)


def weight(*shape: int) -> Callable:
    """Draws from N(0, 1/fan in)."""
    scale = np.float32(np.prod(shape[1:], dtype=float) ** -0.5)
    return lambda rng: rng.standard_normal(shape, dtype=np.float32) * scale


def uniform(low: float, high: float, *shape: int) -> Callable:
    return lambda rng: rng.uniform(low, high, shape).astype(np.float32)


def integers(high: int, *shape: int) -> Callable:
    return lambda rng: rng.integers(0, high, shape)


def orders(m: int, n: int) -> Callable:
    """Rows that each hold 0 to n - 1 in an order of their own."""
    return lambda rng: rng.permuted(np.tile(np.arange(n), (m, 1)), axis=1)


def booleans(*shape: int) -> Callable:
    return lambda rng: rng.random(shape, dtype=np.float32) < 0.5


def signs(*shape: int) -> Callable:
    return lambda rng: np.where(rng.random(shape) < 0.5, -1, 1).astype(np.float32)


def shares(*shape: int) -> Callable:
    """Rows that sum to 1."""
    def draw(rng):
        rows = rng.uniform(0.1, 1, shape)
        return (rows / rows.sum(1, keepdims=True)).astype(np.float32)

    return draw


@lru_cache(12)
def drawn(make: Callable, seed: str):
    """An input; neighbouring cases draw the same."""
    return make(np.random.default_rng(zlib.crc32(seed.encode())))


class Case(NamedTuple):
    """`setup` runs once; parameters of what it makes get the same values in both libraries."""
    names: tuple[str, ...]  # the op, then the ops of the registry that it runs inside
    text: str
    size: str
    mode: str  # one of MODES
    inputs: dict[str, Callable]  # name -> what draws it
    setup: str = ""

    @property
    def name(self) -> str:
        return f"{self.names[0]}: {self.text} {self.size} {self.mode}"

    def draw(self) -> dict[str, np.ndarray]:
        """The inputs that the texts name, the same in every process."""
        return {name: drawn(make, f"{name} {self.size}")
                for name, make in self.inputs.items() if name in self.used}

    @property
    def used(self) -> frozenset[str]:
        return free_names(self.text) | free_names(self.setup)


@cache
def free_names(text: str) -> frozenset[str]:
    """The names that a text reads, what it makes itself included."""
    return frozenset(node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name))


class Group(NamedTuple):
    """Ops that take the same inputs, at the same sizes.

    Tables: "the op and the ops inside it" -> the call, or several.
    """
    sizes: tuple[tuple[int, ...], ...]
    inputs: Callable[..., dict[str, Callable]]
    both: dict[str, str | tuple[str, ...]] = {}  # forward, and forward with backward
    forward: dict[str, str | tuple[str, ...]] = {}  # without gradients
    setup: dict[str, str] = {}  # op -> what to run once before

    def cases(self) -> Iterator[Case]:
        for size in self.sizes:
            inputs, shown = self.inputs(*size), "x".join(map(str, size))
            for table, modes in ((self.both, MODES), (self.forward, MODES[:1])):
                for ops, texts in table.items():
                    names = tuple(ops.split())
                    for text in (texts,) if isinstance(texts, str) else texts:
                        for mode in modes:
                            yield Case(names, text, shown, mode, inputs,
                                       self.setup.get(names[0], ""))


class Shaped(NamedTuple):
    """Calls that each have inputs of their own: (ops, text, {name: shape}).

    A name that begins with w is a weight.
    """
    rows: tuple[tuple[str, str, dict[str, tuple[int, ...]]], ...]

    def cases(self) -> Iterator[Case]:
        for ops, text, shapes in self.rows:
            inputs = {name: (weight if name[0] == "w" else normal)(*shape)
                      for name, shape in shapes.items()}
            shown = " ".join("x".join(map(str, shape)) for shape in shapes.values())
            for mode in MODES:
                yield Case(tuple(ops.split()), text, shown, mode, inputs)
