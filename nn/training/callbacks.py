"""What happens beside the steps of a training: stopping early, keeping checkpoints, your own."""

from __future__ import annotations

import math
import os
from operator import index
from typing import Any, SupportsFloat

import autograd
from autograd import Tensor
from autograd.errors import Constructed, did_you_mean

from .checkpoint import save_checkpoint
from .history import direction


class Callback(Constructed):
    """Base of what a Trainer calls while it trains: override the moments you need.

    Each gets the trainer, with `model`, `optimizer`, `history`, `epoch` and `steps` (how many are
    done), `loss` (of the last step) and `stop(reason)`.  What must outlive an interruption is in
    `state_dict()`.

    >>> class Shout(nn.training.Callback):
    ...     def on_epoch_end(self, trainer):
    ...         print(f"loss {trainer.history['loss'][-1]:.2f}!")
    """

    def on_fit_begin(self, trainer) -> None:
        """Before the first step."""

    def on_epoch_begin(self, trainer) -> None:
        """Before the first step of an epoch."""

    def on_step_end(self, trainer) -> None:
        """After each step of the optimizer."""

    def on_epoch_end(self, trainer) -> None:
        """After an epoch and its validation; its row is the history's last."""

    def on_safe_point(self, trainer) -> None:
        """After all that belongs to a step, to an epoch or to an interruption: `trainer.save(path)`
        may be called here."""

    def on_fit_end(self, trainer) -> None:
        """After the last step, also where Ctrl-C or `stop` made it the last."""

    def on_exception(self, trainer, error: Exception) -> None:
        """Before an exception leaves fit; there is no `on_fit_end` then."""

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps of it."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what state_dict() gave."""


class _Watching(Callback):
    """A callback that looks for the best value of a column of the history."""

    def __init__(self, monitor: str, mode: str | None, min_delta: float) -> None:
        who = type(self).__name__
        mode = direction(who, monitor, mode)
        if not 0 <= min_delta < math.inf:
            raise ValueError(f"{who}: min_delta must be a number of at least 0, got {min_delta}")
        self.monitor, self.mode, self.min_delta = monitor, mode, min_delta
        self.best: float | None = None  # the best value so far

    def on_fit_begin(self, trainer) -> None:
        columns = trainer.columns
        if self.monitor not in columns:
            fit = ("" if "val_loss" in columns else
                   "; columns that begin with val_ need fit(..., validation=loader)")
            raise ValueError(f"{type(self).__name__}: monitor={self.monitor!r} is no column of the "
                             f"history{did_you_mean(str(self.monitor), columns)}; there are "
                             f"{', '.join(columns)}{fit}")

    def _improves(self, value: SupportsFloat) -> bool:
        """Note a value; whether it is better than the best before by more than min_delta.  A NaN
        never is."""
        number = float(value.detach() if isinstance(value, Tensor) else value)
        gain = math.inf if self.best is None else self.best - number
        if self.mode == "max" and self.best is not None:
            gain = -gain
        if math.isnan(number) or not gain > self.min_delta:
            return False
        self.best = number
        return True


