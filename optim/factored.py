"""Methods for matrices: Adafactor, whose memory is a row and a column, and Muon."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from autograd import Tensor, float32, tensor, zeros
from optim.optimizer import (
    CountingOptimizer,
    Optimizer,
    Params,
    check_at_least_zero,
    check_range,
    check_tuple,
)
from optim.state import fitted, number


class Adafactor(CountingOptimizer):
    r"""Adafactor: Adam's square averages kept as one row and one column of each matrix, and steps
    in the unit of the weights.

        w = (1 - lr weight_decay) w
        g = grad                                   (-grad with `maximize`)
        r = r + t^beta2_decay (mean(g^2) - r)      (over the last dimension, of size 1 then)
        s = s + t^beta2_decay (mean(g^2) - s)      (over the last but one)
        v = r s / max(mean(r), eps1)               (of vectors the average of g^2 itself)
        u = g / sqrt(max(v, eps1^2))
        a = max(eps2, rms(w)) min(lr, 1 / sqrt(t))
        w = w - a u / max(1, rms(u) / d)

    with t = 1 at the first step, and rms the root of the mean square.  `eps` is (eps1, eps2); where
    eps1 is None it is the dtype's precision.

    Raises: ValueError for a negative lr, eps or weight_decay, a beta2_decay above 0 or d below 1.
    Reference: Shazeer & Stern 2018, "Adafactor: adaptive learning rates with sublinear memory
    cost".

    >>> import autograd
    >>> w = autograd.ones(2, 3, requires_grad=True)
    >>> optimizer = Adafactor([w], lr=0.5)
    >>> w.sum().backward()
    >>> optimizer.step()
    >>> w[0, 0].item(), optimizer.state[w]["row_var"].shape
    (0.5, Size([2, 1]))
    """

    _takes_complex = False
    _switches = ("foreach",)

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = dict(lr=lr, beta2_decay=beta2_decay, eps=eps, d=d, weight_decay=weight_decay,
                        maximize=maximize)
        super().__init__(params, defaults)

    def _check_options(self, group: dict[str, Any]) -> None:
        who = type(self).__name__
        check_at_least_zero(who, group, "lr", "weight_decay")
        check_range(who, "beta2_decay", group["beta2_decay"], lambda x: x <= 0, "at most 0")
        check_range(who, "d", group["d"], lambda x: x >= 1, "at least 1")
        for i, eps in enumerate(check_tuple(who, "eps", group["eps"], 2)):
            if eps is not None or i:
                check_range(who, f"eps[{i}]", eps, lambda x: x >= 0, "a number of at least 0")

    @staticmethod
    def _shapes(param: Tensor) -> dict[str, tuple[int, ...]]:
        """Names and shapes of the averages of a parameter."""
        shape = tuple(param.shape)
        if len(shape) < 2:
            return {"variance": shape}
        return {"row_var": (*shape[:-1], 1), "col_var": (*shape[:-2], 1, shape[-1])}

    def _prepare(self, param: Tensor, group: dict[str, Any]) -> float:
        state = self.state[param]
        for name, shape in self._shapes(param).items():
            if name not in state:
                state.setdefault("step", tensor(0.0, dtype=float32))
                state[name] = zeros(shape, dtype=param.dtype)
        return super()._prepare(param, group)

    def _fitted(
        self, what: str, name: str, value: Any, param: Tensor, group: dict[str, Any]
    ) -> Any:
        if name == "step":
            return tensor(number(what, value), dtype=float32)
        shape = self._shapes(param).get(name)
        return value if shape is None else fitted(what, value, shape, param.dtype)

    def _update(self, params: list, arrays: list, grads: list, group: dict, age: float) -> None:
        lr, share, (eps1, eps2) = group["lr"], age ** group["beta2_decay"], group["eps"]
        for param, w, g in zip(params, arrays, grads, strict=True):
            if not w.size:
                continue
            wide = np.promote_types(w.dtype, np.float32)  # float16 holds no squares
            g, x = (-g if group["maximize"] else g).astype(wide, copy=False), w.astype(wide)
            floor = float(np.finfo(w.dtype).eps) if eps1 is None else eps1
            size = max(eps2, _rms(x)) * min(lr, 1 / sqrt(age))
            averages = []
            for name, axis in zip(self._shapes(param), (-1, -2), strict=False):
                square = g * g if w.ndim < 2 else (g * g).mean(axis, keepdims=True)
                kept = self.state[param][name]._array
                averages.append(kept + share * (square - kept))
                kept[...] = averages[-1]
            v = averages[0]
            if w.ndim > 1:
                v = v @ averages[1] / np.maximum(v.mean(-2, keepdims=True), floor)
            update = g / np.sqrt(np.maximum(v, floor * floor))
            step = size / max(1.0, _rms(update) / group["d"]) * update
            w[...] = x * (1 - lr * group["weight_decay"]) - step


def _rms(x: np.ndarray) -> float:
    return float(np.linalg.norm(x)) / sqrt(max(x.size, 1))


class Muon(Optimizer):
    r"""Muon: momentum whose singular values are brought near to 1, for matrices; train vectors and
    embeddings with AdamW.

        b = b + (1 - momentum) (grad - b)
        u = b                                      (grad + momentum (b - grad): Nesterov)
        u = u / max(norm(u), eps)
        u = a u + (b u u^T + c (u u^T)^2) u        (ns_steps times: Newton and Schulz)
        w = (1 - lr weight_decay) w - r lr u

    `ns_coefficients` are a, b, c.  `adjust_lr_fn` says what r is: "original", the default, is
    max(1, rows / columns)^(1/2), "match_rms_adamw" 0.2 max(rows, columns)^(1/2).  All is computed
    in the parameter's dtype, where PyTorch takes bfloat16.

    Raises: ValueError for parameters that are no matrices, a negative lr, momentum or weight_decay,
        ns_steps of 100 or more, or another adjust_lr_fn.
    Reference: Jordan 2024, "Muon: an optimizer for hidden layers in neural networks".

    >>> import autograd
    >>> w = autograd.eye(2, requires_grad=True)
    >>> optimizer = Muon([w], lr=0.5, weight_decay=0.0)
    >>> w.sum().backward()
    >>> optimizer.step()
    >>> bool((w < autograd.eye(2)).all())
    True
    """

    _takes_complex = False

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        defaults = dict(lr=lr, weight_decay=weight_decay, momentum=momentum, nesterov=nesterov,
                        ns_coefficients=ns_coefficients, eps=eps, ns_steps=ns_steps,
                        adjust_lr_fn=adjust_lr_fn)
        super().__init__(params, defaults)

    def _check_options(self, group: dict[str, Any]) -> None:
        who = type(self).__name__
        check_at_least_zero(who, group, "lr", "momentum", "weight_decay", "eps")
        check_tuple(who, "ns_coefficients", group["ns_coefficients"], 3)
        check_range(who, "ns_steps", group["ns_steps"], lambda n: 0 <= n < 100, "from 0 to 99")
        if group["adjust_lr_fn"] not in (None, "original", "match_rms_adamw"):
            raise ValueError(f"{who}: adjust_lr_fn must be 'original' or 'match_rms_adamw', got "
                             f"{group['adjust_lr_fn']!r}")
        for i, param in enumerate(group["params"]):
            if param.ndim != 2:
                raise ValueError(f"{who}: params[{i}] has shape {tuple(param.shape)}, but only "
                                 "matrices can be trained; give the others to AdamW")

    def _arrays(self, group: dict[str, Any]) -> dict[str, float]:
        return {"momentum_buffer": 0.0}

    def _prepare(self, param: Tensor, group: dict[str, Any]) -> None:
        state = self.state[param]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = zeros(param.shape, dtype=param.dtype)

    def _update(self, params: list, arrays: list, grads: list, group: dict, age: Any) -> None:
        lr, momentum = group["lr"], group["momentum"]
        for param, w, g in zip(params, arrays, grads, strict=True):
            b = self.state[param]["momentum_buffer"]._array
            b += (1 - momentum) * (g - b)
            u = g + momentum * (b - g) if group["nesterov"] else b
            u = _unit_singular_values(u, group["ns_coefficients"], group["ns_steps"], group["eps"])
            rows, columns = w.shape
            if group["adjust_lr_fn"] == "match_rms_adamw":
                scale = 0.2 * sqrt(max(rows, columns))
            else:
                scale = sqrt(max(1, rows / columns))
            w *= 1 - lr * group["weight_decay"]
            w -= scale * lr * u


def _unit_singular_values(u: np.ndarray, coefficients: tuple, steps: int,
                          eps: float) -> np.ndarray:
    """Singular values brought near to 1 by a polynomial, on the smaller side."""
    a, b, c = coefficients
    high = u.shape[0] > u.shape[1]
    u = u.T if high else u
    u = u / max(float(np.linalg.norm(u)), eps)
    for _ in range(steps):
        gram = u @ u.T
        u = a * u + (b * gram + c * (gram @ gram)) @ u
    return u.T if high else u
