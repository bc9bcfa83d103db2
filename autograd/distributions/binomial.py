"""The binomial distribution."""

from __future__ import annotations

from typing import Any

import autograd
from autograd.tensors import Tensor

from . import constraints
from .bernoulli import Binary


class Binomial(Binary):
    """How many of `total_count` trials succeed, each with probability `probs`, or sigmoid(logits).
    Its log_prob needs SciPy, the extra special.

    >>> autograd.distributions.Binomial(4, 0.5).variance
    tensor(1.)
    """

    arg_constraints = {"total_count": constraints.nonnegative_integer, **Binary.arg_constraints}
    has_enumerate_support = True

    def __init__(self, total_count: Any = 1, probs: Any = None, logits: Any = None,
                 validate_args: bool | None = None) -> None:
        count, = self._take(probs, logits, total_count)
        self.total_count = count.to(self._given.dtype)
        super().__init__(self._given.shape, validate_args=validate_args)

    @constraints.dependent_property(is_discrete=True)
    def support(self) -> Any:
        """The integers from 0 to total_count."""
        return constraints.integer_interval(0, self.total_count)

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.probs

    @property
    def mode(self) -> Tensor:
        return ((self.total_count + 1) * self.probs).floor().clamp(max=self.total_count)

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        with autograd.no_grad():
            return autograd.binomial(self.total_count.expand(shape), self.probs.expand(shape))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        n, lgamma = self.total_count, autograd.lgamma
        return (lgamma(n + 1) - lgamma(value + 1) - lgamma(n - value + 1)
                + value * self.logits - n * self._softplus)

    def entropy(self) -> Tensor:
        values = self.enumerate_support(False)
        log_prob = self.log_prob(values)
        return -(log_prob.exp() * log_prob).sum(0)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        count = int(self.total_count.max())
        if not bool((self.total_count == count).all()):
            raise NotImplementedError("Binomial: enumerate_support and entropy are defined where "
                                      "all total_count are equal")
        values = autograd.arange(count + 1, dtype=self._given.dtype)
        values = values.reshape(-1, *(1,) * len(self.batch_shape))
        return values.expand(-1, *self.batch_shape) if expand else values
