"""Making tensors: from data, filled, and counted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import ceil, isfinite
from operator import index as as_index

import numpy as np

from . import dtypes
from .dtypes import any_dtype, convert, fitting, number_dtype, own, promote_types
from .errors import check_size, describe, numbered, ordered, switch, unequal
from .gate import filled
from .into import into
from .memory import overlaps
from .metadata import check_format
from .metadata import device as only_device
from .ops.shape import ints, whole
from .quiet import quiet
from .slips import hint
from .tensors import Tensor, fill, ndarray, wrap


def _finish(name: str, array: np.ndarray, requires_grad: bool, device=None, out=None) -> Tensor:
    if device is not None:
        only_device(device)
    if out is not None:
        return into(name, wrap, out, (array,), {})
    made = wrap(array)
    if requires_grad is False:
        return made
    return made.requires_grad_(switch(name, "requires_grad", requires_grad))


def _read(name: str, data) -> tuple[np.ndarray, np.dtype]:
    """The numbers in `data` as an array, and the dtype of a tensor of them: an array's own, and for
    lists the smallest that all elements fit in, Python's floats counting as the default dtype."""
    if isinstance(data, (bool, int, float, complex)) and not isinstance(data, np.generic):
        return np.asarray(data), number_dtype(data)
    if not _is_sequence(data):
        if not hasattr(data, "__array__"):
            raise TypeError(f"{name}: numbers, or lists of them, are needed, got {describe(data)}")
        array = np.asarray(data)
        return array, any_dtype(array.dtype)
    found: set = set()
    rows = _rows(name, data, found)
    try:
        array = np.asarray(rows)
    except ValueError:
        raise ValueError(f"{name}: rows of different lengths: {unequal(rows)}") from None
    each = {number_dtype(kind()) if kind in _PYTHON else kind for kind in found}
    return array, reduce(promote_types, each) if each else dtypes.get_default_dtype()


def _is_sequence(data) -> bool:
    return isinstance(data, (list, tuple)) or (
        isinstance(data, Sequence) and not isinstance(data, (str, bytes)))


def _rows(name: str, data, found: set):
    """A nested sequence, its Tensors as arrays; `found` gets all dtypes, or Python's types."""
    kinds = set(map(type, data))
    if kinds <= _PYTHON:
        found |= kinds
        return data
    if kinds <= _NESTS:
        return [_rows(name, row, found) for row in data]
    rows = []
    for item in data:
        if isinstance(item, Tensor):
            if item.requires_grad:
                hint("history", f"{name}: a Tensor in the list requires grad, and its history is "
                     "left behind; autograd.stack keeps it, .detach() says that this is meant")
            item = item._any_array
        if isinstance(item, (ndarray, np.generic)):
            found.add(any_dtype(item.dtype))
        elif isinstance(item, (bool, int, float, complex)):
            found.add(number_dtype(item))
        elif _is_sequence(item):
            item = _rows(name, item, found)
        else:
            raise TypeError(f"{name}: numbers, or lists of them, are needed, got "
                            f"{describe(item)} in a {type(data).__name__}{numbered(item)}")
        rows.append(item)
    return rows


_PYTHON = {bool, int, float, complex}
_NESTS = {list, tuple}


def tensor(data, *, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    """A tensor that copies `data`: numbers, nested lists, an ndarray.  Python floats become the
    default dtype, integers int64; what has a dtype keeps it, also in a list.
    Raises: OverflowError for what does not fit an integer dtype.

    >>> autograd.tensor([[1, 2], [3, 4]]).dtype
    dtype('int64')
    """
    if isinstance(data, Tensor) and data.requires_grad:
        hint("history", "tensor: its history is left behind; .clone() keeps it, or .detach() it")
    array, its = ((data._any_array, data.dtype) if isinstance(data, Tensor)
                  else _read("tensor", data))
    wanted = its if dtype is None else any_dtype(dtype)
    return _finish("tensor", convert("tensor", array, wanted), requires_grad, device)


def as_tensor(data, dtype=None, device=None) -> Tensor:
    """Like tensor, but shares memory, and keeps history, where nothing has to change."""
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    if (isinstance(data, ndarray) and data.dtype.isnative
            and (dtype is None or any_dtype(dtype) == data.dtype)):
        return from_numpy(data)
    return tensor(data, dtype=dtype, device=device)


def from_numpy(ndarray: np.ndarray) -> Tensor:
    """A tensor that shares the array's memory and dtype.  It cannot be written in place where two
    elements share memory."""
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"from_numpy: an ndarray is needed, got {describe(ndarray)}")
    if not ndarray.dtype.isnative:
        raise ValueError(f"from_numpy: byte order of {ndarray.dtype} is not this machine's; "
                         "use .astype(...) first")
    shown = own(ndarray.view(np.ndarray))
    if not shown.flags.c_contiguous and overlaps(shown):
        shown.flags.writeable = False
    return wrap(shown)


