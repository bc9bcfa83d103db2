"""Files that PyTorch reads, `torch.load(path, weights_only=True)`: a zip archive with a pickle that
names PyTorch's functions, and the bytes of each storage."""

from __future__ import annotations

import pickle
from io import BytesIO
from typing import Any
from zipfile import ZipFile, ZipInfo

import numpy as np

from ..tensors import Tensor
from .npz import shared_blocks
from .pytorch import STORAGES
from .structure import Held, pack

_ALIGNED = 64  # bytes: where storages begin


class Pickled:
    """An object ready to be written; arrays become tensors, and lists, tuples and dicts of other
    classes what they derive from."""

    def __init__(self, obj) -> None:
        held: dict[int, Held] = {}
        pack(obj, held)  # refuses what cannot be written, by where it is
        self.storages, places = _storages(list(held.values()))
        pickled = BytesIO()
        _Writer(pickled, self.storages, places).dump(obj)
        self.pickle = pickled.getvalue()

    def write(self, file) -> None:
        """The archive."""
        with ZipFile(file, "w") as archive:
            _add(archive, "archive/data.pkl", self.pickle)
            _add(archive, "archive/byteorder", b"little")
            for number, storage in enumerate(self.storages):
                _add(archive, f"archive/data/{number}", _little(storage).tobytes())
            _add(archive, "archive/version", b"3\n")


def _storages(held: list[Held]) -> tuple[list[np.ndarray], dict[int, tuple]]:
    """The storages, and for each tensor, by its id, the number of its storage, where it begins
    there, in elements, and its strides.  Tensors that share memory share a storage, if they are of
    one dtype and no stride is negative."""
    entries: list[tuple[np.ndarray, dict[str, Any]]] = [
        (found.array, {"tensor": None}) for found in held]
    blocks = shared_blocks(entries)
    groups: dict[int, list[int]] = {}
    for i, (_, entry) in enumerate(entries):
        groups.setdefault(entry["tensor"], []).append(i)
    storages: list[np.ndarray] = []
    places: dict[int, tuple] = {}
    for number, group in groups.items():
        for i, storage, start, steps in _group(blocks[number], group, entries):
            if not storages or storages[-1] is not storage:
                storages.append(storage)
            places[id(held[i].value)] = len(storages) - 1, start, steps
    return storages, places


def _group(block: np.ndarray, group: list[int], entries: list):
    """(entry, storage, start, strides) of the entries that show a block."""
    first, shows = entries[group[0]]
    if "shows" not in shows:  # all of them show the same
        storage = np.ascontiguousarray(first).reshape(-1)
        return [(i, storage, 0, _dense(first.shape)) for i in group]
    kept = all(entries[i][0].dtype == first.dtype and min(entries[i][0].strides, default=0) >= 0
               for i in group)
    if not kept:
        return [(i, np.array(entries[i][0], order="C").reshape(-1), 0,
                 _dense(entries[i][0].shape)) for i in group]
    size = first.itemsize
    storage = block[:len(block) // size * size].view(first.dtype)
    return [(i, storage, entries[i][1]["shows"][1] // size,
             tuple([step // size for step in entries[i][0].strides])) for i in group]


def _dense(shape: tuple) -> tuple[int, ...]:
    """Strides of elements that lie one behind the other."""
    steps, step = [], 1
    for n in reversed(shape):
        steps.append(step)
        step *= max(n, 1)
    return tuple(reversed(steps))


def _little(array: np.ndarray) -> np.ndarray:
    return array.astype(array.dtype.newbyteorder("<"), copy=False)


def _add(archive: ZipFile, name: str, content) -> None:
    """An entry whose bytes begin where they can be mapped into memory."""
    entry = ZipInfo(name)
    start = archive.fp.tell() + 30 + len(name) + 4  # type: ignore[union-attr]
    if len(content) >= 1 << 31:
        start += 20  # zipfile writes its sizes there too
    ahead = -start % _ALIGNED
    entry.extra = b"FB" + ahead.to_bytes(2, "little") + b"Z" * ahead
    with archive.open(entry, "w", force_zip64=len(content) >= 1 << 31) as member:
        member.write(content)


class _Name:
    """A name that the pickle asks for; nothing here is called."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name

    def __call__(self, *_: Any) -> None:
        """The pickler wants to see that it could be called."""


class _Storage:
    """A storage, which stands outside of the pickle."""

    def __init__(self, *place: Any) -> None:
        self.place = place


_HOOKS = object()  # stands for the empty OrderedDict that each tensor has

class _Writer(pickle._Pickler):
    """Python's own pickler in Python, which writes tensors too, and names without their modules."""

    def __init__(self, file, storages: list[np.ndarray], places: dict[int, tuple]) -> None:
        super().__init__(file, 2)
        self._storages, self._places = storages, places
        self._names: dict[tuple[str, str], _Name] = {}

    def persistent_id(self, value):
        return value.place if isinstance(value, _Storage) else None

    def name(self, module: str, name: str) -> _Name:
        """The one object for a name, so that it is written once."""
        return self._names.setdefault((module, name), _Name(module, name))

    def save(self, obj, save_persistent_id=True):
        if isinstance(obj, _Name):
            if not self.memo.get(id(obj)):
                self.write(f"c{obj.module}\n{obj.name}\n".encode())
                self.memoize(obj)
                return
        elif obj is _HOOKS:
            self.save_reduce(self.name("collections", "OrderedDict"), ())
            return
        elif isinstance(obj, (Tensor, np.ndarray)):
            if id(obj) not in self.memo:
                self._save_tensor(obj)
                return
        elif isinstance(obj, np.generic):
            obj = obj.item()
        elif isinstance(obj, (dict, list, tuple, str, int, float)) and not isinstance(obj, bool):
            obj = _plain(obj)
        super().save(obj, save_persistent_id)

    def _save_tensor(self, value) -> None:
        array = value._any_array if isinstance(value, Tensor) else value
        number, start, steps = self._places[id(value)]
        storage = _Storage("storage", self.name("torch", STORAGES[array.dtype.name]), str(number),
                           "cpu", self._storages[number].size)
        wanted = isinstance(value, Tensor) and value.is_leaf and value.requires_grad
        self.save_reduce(  # type: ignore[attr-defined]
            self.name("torch._utils", "_rebuild_tensor_v2"),
            (storage, start, array.shape, steps, wanted, _HOOKS), obj=value)


def _plain(value):
    """A value as what its class derives from."""
    for kind in (dict, list, tuple, str, int, float):
        if isinstance(value, kind):
            return value if value.__class__ is kind else kind(value)
    return value
