"""Pooling over windows of planes (P, H, W), which are images times channels.

A window is the product of one entry of `rows` (OH, 3) and one of `columns` (OW, 3), int64 tables
of [first, last, step] for maxima, where each window holds the places range(first, last, step), and
of [first, last, divisor] for averages, where the sum over [first, last) is divided by both
divisors.  Any pooling is such tables: padded, dilated, adaptive or global.
"""

import numpy as np

from autograd.quiet import quiet

TALL = 64  # rows from which a sum of them in float32 would lose digits


def max_pool2d(x, rows, columns):
    """Largest number of each window (P, OH, OW), and its place in the plane as int32.

    Of equals the first one counts; NaN is larger than every number, and the last one counts.
    """
    planes, height, width = x.shape
    places = np.arange(height * width, dtype=np.int32).reshape(height, width)
    out = np.empty((planes, len(rows), len(columns)), x.dtype)
    indices = np.empty(out.shape, np.int32)
    every = np.arange(planes)
    columns = _inside(columns, width)
    for i, (top, bottom, down) in enumerate(_inside(rows, height)):
        for j, (left, right, step) in enumerate(columns):
            window = slice(top, bottom, down), slice(left, right, step)
            inside = places[window].reshape(-1)
            values = x[:, *window].reshape(planes, len(inside))
            lost = values != values
            last = len(inside) - 1 - lost[:, ::-1].argmax(1)
            best = np.where(lost.any(1), last, values.argmax(1))
            out[:, i, j] = values[every, best]
            indices[:, i, j] = inside[best]
    return out, indices


@quiet
def max_pool2d_grad(g, indices, size):
    """Planes (P, *size) of zeros to which g (P, OH, OW) is added at `indices`."""
    planes, places = len(g), size[0] * size[1]
    _same_shape(g, indices.shape[1:])
    if indices.size and not 0 <= indices.min() <= indices.max() < places:
        raise IndexError(f"a place of pooling does not lie within the plane of {size}")
    grad = np.zeros((planes, places), g.dtype)
    np.add.at(grad, (np.arange(planes)[:, None, None], indices), g)
    return grad.reshape(planes, *size)


@quiet
def avg_pool2d(x, rows, columns):
    """Sum of each window divided by its divisors (P, OH, OW)."""
    out = np.empty((len(x), len(rows), len(columns)), x.dtype)
    across = _inside(columns, x.shape[2])
    for i, (top, bottom, _) in enumerate(_inside(rows, x.shape[1])):
        for j, (left, right, _) in enumerate(across):
            wide = np.float64 if bottom - top > TALL else x.dtype  # NumPy adds rows one by one
            out[:, i, j] = x[:, top:bottom, left:right].sum((1, 2), wide)
    return np.divide(out, _divisors(rows, columns, x.dtype), out=out)


@quiet
def avg_pool2d_grad(g, rows, columns, size):
    """Planes (P, *size) in which each window has its g (P, OH, OW) by its divisors added."""
    _same_shape(g, (len(rows), len(columns)))
    shares = g / _divisors(rows, columns, g.dtype)
    grad = np.zeros((len(g), *size), g.dtype)
    across = _inside(columns, size[1])
    for i, (top, bottom, _) in enumerate(_inside(rows, size[0])):
        for j, (left, right, _) in enumerate(across):
            grad[:, top:bottom, left:right] += shares[:, i, j, None, None]
    return grad


def _divisors(rows, columns, dtype):
    return (rows[:, 2, None] * columns[:, 2].astype(np.float64)).astype(dtype)


def _same_shape(g, windows):
    if g.shape[1:] != windows:
        raise IndexError(f"the gradient {g.shape} does not have the shape of the windows {windows}")


def _inside(table, places):
    """The windows of a table, which must lie within so many places."""
    windows = table.tolist()
    for first, last, _ in windows:
        if not 0 <= first < last <= places:
            raise IndexError(f"the window [{first}, {last}) of pooling does not lie within "
                             f"{places} places")
    return windows


def max_pool_at(x, rows, columns, kernel):
    """Largest number of each window of planes (P, H, W), and its place in the plane as int32; the
    windows begin at the rows (P, OH) and columns (P, OW) of their plane."""
    count, height, width = x.shape
    down = rows[:, :, None] + np.arange(kernel[0])  # (P, OH, kh)
    across = columns[:, :, None] + np.arange(kernel[1])  # (P, OW, kw)
    places = down[:, :, None, :, None] * width + across[:, None, :, None, :]
    places = places.reshape(*places.shape[:3], kernel[0] * kernel[1])
    flat = x.reshape(count, height * width)
    windows = flat[np.arange(count)[:, None, None, None], places]
    best = windows.argmax(3)[..., None]
    out, found = [np.take_along_axis(a, best, 3)[..., 0] for a in (windows, places)]
    return out, found.astype(np.int32)
