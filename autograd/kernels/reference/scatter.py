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


def embedding_grad(g, indices, rows):
    """A table of `rows` rows: row i is the sum of those of g (*, columns) where `indices` is i."""
    check_indices(indices, rows)
    table = np.zeros((rows, g.shape[-1]), g.dtype)
    flat = indices.reshape(-1, 1) * g.shape[-1] + np.arange(g.shape[-1])
    np.add.at(table.reshape(-1), flat.reshape(-1), g.reshape(-1))  # quick for one flat index only
    return table
