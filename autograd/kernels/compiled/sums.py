"""Sums, products and extremes over dimensions of a contiguous array: of neighbours in memory, or of
rows.

A sum is made of the sums of fixed pieces, so it is the same to the last bit for any number of
threads; neighbours are summed in vector lanes, rows four at a time, and the rest in float64, so
float32 keeps its digits.
"""

from functools import cache, lru_cache

import numpy as np

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.memory import data, item, itemsize, share, vector
from autograd.kernels.compiled.vector_math import bits, cast, flip, from_bits, maximum, minimum

SHARED = 1 << 17  # numbers from which a second thread pays
_PIECE = 1 << 11  # numbers in a piece
_ROWS, _STRIP = 1 << 8, 1 << 10  # rows in a piece, and columns that are summed at a time
_FEW, _SMALL = 64, 1 << 13  # rows up to which NumPy is as exact, numbers up to which it is quicker
_SHORT = 8  # neighbours or rows below which NumPy is as good
_LANES, _BRIEF = 16, 48  # numbers of a short run that are summed at once, and what is short
_EXTREMES, _WIDE = ("largest", "least"), 128  # and columns from which NumPy finds them as quickly


_number = jit(inner=True, exact=True)


@_number
def _same(x):
    return x


@_number
def _double(x):
    return np.float64(x)  # a product of four may be out of the range of float32, and theirs not


@_number
def _square(x):
    return x * x


@_number
def _size(x):
    return abs(x)


@_number
def _known(x):
    return x if x == x else cast(x, 0.0)


@jit(inner=True)
def _plus(a, b):
    return a + b


@jit(inner=True)
def _times(a, b):
    return a * b


# what is put together, how, NumPy's function for the rest, what changes nothing, and the type
_KINDS = {
    "sum": (_same, _plus, np.add, 0.0, _double),
    "squares": (_square, _plus, np.add, 0.0, _double),
    "sizes": (_size, _plus, np.add, 0.0, _double),
    "known": (_known, _plus, np.add, 0.0, _double),
    "prod": (_double, _times, np.multiply, 1.0, _double),
    "largest": (_same, maximum, np.maximum, -np.inf, _same),
    "least": (_same, minimum, np.minimum, np.inf, _same),
}


@cache
def _runs(name):
    take, combine, _, neutral, _ = _KINDS[name]

    def kernel(one, arrays, parts, index):
        """arrays: x, [runs, numbers in a run], sums (runs, pieces of a run) in float64."""
        plan = vector(data(item(arrays, 1)), 2, np.int64(1))
        runs, length = plan[0], plan[1]
        pieces = (length + _PIECE - 1) // _PIECE
        sums = vector(data(item(arrays, 2)), runs * pieces, 1.0)
        units = sums.size
        for number in range(share(units, parts, index, 1), share(units, parts, index + 1, 1)):
            run, first = number, 0
            if pieces > 1:
                run, first = number // pieces, number % pieces * _PIECE
            start = data(item(arrays, 0)) + (run * length + first) * itemsize(one)
            total, left = take(cast(one, neutral)), min(_PIECE, length - first)
            if length < _BRIEF:
                while left >= _LANES:
                    some, x = take(cast(one, neutral)), vector(start, _LANES, one)
                    for i in range(_LANES):
                        some = combine(some, take(x[i]))
                    total, left = combine(total, some), left - _LANES
                    start += _LANES * itemsize(one)
            x = vector(start, left, one)
            for i in range(x.size):
                total = combine(total, take(x[i]))
            sums[number] = total

    kernel.__qualname__ = f"_runs_{name}"  # what the disk cache tells kernels apart by
    return jit(kernel)


