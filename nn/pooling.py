"""Pooling layers: the largest element, the average or the p-norm of windows."""

from __future__ import annotations

from math import prod
from typing import ClassVar

from autograd import Tensor, rand
from autograd.ops.conv_geometry import numbers

from . import functional
from .module import Module, changed

Sizes = int | tuple[int, ...]
OutputSizes = int | None | tuple[int | None, ...]


class _Pool(Module):
    """A pooling whose settings are the arguments of a function of the same name."""

    _function = ""
    _shown: ClassVar[dict] = {}

    def _set(self, kernel_size, stride, **settings) -> None:
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        for name, value in settings.items():
            setattr(self, name, value)

    def forward(self, input: Tensor):
        settings = {name: getattr(self, name) for name in self._shown}
        return getattr(functional, self._function)(input, self.kernel_size, self.stride,
                                                   **settings)

    def extra_repr(self) -> str:
        stride = "" if self.stride == self.kernel_size else f"stride={self.stride}"
        parts = [f"kernel_size={self.kernel_size}", stride, changed(self, **self._shown)]
        return ", ".join(filter(None, parts))


class _MaxPool(_Pool):
    _shown = dict(padding=0, dilation=1, return_indices=False, ceil_mode=False)

    def __init__(self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0,
                 dilation: Sizes = 1, return_indices: bool = False,
                 ceil_mode: bool = False) -> None:
        super().__init__()
        self._set(kernel_size, stride, padding=padding, dilation=dilation,
                  return_indices=return_indices, ceil_mode=ceil_mode)


class MaxPool1d(_MaxPool):
    """The largest element of each window of a sequence.

    Shape: (N, C, L) or (C, L) -> (..., floor((L + 2 padding - dilation (kernel_size - 1) - 1)
    / stride) + 1), with ceil instead of floor where ceil_mode; stride is kernel_size by default.
    """

    _function = "max_pool1d"


class MaxPool2d(_MaxPool):
    """The largest element of each window of an image; of equals the first one gets the gradient.

    With return_indices the pair (values, places), a place being row * W + column.
    Shape: (N, C, H, W) or (C, H, W) -> (..., OH, OW), each as in MaxPool1d.

    >>> import autograd, nn
    >>> nn.MaxPool2d(2)(autograd.arange(16.).reshape(1, 4, 4)).tolist()
    [[[5.0, 7.0], [13.0, 15.0]]]
    """

    _function = "max_pool2d"


class MaxPool3d(_MaxPool):
    """The largest element of each window of a volume, a place being (slice * H + row) * W + column.

    Shape: (N, C, D, H, W) or (C, D, H, W) -> (..., OD, OH, OW), each as in MaxPool1d.

    >>> import autograd, nn
    >>> nn.MaxPool3d((1, 2, 2))(autograd.arange(8.).reshape(1, 2, 2, 2)).flatten().tolist()
    [3.0, 7.0]
    """

    _function = "max_pool3d"


class AvgPool1d(_Pool):
    """The average of each window of a sequence.  Shape: as in MaxPool1d, without dilation."""

    _function = "avg_pool1d"
    _shown = dict(padding=0, ceil_mode=False, count_include_pad=True)

    def __init__(self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0,
                 ceil_mode: bool = False, count_include_pad: bool = True) -> None:
        super().__init__()
        self._set(kernel_size, stride, padding=padding, ceil_mode=ceil_mode,
                  count_include_pad=count_include_pad)


class AvgPool2d(_Pool):
    """The average of each window of an image, in which padding counts as zeros, or not at all
    without count_include_pad; with divisor_override, the window's sum divided by that.

    Shape: (N, C, H, W) or (C, H, W) -> (..., OH, OW), each as in MaxPool1d, without dilation.
    """

    _function = "avg_pool2d"
    _shown = dict(padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None)

    def __init__(self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0,
                 ceil_mode: bool = False, count_include_pad: bool = True,
                 divisor_override: int | None = None) -> None:
        super().__init__()
        self._set(kernel_size, stride, padding=padding, ceil_mode=ceil_mode,
                  count_include_pad=count_include_pad, divisor_override=divisor_override)


