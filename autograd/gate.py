"""The gate between NumPy and the kernels: small arrays stay with NumPy, large ones get a kernel.

Starting a kernel takes as long as some hundred elements, and the first one loads the compiler.
`formula("silu_grad")` is the formula of that name as one function of arrays, small and large, of
numbers among them, and of Tensors, for rules that are to be differentiated again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import cache, lru_cache
from math import prod

import numpy as np

from . import kernels
from .dtypes import changed
from .kernels.formulas import FORMULAS, read
from .kernels.rounding import rounded_once
from .kernels.thresholds import LEAST

ndarray = np.ndarray
FLOAT16 = np.dtype(np.float16)
_QUICKLY = 1 << 12  # multiplications
_added = np.add.reduce
PASSED: dict[str, int] = defaultdict(int)  # in LEAST's place all calls of an op go by its forward
WORDS: dict[str, Callable] = {}  # what the words of formulas are for Tensors: ops, which add them


def formula(name: str, plain: Callable | None = None, names: tuple[str, ...] = ()):
    """The formula of this name; `plain` is NumPy's own function of it, if that has one. As a rule
    it saves the arguments after the first, which are called `names` where not as in its text."""
    text = FORMULAS[name]
    code = getattr(text, "__code__", None)
    count = code.co_argcount if code else getattr(text, "nin", 3)
    make = {1: _of_one, 2: _of_two}.get(count, _of_more)
    function = make(name, plain or text, _of_tensors(name))
    function.names = names or (code.co_varnames[:count] if code else ())
    function.formula, function.plain, function.count = name, plain or text, count
    return function


def _of_tensors(name: str):
    made: list = []

    def apply(*operands):
        if not made:
            made.append(WORDS[name] if name in WORDS else read(FORMULAS[name], WORDS))
        return made[0](*operands)

    return apply


def _of_one(name, plain, of_tensors):
    def apply(x):
        if x.__class__ is ndarray:
            if x.size < LEAST[name] and x.dtype is not FLOAT16:
                return plain(x)
            return kernels.elementwise(name, x) if x.dtype.kind == "f" else plain(x)
        return of_tensors(x) if hasattr(x.__class__, "_array") else apply(np.asarray(x))

    return apply


def _of_two(name, plain, of_tensors):
    def apply(a, b):
        if a.__class__ is ndarray:
            few = a.size < LEAST[name] if b.__class__ is not ndarray else _are_few(name, a, b)
            if few and a.dtype is not FLOAT16:
                return plain(a, b)
            return kernels.elementwise(name, a, b) if a.dtype.kind == "f" else plain(a, b)
        if b.__class__ is ndarray:
            if b.size < LEAST[name] and b.dtype is not FLOAT16:
                return plain(a, b)
            return kernels.elementwise(name, a, b) if b.dtype.kind == "f" else plain(a, b)
        if hasattr(a.__class__, "_array") or hasattr(b.__class__, "_array"):
            return of_tensors(a, b)
        return apply(*map(_base, (a, b))) if isinstance(a, ndarray) else plain(a, _base(b))

    return apply


def _are_few(name, a, b):
    """Whether NumPy's answer is quicker; where it has to broadcast it is less often."""
    size, other, least = a.size, b.size, LEAST[name]
    if size * other < least:
        return True
    if size >= least or other >= least:
        return False
    return a.shape == b.shape or _size(a.shape, b.shape) < min(least, LEAST["uneven"])


@lru_cache(512)
def _size(*shapes):
    """How many numbers the result of broadcasting has; none where the shapes do not fit."""
    try:
        return prod(np.broadcast_shapes(*shapes))
    except ValueError:
        return 0


def _of_more(name, plain, of_tensors):
    def apply(first, *rest):
        if first.__class__ is ndarray:
            kind = first.dtype.kind
            if first.size < LEAST[name] and first.dtype is not FLOAT16 and kind != "b":
                return plain(first, *rest)
            if kind == "f":
                return kernels.elementwise(name, first, *rest)
        elif hasattr(first.__class__, "_array"):
            return of_tensors(first, *rest)
        least = LEAST[name]
        for x in (first, *rest):
            if x.__class__ is ndarray and (
                    x.dtype is FLOAT16 or x.size >= least and x.dtype.kind == "f"):
                return kernels.elementwise(name, first, *rest)
        return plain(first, *rest)

    return apply


