"""Tensors of a module that are computed, each time they are read, from others that are trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import autograd
from autograd import Tensor
from autograd.errors import describe

from ..containers import ModuleDict, ModuleList
from ..module import Module
from ..parameter import Parameter

_cache: dict[tuple[int, str], Tensor] = {}
_caching = 0  # how many `cached()` are open


@contextmanager
def cached() -> Iterator[None]:
    """Inside, each parametrized tensor is computed once, when it is first read.

    >>> import nn
    >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))
    >>> with nn.utils.parametrize.cached():
    ...     print(layer.weight is layer.weight)
    True
    """
    global _caching
    _caching += 1
    try:
        yield
    finally:
        _caching -= 1
        if not _caching:
            _cache.clear()


class ParametrizationList(ModuleList):
    """What computes one tensor: modules that are called one after the other, the first with the
    parameter `original`, or with `original0`, `original1`, ... where its right_inverse gave
    several.

    Raises: ValueError where a module would change the tensor's shape or dtype, unless `unsafe`.
    """

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        if not modules:
            raise ValueError("ParametrizationList: one or more modules are needed")
        super().__init__(modules)
        self.unsafe = unsafe
        found: Any = original
        with autograd.no_grad():
            for module in reversed(list(self)):
                found = _inverted(module, found)
        if not isinstance(found, (Tensor, Sequence)):
            raise ValueError("right_inverse must return a Tensor or several, got "
                             f"{describe(found)}")
        self.is_tensor = isinstance(found, Tensor)
        self.ntensors = 1 if isinstance(found, Tensor) else len(found)
        shape, dtype = original.shape, original.dtype
        if isinstance(found, Tensor):
            _check_dtype("original", found, original)
            original.data = found.detach()
            _hold(self, "original", original)
        else:
            for i, part in enumerate(found):
                if not isinstance(part, Tensor):
                    raise ValueError(f"right_inverse must return Tensors, got {describe(part)}")
                trained = isinstance(original, Parameter)
                _hold(self, f"original{i}", Parameter(part.detach(), original.requires_grad)
                      if trained else part.detach())
        if not unsafe:
            _check_same("a parametrization", self(), shape, dtype)

    def _originals(self) -> list[Tensor]:
        if self.is_tensor:
            return [self.original]
        return [getattr(self, f"original{i}") for i in range(self.ntensors)]

    def forward(self) -> Tensor:
        """The tensor that is computed."""
        first, *others = self
        value = first(*self._originals())
        for module in others:
            value = module(value)
        return value

    def right_inverse(self, value: Tensor) -> None:
        """Set the originals so that what is computed is `value`, where all modules have a
        right_inverse."""
        found: Any = value
        with autograd.no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(f"{type(module).__name__} has no right_inverse(value), so "
                                       "the tensor it computes cannot be set")
                found = module.right_inverse(found)
            parts = [found] if self.is_tensor else list(found)
            if len(parts) != self.ntensors:
                raise ValueError(f"right_inverse must return {self.ntensors} tensors, got "
                                 f"{len(parts)}")
            for original, part in zip(self._originals(), parts, strict=True):
                _check_dtype("right_inverse's result", part, original)
                original.data = part.detach()


def _inverted(module: Module, value: Any) -> Any:
    if hasattr(module, "right_inverse"):
        try:
            return module.right_inverse(value)
        except NotImplementedError:
            pass
    return value


def _hold(owner: Module, name: str, tensor: Tensor) -> None:
    if isinstance(tensor, Parameter):
        owner.register_parameter(name, tensor)
    else:
        owner.register_buffer(name, tensor)


def _check_dtype(what: str, value: Any, original: Tensor) -> None:
    if not isinstance(value, Tensor) or value.dtype != original.dtype:
        raise ValueError(f"right_inverse must return a Tensor of {what}'s dtype {original.dtype}, "
                         f"got {describe(value)}")


def _check_same(what: str, value: Any, shape, dtype) -> None:
    if not isinstance(value, Tensor) or value.shape != shape or value.dtype != dtype:
        raise ValueError(f"{what} must return a Tensor of the shape {tuple(shape)} and dtype "
                         f"{dtype} it replaces, got {describe(value)}; unsafe=True allows others")


class _Parametrized:
    """Comes before a module's own class among the bases of what the module becomes."""

    _plain: type  # the class it was

    def __setattr__(self, name: str, value) -> None:
        if isinstance(vars(type(self)).get(name), property):
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    def __reduce_ex__(self, protocol):
        names = [name for name, value in vars(type(self)).items() if isinstance(value, property)]
        return _again, (self._plain, names), dict(vars(self))


