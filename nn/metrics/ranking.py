"""Metrics of scores that rank the samples, at every threshold at once.

Scores are (N) for targets 0 and 1, as logits or probabilities of class 1; or (N, C) for classes
below C, where each class is held against the rest: there take probabilities, as logits of different
samples cannot be compared.
"""

from __future__ import annotations

import numpy as np

from .arguments import ranked


def roc_curve(scores, targets) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """False positive rates, true positive rates, and the thresholds at whose `score >= threshold`
    they are reached, from none to all; points on a line between others are left out.  The rates
    are NaN where no sample is negative, or positive.

    Shape: scores and targets (N).

    >>> nn.metrics.roc_curve([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])[:2]
    (array([0. , 0. , 0.5, 0.5, 1. ]), array([0. , 0.5, 0.5, 1. , 1. ]))
    """
    given, true = ranked("roc_curve", scores, targets)
    if given.ndim == 2:
        raise ValueError(f"roc_curve: scores must be (N), got {given.shape}; for one class c: "
                         "roc_curve(scores[:, c], targets == c)")
    false_hits, hits, thresholds = _hits(given, true)
    if len(hits) > 2:
        corner = (np.diff(false_hits, 2) != 0) | (np.diff(hits, 2) != 0)
        kept = np.concatenate([[True], corner, [True]])
        false_hits, hits, thresholds = false_hits[kept], hits[kept], thresholds[kept]
    starts = (np.concatenate([[0], values]) for values in (false_hits, hits))
    x, y = (_share(values) for values in starts)
    return x, y, np.concatenate([[np.inf], thresholds])


def roc_auc(scores, targets, average: str | None = "macro"):
    """The area below the ROC curve: the chance that a positive sample has a higher score than a
    negative one, equal scores counting half.  NaN where one of them is missing.

    For scores (N, C) the mean over the classes, or with average None an array of all.

    >>> nn.metrics.roc_auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    0.75
    """
    return _each_class("roc_auc", scores, targets, average, _area)


def average_precision(scores, targets, average: str | None = "macro"):
    """Σ (Rₙ - Rₙ₋₁) Pₙ over the thresholds, of precision P and recall R; 0 without positives.

    For scores (N, C) the mean over the classes, or with average None an array of all.

    >>> nn.metrics.average_precision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    0.8333333333333333
    """
    return _each_class("average_precision", scores, targets, average, _average_precision)


def _each_class(who: str, scores, targets, average: str | None, measure):
    if average not in ("macro", None):
        raise ValueError(f"{who}: average must be 'macro' or None, got {average!r}")
    given, true = ranked(who, scores, targets)
    if given.ndim == 1:
        return measure(given, true)
    values = np.array([measure(given[:, c], true == c) for c in range(given.shape[1])])
    if average is None:
        return values
    if np.isnan(values).any():
        missing = int(np.isnan(values).argmax())
        raise ValueError(f"{who}: class {missing} has no sample, or all of them, so the mean over "
                         "the classes is not defined; average=None gives the others")
    return float(values.mean())


def _hits(scores: np.ndarray, true: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How many negatives and positives have at least each score, and the scores, falling."""
    order = np.argsort(-scores, kind="stable")
    scores, true = scores[order], true[order]
    last = np.append(np.flatnonzero(scores[1:] != scores[:-1]), len(scores) - 1)
    hits = true.cumsum()[last]
    return last + 1 - hits, hits, scores[last]


def _share(counts: np.ndarray) -> np.ndarray:
    return counts / counts[-1] if counts[-1] else np.full(len(counts), np.nan)


def _area(scores: np.ndarray, true: np.ndarray) -> float:
    false_hits, hits, _ = _hits(scores, true)
    x, y = (_share(np.concatenate([[0], values])) for values in (false_hits, hits))
    return float(np.trapezoid(y, x))


def _average_precision(scores: np.ndarray, true: np.ndarray) -> float:
    false_hits, hits, _ = _hits(scores, true)
    if not hits[-1]:
        return 0.0
    return float((np.diff(hits, prepend=0) / hits[-1] * (hits / (hits + false_hits))).sum())
