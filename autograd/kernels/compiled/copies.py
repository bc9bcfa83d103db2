"""Arrays written into others of any strides, on two threads; blocks that change the order of
dimensions are transposed in registers.

A plan tells how two arrays are walked through side by side: [what the threads share out, further
dimensions, rows, columns, bytes from row to row and from column to column in the target, the same
in the source], then [length, bytes in the target, in the source] for each further dimension.
Columns lie closest in the target; rows are what lies closest in the source, if that is not columns.
Dimensions that both arrays walk through evenly count as one. Numbers are moved, whatever they mean:
all of four bytes as float32, all of eight as float64.
"""

from functools import lru_cache
from math import prod

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.cgutils import raw_memcpy
from numba.extending import intrinsic

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.gather import extend
from autograd.kernels.compiled.jit import jit, vector_bytes
from autograd.kernels.compiled.launch import launch
from autograd.kernels.compiled.memory import data, item, items, itemsize, share, vector
from autograd.kernels.thresholds import SHARED

_BY_SIZE = {4: np.float32(1), 8: np.float64(1)}
_UNIT = 16  # rows, or columns, that one thread takes at least
_FEW = 4  # columns below which rows are gone through one beside the other
_SHORT = 16  # vectors from which a run is left to the C library
_BLOCKS = 4  # blocks that are transposed beside each other
_HEAD = 8  # entries of a plan before the further dimensions
_OUTER, _ROWS, _COLUMNS = range(3)  # what the threads share out


@intrinsic
def move(typing, target, source, count):
    """Copies bytes from one address to another."""

    def codegen(context, builder, signature, args):
        pointers = [builder.inttoptr(a, ir.IntType(8).as_pointer()) for a in args[:2]]
        raw_memcpy(builder, *pointers, args[2], 1)
        return context.get_dummy_value()

    return types.void(types.intp, types.intp, types.intp), codegen


