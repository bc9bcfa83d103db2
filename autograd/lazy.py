"""Packages whose parts are loaded when they are first asked for: a program pays for what it uses,
and importing the library stays short of what importing NumPy takes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module

from .refused import missing


def lazily(package: str, parts: dict[str, str],
           aliases: str = "", called: str = "") -> tuple[Callable, Callable, list[str]]:
    """`__getattr__`, `__dir__` and the list of public names of a package.

    `parts` has for each of its modules the public names in it, separated by spaces; the modules
    that are public themselves stand under ".".  `aliases` are modules that are reached through
    the package and are not part of it.  `called` is the name programs know it by, where that
    is not its own.
    """
    called = called or package
    elsewhere = aliases.split()
    home = {name: module for module, names in parts.items() for name in names.split()}

    def load(name: str):
        module = home.get(name, name)
        if name in elsewhere:
            return import_module(f"{called}.{name}")
        if module not in parts:
            raise missing(called, name, vars(sys.modules[package]).get("__all__", home))
        if module == "." or module == name:
            return import_module(f"{called}.{name}")
        value = getattr(import_module(f"{package}.{module}"), name)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *home, *elsewhere})

    return load, names, sorted(home)


def complete(package: str) -> Callable:
    """`__getattr__` of a package whose parts are loaded with it: it tells of what is not there."""
    def load(name: str):
        known = vars(sys.modules[package])
        raise missing(package, name, known.get("__all__", known))

    return load


class Awaited:
    """Stands for a method whose module is loaded when it is first asked for, and declares it."""

    def __init__(self, owner: type, name: str, module: str) -> None:
        self.owner, self.name, self.module = owner, name, module

    def __get__(self, instance, owner):
        self._declare()
        return getattr(owner if instance is None else instance, self.name)

    def __set__(self, instance, value) -> None:
        self._declare()
        setattr(instance, self.name, value)

    def _declare(self) -> None:
        import_module(self.module)
        if vars(self.owner).get(self.name) is self:
            raise AttributeError(f"{self.owner.__name__}.{self.name}: {self.module} has not "
                                 "declared it")
