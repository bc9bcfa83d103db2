"""What is said where an error leaves a composite: the function as the user called it, what it got
and what fits.

A composite begins with its arguments' attributes, not with an op that checks them, so what cannot
be right fails somewhere inside, in Python's or NumPy's words.  Each composite is therefore called
through a function of its own signature, written out as those of ops are:

    def mm(input, mat2):
        try:
            return forward(input, mat2)
        except Exception as error:
            explain(guard, error, dict(input=input, mat2=mat2))
            raise

Nothing else happens to a call that succeeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import signature, unwrap
from types import FunctionType, NoneType
from typing import Any, TypeVar

import numpy as np

from . import template
from .asked import WORDS, asked
from .errors import describe, instead, within
from .into import written
from .tensors import Tensor

_ARRAYS = (Tensor, np.ndarray, np.generic)
_NUMBERS = (*_ARRAYS, bool, int, float)
_WHOLE = (int, np.integer, Tensor)
_SEVERAL = (list, tuple)
# What fits: in words, as types, as sequences of these; and the parameters it is asked of.
_FITS: tuple[tuple[str, tuple, tuple, str], ...] = (
    ("a Tensor", _ARRAYS, (),
     "input mat1 mat2 batch1 batch2 vec vec2 tensor tensor1 tensor2 a b weight bias mask input1 "
     "input2 x1 x2 target anchor positive negative src pos_weight"),
    ("a Tensor or None", (*_ARRAYS, NoneType), (), "running_mean running_var"),
    ("a Tensor or a number", _NUMBERS, (), "other value min max var"),
    ("a list or tuple of Tensors", (), _SEVERAL, "tensors"),
    ("an integer", _WHOLE, (),
     "start length chunks start_dim end_dim axis0 axis1 dim0 dim1 dim2 k num_groups groups offset "
     "diagonal num_classes upscale_factor downscale_factor ignore_index dimension step decimals "
     "padding_idx"),
    ("an integer or a tuple of integers", _WHOLE, (*_SEVERAL, np.ndarray),
     "dim dims kernel_size stride padding dilation output_padding output_size size sizes shape "
     "more normalized_shape repeats destination shifts split_size_or_sections"),
    ("a number", _NUMBERS, (),
     "alpha beta eps margin momentum negative_slope min_val max_val threshold rtol atol delta "
     "lambd label_smoothing norm_type correction dropout_p scale tau dx maxnorm"),
    ("a number", (*_NUMBERS, str), (), "p"),
    ("a number or a tuple of numbers", _NUMBERS, _SEVERAL, "scale_factor spacing"),
)
_FITTING = {name: (words, types, several) for words, types, several, names in _FITS
            for name in names.split()}

F = TypeVar("F", bound=Callable[..., Any])


class _Guard:
    """A composite, and the function that stands for it."""

    def __init__(self, forward) -> None:
        self.forward = forward
        self.function = FunctionType(_first_call.__code__, {"guard": self, "write": _write},
                                     forward.__name__)


def guarded(forward: F) -> F:
    """The function that stands for a composite; its code is written when it is first called.

    A composite of any arguments and options (`to`) checks them, and stands for itself: to hand
    them on would take a tenth of its time.
    """
    code = unwrap(forward).__code__
    if code.co_flags & 0x04 and code.co_kwonlyargcount:
        return forward
    function = _Guard(forward).function
    for name in ("__name__", "__qualname__", "__doc__", "__module__", "__annotations__"):
        setattr(function, name, getattr(forward, name))
    function.__wrapped__ = forward  # type: ignore[attr-defined]
    return function  # type: ignore[return-value]


def takes_one(function) -> bool:
    """Whether a function takes nothing but a tensor, and what it checks itself, so that as a method
    it is never called in a wrong way."""
    code = getattr(function, "__wrapped__", function).__code__
    taken = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return len(taken) - ("memory_format" in taken) == 1 and not code.co_flags & 0x04


def _first_call(*args, **kwargs):
    write(guard)  # noqa: F821
    return guard.function(*args, **kwargs)  # noqa: F821


def _write(guard: _Guard) -> None:
    shown, function, name = unwrap(guard.forward), guard.function, guard.forward.__name__
    defaults, kwdefaults = shown.__defaults__ or (), shown.__kwdefaults__ or {}
    _, passed, signature = template.signature(name, shown.__code__, defaults, kwdefaults)
    names = [part.split("=")[0].lstrip("*") for part in passed]
    given = ", ".join(f"{name}={name}" for name in names)
    lines = [*asked(name, shown), *written(name, [], passed)]
    checks = "".join(f"{line}\n" for line in lines)
    text = (f"def function({signature}):\n{checks}"
            f"    try:\n        return forward({', '.join(passed)})\n"
            f"    except Exception as error:\n        explain(guard, error, dict({given}))\n"
            "        raise\n")
    function.__globals__.update(forward=guard.forward, defaults=defaults, kwdefaults=kwdefaults,
                                explain=_explain, **WORDS)
    template.fill(function, text, name, f"<wengert composite {name}>")


def _explain(guard: _Guard, error: Exception, given: dict) -> None:
    """Raise the error again in the words of the composite, unless it says so already."""
    name, text = guard.forward.__name__, str(error)
    if text.startswith(f"{name}:") or isinstance(error, Warning):
        return
    wrong = misfit(guard.forward, error, given)
    if wrong:
        raise TypeError(f"{name}: {wrong}") from (None if within(error) else error)
    inner, colon, rest = text.partition(": ")
    if not (colon and inner.isidentifier()):
        got = ", ".join(f"{argument}: {describe(value)}" for argument, value in given.items()
                        if isinstance(value, _ARRAYS))
        rest = f"{text} (got {got})" if got else text
    kind = next(kind for kind in type(error).__mro__ if kind.__module__ == "builtins")
    raise kind(f"{name}: {rest}") from (None if within(error) else error)


def misfit(function, error: Exception, given: dict) -> str:
    """What is wrong with the argument that an error of Python's or NumPy's is about, and what
    fits there; empty where nothing is seen to be wrong."""
    unread = str(error).startswith("could not convert string")  # float("text"), a ValueError
    if not (unread or isinstance(error, (AttributeError, TypeError, KeyError))):
        return ""
    parameters = signature(function).parameters
    given = {name: value for name, value in given.items() if value is not parameters[name].default}
    if isinstance(error, AttributeError):  # a Tensor's, which something else was asked for
        for name, value in _parts(given):
            if value is error.obj or isinstance(value, np.ndarray) and isinstance(
                    error.obj, np.ndarray):
                return _unfit(name, describe(value), "a Tensor", value)
    for name, value in given.items():
        words, types, several = _FITTING.get(name, ("", (object,), ()))
        if isinstance(value, several):
            shown, strange = str(value), types and not all(isinstance(x, types) for x in value)
        else:
            shown, strange = describe(value), not isinstance(value, types)
        if strange:
            return _unfit(name, shown, words, value)
    return ""


def _parts(given: dict) -> Iterator[tuple[str, object]]:
    """The arguments, and the elements of those that are lists or tuples."""
    for name, value in given.items():
        yield name, value
        if isinstance(value, _SEVERAL):
            yield from ((f"{name}[{i}]", part) for i, part in enumerate(value))


def _unfit(name: str, shown: str, words: str, value) -> str:
    hint = instead(value) if "a Tensor" in words else ""
    return f"{name} must be {words}, got {shown}{hint}"
