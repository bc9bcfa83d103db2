"""The Dirichlet distribution."""

from __future__ import annotations

from typing import Any

import autograd
from autograd.errors import describe
from autograd.tensors import Tensor

from . import constraints
from .distribution import Distribution
from .gamma import standard_gamma


class Dirichlet(Distribution):
    """p(x) = Π xᵢ^(aᵢ-1) Γ(Σ aᵢ) / Π Γ(aᵢ), of vectors that sum to 1.  Needs SciPy, the extra
    special.

    >>> autograd.distributions.Dirichlet(autograd.tensor([1., 3.])).mean
    tensor([0.2500, 0.7500])
    """

    arg_constraints = {"concentration": constraints.independent(constraints.positive, 1)}
    support = constraints.simplex
    has_rsample = True

    def __init__(self, concentration: Tensor, validate_args: bool | None = None) -> None:
        if concentration.dim() < 1:
            raise ValueError("Dirichlet: concentration must have at least one dimension, got "
                             f"{describe(concentration)}")
        self.concentration = concentration
        super().__init__(concentration.shape[:-1], concentration.shape[-1:], validate_args)

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.concentration.sum(-1, True)

    @property
    def mode(self) -> Tensor:
        above = (self.concentration - 1).clamp(min=0)
        mode = above / above.sum(-1, True)
        corner = (self.concentration < 1).all(-1, keepdim=True)
        first = autograd.zeros_like(mode).scatter(-1, mode.argmax(-1, True), value=1.0)
        return autograd.where(corner, first, mode)

    @property
    def variance(self) -> Tensor:
        total = self.concentration.sum(-1, True)
        return self.concentration * (total - self.concentration) / (total.square() * (total + 1))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        drawn = standard_gamma(self.concentration, self._extended_shape(sample_shape))
        return drawn / drawn.sum(-1, True)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        a = self.concentration
        return (autograd.xlogy(a - 1, value).sum(-1) + autograd.lgamma(a.sum(-1))
                - autograd.lgamma(a).sum(-1))

    def entropy(self) -> Tensor:
        a, count = self.concentration, self.concentration.shape[-1]
        total = a.sum(-1)
        return (autograd.lgamma(a).sum(-1) - autograd.lgamma(total)
                - (count - total) * autograd.digamma(total)
                - ((a - 1) * autograd.digamma(a)).sum(-1))
