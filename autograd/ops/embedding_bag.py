"""Bags of rows of a table, each reduced to one, and gradients divided by how often a row is named.
"""

from __future__ import annotations

import numpy as np

from ..errors import describe
from ..record import composite, op
from ..tensors import wrap
from .compare import where
from .embedding import embedding, embedding_grad, padding_row
from .index import integers
from .scatter import gather
from .shape import reshape, unsqueeze

_NAME = "embedding_bag"


@op(method=False, vjp=dict(input=lambda g, index: _divided(g, index)))
def shared_by_index(input, /, *, index):
    """The rows of input as they are; in the gradient each is divided by how often the number at
    its place of `index` is there."""
    return input.copy()


def _divided(g, index):
    _, place, counts = np.unique(index, return_inverse=True, return_counts=True)
    share = 1 / counts[place.reshape(index.shape)]
    return g * share[..., None].astype(g.dtype)


@composite(method=False)
def embedding_bag(input, weight, offsets=None, mode="mean", per_sample_weights=None,
                  include_last_offset=False, padding_idx=None, scale_grad_by_freq=False):
    """The "sum", "mean" or "max" of the rows of weight that each bag of indices names; 0 for an
    empty bag.  Indices equal to `padding_idx` count as absent.

    A row of a matrix of indices is a bag; of a vector, bag i begins at offsets[i], and with
    `include_last_offset` the last offset ends the last bag.  `per_sample_weights` scale what a
    "sum" adds.  `scale_grad_by_freq` divides a row's gradient by how often input names it.
    Shape: (N, L), or (n) and offsets (N); weight (rows, d) -> (N, d)
    Raises: ValueError where arguments do not fit together, RuntimeError for offsets that do not
        begin at 0, fall, or reach beyond input, IndexError for an index that names no row.

    >>> indices, begins = autograd.tensor([0, 1, 1]), autograd.tensor([0, 2])
    >>> nn.functional.embedding_bag(indices, autograd.eye(2), begins, mode="sum").tolist()
    [[1.0, 1.0], [0.0, 1.0]]
    """
    _check(input, weight, offsets, mode, per_sample_weights, scale_grad_by_freq)
    indices = integers(_NAME, input._array)
    if indices.ndim == 2:
        bags, owners = len(indices), np.repeat(np.arange(len(indices)), indices.shape[1])
    else:
        bags, owners = _owners(indices, offsets, include_last_offset)
    flat = indices.reshape(-1)[:len(owners)]
    scale = None if per_sample_weights is None else reshape(per_sample_weights, (-1,))
    kept = np.arange(len(owners))
    if padding_idx is not None:
        kept = np.flatnonzero(flat != padding_row(padding_idx, len(weight)))
    if len(kept) < indices.size:
        flat, owners = flat[kept], owners[kept]
        scale = None if scale is None else scale[kept]
    rows = embedding(wrap(flat), weight)
    if scale_grad_by_freq:
        rows = shared_by_index(rows, index=flat)
    if scale is not None:
        rows = rows * unsqueeze(scale, -1)
    return _reduced(rows, owners, bags, mode)


def _check(input, weight, offsets, mode, per_sample_weights, scale_grad_by_freq) -> None:
    if mode not in ("sum", "mean", "max"):
        raise ValueError(f"{_NAME}: mode {mode!r}; choose 'sum', 'mean' or 'max'")
    if weight.ndim != 2:
        raise ValueError(f"{_NAME}: weight must be (rows, columns), got {describe(weight)}")
    if input.ndim not in (1, 2):
        raise ValueError(f"{_NAME}: input must be (N, L), or (n) with offsets, got "
                         f"{describe(input)}")
    if input.ndim == 2 and offsets is not None:
        raise ValueError(f"{_NAME}: the rows of input {tuple(input.shape)} are the bags; leave "
                         "offsets out")
    if input.ndim == 1 and (offsets is None or offsets.ndim != 1):
        raise ValueError(f"{_NAME}: input {tuple(input.shape)} needs offsets, a vector of where "
                         f"each bag begins, got {describe(offsets)}")
    if per_sample_weights is None:
        pass
    elif mode != "sum":
        raise NotImplementedError(f"{_NAME}: per_sample_weights need mode='sum', got {mode!r}")
    elif per_sample_weights.shape != input.shape:
        raise ValueError(f"{_NAME}: per_sample_weights {describe(per_sample_weights)} must have "
                         f"the shape of input, {tuple(input.shape)}")
    if scale_grad_by_freq and mode == "max":
        raise ValueError(f"{_NAME}: scale_grad_by_freq does not fit mode='max', whose gradient "
                         "goes to one row of the bag")


def _owners(indices: np.ndarray, offsets, include_last: bool) -> tuple[int, np.ndarray]:
    """How many bags there are, and the bag of each index."""
    starts = integers(_NAME, offsets._array)
    ends = starts[1:] if include_last else np.append(starts[1:], len(indices))
    starts = starts[:len(ends)]
    sizes = ends - starts
    if (starts[:1] != 0).any() or (sizes < 0).any() or (ends > len(indices)).any():
        raise RuntimeError(f"{_NAME}: offsets must begin at 0, rise, and end within the "
                           f"{len(indices)} indices, got {offsets.tolist()}")
    return len(ends), np.repeat(np.arange(len(ends)), sizes)


def _reduced(rows, owners: np.ndarray, bags: int, mode: str):
    """The rows of each bag as one."""
    sizes = np.bincount(owners, minlength=bags)
    if mode == "max" and owners.size:
        place = _first_largest(rows.detach()._array, owners, sizes)
        return where((sizes > 0)[:, None], gather(rows, 0, wrap(place)), 0.0)
    total = embedding_grad(rows, wrap(owners), bags)
    if mode == "sum":
        return total
    return total / np.maximum(sizes, 1)[:, None].astype(rows.dtype)


def _first_largest(rows: np.ndarray, owners: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """(bags, d): where in each bag the largest, or NaN, stands first; 0 for an empty bag."""
    full = sizes > 0
    starts = (np.cumsum(sizes) - sizes)[full]
    largest = np.repeat(np.maximum.reduceat(rows, starts), sizes[full], 0)
    at = np.where((rows == largest) | np.isnan(rows), np.arange(len(rows))[:, None], len(rows))
    place = np.zeros((len(sizes), rows.shape[1]), np.int64)
    place[full] = np.minimum.reduceat(at, starts)
    return place
