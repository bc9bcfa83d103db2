"""A forward-mode evaluator: float64 arrays with two directions, over NumPy and nothing else.

A Dual holds a value v, its derivatives along the directions a and b, and the second one along
both.  All four are arrays of one shape, and a view is a view of all four, so in-place writes
through views are NumPy's own.  Whatever is linear in its inputs is applied to each of the four;
products follow the product rule; a function of one number is given with its first two derivatives.
"""

from __future__ import annotations

import math
from contextlib import contextmanager

import numpy as np

GAP = 0.004  # how near a kink a program may come
KINDS = "biuf"
erf_values = np.vectorize(math.erf, otypes=[float])


class Rejected(Exception):
    """A program that cannot be checked: too near a kink, out of range, or against the rules."""


_kinks = [True]
_default = [np.dtype(np.float32)]


@contextmanager
def kinks_allowed():
    """Ties and kinks are no reason to reject a program within."""
    before, _kinks[0] = _kinks[0], False
    try:
        yield
    finally:
        _kinks[0] = before


@contextmanager
def default_dtype(dtype):
    """Functions of integers give this dtype within."""
    before, _default[0] = _default[0], np.dtype(dtype)
    try:
        yield
    finally:
        _default[0] = before


def kink(margin) -> None:
    """Reject where `margin`, the distance to a kink, is small; integers have no kinks."""
    margin = np.asarray(margin)
    if _kinks[0] and margin.dtype.kind == "f" and np.any(np.abs(margin) < GAP):
        raise Rejected("near a kink")


