"""Diagonals and triangles of matrices: what lies on, below or above a diagonal."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..gate import formula
from ..record import composite, op
from .shape import clone, distinct, whole

_where = formula("where")
_KEPT = 1 << 18  # elements of a matrix up to which its triangle is kept for the next call


@op(view=True, vjp=dict(
    input=lambda g, offset, dim1, dim2, input_shape:
        diagonal_grad(g, offset, dim1, dim2, input_shape)))
def diagonal(input, /, offset=0, dim1=0, dim2=1):
    """The elements whose indices along dim1 and dim2 differ by `offset`, as the last dimension of
    a view.

    >>> autograd.arange(6).reshape(2, 3).diagonal(1)
    tensor([1, 5])
    """
    dim1, dim2 = _two_dims("diagonal", dim1, dim2, input.ndim)
    shown = input.diagonal(offset, dim1, dim2)
    if input.flags.writeable:
        shown.flags.writeable = True  # NumPy's is read-only for historical reasons
    return shown


_diagonal = diagonal


def _two_dims(name: str, dim1: int, dim2: int, ndim: int) -> list[int]:
    if ndim < 2:
        raise ValueError(f"{name}: at least 2 dimensions are needed, got {ndim}")
    return distinct(name, (dim1, dim2), ndim)


@op(method=False, vjp=dict(
    g=lambda g_out, offset, dim1, dim2: diagonal(g_out, offset, dim1, dim2)))
def diagonal_grad(g, /, offset, dim1, dim2, shape):
    """Zeros of `shape` with g on the diagonal."""
    out = np.zeros(shape, g.dtype)
    diagonal(out, offset, dim1, dim2)[...] = g
    return out


@composite()
def diag(input, diagonal=0):
    """A matrix with the vector input on its diagonal, or a copy of a matrix's diagonal.

    `diagonal` counts from the main one, positive numbers upwards.
    """
    if input.ndim not in (1, 2):
        raise ValueError(f"diag: a vector or a matrix is needed, got {tuple(input.shape)}")
    if input.ndim == 2:
        return clone(_diagonal(input, diagonal))
    n = input.shape[0] + abs(diagonal)
    return diagonal_grad(input, diagonal, 0, 1, (n, n))


@op(inplace=True, vjp=dict(input=lambda g, diagonal: tril(g, diagonal)))
def tril(input, /, diagonal=0):
    """Input with 0 above the given diagonal of its last two dimensions."""
    return _where(_below("tril", input, diagonal), input, input.dtype.type(0))


@op(inplace=True, vjp=dict(input=lambda g, diagonal: triu(g, diagonal)))
def triu(input, /, diagonal=0):
    """Input with 0 below the given diagonal of its last two dimensions."""
    return _where(_below("triu", input, diagonal - 1), input.dtype.type(0), input)


def _below(name: str, input, diagonal: int) -> np.ndarray:
    """Where a matrix lies on or below a diagonal."""
    if input.ndim < 2:
        raise ValueError(f"{name}: at least 2 dimensions are needed, got {input.shape}")
    rows, columns = input.shape[-2:]
    make = _triangle if rows * columns <= _KEPT else _triangle.__wrapped__
    return make(rows, columns, whole(name, diagonal))


@lru_cache(16)
def _triangle(rows: int, columns: int, diagonal: int) -> np.ndarray:
    return np.tri(rows, columns, k=diagonal, dtype=bool)
