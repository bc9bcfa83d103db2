"""Losses for classification: cross entropy of scores, negative log-likelihood of log-probabilities.

For class indices the whole of `cross_entropy` is one node: neither its softmax nor the logarithms
are stored, and its gradient is an op that can be differentiated again.
"""

from __future__ import annotations

from operator import index

import numpy as np

from .. import kernels
from ..dtypes import int64
from ..errors import describe, instead
from ..record import composite, op
from ..replayed import replayed
from ..tensors import Tensor
from .activation import log_softmax, softmax, softmax_grad
from .elementwise import long, safe_mul
from .index import within
from .loss import check_reduction, reduced
from .loss_slips import look_at_classes, look_at_input
from .reduce import sum
from .shape import expand, movedim, reshape, unsqueeze


@composite(method=False)
def cross_entropy(input, target, weight=None, ignore_index=-100, reduction="mean",
                  label_smoothing=0.0):
    """-log softmax(input) at the target class, reduced.

    The target holds class indices, or probabilities if it is floating and of input's shape.
    "mean" divides by the sum of the targets' class weights; `ignore_index` counts as nothing.
    Shape: (N, C, ...) with indices (N, ...); (C) with (); probabilities as input
    Raises: IndexError for a target that is no class, TypeError and ValueError for misfits.
    Hints: where input comes out of softmax, since softmax is applied here, or of sigmoid; where
        there is one class.

    >>> nn.functional.cross_entropy(autograd.tensor([[0., 0.]]), autograd.tensor([1]))
    tensor(0.6931)
    """
    check_reduction("cross_entropy", reduction)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy: label_smoothing must lie in [0, 1], got "
                         f"{label_smoothing}")
    _check_tensors("cross_entropy", input, target, weight)
    ignore_index = _ignored("cross_entropy", ignore_index)
    look_at_input("cross_entropy", input)
    if target.dtype.kind == "f" and target.shape == input.shape:
        return _soft(input, target, weight, ignore_index, reduction, label_smoothing)
    _check_shapes("cross_entropy", input, target)
    look_at_classes("cross_entropy", input)
    scores, labels = _rows(input, target)
    try:
        loss = _cross_entropy(scores, labels, weight, reduction=reduction,
                              ignore_index=ignore_index, label_smoothing=label_smoothing)
    except IndexError:
        _check_target("cross_entropy", input, target, ignore_index)
        raise
    return loss if reduction != "none" or loss.shape == target.shape else reshape(
        loss, target.shape)


