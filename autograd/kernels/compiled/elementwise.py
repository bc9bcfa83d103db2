"""Any formula over large arrays with broadcasting: one generated loop, on two threads if it pays.

The loop runs over pieces of the result, in which every operand lies contiguous: where it does in
memory, there; where it is broadcast, transposed or boolean, in a copy of the piece, which stays in
the cache. So one loop per formula serves every layout. Numbers among the operands are read once.
"""

from functools import cache, lru_cache

import numpy as np

from autograd.kernels.arithmetic_formulas import DIVIDING
from autograd.kernels.compiled import vector_functions, vector_math
from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.gather import (
    NONE,
    begin,
    beyond,
    kept,
    laid_out,
    piece,
    scratch_for,
    until,
)
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.memory import data, item, itemsize, share, size, vector
from autograd.kernels.compiled.numbers import many_digits, slow_fmod
from autograd.kernels.compiled.vector_functions import SLOWLY, many_turns
from autograd.kernels.formulas import FORMULAS, read
from autograd.kernels.room import room
from autograd.kernels.thresholds import SHARED

ndarray = np.ndarray
_LOOP = """
def kernel(one, arrays, parts, index):
    n = size(item(arrays, 2))
    numbers = vector(data(item(arrays, 1)), {count}, one)
    {numbers}
    first, last = share(n, parts, index, 64), share(n, parts, index + 1, 64)
    inner, row, column = begin(arrays, first)
    while first < last:
        count = until(inner, column, last - first)
        out = vector(data(item(arrays, 2)) + first * itemsize(one), count, one)
        {pieces}
        for i in range(count):
            out[i] = formula({operands})
        {again}
        first += count
        row, column = beyond(inner, row, column + count)
"""
_AGAIN = """
        long = False
        for i in range(count):
            long |= is_long({operands})
        if long:
            for i in range(count):
                out[i] = slowly({operands})
"""
# Formulas that need more digits where operands are long, as a function of these tells, and the
# words that have them.
_EXACTING = {**dict.fromkeys(DIVIDING, (many_digits, {"fmod": slow_fmod})),
             **dict.fromkeys(SLOWLY, (many_turns, SLOWLY))}


@cache
def _scalar(name, dtype, **changed):
    """The formula of one number, whose constants have the type of an array."""
    words = {**vars(vector_math), **vars(vector_functions), **changed}
    if name in words:
        return words[name]
    return read(FORMULAS[name], words, dtype.type, jit(inner=True, exact=True))


_NUMBER, _ARRAY, _REPEATED, _OVERWRITTEN = range(4)  # kinds of operands; truths tell arrays
_PIECES = {_ARRAY: "piece(one, arrays, {at}, first, count, row, column, index)",
           _REPEATED: "piece(one, arrays, {at}, first, 1, row, column, index)[0]",
           _OVERWRITTEN: "kept(one, arrays, {at}, first, count, index)"}


@cache
def _kernel(name, dtype, kinds):
    """The kernel out = f(operands) of arrays (plan, numbers, out, *operands that are arrays), some
    of which may stay the same along the rows of a piece each, and some be overwritten."""
    arrays = [i for i, kind in enumerate(kinds) if kind]
    numbers = [i for i, kind in enumerate(kinds) if not kind]
    elements = ", ".join(f"x{i}[i]" if kind in (_ARRAY, _OVERWRITTEN) else f"x{i}"
                         for i, kind in enumerate(kinds))
    text = _LOOP.format(
        count=len(numbers),
        numbers="\n    ".join(f"x{i} = numbers[{at}]" for at, i in enumerate(numbers)),
        pieces="\n        ".join(f"x{i} = {_PIECES[kinds[i]].format(at=at)}"
                                 for at, i in enumerate(arrays)),
        operands=elements,
        again=_AGAIN.format(operands=elements).strip() if name in _EXACTING else "",
    )
    names = {"formula": _scalar(name, dtype), "__name__": __name__, "size": size, "item": item,
             "vector": vector, "data": data, "share": share, "piece": piece, "kept": kept,
             "itemsize": itemsize, "begin": begin, "until": until, "beyond": beyond, "range": range}
    if name in _EXACTING:
        names["is_long"], slowly = _EXACTING[name]
        names["slowly"] = _scalar(name, dtype, **slowly)
    exec(text, names)
    kernel = names["kernel"]
    kernel.__qualname__ = f"{name}_{''.join('naro'[kind] for kind in kinds)}"
    return jit(kernel)


def elementwise(name, *operands):
    """The formula of this name of arrays of one type, truths and numbers, with broadcasting."""
    kinds = tuple([x.__class__ is ndarray for x in operands])
    plain = False not in kinds
    arrays = operands if plain else [x for x in operands if x.__class__ is ndarray]
    dtype = arrays[-1].dtype
    one = ONE.get(dtype)
    found = laid_out(arrays, dtype) if one is not None else None
    if found is None:
        return elsewhere.elementwise(name, *operands)
    plan, out, scratch, repeated = found
    if repeated:
        rest = iter(repeated)
        kinds = tuple([_REPEATED if kind and next(rest) else kind for kind in kinds])
    if room.array is not None and name not in _EXACTING and _has_room(out, arrays):
        out, kinds = room.array, tuple([_OVERWRITTEN if x is room.array else kind
                                        for x, kind in zip(operands, kinds, strict=True)])
        scratch = scratch if len(scratch) else scratch_for(arrays, dtype)
    numbers = NONE if plain else _numbers(dtype, operands)
    launch(_kernel(name, dtype, kinds), one, (plan, numbers, out, *arrays, scratch),
           out.size >= SHARED[name])
    return out


def _has_room(out, arrays):
    """Whether the result fits over the operand that is to be overwritten, whose memory no other
    operand may show."""
    own = room.array
    sharing = [a for a in arrays if np.may_share_memory(a, own)]
    return (sharing and all([a is own for a in sharing]) and own.dtype is out.dtype
            and own.shape == out.shape and own.strides == out.strides)


def _numbers(dtype, operands):
    """The numbers among the operands; made once, but for zeros, which have a sign."""
    numbers = tuple([x for x in operands if x.__class__ is not ndarray])
    return _kept(dtype, numbers) if all(numbers) else np.array(numbers, dtype)


@lru_cache(256)
def _kept(dtype, numbers):
    return np.array(numbers, dtype)
