"""Runs a program in forward mode: every value a Dual, and what each backward pass must add up to.

Each leaf that requires grad moves along two directions.  A backward pass from v weighted by w must
give leaves gradients whose products with a direction, summed over all leaves, are <w, v's
derivative along it>; `totals` gathers that.
"""

from __future__ import annotations

import numpy as np

from .forward import Dual, Rejected, default_dtype
from .program import Program, Step, arranged

LIMIT, STEEP = 60.0, 1e4


def ramp(shape) -> np.ndarray:
    """The weights that backward starts from, and the first direction of every leaf."""
    return (np.arange(int(np.prod(shape))) % 5 - 1.5).reshape(shape)


def slant(shape, number: int) -> np.ndarray:
    """The second direction of leaf `number`."""
    return np.cos(np.arange(int(np.prod(shape))) * 0.7 + number).reshape(shape)


class Machine:
    """The values so far, and the totals of the backward passes along both directions."""

    def __init__(self) -> None:
        self.values: dict[int, Dual] = {}
        self.totals = np.zeros(2)
        self.scale = np.zeros(2)
        self.hooked = False
        self.used: set[int] = set()  # what some step has read, by identity

    def run(self, program: Program) -> Machine:
        with default_dtype(np.float64 if program.double else np.float32):
            for step in program.steps:
                self.do(step)
        return self

    def do(self, step: Step) -> None:
        """One step; raises Rejected, or NumPy's own error, where it cannot be."""
        row = step.row
        inputs = [self.values[i] for i in step.inputs]
        with np.errstate(all="ignore"):
            if step.op == "leaf":
                results = (self.leaf(step.outs[0], **step.attrs),)
            elif row.inplace:
                self.write(row.forward(*inputs, **step.attrs), inputs, step)
                results = ()
            else:
                first = (self,) if row.engine else ()
                results = row.forward(*first, *inputs, **step.attrs)
                results = results if isinstance(results, tuple) else (results,)
                if not row.engine:
                    results = tuple(self.settle(r, inputs, step) for r in results)
        if step.op not in ("hook", "retain_grad"):
            self.used.update(map(id, inputs))
        if len(results) != len(step.outs) and step.outs:
            raise Rejected("another number of results")
        for out, result in zip(step.outs, results):
            self.check(result)
            self.values[out] = result

    def leaf(self, number: int, values, dtype, layout, tracked) -> Dual:
        value = np.array(values, np.float64 if dtype.kind == "f" else dtype)
        if dtype.kind == "f":
            value = value.astype(dtype).astype(np.float64)
        x = Dual([laid_out(a, layout) for a in (value, *np.zeros((3, *value.shape)))], dtype)
        if layout == "expanded":
            x.parts = (np.broadcast_to(value[:1], value.shape), *x.parts[1:])
        if tracked:
            self.track(x, number)
        x.frozen = layout in ("expanded", "read-only")
        return x

    def track(self, x: Dual, number: int) -> None:
        """Make x a leaf that requires grad, moving along its two directions."""
        x.flag = True
        x.parts[1][...] = ramp(x.shape)
        x.parts[2][...] = slant(x.shape, number)

    def settle(self, result: Dual, inputs: list[Dual], step: Step) -> Dual:
        """The result with the memory and the flags that it should have."""
        if any(result is x for x in inputs):
            return result
        view, floating = step.row.view, result.dtype.kind == "f"
        tracked = floating and not step.no_grad and any(x.tracked for x in inputs)
        value, *tangents = result.parts
        if not view:
            value = np.array(value, np.float64 if floating else result.dtype)
        if not view or step.no_grad or not floating:
            tangents = [np.array(t) if tracked else np.zeros(t.shape) for t in tangents]
        out = Dual((value, *tangents), result.dtype)
        if view:
            out.root, out.blind = inputs[0], step.no_grad
            if view == "maybe":
                inputs[0].base.frozen = out.frozen = True
        out.flag = tracked and not view
        out.leaf = not tracked
        return out

    def write(self, result: Dual, inputs: list[Dual], step: Step) -> None:
        """Write result into the first input, as its own dtype and shape."""
        x = inputs[0]
        if _repeats(x.value) or x.base.frozen or x.frozen:
            raise Rejected("memory that is not its own")
        if "bif".index(_kind(result)) > "bif".index(_kind(x)):
            raise Rejected("the dtype does not fit")
        grad = not step.no_grad
        if grad and (_blind(x) or x.base.flag and x.base.leaf):
            raise Rejected("a leaf that requires grad")
        tracked = grad and x.floating and any(i.tracked for i in inputs)
        parts = [np.array(np.broadcast_to(p, x.shape)) for p in result.parts]
        x.parts[0][...] = parts[0]
        if grad:
            for target, part in zip(x.parts[1:], parts[1:]):
                target[...] = part if tracked else 0
            if tracked:
                x.base.flag, x.base.leaf = True, False
        self.check(x)

    def check(self, x: Dual) -> None:
        """Reject what is out of range, so that nothing overflows or is too steep."""
        value = x.value
        limit = LIMIT if x.floating else 100
        if x.size > 200 or not np.isfinite(value.astype(float)).all() or x.size and (
                np.abs(value.astype(float)).max() > limit):
            raise Rejected("out of range")
        if x.dtype == np.uint8 and x.size and value.min() < 0:
            raise Rejected("below 0")
        for part in x.parts[1:]:
            if x.size and not np.abs(part).max() < STEEP:
                raise Rejected("too steep")

    def passed(self, x: Dual, scale: float = 1.0) -> None:
        """A backward pass from x, weighted by its ramp."""
        if not x.tracked:
            return
        weights = ramp(x.shape) * scale
        for i in (0, 1):
            self.totals[i] += (weights * x.parts[i + 1]).sum()
            self.scale[i] += np.abs(weights * x.parts[i + 1]).sum()


def laid_out(array: np.ndarray, layout: str) -> np.ndarray:
    """A copy of the array that lies in memory as the layout says."""
    stored = np.array(arranged(array, layout) if layout in ("transposed", "strided") else array)
    return {"transposed": stored.T, "strided": stored[..., ::2] if stored.ndim else stored}.get(
        layout, stored)


def _kind(x: Dual) -> str:
    return x.dtype.kind.replace("u", "i")


def _blind(x: Dual) -> bool:
    return x.blind or (x.root is not None and _blind(x.root))


def _repeats(array: np.ndarray) -> bool:
    return any(stride == 0 and n > 1 for stride, n in zip(array.strides, array.shape))
