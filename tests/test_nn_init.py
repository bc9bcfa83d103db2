"""Initial values: ranges, moments, exact structure, seeds."""

from math import ceil, sqrt

import numpy as np
import pytest
from scipy import stats

import autograd
from nn import init


def empty(*shape, dtype=autograd.float64):
    return autograd.empty(*shape, dtype=dtype)


def source(seed=0):
    return autograd.Generator().manual_seed(seed)


def agrees(values, distribution):
    """Kolmogorov and Smirnov's test does not reject the distribution."""
    return stats.kstest(np.asarray(values).ravel(), distribution.cdf).pvalue > 0.01


@pytest.mark.parametrize(("fill", "distribution"), [
    (lambda t: init.uniform_(t, -2, 3, source()), stats.uniform(-2, 5)),
    (lambda t: init.normal_(t, 1, 2, source()), stats.norm(1, 2)),
    (lambda t: init.trunc_normal_(t, generator=source()), stats.truncnorm(-2, 2)),
    (lambda t: init.trunc_normal_(t, 1, 2, -0.5, 0.5, source()),
     stats.truncnorm(-0.75, -0.25, 1, 2)),
    (lambda t: init.trunc_normal_(t, 0, 1, 3, 100, source()), stats.truncnorm(3, 100)),
    (lambda t: init.trunc_normal_(t, 0, 1, -100, 100, source()), stats.norm()),
    (lambda t: init.xavier_uniform_(t, 2.0, source()),
     stats.uniform(-2 * sqrt(6 / 150), 4 * sqrt(6 / 150))),
    (lambda t: init.xavier_normal_(t, 2.0, source()), stats.norm(0, 2 * sqrt(2 / 150))),
    (lambda t: init.kaiming_uniform_(t, generator=source()),
     stats.uniform(-sqrt(6 / 50), 2 * sqrt(6 / 50))),
    (lambda t: init.kaiming_uniform_(t, sqrt(5), generator=source()),
     stats.uniform(-sqrt(1 / 50), 2 * sqrt(1 / 50))),
    (lambda t: init.kaiming_normal_(t, 0, "fan_out", "relu", source()),
     stats.norm(0, sqrt(2 / 100))),
    (lambda t: init.kaiming_normal_(t, nonlinearity="linear", generator=source()),
     stats.norm(0, sqrt(1 / 50))),
])
def test_distributions(fill, distribution):
    tensor = empty(100, 50)
    assert fill(tensor) is tensor
    assert agrees(tensor, distribution)


def test_fans_of_convolutions():
    tensor = init.xavier_uniform_(empty(40, 20, 3, 3), generator=source())
    assert agrees(tensor, stats.uniform(-sqrt(6 / 540), 2 * sqrt(6 / 540)))


def test_trunc_normal_keeps_its_bounds_in_float32():
    values = init.trunc_normal_(empty(10000, dtype=autograd.float32), 0, 1, -0.1, 0.1,
                                source()).numpy()
    assert values.min() >= np.float32(-0.1) and values.max() <= np.float32(0.1)
    assert init.trunc_normal_(empty(0)).numel() == 0


def test_constants():
    assert init.constant_(empty(2, 2), 3.5).tolist() == [[3.5, 3.5], [3.5, 3.5]]
    assert init.ones_(empty(2)).tolist() == [1, 1] and init.zeros_(empty(2)).tolist() == [0, 0]
    np.testing.assert_array_equal(init.eye_(empty(2, 3)).numpy(), np.eye(2, 3))


def test_dirac_passes_channels():
    weight = init.dirac_(empty(4, 3, 3, 5)).numpy()
    assert weight.sum() == 3
    assert all(weight[i, i, 1, 2] == 1 for i in range(3))
    grouped = init.dirac_(empty(4, 2, 3), groups=2).numpy()
    assert [tuple(i) for i in np.argwhere(grouped)] == [(0, 0, 1), (1, 1, 1), (2, 0, 1), (3, 1, 1)]
    with pytest.raises(ValueError, match="5 output channels cannot be divided into 2 groups"):
        init.dirac_(empty(5, 2, 3), groups=2)


@pytest.mark.parametrize("shape", [(5, 5), (3, 8), (8, 3), (4, 2, 3)])
def test_orthogonal(shape):
    matrix = init.orthogonal_(empty(*shape), gain=2, generator=source()).numpy()
    matrix = matrix.reshape(shape[0], -1)
    if matrix.shape[0] > matrix.shape[1]:
        matrix = matrix.T
    np.testing.assert_allclose(matrix @ matrix.T, 4 * np.eye(len(matrix)), atol=1e-12)


def test_orthogonal_is_uniform():
    """The trace of a Haar matrix has mean 0 and variance 1; without the signs it has not."""
    traces = [np.trace(init.orthogonal_(empty(3, 3), generator=source(i)).numpy())
              for i in range(2000)]
    assert abs(np.mean(traces)) < 0.08 and np.var(traces) == pytest.approx(1, abs=0.1)


