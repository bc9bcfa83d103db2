"""The Bernoulli distribution."""

from __future__ import annotations

from math import nan
from typing import Any

import autograd
from autograd.tensors import Tensor

from . import constraints
from .distribution import Distribution
from .utils import broadcast_all, lazy_property, logits_to_probs, one_of, probs_to_logits


class Binary(Distribution):
    """Distributions with a probability for each element, given as `probs` or as its `logits`."""

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}

    def _take(self, probs: Any, logits: Any, *others: Any) -> tuple[Tensor, ...]:
        """Keep one of the two, and return the others in its shape."""
        one_of(type(self).__name__, probs=probs, logits=logits)
        given, *rest = broadcast_all(probs if logits is None else logits, *others)
        self.__dict__["probs" if logits is None else "logits"] = given
        return tuple(rest)

    @lazy_property
    def logits(self) -> Tensor:
        """ln p - ln(1 - p)."""
        return probs_to_logits(self.probs, is_binary=True)

    @lazy_property
    def probs(self) -> Tensor:
        """The probabilities."""
        return logits_to_probs(self.logits, is_binary=True)

    @property
    def param_shape(self) -> Any:
        """The shape of the parameter that was given."""
        return self._given.shape

    @property
    def _given(self) -> Tensor:
        return self.probs if "probs" in vars(self) else self.logits

    @property
    def _softplus(self) -> Tensor:
        """ln(1 + e^logits) = -ln(1 - p)."""
        return autograd.logaddexp(self.logits, autograd.zeros_like(self.logits))


class Bernoulli(Binary):
    """1 with probability `probs`, or sigmoid(logits), else 0.

    >>> autograd.distributions.Bernoulli(0.25).log_prob(autograd.tensor(1.0))
    tensor(-1.3863)
    """

    support = constraints.boolean
    has_enumerate_support = True

    def __init__(self, probs: Any = None, logits: Any = None,
                 validate_args: bool | None = None) -> None:
        self._take(probs, logits)
        super().__init__(self._given.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        likelier = (self.probs >= 0.5).to(self.probs.dtype)
        return autograd.where(self.probs == 0.5, nan, likelier)

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with autograd.no_grad():
            return autograd.bernoulli(self.probs.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        return value * self.logits - self._softplus

    def entropy(self) -> Tensor:
        return self._softplus - self.probs * self.logits

    def enumerate_support(self, expand: bool = True) -> Tensor:
        values = autograd.arange(2, dtype=self._given.dtype)
        values = values.reshape(2, *(1,) * len(self.batch_shape))
        return values.expand(2, *self.batch_shape) if expand else values