class AvgPool3d(AvgPool2d):
    """The average of each window of a volume, with the settings of AvgPool2d.

    Shape: (N, C, D, H, W) or (C, D, H, W) -> (..., OD, OH, OW), each as in AvgPool2d.
    """

    _function = "avg_pool3d"


class _LPPool(Module):
    _function = ""

    def __init__(self, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None,
                 ceil_mode: bool = False) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Tensor:
        return getattr(functional, self._function)(
            input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        settings = changed(self, stride=None, ceil_mode=False)
        start = f"norm_type={self.norm_type}, kernel_size={self.kernel_size}"
        return ", ".join(filter(None, [start, settings]))


class LPPool1d(_LPPool):
    """(Σ xᵖ)^(1/p) of each window of a sequence, p = norm_type.  Shape: as in AvgPool1d."""

    _function = "lp_pool1d"


class LPPool2d(_LPPool):
    """(Σ xᵖ)^(1/p) of each window of an image, p = norm_type.  Shape: as in AvgPool2d.

    >>> import autograd, nn
    >>> nn.LPPool2d(2, 2)(autograd.tensor([[[3., 4.], [0., 0.]]])).item()
    5.0
    """

    _function = "lp_pool2d"


class LPPool3d(_LPPool):
    """(Σ xᵖ)^(1/p) of each window of a volume, p = norm_type.  Shape: as in AvgPool3d."""

    _function = "lp_pool3d"


class _FractionalMaxPool(Module):
    _function = ""

    def __init__(self, kernel_size: Sizes, output_size: Sizes | None = None,
                 output_ratio: float | tuple[float, ...] | None = None,
                 return_indices: bool = False, _random_samples: Tensor | None = None) -> None:
        super().__init__()
        if (output_size is None) == (output_ratio is None):
            raise ValueError(f"{type(self).__name__}: give either output_size or output_ratio, got "
                             f"output_size={output_size}, output_ratio={output_ratio}")
        self.kernel_size = kernel_size
        self.output_size = output_size
        self.output_ratio = output_ratio
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)

    def forward(self, input: Tensor):
        return getattr(functional, self._function)(
            input, self.kernel_size, self.output_size, self.output_ratio, self.return_indices,
            self._random_samples)

    def extra_repr(self) -> str:
        settings = changed(self, output_size=None, output_ratio=None, return_indices=False)
        return f"kernel_size={self.kernel_size}, {settings}"


class FractionalMaxPool2d(_FractionalMaxPool):
    """The largest elements of windows whose distances are drawn at random, in training and
    evaluation, so that the size shrinks by any ratio.

    Shape: (N, C, H, W) or (C, H, W) -> (..., *output_size), which is (H, W) * output_ratio where
    that is given instead.
    Reference: Graham, Fractional Max-Pooling, 2014, section 2.
    """

    _function = "fractional_max_pool2d"


class FractionalMaxPool3d(_FractionalMaxPool):
    """`FractionalMaxPool2d` of volumes.

    Shape: (N, C, D, H, W) or (C, D, H, W) -> (..., *output_size).
    """

    _function = "fractional_max_pool3d"


