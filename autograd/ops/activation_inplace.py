"""Activations that write their result into the input, PyTorch's names with `_`."""

from __future__ import annotations

from ..boundary import guarded
from .activation import elu, leaky_relu
from .activation_extra import celu, hardtanh, selu
from .activation_extra import threshold as _threshold


@guarded
def celu_(input, alpha=1.0):
    """celu with inplace=True: the input itself, overwritten."""
    return celu(input, alpha, inplace=True)


@guarded
def elu_(input, alpha=1.0):
    """elu with inplace=True: the input itself, overwritten."""
    return elu(input, alpha, inplace=True)


@guarded
def hardtanh_(input, min_val=-1.0, max_val=1.0):
    """hardtanh with inplace=True: the input itself, overwritten."""
    return hardtanh(input, min_val, max_val, inplace=True)


@guarded
def leaky_relu_(input, negative_slope=0.01):
    """leaky_relu with inplace=True: the input itself, overwritten."""
    return leaky_relu(input, negative_slope, inplace=True)


@guarded
def selu_(input):
    """selu with inplace=True: the input itself, overwritten."""
    return selu(input, inplace=True)


@guarded
def threshold_(input, threshold, value):
    """threshold with inplace=True: the input itself, overwritten."""
    return _threshold(input, threshold, value, inplace=True)
