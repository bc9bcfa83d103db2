"""The Laplace distribution."""

from __future__ import annotations

from typing import Any

import autograd
from autograd.tensors import Tensor

from .location_scale import LocationScale


class Laplace(LocationScale):
    """p(x) = exp(-|x - loc| / scale) / 2 scale.

    >>> autograd.distributions.Laplace(0.0, 1.0).log_prob(autograd.tensor(0.0))
    tensor(-0.6931)
    """

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return 2 * self.scale.square()

    @property
    def stddev(self) -> Tensor:
        return 2**0.5 * self.scale

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        drawn = autograd.rand(shape, dtype=self.loc.dtype) - 0.5
        eps = autograd.finfo(self.loc.dtype).tiny
        return self.loc - self.scale * drawn.sign() * (1 - 2 * drawn.abs()).clamp(min=eps).log()

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return -autograd.log(2 * self.scale) - (value - self.loc).abs() / self.scale

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        away = value - self.loc
        return 0.5 - 0.5 * away.sign() * autograd.expm1(-away.abs() / self.scale)

    def icdf(self, value: Tensor) -> Tensor:
        term = value - 0.5
        return self.loc - self.scale * term.sign() * autograd.log1p(-2 * term.abs())

    def entropy(self) -> Tensor:
        return 1 + autograd.log(2 * self.scale)
