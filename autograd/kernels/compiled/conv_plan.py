"""Where convolution kernels read and write, as tables of integers, one for each set of shapes.

Both directions are stride-1 convolutions of a padded copy of the image. Forward, an image with
stride s is split into s x s phases, planes of every s-th pixel, and each tap of the filter reads
one plane. Backward, the result is split likewise: every phase of it is a convolution with some
of the taps.
"""

from functools import lru_cache
from itertools import product

import numpy as np

HEAD = 15  # entries of a plan before the first phase
PHASE = 8  # entries of a phase: start, step and size of its grid, number of taps, tables' place


def _plan(channels, rows, groups, image, before, split, plane, out, weight_steps, phases):
    """int64 array: the header, the phases, and for each tap where it reads image and weight."""
    head = [groups, channels, *image, *before, *split, *plane, rows, *weight_steps, *out]
    tables, entries = [], []
    place = HEAD + PHASE * len(phases)
    for start, step, grid, taps in phases:
        entries += [*start, *step, *grid, len(taps), place]
        tables += [tap[0] for tap in taps] + [tap[1] for tap in taps]
        place += 2 * len(taps)
    plan = np.array([*head, *entries, *tables], np.int64)
    plan.flags.writeable = False
    return plan


@lru_cache(maxsize=256)
def forward(channels, rows, groups, image, out, kernel, stride, padding, dilation):
    """Plan of `conv` for `channels` to `rows` channels a group."""
    plane = [
        -(-max((n - 1) * s + (k - 1) * d + 1, 1) // s)
        for n, s, k, d in zip(out, stride, kernel, dilation, strict=True)
    ]
    area, taps = plane[0] * plane[1], kernel[0] * kernel[1]
    table = []
    for c, i, j in product(range(channels), *map(range, kernel)):
        (row, a), (column, b) = divmod(i * dilation[0], stride[0]), divmod(
            j * dilation[1], stride[1])
        at = ((c * stride[0] + a) * stride[1] + b) * area + row * plane[1] + column
        table.append((at, c * taps + i * kernel[1] + j))
    before = [pair[0] for pair in padding]
    steps = channels * taps, rows * channels * taps
    return _plan(channels, rows, groups, image, before, stride, plane, out, steps,
                 [((0, 0), (1, 1), out, table)])


@lru_cache(maxsize=256)
def backward(channels, rows, groups, image, size, kernel, stride, padding, dilation):
    """Plan of `conv_input_grad` from an image of `channels` to one of `size`, `rows` channels."""
    phases, reach, depth = [], [0, 0], [0, 0]
    for start in product(*(range(min(s, n)) for s, n in zip(stride, size, strict=True))):
        grid = [-(-(n - r) // s) for n, r, s in zip(size, start, stride, strict=True)]
        moves = []
        for axis in (0, 1):
            at = start[axis] + padding[axis][0]
            moves.append([
                ((at - i * dilation[axis]) // stride[axis], i) for i in range(kernel[axis])
                if (at - i * dilation[axis]) % stride[axis] == 0
            ])
            for move, _ in moves[axis]:
                reach[axis] = max(reach[axis], -move)
                depth[axis] = max(depth[axis], move + grid[axis])
        phases.append((start, grid, moves))
    plane = [r + max(n, d) for r, n, d in zip(reach, image, depth, strict=True)]
    taps = kernel[0] * kernel[1]
    entries = []
    for start, grid, moves in phases:
        table = [
            ((c * plane[0] + reach[0] + down) * plane[1] + reach[1] + right,
             c * rows * taps + i * kernel[1] + j)
            for c, (down, i), (right, j) in product(range(channels), *moves)
        ]
        entries.append((start, stride, grid, table))
    steps = taps, channels * rows * taps
    return _plan(channels, rows, groups, image, reach, (1, 1), plane, size, steps, entries)
