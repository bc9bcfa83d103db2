"""Rows of a table picked by index, and the gradient that goes back to them."""

from __future__ import annotations

import numpy as np

from ..errors import check_size
from ..gate import by_index
from ..record import composite, op
from ..tensors import Tensor, wrap
from .compare import where
from .index import check_range, integers, misplaced
from .shape import unsqueeze

_take, _sum_rows = by_index("take"), by_index("sum_rows")


@op(method=False, vjp=dict(
    weight=lambda g, input, weight_shape, padding_idx:
        embedding_grad(g, input, weight_shape[0], padding_idx)))
def embedding(input, weight, /, padding_idx=None):
    """The rows of weight that the indices in input name; row `padding_idx` gets no gradient.

    Shape: (*) of integers, (n, d) -> (*, d)
    Raises: IndexError for an index that is not in [0, n), with its position.

    >>> nn.functional.embedding(autograd.tensor([1, 1]), autograd.eye(2)).tolist()
    [[0.0, 1.0], [0.0, 1.0]]
    """
    if weight.ndim != 2:
        raise RuntimeError(f"embedding: weight must be (rows, columns), got {weight.shape}")
    if padding_idx is not None:
        padding_row(padding_idx, len(weight))
    try:
        return _take(weight, integers("embedding", input), 0)
    except IndexError as error:
        misplaced("embedding", error, input, len(weight), 0)


@op(method=False, vjp=dict(
    g=lambda g_out, input, padding_idx: _without_padding(g_out, input, padding_idx)))
def embedding_grad(g, input, /, rows, padding_idx=None):
    """A table of `rows` rows in which row i is the sum of those of g at the places where input
    is i; row `padding_idx` stays 0."""
    try:
        table = _sum_rows(g, input, 0, (rows, g.shape[-1]))
    except IndexError:
        wrong = input[(input < 0) | (input >= rows)][0]
        raise IndexError(f"embedding: index {wrong} names none of the table's {rows} rows; the "
                         "array of indices was overwritten after the forward pass: pass a copy of "
                         "it") from None
    if padding_idx is not None:
        table[padding_row(padding_idx, rows)] = 0
    return table


def _without_padding(g_out, input, padding_idx):
    """What embedding_grad gives back: the rows of g_out, 0 where input is the padding."""
    picked = embedding(input, g_out)
    if padding_idx is None:
        return picked
    padding = input == padding_row(padding_idx, g_out.shape[0])
    return where(unsqueeze(padding, -1), 0.0, picked)


def padding_row(padding_idx: int, rows: int) -> int:
    """`padding_idx` counted from the front; raises where the table has no such row."""
    if not -rows <= padding_idx < rows:
        raise IndexError(f"embedding: padding_idx {padding_idx} is not in [{-rows}, {rows - 1}], "
                         f"as the table has {rows} rows")
    return padding_idx % rows


@composite(method=False)
def one_hot(tensor, num_classes=-1):
    """Integers as rows that are 1 at that index and 0 elsewhere; num_classes -1 means the largest
    index and one more.  Shape: (*) -> (*, num_classes), int64

    >>> nn.functional.one_hot(autograd.tensor([0, 2]), 3).tolist()
    [[1, 0, 0], [0, 0, 1]]
    """
    indices = integers("one_hot", tensor._array if isinstance(tensor, Tensor)
                       else np.asarray(tensor))
    if num_classes == -1:
        if indices.size == 0:
            raise ValueError("one_hot: num_classes is needed where there is no index")
        largest = tensor.max().item() if isinstance(tensor, Tensor) else indices.max()
        num_classes = max(int(largest) + 1, 1)
    check_range("one_hot", indices, num_classes, indices.ndim)
    check_size("one_hot", (*indices.shape, num_classes))
    return wrap(one_hot_rows(indices, num_classes))


def one_hot_rows(indices, num_classes):
    """Rows that are 1 at an index, (*) -> (*, num_classes)."""
    encoded = np.zeros((indices.size, num_classes), np.int64)
    encoded[np.arange(indices.size), indices.reshape(-1)] = 1
    return encoded.reshape(*indices.shape, num_classes)
