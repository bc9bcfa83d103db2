"""What a tensor says of itself besides its numbers: its shape and where it lives."""

from __future__ import annotations

from math import prod
from typing import Any, NoReturn, Self, SupportsIndex, overload

import numpy as np

from .errors import describe
from .memory import address
from .refused import NO_DEVICE, advice


class Size(tuple[int, ...]):
    """A shape: a tuple of ints that knows its number of elements."""

    __slots__ = ()

    def numel(self) -> int:
        """The product of the sizes."""
        return prod(self)

    @overload
    def __getitem__(self, key: SupportsIndex) -> int: ...

    @overload
    def __getitem__(self, key: slice) -> Size: ...

    def __getitem__(self, key: Any) -> Any:
        part = tuple.__getitem__(self, key)
        return Size(part) if key.__class__ is slice else part

    def __repr__(self) -> str:
        return f"Size({list(self)})"


class device:
    """`device("cpu")`.  Any other type raises: this library computes on the CPU."""

    __slots__ = ("type", "index")

    def __init__(self, type: str | device = "cpu", index: int | None = None) -> None:
        name = str(type)
        base, _, number = name.partition(":")
        if base != "cpu":
            raise RuntimeError(f"device {name!r} is not available: {NO_DEVICE}")
        self.type = "cpu"
        self.index = int(number) if number else index

    def __eq__(self, other) -> bool:
        return isinstance(other, device)

    def __hash__(self) -> int:
        return hash("cpu")

    def __str__(self) -> str:
        return "cpu"

    def __repr__(self) -> str:
        return "device(type='cpu')"


CPU = device("cpu")


class layout:
    """How elements lie in memory: `strided`, the only way here."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"


class memory_format(layout):
    """In which order dimensions lie in memory: `contiguous_format`, `preserve_format`."""

    __slots__ = ()


strided = layout("strided")
contiguous_format, preserve_format = map(memory_format, ("contiguous_format", "preserve_format"))


def check_format(name: str, value: Any) -> None:
    """Raise unless the value is None or a memory format; all of them mean row-major order here."""
    if value is not None and not isinstance(value, memory_format):
        raise TypeError(f"{name}: memory_format must be contiguous_format or preserve_format, got "
                        f"{describe(value)}")


class Described:
    """What can be asked of a tensor without looking at its numbers."""

    __slots__ = ()

    _any_array: np.ndarray

    @property
    def shape(self) -> Size:
        """The sizes of all dimensions."""
        return Size(self._any_array.shape)

    @property
    def dtype(self) -> np.dtype:
        """The type of the elements."""
        return self._any_array.dtype

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._any_array.ndim

    @property
    def device(self) -> device:
        """Always the CPU."""
        return CPU

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self._any_array.nbytes

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return self._any_array.itemsize

    is_cpu = True
    is_cuda = is_mps = is_sparse = is_quantized = is_meta = is_xpu = is_mkldnn = is_nested = False
    is_ipu = is_maia = is_mtia = is_sparse_csr = is_vulkan = is_xla = False
    output_nr = 0
    name = None

    @property
    def layout(self) -> layout:
        """Always strided."""
        return strided

    def cuda(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises: RuntimeError, as there is no GPU."""
        raise RuntimeError(f"cuda: device 'cuda' is not available: {NO_DEVICE} (or leave .cuda() "
                           "out where cuda.is_available() is False)")

    def bfloat16(self) -> NoReturn:
        """Raises: TypeError, as there is no such dtype."""
        raise TypeError(f"bfloat16: the dtype is not supported{advice('bfloat16')}")

    def pin_memory(self, device: Any = None) -> Self:
        """The tensor itself: only GPUs ask where memory is."""
        return self

    def is_pinned(self) -> bool:
        """Always False."""
        return False

    def get_device(self) -> int:
        """Always -1, the CPU."""
        return -1

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one dimension."""
        return self.shape if dim is None else _along(self, "size", self._any_array.shape, dim)

    def dim(self) -> int:
        """The number of dimensions."""
        return self._any_array.ndim

    ndimension = dim

    def numel(self) -> int:
        """The number of elements."""
        return self._any_array.size

    nelement = numel

    def element_size(self) -> int:
        """Bytes per element."""
        return self._any_array.itemsize

    def stride(self, dim: int | None = None) -> Any:
        """Elements (not bytes) between neighbours along each dimension, or along one."""
        strides = tuple(s // self._any_array.itemsize for s in self._any_array.strides)
        return strides if dim is None else _along(self, "stride", strides, dim)

    def is_contiguous(self) -> bool:
        """Whether the elements lie in memory in C order without gaps."""
        return self._any_array.flags.c_contiguous

    def is_floating_point(self) -> bool:
        """Whether the dtype is float16, float32 or float64."""
        return self._any_array.dtype.kind == "f"

    def is_complex(self) -> bool:
        """Whether the dtype is complex64 or complex128."""
        return self._any_array.dtype.kind == "c"

    def is_signed(self) -> bool:
        """Whether the dtype has negative numbers."""
        return self._any_array.dtype.kind in "ifc"

    def is_same_size(self, other: Described) -> bool:
        """Whether both have the same shape."""
        return self._any_array.shape == other._any_array.shape

    def is_inference(self) -> bool:
        """Always False: what is computed in inference_mode may be used anywhere."""
        return False

    def is_distributed(self) -> bool:
        """Always False."""
        return False

    def is_conj(self) -> bool:
        """Always False: no conjugate is still to be taken."""
        return False

    def is_neg(self) -> bool:
        """Always False: no sign is still to be changed."""
        return False

    def data_ptr(self) -> int:
        """The address of the first element."""
        return address(self._any_array)


def _along(tensor: Described, name: str, values: tuple, dim: int):
    """values[dim], or an IndexError that says what fits."""
    if not -len(values) <= dim < len(values):
        raise IndexError(f"{name}: dim {dim} is out of range for {describe(tensor)}")
    return values[dim]
