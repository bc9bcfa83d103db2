"""Distributions: densities against SciPy's, samples by their moments, gradients of samples,
transforms against derivatives, and what is refused."""

import numpy as np
import pytest
from scipy import integrate, stats

import autograd
from autograd import distributions as d
from tests.test_lazy import fresh

f64 = dict(dtype=autograd.float64)


def t(*values):
    return autograd.tensor(values if len(values) > 1 else values[0], **f64)


# a distribution and SciPy's
KNOWN = [
    (d.Normal(t(0.5), t(1.5)), stats.norm(0.5, 1.5)),
    (d.LogNormal(t(0.2), t(0.4)), stats.lognorm(0.4, scale=np.exp(0.2))),
    (d.HalfNormal(t(1.5)), stats.halfnorm(scale=1.5)),
    (d.Laplace(t(0.5), t(1.5)), stats.laplace(0.5, 1.5)),
    (d.Cauchy(t(0.5), t(1.5)), stats.cauchy(0.5, 1.5)),
    (d.Gumbel(t(0.5), t(1.5)), stats.gumbel_r(0.5, 1.5)),
    (d.Exponential(t(2.5)), stats.expon(scale=1 / 2.5)),
    (d.Uniform(t(-1.0), t(3.0)), stats.uniform(-1, 4)),
    (d.Gamma(t(0.6), t(2.0)), stats.gamma(0.6, scale=0.5)),
    (d.Gamma(t(25.0), t(2.0)), stats.gamma(25, scale=0.5)),
    (d.Chi2(t(7.0)), stats.chi2(7)),
    (d.Beta(t(0.7), t(2.0)), stats.beta(0.7, 2)),
    (d.StudentT(t(12.0), t(0.5), t(1.5)), stats.t(12, 0.5, 1.5)),
    (d.TransformedDistribution(d.Normal(t(1.0), t(0.5)), [d.AffineTransform(2.0, -3.0)]),
     stats.norm(-1.0, 1.5)),
    (d.HalfCauchy(t(1.5)), stats.halfcauchy(scale=1.5)),
    (d.InverseGamma(t(3.5), t(2.0)), stats.invgamma(3.5, scale=2)),
    (d.Pareto(t(1.5), t(4.5)), stats.pareto(4.5, scale=1.5)),
    (d.Weibull(t(1.5), t(2.5)), stats.weibull_min(2.5, scale=1.5)),
    (d.NegativeBinomial(t(3.5), t(0.3)), stats.nbinom(3.5, 0.7)),
    (d.Bernoulli(t(0.3)), stats.bernoulli(0.3)),
    (d.Geometric(t(0.3)), stats.geom(0.3, loc=-1)),
    (d.Binomial(7, t(0.3)), stats.binom(7, 0.3)),
    (d.Poisson(t(2.5)), stats.poisson(2.5)),
]
NAMES = [f"{type(ours).__name__}{i}" for i, (ours, _) in enumerate(KNOWN)]


def moment(ours, name):
    try:
        return getattr(ours, name).item()
    except NotImplementedError:
        return None


@pytest.mark.parametrize("ours, theirs", KNOWN, ids=NAMES)
def test_density_distribution_and_moments(ours, theirs):
    counts = hasattr(theirs.dist, "pmf")
    values = np.unique(theirs.ppf([0.01, 0.2, 0.5, 0.9, 0.99]))
    log = theirs.logpmf if counts else theirs.logpdf
    np.testing.assert_allclose(ours.log_prob(autograd.tensor(values)), log(values), 1e-10, 1e-11)
    for name, wanted in (("mean", theirs.mean()), ("variance", theirs.var())):
        found = moment(ours, name)
        if found is not None and np.isfinite(wanted):
            np.testing.assert_allclose(found, wanted, 1e-11)
    for call, wanted in ((lambda: ours.cdf(autograd.tensor(values)), theirs.cdf(values)),
                         (lambda: ours.icdf(t(0.2, 0.9)), theirs.ppf([0.2, 0.9])),
                         (ours.entropy, theirs.entropy())):
        try:
            np.testing.assert_allclose(call(), wanted, 1e-9, 1e-12)
        except NotImplementedError:
            assert call is not ours.entropy or type(ours) in (
                d.Poisson, d.NegativeBinomial, d.TransformedDistribution)


