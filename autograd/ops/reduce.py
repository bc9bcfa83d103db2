"""Sums, means, products, extremes and norms over dimensions.

`dim` is None (all), one dimension or several; `keepdim=True` leaves size 1 where it reduced.
Ties: `max()`, `amax` share the gradient equally, `max(dim)` gives it to the first.
"""

from __future__ import annotations

from math import prod as _product

import numpy as np

from .. import dtypes
from ..large import total
from ..record import composite, op
from ..tensors import Tensor, wrap
from .compare import where
from .elementwise import abs, exp, isinf, log, sqrt, to
from .index import narrow
from .join import cat
from .shape import axis, expand, flip, ints, reshape, squeeze


def axes(name: str, dim, ndim: int) -> tuple[int, ...]:
    """The dimensions to reduce, counted from the front and checked."""
    if dim is None or (isinstance(dim, (tuple, list)) and not dim):
        return tuple(range(ndim))
    found = tuple(axis(name, d, ndim) for d in ints(dim))
    if len(set(found)) != len(found):
        raise ValueError(f"{name}: dim {dim} names a dimension twice")
    return found if ndim else ()


def spread(g, shape, dim, keepdim):
    """A reduction's gradient, seen at every element it was reduced from."""
    if not keepdim and len(g.shape) != len(shape):
        g = reshape(g, _kept(shape, dim))
    return expand(g, shape)


def _kept(shape, dim) -> tuple[int, ...]:
    """The shape after a reduction with keepdim."""
    reduced = axes("reduce", dim, len(shape))
    return tuple(1 if i in reduced else n for i, n in enumerate(shape))


def _count(shape, dim) -> int:
    return _product(shape[i] for i in axes("reduce", dim, len(shape)))


def _accumulator(input, dtype):
    """The dtype of a sum: the one asked for, int64 for integers, else the input's."""
    if dtype is not None:
        return dtypes.as_dtype(dtype)
    return input.dtype if input.dtype.kind == "f" else dtypes.int64


@op(broadcasts=True, vjp=dict(
    input=lambda g, input_shape, dim, keepdim: spread(g, input_shape, dim, keepdim)))
def sum(input, /, dim=None, keepdim=False, *, dtype=None):
    """The sum over `dim`; of integers and booleans as int64.

    >>> autograd.tensor([[1., 2.], [3., 4.]]).sum(dim=0)
    tensor([4., 6.])
    """
    return _summed(input, axes("sum", dim, input.ndim), keepdim, _accumulator(input, dtype))


def _summed(input, dims, keepdims, dtype):
    if dtype is input.dtype:
        return total(input, dims, keepdims)
    return np.add.reduce(input, dims, dtype, keepdims=keepdims)


@op(broadcasts=True, vjp=dict(
    input=lambda g, input_shape, dim, keepdim:
        spread(g * (1 / max(_count(input_shape, dim), 1)), input_shape, dim, keepdim)))
def mean(input, /, dim=None, keepdim=False, *, dtype=None):
    """The mean over `dim`; NaN over no elements."""
    dtype = input.dtype if dtype is None else dtypes.as_dtype(dtype)
    if dtype.kind != "f":
        raise TypeError(f"mean: a floating dtype is needed, got {dtype}; use .float() or dtype=")
    count = _count(input.shape, dim)
    summed = _summed(input, axes("mean", dim, input.ndim), keepdim, dtype)
    return summed / dtype.type(count) if count else summed * dtype.type(np.nan)


@composite()
def prod(input, dim=None, keepdim=False, *, dtype=None):
    """The product over all elements or along one dimension.

    Halves are multiplied with each other log2(n) times, so the gradient is right with zeros too.
    """
    wanted = _accumulator(input, dtype)
    if dim is None:
        shape = (1,) * len(input.shape) if keepdim else ()
        return reshape(_prod_along(reshape(to(input, wanted), (-1,)), 0), shape)
    dim = axis("prod", dim, len(input.shape))
    if not input.shape:
        return to(input, wanted)
    product = _prod_along(to(input, wanted), dim)
    return product if keepdim else squeeze(product, dim)


def _prod_along(x, dim: int):
    """The product along dim, which is kept with size 1."""
    if x.shape[dim] == 0:
        ones = np.ones([1 if i == dim else n for i, n in enumerate(x.shape)], x.dtype)
        return wrap(ones)
    while x.shape[dim] > 1:
        half, odd = divmod(x.shape[dim], 2)
        y = narrow(x, dim, 0, half) * narrow(x, dim, half, half)
        x = cat([y, narrow(x, dim, 2 * half, 1)], dim) if odd else y
    return x


@composite()
def cumprod(input, dim, *, dtype=None):
    """The products of the first 1, 2, 3, ... elements along `dim`."""
    result = to(input, _accumulator(input, dtype))
    if not input.shape:
        return result
    dim = axis("cumprod", dim, len(input.shape))
    length, step = result.shape[dim], 1
    while step < length:  # after each round an element holds the product of 2 * step before it
        tail = narrow(result, dim, step, length - step) * narrow(result, dim, 0, length - step)
        result = cat([narrow(result, dim, 0, step), tail], dim)
        step *= 2
    return result


@op(broadcasts=True, vjp=dict(
    input=lambda g, dim: flip(cumsum(flip(g, (dim,)), dim), (dim,)) if g.shape else g))
def cumsum(input, /, dim, *, dtype=None):
    """The sums of the first 1, 2, 3, ... elements along `dim`."""
    dim = axis("cumsum", dim, input.ndim)
    dtype = _accumulator(input, dtype)
    return np.add.accumulate(input, dim, dtype) if input.ndim else input.astype(dtype)


