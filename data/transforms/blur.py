"""Images out of focus."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from data.transforms.arguments import is_number, pair, span
from data.transforms.base import (
    ImageTransform,
    arithmetic,
    as_pil,
    between,
    check_mode,
    restored,
)
from data.transforms.resize import weighed


class GaussianBlur(ImageTransform):
    """Each pixel the mean of those around it, weighed by exp(-d**2 / (2 sigma**2)).

    kernel_size is how many pixels count, one odd number or (columns, rows); sigma is drawn from the
    range (low, high), or fixed as one number. The image is mirrored at its border.

    Shape: ndarray (H, W), (H, W, C), Tensor (..., H, W) or an image of Pillow -> the same.
    Raises: ValueError for an even kernel_size or a sigma that is not positive.

    >>> GaussianBlur(3, sigma=1.0)(np.array([[0.0, 1.0, 0.0]])).round(3).tolist()
    [[0.548, 0.452, 0.548]]
    """

    draws = 1

    def __init__(self, kernel_size: int | Sequence[int],
                 sigma: float | Sequence[float] = (0.1, 2.0)) -> None:
        self._sides = pair(kernel_size, "GaussianBlur", "kernel_size")
        if any(side % 2 == 0 for side in self._sides):
            raise ValueError(f"GaussianBlur: kernel_size must be odd, got {kernel_size}")
        self._range = span((sigma, sigma) if is_number(sigma) else sigma, "sigma", "GaussianBlur",
                           1e-9)
        self.kernel_size, self.sigma = kernel_size, sigma

    def _widths(self, sigma: float) -> tuple[float, float]:
        """Along rows and along columns."""
        return sigma, sigma

    def _of_planes(self, planes: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        result = np.empty_like(planes)
        for blurred, image, sigma in zip(result, planes, between(numbers[:, 0], *self._range),
                                         strict=True):
            values = image.astype(arithmetic(planes.dtype), copy=False)
            for axis, side, width in zip((-1, -2), self._sides, self._widths(sigma), strict=True):
                values = _blurred(values, axis, side, width)
            blurred[...] = restored(values, planes.dtype)
        return result

    def _of_pil(self, image: Any, numbers: np.ndarray) -> Any:
        check_mode(image, ("L", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "HSV", "I", "F"),
                   "GaussianBlur")
        return as_pil(self.changed(np.asarray(image), numbers), image.mode, "GaussianBlur")


def _blurred(values: np.ndarray, axis: int, side: int, sigma: float) -> np.ndarray:
    distance = np.arange(side) - side // 2
    weights = np.exp(-0.5 * (distance / sigma) ** 2)
    length = values.shape[axis]
    places = np.pad(np.arange(length), side // 2, "reflect")
    return weighed(values, axis, places[np.arange(length)[:, None] + np.arange(side)],
                   np.broadcast_to(weights / weights.sum(), (length, side)))
