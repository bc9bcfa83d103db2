"""Functions of a whole list of tensors, by one kernel call for all: what clipping gradients needs.

Nothing here is recorded; the functions with a trailing underscore change their tensors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .. import kernels
from ..complexes import reals
from ..errors import caller_place
from ..quiet import quiet
from ..tensors import Tensor, mark_written


def total_norm(tensors: Sequence[Tensor], p: float = 2.0) -> float:
    """The norm of all elements of all tensors as one vector: (Σ |x|ᵖ)^(1/p), max |x| for p = ∞.

    |x| of a complex number is its absolute value.  The squares of p = 2 are summed in float64, so
    that float32 does not overflow.
    """
    tensors = [tensor for tensor in tensors if tensor._any_array.size]
    if p == 2:
        return math.sqrt(kernels.sum_of_squares([reals(tensor) for tensor in tensors]))
    return _norm([tensor._any_array for tensor in tensors], p) if tensors else 0.0


@quiet
def _norm(arrays, p) -> float:
    norms = [np.linalg.norm(array.ravel(), p) for array in arrays]
    return float(np.linalg.norm(np.array(norms, np.float64), p))


def scale_(tensors: Sequence[Tensor], factor: float) -> None:
    """Multiply every tensor by a number, in place."""
    kernels.clip_(_written(tensors, "scale_"), factor)


def clamp_(tensors: Sequence[Tensor], low: float, high: float) -> None:
    """Limit every element of every tensor to [low, high], in place."""
    kernels.clamp_(_written(tensors, "clamp_"), low, high)


def _written(tensors: Sequence[Tensor], by: str) -> list[np.ndarray]:
    where = caller_place()
    for tensor in tensors:
        mark_written(tensor, by, where)
    return [reals(tensor) for tensor in tensors]
