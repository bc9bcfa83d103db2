"""Convolution and its input gradient in any number of dimensions, by the plans of conv_plan.

A panel of results has one row of numbers for each tap of the filter, as conv_columns writes them;
filters times panel is a tile of the results, which goes straight to its place where it can.
"""

from math import prod

import numpy as np

from autograd.kernels.compiled import conv_depthwise, conv_plan, conv_windows, winograd
from autograd.kernels.compiled.conv_columns import (
    ENTRY,
    TO,
    copy_images,
    fill_columns,
    find_pieces,
    find_runs,
    spread,
)
from autograd.kernels.compiled.conv_plan import (
    AREA,
    CHANNELS,
    COPY,
    GROUPS,
    HEAD,
    PHASE,
    PHASES,
    PIXELS,
    PLACE,
    ROWS,
    TAPS,
    VALUES,
    WEIGHT,
    WEIGHT_GROUP,
    WEIGHT_ROW,
    table,
)
from autograd.kernels.compiled.conv_windows import contiguous, fits
from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.matmul import tile_rows
from autograd.kernels.compiled.memory import data, item, itemsize, length, share, size, vector
from autograd.kernels.compiled.micro_kernel import HEIGHTS, VECTOR_BYTES, VECTORS, aligned, tile

DEPTH = 320  # taps in one packed panel: it stays in the first cache level
PANELS = 4  # panels that go through one block of the weights together
BATCH = 256  # results of a block of images
ROOM = 1 << 16  # numbers in the copies of a block of images, where that leaves more than one
SHARED = 1 << 18  # multiplications from which a second thread pays
MOST_PHASES = 1 << 10  # beyond, most have no tap, and their plan costs too much
LANE = VECTORS * VECTOR_BYTES  # bytes of a row of a panel


@jit(inner=True)
def _pack_weights(one, source, row, taps, rows, target):
    """Packs the weights of all rows at these taps in panels as high as a tile."""
    done = 0
    while done < rows:
        panel = tile_rows(rows - done)
        packed = vector(target + done * taps.size * itemsize(one), panel * taps.size, one)
        weights = vector(source + done * row * itemsize(one), row * panel, one)
        for tap in range(taps.size):
            for r in range(panel):
                packed[tap * panel + r] = weights[r * row + taps[tap]]
        done += panel


@jit(inner=True)
def _pack_all(one, weight, plan, low, high, target):
    """Packs the rows `low` to `high` of every group and phase, in blocks of DEPTH taps."""
    for group in range(plan[GROUPS]):
        for phase in range(HEAD, HEAD + plan[PHASES] * PHASE, PHASE):
            taps = plan[plan[phase + WEIGHT] :][: plan[phase + TAPS]]
            place = group * plan[WEIGHT_GROUP] + low * plan[WEIGHT_ROW]
            for block in range(0, taps.size, DEPTH):
                some = taps[block : block + DEPTH]
                _pack_weights(one, weight + place * itemsize(one), plan[WEIGHT_ROW], some,
                              high - low, target)  # fmt: skip
                target += (high - low) * some.size * itemsize(one)


@jit(inner=True)
def _multiply(one, rows, panels, count, taps, packed, columns, c, c_row, c_panel, init, init_row,
              init_panel):  # fmt: skip
    """C = init + weights times columns for `count` results in panels that lie `c_panel` bytes
    apart; both are packed."""
    size = itemsize(one)
    lanes, i = VECTOR_BYTES // size, 0
    while i < rows:
        high = tile_rows(rows - i)
        for panel in range(panels):
            left = min(VECTORS * lanes, count - panel * VECTORS * lanes)
            tile(
                one, high, (left + lanes - 1) // lanes, taps,
                packed + i * taps * size, size, high * size,
                columns + panel * (DEPTH + 2) * LANE, LANE,
                c + i * c_row + panel * c_panel, c_row,
                init + i * init_row + panel * init_panel, init_row, left,
            )  # fmt: skip
        i += high


