"""The inverse hyperbolic functions."""

from __future__ import annotations

import numpy as np

from ..record import op
from .arithmetic import square
from .elementwise import rsqrt


@op(promotes="float", inplace=True, ufunc=np.arcsinh, kernel="asinh",
    vjp=dict(input=lambda g, input: g * rsqrt(square(input) + 1)))
def asinh(input, /):
    """The number whose sinh is input, ln(x + √(x² + 1)).

    Shape: (*) -> (*)

    >>> autograd.asinh(autograd.tensor([0., 1.]))
    tensor([0.0000, 0.8814])
    """


@op(promotes="float", inplace=True, ufunc=np.arccosh, kernel="acosh",
    vjp=dict(input=lambda g, input: g * rsqrt(square(input) - 1)))
def acosh(input, /):
    """The number ≥ 0 whose cosh is input, ln(x + √(x² - 1)); NaN below 1.

    Shape: (*) -> (*)

    >>> autograd.acosh(autograd.tensor([1., 2.]))
    tensor([0.0000, 1.3170])
    """


@op(promotes="float", inplace=True, ufunc=np.arctanh, kernel="atanh",
    vjp=dict(input=lambda g, input: g / (1 - square(input))))
def atanh(input, /):
    """The number whose tanh is input, ½ ln((1 + x) / (1 - x)); ±inf at ±1, NaN beyond.

    Shape: (*) -> (*)

    >>> autograd.atanh(autograd.tensor([0., 0.5]))
    tensor([0.0000, 0.5493])
    """
