"""3x3 convolution with stride 1 by Winograd's method F(4x4, 3x3): a quarter of the products.

The result is cut into tiles of 4 x 4 pixels. For each tile 6 x 6 pixels of every input channel
are transformed to 36 points; at each point a matrix product over the channels takes many tiles
to all output channels; the inverse transform gives the pixels. A block of tiles goes through all
three steps while it is in the second cache level. Channels are the lanes of the transforms.
"""

import numpy as np

from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, call, launch
from autograd.kernels.compiled.matmul import MULTIPLY, PANEL, ZEROS, tools
from autograd.kernels.compiled.memory import data, item, itemsize, share, size, vector
from autograd.kernels.compiled.micro_kernel import ROWS, VECTOR_BYTES, VECTORS, aligned
from autograd.kernels.compiled.vector_math import from_bits
from autograd.kernels.compiled.winograd_outliers import put_right, stand_out
from autograd.kernels.compiled.winograd_transform import (
    OUTPUTS,
    POINTS,
    TAPS,
    transform_filter,
    transform_gradient,
    transform_input,
    transform_output,
    turn,
    turn_seen,
)

SQUARE, FILTER = POINTS * POINTS, TAPS * TAPS
CHANNELS = 16  # input and output channels from which it pays
TILES = 4  # tiles from which transforming the filters pays
ROOM = 1 << 17  # transformed numbers of one block of tiles: they stay in the second cache level
LARGE = 1 << 20  # transformed numbers of all filters beyond which they are transformed in parts,
DEPTH = 128  # so many input channels at a time
LARGE_ROOM = 1 << 20  # transformed numbers of one block of tiles then
GAP = 16  # numbers between the matrices of two points beyond them, against cache conflicts
SHARED = 1 << 14  # input numbers times output channels from which a second thread pays

LANES = VECTOR_BYTES // 4  # of float32
_NONE = np.empty(0)  # stands for no bias
# entries of a plan: of the input and of the result, then of the tiles
CHANNEL, HEIGHT, WIDTH, TOP, LEFT = range(5)
RESULT, IMAGES, DOWN, ACROSS, FLIPPED, PLAN = 5, 10, 11, 12, 13, 14


@jit(inner=True)
def table(plan):
    """The plan as an array."""
    return vector(data(plan), PLAN, PLAN)


@jit(inner=True)
def whole_vectors(channels, lanes):
    """Channels in whole vectors."""
    return (channels + lanes - 1) // lanes * lanes


@jit(inner=True)
def _transform_filters(one, weight, plan, first, last, o, width, taps, target, step):
    """The filters from input channels `first` to `last` to `width` outputs from `o` on, at all
    points, `step` bytes apart: (input, width)."""
    bytes_, inputs, outputs = itemsize(one), plan[CHANNEL], plan[RESULT + CHANNEL]
    lanes = VECTOR_BYTES // bytes_
    for lane in range(0, width, lanes):
        for c in range(first, last):
            if plan[FLIPPED]:
                source, row = c * outputs + o + lane, FILTER * bytes_
                start, tap = taps + (FILTER - 1) * VECTOR_BYTES, -VECTOR_BYTES
            else:
                source, row = (o + lane) * inputs + c, inputs * FILTER * bytes_
                start, tap = taps, VECTOR_BYTES
            for some in range(0, FILTER, lanes):
                turn(one, weight + (source * FILTER + some) * bytes_, row,
                     min(lanes, outputs - o - lane), 0, FILTER - some,
                     taps + some * VECTOR_BYTES, VECTOR_BYTES, lanes, lanes)  # fmt: skip
            transform_filter(one, start, TAPS * tap, tap,
                             target + ((c - first) * width + lane) * bytes_, step)  # fmt: skip


@jit
def _filters(one, arrays, parts, index):
    """Some of the filters at all points, in panels as wide as a tile: (points, input, output)."""
    weight, plan = data(item(arrays, 0)), table(item(arrays, 1))
    bytes_, inputs, panel = itemsize(one), plan[CHANNEL], VECTORS * VECTOR_BYTES // itemsize(one)
    lanes = VECTOR_BYTES // bytes_
    whole = whole_vectors(plan[RESULT + CHANNEL], lanes)
    work = np.empty((FILTER + lanes + 1) * VECTOR_BYTES, np.uint8)
    low, high = share(inputs, parts, index, 1), share(inputs, parts, index + 1, 1)
    for j in range(0, whole, panel):
        width = min(panel, whole - j)
        _transform_filters(one, weight, plan, low, high, j, width, aligned(work.ctypes.data),
                           data(item(arrays, 2)) + (j * inputs + low * width) * bytes_,
                           (inputs * whole + GAP) * bytes_)  # fmt: skip
    work[0] = 0  # Numba frees an array after its last use: this is it


