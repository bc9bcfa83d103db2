"""Tables looked up by index, with the options that change the table or its gradient."""

from __future__ import annotations

import numpy as np

from autograd import Tensor, no_grad
from autograd.boundary import guarded
from autograd.errors import describe
from autograd.ops import embedding as tables
from autograd.ops import embedding_bag as bags
from autograd.replayed import replayed


@guarded
def embedding(input: Tensor, weight: Tensor, padding_idx: int | None = None,
              max_norm: float | None = None, norm_type: float = 2.0,
              scale_grad_by_freq: bool = False, sparse: bool = False) -> Tensor:
    """The rows of weight that the indices in input name; row `padding_idx` gets no gradient.

    `max_norm` first shrinks the rows that are named, in place, to that p-norm, where p is
    `norm_type`.  `scale_grad_by_freq` divides a row's gradient by how often input names it.
    Shape: (*) of integers, (n, d) -> (*, d)
    Raises: IndexError for an index that is not in [0, n), with its position.

    >>> import autograd, nn
    >>> nn.functional.embedding(autograd.tensor([1]), autograd.eye(2) * 4, max_norm=1.0).tolist()
    [[0.0, 1.0]]
    """
    refuse_sparse("embedding", sparse)
    if max_norm is not None:
        limit_rows(weight, input, max_norm, norm_type)
    rows = tables.embedding(input, weight, padding_idx)
    return bags.shared_by_index(rows, index=input.numpy()) if scale_grad_by_freq else rows


@guarded
def embedding_bag(input: Tensor, weight: Tensor, offsets: Tensor | None = None,
                  max_norm: float | None = None, norm_type: float = 2.0,
                  scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False,
                  per_sample_weights: Tensor | None = None, include_last_offset: bool = False,
                  padding_idx: int | None = None) -> Tensor:
    """The "sum", "mean" or "max" of the rows of weight that each bag of indices names; 0 for an
    empty bag.  Indices equal to `padding_idx` count as absent.

    A row of a matrix of indices is a bag; of a vector, bag i begins at offsets[i], and with
    `include_last_offset` the last offset ends the last bag.  `per_sample_weights` scale what a
    "sum" adds.  `max_norm`, `norm_type` and `scale_grad_by_freq` are as for `embedding`.
    Shape: (N, L), or (n) and offsets (N); weight (rows, d) -> (N, d)
    Raises: ValueError where arguments do not fit together, RuntimeError for offsets that do not
        begin at 0, fall, or reach beyond input, IndexError for an index that names no row.
    """
    refuse_sparse("embedding_bag", sparse)
    if max_norm is not None:
        limit_rows(weight, input, max_norm, norm_type)
    return bags.embedding_bag(input, weight, offsets, mode, per_sample_weights,
                              include_last_offset, padding_idx, scale_grad_by_freq)


@replayed
def limit_rows(weight: Tensor, input: Tensor, max_norm: float, norm_type: float) -> None:
    """Scale the rows of weight that input names, in place, by max_norm / (norm + 1e-7) where their
    norm is larger."""
    if not isinstance(input, Tensor) or input.dtype.kind not in "iu":
        raise TypeError(f"embedding: index must be a Tensor of integers, got {describe(input)}")
    named = np.unique(input.numpy())
    named = named[(named >= 0) & (named < len(weight))]  # the look-up tells of others
    with no_grad():
        norms = weight.detach()[named].norm(float(norm_type), 1)
        large = np.flatnonzero(norms.numpy() > max_norm)
        if large.size:
            factors = float(max_norm) / (norms[large] + 1e-7)
            weight[named[large]] = weight[named[large]] * factors.unsqueeze(-1)


def refuse_sparse(name: str, sparse: bool) -> None:
    """Raise where gradients are asked to be sparse tensors."""
    if sparse:
        raise NotImplementedError(f"{name}: sparse gradients are not supported; leave sparse out: "
                                  "the gradient is a dense tensor then")
