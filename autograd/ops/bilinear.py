"""The bilinear form of two inputs."""

from __future__ import annotations

from math import prod

from ..record import composite
from .elementwise import in_float32
from .linalg import matmul
from .shape import permute, reshape, unsqueeze


@composite(method=False)
@in_float32
def bilinear(input1, input2, weight, bias=None):
    """x1ᵀ W[k] x2 + b[k] for each output k.

    Shape: (*, in1), (*, in2), weight (out, in1, in2), bias (out) -> (*, out)
    Raises: RuntimeError where shapes do not match.

    >>> x = autograd.tensor([1., 2.])
    >>> nn.functional.bilinear(x, x, autograd.eye(2).unsqueeze(0))
    tensor([5.])
    """
    _check(input1, input2, weight, bias)
    out, in1, in2 = weight.shape
    leading = tuple(input1.shape[:-1])
    rows = prod(leading)
    flat = reshape(permute(weight, (1, 0, 2)), (in1, out * in2))
    left = reshape(matmul(reshape(input1, (rows, in1)), flat), (rows, out, in2))
    result = matmul(left, unsqueeze(reshape(input2, (rows, in2)), -1))  # (rows, out, 1)
    result = reshape(result, (*leading, out))
    return result if bias is None else result + bias


def _check(input1, input2, weight, bias) -> None:
    if weight.ndim != 3:
        raise RuntimeError(f"bilinear: weight must be (out, in1, in2), got {tuple(weight.shape)}")
    out, in1, in2 = weight.shape
    for name, x, n in (("input1", input1, in1), ("input2", input2, in2)):
        if not x.shape or x.shape[-1] != n:
            raise RuntimeError(f"bilinear: {name} {tuple(x.shape)} does not fit weight "
                               f"{tuple(weight.shape)}: (..., {n}) does")
    if input1.shape[:-1] != input2.shape[:-1]:
        raise RuntimeError(f"bilinear: input1 {tuple(input1.shape)} and input2 "
                           f"{tuple(input2.shape)} must agree in all dimensions but the last")
    if bias is not None and tuple(bias.shape) != (out,):
        raise RuntimeError(f"bilinear: bias {tuple(bias.shape)} does not fit weight "
                           f"{tuple(weight.shape)}: ({out},) does")
