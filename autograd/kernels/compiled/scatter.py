"""Sums at computed places: each in float64, in the order of the index, and rounded once, whatever
the number of threads.

Where a thread can hold the float64 sums of a strip of columns, it walks through the index with
them. Long rows, and few rows among many, are linked instead: to each place the next one with the
same number, so that one row of sums is enough.
"""

from functools import lru_cache

import numpy as np

from autograd import threads
from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.memory import data, item, itemsize, share, size, vector
from autograd.kernels.compiled.pick import (
    along,
    copy,
    flat,
    number,
    row_major,
    slices,
    unit,
    within,
)
from autograd.kernels.thresholds import SHARED

_NARROW, _WIDE = 16, 64  # columns below which, and from which, one way to add up is quicker
_OFTEN = 8  # times a row is repeated from which it matters between the two
_SPARSE, _MANY = 4, 1 << 12  # rows for each place, and numbers, from which few of them are written
_HELD = 1 << 14  # float64 sums that a thread holds in a near cache
_MIX = np.uint64(0x9E3779B97F4A7C15)
_NONE = np.empty(0)


@jit
def _add(one, arrays, parts, index):
    """arrays: [*plan, columns of a strip], src, index, base or nothing, out, sums."""
    plan = vector(data(item(arrays, 0)), 10, 0)
    rows, m, inner, wide, based = plan[1], plan[2], plan[3], plan[8], plan[9]
    width, places, src = itemsize(one), data(item(arrays, 2)), data(item(arrays, 1))
    strips = (inner + wide - 1) // wide
    first, last, low, high = unit(plan, wide, parts, index)
    held = data(item(arrays, 5)) + index * rows * wide * 8
    sums, wrong = vector(held, (high - low) * wide, 1.0), False
    for strip in range(first, last):
        o, left = strip // strips, strip % strips * wide
        count = min(wide, inner - left)
        sums[:] = 0.0
        for j in range(m):
            place = o * plan[4] + j * plan[5] + left * plan[6]
            values = vector(src + ((o * m + j) * inner + left) * width, count, one)
            if plan[6] == 0:
                k = number(places, place, plan[7])
                wrong |= not within(k, 0, rows)
                if within(k, low, high):
                    row = vector(held + (k - low) * wide * 8, count, 1.0)
                    for i in range(count):
                        row[i] += values[i]
            else:
                for i in range(count):
                    k = number(places, place + i, plan[7])
                    wrong |= not within(k, 0, rows)
                    if within(k, low, high):
                        vector(held + ((k - low) * wide + i) * 8, 1, 1.0)[0] += values[i]
        for k in range(low, high):
            start = ((o * rows + k) * inner + left) * width
            row = vector(held + (k - low) * wide * 8, count, 1.0)
            out = vector(data(item(arrays, 4)) + start, count, one)
            _write(one, row, out, data(item(arrays, 3)) + start, based)
    if wrong:
        raise IndexError("an index names no place")


@jit
def _add_single(one, arrays, parts, index):
    """The same where inner is 1."""
    plan = vector(data(item(arrays, 0)), 10, 0)
    rows, m, step, based = plan[1], plan[2], plan[5], plan[9]
    width, places, src = itemsize(one), data(item(arrays, 2)), data(item(arrays, 1))
    first, last, low, high = unit(plan, 1, parts, index)
    held = data(item(arrays, 5)) + index * rows * 8
    sums, wrong = vector(held, high - low, 1.0), False
    for o in range(first, last):
        sums[:] = 0.0
        values = vector(src + o * m * width, m, one)
        for j in range(m):
            k = number(places, o * plan[4] + j * step, plan[7])
            wrong |= not within(k, 0, rows)
            if within(k, low, high):
                vector(held + (k - low) * 8, 1, 1.0)[0] += values[j]
        start = (o * rows + low) * width
        out = vector(data(item(arrays, 4)) + start, high - low, one)
        _write(one, sums, out, data(item(arrays, 3)) + start, based)
    if wrong:
        raise IndexError("an index names no place")


@jit
def _link(one, arrays, parts, index):
    """Writes behind each place the next one with the same number, plus 1, or 0; and where each
    number comes first. arrays: plan, index, [the number, then its last place, plus 1 each] in slots
    of zeros, [count, then first place and number of each], links."""
    plan = vector(data(item(arrays, 0)), 10, 0)
    rows, m, capacity = plan[1], plan[2], plan[8]
    slots = vector(data(item(arrays, 2)), 2 * capacity, 0)
    heads, links = vector(data(item(arrays, 3)), 1 + 2 * m, 0), vector(data(item(arrays, 4)), m, 0)
    found = 0
    for place in range(m):
        k = number(data(item(arrays, 1)), place, plan[7])
        if not within(k, 0, rows):
            raise IndexError("an index names no place")
        slot = k
        if capacity < rows:
            slot = np.int64((np.uint64(k) * _MIX) >> np.uint64(20)) & (capacity - 1)
            while slots[2 * slot] != 0 and slots[2 * slot] != k + 1:
                slot = (slot + 1) & (capacity - 1)
        if slots[2 * slot]:
            links[slots[2 * slot + 1] - 1] = place + 1
        else:
            slots[2 * slot] = k + 1
            heads[1 + 2 * found], heads[2 + 2 * found] = place, k
            found += 1
        slots[2 * slot + 1], links[place] = place + 1, 0
    heads[0] = found


