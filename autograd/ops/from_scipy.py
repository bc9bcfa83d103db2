"""Special functions that SciPy computes, an extra; it is imported when the first of them runs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def from_scipy(name: str, wide: bool = False) -> Callable:
    """SciPy's special function of this name, for arrays of one float dtype, which the result has.
    float16 is computed in float32, and everything in float64 where `wide` says so."""
    found: list[Callable] = []

    def apply(*operands):
        if not found:
            found.append(getattr(_special(name), name))
        dtype = next(x.dtype for x in operands if isinstance(x, np.ndarray))
        if wide and dtype.itemsize < 8:
            operands = [x.astype(np.float64) if isinstance(x, np.ndarray) else x for x in operands]
        return np.asarray(found[0](*operands)).astype(dtype, copy=False)

    return apply


def _special(name: str):
    try:
        from scipy import special
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{name} needs SciPy, which comes with the extra special: "
                                  "pip install 'wengert[special]'") from error
    return special
