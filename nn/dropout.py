"""Layers that drop elements at random while training."""

from __future__ import annotations

from autograd import Tensor, is_grad_enabled

from .functional import dropout
from .module import Module, changed


class Dropout(Module):
    """While training, each element is 0 with probability p, else x / (1 - p); in evaluation x.

    Shape: (*) -> (*).
    Reference: Srivastava et al., Dropout: a simple way to prevent neural networks from
    overfitting, JMLR 15, 2014.
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"Dropout: p is the probability of dropping, between 0 and 1, got {p}")
        self.p = p
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        if self.training and not is_grad_enabled():
            self._warn_of_training()
        return dropout(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        return ", ".join(filter(None, [f"p={self.p}", changed(self, inplace=False)]))
