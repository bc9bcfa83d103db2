"""The base of the schedules, and of those that are a curve in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.errors import Constructed, describe, ordered, warn
from autograd.slips import hint
from optim.optimizer import Optimizer
from optim.slips import has_stepped
from optim.switches import current_rates, set_rate


class LRScheduler(Constructed):
    """Base of the schedules: a subclass defines `get_lr`, the rates of all groups at the count
    `self.last_epoch`, from `self.base_lrs`, their rates at the start.

    `last_epoch`, of an optimizer that was loaded, is one less than the count its rates belong to;
    -1 begins.  A group that the optimizer gets later joins at the next step.

    Raises: KeyError if `last_epoch` is given for an optimizer that never had a scheduler.
    """

    _replayed = ("step",)  # methods that a compiled step calls as they are
    _before: int | None = None  # the last write into a parameter, until the first step looks at it

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        who = type(self).__name__
        check_optimizer(who, optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", current_rates(optimizer)[i])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"{who}: last_epoch={last_epoch} goes on with a schedule, but group {i} of the "
                    "optimizer has no 'initial_lr': load the optimizer's state_dict first, or "
                    "leave last_epoch at -1 to begin"
                )
        self.optimizer = optimizer
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._last_lr: list[float] = []  # empty until the first step, which ends in __init__
        self.step()
        if last_epoch == -1:
            self._before = last_write(optimizer)

    def step(self, epoch: int | None = None) -> None:
        """Count one more, and set the learning rates that belong to the new count.

        Deprecated: `epoch` goes to that count, as if the schedule had begun there.
        """
        self._watch()
        self._admit()
        if epoch is not None:
            warn(f"{type(self).__name__}.step(epoch) is deprecated; call step() once for "
                 "each epoch")
            self.last_epoch = epoch
            self._set(self._at_once())
            return
        self.last_epoch += 1
        self._set(self.get_lr())

    def _at_once(self) -> list[float]:
        """The rates at the count, whatever they were before."""
        return self.get_lr()

    def _watch(self) -> None:
        """Warn in the first step if no parameter has been written since the schedule began."""
        before, self._before = self._before, None
        if (before is not None and before == last_write(self.optimizer)
                and not has_stepped(self.optimizer)):
            hint("scheduler first",
                 f"{type(self).__name__}.step() came before the first optimizer.step(), so no "
                 "update sees the first learning rate; call optimizer.step() first")

    def _admit(self) -> None:
        """Give a base rate to each group that the optimizer got since the last step."""
        for group in self.optimizer.param_groups[len(self.base_lrs):]:
            if "initial_lr" not in group:
                group["initial_lr"] = self._begun(float(group["lr"]))
            self.base_lrs = [*self.base_lrs, group["initial_lr"]]

    def _begun(self, rate: float) -> float:
        """The rate with which a group that has `rate` now would have begun."""
        return rate

    def restart(self) -> None:
        """Begin anew: count 0, and the rates the schedule began with."""
        self._admit()
        self._set(list(self.base_lrs))
        self.last_epoch, self._before = -1, None
        self.step()

    def get_lr(self) -> list[float]:
        """The learning rate of each group at the count `last_epoch`."""
        raise NotImplementedError(f"{type(self).__name__} must define get_lr()")

    def get_last_lr(self) -> list[float]:
        """The learning rates that were set last."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer."""
        return {name: value for name, value in vars(self).items()
                if name not in ("optimizer", "_before")}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what state_dict() gave, and set the learning rates that were set then."""
        missing = self.state_dict().keys() - state_dict.keys()
        if missing:
            raise ValueError(
                f"{type(self).__name__}.load_state_dict: {', '.join(sorted(missing))} missing; "
                "was it saved by another kind of scheduler?"
            )
        groups = self.optimizer.param_groups
        if len(state_dict["_last_lr"]) > len(groups):
            raise ValueError(
                f"{type(self).__name__}.load_state_dict: the state is of "
                f"{len(state_dict['_last_lr'])} parameter groups, the optimizer has {len(groups)}; "
                "add the others first"
            )
        vars(self).update(state_dict, _before=None)
        for group, rate in zip(groups, self._last_lr, strict=False):
            set_rate(group, rate)

    def _set(self, rates: list[float]) -> None:
        groups = self.optimizer.param_groups
        if len(rates) != len(groups):
            raise ValueError(
                f"{type(self).__name__}.get_lr: {len(rates)} rates for {len(groups)} parameter "
                "groups; return one for each"
            )
        for group, rate in zip(groups, rates, strict=True):
            set_rate(group, rate)
        self._last_lr = rates


class Curve(LRScheduler):
    """A schedule given by `_factor(t)`: lr(t) = eta_min + (base - eta_min) factor(t).

    Where another scheduler, or the user, has meanwhile set another rate, that rate is scaled as
    the curve would have been; so two of these on one optimizer multiply.
    """

    eta_min = 0.0  # scaled is the distance to this rate

    def _factor(self, t: int) -> float:
        raise NotImplementedError

    def _at(self, base: float, factor: float) -> float:
        return self.eta_min + (base - self.eta_min) * factor

    def get_lr(self) -> list[float]:
        rates = current_rates(self.optimizer)
        t = self.last_epoch
        before, now = self._factor(t - 1) if t else 1.0, self._factor(t)
        if not self._last_lr and t:  # loaded rates stay; one nobody has scheduled yet is at 1
            return [self._at(base, now) if rate == base else rate
                    for rate, base in zip(rates, self.base_lrs, strict=True)]
        return [self._next(rate, base, before, now)
                for rate, base in zip(rates, self.base_lrs, strict=True)]

    def _at_once(self) -> list[float]:
        factor = self._factor(self.last_epoch)
        return [self._at(base, factor) for base in self.base_lrs]

    def _next(self, rate: float, base: float, before: float, now: float) -> float:
        """The rate after `rate`, where the factor goes from `before` to `now`."""
        if now == before:
            return rate
        if not before or rate == self._at(base, before):
            return self._at(base, now)
        return self._at(rate, now / before)

    def _begun(self, rate: float) -> float:
        return self._at(rate, 1 / (self._factor(self.last_epoch) or 1.0))


def last_write(optimizer: Optimizer) -> int:
    """When, in the count of all nodes and writes, a parameter was last written."""
    return max(param._version[0] for group in optimizer.param_groups for param in group["params"])


def check_optimizer(who: str, optimizer: Any) -> None:
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{who}: optimizer must be an Optimizer, got {describe(optimizer)}; write "
                        f"{who}(optimizer, ...)")


def check_positive(who: str, name: str, value: float) -> None:
    if not isinstance(value, (int, float, np.number)):
        raise TypeError(f"{who}: {name} must be a number above 0, got {describe(value)}")
    if not value > 0:
        raise ValueError(f"{who}: {name} must be above 0, got {value}")


def check_milestones(who: str, milestones: Any) -> None:
    if not ordered(milestones) or not all(hasattr(at, "__index__") for at in milestones):
        got = describe(milestones) if not ordered(milestones) else f"{milestones!r:.60}"
        raise TypeError(f"{who}: milestones must be a list of counts of step(), such as [30, 80], "
                        f"got {got}")


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
