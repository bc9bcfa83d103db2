"""Lines: training curves, activation functions with their gradients, paths of optimizers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

import autograd
from autograd import Tensor
from autograd.errors import describe

from .. import functional as F
from ..training.history import History
from .canvas import COLORS, array, canvas, new_figure, tidy


def plot_history(history: Mapping | Sequence, *, ax=None) -> Any:
    """Training curves of name -> values per epoch, or of a dict of values for each epoch, as
    `nn.training.History.plot` draws them: a panel for the loss and each metric.

    With `ax`, one axes, the loss alone is drawn.  Columns that hold no numbers are left out.

    >>> import nn
    >>> figure = nn.plots.plot_history({"loss": [1.0, 0.4, 0.2], "val_loss": [1.1, 0.5, 0.4]})
    """
    return History(_rows(history)).plot(ax)


def plot_activation_functions(functions: Mapping[str, Callable] | None = None, *,
                              span: tuple[float, float] = (-4.0, 4.0), ax=None) -> Any:
    """Functions of one number and their gradients, as autograd finds them: side by side, or in one
    `ax` with the gradients dashed. `functions` is name -> function or Module.

    >>> import nn
    >>> figure = nn.plots.plot_activation_functions({"relu": nn.ReLU()})
    """
    if functions is None:
        functions = {"sigmoid": autograd.sigmoid, "tanh": autograd.tanh, "relu": F.relu,
                     "leaky_relu": F.leaky_relu, "elu": F.elu, "silu": F.silu}
    if not functions:
        raise ValueError("plot_activation_functions: there is no function")
    if ax is None:
        figure = new_figure((8.5, 3.8))
        value_axes, slope_axes = figure.subplots(1, 2)
    else:
        figure, value_axes = canvas(ax)
        slope_axes = value_axes
    for i, (name, function) in enumerate(functions.items()):
        x = autograd.tensor(np.linspace(*span, 801), requires_grad=True)
        y = function(x)
        if not isinstance(y, Tensor) or y.shape != x.shape:
            raise ValueError(f"plot_activation_functions: {name} must work on each number alone, "
                             f"but gives {describe(y)} for 801 numbers")
        slope, = (autograd.grad(y.sum(), x, allow_unused=True) if y.requires_grad else (None,))
        points, color = x.detach().numpy(), COLORS[i % len(COLORS)]
        value_axes.plot(points, y.detach().numpy(), color=color, label=name)
        slope_axes.plot(points, np.zeros(801) if slope is None else slope.numpy(), color=color,
                        linestyle="--" if slope_axes is value_axes else "-")
    tidy(value_axes, "function" if ax is None else "function (gradient dashed)", "x", "f(x)")
    if ax is None:
        tidy(slope_axes, "gradient", "x", "f'(x)")
    value_axes.legend(fontsize="small")
    for axes in {value_axes, slope_axes}:
        axes.grid(alpha=0.3)
    return figure


def plot_optimizer_paths(function: Callable, optimizers: Mapping, *,
                         start: tuple[float, float] = (-1.5, 1.5), steps: int = 60, ax=None) -> Any:
    """The paths of optimizers over contours of function(x, y), which takes and gives Tensors.

    `optimizers` is name -> a function that makes one of a list of parameters, or a path (T, 2).

    >>> import nn, optim
    >>> figure = nn.plots.plot_optimizer_paths(lambda x, y: x**2 + 4 * y**2, {
    ...     "SGD": lambda params: optim.SGD(params, lr=0.1)}, steps=5)
    """
    if not optimizers:
        raise ValueError("plot_optimizer_paths: there is no optimizer")
    paths = {name: _path(function, made, start, steps) if callable(made) else
             array("plot_optimizer_paths", name, made).astype(float)
             for name, made in optimizers.items()}
    for name, path in paths.items():
        if path.ndim != 2 or path.shape[1] != 2 or not len(path):
            raise ValueError(f"plot_optimizer_paths: the path of {name} must be (T, 2), got "
                             f"{path.shape}")
    every = np.concatenate(list(paths.values()))
    every = every[np.isfinite(every).all(1) & (np.abs(every) < 1e3).all(1)]
    center = every.mean(0) if len(every) else np.zeros(2)
    reach = 1.15 * max(np.abs(every - center).max() if len(every) else 1.0, 1e-3)
    sides = [np.linspace(c - reach, c + reach, 160) for c in center]
    x, y = np.meshgrid(*sides)
    with autograd.no_grad():
        height = function(autograd.tensor(x), autograd.tensor(y)).numpy()
    figure, ax = canvas(ax)
    level = np.log1p(height - np.nanmin(height))  # as dense near the valley as far from it
    ax.contour(x, y, level, levels=18, colors="#999999", linewidths=0.6)
    for i, (name, path) in enumerate(paths.items()):
        ax.plot(*path.T, color=COLORS[i % len(COLORS)], label=name, marker="o", markersize=2.5,
                linewidth=1.2)
    ax.plot(*np.asarray(next(iter(paths.values())))[0], "k*", markersize=11, label="start")
    ax.set(xlim=sides[0][[0, -1]], ylim=sides[1][[0, -1]])
    tidy(ax, x="x", y="y")
    ax.legend(fontsize="small")
    return figure


def _path(function: Callable, make: Callable, start, steps: int) -> np.ndarray:
    """Where an optimizer goes from the start."""
    places = [autograd.tensor(float(value), dtype=autograd.float64, requires_grad=True)
              for value in start]
    optimizer = make(places)

    def closure():
        optimizer.zero_grad()
        value = function(*places)
        value.backward()
        return value

    path = [[place.item() for place in places]]
    for _ in range(steps):
        optimizer.step(closure)
        path.append([place.item() for place in places])
    return np.array(path)


def _rows(history) -> list[dict[str, float]]:
    """The numbers of each epoch by the names of their columns."""
    if isinstance(history, Mapping):
        columns = [values if isinstance(values, Sequence | np.ndarray | Tensor) else [values]
                   for values in history.values()]
        rows = [dict(zip(map(str, history), epoch, strict=True))
                for epoch in zip_longest(*columns)]
    else:
        rows = list(history)
    if not all(isinstance(row, Mapping) for row in rows):
        raise TypeError("plot_history: history must be a dict of lists or a list of dicts, "
                        f"got {describe(history)}")
    rows = [{name: float(value) for name, value in row.items()
             if isinstance(value, int | float | np.number | Tensor)} for row in rows]
    if not any(rows):
        raise ValueError("plot_history: there are no numbers in the history")
    return rows
