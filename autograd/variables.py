"""What a function sees from outside: its object, its closure, the globals that its code names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from types import CodeType, MethodType
from typing import Any


def seen_by(function: Callable) -> Iterator[tuple[str, Any]]:
    """Names and values; of a callable object, itself by the name of its class."""
    if isinstance(function, partial):
        yield from function.keywords.items()
        yield from seen_by(function.func)
        return
    if isinstance(function, MethodType):
        yield "self", function.__self__
        function = function.__func__
    code = getattr(function, "__code__", None)
    if code is None:
        yield type(function).__name__, function
        return
    outside = function.__globals__
    for name in dict.fromkeys(name for inner in codes(code) for name in inner.co_names):
        if name in outside:
            yield name, outside[name]
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:  # it is not assigned yet
            continue


def codes(code: CodeType) -> Iterator[CodeType]:
    """A function's code, and that of functions in it."""
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from codes(inner)
