"""The number types and PyTorch's promotion rules.

A dtype is NumPy's own `np.dtype`, so `t.dtype == np.float32` holds and arrays pass in and out
unchanged.  Promotion differs from NumPy's in two ways: an integer with a float keeps the float's
width, and a 0-d tensor or a Python number only decides the kind (bool < integer < float), never
the width, of a result that a tensor with dimensions takes part in.
"""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from .errors import IsComplex, describe, did_you_mean
from .quiet import quiet
from .refused import Unsupported, advice

float16 = half = np.dtype(np.float16)
float32 = np.dtype(np.float32)
float64 = double = np.dtype(np.float64)
int8 = np.dtype(np.int8)
int16 = short = np.dtype(np.int16)
int32 = np.dtype(np.int32)
int64 = long = np.dtype(np.int64)
uint8 = np.dtype(np.uint8)
bool_ = np.dtype(np.bool_)

bfloat16 = Unsupported("bfloat16")
complex64 = cfloat = np.dtype(np.complex64)
complex128 = cdouble = np.dtype(np.complex128)

SUPPORTED = (float16, float32, float64, int8, int16, int32, int64, uint8, bool_)
COMPLEX: tuple[np.dtype, ...] = (complex64, complex128)
_NAMES: dict[str, np.dtype] = {
    "half": float16, "float": float32, "double": float64, "short": int16, "int": int32,
    "long": int64, "bool": bool_,
}
_TYPES: dict[str, np.dtype] = {
    "torch.FloatTensor": float32, "torch.DoubleTensor": float64, "torch.HalfTensor": float16,
    "torch.LongTensor": int64, "torch.IntTensor": int32, "torch.ShortTensor": int16,
    "torch.CharTensor": int8, "torch.ByteTensor": uint8, "torch.BoolTensor": bool_,
}
_OF_PYTHON: dict[type, np.dtype] = {bool: bool_, int: int64}
_IDS = frozenset(map(id, SUPPORTED))
_ORDER = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 3}

_default = float32


def get_default_dtype() -> np.dtype:
    """The dtype that Python floats become: float32 unless set otherwise."""
    return _default


def set_default_dtype(dtype) -> None:
    """Make `dtype`, one of float16, float32 and float64, the type that Python floats become."""
    global _default
    dtype = as_dtype(dtype)
    if dtype.kind != "f":
        raise TypeError(f"set_default_dtype: only floating types fit, got {dtype}")
    _default = dtype


def as_dtype(dtype) -> np.dtype:
    """The supported dtype that a dtype, a NumPy scalar type, a Python type or a name stands for."""
    for supported in SUPPORTED:
        if dtype is supported:
            return supported
    if dtype is float:
        return _default
    found: np.dtype | None = None
    if isinstance(dtype, type):
        found = _OF_PYTHON.get(dtype)
    elif isinstance(dtype, str):
        found = _NAMES.get(dtype) or _TYPES.get(dtype)
    if found is None:
        try:
            found = np.dtype(dtype).newbyteorder("=")
        except TypeError:
            if isinstance(dtype, Unsupported):
                raise TypeError(f"dtype {dtype} is not supported{advice(dtype.name)}") from None
            near = did_you_mean(dtype, map(str, SUPPORTED)) if isinstance(dtype, str) else ""
            raise TypeError(f"{dtype!r:.60} is not a dtype"
                            f"{near or '; autograd.float32 is one'}") from None
    for supported in SUPPORTED:
        if found == supported:
            return supported
    if found in COMPLEX:
        raise IsComplex(f"dtype {found} does not fit here; choose a real one")
    names = ", ".join(str(s) for s in SUPPORTED)
    raise TypeError(f"dtype {found} is not supported; choose one of {names}")


def any_dtype(dtype: Any) -> np.dtype:
    """As `as_dtype`, where complex ones fit too."""
    if dtype is complex:
        return complex_of(_default)
    if isinstance(dtype, str):
        dtype = _COMPLEX_NAMES.get(dtype) or dtype
    try:
        return as_dtype(dtype)
    except IsComplex:
        return next(found for found in COMPLEX if found == np.dtype(dtype).newbyteorder("="))


_COMPLEX_NAMES: dict[str, np.dtype] = {
    "cfloat": complex64, "cdouble": complex128,
    "torch.ComplexFloatTensor": complex64, "torch.ComplexDoubleTensor": complex128}


