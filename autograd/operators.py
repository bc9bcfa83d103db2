"""Python's operators on Tensors: one table."""

from __future__ import annotations

import numpy as np

from .ops import arithmetic, compare, elementwise, join, linalg
from .tensors import Tensor


def _reflected(function):
    def reflected(self, other):
        return function(other, self)

    return reflected


def _equality(function):
    """== and !=: what cannot be compared, such as None, is not equal, as Python has it."""
    def compared(self, other):
        try:
            return function(self, other)
        except TypeError:
            if isinstance(other, _COMPARABLE):
                raise
            return NotImplemented

    return compared


def _inplace(name: str):
    def augmented(self, other):
        return getattr(self, name)(other)

    return augmented


_COMPARABLE = (Tensor, bool, int, float, complex, np.ndarray, np.generic)
_BINARY = {
    "add": arithmetic.add, "sub": arithmetic.sub, "mul": arithmetic.mul,
    "truediv": arithmetic.true_divide, "floordiv": arithmetic.floor_divide,
    "mod": arithmetic.remainder, "pow": arithmetic.pow, "matmul": linalg.matmul,
    "and": compare.bitwise_and, "or": compare.bitwise_or, "xor": compare.bitwise_xor,
    "lshift": compare.bitwise_left_shift, "rshift": compare.bitwise_right_shift,
}
_COMPARISON = {"eq": _equality(compare.eq), "ne": _equality(compare.ne), "lt": compare.lt,
               "le": compare.le, "gt": compare.gt, "ge": compare.ge}
_UNARY = {"neg": arithmetic.neg, "abs": elementwise.abs, "invert": compare.bitwise_not,
          "pos": lambda self: self}
_AUGMENTED = {"add": "add_", "sub": "sub_", "mul": "mul_", "truediv": "div_", "pow": "pow_",
              "mod": "remainder_", "floordiv": "floor_divide_", "and": "bitwise_and_",
              "or": "bitwise_or_", "xor": "bitwise_xor_", "lshift": "bitwise_left_shift_",
              "rshift": "bitwise_right_shift_"}

for _name, _function in {**_BINARY, **_COMPARISON, **_UNARY}.items():
    setattr(Tensor, f"__{_name}__", _function)
for _name, _function in _BINARY.items():
    setattr(Tensor, f"__r{_name}__", _reflected(_function))
for _name, _twin in _AUGMENTED.items():
    setattr(Tensor, f"__i{_name}__", _inplace(_twin))
Tensor.__hash__ = object.__hash__  # type: ignore[method-assign]


def _iterate(self):
    if self._any_array.ndim == 0:
        raise TypeError("iteration over a 0-d tensor")
    return iter(join.unbind(self, 0))


def _contains(self, value) -> bool:
    return bool(compare.eq(self, value)._array.any())


Tensor.__iter__ = _iterate  # type: ignore[method-assign]
Tensor.__contains__ = _contains  # type: ignore[method-assign]
