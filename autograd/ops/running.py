"""Products over dimensions, and running sums and products."""

from __future__ import annotations

import numpy as np

from .. import dtypes
from ..record import composite, op
from .elementwise import to
from .index import narrow
from .join import cat
from .reduce import accumulator, sum, wide_dtype
from .shape import axis, clone, flip, owned, reshape, squeeze


@composite()
def prod(input, dim=None, keepdim=False, *, dtype=None):
    """The product over all elements or along one dimension.

    Halves are multiplied with each other log2(n) times, so the gradient is right with zeros too.

    Shape: (*) -> (*) without `dim`; () where it is not given

    >>> autograd.prod(autograd.tensor([2., 3., 4.]))
    tensor(24.)
    """
    wanted = accumulator(input, dtype)
    factors = to(input, wide_dtype(wanted))
    if dim is None:
        shape = (1,) * len(input.shape) if keepdim else ()
        return owned(to(reshape(_prod_along(reshape(factors, (-1,)), 0), shape), wanted))
    dim = axis("prod", dim, len(input.shape))
    product = _prod_along(factors, dim) if input.shape else clone(factors)
    return owned(to(product if keepdim or not input.shape else squeeze(product, dim), wanted))


def _prod_along(x, dim: int):
    """The product along dim, which is kept with size 1."""
    if x.shape[dim] < 2:
        return sum(x, dim, True) if x.shape[dim] else sum(x, dim, True) + 1
    while x.shape[dim] > 1:
        half, odd = divmod(x.shape[dim], 2)
        y = narrow(x, dim, 0, half) * narrow(x, dim, half, half)
        x = cat([y, narrow(x, dim, 2 * half, 1)], dim) if odd else y
    return x


@composite()
def cumprod(input, dim, *, dtype=None):
    """The products of the first 1, 2, 3, ... elements along `dim`."""
    wanted = accumulator(input, dtype)
    result = to(input, wide_dtype(wanted))
    dim = axis("cumprod", dim, len(input.shape))
    length, step = result.shape[dim] if input.shape else 1, 1
    if length < 2:
        return to(clone(result), wanted)
    while step < length:  # after each round an element holds the product of 2 * step before it
        tail = narrow(result, dim, step, length - step) * narrow(result, dim, 0, length - step)
        result = cat([narrow(result, dim, 0, step), tail], dim)
        step *= 2
    return to(result, wanted)


_WIDER = {dtypes.float16: dtypes.float32, dtypes.float32: dtypes.float64}


@op(broadcasts=True, vjp=dict(
    input=lambda g, dim: flip(cumsum(flip(g, (dim,)), dim), (dim,)) if g.shape else g))
def cumsum(input, /, dim, *, dtype=None):
    """The sums of the first 1, 2, 3, ... elements along `dim`, added up in the next wider dtype.

    Shape: (*) -> (*)

    >>> autograd.cumsum(autograd.tensor([1., 2., 3.]), 0)
    tensor([1., 3., 6.])
    """
    dim = axis("cumsum", dim, input.ndim)
    dtype = accumulator(input, dtype)
    if not input.ndim:
        return input.astype(dtype)
    return np.add.accumulate(input, dim, _WIDER.get(dtype, dtype)).astype(dtype, copy=False)
