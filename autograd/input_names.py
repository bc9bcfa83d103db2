"""What the inputs of a checked function are called: by their paths in a module, if they are its
parameters, or by their places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any


def input_names(function: Callable, inputs) -> list[str]:
    """`fc.weight` for a parameter of the one module that the function uses, `model.fc.weight` where
    it uses several, else `input 0`."""
    modules = {id(module): (name, module) for name, module in _used(function)
               if hasattr(type(module), "named_parameters")}
    paths: dict[int, str] = {}
    for name, module in modules.values():
        for path, parameter in module.named_parameters():
            paths.setdefault(id(parameter), path if len(modules) == 1 else f"{name}.{path}")
    names = [paths.get(id(value), f"input {i}") for i, value in enumerate(inputs)]
    # the same parameter twice is two inputs
    return [name if names.count(name) == 1 else f"input {i}" for i, name in enumerate(names)]


def _used(function: Any) -> Iterator[tuple[str, Any]]:
    """What a function refers to: itself, its object, its closure, the globals that it names."""
    if isinstance(function, partial):
        yield from function.keywords.items()
        yield from _used(function.func)
        return
    yield type(function).__name__, function
    yield "self", getattr(function, "__self__", None)
    function = getattr(function, "__func__", function)
    code = getattr(function, "__code__", None)
    if code is None:
        return
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    for name in code.co_names:
        if name in function.__globals__:
            yield name, function.__globals__[name]
