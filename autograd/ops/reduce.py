"""Sums, means, variances, extremes and norms over dimensions.

`dim` is None (all), one dimension or several; `keepdim=True` leaves size 1 where it reduced.
Ties: `max()`, `amax` share the gradient equally, `max(dim)` gives it to the first.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod as _product

import numpy as np

from .. import dtypes, kernels
from ..errors import describe, no_floats
from ..gate import formula, is_large, total
from ..kernels.rounding import rounded_once
from ..record import composite, op
from .compare import where
from .elementwise import abs, exp, isinf, isnan, safe_mul, sign, to
from .nuclear import nuclear
from .shape import axis, expand, ints, movedim, reshape

_EVERY = [tuple(range(ndim)) for ndim in range(65)]  # NumPy has arrays of up to 64 dimensions
_SPREAD = 1 << 16  # numbers from which sweeps on two threads are quicker than one line
_minus, _times = formula("sub", np.subtract), formula("mul", np.multiply)


def axes(name: str, dim, ndim: int) -> tuple[int, ...]:
    """The dimensions to reduce, counted from the front and checked."""
    if dim.__class__ is int and ndim:
        return (dim % ndim if -ndim <= dim < ndim else axis(name, dim, ndim),)
    if dim is None or (isinstance(dim, (tuple, list)) and not dim):
        return _EVERY[ndim]
    found = tuple(axis(name, d, ndim) for d in ints(dim))
    if len(set(found)) != len(found):
        raise ValueError(f"{name}: dim {dim} names a dimension twice")
    return found if ndim else ()


def spread(g, shape, dim, keepdim):
    """A reduction's gradient, seen at every element it was reduced from."""
    if not keepdim and g.ndim != len(shape):
        g = reshape(g, _kept(shape, dim))
    return expand(g, shape)


def _kept(shape, dim) -> tuple[int, ...]:
    """The shape after a reduction with keepdim."""
    reduced = axes("reduce", dim, len(shape))
    return tuple(1 if i in reduced else n for i, n in enumerate(shape))


def _count(shape, dim) -> int:
    if dim is None:
        return _product(shape)
    return _product([shape[i] for i in axes("reduce", dim, len(shape))])


def accumulator(input, dtype):
    """The dtype of a sum: the one asked for, int64 for integers, else the input's."""
    if dtype is not None:
        return dtypes.asked_dtype(dtype, input.dtype)
    return input.dtype if input.dtype.kind in "fc" else dtypes.int64


@op(broadcasts=True, vjp=dict(
    input=lambda g, input_shape, dim, keepdim: spread(g, input_shape, dim, keepdim)))
def sum(input, /, dim=None, keepdim=False, *, dtype=None):
    """The sum over `dim`; of integers and booleans as int64.

    >>> autograd.tensor([[1., 2.], [3., 4.]]).sum(dim=0)
    tensor([4., 6.])
    """
    dims = axes("sum", dim, input.ndim)
    if dtype is None and input.dtype.kind == "f":
        return total(input, dims, keepdim)
    return _summed(input, dims, keepdim, accumulator(input, dtype))


def _summed(input, dims, keepdims, dtype):
    if dtype.kind != "f":
        return np.add.reduce(input, dims, dtype, keepdims=keepdims)
    return total(input if input.dtype is dtype else input.astype(dtype), dims, keepdims)


@op(broadcasts=True, vjp=dict(
    input=lambda g, input_shape, dim, keepdim:
        spread(g * (1 / max(_count(input_shape, dim), 1)), input_shape, dim, keepdim)))
def mean(input, /, dim=None, keepdim=False, *, dtype=None):
    """The mean, Σ x / n, over `dim`; NaN over no elements.

    Shape: (*) -> (*) without `dim`; () where it is not given

    >>> autograd.mean(autograd.tensor([[1., 2.], [3., 6.]]), 0)
    tensor([2., 4.])
    """
    dtype = input.dtype if dtype is None else dtypes.asked_dtype(dtype, input.dtype)
    if dtype.kind not in "fc":
        raise TypeError(f"mean: a floating dtype is needed, got {dtype}; use .float() or dtype=")
    wide = wide_dtype(dtype)
    count = _count(input.shape, dim)
    summed = _summed(input, axes("mean", dim, input.ndim), keepdim, wide)
    found = summed / wide.type(count) if count else summed * wide.type(np.nan)
    return found if wide is dtype else found.astype(dtype)


