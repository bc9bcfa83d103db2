"""`vmap`: a function of one sample, called for each of a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import describe
from ..ops.index import select
from ..ops.join import stack
from ..sampling import get_rng_state, set_rng_state
from ..tensors import Tensor
from .trees import flat, mapped, refilled, spread


def vmap(func: Callable, in_dims: Any = 0, out_dims: Any = 0, randomness: str = "error", *,
         chunk_size: int | None = None) -> Callable:
    """The function of batches: func is called for each sample along `in_dims` of the arguments,
    None for those that all samples share, and what it gives is stacked along `out_dims`.

    It is a loop, sample by sample, whatever chunk_size says.  A function that draws random numbers
    needs randomness="different", or "same" for the same numbers in each sample.
    Raises: RuntimeError where random numbers are drawn without that; ValueError for batches of
    several sizes, for none, and for in_dims or out_dims of another form than arguments and results.

    >>> autograd.func.vmap(autograd.dot)(autograd.ones(3, 2), autograd.arange(6.).reshape(3, 2))
    tensor([1., 5., 9.])
    >>> by_sample = autograd.func.vmap(autograd.func.grad(lambda w, x: w * x), in_dims=(None, 0))
    >>> by_sample(autograd.tensor(2.), autograd.tensor([1., 3.]))
    tensor([1., 3.])
    """
    if randomness not in ("error", "different", "same"):
        raise ValueError(f"vmap: randomness {randomness!r}; choose 'error', 'different' or 'same'")

    def batched(*args: Any, **kwargs: Any) -> Any:
        tensors = flat(args)
        dims = spread(tuple(in_dims) if isinstance(in_dims, (tuple, list)) else in_dims, args,
                      "vmap: in_dims")
        sizes = {_size(tensor, dim) for tensor, dim in zip(tensors, dims, strict=True)
                 if dim is not None}
        if len(sizes) != 1:
            raise ValueError(f"vmap: the batches have sizes {sorted(sizes)}" if sizes else
                             "vmap: no argument has a batch: in_dims are None, or there is no "
                             "Tensor")
        results, state = [], get_rng_state()
        for i in range(sizes.pop()):
            if randomness == "same":
                set_rng_state(state)
            sample = [tensor if dim is None else select(tensor, dim, i)
                      for tensor, dim in zip(tensors, dims, strict=True)]
            results.append(func(*refilled(args, sample), **kwargs))
            if randomness == "error" and state != get_rng_state():
                raise RuntimeError("vmap: the function draws random numbers; say randomness="
                                   "'different', or 'same' for the same ones in each sample")
        if not results:
            raise ValueError("vmap: the batch is empty, and so nothing tells what comes out")
        return _stacked(results, out_dims)

    return batched


def _size(tensor: Tensor, dim: int) -> int:
    if not -tensor.ndim <= dim < tensor.ndim:
        raise ValueError(f"vmap: in_dims has {dim} for {describe(tensor)}")
    return tensor.shape[dim]


def _stacked(results: list, out_dims) -> Any:
    """The samples' results, stacked Tensor by Tensor."""
    first = results[0]
    for part in (first if isinstance(first, (tuple, list)) else [first]):
        if not isinstance(part, (Tensor, tuple, list, dict)):
            raise ValueError(f"vmap: the function must give Tensors, got {describe(part)}")
    dims = spread(out_dims, first, "vmap: out_dims")
    columns = zip(*map(flat, results), strict=True)
    stacked = iter([_shared(column) if dim is None else stack(list(column), dim)
                    for column, dim in zip(columns, dims, strict=True)])
    return mapped(lambda _: next(stacked), first)


def _shared(column: tuple) -> Tensor:
    """What all samples gave alike."""
    first = column[0]
    if any(part is not first and not np.array_equal(part._array, first._array, equal_nan=True)
           for part in column):
        raise ValueError("vmap: out_dims is None for what differs from sample to sample; say along "
                         "which dimension it is to be stacked")
    return first
