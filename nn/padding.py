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
            names = ", ".join(("left", "right", "top", "bottom", "front", "back")[:sides])
            raise ValueError(f"{type(self).__name__}: padding must be an integer or "
                             f"({names}), got {padding!r}")
        return tuple(map(index, widths))

    def forward(self, input: Tensor) -> Tensor:
        if not self._dims < input.ndim < self._dims + 3:
            axes = ("L", "H, W", "D, H, W")[self._dims - 1]
            raise ValueError(f"{type(self).__name__}: input must be (N, C, {axes}) or "
                             f"(C, {axes}), got {tuple(input.shape)}")
        return pad(input, self._widths(), self._mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPad(_Pad):
    def __init__(self, padding: int | tuple[int, ...], value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return pad(input, self._widths(), value=self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ZeroPad1d(_Pad):
    """Zeros around each sequence; negative numbers crop.

    Shape: (N, C, L) or (C, L) -> (..., L + left + right).
    """

    _dims = 1


class ZeroPad2d(_Pad):
    """Zeros around each image; negative numbers crop.

    Shape: (N, C, H, W) or (C, H, W) -> (..., H + top + bottom, W + left + right).

    >>> import autograd, nn
    >>> nn.ZeroPad2d((1, 0, 2, 0))(autograd.ones(1, 1, 1)).tolist()
    [[[0.0, 0.0], [0.0, 0.0], [0.0, 1.0]]]
    """


class ZeroPad3d(_Pad):
    """Zeros around each volume; negative numbers crop.

    Shape: (N, C, D, H, W) or (C, D, H, W) ->
    (..., D + front + back, H + top + bottom, W + left + right).
    """

    _dims = 3


class ConstantPad1d(_ConstantPad):
    """`value` around each sequence; negative numbers crop.  Shape: as in ZeroPad1d."""

    _dims = 1


class ConstantPad2d(_ConstantPad):
    """`value` around each image; negative numbers crop.  Shape: as in ZeroPad2d."""


class ConstantPad3d(_ConstantPad):
    """`value` around each volume; negative numbers crop.  Shape: as in ZeroPad3d."""

    _dims = 3


class ReflectionPad1d(_Pad):
    """Each sequence mirrored at its outermost elements, which are not repeated.  Shape: as in
    ZeroPad1d; the widths must be smaller than the sequence."""

    _dims, _mode = 1, "reflect"


class ReflectionPad2d(_Pad):
    """Each image mirrored at its outermost pixels, which are not repeated.  Shape: as in
    ZeroPad2d; the widths must be smaller than the image."""

    _mode = "reflect"


class ReflectionPad3d(_Pad):
    """Each volume mirrored at its outermost elements, which are not repeated.  Shape: as in
    ZeroPad3d; the widths must be smaller than the volume."""

    _dims, _mode = 3, "reflect"


class ReplicationPad1d(_Pad):
    """Each sequence's outermost elements repeated.  Shape: as in ZeroPad1d."""

    _dims, _mode = 1, "replicate"


class ReplicationPad2d(_Pad):
    """Each image's outermost pixels repeated.  Shape: as in ZeroPad2d."""

    _mode = "replicate"


class ReplicationPad3d(_Pad):
    """Each volume's outermost elements repeated.  Shape: as in ZeroPad3d."""

    _dims, _mode = 3, "replicate"


class CircularPad1d(_Pad):
    """Each sequence continued at one end as it begins at the other.  Shape: as in ZeroPad1d; the
    widths must not be larger than the sequence.

    >>> import autograd, nn
    >>> nn.CircularPad1d((2, 1))(autograd.arange(4).reshape(1, 4)).tolist()
    [[2, 3, 0, 1, 2, 3, 0]]
    """

    _dims, _mode = 1, "circular"


class CircularPad2d(_Pad):
    """Each image continued at one edge as it begins at the other.  Shape: as in ZeroPad2d; the
    widths must not be larger than the image."""

    _mode = "circular"


class CircularPad3d(_Pad):
    """Each volume continued at one end as it begins at the other.  Shape: as in ZeroPad3d; the
    widths must not be larger than the volume."""

    _dims, _mode = 3, "circular"
