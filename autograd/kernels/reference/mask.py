"""What a boolean mask picks: elements, and where they lie."""

import numpy as np


def compress(x, mask):
    """The elements of x where mask, of its shape, is true, in row-major order."""
    return x[mask]


def spread(g, mask):
    """An array of mask's shape with the elements of g, in order, where it is true, and 0."""
    out = np.zeros(mask.shape, g.dtype)
    out[mask] = g
    return out


def argwhere(mask):
    """The indices of the elements that are true, one row each, in row-major order."""
    return np.ascontiguousarray(np.argwhere(mask))
