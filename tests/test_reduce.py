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
    assert slopes == [[0.5, 0.5], [1, 0], [0, 1], [0.5, 0.5]]
    assert gradient(lambda x: x.logsumexp(0), [INF, -INF, INF]) == [0.5, 0, 0.5]


@pytest.mark.parametrize("offset", [0, 1e4, 1e8, -1e30])
def test_the_gradient_of_logsumexp_sums_to_one_at_any_offset(offset):
    x = autograd.tensor(np.full((2, 5), offset, np.float32), requires_grad=True)
    x.logsumexp(1).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 0.2, 1e-6)


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


def test_products_of_nothing_and_of_one_stay_in_the_graph_and_own_their_memory():
    empty = autograd.zeros(0, 2, requires_grad=True)
    autograd.prod(empty, 0).sum().backward()
    assert empty.grad.shape == (0, 2)
    for source in (autograd.ones(1, 3), autograd.tensor(1.0)):
        results = [source.prod(0), source.cumprod(0), source.cumsum(0), source.prod(0, True)]
        source.mul_(5.0)
        assert all((result == 1).all() for result in results)
        with autograd.no_grad():
            free = source.double().prod()
        free.mul_(autograd.tensor(2.0, requires_grad=True))  # it is no view made under no_grad
        assert free.requires_grad


def test_the_variance_of_too_few_is_nan_or_infinite_without_a_warning():
    one = autograd.tensor([[1.0, 2.0]])
    assert one.var(1, correction=2).tolist() == one.std(1, correction=3).tolist() == [INF]
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


@pytest.mark.parametrize("offset, spread", [(0, 1), (1e6, 1), (1e8, 30), (0, 1e25), (0, 1e-30)])
@pytest.mark.parametrize("dim", [0, 1, None])
def test_variances_keep_their_digits(offset, spread, dim):
    """At large means, and where squares leave the range of float32 and of float64."""
    z = np.random.default_rng(0).standard_normal((70, 90)) * spread + offset
    for dtype, digits in ((np.float32, 2e-5), (np.float64, 1e-7)):
        x = autograd.tensor(z.astype(dtype), requires_grad=True)
        wide = x.detach().numpy().astype(np.float64)
        if float(np.finfo(dtype).tiny) < spread * spread < float(np.finfo(dtype).max):
            np.testing.assert_allclose(x.var(dim).detach(), wide.var(dim, ddof=1), digits)
        x.std(dim).sum().backward()
        np.testing.assert_allclose(x.std(dim).detach(), wide.std(dim, ddof=1), digits)
        n = x.numel() if dim is None else x.shape[dim]
        deviation = wide.std(dim, ddof=1, keepdims=True)
        slope = (wide - wide.mean(dim, keepdims=True)) / deviation / (n - 1)
        np.testing.assert_allclose(x.grad.numpy(), slope, 1e-3, 1e-5 * abs(slope).max())


def test_deviations_and_norms_of_float64_fit_too():
    x = autograd.tensor([1e200, -1e200, 3e200, 0.0], dtype=autograd.float64)
    assert x.std().item() == pytest.approx(1.707825e200) and x.norm().item() == x.norm(2.0).item()
    assert x.norm().item() == pytest.approx(math.sqrt(11) * 1e200)
    tiny = autograd.tensor([3e-200, 4e-200], dtype=autograd.float64, requires_grad=True)
    tiny.norm().backward()
    assert tiny.norm().item() == pytest.approx(5e-200) and tiny.grad.tolist() == pytest.approx(
        [0.6, 0.8])


