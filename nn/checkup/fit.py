"""Checks of what is fed and compared: the scale of inputs, the output, the loss and its targets."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

import autograd
from autograd import Tensor

from ..loss import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    MSELoss,
    NLLLoss,
    SmoothL1Loss,
)
from ..normalization import _Affine
from .patient import Batch, Patient
from .report import Finding
from .survey import Survey

LOGITS = ("cross_entropy", "binary_cross_entropy_with_logits")
LOSSES = (*LOGITS, "nll_loss", "binary_cross_entropy", "kl_div")
_NAMES: dict[type, str] = {
    CrossEntropyLoss: "cross_entropy", BCEWithLogitsLoss: LOGITS[1], NLLLoss: "nll_loss",
    BCELoss: "binary_cross_entropy", KLDivLoss: "kl_div", MSELoss: "mse_loss", L1Loss: "l1_loss",
    SmoothL1Loss: "smooth_l1_loss", HuberLoss: "huber_loss"}
_TWICE = {  # (loss, what its input came out of) -> severity, what is wrong, what to do
    ("cross_entropy", "softmax"): ("error", "cross_entropy applies softmax itself, and its input "
                                   "comes out of softmax", "return logits  # without the softmax"),
    ("cross_entropy", "sigmoid"): ("error", "cross_entropy applies softmax itself, and its input "
                                   "comes out of sigmoid", "return logits  # without the sigmoid"),
    ("cross_entropy", "relu"): ("warning", "the logits come out of relu, so that none is negative",
                                "return self.last(x)  # without the relu"),
    (LOGITS[1], "sigmoid"): ("error", "the loss applies sigmoid itself, and its input comes out of "
                             "sigmoid", "return logits  # or criterion = nn.BCELoss()"),
    (LOGITS[1], "softmax"): ("error", "the loss applies sigmoid itself, and its input comes out of "
                             "softmax", "return logits  # without the softmax"),
    (LOGITS[1], "relu"): ("error", "the logits come out of relu, so that no probability is below "
                          "one half", "return self.last(x)  # without the relu"),
    ("nll_loss", "softmax"): ("error", "nll_loss takes log-probabilities, and got probabilities",
                              "return autograd.log_softmax(logits, 1)"),
    ("kl_div", "softmax"): ("error", "kl_div takes log-probabilities, and got probabilities",
                            "return autograd.log_softmax(logits, 1)"),
}
_RANGES = {"sigmoid": (0, 1), "softmax": (0, 1), "tanh": (-1, 1), "relu": (0, math.inf)}
_REGRESSION = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")
_LARGE, _HUGE_TARGETS, _SMALL = 25.0, 100.0, 0.02


class Compared(NamedTuple):
    """The loss that was computed: its function's name, empty where that is not known, the op that
    its input came out of, and that input."""

    name: str
    before: str
    given: np.ndarray | None


def compared(patient: Patient) -> Compared:
    """What was compared: as the criterion says, or the op in the graph that is a known loss."""
    output, name = patient.output, _NAMES.get(type(patient.criterion), "")
    if name and isinstance(output, Tensor):
        last = [op for op in patient.ops if op.node is output.grad_fn]
        before = last[0].behind if last else ""
        return Compared(name, before, output.detach().numpy())
    known = [op for op in patient.ops if op.origin.op in _NAMES.values()]
    if not known:
        return Compared("", "", None)
    return Compared(known[-1].origin.op, known[-1].before, known[-1].saved.get("input"))


def check_scale(patient: Patient, survey: Survey) -> Iterator[Finding]:
    """What the first layer with parameters receives: bytes, large numbers, tiny ones."""
    if patient.received is not None:
        path, module, got = patient.received
        if isinstance(module, _Affine):
            return  # a norm layer scales it
    else:
        features = survey.features
        path, got = "inputs", np.zeros(0) if features is None else features
    if got.dtype.kind != "f" or not got.size or not np.isfinite(got).all():
        return
    size, largest = float(np.sqrt((got.astype(np.float64) ** 2).mean())), float(np.abs(got).max())
    if got.min() >= 0 and 100 < largest <= 255 and not (got % 1).any():
        yield Finding("error", "scale of inputs", path,
                      f"it gets whole numbers from {got.min():g} to {largest:g}, as pixels are",
                      largest, "x = x / 255  # or transform=data.transforms.ToTensor()")
    elif size > _LARGE:
        yield Finding("warning", "scale of inputs", path,
                      f"its inputs are large: root mean square {size:.4g}, up to {largest:.4g}",
                      size, "x = (x - x.mean(0)) / x.std(0)  # of the training data")
    elif 0 < largest < _SMALL:
        yield Finding("warning", "scale of inputs", path,
                      f"its inputs are tiny, {largest:.3g} at most; were they divided twice?",
                      largest, "x = (x - x.mean(0)) / x.std(0)  # of the training data")


def check_loss(patient: Patient, batch: Batch, survey: Survey) -> Iterator[Finding]:
    """What the loss gets: an activation too many, one column, targets that it cannot mean."""
    seen, targets = compared(patient), batch[1]
    if not seen.name:
        yield from _broadcast(patient, batch)
        return
    wrong = _TWICE.get((seen.name, seen.before))
    last = next((one for one in reversed(patient.ops) if one.origin.op == "softmax"), None)
    if (seen.before == "softmax" and last is not None and "out" in last.saved
            and (last.saved["out"] == 1).all()) or (
            seen.name == "cross_entropy" and seen.given is not None and seen.given.ndim > 1
            and seen.given.shape[1] == 1):
        yield Finding("error", "loss and output", "output",
                      "softmax over one column is 1 whatever the input", 1,
                      "criterion = nn.BCEWithLogitsLoss()  # on the column itself, without softmax")
    elif wrong is not None:
        yield Finding(wrong[0], "loss and output", "output", wrong[1], None, wrong[2])
    elif (seen.name == "nll_loss" and seen.before != "log_softmax"
          and isinstance(patient.output, Tensor)):
        sums = np.exp(patient.output.detach().numpy().astype(np.float64))
        total = sums.sum(1 if sums.ndim > 1 else 0)
        if sums.ndim > 1 and np.abs(total - 1).max() > 0.01:
            yield Finding("error", "loss and output", "output",
                          "nll_loss takes log-probabilities; the exponentials of its input sum to "
                          f"{total.flat[0]:.3g}, not 1", float(total.flat[0]),
                          "criterion = nn.CrossEntropyLoss()")
    if isinstance(targets, Tensor):
        yield from _targets(seen, targets.detach().numpy(), survey)
        yield from _broadcast(patient, batch)


def _targets(seen: Compared, targets: np.ndarray, survey: Survey) -> Iterator[Finding]:
    name, before, given = seen
    limits = _RANGES.get(before)
    if name == "cross_entropy" and targets.dtype.kind == "f" and targets.ndim > 1:
        sums = targets.sum(1)
        if np.abs(sums - 1).max() > 1e-3:
            off = float(sums.flat[np.abs(sums - 1).argmax()])
            yield Finding("error", "targets", "targets",
                          f"cross_entropy takes distributions, and one of the targets sums to "
                          f"{off:.4g}: several classes at once, or none", off,
                          "criterion = nn.BCEWithLogitsLoss()")
    if name == "cross_entropy" and given is not None and survey.labels is not None:
        labels, width = survey.labels, given.shape[1] if given.ndim > 1 else 0
        top = int(labels.max()) + 1
        enough = survey.whole and len(labels) >= 30 * top and labels.dtype.kind in "iu"
        if enough and width >= 2 * top:
            yield Finding("warning", "loss and output", "output",
                          f"there are {width} outputs, and no target is above {top - 1}", width,
                          f"nn.Linear(in_features, {top})  # the last layer")
    if name in _REGRESSION and targets.dtype.kind == "f" and np.isfinite(targets).all():
        if limits is not None:
            outside = float(((targets < limits[0] - 0.01) | (targets > limits[1] + 0.01)).mean())
            if outside > 0.01:
                yield Finding("error", "targets", "output",
                              f"{before} gives numbers from {limits[0]} to {limits[1]}, but "
                              f"targets go from {targets.min():.4g} to {targets.max():.4g}",
                              outside, "return self.last(x)  # without the activation")
        size = float(np.sqrt((targets.astype(np.float64) ** 2).mean()))
        if size > _HUGE_TARGETS:
            yield Finding("warning", "scale of targets", "targets",
                          f"the targets are large: root mean square {size:.4g}", size,
                          "y = (y - y.mean()) / y.std()  # of the training data")


def _broadcast(patient: Patient, batch: Batch) -> Iterator[Finding]:
    """A criterion that computes something else where output and targets have one shape."""
    output, targets = patient.output, batch[1]
    if not (isinstance(output, Tensor) and isinstance(targets, Tensor)
            and output.numel() == targets.numel() > 1 and output.shape != targets.shape
            and 1 in (*output.shape, *targets.shape)):
        return
    try:
        with autograd.no_grad():
            as_it_is = patient.criterion(output, targets).item()
            alike = patient.criterion(output.reshape(targets.shape), targets).item()
    except Exception:  # it takes no such shapes: then it does not broadcast
        return
    if abs(as_it_is - alike) > 1e-4 * max(abs(alike), 1e-6):
        yield Finding("error", "loss and output", "output",
                      f"output {tuple(output.shape)} and targets {tuple(targets.shape)} are "
                      f"broadcast: the loss is {as_it_is:.4g}, of equal shapes {alike:.4g}",
                      as_it_is, "loss = criterion(model(x).reshape(y.shape), y)")


def chance(patient: Patient, batch: Batch) -> float | None:
    """The loss of an output that knows nothing: equal logits, or the mean of the targets."""
    output, targets, name = patient.output, batch[1], compared(patient).name
    if not isinstance(output, Tensor) or name not in (*LOGITS, *_REGRESSION):
        return None
    blank = autograd.zeros_like(output)
    if name in _REGRESSION:
        if not isinstance(targets, Tensor) or targets.shape != output.shape:
            return None
        blank = blank + targets.mean()
    try:
        with autograd.no_grad():
            value = float(patient.criterion(blank, targets).item())
    except Exception:  # a criterion that asks for more than numbers
        return None
    return value if math.isfinite(value) and value > 0 else None


def check_start(patient: Patient, expected: float | None, kind: str) -> Iterator[Finding]:
    """The initial loss against that of guessing, for losses of classes."""
    loss = patient.loss.item()
    if kind in LOGITS and expected is not None and loss > 3 * expected + 0.5:
        yield Finding("warning", "initial loss", "output",
                      f"the loss begins at {loss:.4g}, where guessing gives {expected:.4g}: the "
                      "first outputs are too large", loss,
                      "nn.init.normal_(model.last.weight, std=0.01)  # of the last layer")