@jit(inner=True)
def size_of_grid(plan):
    """Number of tiles of all images."""
    return plan[IMAGES] * plan[DOWN] * plan[ACROSS]


@jit(inner=True)
def _place(plan, tile, limit):
    """Image, first row and column of a tile, and how many follow it in one row, up to `limit`."""
    line, across = tile // plan[ACROSS], tile % plan[ACROSS]
    image, down = line // plan[DOWN], line % plan[DOWN]
    return image, down * OUTPUTS, across * OUTPUTS, min(plan[ACROSS] - across, limit)


@jit(inner=True)
def strip_room(plan, block, lanes):
    """Bytes of a strip of pixels of at most `block` tiles, and of a vector."""
    columns = min(block, plan[ACROSS]) * OUTPUTS + TAPS - 1
    return (POINTS * whole_vectors(columns, lanes) + 1) * VECTOR_BYTES


@jit(inner=True)
def report(one, check, found):
    """Sets the first number of `found` where the vector at `check` holds a NaN."""
    lanes = VECTOR_BYTES // itemsize(one)
    for lane in range(lanes):
        if vector(check, lanes, one)[lane] != 0:
            vector(data(found), 1, one)[0] = one


@jit(inner=True)
def _largest(one, peaks):
    """The largest of a vector of magnitudes; NaN where there is one."""
    largest, lanes = np.int32(0), VECTOR_BYTES // itemsize(one)
    for value in vector(peaks, lanes, largest):
        largest = max(largest, value)
    return from_bits(largest)


@jit(inner=True)
def enter(one, image, plan, side, first, count, strip, panel, target, step, seen):
    """Transforms all channels of `count` tiles of one side, the input or the result.

    A strip of pixels is turned so that its channels are the lanes. The numbers of a point are a
    matrix (count, channels) in panels `panel` channels wide. seen (tiles) gets the largest
    magnitude of a strip at its first tile.
    """
    bytes_, rows = itemsize(one), OUTPUTS if side else POINTS
    channels, height, width = plan[side + CHANNEL], plan[side + HEIGHT], plan[side + WIDTH]
    above, left = plan[side + TOP], plan[side + LEFT]
    lanes, done = VECTOR_BYTES // bytes_, 0
    whole = whole_vectors(channels, lanes)
    while done < count:
        number, top, x, run = _place(plan, first + done, count - done)
        x -= left
        columns = whole_vectors(run * OUTPUTS + rows - OUTPUTS, lanes)
        row = columns * VECTOR_BYTES
        peaks = strip + rows * row
        vector(peaks, lanes, one)[:] = 0
        for c in range(0, channels, lanes):
            for i in range(rows):
                h = top - above + i
                source = image + (((number * channels + c) * height + h) * width + x) * bytes_
                for w in range(0, columns, lanes):
                    last = width - x - w if 0 <= h < height else 0
                    turn_seen(one, source + w * bytes_, height * width * bytes_,
                              min(lanes, channels - c), -x - w, last,
                              strip + i * row + w * VECTOR_BYTES, VECTOR_BYTES, lanes, lanes,
                              peaks)  # fmt: skip
            j = c // panel * panel
            across = min(panel, whole - j)
            place = target + (j * count + done * across + c - j) * bytes_
            for t in range(run):
                tile = strip + t * OUTPUTS * VECTOR_BYTES
                if side:
                    transform_gradient(one, tile, row, VECTOR_BYTES, place, step)
                else:
                    transform_input(one, tile, row, VECTOR_BYTES, place, step)
                place += across * bytes_
        vector(seen, size_of_grid(plan), one)[first + done] = _largest(one, peaks)
        done += run


