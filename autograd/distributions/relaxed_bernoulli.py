"""Bernoulli's distribution made continuous, so that samples have gradients."""

from __future__ import annotations

from typing import Any

import autograd
from autograd.tensors import Tensor

from . import constraints
from .bernoulli import Binary
from .relaxed import Relaxed
from .transforms import SigmoidTransform


class LogitRelaxedBernoulli(Binary):
    """The logits of RelaxedBernoulli's values.

    Reference: Maddison et al., The Concrete Distribution, 2017, appendix B.
    """

    support = constraints.real
    has_rsample = True

    def __init__(self, temperature: Any, probs: Any = None, logits: Any = None,
                 validate_args: bool | None = None) -> None:
        self._take(probs, logits)
        self.temperature = temperature
        super().__init__(self._given.shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> LogitRelaxedBernoulli:
        made = super().expand(batch_shape)
        made.temperature = self.temperature
        return made

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        drawn = autograd.rand(self._extended_shape(sample_shape), dtype=self._given.dtype)
        info = autograd.finfo(drawn.dtype)
        drawn = drawn.clamp(min=info.tiny, max=1 - info.eps)
        return (drawn.log() - autograd.log1p(-drawn) + self.logits) / self.temperature

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        away = self.logits - value * self.temperature
        spread = autograd.as_tensor(self.temperature, away.dtype).log()
        return spread + away - 2 * autograd.logaddexp(away, autograd.zeros_like(away))


class RelaxedBernoulli(Relaxed):
    """Numbers in (0, 1) that come near 0 or 1 as the temperature falls, and then near 1 with
    probability `probs`, or sigmoid(logits).

    >>> autograd.distributions.RelaxedBernoulli(0.5, probs=0.3).log_prob(autograd.tensor(0.5))
    tensor(-0.8675)

    Reference: Maddison et al., The Concrete Distribution, 2017.
    """

    arg_constraints = Binary.arg_constraints
    support = constraints.unit_interval

    def __init__(self, temperature: Any, probs: Any = None, logits: Any = None,
                 validate_args: bool | None = None) -> None:
        base = LogitRelaxedBernoulli(temperature, probs, logits, validate_args)
        super().__init__(base, SigmoidTransform(), validate_args)
