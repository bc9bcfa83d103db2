"""The half-normal distribution."""

from __future__ import annotations

from math import inf, log, pi, sqrt
from typing import Any

import autograd
from autograd.tensors import Tensor

from . import constraints
from .distribution import Distribution
from .utils import broadcast_all


class HalfNormal(Distribution):
    """The absolute value of a normal distribution's around 0: p(x) = √(2/π) exp(-x² / 2 scale²) /
    scale for x ≥ 0.

    >>> autograd.distributions.HalfNormal(1.0).mean
    tensor(0.7979)
    """

    arg_constraints = {"scale": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        self.scale, = broadcast_all(scale)
        super().__init__(self.scale.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.scale * sqrt(2 / pi)

    @property
    def mode(self) -> Tensor:
        return autograd.zeros_like(self.scale)

    @property
    def variance(self) -> Tensor:
        return self.scale.square() * (1 - 2 / pi)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        drawn = autograd.randn(self._extended_shape(sample_shape), dtype=self.scale.dtype)
        return drawn.abs() * self.scale

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        inside = (-value.square() / (2 * self.scale.square()) - self.scale.log()
                  + log(2 / pi) / 2)
        return autograd.where(value >= 0, inside, -inf)

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return autograd.erf(value / (self.scale * sqrt(2)))

    def icdf(self, value: Tensor) -> Tensor:
        return self.scale * sqrt(2) * autograd.erfinv(value)

    def entropy(self) -> Tensor:
        return self.scale.log() + 0.5 * log(pi / 2) + 0.5
