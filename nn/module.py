"""Module, the base of every network: called, switched between training and evaluation, converted,
saved, printed.  How it knows its parameters and submodules is in `tree`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import autograd
from autograd import Tensor
from autograd.errors import check_switches, did_you_mean
from autograd.hooks import RemovableHandle

from .errors import LOCATED, locate
from .hooks import Hooks, add, call
from .parameter import is_lazy
from .slips import note_mode
from .stateful import Stateful
from .tree import own_names


class Module(Stateful):
    """Base class of networks and layers: set Parameters and Modules as attributes in `__init__`
    (after `super().__init__()`), and define `forward`.

    >>> import nn
    >>> class Net(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.scale = nn.Parameter(autograd.ones(3))
    ...     def forward(self, x):
    ...         return x * self.scale
    >>> [name for name, _ in Net().named_parameters()]
    ['scale']
    """

    training: bool
    _two_modes = False  # whether training and evaluation differ
    _hooks: Hooks | None

    def __init__(self) -> None:
        super().__init__()
        object.__setattr__(self, "training", True)
        object.__setattr__(self, "_hooks", None)

    def _is_method(self, name: str) -> bool:
        return hasattr(Module, name)

    # ---- calling ------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Tensor:
        try:
            if self._hooks is not None:
                return call(self, args, kwargs)
            if kwargs:
                return self.forward(*args, **kwargs)
            return self.forward(*args)  # half the time of a call with an empty **kwargs
        except LOCATED as error:
            locate(self, error, args)
            raise

    def forward(self, *args, **kwargs) -> Any:
        """What the module computes; subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} does not define forward()"
                                  + did_you_mean("forward", (name for name in own_names(type(self))
                                                             if name != "forward")))

    def _advice(self, args: tuple) -> str:
        """What would mend an error that these arguments caused, if the module can tell."""
        return ""

    def _before(self, name: str) -> str | None:
        """The name of the child whose output is the input of child `name`, if that is known."""
        return None

    def register_forward_pre_hook(self, hook: Callable, *, prepend: bool = False,
                                  with_kwargs: bool = False) -> RemovableHandle:
        """Call `hook(module, args)` before forward; what it returns, unless None, replaces args."""
        return add("register_forward_pre_hook", self._hook_tables().forward_pre, hook, prepend,
                   with_kwargs)

    def register_forward_hook(self, hook: Callable, *, prepend: bool = False,
                              with_kwargs: bool = False,
                              always_call: bool = False) -> RemovableHandle:
        """Call `hook(module, args, output)` after forward, with `always_call` also where it fails;
        what it returns, unless None, replaces the output."""
        return add("register_forward_hook", self._hook_tables().forward, hook, prepend, with_kwargs,
                   always_call)

    def register_full_backward_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)`, tuples of gradients with None where there
        is none, once gradients have passed; what it returns, unless None, replaces grad_input."""
        return add("register_full_backward_hook", self._hook_tables().backward, hook, prepend)

    def register_full_backward_pre_hook(self, hook: Callable,
                                        prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_output)`, a tuple with None for what has no gradient, before
        gradients pass; what it returns, unless None, replaces grad_output."""
        return add("register_full_backward_pre_hook", self._hook_tables().backward_pre, hook,
                   prepend)

    def _hook_tables(self) -> Hooks:
        if self._hooks is None:
            object.__setattr__(self, "_hooks", Hooks())
        assert self._hooks is not None
        return self._hooks

    # ---- the whole tree -----------------------------------------------------------------------

    def apply(self, fn: Callable[[Module], Any]) -> Module:
        """Call `fn` on every submodule and then on this one, as for initialisation."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Module:
        """Training mode, here and below: dropout drops."""
        if not isinstance(mode, bool):
            raise ValueError(f"train: mode must be True or False, got {mode!r}")
        for module in self.modules():
            object.__setattr__(module, "training", mode)
        note_mode(self, mode)
        return self

    def eval(self) -> Module:
        """Evaluation mode, here and below: dropout lets everything pass."""
        return self.train(False)

    @contextmanager
    def evaluating(self) -> Iterator[Module]:
        """`with model.evaluating():` evaluation mode inside, each module's own mode after."""
        before = [(module, module.training) for module in self.modules()]
        try:
            yield self.eval()
        finally:
            for module, mode in before:
                object.__setattr__(module, "training", mode)

    def requires_grad_(self, requires_grad: bool = True) -> Module:
        """Ask (or stop asking) for gradients of all parameters; False freezes the module."""
        check_switches("requires_grad_", requires_grad=requires_grad)
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or fill them with 0."""
        check_switches("zero_grad", set_to_none=set_to_none)
        for parameter in self.parameters():
            grad = None if set_to_none else parameter.grad
            parameter.grad = None if grad is None else grad.detach().zero_()

    # ---- conversion ---------------------------------------------------------------------------

    def to(self, *args, **kwargs) -> Module:
        """Convert all floating-point parameters and buffers, in place, as Tensor.to does:
        `to(autograd.float64)`, `to("cpu")`, `to(other_tensor)`.  Gradients go along."""
        self._check_trainable("to", autograd.zeros(1).to(*args, **kwargs))
        return self._apply(lambda t: t.to(*args, **kwargs) if t.is_floating_point() else t)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Module:
        """Replace the values of all parameters, gradients and buffers by what `fn` makes of them;
        the tensors stay who they are.  Subclasses may convert more."""
        if recurse:
            for module in self.children():
                module._apply(fn)
        for tensor in (*self.parameters(recurse=False), *self.buffers(recurse=False)):
            if is_lazy(tensor):
                tensor.wanted = fn(autograd.empty(0, dtype=tensor.wanted)).dtype
                continue
            changed = fn(tensor.data)
            if changed._any_array is not tensor._any_array:
                grad = tensor.grad
                tensor.data = changed
                if grad is not None:
                    grad.data = fn(grad.data)
        return self

    def _check_trainable(self, method: str, probe: Tensor) -> None:
        if not probe.is_floating_point():
            fix = "give it to the layer's constructor, as dtype" if probe.is_complex() else (
                "integers cannot be trained")
            raise TypeError(f"{self._get_name()}.{method}: a floating-point dtype is needed, got "
                            f"{probe.dtype}; {fix}")

    def to_empty(self, *, device: Any, recurse: bool = True) -> Module:
        """Give all parameters and buffers new memory, whose values are to be set."""
        check_switches("to_empty", recurse=recurse)
        return self._apply(lambda t: autograd.empty_like(t, device=device), recurse)

    def type(self, dst_type: Any) -> Module:
        """Convert all parameters and buffers to a dtype, whatever they were."""
        self._check_trainable("type", autograd.zeros(1).type(dst_type))
        return self._apply(lambda t: t.type(dst_type))

    def share_memory(self) -> Module:
        """Move all parameters and buffers into memory that is shared with processes forked from now
        on, see `Tensor.share_memory_`."""
        for tensor in (*self.parameters(), *self.buffers()):
            tensor.share_memory_()
        return self

    def float(self) -> Module:
        """Convert to float32."""
        return self.to(autograd.float32)

    def double(self) -> Module:
        """Convert to float64."""
        return self.to(autograd.float64)

    def half(self) -> Module:
        """Convert to float16."""
        return self.to(autograd.float16)

    def cpu(self) -> Module:
        """The module itself: it is on the CPU."""
        return self

    def cuda(self, device: Any = None) -> NoReturn:
        """Raises: RuntimeError, as there is no GPU."""
        autograd.zeros(0).cuda()

    def bfloat16(self) -> NoReturn:
        """Raises: TypeError, as there is no such dtype."""
        autograd.zeros(0).bfloat16()

    # ---- printing -----------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What the repr shows between the parentheses; layers show settings that are not default.
        """
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.splitlines() if "\n" in extra else []
        lines += self._child_lines()
        if not lines:
            return f"{type(self).__name__}({extra})"
        if extra and "\n" not in extra:
            lines.insert(0, extra)
        body = "\n".join(lines).replace("\n", "\n  ")
        return f"{type(self).__name__}(\n  {body}\n)"

    def _child_lines(self) -> list[str]:
        """The submodules' part of the repr."""
        return [f"({name}): {child!r}" for name, child in self._members("module").items()]


def shape_of(args: tuple) -> tuple[int, ...]:
    """The shape of the first argument, () if it is no Tensor: for _advice."""
    return tuple(args[0].shape) if args and isinstance(args[0], Tensor) else ()


def fits(module: Module, option: str, wanted: Any) -> str:
    """`option=wanted fits this input`, unless the option has this value: for _advice."""
    return "" if wanted == getattr(module, option) else f"  {option}={wanted} fits this input"


def changed(module: Module, **defaults) -> str:
    """`name=value, ...` of those settings that are not the default: for extra_repr."""
    return ", ".join(f"{name}={getattr(module, name)!r}" for name, default in defaults.items()
                     if getattr(module, name) != default)
