"""Why a gradient is None, zero, NaN or huge: what made it so, on which line, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .dependence import Cut, Run, cuts
from .engine import reachable, walk
from .errors import describe, located
from .node import Node
from .roots import start
from .tensors import Tensor, current_node
from .viz.names import called
from .watched import Watched, watch

_HUGE = 1e4  # times what came to the loss, from which a gradient is called huge
_TINY = 1e-12  # below which it is as good as zero
_ZERO: dict[str, tuple[str, str]] = {  # op -> cause, and what to do
    **dict.fromkeys(("relu", "threshold"), (
        "dead", "no input is where it rises; lower the learning rate or the bias, or take "
        "leaky_relu")),
    **dict.fromkeys(("sigmoid", "tanh", "softmax", "log_softmax", "hardsigmoid", "softsign", "erf",
                     "logsigmoid", "cross_entropy", "binary_cross_entropy_with_logits"), (
        "saturated", "its inputs are so far out that it is flat; make weights or inputs smaller, "
        "or normalise them")),
    **dict.fromkeys(("mul", "where", "dropout", "select", "getitem", "gather",
                     "index_select", "tril", "triu"), (
        "masked", "what is multiplied by 0 or not chosen has no gradient; look at the mask, the "
        "index or the other factor")),
    **dict.fromkeys(("clamp", "minimum", "maximum"), (
        "clamped", "all values lie beyond the limits, where the result does not move")),
    **dict.fromkeys(("round", "floor", "ceil", "trunc", "sign", "floor_divide", "heaviside"), (
        "constant", "it is constant between jumps; leave it out of the loss")),
}
_CUT = {
    "detach": "compute with the tensor itself",
    "data": "compute with the tensor itself, not with .data",
    "numpy": "compute with Tensors: the functions of autograd, or NumPy's on the Tensor itself",
    "__array__": "compute with Tensors: the functions of autograd",
    "item": "keep the Tensor: a Python number has no graph",
    "tolist": "keep the Tensor: Python numbers have no graph",
    "no_grad": "compute it outside of no_grad and inference_mode",
    "no gradient": "its results are integers, truths or places, which have no gradient; take an "
                   "op that has one",
}  # fmt: skip


class Reason:
    """Why a gradient is what it is.

    cause   a word: frozen, computed, unused, freed, detach, data, numpy, item, tolist, no_grad,
            no gradient, no graph, dead, saturated, masked, clamped, constant, zero, vanishing, nan,
            infinite, huge, fine
    where   file:line of the program, empty where no single one is to blame
    text    the whole answer, which is also what is printed
    """

    def __init__(self, cause: str, text: str, where: str = "") -> None:
        self.cause, self.where = cause, where
        self.text = f"{text}, at {where}" if where and where not in text else text

    def __repr__(self) -> str:
        return self.text


def why(tensor: Tensor, function: Callable[[], Tensor]) -> Reason:
    """Why the gradient of `function()`, a loss, by the tensor is None, zero, NaN or huge.

    The function is run up to three times and a backward pass is made; the tensor and the random
    numbers are as before afterwards, and so are gradients, but those that computed tensors retain
    are added to; running statistics of norm layers are not.
    Returns a Reason with `cause`, `where` and `text`; printed, the text.
    Raises: TypeError where the first is no Tensor, or the second no function that gives one
        number as a Tensor.

    >>> w = autograd.tensor(2., requires_grad=True)
    >>> autograd.why(w, lambda: (w * -3).relu()).cause
    'dead'
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"why: the first argument must be a Tensor, got {describe(tensor)}")
    if not callable(function) or isinstance(function, Tensor):
        raise TypeError("why: the second argument must be a function that computes the loss, such "
                        f"as lambda: criterion(model(x), y), got {describe(function)}")
    if not tensor.requires_grad:
        return Reason("frozen", "The gradient is None: the tensor does not require grad; "
                      "requires_grad_() makes it")
    if not tensor.is_leaf and not tensor.retains_grad:
        return Reason("computed", "The gradient is None: the tensor was computed, and only leaves "
                      "and tensors with retain_grad() keep theirs")
    watch(1)
    try:
        run = Run(function, tensor)
        loss = run.result
        if not isinstance(loss, Tensor) or loss.numel() != 1:
            raise TypeError("why: the function must return the loss, one number as a Tensor, got "
                            f"{describe(loss)}")
        return _of_gradient(tensor, function, run)
    finally:
        watch(-1)


def _of_gradient(tensor: Tensor, function: Callable, run: Run) -> Reason:
    root, leaf = current_node(run.result), current_node(tensor)
    if root is None or leaf is None or leaf not in reachable([root]):
        return _of_cuts(function, tensor)
    flow = _Flow()
    try:
        gradient = flow.of(run.result, leaf)
    except RuntimeError as error:
        if "already walked" not in str(error):
            raise
        return Reason("freed", f"There is no gradient: {error}")
    if gradient is None:
        return Reason("unused", "The gradient is None: the loss was computed from the tensor by "
                      "ways that pass no gradient")
    largest = np.abs(gradient).max(initial=0)
    if not np.isfinite(largest):
        return _of_broken(run, flow, "nan" if np.isnan(gradient).any() else "infinite")
    if not np.isfinite(run.result.item()):
        return _of_broken(run, flow, "nan")
    if not gradient.size:
        return Reason("fine", "The gradient has no elements")
    if not largest:
        return _of_zero(flow)
    if largest < _TINY:
        return _of_tiny(flow, largest)
    with np.errstate(over="ignore"):
        norm = float(np.linalg.norm(gradient.astype(np.result_type(gradient, np.float64))))
    if largest > _HUGE:
        return _of_huge(flow, norm)
    return Reason("fine", f"The gradient is sound: norm {norm:.4g}, from {gradient.min():.4g} to "
                  f"{gradient.max():.4g}, {(gradient == 0).mean():.0%} of it zero")


