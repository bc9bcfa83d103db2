"""The check that a program must pass: against the evaluator, or against PyTorch."""

from __future__ import annotations

from collections.abc import Callable

from .compare import Difference, with_forward, with_torch
from .differences import on_purpose
from .program import Program


def against_torch(program: Program) -> list[Difference]:
    """The differences from PyTorch that nobody wants."""
    return [d for d in with_torch(program) if on_purpose(program, d) is None]


def checker(plain: bool) -> Callable[[Program], list[Difference]]:
    """The check of plain programs, or of all others."""
    if plain:
        return with_forward
    import torch

    torch.set_num_threads(1)
    return against_torch
