"""Quantiles, the commonest value, and reductions that leave NaN out."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from ..errors import describe
from ..gate import is_large
from ..record import composite, op
from ..tensors import Tensor, wrap
from .arithmetic import lerp
from .compare import where
from .elementwise import isnan, to
from .index import Index, getitem
from .named import named
from .order import median, sort
from .reduce import axes, spread, sum
from .scatter import gather
from .shape import axis, movedim, reshape

_Median = named("nanmedian", "values indices")
_Mode = named("mode", "values indices")
_WAYS = ("linear", "lower", "higher", "nearest", "midpoint")


@composite()
def nansum(input, dim=None, keepdim=False, *, dtype=None):
    """The sum over `dim` without what is NaN.

    >>> autograd.nansum(autograd.tensor([1., float("nan"), 2.]))
    tensor(3.)
    """
    if dtype is None and input.dtype.kind == "f":
        return _nansum(input, dim, keepdim)
    return sum(_without_nan(input), dim, keepdim, dtype=dtype)


@op(method=False, vjp=dict(
    input=lambda g, input, dim, keepdim:
        where(isnan(input), 0.0, spread(g, input.shape, dim, keepdim))))
def _nansum(input, /, dim, keepdim):
    dims = axes("nansum", dim, input.ndim)
    if is_large(input):
        return kernels.reduce_over("known", input, dims, keepdim)
    return np.add.reduce(input, dims, None, None, keepdim, where=input == input)


def _without_nan(input):
    return where(isnan(input), 0.0, input) if input.dtype.kind == "f" else input


@composite()
def nanmean(input, dim=None, keepdim=False, *, dtype=None):
    """The mean over `dim` without what is NaN; NaN where there is nothing else.

    >>> autograd.nanmean(autograd.tensor([1., float("nan"), 2.]))
    tensor(1.5000)
    """
    if input.dtype.kind != "f" and dtype is None:
        raise TypeError(f"nanmean: a floating dtype is needed, got {input.dtype}; use .float() or "
                        "dtype=")
    found = sum(_without_nan(input), dim, keepdim, dtype=dtype)
    return found / to(sum(~isnan(input), dim, keepdim), found.dtype)


@composite()
def nanmedian(input, dim=None, keepdim=False):
    """The middle element, the lower one of two, without what is NaN; with `dim` the pair (values,
    indices) along it.  NaN where there is nothing else.

    >>> autograd.nanmedian(autograd.tensor([4., float("nan"), 1., 3.]))
    tensor(3.)
    """
    if dim is None:
        kept = getattr(isnan(input), "_array", None)
        return median(getitem(input, Index((~kept,))) if kept.any() and not kept.all() else input)
    dim = _filled("nanmedian", input, dim)
    if not input.shape:
        return _Median(input.clone(), wrap(np.zeros((), np.int64)))
    values, places = sort(input, dim)
    count = (~np.isnan(values._array)).sum(dim, keepdims=True)
    return _Median(*_picked(input, dim, np.take_along_axis(
        places._array, np.maximum(count - 1, 0) // 2, dim), keepdim))


def _filled(name: str, input, dim) -> int:
    """dim counted from the front, along which there is something to choose from."""
    dim = axis(name, dim, len(input.shape))
    if input.shape and not input.shape[dim]:
        raise IndexError(f"{name}: dimension {dim} of {describe(input)} is empty: there is nothing "
                         "to choose from")
    return dim


def _picked(input, dim: int, places: np.ndarray, keepdim: bool) -> tuple:
    """The elements at places, one along dim, and the places."""
    indices = wrap(places)
    values = gather(input, dim, indices)
    if keepdim:
        return values, indices
    shape = (*places.shape[:dim], *places.shape[dim + 1:])
    return reshape(values, shape).clone(), wrap(places.reshape(shape))


@composite()
def mode(input, dim=-1, keepdim=False):
    """The pair (values, indices) of the commonest element along `dim`, the smallest of several, and
    where it is last.

    >>> autograd.mode(autograd.tensor([3, 1, 2, 1, 3, 1])).values
    tensor(1)
    """
    dim = _filled("mode", input, dim)
    if not input.shape:
        return _Mode(input.clone(), wrap(np.zeros((), np.int64)))
    return _Mode(*_picked(input, dim, _commonest(input._array, dim), keepdim))


def _commonest(x: np.ndarray, dim: int) -> np.ndarray:
    """Where the longest run of equal elements in each sorted line ends."""
    order = np.argsort(x, dim, kind="stable")
    lines = np.moveaxis(np.take_along_axis(x, order, dim), dim, -1)
    place = np.broadcast_to(np.arange(lines.shape[-1]), lines.shape)
    begins = np.ones(lines.shape, bool)
    begins[..., 1:] = lines[..., 1:] != lines[..., :-1]
    length = place - np.maximum.accumulate(np.where(begins, place, 0), -1)
    longest = np.expand_dims(np.argmax(length, -1), -1)
    return np.take_along_axis(order, np.moveaxis(longest, -1, dim), dim)


@composite()
def quantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
    """What a share q, from 0 to 1, of the elements along `dim` (of all without it) lies below; NaN
    if there is a NaN.  A vector q gives a first dimension.  Between two elements `interpolation`
    is "linear", "lower", "higher", "nearest" or "midpoint".

    >>> autograd.quantile(autograd.tensor([0., 1., 2., 4.]), 0.5)
    tensor(1.5000)
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation, False)


