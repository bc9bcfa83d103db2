"""Winograd's convolution: against NumPy in float64 over edge shapes, and where NaN must travel."""

import numpy as np
import pytest

from autograd import threads
from autograd.kernels import reference

pytest.importorskip("numba")
compiled = pytest.importorskip("autograd.kernels.compiled")
winograd = pytest.importorskip("autograd.kernels.compiled.winograd")
winograd_weight = pytest.importorskip("autograd.kernels.compiled.winograd_weight")
micro_kernel = pytest.importorskip("autograd.kernels.compiled.micro_kernel")

BOUND = 1e-5  # error relative to the largest number of the result; the kernels promise 1e-4
LEAST = winograd.CHANNELS


@pytest.fixture(autouse=True)
def called(monkeypatch):
    """Results of the method, which is used for any number of tiles; None where it gave up."""
    results = []
    monkeypatch.setattr(winograd, "TILES", 1)

    def counting(function):
        def call(*args):
            results.append(function(*args))
            return results[-1]
        return call

    monkeypatch.setattr(winograd, "correlate", counting(winograd.correlate))
    monkeypatch.setattr(winograd_weight, "weight_grad", counting(winograd_weight.weight_grad))
    return results


@pytest.fixture(params=["few weights", "many weights"])
def weights(request, monkeypatch):
    """Filters transformed in advance, or while they are used."""
    if request.param == "many weights":
        monkeypatch.setattr(winograd, "LARGE", 0)
        monkeypatch.setattr(winograd_weight, "LARGE", 0)


def draw(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def everything(x, weight, padding, bias=True, dtype=np.float32, kernels=compiled):
    """Result and gradients of a convolution of x with weight."""
    x, weight = x.astype(dtype), weight.astype(dtype)
    options = (1, 1), padding, (1, 1), 1
    row, column = (draw(n, seed=3).astype(dtype) if bias else None for n in weight.shape[:2])
    out = kernels.conv(x, weight, row, *options)
    g = draw(*out.shape, seed=4).astype(dtype)
    return (out, kernels.conv_input_grad(g, weight, column, x.shape[2:], *options),
            kernels.conv_weight_grad(g, x, (3, 3), *options))


def check(x, weight, padding=((1, 1), (1, 1)), bias=True):
    wide = everything(x, weight, padding, bias, np.float64, reference)
    for got, want in zip(everything(x, weight, padding, bias), wide, strict=True):
        assert got.shape == want.shape and got.dtype == np.float32
        error = np.max(np.abs(got - want)) / np.max(np.abs(want))
        assert error < BOUND, f"{got.shape}: error {error:.1e}"


@pytest.mark.parametrize("offset", [0, 1000])
def test_errors_are_small_beside_what_is_summed_where_it_cancels(offset, called):
    """Filters that sum to 0 leave little of a bright image: sums of |weight x| are the scale."""
    x, weight = draw(2, 32, 18, 18) + np.float32(offset), draw(32, 32, 3, 3, seed=1)
    weight -= weight.mean((1, 2, 3), keepdims=True)
    inside = ((0, 0), (0, 0))
    wide = everything(x, weight, inside, False, np.float64, reference)
    sums = everything(np.abs(x), np.abs(weight), inside, False, np.float64, reference)
    error = np.max(np.abs(everything(x, weight, inside, False)[0] - wide[0]))
    assert error < 1e-6 * np.max(sums[0])
    assert len(called) == 3


@pytest.mark.parametrize("height", [3, 4, 5, 9, 14])
@pytest.mark.parametrize("width", [3, 6, 18, 70])
def test_image_sizes(height, width, monkeypatch):
    monkeypatch.setattr(winograd, "suits", lambda *args: True)
    for before in (0, 1, 2):
        check(draw(2, LEAST, height, width), draw(LEAST, LEAST, 3, 3),
              ((before, 1), (2 - before, before)))


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 1), (2, 3)])
def test_images_smaller_than_the_filter(size, monkeypatch):
    monkeypatch.setattr(winograd, "suits", lambda *args: True)
    check(draw(3, LEAST, *size), draw(LEAST, LEAST, 3, 3))


@pytest.mark.parametrize("inputs", [LEAST, LEAST + 1, 33, 48])
@pytest.mark.parametrize("outputs", [LEAST, 31, 32, 33, 65])
def test_channels_at_the_edges_of_vectors_and_tiles(inputs, outputs, called, weights):
    check(draw(1, inputs, 8, 7), draw(outputs, inputs, 3, 3), bias=outputs > inputs)
    assert len(called) == 3


