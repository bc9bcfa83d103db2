"""Pieces of broadcast, transposed or boolean operands, laid out as the result lies in memory.

A plan tells how an operand's elements follow those of the result: [dimensions, address of `gather`,
length of a row, the result's lengths, then for each operand FLAT, STRIDED or TRUTH, and its
strides]. Dimensions that all operands walk through evenly count as one.
"""

from functools import lru_cache

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from autograd import threads
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, address, ask
from autograd.kernels.compiled.memory import data, item, items, itemsize, vector

PIECE = 1 << 10  # numbers of an operand that are laid out at a time
_LANES = 16  # numbers of a piece that are written at once, where they are the same
OPERANDS = 3  # where they begin among the arrays of the kernel, the last of which is scratch
_HEAD = 3  # entries of a plan before the lengths
_LONG = 1 << 7  # numbers of a row from which pieces end where it does
_FLAT, _STRIDED, _TRUTH = range(3)
_BOOL = np.dtype(bool)


@jit(inner=True)
def begin(arrays, first):
    """(length of rows, the row of an element, its column)."""
    inner = vector(data(item(arrays, 0)), _HEAD, np.int64(1))[2]
    return inner, first // inner, first % inner


@jit(inner=True)
def until(inner, column, left):
    """How many of the numbers that are left are gone through at once: to the end of a long row."""
    count = min(PIECE, left)
    return count if inner < _LONG else min(count, inner - column)


