"""The idx format of MNIST: a header that says type and sizes, then the bytes."""

import math
from typing import Any

import numpy as np


class Damaged(ValueError):
    """The file is no whole idx file, of whatever content."""


def read_idx(path: str, shape: tuple[int, ...]) -> np.ndarray:
    """The uint8 array of `shape` in an idx file, plain or gzipped (`.gz`).

    The header is 0, 0, 8 (unsigned bytes), the number of dimensions, and each size as a
    big-endian 32-bit number; exactly the product of the sizes in bytes follows.

    Raises: ValueError saying in what the file differs from that; Damaged where it is not whole.
    """
    import gzip
    import zlib

    opened: Any = gzip.open if path.endswith(".gz") else open
    with opened(path, "rb") as file:
        try:
            return _read(file, shape)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise Damaged(f"is damaged or truncated ({error})") from error


def _read(file: Any, shape: tuple[int, ...]) -> np.ndarray:
    expected = bytes([0, 0, 8, len(shape)])
    magic = file.read(4)
    if magic != expected:
        kind = ValueError if len(magic) == 4 and magic[:2] == expected[:2] else Damaged
        raise kind(f"starts with the bytes {list(magic)}, not {list(expected)} (idx, uint8)")
    header = file.read(4 * len(shape))
    if len(header) < 4 * len(shape):
        raise Damaged("is truncated within its header")
    sizes = tuple(np.frombuffer(header, dtype=">u4").tolist())
    if sizes != shape:
        raise ValueError(f"holds an array of shape {sizes}, not {shape}")
    array = np.empty(shape, dtype=np.uint8)
    filled = _fill(file, array.reshape(-1).data)
    if filled < array.size:
        raise Damaged(f"is truncated: {filled} of {math.prod(shape)} data bytes")
    if file.read(1):
        raise Damaged(f"is longer than the {math.prod(shape)} data bytes its header names")
    return array


def _fill(file: Any, view: memoryview) -> int:
    filled = 0
    while filled < len(view):
        count = file.readinto(view[filled:])
        if not count:
            break
        filled += count
    return filled
