"""The negative binomial distribution."""

from __future__ import annotations

from typing import Any

import autograd
from autograd.tensors import Tensor

from . import constraints
from .bernoulli import Binary
from .gamma import Gamma


class NegativeBinomial(Binary):
    """How many trials, each of which succeeds with probability `probs`, succeed before
    `total_count` of them fail.  Needs SciPy, the extra special.

    >>> autograd.distributions.NegativeBinomial(3.0, 0.5).mean
    tensor(3.)
    """

    arg_constraints = {"total_count": constraints.nonnegative,
                       "probs": constraints.half_open_interval(0.0, 1.0),
                       "logits": constraints.real}
    support = constraints.nonnegative_integer

    def __init__(self, total_count: Any, probs: Any = None, logits: Any = None,
                 validate_args: bool | None = None) -> None:
        count, = self._take(probs, logits, total_count)
        self.total_count = count.to(self._given.dtype)
        super().__init__(self._given.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.logits.exp()

    @property
    def mode(self) -> Tensor:
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0)

    @property
    def variance(self) -> Tensor:
        return self.mean / autograd.sigmoid(-self.logits)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with autograd.no_grad():
            rate = Gamma(self.total_count, (-self.logits).exp(), False).sample(sample_shape)
            return autograd.poisson(rate)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        n, lgamma = self.total_count, autograd.lgamma
        normal = lgamma(n + value) - lgamma(1 + value) - lgamma(n)
        normal = autograd.where(n + value == 0, 0.0, normal)
        zero = autograd.zeros_like(self.logits)
        return (normal - n * self._softplus
                - value * autograd.logaddexp(-self.logits, zero))
