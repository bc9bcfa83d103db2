"""The normalisation layers and functions: what they keep, what they refuse, what they print."""

import warnings

import numpy as np
import pytest

import autograd
import nn
from nn import functional as F


def images(*shape, low=-2.0, high=3.0):
    return autograd.tensor(np.random.default_rng(1).uniform(low, high, shape).astype(np.float32))


def test_batch_norm_runs_along():
    layer, x = nn.BatchNorm2d(3), images(4, 3, 2, 2)
    layer(x)
    array = x.numpy()
    np.testing.assert_allclose(layer.running_mean.numpy(), 0.1 * array.mean((0, 2, 3)), rtol=1e-5)
    var = array.var((0, 2, 3), ddof=1)
    np.testing.assert_allclose(layer.running_var.numpy(), 0.9 + 0.1 * var, rtol=1e-5)
    assert layer.num_batches_tracked.item() == 1
    before = layer.running_mean.tolist()
    layer.eval()(x)
    assert layer.running_mean.tolist() == before and layer.num_batches_tracked.item() == 1
    layer.reset_running_stats()
    assert layer.running_mean.tolist() == [0.0] * 3 and layer.running_var.tolist() == [1.0] * 3
    assert layer.num_batches_tracked.item() == 0


def test_momentum_none_is_the_average_of_all_batches():
    layer = nn.BatchNorm1d(2, momentum=None)
    batches = [images(5, 2), images(5, 2, low=4, high=9), images(5, 2, low=-9)]
    for batch in batches:
        layer(batch)
    means = np.mean([b.numpy().mean(0) for b in batches], 0)
    np.testing.assert_allclose(layer.running_mean.numpy(), means, rtol=1e-5)
    variances = np.mean([b.numpy().var(0, ddof=1) for b in batches], 0)
    np.testing.assert_allclose(layer.running_var.numpy(), variances, rtol=1e-5)


def test_state():
    names = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    assert list(nn.BatchNorm3d(2).state_dict()) == names
    assert nn.BatchNorm1d(2).num_batches_tracked.dtype == np.int64
    assert list(nn.BatchNorm1d(2, affine=False).state_dict()) == names[2:]
    assert list(nn.BatchNorm1d(2, track_running_stats=False).state_dict()) == names[:2]
    assert list(nn.InstanceNorm2d(2).state_dict()) == []
    assert list(nn.InstanceNorm1d(2, affine=True, track_running_stats=True).state_dict()) == names
    assert list(nn.LayerNorm(2, bias=False).state_dict()) == ["weight"]
    assert list(nn.GroupNorm(1, 2, bias=False).state_dict()) == ["weight"]
    assert list(nn.RMSNorm(3).state_dict()) == ["weight"]
    layer = nn.BatchNorm1d(2).to(autograd.float64)
    assert layer.running_var.dtype == np.float64 and layer.num_batches_tracked.dtype == np.int64
    assert nn.LayerNorm((2, 3), dtype=autograd.float64).weight.dtype == np.float64


def test_without_tracking_evaluation_uses_the_batch():
    layer, x = nn.BatchNorm1d(3, track_running_stats=False), images(6, 3)
    np.testing.assert_array_equal(layer(x).tolist(), layer.eval()(x).tolist())
    with autograd.no_grad():
        layer.train()(x)  # no warning: the mode makes no difference


def test_empty_batches_leave_the_statistics_alone():
    for layer, shape in ((nn.BatchNorm1d(3), (0, 3)),
                         (nn.InstanceNorm1d(3, track_running_stats=True), (0, 3, 2))):
        assert layer(autograd.zeros(*shape)).shape == shape
        assert layer.running_mean.tolist() == [0.0] * 3 and layer.running_var.tolist() == [1.0] * 3


def test_forgotten_eval_is_told():
    layer = nn.BatchNorm1d(2)
    with autograd.no_grad():
        with pytest.warns(autograd.Hint, match=r"BatchNorm1d\(2\) runs in training mode under no_"):
            nn.functional.mse_loss(layer(images(3, 2)), images(3, 2))
        with layer.evaluating():
            layer(images(3, 2))


def test_statistics_saved_are_those_of_the_forward():
    """Training moves the running statistics after an evaluation whose gradient is still due."""
    layer, x = nn.BatchNorm1d(2).eval(), images(4, 2).requires_grad_()
    y = layer(x)
    layer.train()(x.detach() * 50)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 1 / np.sqrt(1 + 1e-5), rtol=1e-6)


def test_overwritten_input_raises():
    x = images(4, 2).requires_grad_() * 1.0
    y = nn.BatchNorm1d(2)(x)
    x.zero_()
    with pytest.raises(RuntimeError, match="zero_ has since changed in place"):
        y.sum().backward()


