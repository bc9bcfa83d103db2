"""Images cut into patches, and put together from them."""

from __future__ import annotations

from autograd import Tensor

from . import functional as F
from .module import Module, changed
from .pooling import Sizes


class _Patches(Module):
    """The base of both: where the patches lie."""

    def __init__(self, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0,
                 stride: Sizes = 1) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def extra_repr(self) -> str:
        settings = changed(self, dilation=1, padding=0, stride=1)
        return ", ".join(filter(None, [f"kernel_size={self.kernel_size}", settings]))


class Unfold(_Patches):
    """Every patch of an image as a column, L of them.

    Shape: (N, C, H, W) or (C, H, W) -> (N, C kh kw, L) or (C kh kw, L).

    >>> import autograd, nn
    >>> nn.Unfold(2)(autograd.zeros(1, 3, 4, 5)).shape
    Size([1, 12, 12])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)


class Fold(_Patches):
    """Columns added up as patches of an image of output_size: the transpose of Unfold.

    Shape: (N, C kh kw, L) or (C kh kw, L) -> (N, C, *output_size) or (C, *output_size).

    >>> import autograd, nn
    >>> nn.Fold((4, 5), 2)(autograd.ones(1, 12, 12)).shape
    Size([1, 3, 4, 5])
    """

    def __init__(self, output_size: Sizes, kernel_size: Sizes, dilation: Sizes = 1,
                 padding: Sizes = 0, stride: Sizes = 1) -> None:
        super().__init__(kernel_size, dilation, padding, stride)
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding,
                      self.stride)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}, {super().extra_repr()}"
