"""The categorical distribution made continuous, so that samples have gradients."""

from __future__ import annotations

from typing import Any

import autograd
from autograd.tensors import Tensor

from . import constraints
from .categorical import Categorical
from .of_categorical import OfCategorical
from .relaxed import Relaxed
from .transforms import ExpTransform


class ExpRelaxedCategorical(OfCategorical):
    """The logarithms of RelaxedOneHotCategorical's values.

    Reference: Maddison et al., The Concrete Distribution, 2017, appendix C.
    """

    support = constraints.real_vector
    has_rsample = True

    def __init__(self, temperature: Any, probs: Tensor | None = None,
                 logits: Tensor | None = None, validate_args: bool | None = None) -> None:
        self.temperature = temperature
        super().__init__(probs, logits, validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> ExpRelaxedCategorical:
        made = super().expand(batch_shape)
        made.temperature = self.temperature
        return made

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        waited = autograd.zeros(shape, dtype=self.logits.dtype).exponential_()
        scores = (self.logits - waited.log()) / self.temperature
        return scores - scores.logsumexp(-1, True)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        count = self._event_shape[0]
        scores = self.logits - value * self.temperature
        scores = (scores - scores.logsumexp(-1, True)).sum(-1)
        temperature = autograd.as_tensor(self.temperature, scores.dtype)
        factorial = autograd.lgamma(autograd.tensor(float(count), dtype=scores.dtype))
        return scores + factorial + (count - 1) * temperature.log()


class RelaxedOneHotCategorical(Relaxed):
    """Vectors that sum to 1 and come near one-hot ones as the temperature falls.  Its log_prob
    needs SciPy, the extra special.

    >>> r = autograd.distributions.RelaxedOneHotCategorical(0.5, autograd.ones(2))
    >>> r.rsample((3,)).shape
    Size([3, 2])

    Reference: Jang et al., Categorical Reparameterization with Gumbel-Softmax, 2017.
    """

    arg_constraints = Categorical.arg_constraints
    support = constraints.simplex

    def __init__(self, temperature: Any, probs: Tensor | None = None,
                 logits: Tensor | None = None, validate_args: bool | None = None) -> None:
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args)
        super().__init__(base, ExpTransform(), validate_args)
