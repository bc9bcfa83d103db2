"""Convolution of every channel with a filter of its own: lanes over channels, or over images.

As many planes as a vector has lanes are turned so that each pixel of a padded copy is a vector.
Then one micro-kernel does all three directions, sums of products of vectors read at tables of
places: for some pixels over the taps, or in the weight gradient for some taps over the pixels.
"""

from functools import lru_cache
from math import prod

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from autograd.kernels.compiled.conv_windows import contiguous, places, steps
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.memory import data, item, itemsize, length, share, size, vector
from autograd.kernels.compiled.micro_kernel import VECTOR_BYTES, Emitter, aligned, emit_loop
from autograd.kernels.compiled.winograd_transform import turn

SUMS = 9  # sums in registers at a time
FILLED = 2  # one lane of so many must have a plane
LARGEST = 1 << 17  # pixels of a copy beyond which it would take too much room
SHARED = 1 << 16  # multiplications from which a second thread pays
SHARES = 8  # shares of the planes in a weight gradient

# entries of a plan: numbers of a plane, of its copy and of a result; then tables
VALUES, COPY, AREA, FILTER, WIDTH, LINES, LINE, PHASES, HEAD = range(9)
# entries of a phase: pixels, where they read and are written; taps, where they read and which;
# places are in bytes between vectors
PIXELS, BASES, TARGETS, TAPS, PLACES, SEEN, PHASE = range(7)

_I64, _BYTE = ir.IntType(64), ir.IntType(8)


@intrinsic
def _add_products(typing, like, count, factors, step, source, places, bases, target, targets,
                  init):  # fmt: skip
    """target[targets[i]] = init + sum over k of factors[k] source[bases[i] + places[k]], i < SUMS.

    All are vectors. Tables hold bytes; factors lie `step` bytes apart.
    """

    def codegen(context, builder, signature, args):
        emitter = Emitter(builder, context.get_value_type(signature.args[0]))
        _, count, *args = args
        step = args.pop(1)
        factors, source, places, bases, target, targets, init = (
            builder.inttoptr(x, _BYTE.as_pointer()) for x in args)

        def entry(table, i):
            return builder.load(emitter.at(table, i, _I64))

        rows = [builder.gep(source, [entry(bases, _I64(8 * i))]) for i in range(SUMS)]

        def add(k, sums):
            place = entry(places, builder.mul(k, _I64(8)))
            factor = emitter.load(factors, builder.mul(k, step))
            return [emitter.fma(factor, emitter.load(row, place), total)
                    for row, total in zip(rows, sums, strict=True)]

        start = [emitter.load(init, _I64(0))] * SUMS
        for i, total in enumerate(emit_loop(builder, count, start, add)):
            emitter.store(total, target, entry(targets, _I64(8 * i)))
        return context.get_dummy_value()

    return types.void(like, *[types.intp] * 9), codegen


@jit(inner=True)
def table(plan):
    """The plan as an array."""
    return vector(data(plan), size(plan), size(plan))


@jit(inner=True)
def _enter(one, source, plan, planes, target):
    """Turns planes into their copy, whose zeros stay."""
    bytes_ = itemsize(one)
    lanes, width = VECTOR_BYTES // bytes_, plan[WIDTH]
    for line in range(plan[LINES]):
        start = source + plan[plan[LINE] + 2 * line] * bytes_
        place = target + plan[plan[LINE] + 2 * line + 1]
        for w in range(0, width, lanes):
            turn(one, start + w * bytes_, plan[VALUES] * bytes_, planes, 0, width - w,
                 place + w * VECTOR_BYTES, VECTOR_BYTES, min(lanes, width - w), lanes)  # fmt: skip


