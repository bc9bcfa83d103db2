"""Keeping NumPy's floating-point warnings still while an op runs: infinities and NaN are answers.

`np.errstate` would do, but costs more than a small op.  NumPy keeps its setting in a context
variable; entering errstate once shows which, and what value means "ignore all".  Setting and
resetting that variable is then as cheap as a mode of our own:

    for token in hush:
        break
    try:
        ...
    finally:
        unhush(token)

The loop runs no round: it fetches the token.  Python looks for Ctrl-C after each call, so behind
`token = variable.set(QUIET)` it could raise before there is a token to reset; not so between a
loop's `next` and its name.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, copy_context
from functools import wraps
from itertools import repeat
from typing import TypeVar

import numpy as np

F = TypeVar("F", bound=Callable)


def _find() -> tuple[ContextVar, object]:
    """NumPy's context variable and its value for "ignore all"."""
    before = copy_context()
    with np.errstate(all="ignore"):
        inside = copy_context()
    for variable in inside:
        if variable not in before or inside[variable] is not before[variable]:
            return variable, inside[variable]
    return ContextVar("unused"), None  # a NumPy that keeps it elsewhere: its warnings are seen


_variable, _QUIET = _find()
hush = map(_variable.set, repeat(_QUIET))
unhush = _variable.reset


def quiet(function: F) -> F:
    """The function, during whose calls NumPy does not warn."""
    @wraps(function)
    def apply(*args, **kwargs):
        for token in hush:  # noqa: B007
            break
        try:
            return function(*args, **kwargs)
        finally:
            unhush(token)

    return apply  # type: ignore[return-value]
