"""Rows of a table picked by number, and sums of rows by number."""

import numpy as np


def embedding(indices, table):
    """The rows of table (rows, columns) that the integers in `indices` name, each in range."""
    return table[indices]


def embedding_grad(g, indices, rows):
    """A table of `rows` rows: row i is the sum of those of g (*, columns) where `indices` is i."""
    table = np.zeros((rows, g.shape[-1]), g.dtype)
    flat = indices.reshape(-1, 1) * g.shape[-1] + np.arange(g.shape[-1])
    np.add.at(table.reshape(-1), flat.reshape(-1), g.reshape(-1))  # quick for one flat index only
    return table
