"""The half-Cauchy distribution."""

from __future__ import annotations

from math import inf, log, pi
from typing import Any

import autograd
from autograd.tensors import Tensor

from . import constraints
from .distribution import Distribution
from .utils import broadcast_all


class HalfCauchy(Distribution):
    """The absolute value of a Cauchy distribution's around 0: p(x) = 2 / (π scale (1 + (x /
    scale)²)) for x ≥ 0; it has no finite mean.

    >>> autograd.distributions.HalfCauchy(1.0).log_prob(autograd.tensor(0.0))
    tensor(-0.4516)
    """

    arg_constraints = {"scale": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        self.scale, = broadcast_all(scale)
        super().__init__(self.scale.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return autograd.full_like(self.scale, inf)

    @property
    def mode(self) -> Tensor:
        return autograd.zeros_like(self.scale)

    @property
    def variance(self) -> Tensor:
        return autograd.full_like(self.scale, inf)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        drawn = autograd.zeros(self._extended_shape(sample_shape), dtype=self.scale.dtype)
        return drawn.cauchy_().abs() * self.scale

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        inside = (log(2 / pi) - self.scale.log()
                  - autograd.log1p((value / self.scale).square()))
        return autograd.where(value >= 0, inside, -inf)

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return 2 / pi * autograd.atan(value / self.scale)

    def icdf(self, value: Tensor) -> Tensor:
        return self.scale * autograd.tan(value * (pi / 2))

    def entropy(self) -> Tensor:
        return self.scale.log() + log(2 * pi)
