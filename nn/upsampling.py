"""Images made larger or smaller, and channels laid out as pixels."""

from __future__ import annotations

from autograd import Tensor

from .functional import interpolate, pixel_shuffle, pixel_unshuffle
from .module import Module, changed


class Upsample(Module):
    """input resized to `size`, or by `scale_factor`: "nearest", "linear" or "bilinear".

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
            raise ValueError(f"Upsample: give either size or scale_factor, got size={size}, "
                             f"scale_factor={scale_factor}")
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
