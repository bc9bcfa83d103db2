"""Convolution layers and their transposes, in one, two and three dimensions."""

from __future__ import annotations

from math import prod, sqrt
from typing import Any

import autograd
from autograd import Tensor
from autograd.ops.conv_geometry import numbers, same_padding

from . import functional as F
from . import init
from .errors import check_whole
from .module import Module, fits, shape_of
from .parameter import Parameter

_MODES = ("zeros", "reflect", "replicate", "circular")


class _Conv(Module):
    """What all have: sizes as tuples, weight, bias and their initial values."""

    _dims = 0
    _transposed = False

    def __init__(self, in_channels, out_channels, kernel_size, stride, padding, dilation, groups,
                 bias, padding_mode, device, dtype) -> None:
        super().__init__()
        name, n = type(self).__name__, self._dims
        check_whole(name, 1, in_channels=in_channels, out_channels=out_channels, groups=groups)
        if in_channels % groups or out_channels % groups:
            raise ValueError(f"{name}: groups={groups} must divide in_channels={in_channels} and "
                             f"out_channels={out_channels}")
        self._check_mode(padding_mode)
        if isinstance(padding, str) and (self._transposed or padding not in ("same", "valid")):
            raise ValueError(f"{name}: padding={padding!r} must be numbers"
                             f"{'' if self._transposed else ', same or valid'}")
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size = numbers(name, "kernel_size", kernel_size, n, 1)
        self.stride = numbers(name, "stride", stride, n, 1)
        self.padding: Any = padding if isinstance(padding, str) else numbers(
            name, "padding", padding, n, 0)
        self.dilation = numbers(name, "dilation", dilation, n, 1)
        self.groups, self.padding_mode = groups, padding_mode
        first, second = in_channels, out_channels
        if not self._transposed:
            first, second = second, first
        kind = dict(device=device, dtype=dtype)
        self.weight = Parameter(autograd.empty(first, second // groups, *self.kernel_size, **kind))
        if bias:
            self.bias = Parameter(autograd.empty(out_channels, **kind))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def _check_mode(self, padding_mode: str) -> None:
        if padding_mode not in (_MODES[:1] if self._transposed else _MODES):
            raise ValueError(f"{type(self).__name__}: padding_mode={padding_mode!r}; choose "
                             f"{'zeros' if self._transposed else ', '.join(_MODES)}")

    def _numbers(self, option: str, least: int) -> tuple[int, ...]:
        """A setting, which may have been changed, as one number for each dimension."""
        return numbers(type(self).__name__, option, getattr(self, option), self._dims, least)

    def reset_parameters(self) -> None:
        """Draw weight and bias anew, from U(-1/√k, 1/√k), k = weight[0].numel()."""
        init.kaiming_uniform_(self.weight, a=sqrt(5))
        if self.bias is not None:
            bound = 1 / sqrt(prod(self.weight.shape[1:]))
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        parts = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}",
                 f"stride={self.stride}"]
        zeros = (0,) * self._dims
        for option, usual in (("padding", zeros), ("dilation", (1,) * self._dims),
                              ("output_padding", zeros), ("groups", 1), ("padding_mode", "zeros")):
            value = getattr(self, option, usual)
            if value != usual:
                parts.append(f"{option}={value}")
        return ", ".join(parts) + (", bias=False" if self.bias is None else "")

    def _advice(self, args: tuple) -> str:
        shape = shape_of(args)
        if len(shape) not in (self._dims + 1, self._dims + 2):
            return ""
        return fits(self, "in_channels", shape[-self._dims - 1])


