"""Schedules given by functions of the count; functions are not part of the state_dict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from optim.lr_scheduler.base import LRScheduler, check_optimizer
from optim.optimizer import Optimizer


class _Functions(LRScheduler):
    """A schedule by functions of the count, one for all groups or one for each."""

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        who = type(self).__name__
        check_optimizer(who, optimizer)
        groups = len(optimizer.param_groups)
        self.lr_lambdas = [lr_lambda] * groups if callable(lr_lambda) else list(lr_lambda)
        if len(self.lr_lambdas) != groups:
            raise ValueError(
                f"{who}: {len(self.lr_lambdas)} functions for {groups} parameter groups; give "
                "one for all, or one for each"
            )
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer; None in the place of each function."""
        return {**super().state_dict(), "lr_lambdas": [None] * len(self.lr_lambdas)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what state_dict() gave; the functions stay this scheduler's own."""
        super().load_state_dict({**state_dict, "lr_lambdas": self.lr_lambdas})


class LambdaLR(_Functions):
    """lr(t) = base lr_lambda(t), with one function for all groups or a list of one for each."""

    def get_lr(self) -> list[float]:
        return [
            base * function(self.last_epoch)
            for base, function in zip(self.base_lrs, self.lr_lambdas, strict=True)
        ]


class MultiplicativeLR(_Functions):
    """lr(t) = lr(t - 1) lr_lambda(t), with one function for all groups or one for each."""

    def get_lr(self) -> list[float]:
        rates = [group["lr"] for group in self.optimizer.param_groups]
        if self.last_epoch == 0:
            return rates
        return [
            rate * function(self.last_epoch)
            for rate, function in zip(rates, self.lr_lambdas, strict=False)
        ]
