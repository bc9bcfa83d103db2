"""Normalisation. Statistics and result of a group come one after the other, while it is in cache.

The numbers of a group are cut into segments of consecutive numbers with one weight. Long segments
are summed one by one here; short ones, of many images, as columns (`norm_columns`) or, of one
image, as rows (`norm_rows`). Sums are shifted by a first guess of the mean, taken over blocks in
the type of x, and merged in float64: a mean much larger than the deviation costs no digits.

Reference: Chan, Golub and LeVeque, Updating Formulae and a Pairwise Algorithm for Computing
Sample Variances (1979).
"""

from functools import lru_cache

import numpy as np

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.memory import data, item, length, matrix, share, size, vector
from autograd.kernels.compiled.norm_columns import columns, columns_grad
from autograd.kernels.compiled.norm_rows import PART, rows, rows_grad
from autograd.kernels.compiled.norm_sums import BLOCK, NOTED, block_sums, leaves, lost, merge
from autograd.kernels.compiled.softmax import contiguous, total
from autograd.kernels.compiled.vector_math import cast
from autograd.quiet import quiet

SHARED = 1 << 14  # numbers from which a second thread pays
LONG = 128  # numbers from which a segment is summed by itself, with statistics over the batch
LONG_IN_IMAGE = 32  # the same, with statistics of one image
# variances beyond which, or beyond one over which, float64 answers: in the type of x their squares
# overflow or what they divide vanishes
LARGEST = {np.dtype(np.float32): 1e30, np.dtype(np.float64): 1e300}
_NONE = np.empty(0)  # stands for no weight, no bias


@jit(inner=True)
def _moments(x, first, count, hop, extent):
    """Mean and variance of `count` segments of x, in float64."""
    start = first * extent
    head = x[start : start + min(extent, BLOCK)]
    shift = cast(x[0], np.float64(total(head)) / head.size)
    n = mean = m2 = pending = s1 = s2 = 0.0
    for p in range(count):
        start = (first + p * hop) * extent
        for j in range(start, start + extent, BLOCK):
            block = x[j : min(j + BLOCK, start + extent)]
            t1, t2 = block_sums(block, shift)
            s1 += t1
            s2 += t2
            pending += block.size
            if pending >= BLOCK:
                n, mean, m2 = merge(n, mean, m2, pending, shift, s1, s2)
                shift = cast(x[0], mean)
                pending = s1 = s2 = 0.0
    if pending:
        n, mean, m2 = merge(n, mean, m2, pending, shift, s1, s2)
    return mean, m2 / n


@jit(inner=True, exact=True)
def _rescale(x, shift, scale, offset, out):
    for j in range(x.size):
        out[j] = (x[j] - shift) * scale + offset


@jit
def _segments(one, arrays, parts, index):
    """arrays: x, weight, bias, plan, settings, mean, var, out."""
    x = vector(data(item(arrays, 0)), size(item(arrays, 0)), one)
    out = vector(data(item(arrays, 7)), x.size, one)
    weight = vector(data(item(arrays, 1)), length(item(arrays, 1), 0), one)
    bias = vector(data(item(arrays, 2)), length(item(arrays, 2), 0), one)
    plan = vector(data(item(arrays, 3)), 7, np.int64(1))
    units, count, step, hop, channels, extent, fixed = plan
    settings = vector(data(item(arrays, 4)), NOTED + 1, 1.0)
    eps, noted = settings[0], False
    mean = vector(data(item(arrays, 5)), units, 1.0)
    var = vector(data(item(arrays, 6)), units, 1.0)
    for u in range(share(units, parts, index, 1), share(units, parts, index + 1, 1)):
        if not fixed:
            mean[u], var[u] = _moments(x, u * step, count, hop, extent)
            noted |= leaves(var[u], settings)
        rstd = 1.0 / np.sqrt(var[u] + eps)
        shift = cast(one, mean[u])
        for p in range(count):
            s = u * step + p * hop
            c = s % channels
            scale = rstd * weight[c] if weight.size else rstd
            noted |= lost(scale, settings)
            offset = (bias[c] if bias.size else 0.0) - (mean[u] - shift) * scale
            _rescale(x[s * extent : (s + 1) * extent], shift, cast(one, scale),
                     cast(one, offset), out[s * extent : (s + 1) * extent])  # fmt: skip
    if noted:
        settings[NOTED] = 1


@jit(inner=True)
def _block_products(g, x, shift):
    t1 = t2 = shift - shift
    for j in range(g.size):
        t1 += g[j]
        t2 += g[j] * (x[j] - shift)
    return t1, t2


@jit(inner=True)
def _products(g, x, shift):
    """Sums of g and of g (x - shift), in float64."""
    sum_g = sum_gx = 0.0
    for first in range(0, g.size, BLOCK):
        last = min(first + BLOCK, g.size)
        t1, t2 = _block_products(g[first:last], x[first:last], shift)
        sum_g += t1
        sum_gx += t2
    return sum_g, sum_gx


