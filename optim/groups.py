"""Parameter groups by name: options for some of a model's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from autograd import Tensor
from autograd.errors import describe, uncalled


def param_groups(model: Any, options: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Groups for an optimizer: of each parameter the options of the first entry that it matches.

    An entry's key is one or several patterns, with blanks between, as for file names (* ? [abc]).
    A pattern matches a parameter's path in the model, as in "encoder.0.bias", or the class it
    belongs to and its own name, as in "BatchNorm2d.weight".  What matches no entry comes first,
    in a group with the optimizer's own options.

    Raises: TypeError for what is no model, ValueError for an entry that no parameter is left for.

    >>> import nn, optim
    >>> model = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.Linear(4, 1))
    >>> groups = param_groups(model, {"*bias *Norm*": {"weight_decay": 0.0}})
    >>> [(len(group["params"]), group.get("weight_decay")) for group in groups]
    [(2, None), (4, 0.0)]
    >>> optimizer = optim.AdamW(groups, weight_decay=0.1)
    """
    for method in ("named_parameters", "named_modules"):
        if not hasattr(model, method) or uncalled(model):
            raise TypeError(f"param_groups: model must have {method}(), got {describe(model)}"
                            f"{uncalled(model)}")
    rest: list[Tensor] = []
    found: dict[str, list[Tensor]] = {key: [] for key in options}
    owners = {path: type(module).__name__ for path, module in model.named_modules()}
    for path, param in model.named_parameters():
        owner, _, name = path.rpartition(".")
        names = path, f"{owners[owner]}.{name}"
        fit = next((key for key in options if _matches(names, key)), None)
        (rest if fit is None else found[fit]).append(param)
    for key, params in found.items():
        if not params:
            raise ValueError(f"param_groups: {key!r} matches no parameter of "
                             f"{type(model).__name__} that an earlier entry has not; their names: "
                             f"{', '.join(name for name, _ in model.named_parameters())}")
    groups = [{**options[key], "params": params} for key, params in found.items()]
    return [{"params": rest}, *groups] if rest else groups


def _matches(names: tuple[str, str], patterns: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns.split() for name in names)
