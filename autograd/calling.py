"""What the written functions of ops call: for sequences, arguments that are no Tensors, views,
several results, and errors that say which op and what it got."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from .boundary import misfit
from .dtypes import common, common_float, common_number
from .errors import IsComplex, describe, instead, undefined, unmatched
from .gate import FLOAT16, LEAST
from .modes import is_grad_enabled
from .node import OUT, Node, Output, next_seq
from .quiet import hush, unhush
from .tensors import Complex, Tensor, View, current_node, mark_written, ndarray, wrap

if TYPE_CHECKING:
    from .record import Op

UNRECORDED = "a view made under no_grad"
CONSTANT: tuple = (0, None)  # the version box of what is not a tensor: never written
_ERRORS = (ValueError, IndexError, TypeError, RuntimeError, OverflowError, ZeroDivisionError)


def _operand(op: Op, position: int, value):
    """What the forward gets for an argument that is not a Tensor."""
    if isinstance(value, ndarray):
        return value if value.__class__ is ndarray else np.asarray(value)
    if op.promotes and isinstance(value, (bool, int, float, np.generic)):
        if value.__class__ is int and not -1 << 63 <= value < 1 << 64:
            raise TypeError(f"{op.name}: {op.inputs[position]} {value} does not fit into 64 bits; "
                            "float(...) of it does")
        return value if len(op.inputs) > 1 else np.asarray(value)
    if isinstance(value, np.generic):
        return np.asarray(value)
    if op.promotes and isinstance(value, complex) and len(op.inputs) > 1:
        if op.any:
            return value
        raise IsComplex(f"{value} is complex, and there is no complex form of this")
    name = op.inputs[position]
    if value is None and name in op.optional:
        return None
    fits = "a Tensor or a number" if op.promotes else "a Tensor"
    raise TypeError(f"{op.name}: {name} must be {fits}, got {describe(value)}{instead(value)}")


def _beside(op: Op, position: int, value, inputs: tuple):
    """As `_operand`, where a complex array does not stand beside a Tensor; rules have others."""
    if value.__class__ is ndarray and value.dtype.kind == "c" and any(
            [isinstance(x, Tensor) for x in inputs]):
        raise IsComplex(f"there is no complex form of this, which got {describe(value)}")
    return _operand(op, position, value)


def _operands(op: Op, tensors):
    """Arrays, nodes and version boxes of a sequence; the boxes are None if no Tensor is in it."""
    if isinstance(tensors, (Tensor, ndarray)) or not hasattr(tensors, "__iter__"):
        raise TypeError(f"{op.name}: {op.inputs[0]} must be a list or tuple of Tensors, "
                        f"got {describe(tensors)}")
    tensors = tuple(tensors)
    arrays: list[np.ndarray] = []
    mixed: list[np.ndarray] = []
    nodes: list[Node | None] = []
    boxes: list[Any] = []
    plain = bool(tensors)
    for tensor in tensors:
        if isinstance(tensor, Tensor):
            plain = False
            arrays.append(tensor._any_array if op.any else tensor._array)
            nodes.append(tensor._node if tensor._view is None else current_node(tensor))
            boxes.append(tensor._version)
        elif isinstance(tensor, (ndarray, np.generic)):
            arrays.append(np.asarray(tensor))
            if arrays[-1].dtype.kind == "c":
                mixed.append(arrays[-1])
            nodes.append(None)
            boxes.append(CONSTANT)
        else:
            raise TypeError(f"{op.name}: {op.inputs[0]}[{len(arrays)}] must be a Tensor, "
                            f"got {describe(tensor)}")
    if mixed and not plain and not op.any:
        raise IsComplex(f"there is no complex form of this, which got {describe(mixed[0])}")
    return arrays, tuple(nodes), None if plain else boxes


def _explain(op: Op, error: Exception, inputs: tuple) -> None:
    """Raise the error again with the op's name and what it got, unless it says so already."""
    text = str(error)
    if text.startswith(f"{op.name}:"):
        error.__suppress_context__ = True  # NumPy's word on the same, not a second failure
        return
    if op.variadic:
        inputs = tuple(inputs[0])
        names = [f"{op.inputs[0]}[{i}]" for i in range(len(inputs))]
    else:
        names = list(op.inputs)
    got = ", ".join(f"{name}: {describe(value)}" for name, value in zip(names, inputs, strict=True)
                    if value is not None)
    if text.startswith("operands could not be broadcast"):
        text = unmatched(inputs)
    elif text.split(": ")[0].isidentifier():  # another op, which this one is written with
        text = text.partition(": ")[2]
    else:
        text = misfit(op.function, error, _attributes(op, error)) or undefined(text)
    # NumPy's own kinds of errors cannot be made from a text alone; what they are kinds of can
    kind = next(kind for kind in type(error).__mro__ if kind.__module__ == "builtins")
    raise kind(f"{op.name}: {text} (got {got})") from None


def _attributes(op: Op, error: Exception) -> dict:
    """The attributes that the op's function, which has caught the error, was called with."""
    values = error.__traceback__.tb_frame.f_locals  # type: ignore[union-attr]
    names = [name.split("=")[0].lstrip("*") for name in op.passed]
    return {name: values[name] for name in names if values[name] is not None}


