"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from autograd import Tensor, kernels, zeros
from autograd.complexes import reals
from optim.optimizer import Optimizer, Params, check_at_least_zero


class SGD(Optimizer):
    r"""Stochastic gradient descent, optionally with momentum.

        g = grad + weight_decay w                  (-grad with `maximize`)
        b = momentum b + (1 - dampening) g         (b = g at the first step)
        w = w - lr b                               (g without momentum; g + momentum b: Nesterov)

    `variant` names textbooks' forms of momentum, with b = 0 at first: "classic" has the rate
    within, b = momentum b + lr g, w = w - b; "ema" averages, b = momentum b + (1 - momentum) g.

    Raises: ValueError for a negative lr, momentum or weight_decay; for Nesterov without momentum
        or with dampening; for another variant, or these options with one.
    Reference: Sutskever et al. 2013, "On the importance of initialization and momentum".

    >>> import autograd
    >>> w = autograd.tensor([1.0], requires_grad=True)
    >>> optimizer = SGD([w], lr=0.25)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.item()
    0.5
    """

    _extensions = ("variant",)
    _switches = ("foreach", "differentiable", "fused")

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
        variant: str = "torch",
    ) -> None:
        defaults = dict(
            lr=lr,
            momentum=momentum,
            dampening=dampening,
            weight_decay=weight_decay,
            nesterov=nesterov,
            maximize=maximize,
            variant=variant,
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
        if group["variant"] not in ("torch", "classic", "ema"):
            raise ValueError(
                f"{who}: variant must be 'torch', 'classic' or 'ema', got {group['variant']!r}"
            )
        if group["variant"] != "torch" and (group["nesterov"] or group["dampening"] != 0):
            raise ValueError(
                f"{who}: variant={group['variant']!r} has neither nesterov nor dampening; leave "
                "them out, or the variant"
            )

    def _arrays(self, group: dict[str, Any]) -> dict[str, float]:
        return {"momentum_buffer": 0.0} if group["momentum"] else {}

    def _fitted(
        self, what: str, name: str, value: Any, param: Tensor, group: dict[str, Any]
    ) -> Any:
        # PyTorch saves None where there was no step with momentum yet
        return None if value is None else super()._fitted(what, name, value, param, group)

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
        lr, momentum, dampening = group["lr"], group["momentum"], group["dampening"]
        if momentum and group["variant"] != "torch":
            age = False
            lr, dampening = (1.0, 1 - lr) if group["variant"] == "classic" else (lr, momentum)
        buffers = [reals(self.state[p]["momentum_buffer"]) for p in params] if momentum else None
        kernels.sgd_(
            arrays, grads, buffers, lr, momentum, dampening, group["nesterov"],
            group["weight_decay"], group["maximize"], age,
        )  # fmt: skip
