"""In-place writes: how they are recorded, through views too.

An in-place operation computes its result, writes it into the tensor's memory, and gives the tensor
the result's history.  If the tensor is a view, it is the base's history that changes: the base is
now "what it was, with a region overwritten", and every view of it, this one included, is a view of
that (`tensors.current_node` rebuilds a view's node when it is next used).
"""

from __future__ import annotations

import re

import numpy as np

from . import twins
from .creation import tensor
from .dtypes import fitting, keeps_kind
from .errors import check_switches, describe
from .gate import LEAST, filled, written
from .kernels.room import room
from .modes import is_grad_enabled
from .node import KIND, Leaf, Node, next_seq
from .ops.elementwise import cast
from .ops.index import as_index, getitem, put
from .ops.scatter import reached
from .ops.shape import sum_to_size
from .record import COMPOSITES, INPLACE, TWINS, op
from .tensors import Tensor, current_node, mark_written, set_node, wrap

ROOMY = 4096  # numbers from which on a kernel may write its result where its operand was


def _written(target: np.ndarray, value) -> None:
    """Write value into target, by two threads if it is large."""
    if value is target:
        return
    if target.size < LEAST["written"]:
        target[...] = value
    elif np.ndim(value) == 0:
        filled(target, value)
    elif value.dtype is target.dtype and not np.may_share_memory(value, target):
        written([target], [np.broadcast_to(value, target.shape)])
    else:
        target[...] = value


_copyto = _written  # which a recorder replaces


def _look(x, region: tuple):
    """What the chain of views `region`, of pairs (function, args), shows of x."""
    for function, args in region:
        x = function(x, *args)
    return x


@op(method=False, vjp=dict(
    input=lambda g, region: overwrite(g, g.dtype.type(0).real, region),
    value=lambda g, region, value_shape: sum_to_size(_reached(g, region), value_shape)))
def overwrite(input, value, /, region):
    """A copy of input in which what `region` shows is replaced by value."""
    out = input.copy()
    _write(out, region, value)
    return out


def _reached(g, region: tuple):
    """What region shows of g, and 0 for elements that a later one of the same write replaced."""
    if region and region[-1][0] is getitem:
        return reached(_look(g, region[:-1]), region[-1][1][0])
    return _look(g, region)


def _write(array: np.ndarray, region: tuple, value) -> None:
    """Write value into what region shows of array."""
    if not region:
        array[...] = value
        return
    shown, (function, args) = _look(array, region[:-1]), region[-1]
    if function is getitem:
        put(shown, as_index(args[0]), value)
    else:
        function(shown, *args)[...] = value


def make_inplace(name: str, function):
    """The in-place twin of a function: it writes the result into its first argument."""
    several = name in COMPOSITES  # the result may have come about by more than one node
    twin = name + "_"

    def inplace(input, *args, **kwargs):
        array = input._any_array
        recorded = is_grad_enabled() and (input._view is not None
                                          or _is_recorded(input, args, kwargs))
        if recorded or not array.flags.carray:
            _refuse(twin, input)
        before = _apart(input) if recorded else input
        first = next_seq() if several else None
        try:
            if recorded or several or array.size < ROOMY:
                result = function(before, *args, **kwargs)
            else:
                result = _in_the_room_of(array, function, before, *args, **kwargs)
        except Exception as error:
            _rename(error, twin)
            raise
        value = result._any_array
        if value.dtype is not array.dtype or value.shape != array.shape:
            _check_fits(twin, input, result)
        history = _become(twin, input, before, result, first) if recorded else None
        _copyto(array, value)
        mark_written(input, twin)
        if history is not None:
            _rewrite(input, history)
        return input

    declared = getattr(function, "op", None)
    made = inplace if declared is None else twins.twin(declared, inplace)
    return _dressed(made, twin, function,
                    f"{name}, written into the tensor itself, which is returned.")


def _is_recorded(input: Tensor, args: tuple, kwargs: dict) -> bool:
    """Whether one of these operands may have a node, and nodes save the arrays of others."""
    for x in (input, *args, *kwargs.values()):
        if isinstance(x, Tensor):
            if x._node is not None or x._view is not None:
                return True
        elif isinstance(x, (tuple, list)):
            return True
    return False


