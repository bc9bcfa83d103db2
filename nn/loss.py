"""Losses as modules: a number that says how far an output is from its target."""

from __future__ import annotations

from autograd import Tensor

from .functional import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    mse_loss,
    nll_loss,
)
from .module import Module, changed


class _Loss(Module):
    """A loss with a `reduction`: "mean", "sum" or "none"."""

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(f"{type(self).__name__}: reduction {reduction!r}; choose 'mean', "
                             "'sum' or 'none'")
        self.reduction = reduction

    def extra_repr(self) -> str:
        return changed(self, reduction="mean")


class _WeightedLoss(_Loss):
    """A loss whose terms can be weighted by the buffer `weight`."""

    weight: Tensor | None

    def __init__(self, weight: Tensor | None, reduction: str) -> None:
        super().__init__(reduction)
        self.register_buffer("weight", weight)


class MSELoss(_Loss):
    """mean((input - target)²), over all elements.

    Shape: input and target (*), equal -> () or, with reduction "none", (*).
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return mse_loss(input, target, reduction=self.reduction)


class CrossEntropyLoss(_WeightedLoss):
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


class NLLLoss(_WeightedLoss):
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


class BCELoss(_WeightedLoss):
    """-(y log p + (1 - y) log(1 - p)), averaged over all elements: takes probabilities p.

    Shape: input and target (*), equal -> () or, unreduced, (*).
    """

    def __init__(self, weight: Tensor | None = None, *, reduction: str = "mean") -> None:
        super().__init__(weight, reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return binary_cross_entropy(input, target, weight=self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_WeightedLoss):
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