def _joined(op: Op, grads):
    """What a joint rule returned, if there is a gradient or None for each input."""
    if not isinstance(grads, (tuple, list)) or len(grads) != len(op.inputs):
        raise RuntimeError(f"{op.name}: its joint rule must return a gradient or None for each of "
                           f"{', '.join(op.inputs)}; got {describe(grads)}")
    return grads


_PARTS = ("<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>")  # of the function around them
CODES: dict[Any, str] = {}  # the code of composites, and their names
_OURS = ("autograd.", "nn.", "optim.", "data.")
_BELOW = ("autograd.ops.", "autograd.engine", "autograd.inplace", "autograd.operators",
          "autograd.calling", "autograd.tensors", "autograd.accumulate", "autograd.numpy_",
          "autograd.quiet", "autograd.creation", "autograd.gradient_check", "autograd.numeric",
          "autograd.gradient_judge", "autograd.custom_function", "autograd.complexes",
          "autograd.fft", "autograd.gate", "autograd.lazy", "autograd.modes",
          "autograd.transforms.", "autograd.functional", "autograd.roots", "autograd.array_api",
          "data.dataset", "data.collate", "data.fetching", "data.loader", "data.passes",
          "data.randomness",
          "nn.hooks", "nn.model_summary", "nn.training.", "nn.checkup.", "autograd.viz.",
          "autograd.compiler.", "optim.")  # those of the last rows call models


def _complex_form(op: Op, error: IsComplex, inputs: tuple):
    """The op's function for complex numbers, if there are any for it and for what calls it."""
    declared = import_module("autograd.ops.complex_forms")
    forms, layers = declared.FORMS, declared.WRITTEN_WITH_OPS
    if op.name not in forms:
        _explain(op, error, inputs)
    frame: Any
    frame, refused = sys._getframe(2), ""
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module and not module.startswith(_OURS):  # what is written out for ops has no module
            break
        name = CODES.get(frame.f_code, "")
        if module and not module.startswith(_BELOW):
            owner = frame.f_locals.get("self")
            name = frame.f_code.co_name if owner is None else type(owner).__name__
        if name in layers or name in _PARTS:
            name = ""
        if name and name not in forms and (not refused or refused[0] in "_<"):
            refused = name
        frame = frame.f_back
    if refused:
        raise TypeError(f"{refused}: complex numbers do not fit here; .real, .imag and "
                        "view_as_real(...) give real tensors")
    return op.of_complex(forms[op.name])


def _refuse(op: Op, name: str) -> None:
    raise RuntimeError(f"{op.name}: no gradient with respect to {name} is defined, but it requires "
                       f"grad; pass {name}.detach()")


def _one_of(source: Tensor, function, number: int, args: tuple) -> Tensor:
    """One of the views that a function makes of source."""
    return function(source, *args)[number]


def _outputs(op: Op, source, node: Node | None, results, args: tuple = ()) -> tuple:
    """Wrap the results of an op with several; each gets a node that stands for its slot."""
    outs = []
    if node is not None:
        node.shape = [result.shape for result in results]
        node.dtype = [result.dtype for result in results]
    recorded, reason = op.view and is_grad_enabled(), f"one of several views made by {op.name}"
    view = View.make(source, None, (), UNRECORDED) if op.view and not recorded else None
    for i, result in enumerate(results):
        out = wrap(result)
        if node is not None:
            out._node = Output(node, i)
        if op.view and _shares(result, source._any_array):
            out._version = source._version
            out._view = view or View.make(source, _one_of, (op.function, i, args), reason)
        outs.append(out)
    if node is not None and node.versions:
        sources = [source for source in op.sources if source is not None]
        node.versions = tuple([box if source >= 0 else outs[OUT - source]._version
                               for box, source in zip(node.versions, sources, strict=True)])
    return tuple(outs)


def _shares(result: np.ndarray, array: np.ndarray) -> bool:
    """Whether a result of a view op shows its input's memory (NumPy keeps only the last base)."""
    base = result.base
    return result is array or (base is not None and (base is array or base is array.base))


NAMESPACE = dict(
    Tensor=Tensor, Node=Node, make=Node.make, next_seq=next_seq, new=object.__new__,
    ndarray=ndarray, asarray=np.asarray, LEAST=LEAST, FLOAT16=FLOAT16, hush=hush, unhush=unhush,
    shape_of=np.shape, current_node=current_node, is_grad_enabled=is_grad_enabled,
    common=common, common_number=common_number, common_float=common_float, CONSTANT=CONSTANT,
    ERRORS=_ERRORS, wrap=wrap, view=View.make, UNRECORDED=UNRECORDED, shares=_shares,
    operand=_operand, operands=_operands, outputs=_outputs, refuse=_refuse, explain=_explain,
    joined=_joined, beside=_beside, IsComplex=IsComplex, complex_form=_complex_form,
    Complex=Complex, mark_written=mark_written,
)
