"""Pooling, resampling and shuffling modules against torch.nn: results, indices and gradients."""

import numpy as np
import pytest

import autograd
import nn
from nn import functional as F

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

DTYPES = {np.float64: 1e-9, np.float32: 1e-5}
both_types = pytest.mark.parametrize("dtype", DTYPES, ids=["float64", "float32"])
train_and_eval = pytest.mark.parametrize("train", [True, False], ids=["train", "eval"])


def numbers(*shape):
    return np.random.default_rng(7).uniform(0.1, 2.0, shape)


def close(ours, theirs, dtype):
    ours, theirs = ours.detach().numpy(), theirs.detach().numpy()
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
    scale = max(1.0, float(np.abs(theirs).max(initial=0)))
    np.testing.assert_allclose(ours, theirs, DTYPES[dtype], DTYPES[dtype] * scale)


def compare(ours, theirs, array, dtype):
    """Results, indices where there are any, and the input's gradient under one random weight."""
    array = array.astype(dtype)
    x, y = autograd.tensor(array, requires_grad=True), torch.tensor(array, requires_grad=True)
    out, expected = ours(x), theirs(y)
    if isinstance(expected, tuple):
        np.testing.assert_array_equal(out[1].numpy(), expected[1].numpy())
        assert out[1].dtype == np.int64
        out, expected = out[0], expected[0]
    close(out, expected, dtype)
    weight = numbers(*expected.shape).astype(dtype)
    (out * autograd.tensor(weight)).sum().backward()
    (expected * torch.tensor(weight)).sum().backward()
    close(x.grad, y.grad, dtype)


LINES, ONE_LINE = numbers(2, 3, 11), numbers(3, 11)
IMAGES, ONE_IMAGE, EVEN = numbers(2, 3, 9, 10), numbers(3, 9, 10), numbers(2, 4, 8, 12)
LAYERS = {
    "max1": (lambda n: n.MaxPool1d(3), LINES),
    "max1_all": (lambda n: n.MaxPool1d(4, 3, 2, 2, True, True), LINES),
    "max1_unbatched": (lambda n: n.MaxPool1d(2, 1, return_indices=True), ONE_LINE),
    "max2": (lambda n: n.MaxPool2d(2), EVEN),
    "max2_odd": (lambda n: n.MaxPool2d(2, return_indices=True), IMAGES),
    "max2_overlap": (lambda n: n.MaxPool2d(3, 2, 1, return_indices=True), IMAGES),
    "max2_all": (lambda n: n.MaxPool2d((3, 2), (1, 3), (1, 0), (2, 1), True, True), IMAGES),
    "max2_ceil": (lambda n: n.MaxPool2d(3, 2, ceil_mode=True), EVEN),
    "max2_unbatched": (lambda n: n.MaxPool2d(2, 3), ONE_IMAGE),
    "max2_ties": (lambda n: n.MaxPool2d(3, 1, 1, return_indices=True), np.round(IMAGES)),
    "avg1": (lambda n: n.AvgPool1d(3, 2, 1), LINES),
    "avg1_all": (lambda n: n.AvgPool1d(4, 3, 2, True, False), ONE_LINE),
    "avg2": (lambda n: n.AvgPool2d(2), EVEN),
    "avg2_odd": (lambda n: n.AvgPool2d(2), IMAGES),
    "avg2_overlap": (lambda n: n.AvgPool2d(3, 2, 1), IMAGES),
    "avg2_without_pad": (lambda n: n.AvgPool2d(3, 2, 1, count_include_pad=False), IMAGES),
    "avg2_ceil": (lambda n: n.AvgPool2d((4, 3), (3, 2), (2, 1), True), IMAGES),
    "avg2_ceil_without_pad": (lambda n: n.AvgPool2d(4, 3, 2, True, False), IMAGES),
    "avg2_divisor": (lambda n: n.AvgPool2d(2, 1, divisor_override=-3), ONE_IMAGE),
    "lp1": (lambda n: n.LPPool1d(2, 3, 2), LINES),
    "lp2": (lambda n: n.LPPool2d(2, 3), IMAGES),
    "lp2_ceil": (lambda n: n.LPPool2d(1.5, (2, 4), (1, 3), ceil_mode=True), IMAGES),
    "adaptive_avg1": (lambda n: n.AdaptiveAvgPool1d(4), LINES),
    "adaptive_max1": (lambda n: n.AdaptiveMaxPool1d(4, return_indices=True), ONE_LINE),
    "adaptive_avg2": (lambda n: n.AdaptiveAvgPool2d((4, 7)), IMAGES),
    "adaptive_avg2_none": (lambda n: n.AdaptiveAvgPool2d((None, 3)), ONE_IMAGE),
    "adaptive_avg2_larger": (lambda n: n.AdaptiveAvgPool2d(13), IMAGES),
    "adaptive_max2": (lambda n: n.AdaptiveMaxPool2d((4, 7), return_indices=True), IMAGES),
    "adaptive_max2_none": (lambda n: n.AdaptiveMaxPool2d((2, None)), ONE_IMAGE),
    "global_avg": (lambda n: n.AdaptiveAvgPool2d(1), IMAGES),
    "global_max": (lambda n: n.AdaptiveMaxPool2d(1, return_indices=True), IMAGES),
    "pixel_shuffle": (lambda n: n.PixelShuffle(2), EVEN),
    "pixel_unshuffle": (lambda n: n.PixelUnshuffle(4), EVEN),
}
for _size in ((5,), 7, 11, 23):
    LAYERS[f"nearest1_{_size}"] = (lambda n, s=_size: n.Upsample(s), LINES)
    LAYERS[f"linear1_{_size}"] = (lambda n, s=_size: n.Upsample(s, mode="linear"), LINES)
