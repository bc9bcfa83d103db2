"""Training curves."""

from __future__ import annotations

import math
from typing import Any

from ..plots.canvas import new_figure

TRAINING, VALIDATION, FAINT, GRID = "#2563eb", "#ea580c", "#94a3b8", "#e2e8f0"
_NOT_DRAWN = ("epoch", "step", "seconds", "lr")  # which tell of the run, not of what it learned
_MEASURED_ON = (("val_", "validation"), ("valid_", "validation"), ("test_", "test"),
                ("train_", "training"))
_LOOKS = {"training": {"color": TRAINING}, "validation": {"color": VALIDATION},
          "test": {"color": VALIDATION, "linestyle": "--"}}
_PER_ROW = 3
_DECADE = 10.0


def plot(history, axes, best: int | None):
    """See History.plot."""
    if not len(history):
        raise ValueError("History.plot: there is no epoch yet")
    panels = panels_of(history.columns)
    if not panels:
        raise ValueError("History.plot: there is neither a loss nor a metric, only "
                         f"{', '.join(history.columns) or 'empty rows'}")
    if axes is None:
        figure, places = _places(len(panels))
    else:
        places = list(getattr(axes, "flat", axes)) if hasattr(axes, "__len__") else [axes]
        figure = places[0].figure
        if len(places) != 1 and len(places) != len(panels):
            raise ValueError(f"History.plot: {len(places)} axes for {len(panels)} panels, "
                             f"{', '.join(panels)}; give one axis for the {[*panels][0]} alone, "
                             "or one for each")
    for place, (name, columns) in zip(places, panels.items(), strict=False):
        _draw(place, history, name, columns, best)
    return figure


def panels_of(columns: list[str]) -> dict[str, list[tuple[str, str]]]:
    """Quantity -> its columns, each with the data that it was measured on; the loss first."""
    found: dict[str, list[tuple[str, str]]] = {}
    for column in columns:
        prefix, data = next((part for part in _MEASURED_ON if column.startswith(part[0])),
                            ("", "training"))
        name = column.removeprefix(prefix)
        if name not in _NOT_DRAWN:
            found.setdefault(name, []).append((column, data))
    return dict(sorted(found.items(), key=lambda panel: panel[0] != "loss"))


def _places(count: int) -> tuple[Any, list]:
    wide = min(count, _PER_ROW)
    rows = -(-count // wide)
    figure = new_figure((4.5 * wide, 3.6 * rows))
    places = list(figure.subplots(rows, wide, squeeze=False).flat)
    for place in places[count:]:
        place.set_axis_off()
    return figure, places[:count]


def _draw(axes, history, name: str, columns: list[tuple[str, str]], best: int | None) -> None:
    from matplotlib.ticker import MaxNLocator

    epochs = [row.get("epoch", i + 1) for i, row in enumerate(history)]
    marker = {"marker": "o", "markersize": 3} if len(epochs) <= 60 else {}
    drawn: list[float] = []
    for column, data in columns:
        values = history[column]
        drawn += [value for value in values if math.isfinite(value)]
        axes.plot(epochs, values, label=data, **_LOOKS[data], **marker)
    if best is not None:
        axes.axvline(best, color=FAINT, linestyle=":", zorder=0, label=f"best epoch: {best}")
    if drawn and min(drawn) > 0 and max(drawn) > _DECADE * min(drawn) and drawn[-1] < drawn[0]:
        axes.set_yscale("log")
    axes.set(xlabel="epoch", ylabel=name.replace("_", " "))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    axes.grid(color=GRID)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(edgecolor="none", framealpha=1)  # over the grid and the line of the best epoch
