"""Distributions of vectors, one element for each class of a categorical distribution."""

from __future__ import annotations

from typing import Any, Self

from autograd.tensors import Tensor

from .categorical import Categorical
from .distribution import Distribution


class OfCategorical(Distribution):
    """Takes what the categorical distribution takes, and keeps one."""

    arg_constraints = Categorical.arg_constraints

    def __init__(self, probs: Tensor | None = None, logits: Tensor | None = None,
                 validate_args: bool | None = None) -> None:
        self._categorical = Categorical(probs, logits, validate_args)
        super().__init__(self._categorical.batch_shape, self._categorical.param_shape[-1:],
                         validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Self:
        made = self._bare(batch_shape)
        made._categorical = self._categorical.expand(batch_shape)
        return made

    @property
    def probs(self) -> Tensor:
        """The probabilities, which sum to 1."""
        return self._categorical.probs

    @property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities."""
        return self._categorical.logits

    @property
    def param_shape(self) -> Any:
        """The shape of the parameter that was given."""
        return self._categorical.param_shape
