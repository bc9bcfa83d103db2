"""Schedules that come back: warm restarts, cycles of rate and momentum, and one cycle."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from optim.lr_scheduler.base import LRScheduler, check_optimizer, check_positive, per_group
from optim.optimizer import Optimizer
from optim.switches import set_rate

Numbers = float | Sequence[float]


class CosineAnnealingWarmRestarts(LRScheduler):
    """lr = eta_min + (base - eta_min) (1 + cos(pi T_cur / T_i)) / 2, T_cur counting from 0 to T_i
    and again; T_i is T_0 at first and T_mult times as long each time.

    step(epoch) puts the count anywhere, also between two whole numbers.

    Raises: ValueError unless T_0 is above 0 and T_mult at least 1.
    Reference: Loshchilov & Hutter 2017, "SGDR", equation 5.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        check_positive("CosineAnnealingWarmRestarts", "T_0", T_0)
        if T_mult < 1:
            raise ValueError(
                f"CosineAnnealingWarmRestarts: T_mult must be at least 1, got {T_mult}"
            )
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, eta_min
        self.T_i, self.T_cur = float(T_0), 0.0
        super().__init__(optimizer, last_epoch)

    def step(self, epoch: float | None = None) -> None:
        """Count one more, or go to `epoch`, and set the learning rates that belong there."""
        at = self.last_epoch + 1 if epoch is None else epoch
        if at < 0:
            raise ValueError(f"CosineAnnealingWarmRestarts.step: epoch is below 0: {at}")
        self._watch()
        self._admit()
        self.T_i, self.T_cur = self.T_0, at
        while self.T_cur >= self.T_i and self.T_mult > 1:
            self.T_cur -= self.T_i
            self.T_i *= self.T_mult
        self.T_cur %= self.T_i
        self.last_epoch = math.floor(at)
        self._set(self.get_lr())

    def get_lr(self) -> list[float]:
        high = self._height()
        return [self.eta_min + (base - self.eta_min) * high for base in self.base_lrs]

    def _height(self) -> float:
        return (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2

    def _begun(self, rate: float) -> float:
        return self.eta_min + (rate - self.eta_min) / (self._height() or 1.0)


class _Momentum(LRScheduler):
    """Sets the momentum of each group too: "momentum", or beta1 of "betas" where it has these."""

    cycle_momentum: bool
    use_beta1: bool

    def _admit(self) -> None:
        known, groups = len(self.base_lrs), len(self.optimizer.param_groups)
        if groups > known:
            who = type(self).__name__
            raise ValueError(
                f"{who}: group {known} of the optimizer was added after the {who} was built, which "
                "has no rates for it; add all groups first, or build a new one"
            )

    def _begin_momentum(
        self, low: Numbers, high: Numbers, last_epoch: int
    ) -> tuple[list[float], list[float]]:
        """The least and the greatest momentum of each group."""
        who, optimizer = type(self).__name__, self.optimizer
        if not {"momentum", "betas"} & optimizer.defaults.keys():
            raise ValueError(
                f"{who}: {type(optimizer).__name__} has neither momentum nor betas to cycle; pass "
                "cycle_momentum=False"
            )
        self.use_beta1 = "betas" in optimizer.defaults
        groups = optimizer.param_groups
        lows = per_group(who, "base_momentum", low, len(groups))
        highs = per_group(who, "max_momentum", high, len(groups))
        if last_epoch == -1:
            for group, base, top in zip(groups, lows, highs, strict=True):
                group["base_momentum"], group["max_momentum"] = base, top
        return lows, highs

    def _set_momentum(self, group: dict[str, Any], momentum: float) -> None:
        if self.use_beta1:
            group["betas"] = (momentum, *group["betas"][1:])
        else:
            group["momentum"] = momentum


class CyclicLR(_Momentum):
    """lr = base_lr + (max_lr - base_lr) h scale, h going from 0 to 1 in step_size_up counts and
    back in step_size_down; momentum = max_momentum - (max_momentum - base_momentum) h scale.

    scale is 1 ("triangular"), 2^(1 - cycle) ("triangular2"), gamma^t ("exp_range"), or scale_fn
    of the cycle, counted from 1, or of t, as scale_mode ("cycle" or "iterations") tells.

    Raises: ValueError for another mode, or an optimizer without momentum, unless
        cycle_momentum=False.
    Reference: Smith 2017, "Cyclical learning rates for training neural networks".
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: Numbers,
        max_lr: Numbers,
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: Numbers = 0.8,
        max_momentum: Numbers = 0.9,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer("CyclicLR", optimizer)
        check_positive("CyclicLR", "step_size_up", step_size_up)
        if mode not in ("triangular", "triangular2", "exp_range") and scale_fn is None:
            modes = "'triangular', 'triangular2' or 'exp_range'"
            raise ValueError(f"CyclicLR: without scale_fn mode must be {modes}, got {mode!r}")
        self.optimizer = optimizer
        groups = optimizer.param_groups
        lows = per_group("CyclicLR", "base_lr", base_lr, len(groups))
        self.max_lrs = per_group("CyclicLR", "max_lr", max_lr, len(groups))
        down = step_size_up if step_size_down is None else step_size_down
        self.total_size = float(step_size_up + down)
        self.step_ratio = step_size_up / self.total_size
        self.mode, self.gamma, self._scale_fn_custom = mode, gamma, scale_fn
        own = "iterations" if mode == "exp_range" else "cycle"
        self.scale_mode = own if scale_fn is None else scale_mode
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.base_momentums, self.max_momentums = self._begin_momentum(
                base_momentum, max_momentum, last_epoch
            )
        if last_epoch == -1:
            for group, low in zip(groups, lows, strict=True):
                set_rate(group, low, "initial_lr")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        cycles, t = self.last_epoch / self.total_size, self.last_epoch
        cycle = math.floor(1 + cycles)
        x, up = 1 + cycles - cycle, self.step_ratio
        height = x / up if x <= up else (1 - x) / (1 - up)
        height *= self.scale_fn(cycle if self.scale_mode == "cycle" else t)
        if self.cycle_momentum:
            for group, low, high in zip(
                self.optimizer.param_groups, self.base_momentums, self.max_momentums, strict=False
            ):
                self._set_momentum(group, high - (high - low) * height)
        return [
            low + (high - low) * height
            for low, high in zip(self.base_lrs, self.max_lrs, strict=True)
        ]

    def scale_fn(self, x: float) -> float:
        """The factor of the height at a cycle or count."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        return {"triangular": 1.0, "triangular2": 0.5 ** (x - 1)}.get(self.mode, self.gamma**x)

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer and a scale_fn."""
        return {**super().state_dict(), "_scale_fn_custom": None}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what state_dict() gave; scale_fn stays this scheduler's own."""
        super().load_state_dict({**state_dict, "_scale_fn_custom": self._scale_fn_custom})


class OneCycleLR(_Momentum):
    """One cycle over total_steps (or epochs steps_per_epoch): the rate rises from
    max_lr / div_factor to max_lr in the first pct_start of the steps, then falls to that start
    divided by final_div_factor; momentum falls and rises meanwhile.

    `anneal_strategy` is "cos" or "linear"; with `three_phase` the fall first mirrors the rise.

    Raises: ValueError for options out of range, an optimizer without momentum, unless
        cycle_momentum=False, and a step beyond the last.
    Reference: Smith & Topin 2019, "Super-convergence".
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: Numbers,
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: Numbers = 0.85,
        max_momentum: Numbers = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer("OneCycleLR", optimizer)
        self.optimizer = optimizer
        self.total_steps = _total_steps(total_steps, epochs, steps_per_epoch)
        if not 0 <= pct_start <= 1:
            raise ValueError(f"OneCycleLR: pct_start must be in [0, 1], got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"OneCycleLR: anneal_strategy must be 'cos' or 'linear', got {anneal_strategy!r}"
            )
        self._schedule_phases = _phases(self.total_steps, pct_start, three_phase)
        self._anneal_func_type = anneal_strategy
        if last_epoch == -1:
            highs = per_group("OneCycleLR", "max_lr", max_lr, len(optimizer.param_groups))
            for group, high in zip(optimizer.param_groups, highs, strict=True):
                group["initial_lr"], group["max_lr"] = high / div_factor, high
                group["min_lr"] = group["initial_lr"] / final_div_factor
        else:
            _check_begun(optimizer, last_epoch)
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._begin_momentum(base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        t = self.last_epoch
        if t > self.total_steps:
            raise ValueError(
                f"OneCycleLR: step {t} of a cycle of {self.total_steps}; the schedule is over: "
                "step() belongs behind each of total_steps = epochs * len(loader) batches"
            )
        start, phase = 0.0, self._schedule_phases[0]
        for following in self._schedule_phases[1:]:
            if t <= phase["end_step"]:
                break
            start, phase = phase["end_step"], following
        done = (t - start) / (phase["end_step"] - start)
        groups = self.optimizer.param_groups
        if self.cycle_momentum:
            for group in groups:
                low, high = group[phase["start_momentum"]], group[phase["end_momentum"]]
                self._set_momentum(group, self._between(low, high, done))
        return [self._between(group[phase["start_lr"]], group[phase["end_lr"]], done)
                for group in groups]  # fmt: skip

    def _between(self, start: float, end: float, done: float) -> float:
        if self._anneal_func_type == "linear":
            return start + (end - start) * done
        return end + (start - end) * (1 + math.cos(math.pi * done)) / 2


def _check_begun(optimizer: Optimizer, last_epoch: int) -> None:
    if not all({"max_lr", "min_lr"} <= group.keys() for group in optimizer.param_groups):
        raise KeyError(
            f"OneCycleLR: last_epoch={last_epoch} goes on with a schedule, but the optimizer's "
            "groups have no 'max_lr' and 'min_lr': load the optimizer's state_dict first"
        )


def _total_steps(total: int | None, epochs: int | None, per_epoch: int | None) -> int:
    if total is None:
        if epochs is None or per_epoch is None:
            raise ValueError("OneCycleLR: give total_steps, or epochs and steps_per_epoch: "
                             "epochs=10, steps_per_epoch=len(loader)")
        check_positive("OneCycleLR", "epochs", epochs)
        check_positive("OneCycleLR", "steps_per_epoch", per_epoch)
        return epochs * per_epoch
    check_positive("OneCycleLR", "total_steps", total)
    return total


def _phases(total: int, rise: float, three: bool) -> list[dict[str, Any]]:
    """Where each phase ends, and between which entries of a group it goes."""
    fall = ("initial_lr", "max_momentum") if three else ("min_lr", "max_momentum")
    corners = [
        (0.0, "initial_lr", "max_momentum"),
        (rise * total - 1, "max_lr", "base_momentum"),
        (2 * rise * total - 2 if three else total - 1, *fall),
    ]
    if three:
        corners.append((total - 1, "min_lr", "max_momentum"))
    return [
        dict(end_step=end, start_lr=lr, end_lr=next_lr,
             start_momentum=momentum, end_momentum=next_momentum)
        for (_, lr, momentum), (end, next_lr, next_momentum) in zip(
            corners, corners[1:], strict=False)
    ]  # fmt: skip
