"""The record of a run: its curves, readings and samples, how it stands, and its JSON in a page."""

from __future__ import annotations

import json
import math
import os
import time
from pathlib import Path
from typing import Any

from autograd.errors import did_you_mean

from .history import History
from .readings import Readings
from .series import Series

RUNNING = "running"
_BEGIN, _END = '<script type="application/json" id="run">', "</script>"
_MOST_BUCKETS, _ALL_BUCKETS = 512, 5120  # of a curve, and of all together
_RATE_OVER = 64  # looks at the clock, over which the time of a step is taken


class Record:
    """What is known of a run.

    status    "running", "ended", or why it ended before its time
    steps     how many are done, `planned` how many there will be
    seconds   that it ran, before a restart too
    samples   name -> text, or the `data:` address of a picture
    remark    what the curves tell, in a sentence
    per_epoch steps, where it is known
    """

    def __init__(self, name: str, planned: int | None) -> None:
        self.name, self.planned = name, planned
        self.status = RUNNING
        self.steps = 0
        self.curves: dict[str, Series] = {}
        self.readings = Readings()
        self.samples: dict[str, str] = {}
        self.remark = ""
        self.per_epoch: int | None = None
        self.written = 0.0
        self._earlier = 0.0  # seconds before a restart
        self._start = self._now = time.perf_counter()
        self._clock: list[tuple[float, int]] = []

    def add(self, name: str, value: float) -> None:
        """Note a number at the present step."""
        curve = self.curves.get(name)
        if curve is None:
            curve = self.curves[name] = Series()
            most = max(16, min(_MOST_BUCKETS, _ALL_BUCKETS // len(self.curves)))
            for each in self.curves.values():
                each.most = most
        curve.add(self.steps, value)

    def tick(self, now: float) -> None:
        """Note what the clock says at the present step."""
        self._now = now
        self._clock = [*self._clock[1 - _RATE_OVER:], (now, self.steps)]

    @property
    def seconds(self) -> float:
        return self._earlier + self._now - self._start

    @property
    def seconds_per_step(self) -> float:
        """Of late; NaN where it is not known yet."""
        (before, first), (now, last) = (self._clock or [(0.0, 0)])[0], (self._clock or [(0, 0)])[-1]
        return (now - before) / (last - first) if last > first else math.nan

    @property
    def left(self) -> float:
        """The seconds left, NaN where they are not known."""
        return math.nan if self.planned is None else (
            max(self.planned - self.steps, 0) * self.seconds_per_step)

    def json(self) -> str:
        """The element of a page that `recorded` reads; no text in it ends it."""
        kept = {"name": self.name, "status": self.status, "steps": self.steps,
                "planned": self.planned, "seconds": round(self.seconds, 3),
                "written": round(self.written, 1),
                "curves": {name: curve.packed() for name, curve in self.curves.items()},
                "readings": self.readings.packed()}
        text = json.dumps(kept, separators=(",", ":"), allow_nan=False)
        return _BEGIN + text.replace("<", "\\u003c").replace(">", "\\u003e") + _END

    def go_on_from(self, path: Path, step: int) -> None:
        """Take over what the page at `path`, if there is one, has up to a step."""
        if path.exists():
            kept = _kept(path)
            self._earlier = kept["seconds"] * min(1.0, step / max(kept["steps"], 1))
            self.curves = _curves(kept)
            for curve in self.curves.values():
                curve.cut(step)
            self.readings.unpack(kept["readings"], step)
        self.steps = step


class Compared:
    """Another run that is drawn beside: its name and its curves, of steps, or `by_epoch`."""

    def __init__(self, path: str | os.PathLike, name: str) -> None:
        self.name = name
        self.by_epoch = False
        if os.fspath(path).endswith(".csv"):
            history = History.load(path)
            self.curves, self.by_epoch = _of_history(history), "step" not in history.columns
        else:
            self.curves = _curves(_kept(Path(path)))


def _kept(path: Path) -> dict[str, Any]:
    """The JSON in a page."""
    text = path.read_text(encoding="utf-8", errors="replace")
    begin = text.find(_BEGIN)
    if begin < 0:
        raise ValueError(f"watch: {path} is no page that watch wrote, nor a .csv of History.save")
    try:
        kept = json.loads(text[begin + len(_BEGIN):text.index(_END, begin)])
        return {key: kept[key] for key in ("steps", "seconds", "status", "curves", "readings")}
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"watch: {path} is damaged: {error}") from None


def _curves(kept: dict[str, Any]) -> dict[str, Series]:
    return {name: Series.unpacked(packed) for name, packed in kept["curves"].items()}


def _of_history(history: History) -> dict[str, Series]:
    """The columns of a table, at the steps in its column `step`, or at those of its rows."""
    curves = {name: Series() for name in history.columns
              if name not in ("step", "epoch", "seconds")}
    for i, row in enumerate(history, 1):
        for name in curves.keys() & row.keys():
            curves[name].add(max(1, round(row.get("step", row.get("epoch", i)))), row[name])
    return curves


def others(paths) -> list[Compared]:
    """The runs to compare with, each by its path as far as that tells them apart."""
    paths = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    for path in paths:
        if not os.path.exists(path):
            folder = os.path.dirname(os.fspath(path)) or "."
            there = os.listdir(folder) if os.path.isdir(folder) else []
            near = did_you_mean(os.path.basename(os.fspath(path)), there)
            raise FileNotFoundError(f"watch: compare: there is no {os.fspath(path)}{near}")
    found = [Path(path) for path in paths]
    ways = [path.stem for path in found], [path.name for path in found], list(map(str, found))
    names = next((names for names in ways if len({*names}) == len(names)), ways[-1])
    return [Compared(path, name) for path, name in zip(paths, names, strict=True)]
