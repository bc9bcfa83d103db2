"""Rows and columns of planes mixed by tables: interpolation, padding by reflection, and their
gradients, which are mixtures by the transposed tables.

A row of the result is mixed from whole rows first, in vectors, then from columns of that. A row
that is mixed like the one before it is copied, and so are columns that follow each other.
"""

from functools import lru_cache

import numpy as np

from autograd import threads
from autograd.kernels.compiled.copies import carry
from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.memory import data, item, itemsize, length, share, size, vector
from autograd.kernels.thresholds import SHARED

_KEPT = 1 << 14  # numbers up to which a table's parts are kept for the next call
_RUN = 8  # columns in a row from which it pays to copy them together
_NOTHING = (np.empty(0, np.int64),) * 3  # stands for a table that leaves the columns as they are


@jit(inner=True)
def _table(arrays, first, n, one):
    """Starts, places and weights of a table, whose places must lie within n."""
    starts = vector(data(item(arrays, first)), size(item(arrays, first)), np.int64(1))
    count = size(item(arrays, first + 1))
    places = vector(data(item(arrays, first + 1)), count, np.int64(1))
    for k in range(count):
        if not 0 <= places[k] < n:
            raise IndexError("a place of a table does not lie within the planes")
    for i in range(1, starts.size):
        if not 0 <= starts[i - 1] <= starts[i] <= count:
            raise IndexError("an entry of a table does not lie within its places")
    return starts, places, vector(data(item(arrays, first + 2)), count, one)


@jit(inner=True)
def _same(table, i):
    """Whether entry i of a table is as the one before it."""
    starts, places, weights = table
    count = starts[i + 1] - starts[i]
    if count != starts[i] - starts[i - 1]:
        return False
    for k in range(starts[i], starts[i + 1]):
        if places[k] != places[k - count] or weights[k] != weights[k - count]:
            return False
    return True


@jit(inner=True)
def _each(starts, most):
    """How many places each entry has, up to `most`; 0 where they differ or have more."""
    count = starts[1] - starts[0]
    for i in range(starts.size - 1):
        if starts[i + 1] - starts[i] != count:
            return 0
    return count if count <= most else 0


@jit(inner=True)
def _run(table, one):
    """The first and the last of the most entries in a row that copy places in a row."""
    starts, places, weights = table
    begin = first = last = 0
    for i in range(starts.size - 1):
        k = starts[i]
        if starts[i + 1] - k != 1 or weights[k] != one:
            begin = i + 1
        elif i > begin and places[k] != places[k - 1] + 1:
            begin = i
        if i + 1 - begin > last - first:
            first, last = begin, i + 1
    return first, last


@jit(inner=True)
def _mix_rows(x, width, table, i, one, line):
    """Address of row i of the result before its columns are mixed: in `line`, unless a row of the
    plane at x is it."""
    starts, places, weights = table
    begin, end = starts[i], starts[i + 1]
    if end - begin == 1 and weights[begin] == one:
        return x + places[begin] * width * itemsize(one)
    out = vector(line, width, one)
    if end == begin:
        out[:] = one - one
    for k in range(begin, end):
        row, weight = vector(x + places[k] * width * itemsize(one), width, one), weights[k]
        if k == begin:
            for j in range(width):
                out[j] = row[j] * weight
        else:
            for j in range(width):
                out[j] += row[j] * weight
    return line


@jit(inner=True)
def _at(start, place, one):
    """The number at a place of the row at `start`."""
    return vector(start + place * itemsize(one), 1, one)[0]


@jit(inner=True)
def _mix_columns(start, table, each, first, last, one, out):
    """Columns from the first to the last, each mixed by itself from the row at `start`."""
    starts, places, weights = table
    if each == 1:
        for j in range(first, last):
            out[j] = _at(start, places[j], one) * weights[j]
        return
    for j in range(first, last):
        total = one - one
        for k in range(starts[j], starts[j + 1]):
            total += _at(start, places[k], one) * weights[k]
        out[j] = total


@jit(inner=True)
def _fill_row(one, start, target, columns, wide, each, first, last):
    """Mixes all columns: those of a long run are copied, and where each mixes one or two places,
    they are in vectors."""
    starts, places, weights = columns
    row = vector(target, wide, one)
    if last - first >= max(_RUN, wide // 2):
        _mix_columns(start, columns, each, 0, first, one, row)
        carry(one, target + first * itemsize(one),
              start + places[starts[first]] * itemsize(one), last - first)
        _mix_columns(start, columns, each, last, wide, one, row)
    elif each == 2:
        for j in range(wide):
            row[j] = _at(start, places[2 * j], one) * weights[2 * j] + (
                _at(start, places[2 * j + 1], one) * weights[2 * j + 1])
    else:
        _mix_columns(start, columns, each, 0, wide, one, row)


@jit
def _resample(one, arrays, parts, index):
    """arrays: x, out, the tables of rows and of columns, scratch."""
    x, out = item(arrays, 0), item(arrays, 1)
    height, width = length(x, 1), length(x, 2)
    tall, wide = length(out, 1), length(out, 2)
    rows, columns = _table(arrays, 2, height, one), _table(arrays, 5, width, one)
    whole = columns[0].size == 0
    each, first, last = 0, 0, 0
    if not whole:
        each = _each(columns[0], 2)
        first, last = _run(columns, one)
    scratch = data(item(arrays, 8)) + index * width * itemsize(one)
    begin, end = share(length(out, 0) * tall, parts, index, 1), share(
        length(out, 0) * tall, parts, index + 1, 1)
    i, plane = begin % tall - 1, data(x) + begin // tall * height * width * itemsize(one)
    for number in range(begin, end):
        i += 1
        if i == tall:
            i, plane = 0, plane + height * width * itemsize(one)
        target = data(out) + number * wide * itemsize(one)
        if i > 0 and number > begin and _same(rows, i):
            carry(one, target, target - wide * itemsize(one), wide)
            continue
        start = _mix_rows(plane, width, rows, i, one, target if whole else scratch)
        if not whole:
            _fill_row(one, start, target, columns, wide, each, first, last)
        elif start != target:
            carry(one, target, start, wide)


def _arrays(table, dtype):
    """Starts, places and weights of a table."""
    starts, places, weights = table
    if weights is not None:
        return starts, places, weights.astype(dtype, copy=False)
    ones = _ones if len(places) <= _KEPT else _ones.__wrapped__
    return starts, places, ones(len(places), dtype)


@lru_cache(128)
def _ones(count, dtype):
    return np.ones(count, dtype)


@lru_cache(128)
def _identity(n):
    """The table that leaves n rows as they are."""
    return np.arange(n + 1), np.arange(n), None


def resample(x, rows, columns):
    """Planes (P, H, W) whose rows, then columns, are mixed as the tables tell; None keeps them."""
    one = ONE.get(x.dtype)
    if one is None or x.size == 0 or x.ndim != 3:
        return elsewhere.resample(x, rows, columns)
    if rows is None:
        rows = (_identity if x.shape[1] <= _KEPT else _identity.__wrapped__)(x.shape[1])
    tall = len(rows[0]) - 1
    wide = x.shape[2] if columns is None else len(columns[0]) - 1
    out = np.empty((len(x), tall, wide), x.dtype)
    parallel = out.size >= SHARED["resample"]
    scratch = np.empty((threads.parts() if parallel else 1) * x.shape[2], x.dtype)
    columns = _NOTHING if columns is None else _arrays(columns, x.dtype)
    arrays = np.ascontiguousarray(x), out, *_arrays(rows, x.dtype), *columns, scratch
    if out.size:
        launch(_resample, one, arrays, parallel)
    return out
