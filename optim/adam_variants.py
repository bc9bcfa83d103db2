"""Relatives of Adam: Adamax, NAdam and RAdam."""

from __future__ import annotations

import math
from typing import Any

from autograd import Tensor, kernels
from optim.optimizer import CountingOptimizer, Params, check_at_least_zero, check_fractions


class _AdamVariant(CountingOptimizer):
    """What the relatives of Adam share: their options' ranges and their state."""

    def _check_options(self, group: dict[str, Any]) -> None:
        who = type(self).__name__
        check_at_least_zero(who, group, "lr", "eps", "weight_decay")
        check_fractions(who, "betas", group["betas"], 2)

    def _arrays(self, group: dict[str, Any]) -> dict[str, float]:
        return {"exp_avg": 0.0, "exp_avg_sq": 0.0}


class Adamax(_AdamVariant):
    r"""Adam with the largest recent gradient in the place of the root of the squares.

        g = grad + weight_decay w                  (-grad with `maximize`)
        m = beta1 m + (1 - beta1) g
        u = max(beta2 u, |g| + eps)
        w = w - lr / (1 - beta1^t) m / u

    Raises: ValueError for a negative lr, eps or weight_decay, or betas outside [0, 1).
    Reference: Kingma & Ba 2015, algorithm 2.
    """

    _switches = ("foreach", "differentiable", "capturable")

    def __init__(
        self,
        params: Params,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = dict(
            lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, maximize=maximize
        )  # fmt: skip
        super().__init__(params, defaults)

    def _arrays(self, group: dict[str, Any]) -> dict[str, float]:
        return {"exp_avg": 0.0, "exp_inf": 0.0}

    def _update(self, params: list, arrays: list, grads: list, group: dict, age: float) -> None:
        kernels.adamax_(
            arrays, grads, *self._lists(params, group), age, group["lr"], *group["betas"],
            group["eps"], group["weight_decay"], group["maximize"],
        )  # fmt: skip


class NAdam(_AdamVariant):
    r"""Adam with Nesterov's momentum: the step looks ahead along the new average.

        g = grad + weight_decay w                  (-grad with `maximize`)
        m = beta1 m + (1 - beta1) g
        v = beta2 v + (1 - beta2) g^2
        mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2)
        m^ = (1 - mu_t) g / (1 - mu_1 ... mu_t) + mu_(t+1) m / (1 - mu_1 ... mu_(t+1))
        w = w - lr m^ / (sqrt(v / (1 - beta2^t)) + eps)

    `decoupled_weight_decay` shrinks w by 1 - lr weight_decay instead, as AdamW does.

    Raises: ValueError for a negative number, or betas outside [0, 1).
    Reference: Dozat 2016, "Incorporating Nesterov momentum into Adam".
    """

    _scalars = ("step", "mu_product")
    _switches = ("foreach", "capturable", "differentiable")

    def __init__(
        self,
        params: Params,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = dict(
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            momentum_decay=momentum_decay,
            decoupled_weight_decay=decoupled_weight_decay,
            maximize=maximize,
        )
        super().__init__(params, defaults)

    def _check_options(self, group: dict[str, Any]) -> None:
        super()._check_options(group)
        check_at_least_zero(type(self).__name__, group, "momentum_decay")

    def _prepare(self, param: Tensor, group: dict[str, Any]) -> tuple[float, float]:
        """The count t and the product of mu_1 ... mu_t."""
        step = super()._prepare(param, group)
        product = self.state[param]["mu_product"]._array
        if step == 1:
            product[()] = 1
        product *= self._mu(group, step)
        return step, product.item()

    def _mu(self, group: dict[str, Any], step: float) -> float:
        return group["betas"][0] * (1 - 0.5 * 0.96 ** (step * group["momentum_decay"]))

    def _update(self, params: list, arrays: list, grads: list, group: dict, age: tuple) -> None:
        step, product = age
        mu, ahead = self._mu(group, step), self._mu(group, step + 1)
        kernels.nadam_(
            arrays, grads, *self._lists(params, group), step, (1 - mu) / (1 - product),
            ahead / (1 - product * ahead), group["lr"], *group["betas"], group["eps"],
            group["weight_decay"], group["decoupled_weight_decay"], group["maximize"],
        )  # fmt: skip


class RAdam(_AdamVariant):
    r"""Adam whose first steps, while v rests on few gradients, do without it.

        g = grad + weight_decay w                  (-grad with `maximize`)
        m = beta1 m + (1 - beta1) g
        v = beta2 v + (1 - beta2) g^2
        m^ = m / (1 - beta1^t)
        n = 2 / (1 - beta2) - 1,   k = n - 2 t beta2^t / (1 - beta2^t)
        r = sqrt((k - 4) (k - 2) n / ((n - 4) (n - 2) k))
        w = w - lr m^ r sqrt(1 - beta2^t) / (sqrt(v) + eps)    (w - lr times m hat while k <= 5)

    `decoupled_weight_decay` shrinks w by 1 - lr weight_decay instead, as AdamW does.

    Raises: ValueError for a negative number, or betas outside [0, 1).
    Reference: Liu et al. 2020, "On the variance of the adaptive learning rate and beyond".
    """

    _switches = ("foreach", "capturable", "differentiable")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = dict(
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            decoupled_weight_decay=decoupled_weight_decay,
            maximize=maximize,
        )
        super().__init__(params, defaults)

    def _update(self, params: list, arrays: list, grads: list, group: dict, age: float) -> None:
        beta2 = group["betas"][1]
        n = 2 / (1 - beta2) - 1
        k = n - 2 * age * beta2**age / (1 - beta2**age)
        r = math.sqrt((k - 4) * (k - 2) * n / ((n - 4) * (n - 2) * k)) if k > 5 else None
        kernels.radam_(
            arrays, grads, *self._lists(params, group), age, r, group["lr"], *group["betas"],
            group["eps"], group["weight_decay"], group["decoupled_weight_decay"],
            group["maximize"],
        )  # fmt: skip
