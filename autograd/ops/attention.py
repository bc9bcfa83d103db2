"""Attention by scaled dot products: one op for scores, softmax, dropout and the weighted sum.

An ordinary backward pass runs one kernel for all gradients; one that is itself recorded computes
them with ordinary ops, which have derivatives of every order.

Reference: Vaswani et al., Attention Is All You Need, 2017, section 3.2.1.
"""

from __future__ import annotations

from math import inf, prod, sqrt

import numpy as np

from .. import kernels
from ..errors import describe
from ..record import joint, op
from ..tensors import Tensor
from .activation import softmax
from .compare import where
from .dropout import drop, random_key
from .linalg import matmul
from .reduce import sum
from .shape import expand, reshape, sum_to_size

_NAME = "scaled_dot_product_attention"


@op(method=False, broadcasts=True, extra=("stats",), vjp=joint(
    lambda g, needs, query, key, value, attn_mask, out, stats, is_causal, scale, seed, p:
        (_recorded_grads if isinstance(g, Tensor) else _grads)(
            g, needs, query, key, value, attn_mask, out, stats, is_causal, scale, seed, p)))
def _attend(query, key, value, attn_mask=None, /, *, is_causal=False, scale=1.0, seed=0, p=0.0):
    """softmax(Q Kᵀ scale + mask) V, as `scaled_dot_product_attention`; heads of query in turn share
    one of key and value where these have fewer, and `seed` decides what is dropped.

    Shape: (..., H, L, E), (..., K, S, E), (..., K, S, D), (..., L, S) -> (..., H, L, D)
    """
    whole, arrays = _arranged(query, key, value, attn_mask)
    out, stats = kernels.attention(*arrays, is_causal, scale, seed, p)
    return out.reshape(*whole[:-1], value.shape[-1]), stats


def _arranged(query, key, value, mask) -> tuple[tuple, tuple]:
    """The shape of the probabilities, (..., H, L, S), and the arrays with four dimensions."""
    if mask is None and query.ndim == 4 and query.shape[:2] == key.shape[:2] == value.shape[:2]:
        return (*query.shape[:3], key.shape[2]), (query, key, value, None)
    batch, heads, shared = _heads(query, key, value)
    count, rows = prod(batch), (query.shape[-2], key.shape[-2])

    def four(x, *shape):
        x = x if x.shape == batch + shape else np.broadcast_to(x, batch + shape)
        return x if len(batch) == 1 else x.reshape(count, *shape)

    arrays = [four(x, h, *x.shape[-2:])
              for x, h in ((query, heads), (key, shared), (value, shared))]
    arrays.append(None if mask is None else four(mask, heads, *rows))
    plain = max(x.ndim for x in (query, key, value)) == 2
    return (rows if plain else (*batch, heads, *rows)), tuple(arrays)


def _heads(query, key, value) -> tuple[tuple, int, int]:
    """The batch dimensions, the number of heads, and that of key and value."""
    batch = query.shape[:-3]
    if not batch == key.shape[:-3] == value.shape[:-3]:
        batch = np.broadcast_shapes(batch, key.shape[:-3], value.shape[:-3])
    q, k, v = (x.shape[-3] if x.ndim > 2 else 1 for x in (query, key, value))
    if k == v and k and q % k == 0:
        return batch, q, k
    heads, = np.broadcast_shapes((q,), (k,), (v,))
    return batch, heads, heads


def _grads(g, needs, query, key, value, mask, out, stats, causal, scale, seed, p) -> list:
    """What attention gives back, by the kernel."""
    batch, _, _ = _heads(query, key, value)
    _, arrays = _arranged(query, key, value, mask)
    shape = (*arrays[0].shape[:3], value.shape[-1])
    found = kernels.attention_grad(g.reshape(shape), *arrays, out.reshape(shape), stats, causal,
                                   scale, seed, p, needs[3])
    return [grad.reshape(*batch, *grad.shape[1:]) if needed else None
            for grad, needed in zip(found, needs, strict=True)]


