"""Ways to make tensors that few programs use, and questions that few ask."""

from __future__ import annotations

import numpy as np

from .boundary import guarded
from .creation import arange, as_tensor, from_numpy, tensor
from .dtypes import as_dtype, get_default_dtype
from .errors import describe, warn
from .queries import _tensor
from .tensors import Tensor


@guarded
def scalar_tensor(s, *, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    """A 0-d tensor of the default float dtype.

    >>> autograd.scalar_tensor(3)
    tensor(3.)
    """
    made = tensor(s, dtype=dtype or get_default_dtype(), device=device,
                  requires_grad=requires_grad)
    if made.ndim:
        raise TypeError(f"scalar_tensor: one number is needed, got {describe(s)}; "
                        "tensor(...) makes tensors of several")
    return made


@guarded
def asarray(obj, *, dtype=None, device=None, copy: bool | None = None,
            requires_grad: bool = False) -> Tensor:
    """A tensor of `obj`, which shares memory where it can: always with `copy=False`, never with
    `copy=True`.  It has no history unless `requires_grad`.

    Raises: ValueError where `copy=False` and memory cannot be shared.

    >>> autograd.asarray([1., 2.])
    tensor([1., 2.])
    """
    source = obj.detach() if isinstance(obj, Tensor) and not requires_grad else obj
    if isinstance(obj, np.generic):
        source = np.asarray(obj)
    made = as_tensor(source, dtype, device)
    shared = hasattr(obj, "__array__") and np.may_share_memory(
        made._array, getattr(source, "_array", source))
    if copy is False and not shared:
        raise ValueError(f"asarray: {describe(obj)} cannot share its memory with a tensor of "
                         f"dtype {made.dtype}; copy=None copies where it must")
    if copy and shared:
        made = made.clone()
    if requires_grad and not made.requires_grad:
        made = made.detach().requires_grad_()
    return made


@guarded
def frombuffer(buffer, *, dtype, count: int = -1, offset: int = 0,
               requires_grad: bool = False) -> Tensor:
    """A vector that shares the memory of a buffer, such as a bytearray: `count` elements of
    `dtype`, all there are for -1, from byte `offset` on.  What shows bytes is read-only.

    >>> autograd.frombuffer(bytearray(b"abc"), dtype=autograd.uint8)
    tensor([97, 98, 99], dtype=uint8)
    """
    try:
        shown = np.frombuffer(buffer, as_dtype(dtype), count, offset)
    except (TypeError, ValueError, AttributeError) as error:
        raise type(error)(f"frombuffer: {error} (got {describe(buffer)}, count={count}, "
                          f"offset={offset})") from None
    made = from_numpy(shown)
    return made.requires_grad_(requires_grad)


@guarded
def range(start=0, end=None, step=1, *, dtype=None, device=None,
          requires_grad: bool = False) -> Tensor:
    """start, start + step, ... up to end, which is among them.  Deprecated: use arange, which stops
    below its end as Python's range does."""
    warn("range is deprecated; use arange, whose end is not among its numbers")
    start, end = (0, start) if end is None else (start, end)
    if step == 0 or (end - start) / step < 0:
        raise ValueError(f"range: step {step} does not lead from {start} to {end}")
    count = int((end - start) / step) + 1
    row = start + step * arange(count, dtype=as_dtype(dtype) if dtype else get_default_dtype())
    return as_tensor(row.to(dtype) if dtype else row, device=device).requires_grad_(requires_grad)


@guarded
def fill(input: Tensor, value) -> Tensor:
    """A copy of input with every element replaced by value.

    >>> autograd.fill(autograd.zeros(2), 3)
    tensor([3., 3.])
    """
    return _tensor("fill", input).clone().fill_(value)


@guarded
def detach(input: Tensor) -> Tensor:
    """`input.detach()`: the same memory without history."""
    return _tensor("detach", input).detach()


def typename(obj) -> str:
    """The name of an object's type: PyTorch's legacy type of a tensor, else module and class.

    >>> autograd.typename(autograd.zeros(1))
    'torch.FloatTensor'
    """
    if isinstance(obj, Tensor):
        return str(obj.type())
    kind = type(obj)
    return kind.__qualname__ if kind.__module__ == "builtins" else (
        f"{kind.__module__}.{kind.__qualname__}")


def get_device(input: Tensor) -> int:
    """Always -1, the CPU."""
    return _tensor("get_device", input).get_device()


def is_distributed(input: Tensor) -> bool:
    """Always False."""
    return _tensor("is_distributed", input).is_distributed()


@guarded
def nonzero_static(input: Tensor, *, size: int, fill_value: int = -1) -> Tensor:
    """The first `size` rows of nonzero; fill_value in what is left of them.

    >>> autograd.nonzero_static(autograd.tensor([0, 2]), size=2)
    tensor([[ 1],
            [-1]])
    """
    found = _tensor("nonzero_static", input).nonzero()
    if isinstance(size, bool) or not hasattr(size, "__index__") or size < 0:
        raise ValueError(f"nonzero_static: size must be an integer from 0 on, got {size!r}")
    rows = np.full((size, input.ndim), fill_value, np.int64)
    rows[:len(found)] = found.numpy()[:size]
    return from_numpy(rows)


setattr(Tensor, "nonzero_static", nonzero_static)  # noqa: B010 - declared for checkers in its stub
