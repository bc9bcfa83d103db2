"""Losses: how far predictions are from their targets, per element or reduced to one number.

`reduction` is "mean", "sum" or "none".  Input and target of an elementwise loss must have one
shape: (N, 1) against (N) is an error here, where broadcasting would train on an N x N matrix.
"""

from __future__ import annotations

from math import prod

import numpy as np

from ..dtypes import common_float
from ..record import composite, op
from .activation import logsigmoid
from .compare import maximum
from .elementwise import log, log1p, sigmoid


def check_reduction(name: str, reduction) -> None:
    """Raise unless `reduction` is one of the three."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{name}: reduction {reduction!r}; choose 'mean', 'sum' or 'none'")


def reduced(losses, reduction: str):
    """The losses of all elements reduced as asked."""
    if reduction == "none":
        return losses
    return losses.mean() if reduction == "mean" else losses.sum()


def same_shape(name: str, input, target) -> None:
    """Raise unless input and target have one shape, saying how to bring them there."""
    wanted, got = tuple(np.shape(input)), tuple(np.shape(target))
    if got == wanted:
        return
    if (*got, 1) == wanted:
        fix = f"use target.unsqueeze({len(got)}) or input.squeeze({len(got)})"
    elif (*wanted, 1) == got:
        fix = f"use target.squeeze({len(wanted)}) or input.unsqueeze({len(wanted)})"
    elif np.prod(got, dtype=int) == np.prod(wanted, dtype=int):
        fix = "if the elements correspond, use target.reshape(input.shape)"
    else:
        fix = "to repeat elements on purpose, use .expand(...)"
    raise ValueError(f"{name}: input {wanted} and target {got} must have the same shape; {fix}")


def _weighted(name: str, losses, weight, which: str = "weight"):
    """The losses times weights that broadcast to them."""
    if weight is None:
        return losses
    product = losses * weight
    if product.shape != losses.shape:
        raise ValueError(f"{name}: {which} {tuple(np.shape(weight))} does not broadcast to input "
                         f"{tuple(losses.shape)}")
    return product


@op(method=False, broadcasts=True, vjp=dict(
    input=lambda g, input, target, reduction: _mse_grad(g, input, target, reduction),
    target=lambda g, input, target, reduction: -_mse_grad(g, input, target, reduction)))
def mse_loss(input, target, /, reduction="mean"):
    """(input - target)², reduced.

    Raises: ValueError unless both have the same shape.

    >>> nn.functional.mse_loss(autograd.tensor([1., 2.]), autograd.tensor([1., 4.]))
    tensor(2.)
    """
    check_reduction("mse_loss", reduction)
    same_shape("mse_loss", input, target)
    if input.dtype is not target.dtype or input.dtype.kind != "f":
        input, target = common_float(input, target)
    distance = input - target
    losses = distance * distance
    if reduction == "none":
        return losses
    total = np.add.reduce(losses, None)
    if reduction == "sum":
        return total
    return total / losses.size if losses.size else total * np.nan


def _mse_grad(g, input, target, reduction: str):
    distance = input - target
    factor = 2.0 / max(prod(distance.shape), 1) if reduction == "mean" else 2.0
    return distance * (g * factor)


@composite(method=False)
def binary_cross_entropy(input, target, weight=None, reduction="mean"):
    """-(t log x + (1 - t) log(1 - x)) for probabilities x, reduced; logarithms below -100 count
    as -100.

    Raises: ValueError for an input outside [0, 1], or another shape than the target's.
    """
    check_reduction("binary_cross_entropy", reduction)
    same_shape("binary_cross_entropy", input, target)
    _check_probabilities(input)
    losses = _weighted("binary_cross_entropy", _binary_cross_entropy(input, target), weight)
    return reduced(losses, reduction)


@op(method=False, broadcasts=True, promotes="float", vjp=dict(
    input=lambda g, input, target: g * ((input - target) / maximum(input * (1 - input), 1e-12)),
    target=lambda g, input: g * (maximum(log1p(-input), -100.0) - maximum(log(input), -100.0))))
def _binary_cross_entropy(input, target, /):
    return -(target * np.maximum(np.log(input), -100)
             + (1 - target) * np.maximum(np.log1p(-input), -100))


def _check_probabilities(input) -> None:
    input = np.asarray(getattr(input, "_array", input))
    inside = (input >= 0) & (input <= 1)
    if not inside.all():
        at = tuple(int(i) for i in np.argwhere(~inside)[0])
        place = f" at position {list(at)}" if at else ""
        raise ValueError(f"binary_cross_entropy: input {input[at]}{place} is not a probability in "
                         "[0, 1]; for scores before the sigmoid use "
                         "binary_cross_entropy_with_logits")


@composite(method=False)
def binary_cross_entropy_with_logits(input, target, weight=None, reduction="mean",
                                     pos_weight=None):
    """-(w t log σ(x) + (1 - t) log(1 - σ(x))) for scores x, reduced; w is `pos_weight`, or 1.

    Never overflows, unlike a sigmoid followed by binary_cross_entropy.
    Raises: ValueError unless input and target have the same shape.

    >>> nn.functional.binary_cross_entropy_with_logits(autograd.tensor([0.]), autograd.tensor([1.]))
    tensor(0.6931)
    """
    name = "binary_cross_entropy_with_logits"
    check_reduction(name, reduction)
    same_shape(name, input, target)
    if pos_weight is None:
        losses = _with_logits(input, target)
    else:
        positive = _weighted(name, target, pos_weight, "pos_weight")
        losses = (1 - target) * input - (positive - target + 1) * logsigmoid(input)
    return reduced(_weighted(name, losses, weight), reduction)


@op(method=False, broadcasts=True, promotes="float", vjp=dict(
    input=lambda g, input, target: g * (sigmoid(input) - target),
    target=lambda g, input: g * -input))
def _with_logits(input, target, /):
    return (np.maximum(input, 0) - input * target
            + np.log1p(np.exp(-np.absolute(input))))
