"""The weight and bias gradients of convolution.

Lanes run over output channels: a chunk of the result's gradient is transposed, and multiplied by
the image's columns for each tap. The images are cut into a number of shares that depends on the
shapes alone; each is summed by itself, so the result is the same for any number of threads.
What `winograd` suits is computed by `winograd_weight`.
"""

import numpy as np

from autograd.kernels.compiled import conv_depthwise, conv_plan, winograd, winograd_weight
from autograd.kernels.compiled.conv import (
    SHARED,
    fill_columns,
    flat,
    pad,
    padded_size,
    table,
)
from autograd.kernels.compiled.conv_plan import HEAD
from autograd.kernels.compiled.conv_windows import contiguous, fits, forward
from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.matmul import pack_panels, tile_rows
from autograd.kernels.compiled.memory import data, item, itemsize, length, share, vector
from autograd.kernels.compiled.micro_kernel import VECTOR_BYTES, VECTORS, aligned, tile

CHUNK = 128  # pixels multiplied at a time: the transposed gradient stays in the first cache level
GAP = 16  # numbers between the columns of two taps beyond them, against cache conflicts
PIECE = 1 << 11  # pixels of a bias gradient summed in the type of the gradient
SHARES = 8  # shares of the images where the weight is small
ROOM = 1 << 18  # numbers in all shares together, where that leaves more than two


@jit(inner=True)
def _add_products(one, taps, count, columns, step, turned, rows, c, c_row):
    """C (taps, rows) += columns (taps, count) times the turned gradient (count, rows)."""
    size = itemsize(one)
    lanes = VECTOR_BYTES // size
    for j in range(0, rows, VECTORS * lanes):
        width = min(VECTORS * lanes, rows - j)
        vectors = (width + lanes - 1) // lanes
        i = 0
        while i < taps:
            high = tile_rows(taps - i)
            target = c + i * c_row + j * size
            tile(
                one, high, vectors, count, columns + i * step, step, size,
                turned + j * count * size, vectors * VECTOR_BYTES,
                target, c_row, target, c_row, width,
            )  # fmt: skip
            i += high


@jit
def _weight_grad(one, arrays, parts, index):
    """Some of the sums (shares of the images, groups, taps, rows) over images and pixels."""
    g, x, out = item(arrays, 0), item(arrays, 1), item(arrays, 3)
    plan = table(item(arrays, 2))
    bytes_, images, groups, rows = itemsize(one), length(x, 0), plan[0], plan[10]
    shares, lanes = length(out, 0), VECTOR_BYTES // bytes_
    height, width, taps = plan[HEAD + 4], plan[HEAD + 5], plan[HEAD + 6]
    places, pixels, copied = plan[plan[HEAD + 7] :][:taps], height * width, padded_size(plan)
    blocks = (pixels + CHUNK - 1) // CHUNK
    step = (CHUNK + GAP) * bytes_
    room_columns, room_turned = taps * (CHUNK + GAP) + lanes, CHUNK * (rows + 2 * lanes)
    room = copied + 2 * lanes + room_columns + room_turned
    work = np.empty(room * bytes_ + 4 * VECTOR_BYTES, np.uint8)
    pieces = np.empty(2 * CHUNK, np.int64)
    image = aligned(work.ctypes.data)
    columns = aligned(image + (copied + 2 * lanes) * bytes_)
    turned = aligned(columns + room_columns * bytes_)
    vector(image, copied, one)[:] = 0
    jobs = shares * groups
    for job in range(share(jobs, parts, index, 1), share(jobs, parts, index + 1, 1)):
        part, group = job // groups, job % groups
        c = data(out) + job * taps * rows * bytes_
        vector(c, taps * rows, one)[:] = 0
        for n in range(share(images, shares, part, 1), share(images, shares, part + 1, 1)):
            at = n * groups + group
            pad(one, data(x) + at * plan[1] * plan[2] * plan[3] * bytes_, plan, image)
            for block in range(blocks):
                first = share(pixels, blocks, block, lanes)
                count = share(pixels, blocks, block + 1, lanes) - first
                pack_panels(one, data(g) + (at * rows * pixels + first) * bytes_,
                             pixels * bytes_, bytes_, rows, count, turned,
                             VECTORS * lanes)  # fmt: skip
                fill_columns(one, image, places, width, plan[9], first, count, columns, step,
                             pieces)  # fmt: skip
                _add_products(one, taps, count, columns, step, turned, rows, c, rows * bytes_)
    work[0] = 0  # Numba frees an array after its last use: this is it
    pieces[0] = 0


def conv_weight_grad(g, x, kernel, stride, padding, dilation, groups):
    """What `conv` gives back to its weight of spatial size `kernel`: (O, C / groups, *kernel)."""
    if not fits(g, x) or 0 in kernel:
        return elsewhere.conv_weight_grad(g, x, kernel, stride, padding, dilation, groups)
    if groups == g.shape[1] == x.shape[1]:
        windows = forward(g.shape[2:], kernel, stride, padding, dilation)
        if conv_depthwise.suits(x, windows, g.shape[2:]):
            return conv_depthwise.weight_grad(g, x, windows, kernel)
    if x.ndim == 5:
        return elsewhere.conv_weight_grad(g, x, kernel, stride, padding, dilation, groups)
    if x.ndim == 3:
        options = flat(stride, padding, dilation)
        grad = conv_weight_grad(g[:, :, None], x[:, :, None], (1, *kernel), *options, groups)
        return grad[:, :, 0]
    rows, channels = g.shape[1] // groups, x.shape[1] // groups
    options = stride, dilation, groups
    before = padding[0][0], padding[1][0]
    if winograd.suits(x.dtype, len(x), (rows, channels), kernel, *options, x.shape[2:], before,
                      g.shape[2:]):  # fmt: skip
        grad = winograd_weight.weight_grad(g, x, before)
        if grad is not None:
            return grad
    plan = conv_plan.forward(
        channels, rows, groups, x.shape[2:], g.shape[2:], kernel, stride, padding, dilation
    )
    taps = channels * kernel[0] * kernel[1]
    shares = 2
    while shares < min(SHARES, len(x)) and 2 * shares * taps * g.shape[1] <= ROOM:
        shares *= 2
    shares = min(shares, len(x))
    sums = np.empty((shares, groups, taps, rows), x.dtype)
    arrays = (contiguous(g), contiguous(x), plan, sums)
    launch(_weight_grad, ONE[x.dtype], arrays, g.size * taps >= SHARED)
    grad = np.add.reduce(sums).swapaxes(1, 2)
    return np.ascontiguousarray(grad).reshape(g.shape[1], channels, *kernel)


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
