"""What programs leave to look at: the confusion matrix as text, the worst mistakes as a picture."""

from collections.abc import Sequence

import numpy as np


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
    figure = Figure(figsize=(1.5 * wide, 2 * max(1, -(-len(worst) // wide)) + 0.6), dpi=120)
    axes = figure.subplots()
    axes.set_title(f"The worst of {len(wrong):,} mistakes among {len(labels):,} images: true "
                   "class, and what it was taken for", fontweight="bold", pad=12)
    for place, i in enumerate(worst):
        row, column = divmod(place, wide)
        x, y = 1.15 * column, 1.5 * row
        image = dataset[int(i)][0].numpy()
        low, high = image.min(), image.max()
        image = ((image - low) / max(high - low, 1e-12)).transpose(1, 2, 0)
        axes.imshow(image, cmap="gray_r" if image.shape[-1] == 1 else None, vmin=0, vmax=1,
                    extent=(x, x + 1, y + 1, y))
        taken = probabilities[i].argmax()
        axes.text(x + 0.5, y - 0.04, f"{classes[labels[i]]}\n{classes[taken]} "
                  f"{probabilities[i, taken]:.0%}", ha="center", va="bottom", fontsize=9)
    axes.set(xlim=(0, 1.15 * wide - 0.15), ylim=(1.5 * max(1, -(-len(worst) // wide)) - 0.5, -0.5),
             aspect="equal")
    axes.set_axis_off()
    figure.savefig(path, bbox_inches="tight")
