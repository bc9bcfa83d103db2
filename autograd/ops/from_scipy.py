"""Functions that SciPy computes, an extra; it is imported when the first of them runs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def from_scipy(name: str) -> Callable:
    """SciPy's special function of this name, computed in float64 and rounded to the operands' float
    dtype: SciPy's own float32 has other special values, as the sign of erfinv(-0.0)."""
    found: list[Callable] = []

    def apply(*operands):
        if not found:
            found.append(scipys("special", name))
        dtypes = [x.dtype for x in operands if isinstance(x, np.ndarray)]
        dtype = next((dtype for dtype in dtypes if dtype.kind == "f"), np.dtype(np.float64))
        wide = [x.astype(np.float64) if getattr(x, "dtype", None) is dtype else x for x in operands]
        return np.asarray(found[0](*wide)).astype(dtype)

    return apply


def scipys(module: str, name: str) -> Callable:
    """The function of one of SciPy's modules."""
    try:
        import scipy
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{name} needs SciPy, which comes with the extra special: "
                                  "pip install 'wengert[special]'") from error
    return getattr(getattr(scipy, module), name)
