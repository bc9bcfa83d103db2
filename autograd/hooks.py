"""Hooks: the handle that registering one returns, and the one behind retain_grad."""

from __future__ import annotations

import weakref
from itertools import count

from .errors import describe

_next_key = count().__next__


class RemovableHandle:
    """Takes one hook out of the table it was put in: `handle.remove()`, or `with handle: ...`.

    A hook stands there alone, or as a tuple with how it is to be called.
    """

    __slots__ = ("_table", "_key")

    def __init__(self, table: dict, hook) -> None:
        function = hook[0] if isinstance(hook, tuple) else hook
        if not callable(function) and function.__class__ is not RetainGrad:
            raise TypeError(f"a hook must be a function, got {describe(function)}")
        self._table = table
        self._key = _next_key()
        table[self._key] = hook

    def remove(self) -> None:
        """Remove the hook; removing twice is allowed."""
        self._table.pop(self._key, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc_info) -> None:
        self.remove()


class RetainGrad:
    """Stands among a node's hooks for retain_grad(): the walk adds what flows on to `.grad` of
    this tensor, which it does not keep alive."""

    __slots__ = ("tensor",)

    def __init__(self, tensor) -> None:
        self.tensor = weakref.ref(tensor)
