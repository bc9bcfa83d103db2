"""What a recording depends on besides its arguments, and the check that all of it still holds.

From the function that is compiled one can reach, by its closure, the globals and defaults that its
code names, and what hangs on them, whatever Python may read while the step runs: modules with
their settings, functions, lists, numbers.  `Guards` collects that: Tensors are the state of the
program, and for everything else there is a line of a check which is written out as one expression.
"""

from __future__ import annotations

import array
import builtins
import copy
import dis
import functools
import sys
import weakref
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ..node import Leaf
from ..tensors import Tensor
from .recorder import RAW

_LIBRARY = {"autograd", "nn", "optim", "data", "numpy", "builtins", "numba", "scipy", "torch",
            *sys.stdlib_module_names} - {"__main__"}
VALUES = (bool, int, float, complex, str, bytes, type(None), np.dtype, np.generic)
_MOST = 20000  # conditions that a check may have
_WALKED = ("nn", "data", "types", "argparse", "functools", "collections")  # objects with settings
_COMPARED = 1 << 16  # bytes of an array that are compared before each replay
_PLAIN = (*VALUES, ModuleType)
_CHANGED = (set, frozenset, bytearray, array.array)  # compared with what they were
_RATES = frozenset(("param_groups", "get_last_lr", "last_epoch"))  # how code reads learning rates
_UNSEEN = frozenset(("_told", "_registered", "_transient", "__dict__", "__weakref__"))


