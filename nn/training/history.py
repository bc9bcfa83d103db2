"""What was measured in each epoch."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Iterable, Iterator, Mapping

from autograd.errors import Constructed, did_you_mean
from autograd.files import replacing

from .curves import plot

Number = int | float


_SHRINK = {"loss", "error", "perplexity", "mse", "mae", "rmse"}
_GROW = {"accuracy", "acc", "precision", "recall", "f1", "auc", "r2", "score"}


def direction(who: str, monitor: str, mode: str | None) -> str:
    """Whether the least or the largest number of a column is the best: "min" or "max", as given or
    as the column's name tells."""
    if mode in ("min", "max"):
        return mode
    words = {*str(monitor).lower().split("_")}
    if mode is None and bool(words & _SHRINK) != bool(words & _GROW):
        return "min" if words & _SHRINK else "max"
    told = f"monitor={monitor!r} does not tell it" if mode is None else f"got {mode!r}"
    raise ValueError(f"{who}: mode must be 'min' (as for a loss) or 'max' (as for an accuracy); "
                     f"{told}")


class History(Constructed):
    """A row of numbers for each epoch, a dict by the names of the columns.

    Rows of a Trainer have epoch, seconds, lr, loss and the metrics; those of the validation data
    begin with `val_`.

    Raises: KeyError for a column that is not there, with the nearest name.

    >>> history = nn.training.History([{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}])
    >>> history["loss"], history.best("loss")
    ([0.5, 0.25], {'epoch': 2, 'loss': 0.25})
    """

    def __init__(self, rows: Iterable[Mapping[str, Number]] = ()) -> None:
        self.rows: list[dict[str, Number]] = [dict(row) for row in rows]

    def append(self, row: Mapping[str, Number]) -> None:
        """Add the row of one more epoch."""
        self.rows.append(dict(row))

    @property
    def columns(self) -> list[str]:
        """The names, in the order in which they first occur."""
        return list(dict.fromkeys(name for row in self.rows for name in row))

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Number]]:
        return iter(self.rows)

    def __getitem__(self, column: str) -> list[Number]:
        """The numbers of a column, NaN where a row has none."""
        if column not in self.columns:
            near = did_you_mean(str(column), self.columns)
            raise KeyError(f"History: no column {column!r}{near}; there are "
                           f"{', '.join(self.columns) or 'none yet'}")
        return [row.get(column, math.nan) for row in self.rows]

    def best(self, monitor: str, mode: str | None = None) -> dict[str, Number]:
        """The row with the lowest number in a column (mode "min") or the highest ("max"); the first
        of equal ones.  Without a mode the column's name tells, as "loss" and "accuracy" do.

        Raises: ValueError where no row has a number there, for another mode, or a name that does
            not tell.
        """
        sign = 1 if direction("History.best", monitor, mode) == "min" else -1
        known = [(sign * v, i) for i, v in enumerate(self[monitor]) if not math.isnan(v)]
        if not known:
            raise ValueError(f"History.best: no epoch has a number in {monitor!r}")
        return self.rows[min(known)[1]]

    def save(self, path: str | os.PathLike) -> None:
        """Write a table of comma separated values; `History.load` reads the very same numbers."""
        text = io.StringIO()
        writer = csv.DictWriter(text, self.columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        with replacing(path) as file:
            file.write(text.getvalue().encode())

    @classmethod
    def load(cls, path: str | os.PathLike) -> History:
        """Read what `save` wrote.

        Raises: ValueError for another kind of table, with the line.
        """
        history = cls()
        with open(path, encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            for row in reader:
                try:
                    history.append({name: _number(text) for name, text in row.items() if text})
                except (TypeError, ValueError) as error:
                    raise ValueError(f"History.load: {os.fsdecode(path)}, line {reader.line_num}: "
                                     f"{error}") from None
        return history

    def plot(self, axes=None, best: int | None = None):
        """Draw a panel for the loss and each metric, in training and validation, on a log scale
        where values fall through more than a decade; returns the figure (of matplotlib, the extra
        `plots`).

        `axes` is one of matplotlib's axes, which gets the loss, or one for each panel; `best` is
        an epoch to mark.
        """
        return plot(self, axes, best)

    def __repr__(self) -> str:
        last = ", ".join(f"{name} {value:.4g}" for name, value in (self.rows or [{}])[-1].items())
        return f"History({len(self)} epochs{': ' + last if last else ''})"


def _number(text: str) -> Number:
    try:
        return int(text)
    except ValueError:
        return float(text)
