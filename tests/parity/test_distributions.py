"""Distributions against PyTorch's, in float64: densities, their gradients, moments, divergences."""

import itertools

import numpy as np
import pytest

import autograd

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

A, B, C = [0.7, 2.5, 11.0], [1.4, 0.3, 6.0], [-0.8, 0.4, 3.0]
SHARES, ROWS = [0.2, 0.9, 0.45], [[0.1, 0.6, 0.3], [0.5, 0.25, 0.25]]
MATRIX = [[2.0, 0.0, 0.0], [0.5, 1.5, 0.0], [-0.3, 0.2, 0.9]]
INSIDE, COUNTS, WHOLE = [0.15, 0.5, 0.83], [0.0, 1.0, 4.0], [0.0, 1.0, 1.0]
VECTORS, ONES = [[0.2, -1.0, 0.4]], [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
# the distribution, from the module d and tensors; those tensors; a value
CASES = {
    "Normal": ("d.Normal(a, b)", (C, A), C[::-1]),
    "LogNormal": ("d.LogNormal(a, b)", (C, A), A),
    "HalfNormal": ("d.HalfNormal(a)", (A,), B),
    "Laplace": ("d.Laplace(a, b)", (C, A), C[::-1]),
    "Cauchy": ("d.Cauchy(a, b)", (C, A), C[::-1]),
    "Gumbel": ("d.Gumbel(a, b)", (C, A), C[::-1]),
    "Exponential": ("d.Exponential(a)", (A,), B),
    "Uniform": ("d.Uniform(a, a + b)", (C, A), [-0.5, 0.5, 13.0]),
    "Gamma": ("d.Gamma(a, b)", (A, B), B),
    "Chi2": ("d.Chi2(a)", (A,), B),
    "Beta": ("d.Beta(a, b)", (A, B), INSIDE),
    "Dirichlet": ("d.Dirichlet(a)", ([A, B],), ROWS),
    "StudentT": ("d.StudentT(a, b, c)", (A, C, B), C[::-1]),
    "HalfCauchy": ("d.HalfCauchy(a)", (A,), B),
    "InverseGamma": ("d.InverseGamma(a, b)", (A, B), B),
    "Pareto": ("d.Pareto(a, b)", (A, B), [1.2, 4.0, 12.0]),
    "Weibull": ("d.Weibull(a, b)", (A, B), B),
    "NegativeBinomial": ("d.NegativeBinomial(a, b)", (A, SHARES), COUNTS),
    "RelaxedBernoulli": ("d.RelaxedBernoulli(m.tensor(0.6, dtype=m.float64), a)", (SHARES,),
                         INSIDE),
    "RelaxedOneHotCategorical": ("d.RelaxedOneHotCategorical(m.tensor(0.6, dtype=m.float64), "
                                 "logits=a)", ([A, C],), ROWS),
    "Bernoulli": ("d.Bernoulli(a)", (SHARES,), WHOLE),
    "Bernoulli logits": ("d.Bernoulli(logits=a)", (C,), WHOLE),
    "Geometric": ("d.Geometric(a)", (SHARES,), COUNTS),
    "Binomial": ("d.Binomial(5, a)", (SHARES,), COUNTS),
    "Binomial logits": ("d.Binomial(4, logits=a)", (C,), COUNTS),
    "Poisson": ("d.Poisson(a)", (A,), COUNTS),
    "Categorical": ("d.Categorical(a)", (ROWS,), [2.0, 0.0]),
    "Categorical logits": ("d.Categorical(logits=a)", ([A, C],), [2.0, 0.0]),
    "OneHotCategorical": ("d.OneHotCategorical(logits=a)", ([A, C],), ONES),
    "Multinomial": ("d.Multinomial(3, a)", (ROWS,), [[1.0, 2.0, 0.0], [0.0, 0.0, 3.0]]),
    "MultivariateNormal": ("d.MultivariateNormal(a, scale_tril=b)", (C, MATRIX), VECTORS),
    "covariance": ("d.MultivariateNormal(a, b @ b.mT)", (C, MATRIX), VECTORS),
    "precision": ("d.MultivariateNormal(a, precision_matrix=b @ b.mT)", (C, MATRIX), VECTORS),
    "Independent": ("d.Independent(d.Normal(a, b), 1)", (ROWS, [A, B]), ROWS[::-1]),
    "affine": ("d.TransformedDistribution(d.Normal(a, b), [d.AffineTransform(1.0, -2.0), "
               "d.SigmoidTransform()])", (C, A), INSIDE),
    "tanh": ("d.TransformedDistribution(d.Normal(a, b), d.TanhTransform())", (C, A), INSIDE),
    "power": ("d.TransformedDistribution(d.Exponential(a), d.PowerTransform(m.tensor(0.5, "
              "dtype=m.float64)))", (A,), B),
    "softplus": ("d.TransformedDistribution(d.Laplace(a, b), d.transforms.SoftplusTransform())",
                 (C, A), B),
    "mixture": ("d.MixtureSameFamily(d.Categorical(a), d.Normal(b, c))", (SHARES, C, A), C),
    "mixture of vectors": ("d.MixtureSameFamily(d.Categorical(a), d.Independent(d.Normal(b, c), "
                           "1))", ([0.3, 0.7], ROWS, [A, B]), VECTORS),
}
MOMENTS = ("mean", "mode", "variance", "stddev")


def build(module, name, scale=1.0):
    text, arrays, value = CASES[name]
    tensors = [module.tensor(np.array(array) * scale, requires_grad=True) for array in arrays]
    made = eval(text, dict(d=module.distributions, m=module, **dict(zip("abc", tensors,
                                                                        strict=False))))
    return made, tensors, module.tensor(np.array(value), requires_grad=True)


def attempt(call):
    try:
        return call()
    except NotImplementedError:
        return None


def check_graded(ours, theirs, our_inputs, their_inputs):
    """Equal values, and equal gradients of a weighted sum."""
    check(ours, theirs)
    if not theirs.requires_grad:
        return
    weights = np.linspace(0.5, 1.5, theirs.numel()).reshape(theirs.shape)
    found = autograd.grad((ours * autograd.tensor(weights)).sum(), our_inputs,
                          allow_unused=True, retain_graph=True)
    wanted = torch.autograd.grad((theirs * torch.tensor(weights)).sum(), their_inputs,
                                 allow_unused=True, retain_graph=True)
    for a, b in zip(found, wanted, strict=True):
        check(np.zeros(()) if a is None else a, torch.zeros(()) if b is None else b)


def check(ours, theirs):
    wanted = theirs.detach().numpy()
    np.testing.assert_allclose(*np.broadcast_arrays(np.asarray(getattr(
        ours, "_array", ours), wanted.dtype), wanted), 1e-9, 1e-9)


@pytest.mark.parametrize("name", CASES)
def test_densities_and_moments(name):
    (ours, mine, x), (theirs, yours, y) = build(autograd, name), build(torch, name)
    assert tuple(theirs.batch_shape) == ours.batch_shape
    assert tuple(theirs.event_shape) == ours.event_shape
    assert (theirs.has_rsample, theirs.has_enumerate_support) == (
        ours.has_rsample, ours.has_enumerate_support)
    check_graded(ours.log_prob(x), theirs.log_prob(y), [*mine, x], [*yours, y])
    for moment in MOMENTS:
        if (name, moment) == ("Weibull", "mode"):  # PyTorch's is NaN where ours is 0
            continue
        wanted = attempt(lambda m=moment: getattr(theirs, m))
        found = attempt(lambda m=moment: getattr(ours, m))
        if wanted is not None:
            check(found.detach(), wanted)
    for call in (lambda d, v: d.entropy(), lambda d, v: d.cdf(v)):
        if "Gamma" in name or name == "Chi2":  # whose cdf has no gradient by the concentration
            with autograd.no_grad(), torch.no_grad():
                check(ours.cdf(x), theirs.cdf(y))
            call = lambda d, v: d.entropy()  # noqa: E731
        wanted = attempt(lambda c=call: c(theirs, y))
        if wanted is not None and name != "Multinomial":  # PyTorch's entropy is float32's
            check_graded(call(ours, x), wanted, [*mine, x], [*yours, y])
    chances = np.broadcast_to(0.3, ours.batch_shape)
    wanted = attempt(lambda: theirs.icdf(torch.tensor(chances)))
    if wanted is not None:
        check_graded(ours.icdf(autograd.tensor(chances)), wanted, mine, yours)
    if theirs.has_enumerate_support:
        for expand in (True, False):
            check(ours.enumerate_support(expand), theirs.enumerate_support(expand))
    shape = (2, *theirs.batch_shape)
    larger, wanted = ours.expand(shape), theirs.expand(shape)
    assert larger.batch_shape == shape and larger.event_shape == ours.event_shape
    drawn = larger.sample((4,))
    assert drawn.shape == tuple(wanted.sample((4,)).shape)
    check(larger.log_prob(drawn).detach(), wanted.log_prob(torch.tensor(drawn.numpy())))


PAIRS = [(first, second) for first, second in itertools.product(CASES, CASES)
         if CASES[first][0].count("(") < 3]


def test_divergences():
    """Of each pair that has one there."""
    compared = 0
    for first, second in PAIRS:
        p, mine, _ = build(autograd, first)
        q, more, _ = build(autograd, second, 0.9 if "MultivariateNormal" not in second else 1.1)
        tp, yours, _ = build(torch, first)
        tq, others, _ = build(torch, second, 0.9 if "MultivariateNormal" not in second else 1.1)
        found = attempt(lambda p=p, q=q: autograd.distributions.kl_divergence(p, q))
        if found is None or p.batch_shape != q.batch_shape or p.event_shape != q.event_shape:
            continue
        wanted = torch.distributions.kl_divergence(tp, tq)
        check_graded(found, wanted, [*mine, *more], [*yours, *others])
        compared += 1
    assert compared >= 30


REFUSED = [
    "Normal(0.0, -1.0)", "Normal(0.0, 0.0)", "Bernoulli(1.5)", "Bernoulli(0.5, 0.5)",
    "Bernoulli()", "Categorical(m.tensor([-1.0, 2.0]))", "Categorical(m.tensor(1.0))",
    "Uniform(1.0, 1.0)", "Gamma(0.0, 1.0)", "Exponential(-1.0)", "Geometric(0.0)",
    "Dirichlet(m.tensor([1.0, -1.0]))", "Dirichlet(m.tensor(1.0))", "Binomial(-1, 0.5)",
    "MultivariateNormal(m.zeros(2), m.tensor([[1.0, 2.0], [2.0, 1.0]]))",
    "MultivariateNormal(m.zeros(2))", "Independent(d.Normal(0.0, 1.0), 1)",
    "Normal(0.0, 1.0).log_prob(m.tensor(float('nan')))",
    "Beta(1.0, 1.0).log_prob(m.tensor(1.5))", "Bernoulli(0.5).log_prob(m.tensor(0.5))",
    "Poisson(1.0).log_prob(m.tensor(-1.0))", "Categorical(m.ones(2)).log_prob(m.tensor(2))",
    "Normal(m.zeros(3), 1.0).log_prob(m.zeros(2))", "Normal(0.0, 1.0).log_prob(0.5)",
    "Dirichlet(m.ones(2)).log_prob(m.ones(2))", "Binomial(2, 0.5).log_prob(m.tensor(3.0))",
    "OneHotCategorical(m.ones(2)).log_prob(m.ones(2))", "Normal('a', 1.0)",
    "MixtureSameFamily(d.Categorical(m.ones(3)), d.Normal(m.zeros(2), 1.0))",
    "Normal(0.0, -1.0, validate_args=False)",
    "Normal(0.0, 1.0, validate_args=False).log_prob(m.tensor(float('nan')))",
]


@pytest.mark.parametrize("text", REFUSED)
def test_the_same_is_refused(text):
    def error(module):
        try:
            eval(f"d.{text}", dict(d=module.distributions, m=module))
        except (ValueError, TypeError) as found:
            return type(found)
        return None

    assert error(autograd) is error(torch)
