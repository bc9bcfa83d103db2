"""`torchvision.transforms.functional`: the transforms as functions that are told what to do.

A function is the transform of its name at the ends of its ranges, so that there is one text for
both; it takes the same images and draws no random numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd
from autograd import Tensor
from data.transforms.affine import RandomAffine, RandomRotation, inverse
from data.transforms.arguments import is_number, numbers
from data.transforms.base import ImageTransform, as_planes, is_pil
from data.transforms.blur import GaussianBlur
from data.transforms.color import ColorJitter, Grayscale
from data.transforms.conversion import ConvertImageDtype, PILToTensor, ToPILImage, ToTensor
from data.transforms.crops import CenterCrop, FiveCrop, cut, cut_of_pil
from data.transforms.flips import RandomHorizontalFlip, RandomVerticalFlip
from data.transforms.normalize import Normalize
from data.transforms.pad import Pad
from data.transforms.resize import InterpolationMode, Resize

_NEAREST, _BILINEAR = InterpolationMode.NEAREST, InterpolationMode.BILINEAR


def _of(transform: ImageTransform, image: Any) -> Any:
    """What a transform whose random numbers make no difference gives."""
    return transform.changed(image, np.zeros(transform.draws))


def to_tensor(pic: Any) -> Tensor:
    """An image in the default dtype, channels first: see ToTensor.

    >>> to_tensor(np.array([[0, 255]], dtype=np.uint8)).tolist()
    [[[0.0, 1.0]]]
    """
    return ToTensor()(pic)


def pil_to_tensor(pic: Any) -> Tensor:
    """The same numbers as a tensor, channels first: see PILToTensor."""
    return PILToTensor()(pic)


def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """A tensor or an array as an image of Pillow: see ToPILImage."""
    return ToPILImage(mode)(pic)


def convert_image_dtype(image: Any, dtype: Any = autograd.float32) -> Any:
    """An image in another dtype, scaled so that white stays white: see ConvertImageDtype."""
    return _of(ConvertImageDtype(dtype), image)


def normalize(tensor: Tensor, mean: float | Sequence[float], std: float | Sequence[float],
              inplace: bool = False) -> Tensor:
    """(tensor - mean) / std for each channel: see Normalize."""
    return Normalize(mean, std, inplace)(tensor)


def resize(img: Any, size: int | Sequence[int],
           interpolation: InterpolationMode | int = _BILINEAR, max_size: int | None = None,
           antialias: bool | None = True) -> Any:
    """The image stretched to `size`: see Resize.

    >>> resize(autograd.ones(3, 8, 6), (4, 2)).shape
    Size([3, 4, 2])
    """
    return _of(Resize(size, interpolation, max_size, antialias), img)


def pad(img: Any, padding: int | Sequence[int], fill: float | Sequence[float] = 0,
        padding_mode: str = "constant") -> Any:
    """Pixels put around the image: see Pad."""
    return _of(Pad(padding, fill, padding_mode), img)


class _Crop(ImageTransform):
    def __init__(self, top: int, left: int, height: int, width: int) -> None:
        self.place, self.size = (top, left), (height, width)
        if not all(isinstance(n, int) for n in (top, left, height, width)) or min(self.size) < 1:
            raise ValueError("crop: top, left, height and width must be whole numbers, the last "
                             f"two positive, got {top}, {left}, {height} and {width}")

    def _of_planes(self, planes: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        return cut(planes, self.place, self.size)

    def _of_pil(self, image: Any, numbers: np.ndarray) -> Any:
        return cut_of_pil(image, self.place, self.size)


def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    """The part of this height and width whose corner is at (top, left), zeros where it reaches
    beyond the image.

    >>> crop(np.arange(9).reshape(3, 3), 1, 1, 2, 2).tolist()
    [[4, 5], [7, 8]]
    """
    return _of(_Crop(top, left, height, width), img)


def center_crop(img: Any, output_size: int | Sequence[int]) -> Any:
    """The part in the middle of the image: see CenterCrop."""
    return _of(CenterCrop(output_size), img)


def five_crop(img: Any, size: int | Sequence[int]) -> tuple[Any, ...]:
    """The parts at the four corners and in the middle: see FiveCrop."""
    return _of(FiveCrop(size), img)


def ten_crop(img: Any, size: int | Sequence[int], vertical_flip: bool = False) -> tuple[Any, ...]:
    """five_crop of the image and of its mirror image, left to right or top to bottom."""
    return five_crop(img, size) + five_crop(vflip(img) if vertical_flip else hflip(img), size)


def resized_crop(img: Any, top: int, left: int, height: int, width: int,
                 size: int | Sequence[int], interpolation: InterpolationMode | int = _BILINEAR,
                 antialias: bool | None = True) -> Any:
    """A part of the image, as `crop` has it, stretched to `size`."""
    return resize(crop(img, top, left, height, width), size, interpolation, None, antialias)


def hflip(img: Any) -> Any:
    """The image mirrored left to right.

    >>> hflip(np.array([[1, 2, 3]])).tolist()
    [[3, 2, 1]]
    """
    return _of(RandomHorizontalFlip(1.0), img)


def vflip(img: Any) -> Any:
    """The image mirrored top to bottom."""
    return _of(RandomVerticalFlip(1.0), img)


def rotate(img: Any, angle: float, interpolation: InterpolationMode | int = _NEAREST,
           expand: bool = False, center: Sequence[float] | None = None,
           fill: float | Sequence[float] | None = None) -> Any:
    """The image turned counter-clockwise by so many degrees: see RandomRotation.

    >>> rotate(np.array([[1, 2], [3, 4]]), 90).tolist()
    [[2, 4], [1, 3]]
    """
    return _of(RandomRotation((angle, angle), interpolation, expand, center,
                              0 if fill is None else fill), img)


class _Affine(RandomAffine):
    """An affine transform of given numbers."""

    def __init__(self, angle: float, translate: Sequence[float], scale: float,
                 shear: float | Sequence[float], *options: Any) -> None:
        super().__init__(0, None, None, None, *options)
        slant = numbers((shear, 0.0) if is_number(shear) else shear, (1, 2), "shear", "affine")
        if not is_number(angle) or not is_number(scale) or scale <= 0:
            raise ValueError(f"affine: angle must be a number and scale a positive one, got "
                             f"{angle!r} and {scale!r}")
        self._given = (angle, numbers(translate, (2,), "translate", "affine"), scale,
                       (2 * slant)[:2])

    def _matrix(self, row: np.ndarray, center: Sequence[float], height: int, width: int,
                ) -> tuple[float, ...]:
        return inverse(center, *self._given)


def affine(img: Any, angle: float, translate: Sequence[float], scale: float,
           shear: float | Sequence[float], interpolation: InterpolationMode | int = _NEAREST,
           fill: float | Sequence[float] | None = None,
           center: Sequence[float] | None = None) -> Any:
    """The image sheared by the angles (x, y), or by x alone where shear is a number, scaled,
    turned clockwise by `angle` degrees, and shifted by `translate`, pixels to the right and down:
    see RandomAffine.

    >>> affine(np.array([[1, 2, 3]]), 0, (1, 0), 1.0, 0).tolist()
    [[0, 1, 2]]
    """
    return _of(_Affine(angle, translate, scale, shear, interpolation,
                       0 if fill is None else fill, center), img)


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """The image in grey: see Grayscale."""
    return _of(Grayscale(num_output_channels), img)


to_grayscale = rgb_to_grayscale


def adjust_brightness(img: Any, brightness_factor: float) -> Any:
    """factor · image, kept from 0 to white: see ColorJitter.

    >>> adjust_brightness(np.array([[100]], np.uint8), 0.5).tolist()
    [[50]]
    """
    return _of(ColorJitter(brightness=(brightness_factor, brightness_factor)), img)


def adjust_contrast(img: Any, contrast_factor: float) -> Any:
    """factor · image + (1 - factor) · mean of the grey image: see ColorJitter."""
    return _of(ColorJitter(contrast=(contrast_factor, contrast_factor)), img)


def adjust_saturation(img: Any, saturation_factor: float) -> Any:
    """factor · image + (1 - factor) · the grey image: see ColorJitter."""
    return _of(ColorJitter(saturation=(saturation_factor, saturation_factor)), img)


def adjust_hue(img: Any, hue_factor: float) -> Any:
    """The circle of colours turned by the factor, from -0.5 to 0.5 turns: see ColorJitter."""
    return _of(ColorJitter(hue=(hue_factor, hue_factor)), img)


class _Blur(GaussianBlur):
    """A blur whose widths along rows and along columns may differ."""

    def __init__(self, kernel_size: int | Sequence[int],
                 sigma: float | Sequence[float] | None) -> None:
        super().__init__(kernel_size)
        given = (sigma,) if is_number(sigma) else sigma
        widths = ([side * 0.15 + 0.35 for side in self._sides] if given is None
                  else 2 * numbers(given, (1, 2), "sigma", "gaussian_blur"))
        if min(widths) <= 0:
            raise ValueError(f"gaussian_blur: sigma must be positive, got {sigma}")
        self._given = widths[0], widths[1]

    def _widths(self, sigma: float) -> tuple[float, float]:
        return self._given


def gaussian_blur(img: Any, kernel_size: int | Sequence[int],
                  sigma: float | Sequence[float] | None = None) -> Any:
    """The image blurred along rows and columns by sigma pixels, one number or two, and 0.15
    kernel_size + 0.35 of them unless it is given: see GaussianBlur."""
    return _of(_Blur(kernel_size, sigma), img)


def erase(img: Tensor, i: int, j: int, h: int, w: int, v: Any, inplace: bool = False) -> Tensor:
    """The tensor with v, a number or a tensor that fits, in the rows i to i + h and the columns j
    to j + w.

    >>> erase(autograd.ones(1, 2, 2), 0, 1, 2, 1, 0.0).tolist()
    [[[1.0, 0.0], [1.0, 0.0]]]
    """
    if not isinstance(img, Tensor):
        raise TypeError(f"erase: needs a Tensor (..., C, H, W), got {type(img).__name__}; put "
                        "to_tensor before it")
    result = img if inplace else img.clone()
    result[..., i: i + h, j: j + w] = v
    return result


def get_dimensions(img: Any) -> list[int]:
    """[channels, height, width]

    >>> get_dimensions(autograd.ones(3, 4, 5))
    [3, 4, 5]
    """
    if is_pil(img):
        return [len(img.getbands()), img.height, img.width]
    return list(as_planes(img[None], "get_dimensions").shape[-3:])


def get_image_num_channels(img: Any) -> int:
    """The number of channels."""
    return get_dimensions(img)[0]


def get_image_size(img: Any) -> list[int]:
    """[width, height]"""
    return get_dimensions(img)[:0:-1]
