"""Samples in a page: texts as they are, pictures as PNG in an address of their own."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.errors import describe

_MOST = 16  # samples in a page
_MOST_TEXT = 4000  # characters of one
_MOST_SIDE, _MOST_PIXELS = 128, 65_536  # of a picture; of all together
PICTURE = "data:image/png;base64,"


def shown_samples(given: Any) -> dict[str, str]:
    """Name -> text or the address of a picture, of a sample, several, or a dict of them."""
    if isinstance(given, Mapping):
        named = {str(name): sample for name, sample in given.items()}
    elif isinstance(given, list | tuple):
        named = {f"sample {i + 1}": sample for i, sample in enumerate(given)}
    else:
        named = {"sample": given}
    chosen = list(named.items())[:_MOST]
    side = min(_MOST_SIDE, isqrt(_MOST_PIXELS // max(len(chosen), 1)))
    return {name: _shown(name, sample, side) for name, sample in chosen}


def _shown(name: str, sample: Any, most_side: int) -> str:
    if isinstance(sample, str):
        return sample[:_MOST_TEXT]
    values = sample.detach().numpy() if isinstance(sample, Tensor) else sample
    values = np.asarray(values) if hasattr(values, "__array__") else None
    if values is None or values.dtype.kind not in "fiub":
        raise TypeError(f"watch: samples must give text or pictures, got {describe(sample)} for "
                        f"{name!r}; str(...) makes text of it")
    if values.ndim == 3 and values.shape[0] in (1, 3):
        values = values.transpose(1, 2, 0)  # (C, H, W) -> (H, W, C)
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[..., 0]
    if values.ndim != 2 and not (values.ndim == 3 and values.shape[2] == 3) or not values.size:
        raise ValueError(f"watch: a picture must be (H, W), (C, H, W) or (H, W, C) with 1 or 3 "
                         f"channels, got {describe(sample)} for {name!r}; of a batch give a list")
    return _png(_bytes(values[tuple(slice(None, None, -(-side // most_side))
                                    for side in values.shape[:2])]))


def _bytes(values: np.ndarray) -> np.ndarray:
    """From 0 to 255: bytes as they are, other numbers as from 0 to 1 where they lie there, else
    from the lowest to the highest."""
    if values.dtype == np.uint8:
        return values
    values = np.nan_to_num(values.astype(float), posinf=0, neginf=0)
    low, high = min(values.min(), 0.0), max(values.max(), 1.0)
    if low < 0 or high > 1:
        low, high = values.min(), values.max()
    return np.rint((values - low) / ((high - low) or 1.0) * 255).astype(np.uint8)


def _png(pixels: np.ndarray) -> str:
    """The address of a PNG file (RFC 2083): signature, header, pixels, end."""
    import base64
    import zlib

    def chunk(kind: bytes, content: bytes) -> bytes:
        sized = len(content).to_bytes(4, "big") + kind + content
        return sized + zlib.crc32(kind + content).to_bytes(4, "big")

    height, width = pixels.shape[:2]
    color = 2 if pixels.ndim == 3 else 0
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)  # no filter
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, color, 0, 0, 0])
    file = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b""))
    return PICTURE + base64.b64encode(file).decode()
