"""Those of nn.functional that write an activation into its input."""

from __future__ import annotations

from autograd import Tensor
from autograd.boundary import guarded
from autograd.ops.activation import elu, leaky_relu
from autograd.ops.activation_extra import celu, hardtanh, selu
from autograd.ops.activation_extra import threshold as _threshold


@guarded
def relu_(input: Tensor) -> Tensor:
    """relu written into input."""
    return input.relu_()


@guarded
def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """leaky_relu written into input."""
    return leaky_relu(input, negative_slope, True)


@guarded
def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """elu written into input."""
    return elu(input, alpha, True)


@guarded
def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """celu written into input."""
    return celu(input, alpha, True)


@guarded
def selu_(input: Tensor) -> Tensor:
    """selu written into input."""
    return selu(input, True)


@guarded
def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """hardtanh written into input."""
    return hardtanh(input, min_val, max_val, True)


@guarded
def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """threshold written into input."""
    return _threshold(input, threshold, value, True)