@jit(inner=True, exact=True)
def _combine(g, x, shift, a, b, c, out):
    for j in range(g.size):
        out[j] = g[j] * a + (x[j] - shift) * b + c


@jit(inner=True, exact=True)
def _scale(g, a, out):
    for j in range(g.size):
        out[j] = g[j] * a


@jit
def _segments_grad(one, arrays, parts, index):
    """arrays: g, x, weight, plan, settings, mean, var, sums (2, segments), out."""
    x = vector(data(item(arrays, 1)), size(item(arrays, 1)), one)
    g = vector(data(item(arrays, 0)), x.size, one)
    out = vector(data(item(arrays, 8)), x.size, one)
    weight = vector(data(item(arrays, 2)), length(item(arrays, 2), 0), one)
    plan = vector(data(item(arrays, 3)), 7, np.int64(1))
    units, count, step, hop, channels, extent, fixed = plan
    settings = vector(data(item(arrays, 4)), NOTED + 1, 1.0)
    eps, noted = settings[0], False
    mean = vector(data(item(arrays, 5)), units, 1.0)
    var = vector(data(item(arrays, 6)), units, 1.0)
    sums = vector(data(item(arrays, 7)), 2 * units * count, 1.0)
    for u in range(share(units, parts, index, 1), share(units, parts, index + 1, 1)):
        noted |= not fixed and leaves(var[u], settings)
        rstd = 1.0 / np.sqrt(var[u] + eps)
        shift = cast(one, mean[u])
        rest, along, offset = mean[u] - shift, 0.0, 0.0
        for p in range(count):
            s = u * step + p * hop
            start, end = s * extent, (s + 1) * extent
            sum_g, sum_gx = _products(g[start:end], x[start:end], shift)
            sums[s] = (sum_gx - rest * sum_g) * rstd
            sums[units * count + s] = sum_g
            w = weight[s % channels] if weight.size else one
            along += w * sums[s]
            offset += w * sum_g
        b = -along / (count * extent) * rstd * rstd
        c = -offset / (count * extent) * rstd - b * rest
        for p in range(count):
            s = u * step + p * hop
            start, end = s * extent, (s + 1) * extent
            a = rstd * weight[s % channels] if weight.size else rstd
            noted |= lost(a, settings)
            if fixed:
                _scale(g[start:end], cast(one, a), out[start:end])
            else:
                _combine(g[start:end], x[start:end], shift, cast(one, a), cast(one, b),
                         cast(one, c), out[start:end])  # fmt: skip
    if noted:
        settings[NOTED] = 1


@jit
def _collect(one, arrays, parts, index):
    """arrays: sums (2, pieces, channels extent) in float64, [pieces, extent], out (2, channels)."""
    pieces, extent = vector(data(item(arrays, 1)), 2, np.int64(1))
    channels = length(item(arrays, 2), 1)
    sums = matrix(data(item(arrays, 0)), 2 * pieces, channels * extent, 1.0)
    out = matrix(data(item(arrays, 2)), 2, channels, one)
    for which in range(2):
        first = sums[which * pieces]
        for piece in range(which * pieces + 1, (which + 1) * pieces):
            for j in range(first.size):
                first[j] += sums[piece, j]
        for c in range(channels):
            total = 0.0
            for j in range(c * extent, (c + 1) * extent):
                total += first[j]
            out[which, c] = cast(one, total)


def _segment_plan(layout, kind):
    """How the segments of (N, G, K, L) form groups: number of groups, segments in each, step to
    the next group, to the next segment, channels, length of a segment, whether kind is fixed."""
    n, g, k, extent = layout
    if kind in ("batch", "fixed"):
        return np.array((g, n, 1, g, g, extent, kind == "fixed"), np.int64)
    return np.array((n * g, k, k, 1, g * k, extent, 0), np.int64)


@lru_cache(256)
def _plan(layout, kind):
    """The kernel for (N, G, K, L), what it reads of this, and how many groups there are."""
    n, g, k, extent = layout
    over_batch = kind in ("batch", "fixed")
    units = g if over_batch else n * g
    if extent >= (LONG if over_batch else LONG_IN_IMAGE):
        return _segments, _segment_plan(layout, kind), units
    if over_batch:
        return columns, np.array((n, g, extent, kind == "fixed"), np.int64), units
    return rows, np.array((units, k * extent, g, kind == "rms"), np.int64), units


