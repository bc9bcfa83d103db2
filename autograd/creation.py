"""Making tensors: from data, filled, and counted."""

from __future__ import annotations

import numpy as np

from . import dtypes
from .dtypes import as_dtype, own
from .errors import check_size, describe
from .metadata import device as only_device
from .ops.shape import ints
from .tensors import Tensor, ndarray, wrap


def _finish(array: np.ndarray, requires_grad: bool, device=None) -> Tensor:
    if device is not None:
        only_device(device)
    made = wrap(array)
    return made.requires_grad_() if requires_grad else made


def _dtype_of(data, array: np.ndarray) -> np.dtype:
    """The dtype of a tensor made from data: an array's own, else float for floats, int64, bool."""
    if isinstance(data, (ndarray, np.generic)):
        return as_dtype(array.dtype)
    if array.size == 0 or array.dtype.kind == "f":
        return dtypes.get_default_dtype() if array.dtype.kind == "f" else as_dtype(array.dtype)
    return as_dtype(array.dtype)


def _to_array(name: str, data) -> np.ndarray:
    if isinstance(data, (list, tuple)) and any(isinstance(d, Tensor) for d in data):
        data = [d.tolist() if isinstance(d, Tensor) else d for d in data]
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise ValueError(f"{name}: rows of different lengths: {error}") from None
    if array.dtype == object:
        raise TypeError(f"{name}: numbers, or lists of them, are needed, got {describe(data)}")
    return array


def tensor(data, *, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    """A tensor that copies `data`: numbers, nested lists, an ndarray.  Python floats become the
    default dtype, integers int64; an ndarray keeps its own.

    >>> autograd.tensor([[1, 2], [3, 4]]).dtype
    dtype('int64')
    """
    if isinstance(data, Tensor):
        return _finish(np.array(data._array, dtype and as_dtype(dtype)), requires_grad, device)
    array = _to_array("tensor", data)
    wanted = _dtype_of(data, array) if dtype is None else as_dtype(dtype)
    return _finish(own(np.array(array, dtype=wanted, order="C")), requires_grad, device)


def as_tensor(data, dtype=None, device=None) -> Tensor:
    """Like tensor, but shares memory, and keeps history, where nothing has to change."""
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    if isinstance(data, ndarray) and (dtype is None or as_dtype(dtype) == data.dtype):
        return from_numpy(data)
    return tensor(data, dtype=dtype, device=device)


def from_numpy(ndarray: np.ndarray) -> Tensor:
    """A tensor that shares the array's memory and dtype."""
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"from_numpy: an ndarray is needed, got {describe(ndarray)}")
    if not ndarray.dtype.isnative:
        raise ValueError(f"from_numpy: byte order of {ndarray.dtype} is not this machine's; "
                         "use .astype(...) first")
    return wrap(own(ndarray.view(np.ndarray)))


def from_dlpack(source) -> Tensor:
    """A tensor that shares the memory of any object with the DLPack protocol."""
    array = np.from_dlpack(source)
    as_dtype(array.dtype)
    return wrap(array)


