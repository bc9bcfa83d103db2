"""Second names of functions: NumPy's, and those that PyTorch spells out.

Each is the very function, method and in-place method that has the first name.
"""

from __future__ import annotations

from ..record import COMPOSITES, REGISTRY
from ..tensors import Tensor
from . import hyperbolic, memory  # noqa: F401  declare what some stand for

ALIASES = {
    "absolute": "abs", "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh",
    "arctan": "atan", "arctan2": "atan2", "arctanh": "atanh", "clip": "clamp", "divide": "div",
    "fix": "trunc", "ger": "outer", "greater": "gt", "greater_equal": "ge", "less": "lt",
    "less_equal": "le", "moveaxis": "movedim", "multiply": "mul", "negative": "neg",
    "not_equal": "ne", "sgn": "sign", "subtract": "sub", "swapdims": "transpose",
}

for _alias, _name in ALIASES.items():
    globals()[_alias] = REGISTRY[_name].function if _name in REGISTRY else COMPOSITES[_name]
    for _suffix in ("", "_"):
        if _name + _suffix in vars(Tensor):
            setattr(Tensor, _alias + _suffix, vars(Tensor)[_name + _suffix])
