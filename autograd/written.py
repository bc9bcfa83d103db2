"""In-place methods as functions: `torch.exp_(x)` is `x.exp_()`."""

from __future__ import annotations

from .lazy import missing
from .tensors import Tensor


def __getattr__(name: str):
    if name.startswith("_") or not hasattr(Tensor, name):
        raise missing(__name__, name, dir(Tensor))
    return getattr(Tensor, name)
