"""The weight and bias gradients of convolution.

Lanes run over output channels: a chunk of the result's gradient is turned, and multiplied by the
image's columns for each tap. Where the weight is small the images are cut into a number of shares
that depends on the shapes alone, each summed by itself, and where it is large threads take taps:
the result is the same for any number of them.
What `winograd` suits is computed by `winograd_weight`.
"""

from math import prod

import numpy as np

from autograd.kernels.compiled import conv_depthwise, conv_plan, winograd, winograd_weight
from autograd.kernels.compiled.conv import SHARED, images_of_block
from autograd.kernels.compiled.conv_columns import (
    ENTRY,
    copy_images,
    fill_columns,
    find_pieces,
    find_runs,
)
from autograd.kernels.compiled.conv_plan import (
    AREA,
    CHANNELS,
    COPY,
    GROUPS,
    HEAD,
    PLACE,
    ROWS,
    TAPS,
    VALUES,
    table,
)
from autograd.kernels.compiled.conv_windows import contiguous, fits, forward
from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.matmul import pack, tile_rows
from autograd.kernels.compiled.memory import data, item, itemsize, length, share, vector
from autograd.kernels.compiled.micro_kernel import HEIGHTS, VECTOR_BYTES, VECTORS, aligned, tile
from autograd.kernels.compiled.winograd_transform import turn

CHUNK = 128  # results multiplied at a time: the turned gradient stays near
GAP = 16  # numbers between the columns of two taps beyond them, against cache conflicts
DEPTH = 240  # taps whose columns are filled at a time: they stay in the second cache level
ROOM = 1 << 16  # numbers in the copies of a block of images, where that leaves more than one
PIECE = 1 << 11  # pixels of a bias gradient summed in the type of the gradient
SHARES = 8  # shares of the images where the weight is small
SUMS = 1 << 18  # numbers in all shares together, where that leaves more than one
LANE = VECTORS * VECTOR_BYTES  # bytes of a row of a panel


@jit(inner=True)
def _add_products(one, taps, count, columns, step, turned, rows, c, c_row):
    """C (taps, rows) += columns (taps, count) times the turned gradient (count, rows)."""
    size = itemsize(one)
    lanes = VECTOR_BYTES // size
    for j in range(0, rows, VECTORS * lanes):
        width = min(VECTORS * lanes, rows - j)
        i = 0
        while i < taps:
            high = tile_rows(taps - i)
            target = c + i * c_row + j * size
            tile(
                one, high, (width + lanes - 1) // lanes, count, columns + i * step, step, size,
                turned + j * count * size, LANE, target, c_row, target, c_row, width,
            )  # fmt: skip
            i += high


@jit(inner=True)
def _turn_gradient(one, g, plan, first, count, turned):
    """Packs the gradient of `count` results from `first` on in panels of rows as wide as a tile."""
    size, area = itemsize(one), plan[AREA]
    wide, done, image = LANE // size, 0, plan[GROUPS] * plan[ROWS] * area
    while done < count:
        n, pixel = (first + done) // area, (first + done) % area
        long = min(area - pixel, count - done)
        for row in range(0, plan[ROWS], wide):
            place = n * image + row * area + pixel
            pack(one, g + place * size, area * size, size, min(wide, plan[ROWS] - row), long,
                 turned + row * count * size + done * LANE, wide)  # fmt: skip
        done += long


