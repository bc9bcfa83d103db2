"""Arithmetic of two arrays in NumPy."""

import numpy as np

_FUNCTIONS = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.true_divide,
}


def arithmetic(name, a, b):
    """a and b combined elementwise, with broadcasting, by the function of this name."""
    return _FUNCTIONS[name](a, b)

