"""Dropout: its share, its scale, its gradient, and reproducibility."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd
from autograd import Generator, threads
from autograd.kernels import reference
from autograd.ops.dropout import alpha_dropout, dropout, feature_dropout

ALL = [dropout, feature_dropout, alpha_dropout]


@pytest.fixture
def generator():
    return Generator().manual_seed(1)


def test_about_a_share_p_is_dropped_and_the_rest_scaled(generator):
    y = dropout(autograd.ones(200, 100), 0.3, generator=generator).numpy()
    assert abs((y == 0).mean() - 0.3) < 0.02
    np.testing.assert_allclose(y[y != 0], 1 / 0.7, 1e-6)


def test_the_gradient_is_the_mask(generator):
    x = autograd.ones(4, 5, dtype=autograd.float64, requires_grad=True)
    y = dropout(x, 0.5, generator=generator)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, y.detach())


@pytest.mark.parametrize("function", ALL)
def test_the_seed_decides(function):
    x = autograd.ones(3, 8, 2)
    first, again, other = (function(x, generator=Generator().manual_seed(seed)).numpy()
                           for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("function", ALL)
def test_nothing_happens_outside_training_or_with_p_0(function, generator):
    x = autograd.ones(3, 4)
    state = str(generator.get_state())
    assert function(x, 0.5, training=False, generator=generator) is x
    assert function(x, 0.0, generator=generator) is x
    assert str(generator.get_state()) == state


@pytest.mark.parametrize("function", ALL)
def test_p_1_drops_everything(function, generator):
    x = autograd.ones(3, 4, requires_grad=True)
    y = function(x, 1.0, generator=generator)
    y.sum().backward()
    assert not y.detach().numpy().any() and not x.grad.numpy().any()


@pytest.mark.parametrize("function", ALL)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_dtype_stays_and_inplace_writes(function, dtype, generator):
    x = autograd.tensor(np.ones((4, 6), dtype))
    y = function(x, 0.5, inplace=True, generator=generator)
    assert y is x and y.dtype == dtype and (y.numpy() != 1).any()


@pytest.mark.parametrize("function", ALL)
@pytest.mark.parametrize("p", [-0.1, 1.1, math.nan])
def test_p_is_a_probability(function, p, generator):
    with pytest.raises(ValueError, match=rf"dropout.*: p is the probability of dropping and must "
                                         rf"lie in \[0, 1\], got {p}"):
        function(autograd.ones(2, 2), p, generator=generator)


@pytest.mark.parametrize("function", ALL)
def test_integers_are_refused(function, generator):
    with pytest.raises(TypeError, match="a floating dtype is needed, got Tensor .* int64"):
        function(autograd.tensor([[1, 2]]), generator=generator)


def test_whole_channels_are_dropped(generator):
    y = feature_dropout(autograd.ones(20, 30, 4, 4), 0.4, generator=generator).numpy()
    flat = y.reshape(600, 16)
    assert (flat == flat[:, :1]).all() and abs((flat[:, 0] == 0).mean() - 0.4) < 0.1
    with pytest.raises(ValueError, match=r"dropout1d: \(N, C, ...\) is needed, got Tensor \(3,\)"):
        feature_dropout(autograd.ones(3), generator=generator, name="dropout1d")


def test_alpha_dropout_keeps_mean_and_variance(generator):
    x = autograd.tensor(np.random.default_rng(0).standard_normal(100_000))
    y = alpha_dropout(x, 0.2, generator=generator).numpy()
    assert abs(y.mean()) < 0.02 and abs(y.var() - 1) < 0.03
    values, counts = np.unique(y, return_counts=True)
    assert abs(counts.max() / y.size - 0.2) < 0.01 and values[counts.argmax()] < -1


def test_no_mask_is_kept_and_the_gradient_draws_it_again(generator):
    x = autograd.ones(300, 200, requires_grad=True)
    y = dropout(x, 0.5, generator=generator)
    assert all(not isinstance(value, np.ndarray) for value in y._node.saved)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, y.detach())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(0,), (1,), (63,), (64, 1), (7, 65), (200, 300)])
def test_both_tiers_drop_the_same(shape, dtype):
    compiled = pytest.importorskip("autograd.kernels.compiled")
    x = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    for key, p in ((1, 0.5), (2**64 - 1, 0.1), (12345, 0.999), (5, 1.0)):
        for layout in (x, x.T, x[::-1]):
            np.testing.assert_array_equal(compiled.dropout(layout, key, p),
                                          reference.dropout(layout, key, p))


def test_the_threads_do_not_matter():
    compiled = pytest.importorskip("autograd.kernels.compiled")
    x, before, found = np.ones(100_001, np.float32), threads.get_num_threads(), set()
    try:
        for count in (1, 2, 3):
            threads.set_num_threads(count)
            found.add(compiled.dropout(x, 99, 0.3).tobytes())
    finally:
        threads.set_num_threads(before)
    assert len(found) == 1


def test_keys_and_neighbours_are_independent():
    """Shares of kept elements, and of kept pairs of neighbours and of equal places of two keys."""
    x = np.ones(400_000, np.float32)
    a, b = (reference.dropout(x, key, 0.5) > 0 for key in (3, 4))
    for share, wanted in ((a.mean(), 0.5), ((a[1:] & a[:-1]).mean(), 0.25), ((a & b).mean(), 0.25),
                          ((a[1024:] & a[:-1024]).mean(), 0.25)):
        assert abs(share - wanted) < 0.004


def test_dropout1d_knows_what_has_no_batch(generator):
    y = feature_dropout(autograd.ones(500, 6), 0.5, generator=generator, name="dropout1d").numpy()
    assert (y == y[:, :1]).all() and 0.4 < (y[:, 0] == 0).mean() < 0.6


def test_a_scale_beyond_float16_does_not_make_what_is_dropped_nan(generator):
    y = dropout(autograd.ones(1000, dtype=autograd.float16), 1 - 1e-5, generator=generator).numpy()
    assert (y[y != math.inf] == 0).all() and (y == 0).sum() > 990