def asked_dtype(dtype: Any, own: np.dtype) -> np.dtype:
    """The dtype that is asked for of a result: a complex one where the numbers are complex."""
    if own.kind != "c":
        return as_dtype(dtype)
    found = any_dtype(dtype)
    if found.kind != "c":
        raise TypeError(f"{own} as {found} would lose the imaginary parts; .real or .abs() says "
                        "what is meant")
    return found


def complex_of(dtype: np.dtype) -> np.dtype:
    """The complex dtype whose parts are of this dtype."""
    if dtype is float16:
        raise TypeError("float16 has no complex dtype; convert with .float()")
    return complex128 if dtype is float64 else complex64


def real_of(dtype: np.dtype) -> np.dtype:
    """The dtype of the parts of complex numbers; of real ones their own."""
    return float32 if dtype is complex64 else float64 if dtype is complex128 else dtype


def type_name(dtype: np.dtype) -> str:
    """PyTorch's name of the type of tensors of this dtype."""
    return next(name for name, its in (_TYPES | _COMPLEX_NAMES).items()
                if its == dtype and name.startswith("torch."))


def own(array: np.ndarray) -> np.ndarray:
    """The array, or a view of it, whose dtype is the very object of SUPPORTED: dtypes are compared
    by `is`, and an unpickled array brings an equal one of its own along.  Of another byte order it
    is a copy in this machine's."""
    dtype = any_dtype(array.dtype)
    if array.dtype is dtype:
        return array
    return array.view(dtype) if array.dtype.isnative else array.astype(dtype)


_as_type = quiet(np.ndarray.astype)


