"""Losses element by element, for arrays: what both the kernels and the rules of ops read."""

import numpy as np

from autograd.kernels.rounding import rounded_once


@rounded_once
def squared(x, target):
    """(x - target)²."""
    distance = x - target
    return distance * distance


@rounded_once
def absolute(x, target):
    """|x - target|."""
    return np.abs(x - target)


@rounded_once
def huber(x, target, delta):
    """d²/2 of the distances d up to delta, delta (|d| - delta/2) above."""
    size = np.abs(x - target)
    inner = np.minimum(size, delta)
    return inner * (size - inner * 0.5)


def probable(target):
    """Whether no target lies outside [0, 1]."""
    return not target.size or not (target.min() < 0 or target.max() > 1)


@rounded_once
def binary(x, target):
    """-(t log x + (1 - t) log(1 - x)), logarithms below -100 counting as -100."""
    return -(target * np.maximum(np.log(x), -100)
             + (1 - target) * np.maximum(np.log1p(-x), -100))


@rounded_once
def with_logits(x, target):
    """-(t log σ(x) + (1 - t) log(1 - σ(x))), as |x| w + log(1 + exp(-|x|)), where w is 1 - t for
    x above 0 and t below."""
    size, wrong = np.abs(x), np.where(x >= 0, 1 - target, target)
    distance = size * wrong
    if not np.isfinite(np.add.reduce(distance, None)):
        distance = np.where(wrong == 0, 0, distance)  # an infinite x is not far from right
    return distance + np.log1p(np.exp(-size))
