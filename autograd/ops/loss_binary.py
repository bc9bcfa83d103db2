"""Losses of yes-or-no targets: binary cross entropy of probabilities and of scores.

Where no weights are given a reduced loss is one sweep over its inputs, its gradient another."""

from __future__ import annotations

import numpy as np

from .. import kernels
from ..kernels import loss_formulas as formulas
from ..record import composite, op
from ..replayed import replayed
from .activation import logsigmoid
from .compare import maximum, where
from .elementwise import log, log1p, safe_mul, sigmoid
from .loss import as_reduced, check_reduction, pair, reduced, same_shape, shared
from .loss_slips import look_at_input


def weighted(name: str, losses, weight, which: str = "weight"):
    """The losses times weights that broadcast to them."""
    if weight is None:
        return losses
    try:
        product = losses * weight
    except (RuntimeError, ValueError):
        product = None
    if product is None or product.shape != losses.shape:
        raise ValueError(f"{name}: {which} {tuple(np.shape(weight))} does not broadcast to input "
                         f"{tuple(losses.shape)}")
    return product


@composite(method=False)
def binary_cross_entropy(input, target, weight=None, reduction="mean"):
    """-(t log x + (1 - t) log(1 - x)) for probabilities x, reduced; logarithms below -100 count
    as -100.

    Raises: ValueError for an input or target outside [0, 1], or different shapes.
    """
    name = "binary_cross_entropy"
    check_reduction(name, reduction)
    same_shape(name, input, target)
    if weight is not None or reduction == "none":
        _check_targets(name, target)
    losses = _binary_cross_entropy(input, target, reduction if weight is None else "none")
    _check_losses(name, losses, input, target)
    if weight is None:
        return losses
    return reduced(weighted(name, losses, weight), reduction)


@op(method=False, broadcasts=True, vjp=dict(
    input=lambda g, input, target, reduction:
        binary_cross_entropy_grad(shared(g, input, reduction), input, target),
    target=lambda g, input, reduction: shared(g, input, reduction) * (
        maximum(log1p(-input), -100.0) - maximum(log(input), -100.0))))
def _binary_cross_entropy(input, target, /, reduction):
    input, target = pair("binary_cross_entropy", input, target, reduction)
    if reduction == "none":
        return formulas.binary(input, target)
    return as_reduced(kernels.bce(input, target), input, reduction)


@op(method=False, broadcasts=True, vjp=dict(
    g=lambda g_out, input, target: g_out * ((input - target) / _spread(input)),
    input=lambda g_out, g, input, target: g_out * g * _bend(input, target),
    target=lambda g_out, g, input: -(g_out * g) / _spread(input)))
def binary_cross_entropy_grad(g, input, target, /):
    """g (x - t) / (x (1 - x)): what `binary_cross_entropy` gives back to its input."""
    return kernels.bce_grad(g, input, target)


def _spread(x):
    """x (1 - x), at least 1e-12."""
    return maximum(x * (1 - x), 1e-12)


def _bend(x, target):
    """The derivative of (x - t) / max(x (1 - x), 1e-12) by x."""
    spread = _spread(x)
    slope = where(x * (1 - x) > 1e-12, 1 - x * 2, 0.0)
    return (1 - (x - target) * slope / spread) / spread


@replayed
def _check_losses(name: str, losses, input, target) -> None:
    """Raise if a loss is NaN because of a target, or of an input, outside [0, 1]."""
    if np.isnan(getattr(losses, "_array", losses)).any():
        _check_targets(name, target)
        if input is not None:
            _check_probabilities(name, "input", input, "for scores before the sigmoid use "
                                 "binary_cross_entropy_with_logits")


@replayed
def _check_targets(name: str, target) -> None:
    """Raise if a target lies outside [0, 1]; NaN may be one."""
    target = getattr(target, "_array", target)
    if not formulas.probable(target):
        _check_probabilities(name, "target", np.where(target != target, 0, target),
                             "class numbers take cross_entropy, labels -1 and 1 (target + 1) / 2")


