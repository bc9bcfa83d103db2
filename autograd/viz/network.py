"""The diagram of a network of neurons: a circle for each, a line for each weight."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..tensors import Tensor
from .costs import memory
from .legend import SWATCH, rows
from .picture import ScenePicture
from .scene import Disc, Scene, Stroke, Words
from .style import SLATE, elided, printable, text_width
from .trace import Call, Trace, arguments, traced

RED, BLUE, GREY = "#d62728", "#1f5fbf", "#9ca3af"
_RADIUS, _STEP, _COLUMN, _MARGIN = 13.0, 34.0, 150.0, 26.0
_HEADER = 44.0  # above the neurons
_KEY_SIDE = 12.0  # around the key
_FAINTEST, _WIDEST = 0.06, 3.0
_TITLE_SIZE, _VALUE_SIZE, _KEY_SIZE = 11.0, 8.0, 9.0
_KEY = ((RED, "weight above 0"), (BLUE, "weight below 0"), ("", "in a circle: its activation"),
        ("", "faint: from a less active neuron"))


class _Layer(NamedTuple):
    """Neurons that stand in one column: what is above them, their activations, and the weights of
    the lines that end at them, (neurons, neurons before)."""

    title: str
    values: np.ndarray
    weight: np.ndarray | None


def draw_network(model, x, *, most: int = 10) -> ScenePicture:
    """Draw the neurons of a model's linear layers, with the activations that x, or its first
    row, gives, and their weights: red where positive, blue where negative, as wide as they are
    large, as opaque as the neuron that they start from is active.

    Of a layer with more than `most` neurons the first and the last are shown, and dots between.
    The model runs once, in evaluation mode, and is left as it was.

    Raises: ValueError for a model without linear layers.

    >>> import nn
    >>> model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    >>> autograd.viz.draw_network(model, autograd.ones(1, 3))
    <network of 3, 4, 2 neurons>
    """
    if not isinstance(most, int) or most < 3:
        raise ValueError(f"draw_network: most must be 3 or more, got {most!r}")
    if isinstance(x, Tensor) and x.ndim == 1 and x.is_floating_point():
        x = x.detach()[None]  # a row by itself is a batch of one, as batch norm needs it
    layers = _layers(traced(model, *arguments("draw_network", model, x)))
    sizes = ", ".join(f"{len(layer.values):,}" for layer in layers)
    return ScenePicture(_scene(layers, most), f"network of {sizes} neurons")


def _layers(trace: Trace) -> list[_Layer]:
    linear = [call for call in trace.calls if any(node.op.name == "linear" for node in call.nodes)
              and getattr(getattr(call.module, "weight", None), "ndim", 0) == 2]
    if not linear:
        raise ValueError("draw_network: the model calls no linear layer, so there are no neurons "
                         "to draw; graph(model, input) draws any model")
    layers: list[_Layer] = []
    for i, call in enumerate(linear):
        values = _first_row(call.inputs[0][1])
        if layers and len(layers[-1].values) != len(values):
            layers.append(_Layer(_maker(trace, call), values, None))  # others stand between
        elif layers:
            layers[-1] = layers[-1]._replace(values=values)  # after its activation function
        else:
            layers.append(_Layer(_maker(trace, call), values, None))
        weight = call.module.weight._array.astype(float)
        title = call.path or type(call.module).__name__
        ends = call.outputs if i + 1 < len(linear) else _last(trace.root, call, len(weight))
        layers.append(_Layer(title, _first_row(ends[0][1]), weight))
    return layers


def _maker(trace: Trace, call: Call) -> str:
    """What the neurons before a linear layer are: the input, or what a module put out last."""
    given = memory(call.inputs[0][1]._array)
    if any(memory(tensor._array) is given for _, tensor in trace.root.inputs):
        return "input"
    made = [other for other in trace.calls if other.stop < call.start
            for _, tensor in other.outputs if memory(tensor._array) is given]
    if not made:
        return "features"
    last = max(made, key=lambda other: other.stop)
    return f"{last.path}: {type(last.module).__name__}"


def _last(root: Call, call: Call, count: int):
    """What the model puts out, where these are the neurons of its last linear layer."""
    fits = root.outputs and root.outputs[0][1]._array.shape[-1:] == (count,)
    return root.outputs if fits else call.outputs


def _first_row(tensor) -> np.ndarray:
    array = tensor._array
    return array.reshape(-1, array.shape[-1])[0].astype(float)


def _scene(layers: list[_Layer], most: int) -> Scene:
    shown = [_shown(len(layer.values), most) for layer in layers]
    tallest = max(len(places) for places in shown)
    height = _HEADER + tallest * _STEP
    titles = [printable(elided(layer.title, 22)) for layer in layers]
    column = max(_COLUMN, *(text_width(title, _TITLE_SIZE) + 12 for title in titles))
    side = max(_MARGIN + _RADIUS, *(text_width(titles[i], _TITLE_SIZE) / 2 + 6 for i in (0, -1)))
    scene = Scene(2 * side + column * (len(layers) - 1), height, [], [], [])
    middles: list[dict[int, tuple[float, float]]] = []
    for i, (layer, places) in enumerate(zip(layers, shown, strict=True)):
        x = side + column * i
        top = _HEADER + (tallest - len(places) + 1) * _STEP / 2
        scene.words.append(Words(titles[i], (x, 14.0), _TITLE_SIZE, "black"))
        scene.words.append(Words(f"{len(layer.values):,}", (x, 29.0), _TITLE_SIZE - 1, SLATE))
        spots = {place: (x, top + k * _STEP) for k, place in enumerate(places)}
        _draw_neurons(scene, layer, spots)
        if layer.weight is not None:
            _draw_weights(scene, layer.weight, layers[i - 1].values, middles[-1], spots)
        middles.append(spots)
    return _with_key(scene)


def _with_key(scene: Scene) -> Scene:
    """The scene with what its colours and numbers mean below."""
    wide = [text_width(text, _KEY_SIZE) + (SWATCH[0] + 6 if color else 0) for color, text in _KEY]
    corners = rows(wide, scene.width - 2 * _KEY_SIDE, scene.height + _KEY_SIDE)
    for (color, text), (x, y) in zip(_KEY, corners, strict=True):
        left, middle = x + _KEY_SIDE, y + SWATCH[1] / 2
        if color:
            scene.strokes.append(Stroke((left, middle), (left + SWATCH[0], middle), color, 1.0,
                                        _WIDEST))
            left += SWATCH[0] + 6
        scene.words.append(Words(text, (left, middle), _KEY_SIZE, SLATE, begins=True))
    return scene._replace(height=corners[-1][1] + SWATCH[1] + _KEY_SIDE)


def _shown(count: int, most: int) -> list[int]:
    """The numbers of the neurons that are drawn; -1 for the dots in place of others."""
    if count <= most:
        return list(range(count))
    half = (most - 1) // 2
    return [*range(most - 1 - half), -1, *range(count - half, count)]


def _draw_neurons(scene: Scene, layer: _Layer, spots: dict) -> None:
    activity = _relative(layer.values)
    for place, middle in spots.items():
        if place < 0:
            for shift in (-7, 0, 7):
                scene.discs.append(Disc((middle[0], middle[1] + shift), 1.6, SLATE, SLATE))
            continue
        shade = round(255 - 110 * activity[place])
        scene.discs.append(Disc(middle, _RADIUS, f"#{shade:02x}{shade:02x}{shade:02x}", "#334155"))
        scene.words.append(Words(_brief(layer.values[place]), middle, _VALUE_SIZE, "black"))


def _draw_weights(scene: Scene, weight: np.ndarray, before: np.ndarray, starts: dict, ends: dict
                  ) -> None:
    """A line for each weight between neurons that are drawn, the strongest above."""
    active, size = _relative(before), _relative(weight)
    found = []
    for head, end in ends.items():
        for tail, start in starts.items():
            if head >= 0 and tail >= 0:
                value = weight[head, tail]
                color = RED if value > 0 else BLUE if value < 0 else GREY
                found.append(Stroke((start[0] + _RADIUS, start[1]), (end[0] - _RADIUS, end[1]),
                                    color, _FAINTEST + (1 - _FAINTEST) * active[tail],
                                    0.4 + (_WIDEST - 0.4) * size[head, tail]))
    scene.strokes.extend(sorted(found, key=lambda stroke: stroke.opacity * stroke.width))


def _relative(values: np.ndarray) -> np.ndarray:
    """|values| as parts of the largest; what is not finite counts as 0."""
    size = np.abs(np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0))
    return size / (size.max(initial=0.0) or 1.0)


def _brief(value: float) -> str:
    """A number of at most five characters, which a circle holds."""
    if not np.isfinite(value):
        return "nan" if np.isnan(value) else "∞" if value > 0 else "−∞"
    if value == 0 or 0.005 <= abs(value) < 99.95:
        return f"{value:.2f}" if abs(value) < 9.995 else f"{value:.1f}"
    if 1 <= abs(value) < 9999:
        return f"{value:.0f}"
    return f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
