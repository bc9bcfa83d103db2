"""Elements picked and written at computed places: slices by number, and elements along one
dimension."""

from math import prod

import numpy as np

_INT64 = np.dtype(np.int64)
FEW = 32  # numbers whose ends Python finds sooner than NumPy


def checked(index, size, negative=False):
    """An index as int64, counted from the front.

    Raises IndexError where it names none of `size` places; `negative` ones count from the end."""
    if index.dtype is not _INT64:
        index = index.astype(np.int64, copy=False)
    if index.size < FEW:
        numbers = index.ravel().tolist() or (0,)
        low, high = min(numbers), max(numbers) if index.size else -1
    else:
        low, high = index.min(initial=0), index.max(initial=-1)
    if low < (-size if negative else 0) or high >= size:
        raise IndexError(f"an index names none of {size} places")
    return np.where(index < 0, index + size, index) if low < 0 else index


def places(index, dim, shape):
    """Where, in a flattened array of `shape`, the elements lie that `index` names along `dim`;
    along all other dimensions an element stays where it is."""
    flat = index * prod(shape[dim + 1 :])
    for d, n in enumerate(index.shape):
        if d != dim and n > 1:
            steps = np.arange(n) * prod(shape[d + 1 :])
            flat += steps.reshape(steps.shape + (1,) * (index.ndim - d - 1))
    return flat


def take(x, index, dim, negative=False):
    """The slices of x at the places `index` along `dim`, which index's dimensions replace."""
    return x.take(checked(index, x.shape[dim], negative), dim)


def gather_along(x, index, dim, negative=False):
    """out[i, j] = x[i, index[i, j]] for dim = 1, and likewise for other dimensions."""
    index = checked(index, x.shape[dim] if x.ndim else 1, negative)
    return x.reshape(-1).take(places(index, dim, x.shape))


def scatter_along(x, index, src, dim):
    """A copy of x with src, of index's shape or 0-d, where index says along `dim`; of several
    written to one place the last one stays."""
    out = x.flatten()
    out[places(checked(index, x.shape[dim] if x.ndim else 1), dim, x.shape)] = src
    return out.reshape(x.shape)


def scatter_src_grad(g, index, dim):
    """The elements of g that index names along `dim`, 0 where a later one names the same."""
    flat = places(checked(index, g.shape[dim] if g.ndim else 1), dim, g.shape)
    number, board = np.arange(flat.size).reshape(flat.shape), np.empty(g.size, np.int64)
    board[flat] = number
    return np.where(board[flat] == number, g.reshape(-1).take(flat), g.dtype.type(0))
