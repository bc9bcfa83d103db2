"""What lies around the arrays of a saved object, as JSON: dicts, lists, tuples, numbers, texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..errors import describe, uncalled
from ..tensors import Tensor

_PLAIN = (str, bool, int, float, type(None))
_DEPTH = 100  # levels of nesting


class Held(NamedTuple):
    """A tensor or array of an object: where it was found, and its entry in the structure."""

    value: Any
    array: np.ndarray
    entry: dict[str, Any]
    path: tuple


def pack(value, held: dict[int, Held], path: tuple = ()):
    """The structure of value as JSON.  Its tensors and arrays are gathered in `held`, each once,
    by their id; `path` are the keys that lead there."""
    if len(path) > _DEPTH:
        raise ValueError(f"save: {_shown(path)[:60]}... contains itself, or is nested deeper than "
                         f"{_DEPTH} levels")
    if isinstance(value, (Tensor, np.ndarray)):
        return _pack_array(value, held, path)
    if isinstance(value, np.generic) and value.dtype.kind in "biuf":
        value = value.item()
    if isinstance(value, _PLAIN):
        return {"value": value}
    if isinstance(value, (list, tuple)):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [pack(v, held, (*path, i)) for i, v in enumerate(value)]}
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, (str, int, float, bool)):
                raise TypeError(f"save: {_shown(path)} has a key {key!r}; only strings and "
                                "numbers fit")
        return {"dict": [[pack(k, held, path), pack(v, held, (*path, k))]
                         for k, v in value.items()]}
    advice = ""
    if hasattr(value, "state_dict") and not isinstance(value, type):
        advice = "; save its .state_dict(), and load it into one that is built anew: " \
                 "model.load_state_dict(autograd.load(path))"
    elif callable(value):
        advice = uncalled(value) or "; a function is code, so leave it to the program that loads"
    raise TypeError(f"save: {_shown(path)} is {describe(value)}; only tensors, arrays, numbers, "
                    f"strings, None, lists, tuples and dicts can be saved{advice}")


def _shown(path: tuple) -> str:
    return "obj" + "".join(f"[{key!r}]" for key in path)


def _pack_array(value, held: dict[int, Held], path: tuple) -> dict:
    if id(value) in held:
        return {"same": list(held).index(id(value))}
    entry: dict[str, Any]
    if isinstance(value, Tensor):
        array, entry = value._any_array, {"tensor": None}
        entry["requires_grad"] = value.is_leaf and value.requires_grad
    else:
        array, entry = value, {"array": None}
        if type(value) not in (np.ndarray, np.memmap) or value.dtype.kind in "OV":
            raise TypeError(f"save: {_shown(path)} is a {type(value).__name__} of {value.dtype}; "
                            "only plain arrays of numbers, text or dates can be saved")
    held[id(value)] = Held(value, array, entry, path)
    return entry


class Unpacker:
    """Builds the object that a structure stands for.  `read` makes the tensor or array of an entry;
    `made` are those so far."""

    def __init__(self, read: Callable[[str, dict], Any]) -> None:
        self._read = read
        self._made: list = []

    def unpack(self, part, depth: int = 0):
        """The object that a part of the structure stands for."""
        if not isinstance(part, dict) or not part or depth > _DEPTH:
            raise ValueError(f"its structure has {str(part)[:60]} where a part belongs")
        kind, content = next(iter(part.items()))
        if kind in ("tensor", "array"):
            self._made.append(self._read(kind, part))
            return self._made[-1]
        if kind == "same" and type(content) is int and 0 <= content < len(self._made):
            return self._made[content]
        if kind == "value" and isinstance(content, _PLAIN):
            return content
        if kind in ("list", "tuple") and isinstance(content, list):
            parts = [self.unpack(part, depth + 1) for part in content]
            return parts if kind == "list" else tuple(parts)
        if kind == "dict" and isinstance(content, list):
            return dict(self._item(pair, depth) for pair in content)
        raise ValueError(f"its structure has {str(part)[:60]} where a part belongs")

    def _item(self, pair, depth: int) -> tuple:
        if not isinstance(pair, list) or len(pair) != 2:
            raise ValueError(f"its structure has {str(pair)[:60]} where a key and a value belong")
        key, value = (self.unpack(part, depth + 1) for part in pair)
        if not isinstance(key, (str, int, float)):
            raise ValueError(f"its structure has {str(pair[0])[:60]} where a key belongs")
        return key, value
