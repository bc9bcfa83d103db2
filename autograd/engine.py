"""The backward walk: from the roots down to the leaves, in descending order of creation.

Creation order is a topological order, so when a node's turn comes every contribution to its
gradient has arrived.  A leaf is served as soon as that holds for it, so that its gradient can be
used, and freed, while the walk goes on.  Ordinarily gradients are ndarrays and nothing is recorded;
with `create_graph=True` they are Tensors and the same rules record themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import add, iadd
from typing import Any

import numpy as np

from .accumulate import add_to_grad, add_to_leaf, owned
from .dtypes import float16, float32
from .errors import check_switches, describe, located
from .gate import formula
from .hooks import LOOKING, RetainGrad, walks
from .modes import enable_grad, no_grad
from .node import INNER, OUT, Leaf, Node, Output, Rule
from .ops.elementwise import cast
from .ops.shape import sum_to_size
from .quiet import quiet
from .roots import each_of_batch, look_at_loss, sequence, start, target_nodes
from .slips import hinting
from .tensors import Tensor, ndarray, wrap

_plus = formula("add", add)
_RECORDING, _NOT_RECORDING = enable_grad(), no_grad()  # made once, entered by every walk


def backward(tensors, grad_tensors=None, retain_graph: bool | None = None,
             create_graph: bool = False, inputs=None) -> None:
    """Add to `.grad` of every leaf (or of `inputs` only) the gradient of the sum of `tensors`.

    Each tensor is weighted by its entry of `grad_tensors`, of the same shape; a scalar's is 1.
    The graph is freed on the way unless `retain_graph`, which defaults to `create_graph`.  Of
    `inputs` that are no leaves the gradients are retained.
    """
    if retain_graph is None:
        retain_graph = create_graph
    if create_graph.__class__ is not bool or retain_graph.__class__ is not bool:
        check_switches("backward", create_graph=create_graph, retain_graph=retain_graph)
    roots = sequence(tensors)
    grads = start("backward", roots, sequence(grad_tensors), create_graph)
    if hinting():
        look_at_loss(roots[0])
    targets = None
    if inputs is not None:
        inputs = sequence(inputs)
        if not inputs:
            raise RuntimeError("backward: inputs is empty; leave it out for all leaves")
        targets = target_nodes("backward", inputs)
        for tensor in inputs:
            tensor.retain_grad()

    def arrived(node: Node) -> None:
        if node.__class__ is Leaf:
            add_to_leaf(node, grads, create_graph)

    walk(grads, retain_graph, create_graph, targets, arrived)


def grad(outputs, inputs, grad_outputs=None, retain_graph: bool | None = None,
         create_graph: bool = False, only_inputs: bool = True, allow_unused: bool | None = None,
         is_grads_batched: bool = False, materialize_grads: bool = False) -> tuple[Tensor, ...]:
    """The gradients of the sum of `outputs` with respect to `inputs`, as a tuple; `.grad` is left
    alone, whatever only_inputs says.  An input that was not used raises, or gives None with
    `allow_unused`, or zeros with `materialize_grads`.  With `is_grads_batched` each of
    `grad_outputs` has a dimension more in front, and so has each gradient: there is one backward
    pass for each entry."""
    if retain_graph is None:
        retain_graph = create_graph
    check_switches("grad", create_graph=create_graph, retain_graph=retain_graph,
                   only_inputs=only_inputs, is_grads_batched=is_grads_batched,
                   allow_unused=allow_unused is not None and allow_unused,
                   materialize_grads=materialize_grads)
    if is_grads_batched:
        return each_of_batch(grad, sequence(outputs), sequence(grad_outputs), retain_graph,
                             inputs=sequence(inputs), create_graph=create_graph,
                             allow_unused=allow_unused, materialize_grads=materialize_grads)
    wanted = sequence(inputs)
    for i, tensor in enumerate(wanted):
        if not isinstance(tensor, Tensor):
            raise TypeError(f"grad: inputs[{i}] must be a Tensor, got {describe(tensor)}")
    grads = start("grad", sequence(outputs), sequence(grad_outputs), create_graph)
    targets = target_nodes("grad", wanted)
    found: dict[Node, Any] = {}

    def arrived(node: Node) -> None:
        found[node] = grads[node]

    walk(grads, retain_graph, create_graph, targets, arrived)
    results: list[Any] = []
    for i, (tensor, node) in enumerate(zip(wanted, targets, strict=True)):
        if node in found:
            results.append(found[node] if create_graph else wrap(owned(found, node)))
        elif materialize_grads:
            results.append(wrap(np.zeros(tensor.shape, tensor.dtype)))
        elif allow_unused:
            results.append(None)
        else:
            raise RuntimeError(f"grad: inputs[{i}], {describe(tensor)}, was not used in computing "
                               "the outputs; pass allow_unused=True to get None for it")
    return tuple(results)


def _backward(self, gradient=None, retain_graph: bool | None = None,
                    create_graph: bool = False, inputs=None) -> None:
    """Add to each leaf's `.grad` the gradient of this tensor, weighted by `gradient`: see
    `autograd.backward`."""
    backward((self,), None if gradient is None else (gradient,), retain_graph, create_graph, inputs)


_backward.__name__ = _backward.__qualname__ = "backward"
Tensor.backward = _backward  # type: ignore[method-assign]


def reachable(roots) -> dict[Node, int]:
    """Every node that the roots were computed from, themselves included, with its turn: its
    number, but a leaf's comes right after the first op that used it, which is the last to give it
    a part of its gradient."""
    turns: dict[Node, int] = {root: root.seq for root in roots}
    found = list(turns)
    for node in found:  # which grows on the way
        seq = node.seq
        for parent in node.parents:
            if parent in turns:
                if turns[parent] > seq:  # only a leaf's can be
                    turns[parent] = seq - 1
            elif parent.__class__ is Leaf:
                turns[parent] = seq - 1
            elif parent is not None:
                turns[parent] = parent.seq
                found.append(parent)
    return turns


def _leading_to(nodes, targets: list[Node]) -> set[Node]:
    """The nodes among `nodes`, each after its parents, that gradients pass on to the targets."""
    needed = set(targets)
    for node in nodes:
        if any(parent in needed for parent in node.parents):
            needed.add(node)
    return needed


@quiet
def walk(grads: dict, retain_graph: bool, create_graph: bool, targets: list[Node] | None,
          arrived: Callable[[Node], None], look=None) -> None:
    """Carry the gradients of the roots down, calling `arrived(node)` at each leaf, or at each of
    the targets, once its gradient in `grads` is complete.  `look(node)` gives what is called in
    the place of a node's rule, and `look.summed` sees sums; by default who is in LOOKING."""
    if look is None and LOOKING:
        look = LOOKING[-1]
    turns = reachable(grads)
    order = sorted(turns, key=turns.__getitem__, reverse=True)
    wanted = None if targets is None else set(targets)
    needed = None
    if targets is not None:
        needed = _leading_to(reversed(order), targets)
    with walks, _RECORDING if create_graph else _NOT_RECORDING:
        for root in [root for root in grads if needed is not None and root not in needed]:
            _hooked(root, grads.pop(root), create_graph)
        for node in _complete(order, grads, needed, retain_graph, create_graph, look):
            if wanted is None or node in wanted:
                arrived(node)