def from_dlpack(source) -> Tensor:
    """A tensor that shares the memory of any object with the DLPack protocol."""
    return wrap(own(np.from_dlpack(source)))


def full(size, fill_value, *, out=None, dtype=None, device=None, requires_grad=False) -> Tensor:
    """A tensor of the given size, every element fill_value."""
    if isinstance(fill_value, Tensor) and fill_value.numel() == 1:
        fill_value = fill_value.item()
    dtype = number_dtype(fill_value) if dtype is None and out is None else dtype
    wanted = _wanted(dtype, out)
    made = _array("full", np.empty, (size,), wanted)
    filled(made, fitting("full", fill_value, wanted))
    return _finish("full", made, requires_grad, device, out)


def zeros(*sizes, size=None, out=None, dtype=None, device=None, requires_grad=False) -> Tensor:
    """A tensor of zeros: `zeros(2, 3)`, `zeros((2, 3))` or `zeros(size=(2, 3))`."""
    return _finish("zeros", _array("zeros", np.zeros, sizes, _wanted(dtype, out), size),
                   requires_grad, device, out)


def ones(*sizes, size=None, out=None, dtype=None, device=None, requires_grad=False) -> Tensor:
    """A tensor of ones."""
    made = filled(_array("ones", np.empty, sizes, _wanted(dtype, out), size), 1)
    return _finish("ones", made, requires_grad, device, out)


def empty(*sizes, size=None, out=None, dtype=None, device=None, requires_grad=False) -> Tensor:
    """A tensor whose elements are whatever the memory held."""
    return _finish("empty", _array("empty", np.empty, sizes, _wanted(dtype, out), size),
                   requires_grad, device, out)


def _array(name: str, make, size: tuple, dtype, named=None) -> np.ndarray:
    wanted = _wanted(dtype)
    if named is not None:
        size = (*size, named)
    try:
        return make(ints(size[0], size[1:]) if size else (), wanted)
    except (TypeError, ValueError, OverflowError, MemoryError):
        _sizes(name, size)  # says what is wrong with them
        raise


def _sizes(name: str, size: tuple, named=None) -> tuple[int, ...]:
    """Sizes given one by one, as one sequence, or as `size`, as integers that a tensor can have."""
    if named is not None:
        size = (*size, named)
    one = len(size) == 1 and ordered(size[0])
    return _shape(name, size[0] if one else size)


def _shape(name: str, size) -> tuple[int, ...]:
    """The sizes of a call as integers that a tensor can have."""
    try:
        sizes = tuple(map(as_index, size if ordered(size) else (None,)))
    except TypeError:
        raise TypeError(f"{name}: sizes must be integers, got {size!r}") from None
    if min(sizes, default=0) < 0:
        raise ValueError(f"{name}: sizes must not be negative, got {sizes}")
    check_size(name, sizes)
    return sizes


def _wanted(dtype, out=None) -> np.dtype:
    """The dtype that is named, else that of the tensor to be written, else the default."""
    if dtype is None:
        return getattr(out, "dtype", None) or dtypes.get_default_dtype()
    return any_dtype(dtype)


def eye(n: int, m: int | None = None, *, out=None, dtype=None, device=None,
        requires_grad: bool = False) -> Tensor:
    """The n × m matrix with ones on the diagonal."""
    rows = _count("eye", "n", n)
    columns = rows if m is None else _count("eye", "m", m)
    check_size("eye", (rows, columns))
    made = np.eye(rows, columns, dtype=_wanted(dtype, out))
    return _finish("eye", made, requires_grad, device, out)


