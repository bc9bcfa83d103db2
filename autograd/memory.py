"""Where the elements of an array lie in memory, and copies that keep together what shares it."""

from __future__ import annotations

import numpy as np


def reach(shape, strides) -> tuple[int, int]:
    """How many bytes the elements of an array begin before and after its first one."""
    steps = [(n - 1) * step for n, step in zip(shape, strides, strict=True)]
    return -sum(step for step in steps if step < 0), sum(step for step in steps if step > 0)


def address(array: np.ndarray) -> int:
    """Where the first element lies."""
    return array.__array_interface__["data"][0]


def span(array: np.ndarray) -> tuple[int, int]:
    """The addresses of an array's first byte and of the one behind its last."""
    first = address(array)
    if array.size == 0:
        return first, first
    before, after = reach(array.shape, array.strides)
    return first - before, first + after + array.itemsize


def twin(array: np.ndarray, memo: dict) -> np.ndarray:
    """A copy of the array.  What shows the same memory shows one copy of all of it, which the
    `memo` of a deep copy keeps."""
    owner = array
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    if not (owner.flags.owndata and owner.flags.c_contiguous):
        return array.copy()
    key = ("memory", id(owner))
    if key not in memo:
        memo[key] = np.array(owner)
    place = address(array) - address(owner)
    return np.ndarray(array.shape, array.dtype, memo[key], place, array.strides)