@jit
def _sum_linked(one, arrays, parts, index):
    """arrays: plan, src, slots, heads, links, base or nothing, out, sums: a row for each part."""
    plan = vector(data(item(arrays, 0)), 10, 0)
    inner, based = plan[3], plan[9]
    heads = vector(data(item(arrays, 3)), 1 + 2 * plan[2], 0)
    links = vector(data(item(arrays, 4)), plan[2], 0)
    if plan[8] >= plan[1]:  # else out is zeros, or the base
        _rest(one, arrays, plan, share(plan[1], parts, index, 1),
              share(plan[1], parts, index + 1, 1))
    sums = vector(data(item(arrays, 7)) + index * inner * 8, inner, 1.0)
    for head in range(share(heads[0], parts, index, 1), share(heads[0], parts, index + 1, 1)):
        place, start = heads[1 + 2 * head], heads[2 + 2 * head] * inner * itemsize(one)
        source, target = data(item(arrays, 1)), vector(data(item(arrays, 6)) + start, inner, one)
        row = vector(source + place * inner * itemsize(one), inner, one)
        following = links[place]
        if following == 0 and not based:
            for i in range(inner):
                target[i] = row[i]
            continue
        for i in range(inner):
            sums[i] = row[i]
        while following:
            row = vector(source + (following - 1) * inner * itemsize(one), inner, one)
            for i in range(inner):
                sums[i] += row[i]
            following = links[following - 1]
        _write(one, sums, target, data(item(arrays, 5)) + start, based)


@jit(inner=True)
def _rest(one, arrays, plan, first, last):
    """Writes those rows from the first to the last to which nothing is added."""
    slots, step = vector(data(item(arrays, 2)), 2 * plan[8], 0), plan[3] * itemsize(one)
    for k in range(first, last):
        if slots[2 * k] == 0:
            row = data(item(arrays, 6)) + k * step
            if plan[9]:
                copy(one, data(item(arrays, 5)) + k * step, row, plan[3])
            else:
                vector(row, plan[3], one)[:] = one - one


@jit(inner=True)
def _write(one, sums, out, base, based):
    """Rounds the sums, with those of the base's numbers at an address if there is one."""
    if based:
        numbers = vector(base, out.size, one)
        for i in range(out.size):
            out[i] = numbers[i] + sums[i]
    else:
        for i in range(out.size):
            out[i] = sums[i]


@jit
def _fill(one, arrays, parts, index):
    """arrays: base or nothing, out."""
    count = size(item(arrays, 1))
    first, last = share(count, parts, index, 64), share(count, parts, index + 1, 64)
    start = first * itemsize(one)
    if size(item(arrays, 0)):
        copy(one, data(item(arrays, 0)) + start, data(item(arrays, 1)) + start, last - first)
    else:
        vector(data(item(arrays, 1)) + start, last - first, one)[:] = one - one


@lru_cache(512)
def _way(key, based):
    """(plan, slots, numbers of the result, of a thread's sums, kernel, places) of a plan: slots to
    link its rows in, or 0, where the sums of some columns are held at a time."""
    outer, size, m, inner, *steps, wrap = np.frombuffer(key, np.int64)[:8].tolist()
    sparse = size > _SPARSE * m and size * inner > _MANY
    dense = inner < _NARROW or inner < _WIDE and m >= _OFTEN * size
    shape = [outer, size, m, inner, *steps, wrap]
    if outer == 1 and (steps[2] == 0) and (sparse or not dense):
        slots = 1 << (2 * m - 1).bit_length() if sparse else size
        return (np.array([*shape, slots, based], np.int64), slots, outer * size * inner, inner,
                _sum_linked, m)
    wide = min(inner, max(_HELD // size & -16, 16)) if inner > 1 else 1
    return (np.array([*shape, wide, based], np.int64), 0, outer * size * inner, size * wide,
            _add if inner > 1 else _add_single, m)


def _summed(plan, src, index, shape, base):
    one = ONE[src.dtype]
    plan, slots, count, held, kernel, m = _way(plan.tobytes(), base is not None)
    src, index = row_major(src), flat(index)
    given = _NONE if base is None else row_major(base)
    large = src.size >= SHARED["scatter"] or count >= SHARED["scatter"]
    out = np.empty(shape, src.dtype)
    sums = np.empty((threads.parts() if large else 1) * held)
    if not slots:
        launch(kernel, one, (plan, src, index, given, out, sums), large)
        return out
    table, heads = np.zeros(2 * slots, np.int64), np.empty(1 + 2 * m, np.int64)
    links = np.empty(m, np.int64)
    launch(_link, one, (plan, index, table, heads, links), False)
    if slots < plan[1]:
        launch(_fill, one, (given, out), large)
    launch(kernel, one, (plan, src, table, heads, links, given, out, sums), large)
    return out


def sum_rows(src, index, dim, shape, negative=False, base=None):
    """base, or zeros of `shape`, with the slices of src along `dim` added at the places `index`,
    whose dimensions stand for that one."""
    if src.dtype not in ONE or src.size == 0:
        return elsewhere.sum_rows(src, index, dim, shape, negative, base)
    return _summed(slices(shape, index.size, dim, negative), src, index, shape, base)


def scatter_sum(src, index, dim, shape, negative=False, base=None):
    """base, or zeros of `shape`, with src added where index says along `dim`."""
    plan = along(shape, index.shape, dim, negative)
    if plan is None or src.dtype not in ONE or src.size == 0:
        return elsewhere.scatter_sum(src, index, dim, shape, negative, base)
    return _summed(plan, src, index, shape, base)
