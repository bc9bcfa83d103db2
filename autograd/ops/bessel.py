"""Bessel's functions of whole orders, Airy's, and sin(x) / x; from SciPy.

Each kind is one op of x and an order n, whose derivative is given by its neighbours:

    fₙ' = s fₙ + (p fₙ₋₁ + q fₙ₊₁) / 2,  and f₋₁ = p q f₁
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi
from typing import NamedTuple

import numpy as np

from ..record import composite, op
from .elementwise import safe_mul, sign
from .from_scipy import from_scipy, in_double, scipys

_SMALL = 1e-8  # the square of which is nothing beside 1


class _Kind(NamedTuple):
    """SciPy's functions of orders 0, 1 and any, p and q, and s as a function of x."""

    first: tuple[str, str]
    any: str
    p: int
    q: int
    own: Callable | None = None

    def __call__(self, n: int, x):
        return from_scipy(self.first[n])(x) if n < 2 else from_scipy(self.any)(n, x)


KINDS = {
    "j": _Kind(("j0", "j1"), "jv", 1, -1),
    "y": _Kind(("y0", "y1"), "yn", 1, -1),
    "i": _Kind(("i0", "i1"), "iv", 1, 1),
    "k": _Kind(("k0", "k1"), "kn", -1, -1),
    "scaled i": _Kind(("i0e", "i1e"), "ive", 1, 1, lambda x: -sign(x)),
    "scaled k": _Kind(("k0e", "k1e"), "kve", -1, -1, lambda x: 1.0),
}


@op(promotes="float", method=False, vjp=dict(
    input=lambda g, input, kind, n: safe_mul(g, _slope(input, kind, n))))
def _bessel(input, /, kind, n):
    return KINDS[kind](n, input)


def _slope(x, kind: str, n: int):
    p, q, own = KINDS[kind][2:]
    if n == 0:
        slope = _bessel(x, kind, 1) * q
    elif n == 1 and kind in ("i", "scaled i") and x.__class__ is np.ndarray:
        slope = _bessel(x, kind, 0) - _over(_bessel(x, kind, 1), x)
    else:
        slope = (_bessel(x, kind, n - 1) * p + _bessel(x, kind, n + 1) * q) * 0.5
    return slope if own is None else slope + own(x) * _bessel(x, kind, n)


def _over(first, x):
    """I₁(x) / x: its neighbours' rule without an order of 2, which takes long."""
    small = np.absolute(x) < _SMALL  # where I₁ is x / 2, if it is a number at all
    fits = ~small & np.isfinite(first) & ~np.isinf(x)
    return np.where(fits, first / np.where(fits, x, 1), small * x.dtype.type(0.5))


def _of_order(name: str, kind: str, n: int, text: str, value: float, **options):
    """The function of one kind and order, with its value at 1 as an example."""
    def function(input):
        return _bessel(input, kind, n)

    function.__name__ = name
    function.__doc__ = f"""{text}

    Shape: (*) -> (*).  Needs SciPy, the extra special.

    >>> autograd.special.{name}(autograd.tensor(1.))
    tensor({value:.4f})
    """
    return composite(**{"method": False, **options})(function)


bessel_j0 = _of_order("bessel_j0", "j", 0, "J₀(x), Bessel's function of the first kind.", 0.7652)
bessel_j1 = _of_order("bessel_j1", "j", 1, "J₁(x), Bessel's function of the first kind.", 0.4401)
bessel_y0 = _of_order("bessel_y0", "y", 0, "Y₀(x), Bessel's function of the second kind.", 0.0883)
bessel_y1 = _of_order("bessel_y1", "y", 1, "Y₁(x), Bessel's function of the second kind.", -0.7812)
modified_bessel_k0 = _of_order("modified_bessel_k0", "k", 0,
                               "K₀(x), the modified one of the second kind.", 0.4210)
modified_bessel_k1 = _of_order("modified_bessel_k1", "k", 1,
                               "K₁(x), the modified one of the second kind.", 0.6019)
