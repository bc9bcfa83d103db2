"""What a boolean mask picks, and where it is true."""

from __future__ import annotations

import numpy as np

from .. import kernels
from ..errors import describe
from ..kernels.thresholds import LEAST
from ..record import composite, op
from ..tensors import Tensor
from .index import Index, getitem
from .shape import expand, reshape


@composite()
def masked_select(input, mask):
    """The elements where the boolean `mask`, broadcast with input, is true, as a vector."""
    if not isinstance(mask, Tensor) or mask.dtype != bool:
        raise TypeError(f"masked_select: mask must be a boolean Tensor, got {describe(mask)}; "
                        "compare it, as in x > 0, or use .bool()")
    try:
        shape = np.broadcast_shapes(input.shape, mask.shape)
    except ValueError:
        raise ValueError(f"masked_select: mask {tuple(mask.shape)} and input "
                         f"{tuple(input.shape)} do not broadcast") from None
    if input.shape != shape:
        input = expand(input, shape)
    picked = mask._array if mask.shape == shape else np.broadcast_to(mask._array, shape)
    return getitem(input, Index((picked.copy(),)))


@op(differentiable=False)
def argwhere(input, /):
    """The indices of all elements that are not 0, one row each, in row-major order."""
    truths = input if input.dtype.kind == "b" else input != 0
    if truths.size < LEAST["mask"]:
        return np.ascontiguousarray(np.argwhere(truths))
    return kernels.argwhere(truths)


@composite()
def nonzero(input, *, as_tuple=False):
    """The indices of all elements that are not 0: one row each, or with `as_tuple` one tensor for
    each dimension, as x[...] takes them.

    >>> autograd.tensor([0, 3, 5]).nonzero()
    tensor([[1],
            [2]])
    """
    if not as_tuple:
        return argwhere(input)
    return argwhere(input if input.shape else reshape(input, (1,))).unbind(1)
