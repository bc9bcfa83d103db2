"""float16 is computed in float32 and rounded once: its ten bits and its largest number, 65504, are
for storing numbers, not for the sums, squares and exponentials on the way."""

from functools import wraps

import numpy as np

from autograd.quiet import quiet

_NARROW, _WIDE = np.dtype(np.float16), np.dtype(np.float32)


@quiet
def convert(value, to):
    """An array as another dtype, without a warning where it becomes infinite; the same order in
    memory, but row-major where it repeats itself."""
    return value.astype(to, "C" if 0 in value.strides else "K")


def rounded_once(function, at=0, every=True, wide=None, convert=convert):
    """The function of arrays, which computes in float32, by `wide` if given, where argument `at` is
    float16, or any argument where `at` is None; `convert` changes an array's dtype.

    Numbers among the arguments then count with all their digits.  The results come back in
    float16: `every` one, or the first one only, where the others are statistics for the gradient.
    """
    wide = wide or function

    def changed(value, dtype, to):
        return convert(value, to) if getattr(value, "dtype", None) == dtype else value

    @wraps(function)
    def apply(*args):
        dtypes = [getattr(arg, "dtype", None) for arg in args] if at is None else [args[at].dtype]
        if _NARROW not in dtypes:
            return function(*args)
        results = wide(*[changed(arg, _NARROW, _WIDE) for arg in args])
        if results.__class__ is not tuple:
            return changed(results, _WIDE, _NARROW)
        narrow = results if every else results[:1]
        return (*[changed(r, _WIDE, _NARROW) for r in narrow], *results[len(narrow):])

    return apply


def at_the_gate(name, kernel, wide=None, convert=convert):
    """A kernel that has float16 computed in float32, by `wide` if given, and converted so; those
    that write into arrays, or are told a type, are left as they are."""
    code = getattr(kernel, "__wrapped__", kernel).__code__
    names = code.co_varnames[: code.co_argcount]
    if name.endswith("_") or "arrays" in names or "dtype" in names:
        return kernel
    at = None if name == "elementwise" else int(names[0] == "name")
    return rounded_once(kernel, at, name.endswith("_grad"), wide, convert)
