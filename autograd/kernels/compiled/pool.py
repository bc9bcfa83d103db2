"""Pooling over windows of planes (P, H, W); what rows and columns mean, the reference tells.

Every plane is worked on by itself, so that it stays in cache and threads share nothing.  Windows
of 2 by 2 that lie side by side, the most common ones, have their own loops, which vectorise.
"""

import numpy as np

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.memory import (
    C_CONTIGUOUS,
    data,
    flags,
    item,
    itemsize,
    length,
    matrix,
    ndim,
    share,
)
from autograd.kernels.compiled.vector_math import cast

SHARED = 1 << 14  # numbers from which a second thread pays
ROWS, COLUMNS = 1 << 6, 1 << 11  # rows, and columns, that are added up in the type of x
_INT64 = np.dtype(np.int64)


@jit(inner=True)
def table(array, places):
    """The table of windows with this id, which must lie within so many places."""
    if ndim(array) != 2 or length(array, 1) != 3 or not flags(array) & C_CONTIGUOUS:
        raise IndexError("a table of windows is a contiguous array (windows, 3)")
    table = matrix(data(array), length(array, 0), 3, np.int64(1))
    for i in range(len(table)):
        if not 0 <= table[i, 0] < table[i, 1] <= places:
            raise IndexError("a window does not lie within the plane")
    return table


@jit(inner=True)
def check_shape(array, planes, height, width):
    """Raises where the array with this id is not planes of this size."""
    if (ndim(array) != 3 or length(array, 0) != planes or length(array, 1) != height
            or length(array, 2) != width):  # fmt: skip
        raise IndexError("the gradient does not have the shape of the windows")


@jit(inner=True)
def planes(array):
    """Address, height and width of the planes of the array with this id."""
    return data(array), length(array, 1), length(array, 2)


@jit(inner=True)
def plane(planes, number, like):
    """Plane `number` of these."""
    start, height, width = planes
    return matrix(start + number * height * width * itemsize(like), height, width, like)


@jit(inner=True)
def halving(table, third):
    """Whether windows [0, 2), [2, 4), ... with the third entry all the same stand in a table."""
    for i in range(len(table)):
        if table[i, 0] != 2 * i or table[i, 1] != 2 * i + 2 or table[i, 2] != third:
            return False
    return True


@jit(inner=True)
def _single(rows, columns, images):
    """Whether there is one window, which is all of a plane of one row."""
    return (images[1] == 1 and len(rows) == len(columns) == 1 and columns[0, 0] == 0
            and columns[0, 1] == images[2])  # fmt: skip


@jit(inner=True)
def _sum_of_rows(x, first, last, work, wide):
    """The sum of some rows of x: the row itself where it is one, else in `work`."""
    if last - first == 1:
        return x[first]
    for c in range(work.size):
        work[c] = x[first, c] + x[first + 1, c]
    for r in range(first + 2, last):
        for c in range(work.size):
            work[c] += x[r, c]
    return work


@jit(inner=True)
def _sum_of_many_rows(x, first, last, work, wide):
    """The same of any number of rows: blocks of them are added in float64, `wide`."""
    wide[:] = 0
    for r in range(first, last, ROWS):
        summed = _sum_of_rows(x, r, min(r + ROWS, last), work, wide)
        for c in range(wide.size):
            wide[c] += summed[c]
    work[:] = wide
    return work


@jit(inner=True)
def _total(run, one):
    result = one - one
    for c in range(run.size):
        result += run[c]
    return result


@jit(inner=True)
def _total_of_many(run, one):
    """The same of any number of columns: blocks of them are added in float64."""
    result = 0.0
    for c in range(0, run.size, COLUMNS):
        result += _total(run[c : min(c + COLUMNS, run.size)], one)
    return cast(one, result)


def _averaging(name, sum_of_rows, total):
    """The kernel that averages windows, given how rows and columns are added up."""

    def kernel(one, arrays, parts, index):
        """arrays: x, rows, columns, out."""
        rows = table(item(arrays, 1), length(item(arrays, 0), 1))
        columns = table(item(arrays, 2), length(item(arrays, 0), 2))
        count = length(item(arrays, 0), 0)
        halves = halving(columns, 2)
        xs, outs = planes(item(arrays, 0)), planes(item(arrays, 3))
        if _single(rows, columns, xs):
            divisor = cast(one, np.float64(rows[0, 2]) * columns[0, 2])
            for p in range(share(count, parts, index, 16), share(count, parts, index + 1, 16)):
                plane(outs, p, one)[0, 0] = total(plane(xs, p, one)[0], one) / divisor
            return
        work = np.empty_like(plane(xs, 0, one)[0])
        wide = np.empty(work.size)
        for p in range(share(count, parts, index, 1), share(count, parts, index + 1, 1)):
            x, out = plane(xs, p, one), plane(outs, p, one)
            for i in range(len(rows)):
                line = sum_of_rows(x, rows[i, 0], rows[i, 1], work, wide)
                if halves:
                    factor = one / cast(one, 2.0 * rows[i, 2])
                    for j in range(len(columns)):
                        out[i, j] = (line[2 * j] + line[2 * j + 1]) * factor
                else:
                    for j in range(len(columns)):
                        summed = total(line[columns[j, 0]:columns[j, 1]], one)
                        out[i, j] = summed / cast(one, np.float64(rows[i, 2]) * columns[j, 2])

    kernel.__qualname__ = name  # by which the cache knows it
    return jit(kernel)


