"""Where the elements of an array lie in memory, and copies that keep together what shares it."""

from __future__ import annotations

import sys
from typing import Any
from weakref import WeakSet

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


def is_shared(array: np.ndarray) -> bool:
    """Whether the memory is one that processes share, as `between_processes` makes it."""
    found = array
    while isinstance(found, np.ndarray):
        found = found.base  # type: ignore[assignment]
    return any(found is block for block in _shared)


_shared: Any = WeakSet()  # blocks of memory that processes share


def between_processes(array: np.ndarray) -> np.ndarray:
    """A copy in memory that this process shares with those it forks."""
    from mmap import mmap

    block = mmap(-1, max(array.nbytes, 1))
    _shared.add(block)
    made = np.ndarray(array.shape, array.dtype, block)
    made[...] = array
    return made


def check_sent(array: np.ndarray) -> None:
    """Raise where shared memory is to go to a process that gets a copy of everything."""
    context = sys.modules.get("multiprocessing.context")
    spawning = context is not None and context.get_spawning_popen() is not None
    if spawning and is_shared(array):
        raise RuntimeError("share_memory_: memory is shared with processes that are forked, and "
                           "this one is spawned and would get a copy; use "
                           "multiprocessing.get_context('fork')")


def overlaps(array: np.ndarray) -> bool:
    """Whether two elements share memory."""
    steps = sorted((abs(stride), n) for stride, n in zip(array.strides, array.shape, strict=True)
                   if n > 1)
    reach = array.itemsize
    for stride, n in steps:
        if stride < reach:
            break
        reach += stride * (n - 1)
    else:  # each stride passes over all that the smaller ones reach
        return False
    if array.size == 0 or steps[0][0] == 0:
        return array.size > 0
    places = np.zeros(1, np.int64)
    for stride, n in steps:
        places = np.add.outer(places, np.arange(n) * stride).reshape(-1)
    return bool((np.diff(np.sort(places)) < array.itemsize).any())