class Guards:
    """The check, as a function without arguments, and what it is about."""

    def __init__(self, roots: list) -> None:
        self.tensors: dict[int, Tensor] = {}
        self.arrays: dict[int, np.ndarray] = {}
        self.opaque: set[tuple[type, str]] = set()
        self.hooked = ""  # the name of a module with hooks
        self.large = ""  # what holds an array of too many numbers to compare them each time
        self._seen: set[int] = set()
        self._walked: set = set()  # ids of classes, and of modules with the code that names them
        self._named: set[str] = set()  # all names that the code uses
        self._opaques: list[tuple[Any, str]] = []
        self._kept: list = []
        self._lines: list[tuple[str, str]] = []  # (condition, what it is about)
        self._names: dict[str, Any] = {}
        for root in roots:
            self._visit(root, "the function")
        for value, path in self._opaques if self._named & _RATES else ():
            self._rates(value, path)
        self.too_many = len(self._lines) > _MOST

    def watch(self, decisive) -> None:
        """Add Tensors whose numbers have to stay, each with the reason, and write the check."""
        for tensor, reason in decisive:
            about, held, array = f"a tensor's numbers ({reason})", self._name(tensor), RAW(tensor)
            self._add(f"{held}._version[0] == {tensor._version[0]}" if array.nbytes > _COMPARED
                      else f"{held}._array.tobytes() == {array.tobytes()!r}", about)
        self.check: Callable[[], bool] = self._written()

    def watch_grads(self, asked: list[tuple[Tensor, Any]]) -> None:
        """Add Tensors that have to have such a .grad, or none, as each had at the beginning."""
        for tensor, grad in asked:
            held = f"{self._name(tensor)}._grad"
            if grad is None:
                self._add(f"{held} is None", "whether there is a .grad")
            else:
                array = RAW(grad)
                self._add(f"{held} is not None and {held}._array.strides == {array.strides} and "
                          f"{held}._array.shape == {array.shape} and "
                          f"{held}._array.flags.writeable", "the .grad")
        self.check = self._written()

    def broken(self) -> str:
        """What does not hold any more; "" if all does."""
        for condition, about in self._lines:
            if not eval(condition, self._names):
                return about
        return ""

    # ---- the walk ------------------------------------------------------------------------------

    def _visit(self, value, path: str) -> None:
        if len(self._lines) > _MOST:
            return
        if id(value) in self._seen or isinstance(value, _PLAIN):
            return
        self._seen.add(id(value))
        self._kept.append(value)
        if isinstance(value, Tensor):
            self._tensor(value, path)
        elif isinstance(value, np.ndarray):
            self._array(value, path)
        elif isinstance(value, (MethodType, BuiltinFunctionType)):
            self._visit(value.__self__, path)
            self._visit(getattr(value, "__func__", None), path)
        elif isinstance(value, FunctionType):
            self._function(value, path)
        elif isinstance(value, functools.partial):
            for part in (value.func, value.args, value.keywords):
                self._visit(part, path)
        elif isinstance(value, (list, tuple, deque)):
            self._sequence(value, path)
            self._object(value, path)
        elif isinstance(value, _CHANGED):
            self._add(f"{self._name(value)} == {self._name(copy.copy(value))}", path)
            for each in value:
                self._visit(each, f"what is in {path}")
        elif isinstance(value, dict):
            self._dict(value, path, list(value))
            self._object(value, path)
        elif isinstance(value, ContextVar):
            self._require(f"{self._name(value)}.get(None)", value.get(None), path)
        elif isinstance(value, weakref.ref):
            self._require(f"{self._name(value)}()", value(), path)
        elif not isinstance(value, type):
            self._object(value, path)
        else:
            self._classes(value, path)

    def _function(self, function: FunctionType, path: str) -> None:
        if _in_library(function.__module__ or ""):
            return
        self._closure(function, path)
        self._code(function.__code__, function.__globals__)
        for name in ("__code__", "__defaults__", "__kwdefaults__"):
            self._require(f"{self._name(function)}.{name}", getattr(function, name), path)
        self._fields(vars(function), path, type(function))

    def _closure(self, function: FunctionType, path: str) -> None:
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (),
                              strict=True):
            try:
                value = cell.cell_contents
            except ValueError:
                continue
            self._require(f"{self._name(cell)}.cell_contents", value, name)

    def _code(self, code: CodeType, names: dict) -> None:
        """The globals that code, and what is defined in it, names."""
        self._named.update(code.co_names)
        for name in code.co_names:
            if name in names:
                value = names[name]
                if isinstance(value, ModuleType):
                    self._module(value, code)
                    continue
                self._require(f"{self._name(names)}.get({name!r})", value, name)
        for step in dis.get_instructions(code):
            name = step.argval
            if step.opname == "LOAD_GLOBAL" and name not in names and not hasattr(builtins, name):
                self._add(f"{name!r} not in {self._name(names)}", name)
            elif step.opname == "IMPORT_NAME" and name in sys.modules:
                self._module(sys.modules[name], code)
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                self._code(constant, names)

    def _module(self, module: ModuleType, code: CodeType) -> None:
        if _in_library(module.__name__) or (id(module), id(code)) in self._walked:
            return
        self._walked.add((id(module), id(code)))
        for name in code.co_names:
            if name in vars(module):
                part = vars(module)[name]
                self._require(f"{self._name(vars(module))}.get({name!r})", part,
                              f"{module.__name__}.{name}")
                if isinstance(part, ModuleType):
                    self._module(part, code)

    def _sequence(self, values, path: str) -> None:
        if not isinstance(values, tuple):
            self._add(f"len({self._name(values)}) == {len(values)}", f"the length of {path}")
        for i, value in enumerate(values):
            if not isinstance(values, tuple):
                self._require(f"{self._name(values)}[{i}]", value, f"{path}[{i}]")
            else:
                self._visit(value, f"{path}[{i}]")

    def _dict(self, values: dict, path: str, keys: list) -> None:
        held = self._name(values)
        if values:
            self._add(f"len({held}) == {len(values)}", f"the entries of {path}")
        for key in keys:
            place = repr(key) if isinstance(key, (str, int)) else self._name(key)
            self._require(f"{held}.get({place})", values[key], f"{path}.{key}")

    def _object(self, value, path: str) -> None:
        cls = type(value)
        if getattr(cls, "_replayed", None):
            self._opaque(value, path)
            return
        self._classes(cls, path)
        if _in_library(cls.__module__) and cls.__module__.partition(".")[0] not in _WALKED:
            return
        for name in _slots(cls):
            if hasattr(value, name):
                self._require(f"{self._name(value)}.{name}", getattr(value, name),
                              f"{path}.{name}")
        fields = getattr(value, "__dict__", None)
        if isinstance(fields, dict):
            self._fields(fields, path, cls)

    def _fields(self, fields: dict, path: str, cls: type) -> None:
        held = self._name(fields)
        self._add(f"len({held}) == {len(fields)}", f"the attributes of {path}")
        self._called(cls)
        for name, part in fields.items():
            if name == "_hooks" and part is not None and any(vars(part).values()):
                self.hooked = self.hooked or f"{path} ({cls.__name__})"
            elif name not in _UNSEEN:
                self._require(f"{held}.get({name!r})", part, f"{path}.{name}")

    def _called(self, cls: type) -> None:
        """How a library's objects are called, which hooks of all modules change."""
        of_all = getattr(cls, "_global_hooks", None)
        if of_all is not None and any(vars(of_all).values()):
            self.hooked = self.hooked or f"all modules ({cls.__name__} among them)"
        if of_all is not None and id(of_all) not in self._walked:
            self._walked.add(id(of_all))
            for table in vars(of_all).values():
                self._add(f"not {self._name(table)}", "the hooks of all modules")
        owner = next((kind for kind in cls.__mro__ if "__call__" in vars(kind)), None)
        if owner is not None and _in_library(owner.__module__) and id(owner) not in self._walked:
            self._walked.add(id(owner))
            held = f"{self._name(owner)}.__dict__"
            self._add(f"{held}.get('__call__') is {self._name(vars(owner)['__call__'])}",
                      f"how a {owner.__name__} is called")

    def _opaque(self, value, path: str) -> None:
        """What is called at each replay; which parameters an optimizer has is a condition."""
        cls = type(value)
        for kind in cls.__mro__:
            for name in cls._replayed:
                if name in kind.__dict__:
                    self.opaque.add((kind, name))
        self._opaques.append((value, path))
        groups = getattr(value, "param_groups", [])
        self._add(f"len({self._name(groups)}) == {len(groups)}", f"the groups of {path}")
        for group in groups:
            params = f"{self._name(group)}['params']"
            self._add(f"len({params}) == {len(group['params'])}", f"the parameters of {path}")
            for parameter in group["params"]:
                self._visit(parameter, f"a parameter of {path}")
        for name, part in vars(value).items():
            if getattr(type(part), "_replayed", None):
                self._visit(part, f"{path}.{name}")

    def _rates(self, value, path: str) -> None:
        """The settings of an optimizer's groups, or what a schedule has counted."""
        for group in getattr(value, "param_groups", ()):
            for name, part in group.items():
                if name != "params":
                    self._require(f"{self._name(group)}.get({name!r})", part, f"{path}.{name}")
        for name in ("_last_lr", "last_epoch"):
            if name in vars(value):
                known = self._name(copy.copy(vars(value)[name]))
                self._add(f"{self._name(value)}.{name} == {known}", f"{path}.{name}")

    def _classes(self, cls: type, path: str) -> None:
        """What users have written of a class and its bases."""
        for kind in (*cls.__mro__, *type.mro(type(cls))):
            if not _in_library(kind.__module__) and id(kind) not in self._walked:
                self._walked.add(id(kind))
                self._class(kind, f"{path}.{kind.__name__}")

    def _class(self, cls: type, path: str) -> None:
        held = f"{self._name(cls)}.__dict__"
        self._add(f"len({held}) == {len(vars(cls))}", f"the attributes of {path}")
        for name, value in list(vars(cls).items()):
            inside = value.fget if isinstance(value, property) else getattr(value, "__func__", None)
            if isinstance(value, FunctionType) or inside or not name.startswith("__"):
                self._require(f"{held}.get({name!r})", value, f"{path}.{name}")
                self._visit(inside, f"{path}.{name}")

    def _array(self, array: np.ndarray, path: str) -> None:
        """Its numbers may decide anything, unseen."""
        self.arrays[id(array)] = array
        if array.dtype.hasobject or array.nbytes > _COMPARED:
            self.large = self.large or path
        else:
            self._add(f"{self._name(array)}.tobytes() == {array.tobytes()!r}",
                      f"the numbers of {path}")

    def _tensor(self, tensor: Tensor, path: str) -> None:
        self.tensors[id(tensor)] = tensor
        held, array = self._name(tensor), self._name(RAW(tensor))
        self._add(f"{held}._array is {array}", f"the memory of {path}")
        node = tensor._node
        if node is None or node.__class__ is Leaf:
            self._add(f"{held}._node is {self._name(node)}", f"{path}.requires_grad")
            if node is not None:
                self._add(f"not {self._name(node)}.hooks and not {self._name(node)}.after",
                          f"the hooks of {path}")

    # ---- the text of the check -----------------------------------------------------------------

    def _require(self, expression: str, value, path: str) -> None:
        """The expression has to give this value, and what hangs on the value to stay, too."""
        if value is None or value is True or value is False:
            self._add(f"{expression} is {value}", path)
        elif isinstance(value, (float, complex)) and not value:  # zeros have a sign
            self._add(f"repr({expression}) == {repr(value)!r}", path)
        elif isinstance(value, VALUES):
            held = self._name(value)
            self._add(f"(({expression}) is {held} or ({expression}) == {held} and "
                      f"type({expression}) is type({held}))", path)
        else:
            self._add(f"{expression} is {self._name(value)}", path)
            self._visit(value, path)

    def _add(self, condition: str, about: str) -> None:
        self._lines.append((condition, about))

    def _name(self, value) -> str:
        name = f"o{id(value)}"
        self._names[name] = value
        return name

    def _written(self) -> Callable[[], bool]:
        """One function with all conditions, in pieces that the parser takes."""
        conditions = list(dict.fromkeys(condition for condition, _ in self._lines))
        lines = ["def check():", "    try:"]
        for start in range(0, len(conditions), 50):
            part = " and ".join(conditions[start:start + 50])
            lines.append(f"        if not ({part}): return False")
        lines += ["        return True", "    except (ValueError, IndexError, KeyError, "
                  "AttributeError):", "        return False"]
        exec(compile("\n".join(lines), "<wengert guards>", "exec"), self._names)
        return self._names["check"]


def _slots(cls: type):
    """The names of attributes that a class and its bases have in slots."""
    for kind in cls.__mro__:
        names = kind.__dict__.get("__slots__", ())
        yield from [name for name in ((names,) if isinstance(names, str) else names)
                    if name not in _UNSEEN and not name.startswith("__")]


def _in_library(module: str) -> bool:
    return module.partition(".")[0] in _LIBRARY