class _Forward(_Conv):
    """Convolution; padding other than zeros is put around the input first."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size, stride=1, padding=0,
                 dilation=1, groups: int = 1, bias: bool = True, padding_mode: str = "zeros",
                 device=None, dtype=None) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, groups,
                         bias, padding_mode, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        convolve = getattr(F, f"conv{self._dims}d")
        padding = self.padding
        if self.padding_mode != "zeros" and input.ndim > self._dims:
            ends = [width for pair in reversed(self._pairs(input)) for width in pair]
            input = F.pad(input, ends, self.padding_mode)
            padding = 0
        return convolve(input, self.weight, self.bias, self.stride, padding, self.dilation,
                        self.groups)

    def _pairs(self, input: Tensor):
        """(before, after) for each spatial dimension."""
        if self.padding == "same":
            size = input.shape[-self._dims:]
            return same_padding(size, self.weight.shape[2:], self._numbers("stride", 1),
                                self._numbers("dilation", 1))
        padding = (0,) * self._dims if self.padding == "valid" else self._numbers("padding", 0)
        return tuple((p, p) for p in padding)


class Conv1d(_Forward):
    """`nn.functional.conv1d` with learned weight and bias, from U(-1/√k, 1/√k), k = C K / groups.

    Shape: (N, C, L) or (C, L) -> (N, O, L'); weight (O, C / groups, K).

    >>> import nn
    >>> nn.Conv1d(4, 8, 3, padding="same")(autograd.zeros(2, 4, 10)).shape
    Size([2, 8, 10])
    """

    _dims = 1


class Conv2d(_Forward):
    """`nn.functional.conv2d` with learned weight and bias, from U(-1/√k, 1/√k), k = C K² / groups.

    `padding_mode` is "zeros", "reflect", "replicate" or "circular".
    Shape: (N, C, H, W) or (C, H, W) -> (N, O, H', W'); weight (O, C / groups, K, K).

    >>> import nn
    >>> nn.Conv2d(1, 6, 5, padding=2)(autograd.zeros(2, 1, 28, 28)).shape
    Size([2, 6, 28, 28])
    """

    _dims = 2


class Conv3d(_Forward):
    """`nn.functional.conv3d` with learned weight and bias, from U(-1/√k, 1/√k), k = C K³ / groups.

    Shape: (N, C, D, H, W) or (C, D, H, W) -> (N, O, D', H', W'); weight (O, C / groups, K, K, K).
    """

    _dims = 3


class _Transposed(_Conv):
    """Transposed convolution."""

    _transposed = True

    def __init__(self, in_channels: int, out_channels: int, kernel_size, stride=1, padding=0,
                 output_padding=0, groups: int = 1, bias: bool = True, dilation=1,
                 padding_mode: str = "zeros", device=None, dtype=None) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, groups,
                         bias, padding_mode, device, dtype)
        self.output_padding = numbers(type(self).__name__, "output_padding", output_padding,
                                      self._dims, 0)

    def forward(self, input: Tensor, output_size=None) -> Tensor:
        """`output_size` chooses the output padding among the sizes the stride allows."""
        self._check_mode(self.padding_mode)
        extra = self.output_padding if output_size is None else self._extra(input, output_size)
        transpose = getattr(F, f"conv_transpose{self._dims}d")
        return transpose(
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups,
            self.dilation)

    def _extra(self, input: Tensor, output_size) -> tuple[int, ...]:
        wanted, sizes = tuple(output_size)[-self._dims:], input.shape[-self._dims:]
        stride, dilation = self._numbers("stride", 1), self._numbers("dilation", 1)
        least = [(n - 1) * s - 2 * p + d * (k - 1) + 1 for n, s, p, d, k in zip(
            sizes, stride, self._numbers("padding", 0), dilation, self.weight.shape[2:],
            strict=True)]
        extra = tuple(w - n for w, n in zip(wanted, least, strict=True))
        if any(not 0 <= e < s for e, s in zip(extra, stride, strict=True)):
            most = tuple(n + s - 1 for n, s in zip(least, stride, strict=True))
            raise ValueError(f"{type(self).__name__}: output_size={wanted} must lie between "
                             f"{tuple(least)} and {most} for an input of {tuple(sizes)}")
        return extra


class ConvTranspose1d(_Transposed):
    """`nn.functional.conv_transpose1d` with learned weight and bias.

    Shape: (N, C, L) or (C, L) -> (N, O, L'); weight (C, O / groups, K).
    """

    _dims = 1


class ConvTranspose2d(_Transposed):
    """`nn.functional.conv_transpose2d` with learned weight and bias.

    Shape: (N, C, H, W) or (C, H, W) -> (N, O, H', W'); weight (C, O / groups, K, K).

    >>> import nn
    >>> nn.ConvTranspose2d(32, 16, 3, 2, 1, output_padding=1)(autograd.zeros(2, 32, 7, 7)).shape
    Size([2, 16, 14, 14])
    """

    _dims = 2


class ConvTranspose3d(_Transposed):
    """`nn.functional.conv_transpose3d` with learned weight and bias.

    Shape: (N, C, D, H, W) or (C, D, H, W) -> (N, O, D', H', W'); weight (C, O / groups, K, K, K).

    >>> import nn
    >>> nn.ConvTranspose3d(4, 2, 2, stride=2)(autograd.zeros(1, 4, 3, 5, 5)).shape
    Size([1, 2, 6, 10, 10])
    """

    _dims = 3
