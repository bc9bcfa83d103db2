"""Parts of an image taken away."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from data.transforms.arguments import checked_fill, fill_column, probability, span
from data.transforms.base import ImageTransform
from data.transforms.crops import TRIES, rectangles


class RandomErasing(ImageTransform):
    """Overwrites, with probability p, a random rectangle of the image.

    Its share of the area is drawn from `scale`, the logarithm of height by width from that of
    `ratio`; where ten such rectangles do not fit, the image stays as it is. value is one number,
    one a channel, or "random" for standard normal numbers.

    Shape: ndarray (H, W), (H, W, C) or Tensor (..., C, H, W) -> the same.
    Raises: ValueError for ranges that make no sense; TypeError for an image of Pillow, and for
        random values in an image of integers.
    Reference: Z. Zhong et al., Random erasing data augmentation, arXiv:1708.04896, 2017.

    >>> RandomErasing(1.0, scale=(0.25, 0.25), ratio=(1, 1))(np.ones((4, 4))).sum()
    np.float64(12.0)
    """

    draws = 1 + 2 * TRIES + 3  # whether, which rectangle, where, and of which noise

    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: float | Sequence[float] | str = 0,
        inplace: bool = False,
    ) -> None:
        self.p = probability(p, "RandomErasing")
        self.scale = span(scale, "scale", "RandomErasing", 0, 1)
        self.ratio = span(ratio, "ratio", "RandomErasing", 1e-9)
        if isinstance(value, str) and value != "random":
            raise ValueError("RandomErasing: value must be a number, a sequence of them or "
                             f"'random', got {value!r}")
        if value != "random":
            checked_fill(value, "RandomErasing")
        self.value, self.inplace = value, inplace

    def _of_planes(self, planes: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        if self.value == "random" and planes.dtype.kind != "f":
            raise TypeError(f"RandomErasing: random values are floating, the image is of "
                            f"{planes.dtype}; put ToTensor() or ConvertImageDtype before it")
        result = planes if self.inplace else planes.copy()
        for image, row in zip(result, numbers, strict=True):
            box = self._box(planes.shape[-2:], row[1:]) if row[0] < self.p else None
            if box is not None:
                part = image[..., box[0]: box[0] + box[2], box[1]: box[1] + box[3]]
                part[...] = self._values(part, row[-1])
        return result

    def _box(self, sides: tuple[int, ...], numbers: np.ndarray) -> tuple[int, ...] | None:
        """(top, left, height, width)"""
        for width, height in rectangles(sides, self.scale, self.ratio, numbers):
            if height < sides[0] and width < sides[1]:
                room = np.array([sides[0] - height + 1, sides[1] - width + 1])
                top, left = (numbers[-3:-1] * room).astype(np.intp).tolist()
                return top, left, height, width
        return None

    def _values(self, part: np.ndarray, number: float) -> Any:
        if self.value != "random":
            return fill_column(self.value, part.shape[1], part.dtype, "RandomErasing")
        noise = np.random.Generator(np.random.PCG64(math.floor(number * 2**53)))
        return noise.standard_normal(part.shape[1:])
