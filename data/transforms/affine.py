"""Rotated, shifted, scaled and sheared images."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from data.transforms.arguments import angles, checked_fill, fill_column, numbers, span
from data.transforms.base import ImageTransform, arithmetic, between, restored
from data.transforms.pad import fill_pil
from data.transforms.resize import InterpolationMode, interpolation_of


class RandomRotation(ImageTransform):
    """Turns an image counter-clockwise by an angle drawn from `degrees`.

    degrees is a range (low, high), or one number d for (-d, d). expand makes the result large
    enough for all corners. center is (x, y) from the top left corner, the middle unless given; fill
    is the value of what comes from outside the image, one number or one a channel.

    Shape: ndarray (H, W), (H, W, C), Tensor (..., H, W) or an image of Pillow -> the same kind.
    Raises: ValueError for a single negative number, and for an interpolation other than NEAREST
        and BILINEAR of arrays and tensors.

    >>> RandomRotation((90, 90))(np.array([[1, 2], [3, 4]])).tolist()
    [[2, 4], [1, 3]]
    """

    draws = 1

    def __init__(
        self,
        degrees: float | Sequence[float],
        interpolation: InterpolationMode | int = InterpolationMode.NEAREST,
        expand: bool = False,
        center: Sequence[float] | None = None,
        fill: float | Sequence[float] = 0,
    ) -> None:
        self.degrees = angles(degrees, "degrees", "RandomRotation")
        self.interpolation = interpolation_of(interpolation, "RandomRotation")
        self.expand = expand
        self.center = None if center is None else numbers(center, (2,), "center", "RandomRotation")
        checked_fill(fill, "RandomRotation")
        self.fill = fill
        self.batches = not expand  # the sizes of the results would differ

    def _of_planes(self, planes: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        height, width = planes.shape[-2:]
        matrices = np.array([inverse(_from_middle(self.center, height, width), -angle)
                             for angle in between(numbers[:, 0], *self.degrees)])
        size = (height, width)
        if self.expand and len(matrices):
            size = _expanded(matrices[0], height, width)
        return warped(planes, matrices, size, self.interpolation, self.fill, "RandomRotation")

    def _of_pil(self, image: Any, numbers: np.ndarray) -> Any:
        angle = float(between(numbers[0], *self.degrees))
        return image.rotate(angle, self.interpolation.pillow, self.expand, self.center,
                            fillcolor=fill_pil(image, self.fill, "RandomRotation"))


class RandomAffine(ImageTransform):
    """Turns an image clockwise, shifts, scales and shears it, each by numbers drawn from a range.

    degrees and shear are a range (low, high), or one number d for (-d, d); shear may have a second
    pair, for the y-axis. translate has the largest shifts as shares of width and height, scale is
    (low, high). center and fill are those of RandomRotation.

    Shape: ndarray (H, W), (H, W, C), Tensor (..., H, W) or an image of Pillow -> the same.
    Raises: ValueError for ranges that make no sense, and for an interpolation other than NEAREST
        and BILINEAR of arrays and tensors.

    >>> RandomAffine(0, scale=(2, 2))(np.arange(16).reshape(4, 4))[0].tolist()
    [5, 5, 6, 6]
    """

    draws = 6

    def __init__(
        self,
        degrees: float | Sequence[float],
        translate: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
        shear: float | Sequence[float] | None = None,
        interpolation: InterpolationMode | int = InterpolationMode.NEAREST,
        fill: float | Sequence[float] = 0,
        center: Sequence[float] | None = None,
    ) -> None:
        who = "RandomAffine"
        self.degrees = angles(degrees, "degrees", who)
        self.translate = None if translate is None else numbers(translate, (2,), "translate", who)
        if not all(0 <= share <= 1 for share in self.translate or ()):
            raise ValueError(f"{who}: translate must have shares from 0 to 1, got {translate}")
        self.scale = None if scale is None else span(scale, "scale", who, 1e-9)
        self.shear = None if shear is None else angles(shear, "shear", who, (2, 4))
        self.interpolation = interpolation_of(interpolation, who)
        checked_fill(fill, who)
        self.fill = fill
        self.center = None if center is None else numbers(center, (2,), "center", who)

    def _matrix(self, row: np.ndarray, center: Sequence[float], height: int, width: int,
                ) -> tuple[float, ...]:
        across, down = self.translate or (0.0, 0.0)
        shift = (round(float(between(row[1], -across * width, across * width))),
                 round(float(between(row[2], -down * height, down * height))))
        slants = (*(self.shear or (0.0, 0.0)), 0.0, 0.0)
        return inverse(center, float(between(row[0], *self.degrees)), shift,
                       float(between(row[3], *(self.scale or (1.0, 1.0)))),
                       (float(between(row[4], *slants[:2])), float(between(row[5], *slants[2:4]))))

    def _of_planes(self, planes: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        height, width = planes.shape[-2:]
        center = _from_middle(self.center, height, width)
        matrices = np.array([self._matrix(row, center, height, width) for row in numbers])
        return warped(planes, matrices, (height, width), self.interpolation, self.fill,
                      "RandomAffine")

    def _of_pil(self, image: Any, numbers: np.ndarray) -> Any:
        center = self.center or (image.width / 2, image.height / 2)
        return image.transform(
            image.size, 0, self._matrix(numbers, center, image.height, image.width),
            self.interpolation.pillow, fillcolor=fill_pil(image, self.fill, "RandomAffine"))


def _from_middle(center: Sequence[float] | None, height: int, width: int) -> tuple[float, float]:
    return (0.0, 0.0) if center is None else (center[0] - width / 2, center[1] - height / 2)


def inverse(center: Sequence[float], angle: float, shift: Sequence[float] = (0, 0),
            scale: float = 1.0, shear: Sequence[float] = (0.0, 0.0)) -> tuple[float, ...]:
    """The two rows (x, y, 1) -> x, (x, y, 1) -> y that lead from the result back to the image.

    The image is sheared, scaled and turned clockwise around the center, and then shifted.
    """
    turn, lean_x, lean_y = (math.radians(degrees) for degrees in (angle, *shear))
    a = math.cos(turn - lean_y) / math.cos(lean_y)
    b = -math.cos(turn - lean_y) * math.tan(lean_x) / math.cos(lean_y) - math.sin(turn)
    c = math.sin(turn - lean_y) / math.cos(lean_y)
    d = -math.sin(turn - lean_y) * math.tan(lean_x) / math.cos(lean_y) + math.cos(turn)
    (x, y), (dx, dy) = center, shift
    rows = []
    for first, second, middle in ((d, -b, x), (-c, a, y)):  # the determinant of a, b, c, d is 1
        first, second = first / scale, second / scale
        rows += [first, second, first * (-x - dx) + second * (-y - dy) + middle]
    return tuple(rows)


def _expanded(matrix: np.ndarray, height: int, width: int) -> tuple[int, int]:
    """The size that holds all corners; 1e-4 of a pixel counts as none."""
    corners = np.array([(x * width / 2, y * height / 2, 1) for x in (-1, 1) for y in (-1, 1)])
    places = corners @ matrix.reshape(2, 3).T + (width / 2, height / 2)
    columns, rows = np.ceil(places.max(0) - 1e-4) - np.floor(places.min(0) + 1e-4)
    return int(rows), int(columns)


def warped(planes: np.ndarray, matrices: np.ndarray, size: tuple[int, int],
           mode: InterpolationMode, fill: Any, who: str) -> np.ndarray:
    """The pixel at (x, y) of the n-th result is that at matrices[n] (x, y, 1) of the n-th image,
    both counted from the middle.

    Shape: planes (N, M, C, H, W) and matrices (N, 6) -> (N, M, C, *size).
    """
    if mode not in (InterpolationMode.NEAREST, InterpolationMode.BILINEAR):
        raise ValueError(f"{who}: {mode.label} is for images of Pillow; arrays and tensors have "
                         "NEAREST and BILINEAR")
    height, width = planes.shape[-2:]
    rows, columns = size
    filling = fill_column(fill, planes.shape[2], planes.dtype, who)
    m = matrices.reshape(len(planes), 6, 1, 1)
    x = np.arange(columns) + (0.5 - columns / 2)
    y = (np.arange(rows) + (0.5 - rows / 2))[:, None]
    across = m[:, 0] * x + m[:, 1] * y + m[:, 2] + (width / 2 - 0.5)  # (N, rows, columns)
    down = m[:, 3] * x + m[:, 4] * y + m[:, 5] + (height / 2 - 0.5)
    if mode is InterpolationMode.NEAREST:
        values, inside = _picked(planes, _pixel(across), _pixel(down))
        return np.where(inside, values, filling)
    values, cover = _bilinear(planes, across, down)
    # as torchvision has it: at the border, what is there is dimmed once more before fill is added
    values = values * cover + (1 - cover) * filling
    return restored(values, planes.dtype)


def _pixel(places: np.ndarray) -> np.ndarray:
    """The nearest pixel; just between two, where a quarter turn may lead, always the second."""
    return np.floor(places + (0.5 + 1e-9))


def _picked(planes: np.ndarray, across: np.ndarray, down: np.ndarray,
            ) -> tuple[np.ndarray, np.ndarray]:
    """The pixels at whole places, and whether these lie inside of the image."""
    count, pictures, channels, height, width = planes.shape
    inside = (across >= 0) & (across < width) & (down >= 0) & (down < height)
    places = np.where(inside, down * width + across, 0).astype(np.intp)
    flat = planes.reshape(count, pictures * channels, height * width)
    values = np.take_along_axis(flat, places.reshape(count, 1, math.prod(places.shape[1:])), 2)
    return (values.reshape(count, pictures, channels, *across.shape[1:]),
            inside[:, None, None])


def _bilinear(planes: np.ndarray, across: np.ndarray, down: np.ndarray,
              ) -> tuple[np.ndarray, np.ndarray]:
    """The four pixels around each place weighed by nearness, and how much of them is inside."""
    dtype = arithmetic(planes.dtype)
    left, top = np.floor(across), np.floor(down)
    total, cover = dtype.type(0), dtype.type(0)
    for x, y in ((0, 0), (1, 0), (0, 1), (1, 1)):
        weight = ((1 - np.abs(across - left - x)) * (1 - np.abs(down - top - y)))
        values, inside = _picked(planes, left + x, top + y)
        share = np.where(inside, weight[:, None, None], 0).astype(dtype)
        total = total + np.where(share > 0, values, 0) * share
        cover = cover + share
    return total, cover
