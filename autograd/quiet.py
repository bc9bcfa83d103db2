"""Keeping NumPy's floating-point warnings still while an op runs: infinities and NaN are answers.

`np.errstate` would do, but costs more than a small op.  NumPy keeps its setting in a context
variable; entering errstate once shows which, and what value means "ignore all".  Setting and
resetting that variable is then as cheap as a mode of our own.
"""

from __future__ import annotations

from contextvars import ContextVar, copy_context

import numpy as np


def _find() -> tuple[ContextVar, object]:
    """NumPy's context variable and its value for "ignore all"."""
    before = copy_context()
    with np.errstate(all="ignore"):
        inside = copy_context()
    for variable in inside:
        if variable not in before or inside[variable] is not before[variable]:
            return variable, inside[variable]
    return ContextVar("unused"), None  # a NumPy that keeps it elsewhere: its warnings are seen


_variable, QUIET = _find()
hush = _variable.set  # token = hush(QUIET); ... ; unhush(token)
unhush = _variable.reset
