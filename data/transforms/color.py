"""Brightness, contrast, saturation, hue, and images without colour."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from data.transforms.arguments import is_number, span
from data.transforms.base import (
    ImageTransform,
    arithmetic,
    as_pil,
    between,
    brightest,
    check_mode,
    pillow,
)

_LIGHT = (0.2989, 0.587, 0.114)  # the shares of red, green and blue in grey


class Grayscale(ImageTransform):
    """The image in grey, 0.2989 red + 0.587 green + 0.114 blue, on one channel or three.

    Shape: ndarray (H, W, 3), Tensor (..., 3, H, W) or an image of Pillow -> the same kind with
        num_output_channels; what has one channel keeps its values.
    Raises: ValueError for another number of channels.

    >>> Grayscale()(np.full((1, 1, 3), 200, np.uint8)).tolist()
    [[[199]]]
    """

    def __init__(self, num_output_channels: int = 1) -> None:
        if num_output_channels not in (1, 3):
            raise ValueError("Grayscale: num_output_channels must be 1 or 3, got "
                             f"{num_output_channels!r}")
        self.num_output_channels = num_output_channels

    def _of_planes(self, planes: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        _check_channels(planes, "Grayscale")
        return np.repeat(_grey(planes), self.num_output_channels, 2)

    def _of_pil(self, image: Any, numbers: np.ndarray) -> Any:
        grey = image.convert("L")
        if self.num_output_channels == 1:
            return grey
        return pillow("Grayscale").merge("RGB", (grey, grey, grey))


class ColorJitter(ImageTransform):
    """Changes brightness, contrast, saturation and hue by random factors, in random order.

    One number v stands for the range (max(0, 1 - v), 1 + v), of hue for (-v, v). By the factor f
    brightness is f x, contrast f x + (1 - f) mean of the grey image, saturation f x + (1 - f) grey,
    each kept from 0 to white; hue turns the circle of colours by f.

    Shape: ndarray (H, W), (H, W, 3), Tensor (..., 1 or 3, H, W) or an image of Pillow in mode L or
        RGB -> the same.
    Raises: ValueError for ranges that make no sense, for another number of channels, and for a
        floating image that reaches far beyond [0, 1], as behind Normalize; TypeError for integers
        of more than 16 bits.

    >>> ColorJitter(brightness=(0.5, 0.5))(np.array([[100]], np.uint8)).tolist()
    [[50]]
    """

    draws = 8  # four for the order, four factors

    def __init__(
        self,
        brightness: float | Sequence[float] = 0,
        contrast: float | Sequence[float] = 0,
        saturation: float | Sequence[float] = 0,
        hue: float | Sequence[float] = 0,
    ) -> None:
        self.brightness, self.contrast = brightness, contrast
        self.saturation, self.hue = saturation, hue
        self._ranges = [_range(brightness, "brightness"), _range(contrast, "contrast"),
                        _range(saturation, "saturation"), _range(hue, "hue")]

    def _factors(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The order of the four changes and their factors, for each row of numbers."""
        low, high = np.transpose(self._ranges)
        return np.argsort(numbers[:, :4], 1, "stable"), between(numbers[:, 4:], low, high)

    def _neutral(self, which: int) -> bool:
        return self._ranges[which] == ((0.0, 0.0) if which == 3 else (1.0, 1.0))

    def _of_planes(self, planes: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        _check_channels(planes, "ColorJitter")
        _check_values(planes)
        order, factors = self._factors(numbers)
        result = planes
        for which in order.T:
            for change, function in enumerate(_CHANGES):
                rows = np.flatnonzero(which == change)
                if rows.size and not self._neutral(change):
                    result = planes.copy() if result is planes else result
                    factor = factors[rows, change].reshape(-1, 1, 1, 1, 1)
                    result[rows] = function(result[rows], factor)
        return result

    def _of_pil(self, image: Any, numbers: np.ndarray) -> Any:
        check_mode(image, ("L", "RGB"), "ColorJitter")
        from PIL import ImageEnhance

        order, factors = self._factors(numbers[None])
        enhancers = (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color)
        for which in order[0].tolist():
            factor = float(factors[0, which])
            if not self._neutral(which):
                image = (_hue_of_pil(image, factor) if which == 3
                         else enhancers[which](image).enhance(factor))
        return image


def _range(value: Any, name: str) -> tuple[float, float]:
    centre, least, most = (0.0, -0.5, 0.5) if name == "hue" else (1.0, 0.0, np.inf)
    if is_number(value):
        if value < 0:
            raise ValueError(f"ColorJitter: {name} as one number must not be negative, got {value}")
        low = centre - value
        value = (low if name == "hue" else max(low, 0.0), centre + value)
    return span(value, name, "ColorJitter", least, most)


def _check_channels(planes: np.ndarray, who: str) -> None:
    if planes.shape[2] not in (1, 3):
        raise ValueError(f"{who}: takes images of 1 or 3 channels, got {planes.shape[2]}; an "
                         "ndarray is (H, W, C), a Tensor (..., C, H, W), and transparency must be "
                         "cut off")


def _check_values(planes: np.ndarray) -> None:
    """Bicubic interpolation may exceed [0, 1] a little; what Normalize gives would be cut off."""
    if planes.dtype.kind != "f" and planes.dtype.itemsize > 2:
        raise TypeError("ColorJitter: takes floating images and integers of up to 16 bits, got "
                        f"{planes.dtype}; put ConvertImageDtype before it")
    if planes.dtype.kind == "f" and planes.size:
        low, high = float(planes.min()), float(planes.max())
        if not -0.5 <= low <= high <= 1.5:
            raise ValueError(f"ColorJitter: a floating image lies in [0, 1], got values from "
                             f"{low:g} to {high:g}; put it before Normalize, and divide by 255 "
                             "what counts to 255")


def _grey(planes: np.ndarray) -> np.ndarray:
    """(N, M, C, H, W) -> (N, M, 1, H, W), in the dtype of the planes."""
    if planes.shape[2] == 1:
        return planes
    values = planes.astype(arithmetic(planes.dtype), copy=False)
    red, green, blue = (share * values[:, :, i: i + 1] for i, share in enumerate(_LIGHT))
    return (red + green + blue).astype(planes.dtype)


def _blend(planes: np.ndarray, other: Any, factor: np.ndarray) -> np.ndarray:
    """factor planes + (1 - factor) other, kept from 0 to white; fractions are cut off."""
    dtype = arithmetic(planes.dtype)
    values = factor.astype(dtype) * planes + (1 - factor).astype(dtype) * other
    return np.clip(values, 0, brightest(planes.dtype)).astype(planes.dtype)


def _brightness(planes: np.ndarray, factor: np.ndarray) -> np.ndarray:
    return _blend(planes, 0, factor)


def _contrast(planes: np.ndarray, factor: np.ndarray) -> np.ndarray:
    mean = _grey(planes).mean((2, 3, 4), np.float64, keepdims=True)
    return _blend(planes, mean.astype(arithmetic(planes.dtype)), factor)


def _saturation(planes: np.ndarray, factor: np.ndarray) -> np.ndarray:
    return planes if planes.shape[2] == 1 else _blend(planes, _grey(planes), factor)


def _hue(planes: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """The angle of the colour on the circle of six, turned by `factor` of a whole turn."""
    if planes.shape[2] == 1:
        return planes
    white = brightest(planes.dtype)
    colours = planes.astype(np.float32)
    if planes.dtype.kind != "f":
        colours /= np.float32(white)
    hue, saturation, value = _to_hsv(colours)
    hue = (hue + factor[:, :, 0].astype(np.float32)) % np.float32(1)
    result = _from_hsv(hue, saturation, value)
    if planes.dtype.kind != "f":
        result *= np.float32(white + 1.0 - 1e-3)
    return result.astype(planes.dtype)


def _to_hsv(colours: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(N, M, 3, H, W) -> hue, saturation and value, each (N, M, H, W)."""
    red, green, blue = (colours[:, :, i] for i in range(3))
    most, least = colours.max(2), colours.min(2)
    grey, one = most == least, np.float32(1)
    spread = most - least
    saturation = spread / np.where(grey, one, most)
    r, g, b = ((most - colour) / np.where(grey, one, spread) for colour in (red, green, blue))
    hue = np.where(most == red, b - g, np.where(most == green, 2 + r - b, 4 + g - r))
    return np.fmod(np.where(grey, 0, hue) / np.float32(6) + one, one), saturation, most


def _from_hsv(hue: np.ndarray, saturation: np.ndarray, value: np.ndarray) -> np.ndarray:
    sixth = np.floor(hue * np.float32(6))
    rest = hue * np.float32(6) - sixth
    p, q, t = (np.clip(value * (1 - saturation * share), 0, 1)
               for share in (np.float32(1), rest, 1 - rest))
    sixth = sixth.astype(np.intp) % 6
    return np.stack([np.choose(sixth, six) for six in (
        (value, q, p, p, t, value), (t, value, value, q, p, p), (p, p, t, value, value, q))], 2)


_CHANGES: tuple[Callable[[np.ndarray, np.ndarray], np.ndarray], ...] = (
    _brightness, _contrast, _saturation, _hue)


def _hue_of_pil(image: Any, factor: float) -> Any:
    if image.mode == "L":
        return image
    hue, saturation, value = image.convert("HSV").split()
    turned = np.asarray(hue) + np.int32(factor * 255).astype(np.uint8)
    bands = as_pil(turned, "L", "ColorJitter"), saturation, value
    return pillow("ColorJitter").merge("HSV", bands).convert("RGB")
