"""What has been the largest, the smallest, or the log of the sum of exponentials so far."""

from __future__ import annotations

import numpy as np

from .. import dtypes
from ..kernels.rounding import rounded_once
from ..record import composite, op
from ..tensors import wrap
from .compare import where
from .elementwise import exp
from .index import narrow
from .join import cat
from .named import named
from .scatter import gather
from .shape import axis

_Most = named("cummax", "values indices")
_Least = named("cummin", "values indices")


@composite()
def cummax(input, dim):
    """The pair (values, indices) of the largest of the first 1, 2, 3, ... elements along `dim`, the
    last of equal ones; NaN from the first NaN on.

    >>> autograd.cummax(autograd.tensor([1., 3., 2., 3.]), 0).indices
    tensor([0, 1, 1, 3])
    """
    return _Most(*_extremes("cummax", np.maximum, input, dim))


@composite()
def cummin(input, dim):
    """The pair (values, indices) of the smallest of the first 1, 2, 3, ... elements along `dim`,
    the last of equal ones; NaN from the first NaN on.

    >>> autograd.cummin(autograd.tensor([3., 1., 2.]), 0).values
    tensor([3., 1., 1.])
    """
    return _Least(*_extremes("cummin", np.minimum, input, dim))


def _extremes(name: str, ufunc, input, dim: int) -> tuple:
    dim = axis(name, dim, len(input.shape))
    if not input.shape:
        return input.clone(), wrap(np.zeros((), np.int64))
    x = input._array
    chosen = (x == ufunc.accumulate(x, dim)) | (x != x)
    along = np.arange(x.shape[dim]).reshape([-1 if d == dim else 1 for d in range(x.ndim)])
    places = wrap(np.maximum.accumulate(np.where(chosen, along, 0), dim))
    return gather(input, dim, places), places


@op(vjp=dict(input=lambda g, input, out, dim: _shared_out(g, input, out, dim)))
def logcumsumexp(input, /, dim):
    """log Σ eˣ of the first 1, 2, 3, ... elements along `dim`, without overflow.

    >>> autograd.logcumsumexp(autograd.tensor([0., 0.]), 0)
    tensor([0.0000, 0.6931])
    """
    dim = axis("logcumsumexp", dim, input.ndim)
    if input.dtype.kind != "f":
        input = input.astype(dtypes.get_default_dtype())
    return _accumulated(input, dim) if input.ndim else input.copy()


@rounded_once
def _accumulated(x, dim):
    return np.logaddexp.accumulate(x, dim)


def _shared_out(g, input, out, dim: int):
    """eˣ⁻ʸ s of results y, where s = g + eʸ⁻ʸ' s' of the next one, y' and s'."""
    if not input.shape:
        return g
    dim = dim % len(input.shape)
    n, step, s = input.shape[dim], 1, g
    decay = _weight(narrow(out, dim, 0, max(n - 1, 0)), narrow(out, dim, min(n, 1), max(n - 1, 0)))
    while step < n:  # after each round s reaches over 2 * step elements
        more = narrow(decay, dim, 0, n - step) * narrow(s, dim, step, n - step)
        s = cat([narrow(s, dim, 0, n - step) + more, narrow(s, dim, n - step, step)], dim)
        if 2 * step < n:
            left = n - 2 * step
            decay = narrow(decay, dim, 0, left) * narrow(decay, dim, step, left)
        step *= 2
    return s * _weight(input, out)


def _weight(x, out):
    """eˣ⁻ʸ, 0 for what is nothing, and 1 for what equals an infinite y."""
    gone, same = x == -np.inf, x == out
    return where(gone, 0.0, where(same, 1.0, exp(x - out))) if _infinite(out) else exp(x - out)


def _infinite(out) -> bool:
    return not np.isfinite(getattr(out, "_array", out)).all()
