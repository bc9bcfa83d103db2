"""What distributions share: parameters of one shape, probabilities and their logarithms."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import autograd
from autograd.errors import describe
from autograd.tensors import Tensor

lazy_property = cached_property


def broadcast_all(*values: Any) -> tuple[Tensor, ...]:
    """Tensors of one shape; numbers become tensors of the dtype of the first tensor, or of the
    default one."""
    for value in values:
        if not isinstance(value, (Tensor, bool, int, float)):
            raise ValueError(f"a Tensor or a number is needed as a parameter, got "
                             f"{describe(value)}")
    dtype = next((value.dtype for value in values if isinstance(value, Tensor)),
                 autograd.get_default_dtype())
    return autograd.broadcast_tensors([
        value if isinstance(value, Tensor) else autograd.tensor(value, dtype=dtype)
        for value in values])


def clamp_probs(probs: Tensor) -> Tensor:
    """Probabilities within (0, 1), by the precision of their dtype."""
    eps = autograd.finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Tensor:
    """ln p, or ln p - ln(1 - p) of one of two."""
    clamped = clamp_probs(probs)
    return autograd.log(clamped) - autograd.log1p(-clamped) if is_binary else autograd.log(clamped)


def logits_to_probs(logits: Tensor, is_binary: bool = False) -> Tensor:
    """softmax over the last dimension, or the sigmoid of one of two."""
    return autograd.sigmoid(logits) if is_binary else autograd.softmax(logits, -1)


def sum_rightmost(value: Tensor, dims: int) -> Tensor:
    """The sum over the last `dims` dimensions."""
    return value.reshape(*value.shape[:value.dim() - dims], -1).sum(-1) if dims else value


def one_of(name: str, **given: Any) -> None:
    """Raise unless exactly one of the parameters is given."""
    if sum(value is not None for value in given.values()) != 1:
        raise ValueError(f"{name}: exactly one of {', '.join(given)} must be given")
