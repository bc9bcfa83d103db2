"""More pixels around an image."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from data.transforms.arguments import checked_fill, fill_column, margins
from data.transforms.base import ImageTransform, as_pil, pillow

MODES = ("constant", "edge", "reflect", "symmetric")


class Pad(ImageTransform):
    """Puts pixels around the image: of value `fill`, or copied from it.

    padding is one number, (left and right, top and bottom) or (left, top, right, bottom); negative
    ones cut off. padding_mode is "constant", "edge" (the last pixel), "reflect" (mirrored at the
    last pixel) or "symmetric" (mirrored with the last pixel). fill is a number or one a channel.

    Shape: ndarray (H, W), (H, W, C), Tensor (..., H, W) or an image of Pillow -> the same kind.
    Raises: TypeError for another padding or fill, ValueError for another mode or a fill that the
        image's dtype does not have.

    >>> Pad((1, 0))(np.array([[7]])).tolist()
    [[0, 7, 0]]
    """

    def __init__(self, padding: int | Sequence[int], fill: float | Sequence[float] = 0,
                 padding_mode: str = "constant") -> None:
        self._margins = margins(padding, "Pad")
        check_padding(fill, padding_mode, "Pad")
        self.padding, self.fill, self.padding_mode = padding, fill, padding_mode

    def _of_planes(self, planes: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        return padded(planes, self._margins, self.fill, self.padding_mode, "Pad")

    def _of_pil(self, image: Any, numbers: np.ndarray) -> Any:
        return padded_pil(image, self._margins, self.fill, self.padding_mode, "Pad")


def check_padding(fill: Any, mode: Any, who: str) -> None:
    checked_fill(fill, who)
    if mode not in MODES:
        raise ValueError(f"{who}: padding_mode must be one of {', '.join(MODES)}, got {mode!r}")


def padded(planes: np.ndarray, margins: Sequence[int], fill: Any, mode: str, who: str,
           ) -> np.ndarray:
    """(..., C, H, W) with margins (left, top, right, bottom)."""
    left, top, right, bottom = margins
    if not any(margins):
        return planes
    rows, columns = planes.shape[-2:]
    if min(rows + top + bottom, columns + left + right) < 1:
        raise ValueError(f"{who}: the padding {tuple(margins)} cuts off more than the image has, "
                         f"{rows} rows and {columns} columns")
    inner = planes[..., max(-top, 0): rows - max(-bottom, 0),
                   max(-left, 0): columns - max(-right, 0)]
    around = [(0, 0)] * (planes.ndim - 2) + [(max(top, 0), max(bottom, 0)),
                                             (max(left, 0), max(right, 0))]
    if mode != "constant":
        return np.pad(inner, around, mode)  # type: ignore[call-overload]
    rows, columns = rows + top + bottom, columns + left + right
    result = np.zeros((*planes.shape[:-2], rows, columns), planes.dtype)
    if fill.__class__ is not int or fill:
        result[...] = fill_column(fill, planes.shape[-3], planes.dtype, who)
    (top, bottom), (left, right) = around[-2:]
    result[..., top: rows - bottom, left: columns - right] = inner
    return result


def padded_pil(image: Any, margins: Sequence[int], fill: Any, mode: str, who: str) -> Any:
    """The same of an image of Pillow."""
    left, top, right, bottom = margins
    if not any(margins):
        return image
    if mode == "constant":
        box = (-left, -top, image.width + right, image.height + bottom)
        if box[2] <= box[0] or box[3] <= box[1]:
            raise ValueError(f"{who}: the padding {tuple(margins)} cuts off more than the image "
                             f"has, {image.height} rows and {image.width} columns")
        return cut_pil(image, box, fill, who)
    planes = np.asarray(image)
    planes = planes.transpose(2, 0, 1) if planes.ndim == 3 else planes[None]
    result = padded(planes, margins, 0, mode, who)
    made = as_pil(result.transpose(1, 2, 0) if len(result) > 1 else result[0], image.mode, who)
    if image.mode == "P":
        made.putpalette(image.getpalette())
    return made


def cut_pil(image: Any, box: tuple[int, int, int, int], fill: Any, who: str) -> Any:
    """The part (left, top, right, bottom) of an image, `fill` where it reaches beyond."""
    left, top, right, bottom = box
    result = pillow(who).new(image.mode, (right - left, bottom - top), fill_pil(image, fill, who))
    if image.mode == "P":
        result.putpalette(image.getpalette())
    result.paste(image, (-left, -top))
    return result


def fill_pil(image: Any, fill: Any, who: str) -> Any:
    """The fill as Pillow wants it: a number for one channel, a tuple for several."""
    bands = len(image.getbands())
    dtype = np.dtype({"F": "f4", "I": "i4", "1": "u1"}.get(image.mode, "u1"))
    dtype = np.dtype("u2") if image.mode.startswith("I;16") else dtype
    column = fill_column(fill, bands, dtype, who)[:, 0, 0].tolist()
    return column[0] if bands == 1 else tuple(column)