def _complete(order, grads: dict, needed: set | None, retain_graph: bool, create_graph: bool,
              look):
    """Yield each node where somebody may look (leaves, or all on the way to targets) when its
    gradient in `grads` is finished, and pass the gradients on to the parents."""
    sums: set[Node] = set()  # nodes whose held gradient is a sum made here, free to be added to
    add_to = add if create_graph else iadd
    for node in order:
        if node.hooks and node in grads:
            grads[node] = _hooked(node, grads[node], create_graph)
        kind = node.__class__
        if (kind is Leaf or needed is not None) and node in grads:
            yield node
        if kind is Leaf:
            grads.pop(node, None)
            continue
        g = grads.pop(node, None)
        if g is None:
            continue
        if kind is Output:
            _deliver(node, g, grads, needed)
            continue
        op, parents = node.op, node.parents
        if needed is not None:
            parents = tuple([p if p in needed else None for p in parents])
            if not any(parents):
                continue
        saved: Any = node.saved
        if saved is None:
            _raise_freed(node)
        for box in node.versions:
            if box[0] > node.seq:
                _raise_overwritten(node, box)
        if g.__class__ is list:
            g = _filled(node, g, create_graph)
        if create_graph:
            saved = _restored(node, saved)
        if node.dtype is float16 and op.widens:
            g, saved = _wide(g), [_wide(value) for value in saved]
        rule = op.backward if look is None else look(node)
        results = rule(g, saved, parents)
        saved = None
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
            elif parent in sums:
                grads[parent] = add_to(held, part)
            else:
                grads[parent] = _plus(held, part)
                sums.add(parent)
            if look is not None and held is not None:
                look.summed(node, position, grads[parent])
        results = part = held = g = None  # so that a gradient's last reference is its reader's


