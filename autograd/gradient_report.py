"""What gradcheck found, as text and as a picture: the table, the kinks, and how the error of the
worst entry depends on the step.

That curve is a V on logarithmic axes: large steps are off by truncation, as step², small ones by
rounding, as 1 / step.  The V of a right gradient has its foot near 1e-10; the error of a wrong one
stays, whatever the step.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np

from .gradient_judge import Pair
from .modes import enable_grad
from .viz.chart import Line, Mark, chart, shown
from .viz.style import escaped, printable

_STEPS = np.logspace(-1, -12, 23)
_FLAT = 0.1  # of the median error, below which the least one is the foot of a V
_TELLING = 1e-4  # how near a factor must be to a whole number to be named
_SHOWN = 4  # of these steps one is in the text


class GradcheckError(RuntimeError):
    """A gradient is wrong; `report` holds the numbers, or the text of them in another process."""

    def __init__(self, report: Report | str) -> None:
        super().__init__(str(report))
        self.report = report

    def __reduce__(self):
        return GradcheckError, (str(self),)  # the function that a report measures stays behind

    def _repr_html_(self) -> str | None:
        return None if isinstance(self.report, str) else self.report._repr_html_()


class Curve(NamedTuple):
    """The relative errors of one entry by the steps of the differences.

    place     the entry's name
    steps     relative to max(1, |input|), as gradcheck's eps
    errors    NaN where the function is not finite that far from its input
    best      the step with the least error
    advice    what the curve tells
    """

    place: str
    steps: np.ndarray
    errors: np.ndarray
    best: float
    advice: str


class Report:
    """What gradcheck found: true if all is well; as text, a table with the worst entry of each
    result by each input; in a notebook, with the curve of the error by the step too.

    `pairs` has the Jacobians, `curve` the error of the worst entry by the step, `notes` what else
    there is to say.
    """

    def __init__(self, name: str, rtol: float, eps: float, pairs: list[Pair],
                 notes: list[str]) -> None:
        self.name, self.rtol, self.eps, self.pairs, self.notes = name, rtol, eps, pairs, notes

    def __bool__(self) -> bool:
        return not any(pair.wrong.any() for pair in self.pairs)

    @cached_property
    def curve(self) -> Curve:
        """How the error of the worst entry depends on the step: the function is called again, two
        times for each of 23 steps from 0.1 to 1e-12.

        Raises: ValueError where no entry was compared, RuntimeError where the inputs have changed
            since.

        >>> x = autograd.tensor([0.5], dtype=autograd.float64, requires_grad=True)
        >>> report = autograd.gradcheck(autograd.exp, x)
        >>> 1e-7 < report.curve.best < 1e-3
        True
        """
        pair = self._worst
        if pair is None:
            raise ValueError(f"{self.name}: inputs or results have no elements, so there is no "
                             "entry with an error")
        at = pair.worst
        with enable_grad(), np.errstate(all="ignore"):
            if pair.probe.differences.stale:
                raise RuntimeError(f"{self.name}: the inputs, or what func computes from, have "
                                   "changed since the check; check again, or read curve before")
            errors = _errors(pair, at)
        best = int(np.nanargmin(errors)) if np.isfinite(errors).any() else 0
        return Curve(pair.place(at), _STEPS, errors, float(_STEPS[best]),
                     self._advice(pair, errors, best))

    def _curve_if_any(self) -> Curve | None:
        try:
            return self.curve
        except (ValueError, RuntimeError):  # nothing was compared, or the inputs have changed
            return None

    @property
    def _worst(self) -> Pair | None:
        """The pair with a wrong entry, or else with the largest error."""
        pairs = [pair for pair in self.pairs if pair.errors.size]
        wrong = [pair for pair in pairs if pair.wrong.any()]
        return max(wrong or pairs, key=lambda pair: float(np.nan_to_num(
            pair.errors, nan=np.inf).max()), default=None)

    def _advice(self, pair: Pair, errors: np.ndarray, best: int) -> str:
        at, error, step = pair.worst, float(errors[best]), float(_STEPS[best])
        analytic, numeric = float(pair.analytic[at]), float(pair.numeric[at])
        if at in pair.kinks:
            return "the point is not differentiable; move the input away from the kink"
        if np.isfinite(numeric) and not np.isfinite(analytic):
            return ("the gradient is not finite where the function is smooth; under "
                    "autograd.detect_anomaly() backward() names the op")
        if not np.isfinite(error):
            return "the function is not finite beside this input; move it into the domain"
        if not pair.wrong[at]:
            return (f"least error {error:.1e} at step {step:.0e}; larger steps are off by "
                    "truncation, smaller ones by rounding")
        if error < _FLAT * np.nanmedian(errors):
            return (f"the error is {error:.1e} with the best step, {step:.0e}, and differences "
                    f"tell no more here: give eps={step:.0e}, and an rtol above that")
        return (f"no step makes the error less than {error:.1e}: not the step is wrong but the "
                f"gradient{_likely(analytic, numeric)}")

    def __str__(self) -> str:
        wrong = sum(bool(pair.wrong.any()) for pair in self.pairs)
        verdict = f"{wrong} of {len(self.pairs)} wrong" if wrong else "passed"
        head = f"{self.name}: {verdict} (relative errors; allowed {self.rtol:g}, step {self.eps:g})"
        rows = [("", "worst entry", "analytic", "numeric", "relative error"),
                *map(self._row, self.pairs)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        kinks = [f"  kink at {pair.place(at)}: {text}"
                 for pair in self.pairs for at, text in pair.kinks.items()]
        hidden = [f"rounding hides derivatives of {pair.result} by {pair.input} up to "
                  f"{pair.hidden:.1e}" for pair in self.pairs if pair.hidden]
        notes = [f"  note: {note}" for note in (*self.notes, *hidden)]
        return "\n".join([head, *lines, *kinks, *notes, *(self._taught() if wrong else ())])

    def _taught(self) -> list[str]:
        """The curve in a line, and what it tells; nothing where it comes too late."""
        curve = self._curve_if_any()
        if curve is None:
            return []
        points = [f"{error:.0e} at {shown(step)}" for step, error in zip(
            curve.steps[2::_SHOWN].round(15), curve.errors[2::_SHOWN], strict=True)]
        return [f"  error by step: {', '.join(points)}", f"  advice: {curve.advice}"]

    def _row(self, pair: Pair) -> tuple[str, ...]:
        if not pair.errors.size:
            return "ok", f"{pair.result} by {pair.input}: no elements", "", "", ""
        at = pair.worst
        return ("WRONG" if pair.wrong.any() else "ok", pair.place(at), f"{pair.analytic[at]:.9g}",
                f"{pair.numeric[at]:.9g}", f"{pair.errors[at]:.1e}")

    def _repr_html_(self) -> str:
        """The text, and the curve as SVG."""
        text = f"<pre>{escaped(_printed(str(self)))}</pre>"
        curve = self._curve_if_any()
        if curve is None:
            return text
        errors = np.where(curve.errors == 0, np.finfo(float).eps / 16, curve.errors)
        picture = chart(
            f"Relative error by step of {curve.place}", [Line("", "#3b82f6", curve.steps, errors,
                                                             dots=True)],
            "step of the differences, relative to the input", log_x=True, log_y=True,
            marks=[Mark(self.eps, f"step {self.eps:g}", "currentColor")])
        told = escaped(printable(f"Relative error of {curve.place}: {curve.advice}."))
        return (f'{text}<figure style="max-width:30em;margin:0">{picture}'
                f"<figcaption>{told}</figcaption></figure>")


def _errors(pair: Pair, at: tuple[int, ...]) -> np.ndarray:
    """The relative errors of an entry by the steps, NaN where they cannot be told."""
    numeric, analytic = np.array([pair.probe(at, step) for step in _STEPS]), pair.analytic[at]
    size = np.maximum(np.abs(numeric), np.abs(analytic))
    errors = np.where(size > 0, np.abs(numeric - analytic) / size, 0.0)
    errors[~np.isfinite(numeric + analytic)] = np.nan
    return errors


def _likely(analytic: float, numeric: float) -> str:
    """What is likely to have made a gradient so."""
    if analytic == 0:
        return (", which is 0 where the function changes: a detach(), no_grad, integer or item() "
                "cuts the graph; autograd.why(x, lambda: func(x).sum()) names the line")
    if numeric == 0:
        return (", which is not 0 where the function stands still, or seems to as it rounds: "
                "terms much larger than the result may cancel on the way")
    factor = analytic / numeric
    if abs(factor + 1) < _TELLING:
        return ", which has the wrong sign"
    for value, word in ((factor, "large"), (1 / factor, "small")):
        whole = round(value)
        if 2 <= whole <= 1_000_000 and abs(value / whole - 1) < _TELLING:
            return (f", which is {whole} times too {word}: a mean where a sum is meant or the "
                    "other way round, or something counted twice or left out")
    return f", {factor:.6g} times what it should be"


def _printed(text: str) -> str:
    return "\n".join(map(printable, text.split("\n")))
