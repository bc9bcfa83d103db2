"""Makes a failing program small: fewer steps, plainer leaves, smaller sizes, the same failure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from .compare import Difference
from .generate import ERRORS
from .program import Program, Step


def kind_of(program: Program, differences: list[Difference]) -> tuple[str, str]:
    """What fails first: the field that differs and, for an error, the kind of step."""
    first = differences[0]
    where = ""
    if first.where.startswith("step "):
        where = program.steps[int(first.where[5:])].op
        raised = first.ours if isinstance(first.ours, Exception) else first.theirs
        side = "ours" if raised is first.ours else "right"
        where += f", {side}: {type(raised).__name__} {_gist(str(raised))}"
    return first.what, where


def _gist(message: str) -> str:
    """The message's words, without numbers, names of values and the rest."""
    return " ".join(re.findall(r"[A-Za-z_]{3,}", message)[:9])


def shrink(program: Program, check: Callable[[Program], list[Difference]],
           rounds: int = 4) -> Program:
    """A smaller program with the same kind of failure."""
    wanted = kind_of(program, check(program))

    def fails(candidate: Program) -> bool:
        try:
            found = check(candidate)
        except ERRORS:
            return False
        return bool(found) and kind_of(candidate, found) == wanted

    for _ in range(rounds):
        before = program
        for candidates in (deleted, bypassed, plainer, smaller):
            program = _first_that_fail(program, candidates, fails)
        if program is before:
            break
    return program


def _first_that_fail(program: Program, candidates, fails) -> Program:
    """Walk through the candidates, going on from each that still fails."""
    position = 0
    while True:
        options = list(candidates(program))
        for i in range(position, len(options)):
            if fails(options[i]):
                program, position = options[i], min(i, position + 1)
                break
        else:
            return program
        position = max(0, i - 1)


def deleted(program: Program) -> Iterator[Program]:
    """Without one step and all that needs its results, from the end."""
    for i in reversed(range(len(program.steps))):
        gone, lost = {i}, set(program.steps[i].outs)
        for j in range(i + 1, len(program.steps)):
            step = program.steps[j]
            if lost & set(step.inputs):
                fewer = tuple(k for k in step.inputs if k not in lost)
                if step.op in ("total", "second", "cat", "stack") and fewer and (
                        step.op != "second" or step.inputs[0] not in lost):
                    continue
                gone.add(j)
                lost |= set(step.outs)
        rest = program.without(gone)
        yield replace(rest, steps=tuple(replace(s, inputs=tuple(
            k for k in s.inputs if k not in lost)) for s in rest.steps))


def bypassed(program: Program) -> Iterator[Program]:
    """One step left out and its result replaced by one of its inputs; one input by another."""
    for i in reversed(range(len(program.steps))):
        step = program.steps[i]
        for source in step.inputs:
            for out in step.outs[:1]:
                names = {out: source}
                rest = program.without({i})
                yield replace(rest, steps=tuple(replace(s, inputs=tuple(
                    names.get(k, k) for k in s.inputs)) for s in rest.steps))
        for k, old in enumerate(step.inputs):
            for earlier in range(old):
                inputs = (*step.inputs[:k], earlier, *step.inputs[k + 1:])
                yield _changed(program, i, replace(step, inputs=inputs))


def _changed(program: Program, i: int, step: Step) -> Program:
    return replace(program, steps=(*program.steps[:i], step, *program.steps[i + 1:]))


def plainer(program: Program) -> Iterator[Program]:
    """One leaf or step with less about it."""
    for i, step in enumerate(program.steps):
        if step.no_grad:
            yield _changed(program, i, replace(step, no_grad=False))
        if step.op != "leaf":
            continue
        attrs = step.attrs
        if attrs["layout"] != "plain":
            yield _changed(program, i, replace(step, attrs={**attrs, "layout": "plain"}))
        if attrs["tracked"]:
            yield _changed(program, i, replace(step, attrs={**attrs, "tracked": False}))
        if attrs["dtype"].kind == "f":
            if attrs["dtype"] != np.float64:
                yield _changed(program, i, replace(step, attrs={
                    **attrs, "dtype": np.dtype(np.float64)}))
            rounded = np.round(attrs["values"], 1)
            if not np.array_equal(rounded, attrs["values"]):
                yield _changed(program, i, replace(step, attrs={**attrs, "values": rounded}))


def smaller(program: Program) -> Iterator[Program]:
    """One size made smaller in every leaf that has it; one leaf with fewer dimensions."""
    leaves = [(i, s) for i, s in enumerate(program.steps) if s.op == "leaf"]
    sizes = sorted({n for _, s in leaves for n in s.attrs["values"].shape if n > 1}, reverse=True)
    for n in sizes:
        for less in (1, n - 1):
            yield replace(program, steps=tuple(_cut(s, n, less) for s in program.steps))
    for i, step in leaves:
        values = step.attrs["values"]
        for axis in range(values.ndim):
            if values.shape[axis]:
                yield _changed(program, i, replace(step, attrs={
                    **step.attrs, "values": np.take(values, 0, axis), "layout": "plain"}))
            if values.shape[axis] > 1:
                yield _changed(program, i, replace(step, attrs={
                    **step.attrs, "values": np.take(values, [0], axis)}))


def _cut(step: Step, n: int, less: int) -> Step:
    if step.op != "leaf":
        return step
    values = step.attrs["values"]
    for axis, size in enumerate(values.shape):
        if size == n:
            values = np.take(values, range(less), axis)
    return replace(step, attrs={**step.attrs, "values": np.asarray(values)})
