"""`torch.jit`: a function of TorchScript is a function of Python, which runs as it is.  Decorators
give back what they are given; what would trace, save or load a program is refused."""

from __future__ import annotations

from typing import Final as Final

from ..lazy import lazily
from ..refused import STOOD_IN, count
from . import devices

for _name in ("trace", "trace_module", "save", "load", "freeze", "fork", "wait"):
    globals()[_name] = devices.refusing(f"jit.{_name}")


class ScriptModule:
    """A module of TorchScript: there are none, as `isinstance` says."""


ScriptFunction = ScriptModule


def is_scripting() -> bool:
    """Always False."""
    return False


is_tracing = is_scripting


def script(obj, optimize=None, _frames_up: int = 0, _rcb=None, example_inputs=None):
    """The function, class or module itself, which gives the same results."""
    count(STOOD_IN, "jit.script")
    return obj


def unused(fn):
    """The function itself."""
    return fn


export = script_if_tracing = unused


def ignore(drop=False, **kwargs):
    """The function itself; without one, a decorator that gives it."""
    return drop if callable(drop) else unused


def annotate(the_type, the_value):
    """The value itself."""
    return the_value


def interface(obj):
    """The class itself."""
    return obj


__getattr__, __dir__, _later = lazily(__name__, {}, called="autograd.jit")
