"""Student's t distribution."""

from __future__ import annotations

from math import inf, log, nan, pi
from typing import Any

import autograd
from autograd.tensors import Tensor

from . import constraints
from .distribution import Distribution
from .gamma import standard_gamma
from .utils import broadcast_all


class StudentT(Distribution):
    """loc + scale times a standard normal number over √(χ² / df).  Needs SciPy, the extra special.

    >>> autograd.distributions.StudentT(4.0).variance
    tensor(2.)
    """

    arg_constraints = {"df": constraints.positive, "loc": constraints.real,
                       "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, df: Any, loc: Any = 0.0, scale: Any = 1.0,
                 validate_args: bool | None = None) -> None:
        self.df, self.loc, self.scale = broadcast_all(df, loc, scale)
        super().__init__(self.df.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return autograd.where(self.df > 1, self.loc, nan)

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        df = self.df
        finite = self.scale.square() * df / autograd.where(df > 2, df - 2, 1.0)
        return autograd.where(df > 2, finite, autograd.where(df > 1, inf, nan).to(df.dtype))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        chi2 = 2 * standard_gamma(self.df / 2, shape)
        drawn = autograd.randn(shape, dtype=self.df.dtype) * (chi2 / self.df).rsqrt()
        return self.loc + self.scale * drawn

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        y = (value - self.loc) / self.scale
        normal = (self.scale.log() + 0.5 * self.df.log() + 0.5 * log(pi)
                  + autograd.lgamma(0.5 * self.df) - autograd.lgamma(0.5 * (self.df + 1)))
        return -0.5 * (self.df + 1) * autograd.log1p(y.square() / self.df) - normal

    def entropy(self) -> Tensor:
        half = 0.5 * (self.df + 1)
        beta = (autograd.lgamma(0.5 * self.df) + 0.5 * log(pi) - autograd.lgamma(half))
        return (self.scale.log() + half * (autograd.digamma(half) - autograd.digamma(0.5 * self.df))
                + 0.5 * self.df.log() + beta)
