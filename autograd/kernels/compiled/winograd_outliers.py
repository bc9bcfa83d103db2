"""Winograd's method beside outliers: what they would spoil, and how it is put right.

The points of a tile mix all of its pixels, so rounding errors follow the largest of them, while a
result sees only the nine pixels under the filter. A tile where those of some result are all RANGE
times smaller than the largest is computed directly, with the tile's pixels as an image of its own.
A result that sees nothing but zeros is the bias. Both only in images in which the largest number
stands out.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.memory import data, item, length, matrix, vector
from autograd.kernels.compiled.vector_math import cast
from autograd.kernels.compiled.winograd_transform import OUTPUTS, POINTS, TAPS

RANGE = 32.0  # how much larger a pixel of a tile may be than the largest one that a result sees
MOST = 8  # one of so many tiles may be computed by itself: where there are more, all are


@jit
def stand_out(one, arrays, parts, index):
    """arrays: largest (images, strips), found (1 + images).

    An image stands out, and its number of `found` becomes 1, where the largest number is RANGE
    times that of more than one strip in five; NaN stands for no strip. Elsewhere small numbers
    beside larger ones are as usual as in any gradient, and the errors small beside what the whole
    image holds.
    """
    images, count = length(item(arrays, 0), 0), length(item(arrays, 0), 1)
    every = matrix(data(item(arrays, 0)), images, count, one)
    found = vector(data(item(arrays, 1)), 1 + images, one)
    for image in range(images):
        top, strips, near = one - one, 0, 0
        for value in every[image]:
            top = max(top, value) if value == value else top
        for value in every[image]:
            strips += value == value
            near += value * cast(one, RANGE) >= top
        if 5 * near < 4 * strips:
            found[1 + image] = one


def _magnitudes(x, before, grid):
    """The largest magnitude of all channels at each pixel of the tiles' grid, 0 outside of x."""
    size = [OUTPUTS * tiles + TAPS - 1 for tiles in grid]
    found = np.zeros((len(x), *size), x.dtype)
    inside, seen = [], []
    for n, whole, b in zip(x.shape[2:], size, before, strict=True):
        inside.append(slice(max(b, 0), min(n + b, whole)))
        seen.append(slice(max(-b, 0), min(n, whole - b)))
    x = x[:, :, *seen]
    found[:, *inside] = np.maximum(x.max(1), -x.min(1))
    return found


def _patches(x, tiles, before):
    """The pixels (tiles, channels, 6, 6) of the tiles with these numbers (image, down, across)."""
    places = [OUTPUTS * tiles[:, axis, None] - before[axis - 1] + np.arange(POINTS)
              for axis in (1, 2)]
    rows, columns = (np.clip(at, 0, n - 1) for at, n in zip(places, x.shape[2:], strict=True))
    inside = [at == kept for at, kept in zip(places, (rows, columns), strict=True)]
    pixels = x[tiles[:, 0, None, None], :, rows[:, :, None], columns[:, None, :]]
    pixels[~(inside[0][:, :, None] & inside[1][:, None, :])] = 0
    return np.ascontiguousarray(np.moveaxis(pixels, -1, 1))


def put_right(result, x, before, bias, images, direct):
    """The result (N, O, H, W) with what outliers in these images spoil computed by `direct`, which
    takes tiles (T, C, 6, 6) to (T, O, 4, 4); None where there are too many.
    """
    height, width = result.shape[2:]
    grid = -(-height // OUTPUTS), -(-width // OUTPUTS)
    windows = sliding_window_view(_magnitudes(x[images], before, grid), (TAPS, TAPS), (1, 2))
    seen = windows.max((3, 4))  # by each result

    def of_tiles(values):
        return values.reshape(len(images), grid[0], OUTPUTS, grid[1], OUTPUTS)

    largest = of_tiles(seen).max((2, 4))
    empty = seen[:, :height, :width] == 0
    seen[seen == 0] = np.inf
    seen[:, height:], seen[:, :, width:] = np.inf, np.inf
    tiles = np.argwhere(~(largest <= RANGE * of_tiles(seen).min((2, 4))))
    if MOST * len(tiles) > len(x) * grid[0] * grid[1]:
        return None
    for image, nothing in zip(images, empty, strict=True):
        result[image][:, nothing] = 0 if bias is None else bias[:, None]
    tiles[:, 0] = images[tiles[:, 0]]
    if len(tiles):
        values = direct(_patches(x, tiles, before))
        for (image, down, across), pixels in zip(tiles.tolist(), values, strict=True):
            part = result[image, :, OUTPUTS * down:, OUTPUTS * across:][:, :OUTPUTS, :OUTPUTS]
            part[...] = pixels[:, :part.shape[1], :part.shape[2]]
    return result
