"""All parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

import autograd
from autograd import Tensor
from autograd.errors import describe, uncalled


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """The elements of all parameters, one after the other; gradients flow through it."""
    if not isinstance(parameters, Iterable):
        raise TypeError("parameters_to_vector: parameters must be Tensors, such as "
                        f"model.parameters(), got {describe(parameters)}{uncalled(parameters)}")
    return autograd.cat([parameter.reshape(-1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Write consecutive parts of a vector into the parameters, unrecorded."""
    parameters = list(parameters)
    needed = sum(parameter.numel() for parameter in parameters)
    if not isinstance(vec, Tensor) or tuple(vec.shape) != (needed,):
        got = tuple(vec.shape) if isinstance(vec, Tensor) else type(vec).__name__
        raise ValueError(f"vector_to_parameters: a Tensor of shape ({needed},) fits these "
                         f"{len(parameters)} parameters, got {got}")
    start = 0
    with autograd.no_grad():
        for parameter in parameters:
            part = vec[start: start + parameter.numel()]
            parameter.copy_(part.reshape(parameter.shape))
            start += parameter.numel()
