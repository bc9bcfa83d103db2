"""Hooks: the handle that registering one returns, the one behind retain_grad, and what the engine
asks when somebody looks at its walks."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from itertools import count

from .errors import describe

_next_key = count().__next__

LOOKING: list = []  # empty, or who looks at all walks: the `_Detector` of `anomaly`


class _Walks(threading.local):
    """The backward walks of this thread: of each, the innermost last, what is to be called once it
    has ended well."""

    def __init__(self) -> None:
        self.waiting: list[list[Callable[[], None]]] = []

    def __enter__(self) -> None:
        self.waiting.append([])

    def __exit__(self, kind, *_: object) -> None:
        calls = self.waiting.pop()
        if kind is None:
            for call in calls:
                call()


walks = _Walks()


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
