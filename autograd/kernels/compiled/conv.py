"""Convolution and its input gradient on images (N, C, H, W), by the plans of conv_plan.

An image is copied with its padding. A panel of output pixels then has one row of numbers for each
tap of the filter, whole vectors read from the copy; filters times panel is a tile of the result,
which goes straight to its place.
"""

from math import prod

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from autograd.kernels.compiled import conv_depthwise, conv_plan, conv_windows, winograd
from autograd.kernels.compiled.conv_plan import HEAD, PHASE
from autograd.kernels.compiled.conv_windows import contiguous, fits
from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.matmul import tile_rows
from autograd.kernels.compiled.memory import data, item, itemsize, length, share, size, vector
from autograd.kernels.compiled.micro_kernel import VECTOR_BYTES, VECTORS, Emitter, aligned, tile

DEPTH = 320  # taps in one packed panel: it stays in the first cache level
SHARED = 1 << 18  # multiplications from which a second thread pays
PHASES = 1 << 10  # phases of an image beyond which most have no tap, and their plan costs too much

@intrinsic
def _copy_vector(typing, like, source, target):
    """Copies one vector between two addresses."""

    def codegen(context, builder, signature, args):
        emitter = Emitter(builder, context.get_value_type(signature.args[0]))
        zero = ir.IntType(64)(0)
        source, target = (builder.inttoptr(x, ir.IntType(8).as_pointer()) for x in args[1:])
        emitter.store(emitter.load(source, zero), target, zero)
        return context.get_dummy_value()

    return types.void(like, types.intp, types.intp), codegen


@jit(inner=True)
def table(plan):
    """The plan as an array."""
    return vector(data(plan), size(plan), size(plan))


@jit(inner=True)
def padded_size(plan):
    """Numbers in the padded copy of one group of an image."""
    return plan[1] * plan[6] * plan[7] * plan[8] * plan[9]


