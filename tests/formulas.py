"""What formulas are asked with: their arguments' names, and operands for them."""

import numpy as np

from autograd.kernels.formulas import FORMULAS

SETTINGS = {"negative_slope": 0.1, "alpha": 1.6, "scale": 1.05, "inner": 0.7, "beta": 2.0,
            "threshold": 5.0, "low": -1.0, "high": 2.0, "min": -1.0, "max": 2.0, "lambd": 0.5,
            "value": 0.7, "exponent": 1.3, "nan": 7.0, "posinf": 8.0, "neginf": -9.0}  # fmt: skip
POSITIVE = {"log", "log1p", "log2", "log10", "sqrt", "rsqrt", "log_grad", "log1p_grad", "log2_grad",
            "log10_grad", "sqrt_grad", "rsqrt_grad"}  # of numbers above 0
SHARES = {"logit", "asin", "acos", "atanh"}  # of numbers from 0 to 1
WORDS = {"where": ("condition", "input", "other"), "maximum": ("input", "other"),
         "minimum": ("input", "other"), "fmod": ("input", "other"),
         "copysign": ("input", "other"), "nextafter": ("input", "other"),
         "atan2": ("input", "other")}  # fmt: skip


def arguments(name: str) -> tuple[str, ...]:
    """The names of a formula's operands."""
    code = getattr(FORMULAS[name], "__code__", None)
    return code.co_varnames[: code.co_argcount] if code else WORDS.get(name, ("input",))


def settings(name: str) -> tuple[float, ...]:
    """Those of its operands that are numbers."""
    return tuple([SETTINGS[a] for a in arguments(name) if a in SETTINGS])


def operands(name: str, draw, above_0) -> list:
    """Operands for a formula: arrays that `draw` makes (`above_0` where it takes no others)."""
    found = [SETTINGS[a] if a in SETTINGS else (above_0 if name in POSITIVE else draw)()
             for a in arguments(name)]
    if name in SHARES:
        return [above_0() / 11]
    if name == "acosh":
        return [1 + above_0()]
    if name == "where":
        found[0] = np.asarray(found[0] > 0)
    return found
