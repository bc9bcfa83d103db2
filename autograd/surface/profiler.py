"""`torch.profiler`: parts of a program may be named for it; measuring is left to other tools."""

from __future__ import annotations

from contextlib import ContextDecorator
from enum import Enum, auto

from ..lazy import lazily
from ..refused import STOOD_IN, count
from . import devices

for _name in ("profile", "schedule", "tensorboard_trace_handler"):
    globals()[_name] = devices.refusing(f"profiler.{_name}")


class ProfilerActivity(Enum):
    """What a profiler would watch."""

    CPU = auto()
    CUDA = auto()


class record_function(ContextDecorator):
    """Does nothing: a context, or a decorator, that would give a part of a profile its name."""

    def __init__(self, name: str, args: str | None = None) -> None:
        count(STOOD_IN, "profiler.record_function")

    def __enter__(self) -> record_function:
        return self

    def __exit__(self, *error) -> None:
        """Leaves as it entered."""


__getattr__, __dir__, _later = lazily(__name__, {}, called="autograd.profiler")
