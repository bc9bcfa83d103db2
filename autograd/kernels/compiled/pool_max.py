"""Largest numbers of windows of planes (P, H, W): windows side by side all at once, wide ones row
by row, in vectors; the most common ones, of 2 by 2, have a loop of their own.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.memory import item, itemsize, length, share
from autograd.kernels.compiled.pool import (
    SHARED,
    check_shape,
    halving,
    plane,
    planes,
    table,
    whole,
)
from autograd.kernels.compiled.softmax import maximum

_WIDE = 8  # columns of a window from which its rows are gone through as a whole
_INT32 = np.dtype(np.int32)


@jit(inner=True)
def _max_of_four(x, out, places):
    width = x.shape[1]
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            corner = np.int32(2 * i * width + 2 * j)
            best, place = x[2 * i, 2 * j], corner
            value = x[2 * i, 2 * j + 1]
            larger = (value > best) | (value != value)
            best, place = value if larger else best, np.int32(corner + 1) if larger else place
            value = x[2 * i + 1, 2 * j]
            larger = (value > best) | (value != value)
            best, place = value if larger else best, np.int32(corner + width) if larger else place
            value = x[2 * i + 1, 2 * j + 1]
            larger = (value > best) | (value != value)
            best = value if larger else best
            place = np.int32(corner + width + 1) if larger else place
            out[i, j], places[i, j] = best, place


@jit(inner=True)
def _max_of_run(run):
    """Where the largest number of a run stands: the first of equals, or the last NaN."""
    best, c = maximum(run), 0
    if best == best:
        while run[c] != best:
            c += 1
        return c
    c = run.size - 1
    while run[c] == run[c]:
        c -= 1
    return c


@jit(inner=True)
def _max_of_window(x, row, column):
    """Largest number of a window, and its place."""
    best, place = x[row[0], column[0]], row[0] * x.shape[1] + column[0]
    wide = column[2] == 1 and column[1] - column[0] >= _WIDE
    for r in range(row[0], row[1], row[2]):
        if wide:
            run = x[r, column[0]:column[1]]
            value = maximum(run)
            if value > best or value != value:
                at = _max_of_run(run)
                best, place = run[at], r * x.shape[1] + column[0] + at
            continue
        for c in range(column[0], column[1], column[2]):
            value = x[r, c]
            if value > best or value != value:
                best, place = value, r * x.shape[1] + c
    return best, place


@jit(inner=True)
def _even(columns):
    """The first and the last of the most windows in a row, of one short length and without gaps,
    that stand 1 or 2 places apart; and how far."""
    begin = first = last = apart = 0
    for j in range(len(columns)):
        count = columns[j, 1] - columns[j, 0]
        if columns[j, 2] != 1 or count >= _WIDE:
            begin = j + 1
            continue
        if j > begin:
            step = columns[begin + 1, 0] - columns[begin, 0]
            alike = count == columns[begin, 1] - columns[begin, 0]
            if not (alike and 1 <= step <= 2 and columns[j, 0] - columns[j - 1, 0] == step):
                begin = j
        if j + 1 - begin > max(last - first, 1):
            first, last = begin, j + 1
            apart = columns[begin + 1, 0] - columns[begin, 0]
    return first, last, apart


def _taking(lanes, apart):
    """An intrinsic that puts numbers `apart` from each other, and their places from `corner` on,
    where they are larger than what is there, or where that is to be replaced."""

    @intrinsic
    def take(typing, like, x, corner, fresh, out, places):
        def codegen(context, builder, signature, args):
            kind = ir.VectorType(context.get_data_type(like), lanes)
            ints, size = ir.VectorType(ir.IntType(32), lanes), like.bitwidth // 8

            def pointer(address, kind):
                return builder.inttoptr(address, kind.as_pointer())

            def everywhere(value):
                one = builder.insert_element(ir.VectorType(value.type, lanes)(ir.Undefined), value,
                                             ir.IntType(32)(0))
                return builder.shuffle_vector(one, one, ints([0] * lanes))

            _, address, corner, fresh, *found = args
            value = builder.load(pointer(address, kind), align=size)
            if apart == 2:
                end = builder.add(address, ir.IntType(64)((lanes - 1) * size))
                value = builder.shuffle_vector(
                    value, builder.load(pointer(end, kind), align=size),
                    ints([2 * i + (2 * i >= lanes) for i in range(lanes)]))
            place = builder.add(everywhere(builder.trunc(corner, ir.IntType(32))),
                                ints([apart * i for i in range(lanes)]))
            held = [pointer(address, of) for address, of in zip(found, (kind, ints), strict=True)]
            best = builder.load(held[0], align=size)
            larger = builder.or_(builder.fcmp_ordered(">", value, best),
                                 builder.fcmp_unordered("uno", value, value))
            larger = builder.or_(larger, everywhere(builder.trunc(fresh, ir.IntType(1))))
            place = builder.select(larger, place, builder.load(held[1], align=4))
            builder.store(builder.select(larger, value, best), held[0], align=size)
            builder.store(place, held[1], align=4)
            return context.get_dummy_value()

        return types.void(like, *[types.intp] * 5), codegen

    return take


def _along(lanes, apart):
    """A function that does so all along a row of at least so many windows."""
    take = _taking(lanes, apart)

    @jit(inner=True)
    def along(one, x, corner, fresh, out, places, count):
        size, j = itemsize(one), 0
        while j < count:
            j = min(j, count - lanes)  # what is gone through twice stays as it is
            take(one, x + apart * j * size, corner + apart * j, fresh, out + j * size,
                 places + 4 * j)
            j += lanes

    return along


_NARROW = 4  # lanes, and so windows, from which vectors are used


def _in_lanes(apart):
    """The same, in as many lanes as fit."""
    wide, half, narrow = [_along(lanes, apart) for lanes in (16, 8, _NARROW)]

    @jit(inner=True)
    def along(one, x, corner, fresh, out, places, count):
        if count >= 16:
            wide(one, x, corner, fresh, out, places, count)
        elif count >= 8:
            half(one, x, corner, fresh, out, places, count)
        else:
            narrow(one, x, corner, fresh, out, places, count)

    return along


_next_to_each_other, _two_apart = _in_lanes(1), _in_lanes(2)


@jit(inner=True)
def _max_of_row(one, x, width, row, column, apart, out, places, count):
    """The largest numbers of `count` windows side by side, of which `column` is the first: place by
    place of the window, for all of them at once."""
    for r in range(row[0], row[1], row[2]):
        for c in range(column[0], column[1]):
            fresh = 1 if r == row[0] and c == column[0] else 0
            corner = r * width + c
            start = x + corner * itemsize(one)
            if apart == 1:
                _next_to_each_other(one, start, corner, fresh, out, places, count)
            else:
                _two_apart(one, start, corner, fresh, out, places, count)


@jit
def _max_pool2d(one, arrays, parts, index):
    """arrays: x, rows, columns, out, places."""
    rows = table(item(arrays, 1), length(item(arrays, 0), 1))
    columns = table(item(arrays, 2), length(item(arrays, 0), 2))
    count = length(item(arrays, 0), 0)
    halves = halving(rows, 1) and halving(columns, 1)
    first, last, apart = _even(columns)
    if last - first < _NARROW:
        first = last = 0
    xs, outs, found = planes(item(arrays, 0)), planes(item(arrays, 3)), planes(item(arrays, 4))
    for p in range(share(count, parts, index, 1), share(count, parts, index + 1, 1)):
        x, out, places = plane(xs, p, one), plane(outs, p, one), plane(found, p, np.int32(1))
        if halves:
            _max_of_four(x, out, places)
        else:
            for i in range(len(rows)):
                if last > first:
                    at = (p * len(rows) + i) * len(columns) + first
                    _max_of_row(one, xs[0] + p * x.size * itemsize(one), x.shape[1], rows[i],
                                columns[first], apart, outs[0] + at * itemsize(one),
                                found[0] + at * 4, last - first)
                for other in range(len(columns) - (last - first)):
                    j = other if other < first else other + last - first
                    out[i, j], place = _max_of_window(x, rows[i], columns[j])
                    places[i, j] = place


@jit
def _max_pool2d_grad(one, arrays, parts, index):
    """arrays: g, places, grad."""
    count = length(item(arrays, 0), 0)
    check_shape(item(arrays, 1), count, length(item(arrays, 0), 1), length(item(arrays, 0), 2))
    gs, found, grads = planes(item(arrays, 0)), planes(item(arrays, 1)), planes(item(arrays, 2))
    for p in range(share(count, parts, index, 1), share(count, parts, index + 1, 1)):
        g, places = plane(gs, p, one), plane(found, p, np.int32(1))
        square = plane(grads, p, one)
        grad = square.reshape(square.size)
        grad[:] = one - one
        for i in range(g.shape[0]):
            for j in range(g.shape[1]):
                if not 0 <= places[i, j] < grad.size:
                    raise IndexError("a place does not lie within the plane")
                grad[places[i, j]] += g[i, j]


def max_pool2d(x, rows, columns):
    """Largest number of each window (P, OH, OW), and its place in the plane as int32."""
    one = ONE.get(x.dtype)
    if one is None or x.size == 0 or x.ndim != 3 or not whole(rows, columns):
        return elsewhere.max_pool2d(x, rows, columns)
    out = np.empty((len(x), len(rows), len(columns)), x.dtype)
    places = np.empty(out.shape, np.int32)
    arrays = np.ascontiguousarray(x), rows, columns, out, places
    launch(_max_pool2d, one, arrays, x.size >= SHARED)
    return out, places


def max_pool2d_grad(g, indices, size):
    """Planes (P, *size) of zeros to which g (P, OH, OW) is added at `indices`."""
    one = ONE.get(g.dtype)
    if one is None or g.size == 0 or g.ndim != 3 or indices.dtype is not _INT32:
        return elsewhere.max_pool2d_grad(g, indices, size)
    grad = np.empty((len(g), *size), g.dtype)
    arrays = np.ascontiguousarray(g), np.ascontiguousarray(indices), grad
    launch(_max_pool2d_grad, one, arrays, grad.size >= SHARED)
    return grad
