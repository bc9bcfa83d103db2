"""Training curves."""

from __future__ import annotations

import math
from typing import Any

TRAINING, VALIDATION, FAINT, GRID = "#2563eb", "#ea580c", "#94a3b8", "#e2e8f0"
_NOT_DRAWN = ("epoch", "seconds", "lr")
_PER_ROW = 3
_DECADE = 10.0


def plot(history, axes, best: int | None):
    """See History.plot."""
    if not len(history):
        raise ValueError("History.plot: there is no epoch yet")
    quantities = _quantities(history.columns)
    if axes is None:
        figure, panels = _panels(len(quantities))
    else:
        panels = list(getattr(axes, "flat", axes)) if hasattr(axes, "__len__") else [axes]
        figure = panels[0].figure
        if len(panels) != 1 and len(panels) != len(quantities):
            raise ValueError(f"History.plot: {len(panels)} axes for {len(quantities)} panels, "
                             f"{', '.join(quantities)}; give one axis for the loss alone, or one "
                             "for each")
    for panel, name in zip(panels, quantities, strict=False):
        _draw(panel, history, name, best)
    return figure


def _quantities(columns: list[str]) -> list[str]:
    names = dict.fromkeys(name.removeprefix("val_") for name in columns)
    found = [name for name in names if name not in _NOT_DRAWN]
    return sorted(found, key=lambda name: name != "loss")


def _panels(count: int) -> tuple[Any, list]:
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("History.plot needs matplotlib, which comes with the extra "
                                  "plots: pip install 'wengert[plots]'") from error
    wide = min(count, _PER_ROW)
    rows = -(-count // wide)
    figure = Figure(figsize=(5 * wide, 4 * rows), dpi=120, layout="constrained")
    panels = list(figure.subplots(rows, wide, squeeze=False).flat)
    for panel in panels[count:]:
        panel.set_axis_off()
    return figure, panels[:count]


def _draw(axes, history, name: str, best: int | None) -> None:
    from matplotlib.ticker import MaxNLocator

    epochs = [row.get("epoch", i + 1) for i, row in enumerate(history)]
    drawn: list[float] = []
    for column, label, color in ((name, "training", TRAINING),
                                 (f"val_{name}", "validation", VALIDATION)):
        if column in history.columns:
            values = history[column]
            drawn += [value for value in values if math.isfinite(value)]
            marker = {"marker": "o", "markersize": 3} if len(epochs) <= 60 else {}
            axes.plot(epochs, values, color=color, label=label, **marker)
    if best is not None:
        axes.axvline(best, color=FAINT, linestyle=":", zorder=0, label=f"best epoch: {best}")
    if drawn and min(drawn) > 0 and max(drawn) > _DECADE * min(drawn) and drawn[-1] < drawn[0]:
        axes.set_yscale("log")
    axes.set(xlabel="epoch", ylabel=name.replace("_", " "))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    axes.grid(color=GRID)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
