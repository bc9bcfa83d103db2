"""Functions that a compiled step calls as they are.

What `autograd.compile` records is a list of calls on arrays. A few functions do more than that: an
optimizer's step counts and reads a learning rate, clipping decides by a norm. Marked with
`@replayed` they become one call of the recording, made at each replay with the same arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable)

watcher: list[Any] = []  # who records at present: called with the function and its arguments


def replayed(function: F) -> F:
    """Mark a function that a compiled step calls as it is."""
    @wraps(function)
    def call(*args, **kwargs):
        if watcher:
            return watcher[0](function, args, kwargs)
        return function(*args, **kwargs)

    return call  # type: ignore[return-value]
