"""The python pickles of CIFAR, read without running anything that a file may ask for."""

import io
import pickle
from typing import Any

import numpy as np

_NUMBERS = ("u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8", "b1")


class _DType:
    """Stands for numpy.dtype: one of plain numbers."""

    def __init__(self, code: Any, *ignored: Any) -> None:
        if code not in _NUMBERS:
            raise pickle.UnpicklingError(f"an array of dtype {code!r}, where numbers are allowed")
        self.dtype = np.dtype(code)

    def __setstate__(self, state: tuple) -> None:
        if state[1] in ("<", ">"):
            self.dtype = self.dtype.newbyteorder(state[1])


class _Array:
    """Stands for numpy.ndarray: its numbers are taken from the bytes in the file."""

    array: np.ndarray | None = None

    def __init__(self, *ignored: Any) -> None:
        pass

    def __setstate__(self, state: tuple) -> None:
        _, shape, dtype, by_columns, content = state
        content = content.encode("latin1") if isinstance(content, str) else content
        self.array = np.frombuffer(content, dtype.dtype).reshape(
            shape, order="F" if by_columns else "C")


def _from_buffer(content: Any, dtype: _DType, shape: tuple, order: str) -> _Array:
    result = _Array()
    result.array = np.frombuffer(content, dtype.dtype).reshape(shape, order=order)  # type: ignore
    return result


def _encode(text: str, coding: str) -> bytes:
    return text.encode(coding)


_NAMES: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): _Array, ("numpy", "dtype"): _DType, ("_codecs", "encode"): _encode}
for _core in ("numpy.core", "numpy._core"):
    _NAMES[_core + ".multiarray", "_reconstruct"] = _Array
    _NAMES[_core + ".numeric", "_frombuffer"] = _from_buffer


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _NAMES:
            raise pickle.UnpicklingError(
                f"it asks for {module}.{name}, where only arrays, bytes, texts, lists, "
                "dicts and numbers are read")
        return _NAMES[module, name]

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError("it refers to objects outside of itself")


def read_pickle(path: str) -> dict[str, Any]:
    """The dict in a pickle of arrays, bytes, texts, lists, dicts and numbers.

    Nothing that the file names is looked up or run: the few names NumPy's arrays need are stood in
    for, any other is refused. Texts of Python 2 become texts, keys of bytes too.

    Raises: ValueError naming what is wrong with the file.
    """
    with open(path, "rb") as file:
        content = file.read()
    try:
        found = _plain(_Reader(io.BytesIO(content), encoding="latin1").load())
    except Exception as error:  # whatever a foreign file makes of the reader
        raise ValueError(f"{path} is no pickle of plain data: {error or type(error).__name__}"
                         ) from error
    if not isinstance(found, dict):
        raise ValueError(f"{path} is a pickle of a {type(found).__name__}, where a dict was "
                         "expected")
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, _Array):
        if value.array is None:
            raise pickle.UnpicklingError("an array without content")
        return value.array
    if isinstance(value, dict):
        return {key.decode("latin1") if isinstance(key, bytes) else key: _plain(item)
                for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bytes | str | int | float | None):
        return value
    raise pickle.UnpicklingError(f"it holds a {type(value).__name__}")
