"""A saved object as a `.safetensors` file, which other libraries read: the length of a JSON header
in 8 bytes, the header, and the raw numbers.

The header names for each tensor its dtype, shape and place in the data; strings stand under
`__metadata__`.  What is more than a dict of tensors has there, as "structure", a JSON text of the
rest, and its tensors are named by the keys that lead to them.
"""

from __future__ import annotations

import json
import sys
from math import prod
from typing import Any

import numpy as np

from ..dtypes import as_dtype, own
from ..tensors import Tensor, wrap
from .structure import Held, Unpacker, pack

_METADATA, _STRUCTURE = "__metadata__", "structure"
_LONGEST = 100_000_000  # bytes of a header, as the format has it
_DTYPES = {name: np.dtype(kind).newbyteorder("<") for name, kind in {
    "F64": "f8", "F32": "f4", "F16": "f2", "I64": "i8", "I32": "i4", "I16": "i2", "I8": "i1",
    "U64": "u8", "U32": "u4", "U16": "u2", "U8": "u1", "BOOL": "?", "C64": "c8"}.items()}
_NAMES = {dtype.newbyteorder("="): name for name, dtype in _DTYPES.items()}


def content(obj) -> tuple[bytes, list[np.ndarray]]:
    """The first bytes of the file, and the arrays whose bytes follow."""
    held: dict[int, Held] = {}
    structure = pack(obj, held)
    metadata = {}
    if _is_plain(obj):
        arrays = {name: tensor._any_array for name, tensor in obj.items()}
    else:
        arrays = _named(held)
        metadata[_STRUCTURE] = json.dumps(structure)
    order = sorted(arrays, key=lambda name: -arrays[name].itemsize)  # so that all are aligned
    header: dict[str, Any] = {_METADATA: metadata} if metadata else {}
    header.update(dict.fromkeys(arrays))
    end = 0
    for name in order:
        begin, end = end, end + arrays[name].nbytes
        header[name] = {"dtype": _name(name, arrays[name].dtype), "shape": arrays[name].shape,
                        "data_offsets": (begin, end)}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    if len(text) > _LONGEST:
        raise ValueError(f"save: what is not a tensor takes {len(text):,} bytes; a .safetensors "
                         f"file has room for {_LONGEST:,}: save long lists of numbers as arrays")
    return len(text).to_bytes(8, "little") + text, [arrays[name] for name in order]


def write(file, start: bytes, arrays: list[np.ndarray]) -> None:
    """Write what `content` gave, array by array."""
    file.write(start)
    for array in arrays:
        file.write(np.ascontiguousarray(array, _DTYPES[_name("", array.dtype)]).data)


def read(file, size: int):
    """The object in a file of `size` bytes."""
    header, begin = _header(file, size)
    metadata = header.pop(_METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise ValueError(f"its {_METADATA} must hold strings")
    places = sorted(((_place(name, entry), name) for name, entry in header.items()),
                    key=lambda pair: pair[0][2:])
    end = 0
    for (_, _, first, last), name in places:
        if first != end:
            raise ValueError(f"its tensor {name!r} begins at byte {first} of the data, where {end} "
                             "is next: the tensors overlap or leave gaps")
        end = last
    if end != size - begin:
        raise ValueError(f"its header tells of {end:,} bytes of data, it has {size - begin:,}")
    found = {name: _array(file, name, place) for place, name in places}
    tensors = {name: wrap(found[name]) for name in header}
    if _STRUCTURE not in metadata:
        return {name: _tensor(name, tensor) for name, tensor in tensors.items()}
    return Unpacker(lambda kind, part: _made(tensors, kind, part)).unpack(
        json.loads(metadata[_STRUCTURE]))


def _is_plain(obj) -> bool:
    return isinstance(obj, dict) and all(
        isinstance(name, str) and name != _METADATA and isinstance(value, Tensor)
        for name, value in obj.items())


def _named(held: dict[int, Held]) -> dict[str, np.ndarray]:
    """The arrays by the keys that lead to them, which their entries are told."""
    arrays: dict[str, np.ndarray] = {}
    for found in held.values():
        name = ".".join(map(str, found.path)) or "value"
        while name in arrays or name == _METADATA:
            name += "_"
        found.entry[next(iter(found.entry))] = name
        arrays[name] = found.array
    return arrays


def _name(tensor: str, dtype: np.dtype) -> str:
    try:
        return _NAMES[dtype.newbyteorder("=")]
    except KeyError:
        raise TypeError(f"save: {tensor!r} is of dtype {dtype}; a .safetensors file holds "
                        f"{', '.join(map(str, _NAMES))}; .npz holds all") from None


def _header(file, size: int) -> tuple[dict, int]:
    """The header, and where the data begins."""
    length = int.from_bytes(file.read(8), "little")
    if size < 8 or length > min(size - 8, _LONGEST):
        raise ValueError(f"its header would have {length:,} bytes, the file has {size:,}")
    header = json.loads(file.read(length).decode(), object_pairs_hook=_once)
    if not isinstance(header, dict):
        raise ValueError("its header is no JSON object")
    return header, 8 + length


def _once(pairs: list[tuple[str, Any]]) -> dict:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("its header has a name twice")
    return found


def _place(name: str, entry) -> tuple[str, tuple, int, int]:
    """The dtype, shape, first byte and end that a header's entry tells, made sure to agree."""
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"its tensor {name!r} needs dtype, shape and data_offsets, and has "
                         f"{str(entry)[:60]}")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _DTYPES:
        raise ValueError(f"its tensor {name!r} is of dtype {str(dtype)[:20]!r}; what can be read "
                         f"is {', '.join(_DTYPES)}")
    if not _are_counts(shape) or not _are_counts(offsets) or len(offsets) != 2:
        raise ValueError(f"its tensor {name!r} has shape {str(shape)[:60]} and data_offsets "
                         f"{str(offsets)[:60]}")
    needed, given = prod(shape) * _DTYPES[dtype].itemsize, offsets[1] - offsets[0]
    if needed != given:
        raise ValueError(f"its tensor {name!r} of shape {tuple(shape)} and dtype {dtype} needs "
                         f"{needed} bytes, and has {given}")
    return dtype, tuple(shape), *offsets


def _are_counts(values) -> bool:
    return isinstance(values, list) and all(type(n) is int and 0 <= n < 2**63 for n in values)


def _array(file, name: str, place: tuple[str, tuple, int, int]) -> np.ndarray:
    """The next array of the file, in this machine's byte order."""
    dtype, shape, first, last = place
    numbers = np.empty(last - first, np.uint8)
    if file.readinto(numbers.data) != numbers.size:
        raise ValueError("it ends too early")
    if dtype == "BOOL" and numbers.size and numbers.max() > 1:
        raise ValueError(f"its tensor {name!r} of bools has bytes that are neither 0 nor 1")
    array = numbers.view(_DTYPES[dtype]).reshape(shape)
    return array if sys.byteorder == "little" else array.astype(array.dtype.newbyteorder("="))


def _tensor(name: str, found: Tensor) -> Tensor:
    try:
        as_dtype(found._array.dtype)
    except TypeError as error:
        raise ValueError(f"its tensor {name!r} cannot be a Tensor here: {error}") from None
    return wrap(own(found._array))


def _made(tensors: dict[str, Tensor], kind: str, part: dict):
    name = part[kind]
    if name not in tensors:
        raise ValueError(f"its structure names {str(name)[:60]!r}, which it does not have")
    if kind == "array":
        return tensors[name]._array
    tensor = _tensor(name, tensors[name])
    return tensor.requires_grad_() if part.get("requires_grad") else tensor
