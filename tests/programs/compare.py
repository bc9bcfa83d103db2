"""Whether two outcomes agree, and whether one agrees with the forward-mode evaluator.

A difference in numbers counts where it is larger than what a change of the inputs by a few units in
the last place of the program's lowest dtype makes of the reference itself; so a program that comes
near a kink, or cancels, decides nothing.  Where ours alone is that sensitive, a small difference is
its rounding.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .execute import Outcome, Seen, execute
from .forward import Rejected
from .machine import Machine, ramp, slant
from .program import Program, Step

PRECISION = {"float16": 1e-3, "float32": 1.2e-7, "float64": 2.3e-16}
HONEST = ("has since changed in place", "cannot be changed in place", "cannot write in place",
          "without a copy")


@dataclass
class Difference:
    """One thing that differs: what (value, grad, dtype, …), where, and the two sides."""

    what: str
    where: str
    ours: object
    theirs: object

    def __str__(self) -> str:
        return f"{self.what} of {self.where}: ours {_short(self.ours)}, right {_short(self.theirs)}"


def _short(value) -> str:
    if isinstance(value, Exception):
        return f"{type(value).__name__}: {str(value).splitlines()[0][:300] if str(value) else ''}"
    if isinstance(value, np.ndarray):
        return np.array2string(value, precision=5, separator=", ", threshold=20).replace("\n", "")
    return f"{len(value)} calls" if isinstance(value, list) else str(value)


def precision(program: Program, outcome: Outcome | None = None) -> float:
    """The unit in the last place of the lowest floating dtype that takes part."""
    found = [PRECISION["float64"]]
    if outcome is not None:
        found += [PRECISION.get(s.dtype, 0.0) for s in outcome.seen.values()
                  if isinstance(s, Seen)]
    return max(found)


def nudged(program: Program, size: float, seed: int) -> Program:
    """The program with the numbers of its floating leaves changed by about `size` of themselves."""
    rng = np.random.default_rng(seed)

    def change(step: Step) -> Step:
        if step.op != "leaf" or step.attrs["dtype"].kind != "f":
            return step
        values = np.asarray(step.attrs["values"], np.float64)
        shape = values[:1].shape if step.attrs["layout"] == "expanded" else values.shape
        moved = values * (1 + size * rng.uniform(-1, 1, shape))
        return replace(step, attrs={**step.attrs, "values": moved})

    return replace(program, steps=tuple(map(change, program.steps)))


def with_torch(program: Program, asked: Program | None = None) -> list[Difference]:
    """How the library differs from PyTorch on this program, or from PyTorch on `asked`."""
    asked = asked or program
    ours, theirs = execute(program, "autograd"), execute(asked, "torch")
    unit = precision(program, theirs)
    found = differences(ours, theirs, 16 * unit)
    if any(d.what in ("value", "grad", "log") for d in found):
        others = [execute(nudged(asked, 4 * unit, seed), "torch") for seed in range(4)]
        own = [execute(nudged(program, 4 * unit, seed), "autograd") for seed in range(4)]
        exact = execute(in_float64(asked), "torch") if unit > PRECISION["float64"] else None
        found = [d for d in found if not (_explained(d, others, unit) or _nearer(d, exact)
                                       or _rounding(d, own, unit))]
    return found


def in_float64(program: Program) -> Program:
    """The program with every floating dtype replaced by float64, and the same numbers."""
    def change(step: Step) -> Step:
        dtype = step.attrs.get("dtype")
        if dtype is None or dtype.kind != "f":
            return step
        attrs = {**step.attrs, "dtype": np.dtype(np.float64)}
        if step.op == "leaf":
            attrs["values"] = np.asarray(attrs["values"], dtype).astype(np.float64)
        return replace(step, attrs=attrs)

    return replace(program, steps=tuple(map(change, program.steps)), double=True)


def _numbers(difference: Difference, outcome: Outcome) -> np.ndarray | None:
    """What `outcome` has where the two differ."""
    if difference.what == "log":
        place = int(difference.where)
        return outcome.log[place] if place < len(outcome.log) else None
    seen = outcome.seen.get(int(difference.where[1:]))
    return getattr(seen, difference.what, None) if isinstance(seen, Seen) else None


def _nearer(difference: Difference, exact: Outcome | None) -> bool:
    """Whether ours is about as near to the result in float64 as PyTorch's."""
    if exact is None or difference.what not in ("value", "grad", "log"):
        return False
    right, ours, theirs = (np.asarray(a, np.float64) for a in (
        _numbers(difference, exact), difference.ours, difference.theirs))
    return right.shape == ours.shape == theirs.shape and bool(
        np.abs(ours - right).max(initial=0) <= 4 * np.abs(theirs - right).max(initial=0))


