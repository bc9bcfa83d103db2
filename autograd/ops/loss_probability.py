"""Losses that are divergences or negative log-likelihoods of a distribution."""

from __future__ import annotations

from math import log as log_of
from math import pi

import numpy as np

from ..dtypes import fitting
from ..errors import describe
from ..record import composite, op
from ..tensors import Tensor
from .compare import maximum, where
from .elementwise import exp, in_float32, log, safe_mul
from .loss import check_reduction, reduced, same_shape
from .loss_slips import look_at_input
from .shape import unsqueeze

_HALF_LOG_2_PI = 0.5 * log_of(2 * pi)


@composite(method=False)
def kl_div(input, target, reduction="mean", log_target=False):
    """t (log t - x) for log-probabilities x and probabilities t (their logarithms where
    `log_target`), reduced; 0 where t is 0.

    "mean" divides by the number of elements; "batchmean" by input.shape[0], which is the
    Kullback-Leibler divergence averaged over the batch.
    Raises: ValueError unless both have the same shape.

    >>> p = autograd.tensor([[0.5, 0.5]])
    >>> nn.functional.kl_div(autograd.tensor([[0.9, 0.1]]).log(), p, reduction="batchmean")
    tensor(0.5108)
    """
    if reduction not in ("mean", "batchmean", "sum", "none"):
        raise ValueError(f"kl_div: reduction {reduction!r}; choose 'mean', 'batchmean', 'sum' or "
                         "'none'")
    same_shape("kl_div", input, target)
    look_at_input("kl_div", input)
    losses = exp(target) * (target - input) if log_target else _kl_div(input, target)
    if reduction != "batchmean":
        return reduced(losses, reduction)
    if not input.shape:
        raise ValueError("kl_div: reduction 'batchmean' needs a batch dimension, got input (); "
                         "use 'sum'")
    return losses.sum() / input.shape[0]


@op(method=False, broadcasts=True, promotes="float", vjp=dict(
    input=lambda g, target: -(g * target),
    target=lambda g, input, target: safe_mul(g, log(target) + 1 - input)))
def _kl_div(input, target, /):
    return np.where(np.equal(target, 0), 0, target * (np.log(target) - input))


@composite(method=False)
def categorical_cross_entropy(input, target, reduction="mean"):
    """-Σ t log p over the classes, dimension 1, of probabilities p and one-hot targets (or other
    probabilities) t; reduced.  Logarithms below -100 count as -100.

    Shape: input and target (N, C, *), or (C) -> () or, with reduction "none", (N, *) or ()
    Raises: ValueError where either is not of probabilities that sum to 1 over the classes, or
        shapes differ.

    >>> p, t = autograd.tensor([[0.5, 0.25, 0.25]]), autograd.tensor([[0., 1., 0.]])
    >>> nn.functional.categorical_cross_entropy(p, t)
    tensor(1.3863)
    """
    name = "categorical_cross_entropy"
    check_reduction(name, reduction)
    if input.ndim and target.dtype.kind in "iu" and target.shape != input.shape:
        raise ValueError(f"{name}: target {describe(target)} has class numbers; make them one-hot "
                         f"with one_hot(target, {input.shape[min(1, input.ndim - 1)]}), or give "
                         "the logarithm of input to nll_loss")
    same_shape(name, input, target)
    if not input.ndim:
        raise ValueError(f"{name}: input must be (N, C, ...) or (C), got ()")
    classes = min(1, input.ndim - 1)
    _check_distribution(name, "input", input, classes, "; for scores before the softmax use "
                        "cross_entropy")
    _check_distribution(name, "target", target, classes, "")
    return reduced(_categorical_cross_entropy(input, target).sum(classes), reduction)


def _check_distribution(name: str, which: str, tensor, classes: int, fix: str) -> None:
    """Raise unless all numbers are at least 0 and sum to 1 over the classes; NaN may be one."""
    values = getattr(tensor, "_array", tensor)
    totals = values.sum(classes, dtype=np.float64)
    near = 1e-2 if values.dtype == np.float16 else 1e-4
    if (values < 0).any() or (np.abs(totals - 1) > near).any():
        wrong = values[values < 0] if (values < 0).any() else totals[np.abs(totals - 1) > near]
        found = "holds" if (values < 0).any() else "sums to"
        raise ValueError(f"{name}: {which} {tuple(values.shape)} must hold probabilities that sum "
                         f"to 1 over the classes, but {found} {wrong.flat[0]:.6g}{fix}")


@op(method=False, broadcasts=True, promotes="float", vjp=dict(
    input=lambda g, input, target: -(g * target) / maximum(input, 1e-12),
    target=lambda g, input: -(g * maximum(log(input), -100.0))))
def _categorical_cross_entropy(input, target, /):
    return -target * np.maximum(np.log(input), -100.0)


@composite(method=False)
def poisson_nll_loss(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    """eˣ - t x, the negative log-likelihood of counts t for the logarithm x of the expected count;
    x - t log(x + eps) for the count itself, where `log_input` is False.

    `full` adds Stirling's t log t - t + log(2 π t) / 2 for log t! where t is above 1.
    Raises: ValueError unless both have the same shape.
    """
    check_reduction("poisson_nll_loss", reduction)
    same_shape("poisson_nll_loss", input, target)
    if log_input:
        look_at_input("poisson_nll_loss", input)
    logarithm = input if log_input else log(input + eps)
    losses = (exp(input) if log_input else input) - safe_mul(target, logarithm)
    if full:
        count = where(target > 1, target, 1.0)
        stirling = count * log(count) - count + log(count * (2 * pi)) * 0.5
        losses = losses + where(target > 1, stirling, 0.0)
    return reduced(losses, reduction)


@composite(method=False)
@in_float32
def gaussian_nll_loss(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """(log v + (x - t)² / v) / 2, the negative log-likelihood of t under a normal distribution
    with mean x and variance v = max(var, eps); `full` adds log(2 π) / 2.

    The maximum does not count for the gradient: that of var is the one of v.
    Shape: input and target (*), var as input, or without its last dimension, or 1 there, or a
        number
    Raises: ValueError where shapes do not fit or a variance is negative.
    Reference: Nix and Weigend, Estimating the mean and variance of the target distribution, 1994.
    """
    name = "gaussian_nll_loss"
    check_reduction(name, reduction)
    same_shape(name, input, target)
    variance = _at_least(_variance(name, input, var), low=eps)
    distance = input - target
    losses = (log(variance) + distance * (distance / variance)) * 0.5
    return reduced(losses + _HALF_LOG_2_PI if full else losses, reduction)


def _variance(name: str, input, var):
    """var as a tensor that broadcasts to input without widening it."""
    if not isinstance(var, Tensor):
        var = Tensor(np.full(input.shape, fitting(name, var, input.dtype)))
    shape, wanted = tuple(var.shape), tuple(input.shape)
    if shape != wanted:
        if wanted and shape == wanted[:-1]:
            var = unsqueeze(var, -1)
        elif not wanted or shape != (*wanted[:-1], 1):
            raise ValueError(f"{name}: var {shape} does not fit input {wanted}; give one variance "
                             f"per element {wanted} or per row {wanted[:-1]}")
    negative = var._array < 0
    if negative.any():
        at = tuple(int(i) for i in np.argwhere(negative)[0])
        raise ValueError(f"{name}: var {var._array[at]} at position {list(at)} is negative; give "
                         "the variance, for instance as softplus(...) or exp(log_var)")
    return var


@op(method=False, vjp=dict(input=lambda g: g))
def _at_least(input, /, *, low):
    return np.maximum(input, low)
