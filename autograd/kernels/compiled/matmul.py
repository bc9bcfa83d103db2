"""Matrix multiplication: C = A B + bias, for any strides, alone or in batches.

B is packed into panels as wide as a tile, A into panels as high as one, so that the inner loop
reads both in order; every transposition and stride is dealt with there. Threads share C as a grid
of independent parts: each packs what it needs, none waits for another, and every element is
summed in the same order whatever the grid.

Packing and the product of what is packed are kernels of their own, which others call by address:
a copy in each kernel that multiplies would take a second to compile.
"""

import numpy as np

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, address, call, launch
from autograd.kernels.compiled.memory import (
    at,
    data,
    item,
    items,
    itemsize,
    length,
    ndim,
    share,
    stride,
    vector,
)
from autograd.kernels.compiled.micro_kernel import (
    HEIGHTS,
    VECTOR_BYTES,
    VECTORS,
    tile,
    transpose_block,
)

DEPTH = 320  # k of one packed block: a panel of B stays in the first cache level
HEIGHT = 240  # rows of one packed block of A: it stays in the second level
WIDTH = 2048  # columns of one packed block of B
DIRECT = 2  # panels of B up to which A is read in place
TINY = 16384  # multiplications up to which np.matmul's smaller overhead wins
FEW = 8  # rows up to which packing B costs more than a small product
SHARED = 1 << 19  # multiplications from which a second thread pays

PANEL = VECTORS * VECTOR_BYTES  # bytes of one row of a panel of B
PACK, MULTIPLY, ZEROS = 0, 1, 2  # places among the tools

_NONE = np.empty(0)  # stands for no bias
_ZEROS = np.zeros(PANEL, np.uint8)


@jit(inner=True)
def tile_rows(left):
    """Height of the next tile where `left` rows are left."""
    for height in HEIGHTS:
        if left >= height:
            return height
    return 1


