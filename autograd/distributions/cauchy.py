"""The Cauchy distribution."""

from __future__ import annotations

from math import inf, log, nan, pi
from typing import Any

import autograd
from autograd.tensors import Tensor

from . import constraints
from .distribution import Distribution
from .utils import broadcast_all


class Cauchy(Distribution):
    """p(x) = 1 / (π scale (1 + ((x - loc) / scale)²)); it has no mean.

    >>> autograd.distributions.Cauchy(0.0, 1.0).log_prob(autograd.tensor(0.0))
    tensor(-1.1447)
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return autograd.full_like(self.loc, nan)

    @property
    def mode(self) -> Tensor:
        return self.loc

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