class Dual:
    """The four arrays `parts`, the dtype the library should give the value, and what is known of
    the tensor: a leaf or not, tracked (requires grad) or not, a view of `root` or its own."""

    def __init__(self, parts, dtype, weak=False):
        self.parts, self.dtype, self.weak = tuple(parts), np.dtype(dtype), weak
        self.leaf, self.root = True, None
        self.flag = False      # requires grad by itself
        self.blind = False     # a view made under no_grad
        self.frozen = False    # may or may not share memory with another: never written to

    @property
    def value(self):
        return self.parts[0]

    @property
    def shape(self):
        return self.parts[0].shape

    @property
    def ndim(self):
        return self.parts[0].ndim

    @property
    def size(self):
        return self.parts[0].size

    @property
    def base(self):
        return self if self.root is None else self.root.base

    @property
    def tracked(self):
        return self.flag or (self.root is not None and not self.blind and self.root.tracked)

    @property
    def floating(self):
        return self.dtype.kind == "f"

    def __add__(self, other):
        return linear(np.add, self, other)

    def __radd__(self, other):
        return lift(other) + self

    def __sub__(self, other):
        return linear(np.subtract, self, other)

    def __rsub__(self, other):
        return lift(other) - self

    def __neg__(self):
        return linear(np.negative, self)

    def __mul__(self, other):
        return bilinear(np.multiply, self, other)

    __rmul__ = __mul__

    def __truediv__(self, other):
        return self * reciprocal(lift(other))

    def __rtruediv__(self, other):
        return lift(other) / self

    def __getitem__(self, index):
        return linear(lambda p: p[index], self)

    def sum(self, dim=None, keepdim=False):
        return linear(lambda p: np.sum(p, dim, keepdims=keepdim), self)

    def mean(self, dim=None, keepdim=False):
        total = self.sum(dim, keepdim)
        return total * (1 / max(1, self.size // max(1, total.size)))

    def reshape(self, shape):
        return linear(lambda p: p.reshape(shape), self)


def lift(x) -> Dual:
    """A Dual as it is; a number or an array as a constant whose width does not count."""
    if isinstance(x, Dual):
        return x
    value = np.asarray(x)
    dtype = _default[0] if value.dtype.kind == "f" else value.dtype
    return Dual((value, *[np.zeros(value.shape)] * 3), dtype, weak=True)


def promoted(*operands) -> np.dtype:
    """PyTorch's dtype for an operation on these."""
    result = None
    for rank in (lambda x: x.ndim and not x.weak, lambda x: not x.ndim and not x.weak,
                 lambda x: x.weak):
        held = None
        for dtype in [x.dtype for x in operands if rank(x)]:
            held = dtype if held is None else _wider(held, dtype)
        if held is not None and (result is None or _order(held) > _order(result)):
            result = held
    return result


def _order(dtype) -> int:
    return {"b": 0, "i": 1, "u": 1, "f": 2}[dtype.kind]


def _wider(first, second):
    if _order(first) != _order(second):
        return max(first, second, key=_order)
    return np.promote_types(first, second)


def linear(f, *xs, dtype=None) -> Dual:
    """f, linear in all its arguments together, of each part."""
    xs = [lift(x) for x in xs]
    return Dual([f(*p) for p in zip(*(x.parts for x in xs))], dtype or promoted(*xs))


def affine(f, *xs, dtype=None) -> Dual:
    """f of the values, and f without its constants (`f(..., False)`) of the derivatives."""
    xs = [lift(x) for x in xs]
    rest = [f(*p, False) for p in list(zip(*(x.parts for x in xs)))[1:]]
    return Dual([f(*(x.value for x in xs), True), *rest], dtype or promoted(*xs))


def bilinear(f, x, y, dtype=None) -> Dual:
    """f, linear in each of two arguments, by the product rule."""
    x, y = lift(x), lift(y)
    (v, a, b, ab), (w, c, d, cd) = x.parts, y.parts
    return Dual([f(v, w), f(a, w) + f(v, c), f(b, w) + f(v, d),
                 f(ab, w) + f(a, d) + f(b, c) + f(v, cd)], dtype or promoted(x, y))


def pointwise(x, f, first, second, dtype=None) -> Dual:
    """f of each number, from f, f' and f''."""
    x = lift(x)
    v, a, b, ab = x.parts
    v = v.astype(np.float64)
    one, two = first(v), second(v)
    return Dual([f(v), one * a, one * b, one * ab + two * a * b], dtype or as_float(x))


def as_float(x) -> np.dtype:
    """The dtype of a floating function of x."""
    return x.dtype if x.floating else _default[0]


def constant(value, dtype=None) -> Dual:
    """A result without derivatives."""
    value = np.asarray(value)
    return Dual((value, *[np.zeros(value.shape) for _ in range(3)]), dtype or value.dtype)


def pick(mask, x, y) -> Dual:
    """x where mask, else y."""
    return linear(lambda p, q: np.where(mask, p, q), x, y)


def exp(x):
    return pointwise(x, np.exp, np.exp, np.exp)


def log(x):
    return pointwise(x, np.log, lambda v: 1 / v, lambda v: -1 / v ** 2)


def reciprocal(x):
    return pointwise(x, lambda v: 1 / v, lambda v: -1 / v ** 2, lambda v: 2 / v ** 3)


def power(x, n):
    return pointwise(x, lambda v: v ** n, lambda v: n * v ** (n - 1.0),
                     lambda v: n * (n - 1) * v ** (n - 2.0), dtype=promoted(x, lift(n)))


def sqrt(x):
    return power(x, 0.5)


def sigmoid(x):
    return 1 / (1 + exp(-x))


def tanh(x):
    return pointwise(x, np.tanh, lambda v: 1 - np.tanh(v) ** 2,
                     lambda v: -2 * np.tanh(v) * (1 - np.tanh(v) ** 2))


def erf(x):
    scale = 2 / math.sqrt(math.pi)
    return pointwise(x, erf_values, lambda v: scale * np.exp(-v * v),
                     lambda v: -2 * v * scale * np.exp(-v * v))


def absolute(x):
    kink(x.value)
    return x * lift(np.sign(x.value))


def clip(x, low, high):
    """The elements between the bounds as they are, the others replaced by the bound."""
    for bound in (low, high):
        kink(1 if bound is None else x.value - bound)
    inside = np.ones(x.shape, bool)
    for bound, outside in ((low, np.less), (high, np.greater)):
        if bound is not None:
            inside &= ~outside(x.value, bound)
    return pick(inside, x, lift(np.clip(x.value, low, high)))


def along(x, places, dim) -> Dual:
    """The elements at `places` of dimension dim."""
    return linear(lambda p: np.take_along_axis(p, places, dim), x)
