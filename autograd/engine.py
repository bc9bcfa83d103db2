"""The backward walk: from the roots down to the leaves, in descending order of creation.

Creation order is a topological order, so when a node's turn comes every contribution to its
gradient has arrived.  Ordinarily gradients are ndarrays and nothing is recorded; with
`create_graph=True` they are Tensors and the same rules record themselves.
"""

from __future__ import annotations

from operator import add, attrgetter, iadd
from sys import getrefcount
from threading import Lock
from typing import Any

import numpy as np

from .errors import describe
from .large import combining
from .modes import set_grad_enabled
from .node import Leaf, Node, Output
from .ops.elementwise import cast
from .ops.shape import sum_to_size
from .tensors import Tensor, current_node, mark_written, ndarray, wrap

_plus = combining("add", add)
_by_seq = attrgetter("seq")
_writing = Lock()  # held while a leaf's gradient is written, for walks in several threads


def backward(tensors, grad_tensors=None, retain_graph: bool | None = None,
             create_graph: bool = False, inputs=None) -> None:
    """Add to `.grad` of every leaf (or of `inputs` only) the gradient of the sum of `tensors`.

    Each tensor is weighted by its entry of `grad_tensors`, of the same shape; a scalar's is 1.
    The graph is freed on the way unless `retain_graph`, which defaults to `create_graph`.
    """
    roots = _sequence(tensors)
    nodes, grads = _start("backward", roots, _sequence(grad_tensors), create_graph)
    targets = None if inputs is None else _target_nodes("backward", _sequence(inputs))
    retain_graph = create_graph if retain_graph is None else retain_graph
    _walk(nodes, grads, retain_graph, create_graph, targets, accumulate=True)


def grad(outputs, inputs, grad_outputs=None, retain_graph: bool | None = None,
         create_graph: bool = False, allow_unused: bool | None = None,
         materialize_grads: bool = False) -> tuple[Tensor | None, ...]:
    """The gradients of the sum of `outputs` with respect to `inputs`, as a tuple; `.grad` is left
    alone.  An input that was not used raises, or gives None with `allow_unused`, or zeros with
    `materialize_grads`."""
    wanted = _sequence(inputs)
    nodes, grads = _start("grad", _sequence(outputs), _sequence(grad_outputs), create_graph)
    targets = _target_nodes("grad", wanted)
    retain_graph = create_graph if retain_graph is None else retain_graph
    found = _walk(nodes, grads, retain_graph, create_graph, targets, accumulate=False)
    results: list[Tensor | None] = []
    for i, (tensor, node) in enumerate(zip(wanted, targets, strict=True)):
        value = found.get(node)
        if value is None and materialize_grads:
            value = np.zeros(tensor.shape, tensor.dtype)
        elif value is None and not allow_unused:
            raise RuntimeError(f"grad: inputs[{i}], {describe(tensor)}, was not used in computing "
                               "the outputs; pass allow_unused=True to get None for it")
        results.append(value if value is None or isinstance(value, Tensor)
                       else wrap(_sole(value, 4)))
    return tuple(results)


def tensor_backward(self, gradient=None, retain_graph: bool | None = None,
                    create_graph: bool = False, inputs=None) -> None:
    """Add to each leaf's `.grad` the gradient of this tensor, weighted by `gradient`: see
    `autograd.backward`."""
    backward((self,), None if gradient is None else (gradient,), retain_graph, create_graph, inputs)


Tensor.backward = tensor_backward  # type: ignore[attr-defined]


def _sequence(values) -> tuple:
    if values is None:
        return ()
    return (values,) if isinstance(values, (Tensor, ndarray)) else tuple(values)


