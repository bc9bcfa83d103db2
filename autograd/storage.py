"""The memory behind tensors, as PyTorch's programs ask for it: `untyped_storage()`, whether two
tensors share it, `set_`, and sharing it with other processes."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import memory
from .boundary import guarded
from .creation import empty, full
from .errors import describe
from .inplace import make_replacing
from .memory import address
from .ops.shape import ints
from .tensors import Tensor, alias, wrap


def owner(array: np.ndarray) -> np.ndarray:
    """The array whose memory this one shows."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


class UntypedStorage:
    """The bytes of the memory that a tensor shows, all of them.

    >>> x = autograd.zeros(2, 3)
    >>> x[0].untyped_storage().nbytes(), x[0].untyped_storage().data_ptr() == x.data_ptr()
    (24, True)
    """

    def __init__(self, tensor: Tensor) -> None:
        if not isinstance(tensor, Tensor):
            raise TypeError(f"{type(self).__name__}: a tensor's memory is needed, got "
                            f"{describe(tensor)}; autograd.empty(size) makes a tensor")
        self._memory = owner(tensor._array)

    def data_ptr(self) -> int:
        """The address of the first byte."""
        return address(self._memory)

    def nbytes(self) -> int:
        """The number of bytes."""
        return self._memory.nbytes

    def size(self) -> int:
        """The number of elements, which are bytes here."""
        return len(self._elements())

    def tolist(self) -> list:
        """The elements as Python's numbers."""
        return self._elements().tolist()

    def is_shared(self) -> bool:
        """Whether processes that are forked from now on share it."""
        return memory.is_shared(self._memory)

    def _elements(self) -> np.ndarray:
        return self._memory.reshape(-1, order="A").view(np.uint8)

    def __len__(self) -> int:
        return self.size()

    def __getitem__(self, index: int) -> Any:
        return self._elements()[index].item()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UntypedStorage) and self.data_ptr() == other.data_ptr()

    def __hash__(self) -> int:
        return self.data_ptr()


class TypedStorage(UntypedStorage):
    """The numbers in the memory that a tensor shows, all of them, in one row.

    >>> autograd.tensor([[1., 2.], [3., 4.]])[0].storage().tolist()
    [1.0, 2.0, 3.0, 4.0]
    """

    def __init__(self, tensor: Tensor) -> None:
        super().__init__(tensor)
        self.dtype = tensor.dtype

    def element_size(self) -> int:
        """Bytes per element."""
        return self.dtype.itemsize

    def untyped(self) -> UntypedStorage:
        """The same memory as bytes."""
        made = UntypedStorage.__new__(UntypedStorage)
        made._memory = self._memory
        return made

    def _elements(self) -> np.ndarray:
        return super()._elements().view(self.dtype)


def is_storage(obj: object) -> bool:
    """Whether it is the memory of a tensor."""
    return isinstance(obj, UntypedStorage)


def untyped_storage(self: Tensor) -> UntypedStorage:
    """The memory that the tensor shows, as bytes."""
    return UntypedStorage(self)


def storage(self: Tensor) -> TypedStorage:
    """The memory that the tensor shows, as numbers of its dtype."""
    return TypedStorage(self)


def storage_offset(self: Tensor) -> int:
    """How many elements behind the start of its memory the tensor begins."""
    return (address(self._array) - address(owner(self._array))) // self._array.itemsize


def const_data_ptr(self: Tensor) -> int:
    """The address of the first element."""
    return address(self._array)


def is_set_to(self: Tensor, tensor: Tensor) -> bool:
    """Whether both show the same elements of the same memory."""
    mine, other = self._array, tensor._array
    return (address(mine), mine.shape, mine.strides) == (
        address(other), other.shape, other.strides)


def is_shared(self: Tensor) -> bool:
    """Whether processes that are forked from now on share its memory."""
    return memory.is_shared(self._array)


def share_memory_(self: Tensor) -> Tensor:
    """Move the numbers into memory that is shared with processes forked from now on: what one of
    them writes into the tensor, all see.  Returns the tensor.

    Raises: RuntimeError when the tensor is sent to a spawned process, which would get a copy.
    """
    if not memory.is_shared(self._array):
        requires_grad = self.requires_grad
        self.data = wrap(memory.between_processes(self._array))
        self.requires_grad_(requires_grad)
    return self


def set_(self: Tensor, source: Tensor | None = None) -> Tensor:
    """Show the memory of source from now on; without one, be empty.  Returns the tensor."""
    if source is not None and not isinstance(source, Tensor):
        raise TypeError(f"set_: source must be a Tensor, got {describe(source)}")
    self.data = empty(0, dtype=self.dtype) if source is None else source
    if source is not None:
        self._version = source._version
    return self


