"""Comparisons, logic, bits, and choosing between two values elementwise.

Ties follow one rule, the subgradient of least norm: `maximum(a, a)` gives each half, and `clamp`
at its bound gives 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dtypes import fitting, result_dtype
from ..errors import describe
from ..gate import formula
from ..record import UFUNCS, composite, op
from ..tensors import Tensor, wrap

_maximum, _minimum = formula("maximum", np.maximum), formula("minimum", np.minimum)
_at_least, _at_most = formula("at_least", np.maximum), formula("at_most", np.minimum)
_where, _step = formula("where"), formula("step", np.heaviside)
_TRUTH: dict[str, Any] = dict(differentiable=False, promotes="common", inplace=True)


def is_number(value) -> bool:
    """Whether it is a Python number."""
    return isinstance(value, (int, float))


@op(**_TRUTH, ufunc=np.equal)
def eq(input, other, /):
    """Whether input equals other, elementwise: `input == other`, as booleans.

    Shape: operands that broadcast -> their common shape

    >>> autograd.eq(autograd.tensor([1, 2, 3]), 2)
    tensor([False,  True, False])
    """


@op(**_TRUTH, ufunc=np.not_equal)
def ne(input, other, /):
    """Whether input differs from other, elementwise: `input != other`, as booleans.

    Shape: operands that broadcast -> their common shape

    >>> autograd.ne(autograd.tensor([1, 2, 3]), 2)
    tensor([ True, False,  True])
    """


@op(**_TRUTH, ufunc=np.less)
def lt(input, other, /):
    """Whether input is less than other, elementwise: `input < other`, as booleans.

    Shape: operands that broadcast -> their common shape

    >>> autograd.lt(autograd.tensor([1, 2, 3]), 2)
    tensor([ True, False, False])
    """


@op(**_TRUTH, ufunc=np.less_equal)
def le(input, other, /):
    """Whether input is at most other, elementwise: `input <= other`, as booleans.

    Shape: operands that broadcast -> their common shape

    >>> autograd.le(autograd.tensor([1, 2, 3]), 2)
    tensor([ True,  True, False])
    """


@op(**_TRUTH, ufunc=np.greater)
def gt(input, other, /):
    """Whether input is greater than other, elementwise: `input > other`, as booleans.

    Shape: operands that broadcast -> their common shape

    >>> autograd.gt(autograd.tensor([1, 2, 3]), 2)
    tensor([False, False,  True])
    """


@op(**_TRUTH, ufunc=np.greater_equal)
def ge(input, other, /):
    """Whether input is at least other, elementwise: `input >= other`, as booleans.

    Shape: operands that broadcast -> their common shape

    >>> autograd.ge(autograd.tensor([1, 2, 3]), 2)
    tensor([False,  True,  True])
    """


@op(**_TRUTH, ufunc=np.logical_and)
def logical_and(input, other, /):
    """Whether both are true (not 0), elementwise; of any dtypes.

    >>> autograd.logical_and(autograd.tensor([0, 1, 2]), autograd.tensor([1.0, 0.0, 3.0]))
    tensor([False, False,  True])
    """


@op(**_TRUTH, ufunc=np.logical_or)
def logical_or(input, other, /):
    """Whether either is true (not 0), elementwise; of any dtypes.

    >>> autograd.logical_or(autograd.tensor([0, 1, 0]), autograd.tensor([1.0, 0.0, 0.0]))
    tensor([ True,  True, False])
    """


@op(**_TRUTH, ufunc=np.logical_xor)
def logical_xor(input, other, /):
    """Whether exactly one is true (not 0), elementwise; of any dtypes.

    >>> autograd.logical_xor(autograd.tensor([0, 1, 2]), autograd.tensor([1.0, 0.0, 3.0]))
    tensor([ True,  True, False])
    """


@op(**_TRUTH, ufunc=np.logical_not)
def logical_not(input, /):
    """Whether x is false (0), elementwise.

    >>> autograd.logical_not(autograd.tensor([0.0, 2.0]))
    tensor([ True, False])
    """


@op(**_TRUTH, ufunc=np.bitwise_and)
def bitwise_and(input, other, /):
    """input & other, bit by bit; for integers and booleans."""


@op(**_TRUTH, ufunc=np.bitwise_or)
def bitwise_or(input, other, /):
    """input | other, bit by bit; for integers and booleans."""


@op(**_TRUTH, ufunc=np.bitwise_xor)
def bitwise_xor(input, other, /):
    """input ^ other, bit by bit; for integers and booleans."""


@op(**_TRUTH, ufunc=np.invert)
def bitwise_not(input, /):
    """~input, bit by bit; for integers and booleans."""


@op(differentiable=False, promotes="common", inplace=True)
def bitwise_left_shift(input, other, /):
    """input * 2**other of integers, the bits that leave on the left being lost.

    >>> autograd.tensor([1, 2, 3]) << 2
    tensor([ 4,  8, 12])
    """
    input, other, inside = _shifted("bitwise_left_shift", input, other)
    shifted = np.left_shift(input, other)
    return shifted if inside is None else np.where(inside, shifted, input.dtype.type(0))


@op(differentiable=False, promotes="common", inplace=True)
def bitwise_right_shift(input, other, /):
    """input / 2**other of integers, rounded towards -inf."""
    input, other, inside = _shifted("bitwise_right_shift", input, other)
    shifted = np.right_shift(input, other)
    signs = None if inside is None else -(input < 0).astype(input.dtype)
    return shifted if inside is None else np.where(inside, shifted, signs)


def _shifted(name: str, input, other) -> tuple:
    """Both as arrays of one integer dtype, and where other is a number of its bits, or None if it
    is everywhere; elsewhere all bits leave, and other has become 0, as a shift by so many is not
    defined in C."""
    dtype = result_dtype((input, other))
    if dtype.kind not in "iu":
        raise TypeError(f"{name}: integers are shifted, got {dtype}; convert with .long()")
    input, other = np.asarray(input, dtype), np.asarray(other, dtype)
    if other.view(f"u{dtype.itemsize}").max(initial=0) < 8 * dtype.itemsize:
        return input, other, None
    inside = (other >= 0) & (other < 8 * dtype.itemsize)
    return input, np.where(inside, other, dtype.type(0)), inside


UFUNCS.update({np.left_shift: bitwise_left_shift, np.right_shift: bitwise_right_shift})


@op(differentiable=False, promotes="common")
def isclose(input, other, /, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether |input - other| <= atol + rtol * |other|, elementwise."""
    return np.isclose(input, other, float(rtol), float(atol), equal_nan)