@composite(method=False)
def nll_loss(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """-input at the target class, reduced as in `cross_entropy`; input holds log-probabilities.

    Shape: (N, C, ...) with class indices (N, ...); (C) with ()
    Raises: IndexError for a target that is no class, TypeError and ValueError for misfits.
    Hints: where input comes out of softmax, or is scores.
    """
    check_reduction("nll_loss", reduction)
    _check_tensors("nll_loss", input, target, weight)
    ignore_index = _ignored("nll_loss", ignore_index)
    look_at_input("nll_loss", input)
    _check_shapes("nll_loss", input, target)
    scores, labels = _rows(input, target)
    try:
        loss = _nll_loss(scores, labels, weight, reduction=reduction, ignore_index=ignore_index)
    except IndexError:
        _check_target("nll_loss", input, target, ignore_index)
        raise
    return loss if reduction != "none" or loss.shape == target.shape else reshape(
        loss, target.shape)


def _soft(input, target, weight, ignore_index, reduction, label_smoothing):
    """Cross entropy with class probabilities."""
    if ignore_index >= 0:
        raise ValueError(f"cross_entropy: ignore_index={ignore_index} has no meaning for class "
                         "probabilities")
    dim = 1 if input.ndim > 1 else 0
    classes = input.shape[dim]
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    parts = safe_mul(target, log_softmax(input, dim))
    if weight is not None:
        parts = parts * reshape(weight, (classes, *[1] * (input.ndim - dim - 1)))
    losses = -sum(parts, dim)
    return reduced(losses, reduction)


def _rows(input, target):
    """Scores as (rows, classes) and int64 targets as (rows)."""
    target = target if target.dtype is int64 else long(target)
    if input.ndim == 2:
        return input, target
    if input.ndim > 2:
        input = movedim(input, 1, -1)  # (N, C, d1, ...) -> (N, d1, ..., C)
    count = target._array.size
    return reshape(input, (count, input.shape[-1])), reshape(target, (count,))


@op(method=False, extra=("logsumexp", "total"), vjp=dict(
    input=lambda g, input, target, weight, logsumexp, total, ignore_index, label_smoothing:
        cross_entropy_grad(_per_row(g, total, input.shape[0]), input, target, weight,
                           logsumexp=logsumexp, ignore_index=ignore_index,
                           label_smoothing=label_smoothing)))
def _cross_entropy(input, target, weight=None, /, *, reduction, ignore_index, label_smoothing):
    losses, logsumexp = kernels.cross_entropy(input, target, weight, ignore_index, label_smoothing)
    if reduction == "none":
        return losses.astype(input.dtype), logsumexp, 1.0
    total = _total(target, weight, ignore_index) if reduction == "mean" else 1.0
    loss = np.add.reduce(losses)
    return input.dtype.type(loss / total if total else np.nan), logsumexp, total


def _total(target, weight, ignore_index: int) -> float:
    """What the mean divides by: how many targets count, or the sum of their class weights."""
    counted = target != ignore_index
    if weight is None:
        return float(np.count_nonzero(counted))
    return float(np.add.reduce(weight[target[counted]], dtype=np.float64))


def _per_row(g, total: float, rows: int):
    """The gradient of each row's loss from that of the result."""
    return g if g.shape else expand(g / total if total else g * 0, (rows,))


@op(method=False, vjp=dict(
    g=lambda g_out, g_shape, input, target, weight, logsumexp, ignore_index, label_smoothing:
        sum(g_out * cross_entropy_grad(
            np.ones(g_shape, input.dtype), input, target, weight, logsumexp=logsumexp,
            ignore_index=ignore_index, label_smoothing=label_smoothing), 1),
    input=lambda g_out, g, input, target, weight, ignore_index, label_smoothing:
        softmax_grad(g_out * unsqueeze(
            g * _factor(input, target, weight, ignore_index, label_smoothing), 1),
            softmax(input, 1), 1)))
def cross_entropy_grad(g, input, target, weight=None, /, *, logsumexp, ignore_index,
                       label_smoothing):
    """What the losses of `cross_entropy`, weighted by g (rows), give back to the scores:
    g (a softmax(x) - b), where b is the smoothed target times the class weights and a its sum."""
    return kernels.cross_entropy_grad(np.ascontiguousarray(g), input, logsumexp, target, weight,
                                      ignore_index, label_smoothing)


def _factor(input, target, weight, ignore_index: int, label_smoothing: float) -> np.ndarray:
    """The sum of each row's smoothed target times the class weights, 0 where it is ignored."""
    target, weight = getattr(target, "_array", target), getattr(weight, "_array", weight)
    classes = input.shape[1]
    weight = np.ones(classes, input.dtype) if weight is None else weight
    counted = target != ignore_index
    hard = weight[np.where(counted, target, 0)] * (1 - label_smoothing)
    return np.where(counted, hard + weight.sum() * (label_smoothing / classes), 0)


@op(method=False, extra=("total",), vjp=dict(
    input=lambda g, target, weight, total, input_shape, ignore_index:
        nll_loss_grad(_per_row(g, total, input_shape[0]), target, weight, classes=input_shape[1],
                      ignore_index=ignore_index)))
def _nll_loss(input, target, weight=None, /, *, reduction, ignore_index):
    rows, labels, chosen = _counted(target, weight, ignore_index, input.shape[1])
    losses = input[rows, labels] * -chosen
    if reduction == "none":
        every = np.zeros(len(target), input.dtype)
        every[rows] = losses
        return every, 1.0
    loss, total = np.add.reduce(losses, None, np.float64), 1.0
    if reduction == "mean":
        total = float(len(rows) if weight is None else np.add.reduce(chosen, None, np.float64))
    return input.dtype.type(loss / total if total else np.nan), total


@op(method=False, vjp=dict(
    g=lambda g_out, target, weight, ignore_index:
        _nll_loss(g_out, target, weight, reduction="none", ignore_index=ignore_index)))
def nll_loss_grad(g, target, weight=None, /, *, classes, ignore_index):
    """What the losses of `nll_loss`, weighted by g, give back: -g w at the target class, else 0."""
    rows, labels, chosen = _counted(target, weight, ignore_index, classes)
    grad = np.zeros((len(target), classes), g.dtype)
    grad[rows, labels] = g[rows] * -chosen
    return grad


def _counted(target, weight, ignore_index: int, classes: int):
    """The rows that count, their classes and these classes' weights."""
    if 0 <= ignore_index < classes or not within(target, classes):
        rows, = (target != ignore_index).nonzero()
        target = target[rows]
        if not within(target, classes):
            raise IndexError(f"a target is none of {classes} classes")
    else:
        rows = np.arange(len(target))
    return rows, target, 1 if weight is None else weight[target]


def _check_tensors(name: str, input, target, weight) -> None:
    for which, value in (("input", input), ("target", target)):
        if not isinstance(value, Tensor):
            raise TypeError(f"{name}: {which} must be a Tensor, got {describe(value)}"
                            f"{instead(value)}")
    shape = input._array.shape
    if not shape or input._array.dtype.kind != "f":
        swapped = target._array.dtype.kind == "f" and target._array.ndim > len(shape)
        raise TypeError(f"{name}: input must be floating, of shape (N, C), (N, C, ...) or (C), "
                        f"got {describe(input)}"
                        + ("; the outputs come first, the targets second" if swapped else ""))
    if weight is None:
        return
    classes = shape[1 if len(shape) > 1 else 0]
    if getattr(weight, "shape", None) != (classes,) or weight.dtype != input.dtype:
        raise ValueError(f"{name}: weight must be a Tensor ({classes},) {input.dtype}, one weight "
                         f"per class, got {describe(weight)}")


def _ignored(name: str, ignore_index) -> int:
    """ignore_index as an integer that a target can be."""
    try:
        number = index(ignore_index)
    except TypeError:
        raise TypeError(f"{name}: ignore_index must be an integer, got {describe(ignore_index)}"
                        ) from None
    if not -2**63 <= number < 2**63:
        raise ValueError(f"{name}: ignore_index={number} is no int64, so no target can be it")
    return number


def _check_shapes(name: str, input, target) -> None:
    """Raise unless target holds one integer for each row of scores."""
    shape, got = input._array.shape, target._any_array.shape
    wanted = (shape[0], *shape[2:]) if len(shape) > 1 else ()
    if got == wanted and target._any_array.dtype.kind in "iu":
        return
    if target.dtype.kind not in "iu":
        probabilities = f", or class probabilities of shape {shape}" * (name == "cross_entropy")
        raise TypeError(f"{name}: target is {target.dtype} {tuple(target.shape)}, but class "
                        f"indices are integers; did you mean target.long(){probabilities}?")
    if got == shape:
        fix = "; for one-hot targets use target.argmax(1)"
        fix += ", or target.float() for probabilities" * (name == "cross_entropy")
    elif got == (*wanted, 1):
        fix = f"; use target.squeeze({len(wanted)})"
    else:
        fix = "" if len(shape) < 3 else " (the classes are dimension 1 of input)"
    raise ValueError(f"{name}: input {shape} takes class indices of shape {wanted}, got {got}{fix}")


@replayed
def _check_target(name: str, input, target, ignore_index: int) -> None:
    """Raise if a target is no class, with its place."""
    labels = target._array
    classes = input.shape[1 if input.ndim > 1 else 0]
    if within(labels, classes):
        return
    wrong = ((labels < 0) | (labels >= classes)) & (labels != ignore_index)
    if not wrong.any():
        return
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    place = f" at position {list(at)}" if at else ""
    counted = labels[labels != ignore_index]
    hint = ""
    if counted.min() >= 1 and counted.max() == classes:
        hint = ". If the labels start at 1, use target - 1"
    raise IndexError(f"{name}: target {int(labels[at])}{place} is not a class: input "
                     f"{tuple(input.shape)} has {classes} classes, so 0 to {classes - 1} fit, or "
                     f"ignore_index={ignore_index}{hint}") from None
