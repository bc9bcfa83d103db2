"""What the programs leave to look at: the confusion matrix as text, curves as a picture."""

from collections.abc import Sequence

import numpy as np

TRAIN, HELD_OUT, FAINT = "#2563eb", "#ea580c", "#94a3b8"


def confusion_table(labels: np.ndarray, predictions: np.ndarray, classes: Sequence[str]) -> str:
    """A row per true class, a column per prediction; zeros are dots.

    Shape: labels and predictions (N), whole numbers below len(classes).
    """
    n = len(classes)
    counts = np.bincount(labels * n + predictions, minlength=n * n).reshape(n, n)
    names = [name if name[:1].isdigit() else f"{i} {name}" for i, name in enumerate(classes)]
    names_width = max(map(len, [*names, "true"]))
    width = max(4, len(str(counts.max())) + 2)
    lines = [f"{'true':<{names_width}}" + "".join(f"{i:>{width}}" for i in range(n)) + "    right"]
    for name, row, right in zip(names, counts, counts.diagonal(), strict=True):
        cells = "".join(f"{count or '.':>{width}}" for count in row)
        share = f"{100 * right / row.sum():7.1f} %" if row.sum() else f"{'-':>9}"
        lines.append(f"{name:<{names_width}}{cells}{share}")
    return "\n".join(lines)


def save_curves(path: str, history: Sequence, best: int, title: str) -> None:
    """Draw loss and accuracy over the epochs, for training and held-out data, as a picture.

    `history` has a row per epoch with loss and held_out_loss, and perhaps accuracy and
    held_out_accuracy; row `best` is marked.
    Raises: ModuleNotFoundError without matplotlib, the extra "plots".
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    epochs = np.arange(1, len(history) + 1)
    scales = {"loss": 1, "accuracy": 100} if hasattr(history[0], "accuracy") else {"loss": 1}
    figure = Figure(figsize=(10, 4), dpi=120, layout="constrained")
    figure.suptitle(title, fontweight="bold")
    panels = figure.subplots(1, len(scales), squeeze=False)[0]
    for axes, (name, scale) in zip(panels, scales.items(), strict=True):
        for prefix, label, color in (("", "training", TRAIN), ("held_out_", "held out", HELD_OUT)):
            values = [scale * getattr(row, prefix + name) for row in history]
            axes.plot(epochs, values, color=color, label=label, marker="o", markersize=3)
        marked = scale * getattr(history[best], "held_out_" + name)
        text = f"{marked:.1f} %" if name == "accuracy" else f"{marked:.3f}"
        axes.axvline(best + 1, color=FAINT, linestyle=":", zorder=0,
                     label=f"best epoch: {best + 1} ({text})")
        axes.set(xlabel="epoch", ylabel=name if name == "loss" else "accuracy [%]")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
        axes.grid(color="#e2e8f0")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    figure.savefig(path)