for _scale in (2, 0.5, 1.3, (2.0, 0.7)):
    LAYERS[f"nearest2_{_scale}"] = (lambda n, s=_scale: n.Upsample(scale_factor=s), IMAGES)
    for _corners in (False, True):
        LAYERS[f"bilinear_{_scale}_{_corners}"] = (
            lambda n, s=_scale, c=_corners: n.Upsample(
                scale_factor=s, mode="bilinear", align_corners=c), IMAGES)


@both_types
@train_and_eval
@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.filterwarnings("ignore:The default behavior for interpolate")
def test_layers(name, train, dtype):
    make, array = LAYERS[name]
    ours, theirs = make(nn).train(train), make(torch.nn).train(train)
    assert list(ours.state_dict()) == list(theirs.state_dict()) == []
    compare(ours, theirs, array, dtype)


@both_types
@pytest.mark.parametrize("kernel,output,array", [
    (2, (4, 5), IMAGES), ((3, 2), (1, 8), IMAGES), (2, 5, ONE_IMAGE), (1, (3, 10), IMAGES)])
def test_fractional_max_pool(kernel, output, array, dtype):
    lead = (1,) * (4 - array.ndim) + array.shape[:-2]
    samples = np.random.default_rng(1).random((*lead, 2)).astype(dtype)
    make = dict(kernel_size=kernel, output_size=output, return_indices=True)
    ours = nn.FractionalMaxPool2d(**make, _random_samples=autograd.tensor(samples))
    theirs = torch.nn.FractionalMaxPool2d(**make, _random_samples=torch.tensor(samples))
    assert list(ours.state_dict()) == list(theirs.state_dict()) == ["_random_samples"]
    compare(ours, theirs, array, dtype)


def test_fractional_ratio_gives_the_same_size():
    for ratio in (0.5, (0.35, 0.8)):
        x = numbers(1, 2, 9, 10)
        ours = nn.FractionalMaxPool2d(2, output_ratio=ratio)(autograd.tensor(x))
        theirs = torch.nn.FractionalMaxPool2d(2, output_ratio=ratio)(torch.tensor(x))
        assert ours.shape == tuple(theirs.shape)


