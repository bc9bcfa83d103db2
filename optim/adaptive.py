"""Gradients divided by the root of their squares: Adagrad, RMSprop and Adadelta."""

from __future__ import annotations

from typing import Any

from autograd import kernels
from optim.optimizer import CountingOptimizer, Params, check_at_least_zero, check_range


class Adagrad(CountingOptimizer):
    r"""Adagrad: each weight's rate falls with the sum of its squared gradients.

        g = grad + weight_decay w                  (-grad with `maximize`)
        v = v + g^2                                (v = initial_accumulator_value at first)
        w = w - lr / (1 + (t - 1) lr_decay) g / (sqrt(v) + eps)

    `eps_inside_sqrt` divides by sqrt(v + eps).

    Raises: ValueError for a negative number.
    Reference: Duchi et al. 2011, "Adaptive subgradient methods".
    """

    _extensions = ("eps_inside_sqrt",)
    _switches = ("foreach", "differentiable", "fused")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
        eps_inside_sqrt: bool = False,
    ) -> None:
        defaults = dict(
            lr=lr,
            lr_decay=lr_decay,
            eps=eps,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            maximize=maximize,
            eps_inside_sqrt=eps_inside_sqrt,
        )
        super().__init__(params, defaults)

    def _check_options(self, group: dict[str, Any]) -> None:
        names = "lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps"
        check_at_least_zero(type(self).__name__, group, *names)

    def _arrays(self, group: dict[str, Any]) -> dict[str, float]:
        return {"sum": group["initial_accumulator_value"]}

    def _update(self, params: list, arrays: list, grads: list, group: dict, age: float) -> None:
        kernels.adagrad_(
            arrays, grads, *self._lists(params, group), age, group["lr"], group["lr_decay"],
            group["eps"], group["weight_decay"], group["maximize"], group["eps_inside_sqrt"],
        )  # fmt: skip


class RMSprop(CountingOptimizer):
    r"""RMSprop: the gradient over the root of a running average of its squares.

        g = grad + weight_decay w                  (-grad with `maximize`)
        v = alpha v + (1 - alpha) g^2
        m = alpha m + (1 - alpha) g                (m = 0 unless `centered`)
        b = momentum b + g / (sqrt(v - m^2) + eps)
        w = w - lr b

    `eps_inside_sqrt` divides by sqrt(v - m^2 + eps).

    Raises: ValueError for a negative number.
    Reference: Hinton 2012, lecture 6e; centered: Graves 2013, equation 38.
    """

    _extensions = ("eps_inside_sqrt",)
    _switches = ("capturable", "foreach", "differentiable")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        *,
        maximize: bool = False,
        eps_inside_sqrt: bool = False,
    ) -> None:
        defaults = dict(
            lr=lr,
            momentum=momentum,
            alpha=alpha,
            eps=eps,
            centered=centered,
            weight_decay=weight_decay,
            maximize=maximize,
            eps_inside_sqrt=eps_inside_sqrt,
        )
        super().__init__(params, defaults)

    def _check_options(self, group: dict[str, Any]) -> None:
        names = "lr", "alpha", "eps", "weight_decay", "momentum"
        check_at_least_zero(type(self).__name__, group, *names)

    def _arrays(self, group: dict[str, Any]) -> dict[str, float]:
        used = {"square_avg": True, "momentum_buffer": group["momentum"],
                "grad_avg": group["centered"]}  # fmt: skip
        return {name: 0.0 for name, use in used.items() if use}

    def _update(self, params: list, arrays: list, grads: list, group: dict, age: float) -> None:
        lists = dict(zip(self._arrays(group), self._lists(params, group), strict=True))
        kernels.rmsprop_(
            arrays, grads, lists["square_avg"], lists.get("grad_avg"),
            lists.get("momentum_buffer"), group["lr"], group["alpha"], group["eps"],
            group["weight_decay"], group["momentum"], group["maximize"],
            group["eps_inside_sqrt"],
        )  # fmt: skip


class Adadelta(CountingOptimizer):
    r"""Adadelta: steps in the unit of the weights, from running averages of squares.

        g = grad + weight_decay w                  (-grad with `maximize`)
        v = rho v + (1 - rho) g^2
        d = g sqrt(u + eps) / sqrt(v + eps)
        u = rho u + (1 - rho) d^2
        w = w - lr d

    Raises: ValueError for a negative number or rho above 1.
    Reference: Zeiler 2012, "ADADELTA: an adaptive learning rate method", algorithm 1.
    """

    _switches = ("foreach", "capturable", "differentiable")

    def __init__(
        self,
        params: Params,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = dict(lr=lr, rho=rho, eps=eps, weight_decay=weight_decay, maximize=maximize)
        super().__init__(params, defaults)

    def _check_options(self, group: dict[str, Any]) -> None:
        who = type(self).__name__
        check_at_least_zero(who, group, "lr", "eps", "weight_decay")
        check_range(who, "rho", group["rho"], lambda rho: 0 <= rho <= 1, "in [0, 1]")

    def _arrays(self, group: dict[str, Any]) -> dict[str, float]:
        return {"square_avg": 0.0, "acc_delta": 0.0}

    def _update(self, params: list, arrays: list, grads: list, group: dict, age: float) -> None:
        kernels.adadelta_(
            arrays, grads, *self._lists(params, group), group["lr"], group["rho"], group["eps"],
            group["weight_decay"], group["maximize"],
        )  # fmt: skip
