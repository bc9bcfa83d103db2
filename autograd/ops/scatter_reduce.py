"""Reductions of what is scattered to one place: scatter_reduce and index_reduce."""

from __future__ import annotations

from math import prod

import numpy as np

from ..errors import describe
from ..gate import by_index
from ..kernels.reference.scatter_fold import ranked
from ..record import composite, joint, op
from ..tensors import Tensor, wrap
from .compare import where
from .elementwise import to
from .index import Index, along, getitem, integers, misplaced, select_rows, sum_rows
from .join import cat
from .running import others
from .scatter import (
    add_rows,
    gather_along,
    put_at,
    scatter_add_along,
    scatter_along,
    scatter_checked,
    scatter_region,
    scatter_sum,
)
from .shape import axis, reshape

_fold = by_index("scatter_fold", "sums")
_prod_grad = by_index("scatter_prod_grad", "sums")
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
    return _reduced("index_reduce", input, dim, index, source, reduce, include_self)


def _reduced(name: str, input, dim: int, index, src, reduce: str, include_self: bool):
    """What scatter_reduce gives for an index of src's shape, and index_reduce for a vector."""
    try:
        if reduce in ("sum", "mean"):
            return _summed(input, dim, index, src, reduce, include_self)
        if reduce == "prod":
            return scatter_prod(input, index, src, dim, include_self)
        return scatter_extreme(input, index, src, dim, reduce == "amax", include_self)
    except IndexError as error:
        misplaced(name, error, index, input.shape[dim], dim)


def _summed(input, dim: int, index, src, reduce: str, include_self: bool):
    if not include_self:
        input = _emptied(input, index, dim)
    add = scatter_add_along if index.ndim == input.ndim else add_rows
    summed = add(input, index, src, dim)
    if reduce == "sum":
        return summed
    count = _counts(index._array, dim, summed.shape, summed.dtype, include_self)
    if summed.dtype.kind == "f":
        return summed / wrap(count.astype(summed.dtype, copy=False))
    return to(summed.floor_divide(wrap(count.astype(np.int64))), summed.dtype)


def _counts(index: np.ndarray, dim: int, shape: tuple, dtype, own: bool) -> np.ndarray:
    """How many are sent to each place, and one more if `own`; at least 1."""
    small = dtype.kind == "f" and dtype.itemsize < 8
    count = _sent(np.ones(index.shape, np.float32 if small else np.float64), index, dim, shape)
    return np.maximum(count + count.dtype.type(own), 1)


def _emptied(x, index, dim: int):
    """x with 0 in all places that are named."""
    zero = x.dtype.type(0)
    if index.ndim == x.ndim:
        return scatter_along(x, index, zero, dim)
    return put_at(x, zero, along(dim, getattr(index, "_array", index)))


def _named(x, index, dim: int):
    """The elements, or slices, of x that are named."""
    return gather_along(x, index, dim) if index.ndim == x.ndim else select_rows(x, index, dim)


def _sent(values, index, dim: int, shape: tuple):
    """Zeros of `shape` to which values are added; one for each slice, if index is a vector."""
    if index.ndim == len(shape):
        return scatter_sum(values, index, dim, shape)
    if values.ndim == 1:
        found = sum_rows(values, index, 0, (shape[dim],))
        return found.reshape((-1,) + (1,) * (len(shape) - dim - 1))
    return sum_rows(values, index, dim, shape)


def _extreme_back(g, needs, input, index, src, out, dim: int, include_self: bool):
    """What is as large as the result shares its gradient."""
    x, places, sent, found = (getattr(a, "_array", a) for a in (input, index, src, out))
    own, sent = x == found, sent == _named(found, places, dim)
    if not include_self:
        own = _emptied(own, places, dim)
    kind = np.float64 if found.dtype == np.float64 else np.float32
    count = _sent(sent.astype(kind), places, dim, found.shape) + own
    wrapped = wrap if isinstance(g, Tensor) else np.asarray
    each = g / wrapped(np.maximum(count, 1).astype(found.dtype, copy=False))
    return (where(wrapped(own), each, 0.0) if needs[0] else None, None,
            where(wrapped(sent), _named(each, index, dim), 0.0) if needs[2] else None)


@op(method=False, vjp=joint(_extreme_back))
def scatter_extreme(input, index, src, /, dim, largest, include_self):
    """The largest or smallest of what is sent to each place; equal ones share the gradient."""
    return _fold(input, index, src, dim, "amax" if largest else "amin", include_self)


def _prod_back(g, needs, input, index, src, dim: int, include_self: bool):
    """g times the product of all other factors: of what is sent to each place a row, which begins
    with its own number and is filled up with 1."""
    if isinstance(g, np.ndarray):
        to_input, to_src = _prod_grad(g, index, input, src, dim, include_self)
        return to_input, None, to_src
    places = np.arange(prod(input.shape)).reshape(input.shape)
    named, row, rank = ranked(np.broadcast_to(
        _named(places, index._array, dim), src.shape).reshape(-1))
    table = np.full((named.size, rank.max(initial=-1) + 1), row.size)
    table[row, rank] = np.arange(row.size)
    sent = getitem(cat([reshape(src, (-1,)), np.ones(1, src.dtype)]), Index((table,)))
    own = getitem(reshape(input, (-1,)), Index((named,)))
    factors = cat([reshape(own if include_self else own.detach() * 0 + 1, (-1, 1)), sent], 1)
    flat = reshape(g, (-1,))
    found = others(reshape(getitem(flat, Index((named,))), (-1, 1)), factors, 1)
    to_own = getitem(found, Index((slice(None), 0))) if include_self else wrap(g.dtype.type(0))
    to_input = put_at(flat, to_own, Index((named,)))
    to_src = getitem(found, Index((row, rank + 1)))
    return reshape(to_input, input.shape), None, reshape(to_src, src.shape)


@op(method=False, vjp=joint(_prod_back))
def scatter_prod(input, index, src, /, dim, include_self):
    """The product of what is sent to each place."""
    return _fold(input, index, src, dim, "prod", include_self)
