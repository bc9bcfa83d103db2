"""Softmax, its logarithm and cross entropy on rows of class scores, in blocks that stay in cache.

A block of rows is shifted by the rows' maxima, then exponentiated as one vector, whatever the
number of classes: rows of ten would leave the vector unit idle.
"""

import numpy as np

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.memory import data, item, length, matrix, share, vector
from autograd.kernels.compiled.softmax_columns import columns
from autograd.kernels.compiled.vector_math import bits, exp, flip, from_bits

BLOCK = 2048  # numbers in a block of rows
SHARED = 1 << 15  # numbers from which a second thread pays


@jit(inner=True)
def maximum(row):
    """Largest number of a row, NaN where there is one."""
    top = flip(bits(row[0]))
    for j in range(1, row.size):
        top = max(top, flip(bits(row[j])))
    return from_bits(flip(top))


@jit(inner=True)
def total(row):
    """Sum of a row."""
    result = row[0]
    for j in range(1, row.size):
        result += row[j]
    return result


@jit(inner=True)
def exponentiate(x, tops, e):
    """e = exp(x - tops) for a block of rows (rows, classes), tops their maxima."""
    rows, classes = x.shape
    for i in range(rows):
        tops[i] = maximum(x[i])
        for j in range(classes):
            e[i, j] = x[i, j] - tops[i]
    flat = e.reshape(rows * classes)
    for j in range(flat.size):
        flat[j] = exp(flat[j])


@jit(inner=True, exact=True)
def subtract(x, top, rest, out):
    """out = (x - top) - rest: in this order, or a large `top` costs digits."""
    for j in range(x.size):
        out[j] = (x[j] - top) - rest


@jit
def _softmax(one, arrays, parts, index):
    x, out = item(arrays, 0), item(arrays, 1)
    n, classes = length(x, 0), length(x, 1)
    last = share(n, parts, index + 1, 1)
    rows = max(1, BLOCK // classes)
    tops = np.empty_like(vector(data(x), min(rows, n), one))
    for first in range(share(n, parts, index, 1), last, rows):
        count = min(rows, last - first)
        offset = first * classes * tops.itemsize
        e = matrix(data(out) + offset, count, classes, one)
        exponentiate(matrix(data(x) + offset, count, classes, one), tops, e)
        for i in range(count):
            factor = one / total(e[i])
            for j in range(classes):
                e[i, j] *= factor


@jit
def _log_softmax(one, arrays, parts, index):
    x, out = item(arrays, 0), item(arrays, 1)
    n, classes = length(x, 0), length(x, 1)
    last = share(n, parts, index + 1, 1)
    rows = max(1, BLOCK // classes)
    tops = np.empty_like(vector(data(x), min(rows, n), one))
    work = np.empty_like(matrix(data(x), min(rows, n), classes, one))
    for first in range(share(n, parts, index, 1), last, rows):
        count = min(rows, last - first)
        offset = first * classes * tops.itemsize
        scores = matrix(data(x) + offset, count, classes, one)
        result = matrix(data(out) + offset, count, classes, one)
        e = work[:count]
        exponentiate(scores, tops, e)
        for i in range(count):
            logarithm = np.log(total(e[i]))
            subtract(scores[i], tops[i], logarithm, result[i])


@jit
def _softmax_grad(one, arrays, parts, index):
    n, classes = length(item(arrays, 0), 0), length(item(arrays, 0), 1)
    g = matrix(data(item(arrays, 0)), n, classes, one)
    out = matrix(data(item(arrays, 1)), n, classes, one)
    grad = matrix(data(item(arrays, 2)), n, classes, one)
    for i in range(share(n, parts, index, 1), share(n, parts, index + 1, 1)):
        inner = one - one
        for j in range(classes):
            inner += g[i, j] * out[i, j]
        for j in range(classes):
            grad[i, j] = out[i, j] * (g[i, j] - inner)


@jit
def _log_softmax_grad(one, arrays, parts, index):
    n, classes = length(item(arrays, 0), 0), length(item(arrays, 0), 1)
    g = matrix(data(item(arrays, 0)), n, classes, one)
    out = matrix(data(item(arrays, 1)), n, classes, one)
    grad = matrix(data(item(arrays, 2)), n, classes, one)
    for i in range(share(n, parts, index, 1), share(n, parts, index + 1, 1)):
        summed = total(g[i])
        for j in range(classes):
            grad[i, j] = g[i, j] - exp(out[i, j]) * summed


def contiguous(*arrays):
    """The arrays, or C-contiguous copies."""
    return [a if a.flags.c_contiguous else np.ascontiguousarray(a) for a in arrays]


_ROWS = {"softmax": _softmax, "softmax_grad": _softmax_grad, "log_softmax": _log_softmax,
         "log_softmax_grad": _log_softmax_grad}  # fmt: skip


def _map(name, *inputs):
    """Result of a kernel from inputs of one shape and type to an output of the same."""
    x = inputs[0]
    one = ONE.get(x.dtype)
    fits = one is not None and x.size
    for other in inputs[1:]:
        fits = fits and other.dtype is x.dtype and other.shape == x.shape
    if not fits:
        return getattr(elsewhere, name)(*inputs)
    out = np.empty(x.shape, x.dtype)
    arrays = (*contiguous(*inputs), out)
    if x.ndim == 3:
        launch(columns(name), one, (*arrays, out)[:3], x.size >= SHARED)
    else:
        launch(_ROWS[name], one, arrays, x.size >= SHARED)
    return out


def softmax(x):
    """exp(x) / sum(exp(x)) over the classes of x (rows, classes[, columns])."""
    return _map("softmax", x)


def softmax_grad(g, out):
    """Gradient of the softmax `out` (rows, classes[, columns]) from that of its result."""
    return _map("softmax_grad", g, out)


def log_softmax(x):
    """x - log(sum(exp(x))) over the classes of x (rows, classes[, columns])."""
    return _map("log_softmax", x)


def log_softmax_grad(g, out):
    """Gradient of the log-softmax `out` (rows, classes[, columns]) from that of its result."""
    return _map("log_softmax_grad", g, out)
