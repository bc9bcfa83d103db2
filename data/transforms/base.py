"""What the transforms of images have in common: three kinds of images, changed by one text.

An image is an ndarray (H, W) or (H, W, C), a Tensor (..., C, H, W) or (H, W), or an image of
Pillow. Arrays and tensors are brought into one form, planes of shape (N, M, C, H, W): N images
with random numbers of their own, and M pictures that share them.
"""

import inspect
import math
import sys
from typing import Any

import numpy as np

import autograd
from autograd import Tensor
from autograd.errors import Constructed
from data.randomness import uniforms


class ImageTransform(Constructed):
    """Base of the transforms of images.

    A subclass says how many random numbers `draws` an image takes, how planes change by them, and
    how an image of Pillow does. One image is a batch of one: both forms give the same values.
    """

    draws = 0
    batches = True  # whether the results of several images make a batch

    def __call__(self, image: Any) -> Any:
        return self.changed(image, drawn(self, 1)[0])

    def batch(self, images: Any) -> Any:
        """The images stacked along a new first dimension, each with random numbers of its own."""
        if not self.batches:
            return NotImplemented
        count = len(as_planes(images, type(self).__name__))
        return self.changed_batch(images, drawn(self, count))

    def changed(self, image: Any, numbers: np.ndarray) -> Any:
        """The image as these random numbers, (draws,), have it."""
        if is_pil(image):
            return self._of_pil(image, numbers)
        stack = image.unsqueeze(0) if isinstance(image, Tensor) else (
            image[None] if isinstance(image, np.ndarray) else image)
        planes = as_planes(stack, type(self).__name__)
        result = self._of_planes(planes, numbers[None])
        return image if result is planes else like(stack, result)[0]

    def changed_batch(self, images: Any, numbers: np.ndarray) -> Any:
        """Several images, as their rows of random numbers, (N, draws), have them."""
        planes = as_planes(images, type(self).__name__)
        result = self._of_planes(planes, numbers)
        return images if result is planes else like(images, result)

    def _of_planes(self, planes: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """(N, M, C, H, W) and (N, draws) -> planes, the same object where nothing changes."""
        raise NotImplementedError(f"{type(self).__name__} must define _of_planes")

    def _of_pil(self, image: Any, numbers: np.ndarray) -> Any:
        raise TypeError(f"{type(self).__name__}: takes an ndarray or a Tensor, got an image of "
                        "Pillow; put PILToTensor() or ToTensor() before it")

    def __repr__(self) -> str:
        return shown(self)


def drawn(transform: Any, images: int) -> np.ndarray:
    """The random numbers that a transform takes for so many images, (images, draws)."""
    if transform.draws == 0:
        return np.empty((images, 0))
    return uniforms(images, transform.draws, type(transform).__name__)


def shown(transform: Any) -> str:
    """The constructor's call, without what has its default value."""
    parameters = inspect.signature(type(transform).__init__).parameters.values()
    given = [(p.name, p.default, getattr(transform, p.name, p.default))
             for p in list(parameters)[1:]]
    texts = [f"{name}={getattr(value, 'label', None) or repr(value)}"
             for name, default, value in given if value != default]
    return f"{type(transform).__name__}({', '.join(texts)})"


def is_pil(image: Any) -> bool:
    """Whether it is an image of Pillow, which is not loaded for the question."""
    module: Any = sys.modules.get("PIL.Image")
    return module is not None and isinstance(image, module.Image)


def as_planes(images: Any, who: str) -> np.ndarray:
    """(N, M, C, H, W), a view where that is possible."""
    if isinstance(images, Tensor) and images.ndim >= 3:
        if images.requires_grad:
            raise ValueError(f"{who}: gradients do not pass through it, the image requires grad; "
                             "give it image.detach()")
        array = images.numpy()
        count, *lead, rows, columns = array.shape
        *lead, channels = lead or [1]
        array = array.reshape(count, math.prod(lead), channels, rows, columns)
    elif isinstance(images, np.ndarray) and images.ndim in (3, 4):
        array = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
        array = array[:, None]
    else:
        raise TypeError(f"{who}: an image is an ndarray (H, W) or (H, W, C), a Tensor (..., H, W) "
                        f"or an image of Pillow, got {_kind(images)}; put numpy.asarray or "
                        "ToTensor() before it")
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{who}: needs an image of numbers, got dtype {array.dtype}")
    if 0 in array.shape[1:]:
        raise ValueError(f"{who}: an image of shape {tuple(images.shape[1:])} has no pixels")
    return array


def _kind(images: Any) -> str:
    shape = f" {tuple(images.shape[1:])}" if isinstance(images, Tensor | np.ndarray) else ""
    return type(images).__name__ + shape


def like(images: Any, planes: np.ndarray) -> Any:
    """Planes as the kind of images they were made of."""
    count, pictures, channels, rows, columns = planes.shape
    flat = images.ndim == 3 and channels == 1
    if isinstance(images, Tensor):
        lead = images.shape[:1] if images.ndim == 3 else images.shape[:-3]
        shape = (*lead, rows, columns) if flat else (*lead, channels, rows, columns)
        return autograd.from_numpy(np.ascontiguousarray(planes).reshape(shape))
    array = planes[:, 0, 0] if flat else planes[:, 0].transpose(0, 2, 3, 1)
    return np.ascontiguousarray(array)


def between(numbers: np.ndarray, low: Any, high: Any) -> np.ndarray:
    """Numbers from [0, 1) spread over [low, high)."""
    return low + numbers * (np.asarray(high) - low)


def arithmetic(dtype: np.dtype) -> np.dtype:
    """The floating dtype in which pixels of `dtype` are reckoned."""
    return np.result_type(dtype, np.float32)


def restored(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Reckoned pixels in the image's own dtype: rounded, and kept within its range."""
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        most = info.max - info.max // 2**53  # which float64 has
        values = np.clip(np.rint(values), info.min, most)
    elif dtype.kind == "b":
        return values >= 0.5
    return values.astype(dtype, copy=False)


def brightest(dtype: np.dtype) -> int:
    """The value of white."""
    return int(np.iinfo(dtype).max) if dtype.kind in "iu" else 1


def pillow(who: str) -> Any:
    """The module PIL.Image, or an error that says how to get it."""
    try:
        from PIL import Image
    except ImportError as error:
        raise ModuleNotFoundError(f"{who} needs Pillow: pip install 'wengert[images]'"
                                  ) from error
    return Image


def as_pil(pixels: np.ndarray, mode: str, who: str) -> Any:
    """Pixels (H, W) or (H, W, C) as an image of this mode."""
    if mode == "1":  # whose bytes hold eight pixels each
        return pillow(who).fromarray(pixels)
    return pillow(who).frombytes(mode, pixels.shape[1::-1], pixels.tobytes())


def check_mode(image: Any, modes: tuple[str, ...], who: str) -> None:
    """Raise for an image of Pillow in another mode."""
    if image.mode not in modes:
        raise ValueError(f"{who}: takes images of mode {' or '.join(modes)}, got mode "
                         f"{image.mode}; use image.convert('RGB') before it")