def test_one_value_per_channel():
    with pytest.raises(ValueError, match=r"one value per channel in \(1, 3\) has no variance"):
        nn.BatchNorm1d(3)(images(1, 3))
    with pytest.raises(ValueError, match=r"\(1, 3, 1, 1\)"):
        nn.BatchNorm2d(3)(images(1, 3, 1, 1))
    assert nn.BatchNorm1d(3).eval()(images(1, 3)).shape == (1, 3)
    with pytest.raises(ValueError, match=r"one value per channel and image in \(2, 3, 1, 1\)"):
        nn.InstanceNorm2d(3)(images(2, 3, 1, 1))
    with pytest.raises(ValueError, match=r"one value per group in \(1, 3\)"):
        nn.GroupNorm(3, 3)(images(1, 3))


@pytest.mark.parametrize(("layer", "shape", "message"), [
    (nn.BatchNorm1d(3), (2, 3, 2, 2), r"BatchNorm1d: 2-d or 3-d input is needed, got \(2, 3, 2"),
    (nn.BatchNorm2d(3), (2, 3), r"BatchNorm2d: 4-d input is needed, got \(2, 3\)"),
    (nn.BatchNorm3d(3), (2, 3, 2, 2), "BatchNorm3d: 5-d input is needed"),
    (nn.BatchNorm1d(3), (2, 4), r"running_mean must be \(4,\) for input \(2, 4\), got \(3,\)"),
    (nn.InstanceNorm1d(3), (2, 4, 5), r"InstanceNorm1d: 3 channels are needed, got 4 in \(2, 4, 5"),
    (nn.InstanceNorm2d(3), (3, 5), "InstanceNorm2d: 3-d or 4-d input is needed"),
    (nn.GroupNorm(2, 4), (2, 6), r"weight must be \(6,\) for input \(2, 6\), got \(4,\)"),
    (nn.GroupNorm(2, 4), (2, 3), "3 channels of input .* do not divide into num_groups=2"),
    (nn.LayerNorm((3, 4)), (2, 4), r"normalized_shape \(3, 4\) takes an input \(\*, 3, 4\), got"),
    (nn.RMSNorm(3), (2, 4), r"rms_norm: normalized_shape \(3,\) takes an input \(\*, 3\), got"),
    (nn.LocalResponseNorm(2), (2, 4), r"local_response_norm: \(N, C, L, \*\) is needed"),
])
def test_shapes_that_do_not_fit(layer, shape, message):
    with pytest.raises(ValueError, match=message):
        layer(images(*shape))


def test_arguments_that_do_not_fit():
    x = images(4, 3)
    with pytest.raises(ValueError, match="num_channels=5 does not divide into num_groups=2"):
        nn.GroupNorm(2, 5)
    with pytest.raises(ValueError, match="batch_norm: without the input's own statistics running"):
        F.batch_norm(x, None, None)
    with pytest.raises(TypeError, match="layer_norm: weight is float64 but input float32; convert"):
        F.layer_norm(x, (3,), autograd.ones(3, dtype=autograd.float64))
    with pytest.raises(TypeError, match="batch_norm: input must be a floating Tensor, got Tensor"):
        F.batch_norm(autograd.ones(4, 3, dtype=autograd.int64), None, None, training=True)
    with pytest.raises(TypeError, match="group_norm: bias must be a Tensor or None, got list of 3"):
        F.group_norm(x, 1, None, [0, 0, 0])
    with pytest.raises(ValueError, match="local_response_norm: size must be at least 1, got 0"):
        nn.LocalResponseNorm(0)(images(1, 2, 3))
    with pytest.raises(ValueError, match=r"cosine_similarity: x1 \(4, 3\) and x2 \(4, 2\) do not"):
        F.cosine_similarity(x, images(4, 2))


def test_repr_shows_what_is_not_default():
    assert repr(nn.BatchNorm2d(3)) == "BatchNorm2d(3)"
    assert repr(nn.BatchNorm1d(3, 0.1, None, bias=False)) == (
        "BatchNorm1d(3, eps=0.1, momentum=None, bias=False)")
    assert repr(nn.BatchNorm1d(3, affine=False)) == "BatchNorm1d(3, affine=False)"
    assert repr(nn.InstanceNorm2d(3, affine=True)) == "InstanceNorm2d(3, affine=True)"
    assert repr(nn.GroupNorm(2, 4, bias=False)) == "GroupNorm(2, 4, bias=False)"
    assert repr(nn.LayerNorm(4)) == "LayerNorm((4,))"
    assert repr(nn.LayerNorm([3, 4], bias=False)) == "LayerNorm((3, 4), bias=False)"
    assert repr(nn.RMSNorm(4, 1e-6)) == "RMSNorm((4,), eps=1e-06)"
    assert repr(nn.LocalResponseNorm(5, k=2.0)) == "LocalResponseNorm(5, k=2.0)"


