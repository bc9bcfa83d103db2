"""Losses of two arrays of one shape, summed, and their gradients by the first.

The sums are in float64 whatever the arrays hold.  A gradient is multiplied by `scale`: one number
for a summed loss, or an array with one number for each element.
"""

import numpy as np

from autograd.kernels.loss_formulas import (
    absolute,
    binary,
    huber,
    probable,
    squared,
    with_logits,
)
from autograd.kernels.reference.elementwise import elementwise
from autograd.quiet import quiet


def _total(losses):
    return np.add.reduce(losses, None, np.float64)


@quiet
def mse_loss(x, target):
    """Sum of (x - target)²."""
    return _total(squared(x, target))


@quiet
def mse_loss_grad(scale, x, target):
    """2 (x - target) times the scale."""
    return (x - target) * (scale * 2)


@quiet
def l1_loss(x, target):
    """Sum of |x - target|."""
    return _total(absolute(x, target))


@quiet
def l1_loss_grad(scale, x, target):
    """The sign of x - target, 0 where they are equal, times the scale."""
    return np.sign(x - target) * scale


@quiet
def huber_loss(x, target, delta):
    """Sum of d²/2 of the distances d up to delta, of delta (|d| - delta/2) above."""
    return _total(huber(x, target, delta))


@quiet
def huber_loss_grad(scale, x, target, delta):
    """The distances x - target limited to [-delta, delta], times the scale."""
    return np.clip(x - target, -delta, delta) * scale


@quiet
def bce(x, target):
    """Sum of -(t log x + (1 - t) log(1 - x)); NaN if an x or t is no probability."""
    return _total(binary(x, target)) if probable(target) else np.float64(np.nan)


@quiet
def bce_grad(scale, x, target):
    """(x - t) / (x (1 - x)), the denominator at least 1e-12, times the scale."""
    return (x - target) / np.maximum(x * (1 - x), 1e-12) * scale


@quiet
def bce_with_logits(x, target):
    """Sum of -(t log σ(x) + (1 - t) log(1 - σ(x))); NaN if a t is no probability."""
    return _total(with_logits(x, target)) if probable(target) else np.float64(np.nan)


@quiet
def bce_with_logits_grad(scale, x, target):
    """σ(x) - t, times the scale."""
    return (elementwise("sigmoid", x) - target) * scale