@intrinsic
def _lanes(typing, like):
    """Rows, and columns, of a block that is transposed in registers."""

    def codegen(context, builder, signature, args):
        return ir.Constant(ir.IntType(64), vector_bytes() * 8 // like.bitwidth)

    return types.int64(like), codegen


def _in_lanes(reverse):
    """An intrinsic that copies a vector from one address to another, in reverse or as it is."""

    @intrinsic
    def copy(typing, like, target, source):
        def codegen(context, builder, signature, args):
            n, number = vector_bytes() * 8 // like.bitwidth, context.get_data_type(like)
            to, place = [builder.inttoptr(a, ir.VectorType(number, n).as_pointer())
                         for a in args[1:]]
            line = builder.load(place, align=like.bitwidth // 8)
            if reverse:
                order = ir.Constant(ir.VectorType(ir.IntType(32), n), [*range(n)][::-1])
                line = builder.shuffle_vector(line, line, order)
            builder.store(line, to, align=like.bitwidth // 8)
            return context.get_dummy_value()

        return types.void(like, types.intp, types.intp), codegen

    return copy


_forth, _back = _in_lanes(False), _in_lanes(True)


@intrinsic
def _transpose(typing, like, target, rows, source, columns):
    """Transposes a block: its columns, `columns` bytes apart in the source, become rows, `rows`
    bytes apart in the target."""

    def codegen(context, builder, signature, args):
        n, number = vector_bytes() * 8 // like.bitwidth, context.get_data_type(like)
        pointer, align = ir.VectorType(number, n).as_pointer(), like.bitwidth // 8

        def place(start, step, i):
            offset = builder.mul(args[step], ir.IntType(64)(i))
            return builder.inttoptr(builder.add(args[start], offset), pointer)

        lines = [builder.load(place(3, 4, i), align=align) for i in range(n)]
        half = n // 2
        while half:  # exchanges the upper right and the lower left quarter of each block
            upper = [j - half + n if j & half else j for j in range(n)]
            lower = [j + n if j & half else j + half for j in range(n)]
            for i in range(n):
                if not i & half:
                    pair = lines[i], lines[i + half]
                    lines[i], lines[i + half] = [
                        builder.shuffle_vector(*pair, ir.Constant(
                            ir.VectorType(ir.IntType(32), n), order)) for order in (upper, lower)]
            half //= 2
        for i, line in enumerate(lines):
            builder.store(line, place(1, 2, i), align=align)
        return context.get_dummy_value()

    return types.void(like, *[types.intp] * 4), codegen


@jit(inner=True)
def carry(one, target, source, count):
    """Copies `count` numbers that follow each other."""
    n, size = _lanes(one), itemsize(one)
    if count < n or count > _SHORT * n:
        move(target, source, count * size)
        return
    for i in range(0, count - n, n):
        _forth(one, target + i * size, source + i * size)
    _forth(one, target + (count - n) * size, source + (count - n) * size)


@jit(inner=True)
def _carry_back(one, target, source, count):
    """Copies `count` numbers that follow each other backwards from an address."""
    n, size, done = _lanes(one), itemsize(one), 0
    while done + n <= count:
        _back(one, target + done * size, source - (done + n - 1) * size)
        done += n
    for i in range(done, count):
        vector(target + i * size, 1, one)[0] = vector(source - i * size, 1, one)[0]


@jit(inner=True)
def _run(one, target, source, count, step, apart):
    """Copies `count` numbers, `step` bytes apart in the target and `apart` in the source."""
    size = itemsize(one)
    if step != size:
        for i in range(count):
            vector(target + i * step, 1, one)[0] = vector(source + i * apart, 1, one)[0]
    elif apart == size:
        carry(one, target, source, count)
    elif apart == -size:
        _carry_back(one, target, source, count)
    elif apart == 0:
        out, same = vector(target, count, one), vector(source, 1, one)[0]
        for i in range(count):
            out[i] = same
    else:
        out = vector(target, count, one)
        for i in range(count):
            out[i] = vector(source + i * apart, 1, one)[0]


@jit(inner=True, apart=True)
def _runs(one, target, source, rows, columns, plan):
    """Copies rows, or columns where these are the longer ones."""
    size = itemsize(one)
    even = plan[7] == size or plan[7] == -size or plan[7] == 0
    if columns < (_FEW if even else rows) and columns < rows:
        for j in range(columns):
            _run(one, target + j * plan[5], source + j * plan[7], rows, plan[4], plan[6])
    else:
        for i in range(rows):
            _run(one, target + i * plan[4], source + i * plan[6], columns, plan[5], plan[7])


@jit(inner=True)
def _block(one, target, source, rows, columns, plan):
    """Copies one block, most of it transposed in registers if that fits."""
    n, size = _lanes(one), itemsize(one)
    if plan[5] != size or plan[6] != size or plan[7] == size or rows < n or columns < n:
        _runs(one, target, source, rows, columns, plan)
        return
    down, across = rows // n * n, columns // n * n
    for top in range(0, down, _BLOCKS * n):
        for j in range(0, across, n):
            for i in range(top, min(top + _BLOCKS * n, down), n):
                _transpose(one, target + i * plan[4] + j * size, plan[4],
                           source + i * size + j * plan[7], plan[7])
    _runs(one, target + down * plan[4], source + down * size, rows - down, columns, plan)
    _runs(one, target + across * size, source + across * plan[7], down, columns - across, plan)


@jit(inner=True)
def _part(total, split, kind, parts, index, unit):
    """The first and the last of what this thread does: a share if it is what is shared out."""
    if split != kind:
        return 0, total
    return share(total, parts, index, unit), share(total, parts, index + 1, unit)


@jit
def _copy(one, arrays, parts, index):
    """arrays: plan, target, source, and so on."""
    for number in range(0, items(arrays), 3):
        plan = vector(data(item(arrays, number)), 1 << 10, np.int64(1))
        more = plan[_HEAD:]
        outer = 1
        for dim in range(plan[1]):
            outer *= more[3 * dim]
        begin, end = _part(outer, plan[0], 0, parts, index, 1)
        top, bottom = _part(plan[2], plan[0], 1, parts, index, _UNIT)
        left, right = _part(plan[3], plan[0], 2, parts, index, _UNIT)
        for place in range(begin, end):
            target = data(item(arrays, number + 1)) + top * plan[4] + left * plan[5]
            source = data(item(arrays, number + 2)) + top * plan[6] + left * plan[7]
            rest = place
            for dim in range(plan[1] - 1, -1, -1):
                at = rest % more[3 * dim]
                rest //= more[3 * dim]
                target += at * more[3 * dim + 1]
                source += at * more[3 * dim + 2]
            _block(one, target, source, bottom - top, right - left, plan)


@lru_cache(1 << 10)
def _plan(shape, target, source, size):
    """The plan of a copy between arrays of these strides."""
    dims = [[1, 0, 0]]
    for length, *steps in sorted(zip(shape, target, source, strict=True),
                                 key=lambda dim: -abs(dim[1])):
        extend(dims, length, steps)
    columns, further = dims[-1], dims[:-1]
    rows = [1, 0, 0]
    if further:
        flat = columns[2] in (size, -size, 0)
        rows = further[-1] if flat else min(further, key=lambda dim: abs(dim[2]))
        further = [dim for dim in further if dim is not rows]
    split = _COLUMNS if columns[0] > rows[0] else _ROWS
    if prod([dim[0] for dim in further]) >= _UNIT or max(columns[0], rows[0]) < 4 * _UNIT:
        split = _OUTER
    head = [split, len(further), rows[0], columns[0], *rows[1:2], *columns[1:2], rows[2],
            columns[2]]
    return np.array(head + [entry for dim in further for entry in dim], np.int64)


def copy_(targets, sources):
    """Writes each source into the target beside it, which has its shape and shares no memory."""
    size, arrays, count = targets[0].itemsize, [], 0
    if size not in _BY_SIZE:
        return elsewhere.copy_(targets, sources)
    for target, source in zip(targets, sources, strict=True):
        if (source.__class__ is not np.ndarray or target.shape != source.shape
                or target.dtype != source.dtype or target.itemsize != size):  # fmt: skip
            return elsewhere.copy_(targets, sources)
        if target.size:
            arrays += [_plan(target.shape, target.strides, source.strides, size), target, source]
            count += target.size
    launch(_copy, _BY_SIZE[size], tuple(arrays), count >= SHARED["copy_"])
