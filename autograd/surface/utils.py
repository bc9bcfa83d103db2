"""`torch.utils`: what is in it has modules of its own."""

from __future__ import annotations

from ..lazy import lazily

__path__: list[str] = []  # aliases.py finds its parts

__getattr__, __dir__, __all__ = lazily(__name__, {".": "checkpoint data dlpack"},
                                         called="autograd.utils")