class EarlyStopping(_Watching):
    """Ends a training once `monitor` has not become better, by more than `min_delta`, for
    `patience` epochs in a row, and gives the model its best weights back (restore_best).

    mode is "min" for what shall shrink or "max" for what shall grow; without it the name tells, as
    "val_loss" and "val_accuracy" do.
    patience 0 is as 1: the first epoch that is no better ends it.  The best weights come back at
    the end of every fit, also of one that was not stopped early.  In a loop of your own:
    `if stopper(loss, model): break`; without the model no weights are kept.

    Raises: ValueError for another mode, a negative patience, or in fit a monitor that is no column.

    >>> stopper = nn.training.EarlyStopping(patience=2)
    >>> [stopper(loss) for loss in (0.5, 0.4, 0.45, 0.41)]
    [False, False, False, True]
    """

    def __init__(self, monitor: str = "val_loss", patience: int = 5, mode: str | None = None,
                 min_delta: float = 0.0, restore_best: bool = True) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience, self.restore_best = index(patience), restore_best
        if self.patience < 0:
            raise ValueError(f"EarlyStopping: patience must be at least 0, got {patience}")
        self.worse = 0  # epochs since the best one
        self.weights: dict[str, Tensor] | None = None

    def __call__(self, value: SupportsFloat, model=None) -> bool:
        """Note the value of one more epoch; whether it is time to stop, with the best weights back
        in the model."""
        stop = self._note(value, model)
        if stop and model is not None:
            self.restore(model)
        return stop

    def restore(self, model) -> None:
        """Give the model the best weights, if any were kept."""
        if self.weights is not None:
            model.load_state_dict(self.weights)

    def _note(self, value: SupportsFloat, model) -> bool:
        if self._improves(value):
            self.worse = 0
            if self.restore_best and model is not None:
                self.weights = {name: tensor.detach().clone()
                                for name, tensor in model.state_dict().items()}
        else:
            self.worse += 1
        return self.worse >= max(1, self.patience)

    def on_epoch_end(self, trainer) -> None:
        if self._note(trainer.history[self.monitor][-1], trainer.model):
            best = "" if self.best is None else f" than {self.best:.4g}"
            trainer.stop(f"{self.monitor} has not become better{best} for {self.worse} "
                         f"epoch{'s' if self.worse > 1 else ''}")

    def on_fit_end(self, trainer) -> None:
        self.restore(trainer.model)
        self.worse = 0  # the next fit has its patience whole

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "worse": self.worse, "weights": self.weights}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.best, self.worse = state_dict["best"], state_dict["worse"]
        self.weights = state_dict["weights"]


class ModelCheckpoint(_Watching):
    """Keeps in `folder` the model's weights of the best epoch, `best.safetensors`, and the state
    of the whole training, `last.safetensors`, from which `fit(..., resume=path)` goes on.

    mode is "min" for what shall shrink or "max" for what shall grow; without it the name tells, as
    "val_loss" and "val_accuracy" do.
    The state is written when a fit begins, after each epoch, every `every_steps` steps if given,
    and where Ctrl-C or `stop` ends it within an epoch (if the loader has a state_dict).
    `autograd.load` reads the weights, for `load_state_dict`.
    In a loop of your own: `keeper(loss, model=model, optimizer=optimizer)`, and `load_checkpoint`.

    Raises: ValueError for another mode, or in fit a monitor that is no column.
    """

    def __init__(self, folder: str | os.PathLike, monitor: str = "val_loss",
                 mode: str | None = None, every_steps: int | None = None) -> None:
        super().__init__(monitor, mode, 0.0)
        if every_steps is not None and index(every_steps) < 1:
            raise ValueError(f"ModelCheckpoint: every_steps must be at least 1, got {every_steps}")
        self.every_steps = every_steps
        os.makedirs(folder, exist_ok=True)
        self.best_path = os.path.join(os.fspath(folder), "best.safetensors")
        self.last_path = os.path.join(os.fspath(folder), "last.safetensors")

    def __call__(self, value: SupportsFloat, model, **parts: Any) -> bool:
        """Write the last checkpoint, of the model and the other parts, and the best weights if the
        value is the best so far; whether it is."""
        best = self._improves(value)
        if best:
            autograd.save(model.state_dict(), self.best_path)
        save_checkpoint(self.last_path, model=model, **parts)
        return best

    def on_fit_begin(self, trainer) -> None:
        super().on_fit_begin(trainer)
        if self.every_steps is not None and not trainer.can_save_within_epoch:
            raise ValueError("ModelCheckpoint: every_steps needs a training loader, and metrics, "
                             "with state_dict() and load_state_dict(); without them a training is "
                             "resumed at the end of an epoch")

    def on_epoch_end(self, trainer) -> None:
        if self._improves(trainer.history[self.monitor][-1]):
            autograd.save(trainer.model.state_dict(), self.best_path)

    def on_safe_point(self, trainer) -> None:
        due = self.every_steps is not None and trainer.steps % self.every_steps == 0
        ending = trainer.stopped is not None and trainer.can_save_within_epoch
        if trainer.at_epoch_end or due or ending:
            trainer.save(self.last_path)

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.best = state_dict["best"]