def _start(name: str, roots: tuple, weights: tuple, create_graph: bool):
    """The roots' nodes and the gradient that enters at each."""
    if weights and len(weights) != len(roots):
        raise RuntimeError(f"{name}: {len(roots)} tensors but {len(weights)} gradients for them")
    nodes: list[Node] = []
    grads: dict[Node, Any] = {}
    for i, root in enumerate(roots):
        node = current_node(root) if isinstance(root, Tensor) else None
        if node is None:
            raise RuntimeError(
                f"{name}: {describe(root)} does not require grad and has no grad_fn. Nothing it "
                "was computed from requires grad, or it was computed under no_grad, detached, "
                "taken from NumPy, or is of an integer type.")
        weight = weights[i] if weights else None
        if weight is None and root._array.size != 1:
            raise RuntimeError(
                f"{name}: a gradient can be created only for a scalar, got {describe(root)}; "
                "reduce it with .sum() or .mean(), or pass gradient=, a tensor of its shape")
        value = _weight(name, root, weight, create_graph)
        grads[node] = value if node not in grads else grads[node] + value
        nodes.append(node)
    return nodes, grads


def _weight(name: str, root: Tensor, weight, create_graph: bool):
    if weight is None:
        value = wrap(np.ones(root._array.shape, root._array.dtype))
    else:
        value = weight if isinstance(weight, Tensor) else wrap(np.asarray(weight))
        if value._array.shape != root._array.shape:
            raise RuntimeError(f"{name}: the gradient {describe(value)} does not have the shape "
                               f"of its tensor, {tuple(root.shape)}")
        if value._array.dtype is not root._array.dtype:
            value = cast(value, root._array.dtype)
    return value if create_graph else value._array


def _target_nodes(name: str, inputs: tuple) -> list[Node]:
    nodes = [current_node(tensor) for tensor in inputs]
    for i, node in enumerate(nodes):
        if node is None:
            raise RuntimeError(f"{name}: inputs[{i}], {describe(inputs[i])}, does not require grad")
    return nodes  # type: ignore[return-value]


def reachable(roots) -> list[Node]:
    """Every node that the roots were computed from, themselves included, in order of creation."""
    seen = set(roots)
    stack = list(seen)
    while stack:
        for parent in stack.pop().parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=_by_seq)


def _leading_to(nodes: list[Node], targets: list[Node]) -> set[Node]:
    """The nodes among `nodes`, in order of creation, through which gradients reach the targets."""
    needed = set(targets)
    for node in nodes:
        if any(parent in needed for parent in node.parents):
            needed.add(node)
    return needed


def _walk(roots, grads: dict, retain_graph: bool, create_graph: bool,
          targets: list[Node] | None, accumulate: bool) -> dict:
    """Carry the gradients down to the leaves or the targets; returns those of the targets."""
    nodes = reachable(roots)
    wanted = set(targets or ())
    needed = None
    if targets is not None:
        needed = _leading_to(nodes, targets)
        grads = {node: g for node, g in grads.items() if node in needed}
    found: dict = {}
    with set_grad_enabled(create_graph), np.errstate(all="ignore"):
        for node, g in _complete(reversed(nodes), grads, needed, retain_graph, create_graph):
            if node in wanted:
                found[node] = g
            if accumulate and node.__class__ is Leaf and (needed is None or node in wanted):
                _accumulate(node, g, create_graph)
    return found


def _complete(nodes, grads: dict, needed: set | None, retain_graph: bool, create_graph: bool):
    """Yield each node where somebody looks (leaves and targets), with its finished gradient, and
    pass the gradients of all on to their parents."""
    owned: set[Node] = set()  # nodes whose held gradient is a sum made here, free to be added to
    add_to = add if create_graph else iadd
    for node in nodes:
        g = grads.pop(node, None)
        if g is None:
            continue
        if node.hooks:
            g = _hooked(node, g)
        kind = node.__class__
        if needed is not None or kind is Leaf:
            yield node, g
        if kind is not Node:
            if kind is Output:
                _deliver(node, g, grads, needed)
            continue
        if node.saved is None:
            _raise_freed(node)
        for box in node.versions:
            if box[0] > node.seq:
                _raise_overwritten(node, box)
        if g.__class__ is list:
            g = _filled(node, g, create_graph)
        op, parents = node.op, node.parents
        if needed is not None:
            parents = tuple([p if p in needed else None for p in parents])
        results = op.backward(g, op.restore(node) if create_graph else node.saved, parents)
        if not retain_graph and op.keeps_arrays:
            node.saved = None
        position = -1
        for parent in parents:
            position += 1
            if parent is None:
                continue
            part = results[position]
            if part is None:
                continue
            if part.shape != parent.shape or part.dtype is not parent.dtype:
                part = _fitted(op, position, part, parent)
            held = grads.get(parent)
            if held is None:
                grads[parent] = part
            elif parent in owned:
                grads[parent] = add_to(held, part)
            else:
                grads[parent] = _plus(held, part)
                owned.add(parent)
        results = part = held = g = None  # so that a gradient's last reference is its reader's


