"""Pooling: the course's examples, where gradients go, special numbers, settings, messages."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd
import nn
from autograd.gradient_check import gradcheck, gradgradcheck
from nn import functional as F

NAN, INF = math.nan, math.inf
GRID = np.arange(16.0).reshape(1, 1, 4, 4)


def leaf(values, dtype=autograd.float64):
    return autograd.tensor(np.asarray(values), dtype=dtype, requires_grad=True)


# ---- the course: rows C5 to C9 ------------------------------------------------------------------

def test_c5_max_pooling():
    x = autograd.tensor([[[[1.0, 3, 2, 1], [4, 6, 5, 0], [7, 2, 9, 8], [1, 0, 3, 4]]]])
    assert nn.MaxPool2d(2)(x).tolist() == [[[[6, 5], [7, 9]]]]


def test_c6_average_pooling():
    assert nn.AvgPool2d(2)(autograd.tensor(GRID)).tolist() == [[[[2.5, 4.5], [10.5, 12.5]]]]


def test_c7_global_pooling():
    x = autograd.rand(2, 3, 5, 7, dtype=autograd.float64)
    for layer in (nn.AdaptiveAvgPool2d(1), nn.GlobalAvgPool2d()):
        np.testing.assert_allclose(layer(x), x.numpy().mean((2, 3), keepdims=True), 1e-14)
    for layer in (nn.AdaptiveMaxPool2d(1), nn.GlobalMaxPool2d()):
        np.testing.assert_array_equal(layer(x), x.numpy().max((2, 3), keepdims=True))


def test_c8_l2_pooling():
    x = leaf([[[3.0, 4.0], [0.0, 0.0]]])
    y = nn.LPPool2d(2, 2)(x)
    assert y.tolist() == [[[5.0]]]
    y.sum().backward()
    np.testing.assert_allclose(x.grad, [[[0.6, 0.8], [0, 0]]])


def test_c9_fractional_max_pooling_takes_windows_drawn_at_random():
    """Graham: window borders are a random increasing sequence with steps of 1 and 2."""
    autograd.manual_seed(0)
    x = autograd.arange(49.0).reshape(1, 1, 7, 7)
    layer, seen = nn.FractionalMaxPool2d(2, output_size=4, return_indices=True), set()
    for _ in range(50):
        y, indices = layer(x)
        assert y.shape == (1, 1, 4, 4)
        np.testing.assert_array_equal(y.numpy().reshape(-1), indices.numpy().reshape(-1))
        rows, columns = indices.numpy()[0, 0, :, 0] // 7, indices.numpy()[0, 0, 0] % 7
        assert set(np.diff(rows)) | set(np.diff(columns)) <= {1, 2}
        assert rows[-1] == columns[-1] == 6
        seen.add((*rows, *columns))
    assert len(seen) > 3
    assert nn.FractionalMaxPool2d(2, output_ratio=(0.5, 0.7))(x).shape == (1, 1, 3, 4)
    autograd.manual_seed(3)
    first = layer(x)[0].tolist()
    autograd.manual_seed(3)
    assert layer(x)[0].tolist() == first


def test_c9_max_over_a_random_subset_of_the_region():
    autograd.manual_seed(0)
    x = autograd.tensor(np.random.default_rng(0).permutation(48).reshape(1, 3, 4, 4) * 1.0)
    everything = nn.MaxPool2d(2)(x).numpy()
    np.testing.assert_array_equal(nn.RandomSubsetMaxPool2d(2, 4)(x), everything)
    some = np.stack([nn.RandomSubsetMaxPool2d(2, 2)(x).numpy() for _ in range(200)])
    assert (some <= everything).all()
    # the largest of four is among two drawn ones half of the time
    assert abs((some == everything).mean() - 0.5) < 0.03
    assert nn.RandomSubsetMaxPool2d((3, 2), 1, stride=1)(x[0]).shape == (3, 2, 3)
    with pytest.raises(ValueError, match="between 1 and the 4 elements of a window, got 5"):
        nn.RandomSubsetMaxPool2d(2, 5)
    with pytest.raises(ValueError, match="MaxPool2d: kernel_size must be an int .*got 2.0"):
        nn.RandomSubsetMaxPool2d(2.0, 1)


# ---- where gradients go -------------------------------------------------------------------------

@pytest.mark.parametrize("pool", [lambda x: F.max_pool2d(x, 2), lambda x: F.max_pool2d(x, 3, 2, 1),
                                  lambda x: F.adaptive_max_pool2d(x, 2)])
def test_of_equals_the_first_gets_the_gradient(pool):
    x = leaf(np.ones((1, 1, 4, 4)))
    pool(x).sum().backward()
    assert x.grad.sum().item() == 4
    assert x.grad[0, 0, 0, 0].item() >= 1 and x.grad[0, 0, 3, 3].item() == 0


def test_overlapping_windows_add_up():
    x = leaf([[[0.0, 5.0, 0.0]]])
    F.max_pool1d(x, 2, 1).sum().backward()
    assert x.grad.tolist() == [[[0, 2, 0]]]


def test_nan_wins_and_infinity_travels():
    x = leaf([[[[NAN, 1.0, -INF, -INF], [INF, 2.0, -INF, -INF]]]])
    y = F.max_pool2d(x, 2)
    y.sum().backward()
    assert math.isnan(y[0, 0, 0, 0].item()) and y[0, 0, 0, 1].item() == -INF
    assert x.grad.tolist() == [[[[1, 0, 1, 0], [0, 0, 0, 0]]]]
    assert F.avg_pool2d(leaf([[[INF, 1.0], [1.0, 1.0]]]), 2).item() == INF


def test_lp_pool_of_zeros_has_gradient_zero():
    x = leaf(np.zeros((1, 2, 4)))
    y = F.lp_pool2d(x, 2, 2)
    y.sum().backward()
    assert y.tolist() == [[[0, 0]]] and (x.grad.numpy() == 0).all()


def test_fractional_max_pool_is_twice_differentiable():
    samples = autograd.tensor([[[0.2, 0.6], [0.9, 0.1]]], dtype=autograd.float64)
    x = leaf(np.random.default_rng(0).permutation(50).reshape(1, 2, 5, 5) / 10.0)

    def pool(x):
        return F.fractional_max_pool2d(x, 2, 3, _random_samples=samples) ** 2

    assert gradcheck(pool, [x]) and gradgradcheck(pool, [x])


def test_indices_are_places_in_the_plane_and_can_be_written():
    x = leaf(GRID)
    y, indices = F.max_pool2d(x, 2, return_indices=True)
    assert indices.dtype == autograd.int64 and indices.tolist() == [[[[5, 7], [13, 15]]]]
    indices.zero_()
    y.sum().backward()
    assert x.grad.numpy().reshape(-1).nonzero()[0].tolist() == [5, 7, 13, 15]
    _, indices = nn.MaxPool1d(3, return_indices=True)(autograd.tensor([[1.0, 2, 0, 9, 4, 5]]))
    assert indices.tolist() == [[1, 3]]


def test_integers_have_maxima_but_no_averages():
    x = autograd.arange(16).reshape(1, 4, 4)
    assert F.max_pool2d(x, 2).dtype == autograd.int64
    with pytest.raises(TypeError, match=r"avg_pool2d: a floating dtype is needed.*use .float\(\)"):
        F.avg_pool2d(x, 2)


def test_half_precision():
    x = autograd.tensor(GRID, dtype=autograd.float16, requires_grad=True)
    for pool in (F.max_pool2d, F.avg_pool2d):
        y = pool(x, 2)
        y.sum().backward()
        assert y.dtype == x.grad.dtype == autograd.float16


def test_sizes_given_as_lists_and_numpy_integers():
    x = autograd.tensor(GRID)
    want = F.max_pool2d(x, (2, 1), (1, 2)).tolist()
    assert F.max_pool2d(x, [2, 1], [1, np.int64(2)]).tolist() == want
    assert F.max_pool2d(x, kernel_size=autograd.Size((2, 1)), stride=(1, 2)).tolist() == want
    assert F.adaptive_avg_pool2d(x, [None, 2]).shape == (1, 1, 4, 2)


# ---- messages -----------------------------------------------------------------------------------

@pytest.mark.parametrize("call,message", [
    (lambda x: F.max_pool2d(x, 5), r"max_pool2d: the window spans 5 places, but the input \(4, 4\) "
     r"has 4 there, padding included: the output would be empty; a window of at most 4 fits"),
    (lambda x: F.avg_pool2d(x, (2, 7), padding=(0, 1)), r"avg_pool2d: the window spans 7 .* has 6"),
    (lambda x: F.max_pool2d(x, 3, dilation=2), r"spans 5 places \(kernel_size 3, dilation 2\)"),
    (lambda x: F.max_pool2d(x, 2, padding=2), r"max_pool2d: padding 2 is more than half of the "
     r"window, which spans 2 places; at most 1 fits"),
    (lambda x: F.max_pool2d(x[:, :, :1], 2, 1, 1, 2), "holds nothing of an input of size 1"),
    (lambda x: F.max_pool2d(x, 0), "kernel_size must be an integer or 2 of them, at least 1, "
     "got 0"),
    (lambda x: F.max_pool2d(x, (2, 2, 2)), r"kernel_size must .* got \(2, 2, 2\)"),
    (lambda x: F.max_pool2d(x, 2.5), "kernel_size must .* got 2.5"),
    (lambda x: F.max_pool2d(x, 2, 0), "stride must be an integer or 2 of them, at least 1, got 0"),
    (lambda x: F.max_pool2d(x, 2, padding=-1), "padding must .* at least 0, got -1"),
    (lambda x: F.max_pool1d(x, 2), r"max_pool1d: input must be \(N, C, L\) or \(C, L\), got "
     r"Tensor \(1, 1, 4, 4\)"),
    (lambda x: F.avg_pool2d(x[0, 0], 2), r"input must be \(N, C, H, W\) or \(C, H, W\)"),
    (lambda x: F.max_pool2d(x[..., :0], 2), r"there is nothing to pool in Tensor \(1, 1, 4, 0\)"),
    (lambda x: F.avg_pool2d(x, 2, divisor_override=0), "divisor_override must be an integer other "
     "than 0, got 0"),
    (lambda x: F.adaptive_avg_pool2d(x, 0), "adaptive_avg_pool2d: output_size must be an integer, "
     "at least 1, got 0"),
    (lambda x: F.adaptive_max_pool2d(x, (1, 2, 3)), r"output_size .* got \(1, 2, 3\)"),
    (lambda x: F.lp_pool2d(x, 0, 2), "lp_pool2d: norm_type must be a positive number, got 0"),
    (lambda x: F.lp_pool2d(x, INF, 2), "for the largest element use max_pool2d"),
    (lambda x: F.fractional_max_pool2d(x, 2, 4), r"windows \(2, 2\) in an input \(4, 4\) leave "
     r"room for an output of at most \(3, 3\), got \(4, 4\)"),
    (lambda x: F.fractional_max_pool2d(x, 2), "give either output_size or output_ratio"),
    (lambda x: F.fractional_max_pool2d(x, 2, output_ratio=1.5), "between 0 and 1, got 1.5"),
    (lambda x: F.fractional_max_pool2d(x, 2, 2, _random_samples=autograd.rand(1, 2)),
     r"_random_samples must be \(1, 1, 2\), got Tensor \(1, 2\)"),
    (lambda x: nn.FractionalMaxPool2d(2, 3, 0.5), "FractionalMaxPool2d: give either"),
])
def test_messages(call, message):
    with pytest.raises(ValueError, match=message):
        call(autograd.tensor(GRID))


def test_float16_is_rounded_once():
    half = autograd.float16
    many = autograd.full((1, 1, 70_000), 2.0, dtype=half, requires_grad=True)
    out = F.avg_pool1d(many, 70_000)
    out.sum().backward()
    assert out.item() == 2.0 and many.grad[0, 0, 0].item() == np.float16(1 / 70_000)
    assert F.adaptive_avg_pool1d(many, 1).item() == 2.0
    assert F.avg_pool2d(autograd.full((1, 1, 5, 5), 2e4, dtype=half), 5).item() == 2e4
    assert F.lp_pool2d(autograd.full((1, 1, 2, 2), 300.0, dtype=half), 2, 2).item() == 600.0
    x = np.random.default_rng(0).uniform(0, 1, (2, 3, 40, 40)).astype(np.float16)
    want = F.avg_pool2d(autograd.tensor(x.astype(np.float64)), 20).numpy()
    got = F.avg_pool2d(autograd.tensor(x), 20)
    assert got.dtype == half and np.array_equal(got.numpy(), want.astype(np.float16))
    one = autograd.zeros(1, 1, 3000, dtype=half)
    one[0, 0, 1500] = 1.0  # the largest of all windows: float16 would stop adding ones at 2048
    one.requires_grad_()
    F.max_pool1d(one, 3000, stride=1, padding=1500).sum().backward()
    assert one.grad[0, 0, 1500].item() == np.float16(3001)


def test_input_must_be_a_tensor():
    with pytest.raises(TypeError, match="max_pool2d: input must be a Tensor, got ndarray"):
        F.max_pool2d(GRID, 2)


def test_modules_show_what_is_not_the_default():
    shown = {nn.MaxPool2d(2): "MaxPool2d(kernel_size=2)",
             nn.MaxPool2d(3, 2, 1): "MaxPool2d(kernel_size=3, stride=2, padding=1)",
             nn.AvgPool1d(2, ceil_mode=True): "AvgPool1d(kernel_size=2, ceil_mode=True)",
             nn.LPPool2d(2, 3, 1): "LPPool2d(norm_type=2, kernel_size=3, stride=1)",
             nn.FractionalMaxPool2d(2, 3): "FractionalMaxPool2d(kernel_size=2, output_size=3)",
             nn.RandomSubsetMaxPool2d(2, 3):
                 "RandomSubsetMaxPool2d(kernel_size=(2, 2), subset_size=3, stride=(2, 2))",
             nn.AdaptiveMaxPool2d((1, None)): "AdaptiveMaxPool2d(output_size=(1, None))",
             nn.GlobalAvgPool2d(): "GlobalAvgPool2d()", nn.GlobalMaxPool2d(): "GlobalMaxPool2d()"}
    for module, text in shown.items():
        assert repr(module) == text


# ---- volumes ------------------------------------------------------------------------------------

def test_of_equals_in_a_volume_the_first_counts_and_of_nans_the_last():
    """In the order of slices, rows and columns, as in PyTorch."""
    x = np.zeros((1, 4, 4, 4))
    _, places = F.max_pool3d(autograd.tensor(x), 2, return_indices=True)
    assert places.flatten().tolist() == [0, 2, 8, 10, 32, 34, 40, 42]
    x[0, 0, 1, 0] = x[0, 1, 0, 1] = NAN
    y, places = F.max_pool3d(autograd.tensor(x), 2, return_indices=True)
    assert math.isnan(y[0, 0, 0, 0].item()) and places[0, 0, 0, 0].item() == 17
    assert y.isnan().sum().item() == 1


def test_volumes_of_one_slice_are_images():
    x = autograd.tensor(np.random.default_rng(0).standard_normal((2, 3, 7, 8)))
    volume = x.unsqueeze(2)
    for settings in (dict(kernel_size=3, stride=2, padding=1), dict(kernel_size=2)):
        deep = {name: (1 - (name == "padding"), value, value) for name, value in settings.items()}
        for kind in ("max", "avg"):
            image = getattr(F, f"{kind}_pool2d")(x, **settings)
            found = getattr(F, f"{kind}_pool3d")(volume, **deep)
            np.testing.assert_array_equal(found.squeeze(2), image)


def test_half_precision_volumes_are_rounded_once():
    x = autograd.full((1, 1, 8, 8, 8), 1000.0, dtype=autograd.float16, requires_grad=True)
    y = F.avg_pool3d(x, 8)
    y.backward()
    assert y.item() == 1000 and x.grad.dtype == autograd.float16
    assert F.avg_pool3d(x, 8, divisor_override=256).item() == 2000


# ---- back to the places -------------------------------------------------------------------------

@pytest.mark.parametrize("dims", [1, 2, 3])
def test_unpooling_is_the_gradient_of_pooling_where_windows_lie_apart(dims):
    x = leaf(np.random.default_rng(0).standard_normal((2, 3, *(7, 5, 6)[:dims])))
    pool = getattr(nn, f"MaxPool{dims}d")(2, return_indices=True)
    y, places = pool(x)
    (y * y).sum().backward()
    back = getattr(nn, f"MaxUnpool{dims}d")(2)(y.detach(), places, output_size=x.shape)
    np.testing.assert_array_equal(back * 2, x.grad)
    assert repr(nn.MaxUnpool1d(2)) == "MaxUnpool1d(kernel_size=(2,), stride=(2,), padding=(0,))"


@pytest.mark.parametrize("call,kind,message", [
    (lambda x, i: F.max_unpool2d(x, i[:, :1], 2), ValueError, r"must be .* of input's shape "
     r"\(1, 2, 2\), got Tensor \(1, 1, 2\)"),
    (lambda x, i: F.max_unpool2d(x, i + 15, 2), IndexError, "indices between 15 and 18, but an "
     r"output \(4, 4\) has the places 0 to 15"),
    (lambda x, i: F.max_unpool2d(x, i, 2, output_size=(6, 4)), ValueError, r"2 or 4 numbers, the "
     r"last less than \(2, 2\) away from \(4, 4\), got \(6, 4\)"),
    (lambda x, i: F.max_unpool2d(x, i, 2, padding=2), ValueError, r"would have size \(0, 0\)"),
    (lambda x, i: F.max_unpool2d(x, i.double(), 2), TypeError, "Tensor of integers, got .*long"),
    (lambda x, i: F.max_unpool3d(x, i, 2), ValueError, r"input must be \(N, C, D, H, W\)"),
    (lambda x, i: F.max_pool3d(x, 2), ValueError, r"max_pool3d: input must be \(N, C, D, H, W"),
    (lambda x, i: F.avg_pool3d(x[None], (1, 2, 3)), ValueError, "avg_pool3d: the window spans 3"),
    (lambda x, i: F.adaptive_max_pool3d(x[None], (1, 2)), ValueError, "None or 3 of them"),
    (lambda x, i: F.fractional_max_pool3d(x[None], 2, 1), ValueError, "leave room for an output"),
])
def test_messages_of_volumes_and_unpooling(call, kind, message):
    with pytest.raises(kind, match=message):
        call(autograd.ones(1, 2, 2), autograd.arange(4).reshape(1, 2, 2))
