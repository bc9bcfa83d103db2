"""Samples for autograd/ops/numbers.py; the answers are NumPy's and math's."""

import math

import numpy as np

from tests.cases import Case, Spec
from tests.cases.elementwise import INTEGERS, MASK, SPECIAL, STEPS, loop, unary

ANY = (Spec((2, 3)), Spec(()))
APART = Spec((2, 3), distinct=True)
NOT_ZERO = Spec((2, 3), avoid=(0,))
EXPONENTS = np.array([3, -2, 1])  # PyTorch loses the gradient at 0
MISSING = np.array([np.nan, 1.0, np.nan, -np.inf, 2.0])
OTHERS = np.array([2.0, np.nan, np.nan, np.inf, 2.0])
WHOLE = np.array([[12, -18, 0], [7, 64, -5]])


def truths(reference):
    return [Case((SPECIAL,), reference=reference),
            Case((INTEGERS,), reference=reference),
            Case((MASK,), reference=reference),
            Case((Spec((2,)),), reference=reference, order=0)]


def choosing(reference):
    return [Case((APART, Spec((2, 3), 0.3, 0.6)), reference=reference),
            Case((MISSING, OTHERS), reference=reference),
            Case((INTEGERS, np.array([0.5, -3.0])), reference=reference),
            Case((Spec((2, 1), 1, 2), Spec((3,), -1, 0.9)), reference=reference)]


def _exponent(x):
    return np.array([math.frexp(v)[1] for v in x.ravel()], np.int32).reshape(x.shape)


def _frexp(x):
    return loop(lambda v: math.frexp(v)[0])(x), _exponent(x)


def _integers(function):
    return np.vectorize(function, otypes=[np.int64])


CASES = {
    "frac": [*unary(STEPS, lambda x: np.fmod(x, 1.0)),
             Case((np.array([np.nan, 2.5, -0.0]),), reference=lambda x: np.array(
                 [np.nan, 0.5, -0.0]))],
    "signbit": truths(loop(lambda x: math.copysign(1, x) < 0 and x == x)),
    "isposinf": truths(lambda x: x == np.inf),
    "isneginf": truths(lambda x: x == -np.inf),
    "isreal": truths(lambda x: np.ones(x.shape, bool)),
    "nan_to_num": [
        *unary(ANY, lambda x: x),
        Case((SPECIAL,), {"nan": 1.0, "posinf": 2.0, "neginf": -3.0}, order=0,
             reference=lambda x, **_: np.array([[1.0, 2.0, -3.0], [0.0, -0.0, 1.5]])),
        Case((SPECIAL,), reference=lambda x: np.array(
            [[0.0, np.finfo(x.dtype).max, np.finfo(x.dtype).min], [0.0, -0.0, 1.5]])),
        Case((INTEGERS,), {"nan": 7.0}, reference=lambda x, nan: x)],
    "copysign": [Case((NOT_ZERO, NOT_ZERO), reference=lambda a, b: np.abs(a) * np.sign(b)),
                 Case((NOT_ZERO, -1.5), reference=lambda a, b: -np.abs(a)),
                 Case((INTEGERS, INTEGERS.T), reference=loop(math.copysign)),
                 Case((np.array([1.0, -2.0, np.inf]), np.array([-0.0, 0.0, -1.0])),
                      reference=loop(math.copysign))],
    "hypot": [Case((NOT_ZERO, Spec((3,), 0.3, 2)), reference=lambda a, b: np.sqrt(a * a + b * b)),
              Case((np.array([1e300, 3.0, np.inf, 0.0]), np.array([1e300, -4.0, np.nan, 0.0])),
                   reference=loop(math.hypot))],
    "fmax": choosing(lambda a, b: np.where(np.isnan(a) | (b > a), b, a)),
    "fmin": choosing(lambda a, b: np.where(np.isnan(a) | (b < a), b, a)),
    "gcd": [Case((WHOLE, np.array([8, 12, 0])), reference=_integers(math.gcd)),
            Case((WHOLE.astype(np.int16), np.array([[6], [10]], np.uint8)),
                 reference=_integers(math.gcd))],
    "lcm": [Case((WHOLE, np.array([8, 12, 0])), reference=_integers(math.lcm)),
            Case((WHOLE.astype(np.int16), np.array([[6], [10]], np.uint8)),
                 reference=_integers(math.lcm))],
    "ldexp": [Case((Spec((2, 3)), EXPONENTS), reference=lambda a, b: a * 2.0**b,
                   torch=lambda a, b: a * 2.0**b),  # PyTorch's has the gradient 0
              Case((Spec((2, 3)), Spec((3,))), reference=lambda a, b: a * 2.0**b),
              Case((np.array([5e-324, -1e-300, 1.0]), np.array([1074, 1100, -1080])), torch=False,
                   reference=lambda a, b: np.array([1.0, -1e-300 * 2.0**550 * 2.0**550, 0.0])),
              Case((np.array([np.nan, np.inf, 0.0, 1.0, -1.0, 2.0]),
                    np.array([1.0, -3.0, 4.0, np.inf, -np.inf, np.nan])),
                   reference=lambda a, b: np.array([np.nan, np.inf, 0.0, np.inf, -0.0, np.nan]))],
    "frexp": [Case((NOT_ZERO,), reference=_frexp), Case((Spec((), 0.6, 0.9),), reference=_frexp),
              Case((np.array([0.0, -0.0, 1.0, 6.0, 5e-324]),), reference=_frexp)],
    "_frexp": [Case((NOT_ZERO,), reference=_frexp, torch=False)],
    "nextafter": [Case((np.array([1.0, 0.0, -1.0, np.inf, 3.0, np.nan]),
                        np.array([2.0, -1.0, -1.0, 0.0, 2.0, 1.0])),
                       reference=loop(math.nextafter))],
    "deg2rad": [*unary(ANY, lambda x: x * (math.pi / 180)),
                Case((np.array([180, -90]),), reference=loop(math.radians))],
    "rad2deg": [*unary(ANY, lambda x: x * (180 / math.pi)),
                Case((np.array([1, -2]),), reference=loop(math.degrees))],
    "clamp_min": [Case((Spec((2, 3), avoid=(0.5,)), 0.5), reference=np.maximum),
                  Case((APART, Spec((2, 1), 0.3, 0.6)), reference=np.maximum),
                  Case((INTEGERS, 0), reference=np.maximum)],
    "clamp_max": [Case((Spec((2, 3), avoid=(0.5,)), 0.5), reference=np.minimum),
                  Case((APART, Spec((2, 1), 0.3, 0.6)), reference=np.minimum),
                  Case((INTEGERS, 0), reference=np.minimum)],
    "rsub": [Case((Spec((2, 3)), Spec((3,))), reference=lambda a, b: b - a),
             Case((Spec((2, 3)), 1.5), {"alpha": 2}, reference=lambda a, b, alpha: b - 2 * a)],
    **{name: [*unary(ANY, lambda x: x), Case((INTEGERS,), reference=lambda x: x)]
       for name in ("conj", "conj_physical", "resolve_conj", "resolve_neg", "real")},
    "positive": [*unary(ANY, lambda x: x), Case((INTEGERS,), reference=lambda x: x)],
    "float_power": [Case((Spec((2, 3), 0.3, 2), Spec((3,))), reference=lambda a, b: a**b),
                    Case((INTEGERS, 2), reference=lambda a, b: (a * a).astype(np.float64)),
                    Case((2, np.array([1.0, 0.5])), reference=lambda a, b: np.array(
                        [2.0, math.sqrt(2)]))],
}
