"""The Kullback-Leibler divergence of two distributions."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, log, pi
from typing import Any

import autograd
from autograd.tensors import Tensor

from .bernoulli import Bernoulli
from .beta import Beta
from .binomial import Binomial
from .categorical import Categorical
from .cauchy import Cauchy
from .dirichlet import Dirichlet
from .distribution import Distribution
from .exponential import Exponential
from .gamma import Gamma
from .geometric import Geometric
from .gumbel import EULER, Gumbel
from .half_normal import HalfNormal
from .independent import Independent
from .laplace import Laplace
from .multivariate_normal import MultivariateNormal, half_log_det, mahalanobis
from .normal import Normal
from .one_hot_categorical import OneHotCategorical
from .poisson import Poisson
from .transformed_distribution import TransformedDistribution
from .uniform import Uniform
from .utils import sum_rightmost

_RULES: dict[tuple[type, type], Callable[..., Any]] = {}


def register_kl(type_p: type, type_q: type) -> Callable[..., Any]:
    """Decorates the function (p, q) that gives the divergence of distributions of these types, and
    of their subclasses that have none of their own."""
    for kind in (type_p, type_q):
        if not (isinstance(kind, type) and issubclass(kind, Distribution)):
            raise TypeError(f"register_kl: a subclass of Distribution is needed, got {kind!r}")

    def keep(function: Callable[..., Any]) -> Callable[..., Any]:
        _RULES[type_p, type_q] = function
        return function

    return keep


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """KL(p ‖ q) = E_p[log p(x) - log q(x)].
    Raises: NotImplementedError for a pair of types that has no rule; register_kl gives it one.

    >>> d = autograd.distributions
    >>> d.kl_divergence(d.Normal(1.0, 1.0), d.Normal(0.0, 1.0))
    tensor(0.5000)
    """
    for first in type(p).__mro__:
        for second in type(q).__mro__:
            if (first, second) in _RULES:
                return _RULES[first, second](p, q)
    raise NotImplementedError(f"kl_divergence: no rule for {type(p).__name__} and "
                              f"{type(q).__name__}; register_kl gives them one")


@register_kl(Normal, Normal)
def _normals(p: Normal, q: Normal) -> Tensor:
    ratio = (p.scale / q.scale).square()
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale).square() - 1 - ratio.log())


@register_kl(MultivariateNormal, MultivariateNormal)
def _vectors(p: MultivariateNormal, q: MultivariateNormal) -> Tensor:
    if p.event_shape != q.event_shape:
        raise ValueError(f"kl_divergence: events of {tuple(p.event_shape)} and "
                         f"{tuple(q.event_shape)} have different sizes")
    shape = autograd.broadcast_shapes(p.batch_shape, q.batch_shape)
    size = p.event_shape[0]
    tril_p, tril_q = (d.scale_tril.expand(*shape, size, size) for d in (p, q))
    spread = autograd.linalg.solve_triangular(tril_q, tril_p, upper=False).square().sum((-2, -1))
    return (half_log_det(tril_q) - half_log_det(tril_p)
            + 0.5 * (spread + mahalanobis(tril_q, q.loc - p.loc) - size))


@register_kl(Bernoulli, Bernoulli)
def _bernoullis(p: Bernoulli, q: Bernoulli) -> Tensor:
    zero, one = autograd.zeros_like(p.logits), p.probs
    term = one * (autograd.logaddexp(-q.logits, zero) - autograd.logaddexp(-p.logits, zero))
    term = autograd.where(p.probs == 0, 0.0, autograd.where(q.probs == 0, inf, term))
    other = (1 - one) * (q._softplus - p._softplus)
    other = autograd.where(p.probs == 1, 0.0, autograd.where(q.probs == 1, inf, other))
    return term + other


@register_kl(Binomial, Binomial)
def _binomials(p: Binomial, q: Binomial) -> Tensor:
    if bool((p.total_count < q.total_count).any()):
        raise NotImplementedError("kl_divergence: of Binomials whose total_count differ it is not "
                                  "defined here")
    kl = p.total_count * (p.probs * (p.logits - q.logits) - p._softplus + q._softplus)
    return autograd.where(p.total_count > q.total_count, inf, kl)


@register_kl(Geometric, Geometric)
def _geometrics(p: Geometric, q: Geometric) -> Tensor:
    return -p.entropy() - autograd.log1p(-q.probs) / p.probs - q.logits


@register_kl(Categorical, Categorical)
def _categoricals(p: Categorical, q: Categorical) -> Tensor:
    term = p.probs * (p.logits - q.logits)
    term = autograd.where(q.probs == 0, inf, term)
    return autograd.where(p.probs == 0, 0.0, term).sum(-1)


@register_kl(OneHotCategorical, OneHotCategorical)
def _one_hots(p: OneHotCategorical, q: OneHotCategorical) -> Tensor:
    return _categoricals(p._categorical, q._categorical)


@register_kl(Poisson, Poisson)
def _poissons(p: Poisson, q: Poisson) -> Tensor:
    return p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@register_kl(Gamma, Gamma)
def _gammas(p: Gamma, q: Gamma) -> Tensor:
    a, b = p.concentration, q.concentration
    return (b * (p.rate / q.rate).log() + autograd.lgamma(b) - autograd.lgamma(a)
            + (a - b) * autograd.digamma(a) + (q.rate - p.rate) * (a / p.rate))


@register_kl(Exponential, Gamma)
def _exponential_gamma(p: Exponential, q: Gamma) -> Tensor:
    return _gammas(Gamma(autograd.ones_like(p.rate), p.rate, False), q)


@register_kl(Gamma, Exponential)
def _gamma_exponential(p: Gamma, q: Exponential) -> Tensor:
    return _gammas(p, Gamma(autograd.ones_like(q.rate), q.rate, False))


@register_kl(Exponential, Exponential)
def _exponentials(p: Exponential, q: Exponential) -> Tensor:
    ratio = q.rate / p.rate
    return -ratio.log() + ratio - 1


@register_kl(Beta, Beta)
def _betas(p: Beta, q: Beta) -> Tensor:
    lgamma, psi = autograd.lgamma, autograd.digamma
    total_p, total_q = (d.concentration1 + d.concentration0 for d in (p, q))
    norms = (lgamma(q.concentration1) + lgamma(q.concentration0) + lgamma(total_p)
             - lgamma(p.concentration1) - lgamma(p.concentration0) - lgamma(total_q))
    return (norms + (p.concentration1 - q.concentration1) * psi(p.concentration1)
            + (p.concentration0 - q.concentration0) * psi(p.concentration0)
            + (total_q - total_p) * psi(total_p))


@register_kl(Dirichlet, Dirichlet)
def _dirichlets(p: Dirichlet, q: Dirichlet) -> Tensor:
    a, b, lgamma = p.concentration, q.concentration, autograd.lgamma
    total = a.sum(-1)
    moved = (a - b) * (autograd.digamma(a) - autograd.digamma(total).unsqueeze(-1))
    return (lgamma(total) - lgamma(b.sum(-1)) - (lgamma(a) - lgamma(b)).sum(-1) + moved.sum(-1))


@register_kl(Laplace, Laplace)
def _laplaces(p: Laplace, q: Laplace) -> Tensor:
    ratio, away = p.scale / q.scale, (p.loc - q.loc).abs()
    return -ratio.log() + away / q.scale + ratio * autograd.exp(-away / p.scale) - 1


@register_kl(Gumbel, Gumbel)
def _gumbels(p: Gumbel, q: Gumbel) -> Tensor:
    ratio = p.scale / q.scale
    away = (q.loc - p.loc) / q.scale
    return (-ratio.log() - away + ratio * EULER
            + autograd.exp(away + autograd.lgamma(1 + ratio)) - (1 + EULER))


@register_kl(Cauchy, Cauchy)
def _cauchys(p: Cauchy, q: Cauchy) -> Tensor:
    term = (p.scale + q.scale).square() + (p.loc - q.loc).square()
    return term.log() - autograd.log(4 * p.scale * q.scale)


@register_kl(HalfNormal, HalfNormal)
def _half_normals(p: HalfNormal, q: HalfNormal) -> Tensor:
    return _normals(Normal(0.0, p.scale, False), Normal(0.0, q.scale, False))


@register_kl(Uniform, Uniform)
def _uniforms(p: Uniform, q: Uniform) -> Tensor:
    kl = autograd.log((q.high - q.low) / (p.high - p.low))
    return autograd.where((q.low > p.low) | (q.high < p.high), inf, kl)


@register_kl(Uniform, Normal)
def _uniform_normal(p: Uniform, q: Normal) -> Tensor:
    width = p.high - p.low
    spread = width.square() / 12 + ((p.high + p.low - 2 * q.loc) / 2).square()
    return autograd.log((2 * pi) ** 0.5 * q.scale / width) + spread / (2 * q.scale.square())


@register_kl(Laplace, Normal)
def _laplace_normal(p: Laplace, q: Normal) -> Tensor:
    ratio = (p.scale / q.scale).square()
    return (-0.5 * autograd.log(2 * ratio / pi) + ratio
            + 0.5 * ((p.loc - q.loc) / q.scale).square() - 1)


@register_kl(Exponential, Normal)
def _exponential_normal(p: Exponential, q: Normal) -> Tensor:
    away = (p.mean - q.loc).square() + p.variance
    return (p.rate * q.scale).log() + 0.5 * log(2 * pi) - 1 + away / (2 * q.scale.square())


@register_kl(Gamma, Normal)
def _gamma_normal(p: Gamma, q: Normal) -> Tensor:
    away = (p.mean - q.loc).square() + p.variance
    return (-p.entropy() + q.scale.log() + 0.5 * log(2 * pi) + away / (2 * q.scale.square()))


@register_kl(Independent, Independent)
def _independents(p: Independent, q: Independent) -> Tensor:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError("kl_divergence: two Independent need equal numbers of "
                                  "reinterpreted dimensions")
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)


@register_kl(TransformedDistribution, TransformedDistribution)
def _transformed(p: TransformedDistribution, q: TransformedDistribution) -> Tensor:
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError("kl_divergence: of two transformed distributions it is defined "
                                  "where their transforms and events are equal")
    more = len(p.event_shape) - len(p.base_dist.event_shape)
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), more)