@pytest.mark.parametrize("ours, theirs", KNOWN, ids=NAMES)
def test_samples_have_the_distribution(ours, theirs):
    """By the largest distance of distribution functions, or of the counts' shares."""
    autograd.manual_seed(5)
    drawn = ours.sample((4000,)).numpy()
    assert drawn.dtype == np.float64 and not ours.sample().requires_grad
    if hasattr(theirs.dist, "pmf"):
        values = np.arange(0, theirs.ppf(0.99))
        shares = (drawn[:, None] == values).mean(0)
        np.testing.assert_allclose(shares, theirs.pmf(values), 0, 0.03)
    else:
        assert stats.kstest(drawn, theirs.cdf).statistic < 0.028  # 1 of 300 would be above


VECTORS = [
    (d.MultivariateNormal(t(1.0, -1.0), t([2.0, 0.6], [0.6, 1.0])), [1, -1], [2, 1]),
    (d.Dirichlet(t(0.5, 2.0, 1.5)), np.array([0.5, 2, 1.5]) / 4, None),
    (d.OneHotCategorical(t(1.0, 3.0)), [0.25, 0.75], [3 / 16, 3 / 16]),
    (d.Multinomial(6, t(1.0, 3.0)), [1.5, 4.5], [9 / 8, 9 / 8]),
    (d.Independent(d.Normal(t(0.0, 2.0), t(1.0, 0.5)), 1), [0, 2], [1, 0.25]),
    (d.MixtureSameFamily(d.Categorical(t(1.0, 3.0)), d.Normal(t(-2.0, 2.0), t(1.0, 0.5))), 1.0,
     0.25 * 10 + 0.75 * 1.25),
    (d.MixtureSameFamily(d.Categorical(t(1.0, 3.0)), d.Independent(
        d.Normal(t([-2.0, 0.0], [2.0, 1.0]), t(0.5)), 1)), [1.0, 0.75], None),
]


@pytest.mark.parametrize("ours, mean, variance", VECTORS)
def test_samples_of_vectors_and_mixtures(ours, mean, variance):
    autograd.manual_seed(6)
    drawn = ours.sample((4000,))
    assert drawn.shape == (4000, *ours.batch_shape, *ours.event_shape)
    wanted = ours.variance.numpy() if variance is None else variance
    np.testing.assert_allclose(ours.mean, mean, 1e-12)
    np.testing.assert_allclose(ours.variance, wanted, 1e-12)
    np.testing.assert_allclose(drawn.numpy().mean(0), mean, 0, 0.09)
    np.testing.assert_allclose(drawn.numpy().var(0), wanted, 0.12)
    assert np.isfinite(ours.log_prob(drawn).numpy()).all()


def test_relaxed_samples_come_near_what_they_stand_for():
    autograd.manual_seed(9)
    for made, share in ((d.RelaxedBernoulli(t(0.01), t(0.3)), lambda x: x),
                        (d.RelaxedOneHotCategorical(t(0.01), t(0.3, 0.7)), lambda x: x[..., 0])):
        drawn = share(made.rsample((4000,))).numpy()
        assert ((drawn < 0.01) | (drawn > 0.99)).mean() > 0.9
        np.testing.assert_allclose(drawn.mean(), 0.3, 0, 0.03)
    logits = autograd.tensor([0.2, -0.4], requires_grad=True)
    d.RelaxedOneHotCategorical(0.7, logits=logits).rsample((5,))[:, 0].sum().backward()
    assert (logits.grad.numpy() * [1, -1] > 0).all()


def test_categories_come_as_often_as_they_should():
    autograd.manual_seed(7)
    rows = t([1.0, 0.0, 3.0], [2.0, 2.0, 0.0])
    drawn = d.Categorical(rows).sample((4000,))
    assert drawn.dtype == autograd.int64 and drawn.shape == (4000, 2)
    for row, shares in enumerate(([0.25, 0, 0.75], [0.5, 0.5, 0])):
        found = np.bincount(drawn[:, row].numpy(), minlength=3) / 4000
        np.testing.assert_allclose(found, shares, 0, 0.03)
        assert found[np.array(shares) == 0] == 0
    assert d.Categorical(logits=t(0.0, 1.0)).log_prob(autograd.tensor([[0], [1]])).shape == (2, 1)


