"""The backward walk of a step that is being recorded.

It takes the engine's turns.  Where the rules of an op are written with ops (`FINE`), they run on
Tensors, so that each op in them is recorded by itself and can be fused with its neighbours; the
rules of other ops are recorded as one call on arrays, which does at each replay exactly what an
ordinary walk does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import engine
from ..accumulate import add_to_grad
from ..dtypes import float16
from ..hooks import RetainGrad, walks
from ..modes import no_grad
from ..node import Leaf, Node, Output
from ..ops.arithmetic import add
from ..record import Op
from ..tensors import Tensor, wrap
from .recorder import RAW, Recorder

# Ops whose rules are made of ops that a sweep, a product or a view can answer.
_FINE = (
    "add sub mul div neg square exp log tanh sigmoid sqrt relu _leaky_relu sin cos reciprocal "
    "rsqrt sum mean reshape view squeeze unsqueeze transpose permute expand sum_to_size clone "
    "matmul linear where cast safe_mul safe_div abs log1p pow")
FINE = frozenset(_FINE.split())


def walk(recorder: Recorder, grads: dict, retain_graph: bool, targets: list[Node] | None,
         arrived) -> None:
    """`engine.walk` without create_graph, recorded."""
    turns = engine.reachable(grads)
    order = sorted(turns, key=turns.__getitem__, reverse=True)
    wanted = None if targets is None else set(targets)
    needed = None if targets is None else engine._leading_to(reversed(order), targets)
    with walks, no_grad(), np.errstate(all="ignore"):
        if needed is not None:
            for root in [root for root in grads if root not in needed]:
                del grads[root]
        for node in order:
            if node.hooks and node in grads:
                grads[node] = _hooked(recorder, node, grads[node])
            kind = node.__class__
            if (kind is Leaf or needed is not None) and node in grads and (
                    wanted is None or node in wanted):
                arrived(node)
            g = grads.pop(node, None)
            if kind is Leaf or g is None:
                continue
            if kind is Output:
                engine._deliver(node, g, grads, needed)  # type: ignore[arg-type]
                continue
            parents = node.parents
            if needed is not None:
                parents = tuple([p if p in needed else None for p in parents])
            if any(parents):
                _pass_on(recorder, node, g, parents, grads)
                if not retain_graph and node.op.keeps_arrays:
                    node.saved = None


def _pass_on(recorder: Recorder, node: Node, g, parents: tuple, grads: dict) -> None:
    """Add what a node gives to its parents to their gradients."""
    if node.saved is None:
        engine._raise_freed(node)
    for box in node.versions:
        if box[0] > node.seq:
            engine._raise_overwritten(node, box)
    if g.__class__ is list:
        g = engine._filled(node, g, False)
    results = _backward(recorder, node, g, parents)
    for position, parent in enumerate(parents):
        part = None if parent is None else results[position]
        if part is None:
            continue
        if part.shape != parent.shape or part.dtype is not parent.dtype:
            part = RAW(engine._fitted(node.op, position, wrap(part), parent))
        held = grads.get(parent)
        grads[parent] = part if held is None else RAW(add(wrap(held), wrap(part)))


def _backward(recorder: Recorder, node: Node, g, parents: tuple) -> list:
    """The gradients, as arrays, that a node's rules give for that of its result."""
    op: Any = node.op
    narrow = node.dtype is float16 and op.widens
    saved: Any = node.saved
    if not isinstance(op, Op):  # of a Function: the user's own code, which calls ops
        return list(op.backward(g, saved, parents))
    if op.name in FINE and not narrow and g.__class__ is np.ndarray:
        results = op.backward(wrap(g), engine._restored(node, saved), parents)
        return [RAW(r) if isinstance(r, Tensor) else r for r in results]
    mask = tuple([None if parent is None else True for parent in parents])
    function = _widened(op.backward) if narrow else op.backward
    results = list(recorder.unseen(function, (g, saved, mask), {}))
    if recorder.active():
        results = recorder.call(function, (g, tuple(saved), mask), {}, results,
                                f"the gradient of {op.name}")
    return results


class _widened:
    """A rule of float16, which computes in float32."""

    def __init__(self, backward) -> None:
        self.backward = backward

    def __call__(self, g, saved, parents):
        return self.backward(engine._wide(g), [engine._wide(value) for value in saved], parents)

    def __eq__(self, other) -> bool:
        return isinstance(other, _widened) and other.backward is self.backward

    __hash__ = None  # type: ignore[assignment]


def _hooked(recorder: Recorder, node: Node, g):
    """The gradient, where retain_grad() alone waits for it."""
    for hook in tuple((node.hooks or {}).values()):
        if hook.__class__ is not RetainGrad:
            recorder.fail("a hook on a tensor waits for its gradient; remove it, or leave this "
                          "step uncompiled")
            return engine._hooked(node, g, False)
    for hook in (node.hooks or {}).values():
        tensor = hook.tensor()
        if tensor is not None:
            add_to_leaf(recorder, tensor, g, None)
    return g


def add_to_leaf(recorder: Recorder, tensor: Tensor, g: np.ndarray, leaf: Leaf | None) -> None:
    """Add a gradient to a Tensor's .grad."""
    if leaf is not None and leaf.after:
        recorder.fail("a hook waits for an accumulated gradient; remove it, or leave this step "
                      "uncompiled")
    recorder.ask_grad(tensor)
    if not recorder.active():
        add_to_grad(tensor, g)
    elif tensor._grad is None:
        tensor._grad = wrap(own(recorder, g))
    elif not RAW(tensor._grad).flags.writeable:
        tensor._grad = add(wrap(RAW(tensor._grad)), wrap(g))
    else:
        held = RAW(tensor._grad)
        recorder.wrote(held, _add_into, g)
        np.add(held, g, out=held)
    if leaf is not None and leaf.after:
        for hook in tuple(leaf.after.values()):
            hook(tensor)


def own(recorder: Recorder, g: np.ndarray) -> np.ndarray:
    """A copy of a gradient, in memory of its own, recorded."""
    copy = np.array(g, order="C")
    return recorder.call(own_copy, (g,), {}, copy, "copy")


def own_copy(array: np.ndarray) -> np.ndarray:
    """The same numbers, row-major, in memory of their own."""
    return np.array(array, order="C")


def _add_into(array: np.ndarray, g: np.ndarray) -> None:
    np.add(array, g, out=array)
