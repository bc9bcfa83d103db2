"""Loading a state dict: everything is checked before anything is changed."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping

import numpy as np

import autograd
from autograd import Tensor
from autograd.errors import did_you_mean

from .parameter import Parameter

_Keys = namedtuple("_Keys", ("missing_keys", "unexpected_keys"))


class IncompatibleKeys(_Keys):
    """What load_state_dict found: the keys that were missing and those it had no use for."""

    __slots__ = ()

    def __repr__(self) -> str:
        return super().__repr__() if self[0] or self[1] else "<All keys matched successfully>"


def named_state(module, prefix: str = ""):
    """(name, owner, attribute, tensor) of every parameter and persistent buffer of the tree."""
    for path, owner in module.named_modules(prefix=prefix, remove_duplicate=False):
        for kind in ("parameter", "buffer"):
            for name, tensor in owner._members(kind).items():
                if tensor is not None and name not in owner._transient:
                    yield (f"{path}.{name}" if path else name), owner, name, tensor


def load(module, state_dict: Mapping, strict: bool, assign: bool) -> IncompatibleKeys:
    """Copy (or, with `assign`, set) the values of a state dict; see Module.load_state_dict."""
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"{type(module).__name__}.load_state_dict: a mapping of names to tensors "
                        f"is needed, got {type(state_dict).__name__}")
    own = {name: (owner, attribute, tensor)
           for name, owner, attribute, tensor in named_state(module)}
    given = {name: _as_tensor(module, name, value) for name, value in state_dict.items()}
    missing = [name for name in own if name not in given]
    unexpected = [name for name in given if name not in own]
    misfits = [name for name in own if name in given and given[name].shape != own[name][2].shape]
    if misfits or strict and (missing or unexpected):
        shapes = {name: tuple(entry[2].shape) for name, entry in own.items()}
        raise RuntimeError(_account(type(module).__name__, shapes, given, misfits,
                                    missing if strict else [], unexpected if strict else []))
    _check_ties(type(module).__name__, own, given)
    assigned: dict[int, Tensor] = {}  # what took the place of a tensor, for its other names
    for name, (owner, attribute, tensor) in own.items():
        if name not in given:
            continue
        if assign:
            if id(tensor) not in assigned:
                assigned[id(tensor)] = _replacement(tensor, given[name])
            setattr(owner, attribute, assigned[id(tensor)])
        else:
            with autograd.no_grad():
                tensor.copy_(given[name])
    return IncompatibleKeys(missing, unexpected)


def _check_ties(who: str, own: dict, given: dict[str, Tensor]) -> None:
    """Raise if two names of one tensor are given different values."""
    first: dict[int, str] = {}
    for name, (_, _, tensor) in own.items():
        if name not in given:
            continue
        other = first.setdefault(id(tensor), name)
        if other == name:
            continue
        a, b = (given[key].detach().numpy() for key in (other, name))
        if not np.array_equal(a, b, equal_nan=a.dtype.kind == b.dtype.kind == "f"):
            raise RuntimeError(
                f"{who}.load_state_dict: {other!r} and {name!r} are one tensor in the model, but "
                "differ in the state dict; nothing was loaded.\nDelete the wrong one from the "
                "state dict and load with strict=False, or give the model two tensors")


def _as_tensor(module, name: str, value) -> Tensor:
    """Tensors, ndarrays and whatever NumPy reads as numbers, such as PyTorch's tensors."""
    if isinstance(value, Tensor):
        return value
    try:
        return autograd.from_numpy(np.asarray(value))
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(f"{type(module).__name__}.load_state_dict: {name!r} must be a tensor or "
                        f"an array, got {type(value).__name__} ({error})") from error


def _replacement(tensor: Tensor, value: Tensor) -> Tensor:
    """A given tensor as what it takes the place of."""
    if not isinstance(tensor, Parameter):
        return value.detach()
    return Parameter(value.detach(), tensor.requires_grad)


def _account(who: str, shapes: dict, given: dict, misfits: list, missing: list,
             unexpected: list) -> str:
    """The message: a line of advice where one change mends all, then a table."""
    rows = [("in the model", "in the state dict", "problem")]
    for name in misfits:
        rows.append((f"{name} {shapes[name]}", f"{name} {tuple(given[name].shape)}",
                     _misfit(shapes[name], tuple(given[name].shape))))
    rows += [(f"{name} {shapes[name]}", "-", "missing") for name in missing]
    free = missing or list(shapes)
    for name in unexpected:
        shape = tuple(given[name].shape)
        rows.append(("-", f"{name} {shape}", "unexpected" + _meant(name, shape, free, shapes)))
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    table = [f"  {a:<{widths[0]}}  {b:<{widths[1]}}  {c}" for a, b, c in rows]
    return "\n".join([f"{who}.load_state_dict: {len(rows) - 1} of the keys do not fit; nothing was "
                      f"loaded.{_prefix_advice(shapes, given)}", *table])


def _misfit(wanted: tuple, got: tuple) -> str:
    return "shape; the transpose fits: .T" if got[::-1] == wanted else "shape"


def _meant(name: str, shape: tuple, free: list[str], shapes: dict) -> str:
    """The free key that an unexpected one most likely stands for: a near name, if possible one of
    its shape."""
    same = [key for key in free if shapes[key] == shape]
    return did_you_mean(name, same) or did_you_mean(name, free)


def _prefix_advice(shapes: dict, given: dict) -> str:
    """What to do where all names differ by one prefix, as DataParallel's `module.`."""
    strip = "{{k.removeprefix({0!r}): v for k, v in state_dict.items()}}"
    prepend = "{{{0!r} + k: v for k, v in state_dict.items()}}"
    for longer, shorter, where, advice in ((given, shapes, "state dict", strip),
                                           (shapes, given, "model", prepend)):
        first = next(iter(shorter), "")
        for prefix in {key[: -len(first)] for key in longer if key.endswith(f".{first}")}:
            if all(prefix + key in longer for key in shorter):
                return (f"\nAll names of the {where} begin with {prefix!r}; this fits: "
                        f"{advice.format(prefix)}")
    return ""
