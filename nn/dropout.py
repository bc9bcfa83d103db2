"""Layers that drop elements at random while training."""

from __future__ import annotations

from autograd import Tensor, is_grad_enabled

from . import functional as F
from .module import Module, changed


class _Dropping(Module):
    """The base of all dropout layers: their settings, and a warning where they surprise."""

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"{type(self).__name__}: p is the probability of dropping, between 0 "
                             f"and 1, got {p}")
        self.p = p
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        if self.training and not is_grad_enabled():
            self._warn_of_training()
        return self._drop(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        return ", ".join(filter(None, [f"p={self.p}", changed(self, inplace=False)]))


class Dropout(_Dropping):
    """While training, each element is 0 with probability p, else x / (1 - p); in evaluation x.

    Shape: (*) -> (*).
    Reference: Srivastava et al., Dropout: a simple way to prevent neural networks from
    overfitting, JMLR 15, 2014.
    """

    _drop = staticmethod(F.dropout)


class Dropout1d(_Dropping):
    """While training, each channel (N, C) is 0 with probability p, else x / (1 - p).

    Shape: (N, C, L) or (C, L), kept.
    """

    _drop = staticmethod(F.dropout1d)


class Dropout2d(_Dropping):
    """While training, each channel (N, C) is 0 with probability p, else x / (1 - p).

    Shape: (N, C, H, W), kept.
    Reference: Tompson et al., Efficient Object Localization Using Convolutional Networks, 2015.
    """

    _drop = staticmethod(F.dropout2d)


class AlphaDropout(_Dropping):
    """Dropout for SELU: what it drops goes to SELU's lower end, and mean and variance are kept.

    Shape: (*) -> (*).
    Reference: Klambauer et al., Self-Normalizing Neural Networks, 2017, section 2.4.
    """

    _drop = staticmethod(F.alpha_dropout)