def _rounding(difference: Difference, own: list[Outcome], unit: float) -> bool:
    """Whether the difference is small and ours changes by as much for inputs a little beside."""
    if difference.what not in ("value", "grad", "log"):
        return False
    ours, theirs = (np.asarray(a, np.float64) for a in (difference.ours, difference.theirs))
    others = [_numbers(difference, outcome) for outcome in own]
    if any(o is None or o.shape != theirs.shape for o in others) or ours.shape != theirs.shape:
        return False
    spread = np.max([np.abs(o - ours) for o in others], 0)
    small = unit ** 0.5 * max(1.0, np.abs(theirs).max(initial=0.0))
    return bool(np.all(np.abs(ours - theirs) <= np.minimum(8 * spread, small)))


def differences(ours: Outcome, theirs: Outcome, tolerance: float) -> list[Difference]:
    """All differences, errors first."""
    found = []
    for i in sorted({*ours.errors, *theirs.errors}):
        a, b = ours.errors.get(i), theirs.errors.get(i)
        if (a is None) != (b is None):
            return [Difference("error", f"step {i}", a or "none", b or "none")]
        if isinstance(a, AttributeError) and not isinstance(b, AttributeError):
            found.append(Difference("error", f"step {i}", a, b))
    stopped = bool(ours.errors)  # a pass that stops half-way has left what it had by then
    for number, b in theirs.seen.items():
        a = ours.seen.get(number)
        if a is None or isinstance(a, Exception) != isinstance(b, Exception):
            found.append(Difference("error", f"v{number}", a, b))
        elif isinstance(a, Seen) and isinstance(b, Seen):
            found += [d for d in _fields(a, b, f"v{number}", tolerance)
                      if not (stopped and d.what.startswith("grad"))]
    if stopped:
        return found
    if len(ours.log) != len(theirs.log):
        found.append(Difference("calls", "hooks", ours.log, theirs.log))
    else:
        found += [Difference("log", str(i), a, b) for i, (a, b) in enumerate(
            zip(ours.log, theirs.log)) if not close(a, b, tolerance)]
    if any(d.what == "log" for d in found) and _permuted(ours.log, theirs.log, tolerance):
        found = [d for d in found if d.what != "log"]
        found.append(Difference("order", "hooks", ours.log, theirs.log))
    return found


def _permuted(ours: list, theirs: list, tolerance: float) -> bool:
    """Whether each of ours is one of theirs."""
    rest = list(theirs)
    for a in ours:
        k = next((k for k, b in enumerate(rest) if close(a, b, tolerance)), None)
        if k is None:
            return False
        del rest[k]
    return True


def _fields(a: Seen, b: Seen, where: str, tolerance: float):
    if a.value.shape != b.value.shape:
        yield Difference("shape", where, a.value.shape, b.value.shape)
    elif not close(a.value, b.value, tolerance):
        yield Difference("value", where, a.value, b.value)
    if (a.grad is None) != (b.grad is None):
        yield Difference("grad is None", where, a.grad, b.grad)
    elif a.grad is not None and not close(a.grad, b.grad, tolerance):
        yield Difference("grad", where, a.grad, b.grad)
    for name in ("dtype", "requires_grad", "is_leaf", "grad_dtype"):
        if getattr(a, name) != getattr(b, name) and not (name == "grad_dtype" and (
                a.grad is None or b.grad is None)):
            yield Difference(name, where, getattr(a, name), getattr(b, name))


def close(a: np.ndarray, b: np.ndarray, tolerance: float) -> bool:
    """Equal shapes, NaN and infinity at the same places, the rest within the tolerance of the
    largest."""
    if a.shape != b.shape:
        return False
    a, b = a.astype(np.float64), b.astype(np.float64)
    finite = np.isfinite(b)
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return False
    a, b = a[finite], b[finite]
    return bool(np.all(np.abs(a - b) <= tolerance * max(1.0, np.abs(b).max(initial=0.0))))


