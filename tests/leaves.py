"""Tensors of given numbers that require grad, as many tests begin with."""

import autograd


def leaf(*values, dtype=autograd.float64) -> autograd.Tensor:
    """A vector of these numbers."""
    return autograd.tensor(values, dtype=dtype, requires_grad=True)


def leaf_or_scalar(*values, dtype=autograd.float64) -> autograd.Tensor:
    """A vector of these numbers, of one number a scalar; or one list or array as it is."""
    return leaf(*values, dtype=dtype) if len(values) != 1 else autograd.tensor(
        values[0], dtype=dtype, requires_grad=True)
