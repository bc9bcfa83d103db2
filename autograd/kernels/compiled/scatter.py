"""Rows of a table picked by number, and sums of rows by number: in float64, in the order the rows
come in, and by one thread, since a second one only waits for memory.
"""

import numpy as np

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.memory import data, item, length, matrix, vector
from autograd.kernels.reference.scatter import check_indices, rounded

_NARROW, _WIDE = 16, 64  # columns below which, and from which, one way to add up is quicker
_OFTEN = 8  # times a row is repeated from which it matters between the two


@jit(inner=True)
def _link(numbers, last, links):
    """Writes behind each place the next one with the same number, plus 1, or 0; `last`, of zeros,
    holds the same for the last place of a number. False where a number is none of its places."""
    for place in range(numbers.size):
        number = numbers[place]
        if number < 0 or number >= last.size:
            return False
        if last[number]:
            links[last[number] - 1] = place + 1
        last[number], links[place] = place + 1, 0
    return True


@jit
def _sum_linked(one, arrays, parts, index):
    """arrays: g, row numbers, table, whether a number names no row, zeros for `_link`, one row in
    float64."""
    n, columns = length(item(arrays, 0), 0), length(item(arrays, 0), 1)
    g = matrix(data(item(arrays, 0)), n, columns, one)
    numbers, bad = vector(data(item(arrays, 1)), n, 0), vector(data(item(arrays, 3)), 1, 0)
    table = matrix(data(item(arrays, 2)), length(item(arrays, 2), 0), columns, one)
    work = vector(data(item(arrays, 4)), len(table) + n, 0)
    links, sums = work[len(table):], vector(data(item(arrays, 5)), columns, 1.0)
    if not _link(numbers, work[:len(table)], links):
        bad[0] = 1
        return
    for place in range(n):
        following = links[place]
        if following < 0:
            continue
        target, source = table[numbers[place]], g[place]
        for j in range(columns):
            sums[j] = source[j]
        while following:
            source = g[following - 1]
            for j in range(columns):
                sums[j] += source[j]
            links[following - 1], following = -1, links[following - 1]
        for j in range(columns):
            target[j] = sums[j]


@jit
def _sum_into(one, arrays, parts, index):
    """arrays: g, row numbers, table in float64, whether a number names no row."""
    n, columns = length(item(arrays, 0), 0), length(item(arrays, 0), 1)
    g = matrix(data(item(arrays, 0)), n, columns, one)
    numbers, bad = vector(data(item(arrays, 1)), n, 0), vector(data(item(arrays, 3)), 1, 0)
    table = matrix(data(item(arrays, 2)), length(item(arrays, 2), 0), columns, 1.0)
    for place in range(n):
        number = numbers[place]
        if number < 0 or number >= len(table):
            bad[0] = 1
            return
        target, source = table[number], g[place]
        for j in range(columns):
            target[j] += source[j]


def embedding(indices, table):
    """The rows of table (rows, columns) that the integers in `indices` name, each in range."""
    return np.take(table, indices, axis=0)  # copies rows whole, as fast as memory is


def embedding_grad(g, indices, rows):
    """A table of `rows` rows: row i is the sum of those of g (*, columns) where `indices` is i."""
    one, columns = ONE.get(g.dtype), g.shape[-1]
    if one is None or g.size == 0:
        return elsewhere.embedding_grad(g, indices, rows)
    flat = np.ascontiguousarray(g).reshape(-1, columns)
    into = columns < _NARROW or columns < _WIDE and len(flat) >= _OFTEN * rows
    table = np.zeros((rows, columns), np.float64 if into else g.dtype)
    numbers, bad = np.ascontiguousarray(indices, np.int64), np.zeros(1, np.int64)
    if into:
        launch(_sum_into, one, (flat, numbers, table, bad), False)
    else:
        work = np.zeros(rows + len(flat), np.int64)
        launch(_sum_linked, one, (flat, numbers, table, bad, work, np.empty(columns)), False)
    if bad[0]:
        check_indices(numbers, rows)
    return rounded(table, numbers.reshape(-1), g.dtype)
