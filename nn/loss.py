"""Losses as modules: a number that says how far an output is from its target.

Those that ask for a margin are in `loss_margin`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import Any

from autograd import Tensor
from autograd.synonyms import old_reduction

from .functional import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    categorical_cross_entropy,
    cross_entropy,
    gaussian_nll_loss,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    nll_loss,
    poisson_nll_loss,
    smooth_l1_loss,
)
from .module import Module, changed


class Loss(Module):
    """A loss with a `reduction`: "mean", "sum" or "none"."""

    _reductions: tuple[str, ...] = ("mean", "sum", "none")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__init__" in vars(cls):
            cls.__init__ = _with_old_switches(cls)  # type: ignore[method-assign]

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        if reduction not in self._reductions:
            *others, last = map(repr, self._reductions)
            raise ValueError(f"{type(self).__name__}: reduction {reduction!r}; choose "
                             f"{', '.join(others)} or {last}")
        self.reduction = reduction

    def extra_repr(self) -> str:
        return changed(self, reduction="mean")


def _with_old_switches(cls: type[Loss]) -> Callable[..., None]:
    """The constructor of a loss, which also takes `size_average` and `reduce` for `reduction`."""
    init = cls.__init__

    @wraps(init)
    def construct(self, *args, size_average=None, reduce=None, **kwargs) -> None:
        if size_average is not None or reduce is not None:
            kwargs["reduction"] = old_reduction(cls.__name__, size_average, reduce)
        init(self, *args, **kwargs)

    taken = signature(init)
    old = [Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation="bool | None")
           for name in ("size_average", "reduce")]
    construct.__signature__ = taken.replace(  # type: ignore[attr-defined]
        parameters=[*taken.parameters.values(), *old])
    return construct


class WeightedLoss(Loss):
    """A loss whose terms can be weighted by the buffer `weight`."""

    weight: Tensor | None

    def __init__(self, weight: Tensor | None, reduction: str) -> None:
        super().__init__(reduction)
        self.register_buffer("weight", weight)


class MSELoss(Loss):
    """mean((input - target)²), over all elements.

    Shape: input and target (*), equal -> () or, with reduction "none", (*).
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return mse_loss(input, target, reduction=self.reduction)


class L1Loss(Loss):
    """mean(|input - target|), over all elements.

    Shape: input and target (*), equal -> () or, with reduction "none", (*).
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(Loss):
    """mean(d² / (2 beta) up to |d| = beta, |d| - beta / 2 above), with d = input - target.

    Shape: input and target (*), equal -> () or, with reduction "none", (*).
    """

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)

    def extra_repr(self) -> str:
        return changed(self, reduction="mean", beta=1.0)


class HuberLoss(Loss):
    """mean(d² / 2 up to |d| = delta, delta (|d| - delta / 2) above), with d = input - target.

    Shape: input and target (*), equal -> () or, with reduction "none", (*).
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        if not delta > 0:
            raise ValueError(f"HuberLoss: delta must be positive, got {delta}; for |d| itself "
                             "use L1Loss")
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return huber_loss(input, target, reduction=self.reduction, delta=self.delta)

    def extra_repr(self) -> str:
        return changed(self, reduction="mean", delta=1.0)


class CrossEntropyLoss(WeightedLoss):
    """-log softmax(input)[target], averaged over the batch: takes scores, not probabilities.

    The target holds class indices, or probabilities of input's shape.  `weight` scales each class,
    targets equal to `ignore_index` do not count, `label_smoothing` ε mixes the target with the
    uniform distribution: (1 - ε) target + ε / C.

    Shape: input (N, C, *) or (C,), target (N, *), () or input's -> () or, unreduced, (N, *).
    """

    def __init__(self, weight: Tensor | None = None, *, ignore_index: int = -100,
                 reduction: str = "mean", label_smoothing: float = 0.0) -> None:
        super().__init__(weight, reduction)
        if not 0 <= label_smoothing <= 1:
            raise ValueError("CrossEntropyLoss: label_smoothing must lie between 0 and 1, got "
                             f"{label_smoothing}")
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return cross_entropy(input, target, weight=self.weight, ignore_index=self.ignore_index,
                             reduction=self.reduction, label_smoothing=self.label_smoothing)

    def extra_repr(self) -> str:
        return changed(self, ignore_index=-100, reduction="mean", label_smoothing=0.0)


