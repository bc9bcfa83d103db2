"""Transforms of images: what happens to a sample between the dataset and the batch.

A transform is any callable. One that also has a method `batch`, which takes the samples stacked
along a new first dimension and gives the same values at once, lets the datasets of this package
fetch whole batches; ToTensor and Normalize have it, and Compose has it when all its parts do.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import autograd
from autograd import Tensor
from autograd.errors import Constructed
from data.augmentation import RandomCrop, RandomHorizontalFlip
from data.dataset import newest_method

__all__ = [
    "Compose", "Lambda", "Normalize", "RandomCrop", "RandomHorizontalFlip", "ToTensor",
    "batch_form",
]


class Compose(Constructed):
    """Applies `transforms` one after the other.

    >>> Compose([abs, lambda x: 10 * x])(-3)
    30
    """

    def __init__(self, transforms: Sequence[Callable]) -> None:
        for position, transform in enumerate(transforms):
            if not callable(transform):
                raise TypeError(f"Compose: transforms[{position}] is not callable: {transform!r}")
        self.transforms = transforms

    def __call__(self, image: Any) -> Any:
        for transform in self.transforms:
            image = transform(image)
        return image

    def batch(self, images: Any) -> Any:
        """All samples at once, or NotImplemented where a part cannot."""
        parts = [part for t in self.transforms if (part := batch_form(t)) is not None]
        if len(parts) < len(self.transforms):
            return NotImplemented
        for part in parts:
            images = part(images)
            if images is NotImplemented:
                return NotImplemented
        return images

    def __repr__(self) -> str:
        return "\n".join(["Compose(", *(f"    {t!r}" for t in self.transforms), ")"])


class ToTensor(Constructed):
    """An image as a float32 tensor, channels first; uint8 is divided by 255 into [0, 1].

    Other numbers are converted without scaling, so that no range is guessed.

    Shape: ndarray (H, W) or (H, W, C) -> Tensor (1, H, W) or (C, H, W).
    Raises: TypeError for what is not a numeric ndarray, ValueError for any other shape.

    >>> ToTensor()(np.array([[0, 255]], dtype=np.uint8)).tolist()
    [[[0.0, 1.0]]]
    """

    def __call__(self, image: np.ndarray) -> Tensor:
        _check_image(image, ("H, W", "H, W, C"))
        return autograd.from_numpy(_channels_first(image[None])[0])

    def batch(self, images: np.ndarray) -> Tensor:
        """(N, H, W) or (N, H, W, C) -> (N, C, H, W)."""
        _check_image(images, ("N, H, W", "N, H, W, C"))
        return autograd.from_numpy(_channels_first(images))

    def __repr__(self) -> str:
        return "ToTensor()"


def _check_image(image: Any, shapes: tuple[str, str]) -> None:
    if not isinstance(image, np.ndarray):
        fix = "it is a tensor already" if isinstance(image, Tensor) else "use numpy.asarray first"
        raise TypeError(f"ToTensor: needs an ndarray, got {type(image).__name__}; {fix}")
    if image.dtype.kind not in "biuf":
        raise TypeError(f"ToTensor: needs an ndarray of numbers, got dtype {image.dtype}")
    if image.ndim not in [shape.count(",") + 1 for shape in shapes]:
        raise ValueError(
            f"ToTensor: needs an image of shape ({shapes[0]}) or ({shapes[1]}), got {image.shape}"
        )


def _channels_first(images: np.ndarray) -> np.ndarray:
    """(N, H, W) or (N, H, W, C) -> contiguous float32 (N, C, H, W)."""
    planes = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
    pixels = np.array(planes, dtype=np.float32, order="C")
    if images.dtype == np.uint8:
        pixels /= 255
    return pixels


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


class Lambda(Constructed):
    """Applies the function `lambd`, sample by sample.

    >>> Lambda(lambda image: image.flatten())(autograd.ones(1, 2, 2)).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        if not callable(lambd):
            raise TypeError(f"Lambda: needs a function, got {type(lambd).__name__}")
        self.lambd = lambd

    def __call__(self, image: Any) -> Any:
        return self.lambd(image)

    def __repr__(self) -> str:
        return f"Lambda({getattr(self.lambd, '__name__', repr(self.lambd))})"


def batch_form(transform: Any) -> Callable | None:
    """The method `batch` of a transform, unless a subclass has overridden `__call__` since."""
    return newest_method(transform, "batch", "__call__")
