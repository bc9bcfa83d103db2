"""Softmax, its logarithm and their gradients over the middle one of three dimensions: columns lie
in vector lanes and are swept at most three times, a strip of them at a time.
"""

from functools import cache

import numpy as np

from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.memory import data, item, itemsize, length, share, vector
from autograd.kernels.compiled.vector_math import bits, exp, flip, log

STRIP = 256  # columns of a strip
_number = jit(inner=True, exact=True)


@_number
def _exponential(x, e, top):
    return exp(x - top)


@_number
def _scaled(x, e, top, factor):
    return e * factor


@_number
def _inverse(total):
    return 1.0 / total


@_number
def _logarithm(x, e, top, rest):
    return (x - top) - rest  # in this order, or a large `top` costs digits


@_number
def _product(g, p, top):
    return g * p


@_number
def _softmax_grad(g, p, top, inner):
    return p * (g - inner)


@_number
def _itself(total):
    return total


@_number
def _gradient(g, q, top):
    return g


@_number
def _log_softmax_grad(g, q, top, summed):
    return g - exp(q) * summed


# what is summed over a column, of the sum what the second sweep needs, what comes out, whether
# the numbers are shifted by the largest one, and whether the second sweep reads what was summed
_KINDS = {
    "softmax": (_exponential, _inverse, _scaled, True, True),
    "log_softmax": (_exponential, log, _logarithm, True, False),
    "softmax_grad": (_product, _itself, _softmax_grad, False, False),
    "log_softmax_grad": (_gradient, _itself, _log_softmax_grad, False, False),
}


@_number
def _larger(a, b):
    """The larger one by the order of bits, in which NaN lies at the ends."""
    return b if flip(bits(b)) > flip(bits(a)) else a


@jit(inner=True)
def _largest(x, columns, classes, tops):
    """The largest number of each column of a strip."""
    width = x.size - (classes - 1) * columns
    for i in range(width):
        tops[i] = x[i]
    for j in range(1, classes):
        row = x[j * columns : j * columns + width]
        for i in range(width):
            tops[i] = _larger(tops[i], row[i])


@cache
def columns(name):
    """The kernel of this name of arrays (a, b, out), each (blocks, classes, columns)."""
    term, told, finish, shifted, kept = _KINDS[name]

    def kernel(one, arrays, parts, index):
        a, b, out = data(item(arrays, 0)), data(item(arrays, 1)), data(item(arrays, 2))
        blocks, classes = length(item(arrays, 0), 0), length(item(arrays, 0), 1)
        columns = length(item(arrays, 0), 2)
        strips = (columns + STRIP - 1) // STRIP
        units = blocks * strips
        totals, tops = np.zeros(STRIP), np.zeros_like(vector(a, STRIP, one))
        rest = np.empty_like(tops)
        for unit in range(share(units, parts, index, 1), share(units, parts, index + 1, 1)):
            left = unit % strips * STRIP
            place = (unit // strips * classes * columns + left) * itemsize(one)
            width = min(STRIP, columns - left)
            if shifted:
                strip = vector(a + place, (classes - 1) * columns + width, one)
                _largest(strip, columns, classes, tops)
            for i in range(width):
                totals[i] = 0.0
            for j in range(classes):
                at = place + j * columns * itemsize(one)
                x, y = vector(a + at, width, one), vector(b + at, width, one)
                for i in range(width):
                    value = term(x[i], y[i], tops[i])
                    totals[i] += value
                    if kept:
                        y[i] = value
            for i in range(width):
                rest[i] = told(totals[i])
            for j in range(classes):
                at = place + j * columns * itemsize(one)
                x, y = vector(a + at, width, one), vector(b + at, width, one)
                target = vector(out + at, width, one)
                for i in range(width):
                    target[i] = finish(x[i], y[i], tops[i], rest[i])

    kernel.__qualname__ = f"columns_{name}"  # what the disk cache tells kernels apart by
    return jit(kernel)