@jit(inner=True)
def _add_images(one, gradient, plan, copy, images, low, high, columns, turned, pieces, c):
    """C (taps, rows) += the copies of some images times their gradient, for the taps from `low` to
    `high`."""
    size, pixels, rows = itemsize(one), images * plan[AREA], plan[ROWS]
    step, lanes, chunks = (CHUNK + GAP) * size, VECTOR_BYTES // size, (pixels + CHUNK - 1) // CHUNK
    places, runs = plan[plan[HEAD + PLACE] :], pieces[pieces.size // 2 :]
    for chunk in range(chunks):
        first = share(pixels, chunks, chunk, lanes)
        count = share(pixels, chunks, chunk + 1, lanes) - first
        _turn_gradient(one, gradient, plan, first, count, turned)
        image = plan[CHANNELS] * plan[COPY]
        number = find_runs(plan, HEAD, first, count, CHUNK, image, 0, runs)
        found = find_pieces(one, runs, number, CHUNK, 0, pieces)
        for tap in range(low, high, DEPTH):
            filled = places[tap : min(tap + DEPTH, high)]
            fill_columns(one, copy, filled, pieces, found, columns, step)
            _add_products(one, filled.size, count, columns, step, turned, rows,
                          c + tap * rows * size, rows * size)  # fmt: skip


@jit
def _weight_grad(one, arrays, parts, index):
    """Some of the sums (shares of the images, groups, taps, rows) over images and pixels: some of
    the sums, or some taps of all.  arrays: g, x, plan, sums.
    """
    g, x, out = item(arrays, 0), item(arrays, 1), item(arrays, 3)
    plan = table(item(arrays, 2))
    bytes_, images, groups, rows = itemsize(one), length(x, 0), plan[GROUPS], plan[ROWS]
    shares, wide, taps, area = length(out, 0), LANE // bytes_, plan[HEAD + TAPS], plan[AREA]
    jobs, low, high = shares * groups, 0, taps
    begin, end = share(jobs, parts, index, 1), share(jobs, parts, index + 1, 1)
    if jobs < parts:
        begin, end = 0, jobs
        low, high = share(taps, parts, index, HEIGHTS[0]), share(taps, parts, index + 1, HEIGHTS[0])
    image = plan[CHANNELS] * plan[COPY]
    block = images_of_block(plan, (images + shares - 1) // shares, ROOM, wide)
    room_copies, room_columns = block * image + 2 * wide, DEPTH * (CHUNK + GAP) + wide
    room = room_copies + room_columns + CHUNK * (rows + wide)
    work = np.empty(room * bytes_ + 4 * VECTOR_BYTES, np.uint8)
    pieces = np.empty(2 * ENTRY * CHUNK, np.int64)
    copy = aligned(work.ctypes.data)
    columns = aligned(copy + room_copies * bytes_)
    turned = aligned(columns + room_columns * bytes_)
    vector(copy, block * image, one)[:] = 0
    for job in range(begin, end):
        part, group = job // groups, job % groups
        c = data(out) + job * taps * rows * bytes_
        vector(c + low * rows * bytes_, (high - low) * rows, one)[:] = 0
        last = share(images, shares, part + 1, 1)
        for n in range(share(images, shares, part, 1), last, block):
            some = min(block, last - n)
            source = data(x) + n * groups * plan[CHANNELS] * plan[VALUES] * bytes_
            copy_images(one, source, plan, group, some, copy)
            gradient = data(g) + (n * groups + group) * rows * area * bytes_
            _add_images(one, gradient, plan, copy, some, low, high, columns, turned, pieces, c)
    work[0] = 0  # Numba frees an array after its last use: this is it
    pieces[0] = 0


@jit
def _collect(one, arrays, parts, index):
    """grad[group, row, tap] = sum over shares of sums[share, group, tap, row] for some rows."""
    sums, grad = item(arrays, 0), data(item(arrays, 1))
    shares, groups, taps, rows = length(sums, 0), length(sums, 1), length(sums, 2), length(sums, 3)
    bytes_ = itemsize(one)
    lanes = VECTOR_BYTES // bytes_
    low, high = share(groups * taps, parts, index, 1), share(groups * taps, parts, index + 1, 1)
    total = vector(data(sums) + low * rows * bytes_, (high - low) * rows, one)
    for part in range(1, shares):
        place = data(sums) + (part * groups * taps + low) * rows * bytes_
        more = vector(place, total.size, one)
        for i in range(total.size):
            total[i] += more[i]
    while low < high:
        group, tap = low // taps, low % taps
        count = min(lanes, taps - tap, high - low)
        for row in range(0, rows, lanes):
            turn(one, data(sums) + (low * rows + row) * bytes_, rows * bytes_, count, 0,
                 rows - row, grad + ((group * rows + row) * taps + tap) * bytes_, taps * bytes_,
                 min(lanes, rows - row), count)  # fmt: skip
        low += count


def collect(sums, shape):
    """The weight gradient of this shape from sums (shares, groups, taps, rows)."""
    grad = np.empty(shape, sums.dtype)
    launch(_collect, ONE[sums.dtype], (sums, grad), sums.size >= SHARED)
    return grad


def conv_weight_grad(g, x, kernel, stride, padding, dilation, groups):
    """What `conv` gives back to its weight of spatial size `kernel`: (O, C / groups, *kernel)."""
    if not fits(g, x) or 0 in kernel:
        return elsewhere.conv_weight_grad(g, x, kernel, stride, padding, dilation, groups)
    if groups == g.shape[1] == x.shape[1]:
        windows = forward(g.shape[2:], kernel, stride, padding, dilation)
        if conv_depthwise.suits(x, windows, g.shape[2:]):
            sums = conv_depthwise.weight_sums(g, x, windows, kernel)
            return collect(sums, (groups, 1, *kernel))
    rows, channels = g.shape[1] // groups, x.shape[1] // groups
    options = stride, dilation, groups
    before = tuple([pair[0] for pair in padding])
    if winograd.suits(x.dtype, len(x), (rows, channels), kernel, *options, x.shape[2:], before,
                      g.shape[2:]):  # fmt: skip
        grad = winograd_weight.weight_grad(g, x, before)
        if grad is not None:
            return grad
    plan = conv_plan.forward(
        channels, rows, groups, x.shape[2:], g.shape[2:], kernel, stride, padding, dilation
    )
    taps, shares = channels * prod(kernel), 1
    while shares < min(SHARES, len(x)) and 2 * shares * taps * g.shape[1] <= SUMS:
        shares *= 2
    sums = np.empty((min(shares, len(x)), groups, taps, rows), x.dtype)
    arrays = (contiguous(g), contiguous(x), plan, sums)
    launch(_weight_grad, ONE[x.dtype], arrays, g.size * taps >= SHARED)
    return collect(sums, (g.shape[1], channels, *kernel))


@jit
def _bias_grad(one, arrays, parts, index):
    """Sums of some channels over images and pixels, in float64 beyond a piece."""
    g, out = item(arrays, 0), item(arrays, 1)
    images, channels = length(g, 0), length(g, 1)
    pixels = length(g, 2)
    sums = vector(data(out), channels, one)
    for channel in range(share(channels, parts, index, 1), share(channels, parts, index + 1, 1)):
        total = 0.0
        for n in range(images):
            line = data(g) + (n * channels + channel) * pixels * itemsize(one)
            left = pixels
            while left > 0:
                values = vector(line, min(PIECE, left), one)
                part = one - one
                for i in range(values.size):
                    part += values[i]
                total += part
                line += PIECE * itemsize(one)
                left -= PIECE
        sums[channel] = total


def conv_bias_grad(g):
    """Sum of g (N, O, *out) over everything but the channels."""
    one = ONE.get(g.dtype)
    if one is None or g.size == 0:
        return elsewhere.conv_bias_grad(g)
    rows = contiguous(g).reshape(len(g), g.shape[1], -1)
    out = np.empty(g.shape[1], g.dtype)
    launch(_bias_grad, one, (rows, out), g.size >= SHARED)
    return out
