"""Running sums and products along a dimension in float64, in NumPy, and the latter's gradients."""

import numpy as np

from autograd.quiet import quiet


def _wide(x):
    return np.dtype(np.float64) if x.dtype.kind == "f" else x.dtype


@quiet
def cumsum(x, dim, back):
    """The sums of the first 1, 2, 3, ... elements along dim, or of the last ones."""
    x = np.flip(x, dim) if back else x
    sums = np.add.accumulate(x, dim, _wide(x))
    return (np.flip(sums, dim) if back else sums).astype(x.dtype, "C", copy=False)


@quiet
def cumprod(x, dim):
    """The products of the first 1, 2, 3, ... elements along dim."""
    return np.multiply.accumulate(x, dim, _wide(x)).astype(x.dtype, "C", copy=False)


@quiet
def cumprod_grad(g, x, dim):
    """The gradient of cumprod along dim from that of its result, with zeros in x too."""
    g, grad = g.astype(_wide(x)), np.empty(x.shape, _wide(x))
    g_lines, x_lines, lines = [np.moveaxis(a, dim, 0) for a in (g, x, grad)]
    total = np.zeros(lines.shape[1:])
    for j in range(len(lines) - 1, -1, -1):
        following = x_lines[j + 1] * total if j + 1 < len(lines) else 0
        lines[j] = total = g_lines[j] + following
    product = np.ones(lines.shape[1:])
    for j in range(len(lines)):
        lines[j] *= product
        product = product * x_lines[j]
    return grad.astype(x.dtype, "C")


@quiet
def prod_grad(g, x, dim):
    """g, of size 1 along dim, times the product of all other elements along dim."""
    ones = np.ones_like(x.take([0], dim)) if x.shape[dim] else x
    parts = [np.concatenate([ones, side.take(range(x.shape[dim] - 1), dim)], dim)
             if x.shape[dim] else x for side in (x, np.flip(x, dim))]
    before, after = [np.multiply.accumulate(part, dim, _wide(x)) for part in parts]
    return (g * before * np.flip(after, dim)).astype(x.dtype, "C")
