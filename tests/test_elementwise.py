"""What samples do not show of autograd/ops/elementwise.py: kinks, casts, ends of the range."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd
from autograd.ops.elementwise import safe_mul

INF, NAN = math.inf, math.nan


def gradient(function, values, dtype=np.float64):
    x = autograd.tensor(np.array(values, dtype), requires_grad=True)
    function(x).sum().backward()
    return x.grad.tolist()


# ---- kinks and ends ------------------------------------------------------------------------------

@pytest.mark.parametrize("function, at, slope", [
    (autograd.abs, 0.0, 0), (autograd.abs, -0.0, 0), (autograd.sqrt, 0.0, INF),
    (autograd.sign, 0.0, 0), (autograd.floor, 2.0, 0), (autograd.ceil, 2.0, 0),
    (autograd.round, 0.5, 0), (autograd.trunc, -1.0, 0), (autograd.log, 0.0, INF),
    (autograd.asin, 1.0, INF), (autograd.acos, 1.0, -INF), (autograd.reciprocal, INF, 0),
    (autograd.tanh, 400.0, 0), (autograd.sigmoid, 800.0, 0), (autograd.sigmoid, -800.0, 0),
    (autograd.exp, -INF, 0), (autograd.exp, INF, INF)])
def test_gradient_at(function, at, slope):
    assert gradient(function, [at]) == [slope]


def test_atan2_at_the_origin_has_gradient_zero():
    y, x = (autograd.zeros(1, requires_grad=True) for _ in range(2))
    autograd.atan2(y, x).sum().backward()
    assert y.grad.item() == 0 and x.grad.item() == 0


@pytest.mark.parametrize("name", ["sqrt", "log", "log2", "log10", "reciprocal", "rsqrt", "asin"])
def test_an_infinite_slope_nobody_asks_for_is_no_nan(name):
    """Masked out by where, the element whose slope is infinite gets 0, not 0 * inf."""
    at = 1.0 if name == "asin" else 0.0
    x = autograd.tensor([at, 0.5], requires_grad=True)
    autograd.where(autograd.tensor([False, True]), getattr(x, name)(), 0.0).sum().backward()
    assert x.grad[0].item() == 0 and np.isfinite(x.grad.numpy()).all()


def test_safe_mul_lets_nan_through_where_it_is_asked_for():
    g, d = autograd.tensor([0.0, 1.0, NAN, 0.0]), autograd.tensor([INF, NAN, 2.0, NAN])
    product = safe_mul(g, d)
    np.testing.assert_array_equal(product, [0.0, NAN, NAN, 0.0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_and_tanh_stay_inside_their_range(dtype):
    x = autograd.tensor(np.array([-1e4, -100, -20, 0, 20, 100, 1e4], dtype))
    s, t = x.sigmoid().numpy(), x.tanh().numpy()
    assert s.dtype == dtype and ((s >= 0) & (s <= 1)).all() and s[3] == 0.5
    assert (np.abs(t) <= 1).all()
    assert s[2] == pytest.approx(np.exp(-20) / (1 + np.exp(-20)), rel=1e-6)


def test_erf_is_accurate_everywhere():
    x = np.concatenate([np.linspace(-7, 7, 1001), 10.0 ** np.arange(-300, 1), [0.0, -0.0]])
    wanted = np.array([math.erf(v) for v in x])
    ours = autograd.erf(autograd.tensor(x)).numpy()
    np.testing.assert_allclose(ours, wanted, 5e-16, 2e-16)
    single = autograd.erf(autograd.tensor(x.astype(np.float32)))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, wanted, 3e-7, 1e-7)
    assert autograd.erf(autograd.tensor([INF, -INF])).tolist() == [1, -1]


def test_small_numbers_keep_their_digits():
    x = autograd.tensor([1e-18, -1e-18], dtype=autograd.float64)
    assert x.expm1().tolist() == [1e-18, -1e-18] and x.log1p().tolist() == [1e-18, -1e-18]


def test_round_halves_to_even_and_to_decimals():
    assert autograd.tensor([0.5, 1.5, 2.5, -0.5]).round().tolist() == [0, 2, 2, 0]
    assert autograd.tensor([123.456, -0.5]).round(decimals=-1).tolist() == [120, 0]


def test_special_values_make_no_warning():
    x = autograd.tensor([INF, -INF, NAN, 0.0, 3e38, -3e38], requires_grad=True)
    for name in ("exp", "log", "sqrt", "rsqrt", "sin", "tan", "asin", "sinh", "sigmoid", "square",
                 "reciprocal", "erf", "expm1", "tanh"):
        result = getattr(x, name)()
        assert np.isnan(result[2].item())
        result.backward(autograd.ones(6))


# ---- types ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "sin", "sigmoid", "erf", "reciprocal"])
def test_integers_become_the_default_float(name):
    x = autograd.tensor([1, 2])
    assert getattr(x, name)().dtype == np.float32
    autograd.set_default_dtype(autograd.float64)
    try:
        assert getattr(x, name)().dtype == np.float64
    finally:
        autograd.set_default_dtype(autograd.float32)


@pytest.mark.parametrize("name", ["abs", "floor", "ceil", "trunc", "round", "sign", "square"])
def test_integers_stay_integers(name):
    result = getattr(autograd.tensor([-2, 3], dtype=autograd.int16), name)()
    assert result.dtype == np.int16


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("to", ["half", "float", "double"])
def test_casts_pass_gradients_in_the_inputs_type(dtype, to):
    x = autograd.tensor(np.array([1.0, 2.0], dtype), requires_grad=True)
    (getattr(x, to)() * autograd.tensor([3, 4])).sum().backward()
    assert x.grad.dtype == dtype and x.grad.tolist() == [3, 4]


def test_casts_to_integers_cut_the_graph():
    x = autograd.tensor([1.9, -1.9, 0.0], requires_grad=True)
    assert x.detach().long().tolist() == [1, -1, 0]
    assert not x.int().requires_grad and not x.bool().requires_grad
    assert x.bool().tolist() == [True, True, False]


def test_to_returns_the_tensor_itself_where_nothing_changes():
    x = autograd.ones(2)
    assert x.to(autograd.float32) is x and x.float() is x and x.to("cpu") is x and x.cpu() is x
    assert x.to(autograd.float32, copy=True) is not x
    assert x.to(autograd.tensor(1, dtype=autograd.int8)).dtype == np.int8
    assert x.type() == "torch.FloatTensor" and x.type("float64").dtype == np.float64


def test_casting_to_bool_keeps_fractions_nan_and_infinity_true():
    assert autograd.tensor([0.3, NAN, INF, 0.0, -0.0]).bool().tolist() == [True] * 3 + [False] * 2


# ---- messages ------------------------------------------------------------------------------------

@pytest.mark.parametrize("call, error, text", [
    (lambda: autograd.exp("x"), TypeError, "exp: input must be a Tensor or a number, got str"),
    (lambda: autograd.exp(None), TypeError, "exp: input must be .* got NoneType"),
    (lambda: autograd.isnan([1.0]), TypeError, "isnan: input must be a Tensor, got list of 1"),
    (lambda: autograd.tensor([4]).sqrt_(), RuntimeError, r"sqrt_: the result is float32 .* int64"),
    (lambda: autograd.ones(2, requires_grad=True).exp_(), RuntimeError, "exp_: a leaf that req"),
    (lambda: autograd.tensor([True]).sign(), TypeError, r"sign: .*Tensor \(1,\) bool"),
    (lambda: autograd.ones(1).to("complex64").float(), TypeError, "complex64 as float32 would"),
    (lambda: autograd.ones(1).to("cuda:0"), RuntimeError, "device 'cuda:0' is not available"),
    (lambda: autograd.ones(1).to(0), RuntimeError, "device '0' is not available"),
])
def test_messages(call, error, text):
    with pytest.raises(error, match=text):
        call()
