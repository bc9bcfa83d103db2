"""What programs take from PyTorch's layers although it is private there: `_pair`, `_get_clones`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

from . import functional as F
from .containers import ModuleList
from .module import Module


def _ntuple(n: int, name: str = "parse") -> Callable[[Any], tuple]:
    """The function that makes a tuple of n of one number, and of a row the tuple of what it has."""
    def parse(x: Any) -> tuple:
        return tuple(x) if isinstance(x, Iterable) else (x,) * n

    parse.__name__ = name
    return parse


_single, _pair = _ntuple(1, "_single"), _ntuple(2, "_pair")
_triple, _quadruple = _ntuple(3, "_triple"), _ntuple(4, "_quadruple")


def _get_clones(module: Module, N: int) -> ModuleList:
    """N copies of a module, with parameters of their own."""
    return ModuleList([deepcopy(module) for _ in range(N)])


def _get_activation_fn(activation: str) -> Callable:
    """The function of this name, "relu" or "gelu"."""
    if activation not in ("relu", "gelu"):
        raise RuntimeError(f"activation {activation!r}; choose 'relu' or 'gelu'")
    return getattr(F, activation)
