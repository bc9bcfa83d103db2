"""Limiting gradients before an optimizer's step."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

import autograd
from autograd import Tensor


def get_total_norm(tensors: Tensor | Iterable[Tensor], norm_type: float = 2.0,
                   error_if_nonfinite: bool = False) -> Tensor:
    """The norm of all elements of all tensors as one vector: (Σ |x|ᵖ)^(1/p), or max |x| for p = ∞.
    """
    arrays = [tensor.detach().numpy() for tensor in _list(tensors)]
    if not arrays:
        return autograd.tensor(0.0)
    p = float(norm_type)
    with np.errstate(all="ignore"):
        norms = [np.linalg.norm(array.ravel(), p) if array.size else 0.0 for array in arrays]
        total = np.linalg.norm(np.array(norms, np.float64), p)
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(f"the total norm (norm_type {p}) of {len(arrays)} gradients is {total}: "
                           "some are infinite or NaN; look at the loss and the learning rate")
    return autograd.tensor(total, dtype=np.result_type(*arrays))


def clip_grad_norm_(parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0,
                    error_if_nonfinite: bool = False) -> Tensor:
    """Scale all gradients, in place, by max_norm / (norm + 1e-6) if their total norm is larger;
    returns the norm they had.

    Reference: Pascanu et al., On the difficulty of training recurrent neural networks, ICML 2013.
    """
    grads = [p.grad for p in _list(parameters) if p.grad is not None]
    total = get_total_norm(grads, norm_type, error_if_nonfinite)
    factor = float(max_norm) / (total.item() + 1e-6)
    if not factor >= 1:  # also where it is NaN
        with autograd.no_grad():
            for grad in grads:
                grad.mul_(factor)
    return total


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Limit every element of the gradients, in place, to [-clip_value, clip_value]."""
    limit = float(clip_value)
    with autograd.no_grad():
        for parameter in _list(parameters):
            if parameter.grad is not None:
                parameter.grad.clamp_(-limit, limit)


def _list(tensors: Tensor | Iterable[Tensor]) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)
