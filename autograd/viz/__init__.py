"""Pictures of what was recorded: the graph of ops or of modules, networks of neurons."""

from .animation import Animation, animate
from .drawing import graph
from .network import draw_network
from .picture import Picture

__all__ = ["Animation", "Picture", "animate", "draw_network", "graph"]
