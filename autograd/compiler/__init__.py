"""`autograd.compile`: a step is recorded once and replayed without Tensors and Nodes.

See `compiled` for what the user sees, and `program` for what a recording is.
"""

from .compiled import compile

__all__ = ["compile"]