@jit(inner=True)
def _leave(one, source, tile_row, step, bias, plan, low, high, first, count, strip, check, out):
    """Transforms the channels from `low` to `high` of `count` tiles back and puts them in their
    places in the result."""
    bytes_, channels, height = itemsize(one), plan[RESULT + CHANNEL], plan[RESULT + HEIGHT]
    width, lanes, done = plan[RESULT + WIDTH], VECTOR_BYTES // itemsize(one), 0
    while done < count:
        image, top, left, run = _place(plan, first + done, count - done)
        columns = min(run * OUTPUTS, width - left)
        row = whole_vectors(run * OUTPUTS, lanes) * VECTOR_BYTES
        for c in range(low, high, lanes):
            for t in range(run):
                transform_output(one, source + (done + t) * tile_row + (c - low) * bytes_, step,
                                 bias + c * bytes_, strip + t * OUTPUTS * VECTOR_BYTES, row,
                                 check)  # fmt: skip
            for i in range(min(OUTPUTS, height - top)):
                place = ((image * channels + c) * height + top + i) * width + left
                for w in range(0, columns, lanes):
                    turn(one, strip + i * row + w * VECTOR_BYTES, VECTOR_BYTES, lanes, 0, lanes,
                         out + (place + w) * bytes_, height * width * bytes_,
                         min(lanes, channels - c), columns - w)  # fmt: skip
        done += run


@jit(inner=True)
def _multiply(one, calls, count, width, some, before, step_in, row, filters, step, after, step_out,
              init, init_row, init_column):  # fmt: skip
    """At each point tiles (count, some) times filters (some, width)."""
    bytes_ = itemsize(one)
    for _ in range(SQUARE):
        call(calls[MULTIPLY], one, count, width, some, before, row, bytes_, filters, some * PANEL,
             0, after, width * bytes_, init, init_row, init_column)  # fmt: skip
        before += step_in
        filters += step
        after += step_out
        init += step_out * min(init_row, 1)


@jit(inner=True)
def _channels(one, arrays, plan, low, high, first, count, before, step_in, work, strip):
    """The pixels of `count` tiles in the channels from `low` to `high`; the tiles at all points
    are at `before`."""
    calls, given = vector(data(item(arrays, 8)), 3, np.int64(0)), size(item(arrays, 2))
    bytes_, inputs = itemsize(one), plan[CHANNEL]
    lanes, panel = VECTOR_BYTES // bytes_, VECTORS * VECTOR_BYTES // bytes_
    whole_in, depth = whole_vectors(inputs, lanes), inputs if given else DEPTH
    taps, step_out = work + 2 * VECTOR_BYTES, (count * panel + GAP) * bytes_
    offset = taps + (FILTER + lanes) * VECTOR_BYTES
    after = offset + whole_vectors(plan[RESULT + CHANNEL], lanes) * bytes_
    step = (inputs * whole_vectors(plan[RESULT + CHANNEL], lanes) + GAP) * bytes_
    for j in range(low, high, panel):
        width = min(panel, high - j)
        init, init_row, init_column = calls[ZEROS], 0, 0
        filters = data(item(arrays, 2)) + j * inputs * bytes_
        for c in range(0, inputs, depth):
            some = min(depth, inputs - c)
            if not given:
                filters, step = after + SQUARE * step_out, (DEPTH * panel + GAP) * bytes_
                _transform_filters(one, data(item(arrays, 3)), plan, c, c + some, j, width, taps,
                                   filters, step)  # fmt: skip
            _multiply(one, calls, count, width, some, before + c * bytes_, step_in,
                      whole_in * bytes_, filters, step, after, step_out, init, init_row,
                      init_column)  # fmt: skip
            init, init_row, init_column = after, width * bytes_, bytes_
        _leave(one, after, width * bytes_, step_out, offset, plan, j, j + width, first, count,
               strip, work, data(item(arrays, 5)))  # fmt: skip


