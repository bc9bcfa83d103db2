"""Adam and AdamW."""

from __future__ import annotations

from typing import Any

from autograd import kernels
from optim.optimizer import CountingOptimizer, Params, check_at_least_zero, check_fractions


class Adam(CountingOptimizer):
    r"""Adam: steps of about lr, whatever the scale of the gradient.

        g = grad + weight_decay w                  (-grad with `maximize`)
        m = beta1 m + (1 - beta1) g
        v = beta2 v + (1 - beta2) g^2
        w = w - lr m^ / (sqrt(v^) + eps),   m^ = m / (1 - beta1^t),  v^ = v / (1 - beta2^t)

    with t = 1 at the first step.  `amsgrad` puts the largest v so far in the place of v.
    `eps_inside_sqrt` divides by sqrt(v^ + eps); without `bias_correction` m^ = m and v^ = v.

    Raises: ValueError for a negative lr, eps or weight_decay, or betas outside [0, 1).
    Reference: Kingma & Ba 2015, algorithm 1; Reddi et al. 2018, algorithm 2 (AMSGrad).

    >>> import autograd
    >>> w = autograd.tensor([3.0], requires_grad=True, dtype=autograd.float64)
    >>> optimizer = Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> round(w.item(), 6)
    2.9
    """

    _decoupled = False
    _extensions = ("eps_inside_sqrt", "bias_correction")
    _switches = ("foreach", "capturable", "differentiable", "fused")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        eps_inside_sqrt: bool = False,
        bias_correction: bool = True,
    ) -> None:
        defaults = dict(
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            amsgrad=amsgrad,
            maximize=maximize,
            eps_inside_sqrt=eps_inside_sqrt,
            bias_correction=bias_correction,
        )
        super().__init__(params, defaults)

    def _check_options(self, group: dict[str, Any]) -> None:
        who = type(self).__name__
        check_at_least_zero(who, group, "lr", "eps", "weight_decay")
        check_fractions(who, "betas", group["betas"], 2)

    def _arrays(self, group: dict[str, Any]) -> dict[str, float]:
        names = {"exp_avg": 0.0, "exp_avg_sq": 0.0}
        return {**names, "max_exp_avg_sq": 0.0} if group["amsgrad"] else names

    def _update(self, params: list, arrays: list, grads: list, group: dict, age: float) -> None:
        averages, squares, *largest = self._lists(params, group)
        kernels.adam_(
            arrays, grads, averages, squares, largest[0] if largest else None, age,
            group["lr"], *group["betas"], group["eps"], group["weight_decay"], self._decoupled,
            group["maximize"], group["eps_inside_sqrt"], group["bias_correction"],
        )  # fmt: skip


class AdamW(Adam):
    r"""Adam with decoupled weight decay: the averages see the gradient alone.

        w = (1 - lr weight_decay) w
        g = grad                                   (-grad with `maximize`)
        m = beta1 m + (1 - beta1) g
        v = beta2 v + (1 - beta2) g^2
        w = w - lr m^ / (sqrt(v^) + eps),   m^ = m / (1 - beta1^t),  v^ = v / (1 - beta2^t)

    The other options are Adam's.

    Raises: as Adam.
    Reference: Loshchilov & Hutter 2019, algorithm 2.
    """

    _decoupled = True

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        eps_inside_sqrt: bool = False,
        bias_correction: bool = True,
    ) -> None:
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize,
            eps_inside_sqrt=eps_inside_sqrt, bias_correction=bias_correction,
        )  # fmt: skip
