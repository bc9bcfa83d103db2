"""Files of PyTorch, read without PyTorch and without running anything that a file asks for.

Such a file is a pickle, which names what is to be called, and the bytes of storages that tensors
show.  Every name is looked up in the table below, which has stand-ins that only note what they are
given; any other name is refused.  Tensors are made when the whole pickle has been read.
"""

from __future__ import annotations

import pickle
import re
from collections import Counter, OrderedDict, defaultdict
from typing import Any

import numpy as np

from ..metadata import Size, device
from ..tensors import Tensor, alias, wrap
from .restricted import ARRAYS, HeldArray, NotRead, Restricted, shown

LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # a file begins so before PyTorch 1.6
_DEPTH = 200  # levels of nesting
STORAGES = {  # a dtype -> the class of its storages
    "float16": "HalfStorage", "float32": "FloatStorage", "float64": "DoubleStorage",
    "uint8": "ByteStorage", "int8": "CharStorage", "int16": "ShortStorage", "int32": "IntStorage",
    "int64": "LongStorage", "bool": "BoolStorage", "bfloat16": "BFloat16Storage",
    "complex64": "ComplexFloatStorage", "complex128": "ComplexDoubleStorage",
}  # fmt: skip
_NO_DTYPE = re.compile(r"ComplexHalfStorage|Q\w*Storage|_rebuild_(qtensor|tensor_v3)|complex32|"
                       r"uint(16|32|64)|float8\w*|bfloat16|q?u?int\dx?\d?")
_ENDS = (str, bool, int, float, complex, bytes, bytearray, type(None))


class Storage:
    """The bytes that tensors show: `dtype` and count of their elements, and their key in the file;
    `start` is the first that this part of it has."""

    def __init__(self, dtype: str, key: str, count: int, start: int = 0) -> None:
        self.dtype, self.key, self.count, self.start = dtype, key, count, start


class _Kind:
    """Stands for a class of storages."""

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype


class _Shown:
    """Stands for a tensor."""

    def __init__(self, storage, offset, size, stride, requires_grad=False, *_: Any) -> None:
        self.place = storage, offset, size, stride
        self.requires_grad = requires_grad


def _parameter(data, requires_grad=True, *_: Any) -> _Shown:
    if not isinstance(data, _Shown):
        raise pickle.UnpicklingError("a parameter without a tensor")
    data.requires_grad = requires_grad
    return data


def _of_type(function, kind, args, state) -> Any:
    """What `Tensor.__reduce_ex__` of a subclass asks for; a parameter's class is its only one."""
    if function is not _Shown or kind is not _parameter:
        raise pickle.UnpicklingError("a tensor of a class of its own")
    return _Shown(*args)


def _size(parts: Any = ()) -> Size:
    if type(parts) is not tuple or any(type(part) is not int for part in parts):
        raise pickle.UnpicklingError(f"a size {shown(parts)}, where integers belong")
    return Size(parts)


def _device(*parts: Any) -> device:
    return device("cpu")  # wherever the file was written, there is no other here


def _bytearray(content: Any = b"", coding: Any = "latin-1") -> bytearray:
    if type(content) not in (bytes, str) or coding != "latin-1":  # of a number, it would make room
        raise pickle.UnpicklingError(f"a bytearray of {shown(content)}, where bytes belong")
    return bytearray(content, coding) if isinstance(content, str) else bytearray(content)


def _complex(*parts: Any) -> complex:
    if len(parts) != 2 or any(type(part) is not float for part in parts):
        raise pickle.UnpicklingError(f"a complex number of {shown(parts)}, where two floats belong")
    return complex(*parts)


def _defaultdict(factory: Any = None) -> defaultdict:
    kind = _FACTORIES.get(factory.name) if isinstance(factory, _Named) else None
    if factory is not None and kind is None:
        raise pickle.UnpicklingError("a defaultdict whose factory is not one of "
                                     f"{', '.join(_FACTORIES)}")
    return defaultdict(kind)


class _Named:
    """Stands for a type that is not called."""

    def __init__(self, name: str) -> None:
        self.name = name


_FACTORIES: dict[str, type] = {kind.__name__: kind for kind in (list, dict, int, float, str)}
_BUILTINS = {"set": set, "frozenset": frozenset, "bytearray": _bytearray, "complex": _complex,
             **{name: _Named(name) for name in _FACTORIES}}
NAMES: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict, ("collections", "Counter"): Counter,
    ("collections", "defaultdict"): _defaultdict,
    **{(module, name): kind for module in ("builtins", "__builtin__")
       for name, kind in _BUILTINS.items()},
    ("torch._utils", "_rebuild_tensor_v2"): _Shown, ("torch._utils", "_rebuild_tensor"): _Shown,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch._utils", "_rebuild_parameter_with_state"): _parameter,
    ("torch._tensor", "_rebuild_from_type_v2"): _of_type,
    ("torch.nn.parameter", "Parameter"): _parameter,
    ("torch", "Size"): _size, ("torch", "device"): _device,
    ("torch.storage", "UntypedStorage"): _Kind("uint8"),
    **ARRAYS,
    **{("torch", name): _Kind(dtype) for dtype, name in STORAGES.items()},
    **{("torch", dtype): np.dtype(dtype) for dtype in STORAGES if dtype != "bfloat16"},
}  # fmt: skip


