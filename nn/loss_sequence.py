"""Losses of many steps or many classes: CTC, and the softmax whose rare classes are in clusters."""

from __future__ import annotations

from collections import namedtuple
from itertools import pairwise

import numpy as np

import autograd
from autograd import Tensor
from autograd.errors import describe

from .containers import ModuleList, Sequential
from .errors import check_whole
from .functional import ctc_loss, log_softmax
from .linear import Linear
from .loss import Loss
from .module import Module, changed

_Scored = namedtuple("_Scored", "output loss")


class CTCLoss(Loss):
    """-log p(targets) by connectionist temporal classification, averaged over the batch after
    dividing by the targets' lengths; see `nn.functional.ctc_loss`.

    `zero_infinity` makes a target that does not fit into its input count 0, not infinity.

    Shape: log_probs (T, N, C) or (T, C), targets (N, S), (S) or all in a row, lengths (N) or () ->
    () or, with reduction "none", (N) or ().

    >>> import nn
    >>> even = autograd.zeros(4, 1, 3).log_softmax(-1)
    >>> nn.CTCLoss(reduction="sum")(even, autograd.tensor([[1, 2]]), (4,), (2,))
    tensor(1.6864)
    """

    def __init__(self, blank: int = 0, reduction: str = "mean",
                 zero_infinity: bool = False) -> None:
        super().__init__(reduction)
        self.blank = blank
        self.zero_infinity = zero_infinity

    def forward(self, log_probs: Tensor, targets: Tensor, input_lengths,
                target_lengths) -> Tensor:
        return ctc_loss(log_probs, targets, input_lengths, target_lengths, self.blank,
                        self.reduction, self.zero_infinity)

    def extra_repr(self) -> str:
        return changed(self, blank=0, reduction="mean", zero_infinity=False)


class AdaptiveLogSoftmaxWithLoss(Module):
    """Softmax over many classes, numbered from frequent to rare: those below cutoffs[0] and one
    entry per cluster are scored by `head`, those of cluster i, up to cutoffs[i + 1], by `tail[i]`,
    through in_features // div_value ** (i + 1) features.

    Called with input and target it gives the pair (output, loss): the target's log-probabilities
    and minus their mean.

    Shape: input (N, in_features) or (in_features), target (N) or () -> output as target, loss ().
    Raises: ValueError for cutoffs that do not rise from 1 to n_classes - 1, RuntimeError where
        shapes do not fit, IndexError for a target that is no class.
    Reference: Grave et al., Efficient softmax approximation for GPUs, ICML 2017.

    >>> import nn
    >>> scores = nn.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs=[4, 10])
    >>> output, loss = scores(autograd.zeros(3, 8), autograd.tensor([0, 5, 19]))
    >>> output.shape, scores.log_prob(autograd.zeros(3, 8)).shape
    (Size([3]), Size([3, 20]))
    """

    def __init__(self, in_features: int, n_classes: int, cutoffs, div_value: float = 4.0,
                 head_bias: bool = False, device=None, dtype=None) -> None:
        super().__init__()
        name = type(self).__name__
        check_whole(name, 1, in_features=in_features, n_classes=n_classes)
        cutoffs = [*cutoffs]
        check_whole(name, 1, **{f"cutoffs[{i}]": cut for i, cut in enumerate(cutoffs)})
        rising = all(a < b for a, b in pairwise([*cutoffs, n_classes]))
        if not cutoffs or not rising:
            raise ValueError(f"{name}: cutoffs must rise, from 1 to n_classes - 1 = "
                             f"{n_classes - 1}, got {cutoffs}")
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = cutoffs[0]
        self.n_clusters = len(cutoffs)
        self.head_size = self.shortlist_size + self.n_clusters
        kind = dict(device=device, dtype=dtype)
        self.head = Linear(in_features, self.head_size, bias=head_bias, **kind)
        self.tail = ModuleList()
        for i, (low, high) in enumerate(pairwise(self.cutoffs)):
            inner = int(in_features // div_value ** (i + 1))
            self.tail.append(Sequential(Linear(in_features, inner, bias=False, **kind),
                                        Linear(inner, high - low, bias=False, **kind)))

    def reset_parameters(self) -> None:
        """Draw all weights anew."""
        for layer in (self.head, *(layer for pair in self.tail for layer in pair)):
            layer.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor):
        labels = self._labels(input_, target_)
        input = input_ if input_.ndim == 2 else input_.unsqueeze(0)
        cluster = np.searchsorted(self.cutoffs, labels, side="right")  # 0 is the head's own
        entry = np.where(cluster == 0, labels, self.shortlist_size + cluster - 1)
        output = log_softmax(self.head(input), 1)[np.arange(len(labels)), entry]
        for i, low in enumerate(self.cutoffs[:-1]):
            rows = np.flatnonzero(cluster == i + 1)
            if rows.size:
                inside = log_softmax(self.tail[i](input[rows]), 1)
                found = inside[np.arange(len(rows)), labels[rows] - low]
                output = output.index_add(0, autograd.from_numpy(rows), found)
        loss = (-output).mean()
        return _Scored(output if input_.ndim == 2 else output.squeeze(0), loss)

    def _labels(self, input: Tensor, target: Tensor) -> np.ndarray:
        """The targets, at least one, as a vector."""
        if target.ndim > 1 or input.ndim != target.ndim + 1 or input.shape[:-1] != target.shape:
            raise RuntimeError(f"{type(self).__name__}: input (N, {self.in_features}) takes a "
                               f"target (N), input ({self.in_features}) one (); got "
                               f"{describe(input)} and {describe(target)}")
        labels = np.atleast_1d(target.numpy())
        if labels.dtype.kind not in "iu":
            raise TypeError(f"{type(self).__name__}: target must be a Tensor of integers, got "
                            f"{describe(target)}; .long() makes one")
        wrong = labels[(labels < 0) | (labels >= self.n_classes)]
        if wrong.size:
            raise IndexError(f"{type(self).__name__}: target {wrong[0]} is no class: there are "
                             f"{self.n_classes}, so 0 to {self.n_classes - 1} fit")
        return labels

    def log_prob(self, input: Tensor) -> Tensor:
        """The log-probabilities of all classes: (N, in_features) -> (N, n_classes)."""
        head = log_softmax(self.head(input), 1)
        parts = [head[:, :self.shortlist_size]]
        for i, tail in enumerate(self.tail):
            parts.append(log_softmax(tail(input), 1) + head[:, self.shortlist_size + i, None])
        return autograd.cat(parts, 1)

    def predict(self, input: Tensor) -> Tensor:
        """The most likely class where the head's best entry is a class, else that of log_prob."""
        best = self.head(input).argmax(1)
        unsure = np.flatnonzero((best >= self.shortlist_size).numpy())
        if unsure.size:
            best[unsure] = self.log_prob(input[unsure]).argmax(1)
        return best
