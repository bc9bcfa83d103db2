"""What NumPy asks of a Tensor: its ufuncs, its functions, and the plain array.

A function of NumPy's that means an op here is that op, so its result is a Tensor and can be
differentiated.  Any other returns plain arrays, which have no gradient, so it is refused where one
would be lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

import numpy as np

from .dtypes import keeps_kind, own
from .errors import describe, did_you_mean
from .numpy_functions import FUNCTIONS, Translated
from .ops import arithmetic, linalg, load_all, order, reduce, running
from .ops.shape import reshape
from .record import UFUNCS
from .tensors import Tensor, ndarray, wrap

UFUNCS.update({np.power: arithmetic.pow, np.square: arithmetic.square,
               np.floor_divide: arithmetic.floor_divide, np.matmul: linalg.matmul})

_METHODS = {
    (ufunc, "reduce"): Translated(function, "array axis dtype- out- keepdims initial- where-")
    for ufunc, function in (
        (np.add, reduce.sum), (np.multiply, running.prod), (np.maximum, order.amax),
        (np.minimum, order.amin), (np.logical_and, reduce.all), (np.logical_or, reduce.any))
} | {
    (ufunc, "accumulate"): Translated(function, "array axis dtype- out-")
    for ufunc, function in ((np.add, running.cumsum), (np.multiply, running.cumprod))
}


def _operand(value):
    return wrap(own(value)) if isinstance(value, ndarray) else value


def _array_ufunc(self, ufunc, method, *inputs, out=None, **options):
    """np.sin(t), array * t, np.add.reduce(t), ...: the op that the ufunc means."""
    name = f"np.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")
    function = _ufunc(ufunc, method, inputs, options)
    if method == "at" and isinstance(inputs[0], Tensor):  # it writes into read-only arrays too
        raise TypeError(f"{name} cannot write into a Tensor; use index_add_ or index_put_")
    if function is None:
        given = options if out is None else {**options, "out": out}
        return _plain_call(name, getattr(ufunc, method), ", ".join(options), UFUNCS, inputs, given)
    result = function(*map(_operand, inputs))
    return result if out is None else _written(name, result, *out)


def _ufunc(ufunc, method: str, inputs: tuple, options: dict):
    """The op behind a ufunc's method, or None."""
    if (ufunc, method) in _METHODS:
        ours = _METHODS[ufunc, method]
        options = options if len(inputs) > 1 else {"axis": 0, **options}
        return None if ours.beyond(inputs, options) else lambda *given: ours(*given, **options)
    if ufunc not in UFUNCS:
        load_all()
    op = None if options else UFUNCS.get(ufunc)
    if op is None or method == "__call__":
        return op
    if method == "outer":
        return lambda a, b: op(reshape(a, (*a.shape, *[1] * np.ndim(b))) if np.ndim(a) else a, b)
    return None


def _written(name: str, result: Tensor, out):
    """`out` with the result written into it: recorded in a Tensor, refused in an array that would
    lose a gradient."""
    if out.shape != result.shape:
        raise ValueError(f"{name}: out is {describe(out)}, the result {describe(result)}")
    if not keeps_kind(result.dtype, out.dtype):
        raise TypeError(f"{name}: the result, {result.dtype}, cannot be written into out, "
                        f"{describe(out)}")
    if isinstance(out, Tensor):
        return out.copy_(result)
    np.copyto(out, result.numpy(), casting="unsafe")
    return out


def _array_function(self, function, types, args, kwargs):
    """np.concatenate([t, t]), np.where(...), ...: the op that the function means."""
    name = f"{function.__module__.replace('numpy', 'np', 1)}.{function.__name__}"
    ours = FUNCTIONS.get(function) or _rare(function)
    beyond = ours.beyond(args, kwargs) if ours else ""
    if not ours or beyond:
        return _plain_call(name, function, beyond, FUNCTIONS, args, kwargs)
    return ours(*map(_operand, args), **{key: _operand(value) for key, value in kwargs.items()})


def _rare(function) -> Translated | None:
    """One of those that few programs use."""
    from .numpy_rare import FUNCTIONS as RARE

    return RARE.get(function)


def _plain_call(name: str, function, beyond: str, known: Iterable, args: tuple, kwargs: dict):
    """What has no op here: NumPy's own result of tensors without gradient, which it may read but
    not write; others are refused."""
    def plain(value):
        if isinstance(value, (list, tuple)):
            return (list if isinstance(value, list) else tuple)(map(plain, value))
        if not isinstance(value, Tensor):
            return value
        if value.requires_grad:
            given = f" with {beyond}" if beyond else ""
            near = "" if beyond else did_you_mean(
                name.split(".")[-1], (f.__name__ for f in known))
            raise TypeError(f"{name}{given} has no gradient here, and {describe(value)} requires "
                            f"grad{near}; use .detach().numpy() for the plain array")
        shown = value.numpy()
        shown.flags.writeable = False
        return shown

    return function(*map(plain, args), **{key: plain(value) for key, value in kwargs.items()})


def _array(self, dtype=None, copy=None) -> np.ndarray:
    """The plain array, for np.asarray(t) and array[...] = t; a tensor that requires grad must be
    detached first."""
    return np.array(self.numpy(), dtype=dtype, copy=copy)


def _dlpack(self, **options):
    """The memory, for other libraries; a tensor that requires grad must be detached first."""
    if self.requires_grad:
        raise BufferError(f"can't export a Tensor that requires grad, {describe(self)}: its "
                          "memory has no gradient. Use tensor.detach()")
    return self._any_array.__dlpack__(**options)


def _dlpack_device(self) -> tuple[int, int]:
    return self._any_array.__dlpack_device__()


def _array_namespace(self, *, api_version: str | None = None):
    """The functions of the Array API standard on Tensors."""
    return import_module("autograd.array_api")


Tensor.__array_ufunc__ = _array_ufunc  # type: ignore[attr-defined]
Tensor.__array_function__ = _array_function  # type: ignore[attr-defined]
Tensor.__array__ = _array  # type: ignore[attr-defined]
Tensor.__array_namespace__ = _array_namespace  # type: ignore[attr-defined]
Tensor.__dlpack__ = _dlpack  # type: ignore[attr-defined]
Tensor.__dlpack_device__ = _dlpack_device  # type: ignore[attr-defined]
