"""The error function's kin: what it leaves of 1, its inverse, and the normal distribution's."""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

import numpy as np

from ..gate import formula
from ..record import op
from .elementwise import exp, safe_mul
from .from_scipy import from_scipy

_FLOAT: dict[str, Any] = dict(broadcasts=True, promotes="float")
_erfcx, _erfinv = from_scipy("erfcx"), from_scipy("erfinv")
_log_ndtr, _ndtri = from_scipy("log_ndtr"), from_scipy("ndtri")
_BY_ROOT_PI = 2 / sqrt(pi)


@op(**_FLOAT, inplace=True, kernel="erfc", vjp=dict(
    input=lambda g, input: g * (exp(-(input * input)) * -_BY_ROOT_PI)))
def erfc(input, /):
    """1 - erf(x) = 2/√π ∫ₓ^∞ exp(-t²) dt, with its digits where that is small.

    Shape: (*) -> (*)

    >>> autograd.erfc(autograd.tensor([0., 5.]))
    tensor([1.0000e+00, 1.5375e-12])
    """


@op(**_FLOAT, inplace=True, vjp=dict(
    input=lambda g, out: safe_mul(g, exp(out * out) * (1 / _BY_ROOT_PI))))
def erfinv(input, /):
    """The number whose erf is input; ±inf at ±1, NaN beyond.

    Shape: (*) -> (*).  Needs SciPy, the extra special.

    >>> autograd.erfinv(autograd.tensor([0., 0.5, 1.]))
    tensor([0.0000, 0.4769,    inf])
    """
    return np.copysign(_erfinv(input), input)  # SciPy's has no -0.0


@op(**_FLOAT, method=False, vjp=dict(
    input=lambda g, input, out: safe_mul(g, 2 * input * out - _BY_ROOT_PI)))
def erfcx(input, /):
    """exp(x²) erfc(x), which is near 1 / (x √π) where erfc is too small for a number.

    Shape: (*) -> (*).  Needs SciPy, the extra special.

    >>> autograd.special.erfcx(autograd.tensor([0., 30.]))
    tensor([1.0000, 0.0188])
    """
    return _erfcx(input)


@op(**_FLOAT, method=False, kernel="normal", vjp=dict(input=formula("normal_grad")))
def ndtr(input, /):
    """Φ(x) = erfc(-x / √2) / 2: how likely a normal number is at most x.

    Shape: (*) -> (*)

    >>> autograd.special.ndtr(autograd.tensor([-1., 0., 1.]))
    tensor([0.1587, 0.5000, 0.8413])
    """


@op(**_FLOAT, method=False, vjp=dict(
    input=lambda g, input: safe_mul(g, sqrt(2 / pi) / erfcx(input * -sqrt(0.5)))))
def log_ndtr(input, /):
    """log Φ(x), also where Φ(x) is too small for a number.

    Shape: (*) -> (*).  Needs SciPy, the extra special.

    >>> autograd.special.log_ndtr(autograd.tensor([0., -50.]))
    tensor([   -0.6931, -1254.8314])
    """
    return _log_ndtr(input)


@op(**_FLOAT, method=False, vjp=dict(
    input=lambda g, out: safe_mul(g, exp(out * out * 0.5) * sqrt(2 * pi))))
def ndtri(input, /):
    """The number whose Φ is input; -inf at 0, inf at 1, NaN beyond.

    Shape: (*) -> (*).  Needs SciPy, the extra special.

    >>> autograd.special.ndtri(autograd.tensor([0.5, 0.975]))
    tensor([0.0000, 1.9600])
    """
    return _ndtri(input)
