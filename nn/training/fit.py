"""One fit: its epochs, its bar, its callbacks, and where it can be taken up again."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from itertools import islice
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

from autograd.errors import describe

from .callbacks import Callback
from .checkpoint import random_state, set_random_state, write_state
from .history import History
from .interrupts import Interrupts

if TYPE_CHECKING:
    from .trainer import Trainer

_HOOKS = ("on_fit_begin", "on_epoch_begin", "on_step_end", "on_epoch_end", "on_safe_point",
          "on_fit_end", "on_exception")
_WIDTH = 80  # columns of the bar, at most
_SHOWN_EVERY = 20  # steps between two looks at the loss


class Fit:
    """What Trainer.fit does; see there."""

    def __init__(self, trainer: Trainer, loader: Iterable, epochs: int,
                 validation: Iterable | None, callbacks: list[Callback], progress: bool) -> None:
        self.trainer, self.loader, self.validation = trainer, loader, validation
        self.callbacks, self.progress = callbacks, progress
        self.first, self.epochs = trainer.epoch, epochs
        self.batches = 0  # of the running epoch, that steps have used
        self.running: dict[str, Any] = {}  # of the running epoch: lr, seconds, whether all is read
        self.loader_tells = hasattr(loader, "state_dict") and hasattr(loader, "load_state_dict")
        self._called = {hook: [c for c in callbacks
                               if getattr(type(c), hook) is not getattr(Callback, hook)]
                        for hook in _HOOKS}
        self._before: dict[str, Any] | None = None  # sources of batches before the running fetch
        self._interrupts = Interrupts()

    def run(self, state: dict[str, Any] | None) -> None:
        """All epochs, from the beginning or from the state of a checkpoint."""
        trainer = self.trainer
        if state is not None:
            self._load(state)
        if not trainer.model.training:
            trainer.model.train()
        with self._interrupts as interrupts:
            try:
                self._call("on_fit_begin")
                if state is None:
                    self._call("on_safe_point")
                else:
                    self._set_sources(state)
                with self._bar() as bar:
                    while trainer.epoch < self.first + self.epochs and trainer.stopped is None:
                        self._epoch(bar)
            except KeyboardInterrupt:
                trainer.stop("Ctrl-C")
                if not interrupts.torn:
                    self._call("on_safe_point")
            except Exception as error:
                self._call("on_exception", error)
                raise
            self._call("on_fit_end")

    @property
    def can_save_within_epoch(self) -> bool:
        return self.loader_tells and self.trainer.meter.can_save

    def _call(self, hook: str, *more: Any) -> None:
        for callback in self._called[hook]:
            try:
                getattr(callback, hook)(self.trainer, *more)
            except Exception as error:
                error.add_note(f"raised by the callback {type(callback).__name__}, in {hook}")
                raise

    def _bar(self):
        from tqdm import tqdm

        trainer, steps, total = self.trainer, self.steps_per_epoch, None
        done = self.batches // trainer.accumulate
        if steps is not None:
            total = self.epochs * steps
            done += (trainer.epoch - self.first) * steps
        return tqdm(total=total, initial=done, unit="step", leave=False,
                    ncols=min(_WIDTH, get_terminal_size().columns - 1),
                    disable=None if self.progress else True, bar_format=None if total is None else
                    "{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}")

    @property
    def steps_per_epoch(self) -> int | None:
        """None for a loader without a length."""
        try:
            batches = len(self.loader)  # type: ignore[arg-type]
        except TypeError:  # it has none, or is of a stream that has none
            return None
        return -(-batches // self.trainer.accumulate)

    @property
    def planned_steps(self) -> int | None:
        """How many steps will be done at the end; None for a loader without a length."""
        if self.steps_per_epoch is None:
            return None
        ahead = self.first + self.epochs - self.trainer.epoch
        return (self.trainer.steps + ahead * self.steps_per_epoch
                - self.batches // self.trainer.accumulate)

    def _epoch(self, bar) -> None:
        trainer = self.trainer
        whole = self.first + self.epochs
        bar.set_description_str(f"epoch {trainer.epoch + 1:{len(str(whole))}}/{whole}",
                                refresh=False)
        if self.batches == 0:
            trainer.meter.reset()
            self.running = {"lr": float(trainer.optimizer.param_groups[0]["lr"]), "seconds": 0.0,
                            "read": False}
            self._call("on_epoch_begin")
        start = time.perf_counter() - self.running["seconds"]
        if not self.running["read"]:
            self._steps(bar, start)
        if trainer.stopped is not None:
            return
        if not trainer.meter.seen:
            raise ValueError("Trainer.fit: the training loader gave no sample; is its dataset "
                             "empty, or smaller than a batch with drop_last=True?")
        self._note_sources()
        row = trainer.meter.compute()
        if self.validation is not None:
            measured = trainer.evaluate(self.validation)
            row.update((f"val_{name}", value) for name, value in measured.items())
        with self._interrupts.held():
            self._before, self.batches = None, 0
            trainer.end_epoch({"epoch": trainer.epoch + 1, "seconds": time.perf_counter() - start,
                               "lr": self.running["lr"], **row})
            self._call("on_epoch_end")
            self._call("on_safe_point")

    def _steps(self, bar, start: float) -> None:
        """The steps of an epoch, or of what is left of it."""
        trainer = self.trainer
        batches = iter(self.loader)
        while trainer.stopped is None and not self.running["read"]:
            self._note_sources()
            group = list(islice(batches, trainer.accumulate))
            if not group:
                self.running["read"] = True
                return
            with self._interrupts.held():
                trainer.step(group)
                self._before = None
                self.batches += len(group)
                self.running["read"] = len(group) < trainer.accumulate  # the loader is at its end
                self.running["seconds"] = time.perf_counter() - start
                self._call("on_step_end")
                self._call("on_safe_point")
            if trainer.steps % _SHOWN_EVERY == 0:
                bar.set_postfix_str(f"loss {trainer.meter.loss:.3g}", refresh=False)
            bar.update()

    def _note_sources(self) -> None:
        """Keep where batches come from as it is now, for a checkpoint of an interruption before
        the next step: what was drawn for it is then drawn again."""
        if self._called["on_safe_point"]:
            self._before = self._sources()

    def _sources(self) -> dict[str, Any]:
        sources: dict[str, Any] = {"random": random_state()}
        generator: Any = getattr(self.loader, "generator", None)
        if self.loader_tells:
            sources["loader"] = self.loader.state_dict()  # type: ignore[attr-defined]
        elif hasattr(generator, "get_state"):
            sources["generator"] = generator.get_state()
        return sources

    def _set_sources(self, state: dict[str, Any]) -> None:
        if self.loader_tells and "loader" in state:
            self.loader.load_state_dict(state["loader"])  # type: ignore[attr-defined]
        elif "generator" in state:
            self.loader.generator.set_state(state["generator"])  # type: ignore[attr-defined]
        set_random_state(state["random"])

    def save(self, path: str | os.PathLike) -> None:
        """Write a checkpoint of the training as it is."""
        trainer = self.trainer
        if self.batches and not self.can_save_within_epoch:
            raise RuntimeError("Trainer.save: in the middle of an epoch this takes a loader, and "
                               "metrics, with state_dict() and load_state_dict(); save at the end "
                               "of an epoch")
        state = self._before or self._sources()
        write_state(path, {
            **state, "model": trainer.model.state_dict(),
            "optimizer": trainer.optimizer.state_dict(),
            "scheduler": None if trainer.scheduler is None else trainer.scheduler.state_dict(),
            "callbacks": [[type(c).__name__, c.state_dict()] for c in self.callbacks],
            "meter": trainer.meter.state_dict(), "history": trainer.history.rows,
            "epoch": trainer.epoch, "steps": trainer.steps, "batches": self.batches,
            "first": self.first, "running": self.running})

    def _load(self, state: dict[str, Any]) -> None:
        """Take over a checkpoint's state, except for where batches come from."""
        trainer = self.trainer
        missing = [name for name in ("model", "optimizer", "scheduler", "callbacks", "meter",
                                     "history", "epoch", "batches") if name not in state]
        if missing:
            raise ValueError(f"Trainer.fit: resume: the checkpoint has no {', '.join(missing)}; it "
                             "was not written by ModelCheckpoint or Trainer.save in a fit")
        _check_resumed(self, state)
        trainer.model.load_state_dict(state["model"])
        trainer.optimizer.load_state_dict(state["optimizer"])
        if trainer.scheduler is not None:
            trainer.scheduler.load_state_dict(state["scheduler"])
        for callback, (_, of_callback) in zip(self.callbacks, state["callbacks"], strict=True):
            callback.load_state_dict(of_callback)
        trainer.meter.load_state_dict(state["meter"])
        trainer.history = History(state["history"])
        trainer.epoch, trainer.steps = state["epoch"], state["steps"]
        self.batches, self.first, self.running = state["batches"], state["first"], state["running"]