@composite()
def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False) -> bool:
    """Whether all elements are close: |input - other| <= atol + rtol * |other|."""
    return bool(isclose(input, other, rtol, atol, equal_nan)._array.all())


@composite()
def equal(input, other) -> bool:
    """Whether two tensors have the same shape and the same elements."""
    for name, x in (("input", input), ("other", other)):
        if not isinstance(x, Tensor):
            raise TypeError(f"equal: {name} must be a Tensor, got {describe(x)}")
    first, second = input._any_array, other._any_array
    return first.shape == second.shape and bool(np.equal(first, second).all())


@op(broadcasts=True, promotes="common", unpromoted=("condition",), method=False, vjp=dict(
    input=lambda g, condition: where(condition, g, 0.0),
    other=lambda g, condition: where(condition, 0.0, g)))
def where(condition, input, other, /):
    """input where condition is true, else other, with broadcasting.

    A NaN or infinity in the branch not taken reaches neither the value nor any gradient.

    >>> autograd.where(autograd.tensor([True, False]), autograd.tensor([1., 2.]), 0.)
    tensor([1., 0.])
    """
    if condition.__class__ is not np.ndarray:
        condition = np.asarray(condition)
    if condition.dtype.kind != "b":
        if condition.dtype.kind in "fc":
            raise TypeError("where: condition must be boolean; compare it, as in x > 0")
        condition = condition.astype(bool)
    first, second = getattr(input, "dtype", None), getattr(other, "dtype", None)
    if first is second or first is None or second is None:
        dtype = second if first is None else first
        if dtype is not None and dtype.kind == "f":
            return _where(condition, input, other)
    dtypes = {value.dtype for value in (input, other) if hasattr(value, "dtype")}
    dtype = np.result_type(*dtypes) if dtypes else result_dtype((input, other))
    return np.where(condition, input, other).astype(dtype, copy=False)


Tensor.where = lambda self, condition, other: (  # type: ignore[method-assign, assignment]
    where(condition, self, other))


