"""The doctor: looks at the data, runs a copy of the model, tries to train it, and reports."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any

from autograd.errors import describe, uncalled

from ..module import Module
from .fit import LOSSES, chance, check_loss, check_scale, check_start, compared
from .patient import Batch, Failed, Patient, undisturbed
from .report import Finding, Report
from .samples import check_samples, check_splits
from .signals import Activity, check_gradients, check_norms, check_symmetry
from .structure import check_frozen, check_graph, check_mode, check_optimizer, check_registration
from .survey import Survey
from .trials import check_learning


def doctor(model: Module, loader: Iterable, criterion: Callable, optimizer: Any, *,
           validation: Iterable | None = None) -> Report:
    """Look for what keeps a model from learning, before it is trained: a dry run on copies.

    Some batches (up to 64) are looked through: numbers, scale, labels, order, samples that
    `validation` shares, if a sample has 8 numbers or more.  A copy of the model is run on four of
    them, or up to eight where a gradient is missing: registration, mode, loss and output, dead and
    saturated units, gradients.  Another copy learns one batch by heart in 40 steps of the
    optimizer, and at other rates where it does not.  Batches are pairs (inputs, targets), a tuple
    of inputs gives the model several arguments.  Model, optimizer, the random numbers of the
    library, Python and NumPy, and attributes and `generator` of loader, samplers and dataset are
    as before afterwards.  Not undone: what is drawn from other generators that the dataset holds,
    what it writes into its own lists, dicts, arrays and files, and what functions that hooks call
    do.

    Returns: a `Report`; `assert not nn.doctor(...).findings` is a test.
    Raises: TypeError for arguments of another kind, ValueError for a loader without batches or with
        an empty one.  What fails in a training step is a finding.

    >>> x = autograd.randn(64, 3)
    >>> batches = [(x, x.sum(1, keepdim=True))]
    >>> model, other = nn.Linear(3, 1), nn.Linear(3, 1)
    >>> sgd = optim.SGD(other.parameters(), 0.1)
    >>> nn.doctor(model, batches, nn.MSELoss(), sgd).findings[0].check
    'not in the optimizer'
    """
    _check_arguments(model, criterion, optimizer)
    facts: dict[str, str] = {}
    with undisturbed(model, optimizer, loader):
        survey = Survey("loader", loader)
        patient = Patient(model, criterion, optimizer)
        found = [*check_mode(patient.model), *check_frozen(patient)]
        if not patient.model.training:
            patient.model.train()
        facts["looked at"] = f"{len(survey.inputs):,} samples in {len(survey.sizes)} batches"
        found += _examined(patient, survey, facts)
        if validation is not None:
            with undisturbed(model, optimizer, validation):
                found += check_splits(survey, Survey("validation", validation))
    return Report(found, facts)


def _check_arguments(model: Any, criterion: Any, optimizer: Any) -> None:
    if not isinstance(model, Module):
        raise TypeError(f"doctor: model must be a Module, got {describe(model)}{uncalled(model)}")
    if not callable(criterion) or isinstance(criterion, type):
        raise TypeError("doctor: criterion must be a function of output and targets, such as "
                        f"nn.MSELoss(), got {describe(criterion)}{uncalled(criterion)}")
    if not hasattr(optimizer, "param_groups"):
        raise TypeError("doctor: optimizer must be one such as optim.Adam(model.parameters()), got "
                        f"{describe(optimizer)}{uncalled(optimizer)}; the order is model, loader, "
                        "criterion, optimizer")


def _examined(patient: Patient, survey: Survey, facts: dict[str, str]) -> list[Finding]:
    """What the data, and runs of copies on them, show."""
    weighted = any(getattr(patient.criterion, name, None) is not None
                   for name in ("weight", "pos_weight"))
    batch, fresh, activity, reached = survey.kept[0], patient.twin(), Activity(), set[int]()
    try:
        for other in reversed(survey.kept):  # the first one last: what stands then is of it
            patient.run(other)
            reached |= _graded(patient)
            activity.add(patient)
    except Failed as error:
        return [*check_samples(survey, "", weighted), Finding(
            "error", "step fails", "model", str(error), None,
            "criterion(model(inputs), targets).backward()  # alone, to see where")]
    kind = compared(patient).name
    classes = kind if kind in LOSSES else ""
    found = [*check_samples(survey, classes, weighted), *check_norms(patient, survey)]
    found += check_scale(patient, survey)
    found += check_loss(patient, batch, survey)
    expected = chance(patient, batch)
    loss = patient.loss.item()
    guess = "" if expected is None else f", guessing {expected:.4g}"
    facts["initial loss"] = f"{loss:.4g}{guess}"
    if not math.isfinite(loss):
        return found if survey.broken else [*found, Finding(
            "error", "bad numbers", "loss", f"the loss is {loss}", loss,
            "with autograd.detect_anomaly():\n    criterion(model(x), y).backward()")]
    again, batches = partial(patient.compute, batch), [*survey.kept, *survey.spare]
    found += check_graph(patient, again)
    if any(one.check == "no graph" for one in found) or not patient.loss.requires_grad:
        return found
    found += [*check_start(patient, expected, kind), *check_registration(patient)]
    found += [*activity.check(), *check_gradients(patient, expected), *check_symmetry(patient)]
    found += check_optimizer(patient, _reached(patient, survey.spare, reached), again, len(batches))
    tried = list(check_learning(fresh, batches, expected, facts))
    return [*found, *_not_explained(tried, found)]


def _graded(patient: Patient) -> set[int]:
    """The ids of parameters that have a gradient."""
    return {id(p) for p in (*patient.model.parameters(), *patient.optimized())
            if p.grad is not None}


def _reached(patient: Patient, spare: list[Batch], reached: set[int]) -> set[int]:
    """`reached`, and what more batches reach where something is missing."""
    for batch in spare:
        if all(id(p) in reached for p in patient.optimized() if p.requires_grad):
            break
        with suppress(Failed):
            patient.run(batch)
            reached = reached | _graded(patient)
    return reached


def _not_explained(tried: list[Finding], found: list[Finding]) -> list[Finding]:
    """Of what trials showed, what is no mere consequence of other faults."""
    causes = {one.check for one in found if one.severity == "error"}
    return [] if causes & _CAUSES else tried


_CAUSES = {"not in the optimizer", "symmetry", "dead units", "bad numbers", "exploding gradients",
           "vanishing gradients", "loss and output", "constant inputs", "frozen",
           "scale of inputs", "targets"}
