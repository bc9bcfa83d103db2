"""Products over dimensions, and running sums and products."""

from __future__ import annotations

import numpy as np

from .. import dtypes, kernels
from ..gate import is_large
from ..record import composite, op
from .elementwise import to
from .index import narrow
from .join import cat
from .reduce import accumulator
from .shape import axis, flip, reshape, unsqueeze

_WIDER = {dtypes.float16: dtypes.float64, dtypes.float32: dtypes.float64}


@composite()
def prod(input, dim=None, keepdim=False, *, dtype=None):
    """The product over all elements or along one dimension, in float64.

    Shape: (*) -> (*) without `dim`; () where it is not given

    >>> autograd.prod(autograd.tensor([2., 3., 4.]))
    tensor(24.)
    """
    wanted = accumulator(input, dtype)
    if input.dtype is not wanted:
        input = to(input, wanted)
    if dim is not None:
        dim = axis("prod", dim, input.ndim) if input.shape else None
    return _prod(input, dim, keepdim)


@op(method=False, vjp=dict(
    input=lambda g, input, dim, keepdim: _prod_back(g, input, dim, keepdim)))
def _prod(input, /, dim, keepdim):
    if is_large(input):
        dims = tuple(range(input.ndim)) if dim is None else (dim,)
        return kernels.reduce_over("prod", input, dims, keepdim)
    wide = _WIDER.get(input.dtype)
    found = np.multiply.reduce(input, dim, wide, keepdims=keepdim)
    return found if wide is None else found.astype(input.dtype)


def _prod_back(g, input, dim, keepdim):
    if dim is None:
        found = others(reshape(g, (1,)), reshape(input, (-1,)), 0)
        return reshape(found, input.shape)
    return others(g if keepdim else unsqueeze(g, dim), input, dim)


def others(g, x, dim: int):
    """g times the product of all other elements along dim."""
    if isinstance(g, np.ndarray):
        return kernels.prod_grad(g, x, dim)
    return g * _before(x, dim) * flip(_before(flip(x, (dim,)), dim), (dim,))


def _before(x, dim: int):
    """The products of all elements before each one along dim."""
    if x.shape[dim] == 0:
        return x
    one = narrow(x, dim, 0, 1).detach() * 0 + 1
    return cumprod(cat([one, narrow(x, dim, 0, x.shape[dim] - 1)], dim), dim)


@op(broadcasts=True, inplace=True,
    vjp=dict(input=lambda g, input, dim: _cumprod_back(g, input, dim)))
def cumprod(input, /, dim, *, dtype=None):
    """The products of the first 1, 2, 3, ... elements along `dim`, in float64.

    Shape: (*) -> (*)

    >>> autograd.cumprod(autograd.tensor([1., 2., 3.]), 0)
    tensor([1., 2., 6.])
    """
    return _running("cumprod", np.multiply, input, dim, dtype)


def _running(name: str, ufunc, input, dim: int, dtype, *back):
    dim = axis(name, dim, input.ndim)
    dtype = accumulator(input, dtype)
    if not input.ndim:
        return input.astype(dtype)
    if is_large(input):
        return getattr(kernels, name)(input.astype(dtype, copy=False), dim, *back)
    found = ufunc.accumulate(input, dim, _WIDER.get(dtype, dtype))
    return found.astype(dtype, "C", copy=False)


def _cumprod_back(g, input, dim: int):
    """Each element's gradient: the product of all before, times s = g + x' s' of the next one."""
    if not input.shape:
        return g
    dim, x = dim % input.ndim, to(input, g.dtype)
    if isinstance(g, np.ndarray):
        return kernels.cumprod_grad(g, x, dim)
    n, step, s = x.shape[dim], 1, g
    factors = narrow(x, dim, 1, max(n - 1, 0)) if n else x
    while step < n:  # after each round s reaches over 2 * step elements
        more = narrow(factors, dim, 0, n - step) * narrow(s, dim, step, n - step)
        s = cat([narrow(s, dim, 0, n - step) + more, narrow(s, dim, n - step, step)], dim)
        if 2 * step < n:
            left = n - 2 * step
            factors = narrow(factors, dim, 0, left) * narrow(factors, dim, step, left)
        step *= 2
    return s * _before(x, dim)


@op(broadcasts=True, inplace=True,
    vjp=dict(input=lambda g, dim: cumsum_back(g, dim) if g.shape else g))
def cumsum(input, /, dim, *, dtype=None):
    """The sums of the first 1, 2, 3, ... elements along `dim`, in float64.

    Shape: (*) -> (*)

    >>> autograd.cumsum(autograd.tensor([1., 2., 3.]), 0)
    tensor([1., 3., 6.])
    """
    return _running("cumsum", np.add, input, dim, dtype, False)


@op(method=False, vjp=dict(g=lambda g_out, dim: cumsum(g_out, dim)))
def cumsum_back(g, /, dim):
    """The sums of the last ..., 3, 2, 1 elements along dim."""
    dim = axis("cumsum", dim, g.ndim)
    if is_large(g):
        return kernels.cumsum(g, dim, True)
    turned = np.flip(g, dim)
    return np.flip(np.add.accumulate(turned, dim, _WIDER.get(g.dtype)), dim).astype(g.dtype, "C")
