"""Extremes along a dimension, sorting, and what stands at a rank.

Results with indices come as a named pair (values, indices).  Where elements are equal the first
one counts, except in `max()`, `min()` and `median()` over everything: there they share the gradient
equally.  NaN is larger than every number, and an extreme among which it is, is NaN.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from ..errors import describe
from ..record import composite, op
from ..tensors import Tensor
from .compare import maximum, minimum, where
from .elementwise import isnan, to
from .reduce import amax, amin, sum
from .scatter import gather_along, scatter_sum
from .shape import axis, reshape, unsqueeze, whole

_PICKED: dict[str, Any] = dict(method=False, public_extra=("indices",), extra=("places",), vjp=dict(
    input=lambda g, places, dim, keepdim, input_shape:
        _reduced_back(g, places, dim, keepdim, input_shape)))


def _reduced_back(g, places, dim, keepdim, shape):
    """The gradient of values that were picked at `places`, one along dim."""
    if not shape:
        return reshape(g, ())
    return scatter_sum(g if keepdim else unsqueeze(g, dim), places, dim % len(shape), shape)


def _sorted_back(g, places, dim, shape):
    """The gradient of values that were picked at `places`, several along dim."""
    return scatter_sum(g, places, dim % len(shape), shape) if shape else reshape(g, ())


def _line(name: str, input, dim: int) -> int:
    """dim counted from the front, along which there must be something to choose from."""
    dim = axis(name, dim, input.ndim)
    if input.ndim and input.shape[dim] == 0:
        raise IndexError(f"{name}: dimension {dim} of {input.shape} is empty: there is nothing to "
                         "choose from")
    return dim


def _picked(input, places, dim: int, keepdim: bool):
    """Values and indices at `places`, which has size 1 along dim, and a copy of the latter: the
    user may write into the indices."""
    if not input.ndim:
        return input.copy(), np.zeros((), np.int64), places
    values = gather_along(input, places, dim)
    if keepdim:
        return values, places, places.copy()
    return values.squeeze(dim), places.squeeze(dim), places.copy()


def _extreme(name: str, choose, input, dim, keepdim):
    dim = _line(name, input, dim)
    return _picked(input, choose(input, dim or 0, keepdims=True), dim, keepdim)


@op(**_PICKED)
def max_dim(input, /, dim, keepdim=False):
    """The largest values along `dim` and where they are."""
    return _extreme("max", np.argmax, input, dim, keepdim)


@op(**_PICKED)
def min_dim(input, /, dim, keepdim=False):
    """The smallest values along `dim` and where they are."""
    return _extreme("min", np.argmin, input, dim, keepdim)


@op(**_PICKED)
def median_dim(input, /, dim, keepdim=False):
    """The medians along `dim` and where they are."""
    dim = _line("median", input, dim)
    places = _ranked(input, (input.shape[dim] - 1) // 2 if input.ndim else 0, dim)
    if input.dtype.kind == "f" and input.ndim:
        lost = np.isnan(input)
        places = np.where(lost.any(dim, keepdims=True), lost.argmax(dim, keepdims=True), places)
    return _picked(input, places, dim, keepdim)


_NAMED = {name: namedtuple(name, ("values", "indices"))
          for name in ("max", "min", "median")}


def _named(name: str, pair):
    """The pair under the name of the function that the user called; of arrays, values alone."""
    return _NAMED[name](*pair) if isinstance(pair, tuple) else pair


@composite()
def max(input, dim=None, keepdim=False, *, other=None):
    """The largest element; with `dim` the pair (values, indices) along it; with a second tensor
    the larger of each two, as maximum.

    >>> autograd.tensor([[1., 3.], [4., 2.]]).max(dim=1).indices
    tensor([1, 0])
    """
    return _three_forms("max", (amax, max_dim, maximum), input, dim, keepdim, other)


@composite()
def min(input, dim=None, keepdim=False, *, other=None):
    """The smallest element; with `dim` the pair (values, indices) along it; with a second tensor
    the smaller of each two, as minimum.

    >>> autograd.min(autograd.tensor([3., 1., 2.]))
    tensor(1.)
    """
    return _three_forms("min", (amin, min_dim, minimum), input, dim, keepdim, other)


def _three_forms(name: str, forms: tuple, input, dim, keepdim, other):
    of_all, along, of_two = forms
    if isinstance(dim, Tensor):
        dim, other = None, dim
    if other is not None:
        return of_two(input, other)
    if dim is not None:
        return _named(name, along(input, dim, keepdim))
    _something(name, input)
    return of_all(input)


def _something(name: str, input) -> None:
    if 0 in input.shape:
        raise RuntimeError(f"{name}: {describe(input)} has no elements to choose from; "
                           "give a dim that is not empty")


@composite()
def median(input, dim=None, keepdim=False):
    """The middle element, the lower one of two; with `dim` the pair (values, indices) along it.

    NaN if there is a NaN.

    >>> autograd.tensor([4., 1., 3., 2.]).median()
    tensor(2.)
    """
    if dim is None:
        return median_all(input)
    return _named("median", median_dim(input, dim, keepdim))


@op(method=False, vjp=dict(input=lambda g, input, out: _shared(g, input, out)))
def median_all(input, /):
    """The lower median of all elements."""
    if input.size == 0:
        if input.dtype.kind != "f":
            raise ValueError("median: there is no median of no integers")
        return input.dtype.type(np.nan)
    if input.dtype.kind == "f" and np.isnan(input).any():
        return input.dtype.type(np.nan)
    middle = (input.size - 1) // 2
    return np.partition(input.reshape(-1), middle)[middle]


def _shared(g, input, out):
    """The gradient divided equally among the elements that equal the result."""
    chosen = (input == out) | (isnan(input) & isnan(out))
    return where(chosen, g / sum(to(chosen, g.dtype)), 0.0)


@op(differentiable=False)
def argmax(input, /, dim=None, keepdim=False):
    """The index of the first largest element, in the flattened input or along `dim`.

    Shape: (*) -> (*) without `dim`; () where it is not given

    >>> autograd.argmax(autograd.tensor([[1., 5.], [7., 2.]]), 1)
    tensor([1, 0])
    """
    return _arg("argmax", np.argmax, input, dim, keepdim)


@op(differentiable=False)
def argmin(input, /, dim=None, keepdim=False):
    """The index of the first smallest element, in the flattened input or along `dim`."""
    return _arg("argmin", np.argmin, input, dim, keepdim)


def _arg(name: str, choose, input, dim, keepdim):
    if dim is None:
        _something(name, input)
        return choose(input, None, keepdims=keepdim)
    dim = _line(name, input, dim)
    return choose(input, dim, keepdims=keepdim) if input.ndim else np.zeros((), np.int64)


def _order(input, dim: int, descending: bool) -> np.ndarray:
    """The indices that sort input along dim; equal elements keep their order."""
    if not input.ndim:
        return np.zeros((), np.int64)
    if not descending:
        return np.argsort(input, dim, "stable")
    return input.shape[dim] - 1 - np.flip(np.argsort(np.flip(input, dim), dim, "stable"), dim)


def _ranked(input, rank: int, dim: int) -> np.ndarray:
    """The index of the element of a rank along dim, which is kept with size 1."""
    return _order(input, dim, False).take([rank], dim) if input.ndim else np.zeros((), np.int64)


@op(public_extra=("indices",), extra=("places",), vjp=dict(
    input=lambda g, places, dim, input_shape: _sorted_back(g, places, dim, input_shape)))
def sort(input, /, dim=-1, descending=False, stable=False):
    """The elements in order along `dim`, and the indices they came from; equal ones keep their
    order, whether `stable` asks for it or not.

    >>> autograd.tensor([3., 1., 2.]).sort().values
    tensor([1., 2., 3.])
    """
    return _taken(input, _order(input, axis("sort", dim, input.ndim), descending), dim)


def _taken(input, places, dim: int):
    """Values and indices at `places`, and a copy of the latter: the user may write into it."""
    if not input.ndim:
        return input.copy(), places, places.copy()
    return gather_along(input, places, dim % input.ndim), places, places.copy()


@op(differentiable=False)
def argsort(input, /, dim=-1, descending=False, stable=False):
    """The indices that sort the elements along `dim`; equal ones keep their order."""
    return _order(input, axis("argsort", dim, input.ndim), descending)


@op(public_extra=("indices",), extra=("places",), vjp=dict(
    input=lambda g, places, dim, input_shape: _sorted_back(g, places, dim, input_shape)))
def topk(input, /, k, dim=-1, largest=True, sorted=True):
    """The k largest (or smallest) elements along `dim`, the first being the most extreme, and the
    indices they came from; they are in order whether `sorted` asks for it or not.

    >>> autograd.tensor([3., 1., 2.]).topk(2).indices
    tensor([0, 2])
    """
    dim = axis("topk", dim, input.ndim)
    size = input.shape[dim] if input.ndim else 1
    if not 0 <= k <= size:
        raise ValueError(f"topk: k {k} does not fit dimension {dim} of size {size}")
    if not input.ndim:
        return _taken(input if k else input.reshape(1)[:0], np.zeros(() if k else 0, np.int64), 0)
    places = _order(input, dim, largest)
    return _taken(input, places[(slice(None),) * dim + (slice(k),)].copy(), dim)


@op(**{**_PICKED, "method": True})
def kthvalue(input, /, k, dim=-1, keepdim=False):
    """The k-th smallest elements along `dim`, k counting from 1, and where they are."""
    dim = _line("kthvalue", input, dim)
    size = input.shape[dim] if input.ndim else 1
    if not 1 <= whole("kthvalue", k) <= size:
        raise ValueError(f"kthvalue: k {k} does not fit dimension {dim} of size {size}; "
                         f"choose from 1 to {size}")
    return _picked(input, _ranked(input, k - 1, dim), dim, keepdim)
