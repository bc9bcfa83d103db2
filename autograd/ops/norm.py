"""Normalisation: over the batch, over groups of channels, over rows; and vectors of length 1.

All but `local_response_norm`, `normalize` and `cosine_similarity` are one op on x seen as
(N, G, K, L): L numbers of one channel, K channels a group, G groups, N images.  The statistics go
over N, K, L ("batch"), over K, L ("group", "rms") or are given ("fixed").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

import numpy as np

from .. import kernels
from ..errors import describe
from ..quiet import quiet
from ..record import composite, joint, op
from ..replayed import replayed
from ..tensors import Tensor, mark_written, wrap
from .arithmetic import mul
from .compare import clamp
from .elementwise import cast, in_float32, rsqrt
from .index import narrow
from .join import cat
from .reduce import mean as average
from .reduce import norm, sum
from .shape import expand, reshape

_OVER = {"batch": (0, 2, 3), "group": (2, 3), "rms": (2, 3)}


@op(method=False, public_extra=("mean", "var"), vjp=joint(
    lambda g, needs, input, weight, mean, var, kind, layout, eps, weight_shape, bias_shape:
        _shaped(needs, standardize_grad(g, input, weight, kind=kind, layout=layout, eps=eps,
                                        mean=mean, var=var), (None, weight_shape, bias_shape))))
def _standardize(input, weight=None, bias=None, /, *, kind, layout, eps, mean=None, var=None):
    """(x - mean) / sqrt(var + eps) * weight + bias, and the flat mean and var that were used; those
    of kind "fixed" are given."""
    weight, bias = _flat(weight), _flat(bias)
    _check_layout("_standardize", layout, (input,), (weight, bias))
    return kernels.standardize(input, weight, bias, kind, layout, eps, mean, var)


def _flat(parameter):
    return parameter if parameter is None or parameter.ndim == 1 else parameter.reshape(-1)


def _check_layout(name: str, layout: tuple, images: tuple, parameters: tuple) -> None:
    """Raise unless the arrays have as many elements as the kernel will read of them."""
    n, groups, channels, extent = layout
    size = groups * channels
    for array in parameters:
        if array is not None and array.size != size:
            _refuse_size(name, layout, size, array)
    size *= n * extent
    for array in images:
        if array.size != size:
            _refuse_size(name, layout, size, array)


def _refuse_size(name: str, layout: tuple, size: int, array) -> None:
    raise ValueError(f"{name}: layout {layout} takes {size} elements, got {describe(array)}")


def _shaped(needs, grads, shapes) -> list:
    """The needed gradients, in the shapes of what they belong to."""
    return [(g if shape is None or g.shape == shape else reshape(g, shape)) if needed else None
            for needed, g, shape in zip(needs, grads, shapes, strict=True)]


@op(method=False, many=True, vjp=joint(
    lambda g, needs, grad, input, weight, kind, layout, eps, mean, var:
        _second_order(g, grad, input, weight, kind, layout, eps, mean, var)))
def standardize_grad(grad, input, weight=None, /, *, kind, layout, eps, mean, var):
    """What normalisation gives back to x, weight and bias, from what it got, g.

    With u = g weight, x̂ = (x - mean) rstd: rstd (u - mean(u) - x̂ mean(u x̂)), Σ g x̂ and Σ g.
    """
    flat = _flat(weight)
    _check_layout("standardize_grad", layout, (grad, input), (flat,))
    return list(kernels.standardize_grad(grad, input, flat, kind, layout, eps, mean, var))


def _second_order(outs, grad, input, weight, kind: str, layout: tuple, eps: float, mean,
                  var) -> list:
    """The gradients of g, x and weight of `standardize_grad`, with ordinary ops, in float64: in
    float32 the squares of 1e20 are infinite.

    P(v) = v - mean(v) - x̂ mean(v x̂) is symmetric, and what x̂ gives back to x is rstd P.
    """
    channels = (1, *layout[1:3], 1)
    over_x, over_weight, over_bias = (
        reshape(_wide(out), shape) for out, shape in
        zip(outs, (layout, channels, channels), strict=True))
    g, x = (reshape(_wide(t), layout) for t in (grad, input))
    factor = None if weight is None else reshape(_wide(weight), channels)
    u = g if factor is None else mul(g, factor)
    if kind == "fixed":
        rstd, scaled = _constants(x, layout, eps, mean, var)
        through, to_x = over_x, over_weight * g * rstd
    else:
        rstd, scaled, centre = _statistics(x, kind, eps, var)
        through = _project(over_x, scaled, kind, centre)
        along_u, along = (average(v * scaled, _OVER[kind], True) for v in (u, over_x))
        inner = over_weight * g - rstd * (over_x * along_u + u * along)
        power = average(over_x * _project(u, scaled, kind, centre), _OVER[kind], True)
        to_x = rstd * _project(inner, scaled, kind, centre) - rstd * rstd * scaled * power
    to_g = through * rstd if factor is None else through * rstd * factor
    to_weight = None
    if weight is not None:
        to_weight = _like(sum(through * rstd * g, (0, 3)), weight)
    return [_like(to_g + over_weight * scaled + over_bias, grad), _like(to_x, input), to_weight]


def _wide(x):
    return x if x.dtype == np.float64 else cast(x, dtype=np.dtype(np.float64))


def _like(x, wanted):
    """x in the shape and the type of another."""
    x = reshape(x, wanted.shape)
    return x if x.dtype == wanted.dtype else cast(x, dtype=wanted.dtype)


def _constants(x, layout: tuple, eps: float, mean, var):
    """1 / sqrt(var + eps) of given statistics, and x̂."""
    shape = (1, layout[1], 1, 1)
    rstd = (1 / np.sqrt(var + eps)).reshape(shape)
    return rstd, (x - mean.reshape(shape)) * rstd


def _statistics(x, kind: str, eps: float, var):
    """1 / sqrt(var + eps) and x̂ as functions of x, NaN where `var` is, beyond float64; and how to
    take the mean away."""
    def centre(v):
        return v if kind == "rms" else v - average(v, _OVER[kind], True)

    centred = centre(x)
    spread = average(centred * centred, _OVER[kind], True)
    rstd = rsqrt(spread + (var * 0 + eps).reshape(spread.shape))
    return rstd, centred * rstd, centre


def _project(v, scaled, kind: str, centre: Callable):
    return centre(v) - scaled * average(v * scaled, _OVER[kind], True)


@composite(method=False)
def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False,
               momentum=0.1, eps=1e-05):
    """(x - mean) / sqrt(var + eps) * weight + bias for each channel, dimension 1.

    When training, mean and (biased) variance are the batch's, and the running ones, if given,
    move towards them in place: r (1 - momentum) + momentum times the mean, the unbiased variance.
    Else they are the running ones.
    Shape: (N, C, *) -> (N, C, *); all others (C)
    Raises: ValueError for one value per channel when training.
    Reference: Ioffe and Szegedy, Batch Normalization, 2015, algorithm 1.
    """
    return _by_channel("batch_norm", "batch", input, running_mean, running_var, weight, bias,
                       training, momentum, eps)


@composite(method=False)
def instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None,
                  use_input_stats=True, momentum=0.1, eps=1e-05):
    """`batch_norm` with the statistics of each image by itself; the running ones move towards
    their average over the batch and are used unless `use_input_stats`.

    Shape: (N, C, *) -> (N, C, *); all others (C)
    Raises: ValueError for one value per channel and image.
    Reference: Ulyanov, Vedaldi and Lempitsky, Instance Normalization, 2016.
    """
    return _by_channel("instance_norm", "group", input, running_mean, running_var, weight, bias,
                       use_input_stats, momentum, eps)


@composite(method=False)
def group_norm(input, num_groups, weight=None, bias=None, eps=1e-05):
    """(x - mean) / sqrt(var + eps) * weight + bias, with the mean and variance of each image's
    num_groups equal groups of channels, and weight and bias of each channel.

    Shape: (N, C, *) -> (N, C, *); weight and bias (C)
    Reference: Wu and He, Group Normalization, 2018.
    """
    _check_images("group_norm", input)
    n, channels, *rest = input.shape
    if num_groups < 1 or channels % num_groups:
        raise ValueError(f"group_norm: {channels} channels of input {tuple(input.shape)} do not "
                         f"divide into num_groups={num_groups}")
    _check_parameters("group_norm", input, (channels,), weight=weight, bias=bias)
    layout = (n, num_groups, channels // num_groups, prod(rest))
    if n * layout[2] * layout[3] == 1:
        raise ValueError(f"group_norm: one value per group in {tuple(input.shape)} has no variance")
    return _standardize(input, weight, bias, kind="group", layout=layout, eps=eps).values


@composite(method=False)
def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-05):
    """(x - mean) / sqrt(var + eps) * weight + bias, with mean and variance over the last
    dimensions, those of normalized_shape.

    Shape: (*, *normalized_shape) -> the same; weight and bias normalized_shape
    Reference: Ba, Kiros and Hinton, Layer Normalization, 2016, section 3.
    """
    layout, shape = _row_layout("layer_norm", input, normalized_shape)
    _check_parameters("layer_norm", input, shape, weight=weight, bias=bias)
    return _standardize(input, weight, bias, kind="group", layout=layout, eps=eps).values


@composite(method=False)
def rms_norm(input, normalized_shape, weight=None, eps=None):
    """x / sqrt(mean(x²) + eps) * weight over the last dimensions, those of normalized_shape; eps
    is by default the dtype's.

    Shape: (*, *normalized_shape) -> the same; weight normalized_shape
    Reference: Zhang and Sennrich, Root Mean Square Layer Normalization, 2019.
    """
    layout, shape = _row_layout("rms_norm", input, normalized_shape)
    _check_parameters("rms_norm", input, shape, weight=weight)
    eps = float(np.finfo(input.dtype).eps) if eps is None else eps
    return _standardize(input, weight, kind="rms", layout=layout, eps=eps).values


@composite(method=False)
@in_float32
def local_response_norm(input, size, alpha=1e-4, beta=0.75, k=1.0):
    """x / (k + alpha / size Σ x²)^beta, summed over the `size` channels around each.

    Shape: (N, C, *) -> (N, C, *)
    Reference: Krizhevsky, Sutskever and Hinton, ImageNet Classification, 2012, section 3.3.
    """
    if size < 1:
        raise ValueError(f"local_response_norm: size must be at least 1, got {size}")
    _check_images("local_response_norm", input, least=3)
    shape = list(input.shape)
    before, after = ([shape[0], n, *shape[2:]] for n in (size // 2, (size - 1) // 2))
    padded = cat([wrap(np.zeros(before, input.dtype)), input * input,
                  wrap(np.zeros(after, input.dtype))], 1)
    total = narrow(padded, 1, 0, shape[1])
    for first in range(1, size):
        total = total + narrow(padded, 1, first, shape[1])
    return input / (total * (alpha / size) + k) ** beta


@composite(method=False)
@in_float32
def normalize(input, p=2.0, dim=1, eps=1e-12):
    """x / max(‖x‖ₚ, eps) over `dim`.

    >>> nn.functional.normalize(autograd.tensor([[3., 4.]]))
    tensor([[0.6000, 0.8000]])
    """
    _check_floating("normalize", input)
    return input / clamp(norm(input, p, dim, True), eps)


@composite(method=False)
@in_float32
def cosine_similarity(x1, x2, dim=1, eps=1e-08):
    """Σ x1 x2 / (max(‖x1‖, eps) max(‖x2‖, eps)) over `dim`, after broadcasting.

    >>> nn.functional.cosine_similarity(autograd.tensor([[1., 1.]]), autograd.tensor([[2., 0.]]))
    tensor([0.7071])
    """
    _check_floating("cosine_similarity", x1, "x1")
    _check_floating("cosine_similarity", x2, "x2")
    try:
        shape = np.broadcast_shapes(x1.shape, x2.shape)
    except ValueError:
        raise ValueError(f"cosine_similarity: x1 {tuple(x1.shape)} and x2 {tuple(x2.shape)} do not "
                         "broadcast") from None
    x1, x2 = (x if x.shape == shape else expand(x, shape) for x in (x1, x2))
    x1, x2 = (x / clamp(norm(x, 2, dim, True), eps) for x in (x1, x2))
    return sum(x1 * x2, dim)


_ALONE = {"batch": ("channel", " to train with; use a larger batch, or evaluation mode"),
          "group": ("channel and image", "; more than one spatial element is needed")}


def _by_channel(name: str, kind: str, input, running_mean, running_var, weight, bias, own: bool,
                momentum: float, eps: float):
    """Each channel by statistics of its own over kind, or by the running ones."""
    _check_images(name, input)
    shape = tuple(input.shape)
    layout = (shape[0], shape[1], 1, prod(shape[2:]))
    _check_parameters(name, input, (shape[1],), running_mean=running_mean,
                      running_var=running_var, weight=weight, bias=bias)
    if (running_mean is None) != (running_var is None):
        given, missing = (("running_mean", "running_var") if running_var is None
                          else ("running_var", "running_mean"))
        raise ValueError(f"{name}: {given} is given but {missing} is None; give both or neither")
    if not own:
        if running_mean is None or running_var is None:
            raise ValueError(f"{name}: without the input's own statistics running_mean and "
                             "running_var are needed")
        return _standardize(input, weight, bias, kind="fixed", layout=layout, eps=eps,
                            mean=running_mean._array, var=running_var._array).values
    count = layout[3] * (layout[0] if kind == "batch" else 1)
    if count == 1:
        each, cure = _ALONE[kind]
        raise ValueError(f"{name}: one value per {each} in {shape} has no variance{cure}")
    out, mean, var = _standardize(input, weight, bias, kind=kind, layout=layout, eps=eps)
    _move_running(name, running_mean, running_var, mean, var, momentum, count)
    return out


@replayed
@quiet
def _move_running(name: str, running_mean, running_var, mean, var, momentum: float,
                  count: int) -> None:
    """Move the running statistics towards those found, the average over the images; each was
    taken over `count` numbers."""
    for running, found, factor in ((running_mean, mean, momentum),
                                   (running_var, var, momentum * count / max(count - 1, 1))):
        if running is None or count == 0 or found._array.size == 0:
            continue
        channels = running._array.size
        images = found._array.size // channels
        average_found = np.add.reduce(found._array.reshape(images, channels), 0) / images
        running._array *= 1 - momentum
        running._array += average_found * factor
        mark_written(running, name)


def _row_layout(name: str, input, normalized_shape) -> tuple[tuple, tuple]:
    """The layout of (*, *normalized_shape), and normalized_shape as a tuple."""
    _check_floating(name, input)
    shape, whole = normalized_shape, input._array.shape
    if shape.__class__ is not tuple:
        shape = tuple(shape) if isinstance(shape, Sequence) else (int(shape),)
    kept = len(whole) - len(shape)
    if not shape or kept < 0 or whole[kept:] != shape:
        raise ValueError(f"{name}: normalized_shape {shape} takes an input (*, "
                         f"{', '.join(map(str, shape))}), got {whole}")
    return (prod(whole[:kept]), 1, prod(shape), 1), shape


def _check_floating(name: str, input, which: str = "input") -> None:
    if not isinstance(input, Tensor) or input._array.dtype.kind != "f":
        raise TypeError(f"{name}: {which} must be a floating Tensor, got {describe(input)}")


def _check_images(name: str, input, least: int = 2) -> None:
    _check_floating(name, input)
    if input._array.ndim < least:
        raise ValueError(f"{name}: (N, C, {'*' if least == 2 else 'L, *'}) is needed, got "
                         f"{describe(input)}")


def _check_parameters(name: str, input, shape: tuple, **parameters) -> None:
    """Raise unless each parameter is None or has this shape and the input's dtype."""
    dtype = input._array.dtype
    for which, value in parameters.items():
        if value is None:
            continue
        if not isinstance(value, Tensor):
            raise TypeError(f"{name}: {which} must be a Tensor or None, got {describe(value)}")
        if value._array.shape != shape:
            raise ValueError(f"{name}: {which} must be {shape} for input {tuple(input.shape)}, got "
                             f"{tuple(value.shape)}")
        if value._array.dtype is not dtype and value._array.dtype != dtype:
            raise TypeError(f"{name}: {which} is {value.dtype} but input {input.dtype}; convert "
                            f"one, for example with {which}.to(input.dtype)")
