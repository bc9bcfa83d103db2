"""What is sent to computed places multiplied, or the largest or smallest of it, in the order of the
index: each thread walks through all of it and writes only to places of its own."""

from functools import cache

import numpy as np

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.memory import data, item, itemsize, vector
from autograd.kernels.compiled.numbers import cast
from autograd.kernels.compiled.pick import (
    WIDE,
    along,
    flat,
    number,
    row_major,
    slices,
    unit,
    within,
)
from autograd.kernels.thresholds import SHARED


@jit(inner=True)
def _times(held, x):
    return held * x


@jit(inner=True)
def _larger(held, x):
    return x if x > held or x != x else held


@jit(inner=True)
def _smaller(held, x):
    return x if x < held or x != x else held


# how two numbers become one, and what changes none
_FOLDS = {"prod": (_times, 1.0), "amax": (_larger, -np.inf), "amin": (_smaller, np.inf)}


@jit(inner=True)
def _strip(plan, strip):
    """(which of the outer ones, the first column, how many columns) of a strip of columns."""
    inner = plan[3]
    wide = _wide(inner)
    strips = (inner + wide - 1) // wide
    left = strip % strips * wide
    return strip // strips, left, min(wide, inner - left)


@jit(inner=True)
def _wide(inner):
    return inner if inner < 2 * WIDE else WIDE


@jit(inner=True)
def _laid(one, source, target, inner, low, high, count, by_source):
    """Writes the source's numbers, or ones, to the places of a strip from low to high."""
    lines, length = (1, (high - low) * inner) if count == inner else (high - low, count)
    for k in range(lines):
        step = (low + k) * inner * itemsize(one)
        a, b = vector(source + step, length, one), vector(target + step, length, one)
        for i in range(length):
            b[i] = a[i] if by_source else one


@jit(inner=True)
def _along(plan, count):
    """(rows, columns, step from one column's number to the next) of the walk through a strip, which
    goes along the only column at once."""
    return (1, plan[2], plan[5]) if plan[3] == 1 else (plan[2], count, plan[6])


@cache
def _fold(name):
    combine, neutral = _FOLDS[name]

    def kernel(one, arrays, parts, index):
        """arrays: [*plan, whether x's own numbers count], x, index, src, out."""
        plan = vector(data(item(arrays, 0)), 9, 0)
        size, m, inner = plan[1], plan[2], plan[3]
        width, places, wrong = itemsize(one), data(item(arrays, 2)), False
        first, last, low, high = unit(plan, _wide(inner), parts, index)
        for strip in range(first, last):
            o, left, count = _strip(plan, strip)
            start = (o * size * inner + left) * width
            target = data(item(arrays, 4)) + start
            _laid(one, data(item(arrays, 1)) + start, target, inner, low, high, count, True)
            rows, columns, step = _along(plan, count)
            for turn in range(plan[8], 2):  # in turn 0 only the place is prepared
                for j in range(rows):
                    place = o * plan[4] + j * plan[5] + left * plan[6]
                    source = data(item(arrays, 3)) + ((o * m + j) * inner + left) * width
                    x = vector(source, columns, one)
                    if step == 0:
                        k = number(places, place, 0)
                        wrong |= not within(k, 0, size)
                        if within(k, low, high):
                            row = vector(target + k * inner * width, columns, one)
                            for i in range(columns):
                                row[i] = combine(row[i], x[i]) if turn else cast(one, neutral)
                        continue
                    for i in range(columns):
                        k = number(places, place + i * step, 0)
                        wrong |= not within(k, 0, size)
                        if within(k, low, high):
                            column = 0 if inner == 1 else i
                            held = vector(target + (k * inner + column) * width, 1, one)
                            held[0] = combine(held[0], x[i]) if turn else cast(one, neutral)
        if wrong:
            raise IndexError("an index names no place")

    kernel.__qualname__ = f"_fold_{name}"  # what the disk cache tells kernels apart by
    return jit(kernel)