def _again(plain: type, names: list[str]) -> Any:
    """A parametrized module without its attributes: for copies and pickles."""
    made: Any = object.__new__(plain)
    _inject(made, names)
    return made


def _inject(module: Any, names: list[str]) -> None:
    """Give a module a class of its own, with a property for each name."""
    plain = type(module)
    fields = {name: _computed(name) for name in names}
    module.__class__ = type(f"Parametrized{plain.__name__}", (_Parametrized, plain), {
        **fields, "_plain": plain, "__module__": plain.__module__})


def _computed(name: str) -> property:
    def get(self) -> Tensor:
        chain = self.parametrizations[name]
        if not _caching:
            return chain()
        key = id(self), name
        if key not in _cache:
            _cache[key] = chain()
        return _cache[key]

    def put(self, value: Tensor) -> None:
        self.parametrizations[name].right_inverse(value)

    return property(get, put, doc="Computed by the modules in parametrizations.")


def register_parametrization(module: Module, tensor_name: str, parametrization: Module, *,
                             unsafe: bool = False) -> Module:
    """Make `module.weight`, say, what `parametrization` computes from the tensor it was, which
    moves to `module.parametrizations.weight.original`; returns the module.

    Its `right_inverse(value)`, if there is one, gives the original, or several, for a value that
    is set.  More than one parametrization are applied one after the other.
    Raises: ValueError for no such tensor, or, unless `unsafe`, one whose shape or dtype would
        change.

    >>> import nn
    >>> class Symmetric(nn.Module):
    ...     def forward(self, x):
    ...         return x.triu() + x.triu(1).T
    >>> layer = nn.Linear(3, 3)
    >>> _ = nn.utils.parametrize.register_parametrization(layer, "weight", Symmetric())
    >>> bool((layer.weight == layer.weight.T).all())
    True
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        chain, before = module.parametrizations[tensor_name], getattr(module, tensor_name)
        if not unsafe:
            after = parametrization(before)
            _check_same("a parametrization", after, before.shape, before.dtype)
            with autograd.no_grad():
                _check_same("right_inverse", _inverted(parametrization, after), before.shape,
                            before.dtype)
        chain.append(parametrization)
        chain.unsafe |= unsafe
        return module
    original = {**module._buffers, **module._parameters}.get(tensor_name)
    if original is None:
        raise ValueError(f"{module._get_name()} has no parameter or buffer {tensor_name!r}")
    chain = ParametrizationList([parametrization], original, unsafe)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        _inject(module, [])
        module.parametrizations = ModuleDict()
    setattr(type(module), tensor_name, _computed(tensor_name))
    module.parametrizations[tensor_name] = chain
    return module


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether the module has parametrized tensors, or one of this name."""
    chains = module._members("module").get("parametrizations")
    if not isinstance(module, _Parametrized) or chains is None:
        return False
    return len(chains) > 0 if tensor_name is None else tensor_name in chains


def remove_parametrizations(module: Module, tensor_name: str,
                            leave_parametrized: bool = True) -> Module:
    """Make the tensor a plain one again, with the value it has, or, unless `leave_parametrized`,
    with the original's; returns the module."""
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"{module._get_name()}.{tensor_name} is not parametrized")
    chain = module.parametrizations[tensor_name]
    if chain.is_tensor:
        original = chain.original
        if leave_parametrized:
            original.data = getattr(module, tensor_name).detach()
    elif leave_parametrized:
        value, trained = getattr(module, tensor_name).detach(), chain.original0.requires_grad
        original = Parameter(value) if trained else value
    else:
        raise ValueError(f"{module._get_name()}.{tensor_name} is computed from {chain.ntensors} "
                         "tensors; leave_parametrized=True keeps its value")
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    if not is_parametrized(module):
        del module.parametrizations
        module.__class__ = module._plain
    _hold(module, tensor_name, original)
    return module


def type_before_parametrizations(module: Module) -> type:
    """The class of a module before it was parametrized."""
    return module._plain if isinstance(module, _Parametrized) else type(module)


def transfer_parametrizations_and_params(from_module: Module, to_module: Module,
                                         tensor_name: str | None = None) -> Module:
    """Parametrize `to_module` as `from_module` is, with the same values; returns it."""
    if not is_parametrized(from_module):
        return to_module
    names = [tensor_name] if tensor_name is not None else list(from_module.parametrizations)
    for name in names:
        for parametrization in from_module.parametrizations[name]:
            register_parametrization(to_module, name, parametrization, unsafe=True)
        theirs, ours = (m.parametrizations[name] for m in (from_module, to_module))
        for source, target in zip(theirs._originals(), ours._originals(), strict=True):
            target.data = source.detach().clone()
    return to_module
