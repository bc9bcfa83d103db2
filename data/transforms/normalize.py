"""Images with mean 0 and standard deviation 1."""

from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd
from autograd import Tensor
from autograd.errors import Constructed


class Normalize(Constructed):
    """(image - mean) / std for each channel, with mean and std of the training set.

    Shape: float Tensor (..., C, H, W) -> the same; mean and std are numbers or rows of C.
    Raises: TypeError for what is not a floating Tensor, ValueError for a std of 0 or another
        number of channels.

    >>> Normalize((0.5,), (0.25,))(autograd.ones(1, 2, 2)).tolist()
    [[[2.0, 2.0], [2.0, 2.0]]]
    """

    def __init__(
        self, mean: float | Sequence[float], std: float | Sequence[float], inplace: bool = False
    ) -> None:
        self.mean, self.std, self.inplace = mean, std, inplace
        self._mean, self._std = _per_channel(mean, "mean"), _per_channel(std, "std")
        if self._mean.size != self._std.size and 1 not in (self._mean.size, self._std.size):
            raise ValueError(
                f"Normalize: mean has {self._mean.size} channels, std has {self._std.size}; they "
                "must agree"
            )
        if not (self._std > 0).all():
            raise ValueError(f"Normalize: std must be > 0 in every channel, got {std}")

    def __call__(self, image: Tensor) -> Tensor:
        self._check(image)
        dtype = image.numpy().dtype
        mean = autograd.from_numpy(self._mean.astype(dtype))
        std = autograd.from_numpy(self._std.astype(dtype))
        if self.inplace:
            return image.sub_(mean).div_(std)
        return (image - mean) / std

    def batch(self, images: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        return self(images)

    def _check(self, image: Any) -> None:
        if not isinstance(image, Tensor):
            raise TypeError(
                f"Normalize: needs a Tensor, got {type(image).__name__}; put ToTensor() before it"
            )
        if not image.is_floating_point():
            raise TypeError(f"Normalize: needs a floating Tensor, got {image.dtype}; use .float()")
        channels = max(self._mean.size, self._std.size)
        shape = tuple(image.shape)
        if len(shape) < 3 or channels not in (1, shape[-3]):
            raise ValueError(
                f"Normalize: mean and std have {channels} channel(s), which does not fit an image "
                f"of shape {shape}; needed is (..., {channels}, H, W)"
            )

    def __repr__(self) -> str:
        inplace = ", inplace=True" if self.inplace else ""
        return f"Normalize(mean={self.mean}, std={self.std}{inplace})"


def _per_channel(values: Any, name: str) -> np.ndarray:
    numbers = np.atleast_1d(np.asarray(values, dtype=np.float64))
    if numbers.ndim != 1 or not np.isfinite(numbers).all():
        raise ValueError(
            f"Normalize: {name} must be a finite number or a row of them, one a channel, "
            f"got {values!r}"
        )
    return numbers[:, None, None]  # (C, 1, 1)
