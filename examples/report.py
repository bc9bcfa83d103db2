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


def save_confusion(path: str, counts: np.ndarray, classes: Sequence[str]) -> None:
    """Draw a confusion matrix: the share of each true class (row) that was taken for each class,
    with the counts.

    Raises: ModuleNotFoundError without matplotlib, the extra "plots".
    """
    from matplotlib.figure import Figure

    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    side = 1.6 + 0.55 * len(classes)
    figure = Figure(figsize=(side + 1, side), dpi=120)
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        if count:
            axes.text(column, row, f"{count:,}", ha="center", va="center", fontsize=8,
                      color="white" if shares[row, column] > 0.5 else "#1e293b")
    long = max(map(len, classes)) > 3
    axes.set_xticks(range(len(classes)), classes, rotation=45 if long else 0,
                    ha="right" if long else "center", rotation_mode="anchor" if long else None)
    axes.set_yticks(range(len(classes)), classes)
    axes.set(xlabel="predicted class", ylabel="true class")
    axes.spines[:].set_visible(False)
    figure.colorbar(image, ax=axes, label="share of the true class", shrink=0.8)
    figure.savefig(path, bbox_inches="tight")


def save_mistakes(path: str, dataset, probabilities: np.ndarray, labels: np.ndarray,
                  classes: Sequence[str], most: int = 24) -> None:
    """Draw the misclassified images whose true class got the least probability, the worst first.

    Shape: images (1, H, W) or (3, H, W), each shown from its darkest to its brightest value;
    probabilities (N, classes), labels (N).
    Raises: ModuleNotFoundError without matplotlib, the extra "plots".
    """
    from matplotlib.figure import Figure

    own = probabilities[np.arange(len(labels)), labels]
    wrong = np.flatnonzero(probabilities.argmax(1) != labels)
    worst = wrong[np.argsort(own[wrong], kind="stable")][:most]
    wide = 8
    rows = max(1, -(-len(worst) // wide))
    figure = Figure(figsize=(1.5 * wide, 1.9 * rows + 0.5), dpi=120, layout="constrained")
    figure.suptitle(f"The worst of {len(wrong):,} mistakes among {len(labels):,} images: "
                    "true class, and what it was taken for", fontweight="bold")
    panels = list(figure.subplots(rows, wide, squeeze=False).flat)
    for panel in panels:
        panel.set_axis_off()
    for panel, i in zip(panels, worst, strict=False):
        image = dataset[int(i)][0].numpy()
        low, high = image.min(), image.max()
        image = ((image - low) / max(high - low, 1e-12)).transpose(1, 2, 0)
        panel.imshow(image, cmap="gray_r" if image.shape[-1] == 1 else None)
        taken = probabilities[i].argmax()
        panel.set_title(f"{classes[labels[i]]}\n{classes[taken]} {probabilities[i, taken]:.0%}",
                        fontsize=8, color="#1e293b")
    figure.savefig(path)
