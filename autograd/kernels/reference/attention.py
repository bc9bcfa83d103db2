"""Attention: softmax(Q Kᵀ scale + mask) V for each head, and what it gives back."""

import numpy as np

from autograd.kernels.reference.dropout import dropout
from autograd.quiet import quiet


@quiet
def attention(query, key, value, mask, causal, scale, seed, p):
    """softmax(Q Kᵀ scale + mask) V, and for each row its largest score and log(Σ exp(score - it)).

    query (N, H, L, E), key (N, K, S, E), value (N, K, S, D), where K divides H: as many heads in
    turn share one of key and value. mask (N, H, L, S) is None, boolean (True takes part) or
    added; `causal` lets row i see keys up to i. `seed` decides which share p of the probabilities
    is dropped. The results are (N, H, L, D) and (N, H, L, 2); a row that sees nothing gives 0, and
    infinity as its logarithm.
    """
    scores = _scores(query, key, mask, causal, scale)
    top = scores.max(-1, keepdims=True, initial=-np.inf)
    top[top == -np.inf] = 0
    probs = np.exp(scores - top)
    total = probs.sum(-1, keepdims=True)
    rest = np.where(total == 0, np.inf, np.log(total))
    probs /= np.where(total == 0, 1, total)
    out = np.empty_like(query, shape=(*query.shape[:3], value.shape[3]))  # ordered as query is
    if out.strides[3] != out.itemsize:  # but each row in one piece
        out = np.empty(out.shape, out.dtype)
    np.matmul(dropout(probs, seed, p) if p else probs, _shared(value, query), out=out)
    return out, np.concatenate([top, rest], -1).astype(query.dtype, copy=False)


@quiet
def attention_grad(g, query, key, value, mask, out, stats, causal, scale, seed, p, to_mask):
    """What `attention` gives back to query, key and value, and `to_mask` to mask, else None."""
    scores = _scores(query, key, mask, causal, scale)
    probs = np.exp((scores - stats[..., :1]) - stats[..., 1:])
    through = np.matmul(g, _shared(value, query).swapaxes(-1, -2))
    dropped = probs
    if p:
        dropped, through = dropout(probs, seed, p), dropout(through, seed, p)
    value_grad = _gathered(np.matmul(dropped.swapaxes(-1, -2), g), value)
    inner = probs * (through - (g * out).sum(-1, keepdims=True))
    scaled = inner * inner.dtype.type(scale)
    query_grad = np.matmul(scaled, _shared(key, query))
    key_grad = _gathered(np.matmul(scaled.swapaxes(-1, -2), query), key)
    return query_grad, key_grad, value_grad, inner if to_mask else None


def _scores(query, key, mask, causal, scale):
    scores = np.matmul(query, _shared(key, query).swapaxes(-1, -2)) * query.dtype.type(scale)
    if mask is not None:
        scores = np.where(mask, scores, -np.inf) if mask.dtype == bool else scores + mask
    if causal:
        scores = np.where(np.tri(*scores.shape[-2:], dtype=bool), scores, -np.inf)
    return scores.astype(query.dtype, copy=False)


def _shared(x, query):
    """The heads of key or value, each as often as heads of query share it."""
    times = query.shape[1] // max(x.shape[1], 1)
    return x if times == 1 else np.repeat(x, times, 1)


def _gathered(grad, x):
    """The gradients of those, summed."""
    n, heads, *rest = x.shape
    times = grad.shape[1] // max(heads, 1)
    return grad if times == 1 else grad.reshape(n, heads, times, *rest).sum(2)
