"""Sums and products over dimensions, in NumPy."""

import numpy as np

from autograd.quiet import quiet

_BLOCK = 64  # numbers that are added one by one


def sum_over(x, dims, keepdims):
    """The sum of x over the dimensions `dims`.

    NumPy adds neighbours in memory pairwise, but rows one by one: these are added in blocks first.
    """
    for dim in dims:
        while x.shape[dim] > _BLOCK and x.strides[dim] != x.itemsize and not _neighbours(x, dims):
            x = _in_blocks(x, dim)
    return np.add.reduce(x, dims, x.dtype, keepdims=keepdims)


def _neighbours(x, dims):
    """Whether each sum runs over one stretch of memory."""
    return x.flags.c_contiguous and sorted(dims) == list(range(x.ndim - len(dims), x.ndim))


def _in_blocks(x, dim):
    """The sums of blocks of rows along dim, the last one of fewer."""
    before, count = x.shape[:dim], x.shape[dim] // _BLOCK
    whole = count * _BLOCK
    blocks = x[(slice(None),) * dim + (slice(whole),)]
    rest = x[(slice(None),) * dim + (slice(whole, None),)]
    blocks = blocks.reshape(*before, count, _BLOCK, *x.shape[dim + 1 :])
    sums = [np.add.reduce(blocks, dim + 1, x.dtype),
            np.add.reduce(rest, dim, x.dtype, keepdims=True)]
    return np.concatenate(sums, dim)


_TAKE = {"sum": np.asarray, "squares": np.square, "sizes": np.absolute,
         "known": lambda x: np.where(np.isnan(x), x.dtype.type(0), x)}  # fmt: skip
_EXTREMES = {"largest": np.maximum, "least": np.minimum}


def reduce_over(name, x, dims, keepdims):
    """The "sum", sum of "squares" or "sizes" or of what is "known" and no NaN, "prod", or "largest"
    or "least" number of x over the dimensions `dims`."""
    if name == "prod":
        wide = np.float64 if x.dtype.kind == "f" else x.dtype
        return np.multiply.reduce(x, dims, wide, keepdims=keepdims).astype(x.dtype)
    if name in _EXTREMES:
        return _EXTREMES[name].reduce(x, dims, keepdims=keepdims)
    return sum_over(_TAKE[name](x), dims, keepdims)


@quiet
def deviation(x, dim, freedom, root):
    """Σ (x - mean)² / freedom over dim, which is kept, or its root."""
    wide = x.astype(np.float64, "C")
    distance = wide - wide.mean(dim, keepdims=True)
    squares = np.divide(np.square(distance).sum(dim, keepdims=True), freedom)
    return (np.sqrt(squares) if root else squares).astype(x.dtype)
