"""What a backward pass starts from and where it is to arrive: tensors, as their nodes, each root
with the gradient that enters there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .dtypes import own
from .errors import caller, describe
from .node import Node
from .ops.elementwise import cast
from .ops.join import stack
from .replayed import watcher
from .slips import NOTED, PASSES, hint
from .tensors import Tensor, current_node, ndarray, wrap

_MEANS = frozenset(("mean", "sum"))
_OUTPUTS = frozenset(("linear", "matmul", "add", "sigmoid", "tanh", "relu"))  # of a last layer


def sequence(values) -> tuple:
    if values is None:
        return ()
    return tuple(values) if isinstance(values, Iterable) and not isinstance(
        values, (Tensor, ndarray, str)) else (values,)


def start(name: str, roots: tuple, weights: tuple, create_graph: bool) -> dict[Node, Any]:
    """The roots' nodes, each with the gradient that enters there."""
    if weights and len(weights) != len(roots):
        raise RuntimeError(f"{name}: {len(roots)} tensors but {len(weights)} gradients for them")
    if not roots:
        raise RuntimeError(f"{name}: there is no tensor to start from")
    grads: dict[Node, Any] = {}
    for i, root in enumerate(roots):
        if not isinstance(root, Tensor):
            raise TypeError(f"{name}: a Tensor is needed to start from, got {describe(root)}; pass "
                            "the loss itself, not its .item(), its name or an array")
        node = current_node(root)
        if node is None:
            raise RuntimeError(
                f"{name}: {describe(root)} does not require grad and has no grad_fn. Nothing it "
                "was computed from requires grad, or it was computed under no_grad, detached, "
                "taken from NumPy, or is of an integer type.")
        weight = weights[i] if weights else None
        argument = "grad_outputs" if name == "grad" else "gradient"
        if weight is None and root._any_array.size != 1:
            raise RuntimeError(
                f"{name}: a gradient can be created only for a scalar, got {describe(root)}; "
                f"reduce it with .sum() or .mean(), or pass {argument}=, a tensor of its shape")
        if weight is None and root.is_complex():
            raise RuntimeError(f"{name}: a gradient can be created only for a real scalar, got "
                               f"{describe(root)}; pass {argument}=, or take its .abs() or .real")
        value = _weight(name, root, weight, create_graph)
        grads[node] = value if node not in grads else grads[node] + value
    return grads


def _weight(name: str, root: Tensor, weight, create_graph: bool):
    if weight is None:
        value = wrap(np.ones(root._any_array.shape, root._any_array.dtype))
    else:
        if isinstance(weight, (str, bytes)):
            raise TypeError(f"{name}: a gradient must be a Tensor of the shape {tuple(root.shape)},"
                            f" got {describe(weight)}")
        value = weight if isinstance(weight, Tensor) else wrap(own(np.asarray(weight)))
        if value._any_array.shape != root._any_array.shape:
            raise RuntimeError(f"{name}: the gradient {describe(value)} does not have the shape "
                               f"of its tensor, {tuple(root.shape)}")
        if value._any_array.dtype is not root._any_array.dtype:
            value = cast(value, root._any_array.dtype)
    return value if create_graph else value._any_array


def look_at_loss(loss: Tensor) -> None:
    """Leave a note for a step if the loss is NaN; tell of one that compares each output with every
    target."""
    PASSES[0] += 1
    if not watcher:  # a recording would depend on the number
        array = loss._any_array
        if array.size == 1 and (value := array.item()) != value:
            NOTED["NaN"] = caller()
        elif NOTED:
            NOTED.pop("NaN", None)
    node = loss._node
    if node is not None and node.op.name in _MEANS:
        _look_at_distances(node.parents[0])


def _look_at_distances(node: Node | None) -> None:
    """Tell of (N, 1) - (N), which is (N, N), squared or as absolute values, below a mean."""
    if node is None or node.op.name not in ("pow", "square", "abs"):
        return
    node = node.parents[0]
    if node is None or node.op.name != "sub" or len(node.shape) != 2:
        return
    rows, columns = node.shape
    outputs = [parent for parent in node.parents if parent is not None]
    if (rows == columns > 1 and len(outputs) == 1 and outputs[0].shape == (rows, 1)
            and outputs[0].op.name in _OUTPUTS):
        hint("repeated target", f"backward: the loss is of ({rows}, {rows}) differences, each "
             f"output with every target: ({rows}, 1) - ({rows},) is ({rows}, {rows}); give both "
             "one shape, output.squeeze(1) - target, or use mse_loss, which looks at shapes")


def target_nodes(name: str, inputs: tuple) -> list[Node]:
    nodes = [current_node(tensor) for tensor in inputs]
    for i, node in enumerate(nodes):
        if node is None:
            raise RuntimeError(f"{name}: inputs[{i}], {describe(inputs[i])}, does not require grad")
    return nodes  # type: ignore[return-value]


def each_of_batch(grad: Callable, outputs: tuple, weights: tuple, retain_graph: bool,
                  **options: Any) -> tuple:
    """The gradients for each entry of the weights' first dimension, stacked."""
    sizes = {np.shape(weight)[:1] for weight in weights if weight is not None}
    if len(sizes) != 1 or () in sizes:
        raise RuntimeError("grad: is_grads_batched takes grad_outputs of one size in their first "
                           f"dimension, the batch; got {[*map(describe, weights)]}")
    count, = sizes.pop()
    if not count:
        raise RuntimeError("grad: is_grads_batched got grad_outputs of a batch of 0")
    found = [grad(outputs, grad_outputs=[None if w is None else w[i] for w in weights],
                  retain_graph=retain_graph or i < count - 1, **options) for i in range(count)]
    return tuple([None if parts[0] is None else stack(parts) for parts in zip(*found)])
