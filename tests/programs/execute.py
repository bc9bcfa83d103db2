"""Runs a program in a library and notes what can be seen afterwards."""

from __future__ import annotations

import importlib
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import CodeType, SimpleNamespace
from typing import Any

import numpy as np

from .program import HELPERS, Program


@dataclass
class Seen:
    """What is to be seen of one tensor."""

    value: np.ndarray
    dtype: str
    requires_grad: bool
    is_leaf: bool
    grad: np.ndarray | None
    grad_dtype: str = ""


@dataclass
class Outcome:
    """The errors by the number of the step, the tensors by their number, and what hooks logged."""

    errors: dict[int, Exception] = field(default_factory=dict)
    seen: dict[int, Seen | Exception] = field(default_factory=dict)
    log: list = field(default_factory=list)


_libraries: dict[str, SimpleNamespace] = {}
_compiled: dict[str, CodeType] = {}


def library(name: str) -> SimpleNamespace:
    """The names that programs use, from `autograd` or `torch`."""
    if name not in _libraries:
        main = importlib.import_module(name)
        functions = importlib.import_module(
            "nn.functional" if name == "autograd" else "torch.nn.functional")
        _libraries[name] = SimpleNamespace(
            main=main, F=functions, grad=main.grad if name == "autograd" else main.autograd.grad)
    return _libraries[name]


def execute(program: Program, name: str) -> Outcome:
    """Run all steps; one that raises is noted and passed over."""
    lib, outcome = library(name), Outcome()
    space: dict[str, Any] = dict(torch=lib.main, F=lib.F, grad=lib.grad, np=np)
    exec("".join(HELPERS.values()), space)
    with warnings.catch_warnings(), _default_dtype(lib.main, program.double):
        warnings.simplefilter("ignore")
        for i, step in enumerate(program.steps):
            try:
                exec(_code(step.text()), space)
            except Exception as error:  # any error is a result
                outcome.errors[i] = error
        for number in sorted({out for step in program.steps for out in step.outs}):
            if f"v{number}" in space:
                try:
                    outcome.seen[number] = look(space[f"v{number}"])
                except Exception as error:
                    outcome.seen[number] = error
        outcome.log = [numbers(g) for g in space["log"]]
    return outcome


@contextmanager
def _default_dtype(main, double: bool):
    """float64 as the library's default dtype within."""
    before = main.get_default_dtype()
    try:
        if double:
            main.set_default_dtype(main.float64)
        yield
    finally:
        main.set_default_dtype(before)


def _code(text: str) -> CodeType:
    if text not in _compiled:
        if len(_compiled) > 5000:
            _compiled.clear()
        _compiled[text] = compile(text, "<program>", "exec")
    return _compiled[text]


def look(tensor) -> Seen:
    """What can be seen of it, copied."""
    if not hasattr(tensor, "requires_grad"):
        return Seen(np.asarray(tensor), type(tensor).__name__, False, True, None)
    grad = tensor.grad
    return Seen(numbers(tensor), dtype_name(tensor), bool(tensor.requires_grad),
                bool(tensor.is_leaf), None if grad is None else numbers(grad),
                "" if grad is None else dtype_name(grad))


def numbers(tensor) -> np.ndarray:
    """A copy of its numbers."""
    return np.array(tensor.detach().numpy(force=True))


def dtype_name(tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
