"""Multi-head attention: projections, attention of each head on its share of the width, and the
projection of all heads together.

Everything stays where the products put it: heads are views of a projection, and their results lie
as the last product reads them.

Reference: Vaswani et al., Attention Is All You Need, 2017, section 3.2.2.
"""

from __future__ import annotations

from math import inf, sqrt

import numpy as np

from ..errors import describe
from ..tensors import Tensor, wrap
from .activation import softmax
from .attention import scaled_dot_product_attention
from .dropout import dropout
from .join import cat, split
from .linalg import linear, matmul
from .pad import pad
from .reduce import mean
from .shape import expand, permute, reshape, squeeze, unsqueeze

_NAME = "multi_head_attention_forward"


def multi_head_attention_forward(
        query, key, value, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k,
        bias_v, add_zero_attn, dropout_p, out_proj_weight, out_proj_bias, training=True,
        key_padding_mask=None, need_weights=True, attn_mask=None, use_separate_proj_weight=False,
        q_proj_weight=None, k_proj_weight=None, v_proj_weight=None, static_k=None, static_v=None,
        average_attn_weights=True, is_causal=False, *, batch_first=False, generator, who=_NAME):
    """(output, weights or None); see `nn.functional`.  batch_first: (N, L, E) for (L, N, E).
    `who` is named in errors."""
    batched = _check_inputs(who, query, key, value, embed_dim_to_check, num_heads, batch_first,
                            (k_proj_weight, v_proj_weight) if use_separate_proj_weight else None)
    if is_causal and attn_mask is None:
        raise ValueError(f"{who}: is_causal says that attn_mask is causal, so that must be given "
                         "too; nn.Transformer.generate_square_subsequent_mask(L) makes one")
    batch, length = (0, 1) if batch_first or not batched else (1, 0)
    if not batched:
        query, key, value = _as_batch(query, key, value)
    weights = ((q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight
               else in_proj_weight)
    q, k, v = _projected(query, key, value, weights, in_proj_bias)
    sizes = q.shape[batch], q.shape[length], k.shape[length]
    q, k, v = (_heads(x, num_heads, batch) for x in (q, k, v))
    k, v = (x if given is None else _given(name, given, sizes[0], x)
            for x, given, name in ((k, static_k, "static_k"), (v, static_v, "static_v")))
    k, v, more = _extended(k, v, bias_k, bias_v, add_zero_attn, static_k, static_v)
    mask = _mask(who, attn_mask, key_padding_mask, q, sizes, batched)
    causal = is_causal and not (need_weights or more or key_padding_mask is not None)
    if more and mask is not None:
        mask = pad(mask, (0, more))
    dropout_p = dropout_p if training else 0.0
    if need_weights:
        out, found = _weighted(q, k, v, mask, dropout_p, generator)
        found = mean(found, 1) if average_attn_weights else found
    else:
        out, found = scaled_dot_product_attention(
            q, k, v, None if causal else mask, dropout_p, causal, generator=generator), None
    out = permute(out, (0, 2, 1, 3) if batch == 0 else (2, 0, 1, 3))
    out = linear(reshape(out, (*out.shape[:2], embed_dim_to_check)), out_proj_weight, out_proj_bias)
    if not batched:
        out, found = squeeze(out, 0), None if found is None else squeeze(found, 0)
    return out, found


def _as_batch(query, key, value) -> list:
    """The three with a batch dimension of 1 in front; what was one tensor stays one."""
    one = {id(x): unsqueeze(x, 0) for x in (query, key, value)}
    return [one[id(x)] for x in (query, key, value)]


def _projected(query, key, value, weights, bias) -> list:
    """Q, K and V; where they come from one tensor, of one product."""
    if isinstance(weights, tuple):
        biases = (None,) * 3 if bias is None else split(bias, weights[0].shape[0])
        return [linear(x, w, b)
                for x, w, b in zip((query, key, value), weights, biases, strict=True)]
    width = query.shape[-1]
    if key is value and query is key:
        return list(split(linear(query, weights, bias), width, -1))
    sizes = [width, 2 * width] if key is value else [width] * 3
    biases = [None] * 3 if bias is None else split(bias, sizes)
    found = [linear(x, w, b) for x, w, b in zip(
        (query, key, value), split(weights, sizes), biases, strict=False)]
    return found if len(found) == 3 else [found[0], *split(found[1], width, -1)]


def _heads(x, count: int, batch: int):
    """(N, L, E) or (L, N, E) as (N, H, L, E / H), without a copy."""
    x = reshape(x, (*x.shape[:2], count, x.shape[-1] // count))
    return permute(x, (0, 2, 1, 3) if batch == 0 else (1, 2, 0, 3))


def _given(name: str, x, batch: int, like):
    """Keys or values that were projected before, (N H, S, E / H)."""
    _, heads, _, size = like.shape
    if not isinstance(x, Tensor) or x._array.ndim != 3 or x.shape[::2] != (batch * heads, size):
        raise ValueError(f"{_NAME}: {name} must be ({batch * heads}, S, {size}), for {heads} heads "
                         f"of each of {batch} sequences, got {describe(x)}")
    return reshape(x, (batch, heads, x.shape[1], size))


def _extended(k, v, bias_k, bias_v, zero: bool, static_k, static_v) -> tuple:
    """Keys and values (N, H, S, E / H) with a learned one and a zero behind; how many came."""
    if (bias_k is None) != (bias_v is None):
        raise ValueError(f"{_NAME}: bias_k and bias_v are given both or not at all")
    ends: list = [[k], [v]]
    if bias_k is not None:
        if static_k is not None or static_v is not None:
            raise ValueError(f"{_NAME}: bias_k and bias_v are put behind projected keys and "
                             "values, not behind static_k and static_v; leave one of them out")
        for end, bias in zip(ends, (bias_k, bias_v), strict=True):
            n, heads, _, size = end[0].shape
            end.append(expand(reshape(bias, (1, heads, 1, size)), (n, heads, 1, size)))
    if zero:
        for end in ends:
            n, heads, _, size = end[0].shape
            end.append(wrap(np.zeros((n, heads, 1, size), k.dtype)))
    k, v = (end[0] if len(end) == 1 else cat(end, 2) for end in ends)
    return k, v, len(ends[0]) - 1


def _weighted(q, k, v, mask, dropout_p: float, generator) -> tuple:
    """Attention that keeps its probabilities, and these."""
    scores = matmul(q * (1 / sqrt(q.shape[-1])), k.mT)
    weights = softmax(scores if mask is None else scores + mask, -1)
    weights = dropout(weights, dropout_p, generator=generator)
    return matmul(weights, v), weights


def _mask(who: str, attn_mask, key_padding_mask, q, sizes: tuple, batched: bool):
    """Both masks as one that is added to the scores (N, H, L, S), or None."""
    (n, length, keys), heads = sizes, q.shape[1]
    mask = _additive(who, "attn_mask", attn_mask, q.dtype)
    if mask is not None:
        shapes = {2: (length, keys), 3: (n * heads, length, keys)}
        if tuple(mask.shape) != shapes.get(mask._array.ndim):
            raise ValueError(f"{who}: attn_mask must be (L, S) = {shapes[2]} or (N num_heads, L, "
                             f"S) = {shapes[3]}, got {tuple(mask.shape)}")
        mask = reshape(mask, (*((1, 1) if mask._array.ndim == 2 else (n, heads)), length, keys))
    padding = _additive(who, "key_padding_mask", key_padding_mask, q.dtype)
    if padding is None:
        return mask
    wanted = (n, keys) if batched else (keys,)
    if tuple(padding.shape) != wanted:
        raise ValueError(f"{who}: key_padding_mask must be {'(N, S)' if batched else '(S)'} = "
                         f"{wanted}, got {tuple(padding.shape)}")
    padding = reshape(padding, (n, 1, 1, keys))
    return padding if mask is None else mask + padding


def _additive(who: str, name: str, mask, dtype):
    """A mask as numbers to add: -inf where a boolean one is True, as these keys take no part."""
    if mask is None:
        return None
    kind = mask._array.dtype.kind if isinstance(mask, Tensor) else ""
    if kind == "b":
        return wrap(np.where(mask._array, -inf, 0).astype(dtype))
    if kind != "f":
        raise TypeError(f"{who}: {name} must be a boolean Tensor, where True takes no part, or a "
                        f"floating one, which is added to the scores; got {describe(mask)}")
    return mask if mask.dtype == dtype else mask.to(dtype)


def _check_inputs(who: str, query, key, value, embed_dim: int, heads: int, batch_first: bool,
                  separate: tuple | None) -> bool:
    """Whether there is a batch dimension; raises where the three do not fit each other or the
    `separate` weights of key and value."""
    for which, x in (("query", query), ("key", key), ("value", value)):
        if not isinstance(x, Tensor) or x._array.dtype.kind != "f":
            raise TypeError(f"{who}: {which} must be a floating Tensor, got {describe(x)}")
        if x._array.dtype != query._array.dtype:
            raise TypeError(f"{who}: {which} is {x.dtype} but query {query.dtype}; convert one, "
                            f"for example with {which}.to(query.dtype)")
    q, k, v = (tuple(x.shape) for x in (query, key, value))
    got = f"got query {q}, key {k} and value {v}"
    if len(q) not in (2, 3) or not len(q) == len(k) == len(v):
        raise ValueError(f"{who}: three dimensions are needed, or two without a batch, in query, "
                         f"key and value alike, {got}")
    if q[-1] != embed_dim:
        raise ValueError(f"{who}: query's last dimension must be embed_dim={embed_dim}, {got}")
    if heads < 1 or embed_dim % heads:
        raise ValueError(f"{who}: num_heads={heads} must divide embed_dim={embed_dim}")
    if k[:-1] != v[:-1] or (not separate and (k != v or k[-1] != embed_dim)):
        raise ValueError(f"{who}: each key takes one value, so both need the same sizes"
                         + ("" if separate else f", and embed_dim={embed_dim} as the last; kdim "
                            "and vdim allow others") + f"; {got}")
    for which, width, weight in zip(("key", "value"), (k[-1], v[-1]), separate or (), strict=False):
        if width != weight.shape[1]:
            raise ValueError(f"{who}: {which}'s last dimension must be {which[0]}dim="
                             f"{weight.shape[1]}, {got}")
    batch = 0 if batch_first else 1
    if len(q) == 3 and q[batch] != k[batch]:
        raise ValueError(f"{who}: query has {q[batch]} sequences, key and value {k[batch]}, "
                         f"{got}; with batch_first={batch_first} they are dimension {batch}")
    return len(q) == 3
