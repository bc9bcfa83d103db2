"""The inverse gamma distribution."""

from __future__ import annotations

from math import inf
from typing import Any

import autograd
from autograd.tensors import Tensor

from . import constraints
from .gamma import Gamma
from .transformed_distribution import TransformedDistribution
from .transforms import PowerTransform


class InverseGamma(TransformedDistribution):
    """1 / x, where x has the distribution Gamma(concentration, rate).  Needs SciPy, the extra
    special.

    >>> autograd.distributions.InverseGamma(3.0, 4.0).mean
    tensor(2.)
    """

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.positive
    base_dist: Gamma

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        base = Gamma(concentration, rate, validate_args)
        power = PowerTransform(-autograd.ones((), dtype=base.rate.dtype))
        super().__init__(base, power, validate_args)

    @property
    def concentration(self) -> Tensor:
        """The shape."""
        return self.base_dist.concentration

    @property
    def rate(self) -> Tensor:
        """The scale of 1 / x."""
        return self.base_dist.rate

    @property
    def mean(self) -> Tensor:
        a = self.concentration
        return autograd.where(a > 1, self.rate / autograd.where(a > 1, a - 1, 1.0), inf)

    @property
    def mode(self) -> Tensor:
        return self.rate / (self.concentration + 1)

    @property
    def variance(self) -> Tensor:
        a = self.concentration
        b = autograd.where(a > 2, a, 3.0)
        return autograd.where(a > 2, self.rate.square() / ((b - 1).square() * (b - 2)), inf)

    def entropy(self) -> Tensor:
        a = self.concentration
        return a + self.rate.log() + autograd.lgamma(a) - (1 + a) * autograd.digamma(a)
