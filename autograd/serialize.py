"""Saving and loading: tensors in nested dicts, lists and tuples, as one `.npz` file.

The file holds the arrays and a JSON text of the structure around them.  Nothing in it is code, so
a file from elsewhere can be loaded without running anything, unlike a pickle.  Tensors that share
memory share it again after loading: where their bytes overlap, the file holds that stretch once.
"""

from __future__ import annotations

import json
import os
import re
from io import TextIOBase
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .dtypes import as_dtype, own
from .errors import describe
from .files import replacing
from .memory import address, reach, span
from .tensors import Tensor, alias, wrap

_STRUCTURE = "__structure__"
_PLAIN = (str, bool, int, float, type(None))
_DEPTH = 100  # levels of nesting
_ALIGNED = 16  # bytes; as NumPy's own memory
_NUMBERS = re.compile(r"[<>|][biufc]\d+")


def save(obj, f) -> None:
    """Write `obj`, made of tensors, arrays, numbers, strings, None, lists, tuples and dicts, to
    the path or binary file `f`.  A path is replaced only once everything has been written.

    Subclasses of these come back as what they derive from, NumPy's numbers as Python's.
    """
    held: dict[int, tuple] = {}
    structure = _pack(obj, held, "obj", 0)
    blocks = _blocks([(array, entry) for _, array, entry in held.values()])
    entries: dict[str, Any] = {f"array_{i}": block for i, block in enumerate(blocks)}
    entries[_STRUCTURE] = np.frombuffer(json.dumps(structure).encode(), np.uint8)
    if not isinstance(f, (str, bytes, os.PathLike)):
        if not hasattr(f, "write") or isinstance(f, TextIOBase):
            raise TypeError(f"save: f must be a path or a binary file, got {describe(f)}")
        np.savez(f, **entries)
        return
    folder = os.path.dirname(os.path.realpath(os.fsdecode(f)))
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"save: the folder {folder} is missing; make it first, with "
                                "os.makedirs")
    with replacing(f) as file:
        np.savez(file, **entries)


def load(f):
    """What `save` wrote to the path or binary file `f`.

    Raises: ValueError for a file that `save` did not write, or that is damaged.
    """
    from zipfile import ZipFile

    if isinstance(f, (str, bytes, os.PathLike)):
        with open(f, "rb") as file:
            return load(file)
    if not (hasattr(f, "read") and hasattr(f, "seek")) or isinstance(f, TextIOBase):
        raise TypeError("load: f must be a path or a binary file that can be read in any order, "
                        f"got {describe(f)}")
    try:
        f.seek(0, os.SEEK_END)
        size = f.tell()
        with ZipFile(f) as archive:
            contents = _Contents(archive, size)
            structure = json.loads(contents.read(_STRUCTURE).tobytes())
            return _unpack(structure, contents, 0)
    except MemoryError:
        raise
    except Exception as error:  # whatever the readers of zip, npy and JSON trip over
        raise ValueError(f"load: {getattr(f, 'name', f)} was not written by autograd.save, or is "
                         f"damaged: {error}") from error


def _pack(value, held: dict[int, tuple], path: str, depth: int):
    """The structure of value as JSON.  Its tensors and arrays are gathered in `held`, each once:
    id -> (value, array, entry)."""
    if depth > _DEPTH:
        raise ValueError(f"save: {path[:60]}... contains itself, or is nested deeper than {_DEPTH} "
                         "levels")
    if isinstance(value, (Tensor, np.ndarray)):
        return _pack_array(value, held, path)
    if isinstance(value, np.generic) and value.dtype.kind in "biuf":
        value = value.item()
    if isinstance(value, _PLAIN):
        return {"value": value}
    if isinstance(value, (list, tuple)):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [_pack(v, held, f"{path}[{i}]", depth + 1) for i, v in enumerate(value)]}
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, (str, int, float, bool)):
                raise TypeError(f"save: {path} has a key {key!r}; only strings and numbers fit")
        return {"dict": [[_pack(k, held, path, depth), _pack(v, held, f"{path}[{k!r}]", depth + 1)]
                         for k, v in value.items()]}
    raise TypeError(f"save: {path} is {describe(value)}; only tensors, arrays, numbers, strings, "
                    "None, lists, tuples and dicts can be saved (for a module, its state_dict())")


def _pack_array(value, held: dict[int, tuple], path: str) -> dict:
    if id(value) in held:
        return {"same": list(held).index(id(value))}
    entry: dict[str, Any]
    if isinstance(value, Tensor):
        array, entry = value._array, {"tensor": None}
        entry["requires_grad"] = value.is_leaf and value.requires_grad
    else:
        array, entry = value, {"array": None}
        if type(value) not in (np.ndarray, np.memmap) or value.dtype.kind in "OV":
            raise TypeError(f"save: {path} is a {type(value).__name__} of {value.dtype}; only "
                            "plain arrays of numbers, text or dates can be saved")
    held[id(value)] = value, array, entry
    return entry


def _blocks(entries: list[tuple[np.ndarray, dict]]) -> list[np.ndarray]:
    """The arrays to write.  Each entry is told the number of the one that it shows and, where
    several show parts of one stretch of memory, which part."""
    groups: list[list[int]] = []
    alone, end = [], 0
    for low, high, number in sorted((*span(array), n) for n, (array, _) in enumerate(entries)):
        if low == high or entries[number][0].dtype.kind not in "biufc":
            alone.append([number])
        elif low < end:
            groups[-1].append(number)
        else:
            groups.append([number])
        end = max(end, high)
    blocks: list[np.ndarray] = []
    for group in sorted(map(sorted, groups + alone)):
        for number in group:
            array, entry = entries[number]
            entry[next(iter(entry))] = len(blocks)
        blocks.append(_block([entries[number] for number in group]))
    return blocks