@jit(inner=True)
def _products(one, arrays, plan, strip, low, high, back):
    """Walks through a strip: to each number sent goes the product of all before it, and on the way
    back that of all behind it and g. Tells whether an index names no place."""
    size, m, inner = plan[1], plan[2], plan[3]
    width, wrong = itemsize(one), False
    o, left, count = _strip(plan, strip)
    start = (o * size * inner + left) * width
    rows, columns, step = _along(plan, count)
    for row in range(rows):
        j = rows - 1 - row if back else row
        place = o * plan[4] + j * plan[5] + left * plan[6]
        source = ((o * m + j) * inner + left) * width
        x = vector(data(item(arrays, 4)) + source, columns, one)
        sent = vector(data(item(arrays, 6)) + source, columns, one)
        for column in range(columns):
            i = columns - 1 - column if back else column
            k = number(data(item(arrays, 2)), place + i * step, 0)
            wrong |= not within(k, 0, size)
            if within(k, low, high):
                at = start + (k * inner + (0 if inner == 1 else i)) * width
                held = vector(data(item(arrays, 5)) + at, 1, one)
                if back:
                    sent[i] *= held[0] * vector(data(item(arrays, 1)) + at, 1, one)[0]
                else:
                    sent[i] = held[0]
                held[0] *= x[i]
    return wrong


@jit
def _prod_grad(one, arrays, parts, index):
    """arrays: [*plan, whether x's own numbers count], g, index, x, src, out for x, for src."""
    plan = vector(data(item(arrays, 0)), 9, 0)
    size, inner = plan[1], plan[3]
    first, last, low, high = unit(plan, _wide(inner), parts, index)
    wrong = False
    for strip in range(first, last):
        o, left, count = _strip(plan, strip)
        start = (o * size * inner + left) * itemsize(one)
        g, x = data(item(arrays, 1)) + start, data(item(arrays, 3)) + start
        to_x = data(item(arrays, 5)) + start
        _laid(one, x, to_x, inner, low, high, count, plan[8])
        wrong |= _products(one, arrays, plan, strip, low, high, False)
        _laid(one, x, to_x, inner, low, high, count, False)
        wrong |= _products(one, arrays, plan, strip, low, high, True)
        lines, length = (1, (high - low) * inner) if count == inner else (high - low, count)
        for k in range(lines):
            step = (low + k) * inner * itemsize(one)
            a, b = vector(g + step, length, one), vector(to_x + step, length, one)
            for i in range(length):
                b[i] *= a[i]
    if wrong:
        raise IndexError("an index names no place")


def _plan(x, index, src, dim, own):
    """The plan of what index sends to x, with whether x's own numbers count; None for the twin."""
    if x.dtype not in ONE or x.size == 0 or src.size == 0 or src.dtype is not x.dtype:
        return None
    if index.ndim < x.ndim:
        plan = slices(x.shape, index.size, dim)
    else:
        plan = along(x.shape, index.shape, dim)
    if plan is not None:
        plan = plan.copy()
        plan[8] = own
    return plan


def scatter_fold(x, index, src, dim, name, own):
    """x in which the elements of src are multiplied (`name` "prod"), or the largest ("amax") or
    smallest ("amin") is taken, of all that index sends to a place along `dim`, and of x's own if
    `own`. index has the shape of src, or is a vector of numbers of its slices."""
    plan = _plan(x, index, src, dim, own)
    if plan is None:
        return elsewhere.scatter_fold(x, index, src, dim, name, own)
    out = np.empty(x.shape, x.dtype)
    arrays = plan, row_major(x), flat(index), row_major(src), out
    launch(_fold(name), ONE[x.dtype], arrays, out.size + src.size >= SHARED["scatter"])
    return out


def scatter_prod_grad(g, index, x, src, dim, own):
    """What the products, whose gradient is g, give back to x and to src: g times all others."""
    plan = _plan(x, index, src, dim, own)
    if plan is None or g.dtype is not x.dtype:
        return elsewhere.scatter_prod_grad(g, index, x, src, dim, own)
    index = flat(index)
    to_x, to_src = np.empty(x.shape, x.dtype), np.empty(src.shape, x.dtype)
    arrays = plan, row_major(g), index, row_major(x), row_major(src), to_x, to_src
    launch(_prod_grad, ONE[x.dtype], arrays, x.size + src.size >= SHARED["scatter"])
    if not own:
        to_x[...] = g
        if index.ndim < x.ndim:
            to_x[(slice(None),) * dim + (index,)] = 0
        else:
            np.put_along_axis(to_x, index, 0, dim)
    return to_x, to_src
