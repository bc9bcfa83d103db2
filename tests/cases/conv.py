"""Samples for autograd/ops/conv.py; the answers are loops over outputs and taps by the
definition."""

from itertools import product

import numpy as np

from tests.cases import Case, Spec
from tests.cases.linalg import functional


def _pairs(padding, n):
    return [(p, p) if isinstance(p, int) else p for p in
            (padding if isinstance(padding, tuple) else (padding,) * n)]


def _many(option, n):
    return option if isinstance(option, tuple) else (option,) * n


def _reads(size, kernel, out, stride, padding, dilation):
    """(output place, tap, input place) of every product that reads inside the input."""
    for place in product(*map(range, out)):
        for tap in product(*map(range, kernel)):
            at = tuple(o * s + i * d - p[0] for o, s, i, d, p in zip(
                place, stride, tap, dilation, padding, strict=True))
            if all(0 <= a < m for a, m in zip(at, size, strict=True)):
                yield place, tap, at


def convolve(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The convolution of x (N, C, ...), one product at a time."""
    n = weight.ndim - 2
    if x.ndim == n + 1:
        return convolve(x[None], weight, bias, stride, padding, dilation, groups)[0]
    stride, dilation, pairs = _many(stride, n), _many(dilation, n), _pairs(padding, n)
    out = [(m + a + b - d * (k - 1) - 1) // s + 1 for m, k, s, d, (a, b) in zip(
        x.shape[2:], weight.shape[2:], stride, dilation, pairs, strict=True)]
    result = np.zeros((len(x), len(weight), *out))
    rows, inner = len(weight) // groups, weight.shape[1]
    for place, tap, at in _reads(x.shape[2:], weight.shape[2:], out, stride, pairs, dilation):
        for o in range(len(weight)):
            channels = slice(o // rows * inner, (o // rows + 1) * inner)
            result[(slice(None), o, *place)] += (
                x[(slice(None), channels, *at)] @ weight[(o, slice(None), *tap)])
    return result if bias is None else result + bias.reshape(-1, *[1] * n)


def spread(g, weight, bias=None, *, size, stride, padding, dilation, groups):
    """What the convolution gives back to an input of this size."""
    n = len(size)
    rows, inner = len(weight) // groups, weight.shape[1]
    result = np.zeros((len(g), inner * groups, *size))
    for place, tap, at in _reads(size, weight.shape[2:], g.shape[2:], stride, padding, dilation):
        for o in range(len(weight)):
            channels = slice(o // rows * inner, (o // rows + 1) * inner)
            result[(slice(None), channels, *at)] += np.outer(
                g[(slice(None), o, *place)], weight[(o, slice(None), *tap)])
    return result if bias is None else result + bias.reshape(-1, *[1] * n)


def collect(g, x, *, kernel, stride, padding, dilation, groups):
    """What the convolution gives back to a weight with this kernel."""
    rows, inner = g.shape[1] // groups, x.shape[1] // groups
    result = np.zeros((g.shape[1], inner, *kernel))
    for place, tap, at in _reads(x.shape[2:], kernel, g.shape[2:], stride, padding, dilation):
        for o in range(g.shape[1]):
            channels = slice(o // rows * inner, (o // rows + 1) * inner)
            result[(o, slice(None), *tap)] += (
                g[(slice(None), o, *place)] @ x[(slice(None), channels, *at)])
    return result


def transpose(x, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """The transposed convolution."""
    n = weight.ndim - 2
    if x.ndim == n + 1:
        return transpose(x[None], weight, bias, stride, padding, output_padding, groups,
                         dilation)[0]
    stride, dilation, pairs = _many(stride, n), _many(dilation, n), _pairs(padding, n)
    size = [(m - 1) * s - 2 * p[0] + d * (k - 1) + 1 + e for m, s, p, d, k, e in zip(
        x.shape[2:], stride, pairs, dilation, weight.shape[2:], _many(output_padding, n),
        strict=True)]
    return spread(x, weight, bias, size=size, stride=stride, padding=pairs, dilation=dilation,
                  groups=groups)


def _options(stride=(1, 1), padding=((0, 0), (0, 0)), dilation=(1, 1), groups=1, **more):
    return dict(stride=stride, padding=padding, dilation=dilation, groups=groups, **more)


def _same(x, weight, bias=None, **options):
    """SAME with stride 2 and kernel 3 over 4 pixels: one zero, at the end."""
    return convolve(x, weight, bias, **{**options, "padding": ((0, 1),) * (weight.ndim - 2)})


UNEVEN = dict(stride=(2, 1), padding=((1, 0), (-1, 2)), dilation=(1, 2))
STRIDED = dict(stride=2, padding=1, dilation=2, groups=2)

CASES = {
    "convolution": [
        Case((Spec((2, 2, 4, 3)), Spec((2, 2, 2, 2)), Spec((2,))), _options(), convolve,
             torch=False),
        Case((Spec((1, 2, 3, 4)), Spec((2, 1, 2, 2))), _options(**UNEVEN, groups=2), convolve,
             torch=False),
    ],
    "convolution_input_grad": [
        Case((Spec((2, 2, 2, 2)), Spec((2, 2, 2, 2)), Spec((2,))), _options(size=(3, 3)), spread,
             torch=False),
        Case((Spec((1, 2, 2, 3)), Spec((2, 1, 2, 2))),
             _options(**UNEVEN, groups=2, size=(3, 4)), spread, torch=False),
        Case((Spec((1, 2, 2, 2)), Spec((2, 2, 1, 1))), _options(stride=(2, 2), size=(3, 4)),
             spread, torch=False),
    ],
    "convolution_weight_grad": [
        Case((Spec((2, 2, 2, 2)), Spec((2, 2, 3, 3))), _options(kernel=(2, 2)), collect,
             torch=False),
        Case((Spec((1, 2, 2, 3)), Spec((1, 2, 3, 4))),
             _options(**UNEVEN, groups=2, kernel=(2, 2)), collect, torch=False),
    ],
    "convolution_bias_grad": [
        Case((Spec((2, 3, 2, 2)),), reference=lambda g: g.sum((0, 2, 3)), torch=False),
    ],
    "conv1d": [
        Case((Spec((2, 2, 6)), Spec((3, 2, 3)), Spec((3,))), reference=convolve,
             torch=functional("conv1d")),
        Case((Spec((2, 9)), Spec((4, 1, 3)), Spec((4,))), STRIDED, convolve,
             torch=functional("conv1d")),
        Case((Spec((1, 2, 4)), Spec((2, 2, 3))), dict(stride=2, padding="same"), _same,
             torch=False),
    ],
    "conv2d": [
        Case((Spec((2, 2, 3, 4)), Spec((2, 2, 2, 3)), Spec((2,))), dict(padding=(0, 1)), convolve,
             torch=functional("conv2d")),
        Case((Spec((1, 2, 5, 4)), Spec((2, 1, 3, 2))), STRIDED, convolve,
             torch=functional("conv2d")),
        Case((Spec((2, 3, 3)), Spec((1, 2, 3, 3)), Spec((1,))), dict(padding="valid"),
             lambda x, w, b, padding: convolve(x, w, b), torch=functional("conv2d")),
        Case((Spec((1, 1, 4, 4)), Spec((2, 1, 3, 3))), dict(stride=2, padding="same"), _same,
             torch=False),
        Case((Spec((1, 1, 3, 4)), Spec((1, 1, 2, 3))), dict(padding="same"),
             lambda x, w, padding: convolve(x, w, padding=((0, 1), (1, 1))),
             torch=False),  # PyTorch warns of the uneven padding
    ],
    "conv3d": [
        Case((Spec((1, 2, 2, 3, 2)), Spec((1, 2, 2, 2, 1)), Spec((1,))),
             dict(padding=(1, 0, 0), stride=(1, 2, 1)), convolve, torch=functional("conv3d")),
        Case((Spec((2, 2, 2, 3)), Spec((2, 1, 1, 2, 2))), dict(groups=2), convolve,
             torch=functional("conv3d")),
    ],
    "conv_transpose1d": [
        Case((Spec((2, 2, 4)), Spec((2, 2, 3)), Spec((2,))), dict(stride=2, padding=1),
             transpose, torch=functional("conv_transpose1d")),
        Case((Spec((2, 4)), Spec((2, 1, 3))), dict(groups=2, dilation=3, output_padding=2),
             transpose, torch=functional("conv_transpose1d")),
    ],
    "conv_transpose2d": [
        Case((Spec((1, 2, 2, 3)), Spec((2, 1, 3, 3)), Spec((1,))),
             dict(stride=2, padding=1, output_padding=1), transpose,
             torch=functional("conv_transpose2d")),
        Case((Spec((2, 2, 2)), Spec((2, 1, 2, 3))), dict(stride=(3, 1), groups=2), transpose,
             torch=functional("conv_transpose2d")),
        Case((Spec((2, 2, 2, 3)), Spec((2, 2, 1, 2))), {}, transpose,
             torch=functional("conv_transpose2d")),
    ],
    "conv_transpose3d": [
        Case((Spec((1, 2, 2, 1, 2)), Spec((2, 1, 2, 1, 2)), Spec((2,))),
             dict(stride=(2, 1, 2), output_padding=(1, 0, 0), groups=2), transpose,
             torch=functional("conv_transpose3d")),
        Case((Spec((2, 2, 1, 2)), Spec((2, 2, 2, 2, 1))), dict(padding=(1, 0, 0), dilation=2),
             transpose, torch=functional("conv_transpose3d")),
    ],
    "conv_tbc": [
        Case((Spec((3, 2, 2)), Spec((2, 2, 3)), Spec((3,))), dict(pad=1),
             lambda x, w, b, pad: convolve(x.transpose(1, 2, 0), w.transpose(2, 1, 0), b,
                                           padding=pad).transpose(2, 0, 1),
             torch=functional("conv_tbc")),
    ],
}
