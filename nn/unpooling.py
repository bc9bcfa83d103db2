"""Layers that put maxima back to where pooling found them."""

from __future__ import annotations

from typing import ClassVar

from autograd import Tensor
from autograd.ops.pool_windows import several

from . import functional
from .module import Module
from .pooling import Sizes


class _MaxUnpool(Module):
    _dims: ClassVar[int]

    def __init__(self, kernel_size: Sizes, stride: Sizes | None = None,
                 padding: Sizes = 0) -> None:
        super().__init__()
        name, dims = type(self).__name__, self._dims
        self.kernel_size = several(name, "kernel_size", kernel_size, dims)
        self.stride = self.kernel_size if stride is None else several(name, "stride", stride, dims)
        self.padding = several(name, "padding", padding, dims, 0)

    def forward(self, input: Tensor, indices: Tensor, output_size=None) -> Tensor:
        """`output_size` chooses among the sizes that pooling makes input's of."""
        unpool = getattr(functional, f"max_unpool{self._dims}d")
        return unpool(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    """`MaxUnpool2d` of sequences.

    Shape: (N, C, L) or (C, L), twice -> (..., (L - 1) stride - 2 padding + kernel_size).
    """

    _dims = 1


class MaxUnpool2d(_MaxUnpool):
    """Zeros with the elements of input at the places that MaxPool2d found them at.

    Shape: (N, C, H, W) or (C, H, W), twice -> (..., OH, OW), each as in MaxUnpool1d or as
    output_size says.

    >>> import autograd, nn
    >>> pool, unpool = nn.MaxPool2d(2, return_indices=True), nn.MaxUnpool2d(2)
    >>> unpool(*pool(autograd.tensor([[[1., 2.], [4., 3.]]]))).tolist()
    [[[0.0, 0.0], [4.0, 0.0]]]
    """

    _dims = 2


class MaxUnpool3d(_MaxUnpool):
    """`MaxUnpool2d` of volumes.

    Shape: (N, C, D, H, W) or (C, D, H, W), twice -> (..., OD, OH, OW), each as in MaxUnpool1d.
    """

    _dims = 3