def _check_probabilities(name: str, which: str, values, fix: str) -> None:
    values = getattr(values, "_array", values)
    inside = (values >= 0) & (values <= 1)
    if not inside.all():
        at = tuple(int(i) for i in np.argwhere(~inside)[0])
        place = f" at position {list(at)}" if at else ""
        raise ValueError(f"{name}: {which} {values[at]}{place} is not a probability in [0, 1]; "
                         f"{fix}")


@composite(method=False)
def binary_cross_entropy_with_logits(input, target, weight=None, reduction="mean",
                                     pos_weight=None):
    """-(w t log σ(x) + (1 - t) log(1 - σ(x))) for scores x, reduced; w is `pos_weight`, or 1.

    Never overflows, unlike a sigmoid followed by binary_cross_entropy.
    Raises: ValueError for a target outside [0, 1], or different shapes.
    Hints: where input comes out of sigmoid, since sigmoid is applied here, or of softmax.

    >>> nn.functional.binary_cross_entropy_with_logits(autograd.tensor([0.]), autograd.tensor([1.]))
    tensor(0.6931)
    """
    name = "binary_cross_entropy_with_logits"
    check_reduction(name, reduction)
    same_shape(name, input, target)
    look_at_input(name, input)
    if weight is None and pos_weight is None and reduction != "none":
        loss = _with_logits(input, target, reduction)
        _check_losses(name, loss, None, target)
        return loss
    _check_targets(name, target)
    if pos_weight is None:
        losses = _with_logits(input, target, "none")
    else:
        positive = weighted(name, target, pos_weight, "pos_weight")
        losses = -(safe_mul(positive, logsigmoid(input))
                   + safe_mul(1 - target, logsigmoid(-input)))
    return reduced(weighted(name, losses, weight), reduction)


@op(method=False, broadcasts=True, vjp=dict(
    input=lambda g, input, target, reduction:
        with_logits_grad(shared(g, input, reduction), input, target),
    target=lambda g, input, reduction: shared(g, input, reduction) * -input))
def _with_logits(input, target, /, reduction):
    input, target = pair("binary_cross_entropy_with_logits", input, target, reduction)
    if reduction == "none":
        return formulas.with_logits(input, target)
    return as_reduced(kernels.bce_with_logits(input, target), input, reduction)


@op(method=False, broadcasts=True, vjp=dict(
    g=lambda g_out, input, target: g_out * (sigmoid(input) - target),
    input=lambda g_out, g, input: g_out * g * (sigmoid(input) * sigmoid(-input)),
    target=lambda g_out, g: -(g_out * g)))
def with_logits_grad(g, input, target, /):
    """g (σ(x) - t): what `binary_cross_entropy_with_logits` gives back to its input."""
    return kernels.bce_with_logits_grad(g, input, target)


@composite(method=False)
def soft_margin_loss(input, target, reduction="mean"):
    """log(1 + exp(-y x)) for scores x and targets y of 1 or -1, reduced.

    Raises: ValueError unless both have the same shape.
    """
    check_reduction("soft_margin_loss", reduction)
    same_shape("soft_margin_loss", input, target)
    return reduced(-logsigmoid(input * target), reduction)


@composite(method=False)
def multilabel_soft_margin_loss(input, target, weight=None, reduction="mean"):
    """Binary cross entropy of scores, averaged over the classes, then reduced over the samples.

    Shape: input and target (N, C) or (C), weight (C) -> () or, with reduction "none", (N)
    Raises: ValueError unless input and target have the same shape.
    """
    name = "multilabel_soft_margin_loss"
    check_reduction(name, reduction)
    same_shape(name, input, target)
    if not input.shape:
        raise ValueError(f"{name}: input must be (N, C) or (C), got ()")
    if weight is None and reduction == "mean":  # the mean of means of as many
        return _with_logits(input, target, "mean")
    losses = weighted(name, _with_logits(input, target, "none"), weight)
    return reduced(losses.mean(-1), reduction)
