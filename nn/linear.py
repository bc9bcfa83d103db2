"""Linear layers, and those that only change the shape."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod, sqrt

import autograd
from autograd import Tensor

from . import init
from .errors import check_whole
from .functional import bilinear, linear
from .module import Module, changed, fits, shape_of
from .parameter import Parameter


class Identity(Module):
    """y = x; takes any arguments, so that it can replace any layer."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        return input


class Linear(Module):
    """y = x Wᵀ + b, with weight and bias drawn from U(-1/√in_features, 1/√in_features).

    Shape: (*, in_features) -> (*, out_features); weight (out_features, in_features).

    >>> import nn
    >>> nn.Linear(20, 30)(autograd.zeros(128, 20)).shape
    Size([128, 30])
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True, device=None,
                 dtype=None) -> None:
        super().__init__()
        check_whole(type(self).__name__, 0, in_features=in_features, out_features=out_features)
        self.in_features = in_features
        self.out_features = out_features
        kind = dict(device=device, dtype=dtype)
        self.weight = Parameter(autograd.empty(out_features, in_features, **kind))
        if bias:
            self.bias = Parameter(autograd.empty(out_features, **kind))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        init.kaiming_uniform_(self.weight, a=sqrt(5))
        if self.bias is not None:
            bound = 1 / sqrt(self.in_features) if self.in_features > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        return linear(input, self.weight, self.bias)

    def _advice(self, args: tuple) -> str:
        shape = shape_of(args)
        advice = fits(self, "in_features", shape[-1]) if shape else ""
        if advice and prod(shape[1:]) == self.in_features:
            return f"  put nn.Flatten() before it, or {advice.lstrip()}"
        return advice

    def extra_repr(self) -> str:
        bias = ", bias=False" if self.bias is None else ""
        return f"in_features={self.in_features}, out_features={self.out_features}{bias}"


class Bilinear(Module):
    """y[k] = x1ᵀ W[k] x2 + b[k], with weight and bias drawn from U(-1/√in1, 1/√in1).

    Shape: (*, in1_features), (*, in2_features) -> (*, out_features); weight
    (out_features, in1_features, in2_features).
    """

    def __init__(self, in1_features: int, in2_features: int, out_features: int, bias: bool = True,
                 device=None, dtype=None) -> None:
        super().__init__()
        check_whole(type(self).__name__, 1, in1_features=in1_features)
        check_whole(type(self).__name__, 0, in2_features=in2_features, out_features=out_features)
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        kind = dict(device=device, dtype=dtype)
        self.weight = Parameter(autograd.empty(out_features, in1_features, in2_features, **kind))
        if bias:
            self.bias = Parameter(autograd.empty(out_features, **kind))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        bound = 1 / sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        return bilinear(input1, input2, self.weight, self.bias)

    def _advice(self, args: tuple) -> str:
        for option, shape in ("in1_features", shape_of(args)), ("in2_features", shape_of(args[1:])):
            advice = fits(self, option, shape[-1]) if shape else ""
            if advice:
                return advice
        return ""

    def extra_repr(self) -> str:
        bias = ", bias=False" if self.bias is None else ""
        return (f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
                f"out_features={self.out_features}{bias}")


class Flatten(Module):
    """The dimensions from start_dim to end_dim as one; by default all but the batch.

    Shape: (N, *) -> (N, prod(*)).
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return changed(self, start_dim=1, end_dim=-1)


class Unflatten(Module):
    """The dimension `dim` as several, of the sizes `unflattened_size`; one of them may be -1.

    Shape: (*, S_dim, *) -> (*, *unflattened_size, *).
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        self.dim = dim
        if isinstance(unflattened_size, int):
            raise TypeError(f"Unflatten: unflattened_size must be several sizes, as "
                            f"({unflattened_size}, -1); got int {unflattened_size}")
        self.unflattened_size = tuple(unflattened_size)

    def forward(self, input: Tensor) -> Tensor:
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
