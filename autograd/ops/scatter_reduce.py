"""Reductions of what is scattered to one place: scatter_reduce and index_reduce."""

from __future__ import annotations

import numpy as np

from ..errors import describe
from ..record import composite, op
from ..tensors import Tensor, wrap
from .elementwise import to
from .index import Index, check_range, getitem, integers
from .join import cat
from .running import prod
from .scatter import gather_along, put_at, scatter, scatter_add, scatter_checked, scatter_region
from .shape import axis, reshape

_REDUCES = ("sum", "prod", "mean", "amax", "amin")


@composite(inplace=True)
def scatter_reduce(input, dim, index, src, reduce, *, include_self=True):
    """input in which out[i, index[i, j]], for dim=1 and likewise for other dims, is what `reduce`
    ("sum", "prod", "mean", "amax" or "amin") makes of all src[i, j] that are sent there, and of
    input's own element unless include_self=False.  Equal extremes share the gradient.

    >>> index = autograd.tensor([0, 0, 1])
    >>> autograd.zeros(3).scatter_reduce(0, index, autograd.tensor([1., 5., 3.]), "amax")
    tensor([5., 3., 0.])
    """
    if reduce not in _REDUCES:
        raise ValueError(f"scatter_reduce: reduce {reduce!r}; choose one of {_REDUCES}")
    dim = scatter_checked("scatter_reduce", input, dim, index)
    src = scatter_region("scatter_reduce", input, index, src)
    if not input.shape:
        found = scatter_reduce(reshape(input, (1,)), 0, reshape(index, (-1,)), reshape(src, (-1,)),
                               reduce, include_self=include_self)
        return reshape(found, ()).clone()
    return _reduced("scatter_reduce", input, dim, index, src, reduce, include_self)


@composite(inplace=True)
def index_reduce(input, dim, index, source, reduce, *, include_self=True):
    """input whose slices along `dim` at the places `index`, a vector, are what `reduce` ("prod",
    "mean", "amax" or "amin") makes of all slices of source that are sent there, and of input's own
    unless include_self=False.

    >>> index = autograd.tensor([0, 0])
    >>> autograd.ones(2).index_reduce(0, index, autograd.tensor([2., 3.]), "prod")
    tensor([6., 1.])
    """
    if reduce not in _REDUCES[1:]:
        raise ValueError(f"index_reduce: reduce {reduce!r}; choose one of {_REDUCES[1:]}"
                         + ("; index_add adds" if reduce == "sum" else ""))
    dim = axis("index_reduce", dim, len(input.shape))
    integers("index_reduce", index)
    if not isinstance(source, Tensor) or source.dtype != input.dtype:
        raise TypeError(f"index_reduce: source must be a Tensor of {input.dtype}, got "
                        f"{describe(source)}")
    index = reshape(index, (-1,)) if len(index.shape) == 0 else index
    fits = (*input.shape[:dim], *index.shape, *input.shape[dim + 1:])
    if len(index.shape) != 1 or not input.shape or source.shape != fits:
        raise ValueError(f"index_reduce: source {tuple(source.shape)} must be {fits}, with a slice "
                         f"along dim {dim} of {tuple(input.shape)} for each place of a vector "
                         f"index, got {describe(index)}")
    lines = [-1 if d == dim else 1 for d in range(len(fits))]
    index = wrap(np.broadcast_to(index._array.reshape(lines), fits).copy())
    return _reduced("index_reduce", input, dim, index, source, reduce, include_self)


def _reduced(name: str, input, dim: int, index, src, reduce: str, include_self: bool):
    check_range(name, index._array, input.shape[dim], dim)
    if reduce in ("amax", "amin"):
        return scatter_extreme(input, index, src, dim, reduce == "amax", include_self)
    if reduce == "prod":
        return _product(input, dim, index, src, include_self)
    start = input if include_self else scatter(input, dim, index, 0)
    summed = scatter_add(start, dim, index, src)
    return summed if reduce == "sum" else _mean(summed, dim, index, include_self)


def _mean(summed, dim: int, index, include_self: bool):
    count = scatter_add(wrap(np.full(summed.shape, int(include_self))), dim, index,
                        wrap(np.ones(index.shape, np.int64)))
    count = wrap(np.maximum(count._array, 1))
    if summed.dtype.kind == "f":
        return summed / to(count, summed.dtype)
    return to(summed.floor_divide(count), summed.dtype)


def _targets(index: np.ndarray, dim: int, shape: tuple) -> np.ndarray:
    """The place in the flattened tensor of `shape` that each element of index names."""
    places: list = list(np.indices(index.shape, sparse=True))
    places[dim] = index
    return np.ravel_multi_index(places, shape).reshape(-1)


def _product(input, dim: int, index, src, include_self: bool):
    """Of what is sent to each place a row, filled up with 1, and their products."""
    targets = _targets(index._array, dim, tuple(input.shape))
    places, row, count = np.unique(targets, return_inverse=True, return_counts=True)
    order = np.argsort(row, kind="stable")
    rank = np.arange(order.size) - np.repeat(np.cumsum(count) - count, count)
    table = np.full((places.size, int(count.max(initial=0))), order.size)
    table[row[order], rank] = order
    flat = cat([reshape(src, (-1,)), np.ones(1, src.dtype)])
    factors = prod(getitem(flat, Index((table,))), 1)
    whole = reshape(input, (-1,))
    own = getitem(whole, Index((places,)))
    found = put_at(whole, to(factors * own if include_self else factors, input.dtype),
                   Index((places,)))
    return reshape(found, input.shape).clone()


@op(method=False, extra=("own", "sent"), vjp=dict(
    input=lambda g, own: g * own,
    src=lambda g, index, sent, dim: gather_along(g, index, dim) * sent))
def scatter_extreme(input, index, src, /, dim, largest, include_self):
    """The largest or smallest of what is sent to each place; equal ones share the gradient."""
    targets = _targets(index, dim, input.shape)
    flat, values = input.reshape(-1).copy(), src.reshape(-1)
    if not include_self:
        flat[targets] = _least(input.dtype, largest)
    (np.maximum if largest else np.minimum).at(flat, targets, values)
    touched = np.zeros(flat.size, bool)
    touched[targets] = True
    own = (input.reshape(-1) == flat) & (include_self | ~touched)
    sent = values == flat[targets]
    share = 1 / np.maximum(own + np.bincount(targets, sent, flat.size), 1)
    dtype = input.dtype if input.dtype.kind == "f" else np.dtype(np.float64)
    return (flat.reshape(input.shape), (own * share).astype(dtype).reshape(input.shape),
            (sent * share[targets]).astype(dtype).reshape(src.shape))


def _least(dtype: np.dtype, largest: bool):
    """What every number is larger, or smaller, than."""
    if dtype.kind == "f":
        return -np.inf if largest else np.inf
    if dtype.kind == "b":
        return not largest
    return np.iinfo(dtype).min if largest else np.iinfo(dtype).max
