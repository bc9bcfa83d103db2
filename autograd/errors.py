"""How errors speak: what was got, what fits, and what may have been meant."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterable
from functools import lru_cache, update_wrapper, wraps
from inspect import Parameter, Signature, signature
from math import log2, prod
from types import FrameType, FunctionType, MethodType
from typing import Any, ParamSpec, Self, TypeVar

import numpy as np

_LARGEST = 2**47  # numbers: more bytes than a processor addresses
_PACKAGES = ("autograd", "nn", "optim", "data")
P = ParamSpec("P")
R = TypeVar("R")


class IsComplex(TypeError):
    """A complex number came to what is written for real ones."""


def describe(value) -> str:
    """A short account of an argument for a message: `Tensor (2, 3) float32`, `list of 4`."""
    array = getattr(value, "_any_array", value)
    if isinstance(array, np.ndarray):
        kind = "ndarray" if array is value else "Tensor"
        return f"{kind} {array.shape} {array.dtype}"
    if isinstance(value, (bool, int, float, complex)):
        return f"{type(value).__name__} {value!r}"
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__} of {len(value)}"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if isinstance(value, MethodType):
        return f"the method {type(value.__self__).__name__}.{value.__name__}"
    return type(value).__name__


def instead(value) -> str:
    """What to do where a Tensor is needed and this came."""
    if value is None:
        return "; a function that ends without return gives None"
    if hasattr(value, "batch_sizes"):
        return "; nn.utils.rnn.pad_packed_sequence(input)[0] is one, input.data its steps in a row"
    if isinstance(value, (tuple, list)) and any(isinstance(part, str) for part in value):
        return numbered("text")
    if isinstance(value, (tuple, list)) and any(hasattr(part, "requires_grad") for part in value):
        return "; take the one that is meant: recurrent layers, for one, give (output, state)"
    return "; autograd.tensor(...) makes one"


def numbered(value) -> str:
    """How texts, if it is one, become numbers."""
    return ("; number the texts: names = sorted(set(labels)); autograd.tensor([names.index(name) "
            "for name in labels])") if isinstance(value, str) else ""


def uncalled(value) -> str:
    """`; write () behind it` where a class or a method stands in place of what it gives."""
    return "; write () behind it" if isinstance(value, (type, MethodType)) else ""


def ordered(value) -> bool:
    """Whether it holds numbers in an order: what sets, texts and bytes have are no sizes."""
    return isinstance(value, (tuple, list, range)) or bool(getattr(value, "ndim", 0))


def switch(name: str, which: str, value) -> bool:
    """An argument that is neither True nor False by identity as one of them, if it means one."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    shown = f"{value!r:.60}" if isinstance(value, str) else describe(value)
    raise TypeError(f"{name}: {which} must be True or False, got {shown}")


def check_switches(name: str, **given) -> None:
    """Raise unless each of these arguments is True or False."""
    for which, value in given.items():
        if value is not True and value is not False:
            switch(name, which, value)


def switches(function: Callable) -> dict[str, bool]:
    """The parameters that are True or False, each with whether None fits as well."""
    return {name: _may_be_none(p) for name, p in signature(function).parameters.items()
            if _is_switch(p)}


def check_size(name: str, shape: Iterable[int], what: str = "the result") -> None:
    """Raise where no memory can hold an array of this shape, before its size wraps around."""
    shape = tuple(shape)
    if max(shape, default=0) >= _LARGEST or prod(shape) >= _LARGEST:
        size = max(prod(shape), *shape)
        raise ValueError(f"{name}: {what} would be {shape}, some 2**{log2(size):.0f} numbers; no "
                         "memory holds as many")


def check_count(count: int, shape: tuple[int, ...]) -> None:
    """Raise unless the shape, with one size of -1 at most, has room for just so many elements."""
    known = prod([size for size in shape if size != -1])
    if shape.count(-1) > 1 or min(shape, default=0) < -1:
        wrong = "sizes are not negative, and one may be -1"
    elif -1 in shape and (known == 0 or count % known):
        wrong = f"{count} elements are no multiple of {known}"
    elif -1 not in shape and known != count:
        wrong = f"there are {count} elements, and room for {known}"
    else:
        return
    raise ValueError(f"cannot reshape into {shape}: {wrong}")


def unmatched(operands) -> str:
    """Which sizes of operands keep them from being broadcast, and what to do about it."""
    shapes = [tuple(getattr(operand, "shape", ())) for operand in operands]
    for back in range(1, max(map(len, shapes)) + 1):
        sizes = {shape[-back] for shape in shapes if len(shape) >= back} - {1}
        if len(sizes) > 1:
            return (f"shapes {' and '.join(map(str, shapes))} cannot be broadcast: in dimension "
                    f"-{back} the sizes {' and '.join(map(str, sorted(sizes)))} differ and neither "
                    "is 1; .unsqueeze(dim) or .reshape(...) lines the dimensions up")
    return f"shapes {' and '.join(map(str, shapes))} cannot be broadcast"


