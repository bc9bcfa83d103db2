"""Deep copies of arrays that may share memory."""

from __future__ import annotations

from copy import deepcopy

import numpy as np


def deep_copy(array: np.ndarray, memo: dict) -> np.ndarray:
    """A copy; arrays that showed one memory show one copy of it, if they are copied with one memo.
    """
    root = array
    while isinstance(root.base, np.ndarray):
        root = root.base
    if not (root.flags.owndata and root.flags.forc and type(root) is np.ndarray):
        return array.copy()
    copied = deepcopy(root, memo)
    if root is array:
        return copied
    offset = array.__array_interface__["data"][0] - root.__array_interface__["data"][0]
    memory = copied.ravel("K").view(np.uint8)
    return np.ndarray(array.shape, array.dtype, memory, offset, array.strides)
