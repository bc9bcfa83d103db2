"""The layers of a Transformer, and stacks of them: encoder and decoder.

Reference: Vaswani et al., Attention Is All You Need, 2017, section 3.1; Xiong et al., On Layer
Normalization in the Transformer Architecture, 2020, for norm_first.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import numpy as np

import autograd
from autograd import Tensor
from autograd.errors import describe

from . import functional as F
from .attention import MultiheadAttention
from .containers import ModuleList
from .dropout import Dropout
from .errors import check_whole
from .linear import Linear
from .module import Module
from .normalization import LayerNorm

_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": F.relu, "gelu": F.gelu}


class _Layer(Module):
    """What both layers have: self-attention and a network for each position, each added to its
    input and normalised."""

    activation: Callable[[Tensor], Tensor]

    def __init__(self, d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps,
                 batch_first, norm_first, bias, crossing, kind) -> None:
        super().__init__()
        if isinstance(activation, str) and activation not in _ACTIVATIONS:
            raise ValueError(f"{type(self).__name__}: activation={activation!r}; choose 'relu' or "
                             "'gelu', or pass a function")
        if isinstance(activation, type):
            raise TypeError(f"{type(self).__name__}: activation is the class {activation.__name__};"
                            f" pass a module, {activation.__name__}(), or a function")
        options = dict(dropout=dropout, bias=bias, batch_first=batch_first, **kind)
        self.self_attn = MultiheadAttention(d_model, nhead, **options)
        if crossing:
            self.multihead_attn = MultiheadAttention(d_model, nhead, **options)
        self.linear1 = Linear(d_model, dim_feedforward, bias, **kind)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, **kind)
        self.norm_first = norm_first
        count = 3 if crossing else 2
        for i in range(count):
            self.add_module(f"norm{i + 1}", LayerNorm(d_model, layer_norm_eps, bias=bias, **kind))
        for i in range(count):
            self.add_module(f"dropout{i + 1}", Dropout(dropout))
        self.activation = _ACTIVATIONS[activation] if isinstance(activation, str) else activation

    def _add(self, x: Tensor, number: int, block: Callable[[Tensor], Tensor]) -> Tensor:
        """x and what a block makes of it, normalised before the block or after the sum."""
        norm, dropout = getattr(self, f"norm{number}"), getattr(self, f"dropout{number}")
        if self.norm_first:
            return x + dropout(block(norm(x)))
        return norm(x + dropout(block(x)))

    def _self_attention(self, x: Tensor, mask, padding, causal: bool) -> Tensor:
        return self.self_attn(x, x, x, padding, False, mask, is_causal=causal)[0]

    def _feed_forward(self, x: Tensor) -> Tensor:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


class TransformerEncoderLayer(_Layer):
    """Self-attention, then a network of two layers for each position; each is added to its input,
    and normalised after the sum, or before the block with norm_first.

    activation is "relu", "gelu" or a function.
    Shape: (S, N, E) -> (S, N, E); N comes first with batch_first, and may be missing.

    >>> import nn
    >>> nn.TransformerEncoderLayer(8, 2, 16)(autograd.zeros(5, 3, 8)).shape
    Size([5, 3, 8])
    """

    def __init__(self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
                 activation: str | Callable[[Tensor], Tensor] = F.relu,
                 layer_norm_eps: float = 1e-5, batch_first: bool = False, norm_first: bool = False,
                 bias: bool = True, device=None, dtype=None) -> None:
        super().__init__(d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps,
                         batch_first, norm_first, bias, False, dict(device=device, dtype=dtype))

    def forward(self, src: Tensor, src_mask: Tensor | None = None,
                src_key_padding_mask: Tensor | None = None, is_causal: bool = False) -> Tensor:
        """Masks as `nn.MultiheadAttention` takes them."""
        src = self._add(src, 1, lambda x: self._self_attention(
            x, src_mask, src_key_padding_mask, is_causal))
        return self._add(src, 2, self._feed_forward)


class TransformerDecoderLayer(_Layer):
    """As `nn.TransformerEncoderLayer`, with attention to the encoder's result between the two.

    Shape: (T, N, E), (S, N, E) -> (T, N, E); N comes first with batch_first, and may be missing.

    >>> import nn
    >>> nn.TransformerDecoderLayer(8, 2, 16)(autograd.zeros(4, 3, 8), autograd.zeros(5, 3, 8)).shape
    Size([4, 3, 8])
    """

    def __init__(self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
                 activation: str | Callable[[Tensor], Tensor] = F.relu,
                 layer_norm_eps: float = 1e-5, batch_first: bool = False, norm_first: bool = False,
                 bias: bool = True, device=None, dtype=None) -> None:
        super().__init__(d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps,
                         batch_first, norm_first, bias, True, dict(device=device, dtype=dtype))

    def forward(self, tgt: Tensor, memory: Tensor, tgt_mask: Tensor | None = None,
                memory_mask: Tensor | None = None, tgt_key_padding_mask: Tensor | None = None,
                memory_key_padding_mask: Tensor | None = None, tgt_is_causal: bool = False,
                memory_is_causal: bool = False) -> Tensor:
        """Masks as `nn.MultiheadAttention` takes them."""
        tgt = self._add(tgt, 1, lambda x: self._self_attention(
            x, tgt_mask, tgt_key_padding_mask, tgt_is_causal))
        tgt = self._add(tgt, 2, lambda x: self.multihead_attn(
            x, memory, memory, memory_key_padding_mask, False, memory_mask,
            is_causal=memory_is_causal)[0])
        return self._add(tgt, 3, self._feed_forward)


class _Stack(Module):
    """Copies of a layer, one after the other, and a normalisation of the result."""

    def __init__(self, layer: Module, num_layers: int, norm: Module | None) -> None:
        super().__init__()
        if not isinstance(layer, Module):
            raise TypeError(f"{type(self).__name__}: the layer to copy must be a Module, got "
                            f"{describe(layer)}")
        check_whole(type(self).__name__, 0, num_layers=num_layers)
        self.layers = ModuleList([deepcopy(layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm


class TransformerEncoder(_Stack):
    """num_layers copies of encoder_layer, then norm.

    PyTorch's enable_nested_tensor and mask_check have nothing to change here: there are no nested
    tensors.

    >>> import nn
    >>> layer = nn.TransformerEncoderLayer(8, 2, 16)
    >>> nn.TransformerEncoder(layer, 3)(autograd.zeros(5, 3, 8)).shape
    Size([5, 3, 8])
    """

    def __init__(self, encoder_layer: Module, num_layers: int, norm: Module | None = None,
                 enable_nested_tensor: bool = True, mask_check: bool = True) -> None:
        super().__init__(encoder_layer, num_layers, norm)

    def forward(self, src: Tensor, mask: Tensor | None = None,
                src_key_padding_mask: Tensor | None = None,
                is_causal: bool | None = None) -> Tensor:
        """is_causal promises that mask is the causal one; None finds out."""
        causal = _is_causal(mask) if is_causal is None else is_causal
        for layer in self.layers:
            src = layer(src, mask, src_key_padding_mask, causal)
        return src if self.norm is None else self.norm(src)


class TransformerDecoder(_Stack):
    """num_layers copies of decoder_layer, each of which sees the encoder's result; then norm."""

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__(decoder_layer, num_layers, norm)

    def forward(self, tgt: Tensor, memory: Tensor, tgt_mask: Tensor | None = None,
                memory_mask: Tensor | None = None, tgt_key_padding_mask: Tensor | None = None,
                memory_key_padding_mask: Tensor | None = None, tgt_is_causal: bool | None = None,
                memory_is_causal: bool = False) -> Tensor:
        """tgt_is_causal promises that tgt_mask is the causal one; None finds out."""
        causal = _is_causal(tgt_mask) if tgt_is_causal is None else tgt_is_causal
        for layer in self.layers:
            tgt = layer(tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask,
                        memory_key_padding_mask, causal, memory_is_causal)
        return tgt if self.norm is None else self.norm(tgt)


def _is_causal(mask: Tensor | None) -> bool:
    """Whether a mask is what generate_square_subsequent_mask makes, or True just where that hides,
    so that attention may leave out the hidden part."""
    if not isinstance(mask, Tensor) or mask.requires_grad or (
            mask.ndim != 2 or mask.shape[0] != mask.shape[1]):
        return False
    hidden = ~np.tri(mask.shape[0], dtype=bool)
    if mask.dtype == autograd.bool:
        return np.array_equal(mask.numpy(), hidden)
    return np.array_equal(mask.numpy(), np.where(hidden, -np.inf, 0))