@pytest.mark.parametrize("corners", [True, False])
@pytest.mark.parametrize("name,shape,size", [("linear", (1, 1, 4), 7), ("linear", (1, 1, 4), 9),
                                             ("bilinear", (1, 2, 3, 3), (5, 7)),
                                             ("bilinear", (2, 1, 5, 4), (3, 3))])
def test_infinite_pixels_make_nan_of_a_share_of_0_only(name, shape, size, corners):
    for number in (np.inf, -np.inf, np.nan):
        x = numbers(*shape).astype(np.float32)
        x[0, 0, -2] = number
        ours, theirs = (F.interpolate(t(x), size, mode=name, align_corners=corners).numpy()
                        for F, t in ((nn.functional, autograd.tensor),
                                     (torch.nn.functional, torch.tensor)))
        np.testing.assert_allclose(ours, theirs, 1e-6, 1e-6)


@pytest.mark.parametrize("scale", [1.1, 1.3, 1.7, 2.5, 0.3, 3])
@both_types
def test_nearest_takes_the_same_elements(scale, dtype):
    """Rounding decides here, so it has to happen in the same type."""
    for n in range(1, 60):
        if int(n * scale):
            x = np.arange(n, dtype=dtype).reshape(1, 1, n)
            ours = F.interpolate(autograd.tensor(x), scale_factor=scale)
            theirs = torch.nn.functional.interpolate(torch.tensor(x), scale_factor=scale)
            np.testing.assert_array_equal(ours, theirs)


@both_types
@pytest.mark.parametrize("settings", [
    dict(kernel_size=2), dict(kernel_size=(3, 2), dilation=(1, 2), padding=(2, 1), stride=(2, 3))])
@pytest.mark.parametrize("array", [IMAGES, ONE_IMAGE], ids=["batch", "image"])
def test_unfold_and_fold(settings, array, dtype):
    functional = torch.nn.functional
    compare(lambda x: F.unfold(x, **settings), lambda x: functional.unfold(x, **settings), array,
            dtype)
    columns = functional.unfold(torch.tensor(array), **settings).numpy()
    compare(lambda x: F.fold(x, (9, 10), **settings),
            lambda x: functional.fold(x, (9, 10), **settings), columns, dtype)


SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0])


@both_types
@pytest.mark.parametrize("k,s,p", [(2, 2, 0), (3, 2, 1), (3, 1, 0)])
def test_nan_infinity_and_ties(k, s, p, dtype):
    x = SPECIAL[np.random.default_rng(3).integers(0, 6, (4, 2, 8, 8))].astype(dtype)
    x[2:] = np.where(np.isnan(x[2:]), -np.inf, x[2:])
    ours = F.max_pool2d(autograd.tensor(x), k, s, p, return_indices=True)
    theirs = torch.nn.functional.max_pool2d(torch.tensor(x), k, s, p, return_indices=True)
    np.testing.assert_array_equal(ours[0], theirs[0])
    np.testing.assert_array_equal(ours[1], theirs[1])


@both_types
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_nearest_places_near_a_kept_or_doubled_size(dtype, dims):
    """Where rounding decides, and where the sizes of small images decide instead."""
    for n in (2, 7, 10, 47, 61, 64, 127, 128):
        x = np.arange(n, dtype=dtype).reshape(1, 1, n, *[1] * (dims - 1))
        for base in (1, 2):
            for more in (-0.5, 0, 0.3, 0.9):
                scale = (base + more / n, *[1.0] * (dims - 1))
                ours = F.interpolate(autograd.tensor(x), scale_factor=scale)
                theirs = torch.nn.functional.interpolate(torch.tensor(x), scale_factor=scale)
                assert ours.tolist() == theirs.tolist(), (n, scale)
        for size in (n + 1, 31, 53, 75, 2 * n - 1):
            size = (size, *[1] * (dims - 1))
            ours = F.interpolate(autograd.tensor(x), size)
            theirs = torch.nn.functional.interpolate(torch.tensor(x), size)
            assert ours.tolist() == theirs.tolist(), (n, size)
