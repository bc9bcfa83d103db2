"""Points of several classes: where a model draws the line, and how its layers see them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..module import Module
from .canvas import COLORS, MARKERS, array, canvas, layer_outputs, new_figure, predicted, tidy

_MOST_INSIDE, _PER_COLUMN = 6, 13  # classes in a legend among the points, in a column of others


def plot_decision_boundary(model: Module, X, y=None, *, resolution: int = 200, ax=None) -> Any:
    """The classes that `model` sees in the plane, as colours, and the points X with classes y.

    Of several outputs the largest is the class; one output decides between two classes, at 0.5
    where all outputs are probabilities and at 0 else. The model is asked in evaluation mode.
    Shape: X (N, 2), y (N)
    Raises: ValueError for data of other than two features, or outputs that are not finite.

    >>> import nn
    >>> figure = nn.plots.plot_decision_boundary(nn.Linear(2, 3), autograd.randn(20, 2))
    """
    name = "plot_decision_boundary"
    X = array(name, "X", X).astype(float)
    if X.ndim != 2 or X.shape[1] != 2 or not len(X):
        raise ValueError(f"{name}: X must be points in the plane, (N, 2), got {X.shape}; of more "
                         "features choose two columns, or plot_activations for their PCA")
    if not np.isfinite(X).all():
        raise ValueError(f"{name}: X has entries that are not finite")
    labels = None if y is None else array(name, "y", y).reshape(-1)
    if labels is not None and len(labels) != len(X):
        raise ValueError(f"{name}: {len(X)} points but {len(labels)} classes y")
    room = 0.1 * np.maximum(np.ptp(X, axis=0), 1e-9) + 0.05
    first, second = (np.linspace(X[:, i].min() - room[i], X[:, i].max() + room[i], resolution)
                     for i in (0, 1))
    grid = np.stack(np.meshgrid(first, second), -1).reshape(-1, 2)
    scores = predicted(model, grid).reshape(len(grid), -1)
    if not np.isfinite(scores).all():
        raise ValueError(f"{name}: the model gives values that are not finite; look for NaN in its "
                         "parameters")
    classes = _classes(scores).reshape(resolution, resolution)
    figure, ax = canvas(ax)
    count = max(int(classes.max()) + 1, 2)
    colors = [COLORS[i % len(COLORS)] for i in range(count)]
    ax.contourf(first, second, classes, levels=np.arange(count + 1) - 0.5, colors=colors,
                alpha=0.25)
    for i in range(count):
        mine = classes == i
        if mine.any() and not mine.all():
            ax.contour(first, second, mine.astype(float), levels=[0.5], colors="black",
                       linewidths=0.8)
    _scatter(ax, X, labels)
    _legend(ax, labels)
    tidy(ax, x="$x_1$", y="$x_2$")
    return figure


def plot_activations(model: Module, X, y=None, *, layers=None, ax=None) -> Any:
    """The outputs of layers for the data X, each brought to two dimensions by its principal
    components: how a model pulls the classes y apart, layer by layer.

    `layers` are paths such as ["0", "2"], or all layers; with `ax`, one axes, it must be one.
    Shape: X (N, ...), y (N)

    >>> import nn
    >>> model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    >>> figure = nn.plots.plot_activations(model, autograd.randn(30, 4), layers=["0", "2"])
    """
    name = "plot_activations"
    outputs = layer_outputs(name, model, X, [layers] if isinstance(layers, str) else layers)
    labels = None if y is None else array(name, "y", y).reshape(-1)
    if ax is not None and len(outputs) > 1:
        raise ValueError(f"{name}: one axes holds one layer; choose one of {', '.join(outputs)}")
    if ax is not None:
        figure, axes = canvas(ax)[0], [ax]
    else:
        columns = min(len(outputs), 3)
        rows = -(-len(outputs) // columns)
        figure = new_figure((3.4 * columns + 0.6, 3.2 * rows))
        axes = list(figure.subplots(rows, columns, squeeze=False).flat)
        for spare in axes[len(outputs):]:
            spare.set_axis_off()
    for panel, (path, values) in zip(axes, outputs.items(), strict=False):
        if labels is not None and len(labels) != len(values):
            raise ValueError(f"{name}: {len(labels)} classes y, but layer {path!r} has "
                             f"{len(values)} rows")
        points, share = _principal(name, path, values)
        _scatter(panel, points, labels)
        kind = type(model.get_submodule(path)).__name__
        tidy(panel, f"{path}: {kind}" if path else kind, f"component 1 ({share[0]:.0%})",
             f"component 2 ({share[1]:.0%})")
    _legend(axes[0], labels, figure if ax is None else None)
    return figure


def _classes(scores: np.ndarray) -> np.ndarray:
    if scores.shape[1] > 1:
        return scores.argmax(1)
    probabilities = scores.min() >= 0 and scores.max() <= 1
    return (scores[:, 0] >= (0.5 if probabilities else 0.0)).astype(int)


def _scatter(ax, points: np.ndarray, labels: np.ndarray | None) -> None:
    if labels is None:
        ax.scatter(*points.T, s=18, color=COLORS[0], edgecolors="white", linewidths=0.5)
        return
    found = np.unique(labels)
    numbers = found.astype(int) if (found >= 0).all() and (found % 1 == 0).all() else (
        np.arange(len(found)))  # the colours of the classes, if these are numbered
    for i, label in zip(numbers, found, strict=True):
        ax.scatter(*points[labels == label].T, s=24, color=COLORS[i % len(COLORS)],
                   marker=MARKERS[(i + i // len(COLORS)) % len(MARKERS)], edgecolors="white",
                   linewidths=0.5, label=f"{label:g}")


def _legend(ax, labels: np.ndarray | None, figure=None) -> None:
    """What stands for each class; of many beside the axes, or beside all panels of a figure."""
    if labels is None:
        return
    count = len(np.unique(labels))
    look: dict[str, Any] = {"title": "class", "fontsize": "small"}
    if count <= _MOST_INSIDE:
        ax.legend(**look)
        return
    look.update(ncols=-(-count // _PER_COLUMN), columnspacing=0.7, handletextpad=0.2)
    if figure is None:
        ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), **look)
    else:
        figure.legend(*ax.get_legend_handles_labels(), loc="outside right center", **look)


def _principal(name: str, path: str, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The two principal components of rows, and their shares of the variance."""
    rows = values.reshape(len(values), -1).astype(float)
    if len(rows) < 2:
        raise ValueError(f"{name}: layer {path!r} has {len(rows)} rows; two are the least")
    if not np.isfinite(rows).all():
        raise ValueError(f"{name}: layer {path!r} gives values that are not finite")
    left, sizes, _ = np.linalg.svd(rows - rows.mean(0), full_matrices=False)
    points = np.zeros((len(rows), 2))
    points[:, :min(2, len(sizes))] = (left * sizes)[:, :2]
    total = (sizes ** 2).sum() or 1.0
    share = np.zeros(2)
    share[:min(2, len(sizes))] = (sizes ** 2 / total)[:2]
    return points, share
