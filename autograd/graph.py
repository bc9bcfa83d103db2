"""What `torch.autograd.graph` offers: hooks for what the graph saves, and for several gradients.

>>> from autograd.graph import saved_tensors_hooks
>>> x = autograd.arange(3., requires_grad=True)
>>> with saved_tensors_hooks(lambda t: t.half(), lambda t: t.float()):  # half the memory
...     y = x.exp()
>>> y.sum().backward(); x.grad
tensor([1.0000, 2.7188, 7.3906])
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, NoReturn

from .errors import describe
from .hooks import RemovableHandle, walks
from .lazy import missing
from .node import Node
from .tensors import Tensor, mark_written
from .watched import packing, watch

__all__ = ["Node", "allow_mutation_on_saved_tensors", "disable_saved_tensors_hooks",
           "increment_version", "register_multi_grad_hook", "save_on_cpu", "saved_tensors_hooks"]

_disabled: ContextVar[str | None] = ContextVar("autograd_no_saved_tensors_hooks", default=None)


class saved_tensors_hooks:
    """Inside, the graph keeps `pack_hook(tensor)` for each tensor it saves, and backward passes
    work with what `unpack_hook` makes of it: a tensor of the same shape.

    Packing happens under no_grad when an op is recorded, unpacking when its gradient is taken,
    each time anew.  Of several blocks the innermost holds.  What is saved may be changed in place
    afterwards: the hooks answer for what they give back.  Steps that were compiled run uncompiled.

    Raises: TypeError when a hook is no function; RuntimeError where hooks are disabled, where
        pack_hook changes its tensor in place or unpack_hook returns no tensor of that shape.
    """

    def __init__(self, pack_hook: Callable[[Tensor], Any],
                 unpack_hook: Callable[[Any], Tensor]) -> None:
        for name, hook in (("pack_hook", pack_hook), ("unpack_hook", unpack_hook)):
            if not callable(hook):
                raise TypeError(f"saved_tensors_hooks: {name} must be a function, got "
                                f"{describe(hook)}")
        self._hooks = pack_hook, unpack_hook
        self._entered: list = []

    def __enter__(self) -> None:
        reason = _disabled.get()
        if reason is not None:
            raise RuntimeError(reason)
        entry = [*self._hooks]  # by identity: blocks may end in another order than they began
        self._entered.append(entry)
        packing.set((*packing.get(), entry))
        watch(1)

    def __exit__(self, *exc_info: object) -> None:
        last = self._entered.pop()
        packing.set(tuple([entry for entry in packing.get() if entry is not last]))
        watch(-1)


class save_on_cpu:
    """A block in which nothing changes: what is saved is on the CPU anyway."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        pass

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc_info: object) -> None:
        pass


@contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """Inside, saved_tensors_hooks raise RuntimeError with this message.

    Raises: RuntimeError with it at once where such hooks are at work.
    """
    if packing.get():
        raise RuntimeError(error_message)
    token = _disabled.set(error_message)
    try:
        yield
    finally:
        _disabled.reset(token)


@contextmanager
def allow_mutation_on_saved_tensors() -> Iterator[None]:
    """Inside, the graph saves copies, so that everything may be changed in place afterwards.

    >>> x = autograd.ones(2, requires_grad=True)
    >>> with autograd.graph.allow_mutation_on_saved_tensors():
    ...     y = x * 3
    ...     z = y ** 2
    ...     _ = y.zero_()
    ...     z.sum().backward()
    >>> x.grad
    tensor([18., 18.])
    """
    with saved_tensors_hooks(Tensor.clone, lambda tensor: tensor):
        yield


class _Handle:
    """Takes the hooks on several tensors out again."""

    def __init__(self, handles: list[RemovableHandle]) -> None:
        self._handles = handles

    def remove(self) -> None:
        """Remove the hook; removing twice is allowed."""
        for handle in self._handles:
            handle.remove()

    def __enter__(self) -> _Handle:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.remove()


def register_multi_grad_hook(tensors: Sequence[Tensor], fn: Callable, *, mode: str = "all"
                             ) -> _Handle:
    """Call `fn` in each backward pass that reaches some of the tensors.

    mode="all": at the end of the pass, with the list of their gradients, None for those it did
    not reach.  mode="any": with the first gradient, as soon as it is there.  What `fn` returns
    changes nothing.
    Returns a handle with `remove()`.
    Raises: ValueError for another mode, TypeError for what is no sequence or no function,
        RuntimeError for a tensor that does not require grad.

    >>> a, b = autograd.ones(2, requires_grad=True), autograd.ones(2, requires_grad=True)
    >>> hook = autograd.graph.register_multi_grad_hook(
    ...     (a, b), lambda grads: print([g.sum().item() for g in grads]))
    >>> (a * 2 + b * 5).sum().backward()
    [4.0, 10.0]
    """
    if mode not in ("all", "any"):
        raise ValueError(f"register_multi_grad_hook: mode must be 'all' or 'any', got {mode!r}")
    if not callable(fn) or isinstance(tensors, Tensor):
        raise TypeError("register_multi_grad_hook: a sequence of Tensors and a function are "
                        f"needed, got {describe(tensors)} and {describe(fn)}")
    for i, tensor in enumerate(tensors):
        if not isinstance(tensor, Tensor) or not tensor.requires_grad:
            raise RuntimeError(f"register_multi_grad_hook: tensors[{i}], {describe(tensor)}, does "
                               "not require grad")
    key = object()

    def arrived(i: int, grad: Tensor) -> None:
        walk = walks.waiting[-1]
        together: Any = next((call for call in walk if getattr(call, "key", None) is key), None)
        if together is None:
            together = _Together(key, fn if mode == "all" else None, len(tensors))
            walk.append(together)
            if mode == "any":
                fn(grad)
        together.grads[i] = grad

    return _Handle([tensor.register_hook(partial(arrived, i)) for i, tensor in enumerate(tensors)])


class _Together:
    """The gradients that one pass has brought, and the function that waits for its end."""

    def __init__(self, key: object, function: Callable | None, count: int) -> None:
        self.key, self._function = key, function
        self.grads: list[Tensor | None] = [None] * count

    def __call__(self) -> None:
        if self._function is not None:
            self._function(self.grads)


def increment_version(tensor: Tensor | Sequence[Tensor]) -> None:
    """Say that a tensor was written by other means than its methods, so that a graph that saved it
    raises instead of using it."""
    for one in [tensor] if isinstance(tensor, Tensor) else tensor:
        mark_written(one, "increment_version")


def __getattr__(name: str) -> NoReturn:
    raise missing(__name__, name, __all__)
