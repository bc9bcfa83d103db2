"""Plans of convolution kernels: where they read and write, for one set of shapes.

A plan is an array of integers: its head, an entry for each phase of the windows, and the tables
they point to. All places are counted in numbers.

The last dimension of a copy is split by the stride, so that neighbouring results read neighbours.
"""

from functools import lru_cache
from math import prod

import numpy as np

from autograd.kernels.compiled import conv_windows
from autograd.kernels.compiled.conv_windows import places, steps
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.memory import data, size, vector

# the head: numbers in a channel of the image, of its copy and of the result; lines of the image
# in the copy, whose numbers lie `ACROSS` apart: where each begins in both, and its length
(GROUPS, CHANNELS, VALUES, COPY, ACROSS, ROWS, AREA, WEIGHT_ROW, WEIGHT_GROUP, LINES, LINE, PHASES,
 HEAD) = range(13)  # fmt: skip
# a phase: results in lines of `WIDTH`, `STEP` apart; where each line begins in copy and result;
# taps, where each reads copy and weight
PIXELS, WIDTH, STEP, RUN, TAPS, PLACE, WEIGHT, PHASE = range(8)


@jit(inner=True)
def table(plan):
    """The plan as an array."""
    return vector(data(plan), size(plan), size(plan))


@lru_cache(maxsize=256)
def forward(channels, rows, groups, image, out, kernel, stride, padding, dilation):
    """Plan of `conv` for `channels` to `rows` channels a group."""
    windows = conv_windows.forward(out, kernel, stride, padding, dilation)
    taps = prod(kernel)
    return _plan(channels, rows, groups, image, out, kernel, windows,
                 (taps, channels * taps, rows * channels * taps))


@lru_cache(maxsize=256)
def backward(channels, rows, groups, image, size, kernel, stride, padding, dilation):
    """Plan of `conv_input_grad` from an image of `channels` to one of `size`, `rows` channels."""
    windows = conv_windows.backward(image, size, kernel, stride, padding, dilation)
    taps = prod(kernel)
    return _plan(channels, rows, groups, image, size, kernel, windows,
                 (rows * taps, taps, channels * rows * taps))


def _plan(channels, rows, groups, image, out, kernel, windows, weight_steps):
    """weight_steps: numbers between neighbouring channels, rows and groups of the weight."""
    across = windows.phases[0].apart[-1]
    columns = -(-windows.extent[-1] // across)
    copy = [*steps((*windows.extent[:-1], across * columns))[:-1], 1]

    def along(moves):
        """Places of moves along each dimension, the last in its part of the line."""
        return [*moves[:-1], [at % across * columns + at // across for at in moves[-1]]]

    lines = _lines(windows, image, across, columns, copy)
    plan = [groups, channels, prod(image), prod(windows.extent[:-1]) * across * columns, across,
            rows, prod(out), *weight_steps[1:], len(lines) // 3]
    place = HEAD + PHASE * len(windows.phases)
    plan += [place, len(windows.phases)]
    tables = [lines]
    place += len(lines)
    for phase in windows.phases:
        grid = [range(n) for n in phase.grid[:-1]]
        apart = [step * a for step, a in zip(copy, phase.apart, strict=True)]
        there = [[first + step * i for i in line]
                 for first, step, line in zip(phase.start, phase.step, grid)]
        begin = np.stack([places(grid, apart[:-1]),
                          places(there, steps(out)[:-1]) + phase.start[-1]], -1)
        moves, taps = ([[pair[which] for pair in line] for line in phase.moves] for which in (0, 1))
        reads = places([range(channels), *along(moves)], [plan[COPY], *copy])
        weights = places([range(channels), *taps], [weight_steps[0], *steps(kernel)])
        plan += [prod(phase.grid), phase.grid[-1], phase.step[-1], place, len(reads)]
        plan += [place + begin.size, place + begin.size + len(reads)]
        tables += [begin.ravel(), reads, weights]
        place += begin.size + 2 * len(reads)
    plan = np.concatenate([np.array(plan, np.int64), *tables])
    plan.flags.writeable = False
    return plan


def _lines(windows, image, across, columns, copy):
    """For each line of the image that is seen: where it begins in image and copy, its length."""
    seen = []  # along each axis: the places of the copy that some window sees
    for axis in range(len(image)):
        seen.append(sorted({
            move + at * phase.apart[axis] for phase in windows.phases
            for move, _ in phase.moves[axis] for at in range(phase.grid[axis])}))
    inside = [[at for at in line if 0 <= at - before < n]
              for line, before, n in zip(seen[:-1], windows.before, image)]
    starts = places([[at - b for at in line] for line, b in zip(inside, windows.before)],
                    steps(image)[:-1])
    targets, before = places(inside, copy[:-1]), windows.before[-1]
    parts = []
    for part in sorted({at % across for at in seen[-1]}):
        first = -(-max(0, before - part) // across)  # the first column that is in the image
        start = part + first * across - before
        count = min(columns - first, -(-(image[-1] - start) // across))
        if count > 0:
            parts.append(np.stack([starts + start, targets + part * columns + first,
                                   np.full(len(starts), count)], -1))
    return np.concatenate(parts).ravel() if parts else np.empty(0, np.int64)