@lru_cache(256)
def _grad_plan(layout, kind):
    """The same for the gradients, with the shape of the sums that the kernel leaves."""
    n, g, k, extent = layout
    over_batch, channels = kind in ("batch", "fixed"), g * k
    if extent >= (LONG if over_batch else LONG_IN_IMAGE):
        return _segments_grad, _segment_plan(layout, kind), (2, n, channels)
    if over_batch:
        return columns_grad, np.array((n, g, extent, kind == "fixed"), np.int64), (2, 1, channels)
    lines = n * g
    part = max(g, min(PART, lines // 8) // g * g)
    plan = np.array((lines, k * extent, g, kind == "rms", part), np.int64)
    return rows_grad, plan, (2, -(-lines // part), channels * extent)


def _fits(x, other, another):
    """Whether the compiled kernels serve these arrays."""
    dtype = x.dtype
    return (dtype in ONE and x.size > 0 and (other is None or other.dtype == dtype)
            and (another is None or another.dtype == dtype))  # fmt: skip


def _spread(weight, extent):
    """A weight for each number of an image, from one for each channel."""
    if weight is None:
        return _NONE
    return weight if extent == 1 else np.repeat(weight, extent)


@lru_cache(256)
def _settings(eps, dtype):
    """What the kernels get of this, but for the last number as a copy of it."""
    largest, kind = LARGEST[dtype], np.finfo(dtype)
    return np.array((eps, 1 / largest - eps, largest, kind.tiny, kind.max, 0), np.float64)


@quiet
def _noted(var, weight, settings, kind, layout):
    """The groups that the kernels have noted, as part of (N, G, 1, 1)."""
    eps, smallest, largest, tiny, huge, _ = settings
    var = var.reshape(-1, layout[1], 1, 1)
    factors = 1 / np.sqrt(var + eps)
    if weight is not None:
        factors = factors * weight.reshape(layout[1], layout[2], 1)
    sizes = np.abs(factors)
    noted = ~((tiny <= sizes) & (sizes <= huge) | (sizes == 0)).all(2, keepdims=True)
    return noted if kind == "fixed" else noted | ~((smallest <= var) & (var < largest))


def _replace(target, source, groups, layout):
    """Writes the groups of `source`, seen as `layout`, over those of `target`."""
    np.copyto(target.reshape(layout), source.reshape(layout), where=groups)


def standardize(x, weight, bias, kind, layout, eps, mean=None, var=None):
    """(x - mean) / sqrt(var + eps) * weight + bias for x seen as `layout`, (N, G, K, L);
    then mean and var (float64).

    `kind` "group": the statistics are those of each (n, g), flat (N G); "rms" the same with mean
    0; "batch": of each g over all n, with K = 1; "fixed": given, (G). weight and bias, or None,
    are flat (G K).
    """
    if not _fits(x, weight, bias):
        return elsewhere.standardize(x, weight, bias, kind, layout, eps, mean, var)
    given, (kernel, plan, units) = (weight, bias), _plan(layout, kind)
    if kind == "fixed":
        mean, var = np.array(mean, np.float64), np.array(var, np.float64)
    else:
        mean, var = np.empty(units), np.empty(units)
    out = np.empty(x.shape, x.dtype)
    if kernel is rows:
        weight, bias = _spread(weight, layout[3]), _spread(bias, layout[3])
    inputs = contiguous(x, _NONE if weight is None else weight, _NONE if bias is None else bias)
    settings = _settings(float(eps), x.dtype).copy()
    launch(kernel, ONE[x.dtype], (*inputs, plan, settings, mean, var, out), x.size >= SHARED)
    if settings[NOTED]:
        groups = _noted(var, given[0], settings, kind, layout)
        found = elsewhere.standardize(x, *given, kind, layout, eps, mean, var)
        for target, source in zip((mean, var), found[1:], strict=True):
            np.copyto(target, source, where=groups.ravel())
        _replace(out, found[0], groups, layout)
    return out, mean, var


def standardize_grad(g, x, weight, kind, layout, eps, mean, var):
    """What `standardize` gives back to x, weight and bias (G K), from g of x's shape."""
    if not _fits(x, weight, g):
        return elsewhere.standardize_grad(g, x, weight, kind, layout, eps, mean, var)
    kernel, plan, shape = _grad_plan(layout, kind)
    out, sums, given = np.empty(x.shape, x.dtype), np.empty(shape), weight
    if kernel is rows_grad:
        weight = _spread(weight, layout[3])
    inputs = contiguous(g, x, _NONE if weight is None else weight)
    settings = _settings(float(eps), x.dtype).copy()
    launch(kernel, ONE[x.dtype], (*inputs, plan, settings, mean, var, sums, out), x.size >= SHARED)
    if settings[NOTED]:
        found = elsewhere.standardize_grad(g, x, given, kind, layout, eps, mean, var)
        _replace(out, found[0], _noted(var, given, settings, kind, layout), layout)
        return out, *found[1:]
    channels = layout[1] * layout[2]
    weight_grad, bias_grad = grads = np.empty((2, channels), x.dtype)
    pieces = np.array((shape[1], shape[2] // channels), np.int64)
    launch(_collect, ONE[x.dtype], (sums, pieces, grads), False)
    return out, weight_grad, bias_grad