def _explained(difference: Difference, others: list[Outcome], unit: float) -> bool:
    """Whether nudging the inputs changes PyTorch's own result by as much."""
    if difference.what not in ("value", "grad", "log"):
        return False
    theirs = np.asarray(difference.theirs, np.float64)
    units = 4096 if unit == PRECISION["float64"] else 64
    spread = np.full(theirs.shape, units * unit * max(1.0, np.abs(theirs).max(initial=0.0)))
    for other in others:
        got = _numbers(difference, other)
        if got is None or got.shape != theirs.shape:
            return True
        with np.errstate(invalid="ignore"):
            spread = np.maximum(spread, 16 * np.abs(got - theirs))
    ours = np.asarray(difference.ours, np.float64)
    with np.errstate(invalid="ignore"):
        return ours.shape == theirs.shape and not np.any(np.abs(ours - theirs) > spread) and (
            np.array_equal(np.isnan(ours), np.isnan(theirs)) or bool(np.isnan(spread).any()))


def with_forward(program: Program) -> list[Difference]:
    """How the library differs from the forward-mode evaluator on this program, and on the same
    program in float64, which is held to more digits."""
    return _with_forward(in_float64(program), 64) or _with_forward(program, 1024)


def _with_forward(program: Program, units: int) -> list[Difference]:
    try:
        right = Machine().run(program)
    except Rejected:
        return []
    outcome = execute(program, "autograd")
    for i, error in outcome.errors.items():
        return [] if any(text in str(error) for text in HONEST) else [
            Difference("error", f"step {i}", error, "none")]
    unit = min(0.1, units * precision(program, outcome))
    others = None
    found = []
    for number, name, a, b, scale in expectations(program, right, outcome):
        if close(a / scale, b / scale, unit):
            continue
        if others is None:
            others = _neighbours(program, unit, outcome)
        if not _within_spread(a, b, scale, [o.get((number, name)) for o in others], unit):
            found.append(Difference(name, f"v{number}" if number >= 0 else "all leaves", a, b))
    return found


def expectations(program: Program, right: Machine, outcome: Outcome):
    """(number, what, ours, right, scale): every value, and the leaves' gradients along the two
    directions."""
    totals, scale = np.zeros(2), right.scale.copy()
    counted = set()  # a value can have two numbers
    for number, x in right.values.items():
        seen = outcome.seen[number]
        if isinstance(seen, Exception):
            yield number, "error", np.ones(1), np.zeros(1), 1.0
            continue
        yield number, "value", seen.value, x.value, max(1.0, np.abs(
            x.value.astype(float)).max(initial=0))
        if seen.grad is not None and x.leaf and id(x) not in counted:
            counted.add(id(x))
            for k, direction in enumerate(_directions(program, number, x.shape)):
                totals[k] += (seen.grad * direction).sum()
                scale[k] += np.abs(seen.grad * direction).sum()
    for k in (0, 1):
        if not np.isnan(right.totals[k]):
            yield -1, f"gradient along direction {k}", totals[k:k + 1], right.totals[k:k + 1], max(
                1.0, scale[k])


def _directions(program: Program, number: int, shape):
    step = next(s for s in program.steps if number in s.outs)
    return ramp(shape), slant(shape, step.attrs.get("number", number))


def _neighbours(program: Program, unit: float, outcome: Outcome) -> list[dict]:
    """What is right for inputs a little beside; empty where that is rejected."""
    found = []
    for seed in range(3):
        try:
            machine = Machine().run(nudged(program, unit, seed))
        except Rejected:
            return []
        found.append({(number, name): b for number, name, _, b, _ in expectations(
            program, machine, outcome)})
    return found


def _within_spread(a, b, scale, others, unit) -> bool:
    if not others or any(o is None or o.shape != b.shape for o in others):
        return True
    if a.shape != b.shape:
        return False
    spread = unit * scale + 8 * np.max([np.abs(o - b * 1.0) for o in others], 0)
    return bool(np.all(np.abs(a.astype(float) - b) <= spread))
