"""Trainer: a model, what it is measured by, and the optimizer that makes it better."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from inspect import Parameter, signature
from operator import index
from typing import Any

import autograd
from autograd import Tensor
from autograd.errors import Constructed, describe, spelled, uncalled

from ..utils import clip_grad_norm_, clip_grad_value_
from .callbacks import Callback
from .checkpoint import read_state
from .fit import Fit
from .history import History
from .meter import Meter, samples


class Trainer(Constructed):
    """Trains `model`, by steps of `optimizer` along the gradient of `criterion(outputs, targets)`.

    scheduler      of the learning rate, stepped after each `schedule`: "epoch" or "step"; one whose
                   step takes a metric gets the validation's loss
    metrics        of the history, by name, such as {"accuracy": nn.metrics.Accuracy()}
    clip_norm      gradients are scaled to this total norm where theirs is larger
    clip_value     or each of their elements is limited to it
    accumulate     batches whose gradients make one step, also fewer at the end of an epoch; the
                   criterion is taken for a mean over the samples

    A batch is a pair (inputs, targets), where a tuple of inputs gives the model several arguments;
    for others override `forward`.  A plain loop needs none of this.

    >>> model = nn.Linear(2, 1)
    >>> trainer = nn.training.Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), 0.1))
    >>> batches = [(autograd.ones(4, 2), autograd.zeros(4, 1))]
    >>> trainer.fit(batches, epochs=3).columns
    ['epoch', 'seconds', 'lr', 'loss']
    """

    def __init__(self, model, criterion, optimizer, *, scheduler=None, schedule: str = "epoch",
                 metrics: Mapping[str, Any] | None = None, clip_norm: float | None = None,
                 clip_value: float | None = None, accumulate: int = 1) -> None:
        _check_parts(model=model, criterion=criterion, optimizer=optimizer)
        if metrics is not None and not isinstance(metrics, Mapping):
            raise TypeError('Trainer: metrics must be a dict such as {"accuracy": '
                            f'nn.metrics.Accuracy()}}, got {describe(metrics)}')
        _check_settings(schedule, clip_norm, clip_value, accumulate)
        self.model, self.criterion, self.optimizer = model, criterion, optimizer
        self.scheduler, self.schedule = scheduler, schedule
        self.clip_norm, self.clip_value, self.accumulate = clip_norm, clip_value, accumulate
        self.meter = Meter(metrics or {})
        self._held_out = self.meter.twin()
        self.history = History()
        self.epoch = 0  # how many are done
        self.steps = 0  # of the optimizer
        self.loss = math.nan  # of the last step
        self.stopped: str | None = None  # why the last fit ended before its last epoch
        self._fit: Fit | None = None

    @spelled
    def fit(self, train_loader: Iterable, epochs: int, validation: Iterable | None = None,
            callbacks: Sequence[Callback] = (), *, resume: str | os.PathLike | None = None,
            progress: bool = True) -> History:
        """Train for `epochs` passes over the loader, each followed by one over the validation data
        in evaluation mode, and return the history.

        Ctrl-C ends it after the running step; `stopped` then says why.  With `resume`, a path of
        ModelCheckpoint, it goes on with the fit that was interrupted, with the same arguments, and
        comes to the same weights, bit for bit.  Without state_dict() of the loader that holds from
        the end of the last whole epoch.  The bar is for terminals only.

        Raises: ValueError for an empty loader, a monitor that is no column, a criterion that
            returns more than one number; FloatingPointError once the loss is not finite.
        """
        _check_fit(train_loader, epochs, validation, callbacks)
        self.stopped = None
        self._fit = Fit(self, train_loader, index(epochs), validation, list(callbacks), progress)
        try:
            self._fit.run(None if resume is None else read_state(resume))
        finally:
            self._fit = None
        return self.history

    def stop(self, reason: str) -> None:
        """End the fit after the running step; `stopped` will be the reason."""
        self.stopped = reason

    def write(self, text: str) -> None:
        """Print a line above the bar."""
        from tqdm import tqdm

        tqdm.write(text)

    def forward(self, batch) -> tuple[Any, Any]:
        """The model's outputs for a batch, and the targets: what the criterion and the metrics
        get.  Override it for batches that are no pairs."""
        if not isinstance(batch, (tuple, list)) or len(batch) != 2:
            raise TypeError(f"Trainer: a batch must be a pair (inputs, targets), got "
                            f"{describe(batch)}; for others override Trainer.forward(batch), which "
                            "returns outputs and targets")
        inputs, targets = batch
        several = isinstance(inputs, (tuple, list))
        return (self.model(*inputs) if several else self.model(inputs)), targets

    def step(self, batches: Sequence) -> None:
        """One step of the optimizer, along the mean gradient over the samples of the batches;
        batches without samples count nothing, and where there are no others there is no step."""
        batches = [batch for batch in batches if samples(batch)]
        if not batches:
            return
        self.optimizer.zero_grad()
        counts, total = [samples(batch) for batch in batches], 0.0
        for batch, count in zip(batches, counts, strict=True):
            outputs, targets = self.forward(batch)
            loss, value = self._loss(outputs, targets)
            if not math.isfinite(value):
                raise FloatingPointError(
                    f"Trainer: the loss became {value} in epoch {self.epoch + 1}, after "
                    f"{self.steps} steps; a smaller learning rate than "
                    f"{self.optimizer.param_groups[0]['lr']:g} or clip_norm=1.0 may help, and "
                    "inputs that are not finite do the same")
            (loss * (count / sum(counts)) if len(counts) > 1 else loss).backward()
            self.meter.update(value, count, outputs, targets)
            total += value * count
        self.loss = total / sum(counts)
        if self.clip_norm is not None:
            clip_grad_norm_(self.model.parameters(), self.clip_norm)
        if self.clip_value is not None:
            clip_grad_value_(self.model.parameters(), self.clip_value)
        self.optimizer.step()
        self.steps += 1
        if self.schedule == "step" and self.scheduler is not None:
            self.scheduler.step()

    def evaluate(self, loader: Iterable) -> dict[str, float]:
        """The loss and the metrics over a loader, in evaluation mode and unrecorded; the modes are
        as before then."""
        _check_loader("Trainer.evaluate: loader", loader)
        meter = self._held_out
        meter.reset()
        with self.model.evaluating(), autograd.no_grad():
            for batch in loader:
                outputs, targets = self.forward(batch)
                value = self._loss(outputs, targets, recorded=False)[1]
                meter.update(value, samples(batch), outputs, targets)
        if not meter.seen:
            raise ValueError("Trainer: the loader to evaluate gave no sample")
        return meter.compute()

    def _loss(self, outputs, targets, recorded: bool = True) -> tuple[Tensor, float]:
        loss = self.criterion(outputs, targets)
        if not isinstance(loss, Tensor) or loss.numel() != 1:
            raise ValueError(f"Trainer: the criterion must return one number, got {describe(loss)}"
                             "; reduction='mean' or .mean() makes it one")
        if recorded and not loss.requires_grad:
            raise ValueError("Trainer: the loss requires no grad, so there is nothing to train: no "
                             "parameter of the model has requires_grad, or it was computed under "
                             "no_grad or from detached values")
        return loss, float(loss.item())

    def end_epoch(self, row: dict[str, float]) -> None:
        """Add an epoch's row to the history, and step a schedule of epochs."""
        self.history.append(row)
        self.epoch += 1
        if self.schedule == "epoch" and self.scheduler is not None:
            needed = [p for p in signature(self.scheduler.step).parameters.values()
                      if p.default is Parameter.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
            self.scheduler.step(*[row.get("val_loss", row["loss"])] * len(needed))

    @property
    def columns(self) -> list[str]:
        """The columns that the running fit adds to the history."""
        names = ["loss", *self.meter.metrics]
        more = [f"val_{name}" for name in names] if self._running.validation is not None else []
        return ["epoch", "seconds", "lr", *names, *more]

    @property
    def steps_per_epoch(self) -> int | None:
        """The steps of an epoch of the running fit; None for a loader without a length."""
        return self._running.steps_per_epoch

    @property
    def planned_steps(self) -> int | None:
        """How many steps will be done after the running fit; None for a loader without a length."""
        return self._running.planned_steps

    @property
    def at_epoch_end(self) -> bool:
        """Whether no batch of the next epoch has been used."""
        return self._running.batches == 0

    @property
    def can_save_within_epoch(self) -> bool:
        """Whether the loader, and all metrics, can tell how far they are in an epoch."""
        return self._running.can_save_within_epoch

    def save(self, path: str | os.PathLike) -> None:
        """Write a checkpoint, from which `fit(..., resume=path)` goes on; for callbacks at a safe
        point."""
        self._running.save(path)

    @property
    def _running(self) -> Fit:
        if self._fit is None:
            raise RuntimeError("Trainer: no fit is running; this is for callbacks. Outside of fit, "
                               "save_checkpoint(path, model=model, ...) writes a checkpoint")
        return self._fit


def _check_parts(**parts) -> None:
    for name, part in parts.items():
        if isinstance(part, type):
            raise TypeError(f"Trainer: {name} must be made first, got {describe(part)}"
                            f"{uncalled(part)}")


def _check_settings(schedule: str, clip_norm: float | None, clip_value: float | None,
                    accumulate: int) -> None:
    if schedule not in ("epoch", "step"):
        raise ValueError(f"Trainer: schedule must be 'epoch' or 'step', got {schedule!r}")
    for name, value in (("clip_norm", clip_norm), ("clip_value", clip_value)):
        if value is not None and not value > 0:
            raise ValueError(f"Trainer: {name} must be above 0, got {value}")
    if index(accumulate) < 1:
        raise ValueError(f"Trainer: accumulate must be at least 1, got {accumulate}")


def _check_fit(train_loader, epochs: Any, validation, callbacks) -> None:
    whole = hasattr(epochs, "__index__") and not getattr(epochs, "ndim", 0)
    if not whole or isinstance(epochs, bool):
        raise TypeError("Trainer.fit: epochs must be a whole number, got "
                        f"{describe(epochs)}; fit(loader, 10, validation=loader) trains for 10")
    if index(epochs) < 1:
        raise ValueError(f"Trainer.fit: epochs must be at least 1, got {epochs}")
    for name, loader in (("train_loader", train_loader), ("validation", validation)):
        if loader is None and name == "validation":
            continue
        _check_loader(f"Trainer.fit: {name}", loader)
        if epochs > 1 and hasattr(loader, "__next__"):
            raise TypeError(f"Trainer.fit: {name} is a {type(loader).__name__}, used up after one "
                            f"epoch of {epochs}; give a DataLoader or a list of batches")
    if isinstance(callbacks, Callback):
        raise TypeError("Trainer.fit: callbacks must be a list of callbacks, got one; put it "
                        "into [ ]")
    for i, callback in enumerate(callbacks):
        if not isinstance(callback, Callback):
            raise TypeError(f"Trainer.fit: callbacks[{i}] must be a nn.training.Callback, got "
                            f"{describe(callback)}{uncalled(callback)}")


def _check_loader(what: str, loader) -> None:
    """Raise for what gives no batches, but single samples or rows."""
    hint = "data.DataLoader makes them"
    if hasattr(loader, "__getitem__") and not hasattr(loader, "__iter__"):  # a dataset
        hint = "data.DataLoader(dataset, batch_size=32) makes batches of its samples"
    elif isinstance(loader, Tensor) or hasattr(loader, "__array__"):
        hint = "data.DataLoader(data.TensorDataset(inputs, targets), batch_size=32) makes them"
    elif hasattr(loader, "__iter__"):
        return
    raise TypeError(f"{what} must give batches, got {describe(loader)}; {hint}")
