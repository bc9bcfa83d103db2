"""The categorical distribution."""

from __future__ import annotations

from math import nan
from typing import Any

import autograd
from autograd.errors import describe
from autograd.tensors import Tensor

from . import constraints
from .distribution import Distribution
from .utils import lazy_property, logits_to_probs, one_of, probs_to_logits


class Categorical(Distribution):
    """The integers from 0 on, with probabilities proportional to `probs`, or to e^logits, along the
    last dimension.

    >>> c = autograd.distributions.Categorical(probs=autograd.tensor([1., 3.]))
    >>> c.probs, c.log_prob(autograd.tensor(1))
    (tensor([0.2500, 0.7500]), tensor(-0.2877))
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    has_enumerate_support = True

    def __init__(self, probs: Tensor | None = None, logits: Tensor | None = None,
                 validate_args: bool | None = None) -> None:
        one_of(type(self).__name__, probs=probs, logits=logits)
        given = probs if logits is None else logits
        if not isinstance(given, Tensor) or given.dim() < 1:
            raise ValueError(f"{type(self).__name__}: a Tensor of at least one dimension is "
                             f"needed, got {describe(given)}")
        if logits is None:
            self.__dict__["probs"] = given / given.sum(-1, True)
        else:
            self.__dict__["logits"] = given - given.logsumexp(-1, True)
        super().__init__(given.shape[:-1], validate_args=validate_args)

    @lazy_property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities."""
        return probs_to_logits(self.probs)

    @lazy_property
    def probs(self) -> Tensor:
        """The probabilities, which sum to 1."""
        return logits_to_probs(self.logits)

    @property
    def _given(self) -> Tensor:
        return self.probs if "probs" in vars(self) else self.logits

    @property
    def _num_events(self) -> int:
        return self._given.shape[-1]

    @property
    def param_shape(self) -> Any:
        """The shape of the parameter that was given."""
        return self._given.shape

    @constraints.dependent_property(is_discrete=True)
    def support(self) -> Any:
        """The integers below the number of probabilities."""
        return constraints.integer_interval(0, self._num_events - 1)

    @property
    def mean(self) -> Tensor:
        return autograd.full(self._batch_shape, nan, dtype=self._given.dtype)

    @property
    def mode(self) -> Tensor:
        return self.probs.argmax(-1)

    @property
    def variance(self) -> Tensor:
        return autograd.full(self._batch_shape, nan, dtype=self._given.dtype)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        with autograd.no_grad():
            waited = autograd.zeros((*shape, self._num_events), dtype=autograd.float64)
            return (self.probs / waited.exponential_()).argmax(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        places, logits = autograd.broadcast_tensors([value.long().unsqueeze(-1), self.logits])
        return logits.gather(-1, places[..., :1]).squeeze(-1)

    def entropy(self) -> Tensor:
        logits = self.logits.clamp(min=autograd.finfo(self.logits.dtype).min)
        return -(logits * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        values = autograd.arange(self._num_events).reshape(-1, *(1,) * len(self._batch_shape))
        return values.expand(-1, *self._batch_shape) if expand else values
