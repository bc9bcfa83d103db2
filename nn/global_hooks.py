"""Hooks of all modules at once, called before a module's own: for debugging and profiling.

The first one that is registered changes how modules are called, so that programs without any do
not look for them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from autograd.hooks import RemovableHandle

from .errors import LOCATED, locate
from .hooks import GLOBAL, add, call
from .module import Module


def _watched(self, *args, **kwargs):
    """Module.__call__ that looks for global hooks."""
    try:
        return call(self, args, kwargs)
    except LOCATED as error:
        locate(self, error, args)
        raise


def _register(name: str, table: OrderedDict, hook: Callable, with_kwargs: bool = False,
              always_call: bool = False) -> RemovableHandle:
    handle = add(name, table, hook, False, with_kwargs, always_call)
    if Module.__call__ is not _watched:
        setattr(Module, "__call__", _watched)  # noqa: B010 - a method is exchanged
        setattr(Module, "_global_hooks", GLOBAL)  # noqa: B010 - where a compiled step looks
    return handle


def register_module_forward_pre_hook(hook: Callable) -> RemovableHandle:
    """Call `hook(module, args)` before each module's forward; what it returns, unless None,
    replaces args."""
    return _register("register_module_forward_pre_hook", GLOBAL.forward_pre, hook)


def register_module_forward_hook(hook: Callable, *, with_kwargs: bool = False,
                                 always_call: bool = False) -> RemovableHandle:
    """Call `hook(module, args, output)`, or `hook(module, args, kwargs, output)`, after each
    module's forward, with `always_call` also where it fails; what it returns, unless None,
    replaces the output.

    >>> import autograd, nn
    >>> names = []
    >>> handle = nn.modules.module.register_module_forward_hook(
    ...     lambda module, args, output: names.append(type(module).__name__))
    >>> with handle:
    ...     _ = nn.Sequential(nn.ReLU(), nn.Tanh())(autograd.zeros(2))
    >>> names
    ['ReLU', 'Tanh', 'Sequential']
    """
    return _register("register_module_forward_hook", GLOBAL.forward, hook, with_kwargs, always_call)


def register_module_full_backward_pre_hook(hook: Callable) -> RemovableHandle:
    """Call `hook(module, grad_output)` before gradients pass through each module; what it returns,
    unless None, replaces grad_output."""
    return _register("register_module_full_backward_pre_hook", GLOBAL.backward_pre, hook)


def register_module_full_backward_hook(hook: Callable) -> RemovableHandle:
    """Call `hook(module, grad_input, grad_output)` once gradients have passed through each module;
    what it returns, unless None, replaces grad_input."""
    return _register("register_module_full_backward_hook", GLOBAL.backward, hook)