@jit(inner=True)
def pad(one, source, plan, target):
    """Copies one group of an image into its phase planes; the zeros around it stay."""
    size = itemsize(one)
    channels, height, width = plan[1], plan[2], plan[3]
    top, left, down, across, rows, columns = plan[4], plan[5], plan[6], plan[7], plan[8], plan[9]
    last = min(height, rows * down - top)
    for channel in range(channels):
        for h in range(max(0, -top), last):
            y = h + top
            row = vector(source + (channel * height + h) * width * size, width, one)
            for phase in range(across):
                plane = (channel * down + y % down) * across + phase
                start = (phase - left) % across  # the first pixel in this phase
                if start < -left:
                    start += (-left - start + across - 1) // across * across
                first = (start + left) // across
                count = min((width - start + across - 1) // across, columns - first)
                line = vector(
                    target + ((plane * rows + y // down) * columns + first) * size,
                    max(count, 0), one,
                )  # fmt: skip
                if across == 1:
                    for w in range(line.size):
                        line[w] = row[start + w]
                else:
                    for w in range(line.size):
                        line[w] = row[start + w * across]


@jit(inner=True)
def fill_columns(one, source, taps, width, columns, first, count, target, step, pieces):
    """target[tap, pixel] = image at the tap's place for `count` pixels of a grid `width` wide.

    Whole vectors are written in ascending order, so what one writes too much the next overwrites.
    """
    size = itemsize(one)
    lanes = VECTOR_BYTES // size
    number, done = 0, 0
    while done < count:
        h, w = (first + done) // width, (first + done) % width
        run = min(width - w, count - done)
        for lane in range(0, run, lanes):
            pieces[2 * number] = (h * columns + w + lane) * size
            pieces[2 * number + 1] = (done + lane) * size
            number += 1
        done += run
    for tap in range(taps.size):
        place, row = source + taps[tap] * size, target + tap * step
        for piece in range(number):
            _copy_vector(one, place + pieces[2 * piece], row + pieces[2 * piece + 1])


@jit(inner=True)
def _pack_weights(one, source, row, taps, rows, target):
    """Packs the weights of all rows at these taps in panels as high as a tile."""
    done = 0
    while done < rows:
        panel = tile_rows(rows - done)
        packed = vector(target + done * taps.size * itemsize(one), panel * taps.size, one)
        for r in range(panel):
            weights = source + (done + r) * row * itemsize(one)
            for tap in range(taps.size):
                weight = vector(weights + taps[tap] * itemsize(one), 1, one)
                packed[tap * panel + r] = weight[0]
        done += panel


@jit(inner=True)
def _spread(one, grid, phase, plan, rows, target):
    """Puts the results of one phase (rows, h, w) to every s-th place of the image."""
    height, width = plan[13], plan[14]
    for row in range(rows):
        for h in range(phase[4]):
            values = vector(
                grid + (row * phase[4] + h) * phase[5] * itemsize(one), phase[5], one
            )
            y = row * height + phase[0] + h * phase[2]
            line = vector(target + (y * width + phase[1]) * itemsize(one), width, one)
            for w in range(phase[5]):
                line[w * phase[3]] = values[w]


@jit(inner=True)
def _pack_all(one, weight, plan, low, high, target):
    """Packs the rows `low` to `high` of every group and phase, in blocks of DEPTH taps."""
    for group in range(plan[0]):
        for phase in range(HEAD, plan[HEAD + 7], PHASE):
            taps = plan[plan[phase + 7] + plan[phase + 6] :][: plan[phase + 6]]
            source = weight + (group * plan[12] + low * plan[11]) * itemsize(one)
            for block in range(0, taps.size, DEPTH):
                some = taps[block : block + DEPTH]
                _pack_weights(one, source, plan[11], some, high - low, target)
                target += (high - low) * some.size * itemsize(one)


@jit(inner=True)
def _phase(one, image, plan, phase, packed, rows, panel, pieces, init, init_row, c, c_row):
    """C (rows, pixels of the phase's grid) = init + packed weights times the image's columns."""
    size = itemsize(one)
    lanes = VECTOR_BYTES // size
    height, width, taps = plan[phase + 4], plan[phase + 5], plan[phase + 6]
    places = plan[plan[phase + 7] :][:taps]
    pixels = height * width
    for first in range(0, pixels, VECTORS * lanes):
        count = min(VECTORS * lanes, pixels - first)
        vectors = (count + lanes - 1) // lanes
        for block in range(0, max(taps, 1), DEPTH):
            some = places[block : block + DEPTH]
            fill_columns(one, image, some, width, plan[9], first, count, panel,
                         vectors * VECTOR_BYTES, pieces)  # fmt: skip
            i = 0
            while i < rows:
                high = tile_rows(rows - i)
                target = c + i * c_row + first * size
                start, start_row = (target, c_row) if block else (init + i * init_row, init_row)
                tile(
                    one, high, vectors, some.size,
                    packed + (block * rows + i * some.size) * size, size, high * size,
                    panel, vectors * VECTOR_BYTES, target, c_row, start, start_row, count,
                )  # fmt: skip
                i += high


@jit(inner=True)
def _init_rows(one, bias, rows, target):
    """Rows as wide as a tile that hold the bias (a single one of zeros without); their stride."""
    width = VECTORS * VECTOR_BYTES // itemsize(one)
    if size(bias) == 0:
        vector(target, width, one)[:] = 0
        return 0
    values = vector(data(bias), rows, one)
    for row in range(rows):
        vector(target + row * VECTORS * VECTOR_BYTES, width, one)[:] = values[row]
    return VECTORS * VECTOR_BYTES


@jit(inner=True)
def _largest_grid(plan):
    """Pixels of the largest phase where there are several, else 0: they need room of their own."""
    most = 0
    for phase in range(HEAD, plan[HEAD + 7], PHASE):
        if plan[phase + 2] > 1 or plan[phase + 3] > 1:
            most = max(most, plan[phase + 4] * plan[phase + 5])
    return most


@jit(inner=True)
def _all_taps(plan):
    """Taps of all phases: those that meet the image at all."""
    taps = 0
    for phase in range(HEAD, plan[HEAD + 7], PHASE):
        taps += plan[phase + 6]
    return taps


@jit(inner=True)
def _part(images, rows, parts, index):
    """The images and output channels of one part: some images, or all where they are few."""
    if images >= parts:
        return share(images, parts, index, 1), share(images, parts, index + 1, 1), 0, rows
    return 0, images, share(rows, parts, index, 4), share(rows, parts, index + 1, 4)


@jit
def _correlate(one, arrays, parts, index):
    """The images of one part convolved by all filters, or all by some."""
    x, weight, out = item(arrays, 0), item(arrays, 1), item(arrays, 4)
    plan = table(item(arrays, 3))
    bytes_, images, groups, rows = itemsize(one), length(x, 0), plan[0], plan[10]
    first, last, low, high = _part(images, rows, parts, index)
    count, lanes = high - low, VECTOR_BYTES // bytes_
    area, grid_area, copied = plan[13] * plan[14], _largest_grid(plan), padded_size(plan)
    room_weights = size(weight) + lanes
    room_panel = (DEPTH + 2) * VECTORS * lanes
    room_init = groups * rows * VECTORS * lanes
    room = room_weights + copied + 2 * lanes + room_panel + room_init + count * grid_area
    work = np.empty(room * bytes_ + 4 * VECTOR_BYTES, np.uint8)
    pieces = np.empty(4 * VECTORS * lanes, np.int64)
    packed = aligned(work.ctypes.data)
    image = aligned(packed + room_weights * bytes_)
    panel = aligned(image + (copied + 2 * lanes) * bytes_)
    init = panel + room_panel * bytes_
    grid = init + room_init * bytes_
    vector(image, copied, one)[:] = 0
    init_row = _init_rows(one, item(arrays, 2), groups * rows, init)
    _pack_all(one, data(weight), plan, low, high, packed)
    channels, pixels = plan[1], plan[2] * plan[3]
    for job in range(first * groups, last * groups):
        group = job % groups
        pad(one, data(x) + job * channels * pixels * bytes_, plan, image)
        result = data(out) + (job * rows + low) * area * bytes_
        weights = packed + group * count * _all_taps(plan) * bytes_
        for phase in range(HEAD, plan[HEAD + 7], PHASE):
            direct = plan[phase + 2] == 1 and plan[phase + 3] == 1
            c_row = area if direct else plan[phase + 4] * plan[phase + 5]
            c = result if direct else grid
            _phase(one, image, plan, phase, weights, count, panel, pieces,
                   init + (group * rows + low) * init_row, init_row, c, c_row * bytes_)  # fmt: skip
            if not direct:
                _spread(one, grid, plan[phase : phase + PHASE], plan, count, result)
            weights += count * plan[phase + 6] * bytes_
    work[0] = 0  # Numba frees an array after its last use: this is it
    pieces[0] = 0


def _run(plan, x, weight, bias, shape):
    """Result of `_correlate`, of this shape."""
    out = np.empty(shape, x.dtype)
    work = out.size * (weight.size // weight.shape[0])
    arrays = (contiguous(x), contiguous(weight), contiguous(bias), plan, out)
    launch(_correlate, ONE[x.dtype], arrays, work >= SHARED)
    return out


def flat(*options):
    """Options of a 1-d convolution as those of a 2-d one with height 1."""
    return [((0, 0) if isinstance(o[0], tuple) else 1, *o) for o in options]


def conv(x, weight, bias, stride, padding, dilation, groups):
    """Cross-correlation of x with weight, plus bias (O,) or None: (N, O, *out)."""
    if not fits(x, weight, *([] if bias is None else [bias])):
        return elsewhere.conv(x, weight, bias, stride, padding, dilation, groups)
    kernel = weight.shape[2:]
    out = tuple([
        (n + a + b - d * (k - 1) - 1) // s + 1
        for n, (a, b), k, s, d in zip(x.shape[2:], padding, kernel, stride, dilation, strict=True)
    ])
    if groups == len(weight) == x.shape[1]:
        windows = conv_windows.forward(out, kernel, stride, padding, dilation)
        if conv_depthwise.suits(x, windows, out):
            return conv_depthwise.correlate(x, weight, bias, windows, out)
    if x.ndim == 5:
        return elsewhere.conv(x, weight, bias, stride, padding, dilation, groups)
    if x.ndim == 3:
        options = flat(stride, padding, dilation)
        return conv(x[:, :, None], weight[:, :, None], bias, *options, groups)[:, :, 0]
    options = stride, dilation, groups
    before = padding[0][0], padding[1][0]
    if winograd.suits(x.dtype, len(x), weight.shape[:2], kernel, *options, x.shape[2:], before,
                      out):  # fmt: skip
        result = winograd.correlate(
            x, weight, bias, before, out, False, lambda tiles: conv_directly(
                tiles, weight, bias, (4, 4), stride, ((0, 0), (0, 0)), dilation, groups))
        if result is not None:
            return result
    return conv_directly(x, weight, bias, out, stride, padding, dilation, groups)


def conv_directly(x, weight, bias, out, stride, padding, dilation, groups):
    """`conv` with a result of spatial size `out`, by the definition."""
    rows, channels, kernel = weight.shape[0] // groups, weight.shape[1], weight.shape[2:]
    plan = conv_plan.forward(
        channels, rows, groups, x.shape[2:], out, kernel, stride, padding, dilation
    )
    return _run(plan, x, weight, bias, (x.shape[0], weight.shape[0], *out))


def conv_input_grad(g, weight, bias, size, stride, padding, dilation, groups):
    """What `conv` gives back to its input of spatial size `size`, plus bias (C,) or None."""
    if (not fits(g, weight, *([] if bias is None else [bias])) or 0 in size
            or prod(map(min, stride, size)) > PHASES):
        return elsewhere.conv_input_grad(
            g, weight, bias, size, stride, padding, dilation, groups)
    if groups == len(weight) and weight.shape[1] == 1:
        windows = conv_windows.backward(g.shape[2:], size, weight.shape[2:], stride, padding,
                                        dilation)
        if conv_depthwise.suits(g, windows, size):
            return conv_depthwise.correlate(g, weight, bias, windows, size)
    if g.ndim == 5:
        return elsewhere.conv_input_grad(
            g, weight, bias, size, stride, padding, dilation, groups)
    if g.ndim == 3:
        options = flat(size, stride, padding, dilation)
        return conv_input_grad(g[:, :, None], weight[:, :, None], bias, *options, groups)[:, :, 0]
    options = stride, dilation, groups
    before = 2 - padding[0][0], 2 - padding[1][0]
    if winograd.suits(g.dtype, len(g), weight.shape[:2], weight.shape[2:], *options, g.shape[2:],
                      before, size):  # fmt: skip
        result = winograd.correlate(
            g, weight, bias, before, size, True, lambda tiles: input_grad_directly(
                tiles, weight, bias, (4, 4), stride, ((2, 2), (2, 2)), dilation, groups))
        if result is not None:
            return result
    return input_grad_directly(g, weight, bias, size, stride, padding, dilation, groups)


def input_grad_directly(g, weight, bias, size, stride, padding, dilation, groups):
    """`conv_input_grad` by the definition."""
    channels, rows = weight.shape[0] // groups, weight.shape[1]
    plan = conv_plan.backward(
        channels, rows, groups, g.shape[2:], size, weight.shape[2:], stride, padding, dilation
    )
    return _run(plan, g, weight, bias, (g.shape[0], rows * groups, *size))
