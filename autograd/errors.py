"""How errors speak: what was got, what fits, and what may have been meant."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from functools import lru_cache
from math import log2, prod

import numpy as np

_LARGEST = 2**47  # numbers: more bytes than a processor addresses
_PACKAGES = ("autograd", "nn", "optim", "data")


def describe(value) -> str:
    """A short account of an argument for a message: `Tensor (2, 3) float32`, `list of 4`."""
    array = getattr(value, "_array", value)
    if isinstance(array, np.ndarray):
        kind = "ndarray" if array is value else "Tensor"
        return f"{kind} {array.shape} {array.dtype}"
    if isinstance(value, (bool, int, float)):
        return f"{type(value).__name__} {value!r}"
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__} of {len(value)}"
    return type(value).__name__


def check_size(name: str, shape: Iterable[int], what: str = "the result") -> None:
    """Raise where no memory can hold an array of this shape, before its size wraps around."""
    shape = tuple(shape)
    if max(shape, default=0) >= _LARGEST or prod(shape) >= _LARGEST:
        size = max(prod(shape), *shape)
        raise ValueError(f"{name}: {what} would be {shape}, some 2**{log2(size):.0f} numbers; no "
                         "memory holds as many")


def unmatched(operands) -> str:
    """Which sizes of operands keep them from being broadcast, and what to do about it."""
    shapes = [tuple(getattr(operand, "shape", ())) for operand in operands]
    for back in range(1, max(map(len, shapes)) + 1):
        sizes = {shape[-back] for shape in shapes if len(shape) >= back} - {1}
        if len(sizes) > 1:
            return (f"shapes {' and '.join(map(str, shapes))} cannot be broadcast: in dimension "
                    f"-{back} the sizes {' and '.join(map(str, sorted(sizes)))} differ and neither "
                    "is 1; .unsqueeze(dim) or .reshape(...) brings dimensions beneath each other")
    return f"shapes {' and '.join(map(str, shapes))} cannot be broadcast"


def undefined(text: str) -> str:
    """The text of an error, unless NumPy speaks there of a ufunc that has no loop for a dtype."""
    if text.startswith(("ufunc ", "Cannot cast ufunc ")):
        return "it is not defined for these dtypes; .to(dtype) brings an operand to another"
    return text


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """`; did you mean 'weight'?`, or the empty string where nothing comes near."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(candidates), n=3)
    return f"; did you mean {' or '.join(repr(n) for n in near)}?" if near else ""


def caller() -> str:
    """`file:line` of the nearest frame outside this library: where the user's own code stands."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_own(frame.f_code.co_filename):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


@lru_cache(256)
def _is_own(filename: str) -> bool:
    """Whether the file is of this library, by whichever path it was found."""
    if filename.startswith("<"):  # no file: typed in, or an op's
        return filename.startswith("<wengert")
    if filename.startswith(_FOLDERS_AS_FOUND):  # a relative one is lost once the program moves
        return True
    return os.path.realpath(filename).startswith(_FOLDERS)


def _folders(file: str) -> tuple[str, ...]:
    root = os.path.dirname(os.path.dirname(file))
    return tuple(os.path.join(root, name) + os.sep for name in _PACKAGES)


_FOLDERS_AS_FOUND, _FOLDERS = _folders(__file__), _folders(os.path.realpath(__file__))
