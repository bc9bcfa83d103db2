"""Sums at computed places, in float64 and in the order of the index: of slices by number, and of
elements along one dimension."""

from math import prod

import numpy as np

from autograd.kernels.reference.pick import checked, places

_SPARSE = 4  # places for each number added from which few of them are written, if there are
_MANY = 1 << 10  # so many


def sum_rows(src, index, dim, shape, negative=False, base=None):
    """base, or zeros of `shape`, with the slices of src along `dim` added at the places `index`,
    whose dimensions stand for that one."""
    index = checked(index, shape[dim], negative).reshape(-1)
    inner = prod(shape[dim + 1 :])
    numbers = np.arange(prod(shape[:dim]))[:, None] * shape[dim] + index if dim else index
    flat = numbers if inner == 1 else numbers[..., None] * inner + np.arange(inner)
    return _sums(flat, src, shape, base)


def scatter_sum(src, index, dim, shape, negative=False, base=None):
    """base, or zeros of `shape`, with src added where index says along `dim`."""
    index = checked(index, shape[dim] if shape else 1, negative)
    return _sums(places(index, dim, shape), src, shape, base)


def _sums(flat, src, shape, base):
    """base, or zeros of `shape`, with src added at the places `flat` of the flattened array."""
    flat, src, size = flat.reshape(-1), src.reshape(-1), prod(shape)
    if src.dtype.kind == "f" and size <= max(_SPARSE * flat.size, _MANY):
        sums = np.bincount(flat, src, size).reshape(shape)
        return (sums if base is None else base + sums).astype(src.dtype, copy=False)
    out = np.zeros(size, src.dtype) if base is None else base.flatten()
    if flat.size:
        numbers, sums = _sums_of_each(flat, src)
        out[numbers] = sums if base is None else out[numbers] + sums
    return out.reshape(shape)


def _sums_of_each(flat, src):
    """The places that are named, and the sum of what goes to each: of floats in float64, of
    integers and truths in their own type, where it is exact."""
    if src.dtype.kind == "f":
        numbers, which = np.unique(flat, return_inverse=True)
        return numbers, np.bincount(which, src)
    order = flat.argsort(kind="stable")
    flat = flat[order]
    first = np.flatnonzero(np.diff(flat, prepend=-1))
    return flat[first], np.add.reduceat(src[order], first, dtype=src.dtype)
