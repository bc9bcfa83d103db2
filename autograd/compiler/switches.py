"""`torch.compiler`: what programs tell PyTorch's compiler, which this one need not be told."""

from __future__ import annotations

from contextlib import nullcontext

from ..refused import STOOD_IN, count
from .compiled import is_compiling as is_compiling

is_dynamo_compiling = is_compiling


def disable(fn=None, recursive: bool = True, *, reason: str | None = None):
    """The function itself, or a decorator that gives it: what a function computes is recorded as
    it is, and nothing in it can disturb the recording unnoticed."""
    return (lambda function: function) if fn is None else fn


def allow_in_graph(fn):
    """The function itself: whatever it computes can be recorded."""
    return fn


assume_constant_result = allow_in_graph


def reset() -> None:
    """Nothing: recordings belong to the functions that were compiled, and end with them."""
    count(STOOD_IN, "compiler.reset")


def cudagraph_mark_step_begin() -> None:
    """Nothing: there is no GPU."""


def is_exporting() -> bool:
    """Always False."""
    return False


def list_backends(exclude_tags: tuple = ("debug", "experimental")) -> list[str]:
    """The one there is: this library's kernels."""
    return ["wengert"]


def set_stance(stance: str = "default", *, skip_guard_eval_unsafe: bool = False,
               force_backend: str | None = None):
    """A context that changes nothing."""
    count(STOOD_IN, "compiler.set_stance")
    return nullcontext()
