"""Logarithms of odds, of sums of exponentials, and times a number: x log y is 0 where x is 0."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..gate import formula, mixing
from ..record import composite, op
from .compare import clamp, where
from .elementwise import in_float32, log, log1p, safe_div, safe_mul

_FLOAT: dict[str, Any] = dict(broadcasts=True, promotes="float")


def _product(logarithm):
    @mixing
    def multiply(input, other):
        other = other if isinstance(other, np.ndarray) else float(other)
        nothing = np.equal(input, 0) & ~np.isnan(other)
        product = np.where(nothing, 0.0, input * logarithm(other))
        return product.astype(np.result_type(input, other), copy=False)

    return multiply


_xlogy, _xlog1py = _product(np.log), _product(np.log1p)


@composite(inplace=True)
@in_float32
def logit(input, eps=None):
    """log(x / (1 - x)), the number whose sigmoid is x, after x was limited to [eps, 1 - eps] where
    eps is given; without it ±inf at 0 and 1, and NaN beyond.

    Shape: (*) -> (*)

    >>> autograd.logit(autograd.tensor([0.5, 0.9]))
    tensor([0.0000, 2.1972])
    """
    return _logit(input if eps is None else clamp(input, eps, 1 - eps))


@op(**_FLOAT, method=False, vjp=dict(input=formula("logit_rule")))
def _logit(input, /):
    with np.errstate(all="ignore"):  # of numbers too
        return _log_odds(input)


_log_odds = formula("logit")


@op(**_FLOAT, inplace=True, vjp=dict(
    input=lambda g, input, other: safe_mul(_unsettled(g, input, other <= 0), log(other)),
    other=lambda g, input, other: safe_div(safe_mul(g, input), other)))
def xlogy(input, other, /):
    """input * log(other), and 0 where input is 0, unless other is NaN.

    Shape: (*), (*) -> (*), broadcast

    >>> autograd.xlogy(autograd.tensor([0., 2.]), autograd.tensor([0., 3.]))
    tensor([0.0000, 2.1972])
    """
    return _xlogy(input, other)


@op(**_FLOAT, method=False, vjp=dict(
    input=lambda g, input, other: safe_mul(_unsettled(g, input, other <= -1), log1p(other)),
    other=lambda g, input, other: safe_div(safe_mul(g, input), other + 1)))
def xlog1py(input, other, /):
    """input * log(1 + other), and 0 where input is 0, unless other is NaN.

    Shape: (*), (*) -> (*), broadcast

    >>> autograd.special.xlog1py(autograd.tensor([0., 2.]), autograd.tensor([-1., 2.]))
    tensor([0.0000, 2.1972])
    """
    return _xlog1py(input, other)


def _unsettled(g, input, outside):
    """g, and 0 where input is 0 and its factor, the logarithm, would be infinite or none."""
    return where((input == 0) & outside, 0.0, g)


@op(**_FLOAT, method=False, vjp=dict(input=lambda g, input: safe_mul(g, -log(input) - 1)))
def entr(input, /):
    """-x log x, the share of an event of probability x in the entropy; 0 at 0, -inf below.

    Shape: (*) -> (*)

    >>> autograd.special.entr(autograd.tensor([0., 0.5, 1.]))
    tensor([0.0000, 0.3466, 0.0000])
    """
    found = np.where(input < 0, input.dtype.type(-np.inf), -_xlogy(input, input))
    return found + input.dtype.type(0)  # no -0.0


@op(**_FLOAT, ufunc=np.logaddexp, kernel="logaddexp", vjp=dict(
    input=formula("logaddexp_rule"),
    other=formula("logaddexp_rule", names=("g", "other", "input"))))
def logaddexp(input, other, /):
    """log(eˣ + eʸ), where neither power needs to fit.  Equal infinities share the gradient.

    Shape: (*), (*) -> (*), broadcast

    >>> autograd.logaddexp(autograd.tensor([0., 1000.]), autograd.tensor([0., 1000.]))
    tensor([   0.6931, 1000.6932])
    """


@op(**_FLOAT, ufunc=np.logaddexp2, kernel="logaddexp2", vjp=dict(
    input=formula("logaddexp2_rule"),
    other=formula("logaddexp2_rule", names=("g", "other", "input"))))
def logaddexp2(input, other, /):
    """log₂(2ˣ + 2ʸ), where neither power needs to fit; see logaddexp.

    Shape: (*), (*) -> (*), broadcast

    >>> autograd.logaddexp2(autograd.tensor([0., 3.]), autograd.tensor([0., 3.]))
    tensor([1., 4.])
    """
