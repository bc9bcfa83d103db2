"""Interpolation, pixel shuffling, unfold and fold: modules, identities, messages."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn
from nn import functional as F

IMAGE = np.arange(16.0).reshape(1, 1, 4, 4)


def numbers(*shape):
    return autograd.tensor(np.random.default_rng(0).standard_normal(shape))


# ---- interpolate --------------------------------------------------------------------------------

def test_nearest_repeats_and_its_gradient_adds_up():
    x = autograd.tensor([[[1.0, 2.0]]], requires_grad=True)
    y = nn.Upsample(scale_factor=3)(x)
    assert y.tolist() == [[[1, 1, 1, 2, 2, 2]]]
    y.sum().backward()
    assert x.grad.tolist() == [[[3, 3]]]


def test_bilinear_keeps_planes():
    """A linear function of the places stays one inside, and altogether with align_corners."""
    x = autograd.tensor(IMAGE)
    y = nn.Upsample(size=7, mode="bilinear", align_corners=True)(x).numpy()[0, 0]
    np.testing.assert_allclose(y, np.add.outer(np.arange(7) * 2.0, np.arange(7) * 0.5), atol=1e-14)
    y = nn.Upsample(scale_factor=2, mode="bilinear")(x).numpy()[0, 0, 1:-1, 1:-1]
    np.testing.assert_allclose(np.diff(y, axis=1), 0.5)
    np.testing.assert_allclose(np.diff(y, axis=0), 2.0)


def test_antialiasing_takes_every_pixel_into_account():
    """So that the mean of a picture stays what it was, which without it depends on a few."""
    x = numbers(2, 1, 24, 30)
    for mode in ("bilinear", "bicubic", "lanczos"):
        small = F.interpolate(x, (4, 5), mode=mode, antialias=True)
        np.testing.assert_allclose(small.mean(), x.mean(), atol=0.02)
        assert small.std().item() < 0.3
        ones = F.interpolate(autograd.ones_like(x), (7, 11), mode=mode, antialias=True)
        np.testing.assert_allclose(ones, np.ones((2, 1, 7, 11)))


def test_area_is_adaptive_pooling():
    x = numbers(1, 2, 5, 6, 7)
    np.testing.assert_array_equal(F.interpolate(x, (2, 3, 4), mode="area"),
                                  F.adaptive_avg_pool3d(x, (2, 3, 4)))


def test_nearest_with_a_scale_that_keeps_the_size_of_a_small_image():
    x = autograd.arange(10.0)
    assert F.interpolate(x.reshape(1, 1, 10, 1), scale_factor=(1.05, 1.0)).flatten().tolist() == (
        x.tolist())
    assert F.interpolate(x.reshape(1, 1, 10), scale_factor=1.05).flatten().tolist() == [
        0.0, *range(9)]


def test_other_dtypes():
    assert F.interpolate(autograd.arange(4).reshape(1, 1, 4), 2).tolist() == [[[0, 2]]]
    half = autograd.tensor(IMAGE, dtype=autograd.float16)
    assert F.interpolate(half, 3, mode="bilinear").dtype == autograd.float16


def test_upsample_shows_its_settings():
    assert repr(nn.Upsample(scale_factor=2)) == "Upsample(scale_factor=2)"
    layer = nn.Upsample((2, 3), mode="bilinear", align_corners=True)
    assert repr(layer) == "Upsample(size=(2, 3), mode='bilinear', align_corners=True)"


# ---- pixel shuffle ------------------------------------------------------------------------------

def test_pixel_shuffle_and_back():
    x = numbers(2, 8, 3, 5)
    y = nn.PixelShuffle(2)(x)
    assert y.shape == (2, 2, 6, 10)
    np.testing.assert_array_equal(nn.PixelUnshuffle(2)(y), x)
    assert repr(nn.PixelShuffle(2)) == "PixelShuffle(upscale_factor=2)"
    assert repr(nn.PixelUnshuffle(2)) == "PixelUnshuffle(downscale_factor=2)"


# ---- unfold and fold ----------------------------------------------------------------------------

def test_fold_modules_are_the_functions():
    x, settings = numbers(1, 2, 4, 5), dict(kernel_size=(2, 3), padding=1, stride=(1, 2))
    columns = nn.Unfold(**settings)(x)
    np.testing.assert_array_equal(columns, F.unfold(x, **settings))
    np.testing.assert_array_equal(nn.Fold((4, 5), **settings)(columns),
                                  F.fold(columns, (4, 5), **settings))
    assert repr(nn.Fold(5, 2, stride=2)) == "Fold(output_size=5, kernel_size=2, stride=2)"
    assert repr(nn.Unfold((2, 3))) == "Unfold(kernel_size=(2, 3))"


def test_unfold_makes_a_convolution_a_product():
    x, weight = numbers(2, 3, 5, 6), numbers(4, 3, 2, 3)
    columns = F.unfold(x, (2, 3))
    y = (weight.reshape(4, -1) @ columns).reshape(2, 4, 4, 4)
    want = np.zeros((2, 4, 4, 4))
    for i, j in np.ndindex(4, 4):
        want[:, :, i, j] = np.tensordot(x.numpy()[:, :, i:i + 2, j:j + 3], weight.numpy(),
                                        ((1, 2, 3), (1, 2, 3)))
    np.testing.assert_allclose(y, want, atol=1e-12)


def test_fold_of_unfold_counts_the_patches_of_a_pixel():
    x = numbers(1, 2, 4, 5)
    settings = dict(kernel_size=(2, 3), padding=1, stride=(1, 2))
    counts = F.fold(F.unfold(autograd.ones_like(x), **settings), (4, 5), **settings)
    twice = F.fold(F.unfold(x, **settings), (4, 5), **settings)
    np.testing.assert_allclose(twice, (x * counts).numpy(), atol=1e-14)
    assert counts.numpy().max() > 1


def test_without_batch_and_empty_batch():
    x = numbers(2, 4, 5)
    columns = F.unfold(x, 2)
    np.testing.assert_array_equal(columns, F.unfold(x[None], 2)[0])
    np.testing.assert_array_equal(F.fold(columns, (4, 5), 2), F.fold(columns[None], (4, 5), 2)[0])
    assert F.unfold(numbers(0, 2, 4, 5), 2).shape == (0, 8, 12)
    assert F.fold(numbers(0, 8, 12), (4, 5), 2).shape == (0, 2, 4, 5)


# ---- messages -----------------------------------------------------------------------------------

@pytest.mark.parametrize("call,message", [
    (lambda x: F.interpolate(x, 2, 2), "give either size or scale_factor, got size=2, "
     "scale_factor=2"),
    (lambda x: F.interpolate(x), "give either size or scale_factor"),
    (lambda x: F.interpolate(x, (1, 2, 3)), r"size must be .* got \(1, 2, 3\)"),
    (lambda x: F.interpolate(x, 0), "size must be an integer or 2 of them, at least 1, got 0"),
    (lambda x: F.interpolate(x, scale_factor=0.1), r"leave at least 1 of each of \(4, 4\), got "
     "0.1"),
    (lambda x: F.interpolate(x, 2, mode="cubic"), "mode 'cubic'; choose 'nearest', 'nearest-"
     "exact', 'area', 'linear', 'bilinear', 'trilinear', 'bicubic', 'lanczos'"),
    (lambda x: F.interpolate(x, 2, mode="linear"), "mode 'linear' is for 3 dimensions, got Tensor "
     r"\(1, 1, 4, 4\) float64; use 'bilinear'"),
    (lambda x: F.interpolate(x, 2, align_corners=True), "align_corners is for mode 'linear'"),
    (lambda x: F.interpolate(x, 2, mode="area", align_corners=False), "not 'area'; leave it out"),
    (lambda x: F.interpolate(x, 2, mode="trilinear"), "'trilinear' is for 5 dim.*use 'bilinear'"),
    (lambda x: F.interpolate(x, 2, antialias=True), "antialias is for mode 'bilinear', .* not "
     "'nearest'; leave it out"),
    (lambda x: F.interpolate(x, 2, mode="lanczos"), "'lanczos' needs antialias=True"),
    (lambda x: F.interpolate(x, 2, recompute_scale_factor=True), "recompute_scale_factor is for "
     "scale_factor, not for size"),
    (lambda x: F.channel_shuffle(x, 3), r"groups = 3 must divide the 1 channels of Tensor"),
    (lambda x: F.channel_shuffle(x[0, 0], 1), r"input must be a Tensor \(N, C, \*\)"),
    (lambda x: nn.UpsamplingNearest2d(), "UpsamplingNearest2d: give either size or scale_factor"),
    (lambda x: F.interpolate(x[0, 0], 2), r"input must be \(N, C, ...\)"),
    (lambda x: F.interpolate(x[..., :0], 2), r"nothing can be made of dimensions \(4, 0\)"),
    (lambda x: nn.Upsample(), "Upsample: give either size or scale_factor"),
    (lambda x: F.pixel_shuffle(x, 2), "pixel_shuffle: 1 channels .* no multiple of "
     "upscale_factor² = 4"),
    (lambda x: F.pixel_unshuffle(x, 3), "must be multiples of downscale_factor = 3"),
    (lambda x: F.pixel_shuffle(x[0, 0], 2), r"input must be a Tensor \(\*, C, H, W\)"),
    (lambda x: F.unfold(x, 5), r"unfold: a patch \(5, 5\) with dilation \(1, 1\) does not fit an "
     r"image \(4, 4\) with padding \(0, 0\)"),
    (lambda x: F.unfold(x[0, 0], 2), "for windows of one dimension use input.unfold"),
    (lambda x: F.fold(x[0], (4, 4), 2), r"an image \(4, 4\) has 9 patches \(2, 2\), so input must "
     r"be \(N, C \* 4, 9\)"),
    (lambda x: F.fold(x[0, 0], 4, 5), "fold: a patch"),
])
def test_messages(call, message):
    with pytest.raises(ValueError, match=message):
        call(autograd.tensor(IMAGE))


def test_wrong_types():
    with pytest.raises(TypeError, match="interpolate: input must be a Tensor, got ndarray"):
        F.interpolate(IMAGE, 2)
    with pytest.raises(TypeError, match="a floating dtype is needed"):
        F.interpolate(autograd.arange(4).reshape(1, 1, 4), 2, mode="linear")
