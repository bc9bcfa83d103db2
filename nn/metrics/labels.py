"""Metrics of predicted classes: all but one come from the confusion matrix.

Outputs are classes, shape (N) or any other, or scores such as logits, (N, C, ...), whose largest
counts; targets are classes (N, ...).
"""

from __future__ import annotations

from operator import index

import numpy as np

from .arguments import NoSample, array, check_no_nan, check_range, labels, one_hot

_AVERAGES = ("binary", "micro", "macro", "weighted", None)


def accuracy(outputs, targets) -> float:
    """right / all.

    >>> nn.metrics.accuracy(autograd.tensor([0, 1, 1]), autograd.tensor([0, 1, 0]))
    0.6666666666666666
    """
    predicted, true, _ = labels("accuracy", outputs, targets)
    return float((predicted == true).mean())


def top_k_accuracy(outputs, targets, k: int = 5) -> float:
    """The share of samples whose class is among the k of highest score; of equal scores the later
    classes come first, as in scikit-learn.

    Shape: outputs (N, C), targets (N).

    >>> nn.metrics.top_k_accuracy([[0.1, 0.6, 0.3], [0.7, 0.2, 0.1]], [2, 2], k=2)
    0.5
    """
    return float(in_top_k("top_k_accuracy", outputs, targets, k).mean())


def confusion_matrix(outputs, targets, classes: int | None = None) -> np.ndarray:
    """How many samples of each class (row) were taken for each class (column).

    `classes` is their number, else that of the scores or one more than the highest class seen.
    Shape: (classes, classes).

    >>> nn.metrics.confusion_matrix([0, 1, 1, 2], [0, 0, 1, 2])
    array([[1, 1, 0],
           [0, 1, 0],
           [0, 0, 1]])
    """
    return counts("confusion_matrix", outputs, targets, classes)


def precision(outputs, targets, average: str | None = "binary", *, zero_division: float = 0.0,
              classes: int | None = None):
    """TP / (TP + FP): of those taken for a class, how many are of it?

    average "binary" is for the classes 0 and 1 and looks at 1; "micro" counts over all classes,
    "macro" is the mean over the classes that occur (or, where `classes` is given, over all),
    "weighted" by their samples; None gives an array, one for each class. `zero_division` stands
    for 0 / 0; as NaN, means leave it out.

    >>> nn.metrics.precision([1, 1, 0, 1], [1, 0, 0, 1])
    0.6666666666666666
    """
    return _of_labels("precision", outputs, targets, average, zero_division, classes)


def recall(outputs, targets, average: str | None = "binary", *, zero_division: float = 0.0,
           classes: int | None = None):
    """TP / (TP + FN): of those of a class, how many were found?  Averages as in precision.

    >>> nn.metrics.recall([1, 1, 0, 1], [1, 0, 0, 1])
    1.0
    """
    return _of_labels("recall", outputs, targets, average, zero_division, classes)


def f1(outputs, targets, average: str | None = "binary", *, zero_division: float = 0.0,
       classes: int | None = None):
    """2 P R / (P + R) = 2 TP / (2 TP + FP + FN), of precision P and recall R.  Averages as there.

    >>> nn.metrics.f1([1, 1, 0, 1], [1, 0, 0, 1])
    0.8
    """
    return _of_labels("f1", outputs, targets, average, zero_division, classes)


def _of_labels(who: str, outputs, targets, average, zero_division: float, classes: int | None):
    check_average(who, average)
    matrix = counts(who, outputs, targets, classes)
    return from_counts(who, matrix, average, zero_division, classes is not None)


def counts(who: str, outputs, targets, classes: int | None) -> np.ndarray:
    """The confusion matrix."""
    predicted, true, scored = labels(who, outputs, targets)
    if classes is None:
        classes = scored or int(max(predicted.max(), true.max())) + 1
    elif index(classes) < 1:
        raise ValueError(f"{who}: classes must be at least 1, got {classes}")
    check_range(who, "outputs", predicted, classes)
    check_range(who, "targets", true, classes)
    return np.bincount(true * classes + predicted, minlength=classes**2).reshape(classes, classes)


def in_top_k(who: str, outputs, targets, k: int) -> np.ndarray:
    """For each sample whether its class is among the k of highest score."""
    scores, true = array(who, "outputs", outputs), array(who, "targets", targets)
    if scores.ndim != 2 or true.shape != scores.shape[:1] or true.size and true.dtype.kind == "f":
        raise ValueError(f"{who}: outputs must be scores (N, classes) and targets classes (N), got "
                         f"{scores.shape} and {true.shape} {true.dtype}{one_hot(true)}")
    if not len(true):
        raise NoSample(f"{who}: there is no sample")
    if not 1 <= index(k) <= scores.shape[1]:
        raise ValueError(f"{who}: k must be between 1 and the {scores.shape[1]} classes, got {k}")
    check_no_nan(who, "outputs", scores)
    check_range(who, "targets", true, scores.shape[1])
    own = np.take_along_axis(scores, true[:, None].astype(np.int64), 1)
    later = np.arange(scores.shape[1]) > true[:, None]
    return ((scores > own) | (scores == own) & later).sum(1) < k


def check_average(who: str, average) -> None:
    if average not in _AVERAGES:
        raise ValueError(f"{who}: average must be one of {', '.join(map(repr, _AVERAGES))}, got "
                         f"{average!r}")


def from_counts(who: str, matrix: np.ndarray, average: str | None, zero_division: float,
                all_classes: bool):
    """Precision, recall or f1, after `who`, of a confusion matrix."""
    right, true, predicted = matrix.diagonal(), matrix.sum(1), matrix.sum(0)
    if average == "binary":
        if len(matrix) > 2:
            raise ValueError(f"{who}: average='binary' is for the classes 0 and 1, there are "
                             f"{len(matrix)}; choose 'macro', 'micro', 'weighted' or None")
        matrix = np.pad(matrix, (0, 2 - len(matrix)))
        right, true, predicted = matrix[1, 1], matrix.sum(1)[1], matrix.sum(0)[1]
    elif average == "micro":
        right, true, predicted = right.sum(), true.sum(), predicted.sum()
    elif average is not None and not all_classes:
        occurs = true + predicted > 0
        right, true, predicted = right[occurs], true[occurs], predicted[occurs]
    above, below = {"precision": (right, predicted), "recall": (right, true),
                    "f1": (2 * right, true + predicted)}[who]
    share = np.where(below > 0, above / np.maximum(below, 1), zero_division)
    if average in ("macro", "weighted"):
        return _mean(share, true if average == "weighted" else np.ones_like(true))
    return share if average is None else float(share)


def _mean(share: np.ndarray, weight: np.ndarray) -> float:
    known = ~np.isnan(share)
    if not known.any():
        return float("nan")
    share, weight = share[known], weight[known]
    return float((share * weight).sum() / max(weight.sum(), 1))  # all shares are 0 without weight