def test_sparse():
    values = init.sparse_(empty(31, 200), 0.3, 2.0, source()).numpy()
    assert ((values == 0).sum(0) == ceil(0.3 * 31)).all()
    assert agrees(values[values != 0], stats.norm(0, 2))
    assert len({tuple(np.flatnonzero(column)) for column in values.T}) > 190
    with pytest.raises(ValueError, match="sparsity must lie between 0 and 1, got 1.5"):
        init.sparse_(empty(2, 2), 1.5)


def test_gains():
    assert init.calculate_gain("linear") == init.calculate_gain("sigmoid") == 1
    assert init.calculate_gain("tanh") == 5 / 3
    assert init.calculate_gain("relu") == sqrt(2)
    assert init.calculate_gain("selu") == 0.75
    assert init.calculate_gain("leaky_relu") == sqrt(2 / (1 + 0.01**2))
    assert init.calculate_gain("leaky_relu", 2) == sqrt(2 / 5)
    with pytest.raises(ValueError, match="nonlinearity 'rellu'; choose one of linear, "):
        init.calculate_gain("rellu")
    with pytest.raises(ValueError, match="slope of leaky_relu must be a number"):
        init.calculate_gain("leaky_relu", "steep")


def test_seed_and_generator():
    autograd_state = autograd.get_rng_state()
    fills = (init.uniform_, init.normal_, init.trunc_normal_, init.orthogonal_,
             init.kaiming_normal_, init.xavier_uniform_)
    for fill in fills:
        a, b = fill(empty(4, 4), generator=source(5)), fill(empty(4, 4), generator=source(5))
        assert (a == b).all()
    assert autograd.get_rng_state() == autograd_state


def test_parameters_are_filled_unrecorded_in_their_dtype():
    weight = autograd.ones(3, 3, requires_grad=True)
    for fill in (init.uniform_, init.normal_, init.eye_, init.orthogonal_, init.zeros_):
        assert fill(weight) is weight
        assert weight.is_leaf and weight.requires_grad and weight.dtype == np.float32


@pytest.mark.parametrize("fill", [init.xavier_uniform_, init.xavier_normal_, init.kaiming_uniform_,
                                  init.kaiming_normal_, init.orthogonal_, init.eye_, init.dirac_])
def test_vectors_have_no_fans(fill):
    with pytest.raises(ValueError, match=rf"{fill.__name__}: .*dimensions .*got \(3,\)"):
        fill(empty(3))


def test_other_errors():
    with pytest.raises(ValueError, match="mode 'fan'; choose 'fan_in' or 'fan_out'"):
        init.kaiming_normal_(empty(2, 2), mode="fan")
    with pytest.raises(ValueError, match="a < b, std > 0 and a finite mean are needed, got a=1"):
        init.trunc_normal_(empty(2), a=1, b=1)


@pytest.mark.parametrize(("fill", "text"), [
    (lambda t, g: init.uniform_(t, 2, 1), "uniform_: from_ must not be above.* from_=2 and to=1"),
    (lambda t, g: init.uniform_(t, float("nan"), 1), "uniform_: from_ must be finite, got nan"),
    (lambda t, g: init.normal_(t, 0, -1), "normal_: std must not be negative, got -1"),
    (lambda t, g: init.sparse_(t, 0.5, -1), "sparse_: std must not be negative, got -1"),
    (lambda t, g: init.sparse_(t, float("nan")), "sparsity must lie between 0 and 1, got nan"),
    (lambda t, g: init.trunc_normal_(t, float("nan")), "a finite mean are needed, .*mean=nan"),
    (lambda t, g: init.trunc_normal_(t, std=float("nan")), "std > 0 .*std=nan"),
    (lambda t, g: init.trunc_normal_(t, std=float("inf")), "std > 0 .*std=inf"),
    (lambda t, g: init.xavier_uniform_(t, -1.0), "uniform_: from_ must not be above to"),
    (lambda t, g: init.kaiming_uniform_(t, float("nan")), "uniform_: from_ must be finite, got n"),
    (lambda t, g: init.orthogonal_(t, generator=g), "orthogonal_: generator must be an autograd"),
    (lambda t, g: init.trunc_normal_(t, generator=g), "trunc_normal_: generator must be an autog"),
    (lambda t, g: init.kaiming_normal_(t, generator=g), "normal_: generator must be an autograd"),
])
def test_meaningless_arguments(fill, text):
    with pytest.raises((ValueError, TypeError), match=text):
        fill(empty(3, 3), np.random.default_rng(0))


def test_bounds_are_not_reached_and_empty_weights_are_no_trouble():
    weight = init.xavier_uniform_(empty(100, 100, dtype=autograd.float16), generator=source())
    assert abs(weight.numpy()).max() <= sqrt(6 / 200)
    for fill in (init.xavier_uniform_, init.xavier_normal_, init.kaiming_uniform_):
        assert fill(empty(0, 0)).shape == (0, 0)