_avg_pool2d = _averaging("_avg_pool2d", _sum_of_rows, _total)
_avg_pool2d_large = _averaging("_avg_pool2d_large", _sum_of_many_rows, _total_of_many)


@jit(inner=True)
def _fill(line, value):
    for c in range(line.size):
        line[c] = value


@jit(inner=True)
def _shares(g, columns, divisor, one, line):
    """Spreads a row of g over the columns of its windows."""
    if halving(columns, 2):
        factor = one / cast(one, 2.0 * divisor)
        for j in range(len(columns)):
            line[2 * j] = line[2 * j + 1] = g[j] * factor
        _fill(line[2 * len(columns):], one - one)
        return
    _fill(line, one - one)
    for j in range(len(columns)):
        part = g[j] / cast(one, np.float64(divisor) * columns[j, 2])
        for c in range(columns[j, 0], columns[j, 1]):
            line[c] += part


@jit(inner=True)
def _spread(g, rows, columns, one, line, grad):
    """Spreads a plane of g over its windows, `line` being room for one row of grad."""
    fresh = 0  # the rows from here on hold nothing yet
    for i in range(len(rows)):
        first, last = rows[i, 0], rows[i, 1]
        _shares(g[i], columns, rows[i, 2], one, line)
        for r in range(fresh, first):
            _fill(grad[r], one - one)
        for r in range(first, last):
            for c in range(line.size):
                grad[r, c] = line[c] + (grad[r, c] if r < fresh else one - one)
        fresh = max(fresh, last)
    for r in range(fresh, len(grad)):
        _fill(grad[r], one - one)


@jit
def _avg_pool2d_grad(one, arrays, parts, index):
    """arrays: g, rows, columns, grad."""
    rows = table(item(arrays, 1), length(item(arrays, 3), 1))
    columns = table(item(arrays, 2), length(item(arrays, 3), 2))
    count = length(item(arrays, 3), 0)
    check_shape(item(arrays, 0), count, len(rows), len(columns))
    gs, grads = planes(item(arrays, 0)), planes(item(arrays, 3))
    line = np.empty_like(plane(grads, 0, one)[0])
    single = _single(rows, columns, grads)
    for p in range(share(count, parts, index, 1), share(count, parts, index + 1, 1)):
        g, grad = plane(gs, p, one), plane(grads, p, one)
        if single:
            _fill(grad[0], g[0, 0] / cast(one, np.float64(rows[0, 2]) * columns[0, 2]))
        else:
            _spread(g, rows, columns, one, line, grad)


def whole(rows, columns):
    """Whether both tables are of the integers that the kernels read."""
    return rows.dtype is _INT64 and columns.dtype is _INT64


def _longest(table, places):
    """The length of the longest window, looked for where there is room for a long one."""
    return places if places <= ROWS else (table[:, 1] - table[:, 0]).max(initial=0)


def avg_pool2d(x, rows, columns):
    """Sum of each window divided by its divisors (P, OH, OW)."""
    one = ONE.get(x.dtype)
    if one is None or x.size == 0 or x.ndim != 3 or not whole(rows, columns):
        return elsewhere.avg_pool2d(x, rows, columns)
    out = np.empty((len(x), len(rows), len(columns)), x.dtype)
    large = _longest(rows, x.shape[1]) > ROWS or _longest(columns, x.shape[2]) > COLUMNS
    kernel = _avg_pool2d_large if large else _avg_pool2d
    launch(kernel, one, (np.ascontiguousarray(x), rows, columns, out), x.size >= SHARED)
    return out


def avg_pool2d_grad(g, rows, columns, size):
    """Planes (P, *size) in which each window has its g (P, OH, OW) by its divisors added."""
    one = ONE.get(g.dtype)
    if one is None or g.size == 0 or g.ndim != 3 or not whole(rows, columns):
        return elsewhere.avg_pool2d_grad(g, rows, columns, size)
    grad = np.empty((len(g), *size), g.dtype)
    launch(_avg_pool2d_grad, one, (np.ascontiguousarray(g), rows, columns, grad),
           grad.size >= SHARED)
    return grad
