"""Normalisation over all images (rows), where each channel has few numbers in an image.

A few channels' columns are added up over the rows as vectors, and only then within the channel.
"""

import numpy as np

from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.memory import data, item, length, matrix, share, vector
from autograd.kernels.compiled.norm_sums import NOTED, leaves, lost, merge
from autograd.kernels.compiled.vector_math import cast

_COLUMNS = 1024  # about as many columns at a time: their sums stay in the first cache
_ROWS = 64  # rows that are added up in the type of x


@jit(inner=True, exact=True)
def _add_four(x0, x1, x2, x3, shift, s1, s2):
    for j in range(shift.size):
        a, b, c, d = x0[j] - shift[j], x1[j] - shift[j], x2[j] - shift[j], x3[j] - shift[j]
        s1[j] += (a + b) + (c + d)
        s2[j] += (a * a + b * b) + (c * c + d * d)


@jit(inner=True, exact=True)
def _add_one(x, shift, s1, s2):
    for j in range(shift.size):
        a = x[j] - shift[j]
        s1[j] += a
        s2[j] += a * a


@jit(inner=True)
def _add_up(x, first, last, start, end, shift, s1, s2):
    """Adds x - shift and its square, summed over the rows from first to last, to s1 and s2."""
    i = first
    while i + 4 <= last:
        _add_four(x[i][start:end], x[i + 1][start:end], x[i + 2][start:end], x[i + 3][start:end],
                  shift, s1, s2)  # fmt: skip
        i += 4
    while i < last:
        _add_one(x[i][start:end], shift, s1, s2)
        i += 1


@jit(inner=True)
def _fill(values, one, extent, out):
    """Each value `extent` times, in the type of `one`."""
    for c in range(values.size):
        out[c * extent : (c + 1) * extent] = cast(one, values[c])


@jit(inner=True)
def _collect(columns, extent, out):
    """Adds to each channel the sum of its columns, in float64."""
    for c in range(out.size):
        sum = 0.0
        for j in range(c * extent, (c + 1) * extent):
            sum += columns[j]
        out[c] += sum


@jit(inner=True)
def _moments(x, start, extent, one, shift, s1, s2, mean, var):
    """Mean and variance of each `extent` columns of x from `start` on, in float64."""
    end = start + mean.size * extent
    mean[:] = 0
    _collect(x[0][start:end], extent, mean)
    for c in range(mean.size):
        mean[c] /= extent
    var[:] = 0
    n = 0.0
    for first in range(0, len(x), _ROWS):
        last = min(first + _ROWS, len(x))
        _fill(mean, one, extent, shift)
        s1[:] = 0
        s2[:] = 0
        _add_up(x, first, last, start, end, shift, s1, s2)
        count = np.float64((last - first) * extent)
        for c in range(mean.size):
            t1 = t2 = 0.0
            for j in range(c * extent, (c + 1) * extent):
                t1 += s1[j]
                t2 += s2[j]
            _, mean[c], var[c] = merge(n, mean[c], var[c], count, shift[c * extent], t1, t2)
        n += count
    for c in range(mean.size):
        var[c] /= n


@jit(inner=True, exact=True)
def _rescale(x, shift, scale, offset, out):
    for j in range(shift.size):
        out[j] = (x[j] - shift[j]) * scale[j] + offset[j]


