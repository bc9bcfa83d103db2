"""Rows and columns of planes (P, H, W), mixed as tables tell.

A table is (starts, places, weights): entry i of the result is the sum of the elements at
places[starts[i]:starts[i + 1]] by their weights, each 1 where `weights` is None.  Interpolation and
padding are such tables, and their gradients the transposed ones.
"""

import numpy as np

from autograd.quiet import quiet


@quiet
def resample(x, rows, columns):
    """Planes (P, H, W) whose rows, then columns, are mixed as the tables tell; None keeps them."""
    for axis, table in ((1, rows), (2, columns)):
        if table is not None:
            x = _mixed(x, axis, *table)
    return np.ascontiguousarray(x)


def _mixed(x, axis, starts, places, weights):
    if places.size and not 0 <= places.min() <= places.max() < x.shape[axis]:
        raise IndexError(f"a place of a table does not lie within {x.shape[axis]}")
    counts = np.diff(starts)
    if weights is None and (counts == 1).all():
        return x.take(places, axis)
    shape = list(x.shape)
    shape[axis] = len(counts)
    out = np.zeros(shape, x.dtype)
    for k in range(counts.max(initial=0)):
        chosen = np.flatnonzero(counts > k)
        at = starts[chosen] + k
        part = x.take(places[at], axis)
        if weights is not None:
            part *= weights[at].astype(x.dtype).reshape(-1, *[1] * (2 - axis))
        if axis == 1:
            out[:, chosen] += part
        else:
            out[:, :, chosen] += part
    return out
