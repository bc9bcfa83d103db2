"""The numbers of a small graph: the value of each node, and the gradient that arrives there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ..engine import grad
from ..hooks import RetainGrad
from ..node import Leaf, Node, Output
from ..record import Op
from ..tensors import Tensor, current_node

_MOST = 6  # entries of a tensor whose numbers are shown
_DIGITS = 4


def all_scalars(nodes: Iterable[Node]) -> bool:
    """Whether every node stands for one number."""
    return all(not isinstance(node.shape, list) and int(np.prod(node.shape)) == 1
               for node in nodes)


def values(nodes: Sequence[Node], named: Iterable[Tensor]) -> dict[Node, np.ndarray]:
    """What is known of the nodes' results, nodes in the order of creation: that of leaves and
    named tensors, what ops saved, and what follows from these by ops whose attributes are known."""
    known: dict[Node, np.ndarray] = {}
    for tensor in named:
        node = current_node(tensor)
        if node is not None:
            known[node] = tensor._any_array
    for node in nodes:
        if isinstance(node, Leaf):
            held = node.tensor()
            if held is not None:
                known[node] = held._any_array
        elif not isinstance(node, Output):
            for _, value, source in node.op.kept(node.saved):
                if isinstance(value, np.ndarray) and isinstance(source, int):
                    owner = node.parents[source] if 0 <= source < len(node.parents) else (
                        node if source == -1 and not isinstance(node.shape, list) else None)
                    if owner is not None:
                        known.setdefault(owner, value)
    for node in nodes:
        result = None if node in known else _computed(node, known)
        if result is not None:
            known[node] = result
    return known


def _computed(node: Node, known: dict[Node, np.ndarray]) -> np.ndarray | None:
    """The result of an op on known values; None where something is not known."""
    op = node.op
    if (not isinstance(op, Op) or isinstance(node, Output) or op.many or op.variadic
            or len(node.parents) != len(op.inputs)):
        return None
    saved = {name: value for name, value, source in op.kept(node.saved) if source is None}
    given = {name: value for name, value, source in op.kept(node.saved)
             if isinstance(source, int) and source >= 0 and value is not None}
    needed = {name.split("=")[0].lstrip("*") for name in op.passed} - {"dtype", "more"}
    operands = [known.get(parent) if parent is not None else given.get(name)
                for name, parent in zip(op.inputs, node.parents, strict=True)]
    if node.saved is None or not needed <= saved.keys() or any(x is None for x in operands):
        return None
    try:
        result = op.function(*operands, **{name: saved[name] for name in needed})
    except (TypeError, ValueError, RuntimeError):
        return None
    fits = isinstance(result, np.ndarray | np.generic) and result.shape == node.shape
    return np.asarray(result) if fits else None


def gradients(outputs: Sequence[Tensor], nodes: Sequence[Node]) -> dict[Node, np.ndarray]:
    """The gradient of a scalar output at each node: by a walk of its own, which leaves nothing
    behind, or, where a walk was made before, what it left in `.grad`."""
    leaves = {node: node.tensor() for node in nodes if isinstance(node, Leaf)}
    found: dict[Node, np.ndarray] = {
        node: tensor.grad._any_array for node, tensor in leaves.items()
        if tensor is not None and tensor.grad is not None}
    if len(outputs) != 1 or outputs[0]._any_array.size != 1 or any(
            node.saved is None or any(h.__class__ is not RetainGrad for h in (node.hooks or {})
                                      .values()) for node in nodes):
        return found
    before = [(node, node.hooks) for node in nodes]
    arrived: dict[Node, np.ndarray] = {}
    try:
        for node in nodes:
            node.hooks = {0: lambda g, node=node: arrived.update({node: np.array(g._any_array)})}
        grad(outputs, [tensor for tensor in leaves.values() if tensor is not None],
             retain_graph=True, allow_unused=True)
    except (RuntimeError, NotImplementedError):  # overwritten in place, or without a gradient
        return found
    finally:
        for node, hooks in before:
            node.hooks = hooks
    return arrived


def shown(name: str, array: np.ndarray | None) -> tuple[str, ...]:
    """`name = numbers`, if they are known and few."""
    if array is None or array.size > _MOST or array.ndim > 2:
        return ()
    return (f"{name} = {_numbers(array)}",)


def _numbers(array: np.ndarray) -> str:
    if array.ndim == 0 or array.size == 1:
        return f"{array.item():.{_DIGITS}g}"
    return f"[{', '.join(map(_numbers, array))}]"