def _deliver(output: Output, g, grads: dict, needed: set | None) -> None:
    """Put the gradient of one of several results into its slot."""
    parent: Any = output.parents[0]
    if needed is None or parent in needed:
        grads.setdefault(parent, [None] * len(parent.shape))[output.index] = g


def _raise_freed(node: Node) -> None:
    raise RuntimeError(
        f"backward: the graph of {node.op.name} (result {node.shape}) was already walked and its "
        "saved values freed. If a tensor kept from an earlier step (a hidden state, a running "
        "loss) links this graph to the old one, .detach() it; to walk the same graph twice on "
        "purpose, pass retain_graph=True the first time.")


def _raise_overwritten(node: Node, box: list) -> None:
    by, where = box[1]
    raise RuntimeError(
        f"backward: {node.op.name} saved a tensor for its gradient (result {node.shape}) that {by} "
        f"has since changed in place at {where}. Use the out-of-place form there, or .clone() the "
        "tensor first.")


def _hooked(node: Node, g):
    """The gradient after the node's hooks."""
    grad = g if isinstance(g, Tensor) else wrap(g)
    for hook in tuple((node.hooks or {}).values()):
        result = hook(grad)
        if result is None:
            continue
        if not isinstance(result, Tensor) or result._array.shape != node.shape:
            raise RuntimeError(f"a hook on the result of {node.op.name} must return a Tensor of "
                               f"shape {node.shape} or None, got {describe(result)}")
        grad = result
    return grad if isinstance(g, Tensor) else grad._array


def _filled(node: Node, parts: list, create_graph: bool) -> list:
    """The gradients of all results of an op with several: zeros where none arrived."""
    filled = []
    for part, shape, dtype in zip(parts, node.shape, node.dtype, strict=True):
        if part is None:
            zeros = np.zeros(shape, dtype)
            part = wrap(zeros) if create_graph else zeros
        filled.append(part)
    return filled


def _fitted(op, position: int, g, parent: Node):
    """A gradient brought to its input's shape and dtype, where the op declares that it differs."""
    if op.broadcasts:
        if g.shape != parent.shape:
            g = sum_to_size(g, parent.shape)
        if g.dtype is not parent.dtype:
            g = cast(g, parent.dtype)
    if g.shape != parent.shape or g.dtype != parent.dtype:
        name = op.inputs[min(position, len(op.inputs) - 1)]
        raise RuntimeError(
            f"{op.name}: the rule for {name} returned a gradient {tuple(g.shape)} {g.dtype} where "
            f"{tuple(parent.shape)} {parent.dtype} fits")
    return g


def _accumulate(leaf: Leaf, g, create_graph: bool) -> None:
    """Add a finished gradient to the leaf's `.grad`."""
    tensor = leaf.tensor()
    if tensor is None:
        return
    with _writing:
        if tensor._grad is None:
            tensor._grad = g.clone() if create_graph else wrap(_sole(g, 5))
        elif create_graph:
            tensor._grad = tensor._grad + g
        else:
            np.add(tensor._grad._array, g, out=tensor._grad._array)
            mark_written(tensor._grad, "backward")
    if leaf.after:
        for hook in tuple(leaf.after.values()):
            hook(tensor)


def _sole(g, references: int) -> np.ndarray:
    """The array itself if nobody else holds it, to be told by its reference count; else a copy."""
    if g.__class__ is ndarray and g.flags.c_contiguous and getrefcount(g) <= references:
        base = g.base
        if base is None or (base.__class__ is ndarray and base.base is None
                            and base.size == g.size and getrefcount(base) <= 3):
            return g
    return np.array(g, order="C")
