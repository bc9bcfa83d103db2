"""Arithmetic of two large arrays with broadcasting, on two threads, where NumPy has one.

The result is a number of rows along which each operand either lies contiguous or stays the same.
"""

from functools import cache, lru_cache
from itertools import zip_longest
from math import prod

import numpy as np

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.memory import data, item, itemsize, share, vector

_SHORT = 32  # numbers in a row below which NumPy's loop over rows is as good
_LONG = 1 << 13  # numbers in a row from which every row is shared out, not the rows

_number = jit(inner=True, exact=True)


@_number
def _add(a, b):
    return a + b


@_number
def _sub(a, b):
    return a - b


@_number
def _mul(a, b):
    return a * b


@_number
def _div(a, b):
    return a / b


_FUNCTIONS = {"add": _add, "sub": _sub, "mul": _mul, "div": _div}


@jit(inner=True)
def _offset(row, lengths, strides):
    """Bytes from the first element to the first of this row."""
    offset = 0
    for dim in range(lengths.size - 1, -1, -1):
        offset += row % lengths[dim] * strides[dim]
        row //= lengths[dim]
    return offset


@cache
def _kernel(name):
    """The kernel out = f(a, b) of arrays (a, b, plan, lengths, strides of a, of b, out)."""
    function = _FUNCTIONS[name]

    def kernel(one, arrays, parts, index):
        width = itemsize(one)
        plan = vector(data(item(arrays, 2)), 5, np.int64(1))
        rows, inner, outer = plan[0], plan[1], plan[2]
        lengths = vector(data(item(arrays, 3)), outer, np.int64(1))
        strides_a = vector(data(item(arrays, 4)), outer, np.int64(1))
        strides_b = vector(data(item(arrays, 5)), outer, np.int64(1))
        first_row, last_row, first, last = 0, rows, 0, inner
        if inner >= _LONG:
            first, last = share(inner, parts, index, 64), share(inner, parts, index + 1, 64)
        else:
            first_row, last_row = share(rows, parts, index, 1), share(rows, parts, index + 1, 1)
        count = last - first
        for row in range(first_row, last_row):
            at_a = data(item(arrays, 0)) + _offset(row, lengths, strides_a)
            at_b = data(item(arrays, 1)) + _offset(row, lengths, strides_b)
            out = vector(data(item(arrays, 6)) + (row * inner + first) * width, count, one)
            a = vector(at_a + first * width * plan[3], count, one)
            b = vector(at_b + first * width * plan[4], count, one)
            if plan[3] == 0:
                same = a[0]
                for i in range(count):
                    out[i] = function(same, b[i])
            elif plan[4] == 0:
                same = b[0]
                for i in range(count):
                    out[i] = function(a[i], same)
            else:
                for i in range(count):
                    out[i] = function(a[i], b[i])

    kernel.__qualname__ = f"_{name}_rows"  # what the disk cache tells kernels apart by
    return jit(kernel)


def _merged(shape_a, strides_a, shape_b, strides_b):
    """The result's dimensions from the last to the first, as [length, stride of a, of b], those
    in one that both operands walk through evenly; None where the shapes do not fit."""
    merged = []
    for (la, sa), (lb, sb) in zip_longest(
        zip(reversed(shape_a), reversed(strides_a), strict=True),
        zip(reversed(shape_b), reversed(strides_b), strict=True),
        fillvalue=(1, 0),
    ):
        if la != lb and 1 not in (la, lb):
            return None
        length = lb if la == 1 else la
        sa, sb = 0 if la == 1 else sa, 0 if lb == 1 else sb
        if length == 1:
            continue
        if merged:
            inner, inner_a, inner_b = merged[-1]
            if sa == inner * inner_a and sb == inner * inner_b:
                merged[-1][0] *= length
                continue
        merged.append([length, sa, sb])
    return merged


def _descends(shape, strides):
    """Whether each dimension takes longer steps than the next, those without steps aside."""
    steps = [step for length, step in zip(shape, strides, strict=True) if length > 1 and step]
    return steps == sorted(steps, reverse=True)


@lru_cache(256)
def _plan(shape_a, strides_a, shape_b, strides_b, width):
    """The kernel's arrays that tell the rows; None where an operand fits no row, or lies in memory
    in another order than row by row, which the result then takes over."""
    if not (_descends(shape_a, strides_a) and _descends(shape_b, strides_b)):
        return None
    merged = _merged(shape_a, strides_a, shape_b, strides_b)
    if not merged:
        return None
    (inner, *steps), *outer = merged
    if inner < _SHORT or not set(steps) <= {0, width} or not any(steps):
        return None
    rows = prod(length for length, *_ in outer)
    table = np.array(outer[::-1], np.int64).reshape(-1, 3).T.copy()
    plan = np.array([rows, inner, len(outer), steps[0] != 0, steps[1] != 0], np.int64)
    return plan, *table


def arithmetic(name, a, b):
    """a and b combined elementwise, with broadcasting, by the function of this name."""
    one = ONE.get(a.dtype)
    if one is not None and b.__class__ in (float, int):
        b = np.asarray(b, a.dtype)
    if one is None or b.__class__ is not np.ndarray or b.dtype is not a.dtype:
        return elsewhere.arithmetic(name, a, b)
    plan = _plan(a.shape, a.strides, b.shape, b.strides, a.itemsize)
    if plan is None:
        return elsewhere.arithmetic(name, a, b)
    out = np.empty(a.shape if a.shape == b.shape else np.broadcast(a, b).shape, a.dtype)
    launch(_kernel(name), one, (a, b, *plan, out), True)
    return out
