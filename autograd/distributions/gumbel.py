"""The Gumbel distribution."""

from __future__ import annotations

from math import pi
from typing import Any

import autograd
from autograd.tensors import Tensor

from .location_scale import LocationScale

EULER = 0.57721566490153286060  # -ψ(1)


class Gumbel(LocationScale):
    """p(x) = exp(-(z + e⁻ᶻ)) / scale with z = (x - loc) / scale.

    >>> autograd.distributions.Gumbel(0.0, 1.0).mean
    tensor(0.5772)
    """

    @property
    def mean(self) -> Tensor:
        return self.loc + self.scale * EULER

    @property
    def stddev(self) -> Tensor:
        return pi / 6**0.5 * self.scale

    @property
    def variance(self) -> Tensor:
        return self.stddev.square()

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        waited = autograd.zeros(shape, dtype=self.loc.dtype).exponential_()
        return self.loc - self.scale * waited.log()

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        z = (self.loc - value) / self.scale
        return z - z.exp() - self.scale.log()

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return autograd.exp(-autograd.exp((self.loc - value) / self.scale))

    def icdf(self, value: Tensor) -> Tensor:
        return self.loc - self.scale * autograd.log(-autograd.log(value))

    def entropy(self) -> Tensor:
        return self.scale.log() + (1 + EULER)
