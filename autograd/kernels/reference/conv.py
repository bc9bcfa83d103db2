"""Convolution in any number of dimensions: windows of the image as a strided view, then products.

x is (N, C, *size), weight (O, C / groups, *kernel); stride and dilation hold a number for each
spatial dimension, padding a pair, of which a negative one cuts off.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided


def _padded(x, padding):
    """x with zeros around its spatial dimensions, or cut where the padding is negative."""
    pairs = [(0, 0), (0, 0), *padding]
    x = x[tuple(slice(max(0, -a), n - max(0, -b)) for n, (a, b) in zip(x.shape, pairs))]
    return np.pad(x, [(max(0, a), max(0, b)) for a, b in pairs])


def _windows(x, kernel, stride, padding, dilation):
    """View (N, C, *out, *kernel) of the padded x."""
    x = _padded(x, padding)
    out = [
        (n - d * (k - 1) - 1) // s + 1
        for n, k, s, d in zip(x.shape[2:], kernel, stride, dilation, strict=True)
    ]
    steps = x.strides[2:]
    strides = [step * s for step, s in zip(steps, stride, strict=True)]
    taps = [step * d for step, d in zip(steps, dilation, strict=True)]
    return as_strided(
        x, (*x.shape[:2], *out, *kernel), (*x.strides[:2], *strides, *taps), writeable=False
    )


def conv(x, weight, bias, stride, padding, dilation, groups):
    """Cross-correlation of x with weight, plus bias (O,) or None: (N, O, *out)."""
    kernel = weight.shape[2:]
    windows = _windows(x, kernel, stride, padding, dilation)
    n = len(kernel)
    out = np.empty((len(x), len(weight), *windows.shape[2 : n + 2]), x.dtype)
    inner, rows = weight.shape[1], len(weight) // groups
    taps = [1, *range(n + 2, 2 * n + 2)], [1, *range(2, n + 2)]
    for group in range(groups):
        channels = slice(group * rows, (group + 1) * rows)
        part = windows[:, group * inner : (group + 1) * inner]
        out[:, channels] = np.moveaxis(np.tensordot(part, weight[channels], taps), -1, 1)
    if bias is not None:
        out += bias.reshape(-1, *[1] * n)
    return out


def conv_input_grad(g, weight, bias, size, stride, padding, dilation, groups):
    """What `conv` gives back to its input of spatial size `size`, plus bias (C,) or None."""
    kernel = weight.shape[2:]
    inner, rows = weight.shape[1], len(weight) // groups
    whole = [n + a + b for n, (a, b) in zip(size, padding, strict=True)]
    padded = np.zeros((len(g), inner * groups, *whole), g.dtype)
    for group in range(groups):
        channels = slice(group * rows, (group + 1) * rows)
        into = padded[:, group * inner : (group + 1) * inner]
        columns = np.moveaxis(np.tensordot(weight[channels], g[:, channels], ([0], [1])), -len(
            kernel) - 1, 0)  # (N, inner, *kernel, *out)
        for tap in np.ndindex(kernel):
            at = tuple(
                slice(i * d, i * d + s * (n - 1) + 1, s)
                for i, d, s, n in zip(tap, dilation, stride, g.shape[2:], strict=True)
            )
            into[(..., *at)] += columns[(slice(None), slice(None), *tap)]
    grad = _padded(padded, [(-a, -b) for a, b in padding])
    if bias is not None:
        grad += bias.reshape(-1, *[1] * len(kernel))
    return grad


def conv_weight_grad(g, x, kernel, stride, padding, dilation, groups):
    """What `conv` gives back to its weight of spatial size `kernel`: (O, C / groups, *kernel)."""
    windows = _windows(x, kernel, stride, padding, dilation)
    inner, rows = x.shape[1] // groups, g.shape[1] // groups
    over = [0, *range(2, g.ndim)]
    grad = np.empty((g.shape[1], inner, *kernel), g.dtype)
    for group in range(groups):
        channels = slice(group * rows, (group + 1) * rows)
        part = windows[:, group * inner : (group + 1) * inner]
        grad[channels] = np.tensordot(g[:, channels], part, (over, over))
    return grad


def conv_bias_grad(g):
    """Sum of g (N, O, *out) over everything but the channels."""
    return g.sum(axis=(0, *range(2, g.ndim)), dtype=np.float64).astype(g.dtype)
