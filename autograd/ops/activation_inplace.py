"""Activations that write their result into the input, PyTorch's names with `_`."""

from __future__ import annotations

from functools import wraps

from .activation import elu, leaky_relu
from .activation_extra import celu, hardtanh, selu, threshold


def _in_place(function):
    """The function with inplace=True."""
    @wraps(function)
    def written(input, *settings, **named):
        return function(input, *settings, inplace=True, **named)

    written.__name__ = written.__qualname__ = f"{function.__name__}_"
    written.__doc__ = f"{function.__name__} with inplace=True: the input itself, overwritten."
    written.__module__ = __name__
    return written


celu_, elu_, hardtanh_ = map(_in_place, (celu, elu, hardtanh))
leaky_relu_, selu_, threshold_ = map(_in_place, (leaky_relu, selu, threshold))
