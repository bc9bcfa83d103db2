"""Functions called around a Module's forward, and when gradients have passed through it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from autograd import Function, Tensor, is_grad_enabled
from autograd.errors import check_switches, describe, warn
from autograd.hooks import RemovableHandle


class Hooks:
    """The hooks of one module; a module without any has None in its place, which costs nothing.

    Each table maps a key to (hook, with_kwargs, always_call).
    """

    def __init__(self) -> None:
        self.forward_pre: OrderedDict = OrderedDict()
        self.forward: OrderedDict = OrderedDict()
        self.backward_pre: OrderedDict = OrderedDict()
        self.backward: OrderedDict = OrderedDict()


GLOBAL = Hooks()  # of all modules, called before their own; see global_hooks
_NONE = Hooks()


def add(name: str, table: OrderedDict, hook, prepend: bool, with_kwargs: bool = False,
        always_call: bool = False) -> RemovableHandle:
    """Put a hook at the end of a table, or at its beginning; `name` is who asks."""
    check_switches(name, prepend=prepend, with_kwargs=with_kwargs, always_call=always_call)
    handle = RemovableHandle(table, (hook, with_kwargs, always_call))
    if prepend:
        table.move_to_end(next(reversed(table)), last=False)
    return handle


def _all(module, kind: str) -> tuple:
    """The hooks of a kind, global ones first."""
    own = _NONE if module._hooks is None else module._hooks
    return *getattr(GLOBAL, kind).values(), *getattr(own, kind).values()


def call(module, args: tuple, kwargs: dict):
    """forward, with the module's hooks around it."""
    called: list = []  # the hooks after forward that were
    try:
        return _call(module, args, kwargs, called)
    except Exception:
        for hook, with_kwargs, always in _all(module, "forward"):
            if always and not any(hook is other for other in called):
                _call_after_error(module, hook, (args, kwargs, None) if with_kwargs
                                  else (args, None))
        raise


def _call_after_error(module, hook, given: tuple) -> None:
    try:
        hook(module, *given)
    except Exception as error:
        warn(f"{type(module).__name__}: {hook!r}, a forward hook that is always called, "
             f"failed after forward had: {error}")


def _call(module, args: tuple, kwargs: dict, called: list):
    for hook, with_kwargs, _ in _all(module, "forward_pre"):
        changed = hook(module, args, kwargs) if with_kwargs else hook(module, args)
        if changed is None:
            continue
        if with_kwargs:
            args, kwargs = _pair(module, hook, changed)
        else:
            args = changed if isinstance(changed, tuple) else (changed,)
    passage = None
    backward = _all(module, "backward")
    if (backward or _all(module, "backward_pre")) and is_grad_enabled():
        passage = _Passage(module)
    if passage is not None and backward:
        args = passage.enter(args)
    output = module.forward(*args, **kwargs)
    for hook, with_kwargs, _ in _all(module, "forward"):
        called.append(hook)
        changed = (hook(module, args, kwargs, output) if with_kwargs
                   else hook(module, args, output))
        if changed is not None:
            output = changed
    return output if passage is None else passage.leave(output)


def _pair(module, hook, changed) -> tuple[tuple, dict]:
    if isinstance(changed, tuple) and len(changed) == 2 and isinstance(changed[1], dict):
        args, kwargs = changed
        return (args if isinstance(args, tuple) else (args,)), kwargs
    raise RuntimeError(f"{type(module).__name__}: a forward pre-hook with kwargs must return None "
                       f"or a pair (args, kwargs), but {hook!r} returned {changed!r:.60}")


class _Gate(Function):
    """The identity of several tensors: hands their gradients, all at once, to `receive`."""

    @staticmethod
    def forward(ctx, receive, *tensors):
        ctx.receive = receive
        return tensors

    @staticmethod
    def backward(ctx, *grads):
        needed = ctx.needs_input_grad[1:]
        grads = tuple(g if wanted else None for g, wanted in zip(grads, needed, strict=True))
        return None, *ctx.receive(grads)


