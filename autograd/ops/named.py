"""Results with names."""

from __future__ import annotations

from collections import namedtuple
from typing import Any


def named(name: str, fields: str) -> Any:
    """The class of the named tuples that a function returns, called as it is."""
    return namedtuple(name, fields.split())
