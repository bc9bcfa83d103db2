"""`autograd.Function`: operations that users define, forward and backward."""

from __future__ import annotations

import numpy as np

from .errors import describe
from .modes import is_grad_enabled, no_grad
from .node import Node, Output, next_seq
from .tensors import Tensor, alias, current_node, mark_written, wrap


class FunctionCtx:
    """What forward leaves for backward."""

    def __init__(self, inputs: tuple, nodes: tuple) -> None:
        self.needs_input_grad = tuple(node is not None for node in nodes)
        self._inputs = inputs
        self._saved: tuple = ()
        self._unrecorded: tuple = ()
        self._dirty: tuple = ()

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors (inputs, outputs or intermediate ones) for backward's `saved_tensors`."""
        for tensor in tensors:
            if tensor is not None and not isinstance(tensor, Tensor):
                raise TypeError(f"save_for_backward: only Tensors and None, got "
                                f"{describe(tensor)}; keep other values as attributes of ctx")
        self._saved = tensors

    @property
    def saved_tensors(self) -> tuple:
        """The tensors given to save_for_backward."""
        return self._saved

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Say which outputs have no gradient."""
        self._unrecorded = tensors

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Say which inputs forward changed in place.  Each must require no grad, or be returned."""
        self._dirty = tensors


class _Declared:
    """What the engine needs to know of a Function: the counterpart of record.Op."""

    broadcasts = False
    keeps_arrays = True
    saved_names: tuple = ()

    def __init__(self, cls: type[Function]) -> None:
        self.name = cls.__name__
        self.node_name = f"{cls.__name__}Backward"
        self.cls = cls
        code = cls.forward.__code__
        first = 0 if _separate_context(cls) else 1
        self.inputs = code.co_varnames[first: code.co_argcount] or ("inputs",)

    def restore(self, node: Node):
        """Saved values for a backward pass that is itself recorded."""
        return (*(node.saved or ()), node)

    def backward(self, g, saved: tuple, parents: tuple) -> tuple:
        """Call the user's backward with Tensors, and hand on what the engine works with."""
        ctx, values, sources = saved[:3]
        recorded = saved[3:]
        nodes = parents if not recorded else recorded[0].parents
        ctx._saved = tuple(_restored(value, source, nodes, recorded)
                           for value, source in zip(values, sources, strict=True))
        grads = g if isinstance(g, list) else [g]
        grads = [part if isinstance(part, Tensor) else wrap(np.asarray(part)) for part in grads]
        results = self.cls.backward(ctx, *grads)
        results = results if isinstance(results, tuple) else (results,)
        ctx._saved = ()
        if len(results) < len(parents) or any(r is not None for r in results[len(parents):]):
            raise RuntimeError(f"{self.name}.backward returned {len(results)} gradients for "
                               f"{len(parents)} inputs of forward")
        for i, result in enumerate(results):
            if result is not None and not isinstance(result, Tensor):
                raise TypeError(f"{self.name}.backward: gradient {i} must be a Tensor or None, got "
                                f"{describe(result)}")
        if recorded:
            return results
        return tuple(None if r is None else r._array for r in results)


def _restored(value, source, nodes: tuple, recorded: tuple):
    """A saved tensor again, in its place in the graph where the backward pass is recorded."""
    if value is None:
        return None
    tensor = wrap(value)
    if recorded and source is not None:
        tensor._node = recorded[0] if source == "out" else nodes[source]
    return tensor


class Function:
    """A user-defined operation: subclass it, write forward and backward, call `apply`.

    >>> class Square(autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         x, = ctx.saved_tensors
    ...         return g * 2 * x
    >>> x = autograd.tensor(3., requires_grad=True)
    >>> Square.apply(x).backward(); x.grad
    tensor(6.)
    """

    @staticmethod
    def forward(*args, **kwargs):
        """Compute the result from `(ctx, *inputs)`, or from the inputs alone if setup_context is
        defined.  Nothing is recorded inside."""
        raise NotImplementedError("a Function needs a static method forward(ctx, *inputs)")

    @staticmethod
    def setup_context(ctx: FunctionCtx, inputs: tuple, output) -> None:
        """Save what backward needs, where forward does not take ctx."""

    @staticmethod
    def backward(ctx: FunctionCtx, *grad_outputs):
        """The gradient with respect to each input of forward; None for those without."""
        raise NotImplementedError("a Function needs a static method backward(ctx, *grad_outputs)")

    @classmethod
    def apply(cls, *inputs):
        """Run forward on the inputs and record the operation."""
        nodes = tuple(current_node(i) if isinstance(i, Tensor) else None for i in inputs)
        if not is_grad_enabled():
            nodes = (None,) * len(inputs)
        ctx = FunctionCtx(inputs, nodes)
        with no_grad():
            if _separate_context(cls):
                output = cls.forward(*inputs)
                cls.setup_context(ctx, inputs, output)
            else:
                output = cls.forward(ctx, *inputs)
        outputs = output if isinstance(output, tuple) else (output,)
        for value in outputs:
            if not isinstance(value, Tensor):
                raise TypeError(f"{cls.__name__}.forward must return Tensors, got "
                                f"{describe(value)}")
        outputs = _recorded(cls, ctx, inputs, nodes, outputs)
        return outputs if isinstance(output, tuple) else outputs[0]


def _separate_context(cls: type[Function]) -> bool:
    return cls.setup_context is not Function.setup_context


def _recorded(cls, ctx: FunctionCtx, inputs: tuple, nodes: tuple, outputs: tuple) -> tuple:
    """The outputs with their place in the graph."""
    for tensor in ctx._dirty:
        i = next(k for k, value in enumerate(inputs) if value is tensor)
        if nodes[i] is not None:
            raise RuntimeError(f"{cls.__name__}: inputs[{i}] requires grad and was marked dirty; "
                               "return a new tensor instead of changing it in place")
        mark_written(tensor, f"{cls.__name__}.forward")
    unrecorded = [id(tensor) for tensor in ctx._unrecorded]
    saved, ctx._saved, ctx._inputs = ctx._saved, (), ()
    fresh = tuple(alias(out, out._array) if any(out is i for i in inputs) else out
                  for out in outputs)
    if all(node is None for node in nodes):
        return fresh
    node = Node()
    node.op, node.parents, node.hooks, node.seq = _declared(cls), nodes, None, next_seq()
    node.saved = (ctx, tuple(None if s is None else s._array for s in saved),
                  tuple(_source(s, inputs, outputs) for s in saved))
    node.versions = tuple(s._version for s in saved if s is not None)
    tracked = [out for original, out in zip(outputs, fresh, strict=True)
               if id(original) not in unrecorded and out._array.dtype.kind == "f"]
    if len(outputs) == 1 and tracked:
        node.shape, node.dtype = fresh[0]._array.shape, fresh[0]._array.dtype
        fresh[0]._node = node
    elif tracked:
        node.shape = [out._array.shape for out in fresh]
        node.dtype = [out._array.dtype for out in fresh]
        for i, out in enumerate(fresh):
            if any(out is t for t in tracked):
                out._node = Output(node, i, out._array.shape, out._array.dtype)
    return fresh


def _source(saved, inputs: tuple, outputs: tuple):
    """Where a saved tensor comes from: an input's position, "out", or None."""
    for i, value in enumerate(inputs):
        if value is saved:
            return i
    return "out" if len(outputs) == 1 and saved is outputs[0] else None


def _declared(cls: type[Function]) -> _Declared:
    declared = cls.__dict__.get("_declared")
    if declared is None:
        declared = cls._declared = _Declared(cls)  # type: ignore[attr-defined]
    return declared
