"""Elements mixed along dimensions by tables: what interpolation and padding have in common with
their gradients, which are mixtures by the transposed tables.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod

import numpy as np

from ..gate import resampled
from ..kernels.rounding import rounded_once
from ..record import op
from .shape import reshape

KEPT = 1 << 14  # sizes up to which a table is kept for the next call
_SMALL = 1 << 9  # elements of planes up to which they are as quickly picked one by one


class Table:
    """How the elements along a dimension of size n are mixed: entry i of the result is the sum of
    those at places[starts[i]:starts[i + 1]] by their weights, each 1 where there are none."""

    __slots__ = ("n", "entries", "_transposed")

    def __init__(self, n: int, starts: np.ndarray, places: np.ndarray,
                 weights: np.ndarray | None = None) -> None:
        self.n = n
        self.entries = starts, places, weights
        self._transposed: Table | None = None

    @classmethod
    def of_places(cls, n: int, places: np.ndarray) -> Table:
        """The table that picks elements."""
        return cls(n, np.arange(len(places) + 1), places.astype(np.int64, copy=False))

    @property
    def size(self) -> int:
        """How many elements come out."""
        return len(self.entries[0]) - 1

    @property
    def picks(self) -> bool:
        """Whether each element that comes out is one that went in."""
        starts, _, weights = self.entries
        return weights is None and bool((np.diff(starts) == 1).all())

    def transposed(self) -> Table:
        """The table that adds each element of the result, by its weights, to what it came from."""
        if self._transposed is None:
            starts, places, weights = self.entries
            order = np.argsort(places, kind="stable")
            ends = np.bincount(places, minlength=self.n).cumsum()
            self._transposed = Table(self.size, np.concatenate([[0], ends]),
                                     np.repeat(np.arange(self.size), np.diff(starts))[order],
                                     None if weights is None else weights[order])
            self._transposed._transposed = self
        return self._transposed


@op(method=False, vjp=dict(input=lambda g, tables: mixture(
    g, tuple([(dim, table.transposed()) for dim, table in tables]))))
def mixture(input, /, tables):
    """input mixed along some dims; `tables` holds (dim, Table), the first dim first."""
    return _mixed(input, tables)


@rounded_once
def _mixed(input, tables):
    small = max([table.size + table.n for _, table in tables], default=0) <= KEPT
    steps = (_steps if small else _steps.__wrapped__)(input.shape, tables)
    for planes, rows, columns, sizes in steps:
        input = resampled(reshape(input, planes), rows, columns).reshape(sizes)
    return input


@lru_cache(512)
def _steps(shape: tuple, tables: tuple) -> list[tuple]:
    """What is to be done: (planes, entries of the rows' table, of the columns', sizes after it)."""
    steps, sizes, rest, last = [], list(shape), list(tables), len(shape) - 1
    while rest:
        dim, table = rest.pop(0)
        rows: Table | None = None if dim == last else table
        columns: Table | None = table if dim == last else None
        if rest and rest[0][0] == dim + 1 == last:  # both at once
            columns = rest.pop()[1]
        first = min(dim, last - 1)
        planes = (prod(sizes[:first]), sizes[first], prod(sizes[first + 1:])) if last else (
            1, 1, *sizes)
        if rows is not None:
            sizes[dim] = rows.size
        if columns is not None:
            sizes[last] = columns.size
        small = sizes[first] * sizes[last] <= _SMALL
        if small and rows and columns and rows.picks and columns.picks:
            columns = _product(rows, columns)
            rows, planes = None, (planes[0], 1, columns.n)
        steps.append((planes, rows and rows.entries, columns and columns.entries, tuple(sizes)))
    return steps


def _product(rows: Table, columns: Table) -> Table:
    """The table that picks from planes as from one row."""
    places = rows.entries[1][:, None] * columns.n + columns.entries[1]
    return Table.of_places(rows.n * columns.n, places.reshape(-1))
