"""Losses: reductions, targets that do not fit, extreme scores, the warning after softmax."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

import autograd
from autograd.ops.activation import log_softmax, softmax
from autograd.ops.cross_entropy import cross_entropy, nll_loss
from autograd.ops.loss import huber_loss, l1_loss, mse_loss, same_shape, smooth_l1_loss
from autograd.ops.loss_binary import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    soft_margin_loss,
)
from autograd.ops.loss_probability import kl_div, poisson_nll_loss

CLASSES = [cross_entropy, nll_loss]
ELEMENTWISE = [mse_loss, l1_loss, huber_loss, smooth_l1_loss, binary_cross_entropy,
               binary_cross_entropy_with_logits, soft_margin_loss]
NAN = math.nan


def scores(*shape, seed=0):
    rng = np.random.default_rng(seed)
    return autograd.tensor(rng.standard_normal(shape), requires_grad=True)


def labels(*values):
    return autograd.tensor(values, dtype=autograd.int64)


def message(error, function, *args, **kwargs) -> str:
    with pytest.raises(error) as raised:
        function(*args, **kwargs)
    return str(raised.value)


# ---- shapes and reductions ----------------------------------------------------------------------

@pytest.mark.parametrize("function", ELEMENTWISE)
@pytest.mark.parametrize("input, target, fix", [
    ((4, 1), (4,), "use target.unsqueeze(1) or input.squeeze(1)"),
    ((4,), (4, 1), "use target.squeeze(1) or input.unsqueeze(1)"),
    ((2, 3), (6,), "if the elements correspond, use target.reshape(input.shape)"),
    ((2, 3), (3,), "to repeat elements on purpose, use .expand(...)"),
    ((3,), (), "to repeat elements on purpose, use .expand(...)"),
])
def test_elementwise_losses_do_not_broadcast(function, input, target, fix):
    x, t = autograd.full(input, 0.5), autograd.full(target, 0.5)
    assert message(ValueError, function, x, t) == (
        f"{function.__name__}: input {input} and target {target} must have the same shape; {fix}")


@pytest.mark.parametrize("function", ELEMENTWISE + CLASSES)
def test_an_unknown_reduction(function):
    x = autograd.full((2, 2), 0.5)
    t = labels(0, 1) if function in CLASSES else x
    assert message(ValueError, function, x, t, reduction="avg") == (
        f"{function.__name__}: reduction 'avg'; choose 'mean', 'sum' or 'none'")


def test_same_shape_is_there_for_other_losses():
    same_shape("huber_loss", np.zeros((2, 3)), np.zeros((2, 3)))
    with pytest.raises(ValueError, match="^huber_loss: input"):
        same_shape("huber_loss", np.zeros((2, 3)), np.zeros((3, 2)))


@pytest.mark.parametrize("function", ELEMENTWISE)
def test_losses_of_nothing(function):
    x = autograd.zeros((0, 2), requires_grad=True)
    assert math.isnan(function(x, autograd.zeros((0, 2))).item())
    assert function(x, autograd.zeros((0, 2)), reduction="sum").item() == 0
    assert function(x, autograd.zeros((0, 2)), reduction="none").shape == (0, 2)


@pytest.mark.parametrize("function", ELEMENTWISE)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_large_losses_are_the_reduced_small_ones(function, reduction):
    """Large enough for a compiled kernel; gradients and those of the gradient likewise."""
    rng = np.random.default_rng(3)
    values, seeds = rng.uniform(0.01, 0.99, (2, 40, 33)), autograd.tensor(rng.random((40, 33)))
    found = []
    for how in (reduction, "none"):
        x, t = (autograd.tensor(v, requires_grad=True) for v in values)
        loss = function(x, t, reduction=how)
        loss = loss if how == reduction else getattr(loss, reduction)()
        slope, back = autograd.grad(loss, [x, t], create_graph=True)
        (slope * seeds).sum().backward()
        found.append((loss.detach(), slope.detach(), back.detach(), x.grad, t.grad))
    for ours, wanted in zip(*found, strict=True):
        np.testing.assert_allclose(ours, wanted, 1e-11, 1e-15)


@pytest.mark.parametrize("function", [mse_loss, l1_loss, huber_loss])
def test_a_loss_gives_its_target_the_opposite_gradient(function):
    x, t = scores(5), scores(5, seed=1)
    function(x, t).backward()
    np.testing.assert_array_equal(x.grad, -t.grad.numpy())


@pytest.mark.parametrize("function", [l1_loss, smooth_l1_loss, huber_loss])
def test_no_distance_gives_no_gradient(function):
    x = autograd.tensor([1.0, NAN, 3.0], requires_grad=True)
    function(x, autograd.tensor([1.0, 1.0, 1.0]), reduction="sum").backward()
    np.testing.assert_array_equal(x.grad, [0, NAN, 1])


def test_settings_of_huber_and_smooth_l1():
    x, t = scores(4), autograd.zeros(4, dtype=autograd.float64)
    assert message(ValueError, huber_loss, x, t, delta=0) == (
        "huber_loss: delta must be positive, got 0; for |d| itself use l1_loss")
    assert message(ValueError, smooth_l1_loss, x, t, beta=-1.0) == (
        "smooth_l1_loss: beta must be at least 0, got -1.0")
    assert smooth_l1_loss(x, t, beta=0).item() == l1_loss(x, t).item()
    np.testing.assert_allclose(huber_loss(x, t, delta=100.0).item() * 2, mse_loss(x, t).item())
    assert huber_loss(autograd.tensor([math.inf]), autograd.zeros(1)).item() == math.inf


def test_sums_of_float32_keep_their_digits():
    """A running sum in float32 would be off by a thousandth, and a sum of these squares by all."""
    x = autograd.full((1 << 20,), 0.1)
    total = l1_loss(x, autograd.zeros_like(x), reduction="sum").item()
    assert total == pytest.approx(float(np.float32(0.1)) * (1 << 20), rel=3e-7)
    large = autograd.full((1 << 14,), 1e17)
    assert mse_loss(large * 4, large).item() == pytest.approx(9e34, rel=1e-6)


def test_mse_loss_brings_dtypes_together():
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    loss = mse_loss(x, autograd.tensor([1, 4]))
    assert loss.dtype == np.float32 and loss.item() == 2
    loss.backward()
    assert x.grad.tolist() == [0, -2] and x.grad.dtype == np.float32
    wide = mse_loss(x, autograd.tensor([1.0, 4.0], dtype=autograd.float64))
    assert wide.dtype == np.float64
    wide.backward()
    assert x.grad.tolist() == [0, -4]


# ---- probabilities and float16 -------------------------------------------------------------------

def test_what_has_no_probability_may_be_infinitely_unlikely():
    """0 log 0 is 0, whatever else is summed."""
    t = autograd.tensor([[0.0, 1.0, 0.0]])
    x = autograd.tensor([[-math.inf, 0.0, 0.0]], requires_grad=True)
    loss = cross_entropy(x, t)
    loss.backward()
    assert loss.item() == pytest.approx(math.log(2)) and x.grad.tolist() == [[0.0, -0.5, 0.5]]
    for function in (kl_div, poisson_nll_loss):
        x = autograd.tensor([[-math.inf, 0.0, 0.0]], requires_grad=True)
        loss = function(x, t, reduction="sum")
        loss.backward()
        wanted = [0.0, -1.0, 0.0] if function is kl_div else [0.0, 0.0, 1.0]
        assert loss.item() == (0 if function is kl_div else 2) and x.grad.tolist() == [wanted]


def test_losses_of_float16_are_rounded_once():
    rng = np.random.default_rng(0)
    x, t = rng.uniform(0.01, 0.99, (2, 70_000)).astype(np.float16)
    wide = autograd.tensor(x.astype(np.float64)), autograd.tensor(t.astype(np.float64))
    for function in ELEMENTWISE[:-1]:
        for reduction in ("mean", "none"):
            got = function(autograd.tensor(x), autograd.tensor(t), reduction=reduction)
            want = function(*wide, reduction=reduction).numpy()
            assert got.dtype == np.float16
            unit = np.spacing(np.abs(want).astype(np.float16)).astype(np.float64)
            assert np.max(np.abs(got.numpy() - want) / unit) < 0.51, (function.__name__, reduction)
    far = autograd.tensor([300.0, 0.0, 0.0, 0.0], dtype=autograd.float16, requires_grad=True)
    loss = mse_loss(far, autograd.zeros(4, dtype=autograd.float16))
    loss.backward()
    assert loss.item() == 22496.0 and far.grad.tolist() == [150.0, 0.0, 0.0, 0.0]
    certain = autograd.tensor([0.0, 1.0], dtype=autograd.float16, requires_grad=True)
    binary_cross_entropy(certain, certain.detach()).backward()
    assert certain.grad.tolist() == [0.0, 0.0]
    many = cross_entropy(autograd.zeros(70_000, 2, dtype=autograd.float16),
                         autograd.zeros(70_000, dtype=autograd.int64))
    assert many.item() == np.float16(math.log(2))


# ---- targets of the class losses ----------------------------------------------------------------

@pytest.mark.parametrize("function", CLASSES)
@pytest.mark.parametrize("shape, target, text", [
    ((3, 3), [0, 1, 3], "target 3 at position [2] is not a class: input (3, 3) has 3 classes, so 0 "
                        "to 2 fit, or ignore_index=-100"),
    ((3, 3), [0, -1, 2], "target -1 at position [1] is not a class: input (3, 3) has 3 classes"),
    ((3, 3), [1, 2, 3], "fit, or ignore_index=-100. If the labels start at 1, use target - 1"),
    ((2, 3, 2), [[0, 1], [2, 7]], "target 7 at position [1, 1] is not a class"),
    ((3,), 5, "target 5 is not a class: input (3,) has 3 classes, so 0 to 2 fit"),
])
def test_a_target_that_is_no_class(function, shape, target, text):
    found = message(IndexError, function, scores(*shape),
                    autograd.tensor(target, dtype=autograd.int64))
    assert found.startswith(function.__name__ + ": ") and text in found
    assert ("start at 1" in found) == ("start at 1" in text)


def test_float_targets_get_the_conversion():
    x = scores(64, 10)
    assert message(TypeError, cross_entropy, x, autograd.zeros(64)) == (
        "cross_entropy: target is float32 (64,), but class indices are integers; did you mean "
        "target.long(), or class probabilities of shape (64, 10)?")
    assert message(TypeError, nll_loss, x, autograd.zeros(64)).endswith(
        "did you mean target.long()?")
    assert "target is bool" in message(TypeError, cross_entropy, x, autograd.zeros(64).bool())


@pytest.mark.parametrize("function", CLASSES)
@pytest.mark.parametrize("shape, target, text", [
    ((4, 3), (5,), "input (4, 3) takes class indices of shape (4,), got (5,)"),
    ((4, 3), (4, 1), "got (4, 1); use target.squeeze(1)"),
    ((4, 3), (4, 3), "got (4, 3); for one-hot targets use target.argmax(1)"),
    ((4, 3, 2), (4, 3), "takes class indices of shape (4, 2), got (4, 3) (the classes are "
                        "dimension 1 of input)"),
    ((3,), (1,), "takes class indices of shape (), got (1,); use target.squeeze(0)"),
])
def test_targets_of_another_shape(function, shape, target, text):
    assert text in message(ValueError, function, scores(*shape),
                           autograd.zeros(target, dtype=autograd.int64))


def test_arguments_that_do_not_fit():
    x, t = scores(2, 3), labels(0, 1)
    assert message(TypeError, cross_entropy, x, [0, 1]) == (
        "cross_entropy: target must be a Tensor, got list of 2; autograd.tensor(...) makes one")
    assert "input must be floating" in message(TypeError, cross_entropy, labels(1, 2), t)
    assert "input must be floating, of shape (N, C)" in message(
        TypeError, nll_loss, autograd.tensor(1.0), labels())
    assert message(ValueError, cross_entropy, x, t, autograd.ones(2)).startswith(
        "cross_entropy: weight must be a Tensor (3,) float64, one weight per class")
    assert "weight must be a Tensor (3,) float64" in message(
        ValueError, nll_loss, x, t, autograd.ones(3))
    assert "label_smoothing must lie in [0, 1], got 1.5" in message(
        ValueError, cross_entropy, x, t, label_smoothing=1.5)
    assert "ignore_index=1 has no meaning for class probabilities" in message(
        ValueError, cross_entropy, x, softmax(x, 1).detach(), ignore_index=1)


@pytest.mark.parametrize("function", CLASSES)
def test_ignore_index_is_an_integer(function):
    x, t = scores(2, 3), labels(0, 1)
    for wrong in (1.5, None, "a"):
        text = message(TypeError, function, x, t, ignore_index=wrong)
        assert text.startswith(f"{function.__name__}: ignore_index must be an integer, got ")
    text = message(ValueError, function, x, t, ignore_index=2**63)
    assert "no int64" in text
    large = 2**53 + 1
    kept = function(x, labels(0, large), ignore_index=np.int64(large))
    assert kept.item() == pytest.approx(function(x[:1], t[:1]).item())
    with pytest.raises(IndexError, match="is not a class"):
        function(x, labels(0, large - 1), ignore_index=large)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rows", [1, 300])
def test_huge_scores_of_one_size_are_equally_likely(dtype, rows):
    for size in (1e10, -1e12, 1e17, 1e30):
        x = autograd.full((rows, 3), size, dtype=dtype, requires_grad=True)
        loss = cross_entropy(x, labels(*[0] * rows))
        loss.backward()
        assert loss.item() == pytest.approx(math.log(3), rel=1e-6)
        np.testing.assert_allclose(x.grad.numpy() * rows, [[-2 / 3, 1 / 3, 1 / 3]] * rows, 1e-5)


def test_other_integers_as_targets():
    x = scores(3, 4)
    wanted = cross_entropy(x, labels(1, 0, 3)).item()
    for dtype in ("int8", "int32", "uint8"):
        t = autograd.tensor([1, 0, 3], dtype=dtype)
        assert cross_entropy(x, t).item() == wanted
        assert nll_loss(log_softmax(x, 1), t).item() == pytest.approx(wanted, rel=1e-14)


# ---- cross entropy ------------------------------------------------------------------------------

@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_extreme_scores_stay_finite(dtype, smoothing):
    x = autograd.tensor(np.array([[1e4, -1e4, 0], [-1e4, 1e4, 1e4]], dtype), requires_grad=True)
    loss = cross_entropy(x, labels(1, 1), label_smoothing=smoothing)
    loss.backward()
    assert loss.dtype == dtype == x.grad.dtype and math.isfinite(loss.item())
    if not smoothing:
        assert loss.item() == pytest.approx((2e4 + math.log(2)) / 2, rel=1e-6)
        np.testing.assert_allclose(x.grad, [[0.5, -0.5, 0], [0, -0.25, 0.25]], 1e-5, 1e-7)


def test_cross_entropy_is_one_node():
    x = scores(3, 4)
    loss = cross_entropy(x, labels(0, 1, 2))
    assert loss.shape == () and loss._node.op.name == "_cross_entropy"
    assert loss._node.parents[0] is x._node


def test_cross_entropy_with_many_rows_is_what_its_parts_are():
    """Large enough for the compiled kernels to share the rows between threads."""
    x = scores(500, 80)
    t = autograd.tensor(np.random.default_rng(1).integers(0, 80, 500))
    loss = cross_entropy(x, t)
    loss.backward()
    p = np.exp(x.detach().numpy())
    p /= p.sum(1, keepdims=True)
    np.testing.assert_allclose(loss.item(), -np.log(p[np.arange(500), t.numpy()]).mean(), 1e-12)
    p[np.arange(500), t.numpy()] -= 1
    np.testing.assert_allclose(x.grad, p / 500, 1e-10, 1e-15)


def test_everything_ignored_gives_nan_and_no_gradient():
    x = scores(2, 3)
    for loss in (cross_entropy(x, labels(-100, -100)), nll_loss(x, labels(-100, -100))):
        assert math.isnan(loss.item())
    assert cross_entropy(x, labels(-100, -100), reduction="sum").item() == 0
    cross_entropy(x, labels(-100, -100)).backward()
    assert not x.grad.numpy().any()


def test_ignored_rows_may_hold_anything():
    x = autograd.tensor([[NAN, 1.0], [0.0, 0.0]], requires_grad=True)
    loss = cross_entropy(x, labels(-100, 0))
    loss.backward()
    assert loss.item() == pytest.approx(math.log(2))
    assert x.grad.tolist() == [[0, 0], [-0.5, 0.5]]


def test_nan_travels_through_cross_entropy():
    x = autograd.tensor([[NAN, 1.0], [0.0, 0.0]], requires_grad=True)
    loss = cross_entropy(x, labels(0, 0), reduction="none")
    loss.sum().backward()
    assert math.isnan(loss[0].item()) and math.isfinite(loss[1].item())
    assert np.isnan(x.grad.numpy()).tolist() == [[True, True], [False, False]]


def test_probabilities_as_indices():
    x = scores(4, 3)
    t = labels(0, 2, 1, 1)
    one_hot = autograd.tensor(np.eye(3)[t.numpy()])
    assert cross_entropy(x, one_hot).item() == pytest.approx(cross_entropy(x, t).item(), rel=1e-14)


# ---- softmax before cross entropy ---------------------------------------------------------------

def test_softmax_before_cross_entropy_is_warned_about():
    x, t = scores(2, 3), labels(0, 1)
    advice = "the input comes out of softmax, but cross_entropy applies softmax itself; pass the " \
             "scores before softmax"
    for shape in ((2, 3), (2, 3, 1)):
        with autograd.hints(True), pytest.warns(autograd.Hint, match=advice) as caught:
            cross_entropy(softmax(x, 1).reshape(shape).view(2, 3), t)
        assert caught[0].filename == __file__


def test_the_warning_comes_once_for_a_line():
    x, t = scores(2, 3), labels(0, 1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            cross_entropy(softmax(x, 1), t)
        cross_entropy(softmax(x, 1), t)
    assert len(caught) == 2


def test_log_softmax_and_scores_are_fine():
    x, t = scores(2, 3), labels(0, 1)
    assert cross_entropy(log_softmax(x, 1), t).item() == pytest.approx(cross_entropy(x, t).item())
    cross_entropy(softmax(x, 1) * 5, t)
    cross_entropy(softmax(x, 1).detach(), t)
