"""Running sums and products along a dimension, and the gradient of the latter, in float64.

Lines that lie one behind the other are walked four at a time, those side by side in vector lanes.
A long line alone is cut into eight pieces, whatever the number of threads.
"""

from functools import cache

import numpy as np

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.lines import SHARED, plan, start
from autograd.kernels.compiled.memory import data, item, share, vector
from autograd.kernels.compiled.sums import wide_totals

_STRIP = 64  # lines side by side that are walked together
_SPAN = 1 << 12  # elements of a line that are divided in one go
_PIECES, _LONG = 8, 1 << 15  # pieces of a line of this length


@jit(inner=True, exact=True)
def _plus(a, b):
    return a + b


@jit(inner=True, exact=True)
def _times(a, b):
    return a * b


_COMBINE = {"cumsum": (_plus, 0.0), "cumprod": (_times, 1.0)}


@jit(inner=True)
def _total(x):
    total = 0.0
    for i in range(x.size):
        total += x[i]
    return total


@jit(inner=True)
def _offsets(x, length, back, piece, sums):
    """The sums of all that comes before each of four pieces, the first one being `piece`."""
    for i in range(piece + 3):
        first = x.size - (i + 1) * length if back else i * length
        total = _total(x[first : first + length])
        for after in range(4):
            if piece + after > i:
                sums[after] += total


