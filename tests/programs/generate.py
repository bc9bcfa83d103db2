"""Makes a program from a seed, by running the evaluator beside: it knows shapes and values."""

from __future__ import annotations

import numpy as np

from . import (  # noqa: F401
    elementwise,
    engine_steps,
    networks,
    numpys,
    rarer,
    reductions,
    shapes,
    variants,
    writes,
)
from .forward import Dual, Rejected, kinks_allowed
from .machine import Machine
from .program import ROWS, Program, Step

SIZES = [(3,), (2, 3), (3, 2), (4,), (2,), (3, 3), (), (1,), (1, 3), (2, 1), (2, 2, 3), (3, 1, 2),
         (0,), (0, 3), (2, 0), (1, 1), (2, 2, 4, 4), (5,), (2, 4)]
GIVING = ("detach", "new leaf", "copy of leaf", "grad", "grad of", "grads", "second")
ERRORS = (Rejected, ValueError, IndexError, TypeError, AttributeError, ZeroDivisionError,
          OverflowError, AssertionError, KeyError)


class Code(str):
    """Text that stands in a program as it is."""

    __repr__ = str.__str__


class Chooser:
    """Random choices among what the program has so far."""

    def __init__(self, seed: int, plain: bool) -> None:
        self.rng = np.random.default_rng(seed)
        self.plain, self.machine, self.steps = plain, Machine(), []
        self.writing = self.chance(0.5)
        self.dtypes = [np.dtype(d) for d in self.one([
            ["float64"], ["float64"], ["float64", "int64"], ["float32"], ["float32", "float64"],
            ["float16", "float32", "float64"], ["float64", "int32", "uint8", "bool", "float32"],
            ["float16"]])]

    def __getitem__(self, i: int) -> Dual:
        return self.machine.values[i]

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def one(self, options):
        return options[self.rng.integers(len(options))]

    def int(self, low: int, high: int) -> int:
        """A number from low to high - 1."""
        return int(self.rng.integers(low, max(high, low + 1)))

    def code(self, options) -> Code:
        return Code(self.one(options))

    def shuffled(self, values) -> tuple:
        return tuple(int(i) for i in self.rng.permutation(list(values)))

    def places(self, n: int, shape) -> np.ndarray:
        """Indices into a dimension of n."""
        return np.asarray(self.rng.integers(0, n, tuple(shape)))

    def dim(self, x: Dual) -> int:
        return self.int(-x.ndim, x.ndim)

    def number(self):
        return self.one([2, 3, -1, 1, 0.5, -1.5, 2.0, 1, 0])

    def fits(self, shape, into) -> bool:
        """Whether `shape` broadcasts to `into`."""
        try:
            return np.broadcast_shapes(shape, into) == tuple(into)
        except ValueError:
            return False

    def value(self, pred=lambda x: True) -> int:
        """One of the values that are as wanted, the later the likelier."""
        found = [i for i, x in self.machine.values.items() if pred(x)]
        if not found:
            raise Rejected("nothing fits")
        newest = self.chance(0.5)
        return found[-1] if newest and self.chance(0.7) else self.one(found[-4:] if newest
                                                                      else found)

    def partner(self, i: int) -> int:
        """A value that broadcasts with value i."""
        def joins(x):
            try:
                return np.prod(np.broadcast_shapes(x.shape, self[i].shape)) <= 60
            except ValueError:
                return False
        return self.value(joins)

    def writable(self, i: int) -> bool:
        x = self[i]
        return self.writing and not x.base.frozen and not x.frozen

    def leaves(self) -> list[int]:
        """Every leaf that requires grad."""
        return [i for i, x in self.machine.values.items() if x.leaf and x.flag]

    def used(self, i: int) -> bool:
        return any(i in step.inputs for step in self.steps)

    def fitting(self, dtype, shape, ndim: int | None = None) -> int:
        """A value of this dtype and shape (or number of dimensions), or else a new leaf."""
        found = [i for i, x in self.machine.values.items() if x.dtype == dtype and (
            x.ndim == ndim if ndim else x.shape == tuple(shape))]
        return self.one(found) if found and self.chance(0.8) else self.leaf(dtype, shape)

    def leaf(self, dtype=None, shape=None) -> int:
        """A new leaf; returns its number."""
        dtype = dtype or self.one(self.dtypes)
        shape = self.one(SIZES) if shape is None else shape
        low, high = self.one([(-2, 2), (-2, 2), (0.2, 2), (-0.9, 0.9)])
        if dtype.kind == "f":
            values = np.round(self.rng.uniform(low, high, shape), 3)
        else:
            low = 0 if dtype.kind in "ub" else -3
            values = self.rng.integers(low, 2 if dtype.kind == "b" else 4, shape)
        layout = self.one(["plain"] * 5 + ["transposed", "strided", "expanded", "read-only"])
        if layout == "expanded" and not (shape and shape[0] > 1):
            layout = "plain"
        if layout == "strided" and not (shape and values.size):
            layout = "plain"
        if layout == "expanded":
            values = np.broadcast_to(values[:1], shape).copy()
        number = self.fresh()
        tracked = dtype.kind == "f" and self.chance(0.8)
        self.take(Step("leaf", (), (number,), dict(
            values=np.asarray(values), dtype=dtype, layout=layout, tracked=tracked)))
        return number

    def fresh(self) -> int:
        return max(self.machine.values, default=-1) + 1

    def take(self, step: Step) -> None:
        self.machine.do(step)
        self.steps.append(step)

    def draw(self, names, weights) -> bool:
        """Try to add one step; whether it was possible."""
        row = ROWS[names[self.rng.choice(len(names), p=weights)]]
        try:
            inputs, attrs = row.draw(self)
            outs = attrs.get("outs", 0 if row.inplace or _silent(row) else 1)
            first = self.fresh()
            no_grad = self.chance(0.06) and not row.engine
            self.take(Step(row.name, inputs, tuple(range(first, first + outs)), attrs, no_grad))
        except ERRORS:
            return False
        return True


