"""What the graph remembers of an operation, and nothing more.

A `Node` points to the nodes of its inputs, never to Tensors, so the graph lives exactly as long as
some result of it does: dropping the loss frees everything by reference counting.  Sequence numbers
grow with creation, so descending order is an order in which every gradient is complete when used.
"""

from __future__ import annotations

import weakref
from itertools import count
from typing import Any

next_seq = count(1).__next__


class Node:
    """One recorded operation.  Of an op with several results, shape and dtype are lists."""

    __slots__ = ("op", "parents", "saved", "versions", "seq", "shape", "dtype", "hooks",
                 "__weakref__")

    op: Any  # the declaration: its name, and `backward(g, saved, parents)`
    parents: tuple[Node | None, ...]  # the inputs' nodes; None where no gradient is needed
    saved: tuple | None  # what the rules of the needed gradients name; None once freed
    versions: tuple  # version boxes of the saved tensors: [stamp of the last write, who wrote]
    seq: int  # creation number
    shape: Any  # of the result, hence of the gradient that arrives here
    dtype: Any
    hooks: dict | None  # functions of that gradient

    def name(self) -> str:
        """PyTorch's name for the node, such as `MulBackward0`."""
        return self.op.node_name

    @property
    def next_functions(self) -> tuple:
        """PyTorch's view of the parents: pairs (node or None, output index)."""
        return tuple((parent, getattr(parent, "index", 0)) for parent in self.parents)

    def __repr__(self) -> str:
        return f"<{self.name()}>"


class Leaf(Node):
    """Where gradients end: the node of a tensor that requires grad and was not computed.

    It holds its tensor weakly; `after` lists the hooks to call once `.grad` has been written.
    """

    __slots__ = ("tensor", "after")

    after: dict | None

    def __init__(self, tensor, shape, dtype) -> None:
        self.op = _ACCUMULATE
        self.parents = ()
        self.saved = ()
        self.versions = ()
        self.seq = next_seq()
        self.shape, self.dtype = shape, dtype
        self.hooks = None
        self.after = None
        self.tensor = weakref.ref(tensor)


class Output(Node):
    """One result of an operation with several: its gradient goes to slot `index` of its parent."""

    __slots__ = ("index",)

    def __init__(self, parent: Node, index: int, shape, dtype) -> None:
        self.op = parent.op
        self.parents = (parent,)
        self.saved = ()
        self.versions = ()
        self.seq = next_seq()
        self.shape, self.dtype = shape, dtype
        self.hooks = None
        self.index = index


class _Accumulate:
    """Stands where an op would: what a Leaf does is written in the engine."""

    name = "accumulate"
    node_name = "AccumulateGrad"


_ACCUMULATE = _Accumulate()
