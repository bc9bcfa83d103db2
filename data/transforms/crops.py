"""Parts of an image, at its centre, its corners or at a random place."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from data.transforms.arguments import margins, pair, span
from data.transforms.base import ImageTransform, between
from data.transforms.pad import check_padding, cut_pil, padded, padded_pil
from data.transforms.resize import InterpolationMode, interpolation_of, resized, resized_pil

TRIES = 10  # rectangles that are drawn until one fits


class CenterCrop(ImageTransform):
    """The part of `size` in the middle of the image, zeros around it where it is smaller.

    size is one number for both sides, or (height, width).

    Shape: ndarray (H, W), (H, W, C), Tensor (..., H, W) or an image of Pillow -> the same kind
        with H, W = size.

    >>> CenterCrop(1)(np.arange(9).reshape(3, 3)).tolist()
    [[4]]
    """

    def __init__(self, size: int | Sequence[int]) -> None:
        self.size = pair(size, "CenterCrop")

    def _of_planes(self, planes: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        return cut(planes, _middle(planes.shape[-2:], self.size), self.size)

    def _of_pil(self, image: Any, numbers: np.ndarray) -> Any:
        return cut_of_pil(image, _middle((image.height, image.width), self.size), self.size)


class FiveCrop(ImageTransform):
    """The parts of `size` at the four corners and in the middle.

    Shape: ndarray (H, W), (H, W, C), Tensor (..., H, W) or an image of Pillow -> a tuple of five
        of the same kind: top left, top right, bottom left, bottom right, centre.
    Raises: ValueError for an image smaller than the part.

    >>> [part.item() for part in FiveCrop(1)(np.arange(9).reshape(3, 3))]
    [0, 2, 6, 8, 4]
    """

    batches = False

    def __init__(self, size: int | Sequence[int]) -> None:
        self.size = pair(size, "FiveCrop")

    def changed(self, image: Any, numbers: np.ndarray) -> tuple[Any, ...]:
        return tuple(_At(self.size, corner).changed(image, numbers) for corner in range(5))


class _At(ImageTransform):
    """One of FiveCrop's parts."""

    def __init__(self, size: tuple[int, int], corner: int) -> None:
        self.size, self.corner = size, corner

    def _place(self, sides: tuple[int, ...]) -> tuple[int, int]:
        room = _room(sides, self.size, "FiveCrop")
        down, right = divmod(self.corner, 2)
        return _middle(sides, self.size) if self.corner == 4 else (down * room[0], right * room[1])

    def _of_planes(self, planes: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        return cut(planes, self._place(planes.shape[-2:]), self.size).copy()

    def _of_pil(self, image: Any, numbers: np.ndarray) -> Any:
        return cut_of_pil(image, self._place((image.height, image.width)), self.size)


class RandomCrop(ImageTransform):
    """A part of `size` at a random place of the image, padded first as Pad does it.

    size is the height and width or a pair of them. pad_if_needed puts at both sides of an image
    that is still smaller than the part what it lacks.

    Shape: ndarray (H, W), (H, W, C), Tensor (..., H, W) or an image of Pillow -> the same kind
        with H, W = size.
    Raises: ValueError for an image smaller than the part.

    >>> RandomCrop(2)(np.ones((3, 3))).shape
    (2, 2)
    """

    draws = 2

    def __init__(self, size: int | Sequence[int], padding: int | Sequence[int] | None = None,
                 pad_if_needed: bool = False, fill: float | Sequence[float] = 0,
                 padding_mode: str = "constant") -> None:
        self.size = pair(size, "RandomCrop")
        self._margins = margins(0 if padding is None else padding, "RandomCrop")
        if min(self._margins) < 0:
            raise ValueError(f"RandomCrop: padding must not be negative, got {padding}")
        check_padding(fill, padding_mode, "RandomCrop")
        self.padding, self.pad_if_needed = padding, pad_if_needed
        self.fill, self.padding_mode = fill, padding_mode

    def _lacking(self, rows: int, columns: int) -> tuple[int, int, int, int]:
        """The margins that pad_if_needed adds."""
        down = max(self.size[0] - rows, 0) if self.pad_if_needed else 0
        right = max(self.size[1] - columns, 0) if self.pad_if_needed else 0
        return right, down, right, down

    def _of_planes(self, planes: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        fill = self.fill, self.padding_mode, "RandomCrop"
        planes = padded(planes, self._margins, *fill)
        planes = padded(planes, self._lacking(*planes.shape[-2:]), *fill)
        room = _room(planes.shape[-2:], self.size, "RandomCrop")
        if room == (0, 0):
            return planes
        down, right = room[0] + 1, room[1] + 1
        places = [(int(y * down), int(x * right)) for y, x in numbers.tolist()]
        parts = np.empty((*planes.shape[:-2], *self.size), planes.dtype)
        for part, image, (top, left) in zip(parts, planes, places, strict=True):
            part[...] = image[..., top: top + self.size[0], left: left + self.size[1]]
        return parts

    def _of_pil(self, image: Any, numbers: np.ndarray) -> Any:
        fill = self.fill, self.padding_mode, "RandomCrop"
        image = padded_pil(image, self._margins, *fill)
        image = padded_pil(image, self._lacking(image.height, image.width), *fill)
        room = _room((image.height, image.width), self.size, "RandomCrop")
        top, left = (numbers * np.add(room, 1)).astype(np.intp).tolist()
        return cut_of_pil(image, (top, left), self.size)


class RandomResizedCrop(ImageTransform):
    """A random part of the image, stretched to `size`.

    The part has a share of the image's area drawn from `scale`, and a ratio of width to height
    whose logarithm is drawn from that of `ratio`; where ten such rectangles do not fit, the
    largest in the middle whose ratio does is taken.

    Shape: ndarray (H, W), (H, W, C), Tensor (..., H, W) or an image of Pillow -> the same kind
        with H, W = size.
    Raises: ValueError for ranges that are not (low, high), with 0 < low.

    >>> RandomResizedCrop(2)(np.ones((5, 4, 3), np.uint8)).shape
    (2, 2, 3)
    """

    draws = 2 * TRIES + 2

    def __init__(
        self,
        size: int | Sequence[int],
        scale: Sequence[float] = (0.08, 1.0),
        ratio: Sequence[float] = (3 / 4, 4 / 3),
        interpolation: InterpolationMode | int = InterpolationMode.BILINEAR,
        antialias: bool | None = True,
    ) -> None:
        self.size = pair(size, "RandomResizedCrop")
        self.scale = span(scale, "scale", "RandomResizedCrop", 1e-9)
        self.ratio = span(ratio, "ratio", "RandomResizedCrop", 1e-9)
        self.interpolation = interpolation_of(interpolation, "RandomResizedCrop")
        self.antialias = antialias

    def _box(self, sides: tuple[int, ...], numbers: np.ndarray) -> tuple[int, int, int, int]:
        """(top, left, height, width)"""
        for height, width in rectangles(sides, self.scale, self.ratio, numbers):
            if 0 < width <= sides[1] and 0 < height <= sides[0]:
                room = np.array([sides[0] - height + 1, sides[1] - width + 1])
                top, left = (numbers[-2:] * room).astype(np.intp).tolist()
                return top, left, height, width
        height, width = sides
        if width / height < self.ratio[0]:
            height = round(width / self.ratio[0])
        elif width / height > self.ratio[1]:
            width = round(height * self.ratio[1])
        return (sides[0] - height) // 2, (sides[1] - width) // 2, height, width

    def _of_planes(self, planes: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        result = np.empty((*planes.shape[:-2], *self.size), planes.dtype)
        for part, image, row in zip(result, planes, numbers, strict=True):
            top, left, height, width = self._box(planes.shape[-2:], row)
            part[...] = resized(cut(image, (top, left), (height, width)), self.size,
                                self.interpolation, self.antialias, "RandomResizedCrop")
        return result

    def _of_pil(self, image: Any, numbers: np.ndarray) -> Any:
        top, left, height, width = self._box((image.height, image.width), numbers)
        part = image.crop((left, top, left + width, top + height))
        return resized_pil(part, self.size, self.interpolation)


def rectangles(sides: tuple[int, ...], scale: tuple[float, float], ratio: tuple[float, float],
               numbers: np.ndarray) -> list[tuple[int, int]]:
    """Ten random (height, width), of an area and a width for each height in the given ranges."""
    area = between(numbers[:TRIES], *scale) * math.prod(sides)
    shape = np.exp(between(numbers[TRIES: 2 * TRIES], *np.log(ratio)))
    heights, widths = np.rint(np.sqrt(area / shape)), np.rint(np.sqrt(area * shape))
    return list(zip(heights.astype(int).tolist(), widths.astype(int).tolist(), strict=True))


def cut(planes: np.ndarray, place: tuple[int, int], size: tuple[int, int]) -> np.ndarray:
    """The part of `size` whose corner is at (top, left), zeros where it reaches beyond."""
    (top, left), (height, width) = place, size
    rows, columns = planes.shape[-2:]
    beyond = -left, -top, left + width - columns, top + height - rows
    if max(beyond) > 0:
        return padded(planes, beyond, 0, "constant", "crop")
    return planes[..., top: top + height, left: left + width]


def cut_of_pil(image: Any, place: tuple[int, int], size: tuple[int, int]) -> Any:
    (top, left), (height, width) = place, size
    box = left, top, left + width, top + height
    if min(left, top) < 0 or box[2] > image.width or box[3] > image.height:
        return cut_pil(image, box, 0, "crop")
    return image.crop(box)


def _middle(sides: tuple[int, ...], size: tuple[int, int]) -> tuple[int, int]:
    top, left = (-((want - have) // 2) if want > have else round((have - want) / 2)
                 for have, want in zip(sides, size, strict=True))
    return top, left


def _room(sides: tuple[int, ...], size: tuple[int, int], who: str) -> tuple[int, int]:
    """How far the part can be moved down and to the right."""
    down, right = (have - want for have, want in zip(sides, size, strict=True))
    if min(down, right) < 0:
        raise ValueError(f"{who}: a part of {size} does not fit into an image of {tuple(sides)}"
                         + (", padding included" if who == "RandomCrop" else ""))
    return down, right
