"""Saving and loading: tensors in nested dicts, lists and tuples, as one `.npz` or `.safetensors`.

The file holds the arrays and a JSON text of the structure around them.  Nothing in it is code, so
a file from elsewhere can be loaded without running anything, unlike a pickle.
"""

from __future__ import annotations

import os
from io import TextIOBase

import numpy as np

from ..errors import check_switches, describe
from ..files import replacing
from ..metadata import device
from . import npz, safetensors


def save(obj, f) -> None:
    """Write `obj`, made of tensors, arrays, numbers, strings, None, lists, tuples and dicts, to
    the path or binary file `f`.  A path is replaced only once everything has been written.

    Subclasses of these come back as what they derive from, NumPy's numbers as Python's.
    A path that ends in `.safetensors` gets that format: other libraries read a dict of tensors
    there (and any other object, as its tensors).  It writes no memory as shared, and forgets
    which tensors of a plain dict require grad.

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
    as_safetensors = _is_safetensors(f)
    start, arrays = safetensors.content(obj) if as_safetensors else (b"", [])
    entries = {} if as_safetensors else npz.entries(obj)
    folder = os.path.dirname(os.path.realpath(os.fsdecode(f)))
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"save: the folder {folder} is missing; make it first, with "
                                "os.makedirs")
    with replacing(f) as file:
        if as_safetensors:
            safetensors.write(file, start, arrays)
        else:
            np.savez(file, **entries)


def load(f, map_location=None, *, weights_only: bool = True, mmap: bool = False):
    """What `save` wrote to the path or binary file `f`; also a `.safetensors` file of another
    library, as a dict of tensors.

    `map_location` may name the CPU, where tensors come to in any case; no file runs code, whatever
    `weights_only` says, and all of it is read, whatever `mmap` says.
    Raises: ValueError for a file that `save` did not write, or that is damaged; RuntimeError for
        another device than the CPU.
    """
    check_switches("load", weights_only=weights_only, mmap=mmap)
    if isinstance(map_location, (str, device)):
        device(map_location)
    if isinstance(f, (str, bytes, os.PathLike)):
        with open(f, "rb") as file:
            return _load(file, f, _is_safetensors(f))
    if not (hasattr(f, "read") and hasattr(f, "seek")) or isinstance(f, TextIOBase):
        raise TypeError("load: f must be a path or a binary file that can be read in any order, "
                        f"got {describe(f)}")
    return _load(f, getattr(f, "name", f), False)


def _load(file, name, as_safetensors: bool):
    try:
        file.seek(0, os.SEEK_END)
        size = file.tell()
        file.seek(0)
        return (safetensors if as_safetensors else npz).read(file, size)
    except MemoryError:
        raise
    except Exception as error:  # whatever the readers of zip, npy and JSON trip over
        raise ValueError(f"load: {name} was not written by autograd.save, or is damaged: {error}"
                         ) from error


def _is_safetensors(path: str | bytes | os.PathLike) -> bool:
    return os.fsdecode(path).endswith(".safetensors")
