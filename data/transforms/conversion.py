"""From arrays and images of Pillow to tensors and back, and between dtypes."""

import math
from typing import Any

import numpy as np

import autograd
from autograd import Tensor
from autograd.errors import Constructed, describe
from data.transforms.base import ImageTransform, arithmetic, as_pil, brightest, is_pil


class ToTensor(Constructed):
    """An image in the default dtype, channels first; uint8 is divided by 255 into [0, 1].

    Other numbers are converted without scaling, so that no range is guessed.

    Shape: ndarray (H, W) or (H, W, C), or an image of Pillow -> Tensor (1, H, W) or (C, H, W).
    Raises: TypeError for what is no image of numbers, ValueError for any other shape, and for an
        image with a palette, whose pixels are no colours.

    >>> ToTensor()(np.array([[0, 255]], dtype=np.uint8)).tolist()
    [[[0.0, 1.0]]]
    """

    def __call__(self, image: Any) -> Tensor:
        if is_pil(image):
            if image.mode in ("P", "PA"):
                raise ValueError("ToTensor: the image has a palette (mode P); image.convert('RGB') "
                                 "gives its colours, PILToTensor() their numbers")
            image = np.asarray(image)
        _check_image(image, ("H, W", "H, W, C"), "ToTensor")
        return autograd.from_numpy(_scaled(image[None])[0])

    def batch(self, images: np.ndarray) -> Tensor:
        """(N, H, W) or (N, H, W, C) -> (N, C, H, W)."""
        _check_image(images, ("N, H, W", "N, H, W, C"), "ToTensor")
        return autograd.from_numpy(_scaled(images))

    def __repr__(self) -> str:
        return "ToTensor()"


class PILToTensor(Constructed):
    """An image of Pillow, or an array in its place, as a tensor of the same numbers.

    Shape: ndarray (H, W) or (H, W, C), or an image of Pillow -> Tensor (1, H, W) or (C, H, W).
    Raises: TypeError for what is no image of numbers, ValueError for any other shape.

    >>> PILToTensor()(np.array([[0, 255]], dtype=np.uint8)).tolist()
    [[[0, 255]]]
    """

    def __call__(self, image: Any) -> Tensor:
        if is_pil(image):
            image = np.asarray(image)
            image = image.astype(np.int32) if image.dtype == np.uint16 else image
        _check_image(image, ("H, W", "H, W, C"), "PILToTensor")
        return autograd.from_numpy(np.array(_planes(image[None])[0], order="C"))

    def batch(self, images: np.ndarray) -> Tensor:
        """(N, H, W) or (N, H, W, C) -> (N, C, H, W)."""
        _check_image(images, ("N, H, W", "N, H, W, C"), "PILToTensor")
        return autograd.from_numpy(np.array(_planes(images), order="C"))

    def __repr__(self) -> str:
        return "PILToTensor()"


def _check_image(image: Any, shapes: tuple[str, str], who: str) -> None:
    if not isinstance(image, np.ndarray):
        fix = "it is a tensor already" if isinstance(image, Tensor) else "use numpy.asarray first"
        raise TypeError(f"{who}: needs an ndarray, got {type(image).__name__}; {fix}")
    if image.dtype.kind not in "biuf":
        raise TypeError(f"{who}: needs an ndarray of numbers, got dtype {image.dtype}")
    if image.ndim not in [shape.count(",") + 1 for shape in shapes]:
        raise ValueError(
            f"{who}: needs an image of shape ({shapes[0]}) or ({shapes[1]}), got {image.shape}"
        )


def _planes(images: np.ndarray) -> np.ndarray:
    """(N, H, W) or (N, H, W, C) -> (N, C, H, W)."""
    return images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)


def _scaled(images: np.ndarray) -> np.ndarray:
    """(N, H, W) or (N, H, W, C) -> contiguous (N, C, H, W) of the default dtype."""
    pixels = np.array(_planes(images), dtype=autograd.get_default_dtype(), order="C")
    if images.dtype == np.uint8:
        pixels /= 255
    return pixels


