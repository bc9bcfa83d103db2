"""Recurrent layers over whole sequences: RNN, LSTM and GRU, in several layers and directions."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

import autograd
from autograd import Tensor
from autograd.errors import describe
from autograd.ops import recurrent as ops
from autograd.slips import hint

from . import init
from .errors import check_dtype, check_whole
from .functional import dropout
from .module import Module, changed
from .parameter import Parameter
from .recurrent_cells import check_nonlinearity, check_pair
from .utils.rnn import PackedSequence, pack_in_any_order, pad_packed_sequence


class _Recurrent(Module):
    """What all have: the parameters of each layer and direction, and the way through them."""

    _gates = 1

    def __init__(self, input_size: int, hidden_size: int, num_layers: int, bias: bool,
                 batch_first: bool, dropout: float, bidirectional: bool, device, dtype,
                 proj_size: int = 0) -> None:
        super().__init__()
        name = type(self).__name__
        check_whole(name, 0, input_size=input_size)
        check_whole(name, 1, hidden_size=hidden_size, num_layers=num_layers)
        if isinstance(dropout, (bool, str)) or not 0 <= dropout <= 1:
            raise ValueError(f"{name}: dropout={dropout!r} is a probability, a number from 0 to 1")
        if dropout and num_layers == 1:
            hint("dropout of one layer", f"{name}: dropout={dropout} comes between layers, and "
                 "num_layers is 1; put nn.Dropout behind it, or leave dropout out")
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional, self.proj_size = bidirectional, proj_size
        self._names = [self._add_layer(layer, suffix, device, dtype)
                       for layer in range(num_layers)
                       for suffix in (("", "_reverse") if bidirectional else ("",))]
        self.reset_parameters()

    def _add_layer(self, layer: int, suffix: str, device, dtype) -> list[str]:
        """Make the parameters of one layer in one direction; their names."""
        rows, state = self._gates * self.hidden_size, self._state_size()
        below = self.input_size if layer == 0 else state * (1 + self.bidirectional)
        shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, below),
                                              "weight_hh": (rows, state)}
        if self.bias:
            shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
        if self.proj_size:
            shapes["weight_hr"] = self.proj_size, self.hidden_size
        names = [f"{kind}_l{layer}{suffix}" for kind in shapes]
        for name, shape in zip(names, shapes.values(), strict=True):
            setattr(self, name, Parameter(autograd.empty(shape, device=device, dtype=dtype)))
        return names

    def reset_parameters(self) -> None:
        """Draw all parameters anew from U(-1/√hidden_size, 1/√hidden_size)."""
        bound = 1 / sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._names]

    def flatten_parameters(self) -> None:
        """Nothing: for programs that call it for the sake of GPUs."""

    def forward(self, input: Any, hx: Any = None, lengths: Any = None) -> tuple[Any, Any]:
        """All results and the states at the end, from the states `hx` before, by default 0.

        Of padded sequences the first `lengths[b]` steps count, in any order; their results end in
        zeros, and the states are those at each sequence's end.
        """
        if isinstance(input, PackedSequence):
            if lengths is not None:
                raise TypeError(f"{type(self).__name__}: a packed input knows its lengths itself")
            return self._packed(input, hx)
        self._check_input(input)
        if lengths is not None:
            packed = pack_in_any_order(type(self).__name__, input, lengths, self.batch_first)
            packed, states = self._packed(packed, hx)
            steps = input.shape[1 if self.batch_first else 0]
            return pad_packed_sequence(packed, self.batch_first, total_length=steps)[0], states
        return self._padded(input, hx)

    def _padded(self, input: Tensor, hx) -> tuple[Tensor, Any]:
        """Sequences of one length, or one sequence."""
        batched = input.ndim == 3
        turned = batched and self.batch_first
        if turned:
            input = input.transpose(0, 1)
        steps, count = len(input), input.shape[1] if batched else 1
        before = self._initial(hx, count, input.dtype, batched)
        data = input.reshape(steps * count, self.input_size) if batched else input
        data, states = self._run(data, np.full(steps, count), before)
        if batched:
            data = data.reshape(steps, count, data.shape[1])
        else:
            states = [state.squeeze(1) for state in states]
        return data.transpose(0, 1) if turned else data, self._joined(states)

    def _packed(self, input: PackedSequence, hx) -> tuple[PackedSequence, Any]:
        self._check_features(input.data, 2)
        before = self._initial(hx, input.sequences(), input.data.dtype, True)
        order, back = input.sorted_indices, input.unsorted_indices
        if order is not None and hx is not None:
            before = [autograd.index_select(state, 1, order) for state in before]
        data, states = self._run(input.data, input.batch_sizes.numpy(), before)
        if back is not None:
            states = [autograd.index_select(state, 1, back) for state in states]
        return PackedSequence(data, *input[1:]), self._joined(states)

    def _run(self, data: Tensor, sizes: np.ndarray,
             before: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """All layers over packed rows: the results, and the states at the ends."""
        if len(sizes) == 0:
            raise ValueError(f"{type(self).__name__}: there are no steps in the input; a sequence "
                             "needs at least one")
        directions, ends = 1 + self.bidirectional, []
        starts = list(zip(*[state.unbind(0) for state in before], strict=True))
        for layer in range(self.num_layers):
            outs = []
            for k in range(layer * directions, (layer + 1) * directions):
                parameters = [getattr(self, name) for name in self._names[k]]
                out, *end = self._layer(data, starts[k], parameters, sizes,
                                        bool(k % directions))
                outs.append(out)
                ends.append(end)
            data = outs[0] if directions == 1 else autograd.cat(outs, 1)
            if self.dropout and layer < self.num_layers - 1:
                data = dropout(data, self.dropout, self.training)
        return data, [autograd.stack(parts) for parts in zip(*ends, strict=True)]

    def _layer(self, data: Tensor, states: tuple, parameters: list, sizes: np.ndarray,
               reverse: bool) -> tuple[Tensor, ...]:
        """One layer in one direction: its results, and its states at the ends."""
        raise NotImplementedError

    def _state_size(self) -> int:
        return self.proj_size or self.hidden_size

    def _states(self, hx) -> tuple[tuple[str, Tensor, int], ...]:
        """(name, given, size) of each state."""
        return (("hx", hx, self.hidden_size),)

    def _joined(self, states: list[Tensor]) -> Any:
        """The states as they are returned."""
        return states[0]

    def _initial(self, hx, count: int, dtype, batched: bool) -> list[Tensor]:
        """The states before the first step, (layers and directions, sequences, size)."""
        rows, states = len(self._names), []
        for which, state, size in self._states(hx):
            if state is None:
                states.append(autograd.zeros(rows, count, size, dtype=dtype))
                continue
            fits = (rows, count, size) if batched else (rows, size)
            if not isinstance(state, Tensor) or tuple(state.shape) != fits:
                raise ValueError(f"{type(self).__name__}: {which} must be {fits}, for {rows} "
                                 f"layers and directions{f' and {count} sequences' * batched}, "
                                 f"got {describe(state)}")
            check_dtype(self, self.weight_ih_l0, **{which: state})
            states.append(state if batched else state.unsqueeze(1))
        return states

    def _check_input(self, input: Any) -> None:
        if not isinstance(input, Tensor) or input.ndim not in (2, 3):
            shape = "(N, T, I)" if self.batch_first else "(T, N, I)"
            raise ValueError(f"{type(self).__name__}: input must be {shape}, (T, I) or a "
                             f"PackedSequence, got {describe(input)}")
        self._check_features(input, input.ndim)

    def _check_features(self, input: Tensor, ndim: int) -> None:
        if input.ndim != ndim or input.shape[-1] != self.input_size:
            raise ValueError(f"{type(self).__name__}: input {tuple(input.shape)} has "
                             f"{input.shape[-1]} features, input_size is {self.input_size}")
        check_dtype(self, self.weight_ih_l0, input=input)

    def _advice(self, args: tuple) -> str:
        x = args[0] if args else None
        x = x.data if isinstance(x, PackedSequence) else x
        if not isinstance(x, Tensor) or x.ndim == 0 or x.shape[-1] == self.input_size:
            return ""
        return f"  input_size={x.shape[-1]} fits this input"

    def extra_repr(self) -> str:
        settings = changed(self, proj_size=0, num_layers=1, bias=True, batch_first=False,
                           dropout=0.0, bidirectional=False)
        return ", ".join(filter(None, [f"{self.input_size}, {self.hidden_size}", settings]))


class RNN(_Recurrent):
    """h_t = tanh(x_t W_ihᵀ + b_ih + h_{t-1} W_hhᵀ + b_hh), or relu, in num_layers layers.

    Layers above the first read the results below, with dropout between them in training.
    Shape: (T, N, I), (layers × directions, N, H) -> (T, N, directions × H), (layers × directions,
    N, H); (N, T, ·) with batch_first, without N for one sequence, or a PackedSequence.

    >>> import nn
    >>> out, h = nn.RNN(3, 5, num_layers=2)(autograd.zeros(7, 2, 3))
    >>> out.shape, h.shape
    (Size([7, 2, 5]), Size([2, 2, 5]))
    """

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1,
                 nonlinearity: str = "tanh", bias: bool = True, batch_first: bool = False,
                 dropout: float = 0.0, bidirectional: bool = False, device=None,
                 dtype=None) -> None:
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout,
                         bidirectional, device, dtype)
        self.nonlinearity = check_nonlinearity("RNN", nonlinearity)

    def _layer(self, data, states, parameters, sizes, reverse):
        return ops.rnn(data, *states, *parameters, sizes=sizes, reverse=reverse,
                       nonlinearity=self.nonlinearity)

    def extra_repr(self) -> str:
        settings = changed(self, nonlinearity="tanh")
        return ", ".join(filter(None, [super().extra_repr(), settings]))


class GRU(_Recurrent):
    """Gated recurrent units in num_layers layers; the step is that of `GRUCell`.

    Layers above the first read the results below, with dropout between them in training.
    Shape: (T, N, I), (layers × directions, N, H) -> (T, N, directions × H), (layers × directions,
    N, H); (N, T, ·) with batch_first, without N for one sequence, or a PackedSequence.
    """

    _gates = 3

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
                 batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False,
                 device=None, dtype=None) -> None:
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout,
                         bidirectional, device, dtype)

    def _layer(self, data, states, parameters, sizes, reverse):
        return ops.gru(data, *states, *parameters, sizes=sizes, reverse=reverse)


class LSTM(_Recurrent):
    """Long short-term memories in num_layers layers; the step is that of `LSTMCell`.

    Layers above the first read the results below, with dropout between them in training. With
    proj_size P the results and the states h are W_hr h, of size P.
    Shape: (T, N, I), two of (layers × directions, N, H) -> (T, N, directions × H), two of (layers
    × directions, N, H); (N, T, ·) with batch_first, without N for one sequence, or a
    PackedSequence.

    >>> import nn
    >>> out, (h, c) = nn.LSTM(3, 5)(autograd.zeros(7, 2, 3), lengths=[4, 7])
    >>> out.shape, h.shape, c.shape
    (Size([7, 2, 5]), Size([1, 2, 5]), Size([1, 2, 5]))
    """

    _gates = 4

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
                 batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False,
                 proj_size: int = 0, device=None, dtype=None) -> None:
        check_whole("LSTM", 1, hidden_size=hidden_size)
        check_whole("LSTM", 0, proj_size=proj_size)
        if proj_size >= hidden_size:
            raise ValueError(f"LSTM: proj_size={proj_size} must be less than the hidden_size "
                             f"{hidden_size}, or 0 for none")
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout,
                         bidirectional, device, dtype, proj_size)

    def _states(self, hx):
        h, c = (None, None) if hx is None else check_pair("LSTM", hx)
        return ("h", h, self._state_size()), ("c", c, self.hidden_size)

    def _joined(self, states):
        return states[0], states[1]

    def _layer(self, data, states, parameters, sizes, reverse):
        if not self.proj_size:
            return ops.lstm(data, *states, *parameters, sizes=sizes, reverse=reverse)
        w_ih, w_hh, *biases, w_hr = parameters
        return ops.lstm_projected(data, *states, w_ih, w_hh, w_hr, *biases, sizes=sizes,
                                  reverse=reverse)
