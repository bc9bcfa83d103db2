"""Sorting and selecting along a dimension, in NumPy.  NaN is larger than every number."""

import numpy as np


def _taken(x, places, dim):
    return np.take_along_axis(x, places, dim), places


def _order(x, dim, descending):
    """The places that sort x along dim; equal elements keep their order."""
    if not descending:
        return np.argsort(x, dim, "stable")
    return x.shape[dim] - 1 - np.flip(np.argsort(np.flip(x, dim), dim, "stable"), dim)


def sort(x, dim, descending):
    """x in order along dim and the places it came from; equal ones keep their order."""
    return _taken(x, _order(x, dim, descending), dim)


def topk(x, k, dim, largest):
    """The k largest or smallest along dim, in order, and their places."""
    places = _order(x, dim, largest)[(slice(None),) * dim + (slice(k),)]
    return _taken(x, np.ascontiguousarray(places), dim)


def ranked(x, rank, dim, nan_first):
    """The element of a rank, counted from 0, along dim, which is kept, and its place; the first NaN
    if that shall go first."""
    places = _order(x, dim, False).take([rank], dim)
    if nan_first and x.dtype.kind == "f":
        lost = np.isnan(x)
        first = lost.argmax(dim, keepdims=True)
        places = np.where(np.take_along_axis(lost, first, dim), first, places)
    return _taken(x, places, dim)


def extreme(x, dim, largest):
    """The first largest or smallest element along dim, which is kept, and its place."""
    return _taken(x, (np.argmax if largest else np.argmin)(x, dim, keepdims=True), dim)


def placed(g, places, dim, shape):
    """Zeros of a shape with g where `places`, none twice in a line along dim, says."""
    out = np.zeros(shape, g.dtype)
    np.put_along_axis(out, places, g, dim)
    return out
