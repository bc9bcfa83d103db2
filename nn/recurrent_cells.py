"""Recurrent cells: one step of a recurrent layer, for loops written by hand."""

from __future__ import annotations

from math import sqrt

import autograd
from autograd import Tensor
from autograd.errors import describe
from autograd.ops.recurrent import gru_cell, lstm_cell, rnn_cell

from . import init
from .errors import check_dtype, check_whole
from .module import Module, changed
from .parameter import Parameter


class _Cell(Module):
    """What all have: weights and biases of `gates` times the hidden size."""

    _gates = 1

    def __init__(self, input_size: int, hidden_size: int, bias: bool, device, dtype) -> None:
        super().__init__()
        check_whole(type(self).__name__, 0, input_size=input_size)
        check_whole(type(self).__name__, 1, hidden_size=hidden_size)
        self.input_size, self.hidden_size = input_size, hidden_size
        kind, rows = dict(device=device, dtype=dtype), self._gates * hidden_size
        self.weight_ih = Parameter(autograd.empty(rows, input_size, **kind))
        self.weight_hh = Parameter(autograd.empty(rows, hidden_size, **kind))
        for name in ("bias_ih", "bias_hh"):
            if bias:
                setattr(self, name, Parameter(autograd.empty(rows, **kind)))
            else:
                self.register_parameter(name, None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all parameters anew from U(-1/√hidden_size, 1/√hidden_size)."""
        bound = 1 / sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def _fits(self, input: Tensor, *states: Tensor) -> bool:
        """Whether the input and states are matrices that fit; raises unless they are vectors."""
        lead = input.shape[:-1] if isinstance(input, Tensor) else ()
        dtype = self.weight_ih.dtype
        if len(lead) == 1 and input.shape[1] == self.input_size and input.dtype is dtype:
            wanted = *lead, self.hidden_size
            for state in states:
                if (not isinstance(state, Tensor) or state.shape != wanted
                        or state.dtype is not dtype):
                    break
            else:
                return True
        self._check(input, **dict(zip(("h", "c") if len(states) == 2 else ("hx",), states,
                                      strict=True)))
        return False

    def _check(self, input: Tensor, **states: Tensor) -> None:
        """Raise unless the input and states are matrices (N, *), or vectors, that fit."""
        name = type(self).__name__
        sizes = dict(input=self.input_size, **dict.fromkeys(states, self.hidden_size))
        for which, x in dict(input=input, **states).items():
            if not isinstance(x, Tensor):
                raise TypeError(f"{name}: {which} must be a Tensor, got {describe(x)}")
            fits = (*input.shape[:-1], sizes[which])
            if not 1 <= x.ndim <= 2 or tuple(x.shape) != fits:
                raise ValueError(f"{name}: {which} must be (N, {sizes[which]}) or "
                                 f"({sizes[which]},), with one N for input and states, got "
                                 f"{tuple(x.shape)} for input {tuple(input.shape)}")
        check_dtype(self, self.weight_ih, input=input, **states)

    def _zeros(self, input: Tensor) -> Tensor:
        """The state before the first step."""
        return autograd.zeros(*input.shape[:-1], self.hidden_size, dtype=input.dtype)

    def _advice(self, args: tuple) -> str:
        x = args[0] if args else None
        if not isinstance(x, Tensor) or x.ndim not in (1, 2) or x.shape[-1] == self.input_size:
            return ""
        return f"  input_size={x.shape[-1]} fits this input"

    def extra_repr(self) -> str:
        bias = ", bias=False" if self.bias_ih is None else ""
        return f"{self.input_size}, {self.hidden_size}{bias}"


class RNNCell(_Cell):
    """h' = tanh(x W_ihᵀ + b_ih + h W_hhᵀ + b_hh), or relu; h is 0 where it is not given.

    Shape: (N, input_size), (N, hidden_size) -> (N, hidden_size), or the same without N.
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True,
                 nonlinearity: str = "tanh", device=None, dtype=None) -> None:
        super().__init__(input_size, hidden_size, bias, device, dtype)
        self.nonlinearity = check_nonlinearity("RNNCell", nonlinearity)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        h = self._zeros(input) if hx is None else hx
        batched = self._fits(input, h)
        if not batched:
            input, h = input.unsqueeze(0), h.unsqueeze(0)
        h = rnn_cell(input, h, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh,
                     nonlinearity=self.nonlinearity)
        return h if batched else h.squeeze(0)

    def extra_repr(self) -> str:
        settings = changed(self, nonlinearity="tanh")
        return ", ".join(filter(None, [super().extra_repr(), settings]))


class GRUCell(_Cell):
    """h' = (1 - z) n + z h, with r, z = σ(x W_ihᵀ + b_ih + h W_hhᵀ + b_hh) and
    n = tanh(x W_inᵀ + b_in + r (h W_hnᵀ + b_hn)); h is 0 where it is not given.

    Shape: (N, input_size), (N, hidden_size) -> (N, hidden_size), or the same without N.
    Reference: Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, 2014.
    """

    _gates = 3

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, device=None,
                 dtype=None) -> None:
        super().__init__(input_size, hidden_size, bias, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        h = self._zeros(input) if hx is None else hx
        batched = self._fits(input, h)
        if not batched:
            input, h = input.unsqueeze(0), h.unsqueeze(0)
        h = gru_cell(input, h, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        return h if batched else h.squeeze(0)


class LSTMCell(_Cell):
    """c' = f c + i g and h' = o tanh(c'), with i, f, o = σ(x W_ihᵀ + b_ih + h W_hhᵀ + b_hh) and
    g = tanh of the same; (h, c) is 0 where it is not given.

    Shape: (N, input_size), two of (N, hidden_size) -> two of (N, hidden_size), or all without N.
    Reference: Hochreiter and Schmidhuber, Long Short-Term Memory, 1997.

    >>> import nn
    >>> h, c = nn.LSTMCell(3, 5)(autograd.zeros(2, 3))
    >>> h.shape, c.shape
    (Size([2, 5]), Size([2, 5]))
    """

    _gates = 4

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, device=None,
                 dtype=None) -> None:
        super().__init__(input_size, hidden_size, bias, device, dtype)

    def forward(self, input: Tensor,
                hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        h, c = (self._zeros(input),) * 2 if hx is None else check_pair("LSTMCell", hx)
        batched = self._fits(input, h, c)
        if not batched:
            input, h, c = (x.unsqueeze(0) for x in (input, h, c))
        h, c = lstm_cell(input, h, c, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        return (h, c) if batched else (h.squeeze(0), c.squeeze(0))


def check_nonlinearity(name: str, nonlinearity: str) -> str:
    """The name of a function that recurrent networks may use."""
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f"{name}: nonlinearity={nonlinearity!r}; choose tanh or relu")
    return nonlinearity


def check_pair(name: str, hx) -> tuple[Tensor, Tensor]:
    """The states (h, c) of an LSTM."""
    if not isinstance(hx, (tuple, list)) or len(hx) != 2:
        raise TypeError(f"{name}: hx must be the pair (h, c), got {describe(hx)}")
    return hx[0], hx[1]