def wide_dtype(dtype):
    """The dtype to compute in."""
    return dtypes.float32 if dtype is dtypes.float16 else dtype


@composite()
def var(input, dim=None, unbiased=True, keepdim=False, *, correction=None):
    """The variance over `dim`: the mean squared distance from the mean, with n - correction (by
    default n - 1) in place of n; infinite or NaN where that is not above 0.

    >>> autograd.tensor([1., 2., 3., 4.]).var()
    tensor(1.6667)
    """
    return _var(input, *_spread_settings("var", input, dim, unbiased, correction), keepdim)


@composite()
def std(input, dim=None, unbiased=True, keepdim=False, *, correction=None):
    """The standard deviation, the root of var; where it is 0 its gradient is 0.

    Shape: (*) -> (*) without `dim`; () where it is not given

    >>> autograd.std(autograd.tensor([1., 2., 4.]))
    tensor(1.5275)
    """
    return _std(input, *_spread_settings("std", input, dim, unbiased, correction), keepdim)


@composite(method=False)
def var_mean(input, dim=None, unbiased=True, keepdim=False, *, correction=None):
    """The pair of variance and mean over `dim`, as `var` and `mean` give them."""
    dim, correction = _spread_settings("var_mean", input, dim, unbiased, correction)
    return _var(input, dim, correction, keepdim), mean(input, dim, keepdim)


def _spread_settings(name: str, input, dim, unbiased, correction) -> tuple:
    """The dim and the correction that the arguments of var, in their three forms, stand for."""
    if input.dtype.kind != "f":
        raise TypeError(no_floats(name, input.dtype))
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    return dim, (1 if unbiased else 0) if correction is None else correction


@op(method=False, vjp=dict(
    input=lambda g, input, dim, correction, keepdim: spread(g, input.shape, dim, keepdim)
        * _scaled(_centered(input, dim), 2, _freedom(input.shape, dim, correction))))
def _var(input, /, dim, correction, keepdim):
    return _deviation(input, axes("var", dim, input.ndim),
                      _freedom(input.shape, dim, correction), keepdim, False)


@op(method=False, vjp=dict(
    input=lambda g, input, out, dim, correction, keepdim: spread(g, input.shape, dim, keepdim)
        * _scaled(_centered(input, dim) / _divisor(out, input.shape, dim, keepdim), 1,
                  _freedom(input.shape, dim, correction))))
def _std(input, /, dim, correction, keepdim):
    return _deviation(input, axes("std", dim, input.ndim),
                      _freedom(input.shape, dim, correction), keepdim, True)


def _freedom(shape, dim, correction):
    """The degrees of freedom: what the sum of squares is divided by."""
    return max(_count(shape, dim) - correction, 0)


def _centered(input, dim):
    """The distances from the mean, and from theirs: the first one was rounded."""
    distance = input - mean(input, dim, True)
    return distance - mean(distance, dim, True)


def _scaled(distance, factor, freedom):
    """distance * factor / freedom; without freedom infinite, or NaN where the distance is 0."""
    return distance * (factor / freedom) if freedom else abs(distance) * np.inf


def _divisor(out, shape, dim, keepdim):
    """A norm or deviation as what its gradient is divided by: 1 where it is 0."""
    return spread(where(out == 0, 1.0, out), shape, dim, keepdim)


@rounded_once
def _deviation(x, dims, freedom, keepdims, root: bool):
    """The variance of an array or its root, also where squares leave the range of its type."""
    line = _as_line(x, dims)
    if line is not None:
        return kernels.deviation(*line, freedom, root).reshape(_left(x.shape, dims, keepdims))
    exponent = 0
    squares = _squared_distances(x, dims)
    if not _comfortable(squares):
        exponent = _exponent(np.maximum.reduce(np.absolute(x), dims, keepdims=True, initial=0))
        squares = _squared_distances(np.ldexp(x, -exponent), dims)
    found = squares / x.dtype.type(freedom)
    found = np.ldexp(np.sqrt(found), exponent) if root else np.ldexp(found, 2 * exponent)
    return found.reshape(_left(x.shape, dims, keepdims))


