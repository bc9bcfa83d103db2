"""Rows of a table picked by number, and sums of rows by number."""

import numpy as np


def embedding(indices, table):
    """The rows of table (rows, columns) that the integers in `indices` name, each in range."""
    return table[indices]


def check_indices(indices, rows):
    """Raises IndexError for an index that is none of [0, rows): the forward pass saw another."""
    wrong = (indices < 0) | (indices >= rows)
    if wrong.any():
        raise IndexError(
            f"embedding: index {int(indices[wrong][0])} names none of the table's {rows} rows; the "
            "array of indices was overwritten after the forward pass: pass a copy of it"
        )


def rounded(table, numbers, dtype):
    """A table of zeros but for its rows with these numbers, as another dtype."""
    if table.dtype == dtype:
        return table
    if numbers.size >= len(table):
        return table.astype(dtype)
    found = np.zeros(table.shape, dtype)  # whose other rows are never touched
    found[numbers] = table[numbers]
    return found


def embedding_grad(g, indices, rows):
    """A table of `rows` rows: row i is the sum of those of g (*, columns) where `indices` is i."""
    check_indices(indices, rows)
    columns, numbers = g.shape[-1], indices.reshape(-1).astype(np.int64, copy=False)
    flat = numbers if columns == 1 else numbers[:, None] * columns + np.arange(columns)
    sums = np.bincount(flat.reshape(-1), g.reshape(-1), rows * columns)  # in float64
    return rounded(sums.reshape(rows, columns), numbers, g.dtype)
