"""The Gumbel distribution."""

from __future__ import annotations

from math import pi
from typing import Any

import autograd
from autograd.tensors import Tensor

from . import constraints
from .distribution import Distribution
from .utils import broadcast_all

EULER = 0.57721566490153286060  # -ψ(1)


class Gumbel(Distribution):
    """p(x) = exp(-(z + e⁻ᶻ)) / scale with z = (x - loc) / scale.

    >>> autograd.distributions.Gumbel(0.0, 1.0).mean
    tensor(0.5772)
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc + self.scale * EULER

    @property
    def mode(self) -> Tensor:
        return self.loc

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
