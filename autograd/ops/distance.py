"""Distances between points, and slices held to a length."""

from __future__ import annotations

import numpy as np

from ..errors import describe
from ..gate import distances
from ..record import composite, op
from .compare import where
from .index import Index, getitem
from .linalg import matmul
from .reduce import mean, norm, sum
from .shape import axis, expand, unsqueeze

_MODES = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist",
          "donot_use_mm_for_euclid_dist")


@composite()
def dist(input, other, p=2):
    """The p-norm of input - other, which are broadcast.

    >>> autograd.dist(autograd.tensor([1., 5.]), autograd.tensor([4., 1.]))
    tensor(5.)
    """
    return norm(input - other, p)


@composite(inplace=True)
def renorm(input, p, dim, maxnorm):
    """input whose slices along `dim` are scaled down to the p-norm `maxnorm` where it is larger.

    >>> autograd.renorm(autograd.tensor([[3., 4.], [0., 1.]]), 2, 0, 1)
    tensor([[0.6000, 0.8000],
            [0.0000, 1.0000]])
    """
    if len(input.shape) < 2:
        raise ValueError(f"renorm: at least 2 dimensions are needed, got {describe(input)}")
    if _order("renorm", p) == 0 or maxnorm < 0:
        raise ValueError(f"renorm: p must be positive and maxnorm not negative, got {p} and "
                         f"{maxnorm}")
    dim = axis("renorm", dim, len(input.shape))
    lengths = norm(input, p, [d for d in range(len(input.shape)) if d != dim], True)
    return input * where(lengths > maxnorm, maxnorm / (lengths + 1e-7), 1.0)


def _order(name: str, p) -> float:
    if not isinstance(p, (int, float)) or p < 0:
        kind = ValueError if isinstance(p, (int, float)) else TypeError
        raise kind(f"{name}: p must be a number that is positive or 0, got {describe(p)}")
    return p


@composite(method=False)
def cdist(x1, x2, p=2.0, compute_mode=_MODES[0]):
    """The p-norm of the difference of each row of x1 and each row of x2.  Where it is 0 its
    gradient is 0.  `compute_mode` changes nothing: the distances are those of the differences.

    Shape: (*, n, k), (*, m, k) -> (*, n, m), the first dimensions broadcast

    >>> autograd.cdist(autograd.tensor([[0., 0.]]), autograd.tensor([[3., 4.], [0., 1.]]))
    tensor([[5., 1.]])
    """
    for name, x in (("x1", x1), ("x2", x2)):
        if len(x.shape) < 2 or x.dtype.kind != "f":
            raise ValueError(f"cdist: {name} must be floating matrices, got {describe(x)}")
    if x1.shape[-1] != x2.shape[-1] or x1.dtype != x2.dtype:
        raise ValueError(f"cdist: x1 {describe(x1)} and x2 {describe(x2)} must have rows of one "
                         "size and one dtype")
    if compute_mode not in (*_MODES, None):
        raise ValueError(f"cdist: compute_mode must be one of {_MODES}, got {compute_mode!r}")
    try:
        batch = np.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
    except ValueError:
        raise ValueError(f"cdist: the batches of x1 {tuple(x1.shape)} and x2 {tuple(x2.shape)} do "
                         "not broadcast") from None
    x1, x2 = (x if x.shape[:-2] == batch else expand(x, (*batch, *x.shape[-2:])) for x in (x1, x2))
    if _order("cdist", p) == 2:
        return euclidean(x1, x2)
    return norm(unsqueeze(x1, -2) - unsqueeze(x2, -3), p, -1)


@op(method=False, vjp=dict(
    x1=lambda g, x1, x2, out: _pulled(g, x1, x2, out),
    x2=lambda g, x1, x2, out: _pulled(g.mT, x2, x1, out.mT)))
def euclidean(x1, x2, /):
    """The distance of each row of x1 and each of x2, in batches of one shape."""
    return distances(x1, x2)


def _pulled(g, x, y, out):
    """Σⱼ wᵢⱼ (xᵢ - yⱼ) of the weights g / distance, 0 where that is 0; both are taken from their
    centre first, so that little is lost where the points lie far from the origin."""
    zero = out == 0
    weights = where(zero, 0.0, g / where(zero, 1.0, out))
    if not y.shape[-2]:
        return x * 0
    centre = mean(y, -2, True)
    return (x - centre) * sum(weights, -1, True) - matmul(weights, y - centre)


@composite(method=False)
def pdist(input, p=2.0):
    """The p-norms of the differences of all pairs of rows, (0, 1), (0, 2), ..., (1, 2), ...

    Shape: (n, k) -> (n (n - 1) / 2)

    >>> autograd.pdist(autograd.tensor([[0., 0.], [3., 4.], [0., 1.]]))
    tensor([5.0000, 1.0000, 4.2426])
    """
    if len(input.shape) != 2 or input.dtype.kind != "f":
        raise ValueError(f"pdist: input must be a floating matrix, got {describe(input)}")
    _order("pdist", p)
    first, second = np.triu_indices(input.shape[0], 1)
    return norm(getitem(input, Index((first,))) - getitem(input, Index((second,))), p, -1)
