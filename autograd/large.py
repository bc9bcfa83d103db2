"""Which arrays a kernel takes in NumPy's place: large ones.

Small arrays stay with NumPy: starting a kernel takes as long as some thousand elements, and the
first one loads the compiler.
"""

import numpy as np

from . import kernels
from .kernels.rounding import rounded_once

ndarray = np.ndarray
FLOAT16 = np.dtype(np.float16)
LARGE = 1 << 12  # elements from which one sweep of a kernel is quicker than NumPy's several
SHARED = 1 << 16  # elements from which two threads are quicker than NumPy's one


def is_large(x) -> bool:
    """Whether a kernel pays: for large arrays, and those of float16, which kernels compute in
    float32; never for Tensors, which are to be recorded."""
    return x.__class__ is np.ndarray and (x.size >= LARGE or x.dtype is FLOAT16)


def combining(name: str, plain):
    """The function `plain` of two operands, for large arrays by the arithmetic kernel `name`."""
    exact = with_numbers(plain)

    def combine(a, b):
        if a.__class__ is ndarray:
            if a.size >= SHARED:
                return kernels.arithmetic(name, a, b)
            if b.__class__ is ndarray:
                return plain(a, b)
        return exact(a, b)

    return combine


def with_numbers(plain):
    """The function `plain` of two operands, for which a number beside a float16 array need not fit
    into float16."""
    def exact(a, b):
        at = 0 if a.__class__ is np.ndarray else 1
        if getattr((a, b)[at], "dtype", None) is FLOAT16 and (a, b)[at].__class__ is np.ndarray:
            return rounded_once(plain, at)(a, b)
        return plain(a, b)

    return exact


def mixing(plain):
    """The function `plain` of several operands, numbers among them, computed in float32 and rounded
    once where the arrays are of float16."""
    def mix(*operands):
        for at, operand in enumerate(operands):
            if operand.__class__ is np.ndarray:
                return (rounded_once(plain, at) if operand.dtype is FLOAT16 else plain)(*operands)
        return plain(*operands)

    return mix


def total(x, dims, keepdims):
    """The sum of an array, in its own type, over `dims`, a tuple of numbers from 0 on."""
    if x.size >= LARGE or x.dtype is FLOAT16:
        return kernels.sum_over(x, dims, keepdims)
    return np.add.reduce(x, axis=dims, dtype=x.dtype, keepdims=keepdims)
