"""Averages of weights over training: stochastic weight averaging (SWA), and exponential moving
averages (EMA).

Reference: Izmailov et al. 2018, "Averaging weights leads to wider optima and better
generalization"; Polyak & Juditsky 1992 for averages in general.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from autograd import Tensor, enable_grad, int64, no_grad, tensor
from autograd.errors import Constructed, describe, uncalled
from optim.lr_scheduler.base import LRScheduler, check_optimizer, per_group
from optim.optimizer import Optimizer
from optim.switches import current_rates

__all__ = ["SWALR", "AveragedModel", "get_ema_avg_fn", "get_ema_multi_avg_fn", "get_swa_avg_fn",
           "get_swa_multi_avg_fn", "update_bn"]

Average = Callable[[Tensor, Tensor, Any], Tensor]
Averages = Callable[[Sequence[Tensor], Sequence[Tensor], Any], None]


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """The function a, w, n -> decay a + (1 - decay) w: an exponential moving average."""
    _check_decay("get_ema_avg_fn", decay)
    return no_grad()(lambda average, current, count: decay * average + (1 - decay) * current)


def get_swa_avg_fn() -> Average:
    """The function a, w, n -> a + (w - a) / (n + 1): the mean of w and of n weights before."""
    return no_grad()(lambda average, current, count: average + (current - average) / (count + 1))


def get_ema_multi_avg_fn(decay: float = 0.999) -> Averages:
    """get_ema_avg_fn for lists of tensors, written into the averages."""
    _check_decay("get_ema_multi_avg_fn", decay)
    return _in_place(lambda count: 1 - decay)


def get_swa_multi_avg_fn() -> Averages:
    """get_swa_avg_fn for lists of tensors, written into the averages."""
    return _in_place(lambda count: 1 / (int(count) + 1))


def _in_place(share: Callable[[Any], float]) -> Averages:
    @no_grad()
    def average(averages: Sequence[Tensor], currents: Sequence[Tensor], count: Any) -> None:
        weight = share(count)
        for mean, current in zip(averages, currents, strict=True):
            mean.copy_(mean.lerp(current, weight))

    return average


def _check_decay(who: str, decay: float) -> None:
    if not 0 <= decay <= 1:
        raise ValueError(f"{who}: decay must be in [0, 1], got {decay}")


class AveragedModel(Constructed):
    """A copy of `model`, `.module`, whose parameters are averages of those `model` had.

    update_parameters(model) takes them in, the first time as they are; `n_averaged` counts that.
    `avg_fn` (average, current, count -> new average) or `multi_avg_fn` (lists; writes into the
    averages) say how to average; by default it is the mean.  Buffers are copied, or averaged too
    with `use_buffers`; integers are always copied.

    It is called, switched and listed as the model is: what it has not, it has from `.module`.
    Its state_dict is PyTorch's: "n_averaged", and "module." before the model's names.

    Raises: TypeError for what is no model, ValueError for both functions.

    >>> import nn
    >>> model = nn.Linear(1, 1, bias=False)
    >>> average = AveragedModel(model)
    >>> for value in 1.0, 2.0, 6.0:
    ...     _ = nn.init.constant_(model.weight, value)
    ...     average.update_parameters(model)
    >>> average.module.weight.item()
    3.0
    """

    n_averaged: Tensor

    def __init__(self, model: Any, device: Any = None, avg_fn: Average | None = None,
                 multi_avg_fn: Averages | None = None, use_buffers: bool = False) -> None:
        who = type(self).__name__
        if not hasattr(model, "parameters") or not hasattr(model, "buffers") or uncalled(model):
            raise TypeError(f"{who}: model must have parameters() and buffers(), got "
                            f"{describe(model)}{uncalled(model)}")
        if avg_fn is not None and multi_avg_fn is not None:
            raise ValueError(f"{who}: give avg_fn or multi_avg_fn, not both")
        self.module = deepcopy(model) if device is None else deepcopy(model).to(device)
        self.n_averaged = tensor(0, dtype=int64)
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name == "module" or name.startswith("__"):  # as where a copy is made
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return getattr(self.module, name)

    @no_grad()
    def update_parameters(self, model: Any) -> None:
        """Take the parameters of `model`, as they are now, into the averages.

        Raises: ValueError unless the parameters have the shapes of those averaged.
        """
        params = _pairs(self.module.named_parameters(), model.named_parameters())
        buffers = _pairs(self.module.named_buffers(), model.named_buffers())
        averaged, copied = (params + buffers, []) if self.use_buffers else (params, buffers)
        count = self.n_averaged.item()
        for mean, current in averaged + copied if count == 0 else copied:
            mean.copy_(current)
        if count:
            for mean, current in averaged:
                if not mean.is_floating_point():
                    mean.copy_(current)
            self._average([(a, w) for a, w in averaged if a.is_floating_point()])
        self.n_averaged += 1

    def _average(self, pairs: list[tuple[Tensor, Tensor]]) -> None:
        if self.avg_fn is not None:
            for mean, current in pairs:
                mean.copy_(self.avg_fn(mean.detach(), current.detach(), self.n_averaged))
            return
        means, currents = ([pair[i].detach() for pair in pairs] for i in (0, 1))
        (self.multi_avg_fn or get_swa_multi_avg_fn())(means, currents, self.n_averaged)

    def state_dict(self) -> dict[str, Tensor]:
        """{"n_averaged": ..., "module.<name>": ...}, sharing memory; the functions are no part."""
        state = self.module.state_dict().items()
        return {"n_averaged": self.n_averaged, **{f"module.{name}": t for name, t in state}}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what state_dict() gave; the model's own load_state_dict checks its part."""
        if "n_averaged" not in state_dict:
            raise ValueError(f"{type(self).__name__}.load_state_dict: no 'n_averaged'; the state "
                             "of a model itself is loaded into .module")
        inner = {name.removeprefix("module."): value for name, value in state_dict.items()
                 if name != "n_averaged"}
        self.module.load_state_dict(inner)
        self.n_averaged = tensor(int(state_dict["n_averaged"]), dtype=int64)

    def __repr__(self) -> str:
        body = repr(self.module).replace("\n", "\n  ")
        return f"{type(self).__name__}(\n  (module): {body}\n)"


