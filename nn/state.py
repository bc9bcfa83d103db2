"""Loading a state dict: everything is checked before anything is changed, or taken back.

A module whose class loads its own part, by a `_load_from_state_dict` of its own, and hooks that run
after loading, change things before all is known; what they changed is taken back if the rest does
not fit.
"""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from collections.abc import Mapping
from typing import Any

import numpy as np

import autograd
from autograd import Tensor
from autograd.errors import describe

from .parameter import Parameter, is_lazy
from .state_report import account, as_mapping

EXTRA = "_extra_state"  # the key of what get_extra_state returns
_Keys = namedtuple("_Keys", ("missing_keys", "unexpected_keys"))


class IncompatibleKeys(_Keys):
    """What load_state_dict found: the keys that were missing and those it had no use for."""

    __slots__ = ()

    def __repr__(self) -> str:
        return super().__repr__() if self[0] or self[1] else "<All keys matched successfully>"


class StateHooks:
    """The hooks of one module around its state dict; a module without any has None instead."""

    def __init__(self) -> None:
        self.save_pre: OrderedDict = OrderedDict()
        self.saved: OrderedDict = OrderedDict()  # (hook, whether what it returns counts)
        self.load_pre: OrderedDict = OrderedDict()  # (hook, whether the module is its first)
        self.loaded: OrderedDict = OrderedDict()


def own_state(module) -> dict[str, Tensor]:
    """The module's own parameters and persistent buffers, by name."""
    return {name: tensor for kind in ("parameter", "buffer")
            for name, tensor in module._members(kind).items()
            if tensor is not None and name not in module._transient}


def load(module, state_dict: Mapping, strict: bool, assign: bool) -> IncompatibleKeys:
    """Copy (or, with `assign`, set) the values of a state dict; see Module.load_state_dict."""
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"{type(module).__name__}.load_state_dict: a mapping of names to tensors "
                        f"is needed, got {describe(state_dict)}{as_mapping(state_dict)}")
    loading = _Loading(module, state_dict, assign)
    try:
        loading.visit(module, "")
        loading.finish(strict)
    except BaseException:
        loading.take_back()
        raise
    return loading.keys


class _Loading:
    """One state dict on its way into a module."""

    def __init__(self, module, state_dict: Mapping, assign: bool) -> None:
        self.who = type(module).__name__
        self.given: dict[str, Any] = dict(state_dict)
        self.metadata = getattr(state_dict, "_metadata", None) or {}
        self.assign = assign
        self.keys = IncompatibleKeys([], [])
        self.errors: list[str] = []
        self.own: dict[str, tuple] = {}  # key -> (owner, name, tensor)
        self.extra: dict[str, Any] = {}  # key -> whose set_extra_state is called with the value
        self.told: set[str] = set()  # the keys a module has decided about itself
        self.after: list[tuple] = []  # (module, hook)
        self.before: list[tuple] = []  # (module, its attributes, copies of its own tensors)

    def visit(self, module, prefix: str) -> None:
        """Learn what a module and all below it take; those that load themselves do."""
        hooks = module._state_hooks
        custom = module._loads_itself()
        if custom or (hooks is not None and hooks.load_pre):
            self._by_itself(module, prefix, hooks, custom)
        if not custom:
            for name, tensor in own_state(module).items():
                self.own[prefix + name] = module, name, tensor
            if module._takes_extra_state():
                self.extra[prefix + EXTRA] = module
        for name, child in module._members("module").items():
            if child is not None:
                self.visit(child, f"{prefix}{name}.")
        if hooks is not None:
            self.after += [(module, hook) for hook in hooks.loaded.values()]

    def _by_itself(self, module, prefix: str, hooks, custom: bool) -> None:
        """Let hooks, and a module that loads its part itself, see and change the keys below it."""
        part = {key: value for key, value in self.given.items() if key.startswith(prefix)}
        rest = {key: value for key, value in self.given.items() if key not in part}
        about = dict(self.metadata.get(prefix[:-1], {}))
        if self.assign:
            about["assign_to_params_buffers"] = True
        arguments = part, prefix, about, True, *self.keys, self.errors
        if hooks is not None:
            for hook, with_module in tuple(hooks.load_pre.values()):
                hook(*((module,) if with_module else ()), *arguments)
        if custom:
            self.remember(module)
            module._load_from_state_dict(*arguments)
            self.told.update(key for key in part if "." not in key[len(prefix):])
        self.given = {**rest, **part}

    def remember(self, module) -> None:
        """Keep what a module is, for take_back."""
        tensors = [(tensor, tensor.detach().clone()) for tensor in own_state(module).values()
                   if not is_lazy(tensor)]
        self.before.append((module, dict(vars(module)), dict(module._registered), tensors))

    def take_back(self) -> None:
        """Undo what was changed."""
        for module, attributes, registered, tensors in reversed(self.before):
            vars(module).clear()
            vars(module).update(attributes, _registered=registered)
            with autograd.no_grad():
                for tensor, value in tensors:
                    tensor.copy_(value)

    def finish(self, strict: bool) -> None:
        """Check all, then change the tensors and call the hooks that run after loading."""
        missing, unexpected = self.keys
        known = {*self.own, *self.extra}
        missing += [key for key in known if key not in self.given]
        missing.sort(key=[*self.own, *self.extra, *missing].index)
        unexpected += [key for key in self.given if key not in known and key not in self.told]
        values = {key: as_tensor(self.who, key, self.given[key]) for key in self.own
                  if key in self.given}
        misfits = [key for key, value in values.items() if misfit(self.own[key][2], value)]
        if misfits or self.errors or (strict and (missing or unexpected) and not self.after):
            self._fail(strict, misfits)
        _check_ties(self.who, self.own, values)
        if self.after:
            for module in dict.fromkeys(owner for owner, _, _ in self.own.values()):
                self.remember(module)
        self._put(values)
        for module, hook in self.after:
            if hook(module, self.keys) is not None:
                raise AssertionError(f"{self.who}.load_state_dict: {hook!r} must return None; it "
                                     "may change the lists of keys in place")
        if strict and (missing or unexpected):
            self._fail(strict, [])

    def _put(self, values: dict[str, Tensor]) -> None:
        assigned: dict[int, Tensor] = {}  # what took the place of a tensor, for its other names
        for key, value in values.items():
            owner, name, tensor = self.own[key]
            if self.assign:
                if id(tensor) not in assigned:
                    assigned[id(tensor)] = replacement(tensor, value)
                setattr(owner, name, assigned[id(tensor)])
            else:
                fill(tensor, value)
        for key, module in self.extra.items():
            if key in self.given:
                module.set_extra_state(self.given[key])

    def _fail(self, strict: bool, misfits: list[str]) -> None:
        missing, unexpected = self.keys if strict else ([], [])
        lines = []
        if misfits or missing or unexpected:
            shapes = {key: _shape(entry[2]) for key, entry in self.own.items()}
            given = {key: _shape(value) for key, value in self.given.items()}
            lines.append(account(self.who, shapes, given, misfits, missing, unexpected))
        if self.errors:
            lines += [f"{self.who}.load_state_dict: nothing was loaded.", *self.errors]
        raise RuntimeError("\n".join(lines))


