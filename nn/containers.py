"""Modules that hold modules or parameters: in a row, in a list, in a dict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from types import NoneType
from typing import Any

from autograd import Tensor
from autograd.errors import describe, did_you_mean

from .module import Module
from .parameter import Parameter


class _List(Module):
    """What the list-like containers share.  Entries are registered as "0", "1", ... or by names."""

    _kind = "module"

    def _entries(self) -> dict[str, Any]:
        return self._members(self._kind)

    def _checked(self, value, place: int) -> Any:
        """The value that is registered for `value`; raises where there is none."""
        if isinstance(value, Module):
            return value
        name = type(self).__name__
        if isinstance(value, (list, tuple)):
            fix = f"unpack it: {name}(*layers)" if name == "Sequential" else "give one flat list"
        elif isinstance(value, type):
            fix = f"call it: {value.__name__}(...)"
        else:
            fix = "functions have their module, such as nn.ReLU() for relu"
        raise TypeError(f"{name}[{place}] must be a Module, got {value!r:.60}; {fix}")

    def _set(self, pairs: list[tuple[str, Any]]) -> None:
        """Hold these entries and no others; plain numbers as names are counted anew."""
        numbered = all(name.isdigit() for name, _ in pairs)
        for name in list(self._entries()):
            delattr(self, name)
        for i, (name, value) in enumerate(pairs):
            self._add(str(i) if numbered else name, value)

    def _add(self, name: str, value) -> None:
        if self._kind == "module":
            self.add_module(name, value)
        else:
            self.register_parameter(name, value)

    def _name(self, index: int) -> str:
        entries, n = list(self._entries()), len(self)
        if not -n <= index < n:
            raise IndexError(f"{type(self).__name__} has {n} entries; {index} is out of range")
        return entries[index]

    def __len__(self) -> int:
        return len(self._entries())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._entries().values())

    def __contains__(self, value) -> bool:
        return any(value is entry for entry in self)

    def __getitem__(self, index) -> Any:
        if isinstance(index, slice):
            part = type(self)()
            part._set(list(self._entries().items())[index])
            return part
        return self._entries()[self._name(index)]

    def __setitem__(self, index: int, value) -> None:
        self._add(self._name(index), self._checked(value, index))

    def __delitem__(self, index) -> None:
        entries = list(self._entries().items())
        del entries[index]
        self._set(entries)

    def append(self, module) -> Any:
        """Add an entry at the end; returns the container."""
        n = len(self)
        self._add(self._free(n), self._checked(module, n))
        return self

    def extend(self, modules: Iterable) -> Any:
        """Add several entries at the end; returns the container."""
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index: int, module) -> Any:
        """Put an entry before that at `index`; returns the container."""
        entries = list(self._entries().items())
        entries.insert(index, (self._free(len(self)), self._checked(module, index)))
        self._set(entries)
        return self

    def pop(self, key: int = -1) -> Any:
        """Take out the entry at `key` and return it."""
        value = self[key]
        del self[key]
        return value

    def _free(self, number: int) -> str:
        """A number as the name of a new entry."""
        while str(number) in self._entries():
            number += 1
        return str(number)

    def __iadd__(self, values: Iterable) -> Any:
        return self.extend(values)

    def __add__(self, values: Iterable) -> Any:
        return type(self)().extend(self).extend(values)


class Sequential(_List):
    """The modules one after the other, each fed with what the one before returned.

    Takes modules, or one dict of names and modules.

    >>> import nn
    >>> nn.Sequential(nn.Linear(4, 3), nn.ReLU())[1]
    ReLU()
    """

    def __init__(self, *args) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], Mapping):
            for i, (name, module) in enumerate(args[0].items()):
                self.add_module(name, self._checked(module, i))
        else:
            self.extend(args)

    def forward(self, input: Any) -> Any:
        values = self.__dict__
        for name, kind in self._registered.items():
            if kind == "module":
                input = values[name](input)
        return input

    def __mul__(self, times: int) -> Sequential:
        """The modules several times over, the same ones each time."""
        if isinstance(times, bool) or not isinstance(times, int) or times < 1:
            raise ValueError(f"Sequential * {times!r}: a number of times, 1 or more, is needed")
        return type(self)().extend([*self] * times)

    __rmul__ = __mul__

    def __imul__(self, times: int) -> Sequential:
        return self.extend([*(self * times)][len(self):])

    def _before(self, name: str) -> str | None:
        names = list(self._entries())
        i = names.index(name)
        return names[i - 1] if i else None


class ModuleList(_List):
    """A list of modules that are registered; what calls them is up to the module around it.

    >>> import nn
    >>> len(list(nn.ModuleList([nn.Linear(2, 2) for _ in range(3)]).parameters()))
    6
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if not isinstance(modules, (Iterable, NoneType)):
            raise TypeError(f"{type(self).__name__}: modules must be a list of them, got "
                            f"{describe(modules)}; write {type(self).__name__}([...])")
        self.extend(modules or ())

    def forward(self, *args, **kwargs) -> Any:
        raise NotImplementedError("a ModuleList is not called itself: loop over its modules, or "
                                  "use nn.Sequential")

    def _child_lines(self) -> list[str]:
        lines = []
        for shown, group in groupby(self._entries().items(), lambda entry: repr(entry[1])):
            names = [name for name, _ in group]
            several = len(names) > 1
            place = f"{names[0]}-{names[-1]}" if several else names[0]
            lines.append(f"({place}): {f'{len(names)} x ' if several else ''}{shown}")
        return lines