@jit(inner=True)
def _phase(one, copy, images, image, plan, phase, packed, rows, columns, pieces, init, init_row,
           grid, out, result):  # fmt: skip
    """The results of one phase of some images, whose copies lie `image` numbers apart and whose
    results `result`: packed weights times columns, plus init."""
    size = itemsize(one)
    wide, pixels = LANE // size, plan[phase + PIXELS]
    runs = pieces[pieces.size // 2 :]
    direct, places = plan[PHASES] == 1 and images == 1, plan[plan[phase + PLACE] :]
    for first in range(0, images * pixels, PANELS * wide):
        count = min(PANELS * wide, images * pixels - first)
        panels = (count + wide - 1) // wide
        number = find_runs(plan, phase, first, count, wide, image, result, runs)
        found = find_pieces(one, runs, number, wide, (DEPTH + 2) * LANE, pieces)
        c, c_row, c_panel = grid, LANE, rows * LANE
        if direct:
            c, c_row, c_panel = out + runs[TO] * size, plan[AREA] * size, LANE
        start, start_row, start_panel = init, init_row, 0
        for block in range(0, max(plan[phase + TAPS], 1), DEPTH):
            some = places[block : min(block + DEPTH, plan[phase + TAPS])]
            fill_columns(one, copy, some, pieces, found, columns, LANE)
            _multiply(one, rows, panels, count, some.size, packed + block * rows * size, columns,
                      c, c_row, c_panel, start, start_row, start_panel)  # fmt: skip
            start, start_row, start_panel = c, c_row, c_panel
        if not direct:
            spread(one, plan, phase, runs, number, rows, grid, out)


@jit(inner=True)
def images_of_block(plan, images, room, wide):
    """How many images go together: one where it fills the tiles, else enough to fill them."""
    pixels = plan[HEAD + PIXELS]
    if pixels % wide == 0 and pixels >= BATCH or pixels >= 8 * wide:
        return 1
    most = min(room // (plan[CHANNELS] * plan[COPY]), (BATCH + pixels - 1) // pixels)
    return max(min(most, images), 1)


@jit(inner=True)
def _init_rows(one, bias, rows, target):
    """Rows as wide as a tile that hold the bias (a single one of zeros without); their stride."""
    width = LANE // itemsize(one)
    if size(bias) == 0:
        vector(target, width, one)[:] = 0
        return 0
    values = vector(data(bias), rows, one)
    for row in range(rows):
        vector(target + row * LANE, width, one)[:] = values[row]
    return LANE


@jit(inner=True)
def _all_taps(plan):
    """Taps of all phases: those that meet the image at all."""
    taps = 0
    for phase in range(HEAD, HEAD + plan[PHASES] * PHASE, PHASE):
        taps += plan[phase + TAPS]
    return taps


@jit(inner=True)
def _part(images, plan, weights, parts, index):
    """The images and output channels of one part: some images, or all where they are few or small
    beside the weights."""
    rows = plan[ROWS]
    small = rows >= 2 * HEIGHTS[0] * parts and (
        images * plan[GROUPS] * plan[CHANNELS] * plan[VALUES] < weights)
    if images >= parts and not small:
        return share(images, parts, index, 1), share(images, parts, index + 1, 1), 0, rows
    return 0, images, share(rows, parts, index, 4), share(rows, parts, index + 1, 4)


@jit
def _correlate(one, arrays, parts, index):
    """The images of one part convolved by all filters, or all by some.

    arrays: x, weight, bias, plan, out.
    """
    x, weight, out = item(arrays, 0), item(arrays, 1), item(arrays, 4)
    plan = table(item(arrays, 3))
    bytes_, groups, rows = itemsize(one), plan[GROUPS], plan[ROWS]
    first, last, low, high = _part(length(x, 0), plan, size(weight), parts, index)
    count, wide, image = high - low, LANE // bytes_, plan[CHANNELS] * plan[COPY]
    block = images_of_block(plan, last - first, ROOM, wide)
    room_weights, room_copies = size(weight) + wide, block * image + 2 * wide
    room_columns = PANELS * (DEPTH + 2) * wide
    room = room_weights + room_copies + room_columns + (groups * rows + PANELS * count) * wide
    work = np.empty(room * bytes_ + 4 * VECTOR_BYTES, np.uint8)
    pieces = np.empty(2 * ENTRY * PANELS * wide, np.int64)
    packed = aligned(work.ctypes.data)
    copy = aligned(packed + room_weights * bytes_)
    columns = aligned(copy + room_copies * bytes_)
    init = columns + room_columns * bytes_
    grid = init + groups * rows * LANE
    vector(copy, block * image, one)[:] = 0
    init_row = _init_rows(one, item(arrays, 2), groups * rows, init)
    _pack_all(one, data(weight), plan, low, high, packed)
    for n in range(first, last, block):
        images = min(block, last - n)
        for group in range(groups):
            source = data(x) + n * groups * plan[CHANNELS] * plan[VALUES] * bytes_
            copy_images(one, source, plan, group, images, copy)
            result = ((n * groups + group) * rows + low) * plan[AREA]
            weights = packed + group * count * _all_taps(plan) * bytes_
            for phase in range(HEAD, HEAD + plan[PHASES] * PHASE, PHASE):
                _phase(one, copy, images, image, plan, phase, weights, count, columns, pieces,
                       init + (group * rows + low) * init_row, init_row, grid,
                       data(out) + result * bytes_, groups * rows * plan[AREA])  # fmt: skip
                weights += count * plan[phase + TAPS] * bytes_
    work[0] = 0  # Numba frees an array after its last use: this is it
    pieces[0] = 0


def _run(plan, x, weight, bias, shape):
    """Result of `_correlate`, of this shape."""
    out = np.empty(shape, x.dtype)
    work = out.size * (weight.size // weight.shape[0])
    arrays = (contiguous(x), contiguous(weight), contiguous(bias), plan, out)
    launch(_correlate, ONE[x.dtype], arrays, work >= SHARED)
    return out


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
    options = stride, dilation, groups
    before = tuple([pair[0] for pair in padding])
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
            or prod(map(min, stride, size)) > MOST_PHASES):
        return elsewhere.conv_input_grad(
            g, weight, bias, size, stride, padding, dilation, groups)
    if groups == len(weight) and weight.shape[1] == 1:
        windows = conv_windows.backward(g.shape[2:], size, weight.shape[2:], stride, padding,
                                        dilation)
        if conv_depthwise.suits(g, windows, size):
            return conv_depthwise.correlate(g, weight, bias, windows, size)
    options = stride, dilation, groups
    before = tuple([2 - pair[0] for pair in padding])
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
