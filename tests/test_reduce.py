"""What samples do not show of autograd/ops/reduce.py: ties, zeros, nothing to reduce, messages."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd

INF, NAN = math.inf, math.nan


def gradient(function, values):
    x = autograd.tensor(np.array(values, np.float64), requires_grad=True)
    result = function(x)
    return autograd.grad(result, x, autograd.ones_like(result))[0].tolist()


# ---- ties and zeros ------------------------------------------------------------------------------

@pytest.mark.parametrize("function", [autograd.amax, lambda x: -autograd.amin(-x)])
def test_equal_extremes_share(function):
    assert gradient(function, [1, 3, 3]) == [0, 0.5, 0.5]
    assert gradient(function, [[1, 3, 3], [3, 0, 3]]) == [[0, 0.25, 0.25], [0.25, 0, 0.25]]


def test_equal_extremes_share_along_each_dim():
    assert gradient(lambda x: x.amax(1), [[1, 3, 3], [2, 2, 2]]) == [
        [0, 0.5, 0.5], [pytest.approx(1 / 3)] * 3]
    assert gradient(lambda x: x.amax((0, 1), keepdim=True), [[1, 1], [1, 0]]) == [
        [pytest.approx(1 / 3)] * 2, [pytest.approx(1 / 3), 0]]


@pytest.mark.parametrize("zeros", [0, 1, 2, 3])
@pytest.mark.parametrize("length", [3, 4, 5, 7])
def test_products_with_zeros_have_right_gradients(zeros, length):
    values = np.arange(1.0, length + 1)
    values[:zeros] = 0
    wanted = [np.prod(np.delete(values, i)) for i in range(length)]
    assert gradient(autograd.prod, values) == wanted
    spread = np.zeros(length)
    for i in range(length):  # every prefix that contains i, without it
        spread[i] = sum(np.prod(np.delete(values[:k], i)) for k in range(i + 1, length + 1))
    assert gradient(lambda x: x.cumprod(0), values) == spread.tolist()


@pytest.mark.parametrize("p", [0.5, 1, 1.5, 2, 3, "fro", INF])
def test_the_norm_of_zeros_has_gradient_zero(p):
    assert gradient(lambda x: x.norm(p), [0.0, 0.0]) == [0, 0]
    assert gradient(lambda x: x.norm(p, dim=1), [[0.0, 0.0], [0.0, 2.0]])[0] == [0, 0]


def test_std_of_equal_numbers_has_gradient_zero():
    assert gradient(autograd.std, [3.0, 3.0, 3.0]) == [0, 0, 0]


def test_norms_share_ties():
    assert gradient(lambda x: x.norm(INF), [2.0, -2.0, 1.0]) == [0.5, -0.5, 0]


# ---- infinity, and nothing -----------------------------------------------------------------------

def test_logsumexp_with_infinities():
    x = autograd.tensor([[-INF, -INF], [INF, 1.0], [-INF, 1.0], [1e4, 1e4]], dtype=autograd.float64)
    assert x.logsumexp(1).tolist() == pytest.approx([-INF, INF, 1.0, 1e4 + math.log(2)])
    slopes = gradient(lambda x: x.logsumexp(1), x.numpy())
    assert slopes[2] == [0, 1] and slopes[3] == [0.5, 0.5]
    assert not np.isnan(slopes[1:]).any()


def test_reductions_of_nothing():
    empty = autograd.zeros(0, 3)
    assert empty.sum(0).tolist() == [0, 0, 0] and empty.prod().item() == 1
    assert np.isnan(empty.mean(0).numpy()).all() and empty.mean(1).shape == (0,)
    assert empty.logsumexp(0).tolist() == [-INF] * 3
    assert empty.any(0).tolist() == [False] * 3 and empty.all(0).tolist() == [True] * 3
    assert empty.amax(1).shape == (0,) and empty.cumsum(0).shape == (0, 3)
    assert empty.norm().item() == 0
    x = autograd.zeros(0, 3, requires_grad=True)
    (x.sum() + x.prod() + x.logsumexp(1).sum() + x.norm()).backward()
    assert x.grad.shape == (0, 3)


def test_the_variance_of_too_few_is_nan_or_infinite_without_a_warning():
    one = autograd.tensor([[1.0, 2.0]])
    assert np.isnan(one.var(0).numpy()).all() and one.var(0, correction=0).tolist() == [0, 0]


def test_sums_of_special_values():
    assert math.isnan(autograd.tensor([NAN, 1.0]).amax().item())
    assert autograd.tensor([INF, 1.0]).sum().item() == INF
    assert autograd.tensor([NAN]).any().item() is True


# ---- dims and types ------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["sum", "mean", "amax", "amin", "var", "std", "any", "all"])
def test_dims_are_taken_in_every_form(name):
    x = autograd.tensor(np.arange(24.0).reshape(2, 3, 4))
    function = getattr(x, name)
    for dim, shape in ((0, (3, 4)), (-1, (2, 3)), ((0, 2), (3,)), ([0, -1], (3,)), (None, ())):
        assert function(dim).shape == shape
        kept = function(dim=dim, keepdim=True)
        assert kept.ndim == 3
        np.testing.assert_array_equal(kept.numpy().ravel(), function(dim).numpy().ravel())


def test_zero_dimensional_tensors_reduce_along_0_and_minus_1():
    x = autograd.tensor(3.0)
    for dim in (0, -1):
        assert x.sum(dim).item() == x.amax(dim).item() == x.cumsum(dim).item() == 3
        assert x.prod(dim).shape == x.logsumexp(dim).shape == ()


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int32", "int64"])
def test_integers_add_up_as_int64(dtype):
    x = autograd.tensor(np.ones(300, dtype))
    for result in (x.sum(), x.cumsum(0), x.prod(), x.cumprod(0)):
        assert result.dtype == np.int64
    assert x.sum().item() == 300 and x.sum(dtype=autograd.float64).dtype == np.float64


def test_float32_sums_are_accurate():
    x = autograd.tensor(np.full(1_000_000, 0.1, np.float32))
    assert x.sum().item() == pytest.approx(1e5, rel=1e-6)
    assert x.mean().dtype == np.float32 and x.mean().item() == pytest.approx(0.1, rel=1e-6)


def test_var_of_large_numbers_keeps_its_digits():
    x = autograd.tensor(1e9 + np.array([4.0, 7.0, 13.0, 16.0]))
    assert x.var().item() == 30 and x.std().item() == pytest.approx(math.sqrt(30))
    assert x.var(False).item() == x.var(unbiased=False).item() == x.var(correction=0).item() == 22.5


def test_var_mean_is_a_pair():
    variance, mean = autograd.var_mean(autograd.tensor([[1.0, 3.0], [5.0, 9.0]]), dim=1)
    assert variance.tolist() == [2, 8] and mean.tolist() == [2, 7]


# ---- messages ------------------------------------------------------------------------------------

@pytest.mark.parametrize("call, error, text", [
    (lambda x: x.sum(2), IndexError, "sum: dim 2 is out of range for 2 dimensions; choose from -2"),
    (lambda x: x.sum((0, -2)), ValueError, r"sum: dim \(0, -2\) names a dimension twice"),
    (lambda x: x.cumsum(-3), IndexError, "cumsum: dim -3 is out of range"),
    (lambda x: x.prod(5), IndexError, "prod: dim 5 is out of range"),
    (lambda x: x.long().mean(), TypeError, r"mean: a floating dtype is needed, got int64; use .fl"),
    (lambda x: x.long().var(), TypeError, r"var: a floating dtype is needed, got int64"),
    (lambda x: x[:0].amax(0), IndexError, r"amax: there is no element along dim \(0,\) of \(0, 3"),
    (lambda x: x[:0].amin(), IndexError, r"amin: there is no element along dim \(0, 1\) of \(0, 3"),
    (lambda x: x.norm("nuc"), ValueError, "norm: p 'nuc'; choose a number, inf, -inf or 'fro'"),
])
def test_messages(call, error, text):
    with pytest.raises(error, match=text):
        call(autograd.ones(2, 3))
