"""Functions called around the steps of optimizers, and around their state dicts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import Any

from autograd.hooks import RemovableHandle


class OptimizerHooks:
    """The hooks of one optimizer; one without any has None in its place."""

    def __init__(self) -> None:
        self.before: OrderedDict = OrderedDict()
        self.after: OrderedDict = OrderedDict()
        self.saving: OrderedDict = OrderedDict()
        self.saved: OrderedDict = OrderedDict()
        self.loading: OrderedDict = OrderedDict()
        self.loaded: OrderedDict = OrderedDict()


GLOBAL = OptimizerHooks()  # of all optimizers; of these only the steps' are used
_NONE = OptimizerHooks()


def add(table: OrderedDict, hook: Callable, prepend: bool = False) -> RemovableHandle:
    """Put a hook at the end of a table, or at its beginning."""
    handle = RemovableHandle(table, hook)
    if prepend:
        table.move_to_end(next(reversed(table)), last=False)
    return handle


def hooked(step: Callable) -> Callable:
    """A step that calls the hooks, if there are any; one that calls its base's calls them once."""
    @wraps(step)
    def call(self, *args, **kwargs):
        if (self._hooks is None and not GLOBAL.before and not GLOBAL.after) or self._stepping:
            return step(self, *args, **kwargs)
        self._stepping = True
        try:
            return _stepped(step, self, args, kwargs)
        finally:
            self._stepping = False

    call.has_hooks = True  # type: ignore[attr-defined]
    return call


def _stepped(step: Callable, optimizer: Any, args: tuple, kwargs: dict) -> Any:
    own = _NONE if optimizer._hooks is None else optimizer._hooks
    args = optimizer, *args  # so PyTorch's hooks get them
    for hook in (*GLOBAL.before.values(), *own.before.values()):
        changed = hook(optimizer, args, kwargs)
        if changed is None:
            continue
        if not (isinstance(changed, tuple) and len(changed) == 2):
            raise RuntimeError(f"{type(optimizer).__name__}.step: the pre-hook {hook!r} must "
                               f"return None or a pair (args, kwargs), got {changed!r:.60}")
        args, kwargs = changed
    result = step(*args, **kwargs)
    for hook in (*own.after.values(), *GLOBAL.after.values()):
        hook(optimizer, args, kwargs)
    return result


def register_optimizer_step_pre_hook(hook: Callable) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` before each step of every optimizer, where args begin
    with the optimizer; what it returns, unless None, is the pair of arguments."""
    return add(GLOBAL.before, hook)


def register_optimizer_step_post_hook(hook: Callable) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` after each step of every optimizer.

    >>> import autograd, optim
    >>> w, seen = autograd.ones(1, requires_grad=True), []
    >>> w.grad = autograd.ones(1)
    >>> with optim.optimizer.register_optimizer_step_post_hook(lambda *a: seen.append(w.item())):
    ...     optim.SGD([w], lr=0.25).step()
    >>> seen
    [0.75]
    """
    return add(GLOBAL.after, hook)
