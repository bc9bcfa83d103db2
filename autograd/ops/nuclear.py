"""The nuclear norm of matrices, the sum of their singular values.

With A = U S Vᵀ its gradient is U Vᵀ, the orthogonal matrix nearest to A.  Singular values that are
0 count for nothing there: the subgradient of least norm.
"""

from __future__ import annotations

import numpy as np

from ..kernels.rounding import rounded_once
from ..record import op
from .shape import unsqueeze


@op(method=False, vjp=dict(
    input=lambda g, input: unsqueeze(unsqueeze(g, -1), -1) * orthogonal(input)))
def nuclear(input, /):
    """Σ σᵢ for each matrix in the last two dimensions."""
    return _singular_sum(input)


@rounded_once
def _singular_sum(a):
    return np.linalg.svd(a, compute_uv=False).sum(-1)


@op(method=False, vjp=dict(input=lambda g, input: orthogonal_grad(g, input)))
def orthogonal(input, /):
    """U Vᵀ for each matrix."""
    return _nearest(input)


@rounded_once
def _nearest(a):
    u, _, v = _parts(a)
    return u @ v


@op(method=False, once=True)
def orthogonal_grad(g, input, /):
    """What U Vᵀ gives back to A: with W = Uᵀ G V, U ((W - Wᵀ)ᵢⱼ / (σᵢ + σⱼ)) Vᵀ, and the parts
    of G outside the spaces of U and V, divided by σ."""
    return _bent(g, input)


@rounded_once
def _bent(g, a):
    u, s, v = _parts(a)
    ut, vt = u.mT, v.mT
    inner = ut @ g @ vt
    pairs = s[..., :, None] + s[..., None, :]
    turned = (inner - inner.mT) / np.where(pairs > 0, pairs, np.inf)
    over = np.where(s > 0, s, np.inf)
    left = (g @ vt - u @ inner) / over[..., None, :] @ v
    right = u @ ((ut @ g - inner @ v) / over[..., :, None])
    return u @ turned @ v + left + right


def _parts(a):
    """U, σ and Vᵀ of the singular values that rounding does not make of 0."""
    u, s, v = np.linalg.svd(a, full_matrices=False)
    least = s.max(-1, keepdims=True, initial=0) * max(a.shape[-2:]) * np.finfo(a.dtype).eps
    kept = s > least
    return u * kept[..., None, :], s * kept, v * kept[..., :, None]
