"""Activations: kinks, NaN and infinities, softmax on extreme scores, messages, accuracy of erf."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.special

import autograd
import nn.functional as F
from autograd import Tensor
from autograd.kernels import special
from autograd.ops.activation import (
    elu,
    gelu,
    leaky_relu,
    log_softmax,
    logsigmoid,
    relu,
    relu_grad,
    silu,
    softmax,
    softplus,
)
from tests.leaves import leaf

NAN, INF = math.nan, math.inf
ALPHA = 1.6732632423543772 * 1.0507009873554805  # of selu, with its scale


# ---- relu ---------------------------------------------------------------------------------------

def test_relu_at_its_kink_and_beyond():
    x = leaf(-1.0, -0.0, 0.0, 1e-300, INF, -INF)
    y = relu(x)
    y.sum().backward()
    assert y.tolist() == [0, 0, 0, 1e-300, INF, 0]
    assert x.grad.tolist() == [0, 0, 0, 1, 1, 0]


def test_nan_travels_through_relu():
    x = leaf(NAN, -1.0)
    y = relu(x)
    y.backward(autograd.tensor([NAN, 2.0], dtype=autograd.float64))
    assert math.isnan(y[0].item()) and math.isnan(x.grad[0].item()) and x.grad[1].item() == 0


def test_relu_stops_infinite_gradients_where_it_is_off():
    x = leaf(-1.0, 2.0, -3.0)
    relu(x).backward(autograd.tensor([INF, INF, NAN], dtype=autograd.float64))
    assert x.grad.tolist() == [0, INF, 0]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_relu_grad_of_any_layout_and_width(dtype):
    g = np.arange(24, dtype=dtype).reshape(2, 3, 4).transpose(2, 0, 1)
    out = np.maximum(np.random.default_rng(0).standard_normal(g.shape), 0).astype(dtype)
    found = relu_grad(g, out)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, g * (out > 0))


def test_relu_keeps_its_result_only():
    x = leaf(-1.0, 2.0)
    y = relu(x)
    assert [value is y._array for value in y._node.saved] == [True]


def test_relu_of_integers_and_in_place():
    assert relu(autograd.tensor([-2, 3])).tolist() == [0, 3]
    x = leaf(-1.0, 2.0)
    y = x * 3
    assert y.relu_() is y and y.tolist() == [0, 6]
    y.sum().backward()
    assert x.grad.tolist() == [0, 3]


# ---- the others ---------------------------------------------------------------------------------

@pytest.mark.parametrize("function, at_minus, at_plus", [
    (leaky_relu, -10.0, 1000.0), (elu, -1.0, 1000.0), (silu, 0.0, 1000.0), (gelu, 0.0, 1000.0),
    (softplus, 0.0, 1000.0), (logsigmoid, -1000.0, 0.0),
])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_far_from_zero_without_overflow(function, at_minus, at_plus, dtype):
    x = autograd.tensor(np.array([-1000, 1000], dtype), requires_grad=True)
    y = function(x)
    y.sum().backward()
    np.testing.assert_allclose(y.detach(), [at_minus, at_plus], 1e-6)
    assert y.dtype == dtype == x.grad.dtype and np.isfinite(x.grad.numpy()).all()


@pytest.mark.parametrize("function", [leaky_relu, elu, silu, gelu, softplus, logsigmoid])
def test_nan_travels(function):
    x = leaf(NAN, 1.0)
    y = function(x)
    y.sum().backward()
    assert math.isnan(y[0].item()) and math.isfinite(y[1].item())
    assert math.isfinite(x.grad[1].item())


def test_gelu_knows_two_ways():
    with pytest.raises(ValueError, match="gelu: approximate 'erf'; choose 'none' or 'tanh'"):
        gelu(leaf(1.0), approximate="erf")


# ---- softmax ------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("shape, dim, size", [
    ((64, 10), 1, 10), ((3, 4, 5), 2, 5), ((8,), 0, 8), ((2, 21, 8, 8), 1, 21)])
def test_softmax_asks_for_its_dimension(name, shape, dim, size):
    function = {"softmax": softmax, "log_softmax": log_softmax}[name]
    with pytest.raises(TypeError) as error:
        function(autograd.zeros(shape))
    assert str(error.value) == (
        f"{name}: dim is required: over which dimension of {shape} shall the results sum to 1? "
        f"Most likely dim={dim}, of size {size}")
    with pytest.raises(TypeError, match="dim is required"):
        getattr(autograd.zeros(shape), name)()


def test_softmax_of_what_does_not_fit():
    with pytest.raises(IndexError, match=r"softmax: dim 2 is out of range for 2 dimensions"):
        softmax(autograd.zeros(2, 3), 2)
    with pytest.raises(TypeError, match=r"softmax: a floating dtype is needed, got int64"):
        softmax(autograd.tensor([1, 2]), 0)
    with pytest.raises(TypeError, match=r"log_softmax: a floating dtype is needed, got int64"):
        log_softmax(autograd.zeros(2), 0, dtype=autograd.int64)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("function", [softmax, log_softmax])
def test_extreme_scores_stay_finite(function, dtype):
    x = autograd.tensor(np.array([[1e4, -1e4, 0], [1e4, 1e4, 1e4]], dtype), requires_grad=True)
    y = function(x, 1)
    (y * autograd.tensor(np.array([[1, 2, 3], [4, 5, 6]], dtype))).sum().backward()
    assert np.isfinite(y.detach().numpy()).all() and np.isfinite(x.grad.numpy()).all()
    np.testing.assert_allclose(np.exp(log_softmax(x, 1).detach().numpy()).sum(1), 1, 1e-6)
    np.testing.assert_allclose(softmax(x, 1).detach(), [[1, 0, 0], [1 / 3] * 3], 1e-6)


def test_a_masked_score_has_no_share():
    x = leaf(1.0, -INF, 1.0)
    softmax(x, 0).backward(autograd.tensor([1.0, 5.0, 2.0], dtype=autograd.float64))
    assert softmax(x, 0).tolist() == [0.5, 0, 0.5] and x.grad.tolist() == [-0.25, 0, 0.25]
    assert log_softmax(x, 0)[1].item() == -INF


def test_softmax_in_another_dtype():
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    y = softmax(x, 0, dtype=autograd.float64)
    assert y.dtype == np.float64
    y[0].backward()
    assert x.grad.dtype == np.float32
    assert softmax(autograd.tensor([1, 1]), 0, dtype="float32").tolist() == [0.5, 0.5]


def test_softmax_of_nothing_and_of_one():
    assert softmax(autograd.zeros(3, 0), 1).shape == (3, 0)
    assert softmax(autograd.zeros(0, 3), 1).shape == (0, 3)
    assert softmax(autograd.tensor(5.0), 0).item() == 1 == softmax(autograd.tensor(5.0), -1).item()


def test_softmax_along_a_middle_dimension_lies_in_order():
    y = softmax(autograd.zeros(2, 3, 4), 1)
    assert y.is_contiguous() and y.view(24).shape == (24,)


def test_methods_and_their_inplace_twins():
    for name in ("relu", "sigmoid", "tanh"):
        y = autograd.tensor([0.5, -0.5])
        wanted = getattr(y, name)().tolist()
        assert getattr(y, name + "_")() is y and y.tolist() == wanted
    assert hasattr(Tensor, "softmax") and hasattr(Tensor, "log_softmax")


# ---- erf ----------------------------------------------------------------------------------------

def relative(found, x):
    exact = np.array([math.erf(v) for v in x])
    return np.abs(found.astype(np.float64) - exact) / np.maximum(np.abs(exact), 5e-324)


def test_erf_is_accurate_in_float64():
    x = np.concatenate([np.linspace(-7, 7, 20001), np.geomspace(1e-300, 30, 5000),
                        np.nextafter([1, 1, -1, 6, 6], [0, 2, 0, 0, 7])])
    assert relative(special.erf(x), x).max() < 5e-16


def test_erf_is_accurate_in_float32():
    x = np.concatenate([np.linspace(-5, 5, 20001), np.geomspace(1e-30, 9, 2000)]).astype(np.float32)
    found = special.erf(x)
    assert found.dtype == np.float32 and relative(found, x).max() < 3e-7


def test_erf_keeps_what_is_special():
    found = special.erf(np.array([NAN, INF, -INF, 0.0, -0.0, 30.0, -1e300]))
    np.testing.assert_array_equal(found, [NAN, 1, -1, 0, -0.0, 1, -1])
    assert np.signbit(found[4]) and not np.signbit(found[3])
    assert special.erf(np.array([0.5, 2.0], np.float16)).dtype == np.float16
    assert special.erf(np.zeros((0, 3))).shape == (0, 3)
    assert special.erf(np.array(0.5)).shape == () == special.erf(np.array(2.0)).shape


def test_erf_is_odd_and_grows():
    x = np.linspace(0, 6.5, 200001)
    y = special.erf(x)
    np.testing.assert_array_equal(special.erf(-x), -y)
    assert (np.diff(y) >= -2.3e-16).all() and y[-1] == 1


def test_erf_of_a_tensor():
    x = leaf(0.0, 1.0)
    y = x.erf()
    y.sum().backward()
    assert y.tolist() == [0.0, special.erf(np.array([1.0]))[0]]
    np.testing.assert_allclose(x.grad, 2 / math.sqrt(math.pi) * np.exp([0, -1]), 1e-15)
    assert autograd.erf(autograd.tensor([1, 0])).dtype == np.float32


# ---- what the gradient is computed from ---------------------------------------------------------

@pytest.mark.parametrize("function", [
    F.leaky_relu, F.elu, F.selu, F.celu, F.hardtanh, F.relu6, F.hardsigmoid, F.softshrink,
    F.hardshrink, F.logsigmoid, F.softplus, F.softsign, F.tanhshrink, F.hardswish, F.silu, F.mish,
])
def test_the_result_may_be_changed_in_place(function):
    x = leaf(-2.7, -0.3, 0.2, 0.8, 4.0)
    function(x).sum().backward()
    wanted, x.grad = x.grad.clone(), None
    y = function(x)
    y.mul_(3.0)
    y.sum().backward()
    np.testing.assert_allclose(x.grad, 3 * wanted)


@pytest.mark.parametrize("size", [3, 5000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_elu_family_does_not_cancel_far_below_zero(size, dtype):
    values = np.resize(np.array([-30, -20, -1e-6], dtype), size)
    for function, alpha, inner in ((F.elu, 1, 1), (F.celu, 1, 1), (F.selu, ALPHA, 1),
                                   (lambda x: F.elu(x, -0.5), -0.5, 1),
                                   (lambda x: F.celu(x, 2.0), 2, 0.5)):
        x = autograd.tensor(values, requires_grad=True)
        function(x).sum().backward()
        wanted = alpha * inner * np.exp(inner * values.astype(np.float64))
        np.testing.assert_allclose(x.grad, wanted, 4 * np.finfo(dtype).eps * 30)


def test_a_negative_slope_fits_in_place_too():
    for function in (lambda x: F.leaky_relu(x, -2.0, True), lambda x: F.elu(x, -2.0, True)):
        x = leaf(-1.0, 3.0)
        function(x * 1).sum().backward()
        found, x.grad = x.grad.tolist(), None
        plain = F.leaky_relu if found[0] == -2 else F.elu
        plain(x, -2.0).sum().backward()
        assert found == x.grad.tolist() and found[1] == 1


def _shrunk(x):
    """x - tanh(x) by its series near 0."""
    terms = [1 / 3, -2 / 15, 17 / 315, -62 / 2835, 1382 / 155925, -21844 / 6081075]
    near, x = sum(c * x**(2 * k + 3) for k, c in enumerate(terms)), x.astype(np.longdouble)
    return np.where(np.abs(x) < 0.02, near, x - np.tanh(x)).astype(np.float64)


FAR = np.concatenate([-np.geomspace(1e-6, 12, 60), np.geomspace(1e-6, 12, 60)])
LOSING = {  # function, its value and slope, computed without a difference of near numbers
    "gelu": (F.gelu, lambda x: x * scipy.special.ndtr(x), lambda x: scipy.special.ndtr(x)
             + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi)),
    "gelu_tanh": (lambda x: F.gelu(x, approximate="tanh"),
                  lambda x: x * scipy.special.expit(_inner(x)),
                  lambda x: scipy.special.expit(_inner(x)) * (
                      1 + x * scipy.special.expit(-_inner(x)) * _inner_slope(x))),
    "tanhshrink": (F.tanhshrink, _shrunk, lambda x: np.tanh(x)**2),
    "silu": (F.silu, lambda x: x * scipy.special.expit(x),
             lambda x: scipy.special.expit(x) * (1 + x * scipy.special.expit(-x))),
}


def _inner(x):
    return 2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)


def _inner_slope(x):
    return 2 * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x)


@pytest.mark.parametrize("size", [len(FAR), 5000])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LOSING)
def test_digits_are_kept_where_parts_cancel(name, dtype, size):
    """To some units in the last place, more where the exponent -x²/2 carries more of its own."""
    function, value, slope = LOSING[name]
    x = np.resize(FAR, size).astype(dtype)
    units = (8 if dtype == "float32" else 64) * np.finfo(dtype).eps * (1 + abs(x)**3)
    t = autograd.tensor(x, requires_grad=True)
    y = function(t)
    grad, = autograd.grad(y, t, autograd.ones_like(y), create_graph=True)
    plain, = autograd.grad(function(t), t, autograd.ones_like(y))
    x = x.astype(np.float64)
    zero = np.abs(slope(x)) < 0.2 * np.abs(value(x) / x)  # a crossing: as near as its parts
    for found, wanted in ((y, value(x)), (grad, slope(x)), (plain, slope(x))):
        off = np.abs(found.detach().numpy() - wanted) / np.abs(wanted)
        off = np.where(zero & (name != "tanhshrink") | (np.abs(wanted) < 1e-37), 0, off)
        assert (off <= units).all(), x[off > units]


def test_slopes_that_cancelled():
    for function, at, slope in ((F.softsign, 1e8, 1e-16), (F.softsign, 1e20, 0.0),
                                (F.tanhshrink, 1e-3, 1e-6), (F.logsigmoid, 30.0, math.exp(-30))):
        x = leaf(at, dtype=autograd.float32)
        function(x).backward(autograd.ones(1))
        assert x.grad.item() == pytest.approx(slope, 1e-5, abs=1e-38)
    small = F.hardsigmoid(autograd.tensor(-3 + 1e-6))
    assert small.item() == pytest.approx((float(np.float32(-3 + 1e-6)) + 3) / 6)


@pytest.mark.parametrize("size", [6, 5000])
@pytest.mark.parametrize("function", [F.mish, F.gelu, F.silu, F.softplus, F.elu, F.selu, F.relu6])
def test_float16_is_rounded_once_forward_and_back(function, size):
    values = np.resize(np.array([4, 5.5, -6, 10, 0.01, 600], np.float16), size)
    half = autograd.tensor(values, requires_grad=True)
    wide = autograd.tensor(values.astype(np.float32), requires_grad=True)
    for x in (half, wide):
        y = function(x)
        y.backward(autograd.ones_like(y))
    assert half.grad.dtype == np.float16
    np.testing.assert_array_equal(half.grad, wide.grad.numpy().astype(np.float16))
    np.testing.assert_array_equal(function(half).detach(),
                                  function(wide).detach().numpy().astype(np.float16))


def test_prelu_of_infinity_gives_its_weight_no_nan():
    x, weight = leaf(INF, -2.0), leaf(0.25)
    F.prelu(x, weight).sum().backward()
    assert weight.grad.tolist() == [-2] and x.grad.tolist() == [1, 0.25]


@pytest.mark.parametrize("size", [6, 6000])
@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_the_gradient_of_gelu_far_out(approximate, size):
    far = [1e7, -1e7, 1e20, -1e20, 1e30, -1e30]
    x = autograd.tensor(np.resize(np.float32(far), size), requires_grad=True)
    gelu(x, approximate).sum().backward()
    assert x.grad.tolist() == [1.0, 0.0] * (size // 2)
