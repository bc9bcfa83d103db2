"""Pieces of broadcast, transposed or boolean operands, laid out as the result lies in memory.

A plan tells how an operand's elements follow those of the result: [dimensions, address of `gather`,
the result's lengths, then for each operand FLAT, STRIDED or TRUTH, and its strides]. Dimensions
that all operands walk through evenly count as one.
"""

from functools import lru_cache

import numpy as np

from autograd import threads
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, address, call
from autograd.kernels.compiled.memory import data, item, items, itemsize, vector

PIECE = 1 << 10  # numbers of an operand that are laid out at a time
OPERANDS = 3  # where they begin among the arrays of the kernel, the last of which is scratch
_FLAT, _STRIDED, _TRUTH = range(3)
_BOOL = np.dtype(bool)


@jit(inner=True)
def piece(one, arrays, number, first, count, index):
    """`count` numbers, from the first on, of an operand: in memory, or laid out in scratch."""
    plan = vector(data(item(arrays, 0)), 1, np.int64(1))
    operand = item(arrays, OPERANDS + number)
    if plan[2 + plan[0] + number * (1 + plan[0])] == 0:
        return vector(data(operand) + first * itemsize(one), count, one)
    many = items(arrays) - OPERANDS - 1
    place = (index * many + number) * PIECE * itemsize(one)
    target = data(item(arrays, OPERANDS + many)) + place
    call(plan[1], one, arrays, number, first, count, target)
    return vector(target, count, one)


@jit
def gather(one, arrays, number, first, count, target):
    """Lays out `count` numbers of an operand, from the first on in the result's order."""
    ndim = vector(data(item(arrays, 0)), 1, np.int64(1))[0]
    plan = vector(data(item(arrays, 0)), 2 + ndim + (number + 1) * (1 + ndim), np.int64(1))
    lengths, own = plan[2 : 2 + ndim], plan[2 + ndim + number * (1 + ndim) :]
    strides = own[1:]
    inner, step = lengths[ndim - 1], strides[ndim - 1]
    row, column = first // inner, first % inner
    done = 0
    while done < count:
        place = data(item(arrays, OPERANDS + number)) + column * step
        rest = row
        for dim in range(ndim - 2, -1, -1):
            place += rest % lengths[dim] * strides[dim]
            rest //= lengths[dim]
        run = min(inner - column, count - done)
        _copy(one, own[0], place, step, run, vector(target + done * itemsize(one), run, one))
        done += run
        row, column = row + 1, 0


@jit(inner=True)
def _copy(one, kind, place, step, run, out):
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
        for i in range(run):
            out[i] = same
    else:
        for i in range(run):
            out[i] = vector(place + i * step, 1, one)[0]


_ALL_FLAT = np.zeros(16, np.int64)
NONE = np.empty(0)


def laid_out(arrays, dtype):
    """(plan, out, scratch) for arrays of a type, or truths; None where NumPy has to answer: for
    other types and for shapes that do not fit."""
    like = arrays[-1]
    if len(arrays) == 1 and like.flags.c_contiguous:
        return _ALL_FLAT, np.empty(like.shape, dtype), NONE
    shape, strides = like.shape, like.strides
    for a in arrays:
        if a.shape != shape or a.strides != strides or a.dtype is not dtype:
            break
    else:
        if like.flags.c_contiguous:
            return _ALL_FLAT, np.empty(shape, dtype), NONE
        if 0 not in strides:
            out = np.empty_like(like)
            if out.strides == strides:
                return _ALL_FLAT, out, NONE
    if any([a.dtype is not dtype and a.dtype is not _BOOL for a in arrays]):
        return None
    found = _plan(dtype, *[(a.shape, a.strides, a.dtype is _BOOL) for a in arrays])
    if found is None:
        return None
    plan, shape, back = found
    out = np.empty(shape, dtype)
    scratch = np.empty(threads.parts() * len(arrays) * PIECE, dtype)
    return plan, out if back is None else out.transpose(back), scratch


@lru_cache(256)
def _plan(dtype, *operands):
    """(plan, the result's shape in the order of memory, the axes that bring it back or None)."""
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
    plan = [len(lengths), address(gather, ONE[dtype], 5), *lengths]
    for strides, (_, _, truth) in zip(table, operands, strict=True):
        plan += [_TRUTH if truth else _FLAT if strides == flat else _STRIDED, *strides]
    back = None if order == sorted(order) else [order.index(axis) for axis in range(len(order))]
    return np.array(plan, np.int64), tuple([shape[axis] for axis in order]), back


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