@composite(inplace=True)
def masked_fill(input, mask, value):
    """input with `value`, a number or 0-d tensor, where the boolean mask is true.

    Shape: (*), mask (*), value () -> (*), broadcast

    >>> autograd.masked_fill(autograd.tensor([1., 2.]), autograd.tensor([True, False]), 0)
    tensor([0., 2.])
    """
    if not isinstance(mask, Tensor) or mask.dtype != bool:
        raise TypeError(f"masked_fill: mask must be a boolean Tensor, got {mask!r:.60}")
    if isinstance(value, Tensor) and value.ndim:
        raise ValueError(f"masked_fill: value must be a number or a 0-d tensor, got shape "
                         f"{tuple(value.shape)}; autograd.where takes one of any shape")
    if not isinstance(value, Tensor):
        value = wrap(fitting("masked_fill", value, input.dtype))
    return where(mask, value, input)


@op(broadcasts=True, promotes="common", inplace=True, ufunc=np.maximum, kernel="maximum", vjp=dict(
    input=lambda g, input, other: _share(g, input < other, input == other),
    other=lambda g, input, other: _share(g, other < input, input == other)))
def maximum(input, other, /):
    """The larger of the two, elementwise; NaN if either is.  Equal ones share the gradient.

    Shape: (*), (*) -> (*), broadcast

    >>> autograd.maximum(autograd.tensor([1., 5.]), autograd.tensor([3., 2.]))
    tensor([3., 5.])
    """


@op(broadcasts=True, promotes="common", inplace=True, ufunc=np.minimum, kernel="minimum", vjp=dict(
    input=lambda g, input, other: _share(g, input > other, input == other),
    other=lambda g, input, other: _share(g, other > input, input == other)))
def minimum(input, other, /):
    """The smaller of the two, elementwise; NaN if either is.  Equal ones share the gradient.

    Shape: (*), (*) -> (*), broadcast

    >>> autograd.minimum(autograd.tensor([1., 5.]), autograd.tensor([3., 2.]))
    tensor([1., 2.])
    """


def _share(g, lost, tied):
    """Nothing of g where the other operand was chosen, half of it where both are equal, and all
    beside NaN, where neither was."""
    return where(tied, g * 0.5, where(lost, 0.0, g))


@composite(inplace=True)
def heaviside(input, values=1.0):
    """The step function: 0 where input < 0, 1 where input > 0, and `values` (a number or tensor)
    where it is 0.  NaN stays NaN; the gradient by input is 0 everywhere.

    >>> autograd.heaviside(autograd.tensor([-1.5, 0., 2.]))
    tensor([0., 1., 1.])
    """
    return _heaviside(input, values)


@op(broadcasts=True, promotes="common", method=False, vjp=dict(
    input=lambda g: where(False, g, 0.0),
    values=lambda g, input: where(input == 0, g, 0.0)))
def _heaviside(input, values, /):
    if input.__class__ is np.ndarray and input.dtype.kind == "f" and (
            is_number(values) or values.dtype is input.dtype):
        return _step(input, values)
    return np.heaviside(input, values).astype(np.result_type(input, values), copy=False)


UFUNCS[np.heaviside] = heaviside


@composite(inplace=True)
def clamp(input, min=None, max=None):
    """input limited to [min, max], numbers or tensors; at a bound the gradient is 0.

    >>> autograd.clamp(autograd.tensor([-2., 0.5, 2.]), -1, 1)
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min is None and max is None:
        raise ValueError("clamp: give min, max or both")
    if max is None:
        return _clamp_below(input, min)
    if is_number(min) and is_number(max) and input.dtype.kind == "f":
        return _clip(input, min, max)
    return _clamp_above(input if min is None else _clamp_below(input, min), max)


@op(inplace=True, method=False, kernel="clip", vjp=dict(input=formula("clip_grad")))
def _clip(input, /, low, high):
    """input held between two numbers; where it is held the gradient is 0."""


@op(broadcasts=True, promotes="common", method=False, vjp=dict(
    input=formula("above_grad"),
    min=lambda g, input, min: where(input > min, 0.0, g)))
def _clamp_below(input, min, /):
    return (_at_least if is_number(min) else _maximum)(input, min)


@op(broadcasts=True, promotes="common", method=False, vjp=dict(
    input=formula("below_grad"),
    max=lambda g, input, max: where(input < max, 0.0, g)))
def _clamp_above(input, max, /):
    return (_at_most if is_number(max) else _minimum)(input, max)