def _as_line(x, dims):
    """The array and the one dimension that stands for `dims`, where a kernel in float64 is quicker
    than sweeps of several: of float32, in lines of neighbours or small."""
    if x.dtype is not dtypes.float32 or not x.size:
        return None
    kept = x.ndim - len(dims)
    if x.size >= _SPREAD if not kept else is_large(x) and dims != _EVERY[x.ndim][kept:]:
        return None
    if len(dims) == 1:
        return x, dims[0]
    x = x.transpose(*[i for i in range(x.ndim) if i not in dims], *dims)
    return x.reshape(*x.shape[:kept], -1), kept


def _squared_distances(x, dims):
    """Σ (x - m)² with the mean m, which is rounded: what that adds is taken off."""
    count = x.dtype.type(_product(x.shape[i] for i in dims))
    distance = _minus(x, total(x, dims, True) / count)
    rest = total(distance, dims, True)
    squares = total(_times(distance, distance), dims, True)
    return np.maximum(squares - rest * (rest / count), 0)


_FEW = 32  # sums that Python compares before NumPy has begun
_COMFORT = {dtypes.float32: (2.0**-100, 2.0**120), dtypes.float64: (2.0**-960, 2.0**1000)}


def _comfortable(sums) -> bool:
    """Whether sums of powers lie where no power of weight was lost, nor infinite."""
    low, high = _COMFORT[sums.dtype]
    if sums.size < _FEW:
        return not [value for value in sums.ravel().tolist() if not low < value < high]
    least, largest = np.minimum.reduce, np.maximum.reduce
    return low < least(sums, None, initial=1) and largest(sums, None, initial=1) < high


def _exponent(size):
    """e such that size is below 2**e, and at least half of it."""
    return np.frexp(np.where(np.isfinite(size), size, 0))[1]


@lru_cache(512)
def _left(shape, dims, keepdims) -> tuple[int, ...]:
    """The shape after a reduction."""
    return tuple([1 if i in dims else n for i, n in enumerate(shape) if keepdims or i not in dims])


def filled_axes(name: str, dim, input) -> tuple[int, ...]:
    """The dimensions to reduce, along which there must be elements to choose from."""
    reduced = axes(name, dim, input.ndim)
    if not input.size and not _product(input.shape[i] for i in reduced):
        raise IndexError(f"{name}: there is no element along dim {reduced} of {input.shape} to "
                         "choose; test numel() first, or give the dim that has some")
    return reduced


def shared(g, input, out, dim, keepdim):
    """The gradient of an extreme, divided equally among the elements that attain it; where it is
    NaN, among those that are."""
    dim = None if dim == () else dim
    chosen = (input == spread(out, input.shape, dim, keepdim)) | isnan(input)
    count = sum(to(chosen, g.dtype), dim, keepdim)
    return where(chosen, spread(g / count, input.shape, dim, keepdim), 0.0)


@op(differentiable=False)
def any(input, /, dim=None, keepdim=False):
    """Whether any element is true (not 0); of uint8 as uint8, as in PyTorch."""
    found = np.logical_or.reduce(input, axes("any", dim, input.ndim), bool, None, keepdim)
    return found.astype(np.uint8) if input.dtype == np.uint8 else found


@op(differentiable=False)
def all(input, /, dim=None, keepdim=False):
    """Whether all elements are true (not 0); of uint8 as uint8, as in PyTorch."""
    found = np.logical_and.reduce(input, axes("all", dim, input.ndim), bool, None, keepdim)
    return found.astype(np.uint8) if input.dtype == np.uint8 else found


@op(vjp=dict(
    input=lambda g, input, out, dim, keepdim: _share_out(g, input, out, dim, keepdim)))
def logsumexp(input, /, dim, keepdim=False):
    """log Σ eˣ over `dim`, without overflow; where it is infinite, the elements that are so share
    the gradient.

    >>> round(autograd.tensor([1000., 1000.]).logsumexp(0).item(), 3)
    1000.693
    """
    dims = axes("logsumexp", dim, input.ndim)
    if input.dtype.kind != "f":
        input = input.astype(dtypes.get_default_dtype())
    return _logsumexp(input, dims, keepdim)


@rounded_once
def _logsumexp(x, dims, keepdims):
    largest = np.maximum.reduce(x, dims, keepdims=True, initial=-np.inf)
    largest = np.where(np.isfinite(largest), largest, x.dtype.type(0))
    found = np.log(total(exp(x - largest), dims, True)) + largest
    return found.reshape(_left(x.shape, dims, keepdims))


