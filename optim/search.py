"""Searching for hyper-parameters: on a grid, at random, or where earlier trials point to.

A space is a dict of names with, for each, a list of choices or a range: `Uniform`, `LogUniform` or
`Integers`.  The objective is a function of a dict with a value for each name.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, SupportsFloat

import numpy as np

from autograd import Tensor, get_rng_state, manual_seed, set_rng_state
from autograd.errors import Constructed, describe, spelled

_Objective = Callable[[dict[str, Any]], SupportsFloat]


class Uniform(Constructed):
    """Any number from low to high, all as likely."""

    def __init__(self, low: float, high: float) -> None:
        for name, value in (("low", low), ("high", high)):
            if not isinstance(value, (int, float, np.number)) or isinstance(value, bool):
                raise TypeError(f"{type(self).__name__}: {name} must be a number, got "
                                f"{describe(value)}")
        if not -math.inf < low < high < math.inf:
            raise ValueError(f"{type(self).__name__}: low must be below high, got {low} and {high}")
        self.low, self.high = low, high

    def draw(self, source: np.random.Generator) -> Any:
        """One of its values."""
        return float(source.uniform(self.low, self.high))

    def suggest(self, trial, name: str) -> Any:
        """One of its values, as Optuna sees fit."""
        return trial.suggest_float(name, self.low, self.high)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.low}, {self.high})"


class LogUniform(Uniform):
    """Any number from low to high, all orders of magnitude as likely."""

    def __init__(self, low: float, high: float) -> None:
        super().__init__(low, high)
        if low <= 0:
            raise ValueError(f"LogUniform: low must be above 0, got {low}")

    def draw(self, source: np.random.Generator) -> Any:
        drawn = math.exp(source.uniform(math.log(self.low), math.log(self.high)))
        return min(max(drawn, self.low), self.high)

    def suggest(self, trial, name: str) -> Any:
        return trial.suggest_float(name, self.low, self.high, log=True)


class Integers(Uniform):
    """Any whole number from low to high, both included."""

    def __init__(self, low: int, high: int) -> None:
        super().__init__(low, high)
        for name, value in (("low", low), ("high", high)):
            if not isinstance(value, (int, np.integer)):
                raise TypeError(f"Integers: {name} must be a whole number, got {describe(value)}; "
                                "Uniform takes any")

    def draw(self, source: np.random.Generator) -> Any:
        return int(source.integers(int(self.low), int(self.high), endpoint=True))

    def suggest(self, trial, name: str) -> Any:
        return trial.suggest_int(name, self.low, self.high)


Space = Mapping[str, Sequence[Any] | Uniform]

#: Ranges to begin with, for networks of the usual kind.
USUAL: dict[str, Any] = {
    "lr": LogUniform(1e-4, 1e-2),
    "batch_size": (32, 64, 128),
    "hidden": (64, 128, 256, 512),
    "dropout": Uniform(0.2, 0.5),
    "epochs": Integers(10, 200),
}


class Trial(NamedTuple):
    """Parameters, what they came to (NaN where they failed), how long it took, and why not."""

    params: dict[str, Any]
    value: float
    seconds: float
    error: str | None = None


class Trials(list):
    """Trials from the best to the worst; those that failed come last.  Printed, it is a table."""

    def __init__(self, trials: Sequence[Trial], mode: str) -> None:
        sign = 1 if mode == "min" else -1
        super().__init__(sorted(trials, key=lambda trial: (math.isnan(trial.value),
                                                           sign * trial.value)))

    @property
    def best(self) -> Trial:
        """The first.  Raises RuntimeError where all have failed, with the reason of one."""
        if not self or math.isnan(self[0].value):
            why = f": {self[0].error}" if self else ""
            raise RuntimeError(f"search: none of {len(self)} trials has come to a value{why}")
        return self[0]

    @property
    def failures(self) -> list[Trial]:
        """Those that came to no value."""
        return [trial for trial in self if trial.error is not None]

    def __repr__(self) -> str:
        rows = [f"{'value':>10}  parameters"]
        for trial in self:
            params = ", ".join(f"{name}={value:.3g}" if isinstance(value, float) else
                               f"{name}={value}" for name, value in trial.params.items())
            rows.append(f"{trial.value:>10.4g}  {params}"
                        + (f"  ({trial.error})" if trial.error else ""))
        return "\n".join(rows)


@spelled
def grid_search(objective: _Objective, space: Space, *, mode: str = "min",
                seed: int = 0) -> Trials:
    """The objective at all combinations of the choices, whose ranges must be lists.

    A trial that raises is kept with its error; Ctrl-C ends the search and keeps what there is.
    Each trial begins with `autograd.manual_seed(seed)`; the generator is as before afterwards.

    >>> found = optim.search.grid_search(lambda p: (p["x"] - 1) ** 2, {"x": [0, 1, 2]})
    >>> found.best.params
    {'x': 1}
    """
    _check("grid_search", objective, space, mode)
    for name, values in space.items():
        if isinstance(values, Uniform):
            raise ValueError(f"grid_search: {name} is a range, {values!r}; give a list of values")
    choices: list[Any] = list(space.values())
    points = (dict(zip(space, values, strict=True)) for values in itertools.product(*choices))
    return _run(objective, points, mode, seed)


@spelled
def random_search(objective: _Objective, space: Space, trials: int, *, mode: str = "min",
                  seed: int = 0) -> Trials:
    """The objective at `trials` points that are drawn from the space; see grid_search.

    >>> space = {"lr": optim.search.LogUniform(1e-4, 1e-2), "hidden": [64, 128]}
    >>> len(optim.search.random_search(lambda p: p["lr"], space, trials=5))
    5
    """
    _check("random_search", objective, space, mode, trials)
    source = np.random.default_rng(seed)
    return _run(objective, ({name: _draw(values, source) for name, values in space.items()}
                            for _ in range(trials)), mode, seed)


@spelled
def bayes_search(objective: _Objective, space: Space, trials: int, *, mode: str = "min",
                 seed: int = 0) -> Trials:
    """The objective at `trials` points, each chosen by what the earlier ones came to, by Optuna's
    tree-structured Parzen estimator; see grid_search.

    Raises: ModuleNotFoundError without Optuna, the extra "search".
    """
    _check("bayes_search", objective, space, mode, trials)
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("bayes_search needs optuna, which comes with the extra search: "
                                  "pip install 'wengert[search]'") from error
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        study = optuna.create_study(direction="minimize" if mode == "min" else "maximize",
                                    sampler=optuna.samplers.TPESampler(seed=seed))
    finally:
        optuna.logging.set_verbosity(before)
    asked: list = []

    def points() -> Iterator[dict[str, Any]]:
        for _ in range(trials):
            asked.append(study.ask())
            yield {name: values.suggest(asked[-1], name) if isinstance(values, Uniform) else
                   values[asked[-1].suggest_categorical(name, range(len(values)))]
                   for name, values in space.items()}

    def tell(trial: Trial) -> None:
        failed = math.isnan(trial.value)
        study.tell(asked[-1], None if failed else trial.value,
                   state=optuna.trial.TrialState.FAIL if failed else None)

    return _run(objective, points(), mode, seed, tell)


def _run(objective: _Objective, points, mode: str, seed: int,
         tell: Callable[[Trial], None] | None = None) -> Trials:
    done: list[Trial] = []
    before = get_rng_state()
    try:
        for params in points:
            manual_seed(seed)
            done.append(_try(objective, params))
            if tell is not None:
                tell(done[-1])
    except KeyboardInterrupt:
        pass
    finally:
        set_rng_state(before)
    return Trials(done, mode)


def _try(objective: _Objective, params: dict[str, Any]) -> Trial:
    start = time.perf_counter()
    try:
        value = objective(dict(params))
        number = float(value.detach() if isinstance(value, Tensor) else value)
        error = "the value is NaN" if math.isnan(number) else None
    except Exception as raised:
        number, error = math.nan, f"{type(raised).__name__}: {raised}"
    return Trial(params, number, time.perf_counter() - start, error)


def _draw(values: Sequence[Any] | Uniform, source: np.random.Generator) -> Any:
    if isinstance(values, Uniform):
        return values.draw(source)
    return values[int(source.integers(len(values)))]


def _check(who: str, objective: _Objective, space: Space, mode: str, trials: int = 1) -> None:
    if not callable(objective):
        raise TypeError(f"{who}: objective must be a function of a dict, got {describe(objective)}")
    if not isinstance(space, Mapping) or not space:
        raise TypeError(f"{who}: space must be a dict of names with choices or ranges, got "
                        f"{describe(space)}")
    for name, values in space.items():
        if isinstance(values, Uniform):
            continue
        if isinstance(values, str) or not isinstance(values, Sequence) or not len(values):
            raise TypeError(f"{who}: {name} must have a list of choices or a range such as "
                            f"LogUniform(1e-4, 1e-2), got {describe(values)}")
    if mode not in ("min", "max"):
        raise ValueError(f"{who}: mode must be 'min' or 'max', got {mode!r}")
    if not isinstance(trials, (int, np.integer)) or isinstance(trials, bool):
        raise TypeError(f"{who}: trials must be a whole number, got {describe(trials)}")
    if trials < 1:
        raise ValueError(f"{who}: trials must be at least 1, got {trials}")
