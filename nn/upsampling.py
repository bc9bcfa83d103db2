"""Images made larger or smaller, and channels laid out as pixels."""

from __future__ import annotations

from autograd import Tensor

from .errors import check_whole
from .functional import channel_shuffle, interpolate, pixel_shuffle, pixel_unshuffle
from .module import Module, changed


class Upsample(Module):
    """input resized to `size`, or by `scale_factor`, in a mode of `nn.functional.interpolate`.

    Shape: (N, C, L), (N, C, H, W) or (N, C, D, H, W) -> (N, C, *size).

    >>> import autograd, nn
    >>> nn.Upsample(scale_factor=2)(autograd.tensor([[[1., 2.]]])).tolist()
    [[[1.0, 1.0, 2.0, 2.0]]]
    """

    def __init__(self, size: int | tuple[int, ...] | None = None,
                 scale_factor: float | tuple[float, ...] | None = None, mode: str = "nearest",
                 align_corners: bool | None = None,
                 recompute_scale_factor: bool | None = None) -> None:
        super().__init__()
        if (size is None) == (scale_factor is None):
            raise ValueError(f"{type(self).__name__}: give either size or scale_factor, got "
                             f"size={size}, scale_factor={scale_factor}")
        self.size = size
        self.scale_factor = scale_factor
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        return interpolate(input, self.size, self.scale_factor, self.mode, self.align_corners,
                           self.recompute_scale_factor)

    def extra_repr(self) -> str:
        return changed(self, size=None, scale_factor=None, mode="nearest", align_corners=None,
                       recompute_scale_factor=None)


class UpsamplingNearest2d(Upsample):
    """Upsample in mode "nearest".  Shape: (N, C, H, W) -> (N, C, *size)."""

    _mode: str = "nearest"
    _corners: bool | None = None

    def __init__(self, size: int | tuple[int, int] | None = None,
                 scale_factor: float | tuple[float, float] | None = None) -> None:
        super().__init__(size, scale_factor, self._mode, self._corners)

    def extra_repr(self) -> str:
        return changed(self, size=None, scale_factor=None)


class UpsamplingBilinear2d(UpsamplingNearest2d):
    """Upsample in mode "bilinear" with align_corners.  Shape: (N, C, H, W) -> (N, C, *size)."""

    _mode, _corners = "bilinear", True


class PixelShuffle(Module):
    """r² channels as r by r pixels of one, r = upscale_factor.

    Shape: (*, C r², H, W) -> (*, C, H r, W r).
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """r by r pixels as r² channels, r = downscale_factor: the inverse of PixelShuffle.

    Shape: (*, C, H r, W r) -> (*, C r², H, W).
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """The channels of `groups` groups taken in turn.  Shape: (N, C, *), kept.

    Reference: Zhang et al., ShuffleNet, 2018, section 3.1.

    >>> import autograd, nn
    >>> nn.ChannelShuffle(3)(autograd.arange(6).reshape(1, 6, 1)).flatten().tolist()
    [0, 2, 4, 1, 3, 5]
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        check_whole("ChannelShuffle", 1, groups=groups)
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        return channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
