"""Saving and loading: tensors in nested dicts, lists and tuples; `.npz`, `.safetensors`, `.pt`.

The first two hold the arrays and a JSON text of the structure around them.  PyTorch's `.pt` holds a
pickle, of which only what the table in `pytorch` names is read: no file runs anything.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from io import TextIOBase

import numpy as np

from ..errors import check_switches, describe, did_you_mean
from ..files import replacing
from ..metadata import device
from . import npz, pytorch, pytorch_files, safetensors
from .pytorch_writer import Pickled
from .restricted import NotRead

PYTORCHS = (".pt", ".pth", ".ckpt", ".bin")  # what names of PyTorch's files end in


def save(obj, f) -> None:
    """Write `obj`, made of tensors, arrays, numbers, strings, None, lists, tuples and dicts, to
    the path or binary file `f`.  A path is replaced only once everything has been written.

    Subclasses of these come back as what they derive from, NumPy's numbers as Python's.
    A path that ends in `.safetensors` gets that format: other libraries read a dict of tensors
    there (and any other object, as its tensors).  It writes no memory as shared, and forgets
    which tensors of a plain dict require grad.  One that ends in `.pt`, `.pth`, `.ckpt` or `.bin`
    becomes a file that PyTorch loads with `weights_only=True`, where arrays are tensors.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     autograd.save(nn.Linear(2, 1).state_dict(), f"{folder}/model.safetensors")
    ...     list(autograd.load(f"{folder}/model.safetensors"))
    ['weight', 'bias']
    """
    if not isinstance(f, (str, bytes, os.PathLike)):
        if not hasattr(f, "write") or isinstance(f, TextIOBase):
            raise TypeError(f"save: f must be a path or a binary file, got {describe(f)}")
        np.savez(f, **npz.entries(obj))
        return
    write = _writer(obj, os.path.splitext(os.fsdecode(f))[1])
    folder = os.path.dirname(os.path.realpath(os.fsdecode(f)))
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"save: the folder {folder} is missing; make it first, with "
                                "os.makedirs")
    with replacing(f) as file:
        write(file)


def _writer(obj, suffix: str) -> Callable:
    """What writes the object into a file; what cannot be written is refused now."""
    if suffix == ".safetensors":
        start, arrays = safetensors.content(obj)
        return lambda file: safetensors.write(file, start, arrays)
    if suffix in PYTORCHS:
        return Pickled(obj).write
    entries = npz.entries(obj)
    return lambda file: np.savez(file, **entries)


def load(f, map_location=None, pickle_module=None, *, weights_only: bool | None = None,
         mmap: bool | None = None):
    """What `save` wrote to the path or binary file `f`; also a `.safetensors` file of another
    library, as a dict of tensors, and files of PyTorch, of any version from 0.4 on.

    `map_location` may name the CPU, where tensors come to in any case; a function is not asked.
    No file runs code, whatever `weights_only` and `pickle_module` say, and what only code could
    make is refused by name.  With `mmap` the tensors of a PyTorch archive stay on disk until they
    are used; files of other forms are read whole.  bfloat16 becomes float32, which holds its
    numbers exactly; tensors that shared memory share it again.
    Raises: ValueError for a file of another kind, or that is damaged; RuntimeError for another
        device than the CPU.
    """
    check_switches("load", weights_only=weights_only is not None and weights_only,
                   mmap=mmap is not None and mmap)
    _check_location(map_location)
    if isinstance(f, (str, bytes, os.PathLike)):
        _check_place(os.fsdecode(f))
        with open(f, "rb") as file:
            return _load(file, os.fsdecode(f), f if mmap else None)
    if not (hasattr(f, "read") and hasattr(f, "seek")) or isinstance(f, TextIOBase):
        raise TypeError("load: f must be a path or a binary file that can be read in any order, "
                        f"got {describe(f)}")
    if mmap:
        raise ValueError(f"load: mmap=True takes a path, got {describe(f)}")
    name = getattr(f, "name", None)
    return _load(f, name if isinstance(name, str) else "the file", None)


def _check_location(map_location) -> None:
    """Raise for another device than the CPU, and for what names no device."""
    if isinstance(map_location, dict):
        for place in map_location.values():
            device(place)
    elif isinstance(map_location, (str, device)):
        device(map_location)
    elif map_location is not None and not callable(map_location):
        raise TypeError("load: map_location must be a device, its name, a dict of them or a "
                        f"function, got {describe(map_location)}")


def _load(file, name, mapped):
    try:
        file.seek(0, os.SEEK_END)
        size = file.tell()
        file.seek(0)
        return _read(file, size, str(name).endswith(".safetensors"), mapped)
    except MemoryError:
        raise
    except NotRead as error:
        raise ValueError(f"load: {name} holds what is not read, or is damaged: {error}") from None
    except Exception as error:  # whatever the readers of zip, npy, JSON and pickles trip over
        raise ValueError(f"load: {name} was not written by autograd.save or PyTorch, or is "
                         f"damaged: {error}") from None


def _check_place(path: str) -> None:
    """Raise where there is no file, with those of its folder that have a name like it."""
    if os.path.isdir(path):
        raise IsADirectoryError(f"load: {path!r} is a folder; give the path of a file in it")
    folder = os.path.dirname(path) or "."
    if not os.path.exists(path):
        near = did_you_mean(os.path.basename(path), os.listdir(folder)) if os.path.isdir(
            folder) else f"; there is no folder {folder!r} either"
        raise FileNotFoundError(f"load: there is no file {path!r}, seen from {os.getcwd()}{near}")


def _read(file, size: int, as_safetensors: bool, mapped):
    """The object in a file of `size` bytes, whose name or first bytes tell what it is."""
    start = file.read(len(pytorch.LEGACY))
    file.seek(0)
    if start.startswith(pytorch.LEGACY):
        return pytorch_files.read_legacy(file, size)
    if as_safetensors or start[8:9] == b"{":
        return safetensors.read(file, size)
    if pytorch_files.is_archive(file):
        return pytorch_files.read_archive(file, size, mapped)
    return npz.read(file, size)
