"""Nodes that remember more: where they were made, and what they saved as a user's hook packed it.

Ops make plain nodes, at no cost for what nobody asks.  While somebody looks they make `Watched`
ones instead: `watch` puts that class where the functions of ops, and `Node.make`, find theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from threading import RLock
from typing import Any

import numpy as np

from .calling import NAMESPACE
from .errors import caller_place, describe
from .modes import no_grad
from .node import KIND, Leaf, Node
from .record import scopes
from .tensors import Tensor, ndarray, wrap

# The [pack, unpack] of the blocks that this context is in, the innermost last.
packing: ContextVar[tuple[list[Callable], ...]] = ContextVar("autograd_packing", default=())
_watchers = 0
_counting = RLock()


def watch(more: int) -> None:
    """So many more, or fewer, who want watched nodes."""
    global _watchers
    with _counting:
        _watchers += more
        KIND[0] = kind = Watched if _watchers else Node
        for names in [NAMESPACE, *scopes()]:
            names["Node"] = kind


class Watched(Node):
    """A node that knows its `place`, and keeps what the pack hook gave for what it saved."""

    __slots__ = ("place", "_held", "_unpack", "_boxes")

    place: tuple  # of the call in the user's code, for errors.located

    @property
    def saved(self) -> tuple | None:
        """What was saved; where hooks keep it, from the unpack hook."""
        held, unpack = self._held, self._unpack
        if held is None or unpack is None:
            return held
        return tuple([part.unpacked(unpack) if isinstance(part, _Packed) else part
                      for part in held])

    @saved.setter
    def saved(self, values: tuple | None) -> None:
        self._held, self._unpack = values, None
        if values is None:
            return
        self.place = caller_place()
        hooks = packing.get()
        if hooks:
            pack, self._unpack = hooks[-1]
            self._held = tuple([_Packed(_given(self, value, source), pack)
                                if isinstance(value, ndarray) else value
                                for _, value, source in self.op.kept(values)])

    @property
    def versions(self) -> tuple:
        """Where hooks keep what was saved, only those of other tensors: hooks may make copies."""
        return self._boxes[len(self._boxes) - self.op.beside if self._unpack else 0:]

    @versions.setter
    def versions(self, boxes: tuple) -> None:
        self._boxes = boxes


class _Packed:
    """What a pack hook gave for a tensor."""

    __slots__ = ("held", "shape", "dtype")

    def __init__(self, tensor: Tensor, pack: Callable) -> None:
        self.shape, self.dtype = tensor._any_array.shape, tensor._any_array.dtype
        stamp = tensor._version[0]
        with no_grad():
            self.held = pack(tensor)
        if tensor._version[0] != stamp:
            raise RuntimeError("saved_tensors_hooks: pack_hook changed the tensor it was given in "
                               "place, which is the program's own; let it change a .clone()")

    def unpacked(self, unpack: Callable) -> np.ndarray:
        tensor = unpack(self.held)
        if (not isinstance(tensor, Tensor) or tensor._any_array.shape != self.shape
                or tensor._any_array.dtype.kind != self.dtype.kind):
            raise RuntimeError("saved_tensors_hooks: unpack_hook must return the tensor that was "
                               f"packed, of shape {self.shape} and a dtype such as {self.dtype}; "
                               f"got {describe(tensor)}")
        return tensor._any_array.astype(self.dtype, copy=False)


def _given(node: Node, array: np.ndarray, source: Any) -> Tensor:
    """A saved value as a tensor: the program's own if it is one that requires grad and was not
    computed."""
    parent = None
    if isinstance(source, int) and 0 <= source < len(node.parents):
        parent = node.parents[source]
    own = parent.tensor() if isinstance(parent, Leaf) else None
    if own is not None and own._any_array is array:
        return own
    tensor = wrap(array)
    tensor._node = parent
    return tensor
