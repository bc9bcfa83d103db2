"""The base of the schedules, and of those that are a curve in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from optim.optimizer import Optimizer


class LRScheduler:
    """Base of the schedules: a subclass defines `get_lr`, the rates of all groups at the count
    `self.last_epoch`, from `self.base_lrs`, their rates at the start.

    `last_epoch` is the count to go on from, of an optimizer that was loaded; -1 begins.

    Raises: KeyError if `last_epoch` is given for an optimizer that never had a scheduler.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        who = type(self).__name__
        check_optimizer(who, optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"{who}: last_epoch={last_epoch} goes on with a schedule, but group {i} of the "
                    "optimizer has no 'initial_lr': load the optimizer's state_dict first, or "
                    "leave last_epoch at -1 to begin"
                )
        self.optimizer = optimizer
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._last_lr: list[float] = []
        self.step()

    def step(self) -> None:
        """Count one more, and set the learning rates that belong to the new count."""
        self.last_epoch += 1
        self._set(self.get_lr())

    def restart(self) -> None:
        """Begin anew: count 0, and the rates the schedule began with."""
        self._set(list(self.base_lrs))
        self.last_epoch = -1
        self.step()

    def get_lr(self) -> list[float]:
        """The learning rate of each group at the count `last_epoch`."""
        raise NotImplementedError(f"{type(self).__name__} must define get_lr()")

    def get_last_lr(self) -> list[float]:
        """The learning rates that were set last."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer."""
        return {name: value for name, value in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what state_dict() gave, and set the learning rates that were set then."""
        missing = self.state_dict().keys() - state_dict.keys()
        if missing:
            raise ValueError(
                f"{type(self).__name__}.load_state_dict: {', '.join(sorted(missing))} missing; "
                "was it saved by another kind of scheduler?"
            )
        vars(self).update(state_dict)
        self._set(list(self._last_lr))

    def _set(self, rates: list[float]) -> None:
        for group, rate in zip(self.optimizer.param_groups, rates, strict=False):
            group["lr"] = rate
        self._last_lr = rates


class Curve(LRScheduler):
    """A schedule given by `_rate(base, t)`.

    Where another scheduler, or the user, has meanwhile set another rate, that rate is scaled as
    the curve would have been; so two of these on one optimizer multiply.
    """

    eta_min = 0.0  # scaled is the distance to this rate

    def _rate(self, base: float, t: int) -> float:
        raise NotImplementedError

    def get_lr(self) -> list[float]:
        rates, t, low = [], self.last_epoch, self.eta_min
        for group, base in zip(self.optimizer.param_groups, self.base_lrs, strict=False):
            before, rate = base if t == 0 else self._rate(base, t - 1), self._rate(base, t)
            if group["lr"] != before and before != low:
                rate = low + (group["lr"] - low) * (rate - low) / (before - low)
            rates.append(rate)
        return rates


def check_optimizer(who: str, optimizer: Any) -> None:
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{who}: optimizer must be an Optimizer, got {type(optimizer).__name__}")


def check_positive(who: str, name: str, value: float) -> None:
    if not value > 0:
        raise ValueError(f"{who}: {name} must be above 0, got {value}")


def per_group(who: str, name: str, values: float | Sequence[float], groups: int) -> list[float]:
    """A number for each group, from one for all or a list of one for each."""
    if not isinstance(values, (list, tuple)):
        return [values] * groups  # type: ignore[list-item]
    if len(values) != groups:
        raise ValueError(
            f"{who}: {len(values)} values of {name} for {groups} parameter groups; give one for "
            "all, or one for each"
        )
    return list(values)
