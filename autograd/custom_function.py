"""`autograd.Function`: operations that users define, forward and backward."""

from __future__ import annotations

from collections import deque
from copy import copy
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from .errors import describe, did_you_mean, located
from .modes import is_grad_enabled, no_grad
from .node import INNER, OUT, Node, Output, Rule
from .tensors import Tensor, View, alias, current_node, mark_written, wrap


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
        """Say which inputs forward changed in place.  None of them may require grad."""
        self._dirty = tensors


_OWN = frozenset(vars(FunctionCtx((), ())))  # what is on a ctx that nobody has used
_CONTAINERS = (list, tuple, dict, set, frozenset, deque)


class _Application(Rule):
    """One application of a Function: the gradient is the user's backward, given what forward left.

    A value that is saved as an attribute of ctx rather than by save_for_backward is saved all the
    same: `attributes` names those, which come next; last come those that forward made and put into
    a container or a dataclass on ctx, which are the Tensors `held`.
    """

    __slots__ = ("cls", "ctx", "sources", "attributes", "held", "beside")

    def __init__(self, cls: type[Function], ctx: FunctionCtx, sources: tuple,
                 attributes: tuple[str, ...], held: tuple[Tensor, ...], beside: int) -> None:
        self.cls, self.ctx, self.sources = cls, ctx, sources
        self.attributes, self.held, self.beside = attributes, held, beside

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.cls.__name__

    @property
    def node_name(self) -> str:  # type: ignore[override]
        return f"{self.cls.__name__}Backward"

    @property
    def inputs(self) -> tuple:  # type: ignore[override]
        code = self.cls.forward.__code__
        first = 0 if _separate_context(self.cls) else 1
        return code.co_varnames[first: code.co_argcount] or ("inputs",)

    def kept(self, saved):
        names = [self._describe(source) for source in self.sources]
        own = len(names) - len(self.attributes) - len(self.held)
        names[own:own + len(self.attributes)] = self.attributes
        return zip(names, saved or (), self.sources)

    def _describe(self, source) -> str:
        """What a saved value is: the name of an input, `out` or `value`."""
        if source in (None, INNER):
            return "value"
        return self.inputs[min(source, len(self.inputs) - 1)] if source >= 0 else "out"

    def backward(self, g, saved, parents) -> tuple:
        """Call the user's backward with Tensors, and hand on what the engine works with."""
        tensors = [_as_tensor(value) for value in saved]
        own = len(tensors) - len(self.attributes) - len(self.held)
        given = {**dict(zip(self.attributes, tensors[own:])), **vars(self.ctx)}
        if self.held and is_grad_enabled():
            inner = dict(zip(map(id, self.held), tensors[len(tensors) - len(self.held):]))
            given = {name: _exchanged(value, inner) for name, value in given.items()}
        ctx = object.__new__(FunctionCtx)  # its own, as another thread may walk here too
        vars(ctx).update(given, _saved=tuple(tensors[:own]))
        results = self.cls.backward(ctx, *map(_as_tensor, g if isinstance(g, list) else [g]))
        vars(self.ctx).update((name, value) for name, value in vars(ctx).items()
                              if name != "_saved" and given.get(name) is not value)
        results = results if isinstance(results, tuple) else (results,)
        self._check(results, parents)
        if is_grad_enabled():
            return results
        return tuple(None if r is None else r._array for r in results)

    def _check(self, results: tuple, parents) -> None:
        if len(results) < len(parents) or any(r is not None for r in results[len(parents):]):
            raise RuntimeError(f"{self.name}.backward returned {len(results)} gradients for "
                               f"{len(parents)} inputs of forward")
        for i, result in enumerate(results):
            if result is not None and not isinstance(result, Tensor):
                raise TypeError(f"{self.name}.backward: gradient {i} must be a Tensor or None, got "
                                f"{describe(result)}")


def _as_tensor(value):
    return value if value is None or isinstance(value, Tensor) else wrap(np.asarray(value))


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

    def __new__(cls, *args: Any, **kwargs: Any):
        raise TypeError(f"{cls.__name__} is not called: write {cls.__name__}.apply(*inputs)")

    @classmethod  # which tells whose it would be; a subclass defines a static method
    def forward(cls, *args: Any, **kwargs: Any) -> Any:
        """Compute the result from `(ctx, *inputs)`, or from the inputs alone if setup_context is
        defined.  Nothing is recorded inside."""
        takes = "*inputs" if _separate_context(cls) else "ctx, *inputs"
        raise NotImplementedError(f"{cls.__name__} needs a static method forward({takes})"
                                  + _misspelt(cls, "forward"))

    @staticmethod
    def setup_context(ctx: FunctionCtx, inputs: tuple, output) -> None:
        """Save what backward needs, where forward does not take ctx."""

    @classmethod
    def backward(cls, *args: Any, **kwargs: Any) -> Any:
        """Compute from `(ctx, *grad_outputs)` the gradient with respect to each input of forward;
        None for those without."""
        raise NotImplementedError(f"{cls.__name__} needs a static method backward(ctx, "
                                  f"*grad_outputs){_misspelt(cls, 'backward')}")

    @classmethod
    def apply(cls, *inputs: Any) -> Any:
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


def _misspelt(cls: type[Function], name: str) -> str:
    """`; did you mean 'forwards'?` where the class has defined something near."""
    return did_you_mean(name, (own for own in vars(cls) if own not in vars(Function)))


def _separate_context(cls: type[Function]) -> bool:
    return cls.setup_context is not Function.setup_context


