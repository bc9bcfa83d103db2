"""The multinomial distribution."""

from __future__ import annotations

from math import inf
from typing import Any

import autograd
from autograd.tensors import Tensor

from . import constraints
from .binomial import Binomial
from .of_categorical import OfCategorical


class Multinomial(OfCategorical):
    """How often each of several outcomes comes in `total_count` draws, with probabilities
    proportional to `probs`, or to e^logits.  Its log_prob needs SciPy, the extra special.

    >>> autograd.distributions.Multinomial(4, autograd.tensor([1., 3.])).mean
    tensor([1., 3.])
    """

    def __init__(self, total_count: int = 1, probs: Tensor | None = None,
                 logits: Tensor | None = None, validate_args: bool | None = None) -> None:
        if isinstance(total_count, bool) or not isinstance(total_count, int):
            raise NotImplementedError("Multinomial: total_count must be one integer, for all of "
                                      "the batch")
        self.total_count = total_count
        super().__init__(probs, logits, validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Multinomial:
        made = super().expand(batch_shape)
        made.total_count = self.total_count
        return made

    @constraints.dependent_property(is_discrete=True, event_dim=1)
    def support(self) -> Any:
        """Counts that sum to total_count."""
        count = self.total_count
        return constraints._Where(
            "multinomial", lambda x: (constraints.nonnegative_integer.check(x).all(-1)
                                      & (x.sum(-1) == count)), 1, True, upper_bound=count)

    @property
    def mean(self) -> Tensor:
        return self.probs * self.total_count

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        drawn = self._categorical.sample((self.total_count, *sample_shape))
        outcomes = autograd.arange(self._event_shape[0])
        return (drawn.unsqueeze(-1) == outcomes).sum(0).to(self.probs.dtype)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        lgamma, impossible = autograd.lgamma, (value == 0) & (self.logits == -inf)
        chosen = autograd.where(impossible, 0.0, value * self.logits).sum(-1)
        return lgamma(value.sum(-1) + 1) - lgamma(value + 1).sum(-1) + chosen

    def entropy(self) -> Tensor:
        each = Binomial(self.total_count, self.probs)
        counts = each.enumerate_support(False)
        coefficients = (each.log_prob(counts).exp() * autograd.lgamma(counts + 1)).sum((0, -1))
        every = autograd.lgamma(autograd.tensor(self.total_count + 1.0, dtype=self.probs.dtype))
        return self.total_count * self._categorical.entropy() - every + coefficients
