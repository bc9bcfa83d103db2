"""Pictures of what was recorded: the graph of ops or of modules, networks of neurons."""

from .animation import Animation, animate
from .drawing import graph
from .network import draw_network
from .picture import Picture
from .playing import Player, player

__all__ = ["Animation", "Picture", "Player", "animate", "draw_network", "graph", "player"]
