"""Constants, and what numbers each dtype has."""

from __future__ import annotations

from math import e as e
from math import inf as inf
from math import nan as nan
from math import pi as pi

import numpy as np

from . import dtypes
from .errors import describe

dtype = np.dtype
newaxis = None


class finfo:
    """What numbers a floating dtype (the default one if none is named), or a part of a complex one,
    has: `bits`, `eps`, `min`, `max`, `tiny`, `smallest_normal` and `resolution`, as Python's.

    >>> autograd.finfo(autograd.float32).eps
    1.1920928955078125e-07
    """

    def __init__(self, type=None) -> None:
        found = dtypes.get_default_dtype() if type is None else dtypes.real_of(
            dtypes.any_dtype(type))
        if found.kind != "f":
            raise TypeError(f"finfo: a floating dtype is needed, got {found}; iinfo is for "
                            "integers")
        limits = np.finfo(found)
        self.bits, self.dtype = limits.bits, str(found)
        self.eps, self.min, self.max = map(float, (limits.eps, limits.min, limits.max))
        self.tiny = self.smallest_normal = float(limits.smallest_normal)
        self.resolution = float(limits.resolution)

    def __repr__(self) -> str:
        return (f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, "
                f"eps={self.eps:g}, smallest_normal={self.tiny:g}, tiny={self.tiny:g}, "
                f"dtype={self.dtype})")


class iinfo:
    """What numbers an integer dtype has: `bits`, `min` and `max`.

    >>> autograd.iinfo(autograd.uint8).max
    255
    """

    def __init__(self, type) -> None:
        found = dtypes.as_dtype(type)
        if found.kind not in "iu":
            raise TypeError(f"iinfo: an integer dtype is needed, got {describe(type)}; finfo is "
                            "for floating dtypes")
        limits = np.iinfo(found)
        self.bits, self.min, self.max = limits.bits, int(limits.min), int(limits.max)
        self.dtype = str(found)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"
