"""What the inputs of a checked function are called: by their paths in a module, if they are its
parameters, or by their places.
"""

from __future__ import annotations

from collections.abc import Callable

from .variables import seen_by


def input_names(function: Callable, inputs) -> list[str]:
    """`fc.weight` for a parameter of the one module that the function uses, `model.fc.weight` where
    it uses several, else `input 0`."""
    modules = {id(module): (name, module) for name, module in seen_by(function)
               if hasattr(type(module), "named_parameters")}
    paths: dict[int, str] = {}
    for name, module in modules.values():
        for path, parameter in module.named_parameters():
            paths.setdefault(id(parameter), path if len(modules) == 1 else f"{name}.{path}")
    names = [paths.get(id(value), f"input {i}") for i, value in enumerate(inputs)]
    # the same parameter twice is two inputs
    return [name if names.count(name) == 1 else f"input {i}" for i, name in enumerate(names)]