def _apart(input: Tensor) -> Tensor:
    """What input is now, as a tensor that will not be overwritten: what hooks pack may not be."""
    array = input._any_array
    before = wrap(array if KIND[0] is Node else array.copy())
    before._node = current_node(input)
    return before


def _in_the_room_of(array: np.ndarray, function, *args, **kwargs) -> Tensor:
    """The function's result, which its kernel may write into the array."""
    room.array = array
    try:
        return function(*args, **kwargs)
    finally:
        room.array = None


def _become(name: str, input: Tensor, before: Tensor, result: Tensor, first: int | None):
    """As `_history`, of the tensor that becomes the result of an op of what it was before."""
    node = result._node
    if node is None and before._node is None:
        return None
    if node is not None and KIND[0] is Node:
        _keep(node, input._any_array, first)
    if node is not None and input._view is None:
        return input, _node_as(result, input._any_array.dtype)
    return _history(name, input, result, ())


def _give_twin(name: str, function) -> None:
    setattr(Tensor, name + "_", make_inplace(name, function))


def make_replacing(name: str, function):
    """The in-place method that replaces all elements by `function(tensor, *args)`."""

    def replace(input, *args, **kwargs):
        array, recorded = input._any_array, is_grad_enabled()
        if recorded or not array.flags.carray:
            _refuse(name, input)
        try:
            value = function(input, *args, **kwargs)
        except Exception as error:
            _rename(error, name)
            raise
        history = _history(name, input, value, ()) if recorded else None
        _copyto(array, value._any_array if isinstance(value, Tensor) else value)
        mark_written(input, name)
        if history is not None:
            _rewrite(input, history)
        return input

    return _dressed(replace, name, function, function.__doc__)


def _dressed(twin, name: str, function, doc: str | None):
    """The in-place twin, which shows the signature and source of its function."""
    twin.__name__ = twin.__qualname__ = name
    twin.__module__, twin.__doc__ = __name__, doc
    twin.__wrapped__ = getattr(function, "__wrapped__", function)
    return twin


def _rename(error: Exception, twin: str) -> None:
    """Let the error of a function speak of its in-place twin, which is what was called."""
    begun = re.match(r"\w+(?=: |\(\))", str(error))
    if begun:
        error.args = (twin + str(error)[begun.end():],)


def setitem(self, index, value) -> None:
    """self[index] = value, recorded where either requires grad."""
    _refuse("setitem", self)
    parts = as_index(index)
    history = None
    if is_grad_enabled():
        history = _history("setitem", self, value, ((getitem, (parts,)),))
    try:
        kind = value.__class__
        if (kind is float or kind is int) and -65504 <= value <= 65504:
            put(self._any_array, parts, value)  # fits every float; NumPy looks at the integers
        else:
            put(self._any_array, parts, _numbers(value, self._any_array.dtype))
    except (ValueError, IndexError, TypeError, OverflowError) as error:
        text = str(error).removeprefix("setitem: ")
        raise type(error)(f"setitem: {text}; writing {describe(value)} into {describe(self)}"
                          ) from None
    mark_written(self, "setitem")
    if history is not None:
        _rewrite(self, history)


def _numbers(value, dtype: np.dtype) -> np.ndarray:
    """What is to be written into a tensor of this dtype, as an array."""
    if isinstance(value, Tensor):
        array = value._any_array
    elif isinstance(value, np.ndarray):
        array = value
    elif isinstance(value, (list, tuple)):
        array = tensor(value)._any_array
    else:
        return fitting("setitem", value, dtype)
    if array.dtype.kind == "c" != dtype.kind:
        raise TypeError(f"complex numbers do not fit into {dtype}; .real or .abs() says what is "
                        "meant")
    return array


def _history(name: str, target: Tensor, value, region: tuple) -> tuple[Tensor, Node] | None:
    """Whose history changes when `region` of target is overwritten by value, target's or that of
    the base it is a view of, and the new node; None where nothing is recorded."""
    node = _node_as(value, target._any_array.dtype) if isinstance(value, Tensor) else None
    view = target._view
    while view is not None:
        if view.reason and node is not None:
            raise RuntimeError(f"{name}: cannot write in place through {view.reason}")
        region = ((view.function, view.args), *region)
        target = view.source
        view = target._view
    before = target._node
    if before is None and node is None:
        return None
    shape = value._any_array.shape if isinstance(value, Tensor) else np.shape(value)
    return target, overwrite.op.link((before, node), target._any_array, region=region,
                                     value_shape=shape)


