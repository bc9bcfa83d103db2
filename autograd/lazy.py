"""Packages whose parts are loaded when they are first asked for: a program pays for what it uses,
and importing the library stays short of what importing NumPy takes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module

from .errors import did_you_mean


def lazily(package: str, parts: dict[str, str]) -> tuple[Callable, Callable, list[str]]:
    """`__getattr__`, `__dir__` and the list of public names of a package.

    `parts` has for each of its modules the public names in it, separated by spaces; the modules
    that are public themselves stand under ".".
    """
    home = {name: module for module, names in parts.items() for name in names.split()}

    def load(name: str):
        module = home.get(name, name)
        if module not in parts:
            near = did_you_mean(name, home)
            raise AttributeError(f"module {package!r} has no attribute {name!r}{near}")
        if module == "." or module == name:
            return import_module(f"{package}.{name}")
        value = getattr(import_module(f"{package}.{module}"), name)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *home})

    return load, names, sorted(home)


class Awaited:
    """Stands for a method whose module is loaded when it is first asked for, and declares it."""

    def __init__(self, owner: type, name: str, module: str) -> None:
        self.owner, self.name, self.module = owner, name, module

    def __get__(self, instance, owner):
        import_module(self.module)
        if vars(self.owner).get(self.name) is self:
            raise AttributeError(f"{self.owner.__name__}.{self.name}: {self.module} has not "
                                 "declared it")
        return getattr(owner if instance is None else instance, self.name)
