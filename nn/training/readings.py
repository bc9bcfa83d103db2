"""What is read from a model while it trains: how large gradients and updates are, which units stand
still, and how the numbers are distributed.

The size of an update is the difference between the parameters after one step and after the next, so
a reading takes two steps: `begin` after one, `end` after the other.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from autograd.complexes import reals

from ..conv import Conv1d, Conv2d, Conv3d
from ..linear import Linear

MOST_PARAMETERS = 400  # that are looked at
STILL = 3  # readings in a row without gradient, from which a unit counts as dead
_MOST_CELLS = 6400  # numbers kept of readings, by all parameters
_MOST_ROWS = 64
_BINS = 24
_MOST_COUNTED = 20_000  # elements of a parameter that a histogram looks at


class Histogram(NamedTuple):
    """Counts between two ends; `zero` and `bad` are the numbers left out: 0 on a logarithmic
    scale, and what is not finite."""

    low: float
    high: float
    counts: list[int]
    zero: int
    bad: int


class Readings:
    """Norms of gradients and ratios of updates at some steps, and what is there now.

    names, shapes   of the parameters
    steps           of the readings
    norms, ratios   (readings, parameters): of gradients; of updates to weights, both as norms
    states          per parameter: "" or "frozen" or "no gradient"
    dead            parameter -> (units without gradient, all units)
    weights, grads  parameter -> Histogram; those of gradients are of log10 |g|
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.shapes: list[list[int]] = []
        self.left_out = 0
        self.steps: list[int] = []
        self.norms: list[list[float]] = []
        self.ratios: list[list[float]] = []
        self.states: list[str] = []
        self.dead: dict[str, tuple[int, int]] = {}
        self.weights: dict[str, Histogram] = {}
        self.grads: dict[str, Histogram] = {}

    def packed(self) -> dict[str, Any]:
        """Lists for a JSON file."""
        return {"names": self.names, "steps": self.steps,
                "norms": [list(map(_short, row)) for row in self.norms],
                "ratios": [list(map(_short, row)) for row in self.ratios]}

    def unpack(self, packed: dict[str, Any], step: int) -> None:
        """Take over the readings up to a step, if they are of the same parameters."""
        if packed["names"] == self.names or not self.names:
            rows = [i for i, at in enumerate(packed["steps"]) if at <= step]
            self.names, self.steps = packed["names"], [packed["steps"][i] for i in rows]
            self.norms = [_long(packed["norms"][i]) for i in rows]
            self.ratios = [_long(packed["ratios"][i]) for i in rows]


class Reader:
    """Makes readings of a model's parameters, and puts them into a Readings."""

    def __init__(self, model, readings: Readings) -> None:
        named = list(model.named_parameters())
        self.named, self.readings = named[:MOST_PARAMETERS], readings
        names = [name for name, _ in self.named]
        if readings.names != names:
            readings.names, readings.steps, readings.norms, readings.ratios = names, [], [], []
        readings.shapes = [list(parameter.shape) for _, parameter in self.named]
        readings.left_out = len(named) - len(self.named)
        self._units = {f"{path}.weight".lstrip("."): np.zeros(len(module.weight), int)
                       for path, module in model.named_modules()
                       if isinstance(module, (Linear, Conv1d, Conv2d, Conv3d))}
        self._before: list[np.ndarray] | None = None
        self._rows = max(8, min(_MOST_ROWS, _MOST_CELLS // max(len(names), 1)))

    @property
    def begun(self) -> bool:
        """Whether `end` is due at the next step."""
        return self._before is not None

    def begin(self) -> None:
        """Note the parameters as they are."""
        self._before = [_array(parameter).copy() for _, parameter in self.named]

    def end(self, step: int) -> None:
        """Hold the parameters against those of the step before, and look at the gradients."""
        before, self._before = self._before or [], None
        readings = self.readings
        norms, ratios = [], []
        for (name, parameter), was in zip(self.named, before, strict=True):
            weight, gradient = _array(parameter), _gradient(parameter)
            size, same = _norm(was), weight.shape == was.shape
            with np.errstate(all="ignore"):  # where weights have become infinite
                ratios.append(_norm(weight - was) / size if size and same else math.nan)
            norms.append(math.nan if gradient is None else _norm(gradient))
            if gradient is not None and name in self._units:
                self._look_at_units(name, gradient)
        readings.steps.append(step)
        readings.norms.append(norms)
        readings.ratios.append(ratios)
        if len(readings.steps) > self._rows:
            self._halve()

    def _look_at_units(self, name: str, gradient: np.ndarray) -> None:
        still = ~gradient.reshape(len(gradient), -1).any(1)
        runs = self._units[name]
        runs += 1
        runs[~still] = 0
        self.readings.dead[name] = int((runs >= STILL).sum()), len(runs)

    def _halve(self) -> None:
        """Make one reading of two, with the larger numbers."""
        readings = self.readings
        readings.steps = readings.steps[1::2]
        for rows in (readings.norms, readings.ratios):
            pairs = zip(rows[::2], rows[1::2], strict=False)
            rows[:] = [np.fmax(first, second).tolist() for first, second in pairs]

    def look(self) -> None:
        """Note how weights and gradients are distributed now."""
        readings = self.readings
        readings.states, readings.grads = [], {}
        for name, parameter in self.named:
            readings.weights[name] = _histogram(_array(parameter))
            gradient = _gradient(parameter)
            frozen = not parameter.requires_grad
            readings.states.append("frozen" if frozen else
                                   "no gradient" if gradient is None else "")
            if gradient is not None:
                readings.grads[name] = _histogram(gradient, logarithmic=True)


def _array(parameter) -> np.ndarray:
    return reals(parameter)


def _gradient(parameter) -> np.ndarray | None:
    gradient = parameter.grad
    if gradient is None:
        return None
    return reals(gradient.to_dense() if gradient.is_sparse else gradient)


def _norm(values: np.ndarray) -> float:
    """The Euclidean norm; huge numbers overflow to infinity in silence."""
    flat = values.reshape(-1)
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.dot(flat, flat)))


def _histogram(values: np.ndarray, logarithmic: bool = False) -> Histogram:
    flat = values.reshape(-1)
    flat = flat[::-(-len(flat) // _MOST_COUNTED) or 1].astype(float)
    finite = flat[np.isfinite(flat)]
    bad, zero = len(flat) - len(finite), 0
    if logarithmic:
        zero = int((finite == 0).sum())
        finite = np.log10(np.abs(finite[finite != 0]))
    if not len(finite):
        return Histogram(0.0, 0.0, [], zero, bad)
    low, high = float(finite.min()), float(finite.max())
    if not high / 2 - low / 2 > 1e-9 * max(abs(low), abs(high)):  # all alike: one bar
        return Histogram(low, high, [len(finite)], zero, bad)
    with np.errstate(all="ignore"):
        share = (finite / 2 - low / 2) / (high / 2 - low / 2)  # halved: the largest floats fit
    places = np.minimum((share * _BINS).astype(int), _BINS - 1)
    return Histogram(low, high, np.bincount(places, minlength=_BINS).tolist(), zero, bad)


def _short(value: float) -> float | None:
    return float(f"{value:.3g}") if math.isfinite(value) else None


def _long(row: list[float | None]) -> list[float]:
    return [math.nan if value is None else value for value in row]