# what is drawn, the parameter, and the derivative of the expectation of f by it
REPARAMETRISED = [
    (lambda p: d.Normal(p, p), 1.5, lambda x: x.square(), 4 * 1.5),
    (lambda p: d.Gamma(p, 2.0), 0.4, lambda x: x, 0.5),
    (lambda p: d.Gamma(p, 2.0), 14.0, lambda x: x.square(), (2 * 14 + 1) / 4),
    (lambda p: d.Beta(p, 2.0), 1.5, lambda x: x, 2 / 3.5**2),
    (lambda p: d.Dirichlet(autograd.stack([p, p * 0 + 2.0])), 1.5, lambda x: x[..., 0],
     2 / 3.5**2),
    (lambda p: d.StudentT(p, 0.0, 1.0), 9.0, lambda x: x.square(), -2 / 7**2),
    (lambda p: d.Laplace(0.0, p), 1.5, lambda x: x.abs(), 1.0),
    (lambda p: d.Gumbel(0.0, p), 1.5, lambda x: x, np.euler_gamma),
    (lambda p: d.Exponential(p), 1.5, lambda x: x, -1 / 1.5**2),
    (lambda p: d.LogNormal(p, 0.5), 0.5, lambda x: x, np.exp(0.625)),
    (lambda p: d.Uniform(0.0, p), 1.5, lambda x: x, 0.5),
    (lambda p: d.HalfNormal(p), 1.5, lambda x: x, np.sqrt(2 / np.pi)),
    (lambda p: d.MultivariateNormal(t(0.0, 0.0), scale_tril=autograd.eye(2, **f64) * p), 1.5,
     lambda x: x.square().sum(-1), 2 * 2 * 1.5),
]


@pytest.mark.parametrize("make, at, function, slope", REPARAMETRISED)
def test_samples_carry_gradients(make, at, function, slope):
    autograd.manual_seed(8)
    p = autograd.tensor(at, **f64, requires_grad=True)
    each = function(make(p).rsample((30000,)))
    found, = autograd.grad(each.mean(), p)
    np.testing.assert_allclose(found.item(), slope, 0.12)


def test_gamma_samples_move_as_the_quantiles_do():
    """Over the whole range of concentrations, small and large, and of chances."""
    from scipy.special import gammaincinv

    from autograd.ops.standard_gamma import gamma_slope

    whole = np.array([1e-6, 0.01, 0.3, 0.6, 0.99, 1 - 1e-6])
    for a in (0.05, 0.6, 1.0, 3.0, 9.9, 10.0, 40.0, 1e3, 1e6, 3e7):
        chances = whole if a < 1e7 else whole[1:5]  # where SciPy's quantiles have their digits
        x, h = gammaincinv(a, chances), 1e-3 * a
        near = [np.log(gammaincinv(a + k * h, chances)) for k in (-2, -1, 1, 2)]
        wanted = x * (8 * (near[2] - near[1]) - (near[3] - near[0])) / (12 * h)
        found = gamma_slope(np.full(x.shape, a), x)
        np.testing.assert_allclose(found, wanted, 1e-6 if a < 1 or a > 1e5 else 1e-9)
    with pytest.raises(RuntimeError, match="gamma_slope: .* differentiated no further"):
        p = autograd.tensor(2.0, requires_grad=True)
        first, = autograd.grad(d.Gamma(p, 1.0).rsample(), p, create_graph=True)
        first.backward()


TRANSFORMS = [d.ExpTransform(), d.SigmoidTransform(), d.TanhTransform(), d.SoftplusTransform(),
              d.AffineTransform(1.0, -2.5), d.PowerTransform(t(1.7)), d.ExpTransform().inv,
              d.ComposeTransform([d.AffineTransform(0.5, 2.0), d.TanhTransform()])]


