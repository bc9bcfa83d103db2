"""How a rule that changes numbers one by one is applied to all parameters by one kernel call.

A rule is the loop over one stretch of memory, `rule(s, p, g, a, b, c)`: settings, parameters,
gradients and up to three arrays of state. `@rule` makes it a kernel that walks over all arrays.
They stand in one tuple, list after list, after the settings and the dtype. All elements of all
parameters count as one long vector, of which each thread takes an equal share, wherever it begins
and ends.
"""

import numpy as np

from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.memory import (
    C_CONTIGUOUS,
    WRITEABLE,
    data,
    descr,
    flags,
    item,
    itemsize,
    length,
    ndim,
    share,
    size,
    vector,
)

SHARED = 1 << 15  # elements from which a second thread pays
HEAD = 3  # before the settings: whether NumPy must answer, arrays in a list, lists


@jit(inner=True)
def alike(a, b):
    """Whether two arrays have the same shape."""
    same = ndim(a) == ndim(b)
    for dim in range(ndim(a) if same else 0):
        same &= length(a, dim) == length(b, dim)
    return same


@jit(inner=True)
def uniform(arrays, count, lists):
    """Whether all arrays have the dtype and layout, and the lists the same shapes."""
    dtype, fine = item(arrays, 1), True
    for place in range(count * lists):
        array = item(arrays, 2 + place)
        fine &= descr(array) == dtype and flags(array) & C_CONTIGUOUS != 0
        fine &= place // count == 1 or flags(array) & WRITEABLE != 0  # gradients are only read
        fine &= alike(array, item(arrays, 2 + place % count))
    return fine


@jit(inner=True)
def total(arrays, count):
    """Elements of all arrays of the first list."""
    elements = 0
    for k in range(count):
        elements += size(item(arrays, 2 + k))
    return elements


@jit(inner=True)
def stretch(one, arrays, place, first, last):
    """Elements [first, last) of the array at this place of the lists."""
    return vector(data(item(arrays, 2 + place)) + first * itemsize(one), last - first, one)


@jit(inner=True)
def seen(g, p, decay):
    """The gradient as the update sees it; without decay a p of infinity leaves no NaN in it."""
    return g if decay == 0 else g + decay * p


def rule(function):
    """The kernel that applies the loop `function` to all parameters.

    Where a rule has fewer lists than five arguments, the parameters stand in for the rest.
    """
    loop = jit(inner=True)(function)

    def kernel(one, arrays, parts, index):
        head = item(arrays, 0)
        settings = vector(data(head), size(head), one)
        count, lists = np.int64(settings[1]), np.int64(settings[2])
        if not uniform(arrays, count, lists):
            settings[0] = 1
            return
        elements = total(arrays, count)
        start, stop = share(elements, parts, index, 16), share(elements, parts, index + 1, 16)
        own = count if lists > 1 else 0, 2 * count if lists > 2 else 0
        more = 3 * count if lists > 3 else 0, 4 * count if lists > 4 else 0
        offset = 0
        for k in range(count):
            elements = size(item(arrays, 2 + k))
            first, last = max(start - offset, 0), min(stop - offset, elements)
            offset += elements
            if first < last:
                p = stretch(one, arrays, k, first, last)
                g = stretch(one, arrays, k + own[0], first, last)
                a = stretch(one, arrays, k + own[1], first, last)
                b = stretch(one, arrays, k + more[0], first, last)
                c = stretch(one, arrays, k + more[1], first, last)
                loop(settings[HEAD:], p, g, a, b, c)

    kernel.__module__, kernel.__qualname__ = function.__module__, function.__qualname__
    return jit(kernel)


def pack(lists, dtype, values):
    """The tuple a kernel gets: head and settings, the dtype, and all arrays."""
    packed = [values, dtype]
    for arrays in lists:
        packed += arrays
    return tuple(packed)


def update(kernel, settings, *lists):
    """Runs the kernel of a rule; False, nothing done, where NumPy must answer."""
    arrays = lists[0]
    dtype = arrays[0].dtype if arrays else None
    one = ONE.get(dtype)
    if one is None or any(len(others) != len(arrays) for others in lists):
        return False
    values = np.array((0, len(arrays), len(lists), *settings), dtype)
    parallel = sum([array.size for array in arrays]) >= SHARED
    launch(kernel, one, pack(lists, dtype, values), parallel)
    return not values[0]