class ParameterList(_List):
    """A list of parameters that are registered; Tensors become Parameters."""

    _kind = "parameter"

    def __init__(self, values: Iterable[Tensor] | None = None) -> None:
        super().__init__()
        self.extend(values or ())

    def _checked(self, value, place: int) -> Parameter:
        return _parameter(f"ParameterList[{place}]", value)

    def extra_repr(self) -> str:
        return _shapes(self._entries())


class _Dict(Module):
    """What the dict-like containers share."""

    _kind = "module"

    def _entries(self) -> dict[str, Any]:
        return self._members(self._kind)

    def __len__(self) -> int:
        return len(self._entries())

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries())

    def __contains__(self, key: str) -> bool:
        return key in self._entries()

    def __getitem__(self, key: str) -> Any:
        entries = self._entries()
        if key not in entries:
            raise KeyError(f"{type(self).__name__} has no entry {key!r}"
                           f"{did_you_mean(str(key), entries)}")
        return entries[key]

    def __delitem__(self, key: str) -> None:
        self[key]
        delattr(self, key)

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._entries().keys()

    def values(self) -> Iterable[Any]:
        """What is held."""
        return self._entries().values()

    def items(self) -> Iterable[tuple[str, Any]]:
        """Pairs of name and what is held."""
        return self._entries().items()

    def pop(self, key: str) -> Any:
        """Take out an entry and return it."""
        value = self[key]
        del self[key]
        return value

    def clear(self) -> None:
        """Take out all entries."""
        for key in list(self):
            del self[key]

    def update(self, other) -> None:
        """Add or replace entries, from a mapping or from pairs."""
        for key, value in list(other.items() if hasattr(other, "items") else other):
            self[key] = value

    def __setitem__(self, key: str, value) -> None:
        raise NotImplementedError


class ModuleDict(_Dict):
    """Modules by name, registered, in the order in which they were added.

    >>> import nn
    >>> list(nn.ModuleDict({"encode": nn.Linear(2, 1)}).state_dict())
    ['encode.weight', 'encode.bias']
    """

    def __init__(self, modules: Mapping[str, Module] | None = None) -> None:
        super().__init__()
        self.update(modules or {})

    def __setitem__(self, key: str, value: Module) -> None:
        if not isinstance(value, Module):
            raise TypeError(f"ModuleDict[{key!r}] must be a Module, got {value!r:.60}")
        self.add_module(key, value)


class ParameterDict(_Dict):
    """Parameters by name, registered; Tensors become Parameters."""

    _kind = "parameter"

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self.update(parameters or {})

    def __setitem__(self, key: str, value: Tensor) -> None:
        self.register_parameter(key, _parameter(f"ParameterDict[{key!r}]", value))

    def __reversed__(self) -> Iterator[str]:
        return reversed(list(self))

    def __or__(self, other) -> ParameterDict:
        result = self.copy()
        result.update(other)
        return result

    def __ror__(self, other) -> ParameterDict:
        result = type(self)(other)
        result.update(self)
        return result

    def __ior__(self, other) -> ParameterDict:
        self.update(other)
        return self

    def copy(self) -> ParameterDict:
        """Another ParameterDict of the same parameters."""
        return type(self)(self)

    def popitem(self) -> tuple[str, Parameter]:
        """Take out the last entry and return its name and parameter."""
        key = next(reversed(self), None)
        if key is None:
            raise KeyError("ParameterDict.popitem: there is no entry")
        return key, self.pop(key)

    def setdefault(self, key: str, default: Tensor) -> Parameter:
        """The parameter of that name; `default` becomes it if there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def get(self, key: str, default: Any = None) -> Any:
        """The parameter of that name, or `default`."""
        return self._entries().get(key, default)

    def extra_repr(self) -> str:
        return _shapes(self._entries())


def _parameter(who: str, value) -> Parameter:
    if isinstance(value, Parameter):
        return value
    if isinstance(value, Tensor):
        return Parameter(value)
    raise TypeError(f"{who} must be a Parameter or a Tensor, got {value!r:.60}")


def _shapes(entries: dict[str, Any]) -> str:
    """One line per parameter; the trailing line break keeps a single one on a line of its own."""
    return "\n".join(f"({name}): Parameter {tuple(value.shape)} {value.dtype}"
                     for name, value in entries.items()) + ("\n" if entries else "")
