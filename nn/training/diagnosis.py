"""What training curves tell: five patterns, and what to do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

LARGE_GAP, HIGH, RISE, FALL = 0.2, 0.7, 0.05, 0.02


class Diagnosis(NamedTuple):
    """A pattern of the curves, what it means, and what to do about it."""

    pattern: str
    diagnosis: str
    action: str

    def __str__(self) -> str:
        return f"{self.pattern}: {self.diagnosis}. {self.action}."


RISING = Diagnosis("training loss falls, validation loss rises", "overfitting",
                   "Add dropout, reduce the capacity, or stop early")
BOTH_HIGH = Diagnosis("both losses are high", "underfitting",
                      "Increase the capacity, or train longer")
FALLING = Diagnosis("training loss falls, validation loss falls", "good training", "Continue")
GAP = Diagnosis("large gap between training and validation loss", "overfitting",
                "Regularize more: weight decay, dropout, more or augmented data")
CLOSE = Diagnosis("small gap between training and validation loss", "good generalization",
                  "The model is reliable")


def diagnose(history, baseline: float | None = None) -> Diagnosis:
    """Which of the five patterns a History (or a dict with loss and val_loss) shows.

    They are looked for in this order, on means over the last fifth of the epochs: the validation
    loss has risen 5 % above its lowest while the training loss fell on; both losses are above 0.7
    `baseline`; the validation loss is above the training loss by 0.2 `baseline`; both fall by 2 %
    or more from the fifth before; else the gap is small.
    `baseline` is the loss of a model that has learned nothing, as log(classes) for cross-entropy;
    else the training loss of the first epoch stands for it.

    Raises: ValueError for fewer than three epochs, losses that are not finite, or no val_loss.

    >>> print(nn.training.diagnose({"loss": [2.0, 1.0, 0.5], "val_loss": [2.0, 1.2, 1.6]}))
    training loss falls, validation loss rises: overfitting. Add dropout, reduce the capacity, \
or stop early.
    """
    train, held_out = _losses(history, "loss"), _losses(history, "val_loss")
    if len(train) < 3 or len(train) != len(held_out):
        raise ValueError(f"diagnose: it takes at least three epochs with loss and val_loss, got "
                         f"{len(train)} and {len(held_out)}")
    base = abs(train[0]) if baseline is None else float(baseline)
    last = max(1, len(train) // 5)
    now, before = _mean(train[-last:]), _mean(train[-2 * last:-last])
    val_now, val_before = _mean(held_out[-last:]), _mean(held_out[-2 * last:-last])
    lowest = min(range(len(held_out)), key=held_out.__getitem__)
    if val_now > held_out[lowest] + RISE * abs(held_out[lowest]) and now < train[lowest]:
        return RISING
    if now > HIGH * base and val_now > HIGH * base:
        return BOTH_HIGH if baseline is not None else BOTH_HIGH._replace(
            action=f"{BOTH_HIGH.action}; if training had begun before, give baseline=")
    if val_now - now > LARGE_GAP * base:
        return GAP
    if before - now > FALL * abs(before) and val_before - val_now > FALL * abs(val_before):
        return FALLING
    return CLOSE


def _losses(history, column: str) -> list[float]:
    try:
        losses = [float(loss) for loss in history[column]]
    except KeyError:
        raise ValueError(f"diagnose: the history has no {column}; give fit "
                         "validation=loader") from None
    if not all(map(math.isfinite, losses)):
        raise ValueError(f"diagnose: the {column} is not finite in epoch "
                         f"{[math.isfinite(loss) for loss in losses].index(False) + 1}; try a "
                         "smaller learning rate")
    return losses


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