def undefined(text: str) -> str:
    """The text of an error, unless NumPy speaks there of a ufunc that has no loop for a dtype."""
    if text.startswith(("ufunc ", "Cannot cast ufunc ")):
        return "it is not defined for these dtypes; .to(dtype) brings an operand to another"
    return text


_ELSEWHERE = {  # what other libraries call an argument, and PyTorch's name
    "learning_rate": "lr", "epsilon": "eps", "l2": "weight_decay", "units": "out_features",
    "filters": "out_channels", "strides": "stride", "rate": "p", "axis": "dim",
    "keepdims": "keepdim",
}


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """`; did you mean 'weight'?`, or the empty string where nothing comes near."""
    from difflib import get_close_matches

    names = list(candidates)
    known = {name.lower(), _ELSEWHERE.get(name.lower())}
    near = [n for n in names if n.lower() in known] or get_close_matches(name, names, n=3)
    return f"; did you mean {' or '.join(repr(n) for n in near)}?" if near else ""


_MAKES = {"float16": "half", "float32": "float", "float64": "double", "complex64": "cfloat",
          "complex128": "cdouble"}


def to_one_dtype(given, own, layer: str = "", which: str = "input") -> str:
    """How an input and a model come to one dtype, so that no imaginary part is lost; `layer` is
    the name of one that takes complex numbers."""
    ways = []
    if given.kind != "c" or own.kind == "c":
        ways.append(f"{which}.{_MAKES.get(str(own), 'float')}() gives it the weight's")
    if given.kind == "f":
        ways.append(f"model.{_MAKES[str(given)]}() gives the model the {which}'s")
    elif given.kind == "c" and layer:
        ways.append(f"nn.{layer}(..., dtype=autograd.{given}) takes it")
    return ", ".join(ways) or f"{which}.real and {which}.imag are real"


def no_floats(name: str, dtype: Any) -> str:
    """What an op of real floating numbers says to another dtype."""
    way = ".abs(), .real or .imag" if dtype.kind == "c" else ".float()"
    return f"{name}: a floating dtype is needed, got {dtype}; use {way}"


def unequal(rows: Any, place: str = "") -> str:
    """Where nested rows first differ in length: `row [1] has 1, row [0] has 2`."""
    sizes = [len(row) if isinstance(row, (list, tuple)) else 0 for row in rows]
    for number, size in enumerate(sizes):
        if size != sizes[0]:
            return f"row {place}[{number}] has {size}, row {place}[0] has {sizes[0]}"
    deeper = (unequal(row, f"{place}[{number}]") for number, row in enumerate(rows) if size)
    return next(filter(None, deeper), "")


class Constructed:
    """Base of classes whose constructor tells, in the name of the class, of arguments that are
    misspelt, missing or too many; in classes of this library also of what is given for a bool, in
    layers for an int or a float, and is none.  Those that inherit their constructor or `forward`
    get a copy in their own name, so that Python's errors name what was called."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in ("__init__", "forward"):
            found = getattr(cls, name, None)
            if (isinstance(found, FunctionType) and _is_ours(cls.__module__)
                    and found.__qualname__ not in (f"{cls.__name__}.{name}", "Module.forward")):
                setattr(cls, name, _in_name_of(cls, found))

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        new = super().__new__
        if new is not object.__new__:  # another base knows more
            return new(cls, *args, **kwargs)
        if args or kwargs:  # as there are not where a copy is made
            _check_arguments(cls, cls.__init__, args, kwargs)
        return new(cls)


def spelled(function: Callable[P, R]) -> Callable[P, R]:
    """The function, which names what a keyword argument that it does not take may be meant as."""
    names = list(signature(function).parameters)

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        for name in kwargs:
            if name not in names:
                free = [n for n in names[len(args):] if n not in kwargs and n != "self"]
                near = did_you_mean(name, free)
                raise TypeError(f"{function.__qualname__}: got an unexpected keyword argument "
                                f"{name!r}{near or '; it takes ' + ', '.join(free)}")
        return function(*args, **kwargs)

    return call


def _in_name_of(cls: type, method: FunctionType) -> FunctionType:
    """A copy of a method that is called as if the class defined it."""
    copied = FunctionType(method.__code__, method.__globals__, method.__name__,
                          method.__defaults__, method.__closure__)
    update_wrapper(copied, method)
    del copied.__wrapped__  # type: ignore[attr-defined]
    copied.__kwdefaults__ = method.__kwdefaults__
    copied.__qualname__ = f"{cls.__name__}.{method.__name__}"
    return copied


def _check_arguments(cls: type, init: Callable, args: tuple, kwargs: dict) -> None:
    if init is object.__init__:  # which says nothing where __new__ takes arguments
        raise TypeError(f"{cls.__name__}: it takes no arguments")
    taken = _taken(init)
    if taken is None:
        return
    parameters = list(taken.parameters.values())[1:]
    names = [parameter.name for parameter in parameters]
    try:
        given = taken.bind(None, *args, **kwargs).arguments
    except TypeError as error:
        what = str(error)
        unknown = [name for name in kwargs if name not in names]
        if unknown and all(p.kind is not p.VAR_KEYWORD for p in parameters):
            what = (f"got an unexpected keyword argument {unknown[0]!r}"
                    f"{did_you_mean(unknown[0], names) or '; it takes ' + ', '.join(names)}")
        raise TypeError(f"{cls.__name__}: {what}{_to_call(cls, args)}") from None
    if _is_ours(init.__module__):
        for parameter in parameters:
            if parameter.name in given:
                try:
                    _check_kind(cls.__name__, parameter, given[parameter.name],
                                init.__module__.startswith("nn."))
                except TypeError as error:
                    raise TypeError(f"{error}{_to_call(cls, args)}") from None


def _to_call(cls: type, args: tuple) -> str:
    """The advice to make a layer first, where its constructor was given what it is called with."""
    first: Any = args[0] if args else None
    shape = getattr(first, "shape", None)
    if hasattr(cls, "forward") and shape:
        return f"; make it first, then call it, as in {cls.__name__}(...)(input)"
    return ""


def _is_ours(module: str | None) -> bool:
    """Whether it is a module of this library; code that was run without a name has None."""
    return module is not None and module.split(".")[0] in _PACKAGES


@lru_cache(512)
def _taken(init: Callable) -> Signature | None:
    """What a constructor itself takes, whatever it wraps; None where it is compiled and does not
    tell."""
    try:
        return signature(init, follow_wrapped=False)
    except ValueError:
        return None


def _check_kind(name: str, parameter: Parameter, value: Any, layer: bool) -> None:
    """Raise where a constructor's argument is not of the kind that its annotation asks for."""
    if value is None and _may_be_none(parameter):
        return
    if _is_switch(parameter) and not (value.__class__ is int and value in (0, 1)):
        switch(name, parameter.name, value)
    if not layer:
        return
    words, kinds = _KINDS.get(_words(parameter.annotation).removesuffix(" | None"), ("", object))
    fits = isinstance(value, kinds) and not (kinds is _WHOLE and isinstance(value, bool))
    if not fits and getattr(value, "ndim", None) != 0:  # a tensor of one number is a number
        raise TypeError(f"{name}: {parameter.name} must be {words}, got {describe(value)}")


