"""Layers that drop elements at random while training."""

from __future__ import annotations

from autograd import Tensor, is_grad_enabled

from . import functional as F
from .linear import Linear
from .module import Module, changed
from .slips import look_at_dropout, note_run


class _Dropping(Module):
    """The base of all dropout layers: their settings, and hints where they surprise."""

    _two_modes = True

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        look_at_dropout(self, p)
        _check(self, p)
        self.p = p
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        if self.training and not is_grad_enabled():
            note_run(self)
        return self._drop(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        return ", ".join(filter(None, [f"p={self.p}", changed(self, inplace=False)]))


class Dropout(_Dropping):
    """While training, each element is 0 with probability p, else x / (1 - p); in evaluation x.

    `scale_at="test"` scales in evaluation instead, as the paper does: x while training, and
    x (1 - p) in evaluation.

    Shape: (*) -> (*).
    Reference: Srivastava et al., Dropout: a simple way to prevent neural networks from
    overfitting, JMLR 15, 2014.
    """

    def __init__(self, p: float = 0.5, inplace: bool = False, *, scale_at: str = "train") -> None:
        super().__init__(p, inplace)
        self.scale_at = scale_at
        self._check_scale()

    def _check_scale(self) -> None:
        if self.scale_at not in ("train", "test"):
            raise ValueError(f"Dropout: scale_at {self.scale_at!r}; choose 'train' or 'test'")

    def _drop(self, input: Tensor, p: float, training: bool, inplace: bool) -> Tensor:
        result = F.dropout(input, p, training, inplace)
        if self.scale_at == "train":
            return result
        self._check_scale()
        return result.mul_(1 - p) if inplace else result * (1 - p)

    def extra_repr(self) -> str:
        more = changed(self, scale_at="train")
        return ", ".join(filter(None, [super().extra_repr(), more]))


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


class Dropout3d(_Dropping):
    """While training, each channel (N, C) is 0 with probability p, else x / (1 - p).

    Shape: (N, C, D, H, W) or (C, D, H, W), kept.
    """

    _drop = staticmethod(F.dropout3d)


class AlphaDropout(_Dropping):
    """Dropout for SELU: what it drops goes to SELU's lower end, and mean and variance are kept.

    Shape: (*) -> (*).
    Reference: Klambauer et al., Self-Normalizing Neural Networks, 2017, section 2.4.
    """

    _drop = staticmethod(F.alpha_dropout)


class FeatureAlphaDropout(_Dropping):
    """AlphaDropout of whole channels.

    Shape: (N, C, *), kept.
    """

    _drop = staticmethod(F.feature_alpha_dropout)


class DropConnectLinear(Linear):
    """Linear of which, while training, each weight is 0 with probability p, else w / (1 - p); in
    evaluation Linear.  The bias stays, and the samples of a batch share what is dropped.

    Shape: (*, in_features) -> (*, out_features).
    Reference: Wan et al., Regularization of neural networks using DropConnect, ICML 2013.

    >>> import nn
    >>> layer = nn.DropConnectLinear(20, 30, p=0.2)
    >>> layer
    DropConnectLinear(in_features=20, out_features=30, p=0.2)
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True, p: float = 0.5, *,
                 device=None, dtype=None) -> None:
        super().__init__(in_features, out_features, bias, device, dtype)
        _check(self, p)
        self.p = p

    def forward(self, input: Tensor) -> Tensor:
        if self.training and not is_grad_enabled():
            note_run(self)
        return F.linear(input, F.dropout(self.weight, self.p, self.training), self.bias)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, p={self.p}"


def _check(module: Module, p: float) -> None:
    """Raise unless p is a probability."""
    if not 0 <= p <= 1:
        raise ValueError(f"{type(module).__name__}: p is the probability of dropping, between 0 "
                         f"and 1, got {p}")