class Reader(Restricted):
    """Reads a pickle in which only NAMES may be named; `storages` are those it refers to."""

    reads = f"tensors, {Restricted.reads} (in PyTorch, save a module's state_dict())"

    def __init__(self, file, size: int) -> None:
        super().__init__(file, size, NAMES)
        self.storages: dict[str, Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        if module in ("torch", "torch._utils") and _NO_DTYPE.fullmatch(name):
            raise NotRead(f"it holds a {module}.{name}, whose dtype is not offered")
        if (module, name) == ("torch._utils", "_rebuild_sparse_tensor"):
            raise NotRead("it holds a sparse tensor; in PyTorch, save x.to_dense(), or x.indices() "
                          "and x.values()")
        return super().find_class(module, name)

    def persistent_load(self, pid: Any) -> Storage:
        kind, of, key, _, count, *view = pid if type(pid) is tuple and len(pid) > 4 else [None] * 5
        start = 0
        if view and type(view[0]) is tuple and len(view[0]) > 1:
            start = view[0][1]
        if kind == "storage" and isinstance(of, _Kind) and type(key) is str and (
                type(count) is int and type(start) is int and min(count, start) >= 0):
            made = Storage(of.dtype, key, count, start)
            return made if start else self.storages.setdefault(key, made)
        raise pickle.UnpicklingError(f"it refers to {shown(pid)}, where a storage belongs")


class Maker:
    """Makes the object that was read, and its tensors, of the bytes that `read(storage)` gives."""

    def __init__(self, read) -> None:
        self._read = read
        self._blocks: dict[str, tuple[str, Tensor]] = {}
        self._made: dict[int, Any] = {}

    def made(self, value, depth: int = 0):
        """A part of the object."""
        if depth > _DEPTH:
            raise ValueError(f"it contains itself, or is nested deeper than {_DEPTH} levels")
        if isinstance(value, (*_ENDS, device, np.dtype, Size)):
            return value
        if id(value) not in self._made:
            self._made[id(value)] = value, self._new(value, depth + 1)
        return self._made[id(value)][1]

    def _new(self, value, depth: int):
        if isinstance(value, _Shown):
            return self._tensor(value)
        if isinstance(value, HeldArray) and value.array is not None:
            return value.array
        if isinstance(value, dict):
            kind: Any = type(value) if type(value) in (OrderedDict, Counter, defaultdict) else dict
            first = (value.default_factory,) if isinstance(value, defaultdict) else ()
            made: Any = kind(*first, {self.made(key, depth): self.made(part, depth)
                              for key, part in dict.items(value)})
            metadata = vars(value).get("_metadata") if kind is OrderedDict else None
            if isinstance(metadata, dict):
                made._metadata = self.made(metadata, depth)
            return made
        if isinstance(value, (list, tuple, set, frozenset)):
            return value.__class__([self.made(part, depth) for part in value])
        raise ValueError(f"it holds {type(value).__name__} where a tensor, a number, a text or a "
                         "list, tuple or dict of them belongs")

    def _tensor(self, held: _Shown) -> Tensor:
        storage, offset, size, stride = held.place
        if not isinstance(storage, Storage):
            raise ValueError("it has a tensor without storage")
        block = self._block(storage)
        array = block._any_array
        if not _are_sizes(size, stride, (offset,)) or len(size) != len(stride):
            raise ValueError(f"it has a tensor of size {shown(size)} and stride {shown(stride)}")
        offset += storage.start
        last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
        if min(size, default=1) > 0 and last >= len(array):
            raise ValueError(f"it has a tensor of size {tuple(size)} and stride {tuple(stride)} "
                             f"at {offset} of a storage of {len(array)} elements")
        if min(size, default=1) == 0:
            made = np.empty(size, array.dtype)
        else:
            made = np.lib.stride_tricks.as_strided(
                array[offset:], size, [step * array.itemsize for step in stride])
        tensor = alias(block, made)
        wanted = bool(held.requires_grad) and made.dtype.kind in "fc"
        return tensor.requires_grad_() if wanted else tensor

    def _block(self, storage: Storage) -> Tensor:
        """All elements of a storage, as the tensor whose version all share that show it."""
        if storage.key not in self._blocks:
            self._blocks[storage.key] = storage.dtype, wrap(self._elements(storage))
        dtype, block = self._blocks[storage.key]
        if dtype != storage.dtype:
            raise ValueError(f"its storage {storage.key} is {dtype} and {storage.dtype}")
        return block

    def _elements(self, storage: Storage) -> np.ndarray:
        raw = self._read(storage)
        if storage.dtype == "bfloat16":  # the upper half of a float32
            return (raw.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
        return raw.view(np.dtype(storage.dtype))


def _are_sizes(*groups) -> bool:
    """Whether all are tuples or lists of integers from 0 on."""
    return all(isinstance(group, (tuple, list)) and all(type(n) is int and n >= 0 for n in group)
               for group in groups)


def width(storage: Storage) -> int:
    """Bytes of an element in the file."""
    return 2 if storage.dtype == "bfloat16" else np.dtype(storage.dtype).itemsize
