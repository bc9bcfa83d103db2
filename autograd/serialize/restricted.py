"""Pickles of which only a table of names is read.

Nothing that a file names is looked up or run: a stand-in that only notes what it is given is taken
from the table, and any other name is refused.  What a file says is checked before it is printed or
hashed: a tuple that holds another twice, and that one another twice, is endless when written out.
"""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np

_NUMBERS = {f"{kind}{size}" for kind, sizes in (("u", "1248"), ("i", "1248"), ("f", "248"),
                                                ("b", "1")) for size in sizes}
_ROOM = 1 << 20  # parts of a tuple, written out, that any file may have


class NotRead(pickle.UnpicklingError):
    """What is not read, although the file need not be damaged."""


def shown(value) -> str:
    """A value for a message, which is short whatever the value is."""
    if isinstance(value, (str, bytes)):
        return repr(value[:60])
    if isinstance(value, (tuple, list)) and len(value) < 9 and all(type(n) is int for n in value):
        return str(tuple(value))[:200]
    return str(value) if value is None or type(value) in (int, float, bool) else (
        f"a {type(value).__name__}")


class HeldDType:
    """Stands for numpy.dtype: one of plain numbers."""

    def __init__(self, code: Any, *_: Any) -> None:
        if type(code) is not str or code not in _NUMBERS:
            raise pickle.UnpicklingError(f"an array of dtype {shown(code)}, where numbers are "
                                         "allowed")
        self.dtype = np.dtype(code)

    def __setstate__(self, state: tuple) -> None:
        if state[1] in ("<", ">"):
            self.dtype = self.dtype.newbyteorder(state[1])


class HeldArray:
    """Stands for numpy.ndarray: its numbers are taken from the bytes in the file."""

    array: np.ndarray | None = None

    def __init__(self, *_: Any) -> None:
        pass

    def __setstate__(self, state: tuple) -> None:
        _, shape, dtype, by_columns, content = state
        self.array = np.frombuffer(_bytes(content), dtype.dtype).reshape(
            shape, order="F" if by_columns else "C").copy()


def _from_buffer(content: Any, dtype: HeldDType, shape: tuple, order: str) -> HeldArray:
    made = HeldArray()
    made.array = np.frombuffer(content, dtype.dtype).reshape(
        shape, order="F" if order == "F" else "C").copy()
    return made


def _scalar(dtype: HeldDType, content: Any) -> Any:
    return np.frombuffer(_bytes(content), dtype.dtype)[0].item()


def _bytes(content: Any) -> bytes:
    return content.encode("latin1") if isinstance(content, str) else content


def _encode(text: str, coding: str) -> bytes:
    if coding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError(f"a text in the coding {shown(coding)}")
    return text.encode("latin1")


ARRAYS: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): HeldArray, ("numpy", "dtype"): HeldDType, ("_codecs", "encode"): _encode,
    **{(f"{core}.{module}", name): stand_in for core in ("numpy.core", "numpy._core")
       for module, name, stand_in in (("multiarray", "_reconstruct", HeldArray),
                                      ("multiarray", "scalar", _scalar),
                                      ("numeric", "_frombuffer", _from_buffer))},
}  # fmt: skip


class Restricted(pickle._Unpickler):
    """Reads a pickle of `size` bytes in a file, in which only `names` may be named.

    It is the reader in Python: the one in C makes room for as many objects as a pickle claims.
    """

    dispatch = dict(pickle._Unpickler.dispatch)
    reads = "arrays, numbers, texts, lists, tuples and dicts of them are read"

    def __init__(self, file, size: int, names: dict, encoding: str = "utf-8") -> None:
        super().__init__(_Bounded(file, size), encoding=encoding)
        self._names, self._room = names, max(_ROOM, size)
        self._weights: dict[int, tuple[tuple, int]] = {}  # of tuples, by their ids

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in self._names:
            return self._names[module, name]
        raise NotRead(f"it names {module[:80]}.{name[:80]}, which could run code; {self.reads}")

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError("it refers to objects outside of itself")

    def weigh(self) -> None:
        """Refuse the tuple just made if it has too many parts when written out."""
        made = self.stack[-1]  # type: ignore[attr-defined]
        weight = 1 + sum([self._weights.get(id(part), (None, 1))[1] for part in made])
        if weight > self._room:
            raise pickle.UnpicklingError(f"a tuple with {weight} parts")
        self._weights[id(made)] = made, weight


def _weighed(load):
    def weighed(self) -> None:
        load(self)
        self.weigh()

    return weighed


for _code in (pickle.TUPLE, pickle.TUPLE1, pickle.TUPLE2, pickle.TUPLE3):
    Restricted.dispatch[_code[0]] = _weighed(pickle._Unpickler.dispatch[_code[0]])


class _Bounded:
    """A file of `size` bytes, which makes no room for more."""

    def __init__(self, file, size: int) -> None:
        self._file, self._size = file, size
        self.readline = file.readline

    def read(self, count: int) -> bytes:
        """So many bytes, or those that are left."""
        return self._file.read(min(count, self._size - self._file.tell()))
