"""A training in a page of HTML that refreshes itself, from a file alone: no server, no network.

The page is drawn anew every few seconds and replaced as a whole.  Looking at the model and drawing
are paid from a budget: what took c seconds is not done again before 200 c seconds have passed.
"""

from __future__ import annotations

import math
import os
import sys
import time
import weakref
from collections.abc import Callable, Iterable
from contextlib import suppress
from operator import index
from pathlib import Path
from typing import Any, Self

import autograd
from autograd import Tensor
from autograd.errors import describe, uncalled, warn
from autograd.files import replacing

from .callbacks import Callback
from .checkpoint import random_state, set_random_state
from .diagnosis import diagnose
from .page import page
from .readings import Reader
from .recorded import RUNNING, Compared, Record, others
from .samples import shown_samples

_PATIENCE = 200.0  # times what a look took, until the next
_DIED_OF = {KeyboardInterrupt: "stopped by Ctrl-C", SystemExit: "the program was told to exit"}


class watch(Callback):
    """Show a training while it runs, in a page of HTML at `path`, which a browser opens from the
    file and which refreshes itself: curves, gradients, weights, updates, units without gradient.

    steps     how many there will be, from which the time left is told; a Trainer knows them
    samples   a function of the model, called in evaluation mode, that gives text, a picture (an
              array (H, W), (C, H, W) or (H, W, C)), several of them in a list, or a dict by names
    compare   pages and `.csv` tables of other runs, to draw beside
    every     seconds between two writings, at least

    Give it to `Trainer.fit` in `callbacks`, or call `page.step(loss=loss)` in a loop of your own,
    after `optimizer.step()` and before `zero_grad()`.  In `with watch(...) as page:` the page tells
    at once how the block ended; else when the program ends or forgets it.  An old page at `path` is
    replaced, unless `load_checkpoint(..., page=page)`, or fit's `resume`, goes on with it.
    After a look at the model 200 times as long passes before the next; the page stays below 1 MB,
    as curves keep the lowest and the highest number of each of at most 512 stretches.

    Raises: OSError for a folder that cannot be written, ValueError for a path that does not end in
        .html, or a page to compare that is none.

    >>> import tempfile
    >>> model = nn.Linear(2, 1)
    >>> optimizer = optim.SGD(model.parameters(), lr=0.1)
    >>> with (tempfile.TemporaryDirectory() as folder,
    ...       nn.training.watch(f"{folder}/run.html", model, optimizer, steps=3) as page):
    ...     for step in range(3):
    ...         optimizer.zero_grad()
    ...         loss = model(autograd.ones(4, 2)).square().mean()
    ...         loss.backward()
    ...         optimizer.step()
    ...         page.step(loss=loss)
    """

    def __init__(self, path: str | os.PathLike, model=None, optimizer=None, *,
                 steps: int | None = None, samples: Callable | None = None,
                 compare: Iterable[str | os.PathLike] = (), every: float = 5.0) -> None:
        self.path = _checked_path(path)
        _check(model, optimizer, steps, samples, every)
        self.model, self.optimizer, self.samples = model, optimizer, samples
        self.every = self._pause = every  # seconds between two writings: at least, and of late
        self.compared = others(compare)
        self.record = Record(self.path.stem, None if steps is None else index(steps))
        self._reader: Reader | None = None
        self._reading_due = self._writing_due = 0.0
        self._told = self._broken = False
        weakref.finalize(self, _left, self.record, self.path, self.compared, every, os.getpid())

    def step(self, /, **values: Any) -> None:
        """A step of the optimizer is done, and these numbers belong to it: `step(loss=loss)`.
        Call it before the gradients are zeroed: what is shown of them is in `.grad`."""
        self.record.steps += 1
        self.log(**values)
        now = time.perf_counter()
        if now >= self._reading_due:
            self._read(now)
        if now >= self._writing_due:
            self._show()

    def log(self, /, **values: Any) -> None:
        """Numbers that belong to the step that was last: `log(val_loss=...)` after an epoch."""
        for name, value in values.items():
            number = _number(name, value)
            self.record.add(name, number)
            if name == "loss" and not math.isfinite(number) and not self._broken:
                self._broken = True
                self._writing_due = 0.0  # to be seen, whatever comes next

    def finish(self, reason: str = "") -> None:
        """The run is over, for a reason if it ended before its time; the page is written so, and
        refreshes itself no more."""
        self.record.status = reason or "ended"
        self._show()

    def __repr__(self) -> str:
        return f"<watch {str(self.path)!r}: {self.record.steps} steps, {self.record.status}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind, error: BaseException | None, trace) -> None:
        if self.record.status == RUNNING:
            self.finish("" if error is None else _cause(error))

    def _read(self, now: float) -> None:
        """One half of a reading; the other belongs to the next step."""
        if self.model is None:
            self._reading_due = math.inf
            return
        if self._reader is None:
            self._reader = Reader(self.model, self.record.readings)
        if not self._reader.begun:
            self.record.tick(now)
            self._reader.begin()
            self._half = time.perf_counter() - now
            return
        self._reader.end(self.record.steps)
        if self.optimizer is not None:
            self.record.add("lr", float(self.optimizer.param_groups[0]["lr"]))
        done = time.perf_counter()
        self._reading_due = done + _PATIENCE * (done - now + self._half)

    def _show(self) -> None:
        """Write the page as things are."""
        begun = time.perf_counter()
        record = self.record
        record.tick(begun)
        if self._reader is None and self.model is not None and record.steps:
            self._reader = Reader(self.model, record.readings)
        if self._reader is not None:
            self._reader.look()
        sound = record.status in (RUNNING, "ended")  # what died has the samples of before
        if self.samples is not None and record.steps and sound:
            record.samples = self._sampled()
        try:
            _write(record, self.path, self.compared, self._pause)
        except OSError as error:
            if not self._told:
                warn(f"watch: {self.path} could not be written: {error.strerror or error}; the "
                     "training goes on, and it is tried again", RuntimeWarning)
            self._told = True
        done = time.perf_counter()
        self._pause = max(self.every, _PATIENCE * (done - begun))
        self._writing_due = done + self._pause

    def _sampled(self) -> dict[str, str]:
        """What `samples` gives of the model, with modes and random numbers as before then."""
        before = random_state()
        try:
            with autograd.no_grad():
                if self.model is None:
                    return shown_samples(self.samples(None))  # type: ignore[misc]
                with self.model.evaluating():
                    return shown_samples(self.samples(self.model))  # type: ignore[misc]
        finally:
            set_random_state(before)

    def on_fit_begin(self, trainer) -> None:
        self.model = trainer.model if self.model is None else self.model
        self.optimizer = trainer.optimizer if self.optimizer is None else self.optimizer
        record = self.record
        record.status, record.steps = RUNNING, trainer.steps
        record.planned, record.per_epoch = trainer.planned_steps, trainer.steps_per_epoch
        self._show()

    def on_step_end(self, trainer) -> None:
        self.step(loss=trainer.loss)

    def on_epoch_end(self, trainer) -> None:
        row = trainer.history.rows[-1]
        self.log(**{name: value for name, value in row.items()
                    if name not in ("epoch", "seconds", "lr", "loss")})
        with suppress(ValueError):  # too few epochs to tell, or no validation
            self.record.remark = str(diagnose(trainer.history))

    def on_fit_end(self, trainer) -> None:
        reason = trainer.stopped or ""
        self.finish("stopped by Ctrl-C" if reason == "Ctrl-C" else
                    f"stopped: {reason}" if reason else "")

    def on_exception(self, trainer, error: BaseException) -> None:
        self.finish(_cause(error))

    def state_dict(self) -> dict[str, Any]:
        """How many steps are done; the curves themselves are in the page."""
        return {"steps": self.record.steps}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on after so many steps, with the curves that the page at this path has up to there."""
        self.record.go_on_from(self.path, state_dict["steps"])


def _write(record: Record, path: Path, compared: list[Compared], every: float) -> None:
    record.written = time.time()
    with replacing(path) as file:
        file.write(page(record, compared, every).encode("utf-8", "replace"))


def _left(record: Record, path: Path, compared: list[Compared], every: float, pid: int) -> None:
    """The program ends, or has forgotten the page: say so in it."""
    if record.status != RUNNING or not record.steps or os.getpid() != pid:
        return
    error = None if hasattr(sys, "ps1") else getattr(sys, "last_value", None)
    record.status = "ended" if error is None else _cause(error)
    with suppress(OSError):
        _write(record, path, compared, every)


def _cause(error: BaseException) -> str:
    text = str(error).partition("\n")[0]
    return _DIED_OF.get(type(error)) or f"died of {type(error).__name__}{text and ': ' + text}"


def _number(name: str, value: Any) -> float:
    try:
        return value.item() if isinstance(value, Tensor) else float(value)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"watch: {name} must be one number, got {describe(value)}; "
                        ".mean() makes one of many") from None


def _checked_path(path: str | os.PathLike) -> Path:
    if not isinstance(path, (str, bytes, os.PathLike)):
        raise TypeError(f"watch: path must be that of the page, got {describe(path)}; write "
                        "watch('run.html', model, optimizer)")
    path = Path(os.fsdecode(path))
    if path.is_dir():
        raise IsADirectoryError(f"watch: {str(path)!r} is a folder; write "
                                f"watch({str(path / 'run.html')!r}, ...)")
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"watch: the page's path ends in .html, got {str(path)!r}; write "
                         f"watch({str(path.with_suffix('.html'))!r}, ...)")
    path.parent.mkdir(parents=True, exist_ok=True)
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise PermissionError(f"watch: {path} cannot be written; choose another folder")
    return path.absolute()


def _check(model, optimizer, steps, samples, every) -> None:
    if model is not None and not hasattr(model, "named_parameters"):
        raise TypeError(f"watch: model must be a Module, got {describe(model)}{uncalled(model)}; "
                        "the numbers of a step go to page.step(loss=loss)")
    if optimizer is not None and not hasattr(optimizer, "param_groups"):
        raise TypeError(f"watch: optimizer must have param_groups, got {describe(optimizer)}"
                        f"{uncalled(optimizer)}")
    if steps is not None and index(steps) < 0:
        raise ValueError(f"watch: steps must be at least 0, got {steps}")
    if samples is not None and not callable(samples):
        raise TypeError("watch: samples must be a function of the model, such as lambda model: "
                        f"model.write(), got {describe(samples)}")
    if not every >= 0:
        raise ValueError(f"watch: every must be seconds, at least 0, got {every}")
