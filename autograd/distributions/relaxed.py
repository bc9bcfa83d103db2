"""Discrete distributions made continuous by a temperature."""

from __future__ import annotations

from typing import Any

from autograd.tensors import Tensor

from .transformed_distribution import TransformedDistribution


class Relaxed(TransformedDistribution):
    """A transform of a distribution that has a temperature and probabilities, which it shows."""

    base_dist: Any

    @property
    def temperature(self) -> Any:
        """How far values are from discrete ones."""
        return self.base_dist.temperature

    @property
    def probs(self) -> Tensor:
        """The probabilities."""
        return self.base_dist.probs

    @property
    def logits(self) -> Tensor:
        """The logits of the probabilities, or their logarithms for several classes."""
        return self.base_dist.logits