def full(size, fill_value, *, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    """A tensor of the given size, every element fill_value."""
    if isinstance(fill_value, Tensor):
        fill_value = fill_value.item()
    wanted = dtypes.scalar_dtype(fill_value) if dtype is None else as_dtype(dtype)
    return _finish(np.full(ints(size), fill_value, wanted), requires_grad, device)


def zeros(*size, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    """A tensor of zeros: `zeros(2, 3)` or `zeros((2, 3))`."""
    return _finish(np.zeros(_size(size), _wanted(dtype)), requires_grad, device)


def ones(*size, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    """A tensor of ones."""
    return _finish(np.ones(_size(size), _wanted(dtype)), requires_grad, device)


def empty(*size, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    """A tensor whose elements are whatever the memory held."""
    return _finish(np.empty(_size(size), _wanted(dtype)), requires_grad, device)


def _size(size: tuple) -> tuple:
    return ints(size[0], size[1:]) if size else ()


def _wanted(dtype) -> np.dtype:
    return dtypes.get_default_dtype() if dtype is None else as_dtype(dtype)


def eye(n: int, m: int | None = None, *, dtype=None, device=None,
        requires_grad: bool = False) -> Tensor:
    """The n × m matrix with ones on the diagonal."""
    check_size("eye", (n, n if m is None else m))
    return _finish(np.eye(n, m, dtype=_wanted(dtype)), requires_grad, device)


def arange(start, end=None, step=1, *, dtype=None, device=None,
           requires_grad: bool = False) -> Tensor:
    """start, start + step, ... below end; int64 if all three are integers."""
    if end is None:
        start, end = 0, start
    start, end, step = (v.item() if isinstance(v, Tensor) else v for v in (start, end, step))
    if step == 0 or (end - start) / step < 0:
        raise ValueError(f"arange: step {step} does not lead from {start} to {end}")
    integers = all(isinstance(value, (int, np.integer)) for value in (start, end, step))
    wanted = as_dtype(dtype) if dtype is not None else (
        dtypes.int64 if integers else dtypes.get_default_dtype())
    count = int(np.ceil((end - start) / step))
    check_size("arange", (count,))
    return _finish((start + step * np.arange(count)).astype(wanted), requires_grad, device)


def linspace(start, end, steps: int, *, dtype=None, device=None,
             requires_grad: bool = False) -> Tensor:
    """`steps` equally spaced numbers from start to end, both included."""
    return _finish(np.linspace(start, end, steps, dtype=_wanted(dtype)), requires_grad, device)


def logspace(start, end, steps: int, base: float = 10.0, *, dtype=None, device=None,
             requires_grad: bool = False) -> Tensor:
    """`steps` numbers from base**start to base**end, equally spaced in the exponent."""
    return _finish(np.logspace(start, end, steps, base=base, dtype=_wanted(dtype)),
                   requires_grad, device)


def _like(make):
    name = f"{make.__name__}_like"

    def made_like(input, *args, dtype=None, device=None, requires_grad=False):
        if not isinstance(input, Tensor):
            raise TypeError(f"{name}: input must be a Tensor, got {describe(input)}")
        return make(input.shape, *args, dtype=input.dtype if dtype is None else dtype,
                    device=device, requires_grad=requires_grad)

    made_like.__name__ = made_like.__qualname__ = name
    made_like.__doc__ = f"{make.__name__} with the shape and dtype of input."
    return made_like


def _new(make):
    def new(self, *size, dtype=None, device=None, requires_grad=False):
        return make(*size, dtype=self.dtype if dtype is None else dtype, device=device,
                    requires_grad=requires_grad)

    new.__name__ = new.__qualname__ = f"new_{make.__name__}"
    new.__doc__ = f"{make.__name__} of the given size with this tensor's dtype."
    return new


zeros_like, ones_like, empty_like, full_like = map(_like, (zeros, ones, empty, full))
for _make in (zeros, ones, empty, full, tensor):
    setattr(Tensor, f"new_{_make.__name__}", _new(_make))


def _old_constructor(name: str, dtype: np.dtype):
    """The constructors of PyTorch's first years, still common in tutorials."""
    def make(*data):
        if len(data) == 1 and not isinstance(data[0], int):
            return tensor(data[0], dtype=dtype)
        return zeros(*data or (0,), dtype=dtype)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"A {dtype} tensor from data, or zeros of the given sizes."
    return make


FloatTensor = _old_constructor("FloatTensor", dtypes.float32)
DoubleTensor = _old_constructor("DoubleTensor", dtypes.float64)
LongTensor = _old_constructor("LongTensor", dtypes.int64)


def Variable(data: Tensor, requires_grad: bool = False) -> Tensor:
    """A tensor that may require grad: what PyTorch 0.3 needed a wrapper for."""
    return data.detach().requires_grad_(requires_grad)


def meshgrid(*tensors, indexing: str = "ij") -> tuple[Tensor, ...]:
    """The coordinates of a grid: one tensor per input vector, each of the grid's shape.

    `indexing` "ij" puts the first vector along rows, "xy" along columns."""
    vectors = tensors[0] if len(tensors) == 1 and not isinstance(tensors[0], Tensor) else tensors
    if indexing not in ("ij", "xy"):
        raise ValueError(f"meshgrid: indexing {indexing!r}; choose 'ij' or 'xy'")
    sizes = [v.numel() for v in vectors]
    grids = []
    for i, vector in enumerate(vectors):
        at = 1 - i if indexing == "xy" and i < 2 else i
        shape = [1] * len(sizes)
        shape[at] = sizes[i]
        whole = [sizes[1], sizes[0], *sizes[2:]] if indexing == "xy" and len(sizes) > 1 else sizes
        grids.append(vector.reshape(shape).expand(whole))
    return tuple(grids)
