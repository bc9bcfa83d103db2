"""Derivatives by finite differences: what gradients are checked against.

The central difference D(h) = (f(x + h) - f(x - h)) / 2h is off by h²/6 · f''' + O(h⁴), and by the
rounding of f, about ε |f| / h: at h = 1e-5 both are near 1e-11 for values around 1.  So a step
grows with its input where that is above 1; and where one step does not tell, a ladder of steps,
each ten times the one below, finds the one whose errors are least.

Reference: Griewank and Walther, Evaluating Derivatives, 2008, section 8.1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

REFINE = 10.0  # from one step of the ladder to the next
LOWEST, HIGHEST = -9, 4  # the ends of the ladder, as powers of REFINE times the usual step
_SEEN = -4  # down to where rounding is looked for


class Differences:
    """Difference quotients of a function of float64 arrays that are changed in place and put back.

    call    evaluates the function on the arrays as they are now; returns a list of ndarrays
    center  its results on the unchanged arrays
    sizes   per result, the largest absolute values of its elements seen so far
    """

    def __init__(self, call: Callable[[], list[np.ndarray]]) -> None:
        self.call = call
        self.sizes: list[np.ndarray] = []
        self.center = self._evaluate()

    def _evaluate(self) -> list[np.ndarray]:
        results = self.call()
        sizes = [np.abs(r) for r in results]
        self.sizes = list(map(np.fmax, sizes, self.sizes)) if self.sizes else sizes
        return results

    @property
    def stale(self) -> bool:
        """Whether the function no longer gives what it gave, as its arrays have changed since."""
        return not all(np.allclose(now, then, equal_nan=True)
                       for now, then in zip(self._evaluate(), self.center, strict=True))

    def sides(self, array: np.ndarray, direction: np.ndarray, step: float) -> list[np.ndarray]:
        """Per result, the differences behind, ahead and central along direction: (3, *shape)."""
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
        found = []
        for a, b, c in zip(after, before, self.center, strict=True):
            behind, forward = (c - b) / down, (a - c) / up
            # weighted so that unequal steps leave nothing of the second derivative
            found.append(np.stack([behind, forward, (up * behind + down * forward) / (up + down)]))
        return found

    def jacobians(self, array: np.ndarray, step: float) -> list[np.ndarray]:
        """Per result, differences behind, ahead and central for each element of the array, with
        steps that grow with it: (3, result size, array size)."""
        columns = [self.sides(array, unit(array.shape, i), h)
                   for i, h in enumerate(step * scale(array).ravel())]
        found = []
        for k, result in enumerate(self.center):
            parts = [column[k].reshape(3, result.size) for column in columns]
            found.append(np.stack(parts, 2) if parts else np.zeros((3, result.size, 0)))
        return found


class Probe:
    """The central difference of result `j` by an entry of an array, at an index of (*result,
    *array) and with any step, relative to the entry's scale; or, of the weighted result, along a
    direction."""

    def __init__(self, differences: Differences, j: int, array: np.ndarray,
                 direction: np.ndarray | None = None, weight: np.ndarray | None = None) -> None:
        self.differences, self.j, self.array = differences, j, array
        self.direction, self.weight = direction, weight

    def __call__(self, at: tuple[int, ...], step: float) -> float:
        """NaN where the step leaves what the function is defined on."""
        ndim, along = self.differences.center[self.j].ndim, self.direction
        if along is None:
            column = at[ndim:]
            flat = int(np.ravel_multi_index(column, self.array.shape)) if column else 0
            along, step = unit(self.array.shape, flat), step * scale(self.array).flat[flat]
        try:
            central = self.differences.sides(self.array, along, step)[self.j][2]
        except Exception:
            return np.nan
        return float(central[at[:ndim]] if self.weight is None else (central * self.weight).sum())


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


def scale(array: np.ndarray) -> np.ndarray:
    """By how much the step is larger than for inputs up to 1."""
    return np.maximum(np.abs(array), 1)


def rounding(condition, step):
    """How far rounding may put a difference quotient off: ten units in the last place of what is
    computed.  `condition` is the size of the result, and of the input times the derivative."""
    return 10 * float(np.finfo(np.float64).eps) * condition / step


def settle(at: Callable[[int], np.ndarray], noise: float, size: float) -> tuple[int, float, float]:
    """The step of the ladder whose difference is off the least: its place, the difference, and how
    far off it may be, by rounding and as the next step tells.

    `at(k)` gives the differences (behind, ahead, central) with the step REFINE**k times the usual,
    by which `size` is the result's absolute value divided; `noise` is the rounding expected there.
    """
    noise = max(noise, _jitter(at, size))
    place, value, least = 0, at(0)[2], np.inf
    for k in range(-1, LOWEST - 1, -1):
        rough, apart = noise * REFINE**-k, abs(at(k)[2] - at(k + 1)[2])
        if abs(at(k)[2] - value) > least + 4 * rough:
            if least < 1e-3 * abs(value):
                break  # several digits agreed before: this is more rounding than expected
            least = np.inf  # what seemed settled was not: the function is finer than the step
        if rough + 2 * apart < least:
            place, value, least = k, at(k)[2], rough + 2 * apart
        elif rough >= least:
            break  # the smaller the step, the more the rounding
    for k in range(HIGHEST + 1):
        rough, apart = noise * REFINE**-k, abs(at(k)[2] - at(k - 1)[2])
        if not apart <= 4 * rough * REFINE:
            break  # by more than rounding: the step is too large
        if rough + apart < least:
            place, value, least = k, at(k)[2], rough + apart
    return place, value, least


def _jitter(at: Callable[[int], np.ndarray], size: float) -> float:
    """The rounding that is seen where steps get smaller: the gap between the sides grows as fast.
    Above a millionth of the result it is no rounding, but a jump, or a function finer than steps.
    """
    gaps = [abs(at(k)[1] - at(k)[0]) for k in range(0, _SEEN - 1, -1)]
    seen = [gaps[i] * REFINE**-i for i in range(1, len(gaps)) if gaps[i] > 3 * min(gaps[:i])]
    return max((gap for gap in seen if gap <= 1e-6 * size), default=0.0)
