"""The two forms of PyTorch's files: a zip archive, and before PyTorch 1.6 pickles in a row."""

from __future__ import annotations

import struct
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import numpy as np

from .pytorch import LEGACY, Maker, Reader, Storage, width


def is_archive(file) -> bool:
    """Whether a zip archive is one of PyTorch's."""
    with ZipFile(file) as archive:
        return any(name.endswith("/data.pkl") for name in archive.namelist())


def read_archive(file, size: int, path=None):
    """The object in a zip archive of `size` bytes; the storages are mapped into memory where a
    `path` is given."""
    with ZipFile(file) as archive:
        contents = _Archive(archive, size, file, path)
        return Maker(contents.storage).made(contents.object())


class _Archive:
    """The entries of an archive, which claim no more bytes than it has."""

    def __init__(self, archive: ZipFile, size: int, file, path) -> None:
        self._archive, self._left, self._file, self._path = archive, size, file, path
        names = archive.namelist()
        self._folder = next(name for name in names if name.endswith("/data.pkl"))[:-8]
        if f"{self._folder}constants.pkl" in names:
            raise ValueError("it is a program of TorchScript; save the module's state_dict()")
        order = self._bytes("byteorder") if f"{self._folder}byteorder" in names else b"little"
        self._swapped = order.strip() == b"big"

    def object(self):
        """What the pickle stands for."""
        content = self._bytes("data.pkl")
        return Reader(BytesIO(content), len(content)).load()

    def _entry(self, name: str) -> ZipInfo:
        try:
            entry = self._archive.getinfo(self._folder + name)
        except KeyError:
            raise ValueError(f"it has no entry {name}") from None
        self._left -= entry.file_size
        if entry.compress_type != ZIP_STORED or entry.compress_size != entry.file_size or (
                self._left < 0):
            raise ValueError(f"its entry {name} claims {entry.file_size} bytes")
        return entry

    def _bytes(self, name: str) -> bytes:
        return self._archive.read(self._entry(name))

    def storage(self, storage: Storage) -> np.ndarray:
        """The bytes of a storage."""
        entry = self._entry(f"data/{storage.key}")
        if entry.file_size != storage.count * width(storage):
            raise ValueError(f"its storage {storage.key} claims {storage.count} elements and has "
                             f"{entry.file_size} bytes")
        if self._path is not None and entry.file_size and not self._swapped:
            return np.asarray(np.memmap(self._path, np.uint8, "c", self._start(entry),
                                        (entry.file_size,)))
        raw = np.frombuffer(bytearray(self._archive.read(entry)), np.uint8)
        return raw.view(f"u{width(storage)}").byteswap().view(np.uint8) if self._swapped else raw

    def _start(self, entry: ZipInfo) -> int:
        """Where the bytes of an entry begin in the file, behind a header of its own."""
        place = self._file.tell()
        self._file.seek(entry.header_offset)
        name, extra = struct.unpack("<HH", self._file.read(30)[26:])
        self._file.seek(place)
        return entry.header_offset + 30 + name + extra


def read_legacy(file, size: int):
    """The object in a file of PyTorch before 1.6: pickles in a row, then the storages, each behind
    the number of its elements."""
    file.seek(len(LEGACY))
    if Reader(file, size).load() != 1001:
        raise ValueError("its version is not 1001")
    if not dict(Reader(file, size).load()).get("little_endian", True):
        raise ValueError("it was written on a machine of the other byte order")
    reader = Reader(file, size)
    found, keys = reader.load(), list(Reader(file, size).load())
    blocks: dict[str, np.ndarray] = {}
    for key in keys:
        if key not in reader.storages:
            raise ValueError(f"it has a storage {key} of unknown dtype")
        itemsize, left = width(reader.storages[key]), size - file.tell() - 8
        count = struct.unpack("<q", file.read(8))[0]
        if not 0 <= count * itemsize <= left:
            raise ValueError(f"its storage {key} claims {count} elements, and {left} bytes are "
                             "left")
        blocks[key] = np.frombuffer(bytearray(file.read(count * itemsize)), np.uint8)

    def storage(asked: Storage) -> np.ndarray:
        if asked.key not in blocks:
            raise ValueError(f"it has no storage {asked.key}")
        return blocks[asked.key]

    return Maker(storage).made(found)
