"""The layer of multi-head attention."""

from __future__ import annotations

import autograd
from autograd import Tensor, default_generator
from autograd.ops.multi_head import multi_head_attention_forward
from autograd.surface.attention import SDPBackend, sdpa_kernel  # noqa: F401 - found here

from . import init
from .errors import check_whole
from .linear import Linear
from .module import Module, changed
from .parameter import Parameter


class MultiheadAttention(Module):
    """softmax(Q Kᵀ / √d) V for num_heads heads of width d = embed_dim / num_heads, projected.

    Called with query, key and value; returns the output and the probabilities, or None without
    need_weights, which is quicker.  kdim and vdim are the widths of key and value, add_bias_kv
    puts a learned key and value behind the others, add_zero_attn zeros.  Masks are True where a
    key takes no part, or added to the scores.
    Shape: (L, N, E), (S, N, kdim), (S, N, vdim) -> (L, N, E), (N, L, S); N comes first with
    batch_first, and may be missing; in_proj_weight (3 E, E).
    Reference: Vaswani et al., Attention Is All You Need, 2017, section 3.2.2.

    >>> import nn
    >>> x = autograd.zeros(2, 5, 8)
    >>> nn.MultiheadAttention(8, 2, batch_first=True)(x, x, x)[0].shape
    Size([2, 5, 8])
    """

    def __init__(self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True,
                 add_bias_kv: bool = False, add_zero_attn: bool = False, kdim: int | None = None,
                 vdim: int | None = None, batch_first: bool = False, device=None,
                 dtype=None) -> None:
        super().__init__()
        check_whole("MultiheadAttention", 1, embed_dim=embed_dim, num_heads=num_heads)
        if embed_dim % num_heads:
            raise ValueError(f"MultiheadAttention: num_heads={num_heads} must divide "
                             f"embed_dim={embed_dim}")
        if not 0 <= dropout <= 1:
            raise ValueError("MultiheadAttention: dropout is the probability of dropping, between "
                             f"0 and 1, got {dropout}")
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        check_whole("MultiheadAttention", 0, kdim=self.kdim, vdim=self.vdim)
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.add_zero_attn = add_zero_attn
        kind = dict(device=device, dtype=dtype)
        one = self.kdim == self.vdim == embed_dim
        shapes = {"in_proj_weight": (3 * embed_dim, embed_dim) if one else None,
                  "q_proj_weight": None if one else (embed_dim, embed_dim),
                  "k_proj_weight": None if one else (embed_dim, self.kdim),
                  "v_proj_weight": None if one else (embed_dim, self.vdim),
                  "in_proj_bias": (3 * embed_dim,) if bias else None,
                  "bias_k": (1, 1, embed_dim) if add_bias_kv else None,
                  "bias_v": (1, 1, embed_dim) if add_bias_kv else None}
        for name, shape in shapes.items():
            self.register_parameter(name, None if shape is None else Parameter(
                autograd.empty(*shape, **kind)))
        self.out_proj = Linear(embed_dim, embed_dim, bias, **kind)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the projections of query, key and value anew, from Xavier's uniform distribution,
        and the learned key and value from his normal one; biases are 0."""
        for name in ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight"):
            if getattr(self, name) is not None:
                init.xavier_uniform_(getattr(self, name))
        self.out_proj.reset_parameters()
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                init.zeros_(bias)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                init.xavier_normal_(bias)

    def forward(self, query: Tensor, key: Tensor, value: Tensor,
                key_padding_mask: Tensor | None = None, need_weights: bool = True,
                attn_mask: Tensor | None = None, average_attn_weights: bool = True,
                is_causal: bool = False) -> tuple[Tensor, Tensor | None]:
        """attn_mask is (L, S) or (N num_heads, L, S), key_padding_mask (N, S); is_causal promises
        that attn_mask is the causal one."""
        return multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight,
            self.in_proj_bias, self.bias_k, self.bias_v, self.add_zero_attn, self.dropout,
            self.out_proj.weight, self.out_proj.bias, self.training, key_padding_mask, need_weights,
            attn_mask, self.in_proj_weight is None, self.q_proj_weight, self.k_proj_weight,
            self.v_proj_weight, average_attn_weights=average_attn_weights, is_causal=is_causal,
            batch_first=self.batch_first, generator=default_generator,
            who=type(self).__name__)

    def extra_repr(self) -> str:
        more = changed(self, dropout=0.0, kdim=self.embed_dim, vdim=self.embed_dim,
                       batch_first=False, add_zero_attn=False)
        return f"{self.embed_dim}, num_heads={self.num_heads}" + (f", {more}" if more else "")