def _check_resumed(fit: Fit, state: dict[str, Any]) -> None:
    """Raise where the fit is not the one that the checkpoint was written in."""
    trainer = fit.trainer
    had = [name for name, _ in state["callbacks"]]
    have = [type(callback).__name__ for callback in fit.callbacks]
    if had != have:
        raise ValueError(f"Trainer.fit: resume: the checkpoint has the state of the callbacks "
                         f"{', '.join(had) or 'none'}, fit got {', '.join(have) or 'none'}; give "
                         "the same, in the same order")
    if (state["scheduler"] is None) != (trainer.scheduler is None):
        raise ValueError("Trainer.fit: resume: the checkpoint "
                         + ("was written without a scheduler, this Trainer has "
                            f"{describe(trainer.scheduler)}" if trainer.scheduler is not None
                            else "has the state of a scheduler, this Trainer has none"))
    metrics = [{name: kind for name, (kind, _) in meter["metrics"].items()}
               for meter in (state["meter"], trainer.meter.state_dict())]
    if metrics[0] != metrics[1]:
        its, own = (", ".join(f"{name} ({kind})" for name, kind in kinds.items()) or "none"
                    for kinds in metrics)
        raise ValueError(f"Trainer.fit: resume: the checkpoint has the metrics {its}, this Trainer "
                         f"has {own}; give the same")
    if state["batches"] and not fit.loader_tells:
        raise ValueError("Trainer.fit: resume: the checkpoint was written within an epoch; to go "
                         "on there the loader needs load_state_dict()")
    generator = getattr(fit.loader, "generator", None)
    if "generator" in state and not hasattr(generator, "set_state"):
        raise ValueError("Trainer.fit: resume: the checkpoint has the state of the loader's "
                         f"generator, that of {describe(fit.loader)} is {describe(generator)}")
