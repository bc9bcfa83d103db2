"""What all the pictures share: where they are drawn, their colours, and the data they take."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd
from autograd import Tensor
from autograd.errors import describe

from ..module import Module

# Okabe and Ito: told apart with every kind of colour vision, and in grey
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")
MARKERS = "osD^vPX*"


def canvas(ax, size: tuple[float, float] = (5.5, 4.2)) -> tuple[Any, Any]:
    """The figure and the axes to draw on: those given, or new ones."""
    if ax is not None:
        return ax.figure, ax
    figure = new_figure(size)
    return figure, figure.add_subplot()


def new_figure(size: tuple[float, float]):
    """A figure of this many inches, which shows itself in notebooks."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("pictures of nn are drawn with matplotlib, which comes with the "
                                  "extra plots: pip install 'wengert[plots]'") from error

    class Shown(Figure):
        def _repr_png_(self) -> bytes:
            from io import BytesIO

            file = BytesIO()
            self.savefig(file, format="png", dpi=100)
            return file.getvalue()

    return Shown(figsize=size, layout="constrained")


def tidy(ax, title: str = "", x: str = "", y: str = "") -> None:
    """Labels, and no lines that tell nothing."""
    if title:
        ax.set_title(title)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.spines[["top", "right"]].set_visible(False)


def array(name: str, what: str, value) -> np.ndarray:
    """Numbers as an array."""
    if isinstance(value, Tensor):
        return value.detach().numpy()
    try:
        found = np.asarray(value)
    except ValueError:
        found = np.asarray(None)
    if found.dtype.kind not in "fiub":
        raise TypeError(f"{name}: {what} must be numbers, got {describe(value)}")
    return found


def as_input(model: Module, X) -> Tensor:
    """Data as the model takes it: a Tensor as it is, arrays in the dtype of its parameters."""
    if isinstance(X, Tensor):
        return X
    floats = [p.dtype for p in model.parameters() if p.is_floating_point()]
    X = np.asarray(X)
    if X.dtype.kind in "iu":
        return autograd.tensor(X)
    return autograd.tensor(X, dtype=floats[0] if floats else autograd.float32)


def predicted(model: Module, X: np.ndarray, batch: int = 8192) -> np.ndarray:
    """What the model gives in evaluation mode, in batches."""
    with model.evaluating(), autograd.no_grad():
        parts = [model(as_input(model, X[i:i + batch])) for i in range(0, len(X), batch)]
    if not all(isinstance(part, Tensor) for part in parts):
        raise TypeError(f"{type(model).__name__} must return a Tensor to be drawn, got "
                        f"{describe(parts[0])}")
    return np.concatenate([part.numpy() for part in parts])


def layer_outputs(name: str, model: Module, X, layers=None) -> dict[str, np.ndarray]:
    """Path -> what a layer puts out at its last call, in evaluation mode; `layers` are paths, or
    all modules without others in them."""
    paths = dict(model.named_modules())
    if layers is None:
        layers = [path for path, module in paths.items() if not any(module.children())]
    missing = [path for path in layers if path not in paths]
    if missing:
        raise ValueError(f"{name}: the model has no layer {missing[0]!r}; it has "
                         f"{', '.join(filter(None, paths))}")
    found: dict[str, np.ndarray] = {}

    def note(path: str):
        def hook(module, args, output) -> None:
            first = output[0] if isinstance(output, (tuple, list)) and output else output
            if isinstance(first, Tensor):
                found[path] = first.detach().numpy().copy()
        return hook

    handles = [paths[path].register_forward_hook(note(path)) for path in layers]
    try:
        with model.evaluating(), autograd.no_grad():
            model(as_input(model, X))
    finally:
        for handle in handles:
            handle.remove()
    if not found:
        raise ValueError(f"{name}: none of the layers {', '.join(map(repr, layers))} was called "
                         "and gave a Tensor")
    return {path: found[path] for path in layers if path in found}
