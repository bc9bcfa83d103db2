"""Schedules in closed form, which multiply where several work on one optimizer."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable

from optim.lr_scheduler.base import Curve, check_milestones, check_positive
from optim.optimizer import Optimizer


class StepLR(Curve):
    """lr(t) = base gamma^floor(t / step_size).

    Without the floor, base gamma^(t / step_size), it is ExponentialLR with gamma^(1 / step_size).
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        check_positive("StepLR", "step_size", step_size)
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _factor(self, t: int) -> float:
        return self.gamma ** (t // self.step_size)


class MultiStepLR(Curve):
    """lr(t) = base gamma^(number of milestones up to t)."""

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        check_milestones("MultiStepLR", milestones)
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _factor(self, t: int) -> float:
        return self.gamma ** bisect_right(sorted(self.milestones.elements()), t)


class ConstantLR(Curve):
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

    def _factor(self, t: int) -> float:
        return self.factor if t < self.total_iters else 1.0


class LinearLR(Curve):
    """lr(t) = base times a factor that goes from start_factor to end_factor in total_iters."""

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        check_positive("LinearLR", "start_factor", start_factor)
        check_positive("LinearLR", "total_iters", total_iters)
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _factor(self, t: int) -> float:
        done = min(t, self.total_iters) / self.total_iters
        return self.start_factor + (self.end_factor - self.start_factor) * done


class ExponentialLR(Curve):
    """lr(t) = base gamma^t.

    The decay base e^(-k t) has gamma = exp(-k); the smooth step decay base d^(t / n), which falls
    by the factor d in n steps, has gamma = d^(1 / n).
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _factor(self, t: int) -> float:
        return self.gamma**t


class TimeBasedLR(Curve):
    """lr(t) = base / (1 + decay t), also called inverse time decay.

    Raises: ValueError for a negative decay.
    """

    def __init__(self, optimizer: Optimizer, decay: float, last_epoch: int = -1) -> None:
        if not decay >= 0:
            raise ValueError(f"TimeBasedLR: decay must be at least 0, got {decay}")
        self.decay = decay
        super().__init__(optimizer, last_epoch)

    def _factor(self, t: int) -> float:
        return 1 / (1 + self.decay * t)


class CosineAnnealingLR(Curve):
    """lr(t) = eta_min + (base - eta_min) (1 + cos(pi t / T_max)) / 2.

    Reference: Loshchilov & Hutter 2017, "SGDR", equation 5, without restarts.
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        check_positive("CosineAnnealingLR", "T_max", T_max)
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def _factor(self, t: int) -> float:
        return (1 + math.cos(math.pi * t / self.T_max)) / 2


class PolynomialLR(Curve):
    """lr(t) = base (1 - min(t, total_iters) / total_iters)^power."""

    def __init__(
        self,
        optimizer: Optimizer,
        total_iters: int = 5,
        power: float = 1.0,
        last_epoch: int = -1,
    ) -> None:
        check_positive("PolynomialLR", "total_iters", total_iters)
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def _factor(self, t: int) -> float:
        return (1 - min(t, self.total_iters) / self.total_iters) ** self.power