def _base(x):
    """An array of a class of its own, whose operators may mean something else, as an ndarray."""
    return np.asarray(x) if isinstance(x, ndarray) else x


def mixing(plain):
    """The function `plain` of several operands, numbers among them, computed in float32 and rounded
    once where the arrays are of float16."""
    def mix(*operands):
        for at, operand in enumerate(operands):
            if operand.__class__ is np.ndarray:
                return (rounded_once(plain, at) if operand.dtype is FLOAT16 else plain)(*operands)
        return plain(*operands)

    return mix


def is_large(x) -> bool:
    """Whether a kernel that goes along lines pays: for large arrays and those of float16."""
    return x.__class__ is ndarray and (x.size >= LEAST["lines"] or x.dtype is FLOAT16)


def total(x, dims, keepdims):
    """The sum of an array, in its own type, over `dims`, a tuple of numbers from 0 on."""
    if x.size >= LEAST["sum_over"] or x.dtype is FLOAT16:
        return kernels.sum_over(x, dims, keepdims)
    return _added(x, None if len(dims) == x.ndim else dims, x.dtype, None, keepdims)


def multiplied(a, b, bias=None):
    """A B + bias of matrices that fit, and of a vector; BLAS by itself starts quicker than a ufunc
    or a kernel that asks it."""
    if a.size * b.shape[1] > _QUICKLY or a.dtype is FLOAT16:
        return kernels.gemm(a, b, bias)
    found = a.dot(b)
    return found if bias is None else np.add(found, bias, out=found)


@cache
def _twin(name: str):
    """NumPy's kernel of this name, whichever tier is in use."""
    from .kernels import reference

    return getattr(reference, name)


def by_index(name, least="gather"):
    """The kernel of this name, whose first arguments are an array and an index; few numbers are
    picked, or put together if `least` is "sums", by its twin."""
    together = least == "sums"

    def apply(x, index, *rest):
        if (x if together else index).size < LEAST[least] and x.dtype is not FLOAT16:
            return _twin(name)(x, index, *rest)
        return getattr(kernels, name)(x, index, *rest)

    return apply


def written(targets, sources):
    """Writes each source into the target beside it, which has its shape."""
    if sum([target.size for target in targets]) >= LEAST["written"]:
        kernels.copy_(targets, sources)
        return
    for target, source in zip(targets, sources, strict=True):
        target[...] = source


def filled(x, value):
    """The array, in all of which the number has been written."""
    if x.size < LEAST["filled"]:
        x[...] = value
    else:
        kernels.copy_([x], [np.broadcast_to(np.array(value, x.dtype), x.shape)])
    return x


def copied(x):
    """A row-major copy."""
    if x.size < LEAST["copy_"] or x.size < LEAST["runs"] and x.flags.c_contiguous:
        return x.copy()
    out = np.empty(x.shape, x.dtype)
    kernels.copy_([out], [x])
    return out


def converted(x, dtype):
    """x as another type: towards 0 where that is one of integers."""
    if x.size >= LEAST["converted"]:
        return kernels.converted(x, dtype)
    return changed(x, dtype)


def joined(arrays, dim):
    """The arrays one after the other along `dim`, in row-major order."""
    size = 0
    for array in arrays:
        size += array.size
    if size < LEAST["copy_"] or size < LEAST["runs"] and all([array.flags.c_contiguous
                                                              for array in arrays]):
        found = np.concatenate(arrays, dim)
        return found if found.flags.c_contiguous else found.copy()
    first, before, start = arrays[0], (slice(None),) * dim, 0
    count = sum([array.shape[dim] for array in arrays])
    out = np.empty((*first.shape[:dim], count, *first.shape[dim + 1:]), first.dtype)
    targets = []
    for array in arrays:
        targets.append(out[(*before, slice(start, start + array.shape[dim]))])
        start += array.shape[dim]
    kernels.copy_(targets, arrays)
    return out


def resampled(x, rows, columns):
    """Planes whose rows, then columns, are mixed as the tables tell; see the kernel."""
    large = x.size >= LEAST["resample"] or x.dtype is FLOAT16
    return (kernels.resample if large else _twin("resample"))(x, rows, columns)


def distances(x, y):
    """The distance of each row of x and each of y, in batches of one shape."""
    large = x.size * y.shape[-2] >= LEAST["lines"] or x.dtype is FLOAT16
    return (kernels.distances if large else _twin("distances"))(x, y)
