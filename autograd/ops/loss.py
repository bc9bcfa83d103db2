"""Losses of regression: how far predictions are from their targets, and what all losses share.

`reduction` is "mean", "sum" or "none".  Input and target of an elementwise loss must have one
shape: (N, 1) against (N) is an error here, where broadcasting would train on an N x N matrix.
Programs that run as they are get a warning and the matrix, if they would in PyTorch.

A reduced loss is one sweep over its inputs, its gradient another; each gradient is an op with rules
of its own, so that it can be differentiated again.  Kinks have the subgradient of least norm.
"""

from __future__ import annotations

from math import prod

import numpy as np

from .. import kernels, refused
from ..dtypes import common_float
from ..errors import describe, instead
from ..kernels import loss_formulas as formulas
from ..record import composite, op
from ..slips import NOTED, hint, look_at_mode
from ..tensors import Tensor
from .compare import where
from .elementwise import abs, sign
from .shape import expand

_REPEATING = ("mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss")  # PyTorch only warns


def check_reduction(name: str, reduction) -> None:
    """Raise unless `reduction` is one of the three."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{name}: reduction {reduction!r}; choose 'mean', 'sum' or 'none'")
    if NOTED and reduction != "none":  # of which hard samples are picked
        look_at_mode(name)


def reduced(losses, reduction: str):
    """The losses of all elements reduced as asked."""
    if reduction == "none":
        return losses
    return losses.mean() if reduction == "mean" else losses.sum()


def same_shape(name: str, input, target, names: tuple[str, str] = ("input", "target")) -> None:
    """Raise unless input and target are tensors of one shape, saying how to bring them there."""
    for which, value in zip(names, (input, target), strict=True):
        if not isinstance(value, (Tensor, np.ndarray, np.generic)):
            raise TypeError(f"{name}: {which} must be a Tensor, got {describe(value)}"
                            f"{instead(value)}")
    wanted, got = tuple(np.shape(input)), tuple(np.shape(target))
    if got == wanted:
        return
    first, second = names
    if (*got, 1) == wanted:
        fix = f"use {second}.unsqueeze({len(got)}) or {first}.squeeze({len(got)})"
    elif (*wanted, 1) == got:
        fix = f"use {second}.squeeze({len(wanted)}) or {first}.unsqueeze({len(wanted)})"
    elif prod(got) == prod(wanted):
        fix = f"if the elements correspond, use {second}.reshape({first}.shape)"
    else:
        fix = "to repeat elements on purpose, use .expand(...)"
    raise ValueError(f"{name}: {first} {wanted} and {second} {got} must have the same shape; {fix}")


def pair(name: str, input, target, reduction) -> tuple[np.ndarray, np.ndarray]:
    """Input and target of an elementwise loss, checked and brought to one floating dtype."""
    check_reduction(name, reduction)
    if input.shape != target.shape:
        shape = _shape_of_both(name, input, target)
        input, target = np.broadcast_to(input, shape), np.broadcast_to(target, shape)
    if input.dtype is not target.dtype or input.dtype.kind != "f":
        return common_float(input, target)
    return input, target


def _shape_of_both(name: str, input, target) -> tuple[int, ...]:
    """What two shapes broadcast to, in a program that runs as it is; elsewhere it is an error."""
    if name in _REPEATING and refused.unmodified:
        try:
            shape = np.broadcast_shapes(input.shape, target.shape)
        except (ValueError, AttributeError):  # same_shape tells
            pass
        else:
            refused.tolerated(f"nn.functional.{name}, of two shapes")
            hint("repeated target",
                 f"{name}: input {tuple(input.shape)} and target {tuple(target.shape)} are "
                 f"repeated to {shape}, which is seldom meant; give them one shape")
            return shape
    same_shape(name, input, target)
    return tuple(input.shape)


def as_reduced(total, input, reduction: str):
    """A sum over all elements in float64 as the loss asked for, in input's dtype."""
    if reduction == "mean":
        total = total / input.size if input.size else np.nan
    return input.dtype.type(total)


def shared(g, input, reduction: str, target=None):
    """The gradient of every element's loss from that of the result."""
    if reduction != "mean":
        return g
    shape = input.shape
    if target is not None and target.shape != shape:  # they were repeated
        shape = np.broadcast_shapes(shape, target.shape)
    return g / max(prod(shape), 1)


@op(method=False, broadcasts=True, vjp=dict(
    input=lambda g, input, target, reduction:
        mse_loss_grad(shared(g, input, reduction, target), input, target),
    target=lambda g, input, target, reduction:
        mse_loss_grad(shared(-g, input, reduction, target), input, target)))