@pytest.mark.parametrize("scale", [1e30, 1, 1e-30])
@pytest.mark.parametrize("p", [0, 0.5, 1, 1.5, 2, 3, 7, -1, -2, INF, -INF])
@pytest.mark.parametrize("dim", [0, -1, (0, 2), (1, -1), None, (0, 1, 2)])
def test_norms_of_every_power_over_every_dim(p, dim, scale):
    a = np.random.default_rng(1).uniform(0.5, 2, (2, 3, 4)).astype(np.float32)
    a *= np.random.default_rng(2).choice(np.float32([-1, 1]), a.shape)
    dims = tuple(range(3)) if dim is None else dim
    size = np.abs(a.astype(np.float64))
    for keep in (False, True):
        if p == 0:
            want = np.full_like(size, 1).sum(dims, keepdims=keep)
        elif abs(p) == INF:
            want = (np.max if p > 0 else np.min)(size, dims, keepdims=keep) * scale
        else:
            want = (size ** p).sum(dims, keepdims=keep) ** (1 / p) * scale
        x = autograd.tensor(a * np.float32(scale))
        with np.errstate(over="ignore"):
            np.testing.assert_allclose(x.norm(p, dim, keep), want.astype(np.float32), 3e-6)


def test_the_nuclear_norm_over_two_dims():
    a = np.random.default_rng(3).standard_normal((2, 3, 4))
    x = autograd.tensor(a)
    for dim in ((0, 1), (2, 0), (-1, -2)):
        want = np.linalg.norm(a, "nuc", axis=dim)
        np.testing.assert_allclose(x.norm("nuc", dim), want, 1e-12)
        kept = np.linalg.norm(a, "nuc", axis=dim, keepdims=True)
        np.testing.assert_allclose(x.norm("nuc", dim, True), kept, 1e-12)
    assert gradient(lambda x: x.norm("nuc"), [[0.0, 0.0], [0.0, 2.0]]) == [[0, 0], [0, 1]]
    assert autograd.eye(3, dtype=autograd.float16).norm("nuc").item() == 3


HALVES = {
    "sum": (lambda x: x.sum(0), lambda x: x.sum(0)),
    "mean": (lambda x: x.mean(0), lambda x: x.mean(0)),
    "mean of all": (lambda x: x.mean(), lambda x: x.mean()),
    "var": (lambda x: x.var(0), lambda x: x.var(0, ddof=1)),
    "std": (lambda x: x.std(), lambda x: x.std(ddof=1)),
    "norm": (lambda x: x.norm(dim=0), lambda x: np.sqrt((x * x).sum(0))),
    "norm 3": (lambda x: x.norm(3), lambda x: (abs(x) ** 3).sum() ** (1 / 3)),
    "cumsum": (lambda x: x.cumsum(0), lambda x: x.cumsum(0)),
    "prod": (lambda x: (x / 16).prod(1), lambda x: (x / 16).prod(1)),
    "cumprod": (lambda x: (x / 16).cumprod(1), lambda x: (x / 16).cumprod(1)),
    "logsumexp": (lambda x: x.logsumexp(0), lambda x: np.logaddexp.reduce(x, 0)),
    "softmax": (lambda x: x.softmax(1), lambda x: np.exp(x) / np.exp(x).sum(1, keepdims=True)),
}


@pytest.mark.parametrize("name", HALVES)
@pytest.mark.parametrize("rows", [300, 3000])
def test_float16_is_reduced_in_float32_and_rounded_once(name, rows):
    ours, truth = HALVES[name]
    x = np.random.default_rng(0).uniform(8, 20, (rows, 3)).astype(np.float16)
    with np.errstate(over="ignore"):
        want = np.asarray(truth(x.astype(np.float64))).astype(np.float16)
    found = ours(autograd.tensor(x))
    assert found.dtype == np.float16
    np.testing.assert_allclose(found, want, 1e-3)


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
    (lambda x: x.long().std(), TypeError, r"std: a floating dtype is needed, got int64"),
    (lambda x: autograd.var_mean(x.long()), TypeError, "var_mean: a floating dtype is needed"),
    (lambda x: x.long().norm(), TypeError, r"norm: a floating dtype is needed, got int64"),
    (lambda x: x[:0].norm(-1), IndexError, r"norm: there is no element along dim"),
    (lambda x: x.norm("max"), ValueError, "norm: p 'max'; choose a number, inf, -inf, 'fro' or"),
    (lambda x: x.norm("nuc", 1), ValueError, "norm: p 'nuc' is of floating .* give dim two"),
])
def test_messages(call, error, text):
    with pytest.raises(error, match=text):
        call(autograd.ones(2, 3))
