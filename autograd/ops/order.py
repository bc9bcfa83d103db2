"""Extremes along a dimension, sorting, and what stands at a rank.

Results with indices come as a named pair (values, indices).  Where elements are equal the first
one counts, except in `max()`, `min()` and `median()` over everything: there they share the gradient
equally.  NaN is larger than every number, and an extreme among which it is, is NaN.
"""

from __future__ import annotations

from collections import namedtuple
from functools import cache
from typing import Any

import numpy as np

from .. import kernels
from ..errors import describe
from ..gate import is_large
from ..modes import is_grad_enabled
from ..record import composite, op
from ..tensors import Tensor
from .compare import maximum, minimum, where
from .elementwise import isnan, to
from .reduce import filled_axes, shared, sum
from .scatter import gather_along
from .shape import axis, reshape, unsqueeze, whole

_PICKED: dict[str, Any] = dict(method=False, public_extra=("indices",), extra=("places",), vjp=dict(
    input=lambda g, places, dim, keepdim, input_shape:
        _reduced_back(g, places, dim, keepdim, input_shape)))


def _reduced_back(g, places, dim, keepdim, shape):
    """The gradient of values that were picked at `places`, one along dim."""
    if not shape:
        return reshape(g, ())
    return placed(g if keepdim else unsqueeze(g, dim), places, dim % len(shape), shape)


def _sorted_back(g, places, dim, shape):
    """The gradient of values that were picked at `places`, several along dim."""
    return placed(g, places, dim % len(shape), shape) if shape else reshape(g, ())


@op(method=False, vjp=dict(g=lambda g_out, index, dim: gather_along(g_out, index, dim)))
def placed(g, index, /, dim, shape):
    """Zeros of `shape` with g where `index`, which names no place twice, says along `dim`."""
    return kernels.placed(g, index, dim, shape)


def _line(name: str, input, dim: int) -> int:
    """dim counted from the front, along which there must be something to choose from."""
    dim = axis(name, dim, input.ndim)
    if input.ndim and input.shape[dim] == 0:
        raise IndexError(f"{name}: dimension {dim} of {input.shape} is empty: there is nothing to "
                         "choose from")
    return dim


def _owned(values, places) -> tuple:
    """Values, indices for the user, who may write into them, and others for the gradient."""
    return values, places, places.copy() if is_grad_enabled() else places


def _one(pair, dim: int, keepdim: bool) -> tuple:
    """A kernel's values and places, one along dim, as `_owned`."""
    values, places = pair
    if keepdim:
        return _owned(values, places)
    kept = places.copy() if is_grad_enabled() else places
    return values.squeeze(dim), places.squeeze(dim), kept


def _itself(input) -> tuple:
    """The only element of an input without dimensions, as `_owned`."""
    return _owned(input.copy(), np.zeros((), np.int64))


def _extreme(name: str, largest: bool, input, dim, keepdim):
    dim = _line(name, input, dim)
    if not input.ndim:
        return _itself(input)
    return _one(kernels.extreme(input, dim, largest), dim, keepdim)


@op(**_PICKED)
def max_dim(input, /, dim, keepdim=False):
    """The largest values along `dim` and where they are."""
    return _extreme("max", True, input, dim, keepdim)


@op(**_PICKED)
def min_dim(input, /, dim, keepdim=False):
    """The smallest values along `dim` and where they are."""
    return _extreme("min", False, input, dim, keepdim)


