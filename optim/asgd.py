"""Averaged stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from autograd import Tensor, kernels
from optim.optimizer import CountingOptimizer, Params, check_at_least_zero


class ASGD(CountingOptimizer):
    r"""Stochastic gradient descent that also keeps the average of its weights, state "ax".

        g = grad + weight_decay w                  (-grad with `maximize`)
        w = (1 - lambd eta) w - eta g,      eta = lr / (1 + lambd lr t)^alpha  (lr at first)
        a = a + mu (w - a),                 mu = 1 / max(1, t - t0)

    eta and mu being those of the step before.

    Raises: ValueError for a negative lr or weight_decay.
    Reference: Polyak & Juditsky 1992, "Acceleration of stochastic approximation by averaging".
    """

    _scalars = ("step", "eta", "mu")
    _switches = ("foreach", "differentiable", "capturable")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = dict(
            lr=lr, lambd=lambd, alpha=alpha, t0=t0, weight_decay=weight_decay, maximize=maximize
        )
        super().__init__(params, defaults)

    def _check_options(self, group: dict[str, Any]) -> None:
        check_at_least_zero(type(self).__name__, group, "lr", "weight_decay")

    def _arrays(self, group: dict[str, Any]) -> dict[str, float]:
        return {"ax": 0.0}

    def _prepare(self, param: Tensor, group: dict[str, Any]) -> tuple[float, float]:
        """eta and mu of this step; those of the next are stored."""
        step, lr = super()._prepare(param, group), group["lr"]
        eta, mu = (self.state[param][name]._array for name in ("eta", "mu"))
        if step == 1:
            eta[()], mu[()] = lr, 1
        age = eta.item(), mu.item()
        eta[()] = lr / (1 + group["lambd"] * lr * step) ** group["alpha"]
        mu[()] = 1 / max(1, step - group["t0"])
        return age

    def _update(self, params: list, arrays: list, grads: list, group: dict, age: tuple) -> None:
        kernels.asgd_(
            arrays, grads, *self._lists(params, group), *age, group["lambd"],
            group["weight_decay"], group["maximize"],
        )  # fmt: skip
