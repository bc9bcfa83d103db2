"""Normalisation of each row of a matrix, with a weight for each column."""

import numpy as np

from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.memory import data, item, length, matrix, share, vector
from autograd.kernels.compiled.norm_sums import BLOCK, NOTED, block_sums, leaves, merge
from autograd.kernels.compiled.softmax import total
from autograd.kernels.compiled.vector_math import cast

PART = 128  # rows whose share of the weight's gradient is summed together


@jit(inner=True)
def _moments(x, rms):
    """Mean (0 if rms) and mean square around it of a row, in float64."""
    n = mean = m2 = 0.0
    inverse = 1.0 / x.size
    shift = x[0] - x[0]
    if not rms:
        head = x[: min(BLOCK, x.size)]
        shift = cast(x[0], np.float64(total(head)) / head.size)
    if x.size <= BLOCK:
        s1, s2 = block_sums(x, shift)
        step = 0.0 if rms else s1 * inverse
        return shift + step, s2 * inverse - step * step
    for first in range(0, x.size, BLOCK):
        block = x[first : min(first + BLOCK, x.size)]
        s1, s2 = block_sums(block, shift)
        if rms:
            m2 += s2
        else:
            n, mean, m2 = merge(n, mean, m2, np.float64(block.size), shift, s1, s2)
            shift = cast(x[0], mean)
    return mean, m2 * inverse


@jit(inner=True, exact=True)
def _rescale(x, shift, scale, offset, weight, bias, out):
    """out = ((x - shift) * scale + offset) * weight + bias, where these are given."""
    if weight.size and bias.size:
        for j in range(x.size):
            out[j] = ((x[j] - shift) * scale + offset) * weight[j] + bias[j]
        return
    for j in range(x.size):
        out[j] = (x[j] - shift) * scale + offset
    if weight.size:
        for j in range(x.size):
            out[j] *= weight[j]
    if bias.size:
        for j in range(x.size):
            out[j] += bias[j]


@jit(inner=True)
def _slice(all, row, groups, columns):
    """The weights of a row; empty where there are none."""
    first = min(row % groups * columns, all.size)
    return all[first : min(first + columns, all.size)]


@jit
def rows(one, arrays, parts, index):
    """arrays: x, weight, bias, [rows, columns, groups, rms], settings, mean, var, out.

    Row i has the weights of group i % groups.
    """
    count, extent, groups, rms = vector(data(item(arrays, 3)), 4, np.int64(1))
    x = matrix(data(item(arrays, 0)), count, extent, one)
    out = matrix(data(item(arrays, 7)), count, extent, one)
    weight = vector(data(item(arrays, 1)), length(item(arrays, 1), 0), one)
    bias = vector(data(item(arrays, 2)), length(item(arrays, 2), 0), one)
    settings = vector(data(item(arrays, 4)), NOTED + 1, 1.0)
    eps, noted = settings[0], False
    mean = vector(data(item(arrays, 5)), count, 1.0)
    var = vector(data(item(arrays, 6)), count, 1.0)
    for i in range(share(count, parts, index, 1), share(count, parts, index + 1, 1)):
        mean[i], var[i] = _moments(x[i], rms)
        noted |= leaves(var[i], settings)
        scale = 1.0 / np.sqrt(var[i] + eps)
        shift = cast(one, mean[i])
        offset = (shift - mean[i]) * scale
        _rescale(x[i], shift, cast(one, scale), cast(one, offset),
                 _slice(weight, i, groups, extent), _slice(bias, i, groups, extent),
                 out[i])  # fmt: skip
    if noted:
        settings[NOTED] = 1


@jit(inner=True)
def _products(g, x, shift, scale, offset, weight):
    """Sums of g weight and g weight xhat over the row."""
    s1 = s2 = shift - shift
    for j in range(g.size):
        u = g[j] * weight[j]
        s1 += u
        s2 += u * ((x[j] - shift) * scale + offset)
    return s1, s2


@jit(inner=True, exact=True)
def _add_up(g, x, shift, scale, offset, weight_grad, bias_grad):
    for j in range(g.size):
        weight_grad[j] += g[j] * ((x[j] - shift) * scale + offset)
        bias_grad[j] += g[j]


@jit(inner=True, exact=True)
def _combine(g, x, shift, scale, offset, weight, m1, m2, out):
    for j in range(g.size):
        xhat = (x[j] - shift) * scale + offset
        out[j] = (g[j] * weight[j] - m1 - xhat * m2) * scale


@jit
def rows_grad(one, arrays, parts, index):
    """arrays: g, x, weight, [rows, columns, groups, rms, part], settings, mean, var,
    sums (2, parts, groups columns) in float64, out."""
    count, extent, groups, rms, part = vector(data(item(arrays, 3)), 5, np.int64(1))
    g = matrix(data(item(arrays, 0)), count, extent, one)
    x = matrix(data(item(arrays, 1)), count, extent, one)
    out = matrix(data(item(arrays, 8)), count, extent, one)
    weight = vector(data(item(arrays, 2)), length(item(arrays, 2), 0), one)
    settings = vector(data(item(arrays, 4)), NOTED + 1, 1.0)
    eps, noted = settings[0], False
    mean = vector(data(item(arrays, 5)), count, 1.0)
    var = vector(data(item(arrays, 6)), count, 1.0)
    chunks = (count + part - 1) // part
    sums = matrix(data(item(arrays, 7)), 2 * chunks, groups * extent, 1.0)
    work = np.empty_like(matrix(data(item(arrays, 0)), 2, groups * extent, one))
    weight_grad, bias_grad = work[0], work[1]
    if not weight.size:
        weight = np.empty_like(vector(data(item(arrays, 0)), groups * extent, one))
        weight[:] = one
    for chunk in range(share(chunks, parts, index, 1), share(chunks, parts, index + 1, 1)):
        weight_grad[:] = one - one
        bias_grad[:] = one - one
        for i in range(chunk * part, min(chunk * part + part, count)):
            rstd = 1.0 / np.sqrt(var[i] + eps)
            shift, scale = cast(one, mean[i]), cast(one, rstd)
            offset = cast(one, (shift - mean[i]) * rstd)
            w = _slice(weight, i, groups, extent)
            s1, s2 = _products(g[i], x[i], shift, scale, offset, w)
            _add_up(g[i], x[i], shift, scale, offset, _slice(weight_grad, i, groups, extent),
                    _slice(bias_grad, i, groups, extent))  # fmt: skip
            noted |= leaves(var[i], settings) or not abs(s2) <= settings[4]
            m1 = one - one if rms else cast(one, s1 / extent)
            _combine(g[i], x[i], shift, scale, offset, w, m1, cast(one, s2 / extent), out[i])
        sums[chunk][:] = weight_grad
        sums[chunks + chunk][:] = bias_grad
    if noted:
        settings[NOTED] = 1
