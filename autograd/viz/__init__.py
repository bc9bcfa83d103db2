"""Pictures of what was recorded."""

from .drawing import graph
from .picture import Picture

__all__ = ["Picture", "graph"]