def _share_out(g, input, out, dim, keepdim):
    """g eˣ / Σ eˣ; the sum is taken again, as logsumexp's result was rounded."""
    whole = spread(out, input.shape, dim, keepdim)
    shares = exp(input - whole)
    if any(isinf(out)):
        shares = where(isinf(whole), to(input == whole, shares.dtype), shares)
    part = g / sum(shares, dim, keepdim)
    return safe_mul(spread(part, input.shape, dim, keepdim), shares)


@composite()
def norm(input, p="fro", dim=None, keepdim=False, *, dtype=None):
    """(Σ |x|ᵖ)^(1/p) over `dim`; p may be a number, inf, -inf, 0 (the count of non-zeros), "fro"
    (p = 2), or "nuc" (the sum of singular values over two dims).  At 0 the gradient is 0.

    Shape: (*) -> (*) without `dim`; () where it is not given

    >>> autograd.norm(autograd.tensor([3., 4.]))
    tensor(5.)
    """
    input = input if dtype is None else to(input, dtype)
    if p == "nuc":
        return _nuclear_norm(input, dim, keepdim)
    if isinstance(p, str) and p != "fro":
        raise ValueError(f"norm: p {p!r}; choose a number, inf, -inf, 'fro' or 'nuc'")
    sizes = abs(input) if input.dtype.kind == "c" else input
    return _norm(sizes, 2 if p == "fro" else p, dim, keepdim)


def _nuclear_norm(input, dim, keepdim):
    dims = axes("norm", dim, input.ndim)
    if len(dims) != 2 or input.dtype.kind != "f":
        raise ValueError("norm: p 'nuc' is of floating matrices, and linalg.matrix_norm of complex "
                         f"ones; give dim two dimensions, got dim={dim} for {describe(input)}")
    found = nuclear(movedim(input, dims, (-2, -1)))
    return reshape(found, _kept(input.shape, dim)) if keepdim else found


@op(method=False, vjp=dict(
    input=lambda g, input, out, p, dim, keepdim: _norm_grad(g, input, out, p, dim, keepdim)))
def _norm(input, /, p, dim, keepdim):
    dims = axes("norm", dim, input.ndim)
    if input.dtype.kind != "f":
        raise TypeError(no_floats("norm", input.dtype))
    if p < 0 or p == np.inf:
        filled_axes("norm", dim, input)
    return _norm_of(input, p, dims, keepdim)


_EXTREMES = (np.inf, -np.inf)


@rounded_once
def _norm_of(x, p, dims, keepdims):
    """The norm of an array, also where powers leave the range of its type."""
    if p == 0:
        return total((x != 0).astype(x.dtype), dims, keepdims)
    if p == 1 and is_large(x):
        return kernels.reduce_over("sizes", x, dims, keepdims)
    size = x if p == 2 else np.absolute(x)
    if p == 1:
        return total(size, dims, keepdims)
    if p in _EXTREMES:
        extreme, least = (np.maximum, 0) if p > 0 else (np.minimum, np.inf)
        return extreme.reduce(size, dims, keepdims=keepdims, initial=least)
    exponent = None
    sums = kernels.reduce_over("squares", x, dims, True) if p == 2 and is_large(x) else total(
        size * size if p == 2 else size ** p, dims, True)
    if not _comfortable(sums):
        exponent = _exponent(_norm_of(x, np.copysign(np.inf, p), dims, True))
        sums = total(np.ldexp(size, -exponent) ** p, dims, True)
    found = np.sqrt(sums) if p == 2 else sums ** (1 / p)
    if exponent is not None:
        found = np.ldexp(found, exponent)
    return found.reshape(_left(x.shape, dims, keepdims))


def _norm_grad(g, input, out, p, dim, keepdim):
    """g sign(x) (|x| / norm)ᵖ⁻¹, and 0 for x = 0."""
    if p == 0:
        return None
    if p in _EXTREMES:
        return shared(g, abs(input), out, dim, keepdim) * sign(input)
    g = spread(g, input.shape, dim, keepdim)
    if p == 1:
        return g * sign(input)
    ratio = input / _divisor(out, input.shape, dim, keepdim)
    if p == 2:
        return g * ratio
    zero = input == 0
    slope = abs(where(zero, 1.0, ratio)) ** (p - 1) * sign(input)
    return g * where(zero, 0.0, slope)