@jit(inner=True)
def pack(one, source, row, step, rows, k, target, width):
    """target[k, width] = source[rows, k] transposed; lanes from `rows` on count for nothing."""
    size = itemsize(one)
    lanes = VECTOR_BYTES // size
    done = 0
    if step == size and rows > 1:
        while done + lanes <= k:
            # the last lanes first: what they write past the panel's edge is then overwritten
            for lane in range((width - 1) // lanes * lanes, -1, -lanes):
                transpose_block(
                    one, source + lane * row + done * size, row, rows - lane,
                    target + (done * width + lane) * size, width * size,
                )  # fmt: skip
            done += lanes
    if row == size:
        for p in range(k):
            values = vector(source + p * step, rows, one)
            packed = vector(target + p * width * size, rows, one)
            for r in range(rows):
                packed[r] = values[r]
    else:
        for r in range(rows):
            for p in range(done, k):
                value = vector(source + r * row + p * step, 1, one)[0]
                vector(target + (p * width + r) * size, 1, one)[0] = value
    for p in range(done, k):
        vector(target + (p * width + rows) * size, width - rows, one)[:] = 0


@jit(inner=True)
def pack_panels(one, source, row, step, rows, k, target, height, whole=0):
    """Packs `rows` in panels: of B as wide as a tile (height > 0), the last, but where it is to be
    `whole`, in as many vectors as it takes; of A as high as one (0)."""
    size = itemsize(one)
    lanes = VECTOR_BYTES // size
    done = 0
    while done < rows:
        if height:
            panel = min(height, rows - done)
            width = height if whole else (panel + lanes - 1) // lanes * lanes
        else:
            panel = width = tile_rows(rows - done)
        pack(one, source + done * row, row, step, panel, k, target + done * k * size, width)
        done += panel


@jit(inner=True)
def _multiply_panels(one, m, n, k, a, a_row, a_step, b, panel, b_step, c, c_row, init, init_row,
                     init_column):  # fmt: skip
    """C[m, n] = init + A B, tile by tile. Panels of packed B lie `panel` bytes apart, their rows
    `b_step`, or where it is 0, whole vectors of a tile's columns; A is packed where `a_row` is 0.
    """
    size = itemsize(one)
    lanes = VECTOR_BYTES // size
    for j in range(0, n, VECTORS * lanes):
        columns = min(VECTORS * lanes, n - j)
        vectors = (columns + lanes - 1) // lanes
        i = 0
        while i < m:
            rows = tile_rows(m - i)
            if a_row:
                left, left_row, left_step = a + i * a_row, a_row, a_step
            else:
                left, left_row, left_step = a + i * k * size, size, rows * size
            tile(
                one, rows, vectors, k, left, left_row, left_step,
                b, b_step if b_step else vectors * VECTOR_BYTES,
                c + i * c_row + j * size, c_row,
                init + i * init_row + j * init_column, init_row, columns,
            )  # fmt: skip
            i += rows
        b += panel


@jit
def _pack(one, source, row, step, rows, k, target, height, whole):
    pack_panels(one, source, row, step, rows, k, target, height, whole)


@jit
def _multiply(one, m, n, k, a, a_row, a_step, b, panel, b_step, c, c_row, init, init_row,
              init_column):  # fmt: skip
    _multiply_panels(one, m, n, k, a, a_row, a_step, b, panel, b_step, c, c_row, init, init_row,
                     init_column)  # fmt: skip


_tools: dict[type, np.ndarray] = {}


def tools(one):
    """The addresses of `_pack` and `_multiply`, compiled for the type of `one`, and of a row of
    zeros as long as a panel's."""
    found = _tools.get(type(one))
    if found is None:
        found = address(_pack, one, 8), address(_multiply, one, 14), _ZEROS.ctypes.data
        found = _tools[type(one)] = np.array(found)
    return found


@jit(inner=True)
def _product(one, calls, m, n, k, a, a_row, a_step, b, b_step, b_column, c, c_row, bias):
    """C = A B + bias on addresses and byte strides; `bias` is 0 for none."""
    size = itemsize(one)
    lanes = VECTOR_BYTES // size
    blocks = max(1, (k + DEPTH - 1) // DEPTH)
    depth = (k + blocks - 1) // blocks
    height, width = min(HEIGHT, m), min(WIDTH, n)
    panel = VECTORS * lanes
    packs = np.int64(n > DIRECT * panel or a_row == 0)
    room_a = height * depth + lanes  # the last transposed block writes past its panel
    room_b = (width + lanes) * depth
    work = np.empty((room_a + room_b) * size + VECTOR_BYTES, np.uint8)
    packed_a = (work.ctypes.data + VECTOR_BYTES - 1) // VECTOR_BYTES * VECTOR_BYTES
    packed_b = packed_a + room_a * size
    for j in range(0, n, WIDTH):
        columns = min(WIDTH, n - j)
        for block in range(blocks):
            p = block * depth
            steps = min(depth, k - p)
            call(calls[PACK], one, b + j * b_column + p * b_step, b_column, b_step, columns, steps,
                 packed_b, panel, 0)  # fmt: skip
            for i in range(0, m, HEIGHT):
                rows = min(HEIGHT, m - i)
                left = a + i * a_row + p * a_step
                call(calls[PACK], one, left, a_row, a_step, packs * rows, steps, packed_a, 0, 0)
                left, left_row = left + packs * (packed_a - left), (1 - packs) * a_row
                target = c + i * c_row + j * size
                if block:
                    init, init_row, init_column = target, c_row, size
                elif bias:
                    init, init_row, init_column = bias + j * size, 0, size
                else:
                    init, init_row, init_column = calls[ZEROS], 0, 0
                call(calls[MULTIPLY], one, rows, columns, steps, left, left_row, a_step, packed_b,
                     steps * PANEL, 0, target, c_row, init, init_row, init_column)
    work[0] = 0  # Numba frees an array after its last use: this is it


@jit(inner=True)
def _grid(m, n, parts):
    """How many parts the rows are cut into: the grid of least perimeter for the largest part."""
    best, cost = 1, np.inf
    for rows in range(1, parts + 1):
        if parts % rows == 0:
            now = m / rows + n / (parts // rows)
            if now < cost:
                best, cost = rows, now
    return best


@jit
def _gemm(one, arrays, parts, index):
    """Part of C = A B + bias for each A, B, bias, C behind the tools: a share of the batch, or of
    the rows and columns of each item."""
    calls = vector(data(item(arrays, 0)), 3, np.int64(0))
    for first in range(1, items(arrays), 4):
        a, b, bias, c = (item(arrays, first), item(arrays, first + 1), item(arrays, first + 2),
                         item(arrays, first + 3))  # fmt: skip
        batched = ndim(c) - 2
        batch = length(c, 0) if batched else 1
        m, n, k = length(c, batched), length(c, batched + 1), length(a, batched + 1)
        if batch >= parts:
            start, end = share(batch, parts, index, 1), share(batch, parts, index + 1, 1)
            i, i_end, j, j_end = 0, m, 0, n
        else:
            start, end = 0, batch
            row_parts = _grid(m, n, parts)
            column_parts = parts // row_parts
            row, column = index % row_parts, index // row_parts
            columns = VECTORS * VECTOR_BYTES // itemsize(one)
            i, i_end = share(m, row_parts, row, 4), share(m, row_parts, row + 1, 4)
            j = share(n, column_parts, column, columns)
            j_end = share(n, column_parts, column + 1, columns)
        for number in range(start, end):
            _product(
                one, calls, i_end - i, j_end - j, k,
                at(a, number, i, 0), stride(a, batched), stride(a, batched + 1),
                at(b, number, 0, j), stride(b, batched), stride(b, batched + 1),
                at(c, number, i, j), stride(c, batched),
                data(bias) + j * itemsize(one) if length(bias, 0) else 0,
            )  # fmt: skip


def gemm(a, b, bias=None, out=None):
    """A B + bias for A (M, K), B (K, N), bias (N,), any strides; written to `out` where given.

    `out` must not overlap the inputs.
    """
    (m, k), (rows, n) = a.shape, b.shape
    dtype = a.dtype
    one = ONE.get(dtype)
    work = m * n * k
    if one is None or work <= TINY or m == 1 or n == 1 or b.dtype is not dtype or rows != k:
        return elsewhere.gemm(a, b, bias, out)
    if m <= FEW and work < SHARED:
        return elsewhere.gemm(a, b, bias, out)
    if bias is not None and (
        bias.dtype is not dtype or bias.shape != (n,) or bias.strides != (dtype.itemsize,)
    ):
        return elsewhere.gemm(a, b, bias, out)
    if out is None:
        c = np.empty((m, n), dtype)
    elif out.dtype is dtype and out.shape == (m, n) and out.flags.c_contiguous:
        c = out
    else:
        return elsewhere.gemm(a, b, bias, out)
    launch(_gemm, one, (tools(one), a, b, _NONE if bias is None else bias, c), work >= SHARED)
    return c


def gemms(*products):
    """A B + bias for each (A, B, bias), which are started together where all are large enough."""
    sizes = [(*a.shape, b.shape[1]) for a, b, _ in products]
    works = [m * k * n for m, k, n in sizes]
    narrow = min(min(m, n) for m, _, n in sizes) <= FEW
    one = ONE.get(products[0][0].dtype)
    if one is None or narrow or min(works) <= TINY or sum(works) < SHARED:
        return [gemm(*product) for product in products]
    results, arrays = [], [tools(one)]
    for (a, b, bias), (m, _, n) in zip(products, sizes, strict=True):
        results.append(np.empty((m, n), a.dtype))
        arrays += (a, b, _NONE if bias is None else bias, results[-1])
    launch(_gemm, one, tuple(arrays), True)
    return results


def bmm(a, b):
    """A B for each pair of matrices in A (B, M, K) and B (B, K, N), any strides."""
    (batch, m, k), (others, rows, n) = a.shape, b.shape
    dtype = a.dtype
    one = ONE.get(dtype)
    work = batch * m * n * k
    if one is None or work <= TINY or b.dtype is not dtype or rows != k or others != batch:
        return elsewhere.bmm(a, b)
    c = np.empty((batch, m, n), dtype)
    launch(_gemm, one, (tools(one), a, b, _NONE, c), work >= SHARED)
    return c
