"""The idx format of MNIST: a header that says type and sizes, then the bytes."""

import math
import os
from typing import Any

import numpy as np

_DEFLATED = 1100  # how many bytes one of a gzipped file can stand for, and some more


class Damaged(ValueError):
    """The file is no whole idx file, of whatever content."""


def read_idx(path: str, sides: tuple[int, ...]) -> np.ndarray:
    """The uint8 array (N, *sides) in an idx file, plain or gzipped (`.gz`), whatever N is.

    The header is 0, 0, 8 (unsigned bytes), the number of dimensions, and each size as a
    big-endian 32-bit number; exactly the product of the sizes in bytes follows.

    Raises: ValueError saying in what the file differs from that; Damaged where it is not whole.
    """
    import gzip
    import zlib

    opened: Any = gzip.open if path.endswith(".gz") else open
    most = os.path.getsize(path) * (_DEFLATED if path.endswith(".gz") else 1)
    with opened(path, "rb") as file:
        try:
            return _read(file, sides, most)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise Damaged(f"is damaged or truncated ({error})") from error


def _read(file: Any, sides: tuple[int, ...], most: int) -> np.ndarray:
    expected = bytes([0, 0, 8, 1 + len(sides)])
    magic = file.read(4)
    if magic != expected:
        kind = ValueError if len(magic) == 4 and magic[:2] == expected[:2] else Damaged
        raise kind(f"starts with the bytes {list(magic)}, not {list(expected)} (idx, uint8)")
    header = file.read(4 * (1 + len(sides)))
    if len(header) < 4 * (1 + len(sides)):
        raise Damaged("is truncated within its header")
    shape = tuple(np.frombuffer(header, dtype=">u4").tolist())
    if shape[1:] != sides:
        raise ValueError(f"holds an array of shape {shape}, not {('N', *sides)}".replace("'", ""))
    if math.prod(shape) > most:
        raise Damaged(f"is truncated: its header names {math.prod(shape)} data bytes")
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
