"""The normal distribution."""

from __future__ import annotations

from math import log, pi, sqrt
from typing import Any

import autograd
from autograd.tensors import Tensor

from .location_scale import LocationScale


class Normal(LocationScale):
    """p(x) = exp(-(x - loc)² / 2 scale²) / (scale √2π).

    >>> autograd.distributions.Normal(0.0, 1.0).log_prob(autograd.tensor(0.0))
    tensor(-0.9189)
    """

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def stddev(self) -> Tensor:
        return self.scale

    @property
    def variance(self) -> Tensor:
        return self.scale.square()

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        drawn = autograd.randn(self._extended_shape(sample_shape), dtype=self.loc.dtype)
        return self.loc + drawn * self.scale

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return (-(value - self.loc).square() / (2 * self.variance) - self.scale.log()
                - log(2 * pi) / 2)

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return 0.5 * (1 + autograd.erf((value - self.loc) / (self.scale * sqrt(2))))

    def icdf(self, value: Tensor) -> Tensor:
        return self.loc + self.scale * autograd.erfinv(2 * value - 1) * sqrt(2)

    def entropy(self) -> Tensor:
        return 0.5 + log(2 * pi) / 2 + self.scale.log()
