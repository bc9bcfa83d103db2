"""Probability distributions: what `torch.distributions` is to PyTorch.

    >>> normal = autograd.distributions.Normal(autograd.zeros(2), 1.0)
    >>> normal.batch_shape, normal.sample((3,)).shape, normal.log_prob(autograd.zeros(2))
    (Size([2]), Size([3, 2]), tensor([-0.9189, -0.9189]))
"""

from autograd.lazy import lazily

__getattr__, __dir__, __all__ = lazily(__name__, {
    ".": "constraints transforms utils",
    "bernoulli": "Bernoulli",
    "beta": "Beta",
    "binomial": "Binomial",
    "categorical": "Categorical",
    "cauchy": "Cauchy",
    "chi2": "Chi2",
    "dirichlet": "Dirichlet",
    "distribution": "Distribution",
    "exponential": "Exponential",
    "gamma": "Gamma",
    "geometric": "Geometric",
    "gumbel": "Gumbel",
    "half_cauchy": "HalfCauchy",
    "half_normal": "HalfNormal",
    "independent": "Independent",
    "inverse_gamma": "InverseGamma",
    "kl": "kl_divergence register_kl",
    "laplace": "Laplace",
    "log_normal": "LogNormal",
    "mixture_same_family": "MixtureSameFamily",
    "multinomial": "Multinomial",
    "multivariate_normal": "MultivariateNormal",
    "negative_binomial": "NegativeBinomial",
    "normal": "Normal",
    "one_hot_categorical": "OneHotCategorical OneHotCategoricalStraightThrough",
    "pareto": "Pareto",
    "poisson": "Poisson",
    "relaxed_bernoulli": "RelaxedBernoulli",
    "relaxed_categorical": "RelaxedOneHotCategorical",
    "studentT": "StudentT",
    "transformed_distribution": "TransformedDistribution",
    "transforms": "AbsTransform AffineTransform ComposeTransform ExpTransform PowerTransform "
                  "SigmoidTransform SoftmaxTransform SoftplusTransform TanhTransform Transform "
                  "identity_transform",
    "uniform": "Uniform",
    "weibull": "Weibull",
})