@op(**_PICKED)
def median_dim(input, /, dim, keepdim=False):
    """The medians along `dim` and where they are."""
    dim = _line("median", input, dim)
    if not input.ndim:
        return _itself(input)
    return _one(kernels.ranked(input, (input.shape[dim] - 1) // 2, dim, True), dim, keepdim)


@op(vjp=dict(
    input=lambda g, input, out, dim, keepdim: shared(g, input, out, dim, keepdim)))
def amax(input, /, dim=(), keepdim=False):
    """The largest value over `dim`; equal ones share the gradient.

    Shape: (*) -> (*) without `dim`

    >>> autograd.amax(autograd.tensor([[1., 2.], [3., 6.]]), 0)
    tensor([3., 6.])
    """
    return _end("amax", "largest", np.maximum, input, dim, keepdim)


@op(vjp=dict(
    input=lambda g, input, out, dim, keepdim: shared(g, input, out, dim, keepdim)))
def amin(input, /, dim=(), keepdim=False):
    """The smallest value over `dim`; equal ones share the gradient."""
    return _end("amin", "least", np.minimum, input, dim, keepdim)


def _end(name: str, which: str, ufunc, input, dim, keepdim):
    dims = filled_axes(name, dim, input)
    if is_large(input):
        return kernels.reduce_over(which, input, dims, keepdim)
    return ufunc.reduce(input, dims, keepdims=keepdim)


@cache
def _pair(name: str) -> Any:
    return namedtuple(name, ("values", "indices"))


def _named(name: str, pair):
    """The pair under the name of the function that the user called; of arrays, values alone."""
    return _pair(name)(*pair) if isinstance(pair, tuple) else pair


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
    middle = (input.size - 1) // 2
    if input.dtype.kind != "f":
        return np.partition(input.reshape(-1), middle)[middle]
    return kernels.ranked(input.reshape(-1), middle, 0, True)[0].reshape(())


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
    return _arg("argmax", np.ndarray.argmax, input, dim, keepdim)


@op(differentiable=False)
def argmin(input, /, dim=None, keepdim=False):
    """The index of the first smallest element, in the flattened input or along `dim`."""
    return _arg("argmin", np.ndarray.argmin, input, dim, keepdim)


def _arg(name: str, choose, input, dim, keepdim):
    if dim is None:
        _something(name, input)
        return choose(input, None, keepdims=keepdim)
    dim = _line(name, input, dim)
    if input.ndim and is_large(input):
        places = kernels.extreme(input, dim, choose is np.ndarray.argmax)[1]
        return places if keepdim else places.squeeze(dim)
    return choose(input, dim, keepdims=keepdim) if input.ndim else np.zeros((), np.int64)


@op(public_extra=("indices",), extra=("places",), vjp=dict(
    input=lambda g, places, dim, input_shape: _sorted_back(g, places, dim, input_shape)))
def sort(input, /, dim=-1, descending=False, stable=False):
    """The elements in order along `dim`, and the indices they came from; equal ones keep their
    order, whether `stable` asks for it or not.

    >>> autograd.tensor([3., 1., 2.]).sort().values
    tensor([1., 2., 3.])
    """
    dim = axis("sort", dim, input.ndim)
    return _owned(*kernels.sort(input, dim, descending)) if input.ndim else _itself(input)


@op(differentiable=False)
def argsort(input, /, dim=-1, descending=False, stable=False):
    """The indices that sort the elements along `dim`; equal ones keep their order."""
    dim = axis("argsort", dim, input.ndim)
    return (kernels.sort(input, dim, descending) if input.ndim else _itself(input))[1]


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
        return _itself(input) if k else _owned(input.reshape(1)[:0], np.zeros(0, np.int64))
    return _owned(*kernels.topk(input, k, dim, largest))


@op(**{**_PICKED, "method": True})
def kthvalue(input, /, k, dim=-1, keepdim=False):
    """The k-th smallest elements along `dim`, k counting from 1, and where they are."""
    dim = _line("kthvalue", input, dim)
    size = input.shape[dim] if input.ndim else 1
    if not 1 <= whole("kthvalue", k) <= size:
        raise ValueError(f"kthvalue: k {k} does not fit dimension {dim} of size {size}; "
                         f"choose from 1 to {size}")
    if not input.ndim:
        return _itself(input)
    return _one(kernels.ranked(input, k - 1, dim, False), dim, keepdim)
