"""Recurrent layers, one direction each, and their cells: a cell is a layer of one step."""

from __future__ import annotations

import numpy as np

from ..compiler.program import Value
from .graph import Changing, content
from .table import writes

# The order of the gates that ONNX takes, by their places in ours.
_GATES = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2), "RNN": (0,)}


def _layer(graph, operator: str, input, states: list, weights: list, sizes=None,
           reverse: bool = False, **options) -> tuple:
    """The results of all steps (steps · batch, H), and the states at the end (batch, H)."""
    hidden = weights[1].shape[1]
    batch = graph.shape(states[0])[0]
    if states[-1].shape[1] != hidden:
        raise RuntimeError("proj_size has no operator; put an nn.Linear behind the layer")
    rows = [graph.name(_in_order(graph, operator, part, hidden)) for part in weights[:2]]
    zeros = np.zeros(len(_GATES[operator]) * hidden, graph.result.dtype)
    bias = graph.emit("Concat", *[
        zeros if part is None else _in_order(graph, operator, part, hidden)
        for part in weights[2:]], axis=0)
    whole = graph.reshaped(input, [_steps(graph, sizes, states[0]), batch, graph.shape(input)[1]])
    outputs = graph.emit(
        operator, whole, *[graph.emit("Unsqueeze", part, np.array([0])) for part in rows],
        graph.emit("Unsqueeze", bias, np.array([0])), None,
        *[graph.emit("Unsqueeze", state, np.array([0])) for state in states],
        hidden_size=hidden, direction="reverse" if reverse else "forward",
        outputs=1 + len(states), **options)
    steps = graph.emit("Reshape", outputs[0], np.array([-1, hidden]))
    return steps, *[graph.emit("Squeeze", end, np.array([0])) for end in outputs[1:]]


def _steps(graph, sizes, state):
    """How many steps there are, of sequences that must be of one length."""
    if sizes is None:
        return 1
    pair = (sizes, sizes) if not isinstance(sizes, Value) else (
        content(sizes), content(graph.other.values[sizes.number]))
    if any((rows != batch).any() for rows, batch in zip(pair, (
            state.shape[0], graph.other.values[state.number].shape[0]), strict=True)):
        raise RuntimeError("sequences of different lengths have no operator; export the layer "
                           "with a padded batch")
    low, high = map(len, pair)
    return low if low == high else Changing(low, high)


def _in_order(graph, operator: str, value, hidden: int):
    """A weight or bias with its gates in ONNX's order."""
    order = _GATES[operator]
    if order == tuple(range(len(order))):
        return value
    index = np.concatenate([np.arange(gate * hidden, (gate + 1) * hidden) for gate in order])
    return graph.emit("Gather", value, index, axis=0)


def _activation(nonlinearity: str) -> dict:
    return {"activations": ["Relu" if nonlinearity == "relu" else "Tanh"]}


@writes("lstm")
def _lstm(graph, input, h, c, *weights, sizes, reverse=False):
    return _layer(graph, "LSTM", input, [h, c], _four(weights), sizes, reverse), None, None, None


@writes("gru")
def _gru(graph, input, h, *weights, sizes, reverse=False):
    return _layer(graph, "GRU", input, [h], _four(weights), sizes, reverse,
                  linear_before_reset=1), None, None, None


@writes("rnn")
def _rnn(graph, input, h, *weights, sizes, reverse=False, nonlinearity="tanh"):
    return _layer(graph, "RNN", input, [h], _four(weights), sizes, reverse,
                  **_activation(nonlinearity)), None, None, None


@writes("lstm_cell")
def _lstm_cell(graph, input, h, c, *weights):
    return _layer(graph, "LSTM", input, [h, c], _four(weights))[1:], None, None


@writes("gru_cell")
def _gru_cell(graph, input, h, *weights):
    return _layer(graph, "GRU", input, [h], _four(weights), linear_before_reset=1)[1], None, None


@writes("rnn_cell")
def _rnn_cell(graph, input, h, *weights, nonlinearity="tanh"):
    return _layer(graph, "RNN", input, [h], _four(weights),
                  **_activation(nonlinearity))[1], None, None


def _four(weights: tuple) -> list:
    """Weights and biases, None for those that are not there."""
    return [*weights, None, None][:4]