class RandomSubsetMaxPool2d(Module):
    """The largest of subset_size elements drawn at random from each window.

    Shape: (N, C, H, W) or (C, H, W) -> (..., OH, OW), as in MaxPool2d without padding.
    Raises: ValueError unless subset_size is between 1 and the size of a window.
    """

    def __init__(self, kernel_size: Sizes, subset_size: int, stride: Sizes | None = None) -> None:
        super().__init__()
        self.kernel_size = _pair("kernel_size", kernel_size)
        self.subset_size = subset_size
        self.stride = self.kernel_size if stride is None else _pair("stride", stride)
        self._check()

    def _check(self) -> None:
        window = prod(_pair("kernel_size", self.kernel_size))
        if not 1 <= self.subset_size <= window:
            raise ValueError(f"RandomSubsetMaxPool2d: subset_size must lie between 1 and the "
                             f"{window} elements of a window, got {self.subset_size}")

    def forward(self, input: Tensor) -> Tensor:
        self._check()
        kernel, stride = _pair("kernel_size", self.kernel_size), _pair("stride", self.stride)
        columns = functional.unfold(input, kernel, stride=stride)
        *lead, _, height, width = input.shape
        windows = columns.reshape(*lead, input.shape[-3], prod(kernel), -1)
        order = rand(windows.shape).argsort(-2)  # a random permutation of each window
        kept = windows.masked_fill(order >= self.subset_size, -float("inf"))
        rows, across = ((n - k) // s + 1 for n, k, s in zip(
            (height, width), kernel, stride, strict=True))
        return kept.max(-2).values.reshape(*input.shape[:-2], rows, across)

    def extra_repr(self) -> str:
        return (f"kernel_size={self.kernel_size}, subset_size={self.subset_size}, "
                f"stride={self.stride}")


class _Adaptive(Module):
    _function = ""

    def __init__(self, output_size: OutputSizes) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor):
        return getattr(functional, self._function)(input, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_Adaptive):
    """The averages of output_size windows of about equal length that cover a sequence.

    Shape: (N, C, L) or (C, L) -> (..., output_size).
    """

    _function = "adaptive_avg_pool1d"


class AdaptiveAvgPool2d(_Adaptive):
    """The averages of output_size windows of about equal size that cover an image; None keeps a
    size, 1 averages all of it.

    Shape: (N, C, H, W) or (C, H, W) -> (..., *output_size).
    """

    _function = "adaptive_avg_pool2d"


class AdaptiveAvgPool3d(_Adaptive):
    """The averages of output_size windows of about equal size that cover a volume.

    Shape: (N, C, D, H, W) or (C, D, H, W) -> (..., *output_size).
    """

    _function = "adaptive_avg_pool3d"


class _AdaptiveMax(_Adaptive):
    def __init__(self, output_size: OutputSizes, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, input: Tensor):
        return getattr(functional, self._function)(input, self.output_size, self.return_indices)

    def extra_repr(self) -> str:
        settings = changed(self, return_indices=False)
        return ", ".join(filter(None, [f"output_size={self.output_size}", settings]))


class AdaptiveMaxPool1d(_AdaptiveMax):
    """The largest elements of the windows of AdaptiveAvgPool1d."""

    _function = "adaptive_max_pool1d"


class AdaptiveMaxPool2d(_AdaptiveMax):
    """The largest elements of the windows of AdaptiveAvgPool2d."""

    _function = "adaptive_max_pool2d"


class AdaptiveMaxPool3d(_AdaptiveMax):
    """The largest elements of the windows of AdaptiveAvgPool3d."""

    _function = "adaptive_max_pool3d"


class GlobalAvgPool2d(AdaptiveAvgPool2d):
    """The average of each image: AdaptiveAvgPool2d(1).  Shape: (N, C, H, W) -> (N, C, 1, 1)."""

    def __init__(self) -> None:
        super().__init__(1)

    def extra_repr(self) -> str:
        return ""


class GlobalMaxPool2d(AdaptiveMaxPool2d):
    """The largest element of each image: AdaptiveMaxPool2d(1).  Shape: as in GlobalAvgPool2d."""

    def __init__(self) -> None:
        super().__init__(1)

    def extra_repr(self) -> str:
        return ""


def _pair(option: str, sizes: Sizes) -> tuple[int, ...]:
    """One number for each dimension of an image."""
    return numbers("RandomSubsetMaxPool2d", option, sizes, 2, 1)
