"""Pooling over windows of planes (P, H, W), which are images times channels.

A window is the product of one entry of `rows` (OH, 3) and one of `columns` (OW, 3), int64 tables
of [first, last, step] for maxima, where each window holds the places range(first, last, step), and
of [first, last, divisor] for averages, where the sum over [first, last) is divided by both
divisors.  Any pooling is such tables: padded, dilated, adaptive or global.
"""

import numpy as np

from autograd.kernels.reference.half import in_float32

_QUIET = np.errstate(all="ignore")  # NaN and infinity travel without a warning


def max_pool2d(x, rows, columns):
    """Largest number of each window (P, OH, OW), and its place in the plane as int32.

    Of equals the first one counts; NaN is larger than every number, and the last one counts.
    """
    planes, height, width = x.shape
    places = np.arange(height * width, dtype=np.int32).reshape(height, width)
    out = np.empty((planes, len(rows), len(columns)), x.dtype)
    indices = np.empty(out.shape, np.int32)
    every = np.arange(planes)
    for i, (top, bottom, down) in enumerate(rows.tolist()):
        for j, (left, right, step) in enumerate(columns.tolist()):
            window = slice(top, bottom, down), slice(left, right, step)
            inside = places[window].reshape(-1)
            values = x[:, *window].reshape(planes, len(inside))
            lost = values != values
            last = len(inside) - 1 - lost[:, ::-1].argmax(1)
            best = np.where(lost.any(1), last, values.argmax(1))
            out[:, i, j] = values[every, best]
            indices[:, i, j] = inside[best]
    return out, indices


@_QUIET
@in_float32
def max_pool2d_grad(g, indices, size):
    """Planes (P, *size) of zeros to which g (P, OH, OW) is added at `indices`."""
    planes = len(g)
    grad = np.zeros((planes, size[0] * size[1]), g.dtype)
    np.add.at(grad, (np.arange(planes)[:, None, None], indices), g)
    return grad.reshape(planes, *size)


@_QUIET
@in_float32
def avg_pool2d(x, rows, columns):
    """Sum of each window divided by its divisors (P, OH, OW)."""
    out = np.empty((len(x), len(rows), len(columns)), x.dtype)
    for i, (top, bottom, _) in enumerate(rows.tolist()):
        for j, (left, right, _) in enumerate(columns.tolist()):
            x[:, top:bottom, left:right].sum((1, 2), out=out[:, i, j])
    return np.divide(out, _divisors(rows, columns, x.dtype), out=out)


@_QUIET
@in_float32
def avg_pool2d_grad(g, rows, columns, size):
    """Planes (P, *size) in which each window has its g (P, OH, OW) by its divisors added."""
    shares = g / _divisors(rows, columns, g.dtype)
    grad = np.zeros((len(g), *size), g.dtype)
    for i, (top, bottom, _) in enumerate(rows.tolist()):
        for j, (left, right, _) in enumerate(columns.tolist()):
            grad[:, top:bottom, left:right] += shares[:, i, j, None, None]
    return grad


def _divisors(rows, columns, dtype):
    return (rows[:, 2, None] * columns[:, 2].astype(np.float64)).astype(dtype)
