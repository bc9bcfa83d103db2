"""L-BFGS, a quasi-Newton method for smooth functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Tensor, enable_grad, from_numpy, no_grad
from autograd.complexes import reals
from autograd.errors import caller_place, describe
from autograd.tensors import mark_written
from optim.line_search import strong_wolfe
from optim.optimizer import Optimizer, Params, check_at_least_zero
from optim.state import fitted, number
from optim.switches import plain

_LISTS = {"old_dirs": "d", "old_stps": "d", "ro": "t"}  # state that lists what another is
_CURVED = 1e-10  # the least y's of a step that is remembered


class LBFGS(Optimizer):
    r"""Limited-memory BFGS: steps along d = -H g, H the inverse Hessian as the last
    `history_size` steps s and changes of gradient y tell it.

        w = w + t d,   t = lr, at the first step min(1, 1 / |g|_1) lr
        H starts from (y's / y'y) I of the last step; each remembered pair (s, y) updates it

    One step() makes up to `max_iter` such steps and calls `closure`, which computes the loss and
    its gradients anew, up to `max_eval` times (1.25 max_iter); it ends where the largest gradient
    is at most `tolerance_grad`, or step or loss change by less than `tolerance_change`.
    `line_search_fn="strong_wolfe"` looks for a t that meets the strong Wolfe conditions.

    Raises: ValueError for more than one group, a negative lr, or another line search.
    Reference: Nocedal & Wright 2006, algorithms 7.4 and 7.5; the line search 3.5 and 3.6.
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        defaults = dict(
            lr=lr,
            max_iter=max_iter,
            max_eval=max_iter * 5 // 4 if max_eval is None else max_eval,
            tolerance_grad=tolerance_grad,
            tolerance_change=tolerance_change,
            history_size=history_size,
            line_search_fn=line_search_fn,
        )
        super().__init__(params, defaults)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Take the one group there may be."""
        if self.param_groups:
            raise ValueError("LBFGS: takes one group of parameters, with the same options for all")
        super().add_param_group(param_group)

    def _check_options(self, group: dict[str, Any]) -> None:
        who = type(self).__name__
        check_at_least_zero(who, group, "lr", "tolerance_grad", "tolerance_change")
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise ValueError(
                f"{who}: line_search_fn must be None or 'strong_wolfe', got "
                f"{group['line_search_fn']!r}"
            )

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Up to `max_iter` steps; returns the loss that `closure` returned first."""
        if closure is None:
            raise TypeError(
                "LBFGS.step: needs a closure that clears the gradients, computes the loss, calls "
                "backward() and returns the loss"
            )
        with no_grad():
            return _Descent(self, closure, caller_place()).run()

    def _fitted(
        self, what: str, name: str, value: Any, param: Tensor, group: dict[str, Any]
    ) -> Any:
        if name in _LISTS:
            if not isinstance(value, (list, tuple)):
                raise TypeError(f"{what} must be a list, got {describe(value)}")
            return [
                self._fitted(f"{what}, entry {i}", _LISTS[name], entry, param, group)
                for i, entry in enumerate(value)
            ]
        if name in ("d", "prev_flat_grad"):
            params = group["params"]
            dtype = np.result_type(*(p.dtype for p in params))
            return fitted(what, value, (sum(p.numel() for p in params),), dtype)
        if name in ("func_evals", "n_iter"):
            return int(number(what, value))
        return number(what, value) if name in ("t", "H_diag", "prev_loss") else value