@pytest.mark.parametrize("images", [1, 2, 9, 40])
def test_several_blocks_of_tiles(images, weights):
    check(draw(images, 100, 9, 8), draw(90, 100, 3, 3))


def test_blocks_of_many_channels(weights):
    """More inputs than are transformed at a time, and too many tiles to keep all."""
    check(draw(2, winograd.DEPTH + 21, 4, 5), draw(70, winograd.DEPTH + 21, 3, 3))


def test_tiles_too_many_to_keep_in_all_blocks(monkeypatch, weights):
    monkeypatch.setattr(winograd_weight, "MOST", 0)
    check(draw(4, 20, 7, 8), draw(17, 20, 3, 3))


def test_a_row_of_tiles_longer_than_a_block():
    check(draw(1, 64, 5, 4 * winograd.ROOM // (36 * 128) + 9), draw(64, 64, 3, 3))


@pytest.mark.parametrize("padding", [((-1, 0), (2, -2)), ((3, 4), (0, 5))])
def test_cut_and_wide_padding(padding):
    check(draw(2, LEAST, 12, 13), draw(LEAST, LEAST, 3, 3), padding)


def test_layouts():
    x, weight = draw(12, 8, 20, 3), draw(3, 3, 20, 20)
    check(x.T[:2], weight.T[:, ::-1])
    check(np.broadcast_to(x.T[:1], (3, 20, 8, 12)), weight.T)


@pytest.mark.parametrize("scale", [1e-20, 1, 1e15])
def test_error_of_sums_over_many_channels_that_do_not_cancel(scale):
    rng = np.random.default_rng(7)
    x = (1 + rng.random((2, 256, 16, 16))).astype(np.float32) * np.float32(scale)
    check(x, (1 + rng.random((32, 256, 3, 3))).astype(np.float32), bias=False)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
@pytest.mark.parametrize("where", ["x", "weight", "bias"])
def test_nan_and_infinity_stay_in_their_places(value, where, called, weights):
    arrays = {"x": draw(2, LEAST, 9, 9), "weight": draw(20, LEAST, 3, 3), "bias": draw(20)}
    arrays[where].flat[37 % arrays[where].size] = value
    options = (1, 1), ((1, 1), (1, 1)), (1, 1), 1

    def same(got, want):
        assert np.array_equal(np.isnan(got), np.isnan(want))
        infinite = np.isinf(want)
        assert np.array_equal(infinite, np.isinf(got))
        assert np.array_equal(got[infinite], want[infinite])

    with np.errstate(all="ignore"):
        out = compiled.conv(*arrays.values(), *options)
        assert called[0] is None or np.isfinite(out).all()
        same(out, reference.conv(*arrays.values(), *options))
        if where == "x":
            g = draw(*out.shape)
            g[1, 3, 4, 5] = value
            same(compiled.conv_input_grad(g, arrays["weight"], None, (9, 9), *options),
                 reference.conv_input_grad(g, arrays["weight"], None, (9, 9), *options))
            same(compiled.conv_weight_grad(draw(*g.shape), arrays["x"], (3, 3), *options),
                 reference.conv_weight_grad(draw(*g.shape), arrays["x"], (3, 3), *options))


def test_the_same_bits_every_time_and_for_any_number_of_threads(monkeypatch, weights):
    x, weight = draw(5, 40, 10, 11), draw(33, 40, 3, 3)
    results = []
    for count in (1, 2, 3, 2):
        monkeypatch.setattr(threads, "_threads", count)
        results.append(everything(x, weight, ((1, 1), (1, 1))))
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            assert np.array_equal(a, b)


@pytest.mark.parametrize("change", [
    dict(stride=(2, 1)), dict(dilation=(1, 2)), dict(groups=2), dict(kernel=(3, 1)),
    dict(channels=(LEAST, LEAST - 1)), dict(dtype=np.dtype(np.float64)), dict(out=(2, 2)),
    dict(images=3), dict(before=(3, 1)), dict(before=(1, 0), out=(8, 9))])
def test_what_is_left_to_the_direct_method(change, monkeypatch):
    monkeypatch.setattr(winograd, "TILES", 16)
    case = dict(dtype=np.dtype(np.float32), images=4, channels=(LEAST, LEAST), kernel=(3, 3),
                stride=(1, 1), dilation=(1, 1), groups=1, image=(8, 8), before=(1, 1), out=(8, 8))
    assert winograd.suits(**case)
    assert not winograd.suits(**(case | change))
