"""Mirror images."""

from typing import Any

import numpy as np

from data.transforms.arguments import probability
from data.transforms.base import ImageTransform, pillow


class _RandomFlip(ImageTransform):
    draws = 1
    axis = -1

    def __init__(self, p: float = 0.5) -> None:
        self.p = probability(p, type(self).__name__)

    def _of_planes(self, planes: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        chosen = numbers[:, 0] < self.p
        if not chosen.any():
            return planes
        if chosen.all():
            return np.flip(planes, self.axis)
        result = planes.copy()
        result[chosen] = np.flip(planes[chosen], self.axis)
        return result

    def _of_pil(self, image: Any, numbers: np.ndarray) -> Any:
        ways = pillow(type(self).__name__).Transpose
        way = ways.FLIP_LEFT_RIGHT if self.axis == -1 else ways.FLIP_TOP_BOTTOM
        return image.transpose(way) if numbers[0] < self.p else image


class RandomHorizontalFlip(_RandomFlip):
    """Mirrors an image left to right with probability p.

    Shape: ndarray (H, W), (H, W, C), Tensor (..., H, W) or an image of Pillow -> the same.
    Raises: ValueError for a p outside [0, 1].

    >>> RandomHorizontalFlip(1.0)(np.array([[1, 2, 3]])).tolist()
    [[3, 2, 1]]
    """


class RandomVerticalFlip(_RandomFlip):
    """Mirrors an image top to bottom with probability p.

    Shape: ndarray (H, W), (H, W, C), Tensor (..., H, W) or an image of Pillow -> the same.
    Raises: ValueError for a p outside [0, 1].

    >>> RandomVerticalFlip(1.0)(np.array([[1], [2], [3]])).tolist()
    [[3], [2], [1]]
    """

    axis = -2
