"""Resilient propagation."""

from __future__ import annotations

from typing import Any

from autograd import kernels
from optim.optimizer import CountingOptimizer, Params, check_at_least_zero, check_tuple


class Rprop(CountingOptimizer):
    r"""Resilient propagation: steps along the gradient's sign, each weight with a size of its own.

        s = s etas[1]                  where g (the gradient) has the sign of the step before,
        s = s etas[0],  g = 0          where it has the other;   s = lr at first
        w = w - sign(g) s              with s kept within `step_sizes`

    For gradients of the whole data set, not of batches.

    Raises: ValueError for a negative lr, or unless 0 < etas[0] < 1 < etas[1].
    Reference: Riedmiller & Braun 1993, "A direct adaptive method for faster backpropagation".
    """

    _switches = ("capturable", "foreach", "differentiable")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        maximize: bool = False,
    ) -> None:
        defaults = dict(lr=lr, etas=etas, step_sizes=step_sizes, maximize=maximize)
        super().__init__(params, defaults)

    def _check_options(self, group: dict[str, Any]) -> None:
        who = type(self).__name__
        check_at_least_zero(who, group, "lr")
        shrink, grow = check_tuple(who, "etas", group["etas"], 2)
        if not 0 < shrink < 1 < grow:
            raise ValueError(f"{who}: etas must be 0 < etas[0] < 1 < etas[1], got {group['etas']}")
        low, high = check_tuple(who, "step_sizes", group["step_sizes"], 2)
        if not low <= high:
            raise ValueError(
                f"{who}: step_sizes must be the smallest and the largest step, got "
                f"{group['step_sizes']}"
            )

    def _arrays(self, group: dict[str, Any]) -> dict[str, float]:
        return {"prev": 0.0, "step_size": group["lr"]}

    def _update(self, params: list, arrays: list, grads: list, group: dict, age: float) -> None:
        kernels.rprop_(
            arrays, grads, *self._lists(params, group), group["etas"], group["step_sizes"],
            group["maximize"],
        )  # fmt: skip
