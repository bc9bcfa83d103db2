"""Places drawn in rows of weights, all rows at once: what `multinomial` is made of."""

from __future__ import annotations

import numpy as np


def drawn_once(weights: np.ndarray, count: int, source) -> np.ndarray:
    """Places in each row, drawn without replacement: waiting times with the weights as rates come
    to an end in the order in which the places would be drawn one after the other."""
    rates = np.maximum(weights / weights.max(1, keepdims=True), 1e-300)  # so all times are finite
    times = np.divide(source.standard_exponential(weights.shape), rates,
                      out=np.full(weights.shape, np.inf), where=weights > 0)
    if count == 1:
        return times.argmin(1, keepdims=True)
    first = np.argpartition(times, count - 1, 1)[:, :count]
    return np.take_along_axis(first, np.take_along_axis(times, first, 1).argsort(1), 1)


def drawn_again(weights: np.ndarray, count: int, source) -> np.ndarray:
    """Places in each row, drawn with replacement: the steps of the running sums that were hit."""
    steps = np.cumsum(weights / weights.max(1, keepdims=True), 1)
    steps /= steps[:, -1:]
    return np.stack([row.searchsorted(source.random(count), "right") for row in steps])
