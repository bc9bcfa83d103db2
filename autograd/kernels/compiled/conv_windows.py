"""Which numbers meet in a convolution, in any number of dimensions: the geometry all plans share.

Both directions sum products of filter and a padded copy of an image. The result is cut into
phases, grids of pixels that see the same taps: forward there is one, and its pixels lie a stride
apart in the image; backward each remainder by the stride is one, with some of the taps, and its
pixels lie a stride apart in the result.
"""

from functools import lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np

from autograd.kernels.compiled.launch import ONE

_NONE = np.empty(0)  # stands for no bias


class Phase(NamedTuple):
    """A grid of results from `start` in steps of `step`, and what it sees.

    moves has for each dimension pairs of an offset in the copy and an index of the filter; the
    windows of neighbours lie `apart` numbers apart.
    """

    start: tuple
    step: tuple
    grid: tuple
    apart: tuple
    moves: tuple


class Windows(NamedTuple):
    """The zeros before the image in each dimension of its copy, the copy's size, the phases."""

    before: tuple
    extent: tuple
    phases: tuple


@lru_cache(maxsize=256)
def forward(out, kernel, stride, padding, dilation):
    """Windows of a convolution with a result of size `out`."""
    extent = tuple((n - 1) * s + (k - 1) * d + 1
                   for n, s, k, d in zip(out, stride, kernel, dilation, strict=True))
    moves = tuple(tuple((i * d, i) for i in range(k))
                  for k, d in zip(kernel, dilation, strict=True))
    zeros, ones = (0,) * len(out), (1,) * len(out)
    before = tuple(pair[0] for pair in padding)
    return Windows(before, extent, (Phase(zeros, ones, out, stride, moves),))


@lru_cache(maxsize=256)
def backward(image, size, kernel, stride, padding, dilation):
    """Windows of what a convolution gives back, from a gradient like `image` to an input of
    spatial size `size`."""
    lines = [list(map(tuple, _phases(*line)))
             for line in zip(size, kernel, stride, padding, dilation, strict=True)]
    before, extent = [], []
    for n, line in zip(image, lines, strict=True):
        before.append(max([0, *(-move for _, _, moves in line for move, _ in moves)]))
        ends = (move + grid for _, grid, moves in line for move, _ in moves)
        extent.append(before[-1] + max([n, *ends]))
    phases = []
    for parts in product(*lines):
        start, grid, moves = zip(*parts, strict=True)
        moves = tuple(tuple((b + move, i) for move, i in line)
                      for b, line in zip(before, moves, strict=True))
        phases.append(Phase(start, stride, grid, (1,) * len(size), moves))
    return Windows(tuple(before), tuple(extent), tuple(phases))


def _phases(n, k, stride, padding, dilation):
    """Along one dimension of n numbers: start, length and moves of each phase."""
    for start in range(min(stride, n)):
        places = [(start + padding[0] - i * dilation, i) for i in range(k)]
        moves = tuple((at // stride, i) for at, i in places if at % stride == 0)
        yield start, -(-(n - start) // stride), moves


def steps(size):
    """Numbers between neighbours along each dimension of an array of this size."""
    return [int(np.prod(size[axis + 1:], dtype=np.int64)) for axis in range(len(size))]


def places(indices, steps):
    """The places in an array with these steps of every combination of indices, one for each axis,
    in order."""
    total = np.zeros(1, np.int64)
    for along, step in zip(indices, steps, strict=True):
        total = np.add.outer(total, np.asarray(along, np.int64) * step).ravel()
    return total


def fits(*arrays):
    """Whether all arrays have one compiled type and no size is 0."""
    dtype = arrays[0].dtype
    return dtype in ONE and all(a.dtype is dtype and a.size for a in arrays)


def contiguous(array):
    """The array, or a C-contiguous copy; an empty one for None."""
    if array is None:
        return _NONE
    return array if array.flags.c_contiguous else np.ascontiguousarray(array)
