"""The Tensor: an array, its place in the graph, and who else shares its memory.  No mathematics.

Operations, operators and `backward` are attached to the class by the layers above; each op's own
declaration says that it is also a method.
"""

from __future__ import annotations

from sys import _getframe, getrefcount
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from . import dtypes
from .errors import IsComplex, caller_place, describe, switch
from .hooks import RemovableHandle, RetainGrad
from .memory import check_sent, twin
from .metadata import Described
from .modes import enable_grad
from .node import Leaf, Node, next_seq
from .printing import format_tensor
from .slips import hint

if TYPE_CHECKING:
    from .methods import Methods  # the stub of what the layers above attach
else:
    Methods = object

ndarray = np.ndarray


class View:
    """How a view came about: `function(source, *args)` showed the source's memory.

    An in-place write through any alias gives the base a new history; `seen` is the write this
    view's node was last built after, so a later one is noticed and the node is built anew.
    `function` is None for one that stays without history.  Where nothing can be recorded that is
    written through the view, `reason` says what it is.
    """

    __slots__ = ("source", "function", "args", "seen", "reason")

    source: Tensor
    function: Any
    args: tuple
    seen: int
    reason: str

    @staticmethod
    def make(source: Tensor, function, args: tuple, reason: str = "") -> View:
        """The record of a view just made."""
        made = View()
        made.source = source
        made.function = function
        made.args = args
        made.seen = source._version[0]
        made.reason = reason
        return made


