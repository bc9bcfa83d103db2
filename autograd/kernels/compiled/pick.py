"""Elements picked and written at computed places, by two threads for many of them.

All arrays are seen as (outer, along the dimension, inner); an index of single slices repeats itself
over outer and inner. A kernel raises where an index fits no place, before anybody sees its result.
"""

from functools import lru_cache
from math import prod

import numpy as np

from autograd import threads
from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import launch
from autograd.kernels.compiled.memory import data, item, itemsize, share, vector
from autograd.kernels.thresholds import SHARED

MOVED = {np.dtype(kind): one for one, kinds in ((np.float32(1), "fiI"), (np.float64(1), "dlL"))
         for kind in kinds}  # numbers are moved as floats of their width # fmt: skip
_INT64 = np.dtype(np.int64)
WIDE = 64  # elements of the inner dimension that are written at a time


@jit(inner=True)
def number(places, at, wrap):
    """One of the index's numbers, to which `wrap` is added if it is negative."""
    k = vector(places + at * 8, 1, 0)[0]
    return k + (wrap & (k >> 63))


@jit(inner=True)
def within(k, low, high):
    return np.uint64(k - low) < np.uint64(high - low)


@jit(inner=True)
def copy(one, source, target, count):
    a, b = vector(source, count, one), vector(target, count, one)
    for i in range(count):
        b[i] = a[i]


@jit(inner=True)
def _is_plain(places, step, run, size):
    """Whether an index lies side by side and has no number beyond `size` or from the end."""
    most = np.uint64(0)
    if step == 1:
        for k in vector(places, run, np.uint64(0)):
            most = max(most, k)
    return step == 1 and most < np.uint64(size)


@jit
def _gather(one, arrays, parts, index):
    """arrays: plan, x, index, out."""
    plan = vector(data(item(arrays, 0)), 8, 0)
    size, m, inner, wrap = plan[1], plan[2], plan[3], plan[7]
    width, x, places = itemsize(one), data(item(arrays, 1)), data(item(arrays, 2))
    row, last = share(plan[0] * m, parts, index, 1), share(plan[0] * m, parts, index + 1, 1)
    wrong = False
    while row < last:
        o, j = row // m, row % m
        run = min(m - j, last - row)
        source, place = x + o * size * inner * width, o * plan[4] + j * plan[5]
        out = vector(data(item(arrays, 3)) + row * inner * width, run * inner, one)
        if inner == 1 and _is_plain(places + place * 8, plan[5], run, size):
            indices = vector(places + place * 8, run, np.uint64(0))
            values = vector(source, size, one)
            for r in range(run):
                out[r] = values[indices[r]]
        elif plan[6] == 0 and inner > 1:
            for r in range(run):
                k = number(places, place + r * plan[5], wrap)
                if not within(k, 0, size):
                    wrong = True
                    break
                target = data(item(arrays, 3)) + (row + r) * inner * width
                copy(one, source + k * inner * width, target, inner)
        else:
            for r in range(run):
                for i in range(inner):
                    k = number(places, place + r * plan[5] + i * plan[6], wrap)
                    fits = within(k, 0, size)
                    wrong |= not fits
                    out[r * inner + i] = vector(
                        source + ((k if fits else 0) * inner + i) * width, 1, one)[0]
        row += run
    if wrong:
        raise IndexError("an index names no place")


