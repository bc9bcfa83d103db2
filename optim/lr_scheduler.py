"""Schedules of the learning rate: functions of a counter.

A scheduler counts its own steps, `last_epoch`, from 0, and sets the learning rate of each group
from that count and the rate it began with.  It knows nothing of optimizer.step(), so the order of
the two calls changes no more than which rate an update sees.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
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
        _check_optimizer(who, optimizer)
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


class LambdaLR(LRScheduler):
    """lr(t) = base lr_lambda(t), with one function for all groups or a list of one for each.

    Functions are not part of the state_dict.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        _check_optimizer("LambdaLR", optimizer)
        groups = len(optimizer.param_groups)
        self.lr_lambdas = [lr_lambda] * groups if callable(lr_lambda) else list(lr_lambda)
        if len(self.lr_lambdas) != groups:
            raise ValueError(
                f"LambdaLR: {len(self.lr_lambdas)} functions for {groups} parameter groups; give "
                "one for all, or one for each"
            )
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        return [
            base * function(self.last_epoch)
            for base, function in zip(self.base_lrs, self.lr_lambdas, strict=True)
        ]

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer and the functions."""
        return {name: v for name, v in super().state_dict().items() if name != "lr_lambdas"}


class _Curve(LRScheduler):
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


class StepLR(_Curve):
    """lr(t) = base gamma^floor(t / step_size)."""

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        _check_positive("StepLR", "step_size", step_size)
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _rate(self, base: float, t: int) -> float:
        return base * self.gamma ** (t // self.step_size)


class MultiStepLR(_Curve):
    """lr(t) = base gamma^(number of milestones up to t)."""

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones = sorted(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _rate(self, base: float, t: int) -> float:
        return base * self.gamma ** bisect_right(self.milestones, t)


class ConstantLR(_Curve):
    """lr(t) = base factor while t < total_iters, then base."""

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1.0 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _rate(self, base: float, t: int) -> float:
        return base * self.factor if t < self.total_iters else base


class LinearLR(_Curve):
    """lr(t) = base times a factor that goes from start_factor to end_factor in total_iters."""

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        _check_positive("LinearLR", "start_factor", start_factor)
        _check_positive("LinearLR", "total_iters", total_iters)
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _rate(self, base: float, t: int) -> float:
        done = min(t, self.total_iters) / self.total_iters
        return base * (self.start_factor + (self.end_factor - self.start_factor) * done)


class ExponentialLR(_Curve):
    """lr(t) = base gamma^t."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _rate(self, base: float, t: int) -> float:
        return base * self.gamma**t


class CosineAnnealingLR(_Curve):
    """lr(t) = eta_min + (base - eta_min) (1 + cos(pi t / T_max)) / 2.

    Reference: Loshchilov & Hutter 2017, "SGDR", equation 5, without restarts.
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        _check_positive("CosineAnnealingLR", "T_max", T_max)
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def _rate(self, base: float, t: int) -> float:
        return self.eta_min + (base - self.eta_min) * (1 + math.cos(math.pi * t / self.T_max)) / 2


def _check_optimizer(who: str, optimizer: Any) -> None:
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{who}: optimizer must be an Optimizer, got {type(optimizer).__name__}")


def _check_positive(who: str, name: str, value: float) -> None:
    if not value > 0:
        raise ValueError(f"{who}: {name} must be above 0, got {value}")
