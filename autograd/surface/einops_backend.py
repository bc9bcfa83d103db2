"""einops on Tensors: the backend that einops asks to reshape, permute and reduce them.

Loaded when einops is, see `guests`: that the class is there is how einops learns of it.
"""

from __future__ import annotations

from einops._backends import AbstractBackend

from ..creation import arange, from_numpy
from ..ops.einsum import einsum
from ..ops.join import cat, stack
from ..tensors import Tensor


class Backend(AbstractBackend):
    """What einops calls, in einops' names."""

    framework_name = "autograd"

    def is_appropriate_type(self, tensor):
        return isinstance(tensor, Tensor)

    def from_numpy(self, x):
        return from_numpy(x)

    def to_numpy(self, x):
        return x.detach().numpy()

    def arange(self, start, stop):
        return arange(start, stop)

    def transpose(self, x, axes):
        return x.permute(axes)

    def reduce(self, x, operation, axes):
        if operation == "prod":
            for axis in sorted(axes, reverse=True):
                x = x.prod(axis)
            return x
        return getattr(x, {"max": "amax", "min": "amin"}.get(operation, operation))(tuple(axes))

    def stack_on_zeroth_dimension(self, tensors):
        return stack(tensors)

    def add_axis(self, x, new_position):
        return x.unsqueeze(new_position)

    def add_axes(self, x, n_axes, pos2len):
        for position in pos2len:
            x = x.unsqueeze(position)
        return x.expand([pos2len.get(i, -1) for i in range(n_axes)])

    def tile(self, x, repeats):
        return x.repeat(repeats)

    def concat(self, tensors, axis):
        return cat(tensors, axis)

    def is_float_type(self, x):
        return x.is_floating_point()

    def einsum(self, pattern, *x):
        return einsum(pattern, *x)
