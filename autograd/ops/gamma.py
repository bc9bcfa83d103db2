"""The gamma function's logarithm, its derivatives, and the integrals named after it; from SciPy."""

from __future__ import annotations

from math import factorial, log, pi
from operator import index as as_index
from typing import Any

import numpy as np

from ..errors import describe
from ..record import composite, give_twin, op
from ..tensors import Tensor
from .elementwise import exp, in_float32, safe_mul
from .from_scipy import from_scipy, in_double
from .logarithms import xlogy

_FLOAT: dict[str, Any] = dict(broadcasts=True, promotes="float")
_gammaln, _digamma, _zeta = from_scipy("gammaln"), from_scipy("digamma"), from_scipy("zeta")
_gammainc, _gammaincc = from_scipy("gammainc"), from_scipy("gammaincc")
_TINY = np.finfo(np.float64).tiny
_MANY = 1 << 8  # numbers, from which on trigamma's series is quicker than SciPy's zeta


@in_double
def _log_gamma(x):
    size = np.absolute(x)
    found = _gammaln(x)
    if size.size and not _TINY <= size.min() <= size.max() < np.inf:
        with np.errstate(divide="ignore"):
            found = np.where(size < _TINY, -np.log(size), found)  # SciPy's is inf too soon
        found = np.where(np.isinf(x), size, found)
    return found


def _trigamma(x):
    """Σ 1 / (x + k)² for k from 0 on, x > 0: ten terms, then its asymptotic series, whose first
    term left out is below 1e-16 of it.  Reference: Abramowitz and Stegun, 6.4.12."""
    with np.errstate(over="ignore"):
        total = sum((1 / (x + k)) ** 2 for k in range(10))
    y = 1 / (x + 10)
    square = y * y
    tail = np.full_like(x, _BERNOULLI[-1])
    for number in _BERNOULLI[-2::-1]:
        tail *= square
        tail += number
    return total + (y + square * (0.5 + y * tail))


_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)


@in_double
def _of_digamma(x, n):
    """The nth derivative of digamma, n > 0."""
    if n == 1 and x.size >= _MANY and x.min() > 0:
        return _trigamma(x)
    try:
        scale = float(factorial(n))
    except OverflowError:
        scale = np.inf
    return _zeta(n + 1.0, x) * (scale if n % 2 else -scale)



@op(**_FLOAT, inplace=True, vjp=dict(input=lambda g, input: safe_mul(g, digamma(input))))
def lgamma(input, /):
    """ln |Γ(x)|, which is inf at 0, -1, -2, ...

    Shape: (*) -> (*).  Needs SciPy, the extra special.

    >>> autograd.lgamma(autograd.tensor([1., 5., 0.5]))
    tensor([0.0000, 3.1781, 0.5724])
    """
    return _log_gamma(input)


@op(**_FLOAT, inplace=True, vjp=dict(input=lambda g, input: safe_mul(g, _polygamma(input, 1))))
def digamma(input, /):
    """ψ(x) = Γ'(x) / Γ(x), the derivative of lgamma; NaN at -1, -2, ...

    Shape: (*) -> (*).  Needs SciPy, the extra special.

    >>> autograd.digamma(autograd.tensor([1., 2.]))
    tensor([-0.5772,  0.4228])
    """
    return _digamma(input)


@op(**_FLOAT, method=False, vjp=dict(
    input=lambda g, input, n: safe_mul(g, _polygamma(input, n + 1))))
def _polygamma(input, /, n):
    return _of_digamma(input, n) if n else _digamma(input)


@composite(method=False)
def polygamma(n, input):
    """The nth derivative of digamma, n a number ≥ 0; `input.polygamma(n)` is the method.

    Shape: (*) -> (*).  Needs SciPy, the extra special.

    >>> autograd.polygamma(1, autograd.tensor([1., 2.]))
    tensor([1.6449, 0.6449])
    """
    try:
        order = as_index(n)
    except TypeError:
        order = -1
    if order < 0:
        raise ValueError(f"polygamma: n must be an integer from 0 on, got {describe(n)}")
    return _polygamma(input, order)


def _of_order(input, n):
    return polygamma(n, input)


_of_order.__name__ = _of_order.__qualname__ = "polygamma"
_of_order.__doc__ = "polygamma(n, input): the nth derivative of digamma."
Tensor.polygamma = _of_order  # type: ignore[method-assign]
give_twin("polygamma", _of_order)


@composite(inplace=True)
@in_float32
def mvlgamma(input, p):
    """The logarithm of the gamma function of p dimensions, of numbers above (p - 1) / 2:
    p (p - 1) / 4 ln π + Σᵢ lgamma(x - i / 2) for i from 0 to p - 1.

    Shape: (*) -> (*).  Needs SciPy, the extra special.

    >>> autograd.mvlgamma(autograd.tensor([2., 3.]), 2)
    tensor([0.4516, 1.5502])
    """
    if not isinstance(p, int) or p < 1:
        raise ValueError(f"mvlgamma: p must be an integer from 1 on, got {describe(p)}")
    terms = [lgamma(input - i / 2) for i in range(p)]
    return sum(terms) + p * (p - 1) / 4 * log(pi)


@op(**_FLOAT, inplace=True, vjp=dict(
    other=lambda g, input, other: safe_mul(g, _density(input, other))))
def igamma(input, other, /):
    """P(a, x) = 1/Γ(a) ∫₀ˣ tᵃ⁻¹ e⁻ᵗ dt, with a = input and x = other; NaN where one is negative.
    Its derivative by a is not defined here, as in PyTorch.

    Shape: (*), (*) -> (*), broadcast.  Needs SciPy, the extra special.

    >>> autograd.igamma(autograd.tensor([1., 4.]), autograd.tensor([1., 4.]))
    tensor([0.6321, 0.5665])
    """
    return _gammainc(input, other)


@op(**_FLOAT, inplace=True, vjp=dict(
    other=lambda g, input, other: safe_mul(g, -_density(input, other))))
def igammac(input, other, /):
    """Q(a, x) = 1 - P(a, x) = 1/Γ(a) ∫ₓ^∞ tᵃ⁻¹ e⁻ᵗ dt; see igamma.

    Shape: (*), (*) -> (*), broadcast.  Needs SciPy, the extra special.

    >>> autograd.igammac(autograd.tensor([1., 4.]), autograd.tensor([1., 4.]))
    tensor([0.3679, 0.4335])
    """
    return _gammaincc(input, other)


def _density(a, x):
    """The gamma distribution's density."""
    return exp(xlogy(a - 1, x) - x - lgamma(a))


@op(**_FLOAT, method=False, vjp=dict(
    other=lambda g, input, other: safe_mul(g, -input * zeta(input + 1, other))))
def zeta(input, other, /):
    """Hurwitz' ζ(s, q) = Σₖ (k + q)⁻ˢ for k from 0 on, with s = input and q = other; Riemann's with
    q = 1.  Its derivative by s is not defined here, as in PyTorch.

    Shape: (*), (*) -> (*), broadcast.  Needs SciPy, the extra special.

    >>> autograd.special.zeta(autograd.tensor([2., 4.]), 1)
    tensor([1.6449, 1.0823])
    """
    return _zeta(input, other)
