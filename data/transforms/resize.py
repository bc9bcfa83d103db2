"""Images of another size."""

from collections.abc import Sequence
from enum import Enum
from typing import Any

import numpy as np

from data.sampler import positive_int
from data.transforms.arguments import pair
from data.transforms.base import ImageTransform, arithmetic, restored


class InterpolationMode(Enum):
    """How pixels between pixels are found; Pillow's numbers for them are taken as well."""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"

    @property
    def label(self) -> str:
        return f"{type(self).__name__}.{self.name}"

    @property
    def pillow(self) -> int:
        """The number Pillow has for it."""
        return {"nearest": 0, "nearest-exact": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3,
                "box": 4, "hamming": 5}[self.value]


_OF_PILLOW = {mode.pillow: mode for mode in reversed(InterpolationMode)}


def interpolation_of(given: Any, who: str) -> InterpolationMode:
    """The mode, by itself or by Pillow's number."""
    if isinstance(given, InterpolationMode):
        return given
    if isinstance(given, int) and not isinstance(given, bool) and given in _OF_PILLOW:
        return _OF_PILLOW[given]
    raise TypeError(f"{who}: interpolation must be an InterpolationMode, such as "
                    f"InterpolationMode.BILINEAR, got {given!r}")


class Resize(ImageTransform):
    """The image stretched to `size`.

    A pair is (height, width); of one number the smaller side gets that length and the other
    follows, unless it would exceed max_size, which then is what the larger side gets. With
    antialias, bilinear and bicubic interpolation weigh all pixels that a smaller one covers, as
    Pillow always does.

    Shape: ndarray (H, W), (H, W, C), Tensor (..., H, W) or an image of Pillow -> the same kind.
    Raises: ValueError for an interpolation that only images of Pillow have, as lanczos.

    >>> Resize((1, 2))(np.array([[1.0, 2.0, 3.0, 4.0]])).round(3).tolist()
    [[1.714, 3.286]]
    """

    def __init__(
        self,
        size: int | Sequence[int],
        interpolation: InterpolationMode | int = InterpolationMode.BILINEAR,
        max_size: int | None = None,
        antialias: bool | None = True,
    ) -> None:
        height, width = pair(size, "Resize")
        self._whole = isinstance(size, Sequence) and len(size) == 2
        self._size = height, width
        if max_size is not None:
            if self._whole:
                raise ValueError("Resize: max_size goes with one number as size, for the smaller "
                                 f"side, got size {size!r}")
            if positive_int(max_size, "max_size", "Resize") <= height:
                raise ValueError(f"Resize: max_size must be above size, got {max_size} and {size}")
        self.size, self.max_size, self.antialias = size, max_size, antialias
        self.interpolation = interpolation_of(interpolation, "Resize")

    def _wanted(self, rows: int, columns: int) -> tuple[int, int]:
        if self._whole:
            return self._size
        small, large = min(rows, columns), max(rows, columns)
        short, long = self._size[0], int(self._size[0] * large / small)
        if self.max_size is not None and long > self.max_size:
            short, long = max(int(self.max_size * short / long), 1), self.max_size
        return (long, short) if columns <= rows else (short, long)

    def _of_planes(self, planes: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        size = self._wanted(*planes.shape[-2:])
        return resized(planes, size, self.interpolation, self.antialias, "Resize")

    def _of_pil(self, image: Any, numbers: np.ndarray) -> Any:
        return resized_pil(image, self._wanted(image.height, image.width), self.interpolation)


def resized_pil(image: Any, size: tuple[int, int], mode: InterpolationMode) -> Any:
    """Pillow's own way, unless the size is right already."""
    height, width = size
    same = (width, height) == image.size
    return image if same else image.resize((width, height), mode.pillow)


def resized(planes: np.ndarray, size: tuple[int, int], mode: InterpolationMode,
            antialias: bool | None, who: str) -> np.ndarray:
    """(..., H, W) -> (..., *size)."""
    if planes.shape[-2:] == size:
        return planes
    if mode in (InterpolationMode.NEAREST, InterpolationMode.NEAREST_EXACT):
        shift = 0.5 if mode is InterpolationMode.NEAREST_EXACT else 0.0
        rows, columns = (_nearest(have, want, shift, arithmetic(planes.dtype))
                         for have, want in zip(planes.shape[-2:], size, strict=True))
        return planes[..., rows[:, None], columns]
    if mode not in (InterpolationMode.BILINEAR, InterpolationMode.BICUBIC):
        raise ValueError(f"{who}: {mode.label} is for images of Pillow; arrays and tensors have "
                         "NEAREST, NEAREST_EXACT, BILINEAR and BICUBIC")
    values = planes.astype(arithmetic(planes.dtype), copy=False)
    for axis in (-1, -2):
        places, weights = _taps(planes.shape[axis], size[axis], mode, bool(antialias))
        values = weighed(values, axis, places, weights)
    return restored(values, planes.dtype)


def weighed(values: np.ndarray, axis: int, places: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """out[i] = sum_k weights[i, k] * values[places[i, k]] along axis -1 or -2.

    Shape: places and weights (length, taps).
    """
    column = (slice(None),) if axis == -1 else (slice(None), None)
    weights = weights.astype(values.dtype)
    total = np.take(values, places[:, 0], axis) * weights[:, 0][column]
    for k in range(1, places.shape[1]):
        total += np.take(values, places[:, k], axis) * weights[:, k][column]
    return total


def _nearest(have: int, want: int, shift: float, dtype: np.dtype) -> np.ndarray:
    """floor((i + shift) * have / want), in the precision of the pixels as PyTorch has it."""
    steps = np.arange(want, dtype=dtype) + dtype.type(shift)
    return np.minimum(np.floor(steps * dtype.type(have / want)).astype(np.intp), have - 1)


def _taps(have: int, want: int, mode: InterpolationMode, antialias: bool,
          ) -> tuple[np.ndarray, np.ndarray]:
    """For each new pixel the old ones it is made of, and their weights, (want, taps)."""
    reach = 1 if mode is InterpolationMode.BILINEAR else 2
    sharpness = -0.5 if antialias else -0.75
    scale = have / want
    centre = (np.arange(want) + 0.5) * scale
    stretch = max(scale, 1.0) if antialias else 1.0
    if antialias:
        first = np.maximum((centre - reach * stretch + 0.5).astype(np.intp), 0)
        last = np.minimum((centre + reach * stretch + 0.5).astype(np.intp), have)
    else:
        centre = np.maximum(centre, 0.5) if reach == 1 else centre
        first = np.floor(centre - 0.5).astype(np.intp) - (reach - 1)
        last = first + 2 * reach
    places = first[:, None] + np.arange((last - first).max())
    distance = np.abs(places - centre[:, None] + 0.5) / stretch
    weights = _triangle(distance) if reach == 1 else _cubic(distance, sharpness)
    outside = places >= last[:, None]  # fewer pixels than others have: nothing of the first one
    weights = np.where(outside, 0.0, weights)
    places = np.clip(np.where(outside, first[:, None], places), 0, have - 1)
    return places, weights / weights.sum(1, keepdims=True)


def _triangle(distance: np.ndarray) -> np.ndarray:
    return np.maximum(1.0 - distance, 0.0)


def _cubic(x: np.ndarray, a: float) -> np.ndarray:
    """The cubic convolution kernel of R. Keys, 1981."""
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((x - 5) * x + 8) * x * a - 4 * a
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))
