"""The Weibull distribution."""

from __future__ import annotations

from typing import Any

import autograd
from autograd.tensors import Tensor

from . import constraints
from .distribution import Distribution
from .gumbel import EULER
from .utils import broadcast_all


class Weibull(Distribution):
    """p(x) = (k / scale) (x / scale)ᵏ⁻¹ exp(-(x / scale)ᵏ) for x > 0, with k the concentration.
    Its moments need SciPy, the extra special.

    >>> autograd.distributions.Weibull(2.0, 1.0).mean
    tensor(2.)
    """

    arg_constraints = {"scale": constraints.positive, "concentration": constraints.positive}
    support = constraints.positive
    has_rsample = True

    def __init__(self, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.scale, self.concentration = broadcast_all(scale, concentration)
        super().__init__(self.scale.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.scale * autograd.lgamma(1 + 1 / self.concentration).exp()

    @property
    def mode(self) -> Tensor:
        k = self.concentration.clamp(min=1)
        return self.scale * ((k - 1) / k).pow(1 / k)

    @property
    def variance(self) -> Tensor:
        first = autograd.lgamma(1 + 1 / self.concentration)
        second = autograd.lgamma(1 + 2 / self.concentration)
        return self.scale.square() * (second.exp() - (2 * first).exp())

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        waited = autograd.zeros(shape, dtype=self.scale.dtype).exponential_()
        return self.scale * waited.pow(1 / self.concentration)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        k, ratio = self.concentration, value / self.scale
        return (k / self.scale).log() + (k - 1) * ratio.log() - ratio.pow(k)

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value, edge=True)
        return -autograd.expm1(-(value / self.scale).pow(self.concentration))

    def icdf(self, value: Tensor) -> Tensor:
        return self.scale * (-autograd.log1p(-value)).pow(1 / self.concentration)

    def entropy(self) -> Tensor:
        k = self.concentration
        return EULER * (1 - k.reciprocal()) + (self.scale / k).log() + 1
