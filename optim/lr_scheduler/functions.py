"""Schedules given by functions of the count; functions are not part of the state_dict."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd.errors import describe, ordered
from optim.lr_scheduler.base import LRScheduler, check_optimizer
from optim.optimizer import Optimizer
from optim.switches import current_rates


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
        functions: Any = lr_lambda if ordered(lr_lambda) else [lr_lambda]
        for function in functions:
            if not callable(function):
                raise TypeError(f"{who}: lr_lambda must be a function of the count that gives a "
                                f"factor, such as lambda epoch: 0.9 ** epoch, got "
                                f"{describe(function)}")
        self.lr_lambdas = [lr_lambda] * groups if callable(lr_lambda) else list(lr_lambda)
        if len(self.lr_lambdas) != groups:
            raise ValueError(
                f"{who}: {len(self.lr_lambdas)} functions for {groups} parameter groups; give "
                "one for all, or one for each"
            )
        super().__init__(optimizer, last_epoch)

    def _admit(self) -> None:
        known, groups = len(self.lr_lambdas), len(self.optimizer.param_groups)
        if groups > known and any(f is not self.lr_lambdas[0] for f in self.lr_lambdas):
            raise ValueError(
                f"{type(self).__name__}: group {known} of the optimizer was added later, and the "
                f"{known} groups before it have each a function of their own; append one to "
                "lr_lambdas for the new group"
            )
        self.lr_lambdas = self.lr_lambdas + self.lr_lambdas[:1] * (groups - known)
        super()._admit()

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

    def _begun(self, rate: float) -> float:
        return rate / (self.lr_lambdas[0](self.last_epoch) or 1.0)


class MultiplicativeLR(_Functions):
    """lr(t) = lr(t - 1) lr_lambda(t), with one function for all groups or one for each."""

    def get_lr(self) -> list[float]:
        rates, t = current_rates(self.optimizer), self.last_epoch
        if t == 0:
            return rates
        pairs = zip(rates, self.base_lrs, self.lr_lambdas, strict=True)
        if not self._last_lr:  # loaded rates stay; one nobody has scheduled yet is at 0
            return [rate * math.prod(map(function, range(1, t + 1))) if rate == base else rate
                    for rate, base, function in pairs]
        return [rate * function(t) for rate, _, function in pairs]

    def _begun(self, rate: float) -> float:
        done = math.prod(map(self.lr_lambdas[0], range(1, self.last_epoch + 1)))
        return rate / (done or 1.0)