@jit(inner=True)
def unit(plan, wide, parts, index):
    """The part's [first, last) of strips of `wide` columns, and its [low, high) of the places that
    are written in each: all of them, or a range where there are fewer strips than parts."""
    strips = plan[0] * ((plan[3] + wide - 1) // wide)
    if strips >= parts:
        return share(strips, parts, index, 1), share(strips, parts, index + 1, 1), 0, plan[1]
    return 0, strips, share(plan[1], parts, index, 1), share(plan[1], parts, index + 1, 1)


@jit
def _scatter(one, arrays, parts, index):
    """arrays: plan, x, index, src, out."""
    plan = vector(data(item(arrays, 0)), 9, 0)
    size, m, inner, each = plan[1], plan[2], plan[3], plan[8]
    width, places, src = itemsize(one), data(item(arrays, 2)), data(item(arrays, 3))
    wide = inner if inner < 2 * WIDE else WIDE
    strips = (inner + wide - 1) // wide
    first, last, low, high = unit(plan, wide, parts, index)
    wrong = False
    for strip in range(first, last):
        o, left = strip // strips, strip % strips * wide
        count = min(wide, inner - left)
        start = (o * size * inner + left) * width
        target = data(item(arrays, 4)) + start
        if count == inner:
            copy(one, data(item(arrays, 1)) + start + low * inner * width,
                 target + low * inner * width, (high - low) * inner)
        else:
            for k in range(low, high):
                copy(one, data(item(arrays, 1)) + start + k * inner * width,
                     target + k * inner * width, count)
        rows, count, step = (1, m, plan[5]) if inner == 1 else (m, count, plan[6])
        for j in range(rows):
            place = o * plan[4] + j * plan[5] + left * plan[6]
            source = src + ((o * m + j) * inner + left) * each * width
            for i in range(count):
                k = number(places, place + i * step, 0)
                wrong |= not within(k, 0, size)
                if within(k, low, high):
                    value = vector(source + i * each * width, 1, one)[0]
                    column = 0 if inner == 1 else i
                    vector(target + (k * inner + column) * width, 1, one)[0] = value
    if wrong:
        raise IndexError("an index names no place")


@jit
def _src_grad(one, arrays, parts, index):
    """arrays: plan, g, index, out, board of (parts, places, columns of a strip)."""
    plan = vector(data(item(arrays, 0)), 9, 0)
    size, m, inner = plan[1], plan[2], plan[3]
    width, places, g = itemsize(one), data(item(arrays, 2)), data(item(arrays, 1))
    wide = min(inner, WIDE)
    strips = (inner + wide - 1) // wide
    board = vector(data(item(arrays, 4)) + index * size * wide * 8, size * wide, 0)
    units, wrong = plan[0] * strips, False
    for strip in range(share(units, parts, index, 1), share(units, parts, index + 1, 1)):
        o, left = strip // strips, strip % strips * wide
        count = min(wide, inner - left)
        for j in range(m):
            place = o * plan[4] + j * plan[5] + left * plan[6]
            for i in range(count):
                k = number(places, place + i * plan[6], 0)
                if within(k, 0, size):
                    board[k * wide + i] = j
                else:
                    wrong = True
        if wrong:
            break
        for j in range(m):
            place = o * plan[4] + j * plan[5] + left * plan[6]
            target = vector(data(item(arrays, 3)) + ((o * m + j) * inner + left) * width, count,
                            one)
            for i in range(count):
                k = number(places, place + i * plan[6], 0)
                value = vector(g + ((o * size + k) * inner + left + i) * width, 1, one)[0]
                target[i] = value if board[k * wide + i] == j else one - one
    if wrong:
        raise IndexError("an index names no place")


@lru_cache(512)
def slices(shape, count, dim, negative=False):
    """(plan, shape of `count` slices): [outer, size, count, inner, three steps of the index, the
    what a negative index is short of]."""
    plan = [prod(shape[:dim]), shape[dim], count, prod(shape[dim + 1 :]), 0, 1, 0]
    return np.array([*plan, shape[dim] if negative else 0, 1], np.int64)


@lru_cache(512)
def along(shape, places, dim, negative=False, each=1):
    """The same for an index of elements, of shape `places`; None where that is not x's shape but
    along `dim`. `each` is the step from one element of src to the next."""
    if not places or len(shape) != len(places):
        return None
    if shape[:dim] != places[:dim] or shape[dim + 1 :] != places[dim + 1 :]:
        return None
    outer, m, inner = prod(shape[:dim]), places[dim], prod(shape[dim + 1 :])
    steps = m * inner, inner, int(inner > 1)
    wrap = shape[dim] if negative else 0
    return np.array([outer, shape[dim], m, inner, *steps, wrap, each], np.int64)


def flat(index):
    """An index as the kernels read it."""
    if index.dtype is _INT64 and index.flags.c_contiguous:
        return index
    return np.ascontiguousarray(index, np.int64)


def row_major(x):
    return x if x.flags.c_contiguous else np.ascontiguousarray(x)


def take(x, index, dim, negative=False):
    """The slices of x at the places `index` along `dim`, which index's dimensions replace."""
    one = MOVED.get(x.dtype)
    if one is None or x.size == 0 or index.size == 0:
        return elsewhere.take(x, index, dim, negative)
    shape = x.shape
    out = np.empty(shape[:dim] + index.shape + shape[dim + 1 :], x.dtype)
    plan = slices(shape, index.size, dim, negative)
    launch(_gather, one, (plan, row_major(x), flat(index), out), out.size >= SHARED["gather"])
    return out


def gather_along(x, index, dim, negative=False):
    """out[i, j] = x[i, index[i, j]] for dim = 1, and likewise for other dimensions."""
    one = MOVED.get(x.dtype)
    plan = along(x.shape, index.shape, dim, negative)
    if plan is None or one is None or x.size == 0 or index.size == 0:
        return elsewhere.gather_along(x, index, dim, negative)
    out = np.empty(index.shape, x.dtype)
    launch(_gather, one, (plan, row_major(x), flat(index), out), out.size >= SHARED["gather"])
    return out


def scatter_along(x, index, src, dim):
    """A copy of x with src, of index's shape or 0-d, where index says along `dim`; of several
    written to one place the last one stays."""
    one = MOVED.get(x.dtype)
    plan = along(x.shape, index.shape, dim, False, int(src.ndim > 0))
    if plan is None or one is None or src.dtype is not x.dtype or x.size == 0 or index.size == 0:
        return elsewhere.scatter_along(x, index, src, dim)
    out = np.empty(x.shape, x.dtype)
    arrays = plan, row_major(x), flat(index), row_major(src), out
    launch(_scatter, one, arrays, out.size + index.size >= SHARED["scatter"])
    return out


def scatter_src_grad(g, index, dim):
    """The elements of g that index names along `dim`, 0 where a later one names the same."""
    one = MOVED.get(g.dtype)
    plan = along(g.shape, index.shape, dim)
    if plan is None or one is None or g.size == 0 or index.size == 0:
        return elsewhere.scatter_src_grad(g, index, dim)
    out = np.empty(index.shape, g.dtype)
    board = np.empty(threads.parts() * g.shape[dim] * min(plan[3], WIDE), np.int64)
    launch(_src_grad, one, (plan, row_major(g), flat(index), out, board),
           out.size >= SHARED["scatter"])
    return out
