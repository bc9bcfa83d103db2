"""Functions that SciPy computes, an extra; it is imported when the first of them runs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .. import threads

ndarray = np.ndarray
FLOAT64 = np.dtype(np.float64)
_LARGE = 1 << 14  # numbers, from which on blocks pay; more than a block has
_SHARED = 1 << 17  # from which on a thread of its own pays
_BLOCK = 1 << 13  # numbers whose float64 stay in the cache


def from_scipy(name: str) -> Callable:
    """SciPy's special function of this name, `in_double`: its own float32 has other special values,
    as the sign of erfinv(-0.0)."""
    found: list[Callable] = []

    def apply(*operands):
        if not found:
            found.append(scipys("special", name))
        return found[0](*operands)

    return in_double(apply)


def in_double(compute: Callable) -> Callable:
    """The elementwise function computed in float64, rounded to the operands' float dtype; block
    by block where they are large and alike, and by several threads where they are larger."""
    def apply(*operands):
        arrays = [x for x in operands if x.__class__ is ndarray]
        dtype = next((x.dtype for x in arrays if x.dtype.kind == "f"), FLOAT64)
        if arrays and arrays[0].size >= _LARGE and _are_alike(arrays):
            return _by_blocks(compute, operands, arrays[0].shape, dtype)
        if dtype is FLOAT64:
            return np.asarray(compute(*operands))
        found = compute(*[_wide(x, dtype) for x in operands])
        return np.asarray(found).astype(dtype)

    return apply


def _are_alike(arrays) -> bool:
    shape = arrays[0].shape
    return all([x.shape == shape and x.flags.c_contiguous for x in arrays])


def _wide(x, dtype):
    return x.astype(FLOAT64) if x.__class__ is ndarray and x.dtype is dtype else x


def _by_blocks(compute, operands, shape, dtype):
    out = np.empty(shape, dtype)
    into = out.reshape(-1)
    flat = [x.reshape(-1) if x.__class__ is ndarray else x for x in operands]

    def run(start, stop):
        with np.errstate(all="ignore"):  # which is each thread's own
            for first in range(start, stop, _BLOCK):
                part = slice(first, min(first + _BLOCK, stop))
                into[part] = compute(*[_wide(x[part], dtype) if x.__class__ is ndarray else x
                                       for x in flat])

    _share(run, into.size)
    return out


def _share(run, size: int) -> None:
    """run(start, stop) over all, by as many threads as there are; an error of any is raised."""
    from concurrent.futures import ThreadPoolExecutor

    parts = threads.parts()
    if parts == 1 or size < _SHARED:
        run(0, size)
        return
    edges = [size * index // parts for index in range(parts + 1)]
    with ThreadPoolExecutor(parts - 1) as pool:
        others = [pool.submit(run, *ends) for ends in zip(edges[1:-1], edges[2:], strict=True)]
        run(edges[0], edges[1])
    for other in others:
        other.result()


def scipys(module: str, name: str) -> Callable:
    """The function of one of SciPy's modules."""
    try:
        import scipy
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{name} needs SciPy, which comes with the extra special: "
                                  "pip install 'wengert[special]'") from error
    return getattr(getattr(scipy, module), name)
