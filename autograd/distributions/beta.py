"""The beta distribution."""

from __future__ import annotations

from math import nan
from typing import Any

import autograd
from autograd.tensors import Tensor

from . import constraints
from .distribution import Distribution
from .gamma import standard_gamma
from .utils import broadcast_all


class Beta(Distribution):
    """p(x) = xᵃ⁻¹ (1 - x)ᵇ⁻¹ / B(a, b) for x in [0, 1], where a is concentration1 and b is
    concentration0.  Needs SciPy, the extra special.

    >>> autograd.distributions.Beta(1.0, 3.0).mean
    tensor(0.2500)
    """

    arg_constraints = {"concentration1": constraints.positive,
                       "concentration0": constraints.positive}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, concentration1: Any, concentration0: Any,
                 validate_args: bool | None = None) -> None:
        self.concentration1, self.concentration0 = broadcast_all(concentration1, concentration0)
        super().__init__(self.concentration1.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.concentration1 / (self.concentration1 + self.concentration0)

    @property
    def mode(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        inside = (a - 1) / (a + b - 2)
        edge = autograd.where(a < b, 0.0, autograd.where(b < a, 1.0, nan))
        return autograd.where((a > 1) & (b > 1), inside, edge.to(a.dtype))

    @property
    def variance(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        total = a + b
        return a * b / (total.square() * (total + 1))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        first = standard_gamma(self.concentration1, shape)
        return first / (first + standard_gamma(self.concentration0, shape))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        a, b = self.concentration1, self.concentration0
        return (autograd.xlogy(a - 1, value) + autograd.special.xlog1py(b - 1, -value)
                + autograd.lgamma(a + b) - autograd.lgamma(a) - autograd.lgamma(b))

    def entropy(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        psi = autograd.digamma
        return (autograd.lgamma(a) + autograd.lgamma(b) - autograd.lgamma(a + b)
                - (a - 1) * psi(a) - (b - 1) * psi(b) + (a + b - 2) * psi(a + b))
