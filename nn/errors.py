"""Where in a model an error happened, and what was put where a model cannot see it."""

from __future__ import annotations

from collections.abc import Container, Iterator
from itertools import islice
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.errors import describe, to_one_dtype
from autograd.slips import hint

from .parameter import Parameter

LOCATED = (TypeError, ValueError, IndexError, RuntimeError, AttributeError)
_OWN = __name__.split(".")[0] + "."  # how the names of this package's modules begin
_PLAIN = frozenset({list, tuple, dict})
_SCANNED = 100  # elements of a plain container that are looked at


def locate(module, error: Exception, args: tuple) -> None:
    """Add to the message of an error that leaves `module.forward` where that was.

    An AttributeError in a layer of this package, of an argument that is no Tensor, is raised again
    as a TypeError that says so.
    Every module on the way outwards calls this; each sees the failing module at a longer path, so
    what stands in the end is the path from the outermost module.
    """
    if isinstance(error, AttributeError):
        strange = _stranger(module, error, args)
        if not strange:
            return
        try:
            raise TypeError(f"{type(module).__name__}: {strange}; autograd.tensor(...) makes one")
        except TypeError as named:
            locate(module, named, args)
            raise named from None
    if type(error) not in LOCATED or len(error.args) != 1 or not isinstance(error.args[0], str):
        return
    found = error.__dict__.get("failed")
    if found is None:
        found = module, error.args[0], _pixels(error.args[0], args) or module._advice(args)
        error.__dict__["failed"] = found
    failed, message, advice = found
    path = next((name for name, inner in module.named_modules() if inner is failed), None)
    if path is not None:
        lines = [message, f"  in {_place(module, path, failed)}{_source(module, path)}", advice]
        error.args = ("\n".join(line for line in lines if line),)


def _pixels(message: str, args: tuple) -> str:
    """What makes an image of bytes fit, where that is what was refused."""
    if "uint8" not in message or "float" not in message or not any(
            isinstance(value, Tensor) and value.dtype == np.uint8 for value in args):
        return ""
    return ("  pixels from 0 to 255 become floats from 0 to 1 by the dataset's "
            "transform=data.transforms.ToTensor(), or by .float() / 255")


def _stranger(module, error: AttributeError, args: tuple) -> str:
    """Which required argument of a layer's `forward` an attribute was asked of, being no Tensor."""
    if not type(module).forward.__module__.startswith(_OWN):
        return ""
    code, defaults = module.forward.__code__, module.forward.__defaults__ or ()
    names = code.co_varnames[1:code.co_argcount - len(defaults)]
    for name, value in zip(names, args, strict=False):
        if value is error.obj and not isinstance(value, Tensor):
            return f"{name} must be a Tensor, got {describe(value)}"
    return ""


def _place(root, path: str, module) -> str:
    """`Net.classifier.2 (Linear(in_features=12, out_features=3))`."""
    shown = repr(module) if not any(module.children()) else type(module).__name__
    return f"{type(root).__name__}.{path} ({shown})" if path else shown


def _source(root, path: str) -> str:
    """Which module the failing one's input came from, where a Sequential says so."""
    parent, _, name = path.rpartition(".")
    before = root.get_submodule(parent)._before(name) if path else None
    if before is None:
        return ""
    path = f"{parent}.{before}" if parent else before
    return f", whose input came from {_place(root, path, root.get_submodule(path))}"


def check_whole(name: str, least: int, **sizes) -> None:
    """Raise unless all sizes that a layer is made with are integers, and none is below `least`."""
    for which, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, (int, np.integer)):
            raise TypeError(f"{name}: {which} must be an integer, got {describe(size)}")
        if size < least:
            raise ValueError(f"{name}: {which} must be at least {least}, got {size}")


def warn_of_strays(root) -> None:
    """Warn, once for each attribute, of Modules and Parameters in a plain list, tuple or dict:
    they are not registered, so they are not trained, saved or moved."""
    for path, module in root.named_modules():
        for name, value, stray in strays(module, root, module._told):
            if len(value) == 1 and any(True for _ in getattr(stray, "children", tuple)()):
                continue  # so a teacher is kept aside
            module._told.add(name)
            _warn(f"{type(root).__name__}{'.' + path if path else ''}.{name}", value, stray)


def strays(module, root, told: Container[str] = ()) -> Iterator[tuple[str, Any, Any]]:
    """(attribute, container, what is in it) of the first Module or Parameter in each plain list,
    tuple or dict of a module of the model `root` that is registered nowhere in that; of attributes
    in `told` nothing."""
    registered = module._registered
    for name, value in vars(module).items():
        if value.__class__ in _PLAIN and value and value is not registered and name not in told:
            stray = _first_stray(value, root)
            if stray is not None:
                yield name, value, stray


def _warn(place: str, container, stray) -> None:
    kind = "Parameter" if isinstance(stray, Parameter) else "Module"
    fit = kind + ("Dict" if isinstance(container, dict) else "List")
    hint(f"not registered: {place}",
         f"{place} is a plain {type(container).__name__} that holds a {type(stray).__name__}, "
         f"which is not registered there: it will not be trained, saved or moved. Use nn.{fit}.")


def _first_stray(container, root):
    """A Module or Parameter inside that is not registered elsewhere in the model."""
    held = [value for value in _contents(container)
            if isinstance(value, Parameter) or hasattr(value, "named_modules")
            and any(True for kind in (value.parameters, value.buffers) for _ in kind())]
    if not held:
        return None
    known = set()
    for module in root.modules():
        known.add(id(module))
        known.update(id(p) for p in module._members("parameter").values())
    return next((value for value in held if id(value) not in known), None)


def _contents(container):
    """The elements, and those of plain containers among them."""
    values = container.values() if isinstance(container, dict) else container
    for value in islice(values, _SCANNED):
        if value.__class__ in _PLAIN:
            inner = value.values() if isinstance(value, dict) else value
            yield from islice(inner, _SCANNED)
        else:
            yield value


def check_dtype(module, weight: Tensor, **inputs: Tensor) -> None:
    """Raise where an input or a state of a layer is of another dtype than its weights."""
    for which, value in inputs.items():
        if isinstance(value, Tensor) and value.dtype != weight.dtype:
            advice = to_one_dtype(value.dtype, weight.dtype, which=which)
            raise TypeError(f"{type(module).__name__}: {which} is {value.dtype}, its weights are "
                            f"{weight.dtype}, which do not mix; {advice}")
