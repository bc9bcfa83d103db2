"""Metrics of predicted numbers, and of predicted probabilities of words."""

from __future__ import annotations

import math

import numpy as np

from .arguments import NoSample, array, check_range, numbers, one_hot


def mse(outputs, targets) -> float:
    """The mean of (ŷ - y)² over all elements.  Shape: (*), (*)."""
    given, true = numbers("mse", outputs, targets)
    return float(((given - true) ** 2).mean())


def mae(outputs, targets) -> float:
    """The mean of |ŷ - y| over all elements.  Shape: (*), (*)."""
    given, true = numbers("mae", outputs, targets)
    return float(np.abs(given - true).mean())


def r2(outputs, targets) -> float:
    """1 - Σ (y - ŷ)² / Σ (y - ȳ)²: 1 is perfect, 0 no better than the mean; over several columns
    their mean.  Of constant targets it is 1 where all are met, else 0; of one sample it is NaN.

    Shape: (N, *), (N, *).

    >>> nn.metrics.r2([2.5, 0.0, 2.0, 8.0], [3.0, -0.5, 2.0, 7.0])
    0.9486081370449679
    """
    return from_sums(squares("r2", outputs, targets))


def perplexity(outputs, targets, ignore_index: int = -100) -> float:
    """exp of the mean of -log p, of the probability p that softmax gives the target.

    Shape: logits (N, C, ...), targets (N, ...), of which those of ignore_index do not count.

    >>> round(nn.metrics.perplexity(autograd.zeros(5, 8), autograd.arange(5)), 6)
    8.0
    """
    return exp(np.mean(losses("perplexity", outputs, targets, ignore_index)))


def exp(value: float) -> float:
    """e to this power, which is infinite where no float holds it."""
    return math.exp(value) if not value > 709 else math.inf


def losses(who: str, outputs, targets, ignore_index: int) -> np.ndarray:
    """-log p of each target."""
    scores, true = array(who, "outputs", outputs), array(who, "targets", targets)
    if scores.ndim != true.ndim + 1 or (scores.shape[0], *scores.shape[2:]) != true.shape:
        raise ValueError(f"{who}: outputs must be logits (N, classes, ...) and targets (N, ...), "
                         f"got {scores.shape} and {true.shape}{one_hot(true)}")
    scores = np.moveaxis(scores, 1, -1).reshape(-1, scores.shape[1]).astype(np.float64)
    true = true.reshape(-1)
    counted = true != ignore_index
    if not counted.any():
        raise NoSample(f"{who}: there is no target to count")
    scores, true = scores[counted], true[counted].astype(np.int64)
    check_range(who, "targets", true, scores.shape[1])
    scores = scores - scores.max(1, keepdims=True)
    return np.log(np.exp(scores).sum(1)) - scores[np.arange(len(true)), true]


def squares(who: str, outputs, targets, before: dict | None = None) -> dict:
    """The sums that r2 needs, of these samples and those `before`: their count, of each column the
    first target, and the mean and squares of the distances from it."""
    given, true = numbers(who, outputs, targets)
    given, true = given.reshape(len(given), -1), true.reshape(len(true), -1)
    if before is None:
        empty = np.zeros(true.shape[1])
        before = {"count": 0, "first": true[0], "mean": empty, "spread": empty, "error": empty}
    elif len(before["first"]) != true.shape[1]:
        raise ValueError(f"{who}: {true.shape[1]} columns after batches of {len(before['first'])}")
    distance = true - before["first"]  # constant targets are 0 exactly
    mean, old, new = distance.mean(0), before["count"], len(true)
    apart = mean - before["mean"]
    return {"count": old + new, "first": before["first"],
            "mean": before["mean"] + apart * (new / (old + new)),
            "spread": before["spread"] + ((distance - mean) ** 2).sum(0)
            + apart**2 * (old * new / (old + new)),
            "error": before["error"] + ((given - true) ** 2).sum(0)}


def from_sums(sums: dict) -> float:
    """r2 of the sums that `squares` gave."""
    if sums["count"] < 2:
        return float("nan")
    spread, error = sums["spread"], sums["error"]
    varies = spread > 0
    of_constant = np.where(error > 0, 0.0, 1.0)
    return float(np.where(varies, 1 - error / np.where(varies, spread, 1), of_constant).mean())
