"""The normal distribution of vectors."""

from __future__ import annotations

from math import log, pi
from typing import Any

import autograd
from autograd.errors import describe
from autograd.metadata import Size
from autograd.tensors import Tensor

from . import constraints
from .distribution import Distribution
from .utils import lazy_property, one_of

_MATRICES = ("covariance_matrix", "precision_matrix", "scale_tril")


def mahalanobis(scale_tril: Tensor, away: Tensor) -> Tensor:
    """|L⁻¹ x|² of vectors, in batches that broadcast."""
    column = away.unsqueeze(-1)
    shape = autograd.broadcast_shapes(scale_tril.shape[:-2], column.shape[:-2])
    tril = scale_tril.expand(*shape, *scale_tril.shape[-2:])
    column = column.expand(*shape, *column.shape[-2:])
    return autograd.linalg.solve_triangular(tril, column, upper=False).square().sum((-2, -1))


def half_log_det(scale_tril: Tensor) -> Tensor:
    """ln |det L|."""
    return scale_tril.diagonal(0, -2, -1).log().sum(-1)


class MultivariateNormal(Distribution):
    """p(x) = exp(-½ (x - loc)ᵀ Σ⁻¹ (x - loc)) / √|2πΣ|, where Σ is given as `covariance_matrix`,
    as its inverse `precision_matrix`, or as `scale_tril`, lower triangular L with Σ = L Lᵀ.

    >>> m = autograd.distributions.MultivariateNormal(autograd.zeros(2), autograd.eye(2))
    >>> m.log_prob(autograd.zeros(2))
    tensor(-1.8379)
    """

    arg_constraints = {"loc": constraints.real_vector,
                       "covariance_matrix": constraints.positive_definite,
                       "precision_matrix": constraints.positive_definite,
                       "scale_tril": constraints.lower_cholesky}
    support = constraints.real_vector
    has_rsample = True

    def __init__(self, loc: Tensor, covariance_matrix: Tensor | None = None,
                 precision_matrix: Tensor | None = None, scale_tril: Tensor | None = None,
                 validate_args: bool | None = None) -> None:
        given = dict(zip(_MATRICES, (covariance_matrix, precision_matrix, scale_tril),
                         strict=True))
        one_of("MultivariateNormal", **given)
        name, matrix = next((n, m) for n, m in given.items() if m is not None)
        if loc.dim() < 1 or matrix.dim() < 2 or matrix.shape[-2:] != (loc.shape[-1],) * 2:
            raise ValueError(f"MultivariateNormal: loc {describe(loc)} must hold vectors, and "
                             f"{name} {describe(matrix)} square matrices of their size")
        batch = autograd.broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        self.loc = loc.expand(*batch, loc.shape[-1])
        self.__dict__[name] = matrix.expand(*batch, *matrix.shape[-2:])
        super().__init__(Size(batch), loc.shape[-1:], validate_args)

    @lazy_property
    def scale_tril(self) -> Tensor:
        """L."""
        if "covariance_matrix" in vars(self):
            return autograd.linalg.cholesky(self.covariance_matrix)
        turned = autograd.linalg.cholesky(self.precision_matrix.flip((-2, -1)))
        upper = turned.flip((-2, -1)).transpose(-2, -1)
        eye = autograd.eye(self.loc.shape[-1], dtype=self.loc.dtype).expand(upper.shape)
        return autograd.linalg.solve_triangular(upper, eye, upper=False)

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """Σ."""
        return self.scale_tril @ self.scale_tril.transpose(-2, -1)

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """Σ⁻¹."""
        return autograd.cholesky_inverse(self.scale_tril)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return self.scale_tril.square().sum(-1)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        drawn = autograd.randn(self._extended_shape(sample_shape), dtype=self.loc.dtype)
        return self.loc + (self.scale_tril @ drawn.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return (-0.5 * (self._event_shape[0] * log(2 * pi)
                        + mahalanobis(self.scale_tril, value - self.loc))
                - half_log_det(self.scale_tril))

    def entropy(self) -> Tensor:
        return 0.5 * self._event_shape[0] * (1 + log(2 * pi)) + half_log_det(self.scale_tril)
