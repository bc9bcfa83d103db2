"""Activation functions as modules; `activation_extra` has the rarer ones."""

from __future__ import annotations

from typing import Any

from autograd import Tensor
from autograd.ops.activation import relu
from autograd.refused import tolerated

from .functional import elu, gelu, leaky_relu, log_softmax, sigmoid, silu, softmax, softplus, tanh
from .module import Module, changed


class Activation(Module):
    """A module without parameters; DEFAULTS are its settings, of which repr shows the changed."""

    DEFAULTS: dict[str, Any] = {}

    def extra_repr(self) -> str:
        return changed(self, **self.DEFAULTS)


class InPlace(Activation):
    """An activation whose one setting is whether it overwrites its input."""

    DEFAULTS = dict(inplace=False)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


class ReLU(InPlace):
    """max(0, x); the gradient at 0 is 0.  Shape: (*) -> (*)."""

    def forward(self, input: Tensor) -> Tensor:
        return input.relu_() if self.inplace else relu(input)


class Sigmoid(Module):
    """1 / (1 + e⁻ˣ).  Shape: (*) -> (*)."""

    def forward(self, input: Tensor) -> Tensor:
        return sigmoid(input)


class Tanh(Module):
    """(eˣ - e⁻ˣ) / (eˣ + e⁻ˣ).  Shape: (*) -> (*)."""

    def forward(self, input: Tensor) -> Tensor:
        return tanh(input)


class LeakyReLU(Activation):
    """x where it is above 0, else negative_slope * x.  Shape: (*) -> (*)."""

    DEFAULTS = dict(inplace=False)

    def __init__(self, negative_slope: float = 1e-2, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        return ", ".join(filter(None, [f"negative_slope={self.negative_slope}",
                                       super().extra_repr()]))


class ELU(Activation):
    """x where it is above 0, else alpha (eˣ - 1).  Shape: (*) -> (*)."""

    DEFAULTS = dict(inplace=False)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        return ", ".join(filter(None, [f"alpha={self.alpha}", super().extra_repr()]))


class SiLU(InPlace):
    """x sigmoid(x), also called swish.  Shape: (*) -> (*)."""

    def forward(self, input: Tensor) -> Tensor:
        return silu(input, self.inplace)


class GELU(Activation):
    """x Φ(x), with the normal distribution function Φ, or approximate="tanh".

    Shape: (*) -> (*).
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        if approximate not in ("none", "tanh"):
            raise ValueError(f"GELU: approximate {approximate!r}; choose 'none' or 'tanh'")
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        return gelu(input, self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class Softplus(Activation):
    """log(1 + exp(beta x)) / beta, and x where beta x is above the threshold.  Shape: (*) -> (*).
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        return softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class AlongDim(Module):
    """A module whose one setting is a dimension, which has to be named."""

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        name = type(self).__name__
        if not isinstance(dim, int) and not (dim is None and tolerated(f"nn.{name}, without dim")):
            raise TypeError(f"{name}: dim must be an int, got {dim!r}; for scores of shape "
                            f"(N, C) write {name}(dim=1), along the last dimension {name}(dim=-1)")
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(AlongDim):
    """e^xᵢ / Σⱼ e^xⱼ along `dim`, which must be given.  Shape: (*) -> (*).

    CrossEntropyLoss takes the scores themselves: no Softmax before it.
    """

    def forward(self, input: Tensor) -> Tensor:
        return softmax(input, self.dim)


class LogSoftmax(AlongDim):
    """log(e^xᵢ / Σⱼ e^xⱼ) along `dim`, which must be given.  Shape: (*) -> (*)."""

    def forward(self, input: Tensor) -> Tensor:
        return log_softmax(input, self.dim)
