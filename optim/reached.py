"""A slip with a model, seen from the optimizer after steps: a layer that `forward` never calls.

Told where nothing else explains it: no step has given any of its parameters a gradient, and the
class it was registered in says its name in `__init__` alone.  Modules are known here by what they
have, `named_children` and `parameters`, for optim stands beside nn.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from autograd import Tensor
from autograd.slips import hint

# a class that says one of these may reach a layer without its name
_SEARCHES = frozenset({
    "getattr", "vars", "__dict__", "children", "named_children", "modules", "named_modules",
    "_modules", "get_submodule", "__getattr__", "__getitem__", "apply"})
_MOST = 3  # layers that are named


def look_for_unreached(who: str, optimizer: Any, steps: int) -> None:
    """Tell of layers whose parameters this optimizer holds and no step has changed."""
    idle = {id(param) for group in optimizer.param_groups if group.get("lr") != 0
            for param in group["params"] if _idle(param, optimizer)}
    if not idle:
        return
    found = list(dict.fromkeys(_unreached(idle)))
    if found:
        owner, name = found[0]
        names = " and ".join(f"self.{name}" for _, name in found[:_MOST])
        hint("layer not reached", f"{who}: {names}, made in {owner}.__init__, had no gradient in "
             f"{steps} steps, and {owner} calls it nowhere; write x = self.{name}(x) in forward, "
             "or leave it out")


def _idle(param: Tensor, optimizer: Any) -> bool:
    written = param._version[1]
    return (param._grad is None and param.requires_grad and param not in optimizer.state
            and not (written is not None and str(written[0]).endswith(".step")))


def _unreached(idle: set[int]) -> Iterator[tuple[str, str]]:
    """Class and name of the modules that hold none but idle parameters, in a module that holds
    others, each in a class that does not say its name but where it is made."""
    silent: dict[int, tuple[str, str] | None] = {}
    for owner in gc.get_objects():
        if not _is_module(owner) or all(id(param) in idle for param in owner.parameters()):
            continue
        said = _says(type(owner))
        for name, child in owner.named_children():
            held = [id(param) for param in child.parameters()]
            if held and idle.issuperset(held):
                told = said is None or name in said
                before = silent.get(id(child), (type(owner).__name__, name))
                silent[id(child)] = None if told else before
    return (place for place in silent.values() if place is not None)


def _is_module(value: Any) -> bool:
    kind = type(value)
    return hasattr(kind, "named_children") and hasattr(kind, "parameters")


def _says(kind: type) -> set[str] | None:
    """The names in the methods of a class but `__init__`; None where they do not tell, as in a
    container, or where layers are looked for."""
    if kind.__module__.split(".")[0] == "nn":
        return None
    names: set[str] = set()
    for base in kind.__mro__:
        if base.__module__.split(".")[0] in ("nn", "builtins"):
            break
        for name, method in vars(base).items():
            if isinstance(method, FunctionType) and name != "__init__":
                names |= _names(method.__code__)
    return names if "forward" in vars(kind) and not names & _SEARCHES else None


def _names(code: CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _names(constant)
    return names
