"""What is sent to computed places multiplied, or the largest or smallest of it."""

import numpy as np

from autograd.kernels.reference.pick import checked, places

_FOLDS = {"prod": np.multiply, "amax": np.maximum, "amin": np.minimum}


def _targets(index, dim, shape, sent):
    """Where in a flattened array of `shape` the elements of an array of the shape `sent` go."""
    index = checked(index, shape[dim])
    if index.ndim < len(shape):
        index = np.broadcast_to(index.reshape((-1,) + (1,) * (len(sent) - dim - 1)), sent)
    return places(index, dim, shape).reshape(-1)


def _neutral(name, dtype):
    """What changes no number that it meets."""
    if name == "prod":
        return dtype.type(1)
    if dtype.kind == "f":
        return dtype.type(-np.inf if name == "amax" else np.inf)
    if dtype.kind == "b":
        return name == "amin"
    limits = np.iinfo(dtype)
    return limits.min if name == "amax" else limits.max


def scatter_fold(x, index, src, dim, name, own):
    """x in which the elements of src are multiplied (`name` "prod"), or the largest ("amax") or
    smallest ("amin") is taken, of all that index sends to a place along `dim`, and of x's own if
    `own`. index has the shape of src, or is a vector of numbers of its slices."""
    targets = _targets(index, dim, x.shape, src.shape)
    out = x.flatten()
    if not own:
        out[targets] = _neutral(name, x.dtype)
    _FOLDS[name].at(out, targets, src.reshape(-1))
    return out.reshape(x.shape)


def ranked(targets):
    """The places that are named, and for each of the targets which of those it is and how many of
    the same came before it."""
    named, row, count = np.unique(targets, return_inverse=True, return_counts=True)
    rank = np.empty(row.size, np.int64)
    rank[np.argsort(row, kind="stable")] = np.arange(row.size) - np.repeat(
        np.cumsum(count) - count, count)
    return named, row, rank


def scatter_prod_grad(g, index, x, src, dim, own):
    """What the products, whose gradient is g, give back to x and to src: g times all others."""
    targets = _targets(index, dim, x.shape, src.shape)
    named, row, rank = ranked(targets)
    factors = np.ones((named.size, rank.max(initial=-1) + 3), x.dtype)
    factors[:, 1] = x.reshape(-1)[named] if own else 1
    factors[row, rank + 2] = src.reshape(-1)
    before = np.multiply.accumulate(factors, 1)[:, :-1]
    factors[:, 0] = 1
    after = np.multiply.accumulate(np.roll(factors, -1, 1)[:, ::-1], 1)[:, -2::-1]
    others = g.reshape(-1)[named, None] * before * after
    to_x = g.flatten()
    to_x[named] = others[:, 0] if own else 0
    return to_x.reshape(x.shape), others[row, rank + 1].reshape(src.shape)
