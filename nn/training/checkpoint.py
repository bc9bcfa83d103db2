"""Checkpoints: the state of everything in a training, in one file that is replaced as a whole.

The file is `.safetensors`: tensors as such, under names like `model.0.weight`, the rest as JSON.
"""

from __future__ import annotations

import os
import random
from typing import Any

import numpy as np

import autograd
from autograd.errors import describe, did_you_mean


def random_state() -> dict[str, Any]:
    """The states of autograd's default generator, NumPy's and Python's."""
    return {"autograd": autograd.get_rng_state(), "numpy": np.random.get_state(),
            "python": random.getstate()}


def set_random_state(state: dict[str, Any]) -> None:
    """Put the three generators back to a state that random_state returned."""
    autograd.set_rng_state(state["autograd"])
    np.random.set_state(state["numpy"])
    random.setstate(state["python"])


def save_checkpoint(path: str | os.PathLike, **parts: Any) -> None:
    """Write the `state_dict()` of each part (or the part itself, where it is a number, text, list
    or dict), with the states of the random generators.

    A process that is killed meanwhile leaves the file that was there.
    Raises: ValueError for a path that does not end in .safetensors, TypeError for a part that
        cannot be saved.

    >>> import tempfile
    >>> model = nn.Linear(2, 1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     nn.training.save_checkpoint(f"{folder}/last.safetensors", model=model, epoch=3)
    ...     nn.training.load_checkpoint(f"{folder}/last.safetensors", model=model)
    {'epoch': 3}
    """
    _check_path("save_checkpoint", path)
    state = {name: part.state_dict() if hasattr(part, "state_dict") else part
             for name, part in parts.items()}
    write_state(path, {"random": random_state(), **state})


def write_state(path: str | os.PathLike, state: dict[str, Any]) -> None:
    """Write parts of a checkpoint; the part that cannot be saved is named."""
    try:
        autograd.save(state, path)
    except TypeError as error:
        error.add_note("in a checkpoint: obj is the dict of all its parts; a part's state_dict() "
                       "may hold what autograd.save takes")
        raise


def load_checkpoint(path: str | os.PathLike, **parts: Any) -> dict[str, Any]:
    """Give each part its state back with `load_state_dict`, and the random generators theirs;
    returns what else the checkpoint holds.

    Raises: KeyError for a part that the checkpoint lacks; nothing was changed then.
    """
    state = read_state(path)
    for name, part in parts.items():
        if name not in state:
            raise KeyError(f"load_checkpoint: {os.fsdecode(path)} has no {name!r}"
                           f"{did_you_mean(name, state)}; it has {', '.join(state)}")
        if not hasattr(part, "load_state_dict"):
            raise TypeError(f"load_checkpoint: {name} must have load_state_dict(), got "
                            f"{describe(part)}; what has not is returned")
    for name, part in parts.items():
        part.load_state_dict(state.pop(name))
    set_random_state(state.pop("random"))
    return state


def read_state(path: str | os.PathLike) -> dict[str, Any]:
    """The parts of a checkpoint."""
    _check_path("load_checkpoint", path)
    state = autograd.load(path)
    if not isinstance(state, dict) or not isinstance(state.get("random"), dict):
        raise ValueError(f"load_checkpoint: {os.fsdecode(path)} is no checkpoint; for weights "
                         "alone, model.load_state_dict(autograd.load(path))")
    return state


def _check_path(who: str, path: str | os.PathLike) -> None:
    path = os.fsdecode(path)
    if not path.endswith(".safetensors"):
        last = os.path.join(path, "last.safetensors")
        meant = f"; did you mean {last!r}?" if os.path.exists(last) else ""
        raise ValueError(f"{who}: a checkpoint's path ends in .safetensors, got {path!r}{meant}")
