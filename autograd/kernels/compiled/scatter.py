"""Rows of a table picked by number, and sums of rows by number, in the order they come in.

Threads share the columns, so that each sum is made by one of them, from first to last.
"""

import numpy as np

from autograd.kernels import reference
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.memory import data, item, length, matrix, share, vector
from autograd.kernels.reference.scatter import check_indices

SHARED = 1 << 16  # numbers from which a second thread pays


@jit
def _embedding_grad(one, arrays, parts, index):
    """arrays: g, row numbers, table, whether a number names no row."""
    n, columns = length(item(arrays, 0), 0), length(item(arrays, 0), 1)
    g = matrix(data(item(arrays, 0)), n, columns, one)
    rows = vector(data(item(arrays, 1)), n, 0)
    table = matrix(data(item(arrays, 2)), length(item(arrays, 2), 0), columns, one)
    bad = vector(data(item(arrays, 3)), 1, 0)
    first = share(columns, parts, index, 16)
    last = share(columns, parts, index + 1, 16)
    for i in range(n):
        if rows[i] < 0 or rows[i] >= len(table):
            bad[0] = 1
            return
        target, source = table[rows[i], first:last], g[i, first:last]
        for j in range(source.size):
            target[j] += source[j]


def embedding(indices, table):
    """The rows of table (rows, columns) that the integers in `indices` name, each in range."""
    return np.take(table, indices, axis=0)  # copies rows whole, as fast as memory is


def embedding_grad(g, indices, rows):
    """A table of `rows` rows: row i is the sum of those of g (*, columns) where `indices` is i."""
    one = ONE.get(g.dtype)
    if one is None or g.size == 0:
        return reference.embedding_grad(g, indices, rows)
    flat = np.ascontiguousarray(g).reshape(-1, g.shape[-1])
    table = np.zeros((rows, g.shape[-1]), g.dtype)
    numbers, bad = np.ascontiguousarray(indices, np.int64), np.zeros(1, np.int64)
    launch(_embedding_grad, one, (flat, numbers, table, bad), g.size >= SHARED)
    if bad[0]:
        check_indices(numbers, rows)
    return table
