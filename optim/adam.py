"""Adam and AdamW."""

from __future__ import annotations

from typing import Any

from autograd import Tensor, float32, kernels, tensor, zeros
from optim.optimizer import Optimizer, Params, check_at_least_zero, check_fractions


class Adam(Optimizer):
    r"""Adam: steps of about lr, whatever the scale of the gradient.

        g = grad + weight_decay w                  (-grad with `maximize`)
        m = beta1 m + (1 - beta1) g
        v = beta2 v + (1 - beta2) g^2
        w = w - lr m^ / (sqrt(v^) + eps),   m^ = m / (1 - beta1^t),  v^ = v / (1 - beta2^t)

    with t = 1 at the first step.  `amsgrad` puts the largest v so far in the place of v.

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
    ) -> None:
        defaults = dict(
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            amsgrad=amsgrad,
            maximize=maximize,
        )
        super().__init__(params, defaults)

    def _check_options(self, group: dict[str, Any]) -> None:
        who = type(self).__name__
        check_at_least_zero(who, group, "lr", "eps", "weight_decay")
        check_fractions(who, "betas", group["betas"], 2)

    def _prepare(self, param: Tensor, group: dict[str, Any]) -> float:
        """Count this step; returns its number t."""
        state = self.state[param]
        if not state:
            state["step"] = tensor(0.0, dtype=float32)
            state["exp_avg"] = zeros(param.shape, dtype=param.dtype)
            state["exp_avg_sq"] = zeros(param.shape, dtype=param.dtype)
            if group["amsgrad"]:
                state["max_exp_avg_sq"] = zeros(param.shape, dtype=param.dtype)
        count = state["step"]._array
        step = count[()] = count.item() + 1
        return step

    def _update(self, params: list, arrays: list, grads: list, group: dict, age: float) -> None:
        states = [self.state[p] for p in params]
        averages = [s["exp_avg"]._array for s in states]
        squares = [s["exp_avg_sq"]._array for s in states]
        largest = [s["max_exp_avg_sq"]._array for s in states] if group["amsgrad"] else None
        beta1, beta2 = group["betas"]
        kernels.adam_(
            arrays,
            grads,
            averages,
            squares,
            largest,
            age,
            group["lr"],
            beta1,
            beta2,
            group["eps"],
            group["weight_decay"],
            self._decoupled,
            group["maximize"],
        )


class AdamW(Adam):
    r"""Adam with decoupled weight decay: w shrinks by the factor 1 - lr weight_decay before each
    step, and the averages see the gradient alone.

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
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)
