"""`torch` itself, where programs run unmodified: `autograd` with PyTorch's version."""

from __future__ import annotations

import autograd

from .surface.version import __version__ as __version__


def __getattr__(name: str):
    value = getattr(autograd, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*dir(autograd), "__version__"]
