"""`torchvision`, where programs run unmodified: datasets, transforms and utils of `data`."""

from __future__ import annotations

from ..lazy import lazily

__version__ = "0.28.0+wengert"
__path__: list[str] = []  # aliases.py finds its parts

__getattr__, __dir__, __all__ = lazily(__name__, {".": "datasets models transforms utils"},
                                         called="torchvision")
