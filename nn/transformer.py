"""The Transformer: an encoder and a decoder that sees its result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd
from autograd import Tensor

from . import functional as F
from . import init
from .module import Module
from .normalization import LayerNorm
from .transformer_layers import (
    TransformerDecoder,
    TransformerDecoderLayer,
    TransformerEncoder,
    TransformerEncoderLayer,
)


class Transformer(Module):
    """An encoder of num_encoder_layers and a decoder of num_decoder_layers, all of width d_model.

    Embeddings before it and the projection to words behind are up to the model around it.
    custom_encoder and custom_decoder stand in for those.
    Shape: (S, N, E), (T, N, E) -> (T, N, E); N comes first with batch_first, and may be missing.
    Reference: Vaswani et al., Attention Is All You Need, 2017.

    >>> import nn
    >>> model = nn.Transformer(8, 2, 1, 1, 16)
    >>> model(autograd.zeros(5, 3, 8), autograd.zeros(4, 3, 8)).shape
    Size([4, 3, 8])
    """

    encoder: Any
    decoder: Any

    def __init__(self, d_model: int = 512, nhead: int = 8, num_encoder_layers: int = 6,
                 num_decoder_layers: int = 6, dim_feedforward: int = 2048, dropout: float = 0.1,
                 activation: str | Callable[[Tensor], Tensor] = F.relu,
                 custom_encoder: Any | None = None, custom_decoder: Any | None = None,
                 layer_norm_eps: float = 1e-5, batch_first: bool = False, norm_first: bool = False,
                 bias: bool = True, device=None, dtype=None) -> None:
        super().__init__()
        kind = dict(device=device, dtype=dtype)
        layer = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first,
                 norm_first, bias)
        self.encoder = custom_encoder
        if custom_encoder is None:
            self.encoder = TransformerEncoder(
                TransformerEncoderLayer(*layer, **kind), num_encoder_layers,
                LayerNorm(d_model, layer_norm_eps, bias=bias, **kind))
        self.decoder = custom_decoder
        if custom_decoder is None:
            self.decoder = TransformerDecoder(
                TransformerDecoderLayer(*layer, **kind), num_decoder_layers,
                LayerNorm(d_model, layer_norm_eps, bias=bias, **kind))
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all matrices anew, from Xavier's uniform distribution."""
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)

    def forward(self, src: Tensor, tgt: Tensor, src_mask: Tensor | None = None,
                tgt_mask: Tensor | None = None, memory_mask: Tensor | None = None,
                src_key_padding_mask: Tensor | None = None,
                tgt_key_padding_mask: Tensor | None = None,
                memory_key_padding_mask: Tensor | None = None, src_is_causal: bool | None = None,
                tgt_is_causal: bool | None = None, memory_is_causal: bool = False) -> Tensor:
        """Masks as `nn.MultiheadAttention` takes them; is_causal promises that a mask is the
        causal one, None finds out."""
        self._check(src, tgt)
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask,
                              is_causal=src_is_causal)
        return self.decoder(tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask,
                            tgt_key_padding_mask=tgt_key_padding_mask,
                            memory_key_padding_mask=memory_key_padding_mask,
                            tgt_is_causal=tgt_is_causal, memory_is_causal=memory_is_causal)

    def _check(self, src: Tensor, tgt: Tensor) -> None:
        shapes = f"src {tuple(src.shape)} and tgt {tuple(tgt.shape)}"
        batch = 0 if self.batch_first else 1
        if src.ndim == 3 == tgt.ndim and src.shape[batch] != tgt.shape[batch]:
            raise ValueError(f"Transformer: {shapes} must hold equally many sequences, in dimension"
                             f" {batch} with batch_first={self.batch_first}")
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise ValueError(f"Transformer: the last dimension of {shapes} must be d_model="
                             f"{self.d_model}")

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device=None, dtype=None) -> Tensor:
        """The causal mask (sz, sz): -inf where a row would see a later key, else 0."""
        return autograd.full((sz, sz), float("-inf"), device=device, dtype=dtype).triu(1)

    def extra_repr(self) -> str:
        return f"d_model={self.d_model}, nhead={self.nhead}"