@cache
def _rows(name):
    combine, neutral = _COMBINE[name]

    @jit(inner=True)
    def walk(x, y, at, gap, step, count, sums):
        a, b, c, d = sums[0], sums[1], sums[2], sums[3]
        for _ in range(count):
            a, b = combine(a, x[at]), combine(b, x[at + gap])
            c, d = combine(c, x[at + 2 * gap]), combine(d, x[at + 3 * gap])
            y[at], y[at + gap], y[at + 2 * gap], y[at + 3 * gap] = a, b, c, d
            at += step
        return d

    def kernel(one, arrays, parts, index):
        """arrays: x, [lines, n, 1, whether backwards, pieces of a line], out."""
        lines, n, _, back, pieces = vector(data(item(arrays, 1)), 5, 0)
        x, y = vector(data(item(arrays, 0)), lines * n, one), vector(
            data(item(arrays, 2)), lines * n, one)  # fmt: skip
        sums, step, length = np.empty(4), 1 - 2 * back, n // pieces
        per = 4 if lines >= 4 or pieces > 1 else 1
        groups = (lines * pieces + per - 1) // per
        for group in range(share(groups, parts, index, 1), share(groups, parts, index + 1, 1)):
            for i in range(4):
                sums[i] = neutral
            if pieces > 1:
                line, piece = group * 4 // pieces, group * 4 % pieces
                row = x[line * n : line * n + n]
                _offsets(row, length, back, piece, sums)
                at = line * n + (n - 1 - piece * length if back else piece * length)
                last = walk(x, y, at, length * step, step, length, sums)
                for j in range(length * pieces, n if piece + 4 == pieces else 0):
                    at = line * n + (n - 1 - j if back else j)
                    last = combine(last, x[at])
                    y[at] = last
            else:
                first = min(group * per, lines - per) * n
                walk(x, y, first + back * (n - 1), n * (per // 4), step, n, sums)

    kernel.__qualname__ = f"_rows_{name}"  # what the disk cache tells kernels apart by
    return jit(kernel)


@cache
def _columns(name):
    combine, neutral = _COMBINE[name]

    def kernel(one, arrays, parts, index):
        """arrays: x, [outer, n, inner, whether backwards, 1], out."""
        outer, n, inner, back, _ = vector(data(item(arrays, 1)), 5, 0)
        strips, sums = (inner + _STRIP - 1) // _STRIP, np.empty(_STRIP)
        x = vector(data(item(arrays, 0)), outer * n * inner, one)
        out = vector(data(item(arrays, 2)), outer * n * inner, one)
        units = outer * strips
        for unit in range(share(units, parts, index, 1), share(units, parts, index + 1, 1)):
            left = unit % strips * _STRIP
            width, first = min(_STRIP, inner - left), unit // strips * n * inner + left
            for i in range(width):
                sums[i] = neutral
            for j in range(n):
                at = first + (n - 1 - j if back else j) * inner
                row, target = x[at : at + width], out[at : at + width]
                for i in range(width):
                    sums[i] = combine(sums[i], row[i])
                    target[i] = sums[i]

    kernel.__qualname__ = f"_columns_{name}"
    return jit(kernel)


def _scan(name, x, dim, back):
    one = ONE[x.dtype]
    alone = dim == x.ndim - 1 and x.shape[dim] >= _LONG and x.size < 8 * x.shape[dim]
    table = plan(x.shape, dim, back, _PIECES if alone and name == "cumsum" else 1)
    out = np.empty(x.shape, x.dtype)
    x = x if x.flags.c_contiguous else np.ascontiguousarray(x)
    kernel = (_rows if table[2] == 1 else _columns)(name)
    launch(kernel, one, (x, table, out), x.size >= SHARED)
    return out


def cumsum(x, dim, back):
    """The sums of the first 1, 2, 3, ... elements along dim, or of the last ones."""
    if x.dtype not in ONE or x.size == 0:
        return elsewhere.cumsum(x, dim, back)
    return _scan("cumsum", x, dim, back)


def cumprod(x, dim):
    """The products of the first 1, 2, 3, ... elements along dim."""
    if x.dtype not in ONE or x.size == 0:
        return elsewhere.cumprod(x, dim)
    return _scan("cumprod", x, dim, False)


@jit(exact=True)
def _cumprod_grad(one, arrays, parts, index):
    """arrays: g, x, [outer, n, inner], out: with s = g + x' s' of the next element, backwards, the
    gradient is s times all elements before."""
    outer, n, inner = vector(data(item(arrays, 2)), 3, 0)
    lines, s = outer * inner, np.empty(n)
    g, x = vector(data(item(arrays, 0)), lines * n, one), vector(
        data(item(arrays, 1)), lines * n, one)  # fmt: skip
    out = vector(data(item(arrays, 3)), lines * n, one)
    for line in range(share(lines, parts, index, 1), share(lines, parts, index + 1, 1)):
        at, factor, total = start(line, n, inner) + (n - 1) * inner, 0.0, 0.0
        for j in range(n):
            total = g[at] + factor * total
            s[n - 1 - j], factor = total, x[at]
            at -= inner
        factor = 1.0
        for j in range(n):
            at += inner
            out[at] = factor * s[j]
            factor *= x[at]


@jit(inner=True)
def _others(x, first, n, inner, factor, out, after):
    """out = factor times all elements of a line but this one, whatever they are."""
    product = 1.0
    for j in range(n - 1, -1, -1):
        after[j] = product
        product *= x[first + j * inner]
    for j in range(n):
        out[first + j * inner] = factor * after[j]
        factor *= x[first + j * inner]


@jit(exact=True)
def _prod_grad(one, arrays, parts, index):
    """arrays: g and products of lines, in float64, x, [outer, n, inner], out: g times all elements
    but this one, by division where the product tells them."""
    outer, n, inner = vector(data(item(arrays, 3)), 3, 0)
    lines, pieces, after = outer * inner, (n + _SPAN - 1) // _SPAN, np.empty(n)
    g, products = vector(data(item(arrays, 0)), lines, one), vector(
        data(item(arrays, 1)), lines, 1.0)  # fmt: skip
    x, out = vector(data(item(arrays, 2)), lines * n, one), vector(
        data(item(arrays, 4)), lines * n, one)  # fmt: skip
    units = lines * pieces
    for unit in range(share(units, parts, index, 1), share(units, parts, index + 1, 1)):
        line, left = unit // pieces, unit % pieces * _SPAN
        first, product, factor = start(line, n, inner), products[line], np.float64(g[line])
        if 1e-280 < abs(product) < 1e280:
            for at in range(first + left * inner, first + min(n, left + _SPAN) * inner, inner):
                out[at] = factor * (product / x[at])
        elif left == 0:
            _others(x, first, n, inner, factor, out, after)


def cumprod_grad(g, x, dim):
    """The gradient of cumprod along dim from that of its result, with zeros in x too."""
    if x.dtype not in ONE or g.dtype is not x.dtype or x.size == 0:
        return elsewhere.cumprod_grad(g, x, dim)
    out, table = np.empty(x.shape, x.dtype), plan(x.shape, dim)
    arrays = np.ascontiguousarray(g), np.ascontiguousarray(x), table, out
    launch(_cumprod_grad, ONE[x.dtype], arrays, x.size >= SHARED)
    return out


def prod_grad(g, x, dim):
    """g, of size 1 along dim, times the product of all other elements along dim."""
    if x.dtype not in ONE or g.dtype is not x.dtype or x.size == 0:
        return elsewhere.prod_grad(g, x, dim)
    x, out, table = np.ascontiguousarray(x), np.empty(x.shape, x.dtype), plan(x.shape, dim)
    products = wide_totals("prod", x, (dim,))
    if products is None:
        products = np.multiply.reduce(x, dim, np.float64, keepdims=True)
    arrays = np.ascontiguousarray(g), products, x, table, out
    launch(_prod_grad, ONE[x.dtype], arrays, x.size >= SHARED)
    return out
