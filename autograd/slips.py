"""Hints: warnings of slips that raise nothing anywhere, told once at a place.

A program with such a slip runs, and learns nothing or the wrong thing.  Who can see one for
certain, where it costs next to nothing (a loss, a backward pass, an optimizer's step; never an op),
calls `hint`.  Right programs must be silent, whatever they look like.
"""

from __future__ import annotations

import warnings
from typing import Any

from . import refused
from .errors import outside
from .modes import Switch

TOLD: set[Any] = set()  # the hints that were told, each with its place
NOTED: dict[str, Any] = {}  # what modules leave for a loss or a step to look at
PASSES = [0]  # backward passes so far
SPENT = "step"  # wrote of a gradient that a step has used
PILED = "backward without zero_grad"  # wrote into such a gradient


class Hint(UserWarning):
    """The program runs, but hardly as it is meant: the warning's line is where, its text says what
    was found and what to write instead.  `autograd.hints(False)` turns all of them off."""


class _OfProcess:
    """A setting of all threads, with the methods of a context variable."""

    def __init__(self, value: bool) -> None:
        self.value = value

    def get(self) -> bool:
        return self.value

    def set(self, value: bool) -> bool:
        before, self.value = self.value, value
        return before

    def reset(self, before: bool) -> None:
        self.value = before


_on = _OfProcess(True)
hinting = _on.get  # whether hints are told


class hints(Switch):
    """Turn hints on or off at once, in all threads; as a context manager, until the block ends.

    A hint, `autograd.Hint`, is told once for each line of the program; hints(True) forgets which
    were told.  As a decorator, only in the function.
    Raises: TypeError when `mode` is no bool.

    >>> import autograd, nn, warnings
    >>> scores = autograd.zeros(1, 2, requires_grad=True)
    >>> with autograd.hints(False):
    ...     loss = nn.functional.cross_entropy(scores.softmax(1), autograd.tensor([1]))
    >>> with autograd.hints(True), warnings.catch_warnings(
    ...         record=True, action="always") as told:
    ...     loss = nn.functional.cross_entropy(scores.softmax(1), autograd.tensor([1]))
    >>> print(str(told[0].message).partition(",")[0])
    cross_entropy: the input comes out of softmax
    """

    _variable = _on

    def __init__(self, mode: bool) -> None:
        super().__init__(mode)
        if mode:
            TOLD.clear()


def hint(slip: str, text: str) -> None:
    """Tell of a slip at the line of the user's own code, unless it was told there already; in a
    program written for PyTorch, unless it was told anywhere."""
    if not hinting():
        return
    frame, level = outside()
    place = slip if refused.unmodified else (slip, frame.f_code.co_filename, frame.f_lineno)
    if place not in TOLD:
        warnings.warn(text, Hint, stacklevel=level)
        TOLD.add(place)


def look_at_mode(who: str) -> None:
    """Tell of a layer that ran in training mode under no_grad, if a loss of it is computed there:
    without a loss, what is predicted may be for training, as a generator's or a teacher's is."""
    layer = NOTED.pop("training", str)()
    if layer:
        hint("training mode", f"{who}: {layer} runs in training mode under no_grad; call "
             "model.eval() before evaluating and model.train() after, or use `with "
             "model.evaluating():`")
