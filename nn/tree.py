"""The tree of a network: what a module registers by name, and walks over it.

What is registered lives in the instance's `__dict__` like any attribute, so reading it costs
nothing; `_registered` maps the name to its kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from autograd import Tensor
from autograd.errors import Constructed, check_switches, did_you_mean
from autograd.slips import hint

from .errors import warn_of_strays
from .parameter import Buffer, Parameter


class Tree(Constructed):
    """The part of Module that sorts attributes into parameters, buffers and submodules."""

    _registered: dict[str, str]  # name -> "parameter", "buffer" or "module"
    _transient: set[str]  # names of buffers that the state dict leaves out
    _told: set[str]  # what was warned of already

    def __init__(self) -> None:
        put = super().__setattr__
        put("_registered", {})
        put("_transient", set())
        put("_told", set())

    def _is_method(self, name: str) -> bool:
        """Whether every Module has an attribute of this name."""
        raise NotImplementedError

    # ---- registration -------------------------------------------------------------------------

    def __setattr__(self, name: str, value) -> None:
        if isinstance(value, Parameter):
            self._register(name, "parameter", value)
        elif isinstance(value, Tree):
            self._register(name, "module", value)
        elif isinstance(value, Buffer):
            self._register(name, "buffer", value)
            if not value.persistent:
                self._transient.add(name)
        else:
            kind = self.__dict__.get("_registered", {}).get(name)
            if kind is not None:
                self._check_fits(name, kind, value)
            elif name == "requires_grad":
                hint("requires_grad of a module", f"{type(self).__name__}.requires_grad = {value} "
                     "sets an attribute and leaves its parameters as they are; call "
                     f"requires_grad_({value})")
            object.__setattr__(self, name, value)

    def _register(self, name: str, kind: str, value) -> None:
        registered = self.__dict__.get("_registered")
        if registered is None:
            raise AttributeError(f"{type(self).__name__}.{name} was set to a {kind} before "
                                 "super().__init__() was called; call it first in __init__")
        if name not in registered and self._is_method(name):
            raise KeyError(f"{type(self).__name__}.{name} is part of every Module and cannot "
                           f"be a {kind}'s name; choose another")
        if kind == "module" and value is not None and any(m is self for m in value.modules()):
            raise ValueError(f"{type(self).__name__}.{name}: a module cannot contain itself; keep "
                             "a reference upwards in a weakref")
        if registered.get(name) != kind:
            registered.pop(name, None)
            registered[name] = kind
        self._transient.discard(name)
        object.__setattr__(self, name, value)

    def _check_fits(self, name: str, kind: str, value) -> None:
        wanted = _KINDS[kind]
        if value is not None and not isinstance(value, wanted):
            fits = "Module" if wanted is Tree else wanted.__name__
            raise TypeError(f"{type(self).__name__}.{name} is a {kind}: only a {fits} or None can "
                            f"be set there, got {type(value).__name__}; del it first to use the "
                            "name otherwise")

    def _check_new(self, method: str, name: str, kind: str, value) -> None:
        who = f"{type(self).__name__}.{method}"
        if not isinstance(name, str) or not name or "." in name:
            raise KeyError(f"{who}: a name must be a string without dots and not empty, "
                           f"got {name!r}")
        taken = name in self.__dict__ or hasattr(type(self), name)
        if taken and self._registered.get(name) != kind:
            raise KeyError(f"{who}: attribute {name!r} already exists")
        self._check_fits(name, kind, value)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter, or None to reserve the name for one."""
        self._check_new("register_parameter", name, "parameter", param)
        self._register(name, "parameter", param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is moved with the module but not trained; it is part of the state dict
        if persistent."""
        check_switches("register_buffer", persistent=persistent)
        self._check_new("register_buffer", name, "buffer", tensor)
        self._register(name, "buffer", tensor)
        if not persistent:
            self._transient.add(name)

    def add_module(self, name: str, module: Tree | None) -> None:
        """Add a submodule under any name, also one that is no identifier."""
        self._check_new("add_module", name, "module", module)
        self._register(name, "module", module)

    register_module = add_module

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        self._registered.pop(name, None)
        self._transient.discard(name)

    def __getattr__(self, name: str) -> Any:
        # Reached only where the ordinary look-up found nothing.
        if "_registered" not in self.__dict__ and not name.startswith("__"):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}: "
                                 "super().__init__() was not called; call it first in __init__")
        near = "" if name.startswith("_") else _INSTEAD.get(name) or did_you_mean(
            name, own_names(self))
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}{near}")

    def _get_name(self) -> str:
        """The name of the class, as PyTorch asks for it."""
        return type(self).__name__

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name.isidentifier()]

    def _members(self, kind: str) -> dict[str, Any]:
        values = self.__dict__
        return {name: values[name] for name, k in self._registered.items() if k == kind}

    @property
    def _parameters(self) -> Mapping[str, Parameter | None]:
        return MappingProxyType(self._members("parameter"))

    @property
    def _buffers(self) -> Mapping[str, Tensor | None]:
        return MappingProxyType(self._members("buffer"))

    @property
    def _modules(self) -> Mapping[str, Tree | None]:
        return MappingProxyType(self._members("module"))

    # ---- traversal ----------------------------------------------------------------------------

    def named_children(self) -> Iterator[tuple[str, Any]]:
        """(name, module) of each direct submodule; one that has two names comes once."""
        seen = set()
        for name, module in self._members("module").items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Any]:
        """The direct submodules."""
        return (module for _, module in self.named_children())

    def named_modules(self, memo: set | None = None, prefix: str = "",
                      remove_duplicate: bool = True) -> Iterator[tuple[str, Any]]:
        """(path, module) of this module (path `prefix`) and all below it, parents first."""
        check_switches("named_modules", remove_duplicate=remove_duplicate)
        seen = set() if memo is None else memo
        stack = [(prefix, self)]
        while stack:
            path, module = stack.pop()
            if remove_duplicate:
                if module in seen:
                    continue
                seen.add(module)
            yield path, module
            for name, child in reversed(module._members("module").items()):
                if child is not None:
                    stack.append((f"{path}.{name}" if path else name, child))

    def modules(self) -> Iterator[Any]:
        """This module and all below it; a shared one comes once."""
        return (module for _, module in self.named_modules())

    def named_parameters(self, prefix: str = "", recurse: bool = True,
                         remove_duplicate: bool = True) -> Iterator[tuple[str, Parameter]]:
        """(path, parameter) of all parameters; a shared one comes once, under its first path."""
        check_switches("named_parameters", recurse=recurse, remove_duplicate=remove_duplicate)
        warn_of_strays(self)
        return self._named("parameter", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters, each once: what an optimizer is given."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix: str = "", recurse: bool = True,
                      remove_duplicate: bool = True) -> Iterator[tuple[str, Tensor]]:
        """(path, buffer) of all buffers, as named_parameters."""
        check_switches("named_buffers", recurse=recurse, remove_duplicate=remove_duplicate)
        return self._named("buffer", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers, each once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def _named(self, kind: str, prefix: str, recurse: bool, remove_duplicate: bool):
        seen = set()
        modules = (self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
                   if recurse else [(prefix, self)])
        for path, module in modules:
            for name, value in module._members(kind).items():
                if value is None or (remove_duplicate and id(value) in seen):
                    continue
                seen.add(id(value))
                yield (f"{path}.{name}" if path else name), value

    def get_submodule(self, target: str) -> Any:
        """The submodule at a dotted path; the module itself for the empty path."""
        module: Any = self
        for name in filter(None, target.split(".")):
            found = module._members("module")
            if found.get(name) is None:
                raise AttributeError(
                    f"get_submodule({target!r}): {type(module).__name__} has no submodule {name!r}"
                    f"{did_you_mean(name, found)}")
            module = found[name]
        return module

    def set_submodule(self, target: str, module: Any, strict: bool = False) -> None:
        """Put a module at a dotted path, in the place of another, or, unless `strict`, anew."""
        check_switches("set_submodule", strict=strict)
        path, _, name = target.rpartition(".")
        who = f"{type(self).__name__}.set_submodule({target!r})"
        if not name:
            raise ValueError(f"{who}: the path must end in a name")
        if not isinstance(module, Tree):
            raise ValueError(f"{who}: a Module is needed, got {type(module).__name__}")
        owner = self.get_submodule(path)
        found = hasattr(owner, name)
        if strict and not found or found and owner._registered.get(name) != "module":
            raise AttributeError(f"{who}: {type(owner).__name__} has no submodule {name!r}"
                                 f"{did_you_mean(name, owner._members('module'))}")
        setattr(owner, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a dotted path."""
        return self._get("parameter", target)

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a dotted path."""
        return self._get("buffer", target)

    def _get(self, kind: str, target: str) -> Any:
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        found = owner._members(kind)
        if found.get(name) is None:
            raise AttributeError(f"get_{kind}({target!r}): {type(owner).__name__} has no {kind} "
                                 f"{name!r}{did_you_mean(name, found)}")
        return found[name]


_INSTEAD = {  # what models of other libraries have as methods
    "save": "; save its state: autograd.save(model.state_dict(), 'model.npz')",
    "load": "; load its state: model.load_state_dict(autograd.load('model.npz'))",
    "fit": "; nn.training.Trainer(model, criterion, optimizer).fit(loader, epochs) trains it",
    "predict": "; call it: model(x), after model.eval() and under autograd.no_grad()",
}
_KINDS = {"parameter": Parameter, "buffer": Tensor, "module": Tree}


def own_names(owner) -> list[str]:
    """The public attributes of a module or module class, for messages."""
    return [name for name in dir(owner) if not name.startswith("_")]