@jit
def _correlate(one, arrays, parts, index):
    """The pixels of some of the tiles, or of all in some channels where the filters are too many
    to be transformed in advance.

    arrays: x, plan, filters or none, weight, bias, result, whether a number is wrong, seen, tools.
    """
    plan, bias, seen = table(item(arrays, 1)), item(arrays, 4), data(item(arrays, 7))
    bytes_, inputs, outputs = itemsize(one), plan[CHANNEL], plan[RESULT + CHANNEL]
    lanes, panel = VECTOR_BYTES // bytes_, VECTORS * VECTOR_BYTES // bytes_
    whole_in, whole_out = whole_vectors(inputs, lanes), whole_vectors(outputs, lanes)
    tiles, room, made = size_of_grid(plan), ROOM, 0
    begin, end, low, high = 0, tiles, 0, whole_out
    if size(item(arrays, 2)):
        begin, end = share(tiles, parts, index, ROWS), share(tiles, parts, index + 1, ROWS)
    else:
        low, high = share(high, parts, index, panel), share(high, parts, index + 1, panel)
        room, made = LARGE_ROOM, SQUARE * (DEPTH * panel + GAP)
    block = max(room // (SQUARE * (whole_in + panel)) // ROWS, 1) * ROWS
    step_in = (block * whole_in + GAP) * bytes_
    head = (2 + FILTER + lanes) * lanes + whole_out
    room = SQUARE * (block * panel + GAP) + made + head
    room_strip = strip_room(plan, block, lanes)
    work = np.empty(SQUARE * step_in + room_strip + room * bytes_ + 2 * VECTOR_BYTES, np.uint8)
    before = aligned(work.ctypes.data)
    strip = before + SQUARE * step_in
    check = aligned(strip + room_strip)
    vector(check, head, one)[:] = 0
    for channel in range(size(bias)):
        place = check + (2 + FILTER + lanes) * VECTOR_BYTES
        vector(place, outputs, one)[channel] = vector(data(bias), outputs, one)[channel]
    vector(seen, tiles, one)[begin:end] = np.nan
    for first in range(begin, end, block):
        count = min(block, end - first)
        enter(one, data(item(arrays, 0)), plan, 0, first, count, strip, whole_in, before, step_in,
              seen)  # fmt: skip
        _channels(one, arrays, plan, low, high, first, count, before, step_in, check, strip)
    report(one, check, item(arrays, 6))
    work[0] = 0  # Numba frees an array after its last use: this is it


def suits(dtype, images, channels, kernel, stride, dilation, groups, image, before, out):
    """Whether the method computes a convolution between these numbers of channels, and pays; each
    result is to see some of the image."""
    if dtype != np.float32 or min(channels) < CHANNELS or kernel != (TAPS, TAPS):
        return False
    tiles = -(-out[0] // OUTPUTS) * -(-out[1] // OUTPUTS)
    return (stride == dilation == (1, 1) and groups == 1 and max(before) < TAPS
            and out[0] <= image[0] + before[0] and out[1] <= image[1] + before[1]
            and images * tiles >= TILES and tiles * OUTPUTS * OUTPUTS <= 2 * out[0] * out[1])


def plan_of(images, image, before, result, flipped=False):
    """The numbers kernels need of x (N, *image) with `before` zeros above and left, to *result."""
    grid = [-(-n // OUTPUTS) for n in result[1:]]
    return np.array([*image, *before, *result, 0, 0, images, *grid, flipped], np.int64)


def correlate(x, weight, bias, before, out, flipped, direct):
    """x (N, C, H, W) with `before` zeros above and left, times weight, plus bias: (N, O, *out).

    weight is (O, C, 3, 3), or where flipped (C, O, 3, 3) turned by half a circle. None where a
    number of the result is NaN or infinite: the transforms would spread it over its whole tile.
    What outliers spoil is computed by `direct`, as `winograd_outliers` tells.
    """
    images, channels = x.shape[:2]
    rows = weight.shape[1] if flipped else weight.shape[0]
    plan = plan_of(images, x.shape[1:], before, (rows, *out), flipped)
    whole, weight = -(-rows // LANES) * LANES, np.ascontiguousarray(weight)
    large = SQUARE * channels * whole > LARGE
    filters = np.empty(0 if large else SQUARE * (channels * whole + GAP), x.dtype)
    result, found = np.empty((images, rows, *out), x.dtype), np.zeros(1 + images, x.dtype)
    seen = np.empty((images, int(plan[DOWN] * plan[ACROSS])), x.dtype)
    one, parallel = ONE[x.dtype], x.size * rows >= SHARED
    if not large:
        launch(_filters, one, (weight, plan, filters), parallel)
    offset = _NONE if bias is None else np.ascontiguousarray(bias)
    arrays = (np.ascontiguousarray(x), plan, filters, weight, offset, result, found, seen,
              tools(one))
    launch(_correlate, one, arrays, parallel)
    launch(stand_out, one, (seen, found), False)
    if not np.count_nonzero(found):
        return result
    if found[0]:
        return None
    return put_right(result, x, before, bias, np.flatnonzero(found[1:]), direct)
