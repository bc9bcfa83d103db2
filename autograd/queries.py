"""What can be asked of tensors and dtypes by functions; the answers are Python's own values."""

from __future__ import annotations

import numpy as np

from .complexes import result_any
from .dtypes import any_dtype, keeps_kind
from .errors import describe
from .tensors import Tensor


def _tensor(name: str, input) -> Tensor:
    if not isinstance(input, Tensor):
        raise TypeError(f"{name}: input must be a Tensor, got {describe(input)}; "
                        "autograd.tensor(...) makes one")
    return input


def is_tensor(obj) -> bool:
    """Whether it is a Tensor.

    >>> autograd.is_tensor(autograd.ones(2)), autograd.is_tensor([1.0])
    (True, False)
    """
    return isinstance(obj, Tensor)


def is_floating_point(input) -> bool:
    """Whether the tensor's dtype is float16, float32 or float64.

    >>> autograd.is_floating_point(autograd.tensor([1, 2]))
    False
    """
    return _tensor("is_floating_point", input).is_floating_point()


def is_complex(input) -> bool:
    """Whether the tensor's dtype is complex64 or complex128.

    >>> autograd.is_complex(autograd.ones(2))
    False
    """
    return _tensor("is_complex", input).is_complex()


def is_signed(input) -> bool:
    """Whether the tensor's dtype has negative numbers.

    >>> autograd.is_signed(autograd.tensor([1], dtype=autograd.uint8))
    False
    """
    return _tensor("is_signed", input).is_signed()


def is_nonzero(input) -> bool:
    """Whether the tensor's one element is not 0.

    Raises: RuntimeError where it has none or several.

    >>> autograd.is_nonzero(autograd.tensor([0.5]))
    True
    """
    return _tensor("is_nonzero", input).is_nonzero()


def is_same_size(input, other) -> bool:
    """Whether two tensors have the same shape.

    >>> autograd.is_same_size(autograd.ones(2, 3), autograd.zeros(3, 2))
    False
    """
    return _tensor("is_same_size", input).is_same_size(_tensor("is_same_size", other))


def is_inference(input) -> bool:
    """Always False: what is computed in inference_mode may be used anywhere.

    >>> autograd.is_inference(autograd.ones(2))
    False
    """
    return _tensor("is_inference", input).is_inference()


def is_conj(input) -> bool:
    """Whether the tensor's conjugate is still to be taken, which it never is.

    >>> autograd.is_conj(autograd.ones(2))
    False
    """
    return _tensor("is_conj", input).is_conj()


def is_neg(input) -> bool:
    """Whether the tensor's sign is still to be changed, which it never is.

    >>> autograd.is_neg(-autograd.ones(2))
    False
    """
    return _tensor("is_neg", input).is_neg()


def numel(input) -> int:
    """The number of elements.

    >>> autograd.numel(autograd.ones(2, 3))
    6
    """
    return _tensor("numel", input).numel()


def can_cast(from_, to) -> bool:
    """Whether values of dtype `from_` may be written into a tensor of dtype `to`: a kind (bool,
    integer, float, complex) into itself or a higher one, whatever the widths.

    >>> autograd.can_cast(autograd.int64, autograd.float16), autograd.can_cast(float, int)
    (True, False)
    """
    return keeps_kind(any_dtype(from_), any_dtype(to))


def result_type(tensor1, tensor2) -> np.dtype:
    """The dtype that an operation on these, tensors or numbers, would compute in.

    >>> autograd.result_type(autograd.tensor([1, 2]), 1.0)
    dtype('float32')
    """
    operands = [x._any_array if isinstance(x, Tensor) else x for x in (tensor1, tensor2)]
    for operand in operands:
        if not isinstance(operand, (np.ndarray, np.generic, bool, int, float, complex)):
            raise TypeError("result_type: a Tensor or a number is needed, "
                            f"got {describe(operand)}")
    return result_any(operands)
