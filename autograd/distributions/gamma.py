"""The gamma distribution."""

from __future__ import annotations

from typing import Any

import autograd
from autograd.ops.standard_gamma import gamma_quantile
from autograd.tensors import Tensor

from . import constraints
from .distribution import Distribution
from .utils import broadcast_all


def standard_gamma(concentration: Tensor, shape: Any) -> Tensor:
    """Samples for the rate 1, above 0, which have a gradient."""
    chance = autograd.rand(shape, dtype=autograd.float64).to(concentration.dtype)
    least = autograd.finfo(concentration.dtype).tiny
    drawn = gamma_quantile(concentration, chance.clamp(max=1 - autograd.finfo(chance.dtype).eps))
    return drawn.clamp(min=least)


class Gamma(Distribution):
    """p(x) = rateᵃ xᵃ⁻¹ exp(-rate x) / Γ(a) for x ≥ 0, where a is the concentration.  Needs SciPy,
    the extra special.

    >>> autograd.distributions.Gamma(4.0, 2.0).mean
    tensor(2.)
    """

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        self.concentration, self.rate = broadcast_all(concentration, rate)
        super().__init__(self.concentration.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.rate

    @property
    def mode(self) -> Tensor:
        return ((self.concentration - 1) / self.rate).clamp(min=0)

    @property
    def variance(self) -> Tensor:
        return self.concentration / self.rate.square()

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return standard_gamma(self.concentration, self._extended_shape(sample_shape)) / self.rate

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return (autograd.xlogy(self.concentration, self.rate)
                + autograd.xlogy(self.concentration - 1, value)
                - self.rate * value - autograd.lgamma(self.concentration))

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return autograd.special.gammainc(self.concentration, self.rate * value)

    def entropy(self) -> Tensor:
        a = self.concentration
        return a - self.rate.log() + autograd.lgamma(a) + (1 - a) * autograd.digamma(a)
