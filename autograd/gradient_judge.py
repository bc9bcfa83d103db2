"""The comparison of one Jacobian, entry by entry, with differences that are measured as needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from .numeric import REFINE, Probe, largest, rounding, scale, settle

SHARP = 1e-6  # of the largest derivative by it, what a step must tell of a result
APART = 1e-3  # one-sided differences that differ by this part of the scale may mean a kink


class Pair:
    """One result's derivative by one input, both ways: Jacobians of shape (*result, *input), or
    one number each along random directions.

    result, input    their names, and `result_ndim` to tell their indices apart
    errors           the relative errors
    wrong            which entries are wrong
    kinks            what was found at indices where the one-sided derivatives differ
    hidden           up to where rounding hides derivatives, if it hides any that is not 0
    probe            gives the numeric derivative of an entry with another step
    """

    def __init__(self, result: str, input: str, result_ndim: int, analytic, numeric,
                 probe: Probe) -> None:
        self.probe = probe
        self.result, self.input, self.result_ndim = result, input, result_ndim
        self.analytic, self.numeric = np.asarray(analytic), np.asarray(numeric)
        self.errors = np.zeros(self.analytic.shape)
        self.wrong = np.zeros(self.analytic.shape, bool)
        self.kinks: dict[tuple[int, ...], str] = {}
        self.hidden = 0.0

    def compare(self, rtol: float, atol: float | np.ndarray, at=...) -> None:
        """Judge all entries, or the one `at` an index."""
        a, n = self.analytic[at], self.numeric[at]
        with np.errstate(invalid="ignore", divide="ignore"):
            apart = np.abs(a - n)
            measure = np.maximum(np.maximum(np.abs(a), np.abs(n)), atol / rtol)
            self.errors[at] = np.where(apart == 0, 0, apart / measure)
            self.wrong[at] = ~(self.errors[at] <= rtol)

    def place(self, index: tuple[int, ...]) -> str:
        """The name of an entry."""
        if not self.analytic.ndim and self.result_ndim:
            return f"d {self.result} / d {self.input} along random directions"
        row, column = index[: self.result_ndim], index[self.result_ndim:]
        return (f"d {self.result}{list(row) if row else ''} / "
                f"d {self.input}{list(column) if column else ''}")

    @property
    def worst(self) -> tuple[int, ...]:
        """The index of the entry with the largest error, a wrong one if there is any."""
        ranked = np.where(np.isnan(self.errors), np.inf, self.errors)
        if self.wrong.any():
            ranked = np.where(self.wrong, ranked, -1)
        return tuple(int(i) for i in np.unravel_index(np.argmax(ranked), ranked.shape))


def largest_in(pair: Pair, axes: Iterable[int], by=1.0) -> np.ndarray:
    """The largest finite derivative along some axes of a Jacobian, times what it is by."""
    sizes = np.fmax(np.abs(pair.analytic), np.abs(pair.numeric)) * np.abs(by)
    return np.max(sizes, tuple(axes), initial=0, where=np.isfinite(sizes), keepdims=True)


class Judge:
    """The comparison of a Jacobian: at first with one step, then, entry by entry, what is off, may
    be a kink, or is so small beside the rounding that the step told nothing of it.

    sides      the differences behind, ahead and central, with the usual steps of the input
    sizes      the absolute values of the result, in the Jacobian's dimensions
    condition  of what sizes there are in each row, so that rounding is told
    measure    gives the sides by one input element (its flat index) with another step
    """

    def __init__(self, pair: Pair, sides: np.ndarray, input: np.ndarray, eps: float,
                 sizes: np.ndarray, condition: np.ndarray, rtol: float, atol: float | None,
                 measure: Callable) -> None:
        self.pair, self.steps = pair, eps * scale(input)
        self.sides = np.moveaxis(sides, 0, -1)
        self.sizes, self.noise = sizes / self.steps, rounding(condition, self.steps)
        # terms of a row may cancel; what there is elsewhere shows how large they may be
        terms = largest(input) * largest(pair.analytic, pair.numeric)
        self.most = REFINE * rounding(largest(sizes) + terms, self.steps)
        self.rtol, self.atol, self.measure = rtol, atol, measure
        self.measured: dict = {}

    def judge(self) -> None:
        """Compare all entries."""
        pair, noise = self.pair, self.noise
        axes = range(pair.analytic.ndim)
        slope, column = (largest_in(pair, part) for part in (
            axes[pair.result_ndim:], axes[: pair.result_ndim]))
        # backward rounds too: what it computes is often a difference of terms as large as these
        self.blur = rounding(np.maximum(np.maximum(slope, column), self.sizes * self.steps), 1)
        with np.errstate(invalid="ignore"):
            pair.compare(self.rtol, noise if self.atol is None else self.atol)
            self.bent = np.abs(self.sides[..., 1] - self.sides[..., 0]) > APART * slope + 4 * noise
            self.vague = (noise > SHARP * slope) & (pair.analytic != pair.numeric)
            if self.atol is not None:
                self.vague[...] = False
        for cell in map(tuple, np.argwhere(self.bent | self.vague | pair.wrong).tolist()):
            self._look_again(cell)

    def _look_again(self, cell: tuple[int, ...]) -> None:
        pair, noise = self.pair, float(self.noise[cell])
        k, pair.numeric[cell], allowed = settle(
            lambda k: self._at(cell, k), noise, float(self.sizes[cell]))
        allowed = max(allowed, float(self.blur[cell]))
        pair.compare(self.rtol, allowed if self.atol is None else self.atol, cell)
        if pair.wrong[cell] and self.atol is None and not self._credible(cell, k):
            usual, finer = self._at(cell, 0)[2], self._at(cell, -1)[2]
            pair.numeric[cell] = (REFINE**2 * finer - usual) / (REFINE**2 - 1)  # off by h⁴ only
            allowed = float(self.most[self._tail(cell)])
            pair.compare(self.rtol, allowed, cell)
        if allowed > abs(pair.analytic[cell]) > 0:
            pair.hidden = max(pair.hidden, allowed)
        near = self._at(cell, k - 1)
        gap, rest = (abs(ahead - behind) for behind, ahead, _ in (self._at(cell, k), near))
        if self.bent[cell] and rest > 0.3 * gap and rest > 4 * noise * REFINE ** (1 - k):
            self._forgive(cell, near, allowed)

    def _credible(self, cell: tuple[int, ...], k: int) -> bool:
        """Whether the steps beside agree on a derivative that is not the analytic one.  Where the
        result stands still or jumps under small steps, they tell its rounding, not its slope."""
        value = self._at(cell, k)[2]
        apart = max(abs(self._at(cell, near)[2] - value) for near in (k - 1, k + 1))
        return bool(value and apart <= 0.1 * abs(value - self.pair.analytic[cell]))

    def _tail(self, cell: tuple[int, ...]) -> tuple[int, ...]:
        return cell[self.pair.result_ndim:]

    def _forgive(self, cell: tuple[int, ...], near: np.ndarray, allowed: float) -> None:
        """At a kink, whose gap a smaller step does not close, anything between the one-sided
        derivatives is right."""
        low, high = sorted(near[:2])
        slack = self.rtol * largest(near) + allowed
        if low - slack <= self.pair.analytic[cell] <= high + slack:
            self.pair.kinks[cell] = (
                f"one-sided derivatives {near[0]:.6g} and {near[1]:.6g}, backward gives "
                f"{self.pair.analytic[cell]:.6g}; not compared")
            self.pair.errors[cell], self.pair.wrong[cell] = 0, False

    def _column(self, cell: tuple[int, ...]) -> int:
        at = self._tail(cell)
        return int(np.ravel_multi_index(at, self.steps.shape)) if at else 0

    def _at(self, cell: tuple[int, ...], k: int) -> np.ndarray:
        """The differences of an entry with the step REFINE**k times the usual one."""
        if k == 0:
            return self.sides[cell]
        column = self._column(cell)
        if (column, k) not in self.measured:
            step = self.steps.flat[column] * REFINE**k
            self.measured[column, k] = self._measured(column, step, k)
        return self.measured[column, k][cell[: self.pair.result_ndim]]

    def _measured(self, column: int, step: float, k: int) -> np.ndarray:
        try:
            return np.moveaxis(self.measure(column, step), 0, -1)
        except Exception:
            if k < 0:
                raise
            # a step larger than the usual may leave what func is defined on
            return np.full((*self.pair.analytic.shape[: self.pair.result_ndim], 3), np.nan)
