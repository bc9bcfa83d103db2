"""The weight gradient of a 3x3 convolution with stride 1 by Winograd's method: see winograd.

Each map of the forward direction is linear, so its gradient is the transposed map: tiles of the
result's gradient go to the 36 points, where they are multiplied with the tiles of the input and
summed over all tiles; the transposed filter transform takes the sums to the nine taps.
"""

import numpy as np

from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, call, launch
from autograd.kernels.compiled.matmul import MULTIPLY, PANEL, ZEROS, tools
from autograd.kernels.compiled.memory import data, item, itemsize, length, share, vector
from autograd.kernels.compiled.micro_kernel import ROWS, VECTOR_BYTES, VECTORS, aligned
from autograd.kernels.compiled.winograd import (
    ACROSS,
    CHANNEL,
    DOWN,
    FILTER,
    GAP,
    IMAGES,
    LANES,
    LARGE,
    RESULT,
    SHARED,
    SQUARE,
    enter,
    plan_of,
    report,
    size_of_grid,
    strip_room,
    table,
    whole_vectors,
)
from autograd.kernels.compiled.winograd_transform import TAPS, transform_taps, turn

ROOM = 1 << 18  # transformed numbers of one block of tiles
SHARES = 8  # shares of the tiles where the weight is small
OUTWEIGHS = 8.0
MOST = 1 << 22  # transformed numbers of all tiles up to which large weights wait for them all
HEIGHT = 4 * ROWS  # input channels at a time then
SUMS = 1 << 20  # numbers in all shares together, where that leaves more than two


