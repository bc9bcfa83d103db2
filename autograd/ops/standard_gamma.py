"""Quantiles of the gamma distribution, through which its samples have a gradient; from SciPy."""

from __future__ import annotations

import numpy as np

from ..record import op
from .from_scipy import from_scipy

_quantile, _digamma = from_scipy("gammaincinv"), from_scipy("digamma")
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)
_NODES, _WEIGHTS = (_NODES + 1) / 2, _WEIGHTS / 2
_FAR = 42.0  # e⁻⁴² is below the digits of float64
_LARGE = 10.0


@op(method=False, broadcasts=True, promotes="float", vjp=dict(
    concentration=lambda g, concentration, out: g * gamma_slope(concentration, out)))
def gamma_quantile(concentration, chance, /):
    """The x with P(concentration, x) = chance, where P is the regularised incomplete gamma
    function: of uniform chances these are samples of the gamma distribution of rate 1.

    Shape: (*), (*) -> (*), broadcast.  Needs SciPy, the extra special.

    Its gradient by the concentration is that of P, by the implicit function theorem.
    Reference: Figurnov et al., Implicit Reparameterization Gradients, 2018.
    """
    return _quantile(concentration, chance)


@op(method=False, once=True)
def gamma_slope(concentration, x, /):
    """-∂P(a, x)/∂a / p(x), how fast a sample moves with the concentration a."""
    a, found = np.broadcast_arrays(concentration, x)
    a, found = a.astype(np.float64), found.astype(np.float64)
    out = np.zeros(a.shape)
    power = (a < _LARGE) & (found <= np.maximum(a, 2))
    below = ~power & (found <= a)
    above = ~power & ~below
    rules = ((power, _by_powers), (below, _by_what_is_below), (above, _by_what_is_above))
    for where, rule in rules:
        if where.any():
            out[where] = rule(a[where], found[where])
    return out.astype(concentration.dtype)


def _by_powers(a, x):
    """From P / p = (x/a) Σ xⁿ / (a+1)...(a+n), differentiated term by term."""
    x = np.maximum(x, np.finfo(np.float64).tiny)
    term, harmonic = np.ones_like(a), np.zeros_like(a)
    total, moved = np.ones_like(a), np.zeros_like(a)
    for n in range(1, 90):
        term = term * (x / (a + n))
        harmonic = harmonic + 1 / (a + n)
        total += term
        moved -= term * harmonic
    return -x / a * (total * (np.log(x) - _digamma(a + 1)) + moved)


def _integral(exponent, factor, end):
    """∫ factor(t) exp(exponent(t)) dt from 0 to `end`, one for each element."""
    t = end[:, None] * _NODES
    return end * (factor(t) * np.exp(exponent(t)) * _WEIGHTS).sum(1)


def _end(exponent, guess):
    """Where the exponent, falling from 0 on, has left all digits behind."""
    low, high = np.zeros_like(guess), guess
    while (exponent(high[:, None])[:, 0] > -_FAR).any():
        high = np.where(exponent(high[:, None])[:, 0] > -_FAR, 2 * high, high)
    for _ in range(30):
        middle = (low + high) / 2
        inside = exponent(middle[:, None])[:, 0] > -_FAR
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return high


def _by_what_is_below(a, x):
    """-∫ (ln t - ψ(a)) p(t) dt / p(x) over t < x, with t = x e⁻ᵛ."""
    column, shape, level = x[:, None], a[:, None], (np.log(x) - _digamma(a))[:, None]

    def exponent(v):
        return -shape * v - column * np.expm1(-v)

    return -x * _integral(exponent, lambda v: level - v, _end(exponent, np.ones_like(a)))


def _by_what_is_above(a, x):
    """∫ (ln t - ψ(a)) p(t) dt / p(x) over t > x, with t = x + s."""
    column, shape, level = x[:, None], a[:, None], _digamma(a)[:, None]

    def exponent(s):
        return (shape - 1) * np.log1p(s / column) - s

    return _integral(exponent, lambda s: np.log(column + s) - level,
                     _end(exponent, np.full_like(a, _FAR)))
