"""Samples for autograd/ops/attention.py; the answer is a loop over rows, written out in NumPy."""

import numpy as np

from tests.cases import Case, Spec
from tests.cases.linalg import functional


def attention(query, key, value, mask=None, is_causal=False, scale=1.0, seed=0, p=0.0):
    """softmax(q Kᵀ scale + mask) V, row by row; what is dropped are the SplitMix64 numbers below
    p 2³² of the key and the probability's place."""
    q, k, v = (x if x.ndim > 2 else x[None] for x in (query, key, value))
    times = q.shape[-3] // k.shape[-3] if k.shape[-3] == v.shape[-3] else 1
    k, v = (np.repeat(x, times, -3) if times > 1 else x for x in (k, v))
    lead = np.broadcast_shapes(q.shape[:-2], k.shape[:-2], v.shape[:-2])
    q, k, v = (np.broadcast_to(x, (*lead, *x.shape[-2:])) for x in (q, k, v))
    rows, keys = q.shape[-2], k.shape[-2]
    masks = None if mask is None else np.broadcast_to(mask, (*lead, rows, keys))
    out = np.zeros((*lead, rows, v.shape[-1]))
    for number, (*at, i) in enumerate(np.ndindex(*lead, rows)):
        at = tuple(at)
        seen = [j for j in range(keys) if not (is_causal and j > i) and (
            masks is None or masks.dtype != bool or masks[at][i, j])]
        scores = np.array([q[at][i] @ k[at][j] * scale for j in seen])
        if masks is not None and masks.dtype != bool:
            scores = scores + masks[at][i, seen]
        if not len(seen) or np.max(scores) == -np.inf:
            continue
        e = np.exp(scores - np.max(scores))
        kept = [1.0 if p == 0 else (drawn(seed, number * keys + j) >= p) / (1 - p) for j in seen]
        out[at][i] = (e / np.sum(e) * kept) @ v[at][seen]
    return out if max(x.ndim for x in (query, key, value)) > 2 else out[0]


def drawn(seed: int, number: int) -> float:
    """The number of an element between 0 and 1, by SplitMix64 on Python's integers."""
    z = (seed + (number + 1) * 0x9E3779B97F4A7C15) % 2**64
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
    return ((z ^ z >> 31) >> 32) / 2**32


def inputs(*shapes):
    return tuple(Spec(shape) for shape in shapes)


MATRICES, HEADS = ((4, 3), (5, 3), (5, 2)), ((2, 2, 4, 3), (2, 2, 5, 3), (2, 2, 5, 2))
SHARED = ((2, 4, 3, 3), (2, 2, 5, 3), (2, 2, 5, 2))
SPREAD = ((1, 2, 3, 2, 3), (1, 2, 1, 4, 3), (2, 1, 3, 4, 2))
KEPT = np.random.default_rng(3).random((2, 1, 4, 5)) < 0.6
KEPT[0, 0, 1] = False  # a row that sees nothing
HIDDEN = np.where(KEPT, 0.5, -np.inf)
sdpa = functional("scaled_dot_product_attention")

CASES = {"_attend": [
    *[Case(args, dict(scale=0.6, **kwargs), attention, sdpa) for args, kwargs in (
        (inputs(*MATRICES), {}),
        (inputs(*HEADS), {}),
        (inputs(*HEADS), dict(is_causal=True)),
        (inputs(*HEADS, (4, 5)), {}),
        ((*inputs(*HEADS), KEPT), {}),
        ((*inputs(*HEADS), HIDDEN), {}),
        (inputs((2, 1, 3), (2, 1, 3), (2, 1, 3)), dict(is_causal=True)),
        (inputs((2, 0, 3), (2, 4, 3), (2, 4, 3)), {}),
        (inputs((2, 4, 3), (2, 0, 3), (2, 0, 3)), {}),
        (inputs(*SPREAD, (3, 1, 4)), {}))],
    *[Case(args, kwargs, attention, False) for args, kwargs in (
        (inputs(*SHARED, (2, 4, 3, 5)), dict(scale=0.5)),
        (inputs(*SHARED), dict(seed=2**63 + 11, p=0.4)),
        (inputs(*SPREAD), dict(seed=5, p=0.3, scale=0.7)))],
]}