class Tensor(Described, Methods):
    """An n-dimensional array that records what is computed from it.

    `Tensor(data)` makes a tensor of the default float type and `Tensor(2, 3)` one of that size
    (zeros here), as in PyTorch; `autograd.tensor(data)` keeps the data's own type and is the
    usual way to make one.
    """

    __slots__ = ("_array", "_node", "_view", "_version", "_grad", "_frozen", "__weakref__",
                 "__dict__")

    _array: np.ndarray  # the numbers, where they are real
    _any_array: np.ndarray  # the same, also where they are complex
    _node: Node | None  # the node of the graph that made it; a Leaf if it requires grad
    _view: View | None  # where it shows another tensor's memory and is differentiable through it
    _version: list  # [stamp of the last in-place write, who wrote], shared by all aliases
    _grad: Tensor | None  # the accumulated gradient
    _frozen: Leaf | None  # the leaf it was before requires_grad_(False): its hooks come back

    if TYPE_CHECKING:
        def __init__(self, *data: Any) -> None: ...  # attached in creation

    # ---- its place in the graph ---------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to this tensor."""
        return current_node(self) is not None

    @requires_grad.setter
    def requires_grad(self, on: bool) -> None:
        self.requires_grad_(on)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Ask (or stop asking) for gradients of this leaf; returns the tensor itself."""
        if requires_grad is not True and requires_grad is not False:
            requires_grad = switch("requires_grad_", "requires_grad", requires_grad)
        node = current_node(self)
        if node is not None and not isinstance(node, Leaf):
            if requires_grad:
                return self
            raise RuntimeError(
                f"requires_grad can only be turned off on leaves; this tensor {describe(self)} "
                f"was made by {node.op.name}. Use .detach() to get one without history.")
        if not requires_grad:
            self._node, self._frozen = None, node
        elif node is None:
            if self._any_array.dtype.kind not in "fc":
                raise RuntimeError(
                    "only floating-point and complex tensors can require gradients, got "
                    f"{describe(self)}; convert it first, for example with .float()")
            self._view = None
            before = getattr(self, "_frozen", None)
            self._node = Leaf(self, self._any_array.shape, self._any_array.dtype)
            if before is not None:
                self._node.hooks, self._node.after = before.hooks, before.after
        return self

    @property
    def grad_fn(self) -> Node | None:
        """The node that made this tensor; None for a leaf."""
        node = current_node(self)
        return None if isinstance(node, Leaf) else node

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by the user rather than computed from what requires grad."""
        return self.grad_fn is None

    @property
    def grad(self) -> Tensor | None:
        """The gradient accumulated by backward(), or None."""
        made_by = self.grad_fn
        if self._grad is None and made_by is not None:
            hint("grad of a result",
                f".grad of a tensor computed by {made_by.op.name} is None: backward() keeps "
                "the gradients of leaves only. Call .retain_grad() on it before backward().")
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(f".grad must be a Tensor or None, got {describe(value)}")
            if value.shape != self.shape or value.dtype != self.dtype:
                raise RuntimeError(f".grad must match its tensor: got {describe(value)} "
                                   f"for {describe(self)}")
        self._grad = value

    @property
    def retains_grad(self) -> bool:
        """Whether retain_grad() was called on this non-leaf."""
        node = self._node
        return node is not None and bool(_retaining(self, node))

    def retain_grad(self) -> None:
        """Keep this non-leaf's gradient in `.grad` during backward; on a leaf nothing changes."""
        node = current_node(self)
        if node is None:
            raise RuntimeError("retain_grad: the tensor does not require grad")
        if not isinstance(node, Leaf) and not self.retains_grad:
            self.register_hook(RetainGrad(self))

    def register_hook(self, hook) -> RemovableHandle:
        """Call `hook(grad)` when this tensor's gradient is complete; what it returns, unless None,
        replaces the gradient."""
        node = current_node(self)
        if node is None:
            raise RuntimeError("register_hook: the tensor does not require grad")
        if node.hooks is None:
            node.hooks = {}
        return RemovableHandle(node.hooks, hook)

    def register_post_accumulate_grad_hook(self, hook) -> RemovableHandle:
        """Call `hook(tensor)` each time backward() has written this leaf's `.grad`."""
        node = current_node(self)
        if not isinstance(node, Leaf):
            raise RuntimeError("register_post_accumulate_grad_hook: only leaves that require grad")
        if node.after is None:
            node.after = {}
        return RemovableHandle(node.after, hook)

    # ---- memory -------------------------------------------------------------------------------

    def detach(self) -> Tensor:
        """The same memory without history; an in-place write through either is noticed by both."""
        return alias(self, self._any_array.view())

    def detach_(self) -> Tensor:
        """Drop this tensor's history: it becomes a leaf that does not require grad."""
        if self._view is not None:
            raise RuntimeError("detach_: cannot detach a view in place; use detach()")
        self._node = None
        return self

    @property
    def data(self) -> Tensor:
        """The tensor without history, like detach(); assigning replaces memory, shape and dtype."""
        return self.detach()

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f".data must be set to a Tensor, got {describe(value)}")
        if (self._any_array.dtype.kind == "c") is not (value._any_array.dtype.kind == "c"):
            raise TypeError(f"setting .data: {describe(value)} is real where {describe(self)} is "
                            "complex, or the reverse; make a new tensor")
        self._any_array = value._any_array
        mark_written(self, "setting .data")
        if isinstance(self._node, Leaf):
            self._node.shape, self._node.dtype = value._any_array.shape, value._any_array.dtype

    def numpy(self, *, force: bool = False) -> np.ndarray:
        """The numbers as an ndarray of its own that shares memory.  What is computed from it has no
        gradient, so a tensor that requires grad is refused; `force=True` detaches it first."""
        if force is not False:
            force = switch("numpy", "force", force)
        if not force and self.requires_grad:
            raise RuntimeError(f"can't call numpy() on a Tensor that requires grad, "
                               f"{describe(self)}. Use tensor.detach().numpy()")
        return self._any_array.view()

    def item(self) -> Any:
        """The one element as a Python number."""
        if self._any_array.size != 1:
            raise RuntimeError(f"item: a tensor with one element is needed, got {describe(self)}")
        return self._any_array.item()

    def is_nonzero(self) -> bool:
        """Whether the one element is not 0."""
        return bool(self)

    def tolist(self) -> Any:
        """Nested lists of Python numbers."""
        return self._any_array.tolist()

    # ---- Python's protocols -------------------------------------------------------------------

    def __len__(self) -> int:
        if self._any_array.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return self._any_array.shape[0]

    def __bool__(self) -> bool:
        if self._any_array.size != 1:
            raise RuntimeError(f"the truth of {describe(self)} is ambiguous; use .any() or .all()")
        return bool(self._any_array.item())

    def __float__(self) -> float:
        if self.requires_grad:
            hint("float", "float() of a tensor that requires grad, as in math.exp(t), has no "
                 "gradient; say t.item() if that is meant")
        return float(self.item())

    def __complex__(self) -> complex:
        return complex(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self._any_array.dtype.kind in "fc" or self._any_array.size != 1:
            raise TypeError(f"only one integer can be an index, got {describe(self)}")
        return int(self._any_array.item())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if self._any_array.ndim == 0 else format(str(self), spec)

    def __repr__(self) -> str:
        node = current_node(self)
        if node is None:
            return format_tensor(self._any_array, "")
        if isinstance(node, Leaf):
            return format_tensor(self._any_array, "requires_grad=True")
        return format_tensor(self._any_array, f"grad_fn=<{node.name()}>")

    def __copy__(self) -> Tensor:
        copied = rebuild(type(self), self._any_array.view(), self.requires_grad)
        copied._version = self._version
        copied.__dict__.update(self.__dict__)
        return copied

    def __deepcopy__(self, memo: dict) -> Tensor:
        made_by = self.grad_fn
        if made_by is not None:
            raise RuntimeError("only leaves can be deep-copied; use .detach() or .clone() on this "
                               f"{describe(self)} made by {made_by.op.name}")
        from copy import deepcopy

        array = twin(self._any_array, memo)
        copied = memo[id(self)] = rebuild(type(self), array, self.requires_grad)
        copied._version = memo.setdefault(("version", id(self._version)), copied._version)
        copied._grad = deepcopy(self._grad, memo)
        copied.__dict__.update(deepcopy(self.__dict__, memo))
        return copied

    def __reduce__(self):
        check_sent(self._any_array)
        return rebuild, (type(self), self._any_array, self.requires_grad), vars(self) or None


Tensor._any_array = vars(Tensor)["_array"]


class Complex(Tensor):
    """A tensor of complex numbers.  What was not written for them reads `_array` and is refused;
    what was reads `_any_array`, which is the same place in every tensor."""

    __slots__ = ()

    @property
    def _array(self) -> NoReturn:  # type: ignore[override]
        raise IsComplex(f"{_reader()}, which got {describe(self)}; .real, .imag and "
                        "view_as_real(...) are real tensors")


def _reader() -> str:
    """What says that complex numbers do not fit: the function that wanted to read them, unless an
    op will be named."""
    frame = _getframe(2)
    if frame.f_code.co_filename.startswith("<"):
        return "there is no complex form of this"
    while frame.f_back is not None and frame.f_code.co_name[0] in "_<":
        frame = frame.f_back
    owner, name = frame.f_locals.get("self", frame.f_locals.get("cls")), frame.f_code.co_name
    kind = (owner if isinstance(owner, type) else type(owner)).__name__
    called = name if owner is None or kind[0] == "_" else f"{kind}.{name}"
    return f"{called}: complex numbers do not fit here"


def fill(tensor: Tensor, array: np.ndarray) -> None:
    """Make `array` the tensor's numbers, without history."""
    tensor._any_array = array
    tensor._node = tensor._view = tensor._grad = None
    tensor._version = [0, None]


def wrap(array: np.ndarray) -> Tensor:
    """A tensor of these numbers, without history."""
    tensor = object.__new__(Complex if array.dtype.kind == "c" else Tensor)
    tensor._any_array = array if array.__class__ is ndarray else np.asarray(array)
    tensor._node = tensor._view = tensor._grad = None
    tensor._version = [0, None]
    return tensor


def alias(source: Tensor, array: np.ndarray) -> Tensor:
    """A tensor that shows (part of) the source's memory and shares its version, without history."""
    tensor = wrap(array)
    tensor._version = source._version
    return tensor


def rebuild(cls: Any, array: np.ndarray, requires_grad: bool) -> Tensor:
    """A leaf of class `cls`, as copying and unpickling need it."""
    tensor = cls.__new__(cls)
    fill(tensor, dtypes.own(array))
    return tensor.requires_grad_(requires_grad)


def current_node(tensor: Tensor) -> Node | None:
    """The tensor's node, built anew if it is a view whose memory was written since."""
    view, node = tensor._view, tensor._node
    if view is None or view.seen == tensor._version[0] or view.function is None:
        return node
    with enable_grad():
        set_node(tensor, view.function(view.source, *view.args)._node)
    view.seen = tensor._version[0]
    return tensor._node


def set_node(tensor: Tensor, node: Node | None) -> None:
    """Give a tensor that was written in place its new history; retain_grad() goes along."""
    before, tensor._node = tensor._node, node
    if before is not None and before.hooks and node is not None:
        for key in _retaining(tensor, before):
            node.hooks = node.hooks or {}
            node.hooks[key] = before.hooks.pop(key)


def _retaining(tensor: Tensor, node: Node) -> list:
    """The keys of the hooks that retain this tensor's gradient."""
    return [key for key, hook in (node.hooks or {}).items()
            if hook.__class__ is RetainGrad and hook.tensor() is tensor]


def mark_written(tensor: Tensor, by: str, where: tuple | None = None) -> None:
    """Note an in-place write: a backward pass that needs the old values will name it, and where it
    was, which is not looked up while nobody else holds the version."""
    if where is None and getrefcount(tensor._version) != _ALONE:
        where = caller_place(2)
    box = tensor._version
    box[0] = next_seq()
    box[1] = (by, where)


_ALONE = getrefcount((_lone := wrap(np.empty(0)))._version)
