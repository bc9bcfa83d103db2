"""Saving and loading: tensors in nested dicts, lists and tuples, as one `.npz` file.

The file holds the arrays and a JSON text of the structure around them.  Nothing in it is code, so
a file from elsewhere can be loaded without running anything, unlike a pickle.
"""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np

from .errors import describe
from .tensors import Tensor, wrap

_STRUCTURE = "__structure__"
_PLAIN = (str, bool, int, float, type(None))


def save(obj, f) -> None:
    """Write `obj`, made of tensors, arrays, numbers, strings, None, lists, tuples and dicts, to
    the path or binary file `f`.  A path is replaced only once everything has been written."""
    arrays: list[np.ndarray] = []
    structure = _pack(obj, arrays, "obj")
    entries: dict[str, Any] = {f"array_{i}": array for i, array in enumerate(arrays)}
    entries[_STRUCTURE] = np.frombuffer(json.dumps(structure).encode(), np.uint8)
    if hasattr(f, "write"):
        np.savez(f, **entries)
        return
    temporary = f"{os.fspath(f)}.{os.getpid()}.part"
    try:
        with open(temporary, "wb") as file:
            np.savez(file, **entries)
        os.replace(temporary, f)
    finally:
        if os.path.exists(temporary):
            os.remove(temporary)


def load(f):
    """What `save` wrote to the path or binary file `f`."""
    from zipfile import BadZipFile

    if not hasattr(f, "read"):
        with open(f, "rb") as file:
            return load(file)
    try:
        with np.load(f, allow_pickle=False) as archive:
            if _STRUCTURE not in archive:
                raise ValueError("it has no structure entry")
            structure = json.loads(archive[_STRUCTURE].tobytes())
            return _unpack(structure, archive)
    except (ValueError, EOFError, KeyError, OSError, BadZipFile) as error:
        raise ValueError(f"load: {getattr(f, 'name', f)} was not written by autograd.save, or is "
                         f"damaged: {error}") from error


def _pack(value, arrays: list, path: str):
    """The structure of value as JSON, its arrays appended to `arrays`."""
    if isinstance(value, Tensor):
        arrays.append(value._array)
        return {"tensor": len(arrays) - 1, "requires_grad": value.is_leaf and value.requires_grad}
    if isinstance(value, np.ndarray) and value.dtype != object:
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, _PLAIN):
        return {"value": value}
    if isinstance(value, (list, tuple)):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [_pack(v, arrays, f"{path}[{i}]") for i, v in enumerate(value)]}
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, (str, int, float, bool)):
                raise TypeError(f"save: {path} has a key {key!r}; only strings and numbers fit")
        return {"dict": [[_pack(k, arrays, path), _pack(v, arrays, f"{path}[{k!r}]")]
                         for k, v in value.items()]}
    raise TypeError(f"save: {path} is {describe(value)}; only tensors, arrays, numbers, strings, "
                    "None, lists, tuples and dicts can be saved (for a module, its state_dict())")


def _unpack(structure: dict, archive):
    (kind, content), *rest = structure.items()
    if kind == "tensor":
        loaded = wrap(archive[f"array_{content}"])
        return loaded.requires_grad_() if dict(rest)["requires_grad"] else loaded
    if kind == "array":
        return archive[f"array_{content}"]
    if kind == "value":
        return content
    if kind == "dict":
        return {_unpack(k, archive): _unpack(v, archive) for k, v in content}
    parts = [_unpack(part, archive) for part in content]
    return parts if kind == "list" else tuple(parts)