scaled_modified_bessel_k0 = _of_order("scaled_modified_bessel_k0", "scaled k", 0,
                                      "eˣ K₀(x), which is never too small for a number.", 1.1445)
scaled_modified_bessel_k1 = _of_order("scaled_modified_bessel_k1", "scaled k", 1,
                                      "eˣ K₁(x), which is never too small for a number.", 1.6362)
i0 = _of_order("i0", "i", 0, "I₀(x), the modified Bessel function of the first kind.", 1.2661,
               method=True, inplace=True)
i1 = _of_order("i1", "i", 1, "I₁(x), the modified Bessel function of the first kind.", 0.5652)
i0e = _of_order("i0e", "scaled i", 0,
                "exp(-|x|) I₀(x), which is never too large for a number.", 0.4658)
i1e = _of_order("i1e", "scaled i", 1,
                "exp(-|x|) I₁(x), which is never too large for a number.", 0.2079)
modified_bessel_i0, modified_bessel_i1 = i0, i1


@op(promotes="float", method=False, vjp=dict(input=lambda g, input, n: safe_mul(
    g, _spherical(input, 1) * -1 if n == 0
    else (_spherical(input, n - 1) * n - _spherical(input, n + 1) * (n + 1)) * (1 / (2 * n + 1)))))
def _spherical(input, /, n):
    return _WAVES[n](input) if n < 2 else _jn(n, input)


@in_double
def _wave(x):
    """sin(x) / x, 1 at 0 and 0 far out."""
    ends = (x == 0) | np.isinf(x)
    safe = np.where(ends, 1.0, x)
    return np.where(ends, x == 0, np.sin(safe) / safe)


@in_double
def _next_wave(x):
    """(sin(x) / x - cos(x)) / x, near 0 by its series, and 0 far out."""
    near = np.absolute(x) < 1
    square = np.where(near, x * x, 0.0) * -0.5
    series = np.ones_like(x)
    for k in range(9, 0, -1):
        series = 1 + series * square / (k * (2 * k + 3))
    ends = near | np.isinf(x)
    safe = np.where(ends, 1.0, x)
    far = (np.sin(safe) / safe - np.cos(safe)) / safe
    return np.where(near, x * series / 3, np.where(ends, 0.0, far))


_WAVES = (_wave, _next_wave)
_jn = from_scipy("spherical_jn")
_sinc = in_double(np.sinc)


@composite(method=False)
def spherical_bessel_j0(input):
    """j₀(x) = sin(x) / x, and 1 at 0.

    Shape: (*) -> (*).  Its second gradient needs SciPy, the extra special.

    >>> autograd.special.spherical_bessel_j0(autograd.tensor(1.))
    tensor(0.8415)
    """
    return _spherical(input, 0)


@op(promotes="float", inplace=True, vjp=dict(
    input=lambda g, input: safe_mul(g, _spherical(input * pi, 1) * -pi)))
def sinc(input, /):
    """sin(πx) / (πx), and 1 at 0.

    Shape: (*) -> (*).  Its second gradient needs SciPy, the extra special.

    >>> autograd.sinc(autograd.tensor([0., 0.5]))
    tensor([1.0000, 0.6366])
    """
    return _sinc(input)


@op(promotes="float", method=False, vjp=dict(
    input=lambda g, input, n: safe_mul(
        g, _airy(input, 0) * input if n else _airy(input, 1))))
def _airy(input, /, n):
    return _one_of_airys(input, n)


@in_double
def _one_of_airys(input, n):
    return np.where(input > 200, 0.0, scipys("special", "airy")(input)[n])  # SciPy's ends in NaN


@composite(method=False)
def airy_ai(input):
    """Ai(x), Airy's function, which solves f'' = x f and falls to 0.

    Shape: (*) -> (*).  Needs SciPy, the extra special.

    >>> autograd.special.airy_ai(autograd.tensor([0., 1.]))
    tensor([0.3550, 0.1353])
    """
    return _airy(input, 0)
