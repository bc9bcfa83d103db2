"""Penalties on the size of a model's weights, to be added to its loss.

An optimizer's `weight_decay` shrinks all its parameters, biases and norms as well; these take the
weights alone, and their gradient is that of the loss they are added to.
"""

from __future__ import annotations

from collections.abc import Callable

from autograd import Tensor
from autograd.errors import check_switches, describe, uncalled

from ..module import Module


def l2_penalty(model: Module, lam: float, *, samples: int | None = None,
               bias: bool = False) -> Tensor:
    """lam Σ w², and lam / (2 m) Σ w² where `samples` is m.  The gradient is 2 lam w, or lam w / m.

    It counts the parameters of two and more dimensions, weight matrices and kernels; with `bias`
    all, so that biases and the scales of normalisation count too.
    Raises: ValueError for a negative lam, m below 1, or a model without such parameters.

    >>> import nn
    >>> layer = nn.Linear(1, 2)
    >>> _ = nn.init.constant_(layer.weight, 3.0)
    >>> nn.utils.l2_penalty(layer, 0.5).item()
    9.0
    """
    return _penalty("l2_penalty", model, lambda w: lam * (w * w).sum(), samples, bias, lam=lam)


def l1_penalty(model: Module, lam: float, *, samples: int | None = None,
               bias: bool = False) -> Tensor:
    """lam Σ |w|, and lam / (2 m) Σ |w| where `samples` is m.  The gradient is lam sign(w), or
    lam sign(w) / (2 m), and 0 where w is 0.

    Which parameters count, and errors: as in l2_penalty.
    """
    return _penalty("l1_penalty", model, lambda w: lam * w.abs().sum(), samples, bias, lam=lam)


def elastic_penalty(model: Module, l1: float, l2: float, *, samples: int | None = None,
                    bias: bool = False) -> Tensor:
    """l1 Σ |w| + l2 Σ w², and half of it over m where `samples` is m: l1_penalty + l2_penalty.

    Reference: Zou and Hastie, Regularization and variable selection via the elastic net, 2005.
    """
    return _penalty("elastic_penalty", model, lambda w: (l1 * w.abs() + l2 * (w * w)).sum(),
                    samples, bias, l1=l1, l2=l2)


def _penalty(name: str, model: Module, of: Callable[[Tensor], Tensor], samples: int | None,
             bias: bool, **factors: float) -> Tensor:
    """The sum of the penalties of those parameters that count."""
    check_switches(name, bias=bias)
    if not isinstance(model, Module):
        raise TypeError(f"{name}: model must be a Module, got {describe(model)}"
                        f"{uncalled(model)}")
    for option, value in factors.items():
        if not value >= 0:
            raise ValueError(f"{name}: {option} must be at least 0, got {value}")
    if samples is not None and not samples >= 1:
        raise ValueError(f"{name}: samples must be the number of samples, at least 1, got "
                         f"{samples}")
    weights = [w for w in model.parameters() if bias or w.ndim > 1]
    if not weights:
        raise ValueError(f"{name}: {type(model).__name__} has no parameter"
                         + ("" if bias else " of two or more dimensions; bias=True counts all"))
    first, *rest = map(of, weights)
    total = sum(rest, start=first)
    return total if samples is None else total / (2 * samples)