@jit
def _sums(one, arrays, parts, index):
    """Some of the sums (shares of the tiles, points, input, output) of products at the points.

    arrays: x, g, plan, sums, seen, tools.
    """
    calls = vector(data(item(arrays, 5)), 3, np.int64(0))
    plan, sums = table(item(arrays, 2)), item(arrays, 3)
    bytes_, inputs, shares = itemsize(one), plan[CHANNEL], length(sums, 0)
    lanes, wide = VECTOR_BYTES // bytes_, VECTORS * VECTOR_BYTES // bytes_
    whole_in = whole_vectors(inputs, lanes)
    whole_out = whole_vectors(plan[RESULT + CHANNEL], lanes)
    tiles = size_of_grid(plan)
    block = max(ROOM // (SQUARE * (whole_in + whole_out)) // ROWS, 1) * ROWS
    step_in, step_out = (block * whole_in + GAP) * bytes_, (block * whole_out + GAP) * bytes_
    room = SQUARE * (step_in + step_out) + strip_room(plan, block, lanes)
    work = np.empty(room + (VECTORS + 1) * VECTOR_BYTES, np.uint8)
    zeros = aligned(work.ctypes.data)
    left = zeros + VECTORS * VECTOR_BYTES
    right = left + SQUARE * step_in
    strip = right + SQUARE * step_out
    vector(zeros, wide, one)[:] = 0
    for part in range(share(shares, parts, index, 1), share(shares, parts, index + 1, 1)):
        begin, end = share(tiles, shares, part, 1), share(tiles, shares, part + 1, 1)
        for first in range(begin, end, block):
            count = min(block, end - first)
            for side in range(0, 2 * RESULT, RESULT):
                panel, target, step = whole_in, left, step_in
                if side:
                    panel, target, step = wide, right, step_out
                seen = data(item(arrays, 4)) + side // RESULT * tiles * bytes_
                enter(one, data(item(arrays, side // RESULT)), plan, side, first, count, strip,
                      panel, target, step, seen)  # fmt: skip
            for point in range(SQUARE):
                c = data(sums) + (part * SQUARE + point) * inputs * whole_out * bytes_
                row = whole_out * bytes_
                init, init_row, init_column = c, row, bytes_
                if first == begin:
                    init, init_row, init_column = zeros, 0, 0
                call(calls[MULTIPLY], one, inputs, whole_out, count, left + point * step_in, bytes_,
                     whole_in * bytes_, right + point * step_out, count * PANEL, 0, c, row, init,
                     init_row, init_column)  # fmt: skip
    work[0] = 0  # Numba frees an array after its last use: this is it


@jit(inner=True)
def _one_outweighs(one, plan, seen):
    """Whether one strip may add more than OUTWEIGHS times all others together: its rounding errors
    then show in the taps that do not see what is large in it.

    A strip may add the product of the largest numbers of its sides. What the others do is told
    from the mean of the fourth roots, which does not follow the largest ones.
    """
    tiles = size_of_grid(plan)
    largest, roots, count = 0.0, 0.0, 0
    x, g = vector(seen, tiles, one), vector(seen + tiles * itemsize(one), tiles, one)
    for tile in range(tiles):
        product = np.float64(x[tile]) * g[tile]
        if product > 0:
            largest = max(largest, product)
            roots += np.sqrt(np.sqrt(product))
            count += 1
    return largest > OUTWEIGHS * count * (roots / max(count, 1)) ** 4


@jit(inner=True)
def _put_taps(one, sums, step, plan, c, low, high, work, check, grad):
    """The weight gradient (output, input, taps) of input channel `c` and the outputs from `low` to
    `high` from sums at the points, `step` bytes apart."""
    bytes_, inputs, outputs = itemsize(one), plan[CHANNEL], plan[RESULT + CHANNEL]
    lanes, taps = VECTOR_BYTES // bytes_, work + VECTOR_BYTES
    for o in range(low, high, lanes):
        transform_taps(one, sums + (o - low) * bytes_, step, work, taps, TAPS * VECTOR_BYTES,
                       check)  # fmt: skip
        for first in range(0, FILTER, lanes):
            place = (o * inputs + c) * FILTER + first
            turn(one, taps + first * VECTOR_BYTES, VECTOR_BYTES, min(lanes, FILTER - first), 0,
                 lanes, grad + place * bytes_, inputs * FILTER * bytes_,
                 min(lanes, outputs - o), FILTER - first)  # fmt: skip


@jit
def _taps(one, arrays, parts, index):
    """The weight gradient of some input channels from the sums.

    arrays: sums, plan, gradient, whether it is wrong, the strips' largest numbers.
    """
    sums, plan, grad = item(arrays, 0), table(item(arrays, 1)), data(item(arrays, 2))
    bytes_, inputs, outputs = itemsize(one), plan[CHANNEL], plan[RESULT + CHANNEL]
    lanes, shares = VECTOR_BYTES // bytes_, length(sums, 0)
    whole = whole_vectors(outputs, lanes)
    work = np.empty((FILTER + lanes + 3) * VECTOR_BYTES, np.uint8)
    check = aligned(work.ctypes.data)
    zeros = check + VECTOR_BYTES
    vector(check, 2 * lanes, one)[:] = 0
    for c in range(share(inputs, parts, index, 1), share(inputs, parts, index + 1, 1)):
        for point in range(SQUARE):
            total = vector(data(sums) + (point * inputs + c) * whole * bytes_, whole, one)
            for part in range(1, shares):
                place = ((part * SQUARE + point) * inputs + c) * whole
                values = vector(data(sums) + place * bytes_, whole, one)
                for o in range(whole):
                    total[o] += values[o]
        _put_taps(one, data(sums) + c * whole * bytes_, inputs * whole * bytes_, plan, c, 0, whole,
                  zeros, check, grad)  # fmt: skip
    report(one, check, item(arrays, 3))
    if index == 0 and _one_outweighs(one, plan, data(item(arrays, 4))):
        vector(data(item(arrays, 3)), 1, one)[0] = one
    work[0] = 0


@jit
def _enter_all(one, arrays, parts, index):
    """All tiles of one side or both at the points.  arrays: x, g, plan, points of x, of g, seen."""
    plan = table(item(arrays, 2))
    bytes_, tiles = itemsize(one), size_of_grid(plan)
    lanes = VECTOR_BYTES // bytes_
    work = np.empty(strip_room(plan, tiles, lanes) + VECTOR_BYTES, np.uint8)
    for side in range(share(2, parts, index, 1), share(2, parts, index + 1, 1)):
        whole = whole_vectors(plan[side * RESULT + CHANNEL], lanes)
        enter(one, data(item(arrays, side)), plan, side * RESULT, 0, tiles,
              aligned(work.ctypes.data), VECTORS * lanes if side else whole,
              data(item(arrays, 3 + side)), (tiles * whole + GAP) * bytes_,
              data(item(arrays, 5)) + side * tiles * bytes_)  # fmt: skip
    work[0] = 0


@jit
def _products(one, arrays, parts, index):
    """The weight gradient of some input channels, whose sums over all tiles go straight to taps.

    arrays: points of x, of g, plan, gradient, whether it is wrong, seen, tools.
    """
    calls = vector(data(item(arrays, 6)), 3, np.int64(0))
    plan, grad = table(item(arrays, 2)), data(item(arrays, 3))
    bytes_, inputs, tiles = itemsize(one), plan[CHANNEL], size_of_grid(plan)
    lanes, wide = VECTOR_BYTES // bytes_, VECTORS * VECTOR_BYTES // bytes_
    whole_in = whole_vectors(inputs, lanes)
    whole_out = whole_vectors(plan[RESULT + CHANNEL], lanes)
    step_in, step_out = (tiles * whole_in + GAP) * bytes_, (tiles * whole_out + GAP) * bytes_
    step = (HEIGHT * wide + GAP) * bytes_
    work = np.empty(SQUARE * step + (FILTER + lanes + 4) * VECTOR_BYTES, np.uint8)
    check = aligned(work.ctypes.data)
    zeros = check + VECTOR_BYTES
    sums = zeros + (FILTER + lanes + 1) * VECTOR_BYTES
    vector(check, 2 * lanes, one)[:] = 0
    low, high = share(inputs, parts, index, ROWS), share(inputs, parts, index + 1, ROWS)
    for first in range(low, high, HEIGHT):
        count = min(HEIGHT, high - first)
        for j in range(0, whole_out, wide):
            width = min(wide, whole_out - j)
            for point in range(SQUARE):
                call(calls[MULTIPLY], one, count, width, tiles,
                     data(item(arrays, 0)) + point * step_in + first * bytes_, bytes_,
                     whole_in * bytes_,
                     data(item(arrays, 1)) + point * step_out + j * tiles * bytes_, tiles * PANEL,
                     0, sums + point * step, width * bytes_, calls[ZEROS], 0, 0)  # fmt: skip
            for c in range(count):
                _put_taps(one, sums + c * width * bytes_, step, plan, first + c, j, j + width,
                          zeros, check, grad)  # fmt: skip
    report(one, check, item(arrays, 4))
    if index == 0 and _one_outweighs(one, plan, data(item(arrays, 5))):
        vector(data(item(arrays, 4)), 1, one)[0] = one
    work[0] = 0


def weight_grad(g, x, before):
    """What a convolution of x with `before` zeros above and left gives back to its weight.

    g is (N, O, h, w), x (N, C, H, W); None where a number of the result is NaN or infinite, as in
    `winograd.correlate`, or an outlier would spoil others.
    """
    images, inputs, outputs = len(x), x.shape[1], g.shape[1]
    plan = plan_of(images, x.shape[1:], before, g.shape[1:])
    whole = -(-outputs // LANES) * LANES
    tiles = int(plan[IMAGES] * plan[DOWN] * plan[ACROSS])
    grad, found = np.empty((outputs, inputs, TAPS, TAPS), x.dtype), np.zeros(1, x.dtype)
    one, parallel = ONE[x.dtype], x.size * outputs >= SHARED
    seen = np.zeros((2, tiles), x.dtype)  # of x and g: the largest of each strip
    x, g = np.ascontiguousarray(x), np.ascontiguousarray(g)
    if SQUARE * inputs * whole > LARGE and SQUARE * tiles * (inputs + whole) <= MOST:
        points = [np.empty(SQUARE * (tiles * -(-n // LANES) * LANES + GAP), x.dtype)
                  for n in (inputs, outputs)]
        launch(_enter_all, one, (x, g, plan, *points, seen), parallel)
        launch(_products, one, (*points, plan, grad, found, seen, tools(one)), parallel)
    else:
        shares = 2
        while shares < SHARES and 2 * shares * SQUARE * inputs * whole <= SUMS:
            shares *= 2
        sums = np.empty((min(shares, tiles), SQUARE, inputs, whole), x.dtype)
        launch(_sums, one, (x, g, plan, sums, seen, tools(one)), parallel)
        launch(_taps, one, (sums, plan, grad, found, seen), parallel)
    return None if found[0] else grad
