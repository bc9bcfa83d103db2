"""The python pickles of CIFAR, read without running anything that a file may ask for."""

import io
import pickle
from typing import Any

from autograd.serialize.restricted import ARRAYS, HeldArray, Restricted


def read_pickle(path: str) -> dict[str, Any]:
    """The dict in a pickle of arrays, bytes, texts, lists, dicts and numbers.

    Nothing that the file names is looked up or run: the few names NumPy's arrays need are stood in
    for, any other is refused. Texts of Python 2 become texts, keys of bytes too.

    Raises: ValueError naming what is wrong with the file.
    """
    with open(path, "rb") as file:
        content = file.read()
    try:
        found = _plain(Restricted(io.BytesIO(content), len(content), ARRAYS, "latin1").load(), {})
    except Exception as error:  # whatever a foreign file makes of the reader
        raise ValueError(f"{path} is no pickle of plain data: {error or type(error).__name__}"
                         ) from error
    if not isinstance(found, dict):
        raise ValueError(f"{path} is a pickle of a {type(found).__name__}, where a dict was "
                         "expected")
    return found


def _plain(value: Any, made: dict[int, Any]) -> Any:
    """A value with arrays in the place of what stands for them; `made` has, by their ids, those
    that were met, each with what became of it."""
    if isinstance(value, bytes | str | int | float | None):
        return value
    if id(value) not in made:
        made[id(value)] = value, _changed(value, made)
    return made[id(value)][1]


def _changed(value: Any, made: dict[int, Any]) -> Any:
    if isinstance(value, HeldArray) and value.array is not None:
        return value.array
    if isinstance(value, dict):
        return {key.decode("latin1") if isinstance(key, bytes) else key: _plain(item, made)
                for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, made) for item in value]
    raise pickle.UnpicklingError(f"it holds a {type(value).__name__}")
