"""The geometric distribution."""

from __future__ import annotations

from typing import Any

import autograd
from autograd.tensors import Tensor

from . import constraints
from .bernoulli import Binary


class Geometric(Binary):
    """How many trials, each of which succeeds with probability `probs`, fail before the first that
    does not: p(k) = (1 - p)ᵏ p.

    >>> autograd.distributions.Geometric(0.25).mean
    tensor(3.)
    """

    support = constraints.nonnegative_integer

    def __init__(self, probs: Any = None, logits: Any = None,
                 validate_args: bool | None = None) -> None:
        self._take(probs, logits)
        super().__init__(self._given.shape, validate_args=validate_args)
        if self._validate_args and logits is None and not bool((self.probs > 0).all()):
            raise ValueError("Geometric: probs must be above 0, for a success to come at all")

    @property
    def mean(self) -> Tensor:
        return 1 / self.probs - 1

    @property
    def mode(self) -> Tensor:
        return autograd.zeros_like(self.probs)

    @property
    def variance(self) -> Tensor:
        return (1 / self.probs - 1) / self.probs

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with autograd.no_grad():
            drawn = autograd.rand(self._extended_shape(sample_shape), dtype=self.probs.dtype)
            drawn = drawn.clamp(min=autograd.finfo(drawn.dtype).tiny)
            return (drawn.log() / autograd.log1p(-self.probs)).floor()

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return value * autograd.log1p(-self.probs) + self.probs.log()

    def entropy(self) -> Tensor:
        return (self._softplus - self.probs * self.logits) / self.probs