class ToPILImage(Constructed):
    """A tensor or an array as an image of Pillow; floating numbers from 0 to 1 count to 255.

    mode is that of the image; unless given, uint8 is L, LA, RGB or RGBA by its channels, and with
    one channel int16 is I;16 and int32 I. Floating numbers stay what they are for mode "F".

    Shape: Tensor (C, H, W) or (H, W), ndarray (H, W) or (H, W, C) with C up to 4 -> an image.
    Raises: ValueError for another shape, a mode that does not fit, and floating numbers outside of
        [0, 1].

    Example: ToPILImage()(autograd.rand(3, 32, 32)).save("noise.png")
    """

    def __init__(self, mode: str | None = None) -> None:
        self.mode = mode

    def __call__(self, image: Any) -> Any:
        if not isinstance(image, Tensor | np.ndarray):
            raise TypeError(f"ToPILImage: needs a Tensor or an ndarray, got {describe(image)}")
        pixels = image.detach().numpy() if isinstance(image, Tensor) else image
        if pixels.ndim == 3 and isinstance(image, Tensor):
            pixels = pixels.transpose(1, 2, 0)
        pixels = pixels[:, :, None] if pixels.ndim == 2 else pixels
        if pixels.ndim != 3 or not 1 <= pixels.shape[2] <= 4 or 0 in pixels.shape:
            raise ValueError("ToPILImage: needs a Tensor (C, H, W) or an ndarray (H, W, C) with at "
                             f"most 4 channels, or (H, W), got {describe(image)}")
        if pixels.dtype.kind == "f" and self.mode != "F":
            pixels = (within_one(pixels, "ToPILImage") * 255).astype(np.uint8)
        mode = self._mode(pixels)
        return as_pil(pixels, mode, "ToPILImage")

    def _mode(self, pixels: np.ndarray) -> str:
        one = {"uint8": ("L",), "int16": ("I;16",), "int32": ("I",), "float32": ("F",)}
        many = {2: ("LA",), 3: ("RGB", "YCbCr", "HSV"), 4: ("RGBA", "CMYK", "RGBX")}
        dtype, channels = str(pixels.dtype), pixels.shape[2]
        modes = one.get(dtype, ()) if channels == 1 else many[channels] if dtype == "uint8" else ()
        what = f"{channels} channel(s) of {dtype}"
        if not modes:
            raise ValueError(f"ToPILImage: Pillow has no mode for {what}; convert to uint8 first")
        if self.mode not in (None, *modes):
            raise ValueError(f"ToPILImage: {what} make an image of mode {' or '.join(modes)}, not "
                             f"{self.mode}")
        return self.mode or modes[0]

    def __repr__(self) -> str:
        return "ToPILImage()" if self.mode is None else f"ToPILImage(mode={self.mode!r})"


class ConvertImageDtype(ImageTransform):
    """An image in another dtype, scaled so that white stays white: 255 of uint8 is 1.0.

    From floating to integers x becomes floor(x (white + 1 - 1e-3)); between integers the factor is
    a power of two.

    Shape: ndarray (H, W), (H, W, C) or Tensor (..., H, W) -> the same.
    Raises: ValueError for floating numbers outside of [0, 1] where integers are wanted, TypeError
        for a dtype that cannot hold them.

    >>> ConvertImageDtype(autograd.uint8)(np.array([[0.0, 0.5, 1.0]])).tolist()
    [[0, 127, 255]]
    """

    def __init__(self, dtype: Any) -> None:
        self.dtype = autograd.zeros(0, dtype=dtype).dtype
        if self.dtype.kind == "b":
            raise TypeError("ConvertImageDtype: bool has no white; compare with a threshold")

    def _of_planes(self, planes: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        have, want = planes.dtype, self.dtype
        if have == want:
            return planes
        if want.kind == "f":
            if have.kind == "f":
                return planes.astype(want)
            return (planes.astype(np.result_type(have, want)) / brightest(have)).astype(want)
        if have.kind == "f":
            if want.itemsize >= have.itemsize > 2 or want.itemsize == 8:
                raise TypeError(f"ConvertImageDtype: {have} has not as many digits as {want}")
            exact = planes.astype(arithmetic(have), copy=False)
            return (within_one(exact, "ConvertImageDtype") * (brightest(want) + 1.0 - 1e-3)
                    ).astype(want)
        ratio = (brightest(have) + 1) / (brightest(want) + 1)
        if ratio > 1:
            return (planes // int(ratio)).astype(want)
        return planes.astype(want) * want.type(int(1 / ratio))

    def __repr__(self) -> str:
        return f"ConvertImageDtype({self.dtype})"


def within_one(pixels: np.ndarray, who: str) -> np.ndarray:
    """Floating pixels, or an error where they do not lie in [0, 1]."""
    low, high = (float(pixels.min()), float(pixels.max())) if pixels.size else (0.0, 0.0)
    if not 0 <= low <= high <= 1:
        what = "NaN" if math.isnan(low) else f"values from {low:g} to {high:g}"
        raise ValueError(f"{who}: a floating image lies in [0, 1], got {what}; undo Normalize, "
                         "divide by 255 what counts to 255, or use .clamp(0, 1)")
    return pixels
