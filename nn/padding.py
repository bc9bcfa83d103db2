"""Padding as modules."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index
from typing import SupportsIndex

from autograd import Tensor

from .functional import pad
from .module import Module


class _Pad(Module):
    """Padding of the last `_dims` dimensions: `padding` on every side, or a width for each."""

    _dims = 2
    _mode = "constant"

    def __init__(self, padding: int | tuple[int, ...]) -> None:
        super().__init__()
        self.padding = padding
        self.padding = self._widths()

    def _widths(self) -> tuple[int, ...]:
        """A width for each side."""
        padding, sides = self.padding, 2 * self._dims
        widths = tuple(padding) if isinstance(padding, Iterable) else (padding,) * sides
        if len(widths) != sides or not all(isinstance(width, SupportsIndex) for width in widths):
            names = ", ".join(("left", "right", "top", "bottom")[:sides])
            raise ValueError(f"{type(self).__name__}: padding must be an integer or "
                             f"({names}), got {padding!r}")
        return tuple(map(index, widths))

    def forward(self, input: Tensor) -> Tensor:
        if not self._dims < input.ndim < self._dims + 3:
            axes = ("L", "H, W")[self._dims - 1]
            raise ValueError(f"{type(self).__name__}: input must be (N, C, {axes}) or "
                             f"(C, {axes}), got {tuple(input.shape)}")
        return pad(input, self._widths(), self._mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad2d(_Pad):
    """Zeros around each image; negative numbers crop.

    Shape: (N, C, H, W) or (C, H, W) -> (..., H + top + bottom, W + left + right).

    >>> import autograd, nn
    >>> nn.ZeroPad2d((1, 0, 2, 0))(autograd.ones(1, 1, 1)).tolist()
    [[[0.0, 0.0], [0.0, 0.0], [0.0, 1.0]]]
    """


class ConstantPad2d(_Pad):
    """`value` around each image; negative numbers crop.  Shape: as in ZeroPad2d."""

    def __init__(self, padding: int | tuple[int, ...], value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return pad(input, self._widths(), value=self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ReflectionPad2d(_Pad):
    """Each image mirrored at its outermost pixels, which are not repeated.  Shape: as in
    ZeroPad2d; the widths must be smaller than the image."""

    _mode = "reflect"


class ReflectionPad1d(_Pad):
    """Each sequence mirrored at its outermost elements, which are not repeated.

    Shape: (N, C, L) or (C, L) -> (..., L + left + right).
    """

    _dims, _mode = 1, "reflect"


class ReplicationPad2d(_Pad):
    """Each image's outermost pixels repeated.  Shape: as in ZeroPad2d."""

    _mode = "replicate"


class ReplicationPad1d(_Pad):
    """Each sequence's outermost elements repeated.  Shape: as in ReflectionPad1d."""

    _dims, _mode = 1, "replicate"
