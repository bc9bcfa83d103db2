"""Which function writes which op: `writer(graph, *arguments)` gives the names of the results."""

from __future__ import annotations

from collections.abc import Callable

WRITERS: dict[str, Callable] = {}


def writes(*ops: str) -> Callable[[Callable], Callable]:
    """Declare that a function writes these ops."""
    def declare(writer: Callable) -> Callable:
        WRITERS.update(dict.fromkeys(ops, writer))
        return writer

    return declare
