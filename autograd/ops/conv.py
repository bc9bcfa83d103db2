"""Convolution and its transpose, in one, two and three dimensions.

Three ops are closed under differentiation: the convolution, what it gives back to its input (the
transposed convolution), and what it gives back to its weight. Each is linear in both arguments,
and the rules of each are the other two.

Their `padding` is a pair of numbers for each dimension; a negative one cuts off.
"""

from __future__ import annotations

import numpy as np

from .. import kernels
from ..errors import describe
from ..record import composite, op
from ..tensors import Tensor
from . import conv_geometry
from .shape import expand, permute, reshape, squeeze, unsqueeze


@op(method=False, vjp=dict(
    input=lambda g, weight, input_shape, stride, padding, dilation, groups:
        convolution_input_grad(g, weight, size=tuple(input_shape[2:]), stride=stride,
                               padding=padding, dilation=dilation, groups=groups),
    weight=lambda g, input, weight_shape, stride, padding, dilation, groups:
        convolution_weight_grad(g, input, kernel=tuple(weight_shape[2:]), stride=stride,
                                padding=padding, dilation=dilation, groups=groups),
    bias=lambda g: convolution_bias_grad(g)))
def convolution(input, weight, bias=None, /, *, stride, padding, dilation, groups):
    """Sums over windows of the padded input (N, C, ...) times weight (O, C / groups, ...), plus
    bias (O): (N, O, ...)."""
    return kernels.conv(input, weight, bias, stride, padding, dilation, groups)


@op(method=False, vjp=dict(
    g=lambda g_out, weight, stride, padding, dilation, groups:
        convolution(g_out, weight, stride=stride, padding=padding, dilation=dilation,
                    groups=groups),
    weight=lambda g_out, g, weight_shape, stride, padding, dilation, groups:
        convolution_weight_grad(g, g_out, kernel=tuple(weight_shape[2:]), stride=stride,
                                padding=padding, dilation=dilation, groups=groups),
    bias=lambda g_out: convolution_bias_grad(g_out)))
def convolution_input_grad(g, weight, bias=None, /, *, size, stride, padding, dilation, groups):
    """What a convolution with result gradient g gives back to its input of spatial size `size`,
    plus bias (C): the transposed convolution of g."""
    return kernels.conv_input_grad(g, weight, bias, size, stride, padding, dilation, groups)


@op(method=False, vjp=dict(
    g=lambda g_out, input, stride, padding, dilation, groups:
        convolution(input, g_out, stride=stride, padding=padding, dilation=dilation,
                    groups=groups),
    input=lambda g_out, g, input_shape, stride, padding, dilation, groups:
        convolution_input_grad(g, g_out, size=tuple(input_shape[2:]), stride=stride,
                               padding=padding, dilation=dilation, groups=groups)))
def convolution_weight_grad(g, input, /, *, kernel, stride, padding, dilation, groups):
    """What a convolution of input with result gradient g gives back to its weight, whose spatial
    size is `kernel`."""
    return kernels.conv_weight_grad(g, input, kernel, stride, padding, dilation, groups)


@op(method=False, vjp=dict(
    g=lambda g_out, g_shape: expand(
        reshape(g_out, (-1, *[1] * (len(g_shape) - 2))), tuple(g_shape))))
def convolution_bias_grad(g, /):
    """Sum of g (N, O, ...) over everything but the channels: (O)."""
    return kernels.conv_bias_grad(g)


@composite(method=False)
def conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """out[n, o, l] = bias[o] + sum over c, i of weight[o, c, i] input[n, c, l stride + i dilation].

    `padding` is a number of zeros, 'valid' for none, or 'same' for ceil(L / stride) outputs.
    Shape: (N, C, L) or (C, L), weight (O, C / groups, K), bias (O) -> (N, O, L')
    Raises: RuntimeError, ValueError where shapes or options do not fit.

    >>> nn.functional.conv1d(autograd.tensor([[1., 2., 4.]]), autograd.tensor([[[-1., 1.]]]))
    tensor([[1., 2.]])
    """
    return _convolve("conv1d", input, weight, bias, stride, padding, dilation, groups)


@composite(method=False)
def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """out[n, o, y, x] = bias[o] + sum over c, i, j of
    weight[o, c, i, j] input[n, c, y stride + i dilation, x stride + j dilation].

    This is cross-correlation: the kernel is not flipped. `padding` is a number of zeros, or one
    for each dimension, 'valid' for none, or 'same' for ceil(size / stride) outputs, where an odd
    number of zeros has one more at the end, as in TensorFlow.

    In float32, kernels of 3 x 3 with stride 1 between 16 channels and more go by Winograd's method:
    rounding errors stay below 1e-6 of the sum of |weight| times the largest |input|, and in images
    whose largest number stands out, of the largest that is seen at that place.
    Shape: (N, C, H, W) or (C, H, W), weight (O, C / groups, K, K), bias (O) -> (N, O, H', W'),
    with H' = floor((H + 2 padding - dilation (K - 1) - 1) / stride) + 1
    Raises: RuntimeError, ValueError where shapes or options do not fit.

    >>> nn.functional.conv2d(autograd.ones(1, 3, 3), autograd.ones(1, 1, 2, 2), stride=2)
    tensor([[[4.]]])
    """
    return _convolve("conv2d", input, weight, bias, stride, padding, dilation, groups)


