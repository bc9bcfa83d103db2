"""Arguments of metrics as arrays, and what is wrong with them."""

from __future__ import annotations

import numpy as np

from autograd import Tensor
from autograd.errors import describe


class NoSample(ValueError):
    """There is nothing to count."""


def array(who: str, what: str, value) -> np.ndarray:
    """A Tensor or whatever NumPy takes, as an array of numbers."""
    found = value.detach().numpy() if isinstance(value, Tensor) else np.asarray(value)
    if found.dtype.kind not in "biuf":
        raise TypeError(f"{who}: {what} must be numbers, got {describe(value)}")
    return found


def labels(who: str, outputs, targets) -> tuple[np.ndarray, np.ndarray, int | None]:
    """Predicted and true class of each sample, flat, and of scores the number of classes.

    Outputs are classes (whole numbers or bools), or scores (N, C, ...), whose largest counts.
    """
    given, true = array(who, "outputs", outputs), array(who, "targets", targets)
    scored = given.ndim == true.ndim + 1 and (given.shape[0], *given.shape[2:]) == true.shape
    if not scored and given.shape != true.shape:
        raise ValueError(f"{who}: outputs {given.shape} and targets {true.shape} do not fit: "
                         "classes have the targets' shape, scores one dimension more, of the "
                         f"classes, after the first{one_hot(true)}")
    if not true.size:
        raise NoSample(f"{who}: there is no sample; outputs and targets are {given.shape}")
    if not scored and given.dtype.kind == "f":
        _refuse_numbers(who, given, true)
    if true.dtype.kind == "f":
        raise TypeError(f"{who}: targets must be classes, whole numbers, got {true.dtype}; .long() "
                        "makes them so")
    classes = given.shape[1] if scored else None
    if scored:
        _check_scores(who, given)
        given = given.argmax(1) if given.size else np.zeros(true.shape, int)
    return given.reshape(-1).astype(np.int64), true.reshape(-1).astype(np.int64), classes


def _refuse_numbers(who: str, given: np.ndarray, true: np.ndarray) -> None:
    """Raise for outputs that are as many as the targets, but no classes."""
    if one_hot(true):
        raise ValueError(f"{who}: targets must be classes (N), got {true.shape}{one_hot(true)}")
    raise TypeError(f"{who}: outputs {given.shape} {given.dtype} are neither classes nor a "
                    "score for each class; compare them with a threshold first: outputs > 0 "
                    "for logits, outputs > 0.5 for probabilities")


def one_hot(targets: np.ndarray) -> str:
    """What to do about targets that are one-hot, or nothing."""
    if targets.ndim < 2 or not targets.size or not (
            np.isin(targets, (0, 1)).all() and (targets.sum(1) == 1).all()):
        return ""
    return "; these targets are one-hot, targets.argmax(1) gives the classes"


def _check_scores(who: str, scores: np.ndarray) -> None:
    if scores.shape[1] == 1:
        raise ValueError(f"{who}: outputs {scores.shape} have one score for a sample; compare it "
                         "with a threshold: outputs.squeeze(1) > 0 for logits")
    check_no_nan(who, "outputs", scores)


def check_no_nan(who: str, what: str, values: np.ndarray) -> None:
    if np.isnan(values).any():
        raise ValueError(f"{who}: {what} have NaN at {np.isnan(values).sum():,} places")


def check_range(who: str, what: str, values: np.ndarray, classes: int) -> None:
    """Raise unless all are classes from 0 to classes - 1."""
    wrong = values[(values < 0) | (values >= classes)]
    if wrong.size:
        raise ValueError(f"{who}: {what} has class {wrong[0]}, which is none of 0 to {classes - 1}")


def ranked(who: str, scores, targets) -> tuple[np.ndarray, np.ndarray]:
    """Scores (N) with bools, or (N, C) with classes below C."""
    given, true = array(who, "scores", scores), array(who, "targets", targets)
    if true.ndim != 1 or given.ndim not in (1, 2) or len(given) != len(true):
        raise ValueError(f"{who}: scores must be (N), or (N, classes), and targets (N), got "
                         f"{given.shape} and {true.shape}{one_hot(true)}")
    if not len(true):
        raise NoSample(f"{who}: there is no sample")
    whole = true.astype(np.int64)
    if (whole != true).any():
        raise ValueError(f"{who}: targets must be whole numbers, got {true[whole != true][0]}")
    check_no_nan(who, "scores", given)
    check_range(who, "targets", whole, 2 if given.ndim == 1 else given.shape[1])
    return given.astype(np.float64), whole if given.ndim == 2 else whole.astype(bool)


def numbers(who: str, outputs, targets) -> tuple[np.ndarray, np.ndarray]:
    """Two arrays of one shape, in float64."""
    given, true = array(who, "outputs", outputs), array(who, "targets", targets)
    if given.shape != true.shape:
        raise ValueError(f"{who}: outputs {given.shape} and targets {true.shape} must have one "
                         "shape; .squeeze(1) or .unsqueeze(1) may make it so")
    if not given.size:
        raise NoSample(f"{who}: there is no sample; outputs and targets are {given.shape}")
    return given.astype(np.float64), true.astype(np.float64)
