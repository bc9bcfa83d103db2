"""The check that a program must pass: against the evaluator, or against PyTorch."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from autograd import kernels
from autograd.kernels.thresholds import LEAST

from .amended import wordings
from .compare import Difference, with_forward, with_torch
from .differences import on_purpose
from .generate import generate
from .program import Program
from .shrink import kind_of, shrink
from .workers import Died

SHRUNK_PER_KIND = 25  # of failures that look alike before they are shrunk


def against_torch(program: Program) -> list[Difference]:
    """The differences from PyTorch that are not on purpose; where those on purpose vanish if
    PyTorch is asked in other words, they must."""
    found = [(d, on_purpose(program, d)) for d in with_torch(program)]
    left = [d for d, purpose in found if purpose is None]
    if left or not any(purpose.amended for _, purpose in found):
        return left
    for asked in wordings(program):
        left = [d for d in with_torch(program, asked) if not (
            isinstance(d.ours, Exception) or on_purpose(program, d, amended=True))]
        if not left:
            break
    return left


@cache
def checker(plain: bool) -> Callable[[Program], list[Difference]]:
    """The check of plain programs, or of all others."""
    if plain:
        return with_forward
    import torch

    torch.set_num_threads(1)
    return against_torch


@cache
def force_kernels() -> None:
    """Let kernels, on two threads where they can, take every array that is not empty."""
    kernels.tier()
    LEAST.update(dict.fromkeys(LEAST, 1))
    for name, module in list(sys.modules.items()):
        if name.startswith("autograd.kernels.compiled.") and hasattr(module, "SHARED"):
            module.SHARED = 1


class Failure(NamedTuple):
    """What tells a failing program's kind, and its text."""

    kind: tuple
    text: str


_seen: Counter = Counter()


def failure(seed: int, plain: bool, forced: bool) -> Failure | None:
    """How the program of this seed fails, if it does."""
    if forced:
        force_kernels()
    check = checker(plain)
    program = generate(seed, plain)
    differences = check(program)
    if not differences:
        return None
    raw = kind_of(program, differences)
    _seen[raw] += 1
    if _seen[raw] > SHRUNK_PER_KIND:
        return Failure(raw, "")
    small = shrink(program, check)
    ops = sorted({step.op for step in small.steps} - {"leaf"})
    lines = "".join(f"\n# {d}" for d in check(small)[:4])
    return Failure((*raw, *ops), small.text("autograd") + lines)


def crash(seed: int, plain: bool, died: Died) -> Failure:
    """The failure of a program at which the process died, as it is."""
    kind = (f"crash at seed {seed}:", f"exit code {died.code}")
    return Failure(kind, generate(seed, plain).text("autograd"))
