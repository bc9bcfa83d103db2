"""Where gradients end: in `.grad`, which is always writable, dense and its tensor's own memory.

The array that a rule returned is kept as it is where nobody else holds it, and copied elsewhere.
Who holds it is told by its reference count; what the count of an array is that only the walk holds
depends on the version of Python, so it is measured once, here, by the functions that ask.
"""

from __future__ import annotations

from sys import getrefcount
from threading import Lock

import numpy as np

from .node import Leaf
from .tensors import Tensor, mark_written, ndarray, wrap

_writing = Lock()  # held while a gradient is written, for walks in several threads


def add_to_leaf(leaf: Leaf, held: dict, create_graph: bool) -> None:
    """Add the leaf's gradient, `held[leaf]`, to its tensor's `.grad`, and call who waits."""
    tensor = leaf.tensor()
    if tensor is None or tensor._node.__class__ is not Leaf:  # asks for no gradient any more
        return
    with _writing:
        if tensor._grad is None and not create_graph:
            tensor._grad = wrap(owned(held, leaf))
        else:
            add_to_grad(tensor, held[leaf])
    if leaf.after:
        for hook in tuple(leaf.after.values()):
            hook(tensor)


def add_to_grad(tensor: Tensor, g) -> None:
    """Add g to the tensor's `.grad`: an ndarray, or a Tensor with its history."""
    before = tensor._grad
    if before is None:
        tensor._grad = g.clone() if isinstance(g, Tensor) else wrap(np.array(g, order="C"))
        return
    if before._array.shape != g.shape or before._array.dtype != g.dtype:
        raise RuntimeError(f"backward: .grad is {tuple(before.shape)} {before.dtype}, to which a "
                           f"gradient {tuple(g.shape)} {g.dtype} cannot be added; set it to None")
    if isinstance(g, Tensor):
        tensor._grad = before + g
    elif before._array.flags.writeable and before._array.flags.c_contiguous:
        np.add(before._array, g, out=before._array)
        mark_written(before, "backward")
    else:
        tensor._grad = wrap(before._array + g)


def owned(held: dict, key) -> np.ndarray:
    """The array `held[key]` if nobody else holds it or its memory; else a copy."""
    if (_is_dense(held[key]) and _references(held, key) == _ALONE
            and (held[key].base is None or _base_references(held, key) == _ALONE_BASE)):
        return held[key]
    return np.array(held[key], order="C")


def _is_dense(g) -> bool:
    """Whether it is an array that fills its own memory, or all of its base's, and may change."""
    if g.__class__ is not ndarray or not (g.flags.c_contiguous and g.flags.writeable):
        return False
    base = g.base
    return base is None or (base.__class__ is ndarray and base.base is None
                            and base.size == g.size)


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