def _recorded(cls, ctx: FunctionCtx, inputs: tuple, nodes: tuple, outputs: tuple) -> tuple:
    """The outputs with their place in the graph."""
    for tensor in ctx._dirty:
        i = next((k for k, value in enumerate(inputs) if value is tensor), None)
        if i is None:
            raise RuntimeError(f"{cls.__name__}: mark_dirty takes inputs of forward, got another "
                               f"{describe(tensor)}")
        if nodes[i] is not None:
            raise RuntimeError(f"{cls.__name__}: inputs[{i}] requires grad and was marked dirty; "
                               "return a new tensor instead of changing it in place")
        mark_written(tensor, f"{cls.__name__}.forward")
    fresh = tuple(_shown(cls, out) if any(out is i for i in inputs) else out for out in outputs)
    unrecorded = [id(tensor) for tensor in ctx._unrecorded]
    if any(node is not None for node in nodes):
        tracked = [id(original) not in unrecorded and out._array.dtype.kind == "f"
                   for original, out in zip(outputs, fresh, strict=True)]
        _attach(_node(cls, ctx, inputs, nodes, outputs), fresh, tracked)
    ctx._saved = ctx._inputs = ()
    return fresh


def _shown(cls, source: Tensor) -> Tensor:
    """An input that forward returned, as an output of its own that shows the same memory."""
    out = alias(source, source._array)
    what = f"an input that {cls.__name__}.forward returned"
    out._view = View.make(source, _changed, (what,), what)
    return out


def _changed(source: Tensor, what: str):
    """Stands where a view would be made anew after a write: what forward did is not known."""
    by, where = source._version[1]
    raise RuntimeError(f"this Tensor is {what}, whose memory {by} changed in place at "
                       f"{located(where)}; let forward return .clone(), or use the out-of-place "
                       "form there")


def _members(value) -> dict[Any, Any] | None:
    """What is in a container, or in the fields of a dataclass; None where it is neither."""
    if isinstance(value, dict):
        return value
    if isinstance(value, _CONTAINERS):
        return dict(enumerate(value))
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)
                if hasattr(value, field.name)}
    return None


def _contained(value, seen: dict[int, Any]) -> list[Tensor]:
    """The tensors in a container, at any depth."""
    members = None if id(value) in seen else _members(value)
    if members is None:
        return []
    seen[id(value)] = value
    return [tensor for member in members.values() for tensor in (
        [member] if isinstance(member, Tensor) else _contained(member, seen))]


def _exchanged(value, others: dict[int, Any]):
    """A container with the tensors in it exchanged for the others of the same id: itself where it
    has none of them."""
    if isinstance(value, Tensor) or id(value) in others:
        return others.get(id(value), value)
    members = _members(value)
    if members is None or not any(id(tensor) in others for tensor in _contained(value, {})):
        return value
    if isinstance(value, (tuple, frozenset)):
        kind: Any = tuple if isinstance(value, tuple) else frozenset
        return kind.__new__(type(value), [_exchanged(m, others) for m in members.values()])
    result = others[id(value)] = copy(value)  # noted first, as it may hold itself
    for key, member in members.items():
        if isinstance(value, set):
            result.remove(member)
            result.add(_exchanged(member, others))
        elif isinstance(value, _CONTAINERS):
            result[key] = _exchanged(member, others)
        else:
            object.__setattr__(result, key, _exchanged(member, others))
    return result


def _node(cls, ctx: FunctionCtx, inputs: tuple, nodes: tuple, outputs: tuple) -> Node:
    """The node of this application; what forward left on ctx as tensors moves into it."""
    left = {name: value for name, value in vars(ctx).items() if name not in _OWN}
    attributes = [name for name, value in left.items()
                  if isinstance(value, Tensor) and value._node is None
                  and not any(value is i for i in inputs)]
    contained = _contained([v for v in left.values() if not isinstance(v, Tensor)], {})
    held = tuple(tensor for tensor in contained if tensor._node is None and _source(
        tensor, inputs, outputs, ctx._unrecorded) == INNER)
    saved = (*ctx._saved, *(vars(ctx).pop(name) for name in attributes), *held)
    sources = tuple(_source(s, inputs, outputs, ctx._unrecorded) for s in saved)
    kept = [value for value in left.values() if isinstance(value, Tensor)] + contained
    rule = _Application(cls, ctx, sources, tuple(attributes), held, len(kept))
    shapes = [out._array.shape for out in outputs]
    dtypes = [out._array.dtype for out in outputs]
    single = len(outputs) == 1
    return Node.make(rule, nodes, tuple(None if s is None else s._array for s in saved),
                     tuple(s._version for s in (*saved, *kept) if s is not None),
                     shapes[0] if single else shapes, dtypes[0] if single else dtypes)


def _attach(node: Node, outputs: tuple, tracked: list[bool]) -> None:
    """Give the outputs that have a gradient their place in the graph."""
    if len(outputs) == 1:
        outputs[0]._node = node if tracked[0] else None
        return
    for i, out in enumerate(outputs):
        if tracked[i]:
            out._node = Output(node, i)


def _source(saved, inputs: tuple, outputs: tuple, constants: tuple):
    """Where a saved tensor comes from, as `Rule.kept` tells it."""
    for i, value in enumerate(inputs):
        if value is saved:
            return i
    if saved is None or saved._array.dtype.kind != "f" or any(saved is c for c in constants):
        return None
    for i, value in enumerate(outputs):
        if value is saved:
            return OUT - i
    return INNER