def test_a_constant_channel_has_a_finite_gradient():
    x = autograd.ones(4, 2, requires_grad=True)
    nn.BatchNorm1d(2)(x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), 0)


def test_vectors_of_length_0():
    x = autograd.zeros(2, 3, requires_grad=True)
    F.normalize(x).sum().backward()
    assert np.isfinite(x.grad.numpy()).all()
    x.grad = None
    F.cosine_similarity(x, autograd.ones(2, 3)).sum().backward()
    assert np.isfinite(x.grad.numpy()).all()


def test_cosine_similarity_broadcasts():
    x, y = images(3, 1, 4), images(1, 2, 4)
    a, b = x.numpy().reshape(3, 4), y.numpy().reshape(2, 4)
    want = a @ b.T / np.outer(np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1))
    np.testing.assert_allclose(F.cosine_similarity(x, y, dim=-1).numpy(), want, rtol=1e-5)


def test_forty_channels_in_one_image_equal_instance_norm():
    x = images(3, 40, 5, 5)
    np.testing.assert_allclose(F.group_norm(x, 40).numpy(), F.instance_norm(x).numpy(), rtol=1e-6)


@pytest.mark.parametrize("dtype", [autograd.float16, autograd.float32, autograd.float64])
def test_of_an_expanded_input_the_result_lies_in_row_major_order(dtype):
    x = autograd.tensor([[0.5, -0.5, 1.0]], dtype=dtype).expand(2, 3)
    assert nn.functional.rms_norm(x, (3,)).is_contiguous()
    assert nn.functional.layer_norm(x, (3,)).view(-1).shape == (6,)


@pytest.mark.parametrize("function", [F.batch_norm, F.instance_norm])
@pytest.mark.parametrize("training", [True, False])
def test_running_statistics_come_in_pairs(function, training):
    x, running = autograd.randn(2, 3, 4), autograd.ones(3)
    name = function.__name__
    with pytest.raises(ValueError, match=f"{name}: running_mean is given but running_var is None; "
                                         "give both or neither"):
        function(x, running, None, None, None, training)
    with pytest.raises(ValueError, match=f"{name}: running_var is given but running_mean is None"):
        function(x, None, running, None, None, training)
    assert running.tolist() == [1, 1, 1]


@pytest.mark.parametrize("size", [1e20, 1e-20])
@pytest.mark.parametrize("call, shape, channels", [
    (lambda x, w: F.layer_norm(x, (5,), w), (4, 5), 5),
    (lambda x, w: F.rms_norm(x, (5,), w, 1e-5), (4, 5), 5),
    (lambda x, w: F.batch_norm(x, None, None, w, training=True), (6, 3), 3),
    (lambda x, w: F.batch_norm(x, autograd.ones(3, dtype=x.dtype), autograd.ones(
        3, dtype=x.dtype), w), (6, 3), 3),
    (lambda x, w: F.group_norm(x, 2, w), (3, 4, 2), 4)])
def test_second_derivatives_of_numbers_whose_squares_leave_the_range(rng, call, shape, channels,
                                                                     size):
    """In float32 against float64, which has room for them."""
    large = max(size, 1.0) ** 0.5  # gradients that keep the results in range
    x, g, out = (rng.standard_normal(shape) * scale for scale in (size, large, large))
    weight = rng.uniform(0.5, 1.5, channels)

    def second(dtype):
        leaves = [autograd.tensor(a.astype(np.float32).astype(dtype), requires_grad=True)
                  for a in (x, weight, g)]
        grads = autograd.grad(call(*leaves[:2]), leaves[:2], leaves[2], create_graph=True)
        seeds = [autograd.tensor(a.astype(dtype)) for a in (out, weight * 1e-3)]
        return autograd.grad(grads, leaves, seeds, allow_unused=True, materialize_grads=True)

    for narrow, wide in zip(second(np.float32), second(np.float64), strict=True):
        wanted = wide.numpy()
        assert narrow.dtype == np.float32
        np.testing.assert_allclose(narrow.numpy(), wanted, 1e-5, 1e-5 * np.abs(wanted).max())


def test_second_derivatives_beyond_float64_are_not_0(rng):
    x = autograd.tensor(rng.standard_normal((2, 5)) * 1e200, requires_grad=True)
    slope, = autograd.grad(F.layer_norm(x, (5,)).square().sum(), x, create_graph=True)
    slope.sum().backward()
    assert np.isnan(x.grad.numpy()).all()


def test_statistics_beyond_the_type_warn_no_more_than_results_do():
    layer = nn.BatchNorm1d(2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        layer(autograd.tensor([[3e38, 1.0], [-3e38, 2.0]]))
    assert layer.running_var[0].item() == np.inf
