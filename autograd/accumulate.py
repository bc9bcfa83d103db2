"""Where gradients end: in `.grad`, which is always writable, dense and its tensor's own memory.

The array that a rule returned is kept as it is where nobody else holds it, and copied elsewhere.
Who holds it is told by its reference count; what the count of an array is that only the walk holds
depends on the version of Python, so it is measured once, here, by the functions that ask.
"""

from __future__ import annotations

import os
from _thread import RLock
from sys import getrefcount

import numpy as np

from .gate import copied
from .node import Leaf
from .slips import PILED, SPENT
from .tensors import Tensor, mark_written, ndarray, wrap

_writing = RLock()  # held while a gradient is written, for walks in several threads


def _renew() -> None:
    """In a forked child nobody else writes, whoever held the lock in its parent."""
    global _writing
    _writing = RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)


def add_to_leaf(leaf: Leaf, held: dict, create_graph: bool) -> None:
    """Add the leaf's gradient, `held[leaf]`, to its tensor's `.grad`, and call who waits."""
    tensor = leaf.tensor()
    if tensor is None or tensor._node.__class__ is not Leaf:  # asks for no gradient any more
        return
    with _writing:
        first = None if create_graph or tensor._grad is not None else wrap(owned(held, leaf))
        if first is not None and tensor._grad is None:  # still: a finalizer or a signal's handler
            tensor._grad = first                        # may have walked since
        else:
            add_to_grad(tensor, held[leaf])
    if leaf.after:
        for hook in tuple(leaf.after.values()):
            hook(tensor)


def add_to_grad(tensor: Tensor, g) -> None:
    """Add g to the tensor's `.grad`: an ndarray, or a Tensor with its history."""
    if tensor._grad is None:
        first = g.clone() if isinstance(g, Tensor) else wrap(copied(np.asarray(g)))
        if tensor._grad is None:
            tensor._grad = first
            return
    before = tensor._grad
    if before._any_array.shape != g.shape or before._any_array.dtype != g.dtype:
        raise RuntimeError(f"backward: .grad is {tuple(before.shape)} {before.dtype}, to which a "
                           f"gradient {tuple(g.shape)} {g.dtype} cannot be added; set it to None")
    if isinstance(g, Tensor):
        tensor._grad = before + g
    elif before._any_array.flags.writeable:
        by = PILED if _is_spent(before) else "backward"
        np.add(before._any_array, g, out=before._any_array)
        mark_written(before, by)
    else:
        tensor._grad = wrap(before._any_array + g)


def _is_spent(grad: Tensor) -> bool:
    """Whether a step has used this gradient, which was not set to zero since, be it by NumPy."""
    written = grad._version[1]
    return written is not None and written[0] in (SPENT, PILED) and bool(grad._any_array.any())


def owned(held: dict, key) -> np.ndarray:
    """The array `held[key]` if nobody else holds it or its memory, and if it fills all of that and
    may change; else a copy."""
    if (held[key].__class__ is ndarray and held[key].flags.carray
            and _references(held, key) == _ALONE
            and (held[key].base is None or _owns_base(held, key))):
        return held[key]
    return copied(np.asarray(held[key]))


def _owns_base(held: dict, key) -> bool:
    base = held[key].base
    if base.__class__ is not ndarray or base.base is not None or base.size != held[key].size:
        return False
    del base
    return _base_references(held, key) == _ALONE_BASE


def _references(held: dict, key) -> int:
    return getrefcount(held[key])


def _base_references(held: dict, key) -> int:
    return getrefcount(held[key].base)


def _count_alone(count, place) -> int:
    """What `count` gives for memory that only a table holds; -1, so that all is copied, where
    memory that is held elsewhere too counts no more."""
    alone = count({0: place(np.empty(2))}, 0)
    elsewhere = np.empty(2)
    return alone if count({0: place(elsewhere)}, 0) > alone else -1


_ALONE = _count_alone(_references, lambda array: array)
_ALONE_BASE = _count_alone(_base_references, lambda array: array.reshape(2, 1))
