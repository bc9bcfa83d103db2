"""Which arrays a kernel takes in NumPy's place: large ones.

Small arrays stay with NumPy: starting a kernel takes as long as some thousand elements, and the
first one loads the compiler.
"""

import numpy as np

from . import kernels

FLOAT16 = np.dtype(np.float16)
LARGE = 1 << 12  # elements from which one sweep of a kernel is quicker than NumPy's several
SHARED = 1 << 16  # elements from which two threads are quicker than NumPy's one


def is_large(x) -> bool:
    """Whether a kernel pays: for large arrays; never for Tensors, which are to be recorded."""
    return x.__class__ is np.ndarray and x.size >= LARGE


def combining(name: str, plain):
    """The function `plain` of two operands, for large arrays by the arithmetic kernel `name`."""
    def combine(a, b):
        if a.__class__ is np.ndarray and a.size >= SHARED:
            return kernels.arithmetic(name, a, b)
        return plain(a, b)

    return combine


def total(x, dims, keepdims):
    """The sum of an array, in its own type, over `dims`, a tuple of numbers from 0 on."""
    if x.size >= LARGE or x.dtype is FLOAT16:
        return kernels.sum_over(x, dims, keepdims)
    return np.add.reduce(x, axis=dims, dtype=x.dtype, keepdims=keepdims)
