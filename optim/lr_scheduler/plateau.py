"""A schedule by what is measured, not by a counter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import SupportsFloat

from autograd import Tensor
from autograd.errors import describe
from optim.lr_scheduler.base import LRScheduler, check_optimizer, per_group
from optim.optimizer import Optimizer
from optim.switches import current_rates, set_rate


class ReduceLROnPlateau(LRScheduler):
    """lr = max(factor lr, min_lr) after more than `patience` calls of step(metrics) in which the
    metric was no better than the best so far; then nothing for `cooldown` calls.

    Better is below best (1 - threshold), or best - threshold with threshold_mode "abs"; with mode
    "max", above best (1 + threshold), or best + threshold.  Changes of up to `eps` are not made.

    Raises: ValueError for a factor of 1 or more, another mode or threshold_mode.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        who = "ReduceLROnPlateau"
        check_optimizer(who, optimizer)
        if not factor < 1:
            raise ValueError(f"{who}: factor must be below 1, got {factor}")
        if mode not in ("min", "max"):
            raise ValueError(f"{who}: mode must be 'min' or 'max', got {mode!r}")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(
                f"{who}: threshold_mode must be 'rel' or 'abs', got {threshold_mode!r}"
            )
        self.optimizer = optimizer
        self.mode, self.threshold, self.threshold_mode = mode, threshold, threshold_mode
        self.factor, self.patience, self.cooldown, self.eps = factor, patience, cooldown, eps
        self.min_lrs = per_group(who, "min_lr", min_lr, len(optimizer.param_groups))
        self.mode_worse = math.inf if mode == "min" else -math.inf
        self.best = self.mode_worse
        self.cooldown_counter = self.num_bad_epochs = self.last_epoch = 0
        self._last_lr = current_rates(optimizer)

    def step(self, metrics: SupportsFloat) -> None:  # type: ignore[override]
        """Take note of a metric, and lower the learning rates if it is time to."""
        current = _number(metrics)
        self.last_epoch += 1
        if self._better(current):
            self.best, self.num_bad_epochs = current, 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = current_rates(self.optimizer)

    @property
    def in_cooldown(self) -> bool:
        """Whether calls are still to pass before bad ones count."""
        return self.cooldown_counter > 0

    def _better(self, current: float) -> bool:
        sign = 1 if self.mode == "min" else -1
        if self.threshold_mode == "rel":
            limit = self.best * (1 - sign * self.threshold)
        else:
            limit = self.best - sign * self.threshold
        return sign * current < sign * limit

    def _reduce(self) -> None:
        groups = self.optimizer.param_groups
        lowest = [*self.min_lrs, *self.min_lrs[-1:] * (len(groups) - len(self.min_lrs))]
        for group, low in zip(groups, lowest, strict=True):
            rate = float(group["lr"])
            lower = max(rate * self.factor, low)
            if rate - lower > self.eps:
                set_rate(group, lower)


def _number(metrics: SupportsFloat) -> float:
    single = metrics.numel() == 1 if isinstance(metrics, Tensor) else hasattr(metrics, "__float__")
    if not single:
        raise TypeError("ReduceLROnPlateau.step: metrics must be the number that is watched, such "
                        "as the loss on the validation set: scheduler.step(loss), got "
                        f"{describe(metrics)}")
    return float(metrics.detach() if isinstance(metrics, Tensor) else metrics)
