"""Trials: can a copy learn one batch by heart, and is the learning rate to blame if not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import numpy as np

from autograd import Tensor

from .patient import Batch, Failed, Patient
from .report import Finding
from .signals import weights
from .structure import certain, listed

_STEPS = 40
_FALLS = 0.1  # of the loss, by which it has to fall
_SLOW, _WILD = 3e-6, 0.1  # of its weights that a step moves a layer, at least and at most
_FACTORS = (0.1, 0.01, 1e-3, 10.0, 100.0, 1e3, 1e4, 1e5)


class Trial:
    """A copy that was trained on one batch: `losses` of its steps, how far each step moved the
    weights (`moved`, of their size), and which of them have a gradient of 0 in the end (`idle`)."""

    def __init__(self, patient: Patient, batch: Batch, factor: float, steps: int) -> None:
        self.twin = twin = patient.twin()
        self.rate, self.options = 0.0, twin.optimizer.param_groups[0].keys()
        for group in twin.optimizer.param_groups:
            if "lr" in group:  # a warm-up begins low: what counts is where it leads
                group["lr"] = max(group["lr"], group.get("initial_lr", 0.0)) * factor
                self.rate = max(self.rate, float(group["lr"]))
        before = {path: p.detach().numpy().copy() for path, p in weights(twin).items()}
        self.losses = twin.train(batch, steps)
        shifts = [np.linalg.norm(p.detach().numpy() - before[path])
                  / (np.linalg.norm(before[path]) * steps)
                  for path, p in weights(twin).items() if path in before and before[path].any()]
        self.moved = float(np.median(shifts)) if shifts else 0.0
        self.idle = [path for path, p in weights(twin).items()
                     if p.grad is not None and not p.grad.numpy().any()]

    @property
    def end(self) -> float:
        """The loss in the end."""
        return float(np.mean(self.losses[-3:]))

    @property
    def falls(self) -> float:
        """By which part of it the loss fell; negative where it rose, -inf where it broke."""
        if not np.isfinite(self.losses).all():
            return -np.inf
        return (self.losses[0] - self.end) / max(abs(self.losses[0]), 1e-12)


def check_learning(patient: Patient, batches: list[Batch], expected: float | None,
                   facts: dict[str, str]) -> Iterator[Finding]:
    """The first batch, learned by heart; where that fails at the optimizer's rate, at others."""
    batch = batches[0]
    trial = Trial(patient, batch, 1.0, _STEPS)
    first = trial.losses[0]
    facts["one batch"] = f"loss {first:.4g} -> {trial.end:.4g} in {_STEPS} steps"
    facts["a step moves"] = f"{trial.moved:.2g} of the weights"
    yield from _untouched(patient, trial, batches)
    learned = first < 0.1 * (expected or first) or first <= 1e-6
    wild = max(trial.losses) > 3 * abs(first) and trial.moved > _WILD
    if not wild and (learned or trial.falls >= _FALLS):
        return
    if patient.optimizer.param_groups[0].get("maximize"):
        yield Finding("error", "learning rate", "optimizer", "maximize=True lets the loss rise",
                      None, "optimizer.param_groups[0]['maximize'] = False")
        return
    trials = [Trial(patient, batch, factor, _STEPS) for factor in _FACTORS] if trial.rate else []
    if trials:
        facts["other rates"] = ", ".join(f"{one.rate:.2g} -> {one.end:.3g}" for one in
                                         sorted(trials, key=lambda one: one.rate))
    yield from _rate(trial, trials, wild)


def _rate(trial: Trial, others: list[Trial], wild: bool) -> Iterator[Finding]:
    """What is wrong with a rate at which a trial went badly, given trials at others."""
    lower = [one for one in others if one.rate < trial.rate and one.falls >= _FALLS]
    best = max(others, key=lambda one: one.falls, default=trial)
    first, fix = trial.losses[0], "optimizer.param_groups[0]['lr'] = "
    if trial.rate == 0 and "lr" in trial.options:
        yield Finding("error", "learning rate", "optimizer", "the learning rate is 0", 0.0,
                      f"{fix}1e-3")
    elif lower and (wild or trial.falls < 0):
        calm = max(lower, key=lambda one: one.falls)
        yield Finding("error" if trial.falls < 0 else "warning", "learning rate", "optimizer",
                      f"the learning rate {trial.rate:.3g} is too high: in {_STEPS} steps on one "
                      f"batch the loss goes from {first:.4g} by {max(trial.losses):.4g} to "
                      f"{trial.end:.4g}, and each moves the weights by {trial.moved:.2g} of their "
                      f"size; at {calm.rate:.2g} it falls to {calm.end:.4g}", trial.rate,
                      f"{fix}{calm.rate:.2g}")
    elif best.rate > trial.rate and best.falls >= _FALLS and trial.moved < _SLOW:
        yield Finding("warning", "learning rate", "optimizer",
                      f"the learning rate {trial.rate:.3g} is too low: a step moves the weights "
                      f"by {trial.moved:.1g} of their size, where 1e-3 is usual", trial.moved,
                      f"{fix}{best.rate:.2g}")
    elif max(best.falls, trial.falls) < 0.01:
        yield Finding("error", "cannot overfit", "model",
                      f"it cannot learn one batch by heart: in {_STEPS} steps the loss goes from "
                      f"{first:.4g} to {trial.end:.4g}, and other rates do no better",
                      trial.falls, "print(autograd.why(next(model.parameters()), lambda: "
                      "criterion(model(x), y)))")


def _untouched(fresh: Patient, trial: Trial, batches: list[Batch]) -> Iterator[Finding]:
    """Weights whose gradient is 0 still after some steps, and from each of the batches."""
    found, last = trial.idle, trial.losses[-1]
    if not found or not np.isfinite(trial.losses).all() or last <= 1e-6:
        return
    for patient in (fresh.twin(), trial.twin):  # before the steps and after them
        for batch in batches:
            with suppress(Failed):
                patient.run(batch)
                found = [path for path in found if not _moves(weights(patient)[path])]
    if found:
        cut = certain(weights(trial.twin)[found[0]], lambda: trial.twin.compute(batches[0]))
        yield Finding("error" if cut else "warning", "no gradient", listed(found),
                      f"the gradient of {len(found)} weights is 0 in all elements in the "
                      f"{len(batches)} batches that were run", len(found),
                      f"print(autograd.why(model.get_parameter({found[0]!r}), lambda: "
                      "criterion(model(x), y)))")


def _moves(parameter: Tensor) -> bool:
    return parameter.grad is not None and bool(parameter.grad.numpy().any())