class CategoricalCrossEntropy(Loss):
    """-Σ t log p over the classes, averaged over the batch: takes probabilities, as Softmax gives
    them, and one-hot targets.

    CrossEntropyLoss does better without the Softmax: it takes scores, and class numbers as well.

    Shape: input and target (N, C, *), or (C,) -> () or, with reduction "none", (N, *) or ().
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return categorical_cross_entropy(input, target, reduction=self.reduction)


class NLLLoss(WeightedLoss):
    """-input[target], averaged over the batch: takes log-probabilities, as LogSoftmax gives them.

    Shape: input (N, C, *) or (C,), target of class indices (N, *) or () -> () or, unreduced,
    target's.
    """

    def __init__(self, weight: Tensor | None = None, *, ignore_index: int = -100,
                 reduction: str = "mean") -> None:
        super().__init__(weight, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return nll_loss(input, target, weight=self.weight, ignore_index=self.ignore_index,
                        reduction=self.reduction)

    def extra_repr(self) -> str:
        return changed(self, ignore_index=-100, reduction="mean")


class BCELoss(WeightedLoss):
    """-(y log p + (1 - y) log(1 - p)), averaged over all elements: takes probabilities p.

    Shape: input and target (*), equal -> () or, unreduced, (*).
    """

    def __init__(self, weight: Tensor | None = None, *, reduction: str = "mean") -> None:
        super().__init__(weight, reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return binary_cross_entropy(input, target, weight=self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(WeightedLoss):
    """BCELoss of sigmoid(input), computed without overflow: takes scores.

    `pos_weight` scales the terms of positive targets.

    Shape: input and target (*), equal -> () or, unreduced, (*).
    """

    pos_weight: Tensor | None

    def __init__(self, weight: Tensor | None = None, *, reduction: str = "mean",
                 pos_weight: Tensor | None = None) -> None:
        super().__init__(weight, reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return binary_cross_entropy_with_logits(input, target, weight=self.weight,
                                                reduction=self.reduction,
                                                pos_weight=self.pos_weight)


class KLDivLoss(Loss):
    """mean(t (log t - x)) for log-probabilities x and probabilities t, or their logarithms where
    `log_target`.

    "mean" divides by the number of elements; "batchmean", by the batch, gives the
    Kullback-Leibler divergence.

    Shape: input and target (*), equal -> () or, with reduction "none", (*).
    """

    _reductions = ("mean", "batchmean", "sum", "none")

    def __init__(self, *, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return kl_div(input, target, reduction=self.reduction, log_target=self.log_target)

    def extra_repr(self) -> str:
        return changed(self, reduction="mean", log_target=False)


class PoissonNLLLoss(Loss):
    """mean(eˣ - t x): counts t under a Poisson distribution with expected count eˣ, or x itself
    where `log_input` is False; `full` adds Stirling's formula for log t!.

    Shape: input and target (*), equal -> () or, with reduction "none", (*).
    """

    def __init__(self, log_input: bool = True, full: bool = False, *, eps: float = 1e-8,
                 reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return poisson_nll_loss(input, target, log_input=self.log_input, full=self.full,
                                eps=self.eps, reduction=self.reduction)

    def extra_repr(self) -> str:
        return changed(self, log_input=True, full=False, eps=1e-8, reduction="mean")


class GaussianNLLLoss(Loss):
    """mean((log v + (x - t)² / v) / 2), with v = max(var, eps); `full` adds log(2 π) / 2.

    Shape: input and target (*), equal, var as input, without its last dimension, or with 1 there
    -> () or, with reduction "none", (*).
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.full = full
        self.eps = eps

    def forward(self, input: Tensor, target: Tensor, var: Tensor | float) -> Tensor:
        return gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps,
                                 reduction=self.reduction)

    def extra_repr(self) -> str:
        return changed(self, full=False, eps=1e-6, reduction="mean")
