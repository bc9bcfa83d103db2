"""float16 computed in float32 and rounded once, where NumPy would round every step."""

from functools import wraps

import numpy as np

_HALF = np.dtype(np.float16)


def _rounded(result):
    """What was computed in float32 in float16; sums in float64 stay."""
    return result.astype(_HALF) if result.dtype == np.float32 else result


def in_float32(function):
    """`function`, of arrays of one type, with float16 taken as float32 and its results rounded."""
    @wraps(function)
    def run(first, *others, **options):
        if first.dtype is not _HALF:
            return function(first, *others, **options)
        arrays = [a.astype(np.float32) if getattr(a, "dtype", None) == _HALF else a
                  for a in (first, *others)]
        result = function(*arrays, **options)
        return tuple(map(_rounded, result)) if result.__class__ is tuple else _rounded(result)

    return run