@jit(inner=True)
def beyond(inner, row, column):
    """Row and column of a place that may lie behind the row's end."""
    if column < inner:
        return row, column
    return (row + 1, 0) if column == inner else (row + column // inner, column % inner)


@jit(inner=True)
def piece(one, arrays, number, first, count, row, column, index):
    """`count` numbers of an operand, from the first on, which stands in this row and column: in
    memory, or laid out in scratch."""
    plan = vector(data(item(arrays, 0)), 1, np.int64(1))
    if plan[_HEAD + plan[0] + number * (1 + plan[0])] == 0:
        place = data(item(arrays, OPERANDS + number)) + first * itemsize(one)
    else:
        place = ask(plan[1], one, arrays, number, count, row, column, index)
    return vector(place, count, one)


@jit(inner=True)
def kept(one, arrays, number, first, count, index):
    """A copy in scratch of the `count` numbers of an operand that are about to be overwritten: a
    choice between a number and another for its own place would become a masked store."""
    place = vector(data(item(arrays, OPERANDS + number)) + first * itemsize(one), count, one)
    copy = vector(_scratch(one, arrays, number, index), count, one)
    for i in range(count):
        copy[i] = place[i]
    return copy


@jit(inner=True)
def _scratch(one, arrays, number, index):
    """Where one of the threads has room for a piece of an operand."""
    many = items(arrays) - OPERANDS - 1
    room = (index * many + number) * (PIECE + _LANES) * itemsize(one)
    return data(item(arrays, OPERANDS + many)) + room


@jit
def gather(one, arrays, number, count, row, column, index):
    """Where `count` numbers of an operand lie side by side, in the result's order from a row and
    column on: in memory, or laid out in scratch."""
    operand = item(arrays, OPERANDS + number)
    ndim = vector(data(item(arrays, 0)), 1, np.int64(1))[0]
    plan = vector(data(item(arrays, 0)), _HEAD + ndim + (number + 1) * (1 + ndim), np.int64(1))
    lengths, own = plan[_HEAD : _HEAD + ndim], plan[_HEAD + ndim + number * (1 + ndim) :]
    strides = own[1:]
    inner, step = lengths[ndim - 1], strides[ndim - 1]
    place = _row(data(operand), lengths, strides, row)
    if own[0] == 1 and (step == itemsize(one) or count == 1) and column + count <= inner:
        return place + column * step
    target, done = _scratch(one, arrays, number, index), 0
    ahead, within = 1, 0
    if ndim > 1:
        ahead = lengths[ndim - 2]
        within = row % ahead if ndim > 2 else row
    while done < count:
        run = min(inner - column, count - done)
        _copy(one, own[0], place + column * step, step, run, target + done * itemsize(one))
        done, row, column, within = done + run, row + 1, 0, within + 1
        if within < ahead:
            place += strides[ndim - 2]
        elif done < count:
            place, within = _row(data(operand), lengths, strides, row), 0
    return target


@jit(inner=True)
def _row(place, lengths, strides, row):
    """The address of a row of an operand."""
    if len(lengths) == 1:
        return place
    for dim in range(len(lengths) - 2, 0, -1):
        place += row % lengths[dim] * strides[dim]
        row //= lengths[dim]
    return place + row * strides[0]


@intrinsic
def _everywhere(typing, target, number):
    """Writes a number _LANES times from an address on."""

    def codegen(context, builder, signature, args):
        kind, index = ir.VectorType(args[1].type, _LANES), ir.IntType(32)
        one = builder.insert_element(kind(ir.Undefined), args[1], index(0))
        line = builder.shuffle_vector(one, one, ir.VectorType(index, _LANES)([0] * _LANES))
        place = builder.inttoptr(args[0], kind.as_pointer())
        builder.store(line, place, align=signature.args[1].bitwidth // 8)
        return context.get_dummy_value()

    return types.void(types.intp, number), codegen


@jit(inner=True)
def _copy(one, kind, place, step, run, target):
    """Copies a run of numbers; up to _LANES more may be overwritten behind it."""
    out = vector(target, run, one)
    if kind == 2 and step == 1:
        truths = vector(place, run, np.int8(1))
        for i in range(run):
            out[i] = truths[i]
    elif kind == 2:
        for i in range(run):
            out[i] = one if vector(place + i * step, 1, np.int8(1))[0] else one - one
    elif step == itemsize(one):
        row = vector(place, run, one)
        for i in range(run):
            out[i] = row[i]
    elif step == 0:
        same = vector(place, 1, one)[0]
        for i in range(0, run, _LANES):
            _everywhere(target + i * itemsize(one), same)
    else:
        for i in range(run):
            out[i] = vector(place + i * step, 1, one)[0]


_ALL_FLAT = np.array([0, 0, 1 << 62] + [0] * 13)
NONE = np.empty(0)


def laid_out(arrays, dtype):
    """(plan, out, scratch, which of the arrays stay the same along long rows, or None) for arrays
    of a type, or truths; None where NumPy has to answer: for other types and for shapes that do
    not fit."""
    like = arrays[-1]
    if len(arrays) == 1 and like.flags.c_contiguous:
        return _ALL_FLAT, np.empty(like.shape, dtype), NONE, None
    shape, strides = like.shape, like.strides
    for a in arrays:
        if a.shape != shape or a.strides != strides or a.dtype is not dtype:
            break
    else:
        if like.flags.c_contiguous:
            return _ALL_FLAT, np.empty(shape, dtype), NONE, None
        if 0 not in strides:
            out = np.empty_like(like)
            if out.strides == strides:
                return _ALL_FLAT, out, NONE, None
    if any([a.dtype is not dtype and a.dtype is not _BOOL for a in arrays]):
        return None
    found = _plan(dtype, *[(a.shape, a.strides, a.dtype is _BOOL) for a in arrays])
    if found is None:
        return None
    plan, shape, back, repeated = found
    out = np.empty(shape, dtype)
    out = out if back is None else out.transpose(back)
    return plan, out, scratch_for(arrays, dtype), repeated


def scratch_for(arrays, dtype):
    """Room for a piece of each operand and thread."""
    return np.empty(threads.parts() * len(arrays) * (PIECE + _LANES), dtype)


@lru_cache(256)
def _plan(dtype, *operands):
    """(plan, the result's shape in the order of memory, the axes that bring it back or None, which
    operands stay the same along long rows, or None)."""
    try:
        shape = np.broadcast_shapes(*[shape for shape, _, _ in operands])
    except ValueError:
        return None
    steps = [_spread(len(shape), own, strides) for own, strides, _ in operands]
    order = _order(steps)
    merged = [[1] + [0] * len(steps)]
    for axis in order:
        extend(merged, shape[axis], [step[axis] for step in steps])
    lengths, *table = map(list, zip(*merged, strict=True))
    flat = [dtype.itemsize * int(np.prod(lengths[i + 1 :])) for i in range(len(lengths))]
    plan = [len(lengths), address(gather, ONE[dtype], 6, True), lengths[-1], *lengths]
    for strides, (_, _, truth) in zip(table, operands, strict=True):
        plan += [_TRUTH if truth else _FLAT if strides == flat else _STRIDED, *strides]
    back = None if order == sorted(order) else [order.index(axis) for axis in range(len(order))]
    repeated = [lengths[-1] >= _LONG and not truth and strides[-1] == 0
                for strides, (_, _, truth) in zip(table, operands, strict=True)]
    return (np.array(plan, np.int64), tuple([shape[axis] for axis in order]), back,
            repeated if any(repeated) else None)


def _spread(ndim, shape, strides):
    """The strides along the result's dimensions: 0 where the operand is repeated."""
    own = [0 if n == 1 else step for n, step in zip(shape, strides, strict=True)]
    return [0] * (ndim - len(own)) + own


def _order(steps):
    """The axes from the longest steps in memory to the shortest, as NumPy lays a result out: sorted
    by insertion, where operands that do not agree leave the order as it is."""
    order = []  # from the innermost axis on
    for axis in reversed(range(len(steps[0]))):
        place = len(order)
        for before in reversed(range(len(order))):
            known = [(abs(own[axis]), abs(own[order[before]])) for own in steps
                     if own[axis] and own[order[before]]]
            if known and any([outer >= inner for outer, inner in known]):
                break
            if known:
                place = before
        order.insert(place, axis)
    return order[::-1]


def extend(dims, length, steps):
    """Adds a dimension with a step for each operand, as part of the last one where all operands
    walk through both evenly."""
    outer, *before = dims[-1]
    if outer == 1 or all([b == length * step for b, step in zip(before, steps, strict=True)]):
        if length != 1:
            dims[-1] = [outer * length, *steps]
    elif length != 1:
        dims.append([length, *steps])
