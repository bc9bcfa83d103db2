"""What the graph remembers of an operation, and nothing more.

A `Node` points to the nodes of its inputs, never to Tensors, so the graph lives exactly as long as
some result of it does: dropping the loss frees everything by reference counting.  Sequence numbers
grow with creation, so descending order is an order in which every gradient is complete when used.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any

next_seq = count(2, 2).__next__  # even: the odd number below a node's is the turn of its leaves

OUT = -1  # as the source of a kept value: the result; of several results the k-th is OUT - k
INNER = "inner"  # the same of a value that the forward made and did not return


def one_of_several(name: str) -> int | None:
    """Which result of several a rule means by `out0`, `out1`, ..."""
    return int(name[3:]) if name[:3] == "out" and name[3:].isdigit() else None


class Rule:
    """What a Node points to: how gradients come back through the operation that made it.

    While a walk is itself recorded, g and the saved values are Tensors, else ndarrays.
    """

    __slots__ = ()

    name: str
    node_name: str  # PyTorch's, such as `MulBackward0`
    inputs: Sequence[str]  # names of the inputs, for messages
    broadcasts = False  # gradients may have to be summed and cast to their inputs' shape and dtype
    keeps_arrays = True  # what is saved takes memory, so a walk frees it
    beside = 0  # of a node's version boxes the last ones are of tensors that it did not save
    widens = False  # gets float32 in place of float16, and may return it

    def backward(self, g, saved: Sequence, parents: Sequence[Node | None]) -> Sequence:
        """The gradient for each parent, given that of the result; None where there is none."""
        raise NotImplementedError

    def kept(self, saved: Sequence | None) -> Iterable[tuple[str, Any, Any]]:
        """(name, value, source) of each value that a node saved.  The source is the number of
        the input that it is, OUT for the result, INNER, or None for what is no tensor."""
        return ()


class Node:
    """One recorded operation.  Of an op with several results, shape and dtype are lists."""

    __slots__ = ("op", "parents", "saved", "versions", "seq", "shape", "dtype", "hooks",
                 "__weakref__")

    op: Rule
    parents: tuple[Node | None, ...]  # the inputs' nodes; None where no gradient is needed
    saved: tuple | None  # what the rules of the needed gradients name; None once freed
    versions: tuple  # version boxes of the saved tensors: [stamp of the last write, who wrote]
    seq: int  # creation number
    shape: Any  # of the result, hence of the gradient that arrives here
    dtype: Any
    hooks: dict | None  # functions of that gradient

    @staticmethod
    def make(op: Rule, parents: tuple, saved: tuple, versions: tuple, shape, dtype) -> Node:
        """A new node."""
        node = _new(KIND[0])
        node.op = op
        node.parents = parents
        node.saved = saved
        node.versions = versions
        node.seq = next_seq()
        node.shape = shape
        node.dtype = dtype
        node.hooks = None
        return node

    def name(self) -> str:
        """PyTorch's name for the node, such as `MulBackward0`."""
        return self.op.node_name

    @property
    def next_functions(self) -> tuple:
        """PyTorch's view of the parents: pairs (node or None, output index)."""
        return tuple((parent, getattr(parent, "index", 0)) for parent in self.parents)

    def __repr__(self) -> str:
        return f"<{self.name()}>"


_new = object.__new__
KIND = [Node]  # what new nodes are; `watched` puts another kind here while somebody looks


class Leaf(Node):
    """Where gradients end: the node of a tensor that requires grad and was not computed.

    It holds its tensor weakly; `after` lists the hooks to call once `.grad` has been written.
    """

    __slots__ = ("tensor", "after")

    after: dict | None

    def __init__(self, tensor, shape, dtype) -> None:
        _fill(self, _ACCUMULATE, (), shape, dtype)
        self.after = None
        self.tensor = weakref.ref(tensor)


class Output(Node):
    """One result of an operation with several: its gradient goes to slot `index` of its parent."""

    __slots__ = ("index",)

    def __init__(self, parent: Node, index: int) -> None:
        _fill(self, parent.op, (parent,), parent.shape[index], parent.dtype[index])
        self.index = index


def _fill(node: Node, op: Rule, parents: tuple, shape, dtype) -> None:
    node.op, node.parents, node.saved, node.versions = op, parents, (), ()
    node.seq, node.shape, node.dtype, node.hooks = next_seq(), shape, dtype, None


class _Accumulate(Rule):
    """The rule of a Leaf; what happens there is written in `accumulate`."""

    __slots__ = ()

    name = "accumulate"
    node_name = "AccumulateGrad"
    inputs = ()


_ACCUMULATE = _Accumulate()
