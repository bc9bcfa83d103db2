"""Metrics that gather: update(outputs, targets) for each batch, compute() for all so far."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from autograd.errors import Constructed

from .arguments import NoSample, labels, numbers, ranked
from .labels import check_average, counts, from_counts, in_top_k
from .ranking import average_precision, roc_auc
from .regression import exp, from_sums, losses, squares


class Metric(Constructed):
    """Base: `state` is a dict of what was gathered, which `reset` empties."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}

    def update(self, outputs, targets) -> None:
        """Take one more batch; one without samples counts nothing."""
        with suppress(NoSample):
            self._take(outputs, targets)

    def compute(self) -> Any:
        """The value over all batches since the last reset."""
        if not self.state:
            raise ValueError(f"{type(self).__name__}: there is no sample; call update(outputs, "
                             "targets) first")
        return self._value()

    def reset(self) -> None:
        """Forget all batches."""
        self.state = {}

    def state_dict(self) -> dict[str, Any]:
        """What was gathered."""
        return dict(self.state)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what state_dict() gave."""
        self.state = dict(state_dict)

    def _take(self, outputs, targets) -> None:
        raise NotImplementedError(f"{type(self).__name__} must define update()")

    def _value(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must define _value()")

    def _add(self, total, count: int) -> None:
        self.state = {"total": self.state.get("total", 0) + total.item(),
                      "count": self.state.get("count", 0) + count}

    def _mean(self) -> float:
        return self.state["total"] / self.state["count"]


class Accuracy(Metric):
    """right / all; see nn.metrics.accuracy.

    >>> accuracy = nn.metrics.Accuracy()
    >>> accuracy.update([0, 1], [0, 1])
    >>> accuracy.update([1, 0], [0, 0])
    >>> accuracy.compute()
    0.75
    """

    def _take(self, outputs, targets) -> None:
        predicted, true, _ = labels("Accuracy", outputs, targets)
        self._add((predicted == true).sum(), true.size)

    def _value(self) -> float:
        return self._mean()


class TopKAccuracy(Metric):
    """The share of samples whose class is among the k of highest score; see top_k_accuracy."""

    def __init__(self, k: int = 5) -> None:
        super().__init__()
        self.k = k

    def _take(self, outputs, targets) -> None:
        hits = in_top_k("TopKAccuracy", outputs, targets, self.k)
        self._add(hits.sum(), hits.size)

    def _value(self) -> float:
        return self._mean()


class ConfusionMatrix(Metric):
    """A row for each true class, a column for each predicted one; see confusion_matrix.  Without
    `classes` it grows with the classes that occur."""

    def __init__(self, classes: int | None = None) -> None:
        super().__init__()
        self.classes = classes

    def _take(self, outputs, targets) -> None:
        new = counts(type(self).__name__, outputs, targets, self.classes)
        old = self.state.get("counts", new[:0, :0])
        size = max(len(old), len(new))
        self.state = {"counts": sum(np.pad(m, (0, size - len(m))) for m in (old, new))}

    def _value(self) -> Any:
        return self.state["counts"].copy()


class _FromCounts(ConfusionMatrix):
    _of = ""

    def __init__(self, average: str | None = "binary", *, zero_division: float = 0.0,
                 classes: int | None = None) -> None:
        check_average(type(self).__name__, average)
        super().__init__(classes)
        self.average, self.zero_division = average, zero_division

    def _value(self) -> Any:
        return from_counts(self._of, self.state["counts"], self.average, self.zero_division,
                           self.classes is not None)


class Precision(_FromCounts):
    """TP / (TP + FP); see nn.metrics.precision."""

    _of = "precision"


class Recall(_FromCounts):
    """TP / (TP + FN); see nn.metrics.recall."""

    _of = "recall"


class F1(_FromCounts):
    """2 TP / (2 TP + FP + FN); see nn.metrics.f1."""

    _of = "f1"


class _Ranking(Metric):
    """Keeps all scores: thresholds are known at the end only."""

    def __init__(self, average: str | None = "macro") -> None:
        super().__init__()
        self.average = average

    def _take(self, outputs, targets) -> None:
        scores, true = ranked(type(self).__name__, outputs, targets)
        kept = self.state.get("scores", [])
        if kept and kept[0].shape[1:] != scores.shape[1:]:
            raise ValueError(f"{type(self).__name__}: scores {scores.shape} after batches of "
                             f"{kept[0].shape}")
        self.state = {"scores": [*kept, scores], "targets": [*self.state.get("targets", []), true]}

    def _gathered(self) -> tuple[np.ndarray, np.ndarray]:
        return np.concatenate(self.state["scores"]), np.concatenate(self.state["targets"])


class ROCAUC(_Ranking):
    """The area below the ROC curve; see nn.metrics.roc_auc."""

    def _value(self) -> Any:
        return roc_auc(*self._gathered(), self.average)


class AveragePrecision(_Ranking):
    """The mean precision over the recalls; see nn.metrics.average_precision."""

    def _value(self) -> Any:
        return average_precision(*self._gathered(), self.average)


class MSE(Metric):
    """The mean of (ŷ - y)²."""

    def _take(self, outputs, targets) -> None:
        given, true = numbers("MSE", outputs, targets)
        self._add(((given - true) ** 2).sum(), true.size)

    def _value(self) -> float:
        return self._mean()


class MAE(Metric):
    """The mean of |ŷ - y|."""

    def _take(self, outputs, targets) -> None:
        given, true = numbers("MAE", outputs, targets)
        self._add(np.abs(given - true).sum(), true.size)

    def _value(self) -> float:
        return self._mean()


class R2(Metric):
    """1 - Σ (y - ŷ)² / Σ (y - ȳ)²; see nn.metrics.r2."""

    def _take(self, outputs, targets) -> None:
        self.state = squares("R2", outputs, targets, self.state or None)

    def _value(self) -> float:
        return from_sums(self.state)


class Perplexity(Metric):
    """exp of the mean of -log p; see nn.metrics.perplexity."""

    def __init__(self, ignore_index: int = -100) -> None:
        super().__init__()
        self.ignore_index = ignore_index

    def _take(self, outputs, targets) -> None:
        found = losses("Perplexity", outputs, targets, self.ignore_index)
        self._add(found.sum(), found.size)

    def _value(self) -> float:
        return exp(self._mean())
