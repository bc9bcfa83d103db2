"""Python's operators and NumPy's protocols on Tensors: one table."""

from __future__ import annotations

import numpy as np

from .errors import did_you_mean
from .ops import arithmetic, compare, elementwise, join, linalg
from .record import UFUNCS
from .tensors import Tensor, ndarray, wrap


def _reflected(function):
    def reflected(self, other):
        return function(other, self)

    return reflected


def _inplace(name: str):
    def augmented(self, other):
        return getattr(self, name)(other)

    return augmented


_BINARY = {
    "add": arithmetic.add, "sub": arithmetic.sub, "mul": arithmetic.mul,
    "truediv": arithmetic.true_divide, "floordiv": arithmetic.floor_divide,
    "mod": arithmetic.remainder, "pow": arithmetic.pow, "matmul": linalg.matmul,
    "and": compare.bitwise_and, "or": compare.bitwise_or, "xor": compare.bitwise_xor,
}
_COMPARISON = {"eq": compare.eq, "ne": compare.ne, "lt": compare.lt, "le": compare.le,
               "gt": compare.gt, "ge": compare.ge}
_UNARY = {"neg": arithmetic.neg, "abs": elementwise.abs, "invert": compare.bitwise_not,
          "pos": lambda self: self}
_AUGMENTED = {"add": "add_", "sub": "sub_", "mul": "mul_", "truediv": "div_", "pow": "pow_",
              "mod": "remainder_", "floordiv": "floor_divide_", "and": "bitwise_and_",
              "or": "bitwise_or_", "xor": "bitwise_xor_"}

for _name, _function in {**_BINARY, **_COMPARISON, **_UNARY}.items():
    setattr(Tensor, f"__{_name}__", _function)
for _name, _function in _BINARY.items():
    setattr(Tensor, f"__r{_name}__", _reflected(_function))
for _name, _twin in _AUGMENTED.items():
    setattr(Tensor, f"__i{_name}__", _inplace(_twin))
Tensor.__hash__ = object.__hash__  # type: ignore[method-assign]


UFUNCS.update({np.add: arithmetic.add, np.subtract: arithmetic.sub, np.power: arithmetic.pow,
               np.square: arithmetic.square, np.floor_divide: arithmetic.floor_divide,
               np.matmul: linalg.matmul})


def _iterate(self):
    if self._array.ndim == 0:
        raise TypeError("iteration over a 0-d tensor")
    return iter(join.unbind(self, 0))


def _contains(self, value) -> bool:
    return bool((self == value)._array.any())


def _array_ufunc(self, ufunc, method, *inputs, out=None, **options):
    """np.sin(t), array * t, ...: the op that the ufunc means, so the result is a Tensor that can
    be differentiated."""
    function = UFUNCS.get(ufunc)
    if function is None or method != "__call__" or options or out is not None:
        how = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        near = did_you_mean(ufunc.__name__, (u.__name__ for u in UFUNCS))
        raise TypeError(f"np.{how} with {', '.join(sorted(options)) or 'these arguments'} is not "
                        f"defined for Tensors{near or '; use .numpy() for the plain array'}")
    return function(*(wrap(i) if isinstance(i, ndarray) else i for i in inputs))


Tensor.__iter__ = _iterate  # type: ignore[method-assign]
Tensor.__contains__ = _contains  # type: ignore[method-assign]
Tensor.__array_ufunc__ = _array_ufunc  # type: ignore[attr-defined]