def _silent(row) -> bool:
    """Whether an engine's row gives no value."""
    return row.engine and row.name not in GIVING


def _factor(row, writing: bool) -> float:
    """How much likelier a row is in this program."""
    if row.inplace:
        return 2.5 if writing else 0.0
    return 2.0 if row.full or (writing and row.view) else 1.0


def generate(seed: int, plain: bool = True) -> Program:
    """The program of this seed."""
    c = Chooser(seed, plain)
    rows = [r for r in ROWS.values() if r.weight and not (plain and r.full)]
    weights = np.array([r.weight * _factor(r, c.writing) for r in rows])
    weights /= weights.sum()
    names = [r.name for r in rows]
    if not plain and c.chance(0.3):
        with kinks_allowed():
            return _filled(c, names, weights, seed)
    return _filled(c, names, weights, seed)


def _filled(c: Chooser, names, weights, seed: int) -> Program:
    for _ in range(c.int(1, 4)):
        c.leaf()
    wanted, tries = c.int(2, 14), 0
    while wanted and tries < 120:
        tries += 1
        wanted -= c.draw(names, weights)
    _end(c)
    return Program(tuple(c.steps), seed, c.plain).pruned()


def _end(c: Chooser) -> None:
    """Backward passes from one or two values, or a second derivative."""
    roots = [i for i, x in c.machine.values.items() if x.tracked and not x.leaf]
    if not roots:
        return
    last = roots[-1]
    idle = [i for i in roots if not c.used(i)]
    if len(idle) > 1 and c.chance(0.7):
        total = c.fresh()
        try:
            c.take(Step("total", tuple(idle), (total,)))
            last = total
        except ERRORS:
            pass
    try:
        if c.chance(0.3):
            out = c.fresh()
            c.take(Step("second", (last, *c.leaves()), (out,)))
            c.take(Step("second backward", (out,), ()))
            return
        for i in {c.one(roots), last} if c.chance(0.3) else {last}:
            c.take(Step("backward", (i,), (), {"retain": True}))
        if c.chance(0.2):
            c.take(Step("backward", (last,), (), {"retain": False}))
    except ERRORS:
        return
