"""The check that a program must pass: against the evaluator, or against PyTorch."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from autograd import kernels, large

from .compare import Difference, with_forward, with_torch
from .differences import on_purpose
from .generate import generate
from .program import Program
from .shrink import kind_of, shrink

SHRUNK_PER_KIND = 25  # of failures that look alike before they are shrunk


def against_torch(program: Program) -> list[Difference]:
    """The differences from PyTorch that are not on purpose."""
    return [d for d in with_torch(program) if on_purpose(program, d) is None]


def checker(plain: bool) -> Callable[[Program], list[Difference]]:
    """The check of plain programs, or of all others."""
    if plain:
        return with_forward
    import torch

    torch.set_num_threads(1)
    return against_torch


def force_kernels() -> None:
    """Let kernels, on two threads where they can, take every array that is not empty."""
    kernels.tier()
    for name, module in list(sys.modules.items()):
        if module is large or name.startswith("autograd.kernels.compiled."):
            for limit in ("LARGE", "SHARED"):
                if hasattr(module, limit):
                    setattr(module, limit, 1)


class Failure(NamedTuple):
    """A failing program's seed, what tells its kind, and its text."""

    seed: int
    kind: tuple
    text: str


_seen: Counter = Counter()


def run_block(job: tuple[int, int, bool, bool]) -> tuple[int, list[Failure]]:
    """Check the programs of some seeds."""
    start, stop, plain, forced = job
    if forced:
        force_kernels()
    check, found = checker(plain), []
    for seed in range(start, stop):
        program = generate(seed, plain)
        differences = check(program)
        if not differences:
            continue
        raw = kind_of(program, differences)
        _seen[raw] += 1
        if _seen[raw] > SHRUNK_PER_KIND:
            found.append(Failure(seed, raw, ""))
            continue
        small = shrink(program, check)
        differences = check(small)
        ops = sorted({step.op for step in small.steps} - {"leaf"})
        lines = "".join(f"\n# {d}" for d in differences[:4])
        found.append(Failure(seed, (*raw, *ops), small.text("autograd") + lines))
    return stop - start, found
