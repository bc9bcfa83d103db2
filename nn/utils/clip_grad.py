"""Limiting gradients before an optimizer's step: one kernel call for all of them."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

import autograd
from autograd import Tensor
from autograd.boundary import guarded
from autograd.errors import describe, uncalled, warn
from autograd.ops import foreach
from autograd.replayed import replayed


@guarded
def get_total_norm(tensors: Tensor | Iterable[Tensor], norm_type: float = 2.0,
                   error_if_nonfinite: bool = False) -> Tensor:
    """The norm of all elements of all tensors as one vector: (Σ |x|ᵖ)^(1/p), or max |x| for p = ∞.
    """
    tensors = _list(tensors)
    if not tensors:
        return autograd.tensor(0.0)
    p = float(norm_type)
    total = foreach.total_norm(tensors, p)
    if error_if_nonfinite and not math.isfinite(total):
        raise RuntimeError(f"the total norm (norm_type {p}) of {len(tensors)} gradients is "
                           f"{total}: some are infinite or NaN; look at the loss and the learning "
                           "rate")
    dtype = tensors[0].dtype
    for tensor in tensors[1:]:
        dtype = autograd.promote_types(dtype, tensor.dtype)
    return autograd.tensor(total, dtype=np.empty(0, dtype).real.dtype)


@replayed
@guarded
def clip_grad_norm_(parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0,
                    error_if_nonfinite: bool = False) -> Tensor:
    """Scale all gradients, in place, by max_norm / (norm + 1e-6) if their total norm is larger;
    returns the norm they had.

    Reference: Pascanu et al., On the difficulty of training recurrent neural networks, ICML 2013.
    """
    grads = _grads("clip_grad_norm_", parameters)
    total = get_total_norm(grads, norm_type, error_if_nonfinite)
    _scale(grads, max_norm, total)
    return total


@replayed
@guarded
def clip_grads_with_norm_(parameters: Tensor | Iterable[Tensor], max_norm: float,
                          total_norm: Tensor) -> None:
    """Scale all gradients, in place, by max_norm / (total_norm + 1e-6) if that is below 1: what
    clip_grad_norm_ does with a norm that is known."""
    _scale(_grads("clip_grads_with_norm_", parameters), max_norm, total_norm)


def _scale(grads: list[Tensor], max_norm: float, total: Tensor) -> None:
    factor = float(max_norm) / (total.item() + 1e-6)
    if not factor >= 1:  # also where it is NaN
        foreach.scale_(grads, factor)


def clip_grad_norm(parameters: Tensor | Iterable[Tensor], max_norm: float,
                   norm_type: float = 2.0) -> Tensor:
    """Deprecated: use clip_grad_norm_."""
    warn("nn.utils.clip_grad_norm is deprecated; use nn.utils.clip_grad_norm_",
         FutureWarning)
    return clip_grad_norm_(parameters, max_norm, norm_type)


@replayed
@guarded
def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Limit every element of the gradients, in place, to [-clip_value, clip_value]."""
    limit, grads = float(clip_value), _grads("clip_grad_value_", parameters)
    if any(grad.is_complex() for grad in grads):
        raise TypeError("clip_grad_value_: complex gradients have no order to be limited in; use "
                        "clip_grad_norm_")
    foreach.clamp_(grads, -limit, limit)


def _grads(who: str, parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    if not isinstance(parameters, Iterable):
        hint = "; pass its .parameters()" if hasattr(parameters, "parameters") else ""
        raise TypeError(f"{who}: parameters must be Tensors, such as model.parameters(), got "
                        f"{describe(parameters)}{uncalled(parameters) or hint}")
    return [parameter.grad for parameter in _list(parameters) if parameter.grad is not None]


def _list(tensors: Tensor | Iterable[Tensor]) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)