def mse_loss(input, target, /, reduction="mean"):
    """(input - target)², reduced.

    Raises: ValueError unless both have the same shape.

    >>> nn.functional.mse_loss(autograd.tensor([1., 2.]), autograd.tensor([1., 4.]))
    tensor(2.)
    """
    input, target = pair("mse_loss", input, target, reduction)
    if reduction == "none":
        return formulas.squared(input, target)
    return as_reduced(kernels.mse_loss(input, target), input, reduction)


@op(method=False, broadcasts=True, vjp=dict(
    g=lambda g_out, input, target: g_out * ((input - target) * 2.0),
    input=lambda g_out, g: g_out * g * 2.0,
    target=lambda g_out, g: g_out * g * -2.0))
def mse_loss_grad(g, input, target, /):
    """2 g (input - target): what `mse_loss` gives back to its input, g per element or one."""
    return kernels.mse_loss_grad(g, input, target)


@op(method=False, broadcasts=True, vjp=dict(
    input=lambda g, input, target, reduction:
        l1_loss_grad(shared(g, input, reduction, target), input, target),
    target=lambda g, input, target, reduction:
        l1_loss_grad(shared(-g, input, reduction, target), input, target)))
def l1_loss(input, target, /, reduction="mean"):
    """|input - target|, reduced; where both are equal the gradient is 0.

    Raises: ValueError unless both have the same shape.

    >>> nn.functional.l1_loss(autograd.tensor([1., 2.]), autograd.tensor([1., 4.]))
    tensor(1.)
    """
    input, target = pair("l1_loss", input, target, reduction)
    if reduction == "none":
        return formulas.absolute(input, target)
    return as_reduced(kernels.l1_loss(input, target), input, reduction)


@op(method=False, broadcasts=True, vjp=dict(
    g=lambda g_out, input, target: g_out * sign(input - target),
    input=lambda g_out: g_out * 0,
    target=lambda g_out: g_out * 0))
def l1_loss_grad(g, input, target, /):
    """g sign(input - target): what `l1_loss` gives back to its input, g per element or one."""
    return kernels.l1_loss_grad(g, input, target)


@op(method=False, broadcasts=True, vjp=dict(
    input=lambda g, input, target, reduction, delta:
        huber_loss_grad(shared(g, input, reduction, target), input, target, delta=delta),
    target=lambda g, input, target, reduction, delta:
        huber_loss_grad(shared(-g, input, reduction, target), input, target, delta=delta)))
def huber_loss(input, target, /, reduction="mean", delta=1.0):
    """d²/2 for distances d = input - target up to delta, delta (|d| - delta/2) above, reduced.

    Raises: ValueError unless both have the same shape and delta is positive.
    Reference: Huber, Robust Estimation of a Location Parameter, 1964.

    >>> nn.functional.huber_loss(autograd.tensor([0.5, 3.]), autograd.tensor([0., 0.]), "none")
    tensor([0.1250, 2.5000])
    """
    if not delta > 0:
        raise ValueError(f"huber_loss: delta must be positive, got {delta}; for |d| itself use "
                         "l1_loss")
    input, target = pair("huber_loss", input, target, reduction)
    if reduction == "none":
        return formulas.huber(input, target, delta)
    return as_reduced(kernels.huber_loss(input, target, delta), input, reduction)


@op(method=False, broadcasts=True, vjp=dict(
    g=lambda g_out, input, target, delta: g_out * _limited(input - target, delta),
    input=lambda g_out, g, input, target, delta:
        where(abs(input - target) < delta, g_out * g, 0.0),
    target=lambda g_out, g, input, target, delta:
        where(abs(input - target) < delta, -(g_out * g), 0.0)))
def huber_loss_grad(g, input, target, /, *, delta):
    """g times input - target limited to [-delta, delta]: what `huber_loss` gives its input."""
    return kernels.huber_loss_grad(g, input, target, delta)


def _limited(distance, delta: float):
    """The distances limited to [-delta, delta]."""
    return where(abs(distance) < delta, distance, sign(distance) * delta)


@composite(method=False)
def smooth_l1_loss(input, target, reduction="mean", beta=1.0):
    """d²/(2 beta) for distances d = input - target up to beta, |d| - beta/2 above, reduced.

    This is huber_loss / beta; for beta 0 it is l1_loss.
    Raises: ValueError unless both have the same shape and beta is at least 0.
    Reference: Girshick, Fast R-CNN, 2015, equation 3.
    """
    if not beta >= 0:
        raise ValueError(f"smooth_l1_loss: beta must be at least 0, got {beta}")
    check_reduction("smooth_l1_loss", reduction)
    if getattr(input, "shape", 0) != getattr(target, "shape", None):
        shape = _shape_of_both("smooth_l1_loss", input, target)
        input, target = expand(input, shape), expand(target, shape)
    if beta == 0:
        return l1_loss(input, target, reduction)
    return huber_loss(input, target, reduction, beta) / beta
