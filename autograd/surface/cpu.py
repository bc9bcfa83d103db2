"""`torch.cpu`: the one device."""

from __future__ import annotations

from .devices import harmless


def is_available() -> bool:
    """Always True."""
    return True


def device_count() -> int:
    """Always 1."""
    return 1


def current_device() -> str:
    """Always "cpu"."""
    return "cpu"


synchronize = harmless("cpu.synchronize")
