"""Loading an optimizer's state dict: everything is checked before anything is changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import Tensor, from_numpy
from autograd.errors import describe, uncalled
from optim.switches import plain

if TYPE_CHECKING:
    from optim.optimizer import Optimizer


def load(optimizer: Optimizer, state_dict: Mapping[str, Any]) -> None:
    """Take over groups and state; see Optimizer.load_state_dict."""
    who = f"{type(optimizer).__name__}.load_state_dict"
    _check_parts(who, state_dict)
    groups = _merged(who, optimizer, state_dict["param_groups"])
    indices = [index for group in state_dict["param_groups"] for index in group["params"]]
    saved = state_dict["state"]
    strangers = [index for index in saved if index not in indices]
    if strangers:
        raise ValueError(
            f"{who}: there is state of {strangers[0]!r}, which is none of the saved groups' "
            f"parameters {indices}"
        )
    state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
    pairs = [(param, group) for group in groups for param in group["params"]]
    for index, (param, group) in zip(indices, pairs, strict=True):
        what = f"parameter {index}"
        entries = saved.get(index, {})
        if not isinstance(entries, Mapping):
            raise TypeError(f"{who}: the state of {what} must be a dict, got {describe(entries)}")
        optimizer._check_state(f"{who}: {what}", entries, group)
        for name, value in entries.items():
            whole = f"{who}: {name} of {what}"
            state[param][name] = optimizer._fitted(whole, name, value, param, group)
    for group, new in zip(optimizer.param_groups, groups, strict=True):
        group.update(new)
    optimizer.state = state


def _with_keys(value: Any) -> str:
    if not isinstance(value, Mapping):
        return f"{describe(value)}{uncalled(value)}"
    return f"one with {', '.join(map(repr, list(value)[:3])) or 'none'}; is it a model's?"


def _check_parts(who: str, state_dict: Any) -> None:
    if not isinstance(state_dict, Mapping) or not {"state", "param_groups"} <= state_dict.keys():
        raise ValueError(
            f"{who}: expected a dict with the keys 'state' and 'param_groups', "
            f"got {_with_keys(state_dict)}"
        )
    saved, groups = state_dict["state"], state_dict["param_groups"]
    if not isinstance(saved, Mapping):
        raise TypeError(f"{who}: 'state' must be a dict, got {describe(saved)}")
    if not isinstance(groups, (list, tuple)) or not all(
        isinstance(group, Mapping) and isinstance(group.get("params"), (list, tuple))
        for group in groups
    ):
        raise TypeError(
            f"{who}: 'param_groups' must be a list of dicts with the key 'params', "
            f"got {describe(groups)}"
        )


def _merged(who: str, optimizer: Optimizer, groups: list) -> list[dict[str, Any]]:
    """The optimizer's groups with the saved options, which must be all and in range."""
    saved = [len(group["params"]) for group in groups]
    mine = [len(group["params"]) for group in optimizer.param_groups]
    if saved != mine:
        raise ValueError(
            f"{who}: the saved groups hold {saved} parameters, this optimizer's "
            f"{mine}; build it from the same parameters in the same order"
        )
    needed = [name for name in optimizer.defaults if name not in optimizer._extensions]
    missing = [name for name in needed for group in groups if name not in group]
    if missing:
        raise ValueError(
            f"{who}: the saved groups have no {', '.join(dict.fromkeys(missing))};"
            " were they saved by another kind of optimizer?"
        )
    merged = [
        {**group, **new, "params": group["params"]}
        for group, new in zip(optimizer.param_groups, groups, strict=True)
    ]
    for group in merged:
        optimizer._check_options(plain(who, group))
    return merged


def fitted(what: str, value: Any, shape: tuple[int, ...], dtype: Any) -> Tensor:
    """A copy of a saved tensor or array, in this dtype; raises where it is none of this shape."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        value = from_numpy(value)
    if not isinstance(value, Tensor):
        raise TypeError(f"{what} must be a tensor {tuple(shape)}, got {describe(value)}")
    if value.shape != shape:
        raise ValueError(
            f"{what} has shape {tuple(value.shape)}, but the parameter "
            f"{tuple(shape)}; were the parameters in another order?"
        )
    return value.detach().to(dtype).clone()


def number(what: str, value: Any) -> float:
    """A saved number, which may be a tensor or an array of one element."""
    try:
        if isinstance(value, (str, bytes)):
            raise TypeError("a text")
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"{what} must be a number, got {describe(value)}") from None
