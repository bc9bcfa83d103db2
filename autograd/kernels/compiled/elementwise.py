"""Functions of every element of a large array, each forward and each gradient in one sweep.

Small arrays are NumPy's: starting a kernel takes as long as some thousand elements.
"""

from functools import cache

import numpy as np

from autograd.kernels.compiled.activation import BACKWARD, FORWARD
from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.memory import data, item, itemsize, share, size, vector

LARGE = 1 << 12  # numbers from which a kernel pays
SHARED = 1 << 14  # numbers from which a second thread pays
SHARED_STRAIGHT = 1 << 16  # the same of what is done in a few instructions
_STRAIGHT = {"relu", "leaky_relu", "clip", "hardswish"}


@cache
def _forward(name):
    """The kernel out = f(x) of arrays (x, settings, out)."""
    function = FORWARD[name]

    def kernel(one, arrays, parts, index):
        n, width = size(item(arrays, 0)), itemsize(one)
        first = share(n, parts, index, 64)
        count = share(n, parts, index + 1, 64) - first
        x = vector(data(item(arrays, 0)) + first * width, count, one)
        s = vector(data(item(arrays, 1)), 3, one)
        out = vector(data(item(arrays, 2)) + first * width, count, one)
        settings = (s[0], s[1], s[2])
        for i in range(count):
            out[i] = function(x[i], settings)

    kernel.__qualname__ = f"_forward_{name}"  # what the disk cache tells kernels apart by
    return jit(kernel)


@cache
def _backward(name):
    """The kernel out = g f'(y) of arrays (g, y, settings, out)."""
    function = BACKWARD[name]

    def kernel(one, arrays, parts, index):
        n, width = size(item(arrays, 0)), itemsize(one)
        first = share(n, parts, index, 64)
        count = share(n, parts, index + 1, 64) - first
        g = vector(data(item(arrays, 0)) + first * width, count, one)
        y = vector(data(item(arrays, 1)) + first * width, count, one)
        s = vector(data(item(arrays, 2)), 3, one)
        out = vector(data(item(arrays, 3)) + first * width, count, one)
        settings = (s[0], s[1], s[2])
        for i in range(count):
            out[i] = function(g[i], y[i], settings)

    kernel.__qualname__ = f"_backward_{name}"
    return jit(kernel)


def _laid_out(array, like):
    """A copy in the order in memory of another array."""
    copy = np.empty_like(like)
    copy[...] = array
    return copy


def _sweep(name, kernel, one, arrays, settings):
    """The kernel's result on arrays of one shape and type, as NumPy lays it out in memory."""
    first = arrays[0]
    if all([a.flags.c_contiguous for a in arrays]):
        out = np.empty(first.shape, first.dtype)
    else:
        alike = 0 not in first.strides and all([a.strides == first.strides for a in arrays])
        out = np.empty_like(first, order="K" if alike else "C")
        arrays = [a if a.strides == out.strides else _laid_out(a, out) for a in arrays]
    filled = np.array([*settings, 0, 0, 0][:3], first.dtype)
    shared = SHARED_STRAIGHT if name in _STRAIGHT else SHARED
    launch(kernel, one, (*arrays, filled, out), first.size >= shared)
    return out


def elementwise(name, x, *settings):
    """The function of this name of every element."""
    one = ONE.get(x.dtype) if x.size >= LARGE else None
    if one is None:
        return elsewhere.elementwise(name, x, *settings)
    return _sweep(name, _forward(name), one, (x,), settings)


def elementwise_grad(name, g, saved, *settings):
    """g times the function's slope, told from what it saved: its result or its input."""
    one = ONE.get(g.dtype) if g.size >= LARGE else None
    if one is None or saved.dtype is not g.dtype or saved.shape != g.shape:
        return elsewhere.elementwise_grad(name, g, saved, *settings)
    return _sweep(name, _backward(name), one, (g, saved), settings)
