"""Methods of Tensor whose ops are declared when they are first asked for.

They are those that few programs use. The functions of the same modules stand in the table of
`autograd/__init__.py`; NumPy's names for them find them through `ops.load_all`.
"""

from __future__ import annotations

from .lazy import Awaited
from .tensors import Tensor

METHODS = {
    "hyperbolic": "acosh acosh_ asinh asinh_ atanh atanh_",
}

for _module, _names in METHODS.items():
    for _name in _names.split():
        setattr(Tensor, _name, Awaited(Tensor, _name, f"autograd.ops.{_module}"))
