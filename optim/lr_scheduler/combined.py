"""Schedules made of schedules: one after the other, or all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from autograd.errors import describe
from optim.lr_scheduler.base import LRScheduler, last_write
from optim.lr_scheduler.plateau import ReduceLROnPlateau
from optim.optimizer import Optimizer
from optim.switches import current_rates


class _Combined(LRScheduler):
    """What schedules made of schedules share: the checks and the state."""

    _schedulers: list[LRScheduler]

    def _take(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer) -> None:
        who = type(self).__name__
        for i, scheduler in enumerate(schedulers):
            if not isinstance(scheduler, LRScheduler):
                raise TypeError(
                    f"{who}: schedulers[{i}] must be an LRScheduler, got {describe(scheduler)}"
                )
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(
                    f"{who}: schedulers[{i}] is a ReduceLROnPlateau, whose step() needs a metric; "
                    "step it by itself"
                )
            if scheduler.optimizer is not optimizer:
                raise ValueError(f"{who}: schedulers[{i}] belongs to another optimizer")
            scheduler._before = None  # steps that belong to the whole are none of its own
        self._schedulers, self.optimizer = list(schedulers), optimizer
        self._before = last_write(optimizer)

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer, the schedulers replaced by their state."""
        states = [scheduler.state_dict() for scheduler in self._schedulers]
        return {**super().state_dict(), "_schedulers": states}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what state_dict() gave, for the schedulers too."""
        states = state_dict.get("_schedulers", [])
        if len(states) != len(self._schedulers):
            raise ValueError(
                f"{type(self).__name__}.load_state_dict: the state of {len(states)} schedulers "
                f"for {len(self._schedulers)}"
            )
        for scheduler, state in zip(self._schedulers, states, strict=True):
            scheduler.load_state_dict(state)
        super().load_state_dict({**state_dict, "_schedulers": self._schedulers})


class SequentialLR(_Combined):
    """One schedule after the other: schedulers[i] from the count milestones[i - 1] on, beginning
    there with its count 0 and the rates the optimizer began with.

    Built at a `last_epoch` it walks to the count after it, so that it does not matter at which
    counts its schedulers were built.

    Raises: ValueError unless there is one milestone less than schedulers, all of this optimizer.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        if not schedulers or len(milestones) != len(schedulers) - 1:
            raise ValueError(
                f"SequentialLR: {len(schedulers)} schedulers need one milestone less, got "
                f"{len(milestones)}"
            )
        self._take(schedulers, optimizer)
        self._milestones = list(milestones)
        self._begin()
        if last_epoch >= 0:
            self._before = None
        for _ in range(last_epoch + 1):
            self.step()

    def step(self) -> None:  # type: ignore[override]
        """Step the scheduler whose turn it is."""
        self._watch()
        self.last_epoch += 1
        turn, scheduler = self._turn()
        if turn and self._milestones[turn - 1] == self.last_epoch:
            scheduler.restart()
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()

    def restart(self) -> None:
        """Begin anew, with the first schedule."""
        self._begin()
        self._before = None

    def _begin(self) -> None:
        self.last_epoch = 0
        self._turn()[1].restart()
        self._last_lr = current_rates(self.optimizer)

    def _turn(self) -> tuple[int, LRScheduler]:
        """The scheduler whose turn it is, and its place."""
        turn = bisect_right(self._milestones, self.last_epoch)
        return turn, self._schedulers[turn]

    def _begun(self, rate: float) -> float:
        return self._turn()[1]._begun(rate)


class ChainedScheduler(_Combined):
    """All schedules at once: step() steps each, one after the other, so that their factors
    multiply.

    Raises: ValueError for no schedulers, or those of another optimizer.
    """

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        if not schedulers:
            raise ValueError("ChainedScheduler: got no schedulers")
        self._take(schedulers, optimizer or schedulers[0].optimizer)
        self._note()

    def step(self) -> None:  # type: ignore[override]
        """Step all schedulers."""
        self._watch()
        for group in self.optimizer.param_groups:
            if "initial_lr" not in group:  # it came later, and has to do with all of them
                group["initial_lr"] = self._begun(float(group["lr"]))
        for scheduler in self._schedulers:
            scheduler.step()
        self._note()

    def restart(self) -> None:
        """Begin anew, all of them."""
        for scheduler in self._schedulers:
            scheduler.last_epoch = -1
        self._schedulers[0].restart()
        for scheduler in self._schedulers[1:]:
            scheduler.step()
        self._note()
        self._before = None

    def _begun(self, rate: float) -> float:
        for scheduler in reversed(self._schedulers):
            rate = scheduler._begun(rate)
        return rate

    def _note(self) -> None:
        self._last_lr = current_rates(self.optimizer)