def convert(name: str, array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """A copy of the array as another dtype; `name` raises for what does not fit an integer one."""
    if array.dtype.kind == "c" != dtype.kind:
        raise TypeError(f"{name}: {array.dtype} as {dtype} would lose the imaginary parts; .real "
                        "or .abs() says what is meant")
    if dtype.kind in "iu" and not np.can_cast(array.dtype, dtype):
        bounds = np.iinfo(dtype)
        values = array.astype(np.float64) if array.dtype.kind == "f" else array
        inside = (values >= bounds.min) & (values < bounds.max + 1)
        if not np.all(inside):
            raise OverflowError(f"{name}: {array[~inside][0]} does not fit {dtype}, which holds "
                                f"{bounds.min} to {bounds.max}")
    try:
        return _as_type(array, dtype, order="C", subok=False)
    except OverflowError as error:  # a Python int beyond every float
        raise OverflowError(f"{name}: {error}") from None


def fitting(name: str, number, dtype: np.dtype) -> np.ndarray:
    """A number as a 0-d array of this dtype; what is none, or would wrap or become infinite, raises
    for `name`."""
    if number.__class__ is float and dtype.kind == "f" and not 65504 < abs(number) < inf:
        return np.asarray(number, dtype)  # the usual case, quickly
    if isinstance(number, np.generic):
        number = number.item()
    if not isinstance(number, (bool, int, float, complex) if dtype.kind == "c" else (
            bool, int, float)):
        raise TypeError(f"{name}: a number is needed, got {describe(number)}")
    made = convert(name, np.asarray(number), dtype)
    if dtype.kind in "fc" and np.isinf(made) and abs(number) < inf:
        raise OverflowError(f"{name}: {number} does not fit {dtype}, whose largest number is "
                            f"{np.finfo(dtype).max}")
    return made


def changed(array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The array as another dtype, integers from floats towards 0: in its order of dimensions, or
    in row-major order where elements share memory."""
    return array.astype(dtype, "C" if 0 in array.strides else "K")


def promote_types(first, second) -> np.dtype:
    """The smallest dtype, by PyTorch's table, that both fit in."""
    first, second = any_dtype(first), any_dtype(second)
    if "c" not in first.kind + second.kind:
        return _promoted(first, second)
    parts = [real_of(dtype) for dtype in (first, second) if dtype.kind in "fc"]
    return complex_of(np.promote_types(parts[0], parts[-1]))


def _promoted(first, second) -> np.dtype:
    """As `promote_types`, of real ones."""
    first, second = as_dtype(first), as_dtype(second)
    if first.kind == "f" and second.kind != "f":
        return first
    if second.kind == "f" and first.kind != "f":
        return second
    return np.promote_types(first, second)


def result_dtype(operands) -> np.dtype:
    """The dtype of an operation on arrays and Python numbers: arrays with dimensions decide,
    then 0-d arrays, then Python numbers, each lower rank only where its kind is higher."""
    ranks: list[np.dtype | None] = [None, None, None]
    for operand in operands:
        if isinstance(operand, np.ndarray):
            rank, dtype = (0 if operand.ndim else 1), operand.dtype
        else:
            rank, dtype = 2, scalar_dtype(operand)
        held = ranks[rank]
        ranks[rank] = dtype if held is None else _promoted(held, dtype)
    result = None
    for dtype in ranks:
        if dtype is None:
            continue
        if result is None or _ORDER[dtype.kind] > _ORDER[result.kind]:
            result = dtype
    assert result is not None
    return result if id(result) in _IDS else as_dtype(result)  # an array of NumPy's decided alone


def keeps_kind(result: np.dtype, target: np.dtype) -> bool:
    """Whether a result may be written into memory of another dtype: floats of any width into
    floats, integers, signed or not, into integers, and each into a higher kind."""
    return result is target or _ORDER[result.kind] <= _ORDER.get(target.kind, -1)


def refuse_complex(number, whose: str = "") -> None:
    """Raise for a complex number: NumPy would make complex arrays with it."""
    if isinstance(number, (complex, np.complexfloating)):
        raise TypeError(f"{whose}{number} is complex where a real number is needed")


def scalar_dtype(number) -> np.dtype:
    """The dtype a Python number stands for: bool, int64, or the default float."""
    if isinstance(number, (bool, np.bool_)):
        return bool_
    if isinstance(number, (complex, np.complexfloating)):
        raise IsComplex(f"{number} is complex, which does not fit here")
    return int64 if isinstance(number, (int, np.integer)) else _default


def number_dtype(number) -> np.dtype:
    """As `scalar_dtype`, where complex ones fit too."""
    return complex_of(_default) if isinstance(number, complex) else scalar_dtype(number)


def common(*operands):
    """The operands at their common dtype; Python and NumPy scalars stay weak Python numbers."""
    if _settled(operands):
        return operands
    operands = tuple(o.item() if isinstance(o, np.generic) else o for o in operands)
    dtype = result_dtype(operands)
    return tuple(_cast(operand, dtype) for operand in operands)


def common_number(*operands):
    """As `common`, where booleans are no numbers."""
    if _settled(operands):
        return operands
    if any(operand.__class__ is bool or getattr(operand, "dtype", None) is bool_
           for operand in operands):
        raise TypeError("sub: - with a bool operand is not supported; ~ inverts a mask, ^ compares "
                        "two, and .int() makes numbers of it")
    return common(*operands)


def common_float(*operands):
    """As `common`, integers and booleans becoming the default float."""
    if _settled(operands, False):
        return operands
    operands = tuple(o.item() if isinstance(o, np.generic) else o for o in operands)
    dtype = result_dtype(operands)
    if dtype.kind != "f":
        dtype = _default
    return tuple(_cast(operand, dtype) for operand in operands)


def _settled(operands: tuple, integers: bool = True) -> bool:
    """Whether they are arrays of one type and Python numbers that stay as they are: floats beside
    any number or, where `integers` may be, int64 beside those that it holds."""
    dtype, plain = None, integers
    for operand in operands:
        kind = operand.__class__
        if kind is np.ndarray:
            if dtype is not None and operand.dtype is not dtype:
                return False
            dtype = operand.dtype
        elif kind is int:
            plain = plain and -1 << 63 <= operand < 1 << 63
        elif kind is float:
            plain = False
        else:
            return False
    if dtype is float32 or dtype is float64 or dtype is float16:
        return True
    return plain and dtype is int64


def _cast(operand, dtype):
    if isinstance(operand, np.ndarray):
        if operand.dtype is dtype:
            return operand
        if dtype is float16 and operand.ndim == 0 and operand.dtype.kind == "f":
            return operand.item()  # with digits that float16 has not
        return changed(operand, dtype)
    if type(operand) is int and dtype.kind in "iu" and not _fits(operand, dtype):
        if not _fits(operand, int64):
            raise OverflowError(f"{operand} does not fit into int64")
        return np.asarray(operand).astype(dtype)  # wraps, as in PyTorch
    return operand


def _fits(number: int, dtype: np.dtype) -> bool:
    return np.iinfo(dtype).min <= number <= np.iinfo(dtype).max