@cache
def _ends(name):
    largest = name == "largest"

    def kernel(one, arrays, parts, index):
        """arrays as for `_runs`: the largest or least of each piece, by the order of bits."""
        plan = vector(data(item(arrays, 1)), 2, np.int64(1))
        runs, length = plan[0], plan[1]
        pieces = (length + _PIECE - 1) // _PIECE
        found = vector(data(item(arrays, 2)), runs * pieces, one)
        high, low = flip(bits(cast(one, np.inf))), flip(bits(cast(one, -np.inf)))
        units = found.size
        for number in range(share(units, parts, index, 1), share(units, parts, index + 1, 1)):
            first = number % pieces * _PIECE
            start = data(item(arrays, 0)) + (number // pieces * length + first) * itemsize(one)
            x = vector(start, min(_PIECE, length - first), one)
            least = top = flip(bits(x[0]))
            for i in range(x.size):
                key = flip(bits(x[i]))
                least, top = min(least, key), max(top, key)
            found[number] = from_bits(flip(top if largest else least))
            if top > high or least < low:
                found[number] = np.nan

    kernel.__qualname__ = f"_ends_{name}"
    return jit(kernel)


@cache
def _columns(name):
    take, combine, _, neutral, kind = _KINDS[name]

    def kernel(one, arrays, parts, index):
        """arrays: x, [matrices, rows, columns], sums (matrices, pieces of a column, columns), to
        which four rows are added at once."""
        plan = vector(data(item(arrays, 1)), 3, np.int64(1))
        matrices, rows, columns = plan[0], plan[1], plan[2]
        pieces, strips = (rows + _ROWS - 1) // _ROWS, (columns + _STRIP - 1) // _STRIP
        units = matrices * pieces * strips
        for number in range(share(units, parts, index, 1), share(units, parts, index + 1, 1)):
            piece, left = number // strips, number % strips * _STRIP
            width = min(_STRIP, columns - left)
            row = piece % pieces * _ROWS
            last = min(row + _ROWS, rows)
            place = (piece // pieces * rows + row) * columns + left
            start, step = data(item(arrays, 0)) + place * itemsize(one), columns * itemsize(one)
            sums = vector(data(item(arrays, 2)) + (piece * columns + left) * itemsize(kind(one)),
                          width, kind(one))
            sums[:] = neutral
            while row + 4 <= last:
                a, b = vector(start, width, one), vector(start + step, width, one)
                c, d = vector(start + 2 * step, width, one), vector(start + 3 * step, width, one)
                for i in range(width):
                    sums[i] = combine(sums[i], combine(
                        combine(take(a[i]), take(b[i])), combine(take(c[i]), take(d[i]))))
                row, start = row + 4, start + 4 * step
            while row < last:
                a = vector(start, width, one)
                for i in range(width):
                    sums[i] = combine(sums[i], take(a[i]))
                row, start = row + 1, start + step

    kernel.__qualname__ = f"_columns_{name}"
    return jit(kernel)


@lru_cache(256)
def _plan(shape, dims):
    """(outer, kept, length, inner, [runs, length, inner]): x in four dimensions, of which the first
    and third are summed; None where summed and kept dimensions alternate more often, or few
    numbers are added."""
    groups = [(1, True)]  # (length, summed), from the last dimension
    for dim in range(len(shape) - 1, -1, -1):
        if shape[dim] != 1:
            length, summed = groups[-1]
            if summed == (dim in dims):
                groups[-1] = length * shape[dim], summed
            else:
                groups.append((shape[dim], not summed))
    lengths = [n for n, _ in groups]
    inner = 1
    if lengths[0] == 1 and len(lengths) > 2:
        inner, lengths = lengths[1], lengths[2:]
    if len(lengths) > 3 or lengths[0] < _SHORT:
        return None
    length, kept, outer = lengths + [1] * (3 - len(lengths))
    if inner > 1 and length <= _FEW and outer * kept * length * inner < _SMALL:
        return None
    piece = _PIECE if inner == 1 else _ROWS
    return (outer, kept, -(-length // piece), inner), np.array([outer * kept, length, inner])


@lru_cache(512)
def _left(shape, dims, keepdims):
    """The shape after a reduction."""
    return tuple([1 if dim in dims else n for dim, n in enumerate(shape)
                  if keepdims or dim not in dims])


def wide_totals(name, x, dims):
    """What `reduce_over` finds, sums in float64, in another shape; None where NumPy is as good."""
    one = ONE.get(x.dtype)
    plan = _plan(x.shape, dims) if one is not None and x.flags.c_contiguous else None
    if plan is None:
        return None
    shape, table = plan
    if name in _EXTREMES and shape[3] >= _WIDE:
        return None
    sums = np.empty(shape, x.dtype if name in _EXTREMES else np.float64)
    kernel = _columns if shape[3] > 1 else _ends if name in _EXTREMES else _runs
    launch(kernel(name), one, (x, table, sums), x.size >= SHARED)
    return sums if shape[0] == shape[2] == 1 else _KINDS[name][2].reduce(sums, (0, 2))


def reduce_over(name, x, dims, keepdims):
    """The "sum", sum of "squares" or "sizes" or of what is "known" and no NaN, "prod", or "largest"
    or "least" number of x over the dimensions `dims`, a tuple of numbers from 0 on."""
    found = wide_totals(name, x, dims)
    if found is None:
        return elsewhere.reduce_over(name, x, dims, keepdims)
    return found.astype(x.dtype, copy=False).reshape(_left(x.shape, dims, keepdims))


def sum_over(x, dims, keepdims):
    """The sum of x over the dimensions `dims`, a tuple of numbers from 0 on."""
    return reduce_over("sum", x, dims, keepdims)