def _recorded_grads(g, needs, query, key, value, mask, out, stats, causal, scale, seed, p) -> list:
    """The same by ordinary ops, with the heads as (K, H / K): those of query that share a key."""
    batch, heads, shared = _heads(query, key, value)
    whole = (*batch, shared, heads // shared if shared else 1, query.shape[-2], key.shape[-2])

    def split(x):
        h = x.shape[-3] if x.ndim > 2 else 1
        groups = whole[-4:-2] if h == heads else (h, 1)
        return reshape(x, (*x.shape[:-3], *groups, *x.shape[-2:]))

    g, q, k, v = (split(x) for x in (g, query, key, value))
    scores = matmul(q, k.mT) * scale
    if mask is not None:
        m = split(mask)
        scores = where(m, scores, -inf) if mask.dtype.kind == "b" else scores + m
    if causal:
        scores = where(np.tri(*whole[-2:], dtype=np.bool_), scores, -inf)
    probs = _softmax(scores, np.asarray(stats).reshape(*whole[:-1], 2)[..., 1:] == inf)
    dropped, through = probs, matmul(g, v.mT)
    if p:
        dropped, through = (drop(expand(x, whole), seed, p) for x in (probs, through))
    inner = probs * (through - sum(probs * through, -1, True))
    grads = matmul(inner * scale, k), matmul(inner.mT * scale, q), matmul(dropped.mT, g), inner
    return [reshape(sum_to_size(grad, split(x).shape), x.shape) if needed else None
            for grad, x, needed in zip(grads, (query, key, value, mask), needs, strict=True)]


def _softmax(scores, blind):
    """Softmax over the last dimension, 0 in rows that see nothing."""
    if not blind.any():
        return softmax(scores, -1)
    return where(blind, 0.0, softmax(where(blind, 0.0, scores), -1))


def scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False,
                                 scale=None, enable_gqa=False, *, generator):
    """softmax(Q Kᵀ scale + mask) V for each head; see `nn.functional`."""
    _check_inputs(query, key, value, enable_gqa)
    if not 0 <= dropout_p <= 1:
        raise ValueError(f"{_NAME}: dropout_p is the probability of dropping and must lie in "
                         f"[0, 1], got {dropout_p}")
    if attn_mask is not None:
        attn_mask = _checked_mask(query, key, value, attn_mask, is_causal)
    if scale is None:
        width = query._array.shape[-1]
        scale = 1 / sqrt(width) if width else 1.0
    return _attend(query, key, value, attn_mask, is_causal=bool(is_causal), scale=float(scale),
                   seed=random_key(generator) if dropout_p else 0, p=float(dropout_p))


def _check_inputs(query, key, value, enable_gqa: bool) -> None:
    """Raise unless the three fit together."""
    shapes = []
    for which, x in (("query", query), ("key", key), ("value", value)):
        array = x._array if isinstance(x, Tensor) else None
        if array is None or array.dtype.kind != "f" or array.ndim < 2:
            raise TypeError(f"{_NAME}: {which} must be a floating Tensor (..., length, size), got "
                            f"{describe(x)}")
        if array.dtype != query._array.dtype:
            raise TypeError(f"{_NAME}: {which} is {x.dtype} but query {query.dtype}; convert one, "
                            f"for example with {which}.to(query.dtype)")
        shapes.append(array.shape)
    q, k, v = shapes
    if q[-1] != k[-1]:
        raise ValueError(f"{_NAME}: query {q} and key {k} must agree in the last dimension, of "
                         f"which the scores are products; got {q[-1]} and {k[-1]}")
    if k[-2] != v[-2]:
        raise ValueError(f"{_NAME}: each of the {k[-2]} keys {k} takes one value, but value {v} "
                         f"has {v[-2]}")
    if q[:-2] != k[:-2] or q[:-2] != v[:-2]:
        _check_batch(q, k, v, enable_gqa)


def _check_batch(q: tuple, k: tuple, v: tuple, enable_gqa: bool) -> None:
    """Raise unless the leading dimensions broadcast, or the heads are shared by equal groups."""
    whole = f"query {q}, key {k} and value {v}"
    if enable_gqa:
        if min(map(len, (q, k, v))) < 3 or k[-3] != v[-3] or not k[-3] or q[-3] % k[-3]:
            raise ValueError(f"{_NAME}: with enable_gqa the heads, dimension -3, of key and value "
                             f"must be equally many and divide those of query, got {whole}")
        q, k, v = (shape[:-3] for shape in (q, k, v))
    else:
        q, k, v = (shape[:-2] for shape in (q, k, v))
    try:
        np.broadcast_shapes(q, k, v)
    except ValueError:
        fix = "; enable_gqa=True lets query heads share those of key and value" * (
            not enable_gqa and len(q) == len(k) == len(v) and k == v and q[:-1] == k[:-1]
            and bool(k[-1]) and q[-1] % k[-1] == 0)
        raise ValueError(f"{_NAME}: the batch dimensions of {whole} do not broadcast{fix}"
                         ) from None


def _checked_mask(query, key, value, mask, is_causal: bool):
    """The mask, of query's dtype where it is not boolean; raises where it does not fit."""
    if is_causal:
        raise ValueError(f"{_NAME}: is_causal makes a mask itself, so attn_mask must be None; "
                         "put both into one mask, with .tril() for the causal part")
    if not isinstance(mask, Tensor) or mask._array.dtype.kind not in "bf":
        raise TypeError(f"{_NAME}: attn_mask must be a boolean Tensor, where True takes part, or "
                        f"one of {query.dtype}, which is added to the scores; got {describe(mask)}")
    batch, heads, _ = _heads(query, key, value)
    wanted = (*batch, heads, query.shape[-2], key.shape[-2])
    wanted = wanted[-max(x.ndim for x in (query, key, value)):]
    shape = tuple(mask.shape)
    if len(shape) > len(wanted) or any(n not in (1, m) for n, m in zip(
            reversed(shape), reversed(wanted), strict=False)):
        raise ValueError(f"{_NAME}: attn_mask {shape} does not broadcast to {wanted}, a score for "
                         "each row of query and each key")
    if mask.dtype.kind == "f" and mask.dtype != query.dtype:
        return mask.to(query.dtype)
    return mask