@pytest.mark.parametrize("transform", TRANSFORMS, ids=repr)
def test_transforms_know_their_inverse_and_slope(transform):
    x = autograd.tensor([0.3, 0.9, 1.4], **f64, requires_grad=True)
    y = transform(x)
    slope, = autograd.grad(y.sum(), x, retain_graph=True)
    np.testing.assert_allclose(transform.log_abs_det_jacobian(x, y).detach(),
                               np.log(np.abs(slope.numpy())), 1e-10, 1e-11)
    np.testing.assert_allclose(transform.inv(y).detach(), x.detach(), 1e-11)
    assert transform.inv.inv == transform != d.AbsTransform()
    assert (np.sign(slope.numpy()) == np.asarray(transform.sign)).all()


def test_transforms_that_keep_their_last_value():
    cached = d.TanhTransform(cache_size=1)
    x = t(30.0)  # whose tanh is 1, so that only the cache knows where it came from
    assert cached.inv(cached(x)) is x
    one = d.TransformedDistribution(d.Normal(t(0.0), t(20.0)), cached)
    autograd.manual_seed(1)
    assert all(np.isfinite(one.log_prob(one.rsample()).item()) for _ in range(20))


@pytest.mark.parametrize("p, q", [
    (d.Uniform(t(-1.0), t(2.0)), d.Normal(t(0.3), t(1.1))),
    (d.Laplace(t(0.4), t(0.7)), d.Normal(t(0.3), t(1.1))),
    (d.Exponential(t(1.5)), d.Normal(t(0.3), t(1.1))),
    (d.Gamma(t(2.5), t(1.5)), d.Normal(t(0.3), t(1.1))),
    (d.Gamma(t(2.5), t(1.5)), d.Exponential(t(0.8))),
    (d.Exponential(t(0.8)), d.Gamma(t(2.5), t(1.5))),
    (d.Chi2(t(3.0)), d.Gamma(t(2.5), t(1.5))),
    (d.HalfNormal(t(0.8)), d.HalfNormal(t(1.3))),
    (d.LogNormal(t(0.1), t(0.4)), d.LogNormal(t(0.3), t(0.6))),
    (d.Gumbel(t(0.1), t(0.4)), d.Gumbel(t(0.3), t(0.6))),
])
def test_divergences_are_integrals(p, q):
    low, high = (0.0, 60.0) if isinstance(p, (d.Exponential, d.Gamma, d.HalfNormal,
                                              d.LogNormal)) else (-40.0, 40.0)
    if isinstance(p, d.Uniform):
        low, high = -1.0, 2.0 - 1e-12

    def density(x):
        at = autograd.tensor(x, **f64)
        log_p = p.log_prob(at).item()
        return np.exp(log_p) * (log_p - q.log_prob(at).item()) if log_p > -700 else 0.0

    wanted, _ = integrate.quad(density, low, high, points=[0.3, 1.0, 3.0], limit=200)
    np.testing.assert_allclose(d.kl_divergence(p, q).item(), wanted, 1e-6)


def test_divergences_of_ones_own():
    class Mine(d.Normal):
        pass

    assert d.kl_divergence(Mine(0.0, 1.0), d.Normal(0.0, 1.0)).item() == 0.0

    @d.register_kl(Mine, d.Normal)
    def rule(p, q):
        return t(7.0)

    assert d.kl_divergence(Mine(0.0, 1.0), d.Normal(0.0, 1.0)).item() == 7.0
    with pytest.raises(NotImplementedError, match="no rule for Normal and Beta; register_kl"):
        d.kl_divergence(d.Normal(0.0, 1.0), d.Beta(1.0, 1.0))
    with pytest.raises(TypeError, match="register_kl: a subclass of Distribution is needed"):
        d.register_kl(int, d.Normal)


