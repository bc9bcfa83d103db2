"""Random changes of training images that leave their class as it is."""

from collections.abc import Sequence

import numpy as np

import autograd
from autograd import Tensor


class RandomHorizontalFlip:
    """Mirrors an image left to right with probability p, drawn from the default generator.

    Shape: Tensor (..., H, W) -> the same.
    Raises: ValueError for a p outside [0, 1].
    """

    def __init__(self, p: float = 0.5) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"RandomHorizontalFlip: p must lie in [0, 1], got {p}")
        self.p = p

    def __call__(self, image: Tensor) -> Tensor:
        return image.flip(-1) if autograd.default_generator.numpy.random() < self.p else image

    def batch(self, images: Tensor) -> Tensor:
        """Each image of (N, ..., H, W) by itself."""
        pixels = images.numpy().copy()
        chosen = autograd.default_generator.numpy.random(len(pixels)) < self.p
        pixels[chosen] = pixels[chosen][..., ::-1]
        return autograd.from_numpy(pixels)

    def __repr__(self) -> str:
        return f"RandomHorizontalFlip(p={self.p})"


class RandomCrop:
    """A part of `size` at a random place of the image, zeros around it first where `padding`.

    Shape: Tensor (..., H, W) -> (..., size, size), or size = (height, width).
    Raises: ValueError for an image smaller than the part.
    """

    def __init__(self, size: int | Sequence[int], padding: int = 0) -> None:
        height, width = (size, size) if isinstance(size, int) else size
        self.size, self.padding = (height, width), padding

    def __call__(self, image: Tensor) -> Tensor:
        return self.batch(image.unsqueeze(0)).squeeze(0)

    def batch(self, images: Tensor) -> Tensor:
        """Each image of (N, ..., H, W) at a place of its own."""
        pixels, margin = images.numpy(), self.padding
        around = [(0, 0)] * (pixels.ndim - 2) + [(margin, margin)] * 2
        padded = np.pad(pixels, around)
        room = [have - want for have, want in zip(padded.shape[-2:], self.size, strict=True)]
        if min(room) < 0:
            raise ValueError(f"RandomCrop: a part of {self.size} does not fit into an image of "
                             f"{padded.shape[-2:]}, padding included")
        source = autograd.default_generator.numpy
        tops = source.integers(0, room[0] + 1, len(pixels))
        lefts = source.integers(0, room[1] + 1, len(pixels))
        parts = np.empty((*pixels.shape[:-2], *self.size), pixels.dtype)
        for part, image, top, left in zip(parts, padded, tops, lefts, strict=True):
            part[...] = image[..., top: top + self.size[0], left: left + self.size[1]]
        return autograd.from_numpy(parts)

    def __repr__(self) -> str:
        padding = f", padding={self.padding}" if self.padding else ""
        return f"RandomCrop({self.size}{padding})"
