"""A saved object as an `.npz` file: its arrays, and a JSON text of the structure around them.

Tensors that share memory share it again after loading: where their bytes overlap, the file holds
that stretch once.
"""

from __future__ import annotations

import json
import re
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..dtypes import any_dtype, own
from ..memory import address, reach, span
from ..tensors import Tensor, alias, wrap
from .structure import Held, Unpacker, pack

_STRUCTURE = "__structure__"
_ALIGNED = 16  # bytes; as NumPy's own memory
_NUMBERS = re.compile(r"[<>|][biufc]\d+")


def entries(obj) -> dict[str, Any]:
    """The arrays of the file, by name."""
    held: dict[int, Held] = {}
    structure = pack(obj, held)
    blocks = shared_blocks([(found.array, found.entry) for found in held.values()])
    named: dict[str, Any] = {f"array_{i}": block for i, block in enumerate(blocks)}
    named[_STRUCTURE] = np.frombuffer(json.dumps(structure).encode(), np.uint8)
    return named


def read(file, size: int):
    """The object in a file of `size` bytes."""
    from zipfile import ZipFile

    with ZipFile(file) as archive:
        contents = _Contents(archive, size)
        structure = json.loads(contents.read(_STRUCTURE).tobytes())
        return Unpacker(contents.made).unpack(structure)


def shared_blocks(entries: list[tuple[np.ndarray, dict]]) -> list[np.ndarray]:
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

    def made(self, kind: str, part: dict):
        """The tensor or array of an entry."""
        block = self.block(part[kind])
        array = _shown(block._any_array, part["shows"]) if "shows" in part else block._any_array
        if kind == "array":
            return array
        try:
            native = array.astype(any_dtype(array.dtype), copy=False)
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