def _count(name: str, what: str, value) -> int:
    """A number of elements: an integer from 0 on."""
    number = whole(name, value)
    if number < 0:
        raise ValueError(f"{name}: {what} must not be negative, got {number}")
    return number


def _number(name: str, what: str, value):
    """A bound or a step as a finite Python number."""
    if value.__class__ is int:
        return value
    if isinstance(value, (Tensor, np.generic)):
        value = value.item()
    if not isinstance(value, (bool, int, float)):
        raise TypeError(f"{name}: {what} must be a number, got {describe(value)}")
    if isinstance(value, float) and not isfinite(value):
        raise ValueError(f"{name}: {what} must be finite, got {value}")
    return value


def _row_dtype(name: str, dtype, out=None) -> np.dtype:
    """The dtype of numbers in a row."""
    wanted = _wanted(dtype, out)
    if wanted.kind in "bc":
        raise TypeError(f"{name}: numbers in a row are not of dtype {wanted}; use a real dtype")
    return wanted


def arange(start=None, end=None, step=1, *, out=None, dtype=None, device=None,
           requires_grad: bool = False) -> Tensor:
    """start, start + step, ... below end; int64 if all three are integers.
    Raises: ValueError for a step that leads nowhere, or a fraction as an integer dtype."""
    start, end = (0, start) if end is None else (0 if start is None else start, end)
    start, end, step = (_number("arange", "start", start), _number("arange", "end", end),
                        _number("arange", "step", step))
    fractions = isinstance(start, float) or isinstance(end, float) or isinstance(step, float)
    counts = dtype is None and out is None and not fractions
    wanted = dtypes.int64 if counts else _row_dtype("arange", dtype, out)
    if step == 0 or (end - start) / step < 0:
        raise ValueError(f"arange: step {step} does not lead from {start} to {end}")
    if wanted.kind != "f" and fractions:
        if not all(float(value).is_integer() for value in (start, end, step)):
            raise ValueError(f"arange: start {start}, end {end} and step {step} must be whole "
                             f"for dtype {wanted}; convert the result with .to(...)")
        start, end, step = int(start), int(end), int(step)
    count = ceil((end - start) / step) if fractions else -((start - end) // step)
    check_size("arange", (count,))
    if dtype is not None or not -2**53 < start <= 2**53 or not -2**53 < end <= 2**53:
        for value in (start, start + step * (count - 1)) if count else ():
            fitting("arange", value, wanted)
    if fractions or not -2**62 < start + step * count < 2**62:
        row = (start + step * np.arange(count)).astype(wanted)
    else:
        row = np.arange(start, start + step * count, step).astype(wanted, copy=False)
    return _finish("arange", row, requires_grad, device, out)


def linspace(start, end, steps: int, *, out=None, dtype=None, device=None,
             requires_grad: bool = False) -> Tensor:
    """`steps` equally spaced numbers from start to end, both included; those of an integer dtype
    lose their fractions."""
    wanted, count = _row_dtype("linspace", dtype, out), _count("linspace", "steps", steps)
    start, end = _number("linspace", "start", start), _number("linspace", "end", end)
    check_size("linspace", (count,))
    fitting("linspace", start, wanted), fitting("linspace", end, wanted)
    row = _spaced(start, end, count, wanted).astype(wanted)
    return _finish("linspace", row, requires_grad, device, out)


def _spaced(start, end, count: int, dtype: np.dtype) -> np.ndarray:
    """Equally spaced numbers in float64; for integers each half from its own end, as in PyTorch."""
    if dtype.kind == "f" or count < 2:
        start, end = float(start), float(end)
        return np.linspace(start, end, count)
    steps = np.arange(count) * ((end - start) / (count - 1))
    return np.where(np.arange(count) < count // 2, start + steps, end - steps[::-1])


_power = quiet(np.power)


def logspace(start, end, steps: int, base: float = 10.0, *, out=None, dtype=None, device=None,
             requires_grad: bool = False) -> Tensor:
    """`steps` numbers from base**start to base**end, equally spaced in the exponent."""
    wanted, count = _row_dtype("logspace", dtype, out), _count("logspace", "steps", steps)
    start, end = _number("logspace", "start", start), _number("logspace", "end", end)
    base = _number("logspace", "base", base)
    check_size("logspace", (count,))
    powers = _power(float(base), _spaced(start, end, count, wanted))
    return _finish("logspace", convert("logspace", powers, wanted), requires_grad, device, out)


def _like(make):
    name = f"{make.__name__}_like"

    def made_like(input, *, dtype=None, device=None, requires_grad=False, memory_format=None):
        _check_like(name, input, memory_format)
        return make(input.shape, dtype=input.dtype if dtype is None else dtype, device=device,
                    requires_grad=requires_grad)

    made_like.__name__ = made_like.__qualname__ = name
    made_like.__doc__ = f"{make.__name__} with the shape and dtype of input."
    return made_like


def _new(make):
    def new(self, *sizes, size=None, dtype=None, device=None, requires_grad=False):
        return make(*sizes, size=size, dtype=self.dtype if dtype is None else dtype, device=device,
                    requires_grad=requires_grad)

    new.__name__ = new.__qualname__ = f"new_{make.__name__}"
    new.__doc__ = f"{make.__name__} of the given size with this tensor's dtype."
    return new


def full_like(input: Tensor, fill_value, *, dtype=None, device=None,
              requires_grad: bool = False, memory_format=None) -> Tensor:
    """full with the shape and dtype of input."""
    _check_like("full_like", input, memory_format)
    return full(input.shape, fill_value, dtype=input.dtype if dtype is None else dtype,
                device=device, requires_grad=requires_grad)


def _check_like(name: str, input, memory_format) -> None:
    check_format(name, memory_format)
    if not isinstance(input, Tensor):
        raise TypeError(f"{name}: input must be a Tensor, got {describe(input)}")


def new_full(self, size, fill_value, *, dtype=None, device=None, requires_grad=False):
    """full of the given size with this tensor's dtype."""
    dtype = self.dtype if dtype is None else dtype
    return full(size, fill_value, dtype=dtype, device=device, requires_grad=requires_grad)


def new_tensor(self, data, *, dtype=None, device=None, requires_grad=False):
    """tensor of the given data with this tensor's dtype."""
    dtype = self.dtype if dtype is None else dtype
    return tensor(data, dtype=dtype, device=device, requires_grad=requires_grad)


def new(self, *data):
    """PyTorch's first way to make a tensor of this one's dtype, from data or of given sizes."""
    return data_or_size(data, self.dtype)


zeros_like, ones_like, empty_like = map(_like, (zeros, ones, empty))
for _method in (*map(_new, (zeros, ones, empty)), new_full, new_tensor, new):
    setattr(Tensor, _method.__name__, _method)


def _init(self, *data) -> None:
    fill(self, data_or_size(data, dtypes.get_default_dtype())._array)


Tensor.__init__ = _init  # type: ignore[method-assign]


def data_or_size(data: tuple, dtype: np.dtype) -> Tensor:
    """A tensor from the data, or zeros of the sizes, that PyTorch's first constructors take."""
    if len(data) == 1 and not isinstance(data[0], (int, np.integer)):
        return tensor(data[0], dtype=dtype)
    return zeros(*data or (0,), dtype=dtype)


def Variable(data: Tensor, requires_grad: bool = False) -> Tensor:
    """A tensor that may require grad: what PyTorch 0.3 needed a wrapper for."""
    return data.detach().requires_grad_(switch("Variable", "requires_grad", requires_grad))


def meshgrid(*tensors, indexing: str = "ij") -> tuple[Tensor, ...]:
    """The coordinates of a grid: one tensor per input vector, each of the grid's shape.

    `indexing` "ij" puts the first vector along rows, "xy" along columns."""
    vectors = tensors if len(tensors) != 1 or isinstance(tensors[0], Tensor) else tensors[0]
    if indexing not in ("ij", "xy"):
        raise ValueError(f"meshgrid: indexing {indexing!r}; choose 'ij' or 'xy'")
    sizes, grids = [v.numel() for v in vectors], []
    for i, vector in enumerate(vectors):
        at = 1 - i if indexing == "xy" and i < 2 else i
        shape = [sizes[i] if d == at else 1 for d in range(len(sizes))]
        whole = [sizes[1], sizes[0], *sizes[2:]] if indexing == "xy" and len(sizes) > 1 else sizes
        grids.append(vector.reshape(shape).expand(whole))
    return tuple(grids)
