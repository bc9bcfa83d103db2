"""Activation functions as modules."""

from __future__ import annotations

from autograd import Tensor
from autograd.ops.activation import relu

from .functional import log_softmax, sigmoid, softmax, tanh
from .module import Module, changed


class ReLU(Module):
    """max(0, x); the gradient at 0 is 0.  Shape: (*) -> (*)."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return input.relu_() if self.inplace else relu(input)

    def extra_repr(self) -> str:
        return changed(self, inplace=False)


class Sigmoid(Module):
    """1 / (1 + e⁻ˣ).  Shape: (*) -> (*)."""

    def forward(self, input: Tensor) -> Tensor:
        return sigmoid(input)


class Tanh(Module):
    """(eˣ - e⁻ˣ) / (eˣ + e⁻ˣ).  Shape: (*) -> (*)."""

    def forward(self, input: Tensor) -> Tensor:
        return tanh(input)


class _AlongDim(Module):
    """A module whose one setting is a dimension, which has to be named."""

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        if not isinstance(dim, int):
            name = type(self).__name__
            raise TypeError(f"{name}: dim must be an int, got {dim!r}; for scores of shape "
                            f"(N, C) write {name}(dim=1), along the last dimension {name}(dim=-1)")
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_AlongDim):
    """e^xᵢ / Σⱼ e^xⱼ along `dim`, which must be given.  Shape: (*) -> (*).

    CrossEntropyLoss takes the scores themselves: no Softmax before it.
    """

    def forward(self, input: Tensor) -> Tensor:
        return softmax(input, self.dim)


class LogSoftmax(_AlongDim):
    """log(e^xᵢ / Σⱼ e^xⱼ) along `dim`, which must be given.  Shape: (*) -> (*)."""

    def forward(self, input: Tensor) -> Tensor:
        return log_softmax(input, self.dim)