def new_empty_strided(self: Tensor, size, stride, dtype=None, device=None,
                      requires_grad: bool = False) -> Tensor:
    """empty_strided with this tensor's dtype."""
    return empty_strided(size, stride, dtype=self.dtype if dtype is None else dtype,
                         device=device, requires_grad=requires_grad)


@guarded
def empty_strided(size, stride, *, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    """A tensor whose neighbours along each dimension lie `stride` elements apart, zeros at first.

    >>> autograd.empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    size, stride = ints(size), ints(stride)
    if len(size) != len(stride) or min((*size, *stride), default=0) < 0:
        raise ValueError(f"empty_strided: size {size} and stride {stride} must be equally many "
                         "numbers from 0 on")
    reach = sum((n - 1) * step for n, step in zip(size, stride, strict=True)) + 1
    memory = full((reach if 0 not in size else 0,), 0, dtype=dtype or empty(0).dtype,
                  device=device)
    return memory.as_strided(size, stride).detach().requires_grad_(requires_grad)


@guarded
def empty_permuted(size, physical_layout, *, dtype=None, device=None,
                   requires_grad: bool = False) -> Tensor:
    """A tensor without gaps whose dimensions lie in memory in the given order, outermost first.

    >>> autograd.empty_permuted((2, 3), (1, 0)).stride()
    (1, 2)
    """
    size, order = ints(size), ints(physical_layout)
    if sorted(order) != list(range(len(size))):
        raise ValueError(f"empty_permuted: physical_layout {order} must hold each of the dims of "
                         f"{size} once")
    made = empty([size[d] for d in order], dtype=dtype, device=device)
    return made.permute([order.index(d) for d in range(len(size))]).detach().requires_grad_(
        requires_grad)


def dim_order(self: Tensor) -> tuple[int, ...]:
    """The dimensions as they lie in memory, outermost first.

    >>> autograd.zeros(2, 3).mT.dim_order()
    (1, 0)
    """
    strides = self._array.strides
    return tuple(sorted(range(self.ndim), key=lambda d: -strides[d]))


def as_subclass(self: Tensor, cls: type) -> Tensor:
    """The same memory and history as an instance of a subclass of Tensor."""
    if not (isinstance(cls, type) and issubclass(cls, Tensor)):
        raise TypeError(f"as_subclass: a subclass of Tensor is needed, got {describe(cls)}")
    shown = alias(self, self._array)
    shown._node, shown._view = self._node, self._view
    shown.__class__ = cls
    return shown


def resize_as_(self: Tensor, other: Tensor) -> Tensor:
    """resize_ to the shape of other."""
    return self.resize_(other.shape)


def _applied(name: str, function, input: Tensor, *others: Tensor) -> Tensor:
    """What a Python function makes of the elements of these tensors, one after the other."""
    if input.requires_grad:
        raise RuntimeError(f"{name}: {describe(input)} requires grad, and a Python function of its "
                           "numbers has none; write it with ops, or call it of .detach()")
    if not callable(function):
        raise TypeError(f"{name}: a function of numbers is needed, got {describe(function)}")
    for other in others:
        if not isinstance(other, Tensor):
            raise TypeError(f"{name}: a Tensor is needed, got {describe(other)}")
    arrays = np.broadcast_arrays(input._array, *(other._array for other in others))
    if arrays[0].shape != input.shape:
        raise RuntimeError(f"{name}: {', '.join(map(describe, others))} must broadcast to the "
                           f"shape of {describe(input)}")
    rows = zip(*(array.reshape(-1).tolist() for array in arrays), strict=True)
    return wrap(np.array([function(*row) for row in rows], input.dtype).reshape(input.shape))


def _apply(input, callable):
    """Each element replaced by what a Python function makes of it; slow.

    >>> autograd.tensor([1., 2.]).apply_(lambda x: x * 10)
    tensor([10., 20.])
    """
    return _applied("apply_", callable, input)


def _map(input, tensor, callable):
    """Each element replaced by what a Python function makes of it and of tensor's; slow."""
    return _applied("map_", callable, input, tensor)


def _map2(input, x, y, callable):
    """Each element replaced by what a Python function makes of it, x's and y's; slow."""
    return _applied("map2_", callable, input, x, y)


for _name, _function in dict(apply_=_apply, map_=_map, map2_=_map2).items():
    setattr(Tensor, _name, make_replacing(_name, _function))
for _method in (untyped_storage, storage, storage_offset, const_data_ptr, is_set_to, is_shared,
                share_memory_, set_, new_empty_strided, dim_order, as_subclass, resize_as_):
    setattr(Tensor, _method.__name__, guarded(_method))
