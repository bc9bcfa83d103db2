"""Derivatives by finite differences: what gradients are checked against.

The central difference D(h) = (f(x + h) - f(x - h)) / 2h is off by h²/6 · f''' + O(h⁴), and by the
rounding of f, about ε |f| / h: at h = 1e-5 both are near 1e-11 for values around 1.

Reference: Griewank and Walther, Evaluating Derivatives, 2008, section 8.1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

REFINE = 10  # a second look is taken with a step that many times smaller


class Differences:
    """Difference quotients of a function of float64 arrays that are changed in place and put back.

    call    evaluates the function on the arrays as they are now; returns a list of ndarrays
    center  its results on the unchanged arrays
    sizes   per result, the largest absolute value seen so far
    """

    def __init__(self, call: Callable[[], list[np.ndarray]]) -> None:
        self.call = call
        self.sizes: list[float] = []
        self.center = self._evaluate()

    def _evaluate(self) -> list[np.ndarray]:
        results = self.call()
        sizes = [largest(r) for r in results]
        self.sizes = list(map(max, sizes, self.sizes)) if self.sizes else sizes
        return results

    def sides(self, array: np.ndarray, direction: np.ndarray, step: float) -> list[np.ndarray]:
        """Per result, the one-sided differences behind and ahead along direction: (2, *shape)."""
        original = array.copy()
        try:
            array[...] = original + step * direction
            ahead, after = array - original, self._evaluate()
            array[...] = original - step * direction
            behind, before = original - array, self._evaluate()
        finally:
            array[...] = original
        # what the array really moved by, which rounding made differ from the step asked for
        up, down = _length(ahead, direction), _length(behind, direction)
        return [np.stack([(c - b) / down, (a - c) / up, (a - b) / (up + down)])
                for a, b, c in zip(after, before, self.center, strict=True)]

    def jacobians(self, array: np.ndarray, step: float) -> list[np.ndarray]:
        """Per result, differences behind, ahead and central for each element of the array:
        (3, result size, array size)."""
        columns = [self.sides(array, unit(array.shape, i), step) for i in range(array.size)]
        found = []
        for k, result in enumerate(self.center):
            parts = [column[k].reshape(3, result.size) for column in columns]
            found.append(np.stack(parts, 2) if parts else np.zeros((3, result.size, 0)))
        return found


def unit(shape: tuple[int, ...], flat: int) -> np.ndarray:
    """Zeros with a single one at the flat index."""
    direction = np.zeros(shape)
    direction.reshape(-1)[flat] = 1
    return direction


def _length(moved: np.ndarray, direction: np.ndarray) -> float:
    """How far `moved` goes in units of direction."""
    return float((moved * direction).sum() / (direction * direction).sum())


def largest(*arrays: np.ndarray) -> float:
    """The largest finite absolute value; 0 if there is none."""
    return max(float(np.max(np.abs(a), initial=0.0, where=np.isfinite(a))) for a in arrays)


def rounding(result: float, input: float, slope: float, step: float) -> float:
    """How far rounding may put a difference quotient off, from the largest absolute values of the
    result, the input and the derivative: ten units in the last place of what is computed."""
    return 10 * float(np.finfo(np.float64).eps) * (result + input * slope) / step


def sharper(coarse: np.ndarray, fine: np.ndarray) -> tuple[float, bool]:
    """One derivative, and whether there is a kink at the point, from the three differences (behind,
    ahead, central) with a step and with one REFINE times smaller.

    For a smooth function the gap between the sides, h f'', shrinks with the step, and both central
    differences together give one of order h⁴.  A kink keeps its gap; one that only the larger step
    reached leaves none with the smaller, whose central difference is then right.
    """
    gap, rest = abs(coarse[1] - coarse[0]), abs(fine[1] - fine[0])
    if rest > 0.3 * gap:
        return fine[2], True
    if rest < 0.03 * gap:
        return fine[2], False
    return (REFINE**2 * fine[2] - coarse[2]) / (REFINE**2 - 1), False
