"""What PyTorch's optimizers are told about their implementation, and what an option may be."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import Any

from autograd import Tensor
from autograd.errors import check_switches


def with_switches(init: Callable, names: tuple[str, ...]) -> Callable:
    """A constructor that also takes these of `foreach`, `fused`, `capturable` and
    `differentiable`; all parameters are updated by one call here, whatever they are."""
    @wraps(init)
    def construct(self, *args, **kwargs) -> None:
        given = {name: kwargs.pop(name) for name in names if name in kwargs}
        if given:
            _check(type(self).__name__, given)
        init(self, *args, **kwargs)

    taken = signature(init)
    added = [Parameter(name, Parameter.KEYWORD_ONLY, annotation="bool | None",
                       default=None if name in ("foreach", "fused") else False) for name in names]
    construct.__signature__ = taken.replace(  # type: ignore[attr-defined]
        parameters=[*taken.parameters.values(), *added])
    return construct


def _check(who: str, given: dict[str, Any]) -> None:
    check_switches(who, **{name: value for name, value in given.items() if value is not None})
    on = {name for name, value in given.items() if value}
    if {"foreach", "fused"} <= on:
        raise RuntimeError(f"{who}: foreach and fused cannot both be True; leave both out")
    if "differentiable" in on:
        raise NotImplementedError(
            f"{who}: differentiable=True is not supported, steps have no gradient; write the step "
            "with ops, w - lr * autograd.grad(loss, w, create_graph=True)[0]")


def plain(who: str, group: dict[str, Any]) -> dict[str, Any]:
    """The group, with the number that a learning rate, or another option, given as a Tensor has
    now."""
    if not isinstance(group.get("lr"), Tensor):
        return group
    if group["lr"].numel() != 1:
        raise ValueError(f"{who}: lr must be a number or a Tensor of one element, got one of "
                         f"{group['lr'].numel()}")
    return {name: value.item() if isinstance(value, Tensor) and value.numel() == 1 else value
            for name, value in group.items()}


def set_rate(group: dict[str, Any], rate: float, also: str | None = None) -> None:
    """Set a group's learning rate, and `also` another option; a Tensor stays the one it is."""
    if also is not None:
        group[also] = rate
    if isinstance(group["lr"], Tensor):
        group["lr"].detach().fill_(rate)
    else:
        group["lr"] = rate


def current_rates(optimizer: Any) -> list[float]:
    """The learning rates of all groups, as numbers."""
    return [group["lr"].item() if isinstance(group["lr"], Tensor) else group["lr"]
            for group in optimizer.param_groups]
