"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from autograd import Tensor, kernels, zeros
from optim.optimizer import Optimizer, Params, check_at_least_zero


class SGD(Optimizer):
    r"""Stochastic gradient descent, optionally with momentum.

        g = grad + weight_decay w                  (-grad with `maximize`)
        b = momentum b + (1 - dampening) g         (b = g at the first step)
        w = w - lr b                               (g without momentum; g + momentum b: Nesterov)

    Raises: ValueError for a negative lr, momentum or weight_decay; for Nesterov without momentum
        or with dampening.
    Reference: Sutskever et al. 2013, "On the importance of initialization and momentum".

    >>> import autograd
    >>> w = autograd.tensor([1.0], requires_grad=True)
    >>> optimizer = SGD([w], lr=0.25)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.item()
    0.5
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = dict(
            lr=lr,
            momentum=momentum,
            dampening=dampening,
            weight_decay=weight_decay,
            nesterov=nesterov,
            maximize=maximize,
        )
        super().__init__(params, defaults)

    def _check_options(self, group: dict[str, Any]) -> None:
        who = type(self).__name__
        check_at_least_zero(who, group, "lr", "momentum", "weight_decay")
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError(
                f"{who}: nesterov=True needs momentum > 0 and dampening = 0, got "
                f"momentum={group['momentum']}, dampening={group['dampening']}"
            )

    def _prepare(self, param: Tensor, group: dict[str, Any]) -> bool:
        """Whether this is the first step with momentum."""
        if not group["momentum"]:
            return False
        state = self.state[param]
        if state.get("momentum_buffer") is not None:
            return False
        state["momentum_buffer"] = zeros(param.shape, dtype=param.dtype)
        return True

    def _update(self, params: list, arrays: list, grads: list, group: dict, age: bool) -> None:
        momentum, buffers, state = group["momentum"], None, self.state
        if momentum:
            buffers = [state[p]["momentum_buffer"]._array for p in params]
        kernels.sgd_(
            arrays,
            grads,
            buffers,
            group["lr"],
            momentum,
            group["dampening"],
            group["nesterov"],
            group["weight_decay"],
            group["maximize"],
            age,
        )