def _tensors(value) -> Iterator[Tensor]:
    """The Tensors in a tuple or list, at any depth."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for member in value:
            yield from _tensors(member)


def _exchanged(value, others: Iterator):
    """A tuple or list, at any depth, with each Tensor in it that requires grad exchanged for the
    next of the others."""
    if isinstance(value, Tensor):
        return next(others) if value.requires_grad else value
    if not isinstance(value, (tuple, list)):
        return value
    members = [_exchanged(member, others) for member in value]
    return value._make(members) if hasattr(value, "_make") else type(value)(members)


class _Passage:
    """One call of a module between two gates: backward meets the outputs' gate first, then the
    inputs', where the hooks learn both gradients."""

    def __init__(self, module) -> None:
        self.module = module
        self.grad_output: tuple = ()
        self.inputs = 0
        self.differentiable = False

    def enter(self, args: tuple) -> tuple:
        """The arguments, with a gate at the tensors among them."""
        self.inputs = len(args)
        at = [i for i, value in enumerate(args) if isinstance(value, Tensor)]
        self.differentiable = any(args[i].requires_grad for i in at)
        if not self.differentiable:
            return args

        def receive(grads: tuple) -> tuple:
            grad_input: list = [None] * self.inputs
            for i, grad in zip(at, grads, strict=True):
                grad_input[i] = grad
            found = self._run(tuple(grad_input))
            return tuple(found[i] for i in at)

        passed = list(args)
        for i, value in zip(at, _Gate.apply(receive, *(args[i] for i in at)), strict=True):
            passed[i] = value
        return tuple(passed)

    def leave(self, output):
        """The output, a Tensor or a tuple with some in it, at any depth, behind a gate; the hooks
        learn one gradient for each member of the tuple, None for what is no Tensor."""
        found = list(_tensors(output))
        if not found:
            raise TypeError(f"{type(self.module).__name__}: a full backward hook needs forward to "
                            "return a Tensor or a tuple with some in it, got "
                            f"{describe(output)}")
        at, count = [], 0  # of each member, where its gradient is
        for value in output if isinstance(output, tuple) else (output,):
            at.append(count if isinstance(value, Tensor) and value.requires_grad else None)
            count += sum(tensor.requires_grad for tensor in _tensors(value))

        def receive(grads: tuple) -> tuple:
            self.grad_output = self._run_before(tuple(None if k is None else grads[k] for k in at))
            changed = {k: grad for k, grad in zip(at, self.grad_output, strict=True)}
            grads = tuple(changed.get(k, grad) for k, grad in enumerate(grads))
            if not self.differentiable:
                self._run((None,) * self.inputs)
            return grads

        tracked = [tensor for tensor in found if tensor.requires_grad]
        return _exchanged(output, iter(_Gate.apply(receive, *tracked))) if tracked else output

    def _run_before(self, grad_output: tuple) -> tuple:
        for hook, *_ in _all(self.module, "backward_pre"):
            changed = hook(self.module, grad_output)
            grad_output = self._changed(grad_output, changed, "full backward pre-hook", "output")
        return grad_output

    def _run(self, grad_input: tuple) -> tuple:
        for hook, *_ in _all(self.module, "backward"):
            changed = hook(self.module, grad_input, self.grad_output)
            grad_input = self._changed(grad_input, changed, "full backward hook", "input")
        self.grad_output = ()
        return grad_input

    def _changed(self, grads: tuple, changed, kind: str, side: str) -> tuple:
        """The gradients that a hook returned in place of these."""
        if changed is None:
            return grads
        changed = changed if isinstance(changed, tuple) else (changed,)
        if len(changed) != len(grads):
            raise RuntimeError(f"{type(self.module).__name__}: a {kind} must return None or "
                               f"{len(grads)} gradients, one per {side}, got {len(changed)}")
        return changed
