"""Steps by NumPy's own functions on tensors; PyTorch is asked for its function of that name."""

from __future__ import annotations

from . import elementwise, networks, rarer, reductions, shapes  # noqa: F401
from .program import ROWS, add

TWINS = {
    "sin": "sin({0})", "exp": "exp({0})", "tanh": "tanh({0})", "square": "square({0})",
    "neg": "negative({0})", "abs": "absolute({0})", "reciprocal": "reciprocal({0})",
    "add": "add({0}, {1})", "sub": "subtract({0}, {1})", "mul": "multiply({0}, {1})",
    "div": "divide({0}, {1})", "mul number": "multiply({0}, {number})",
    "maximum": "maximum({0}, {1})", "minimum": "minimum({0}, {1})", "<": "less({0}, {1})",
    "mm": "matmul({0}, {1})", "outer": "outer({0}, {1})", "where": "where({0}, {1}, {2})",
    "clamp": "clip({0}, {low}, {high})", "cumsum": "cumsum({0}, {dim})",
    "cat": "concatenate([{all}], {dim})", "stack": "stack([{all}], {dim})",
    "swapaxes": "swapaxes({0}, {dim}, {other})", "movedim": "moveaxis({0}, {dim}, {other})",
    "reshape": "reshape({0}, {shape})", "expand": "broadcast_to({0}, {shape})",
    "tile": "tile({0}, {shape})", "tril": "tril({0}, {n})", "diagonal": "diagonal({0})",
    "take_along_dim": "take_along_dim({0}, {index}, {dim})", "unsqueeze": "unsqueeze({0}, {dim})",
}
NUMPYS = {"take_along_dim": "take_along_axis", "unsqueeze": "expand_dims"}  # other names there
for _name, _call in TWINS.items():
    _row, _function = ROWS[_name], _call.partition("(")[0]
    add("np " + _name,
        _call.replace(_function, f"numpys('{NUMPYS.get(_function, _function)}', '{_function}')", 1),
        _row.forward, _row.draw, view=_row.view, weight=0.1)
