"""Numbers as those of another type."""

import numpy as np


def converted(x, dtype):
    """x as another type: towards 0 for integers, whether it is not 0 for truths."""
    if dtype.kind in "iu" and x.dtype.kind == "f":
        x = np.trunc(x)
    with np.errstate(over="ignore", invalid="ignore"):
        return x.astype(dtype)
