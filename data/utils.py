"""Pictures of batches: a grid of images, and files of them."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd
from autograd import Tensor
from autograd.errors import describe, spelled
from data.sampler import positive_int
from data.transforms.base import pillow


@spelled
def make_grid(
    tensor: Tensor | Sequence[Tensor],
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: tuple[float, float] | None = None,
    scale_each: bool = False,
    pad_value: float = 0.0,
) -> Tensor:
    """Images side by side in one, `nrow` in a row, with `padding` pixels between and around them.

    normalize brings the values into [0, 1]: those from value_range, or from the smallest to the
    largest there is, of all images or, with scale_each, of each one. A single image gets no border.

    Shape: (B, C, H, W), (C, H, W), (H, W) or a list of B images (C, H, W) -> (C, rows, columns);
        one channel becomes three.
    Raises: TypeError for what is no tensor or list of them, ValueError for another shape, and for
        values whose range is not finite.

    >>> tuple(make_grid(autograd.zeros(10, 1, 4, 4), nrow=5).shape)
    (3, 14, 32)
    """
    images = _batch(tensor)
    if len(images) == 0:
        raise ValueError("make_grid: the batch is empty, there is no image to show")
    if normalize:
        images = _normalized(images, value_range, scale_each)
    if len(images) == 1:
        return autograd.from_numpy(images[0].copy())
    columns = min(positive_int(nrow, "nrow", "make_grid"), len(images))
    rows = -(-len(images) // columns)
    count, channels, height, width = images.shape
    height, width = height + padding, width + padding
    grid = np.full((channels, height * rows + padding, width * columns + padding), pad_value,
                   images.dtype)
    for i, image in enumerate(images):
        top, left = i // columns * height + padding, i % columns * width + padding
        grid[:, top: top + height - padding, left: left + width - padding] = image
    return autograd.from_numpy(grid)


def save_image(tensor: Tensor | Sequence[Tensor], fp: Any, format: str | None = None,
               **options: Any) -> None:
    """Writes an image, or the grid of several, into a file, by Pillow.

    Values from 0 to 1 count to 255; what lies outside is cut off. uint8 is written as it is. fp is
    a path, whose ending names the format unless `format` does, or an open file; the options are
    those of make_grid.

    Raises: ModuleNotFoundError without Pillow, TypeError for other integers, ValueError for NaN;
        otherwise as make_grid.

    Example: save_image(images, "batch.png", nrow=10, normalize=True)
    """
    module = pillow("save_image")
    grid = make_grid(tensor, **options).numpy()
    if grid.dtype.kind == "i":
        raise TypeError(f"save_image: needs a Tensor of floats from 0 to 1, of bools, or of uint8, "
                        f"got {grid.dtype}; .to(autograd.uint8) or / 255 makes it one")
    if grid.dtype.kind == "f" and np.isnan(grid).any():
        raise ValueError(f"save_image: {np.isnan(grid).sum():,} of {grid.size:,} values are NaN, "
                         "which is no colour; tensor.masked_fill(tensor.isnan(), 0) makes them 0")
    pixels = grid if grid.dtype == np.uint8 else np.clip(
        grid * np.float32(255) + np.float32(0.5), 0, 255).astype(np.uint8)
    path = os.path.expanduser(os.fsdecode(fp)) if isinstance(fp, str | bytes | os.PathLike) else fp
    module.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0))).save(path, format=format)


def _batch(tensor: Any) -> np.ndarray:
    """(B, C, H, W), with three channels where there was one."""
    if isinstance(tensor, list | tuple):
        wrong = [value for value in tensor if not isinstance(value, Tensor)]
        shapes = {tuple(value.shape) for value in tensor if isinstance(value, Tensor)}
        if wrong or len(shapes) > 1:
            got = describe(wrong[0]) if wrong else " and ".join(map(str, sorted(shapes)))
            raise TypeError(f"make_grid: a list must be of Tensors of one shape, got {got}")
        images = np.stack([value.detach().numpy() for value in tensor]) if tensor else (
            np.empty((0, 3, 1, 1), np.float32))
    elif isinstance(tensor, Tensor):
        images = tensor.detach().numpy()
    else:
        raise TypeError("make_grid: needs a Tensor (B, C, H, W) or a list of Tensors, got "
                        f"{describe(tensor)}")
    if images.ndim == 2:
        images = images[None]
    if images.ndim == 3:
        images = images[None]
    if images.ndim != 4 or images.shape[1] < 1:
        raise ValueError("make_grid: needs images (B, C, H, W), (C, H, W) or (H, W), got shape "
                         f"{images.shape}")
    return np.repeat(images, 3, 1) if images.shape[1] == 1 else images


def _normalized(images: np.ndarray, value_range: tuple[float, float] | None, scale_each: bool,
                ) -> np.ndarray:
    if value_range is not None and not (isinstance(value_range, tuple) and len(value_range) == 2):
        raise TypeError(f"make_grid: value_range must be a tuple (min, max), got {value_range!r}")
    if images.dtype.kind != "f":
        raise TypeError(f"make_grid: normalize needs a floating Tensor, got {images.dtype}; use "
                        ".float()")
    axes = (1, 2, 3) if scale_each else None
    if value_range is None:
        wrong = images.size - np.isfinite(images).sum()
        if wrong:
            raise ValueError(f"make_grid: normalize: {wrong:,} of {images.size:,} values are NaN "
                             "or infinite, so the range is unknown; give value_range=(0.0, 1.0), "
                             "or images.masked_fill(~images.isfinite(), 0)")
        low, high = images.min(axes, keepdims=True), images.max(axes, keepdims=True)
    else:
        low, high = (np.full((1,) * 4, value, images.dtype) for value in value_range)
    spread = np.maximum(high - low, images.dtype.type(1e-5))
    return (np.clip(images, low, high) - low) / spread
