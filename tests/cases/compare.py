"""Samples for autograd/ops/compare.py; the answers are Python's own comparisons, in a loop."""

import operator

import numpy as np

from tests.cases import Case, Spec

X = np.array([[1.0, 2.0, 3.0], [3.0, 2.0, np.nan]])
Y = np.array([[1.0, 3.0, 2.0], [np.inf, 2.0, np.nan]])
I = np.array([0, 1, 2, -7, 12])  # noqa: E741
J = np.array([0, 3, 2, 4, 10])
TRUE = np.array([True, True, False, False])
OTHER = np.array([True, False, True, False])
MASK = np.array([[True, False, True], [False, False, True]])
APART = (Spec((2, 3), distinct=True), Spec((2, 3), -1.9, 2.1, distinct=True))


def loop(function, dtype=bool):
    """A function of two Python numbers over broadcast arrays."""
    def over(*arrays):
        spread = np.broadcast_arrays(*arrays)
        found = [function(*row) for row in zip(*(a.ravel().tolist() for a in spread), strict=True)]
        return np.array(found, dtype).reshape(spread[0].shape)

    return over


def comparison(function):
    reference = loop(function)
    return [Case((X, Y), reference=reference), Case((I, J), reference=reference),
            Case((X, 2), reference=reference), Case((X, np.array([2.0, 3.0, 1.0])),
                                                    reference=reference),
            Case((Spec((2, 3)), Spec((3,))), reference=reference, order=0)]


def logical(function):
    reference = loop(lambda a, b: function(bool(a), bool(b)))
    return [Case((TRUE, OTHER), reference=reference), Case((I, J), reference=reference),
            Case((X, np.eye(3)[:2]), reference=reference),
            Case((Spec((2, 3)), Spec((3,))), reference=reference, order=0)]


def bitwise(function):
    return [Case((TRUE, OTHER), reference=loop(function)),
            Case((I, J), reference=loop(function, np.int64)),
            Case((I, 6), reference=loop(function, np.int64)),
            Case((I.astype(np.uint8)[:3], J.astype(np.uint8)[:3]),
                 reference=loop(function, np.uint8))]


def shift(function, beyond):
    """Shifts by numbers of bits from -1 to 70; `beyond` is what is left when all bits leave."""
    def cases(a, b, bits, dtype):
        return Case((a, b), reference=loop(
            lambda x, n: function(x, n) if 0 <= n < bits else beyond(x), dtype))

    by = np.array([0, 3, 70, 2, -1])
    return [cases(I, by, 64, np.int64), cases(I, 2, 64, np.int64), cases(3, J, 64, np.int64),
            cases(I.astype(np.int8), by.astype(np.int8)[:, None], 8, np.int8)]


def _isclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    def close(x, y):
        if x != x or y != y:
            return equal_nan and x != x and y != y
        return x == y or (abs(y) != float("inf") and abs(x - y) <= atol + rtol * abs(y))

    return loop(close)(a, b)


def extreme(name, reference):
    return [Case(APART, reference=reference),
            Case((Spec((3,), distinct=True), Spec((2, 1), -1.9, 2.1, distinct=True)),
                 reference=reference),
            Case((Spec((), 0.1, 0.9), Spec((2, 2), 1.1, 2.0)), reference=reference),
            Case((X, Y), reference=getattr(np, name)), Case((I, J), reference=reference)]


def _where(condition, a, b):
    return loop(lambda c, x, y: x if c else y, np.float64)(condition, a, b)


def _clamp(x, min=None, max=None):
    low = -np.inf if min is None else min
    high = np.inf if max is None else max
    return loop(lambda v, a, b: v if v != v else (b if v > b or a > b else a if v < a else v),
                np.float64)(x, low, high)


def torch_clamp(side):
    """`torch.clamp` with one bound, for the ops behind it."""
    def call(input, bound):
        import torch

        return torch.clamp(input, **{side: bound})

    return call


CLAMPED = Spec((2, 4), avoid=(-0.8, 0.7))
LOW, HIGH = Spec((4,), -1.2, -0.8), Spec((2, 1), 0.8, 1.2)
BOUNDED = Spec((2, 4), -2, 2, avoid=(-1, 1), gap=0.3)
NEAR = np.array([1.0, 1.0 + 1e-6, 1.1, np.inf, -np.inf, np.nan])
TO = np.array([1.0, 1.0, 1.0, np.inf, np.inf, np.nan])

def _step(x, values=1.0):
    return loop(lambda x, v: v if x == 0 else x if x != x else x > 0, np.float64)(x, values)