@composite(method=False)
def conv3d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """`conv2d` for volumes.

    Shape: (N, C, D, H, W) or (C, D, H, W), weight (O, C / groups, K, K, K), bias (O)
    Raises: RuntimeError, ValueError where shapes or options do not fit.
    """
    return _convolve("conv3d", input, weight, bias, stride, padding, dilation, groups)


@composite(method=False)
def conv_transpose1d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1,
                     dilation=1):
    """`conv_transpose2d` for sequences.

    Shape: (N, C, L) or (C, L), weight (C, O / groups, K), bias (O)
    Raises: RuntimeError, ValueError where shapes or options do not fit.
    """
    return _transposed("conv_transpose1d", input, weight, bias, stride, padding, output_padding,
                       groups, dilation)


@composite(method=False)
def conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1,
                     dilation=1):
    """The gradient of conv2d by its input, as a layer: every pixel adds its kernel to the output.

    Shape: (N, C, H, W) or (C, H, W), weight (C, O / groups, K, K), bias (O) -> (N, O, H', W'),
    with H' = (H - 1) stride - 2 padding + dilation (K - 1) + output_padding + 1
    Raises: RuntimeError, ValueError where shapes or options do not fit.

    >>> nn.functional.conv_transpose2d(autograd.ones(1, 1, 2), autograd.ones(1, 1, 1, 2), stride=2)
    tensor([[[1., 1., 1., 1.]]])
    """
    return _transposed("conv_transpose2d", input, weight, bias, stride, padding, output_padding,
                       groups, dilation)


@composite(method=False)
def conv_transpose3d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1,
                     dilation=1):
    """`conv_transpose2d` for volumes.

    Shape: (N, C, D, H, W) or (C, D, H, W), weight (C, O / groups, K, K, K), bias (O)
    Raises: RuntimeError, ValueError where shapes or options do not fit.
    """
    return _transposed("conv_transpose3d", input, weight, bias, stride, padding, output_padding,
                       groups, dilation)


@composite(method=False)
def conv_tbc(input, weight, bias, pad=0):
    """conv1d of sequences with their channels last, from `pad` zeros at either end.

    Shape: (L, N, C), weight (K, C, O), bias (O) -> (L + 2 pad - K + 1, N, O)
    Raises: RuntimeError, ValueError where shapes or options do not fit.
    """
    for which, value in (("input", input), ("weight", weight)):
        if getattr(value, "ndim", 0) != 3:
            raise RuntimeError(f"conv_tbc: {which} must have 3 dimensions, got {describe(value)}")
    if input.shape[2] != weight.shape[1]:
        raise RuntimeError(f"conv_tbc: input {tuple(input.shape)} has {input.shape[2]} channels, "
                           f"but weight {tuple(weight.shape)} takes {weight.shape[1]}")
    out = conv1d(permute(input, (1, 2, 0)), permute(weight, (2, 1, 0)), bias, padding=pad)
    return permute(out, (2, 0, 1))


def _convolve(name, input, weight, bias, stride, padding, dilation, groups):
    _check_tensors(name, input, weight, bias)
    stride, padding, dilation = conv_geometry.conv(
        name, input._array.shape, weight._array.shape, None if bias is None else bias._array.shape,
        _fixed(stride), _fixed(padding), _fixed(dilation), groups)
    single = input._array.ndim < weight._array.ndim
    if single:
        input = unsqueeze(input, 0)
    out = convolution(input, weight, bias, stride=stride, padding=padding, dilation=dilation,
                      groups=groups)
    return squeeze(out, 0) if single else out


def _transposed(name, input, weight, bias, stride, padding, output_padding, groups, dilation):
    _check_tensors(name, input, weight, bias)
    size, stride, padding, dilation = conv_geometry.transposed(
        name, input._array.shape, weight._array.shape, None if bias is None else bias._array.shape,
        _fixed(stride), _fixed(padding), _fixed(output_padding), groups, _fixed(dilation))
    single = input._array.ndim < weight._array.ndim
    if single:
        input = unsqueeze(input, 0)
    out = convolution_input_grad(input, weight, bias, size=size, stride=stride, padding=padding,
                                 dilation=dilation, groups=groups)
    return squeeze(out, 0) if single else out


def _fixed(option):
    """An option that can be a key of the cache."""
    return tuple(option) if isinstance(option, list) else option


def _check_tensors(name: str, input, weight, bias) -> None:
    """Raise unless all are Tensors of one floating dtype."""
    dtype = getattr(getattr(input, "_array", None), "dtype", None)
    for which, value in (("input", input), ("weight", weight), ("bias", bias)):
        if value is None and which == "bias":
            continue
        if not isinstance(value, Tensor):
            raise TypeError(f"{name}: {which} must be a Tensor, got {describe(value)}")
        if value._array.dtype is not dtype:
            raise RuntimeError(f"{name}: input is {dtype}, but {which} is {value._array.dtype}; "
                               f"bring them to one dtype with .to(...)")
    if not np.issubdtype(dtype, np.floating):
        raise RuntimeError(f"{name}: input must be floating, got {dtype}; use input.float()")