@composite()
def nanquantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
    """quantile without what is NaN; NaN where there is nothing else.

    >>> autograd.nanquantile(autograd.tensor([0., float("nan"), 1., 2.]), 0.5)
    tensor(1.)
    """
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, True)


def _quantile(name: str, input, q, dim, keepdim, way: str, nans_left_out: bool):
    shares = _shares(name, input, q, way)
    ndim = len(input.shape)
    if dim is None:
        lines = reshape(input, (-1,))
    else:
        dim = axis(name, dim, ndim)
        lines = movedim(input, dim, -1) if ndim else reshape(input, (1,))
    if not lines.shape[-1]:
        raise ValueError(f"{name}: there is no element along dim {dim} of {describe(input)}")
    found = _at_ranks(sort(lines, -1)[0], shares.reshape(-1), way, nans_left_out)
    if keepdim:
        kept = [1] * ndim if dim is None else [1 if d == dim else n
                                               for d, n in enumerate(input.shape)]
        found = reshape(found, (*kept, shares.size))
    found = movedim(found, -1, 0)
    return (found if shares.ndim else reshape(found, found.shape[1:])).clone()


def _shares(name: str, input, q, way: str) -> np.ndarray:
    """q as an array of the input's dtype."""
    if not isinstance(input, Tensor):
        raise TypeError(f"{name}: input must be a Tensor, got {describe(input)}")
    if input.dtype.kind != "f":
        raise TypeError(f"{name}: a floating dtype is needed, got {input.dtype}; use .float()")
    if way not in _WAYS:
        raise ValueError(f"{name}: interpolation {way!r}; choose one of {_WAYS}")
    if isinstance(q, Tensor) and (q.requires_grad or q.dtype != input.dtype):
        raise TypeError(f"{name}: q must be a number or {input.dtype} and has no gradient, got "
                        f"{describe(q)}; .to(input.dtype) and .detach() make it so")
    shares = np.asarray(getattr(q, "_array", q), input.dtype)
    if shares.ndim > 1 or not ((shares >= 0) & (shares <= 1)).all():
        raise ValueError(f"{name}: q must be numbers from 0 to 1, one or a vector, got {q!r:.60}")
    return shares


def _at_ranks(lines, shares: np.ndarray, way: str, nans_left_out: bool):
    """What stands at a share of each sorted line, the shares in a new last dimension."""
    values = lines._array
    last = lines.shape[-1] - 1
    count = (~np.isnan(values)).sum(-1, keepdims=True)
    if nans_left_out:
        ranks = shares * np.maximum(count - 1, 0).astype(values.dtype)
    else:
        ranks = np.where(count > last, shares * values.dtype.type(last), values.dtype.type(last))
    round_to: Any = {"lower": np.floor, "higher": np.ceil, "nearest": np.round}.get(way)
    if round_to:
        return gather(lines, -1, wrap(round_to(ranks).astype(np.int64)))
    below, above = np.floor(ranks), np.ceil(ranks)
    weight = np.full_like(ranks, 0.5) if way == "midpoint" else ranks - below
    below, above = (gather(lines, -1, wrap(r.astype(np.int64))) for r in (below, above))
    return lerp(below, above, wrap(weight.astype(values.dtype)))