def torch_step(x, values=1.0):
    """PyTorch takes a tensor of x's dtype and shape, has no gradient, and gives 0 for NaN."""
    import torch

    values = torch.as_tensor(values, dtype=x.dtype)
    known = torch.where(x == 0, values, (x > 0).to(x.dtype))
    return torch.where(x.isnan(), x, known) + 0 * x


CASES = {
    "eq": comparison(operator.eq), "ne": comparison(operator.ne), "lt": comparison(operator.lt),
    "le": comparison(operator.le), "gt": comparison(operator.gt), "ge": comparison(operator.ge),
    "logical_and": logical(lambda a, b: a and b), "logical_or": logical(lambda a, b: a or b),
    "logical_xor": logical(operator.ne),
    "logical_not": [Case((a,), reference=loop(operator.not_)) for a in (TRUE, I, X)]
    + [Case((Spec((2,)),), reference=loop(operator.not_), order=0)],
    "bitwise_and": bitwise(operator.and_), "bitwise_or": bitwise(operator.or_),
    "bitwise_xor": bitwise(operator.xor),
    "bitwise_left_shift": shift(operator.lshift, lambda x: 0),
    "bitwise_right_shift": shift(operator.rshift, lambda x: x >> 63),
    "bitwise_not": [Case((TRUE,), reference=loop(operator.not_)),
                    Case((I,), reference=loop(operator.invert, np.int64))],
    "isclose": [Case((NEAR, TO), reference=_isclose),
                Case((NEAR, TO), {"equal_nan": True}, reference=_isclose),
                Case((NEAR, TO), {"rtol": 0.2}, reference=_isclose),
                Case((NEAR, TO), {"rtol": 0.0, "atol": 1e-7}, reference=_isclose),
                Case((I, J), {"rtol": 0.0, "atol": 2.0}, reference=_isclose),
                Case((Spec((2, 3)), Spec((3,))), reference=_isclose, order=0)],
    "allclose": [Case((NEAR[:2], TO[:2]), reference=lambda a, b: True),
                 Case((NEAR, TO), reference=lambda a, b: False)],
    "equal": [Case((I, I), reference=lambda a, b: True), Case((I, J), reference=lambda a, b: False),
              Case((I, I[:2]), reference=lambda a, b: False),
              Case((X, X), reference=lambda a, b: False)],
    "where": [Case((MASK, *APART), reference=_where),
              Case((MASK, Spec((3,)), Spec((2, 1))), reference=_where),
              Case((MASK, Spec(()), 0.5), reference=_where),
              Case((MASK, -1.5, Spec((2, 3))), reference=_where),
              Case((np.array([True, False]), I[:2], J[:2]), reference=loop(
                  lambda c, a, b: a if c else b, np.int64))],
    "masked_fill": [Case((Spec((2, 3)), MASK, 7.5), reference=lambda x, m, v: _where(m, v, x)),
                    Case((Spec((2, 3)), MASK[0], Spec(())),
                         reference=lambda x, m, v: _where(m, v, x)),
                    Case((np.arange(6).reshape(2, 3), MASK, -1),
                         reference=lambda x, m, v: np.array([[-1, 1, -1], [3, 4, -1]]))],
    "maximum": extreme("maximum", loop(max, np.float64)),
    "minimum": extreme("minimum", loop(min, np.float64)),
    "heaviside": [Case((Spec((2, 3), avoid=(0,)),), reference=_step, torch=torch_step),
                  Case((np.array([-2.0, 0.0, 3.0, np.nan]), 0.5), reference=_step,
                       torch=torch_step),
                  Case((np.zeros(3), Spec((2, 3))), reference=_step, torch=torch_step)],
    "_heaviside": [Case((np.array([0.0, -1.0, 0.0]), Spec((2, 3))), reference=_step,
                        torch=torch_step)],
    "clamp": [Case((CLAMPED, -0.8, 0.7), reference=_clamp),
              Case((CLAMPED,), {"min": -0.8}, reference=_clamp),
              Case((CLAMPED,), {"max": 0.7}, reference=_clamp),
              Case((BOUNDED, LOW, HIGH), reference=_clamp),
              Case((CLAMPED, 0.7, -0.8), reference=_clamp),
              Case((np.array([np.nan, np.inf, -np.inf]), -1.0, 1.0), reference=_clamp),
              Case((I, 0, 5), reference=lambda x, a, b: np.array([0, 1, 2, 0, 5]))],
    "_clamp_below": [Case((BOUNDED, LOW), reference=lambda x, low: _clamp(x, min=low),
                          torch=torch_clamp("min"))],
    "_clamp_above": [Case((BOUNDED, HIGH), reference=lambda x, high: _clamp(x, max=high),
                          torch=torch_clamp("max"))],
}
