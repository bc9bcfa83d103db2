"""What is an image in a model: filters, feature maps, attention, and its confusions."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, isqrt, sqrt
from typing import Any

import numpy as np

from ..module import Module
from .canvas import array, canvas, layer_outputs, new_figure, tidy

_MOST = 64  # images in one picture
_MOST_NAMES = 30  # classes that a confusion matrix names


def plot_filters(layer, *, ax=None) -> Any:
    """The filters of a layer, or of a weight (O, C, kh, kw), each an image: in colour for three
    channels, else blue below and red above 0, one image a channel. Of a Linear layer, whose inputs
    are the pixels of a square, each row is one.

    >>> import nn
    >>> figure = nn.plots.plot_filters(nn.Conv2d(1, 6, 5))
    """
    if isinstance(layer, Module) and getattr(layer, "weight", None) is None:
        raise TypeError(f"plot_filters: {type(layer).__name__} has no weight; choose a layer of "
                        "the model, such as model[0]")
    weight = array("plot_filters", "layer", layer.weight if isinstance(layer, Module) else layer)
    weight = weight.astype(float)
    side = isqrt(weight.shape[1]) if weight.ndim == 2 else 0
    if weight.ndim == 2 and side * side == weight.shape[1]:
        weight = weight.reshape(-1, 1, side, side)
    elif weight.ndim == 3:
        weight = weight[:, None]  # (O, C, k): an image of channels and places
    if weight.ndim != 4 or not weight.size:
        raise ValueError("plot_filters: the weight must be (O, C, kh, kw), (O, C, k), or (O, n²) "
                         f"for images of n² pixels, got {weight.shape}")
    count, channels = weight.shape[:2]
    what = f"{count} filters of {weight.shape[2]}×{weight.shape[3]}"
    if channels == 3:
        weight = np.nan_to_num(weight)
        low, high = (f(weight, axis=(1, 2, 3), keepdims=True) for f in (np.min, np.max))
        colored = (weight - low) / np.where(high > low, high - low, 1.0)
        return _montage(colored.transpose(0, 2, 3, 1), what, ax, None)
    if channels > 1:
        what += f", {channels} channels"
    return _montage(weight.reshape(-1, *weight.shape[2:]), what, ax, "RdBu_r",
                    columns=channels if 1 < channels <= 12 else None)


def plot_feature_maps(model: Module, x, layer: str | None = None, *, ax=None) -> Any:
    """What each channel of a layer makes of one image x, (C, H, W) or (1, C, H, W): by default of
    the first layer that puts out maps.

    >>> import nn
    >>> figure = nn.plots.plot_feature_maps(nn.Conv2d(1, 6, 5), autograd.randn(1, 1, 28, 28))
    """
    x = x[None] if getattr(x, "ndim", 0) == 3 else x
    outputs = layer_outputs("plot_feature_maps", model, x, None if layer is None else [layer])
    path = next((path for path, values in outputs.items() if values.ndim == 4), None)
    if path is None:
        raise ValueError("plot_feature_maps: no layer here puts out maps (N, C, H, W), but "
                         + ", ".join(f"{p!r} {v.shape}" for p, v in outputs.items()))
    maps = outputs[path][0]
    kind = type(model.get_submodule(path)).__name__
    title = f"{path}: {kind}" if path else kind
    return _montage(maps.astype(float),
                    f"{title}, {len(maps)} maps of {maps.shape[1]}×{maps.shape[2]}", ax, "viridis")


def plot_attention(weights, *, queries: Sequence[str] | None = None,
                   keys: Sequence[str] | None = None, ax=None) -> Any:
    """Attention probabilities as a heat map, a row for each query: (L, S), or (H, L, S) with a
    panel for each head. `queries` and `keys` are the words at the axes.

    >>> import nn
    >>> figure = nn.plots.plot_attention(autograd.rand(5, 7).softmax(1))
    """
    name = "plot_attention"
    weights = array(name, "weights", weights).astype(float)
    weights = weights[None] if weights.ndim == 2 else weights
    if weights.ndim != 3 or not weights.size:
        raise ValueError(f"{name}: weights must be (L, S) or (H, L, S), got {weights.shape}; of a "
                         "batch choose one, as weights[0]")
    for what, words, length in (("queries", queries, weights.shape[1]),
                                ("keys", keys, weights.shape[2])):
        if words is not None and len(words) != length:
            raise ValueError(f"{name}: {len(words)} {what} for {length} of the weights")
    if ax is not None and len(weights) > 1:
        raise ValueError(f"{name}: one axes holds one head; choose one of {len(weights)}")
    if ax is not None:
        figure, axes = canvas(ax)[0], [ax]
    else:
        columns = min(len(weights), 4)
        rows = -(-len(weights) // columns)
        wide, high = (max(3.0, 0.18 * len(words or ()) + 1.0) for words in (keys, queries))
        figure = new_figure((wide * columns + 1.4, high * rows + 0.6))
        axes = list(figure.subplots(rows, columns, squeeze=False).flat)
        for spare in axes[len(weights):]:
            spare.set_axis_off()
    top = float(np.nanmax(weights)) if np.isfinite(weights).any() else 1.0
    for i, (panel, head) in enumerate(zip(axes, weights, strict=False)):
        image = panel.imshow(head, cmap="viridis", vmin=0.0, vmax=top or 1.0, aspect="auto")
        tidy(panel, f"head {i}" if len(weights) > 1 else "", "key", "query")
        _words(panel.set_xticks, keys, rotation=90)
        _words(panel.set_yticks, queries)
    figure.colorbar(image, ax=axes[:len(weights)], label="probability")
    return figure


def plot_confusion_matrix(counts, classes: Sequence[str] | None = None, *, ax=None) -> Any:
    """A confusion matrix: how many samples of each true class (row) were taken for each class, on
    the share that these are of the row.  Above 40 classes the numbers are left out.

    Shape: (C, C), as `nn.metrics.confusion_matrix` gives it; `classes` are C names.

    >>> import nn
    >>> counts = nn.metrics.confusion_matrix([0, 1, 1, 2], [0, 0, 1, 2])
    >>> figure = nn.plots.plot_confusion_matrix(counts, ["cat", "dog", "cow"])
    """
    name = "plot_confusion_matrix"
    counts = array(name, "counts", counts).astype(float)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not counts.size:
        raise ValueError(f"{name}: counts must be (C, C), got {counts.shape}; "
                         "nn.metrics.confusion_matrix(outputs, targets) makes them")
    if not (np.isfinite(counts) & (counts >= 0)).all():
        raise ValueError(f"{name}: counts must be finite and not negative")
    names = [str(i) for i in range(len(counts))] if classes is None else [*map(str, classes)]
    if len(names) != len(counts):
        raise ValueError(f"{name}: {len(names)} classes for a matrix of {len(counts)}")
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1e-300)
    told = len(names) <= _MOST_NAMES
    side = 1.8 + (0.5 * len(names) if told else 6.0)
    figure, ax = canvas(ax, (side + 1.2, side))
    image = ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if told:
        _write_counts(ax, counts, shares)
        long = max(map(len, names)) > 3
        _words(ax.set_xticks, names, rotation=90 if long else 0)
        _words(ax.set_yticks, names)
    tidy(ax, x="predicted class", y="true class")
    ax.spines[:].set_visible(False)
    figure.colorbar(image, ax=ax, label="share of the true class", shrink=0.8)
    return figure


def _write_counts(ax, counts: np.ndarray, shares: np.ndarray) -> None:
    texts = {place: f"{count:,.0f}" if count % 1 == 0 else f"{count:.2g}"
             for place, count in np.ndenumerate(counts) if count}
    size = min(9.0, 38 / max(map(len, texts.values()), default=1))
    for (row, column), text in texts.items():
        ax.text(column, row, text, ha="center", va="center", fontsize=size,
                color="white" if shares[row, column] > 0.5 else "#1e293b")


def _words(set_ticks, words, **look) -> None:
    if words is not None:
        for label in set_ticks(range(len(words)), words, fontsize="small", **look):
            label.label1.set_parse_math(False)


def _montage(tiles: np.ndarray, title: str, ax, cmap: str | None, columns: int | None = None):
    """Images (n, h, w) or (n, h, w, 3) side by side in one axes."""
    total = len(tiles)
    if columns and total > _MOST:
        tiles = tiles[:max(_MOST // columns, 1) * columns]
    tiles = tiles[:max(_MOST, columns or 0)]
    height, width = tiles.shape[1:3]
    columns = columns or ceil(sqrt(len(tiles) * height / width))
    rows = -(-len(tiles) // columns)
    gap = max(1, round(0.08 * max(height, width)))
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap,
                     *tiles.shape[3:]), 1.0 if cmap is None else np.nan)
    for i, tile in enumerate(tiles):
        top, left = i // columns * (height + gap), i % columns * (width + gap)
        sheet[top:top + height, left:left + width] = tile
    figure, ax = canvas(ax, (5.5, max(1.6, 0.9 + 4.2 * sheet.shape[0] / sheet.shape[1])))
    if cmap is None:
        ax.imshow(sheet, interpolation="nearest")
    else:
        limit = np.nanmax(np.abs(tiles)) if np.isfinite(tiles).any() else 1.0
        sides = {"vmin": -(limit or 1.0), "vmax": limit or 1.0} if cmap == "RdBu_r" else {}
        figure.colorbar(ax.imshow(sheet, cmap=cmap, interpolation="nearest", **sides), ax=ax,
                        shrink=0.8)
    ax.set_axis_off()
    ax.set_title(title + (f" (the first {len(tiles)})" if len(tiles) < total else ""),
                 fontsize="medium", parse_math=False)
    return figure