@jit(inner=True)
def _spread(one, values, step, channels, target):
    """Copies one number of each channel to a row of lanes, which begins again after the last."""
    row = vector(target, channels + VECTOR_BYTES // itemsize(one), one)
    given = vector(values, (channels - 1) * step + 1, one)
    for lane in range(row.size):
        row[lane] = given[lane % channels * step]


@jit
def _correlate(one, arrays, parts, index):
    """Some of the planes, each convolved by its filter.  arrays: x, weight, bias, plan, out."""
    x, weight, bias, out = item(arrays, 0), item(arrays, 1), item(arrays, 2), item(arrays, 4)
    tables, plan = data(item(arrays, 3)), table(item(arrays, 3))
    bytes_, channels, area = itemsize(one), length(x, 1), plan[AREA]
    lanes, planes = VECTOR_BYTES // bytes_, length(x, 0) * channels
    row = (channels + lanes) * bytes_
    room = (plan[COPY] + area + 1) * VECTOR_BYTES + (plan[FILTER] + 1) * row
    work = np.empty(room, np.uint8)
    copy = aligned(work.ctypes.data)
    result = copy + plan[COPY] * VECTOR_BYTES
    init = result + area * VECTOR_BYTES
    vector(copy, plan[COPY] * lanes, one)[:] = 0
    vector(init, channels + lanes, one)[:] = 0
    if size(bias):
        _spread(one, data(bias), 1, channels, init)
    filters = init + row
    for phase in range(HEAD, HEAD + plan[PHASES] * PHASE, PHASE):
        for tap in range(plan[phase + TAPS]):
            _spread(one, data(weight) + plan[plan[phase + SEEN] + tap] // lanes,
                    plan[FILTER], channels, filters)  # fmt: skip
            filters += row
    groups = (planes + lanes - 1) // lanes
    for first in range(share(groups, parts, index, 1) * lanes,
                       share(groups, parts, index + 1, 1) * lanes, lanes):  # fmt: skip
        count = min(lanes, planes - first)
        _enter(one, data(x) + first * plan[VALUES] * bytes_, plan, count, copy)
        lane = first % channels * bytes_
        filters = init + row + lane
        for phase in range(HEAD, HEAD + plan[PHASES] * PHASE, PHASE):
            for pixel in range(0, plan[phase + PIXELS], SUMS):
                _add_products(one, plan[phase + TAPS], filters, row, copy,
                              tables + plan[phase + PLACES] * 8,
                              tables + (plan[phase + BASES] + pixel) * 8, result,
                              tables + (plan[phase + TARGETS] + pixel) * 8, init + lane)
            filters += plan[phase + TAPS] * row
        target = data(out) + first * area * bytes_
        for p in range(0, area, lanes):
            turn(one, result + p * VECTOR_BYTES, VECTOR_BYTES, min(lanes, area - p), 0, lanes,
                 target + p * bytes_, area * bytes_, count, area - p)  # fmt: skip
    work[0] = 0  # Numba frees an array after its last use: this is it


@jit(inner=True)
def _add_lanes(lanes, count, channel, total):
    """Adds each lane to the total of its channel, the first's being `channel`."""
    for lane in range(count):
        total[channel] += lanes[lane]
        channel += 1
        if channel == total.size:
            channel = 0


@jit
def _weight_grad(one, arrays, parts, index):
    """Some of the sums (shares, taps, channels) over planes and pixels.  arrays: g, x, plan, sums.
    """
    g, x, sums = item(arrays, 0), item(arrays, 1), item(arrays, 3)
    tables, plan = data(item(arrays, 2)), table(item(arrays, 2))
    bytes_, channels, area, taps = itemsize(one), length(x, 1), plan[AREA], plan[FILTER]
    lanes, planes, shares = VECTOR_BYTES // bytes_, length(x, 0) * channels, length(sums, 0)
    work = np.empty((plan[COPY] + area + taps + 2) * VECTOR_BYTES, np.uint8)
    copy = aligned(work.ctypes.data)
    turned = copy + plan[COPY] * VECTOR_BYTES
    zeros = turned + area * VECTOR_BYTES
    vector(copy, plan[COPY] * lanes, one)[:] = 0
    vector(zeros, lanes, one)[:] = 0
    groups = (planes + lanes - 1) // lanes
    for part in range(share(shares, parts, index, 1), share(shares, parts, index + 1, 1)):
        totals = data(sums) + part * taps * channels * bytes_
        vector(totals, taps * channels, one)[:] = 0
        for first in range(share(groups, shares, part, 1) * lanes,
                           share(groups, shares, part + 1, 1) * lanes, lanes):  # fmt: skip
            count = min(lanes, planes - first)
            _enter(one, data(x) + first * plan[VALUES] * bytes_, plan, count, copy)
            for p in range(0, area, lanes):
                turn(one, data(g) + (first * area + p) * bytes_, area * bytes_, count, 0, area - p,
                     turned + p * VECTOR_BYTES, VECTOR_BYTES, min(lanes, area - p), lanes)
            for tap in range(0, taps, SUMS):
                _add_products(one, area, turned, VECTOR_BYTES, copy,
                              tables + plan[HEAD + BASES] * 8,
                              tables + (plan[HEAD + PLACES] + tap) * 8, zeros + VECTOR_BYTES,
                              tables + (plan[HEAD + SEEN] + tap) * 8, zeros)  # fmt: skip
            for tap in range(taps):
                found = vector(zeros + (1 + tap) * VECTOR_BYTES, lanes, one)
                total = vector(totals + tap * channels * bytes_, channels, one)
                _add_lanes(found, count, first % channels, total)
    work[0] = 0  # Numba frees an array after its last use: this is it


def _filled(values):
    """The values, the last repeated until they fill whole sets of SUMS."""
    return np.append(values, values[-1:].repeat(-len(values) % SUMS))


def _lines(windows, image, copy):
    """For each line of the image in the copy where it begins in both, and how long it is."""
    inside = [range(max(0, -before), min(n, extent - before))
              for n, before, extent in zip(image, windows.before, windows.extent, strict=True)]
    firsts = [*inside[:-1], inside[-1][:1]]
    moved = [[i + before for i in line] for line, before in zip(firsts, windows.before)]
    begin = places(firsts, steps(image)), places(moved, copy) * VECTOR_BYTES
    return np.stack(begin, -1).ravel(), len(inside[-1])


@lru_cache(maxsize=256)
def _plan(windows, image, kernel, out):
    """int64 array: the head, the phases, and the tables they point to."""
    copy = steps(windows.extent)
    lines, width = _lines(windows, image, copy)
    tables = [lines]
    place = HEAD + PHASE * len(windows.phases)
    plan = [prod(image), prod(windows.extent), prod(out), prod(kernel), width, len(lines) // 2,
            place, len(windows.phases)]
    place += len(lines)
    for phase in windows.phases:
        grid = list(map(range, phase.grid))
        apart = [step * a for step, a in zip(copy, phase.apart, strict=True)]
        there = [[first + step * i for i in line]
                 for first, step, line in zip(phase.start, phase.step, grid, strict=True)]
        moves, taps = ([[pair[which] for pair in line] for line in phase.moves] for which in (0, 1))
        found = (places(grid, apart), places(there, steps(out)),
                 places(moves, copy), places(taps, steps(kernel)))
        for number, values in enumerate(found):
            if number % 2 == 0:
                plan.append(len(values))
            plan.append(place)
            tables.append(_filled(values * VECTOR_BYTES))
            place += len(tables[-1])
    return np.concatenate([np.array(plan), *tables])


def suits(x, windows, out):
    """Whether enough lanes are filled, and the copies are not too large."""
    return (FILLED * len(x) * x.shape[1] * x.itemsize >= VECTOR_BYTES
            and max(prod(windows.extent), prod(out)) <= LARGEST)


def correlate(x, weight, bias, windows, out):
    """x (N, C, *image) with `windows`, times weight (C, 1, *kernel), plus bias: (N, C, *out)."""
    plan = _plan(windows, x.shape[2:], weight.shape[2:], out)
    result = np.empty((*x.shape[:2], *out), x.dtype)
    arrays = contiguous(x), contiguous(weight), contiguous(bias), plan, result
    launch(_correlate, ONE[x.dtype], arrays, result.size * weight[0].size >= SHARED)
    return result


def weight_sums(g, x, windows, kernel):
    """Shares (shares, 1, taps, C) of what a convolution of x (N, C, *image) gives back to its
    weight."""
    plan = _plan(windows, x.shape[2:], kernel, g.shape[2:])
    channels, taps = x.shape[1], prod(kernel)
    groups = -(-len(x) * channels // (VECTOR_BYTES // x.itemsize))
    sums = np.empty((min(SHARES, groups), 1, taps, channels), x.dtype)
    arrays = contiguous(g), contiguous(x), plan, sums
    launch(_weight_grad, ONE[x.dtype], arrays, g.size * taps >= SHARED)
    return sums
