"""The operations, one family a file; importing this package declares them all."""

from . import (
    activation,
    arithmetic,
    compare,
    cross_entropy,
    dropout,
    einsum,
    elementwise,
    embedding,
    index,
    join,
    linalg,
    loss,
    order,
    reduce,
    scatter,
    shape,
)

__all__ = [
    "activation", "arithmetic", "compare", "cross_entropy", "dropout", "einsum", "elementwise",
    "embedding", "index", "join", "linalg", "loss", "order", "reduce", "scatter", "shape",
]
