"""How the numbers in a model are distributed, layer by layer, one ridge for each."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..module import Module
from .canvas import COLORS, canvas, layer_outputs, tidy

_BINS = 120


def plot_activation_histograms(model: Module, X, *, layers=None, ax=None) -> Any:
    """The distribution of each layer's outputs for the data X: dead and saturated units show.

    `layers` are paths, or all layers. The model is asked in evaluation mode.

    >>> import nn
    >>> model = nn.Sequential(nn.Linear(4, 8), nn.Tanh())
    >>> figure = nn.plots.plot_activation_histograms(model, autograd.randn(30, 4))
    """
    outputs = layer_outputs("plot_activation_histograms", model, X, layers)
    rows = {f"{path}: {type(model.get_submodule(path)).__name__}": values.reshape(-1)
            for path, values in outputs.items()}
    return _ridges(rows, "output", ax, logarithmic=False)


def plot_gradient_histograms(model: Module, *, ax=None) -> Any:
    """The distribution of |gradient| of each parameter, on a logarithmic scale, as backward() left
    it in `.grad`: gradients that vanish or explode from layer to layer show.

    Raises: ValueError where no parameter has a gradient.

    >>> import nn
    >>> model = nn.Linear(4, 2)
    >>> model(autograd.ones(3, 4)).sum().backward()
    >>> figure = nn.plots.plot_gradient_histograms(model)
    """
    rows = {path: parameter.grad.detach().numpy().reshape(-1)
            for path, parameter in model.named_parameters() if parameter.grad is not None}
    if not rows:
        raise ValueError("plot_gradient_histograms: no parameter has a gradient; call backward() "
                         "before, and zero_grad() after")
    return _ridges(rows, "|gradient|", ax, logarithmic=True)


def _ridges(rows: dict[str, np.ndarray], label: str, ax, logarithmic: bool):
    figure, ax = canvas(ax, (6.5, 1.2 + 0.55 * len(rows)))
    shown, remarks = {}, {}
    for name, values in rows.items():
        finite = values[np.isfinite(values)].astype(float)
        remarks[name] = _remark(values, finite)
        if logarithmic:
            finite = np.log10(np.abs(finite[finite != 0]))
        shown[name] = finite
    low, high = _range(np.concatenate(list(shown.values())), logarithmic)
    edges = np.linspace(low, high, _BINS + 1)
    middles = (edges[1:] + edges[:-1]) / 2
    for i, (name, values) in enumerate(shown.items()):
        counts, _ = np.histogram(np.clip(values, low, high), edges)
        base = len(rows) - 1 - i
        heights = base + 0.85 * counts / max(counts.max(), 1)
        color = COLORS[i % 6]
        ax.fill_between(middles, base, heights, step="mid", color=color, alpha=0.6, linewidth=0)
        ax.axhline(base, color=color, linewidth=0.6)
        ax.text(1.01, (base + 0.45 + 0.1) / (len(rows) + 0.1), remarks[name], fontsize=8,
                transform=ax.transAxes, va="center")
    ax.set_yticks([len(rows) - 1 - i + 0.4 for i in range(len(rows))],
                  [_short(name) for name in rows], fontsize=9)
    for tick in ax.get_yticklabels():
        tick.set_parse_math(False)
    ax.tick_params(axis="y", length=0)
    ax.set(xlim=(low, high), ylim=(-0.1, len(rows)))
    tidy(ax, x=f"log10 {label}" if logarithmic else label)
    ax.spines["left"].set_visible(False)
    return figure


def _remark(values: np.ndarray, finite: np.ndarray) -> str:
    """What a ridge does not show: what is not finite, else how many are 0, else the spread."""
    lost = values.size - finite.size
    if lost:
        return f"{lost:,} not finite"
    zeros = float((finite == 0).mean()) if finite.size else 0.0
    return f"{zeros:.0%} are 0" if zeros > 0.01 else f"std {finite.std():.2g}" if (
        finite.size) else "empty"


def _range(values: np.ndarray, logarithmic: bool) -> tuple[float, float]:
    """All but the outermost thousandth at each side, and never nothing."""
    if not values.size:
        return (-1.0, 1.0)
    low, high = np.quantile(values, [0.001, 0.999])
    room = max(0.03 * (high - low), 0.5 if logarithmic else 1e-3 * max(abs(low), 1e-6))
    return float(low - room), float(high + room)


def _short(name: str, longest: int = 34) -> str:
    return name if len(name) <= longest else f"{name[:longest // 2 - 1]}…{name[-longest // 2:]}"
