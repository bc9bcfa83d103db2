"""Random numbers of distributions that few programs draw from; see `sampling`."""

from __future__ import annotations

import numpy as np

from .boundary import guarded
from .creation import _number
from .errors import describe
from .sampling import _check_range, _fill_method, _float, _integer, numpy_generator
from .tensors import Tensor, wrap


@guarded
def poisson(input: Tensor, generator=None) -> Tensor:
    """Numbers of events where `input`, floats ≥ 0, are expected; no gradient.

    Shape: (*) -> (*), of input's dtype

    >>> autograd.poisson(autograd.tensor([0., 0.]))
    tensor([0., 0.])
    """
    _floats("poisson", "rates", input)
    wrong = input._array[~((input._array >= 0) & np.isfinite(input._array))]
    if wrong.size:
        raise ValueError(f"poisson: rates must be finite and not negative, got {wrong.flat[0]}")
    drawn = numpy_generator(generator, "poisson").poisson(input._array.astype(np.float64))
    return wrap(np.asarray(drawn).astype(input.dtype))


@guarded
def binomial(count: Tensor, prob: Tensor, generator=None) -> Tensor:
    """How many of `count` trials succeed, each with probability `prob`; both floats, no gradient.

    Shape: (*), (*) -> (*), broadcast

    >>> autograd.binomial(autograd.tensor([3., 5.]), autograd.tensor([0., 1.]))
    tensor([0., 5.])
    """
    _floats("binomial", "counts", count)
    _floats("binomial", "probabilities", prob)
    n, p = count._array, prob._array
    if n.dtype is not p.dtype:
        raise TypeError(f"binomial: count and prob need one dtype, got {n.dtype} and {p.dtype}")
    for wrong, what in ((n[~((n >= 0) & (n < 2**62))], "counts must be finite and not negative"),
                        (p[~((p >= 0) & (p <= 1))], "probabilities must lie in [0, 1]")):
        if wrong.size:
            raise ValueError(f"binomial: {what}, got {wrong.flat[0]}")
    drawn = numpy_generator(generator, "binomial").binomial(n.astype(np.int64), p)
    return wrap(np.asarray(drawn).astype(n.dtype))


def _floats(name: str, what: str, input) -> None:
    if not isinstance(input, Tensor) or input.dtype.kind != "f":
        raise TypeError(f"{name}: {what} of a floating dtype are needed, got {describe(input)}")


def _above_zero(name: str, what: str, value) -> float:
    number = _number(name, what, value)
    if not number > 0:
        raise ValueError(f"{name}: {what} must be above 0, got {number}")
    return number


def _geometric(self, source, p):
    """Overwrite with the number of trials up to the first that succeeds, each with probability
    0 < p < 1."""
    p = _number("geometric_", "p", p)
    if not 0 < p < 1:
        raise ValueError(f"geometric_: p must lie between 0 and 1, got {p}")
    return source.geometric(p, self.shape)


def _exponential(self, source, lambd=1.0):
    """Overwrite with numbers > 0 of density lambd exp(-lambd x)."""
    dtype, rate = _float("exponential_", self.dtype), _above_zero("exponential_", "lambd", lambd)
    drawn = np.asarray(source.standard_exponential(self.shape) / rate, dtype)
    return np.maximum(drawn, np.finfo(dtype).smallest_subnormal)


def _cauchy(self, source, median=0.0, sigma=1.0):
    """Overwrite with Cauchy's numbers, median + sigma tan(π (u - ½)) with u uniform in [0, 1)."""
    _float("cauchy_", self.dtype)
    sigma = _above_zero("cauchy_", "sigma", sigma)
    return source.standard_cauchy(self.shape) * sigma + _number("cauchy_", "median", median)


def _log_normal(self, source, mean=1.0, std=2.0):
    """Overwrite with numbers whose logarithms are normal, of this mean and std."""
    _float("log_normal_", self.dtype)
    std = _above_zero("log_normal_", "std", std)
    return source.lognormal(_number("log_normal_", "mean", mean), std, self.shape)


def _random(self, source, from_=None, to=None):
    """Overwrite with integers: random_(from_, to) in [from_, to), random_(to) in [0, to), and
    random_() from 0 to the dtype's largest, or up to where a float dtype has every integer."""
    low, high = (0, from_) if to is None else (from_ or 0, to)
    if high is None:
        last = _last(self.dtype)
    else:
        low, last = (_integer("random_", "a bound", bound) for bound in (low, high))
        last -= 1
        if last < low:
            raise ValueError(f"random_: from_ {low} must be below to {last + 1}")
        _check_range("random_", low, last, self.dtype)
    return source.integers(low, last, self.shape, endpoint=True)


def _last(dtype: np.dtype) -> int:
    if dtype.kind == "f":
        return 2 ** (np.finfo(dtype).nmant + 1)
    return 1 if dtype.kind == "b" else int(np.iinfo(dtype).max)


for _name, _function in dict(geometric=_geometric, exponential=_exponential, cauchy=_cauchy,
                             log_normal=_log_normal, random=_random).items():
    setattr(Tensor, _name + "_", _fill_method(_name, _function))
