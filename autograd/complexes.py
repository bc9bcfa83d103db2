"""Promotion where complex numbers may take part; what is real goes to `dtypes`.

A complex operand makes the result complex, of the width that its floats have: float64 beside
complex64 gives complex128, and a Python number such as 2j never widens an array.
"""

from __future__ import annotations

import numpy as np

from . import dtypes
from .dtypes import complex_of, real_of


def reals(tensor) -> np.ndarray:
    """The array of a tensor; of complex numbers their real and imaginary parts, which lie in the
    same memory, along one more dimension."""
    array = tensor._any_array
    if array.dtype.kind != "c":
        return array
    real = real_of(array.dtype)
    return np.ndarray((*array.shape, 2), real, array, 0, (*array.strides, real.itemsize))


def _is_complex(value) -> bool:
    dtype = getattr(value, "dtype", None)
    return isinstance(value, complex) if dtype is None else dtype.kind == "c"


def _is_bool(value) -> bool:
    return isinstance(value, bool) or getattr(value, "dtype", None) == dtypes.bool_


def result_any(operands) -> np.dtype:
    """The dtype of an operation on arrays and Python numbers; see `dtypes.result_dtype`."""
    operands = [o.item() if isinstance(o, np.generic) else o for o in operands]
    if not any(map(_is_complex, operands)):
        return dtypes.result_dtype(operands)
    reals = [_real(operand) for operand in operands]
    width = dtypes.result_dtype(reals)
    return complex_of(width) if width.kind == "f" else complex_of(dtypes.get_default_dtype())


def _real(operand):
    """What stands for an operand where the width of the result is looked for."""
    if not isinstance(operand, np.ndarray):
        return 0.0 if isinstance(operand, complex) else operand
    return np.empty((0,) * operand.ndim, real_of(dtypes.any_dtype(operand.dtype)))


def common(*operands):
    """The operands at their common dtype; Python numbers stay weak."""
    operands = tuple(o.item() if isinstance(o, np.generic) else o for o in operands)
    if not any(map(_is_complex, operands)):
        return dtypes.common(*operands)
    dtype = result_any(operands)
    return tuple([o.astype(dtype) if isinstance(o, np.ndarray) and o.dtype is not dtype else o
                  for o in operands])


def common_number(*operands):
    """As `common`, where booleans are no numbers."""
    if any(map(_is_complex, operands)) and not any(map(_is_bool, operands)):
        return common(*operands)
    return dtypes.common_number(*operands)


def common_float(*operands):
    """As `common`, integers and booleans becoming the default float."""
    return common(*operands) if any(map(_is_complex, operands)) else dtypes.common_float(*operands)
