"""What clipping gradients needs: their norm, and limits to it or to each element."""

import numpy as np

from autograd.quiet import quiet


@quiet
def sum_of_squares(arrays):
    """Sum of the squares of all elements of all arrays, as a float, summed in float64."""
    return sum((float(np.square(a, dtype=np.float64).sum()) for a in arrays), 0.0)


@quiet
def clip_(arrays, scale):
    """Multiplies every array by the number `scale` in place."""
    for a in arrays:
        a *= scale


@quiet
def clamp_(arrays, low, high):
    """Limits every element to [low, high] in place."""
    for a in arrays:
        np.clip(a, low, high, out=a)
