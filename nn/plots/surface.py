"""The loss around a model's parameters, along two random directions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd

from ..module import Module
from .canvas import canvas, tidy


def plot_loss_surface(model: Module, closure: Callable, *, span: float = 1.0, steps: int = 25,
                      seed: int = 0, ax=None) -> Any:
    """Contours of the loss at θ + a δ + b η, for two random directions δ and η in which each filter
    (a row of a weight) is as long as that of θ; biases and other vectors stay. `closure()` gives
    the loss of the model as it is. It is evaluated steps² times, in evaluation mode; the parameters
    are put back, after an error too.

    Raises: ValueError where no loss is finite, or no parameter is a matrix.
    Reference: Li et al., Visualizing the Loss Landscape of Neural Nets, 2018.

    >>> import nn
    >>> model, x = nn.Linear(2, 1), autograd.randn(8, 2)
    >>> figure = nn.plots.plot_loss_surface(model, lambda: (model(x) ** 2).mean(), steps=5)
    """
    if steps < 2:
        raise ValueError(f"plot_loss_surface: steps must be 2 or more, got {steps}")
    parameters = [p for p in model.parameters() if p.ndim > 1]
    if not parameters:
        raise ValueError("plot_loss_surface: no parameter of the model is a matrix, so there is no "
                         "direction to go")
    start = [p.detach().numpy().copy() for p in parameters]
    random = np.random.default_rng(seed)
    first, second = ([_direction(random, weight) for weight in start] for _ in range(2))
    places = np.linspace(-span, span, steps)
    losses = np.empty((steps, steps))
    try:
        with model.evaluating(), autograd.no_grad():
            for i, b in enumerate(places):
                for j, a in enumerate(places):
                    for p, weight, d, e in zip(parameters, start, first, second, strict=True):
                        p.copy_(autograd.tensor((weight + a * d + b * e).astype(weight.dtype)))
                    losses[i, j] = float(closure())
    finally:
        with autograd.no_grad():
            for p, weight in zip(parameters, start, strict=True):
                p.copy_(autograd.tensor(weight))
    if not np.isfinite(losses).any():
        raise ValueError("plot_loss_surface: no loss is finite; look for NaN in the parameters")
    return _contours(places, np.ma.masked_invalid(losses), ax)


def _direction(random: np.random.Generator, weight: np.ndarray) -> np.ndarray:
    """A random direction, each filter as long as that of the weight."""
    drawn = random.standard_normal(weight.shape)
    axes = tuple(range(1, weight.ndim))
    lengths = np.sqrt((weight.astype(float) ** 2).sum(axes, keepdims=True))
    return drawn * lengths / np.sqrt((drawn ** 2).sum(axes, keepdims=True))


def _contours(places: np.ndarray, losses: np.ma.MaskedArray, ax):
    figure, ax = canvas(ax)
    low, high = float(losses.min()), float(losses.max())
    if high > low:
        levels = np.linspace(low, high, 20) if high < 20 * max(low, 1e-12) else (
            low + (high - low) * np.linspace(0, 1, 20) ** 2)
        drawn = ax.contourf(places, places, losses, levels=levels, cmap="viridis")
        ax.contour(places, places, losses, levels=levels, colors="white", linewidths=0.4)
        figure.colorbar(drawn, ax=ax, label="loss", format="%.3g")
    else:
        ax.text(0.5, 0.5, f"the loss is {low:.4g} everywhere", ha="center",
                transform=ax.transAxes)
    ax.plot(0, 0, marker="*", color="#D55E00", markersize=13, markeredgecolor="white")
    ax.locator_params(nbins=5)
    tidy(ax, x="direction 1", y="direction 2")
    return figure