class _Descent:
    """One call of LBFGS.step: the parameters as one vector, and the memory of earlier steps."""

    def __init__(self, optimizer: LBFGS, closure: Callable[[], Any], where: tuple) -> None:
        self.group = plain("LBFGS.step", optimizer.param_groups[0])
        self.params = self.group["params"]
        self.state = optimizer.state[self.params[0]]
        self.closure, self.where = closure, where
        self.evaluations = 0

    def run(self) -> Any:
        """Descend until one of the conditions to stop is met; returns the first loss."""
        group, state = self.group, self.state
        for name in ("func_evals", "n_iter"):
            state.setdefault(name, 0)
        first, grad = self._evaluate()
        loss, iterations = _number(first), 0
        going = not _largest(grad) <= group["tolerance_grad"]  # NaN goes on, to be seen
        while going and iterations < group["max_iter"]:
            iterations += 1
            state["n_iter"] += 1
            direction = self._direction(grad)
            state["prev_flat_grad"], state["prev_loss"] = from_numpy(grad), loss
            new = state["n_iter"] == 1
            t = (min(1.0, 1.0 / float(np.abs(grad).sum())) if new else 1.0) * group["lr"]
            slope = float(grad @ direction)
            state["d"], state["t"] = from_numpy(direction), t
            if slope > -group["tolerance_change"]:
                break
            before, last = loss, iterations == group["max_iter"]
            loss, grad, t = self._move(loss, grad, direction, slope, t, last)
            state["t"] = t
            going = (
                self.evaluations < group["max_eval"]
                and not _largest(grad) <= group["tolerance_grad"]
                and not _largest(direction * t) <= group["tolerance_change"]
                and not abs(loss - before) < group["tolerance_change"]
            )
        return first

    def _direction(self, grad: np.ndarray) -> np.ndarray:
        """-H g by the two loops of algorithm 7.4, after the last step has joined the memory."""
        state = self.state
        if state["n_iter"] == 1:
            state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
            return -grad
        y, s = grad - state["prev_flat_grad"]._array, state["d"]._array * state["t"]
        curvature = float(y @ s)
        memory = state["old_dirs"], state["old_stps"], state["ro"]
        if curvature > _CURVED:
            entry = from_numpy(y), from_numpy(s), 1.0 / curvature
            for known, new in zip(memory, entry, strict=True):
                if len(known) == self.group["history_size"]:
                    known.pop(0)
                known.append(new)
            state["H_diag"] = curvature / float(y @ y)
        pairs = [(y._array, s._array, rho) for y, s, rho in zip(*memory, strict=True)]
        q, factors = -grad, []
        for y, s, rho in reversed(pairs):
            factors.append(float(s @ q) * rho)
            q -= factors[-1] * y
        q *= state["H_diag"]
        for (y, s, rho), factor in zip(pairs, reversed(factors), strict=True):
            q += (factor - float(y @ q) * rho) * s
        return q

    def _move(
        self, loss: float, grad: np.ndarray, d: np.ndarray, slope: float, t: float, last: bool
    ) -> tuple[float, np.ndarray, float]:
        """Go along d; the loss, the gradient and the step length there."""
        start = [reals(param).copy() for param in self.params]
        if self.group["line_search_fn"] is None or t == 0:  # a rate of 0 leaves nothing to search
            self._set(start, t, d)
            if not last:  # where no step follows, nobody needs the gradient
                value, grad = self._evaluate()
                loss = _number(value)
            return loss, grad, t

        def at(t: float) -> tuple[float, np.ndarray, float]:
            self._set(start, t, d)
            value, grad = self._evaluate()
            return _number(value), grad, float(grad @ d)

        most = self.group["max_eval"] - self.evaluations
        scale = _largest(d)
        loss, grad, t = strong_wolfe(at, t, (loss, grad, slope), scale, most)
        self._set(start, t, d)
        return loss, grad, t

    def _evaluate(self) -> tuple[Any, np.ndarray]:
        """What the closure returns, and the gradients as one vector."""
        with enable_grad():
            loss = self.closure()
        self.evaluations += 1
        self.state["func_evals"] += 1
        grads = [
            np.zeros_like(reals(p)).ravel() if p._grad is None else reals(p._grad).ravel()
            for p in self.params
        ]
        return loss, np.concatenate(grads)

    def _set(self, start: list[np.ndarray], t: float, d: np.ndarray) -> None:
        """Put the parameters at start + t d."""
        offset = 0
        for param, before in zip(self.params, start, strict=True):
            mark_written(param, "LBFGS.step", self.where)
            part = d[offset : offset + before.size].reshape(before.shape)
            np.add(before, t * part, out=reals(param))
            offset += before.size


def _largest(vector: np.ndarray) -> float:
    return float(np.abs(vector).max(initial=0))


def _number(loss) -> float:
    """The loss that a closure returned, a Tensor or a number."""
    return loss.item() if isinstance(loss, Tensor) else float(loss)