def _block(group: list[tuple[np.ndarray, dict]]) -> np.ndarray:
    """The array that a group's entries show: their own, or the bytes from the first to the last."""
    places = [(address(a), a.dtype, a.shape, a.strides) for a, _ in group]
    if places.count(places[0]) == len(places):
        return group[0][0]
    spans = [span(array) for array, _ in group]
    low, high = min(spans)[0], max(end for _, end in spans)
    ahead = low % _ALIGNED
    block = np.zeros(ahead + high - low, np.uint8)
    lowest = group[spans.index(min(spans))][0]
    turns: list = [slice(None, None, -1 if step < 0 else 1) for step in lowest.strides]
    corner = lowest[(*turns, ...)]  # its first element lies at `low`
    byte = as_strided(corner, (1,), (corner.itemsize,)).view(np.uint8)
    block[ahead:] = as_strided(byte, (high - low,), (1,))
    for (first, dtype, shape, strides), (_, entry) in zip(places, group, strict=True):
        entry["shows"] = [dtype.str, first - low + ahead, shape, strides]
    return block


class _Contents:
    """The arrays of an archive of `size` bytes, each read once, and the objects made so far."""

    def __init__(self, archive, size: int) -> None:
        self._archive, self._left = archive, size
        self._blocks: dict[int, Tensor] = {}
        self.made: list = []

    def read(self, name: str) -> np.ndarray:
        """An array whose header claims exactly the bytes that follow it, and no more than the file
        has."""
        if f"{name}.npy" not in self._archive.namelist():
            raise ValueError(f"it has no {name.strip('_')} entry")
        entry = self._archive.getinfo(f"{name}.npy")
        self._left -= entry.file_size
        if entry.compress_type or entry.compress_size != entry.file_size or self._left < 0:
            raise ValueError(f"its entry {name} claims {entry.file_size} bytes")
        with self._archive.open(entry) as member:
            read = {(1, 0): np.lib.format.read_array_header_1_0,
                    (2, 0): np.lib.format.read_array_header_2_0}.get(
                        np.lib.format.read_magic(member))
            if read is None:
                raise ValueError(f"its entry {name} is of another version")
            shape, _, dtype = read(member)
            data = entry.file_size - member.tell()
            if dtype.itemsize == 0 or min(shape, default=0) < 0 or (
                    prod(shape) * dtype.itemsize != data):
                raise ValueError(f"its entry {name} claims {shape} {dtype} and has {data} bytes")
            member.seek(0)
            return np.lib.format.read_array(member, allow_pickle=False)

    def block(self, number) -> Tensor:
        """What array number `number` holds, as the tensor whose version all share that show it."""
        if type(number) is not int:
            raise ValueError(f"its structure has {number!r} where a number belongs")
        if number not in self._blocks:
            self._blocks[number] = wrap(self.read(f"array_{number}"))
        return self._blocks[number]


def _unpack(part, contents: _Contents, depth: int):
    """The object that a part of the structure stands for."""
    if not isinstance(part, dict) or not part or depth > _DEPTH:
        raise ValueError(f"its structure has {str(part)[:60]} where a part belongs")
    kind, content = next(iter(part.items()))
    if kind in ("tensor", "array"):
        contents.made.append(_unpack_array(kind, part, contents))
        return contents.made[-1]
    if kind == "same" and type(content) is int and 0 <= content < len(contents.made):
        return contents.made[content]
    if kind == "value" and isinstance(content, _PLAIN):
        return content
    if kind in ("list", "tuple") and isinstance(content, list):
        parts = [_unpack(part, contents, depth + 1) for part in content]
        return parts if kind == "list" else tuple(parts)
    if kind == "dict" and isinstance(content, list):
        return dict(_unpack_item(pair, contents, depth) for pair in content)
    raise ValueError(f"its structure has {str(part)[:60]} where a part belongs")


def _unpack_item(pair, contents: _Contents, depth: int) -> tuple:
    if not isinstance(pair, list) or len(pair) != 2:
        raise ValueError(f"its structure has {str(pair)[:60]} where a key and a value belong")
    key, value = (_unpack(part, contents, depth + 1) for part in pair)
    if not isinstance(key, (str, int, float)):
        raise ValueError(f"its structure has {str(pair[0])[:60]} where a key belongs")
    return key, value


def _unpack_array(kind: str, part: dict, contents: _Contents):
    block = contents.block(part[kind])
    array = _shown(block._array, part["shows"]) if "shows" in part else block._array
    if kind == "array":
        return array
    try:
        native = array.astype(as_dtype(array.dtype), copy=False)
    except TypeError as error:
        raise ValueError(str(error)) from None
    tensor = alias(block, own(native))
    return tensor.requires_grad_() if part.get("requires_grad") else tensor


def _shown(block: np.ndarray, place) -> np.ndarray:
    """A part of a block's bytes: `place` is its dtype, first byte, shape and strides."""
    try:
        name, first, shape, strides = place
        dtype = np.dtype(name if _NUMBERS.fullmatch(name) else "")
        before, after = reach(shape, strides)
        inside = before <= first <= block.size - after - dtype.itemsize  # NumPy's check can wrap
        if inside and min(shape, default=1) > 0 and block.dtype == np.uint8:
            shown = np.ndarray(shape, dtype, block, first, strides)
            if shown.flags.aligned:
                return shown
    except (TypeError, ValueError):
        pass
    raise ValueError(f"its structure has {str(place)[:60]} for a part of {block.size} bytes")
