"""Random changes of training images that leave their class as it is.

Before ToTensor an image is an ndarray (H, W) or (H, W, C), behind it a Tensor (..., H, W); both
are changed alike and stay what they are.
"""

from collections.abc import Sequence
from operator import index as as_index
from typing import Any

import numpy as np

import autograd
from autograd import Tensor
from autograd.errors import Constructed
from autograd.sampling import numpy_generator
from data.sampler import positive_int


class RandomHorizontalFlip(Constructed):
    """Mirrors an image left to right with probability p, drawn from the default generator.

    Shape: ndarray (H, W), (H, W, C) or Tensor (..., H, W) -> the same.
    Raises: ValueError for a p outside [0, 1].
    """

    def __init__(self, p: float = 0.5) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"RandomHorizontalFlip: p must lie in [0, 1], got {p}")
        self.p = p

    def __call__(self, image: Any) -> Any:
        _pixels("RandomHorizontalFlip", _as_batch(image))
        if numpy_generator(None, "RandomHorizontalFlip").random() >= self.p:
            return image
        return image.flip(-1) if isinstance(image, Tensor) else np.flip(image, 1).copy()

    def batch(self, images: Any) -> Any:
        """Each of several images by itself."""
        pixels, row = _pixels("RandomHorizontalFlip", images)
        pixels = pixels.copy()
        chosen = numpy_generator(None, "RandomHorizontalFlip").random(len(pixels)) < self.p
        pixels[chosen] = np.flip(pixels[chosen], row + 1)
        return _like(images, pixels)

    def __repr__(self) -> str:
        return f"RandomHorizontalFlip(p={self.p})"


class RandomCrop(Constructed):
    """A part of `size` at a random place of the image, zeros around it first where `padding`.

    size is the height and width or a pair of them; padding is one number, (left and right, top and
    bottom) or (left, top, right, bottom).

    Shape: ndarray (H, W), (H, W, C) or Tensor (..., H, W) -> the same with H, W = size.
    Raises: ValueError for an image smaller than the part.
    """

    def __init__(self, size: int | Sequence[int], padding: int | Sequence[int] = 0) -> None:
        sides = tuple(size) if isinstance(size, Sequence) else (size, size)
        if len(sides) != 2:
            raise ValueError(f"RandomCrop: size must be a number or (height, width), got {size!r}")
        self.size = tuple(positive_int(side, "size", "RandomCrop") for side in sides)
        self.padding = padding
        self._margins = _margins(padding)

    def __call__(self, image: Any) -> Any:
        return self.batch(_as_batch(image))[0]

    def batch(self, images: Any) -> Any:
        """Each of several images at a place of its own."""
        pixels, row = _pixels("RandomCrop", images)
        around = [(0, 0)] * pixels.ndim
        around[row: row + 2] = self._margins
        padded = np.pad(pixels, around)
        sides = padded.shape[row: row + 2]
        room = [have - want for have, want in zip(sides, self.size, strict=True)]
        if min(room) < 0:
            raise ValueError(f"RandomCrop: a part of {self.size} does not fit into an image of "
                             f"{sides}, padding included")
        source = numpy_generator(None, "RandomCrop")
        tops = source.integers(0, room[0] + 1, len(pixels))
        lefts = source.integers(0, room[1] + 1, len(pixels))
        parts = np.empty((*pixels.shape[:row], *self.size, *pixels.shape[row + 2:]), pixels.dtype)
        before = (slice(None),) * (row - 1)
        for part, image, top, left in zip(parts, padded, tops, lefts, strict=True):
            part[...] = image[(*before, slice(top, top + self.size[0]),
                               slice(left, left + self.size[1]))]
        return _like(images, parts)

    def __repr__(self) -> str:
        padding = f", padding={self.padding}" if self.padding else ""
        return f"RandomCrop({self.size}{padding})"


def _margins(padding: int | Sequence[int]) -> list[tuple[int, int]]:
    """Zeros before and after: of the rows, of the columns."""
    given = padding if isinstance(padding, Sequence) else (padding,)
    try:
        numbers = [as_index(number) for number in given]
        left, top, right, bottom = {1: numbers * 4, 2: numbers * 2, 4: numbers}[len(numbers)]
    except (TypeError, KeyError):
        raise TypeError(f"RandomCrop: padding must be an int or a tuple of 2 or 4 ints, got "
                        f"{padding!r}") from None
    if min(numbers) < 0:
        raise ValueError(f"RandomCrop: padding must not be negative, got {padding}")
    return [(top, bottom), (left, right)]


def _as_batch(image: Any) -> Any:
    """One image as a batch of one."""
    return image[None] if isinstance(image, Tensor | np.ndarray) else image


def _pixels(who: str, images: Any) -> tuple[np.ndarray, int]:
    """The numbers of several images, and which dimension counts their rows."""
    if isinstance(images, Tensor) and images.ndim >= 3:
        return images.numpy(), images.ndim - 2
    if isinstance(images, np.ndarray) and images.ndim in (3, 4):
        return images, 1
    got = type(images).__name__
    if isinstance(images, Tensor | np.ndarray):
        got += f" {tuple(images.shape[1:])}"
    raise TypeError(f"{who}: an image is an ndarray (H, W) or (H, W, C), or a Tensor (..., H, W), "
                    f"got {got}; put numpy.asarray or ToTensor() before it")


def _like(images: Any, pixels: np.ndarray) -> Any:
    return autograd.from_numpy(pixels) if isinstance(images, Tensor) else pixels