def load_own(module, state_dict: dict, prefix: str, local_metadata: dict, strict: bool,
             missing_keys: list, unexpected_keys: list, error_msgs: list) -> None:
    """Load a module's own part at once; see Module._load_from_state_dict."""
    who, own = type(module).__name__, own_state(module)
    for name, tensor in own.items():
        key = prefix + name
        if key not in state_dict:
            missing_keys += [key] * bool(strict)
            continue
        value = as_tensor(who, key, state_dict[key])
        if misfit(tensor, value):
            error_msgs.append(f"  {key} is {_shape(tensor)} in the model, but {_shape(value)} in "
                              "the state dict")
        elif local_metadata.get("assign_to_params_buffers"):
            setattr(module, name, replacement(tensor, value))
        else:
            fill(tensor, value)
    extra = module._takes_extra_state()
    if extra and prefix + EXTRA in state_dict:
        module.set_extra_state(state_dict[prefix + EXTRA])
    elif extra and strict:
        missing_keys.append(prefix + EXTRA)
    if strict:
        known = {*own, *([EXTRA] if extra else [])}
        unexpected_keys += [key for key in state_dict if key.startswith(prefix)
                            and "." not in key[len(prefix):] and key[len(prefix):] not in known]


def misfit(tensor: Tensor, value: Tensor) -> bool:
    """Whether a value cannot become that of a tensor; one without a shape yet takes any."""
    if is_lazy(tensor):
        return False
    if is_lazy(value) or value.is_complex() and not tensor.is_complex():
        return True
    return value.shape != tensor.shape


def fill(tensor: Tensor, value: Tensor) -> None:
    """Copy a value into a tensor, giving it a shape if it has none yet."""
    if is_lazy(value):
        return
    if is_lazy(tensor):
        tensor.materialize(value.shape)
    with autograd.no_grad():
        tensor.copy_(value)


def replacement(tensor: Tensor, value: Tensor) -> Tensor:
    """A given tensor as what it takes the place of."""
    if is_lazy(value):
        return value
    if not isinstance(tensor, Parameter):
        return value.detach()
    return Parameter(value.detach(), tensor.requires_grad)


def _check_ties(who: str, own: dict, values: dict[str, Tensor]) -> None:
    """Raise if two names of one tensor are given different values."""
    first: dict[int, str] = {}
    for name in values:
        tensor = own[name][2]
        other = first.setdefault(id(tensor), name)
        if other == name:
            continue
        a, b = (values[key].detach().numpy() for key in (other, name))
        if not np.array_equal(a, b, equal_nan=a.dtype.kind == b.dtype.kind == "f"):
            raise RuntimeError(
                f"{who}.load_state_dict: {other!r} and {name!r} are one tensor in the model, but "
                "differ in the state dict; nothing was loaded.\nDelete the wrong one from the "
                "state dict and load with strict=False, or give the model two tensors")


def as_tensor(who: str, name: str, value) -> Tensor:
    """Tensors, ndarrays and whatever NumPy reads as numbers, such as PyTorch's tensors."""
    if isinstance(value, Tensor):
        return value
    try:
        return autograd.from_numpy(np.asarray(value))
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"{who}.load_state_dict: {name!r} must be a tensor or an array of numbers, "
                        f"got {describe(value)}") from None


def _shape(value) -> Any:
    """The shape of a value, or what it is where it has none."""
    if is_lazy(value):
        return "(not known yet)"
    if hasattr(value, "shape"):
        is_complex = np.dtype(value.dtype).kind == "c"
        return f"{tuple(value.shape)} {value.dtype}" if is_complex else tuple(value.shape)
    return np.shape(value) if isinstance(value, (list, tuple)) else type(value).__name__