def _pairs(ours: Iterable, theirs: Iterable) -> list[tuple[Tensor, Tensor]]:
    """(average, current) of each parameter; raises unless names and shapes are the same."""
    mine, other = dict(ours), dict(theirs)
    apart = [name for name in {**mine, **other} if name not in mine or name not in other
             or mine[name].shape != other[name].shape]
    if apart:
        here, there = (describe(t[apart[0]]) if apart[0] in t else "missing" for t in (mine, other))
        raise ValueError(f"AveragedModel.update_parameters: {apart[0]!r} is {here} in the average, "
                         f"{there} in the model; average a model of the same build")
    return [(mine[name], other[name]) for name in mine]


def update_bn(loader: Iterable[Any], model: Any, device: Any = None) -> None:
    """Compute the running statistics of batch norms anew: the means over all batches of `loader`
    (tensors, or tuples and lists that begin with one) of what `model` sees in training mode.

    An averaged model needs that, as the statistics of its layers are those of other weights.
    """
    norms = [module for module in model.modules()
             if getattr(module, "running_mean", None) is not None]
    if not norms:
        return
    before = [(module, module.training) for module in model.modules()]
    momenta = [norm.momentum for norm in norms]
    try:
        model.train()
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the mean over all batches
        with enable_grad():  # as in training, which layers warn of otherwise
            for batch in loader:
                input = batch[0] if isinstance(batch, (tuple, list)) else batch
                model(input if device is None else input.to(device))
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        for module, mode in before:
            module.training = mode


class SWALR(LRScheduler):
    """lr(t) = swa_lr + (lr(0) - swa_lr) (1 - a(t / anneal_epochs)), and swa_lr from there on.

    `anneal_strategy` is "cos", a(s) = (1 - cos(pi s)) / 2, or "linear", a(s) = s; `swa_lr` is one
    rate for all groups, or a list of one for each.  It begins from the rates that the groups have
    at its first step, whatever other schedule set them.

    Raises: ValueError for another strategy, or anneal_epochs that is no count.
    """

    def __init__(self, optimizer: Optimizer, swa_lr: float | Sequence[float],
                 anneal_epochs: int = 10, anneal_strategy: str = "cos",
                 last_epoch: int = -1) -> None:
        check_optimizer("SWALR", optimizer)
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"SWALR: anneal_strategy must be 'cos' or 'linear', got "
                             f"{anneal_strategy!r}")
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"SWALR: anneal_epochs must be an integer of at least 0, got "
                             f"{anneal_epochs!r}")
        self.swa_lrs = per_group("SWALR", "swa_lr", swa_lr, len(optimizer.param_groups))
        self.anneal_epochs = anneal_epochs
        self.anneal_strategy = anneal_strategy
        super().__init__(optimizer, last_epoch)

    def _left(self, t: int) -> float:
        """1 - a: the share of the way to swa_lr that is still to go."""
        done = min(1.0, t / self.anneal_epochs) if self.anneal_epochs else 1.0
        return 1 - done if self.anneal_strategy == "linear" else (1 + math.cos(math.pi * done)) / 2

    def get_lr(self) -> list[float]:
        rates, t = current_rates(self.optimizer), self.last_epoch
        if t and not self._last_lr:  # loaded rates stay
            return rates
        before, now = self._left(t - 1) if t else 1.0, self._left(t)
        return [swa if not now else swa + (rate - swa) * now / before
                for rate, swa in zip(rates, self.swa_lrs, strict=True)]

    def _admit(self) -> None:
        new = len(self.optimizer.param_groups) - len(self.swa_lrs)
        if new > 0 and len(set(self.swa_lrs)) > 1:
            raise ValueError(f"SWALR: group {len(self.swa_lrs)} of the optimizer was added later, "
                             "and the others have each a swa_lr of their own; append one to "
                             "swa_lrs for the new group")
        self.swa_lrs = self.swa_lrs + self.swa_lrs[:1] * new
        super()._admit()