@composite()
def var(input, dim=None, unbiased=True, keepdim=False, *, correction=None):
    """The variance over `dim`: the mean squared distance from the mean, with n - correction (by
    default n - 1) in place of n.

    >>> autograd.tensor([1., 2., 3., 4.]).var()
    tensor(1.6667)
    """
    return var_mean(input, dim, unbiased, keepdim, correction=correction)[0]


@composite()
def std(input, dim=None, unbiased=True, keepdim=False, *, correction=None):
    """The standard deviation, the root of var; where it is 0 its gradient is 0."""
    variance = var(input, dim, unbiased, keepdim, correction=correction)
    zero = variance == 0
    return where(zero, 0.0, sqrt(where(zero, 1.0, variance)))


@composite(method=False)
def var_mean(input, dim=None, unbiased=True, keepdim=False, *, correction=None):
    """The pair of var and mean over `dim`."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if input.dtype.kind != "f":
        raise TypeError(f"var: a floating dtype is needed, got {input.dtype}; use .float()")
    if correction is None:
        correction = 1 if unbiased else 0
    center = mean(input, dim, True)
    count = _count(input.shape, dim) - correction
    distance = input - center
    total = sum(distance * distance, dim, keepdim)
    variance = total / count if count > 0 else total * (np.inf if count else np.nan)
    if not keepdim:
        center = reshape(center, variance.shape)
    return variance, center


@op(vjp=dict(
    input=lambda g, input, out, dim, keepdim: _shared(g, input, out, dim, keepdim)))
def amax(input, /, dim=(), keepdim=False):
    """The largest value over `dim`; equal ones share the gradient."""
    return np.maximum.reduce(input, _filled_axes("amax", dim, input), keepdims=keepdim)


@op(vjp=dict(
    input=lambda g, input, out, dim, keepdim: _shared(g, input, out, dim, keepdim)))
def amin(input, /, dim=(), keepdim=False):
    """The smallest value over `dim`; equal ones share the gradient."""
    return np.minimum.reduce(input, _filled_axes("amin", dim, input), keepdims=keepdim)


def _filled_axes(name: str, dim, input) -> tuple[int, ...]:
    """The dimensions to reduce, along which there must be elements to choose from."""
    reduced = axes(name, dim, input.ndim)
    if not _count(input.shape, dim):
        raise IndexError(f"{name}: there is no element along dim {reduced} of {input.shape} to "
                         "choose; test numel() first, or give the dim that has some")
    return reduced


def _shared(g, input, out, dim, keepdim):
    """The gradient of an extreme, divided equally among the elements that attain it."""
    dim = None if dim == () else dim
    chosen = to(input == spread(out, input.shape, dim, keepdim), g.dtype)
    count = sum(chosen, dim, True)
    return chosen * spread(g / reshape(count, g.shape), input.shape, dim, keepdim)


@op(differentiable=False)
def any(input, /, dim=None, keepdim=False):
    """Whether any element is true (not 0); of uint8 as uint8, as in PyTorch."""
    found = np.any(input, axes("any", dim, input.ndim), keepdims=keepdim)
    return found.astype(np.uint8) if input.dtype == np.uint8 else found


@op(differentiable=False)
def all(input, /, dim=None, keepdim=False):
    """Whether all elements are true (not 0); of uint8 as uint8, as in PyTorch."""
    found = np.all(input, axes("all", dim, input.ndim), keepdims=keepdim)
    return found.astype(np.uint8) if input.dtype == np.uint8 else found


@composite()
def logsumexp(input, dim, keepdim=False):
    """log Σ eˣ over `dim`, without overflow.

    >>> round(autograd.tensor([1000., 1000.]).logsumexp(0).item(), 3)
    1000.693
    """
    if _count(input.shape, dim):
        largest = amax(input.detach() if isinstance(input, Tensor) else input, dim, True)
        largest = where(isinf(largest), 0.0, largest)
    else:
        largest = 0.0  # the logarithm of an empty sum, -inf, needs no shift
    total = log(sum(exp(input - largest), dim, True)) + largest
    return total if keepdim else reshape(total, _without(input.shape, dim))


def _without(shape, dim) -> tuple[int, ...]:
    reduced = axes("reduce", dim, len(shape))
    return tuple(n for i, n in enumerate(shape) if i not in reduced)


@composite()
def norm(input, p="fro", dim=None, keepdim=False, *, dtype=None):
    """(Σ |x|ᵖ)^(1/p) over `dim`; p may be a number, inf, -inf, 0 (the count of non-zeros) or
    "fro" (p = 2).  Where the norm is 0 its gradient is 0."""
    if dtype is not None:
        input = to(input, dtype)
    p = 2 if p == "fro" else p
    if isinstance(p, str):
        raise ValueError(f"norm: p {p!r}; choose a number, inf, -inf or 'fro'")
    size = abs(input)
    if p == np.inf:
        return amax(size, dim or (), keepdim)
    if p == -np.inf:
        return amin(size, dim or (), keepdim)
    if p == 0:
        return sum(to(input != 0, input.dtype), dim, keepdim)
    if p == 1:
        return sum(size, dim, keepdim)
    total = sum(input * input if p == 2 else _power(size, p), dim, keepdim)
    zero = total == 0
    return where(zero, 0.0, where(zero, 1.0, total) ** (1 / p))


def _power(size, p):
    """size ** p with gradient 0 at 0 also where p < 1 makes it infinite."""
    if not 0 < p < 1:
        return size ** p
    zero = size == 0
    return where(zero, 0.0, where(zero, 1.0, size) ** p)
