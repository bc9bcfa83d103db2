"""Families of orthogonal polynomials, of degree n; from SciPy.  They have no gradient here, as they
have none in PyTorch; `pow` and sums do.
"""

from __future__ import annotations

import numpy as np

from ..record import composite, op
from .from_scipy import from_scipy


def _second(ahead: int):
    """Uₙ + ahead * Uₙ₋₁, which is V for -1 and W for 1."""
    second = from_scipy("eval_chebyu")

    def evaluate(n, x):
        return second(n, x) + ahead * np.where(n > 0, second(np.maximum(n - 1, 0), x), 0)

    return evaluate


FAMILIES = {  # how it is computed, what it is, and that of degree 2 at 0.5
    "chebyshev_polynomial_t": (
        from_scipy("eval_chebyt"), "Tₙ(x): cos(nθ) with x = cos θ", "-0.5000"),
    "chebyshev_polynomial_u": (
        from_scipy("eval_chebyu"), "Uₙ(x): sin((n + 1)θ) / sin(θ) with x = cos θ", "0."),
    "chebyshev_polynomial_v": (
        _second(-1), "Vₙ(x): cos((n + ½)θ) / cos(θ / 2) with x = cos θ", "-1."),
    "chebyshev_polynomial_w": (
        _second(1), "Wₙ(x): sin((n + ½)θ) / sin(θ / 2) with x = cos θ", "1."),
    "hermite_polynomial_h": (
        from_scipy("eval_hermite"), "Hₙ(x), Hermite's for the weight exp(-x²)", "-1."),
    "hermite_polynomial_he": (
        from_scipy("eval_hermitenorm"), "Heₙ(x), Hermite's for the weight exp(-x²/2)", "-0.7500"),
    "laguerre_polynomial_l": (
        from_scipy("eval_laguerre"), "Lₙ(x), Laguerre's for the weight exp(-x)", "0.1250"),
    "legendre_polynomial_p": (
        from_scipy("eval_legendre"), "Pₙ(x), Legendre's for the weight 1 on [-1, 1]", "-0.1250"),
}


@op(promotes="float", method=False)
def _polynomial(input, n, /, family):
    degree = np.asarray(n).astype(np.int64)
    found = FAMILIES[family][0](np.maximum(degree, 0), np.asarray(input, np.float64))
    return np.where(degree < 0, 0.0, found).astype(np.result_type(input, n))


def _declared(name: str, family: str, text: str, value: str, of=lambda x: x):
    def function(input, n):
        return _polynomial(of(input), n, family)

    function.__name__ = name
    function.__doc__ = f"""{text}; 0 where n < 0.

    Shape: (*), (*) -> (*), broadcast.  Needs SciPy, the extra special.

    >>> autograd.special.{name}(autograd.tensor([0.5]), 2)
    tensor([{value}])
    """
    return composite(method=False)(function)


for _name, (_, _text, _value) in FAMILIES.items():
    globals()[_name] = _declared(_name, _name, _text, _value)
for _kind in "tuvw":  # of 2x - 1
    _family = f"chebyshev_polynomial_{_kind}"
    _text = FAMILIES[_family][1].replace("x", "2x - 1")
    globals()[f"shifted_{_family}"] = _declared(f"shifted_{_family}", _family, _text, "-1.",
                                                lambda x: x * 2 - 1)