class _Flow:
    """The gradients that went through each node, in the walk's order."""

    def __init__(self) -> None:
        self.passed: list[tuple[Node, Any, tuple]] = []

    def of(self, loss: Tensor, leaf: Node) -> np.ndarray | None:
        """The gradient that arrives at the leaf."""
        grads = start("why", (loss,), (), False)
        found: list[np.ndarray] = []

        def arrived(node: Node) -> None:
            if node is leaf:
                found.append(np.array(grads[node]))

        walk(grads, False, False, [leaf], arrived, self)
        return found[0] if found else None

    def __call__(self, node: Node) -> Callable:
        def rule(g, saved, parents):
            results = node.op.backward(g, saved, parents)
            parts = tuple([None if parent is None else results[i]
                           for i, parent in enumerate(parents)])
            came = [part for part in (g if isinstance(g, list) else [g]) if part is not None]
            self.passed.append((node, _size(came), _size(parts)))
            return results

        return rule

    def summed(self, node: Node, i: int, result) -> None:
        """Nothing: sums are looked at where they come in."""


def _size(parts) -> float:
    """The largest element of several gradients; NaN if one is."""
    largest = [np.abs(part).max(initial=0) for part in parts if part is not None]
    return float(np.max(largest)) if largest else 0.0


def _of_cuts(function: Callable, tensor: Tensor) -> Reason:
    found, depends = cuts(function, tensor)
    if not found and not depends:
        return Reason("unused", "The gradient is None: the loss does not depend on the tensor; is "
                      "it, or its module, used, and is it the very tensor that is trained?")
    if not found:
        return Reason("no graph", "The gradient is None: the loss depends on the tensor in ways "
                      "that the graph does not know: Tensors in the list of autograd.tensor([...]),"
                      " writes under no_grad, or a result made before")
    first, *rest = found
    others = "".join(f"; also by {_shown(cut)} at {cut.where}" for cut in rest)
    return Reason(first.cause, "The gradient is None: the graph is cut by "
                  f"{_shown(first)} at {first.where}{others}; {_CUT[first.cause]}",
                  first.where)


def _shown(cut: Cut) -> str:
    if cut.cause == "no_grad":
        return f"no_grad, under which {cut.name} was computed,"
    return cut.name if cut.cause in ("no gradient", "data") else f"{cut.name}()"


def _of_zero(flow: _Flow) -> Reason:
    for node, came, went in flow.passed:
        if came and not went:
            name = called(node)
            cause, advice = _stopping(name)
            return Reason(cause, f"The gradient is zero: {name} passes none on, at "
                          f"{_place(node)}; {advice}", _place(node))
    return Reason("zero", "The gradient is zero: parts of it cancel, or different ops stop "
                  "different parts")


def _of_tiny(flow: _Flow, largest: float) -> Reason:
    node, came, went = min(flow.passed, key=lambda step: step[2] / step[1] if step[1] else 1)
    cause, advice = _stopping(called(node))
    if cause != "saturated":
        cause, advice = "vanishing", "the numbers there are too small; scale them"
    return Reason(cause, f"The gradient is as good as zero, {largest:.1e} at most: it shrinks "
                  f"most, from {came:.4g} to {went:.4g}, in {called(node)}, at {_place(node)}; "
                  f"{advice}", _place(node))


def _stopping(name: str) -> tuple[str, str]:
    """The cause, and what to do, where an op of this name passes no gradient on."""
    return _ZERO.get(name.rstrip("123d_"), _ZERO.get(name, (
        "zero", "its derivative is 0, or nearly, for all of these inputs")))


def _of_broken(run: Run, flow: _Flow, cause: str) -> Reason:
    word = {"nan": "NaN", "infinite": "infinite"}[cause]
    for call in run.calls:
        if not call.finite:
            where = located(call.place)
            return Reason(cause, f"The loss or the gradient is {word}: a result of {call.name} is "
                          f"NaN or infinite already when the loss is computed, at {where}", where)
    for node, came, went in flow.passed:
        if np.isfinite(came) and not np.isfinite(went):
            return Reason(cause, f"The gradient is {word}: that of {called(node)} is not finite "
                          f"there, while its result is, at {_place(node)}; keep its input away "
                          "from such points, by clamp(min=...) or by adding a small number",
                          _place(node))
    return Reason(cause, f"The gradient is {word}: parts of it are infinite with both signs")


def _of_huge(flow: _Flow, norm: float) -> Reason:
    grown = max(flow.passed, key=lambda step: step[2] / step[1] if step[1] else 0)
    node, came, went = grown
    return Reason("huge", f"The gradient is huge, norm {norm:.4g}: it grows most, from {came:.4g} "
                  f"to {went:.4g}, in {called(node)}, at {_place(node)}; scale its inputs, or clip "
                  "gradients (nn.utils.clip_grad_norm_)", _place(node))


def _place(node: Node) -> str:
    return located(node.place) if isinstance(node, Watched) else "a line that was not watched"