_WHOLE = int, np.integer
_KINDS = {"int": ("an integer", _WHOLE), "float": ("a number", (int, float, np.number))}


def _words(annotation) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _is_switch(parameter: Parameter) -> bool:
    kinds = "bool", "bool | None"
    return isinstance(parameter.default, bool) or _words(parameter.annotation) in kinds


def _may_be_none(parameter: Parameter) -> bool:
    return parameter.default is None or "None" in str(parameter.annotation)


def caller() -> str:
    """`file:line` of the nearest frame outside this library: where the user's own code stands."""
    return located(caller_place())


def caller_place(above: int = 1) -> tuple:
    """What `located` makes the `file:line` of `caller` of; quicker where that is seldom asked.
    The nearest `above` frames are known to be of this library."""
    frame = sys._getframe(above)
    while frame.f_back is not None and _is_own(frame.f_code.co_filename):
        frame = frame.f_back
    return frame.f_code, frame.f_lasti


def warn(text: str, category: type[Warning] = UserWarning) -> None:
    """Warn at that line of the user's own code, however many calls of this library lie between."""
    warnings.warn(text, category, stacklevel=outside()[1])


def outside() -> tuple[FrameType, int]:
    """The nearest frame outside this library, and the `stacklevel` that leads there from the
    function that asks."""
    frame, level = sys._getframe(2), 2
    while frame.f_back is not None and _is_own(frame.f_code.co_filename):
        frame, level = frame.f_back, level + 1
    return frame, level


def within(error: BaseException) -> bool:
    """Whether it was raised by this library or by NumPy, not by a function that the user gave."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code.co_filename if trace is not None else ""
    return _is_own(code) or code.startswith(_NUMPY)


def located(place: tuple) -> str:
    """`file:line` of a code and the offset of an instruction in it."""
    code, at = place
    lines = [line for start, end, line in code.co_lines() if start <= at < end]
    return f"{code.co_filename}:{lines[0] if lines else code.co_firstlineno}"


@lru_cache(256)
def _is_own(filename: str) -> bool:
    """Whether the file is of this library, by whichever path it was found."""
    if filename.startswith("<"):  # no file: typed in, or an op's
        return filename.startswith("<wengert")
    if filename.startswith(_FOLDERS_AS_FOUND):  # a relative one is lost once the program moves
        return True
    return os.path.realpath(filename).startswith(_FOLDERS)


def _folders(file: str) -> tuple[str, ...]:
    root = os.path.dirname(os.path.dirname(file))
    return tuple(os.path.join(root, name) + os.sep for name in _PACKAGES)


_NUMPY = os.path.dirname(np.__file__) + os.sep
_FOLDERS_AS_FOUND, _FOLDERS = _folders(__file__), _folders(os.path.realpath(__file__))
