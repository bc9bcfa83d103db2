"""Segments whose inner results are not kept for the backward pass but computed again in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..custom_function import Function
from ..engine import grad, reachable
from ..errors import describe
from ..modes import enable_grad, is_grad_enabled
from ..node import Leaf
from ..ops.shape import clone
from ..sampling import get_rng_state, set_rng_state
from ..tensors import Tensor, current_node
from .trees import dict_like, flat, mapped, refilled

__all__ = ["checkpoint", "checkpoint_sequential"]


def checkpoint(function: Callable, *args: Any, use_reentrant: bool | None = None,
               preserve_rng_state: bool = True, **kwargs: Any) -> Any:
    """function(*args, **kwargs), of which only the arguments are kept for the backward pass: it is
    run again there, with the same random numbers if `preserve_rng_state`.

    Gradients flow to the Tensors among the arguments, trees of them too, and to leaves that the
    function holds itself, such as parameters.  Both of PyTorch's ways are this one.
    Reference: Chen et al., Training Deep Nets with Sublinear Memory Cost, 2016.

    >>> x = autograd.tensor([1., 2.], requires_grad=True)
    >>> autograd.utils.checkpoint.checkpoint(lambda x: (x + 1) ** 2, x).sum().backward()
    >>> x.grad
    tensor([4., 6.])
    """
    if not callable(function):
        raise TypeError(f"checkpoint: a function is needed, got {describe(function)}")
    if not is_grad_enabled():
        return function(*args, **kwargs)
    state = get_rng_state() if preserve_rng_state else None
    segment = _Segment(function, args, kwargs, state)
    given = flat([args, kwargs])
    results, held = segment.first(given)
    if not any(tensor.requires_grad for tensor in (*given, *held)):
        return segment.shaped(results)
    segment.results, segment.held = results, held
    made = _Again.apply(segment, len(given), *given, *held)
    return segment.shaped(made if isinstance(made, tuple) else (made,))


def checkpoint_sequential(functions: Any, segments: int, input: Any,
                          use_reentrant: bool | None = None, **kwargs: Any) -> Any:
    """The functions or modules one after the other, in so many checkpointed segments, of which the
    last is kept as it is."""
    functions = list(functions.children() if hasattr(functions, "children") else functions)
    if not 0 < segments <= len(functions):
        raise ValueError(f"checkpoint_sequential: segments must be from 1 to {len(functions)}, the "
                         f"number of functions, got {segments}")
    size = len(functions) // segments
    for i in range(segments - 1):
        input = checkpoint(_run_of(functions[i * size:(i + 1) * size]), input, **kwargs)
    return _run_of(functions[(segments - 1) * size:])(input)


def _run_of(functions: list) -> Callable:
    def run(value):
        for function in functions:
            value = function(value)
        return value

    return run


class _Segment:
    """A call that can be made again."""

    def __init__(self, function: Callable, args: tuple, kwargs: dict, state) -> None:
        self.function, self.args, self.kwargs, self.state = function, args, kwargs, state
        self.result: Any = None  # what came out, without its Tensors
        self.results: Any = None  # those, until they have become the operation's
        self.held: list[Tensor] = []  # leaves besides what goes in

    def run(self, tensors: list[Tensor]) -> list[Tensor]:
        """The Tensors that come out, for these in the places of those that go in."""
        args, kwargs = refilled([self.args, self.kwargs], tensors)
        with enable_grad():
            out = self.function(*args, **kwargs)
        self.result = mapped(lambda _: _PLACE, out)
        found = flat(out)
        if not found:
            raise RuntimeError(f"checkpoint: the function must give Tensors, got {describe(out)}")
        return found

    def first(self, given: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """What comes out, without history, and the leaves besides what goes in that it needed."""
        inner = _leaves(given, [tensor.requires_grad for tensor in given])
        found = self.run(inner)
        own = {current_node(tensor) for tensor in inner}
        roots = [node for node in map(current_node, found) if node is not None]
        held = [node.tensor() for node in reachable(roots) if node.__class__ is Leaf
                and node not in own]
        return [tensor.detach() for tensor in found], [t for t in held if t is not None]

    def again(self, given: list[Tensor], needs: list) -> tuple[list[Tensor], list[Tensor]]:
        """New leaves in the places of what goes in, and what comes out of them; copies with their
        history where the backward pass is recorded."""
        before = get_rng_state()
        inner = list(map(clone, given)) if is_grad_enabled() else _leaves(given, needs)
        if self.state is not None:
            set_rng_state(self.state)
        try:
            return inner, self.run(inner)
        finally:
            set_rng_state(before)

    def shaped(self, tensors) -> Any:
        """What the function gave, with these Tensors."""
        source = iter(tensors)

        def filled(part):
            if part is _PLACE:
                return next(source)
            if isinstance(part, dict):
                return dict_like(part, [(key, filled(value)) for key, value in part.items()])
            if isinstance(part, (tuple, list)):
                parts = [filled(value) for value in part]
                return part._make(parts) if hasattr(part, "_make") else type(part)(parts)
            return part

        return filled(self.result)


_PLACE: Any = object()  # stands for a Tensor


def _leaves(tensors: list[Tensor], needs: list) -> list[Tensor]:
    return [tensor.detach().requires_grad_(bool(needed))
            for tensor, needed in zip(tensors, needs, strict=True)]


class _Again(Function):
    """The segment as one operation."""

    @staticmethod
    def forward(ctx, segment, count, *tensors):
        ctx.segment, ctx.count = segment, count
        ctx.save_for_backward(*tensors[:count])
        results, segment.results = segment.results, None
        return tuple(results)

    @staticmethod
    def backward(ctx, *grads):
        needs = ctx.needs_input_grad[2:]
        inner, results = ctx.segment.again(list(ctx.saved_tensors), needs[:ctx.count])
        sources = [*inner, *ctx.segment.held]
        wanted = [tensor for tensor, needed in zip(sources, needs, strict=True) if needed]
        pairs = [(r, g) for r, g in zip(results, grads, strict=True)
                 if g is not None and r.requires_grad]
        found = iter(grad([r for r, _ in pairs], wanted, [g for _, g in pairs], allow_unused=True,
                          create_graph=is_grad_enabled()) if pairs else [None] * len(wanted))
        return (None, None, *[next(found) if needed else None for needed in needs])