def _rewrite(target: Tensor, history: tuple[Tensor, Node]) -> None:
    """Give what was written into target its new history, and target's retain_grad() with it."""
    set_node(*history)
    if target._view is not None and target.retains_grad:
        current_node(target)


def _keep(node: Node, old: np.ndarray, first: int | None) -> None:
    """Put copies in place of the array `old`, which is about to be overwritten, and views of it
    among what node, and those made since `first` on the way to it, have saved."""
    if node.saved:
        node.saved = tuple(s.copy() if s is old or _shows(s, old) else s for s in node.saved)
    if first is not None:
        for parent in node.parents:
            if parent is not None and parent.seq > first:
                _keep(parent, old, first)


def _shows(saved, old: np.ndarray) -> bool:
    return (saved.__class__ is np.ndarray and saved.base is not None
            and np.may_share_memory(saved, old))


def _node_as(value: Tensor, dtype: np.dtype) -> Node | None:
    """The node of value as another dtype."""
    node = current_node(value)
    return node if node is None or value._any_array.dtype is dtype else cast(value, dtype)._node


def _refuse(name: str, target: Tensor) -> None:
    """Raise before anything is written if the write cannot be right."""
    array = target._any_array
    if not array.flags.carray and (not array.flags.writeable or _repeats(array)):
        raise RuntimeError(f"{name}: cannot write in place into {describe(target)}: several of its "
                           "elements share memory (expand) or it is read-only; .clone() it first")
    if not is_grad_enabled():
        return
    base = target
    while base._view is not None:
        if base._view.reason and base._view.source.requires_grad:
            raise RuntimeError(f"{name}: cannot write in place through {base._view.reason}; "
                               "write into the original tensor")
        base = base._view.source
    if isinstance(base._node, Leaf):
        what = "a leaf" if base is target else "a view of a leaf"
        raise RuntimeError(f"{name}: {what} that requires grad, {describe(target)}, cannot be "
                           "changed in place while gradients are recorded; do it under "
                           "autograd.no_grad(), or on .detach()")


def _repeats(array: np.ndarray) -> bool:
    """Whether one of its elements stands in several places."""
    return 0 in array.strides and array.size > 1 and any(
        stride == 0 and n > 1 for stride, n in zip(array.strides, array.shape, strict=True))


def _check_fits(name: str, target: Tensor, result: Tensor) -> None:
    if result._any_array.shape != target._any_array.shape:
        raise RuntimeError(f"{name}: the result has shape {tuple(result.shape)}, which does not "
                           f"fit into {describe(target)}")
    if not keeps_kind(result._any_array.dtype, target._any_array.dtype):
        raise RuntimeError(f"{name}: the result is {result._any_array.dtype} and cannot be written "
                           f"into {describe(target)}")


def _copy(input, src, non_blocking=False):
    """Overwrite with src, expanded to this tensor's shape, as this tensor's dtype."""
    if non_blocking is not False:
        check_switches("copy_", non_blocking=non_blocking)
    if not isinstance(src, Tensor):
        raise TypeError(f"copy_: src must be a Tensor, got {describe(src)}")
    if src._any_array.shape != input._any_array.shape:
        src = src.expand(input.shape)
    return src if src._any_array.dtype is input._any_array.dtype else src.to(input.dtype)


def _zero(input):
    """Overwrite with zeros."""
    return 0


def _fill(input, value):
    """Overwrite with a number or a 0-d tensor."""
    if not isinstance(value, Tensor):
        return fitting("fill_", value, input._any_array.dtype)
    if value.ndim:
        raise RuntimeError(f"fill_: value must be a number or a 0-d tensor, got {describe(value)}; "
                           "use copy_")
    return value.to(input.dtype)


Tensor.__setitem__ = setitem  # type: ignore[method-assign]
for _name, _function in INPLACE.items():
    _give_twin(_name, _function)
TWINS.append(_give_twin)
for _name, _value in dict(copy=_copy, zero=_zero, fill=_fill).items():
    setattr(Tensor, _name + "_", make_replacing(_name + "_", _value))