@jit(inner=True)
def _group(channels, extent):
    """Number of channels at a time."""
    return max(1, min(channels, _COLUMNS // extent))


@jit(inner=True)
def _factors(mean, var, settings, fixed, weight, bias, extent, scale, offset):
    """What each column is multiplied with and what is added then."""
    noted = False
    for c in range(mean.size):
        factor = 1.0 / np.sqrt(var[c] + settings[0]) * (weight[c] if weight.size else 1.0)
        noted |= lost(factor, settings) or not fixed and leaves(var[c], settings)
        rest = mean[c] - cast(scale[0], mean[c])
        constant = (bias[c] if bias.size else 0.0) - rest * factor
        for j in range(c * extent, (c + 1) * extent):
            scale[j] = cast(scale[0], factor)
            offset[j] = cast(scale[0], constant)
    if noted:
        settings[NOTED] = 1


@jit
def columns(one, arrays, parts, index):
    """arrays: x, weight, bias, [rows, channels, extent, fixed], settings, mean, var, out."""
    count, channels, extent, fixed = vector(data(item(arrays, 3)), 4, np.int64(1))
    x = matrix(data(item(arrays, 0)), count, channels * extent, one)
    out = matrix(data(item(arrays, 7)), count, channels * extent, one)
    weight = vector(data(item(arrays, 1)), length(item(arrays, 1), 0), one)
    bias = vector(data(item(arrays, 2)), length(item(arrays, 2), 0), one)
    settings = vector(data(item(arrays, 4)), NOTED + 1, 1.0)
    mean = vector(data(item(arrays, 5)), channels, 1.0)
    var = vector(data(item(arrays, 6)), channels, 1.0)
    unit = max(1, 16 // extent)
    stop = share(channels, parts, index + 1, unit)
    group = _group(channels, extent)
    space = np.empty_like(matrix(data(item(arrays, 0)), 3, group * extent, one))
    for first in range(share(channels, parts, index, unit), stop, group):
        last = min(first + group, stop)
        start, end = first * extent, last * extent
        shift, scale, offset = (space[0][: end - start], space[1][: end - start],
                                space[2][: end - start])  # fmt: skip
        if not fixed:
            _moments(x, start, extent, one, shift, scale, offset, mean[first:last], var[first:last])
        _fill(mean[first:last], one, extent, shift)
        _factors(mean[first:last], var[first:last], settings, fixed,
                 weight[first : min(last, weight.size)], bias[first : min(last, bias.size)],
                 extent, scale, offset)  # fmt: skip
        for i in range(count):
            _rescale(x[i][start:end], shift, scale, offset, out[i][start:end])


@jit(inner=True, exact=True)
def _two_products(g0, g1, x0, x1, shift, s1, s2):
    for j in range(shift.size):
        s1[j] += g0[j] + g1[j]
        s2[j] += g0[j] * (x0[j] - shift[j]) + g1[j] * (x1[j] - shift[j])


@jit(inner=True, exact=True)
def _product(g, x, shift, s1, s2):
    for j in range(shift.size):
        s1[j] += g[j]
        s2[j] += g[j] * (x[j] - shift[j])


@jit(inner=True)
def _products(g, x, start, extent, shift, s1, s2, along, sums):
    """Sums of g (x - shift) and of g in each channel, in float64."""
    end = start + sums.size * extent
    along[:] = 0
    sums[:] = 0
    for first in range(0, len(x), _ROWS):
        last = min(first + _ROWS, len(x))
        s1[:] = 0
        s2[:] = 0
        i = first
        while i + 2 <= last:
            _two_products(g[i][start:end], g[i + 1][start:end], x[i][start:end],
                          x[i + 1][start:end], shift, s1, s2)  # fmt: skip
            i += 2
        if i < last:
            _product(g[i][start:end], x[i][start:end], shift, s1, s2)
        _collect(s1, extent, sums)
        _collect(s2, extent, along)


@jit(inner=True, exact=True)
def _combine(g, x, shift, a, b, d, out):
    for j in range(shift.size):
        out[j] = g[j] * a[j] + (x[j] - shift[j]) * b[j] + d[j]


@jit(inner=True, exact=True)
def _scale(g, a, out):
    for j in range(a.size):
        out[j] = g[j] * a[j]


@jit(inner=True)
def _grad_factors(mean, var, settings, fixed, weight, along, sums, count, extent, a, b, d):
    """Finishes the sums g xhat of each channel; then the gradient is a g + b (x - mean) + d."""
    noted = False
    for c in range(mean.size):
        rstd = 1.0 / np.sqrt(var[c] + settings[0])
        rest = mean[c] - cast(a[0], mean[c])
        along[c] = (along[c] - rest * sums[c]) * rstd
        factor = rstd * weight[c] if weight.size else rstd
        noted |= lost(factor, settings) or not fixed and leaves(var[c], settings)
        slope = -along[c] / (count * extent) * rstd * factor
        constant = -sums[c] / (count * extent) * factor - slope * rest
        for j in range(c * extent, (c + 1) * extent):
            a[j] = cast(a[0], factor)
            b[j] = cast(a[0], slope)
            d[j] = cast(a[0], constant)
    if noted:
        settings[NOTED] = 1


@jit
def columns_grad(one, arrays, parts, index):
    """arrays: g, x, weight, [rows, channels, extent, fixed], settings, mean, var,
    sums (2, channels), out."""
    count, channels, extent, fixed = vector(data(item(arrays, 3)), 4, np.int64(1))
    g = matrix(data(item(arrays, 0)), count, channels * extent, one)
    x = matrix(data(item(arrays, 1)), count, channels * extent, one)
    out = matrix(data(item(arrays, 8)), count, channels * extent, one)
    weight = vector(data(item(arrays, 2)), length(item(arrays, 2), 0), one)
    settings = vector(data(item(arrays, 4)), NOTED + 1, 1.0)
    mean = vector(data(item(arrays, 5)), channels, 1.0)
    var = vector(data(item(arrays, 6)), channels, 1.0)
    sums = matrix(data(item(arrays, 7)), 2, channels, 1.0)
    unit = max(1, 16 // extent)
    stop = share(channels, parts, index + 1, unit)
    group = _group(channels, extent)
    space = np.empty_like(matrix(data(item(arrays, 0)), 4, group * extent, one))
    for first in range(share(channels, parts, index, unit), stop, group):
        last = min(first + group, stop)
        start, end = first * extent, last * extent
        shift, a = space[0][: end - start], space[1][: end - start]
        b, d = space[2][: end - start], space[3][: end - start]
        _fill(mean[first:last], one, extent, shift)
        _products(g, x, start, extent, shift, a, b, sums[0][first:last], sums[1][first:last])
        _grad_factors(mean[first:last], var[first:last], settings, fixed,
                      weight[first : min(last, weight.size)], sums[0][first:last],
                      sums[1][first:last], count, extent, a, b, d)  # fmt: skip
        for i in range(count):
            if fixed:
                _scale(g[i][start:end], a, out[i][start:end])
            else:
                _combine(g[i][start:end], x[i][start:end], shift, a, b, d, out[i][start:end])
