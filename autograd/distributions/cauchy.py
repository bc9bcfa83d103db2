"""The Cauchy distribution."""

from __future__ import annotations

from math import inf, log, nan, pi
from typing import Any

import autograd
from autograd.tensors import Tensor

from .location_scale import LocationScale


class Cauchy(LocationScale):
    """p(x) = 1 / (π scale (1 + ((x - loc) / scale)²)); it has no mean.

    >>> autograd.distributions.Cauchy(0.0, 1.0).log_prob(autograd.tensor(0.0))
    tensor(-1.1447)
    """

    @property
    def mean(self) -> Tensor:
        return autograd.full_like(self.loc, nan)

    @property
    def variance(self) -> Tensor:
        return autograd.full_like(self.loc, inf)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        drawn = autograd.zeros(self._extended_shape(sample_shape), dtype=self.loc.dtype).cauchy_()
        return self.loc + drawn * self.scale

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return (-log(pi) - self.scale.log()
                - autograd.log1p(((value - self.loc) / self.scale).square()))

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return autograd.atan((value - self.loc) / self.scale) / pi + 0.5

    def icdf(self, value: Tensor) -> Tensor:
        return autograd.tan(pi * (value - 0.5)) * self.scale + self.loc

    def entropy(self) -> Tensor:
        return log(4 * pi) + self.scale.log()
