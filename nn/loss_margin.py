"""Losses as modules that ask for a margin, and the distance some of them are made of."""

from __future__ import annotations

from collections.abc import Callable

from autograd import Tensor

from .functional import (
    cosine_embedding_loss,
    cosine_similarity,
    hinge_embedding_loss,
    margin_ranking_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    pairwise_distance,
    perceptron_loss,
    soft_margin_loss,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from .loss import Loss, WeightedLoss
from .module import Module, changed


class PairwiseDistance(Module):
    """(Σ |x1 - x2 + eps|ᵖ)^(1/p) over the last dimension, where norm is p.

    Shape: (N, D) or (D), each of them -> (N) or (), with keepdim (N, 1) or (1).
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)

    def extra_repr(self) -> str:
        return changed(self, norm=2.0, eps=1e-6, keepdim=False)


class CosineSimilarity(Module):
    """The cosine of the angle between x1 and x2 along dim, x1 · x2 / (|x1| |x2|), in which no norm
    counts as less than eps.

    Shape: x1 and x2 broadcast to (*, D, *) -> (*, *), without dim.

    >>> import autograd, nn
    >>> nn.CosineSimilarity(dim=0)(autograd.tensor([3., 4.]), autograd.tensor([4., 3.]))
    tensor(0.9600)
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return cosine_similarity(x1, x2, self.dim, self.eps)

    def extra_repr(self) -> str:
        return changed(self, dim=1, eps=1e-8)


class _MarginLoss(Loss):
    """A loss with a margin."""

    _usual = 1.0

    def __init__(self, margin: float, reduction: str) -> None:
        super().__init__(reduction)
        self.margin = margin

    def extra_repr(self) -> str:
        return changed(self, margin=self._usual, reduction="mean")


class MarginRankingLoss(_MarginLoss):
    """mean(max(0, -y (x1 - x2) + margin)): x1 shall be the larger where y is 1, x2 where -1.

    Shape: inputs and target (*), equal -> () or, with reduction "none", (*).
    """

    _usual = 0.0

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(margin, reduction)

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return margin_ranking_loss(input1, input2, target, margin=self.margin,
                                   reduction=self.reduction)


class HingeEmbeddingLoss(_MarginLoss):
    """The mean of distances x where the target is 1, of max(0, margin - x) where it is -1.

    Shape: input and target (*), equal -> () or, with reduction "none", (*).
    """

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(margin, reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return hinge_embedding_loss(input, target, margin=self.margin, reduction=self.reduction)


class PerceptronLoss(Loss):
    """mean(max(0, -y x)) for scores x and targets y of 1 or -1: a step down its gradient, with
    reduction "sum", is the perceptron's rule, w + lr y x where y (w x + b) <= 0.

    Shape: input and target (*), equal -> () or, with reduction "none", (*).
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return perceptron_loss(input, target, reduction=self.reduction)


class CosineEmbeddingLoss(_MarginLoss):
    """The mean of 1 - cos(x1, x2) where the target is 1, of max(0, cos(x1, x2) - margin) where -1.

    Shape: inputs (N, D) or (D), target (N) or () -> () or, with reduction "none", target's.
    """

    _usual = 0.0

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(margin, reduction)

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return cosine_embedding_loss(input1, input2, target, margin=self.margin,
                                     reduction=self.reduction)


class TripletMarginLoss(_MarginLoss):
    """mean(max(0, d(anchor, positive) - d(anchor, negative) + margin)), d `PairwiseDistance`.

    With `swap` d(positive, negative) counts where it is smaller than d(anchor, negative).

    Shape: (N, D) or (D), all three -> () or, with reduction "none", (N) or ().
    """

    def __init__(self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6,
                 swap: bool = False, *, reduction: str = "mean") -> None:
        super().__init__(margin, reduction)
        if not margin > 0:
            raise ValueError(f"TripletMarginLoss: margin must be positive, got {margin}")
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return triplet_margin_loss(anchor, positive, negative, margin=self.margin, p=self.p,
                                   eps=self.eps, swap=self.swap, reduction=self.reduction)

    def extra_repr(self) -> str:
        return changed(self, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean")


class TripletMarginWithDistanceLoss(_MarginLoss):
    """TripletMarginLoss with d any function of two tensors, or a module, `PairwiseDistance` by
    default.

    Shape: (N, *), all three, as the function takes them -> () or, with reduction "none", what it
    returns.

    >>> import autograd, nn
    >>> far = nn.TripletMarginWithDistanceLoss(distance_function=lambda x, y: (x - y).abs().sum(-1))
    >>> far(autograd.zeros(1, 2), autograd.ones(1, 2), autograd.zeros(1, 2))
    tensor(3.)
    """

    distance_function: Callable[[Tensor, Tensor], Tensor]

    def __init__(self, *, distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
                 margin: float = 1.0, swap: bool = False, reduction: str = "mean") -> None:
        super().__init__(margin, reduction)
        if not margin > 0:
            raise ValueError("TripletMarginWithDistanceLoss: margin must be positive, got "
                             f"{margin}")
        self.distance_function = (PairwiseDistance() if distance_function is None
                                  else distance_function)
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return triplet_margin_with_distance_loss(
            anchor, positive, negative, distance_function=self.distance_function,
            margin=self.margin, swap=self.swap, reduction=self.reduction)

    def extra_repr(self) -> str:
        return changed(self, margin=1.0, swap=False, reduction="mean")


class SoftMarginLoss(Loss):
    """mean(log(1 + exp(-y x))) for scores x and targets y of 1 or -1.

    Shape: input and target (*), equal -> () or, with reduction "none", (*).
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return soft_margin_loss(input, target, reduction=self.reduction)


class MultiLabelMarginLoss(Loss):
    """The mean of Σ max(0, 1 - (x[y] - x[j])) / C over the labels y of a row, those before its
    first -1, and its other classes j.

    Shape: input and target of class indices (N, C) or (C) -> () or, with reduction "none", (N) or
    ().
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return multilabel_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(WeightedLoss):
    """Binary cross entropy of scores, averaged over the classes and the batch.

    Shape: input and target (N, C) or (C) -> () or, with reduction "none", (N).
    """

    def __init__(self, weight: Tensor | None = None, *, reduction: str = "mean") -> None:
        super().__init__(weight, reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return multilabel_soft_margin_loss(input, target, weight=self.weight,
                                           reduction=self.reduction)


class MultiMarginLoss(WeightedLoss):
    """The mean of Σ max(0, margin - x[y] + x[j])ᵖ / C over the classes j other than the target y.

    Shape: input (N, C) or (C), target of class indices (N) or () -> () or, with reduction "none",
    target's.
    """

    def __init__(self, p: int = 1, margin: float = 1.0, weight: Tensor | None = None, *,
                 reduction: str = "mean") -> None:
        super().__init__(weight, reduction)
        if p not in (1, 2):
            raise ValueError(f"MultiMarginLoss: p must be 1 or 2, got {p}")
        self.p = p
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return multi_margin_loss(input, target, p=self.p, margin=self.margin, weight=self.weight,
                                 reduction=self.reduction)

    def extra_repr(self) -> str:
        return changed(self, p=1, margin=1.0, reduction="mean")
