"""Which op has a kink: the first, in the order of the calls, whose result bends or jumps beside a
point while its inputs do not.

A function is run at the point and two steps h to each side.  The bend R(x + h) - 2 R(x) + R(x - h)
of a smooth result shrinks with h², at a kink with h, at a jump not at all: no op has to be known.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import get_ident
from typing import Any, NamedTuple

import numpy as np

from .dependence import forwards
from .errors import caller_place, located
from .record import Op
from .viz.names import op_called

_FINE, _COARSE = 1e-5, 1e-4  # steps, for inputs up to 1
_SMOOTH = 30.0  # from one step to the other a kink's bend grows tenfold, a smooth one a hundredfold
_CHOOSING = ("max", "min", "median", "sort", "topk", "kthvalue")  # in the names of ops
_ROUNDING = 1e-12  # of what bends


class _Call(NamedTuple):
    """One call of an op on arrays."""

    op: Op
    place: tuple
    numbers: list  # among its arguments, that are no arrays
    inputs: list[np.ndarray]
    results: list[np.ndarray]


def kinked_op(function: Callable[[], Any], array: np.ndarray, flat: int) -> str:
    """The op with a kink in the way of an element of the array, in words; "" if none is found."""
    step = max(1.0, abs(float(array.flat[flat])))
    try:
        middle = _calls(function, array, flat, 0.0)
        sides = [_calls(function, array, flat, k * step)
                 for k in (-_COARSE, _COARSE, -_FINE, _FINE)]
    except Exception:  # it leaves what the function is defined on
        return ""
    ways = [[(call.op, call.numbers) for call in calls] for calls in (middle, *sides)]
    if any(way != ways[0] for way in ways):
        return ""  # the program itself branches
    for calls in zip(middle, *sides, strict=True):
        one = calls[0]
        if not any(bent.any() for bent in map(_bent, *[call.inputs for call in calls])):
            for result, bent in zip(one.results, map(_bent, *[c.results for c in calls]),
                                    strict=True):
                if bent.any():
                    return _told(one, result, bent)
    return ""


def _calls(function: Callable[[], Any], array: np.ndarray, flat: int, shift: float) -> list[_Call]:
    found: list[_Call] = []
    thread = get_ident()

    def noting(op: Op, forward: Callable) -> Callable:
        def apply(*args, **kwargs):
            inputs = [np.array(value) for value in _arrays(args)]
            results = forward(*args, **kwargs)
            if get_ident() == thread:
                numbers = [value for value in args if isinstance(value, int | float)]
                found.append(_Call(op, caller_place(), numbers, inputs,
                                   [np.array(value) for value in _arrays((results,))]))
            return results

        return apply

    before = array.flat[flat]
    try:
        array.flat[flat] = before + shift
        with forwards(noting), np.errstate(all="ignore"):
            function()
    finally:
        array.flat[flat] = before
    return found


def _arrays(values) -> list[np.ndarray]:
    """The arrays of floating-point numbers among values, and in tuples of them."""
    found: list[np.ndarray] = []
    for value in values:
        if isinstance(value, tuple | list):
            found += _arrays(value)
        elif isinstance(value, np.ndarray | np.floating) and value.dtype.kind == "f":
            found.append(np.asarray(value))
    return found


def _bent(middle: np.ndarray, *sides: np.ndarray) -> np.ndarray:
    """Where numbers bend, or jump, more than smooth ones do."""
    if any(side.shape != middle.shape for side in sides):
        return np.ones(1, bool)
    with np.errstate(all="ignore"):
        coarse, fine = (np.abs(sides[i] - 2 * middle + sides[i + 1]) for i in (0, 2))
        return (fine > coarse / _SMOOTH) & (fine > _ROUNDING * np.abs(middle) + np.finfo(float).tiny
                                            ) & (fine > 1e-9 * _FINE)


def _told(call: _Call, result: np.ndarray, bent: np.ndarray) -> str:
    at = tuple(int(i) for i in np.argwhere(bent)[0])
    entry = f"entry {list(at)}" if at else "its result"
    same = [value for value in call.inputs if value.shape == result.shape]
    if same:
        numbers = " and ".join(f"{value[at]:.6g}" for value in same)
        where = f"where its input{'s are' if len(same) > 1 else ' is'} {numbers}"
    elif (any(word in call.op.name for word in _CHOOSING)
          and any((value == result[at]).sum() > 1 for value in call.inputs)):
        where = f"where several entries of its input are {result[at]:.6g}, a tie"
    else:
        where = f"where its result is {result[at]:.6g}"
    return f"{op_called(call.op.name)} has it in {entry}, {where}, at {located(call.place)}"