@pytest.mark.parametrize("call, message", [
    (lambda: d.Normal(0.0, -1.0), r"Normal: scale must satisfy greater_than\(lower_bound=0.0\), "
     r"got -1.0; validate_args=False"),
    (lambda: d.Bernoulli(t(0.5, 1.5)),
     r"Bernoulli: probs must satisfy interval.*got 1.5 at \(1,\)"),
    (lambda: d.Bernoulli(), "Bernoulli: exactly one of probs, logits must be given"),
    (lambda: d.Normal("a", 1.0), "a Tensor or a number is needed as a parameter, got str"),
    (lambda: d.Uniform(2.0, 1.0), "Uniform: low must be below high, got low=2.0 and high=1.0"),
    (lambda: d.Dirichlet(t(1.0, 2.0)).log_prob(t(0.5, 0.6)),
     "Dirichlet: a value must satisfy simplex, got tensor"),
    (lambda: d.Normal(t(0.0, 1.0), 1.0).log_prob(autograd.zeros(3)),
     r"Normal: value Tensor \(3,\) float32 cannot be broadcast to batch and event \(2,\)"),
    (lambda: d.MultivariateNormal(t(0.0, 1.0), t([1.0, 0.0], [0.0, 1.0])).log_prob(t(1.0)),
     r"MultivariateNormal: the last dimensions of a value must be \(2,\), got"),
    (lambda: d.Normal(0.0, 1.0).log_prob(0.5), "Normal: a value must be a Tensor, got float 0.5"),
    (lambda: d.Independent(d.Normal(0.0, 1.0), 1),
     "Independent: reinterpreted_batch_ndims must be from 0 to 0"),
    (lambda: d.TransformedDistribution(d.Normal(0.0, 1.0), [abs]), "a Transform or a list of them"),
])
def test_what_cannot_be_is_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_what_is_not_defined_is_told():
    with pytest.raises(NotImplementedError, match="Bernoulli: rsample is not defined"):
        d.Bernoulli(0.5).rsample()
    with pytest.raises(NotImplementedError, match="Gamma: icdf is not defined"):
        d.Gamma(1.0, 1.0).icdf(t(0.5))
    with pytest.raises(NotImplementedError, match="AbsTransform: it neither rises nor falls"):
        d.AbsTransform().sign  # noqa: B018


def test_validation_may_be_turned_off():
    assert d.Normal(0.0, -1.0, validate_args=False).mean.item() == 0.0
    d.Distribution.set_default_validate_args(False)
    try:
        assert d.Normal(0.0, -1.0).mean.item() == 0.0
    finally:
        d.Distribution.set_default_validate_args(True)
    with pytest.raises(ValueError, match="scale"):
        d.Normal(0.0, -1.0)


def test_the_shape_of_what_was_given():
    for made in (d.Multinomial(2, t([0.5, 0.5])), d.OneHotCategorical(logits=t([0.0, 1.0])),
                 d.Binomial(2, t([0.5, 0.1]))):
        assert made.param_shape == (2,)


def test_no_share_lies_below_the_support():
    for made in (d.LogNormal(0.0, 1.0), d.Weibull(1.0, 2.0), d.InverseGamma(1.0, 2.0)):
        assert made.cdf(t(0.0)).item() == 0
        for refused in (lambda made=made: made.cdf(t(-1.0)), lambda made=made: made.log_prob(t(0))):
            with pytest.raises(ValueError, match=f"{type(made).__name__}: a value must satisfy"):
                refused()


def test_gradients_reach_parameters_through_densities_and_lazily_made_ones():
    logits = autograd.tensor([0.3, -0.2, 1.0], requires_grad=True)
    d.Categorical(logits=logits).log_prob(autograd.tensor(1)).backward()
    wanted = np.eye(3)[1] - np.exp(logits.detach()) / np.exp(logits.detach()).sum()
    np.testing.assert_allclose(logits.grad, wanted, 1e-6)
    soft = d.OneHotCategoricalStraightThrough(logits=logits).rsample((5,))
    assert soft.requires_grad and set(soft.detach().unique().tolist()) <= {0.0, 1.0}


def test_distributions_load_when_they_are_asked_for():
    code = ("import sys, autograd; early = 'autograd.distributions' in sys.modules; "
            "from autograd.distributions.normal import Normal; "
            "print(early, autograd.distributions.Normal is Normal, "
            "'autograd.distributions.kl' in sys.modules)")
    assert fresh(code) == "False True False"