def _wide(value):
    """What is of float16 in float32, in which a rule computes; what it returns is rounded once."""
    if getattr(value, "dtype", None) is not float16:
        return value
    return cast(value, float32) if isinstance(value, Tensor) else value.astype(float32)


def _deliver(output: Output, g, grads: dict, needed: set | None) -> None:
    """Add the gradient of one of several results to its slot: a result that a rule kept has an
    Output of its own under create_graph."""
    parent: Any = output.parents[0]
    if needed is None or parent in needed:
        slots, at = grads.setdefault(parent, [None] * len(parent.shape)), output.index
        slots[at] = g if slots[at] is None else slots[at] + g


def _raise_freed(node: Node) -> None:
    raise RuntimeError(
        f"backward: the graph of {node.op.name.lstrip('_')} (result {node.shape}) was already "
        "walked and its saved values freed. If a tensor kept from an earlier step (a hidden "
        "state, a running loss) links this graph to the old one, .detach() it; to walk the same "
        "graph twice on purpose, pass retain_graph=True the first time.")


def _raise_overwritten(node: Node, box: list) -> None:
    by, where = box[1]
    raise RuntimeError(
        f"backward: {node.op.name.lstrip('_')} saved a tensor for its gradient (result "
        f"{node.shape}) that {by} has since changed in place at {located(where)}. Use the "
        "out-of-place form there, or .clone() the tensor first.")


class _Inner(Rule):
    """Stands behind a value that a forward made, did not return, and saved: what it was computed
    from is not known, so no gradient can go through it."""

    __slots__ = ("name",)

    node_name = "InnerBackward"

    def __init__(self, name: str) -> None:
        self.name = name

    def backward(self, g, saved, parents):
        raise RuntimeError(
            f"{self.name}: its backward uses a value that its forward computed and did not return, "
            "so its second derivative would lack a term. Compute the value again in backward from "
            "saved inputs, return it from forward, or pass it to apply() if it is a constant.")


def _restored(node: Node, saved: tuple) -> list:
    """The saved values with tensors put back in their place in the graph, for create_graph."""
    return [value if value is None or source is None else _attached(node, value, source)
            for _, value, source in node.op.kept(saved)]


def _attached(node: Node, value, source):
    if not isinstance(value, ndarray):  # a number, which may have been a tensor beside float16
        parent = node.parents[source] if source != INNER and source >= 0 else None
        if parent is None:
            return value
        value = np.asarray(value, parent.dtype)
    tensor = wrap(value)
    if source == INNER:
        tensor._node = Node.make(_Inner(node.op.name), node.parents, (), (), value.shape,
                                 value.dtype)
    elif source >= 0:
        tensor._node = node.parents[source]
    else:
        tensor._node = Output(node, OUT - source) if isinstance(node.shape, list) else node
    return tensor


def _hooked(node: Node, g, create_graph: bool):
    """The gradient after the node's hooks, which may also change it in place; what is retained is
    what flows on."""
    hooks = tuple((node.hooks or {}).values())
    retained = [hook for hook in hooks if hook.__class__ is RetainGrad]
    if len(retained) < len(hooks):
        grad = g.clone() if create_graph else wrap(np.array(g))
        for hook in hooks:
            if hook.__class__ is not RetainGrad:
                result = hook(grad)
                grad = grad if result is None else result
                _check_hooked(node, grad)
        g = grad if create_graph else grad._any_array
    for hook in retained:
        tensor = hook.tensor()
        if tensor is not None:
            add_to_grad(tensor, g)
    return g


def _check_hooked(node: Node, grad) -> None:
    if (not isinstance(grad, Tensor) or grad._any_array.shape != node.shape
            or grad._any_array.dtype != node.dtype):
        where = "a leaf" if node.__class__ is Leaf else f"the result of {node.op.name}"
        raise RuntimeError(f"a hook on {where} must leave a gradient of shape "
                           f"{node.shape} and dtype {node.dtype}, or return such a Tensor or None; "
                           f"got {describe(grad)}")


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
    if op.broadcasts and g.shape != parent.shape:
        g = sum_to_size(g, parent.shape)
    g = g.real if g.dtype.kind == "c" and parent.dtype.kind == "f" else g
    if g.dtype is not parent.dtype and (op.broadcasts or parent.dtype is float16):
        g = cast(g, parent.dtype)
    if g.shape != parent.shape or g.dtype != parent.dtype:
        name = op.inputs[min(position, len(op.inputs) - 1)]
        raise RuntimeError(
            f"{op.name}: the rule for {name} returned a gradient {tuple(g.shape)} {g.dtype} where "
            f"{tuple(parent.shape)} {parent.dtype} fits")
    return g
