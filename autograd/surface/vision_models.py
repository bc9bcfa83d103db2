"""`torchvision.models`: no network is offered; a program that only imports the module runs."""

from __future__ import annotations

from ..lazy import lazily

__path__: list[str] = []

__getattr__, __dir__, _later = lazily(__name__, {}, called="torchvision.models")
