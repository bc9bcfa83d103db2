"""Winograd's convolution beside outliers: what does not see them is as if they were not there."""

import numpy as np
import pytest

from autograd import threads
from autograd.kernels import reference

pytest.importorskip("numba")
compiled = pytest.importorskip("autograd.kernels.compiled")
winograd = pytest.importorskip("autograd.kernels.compiled.winograd")
outliers = pytest.importorskip("autograd.kernels.compiled.winograd_outliers")
winograd_weight = pytest.importorskip("autograd.kernels.compiled.winograd_weight")

OPTIONS = (1, 1), ((1, 1), (1, 1)), (1, 1), 1
BOUND = 1e-6  # of the largest number that a result sees times the sum of |weight|, as conv2d says


def draw(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@pytest.fixture
def used(monkeypatch):
    """Whether the method gave each of the results."""
    results = []

    def counting(module, name):
        function = getattr(module, name)

        def call(*args):
            results.append(function(*args))
            return results[-1]
        monkeypatch.setattr(module, name, call)

    counting(winograd, "correlate")
    counting(winograd_weight, "weight_grad")
    return results


def seen(x, before, out):
    """The largest magnitude that each result sees."""
    pad = [(0, 0), *((b, n + 2 - m - b) for b, m, n in zip(before, x.shape[2:], out, strict=True))]
    peaks = np.pad(np.abs(x).max(1), pad)
    windows = np.lib.stride_tricks.sliding_window_view(peaks, (3, 3), (1, 2))
    return windows.max((3, 4))[:, None]


def errors(got, want, x, weight, before=(1, 1)):
    """The errors beside the bound; where a result sees zeros it is to be exact."""
    scale = seen(x, before, got.shape[2:]) * np.abs(weight).sum((1, 2, 3))[:, None, None]
    distance = np.abs(got - want)
    assert not distance[np.broadcast_to(scale == 0, got.shape)].any()
    return np.max(distance / np.maximum(scale, np.finfo(np.float32).tiny))


@pytest.mark.parametrize("size", [1, 10, 25, 31, 33, 100, 1e3, 1e5, 1e7, 1e15])
@pytest.mark.parametrize("channels", [16, 33, 64])
def test_errors_follow_what_a_result_sees(size, channels, used):
    """Outliers of every size, one in a corner, one at an edge where a tile is cut, one inside."""
    x, weight = draw(3, channels, 22, 19), draw(channels, channels, 3, 3, seed=1)
    for sign, (row, column) in zip((1, -1, 1), ((0, 0), (21, 9), (10, 11)), strict=True):
        x[1, 5, row, column] = sign * size * 3
    want = reference.conv(x.astype(np.float64), weight.astype(np.float64), None, *OPTIONS)
    assert errors(compiled.conv(x, weight, None, *OPTIONS), want, x, weight) < BOUND
    back = weight.swapaxes(0, 1)[:, :, ::-1, ::-1]  # what gives the input's gradient
    want = reference.conv_input_grad(
        x.astype(np.float64), weight.astype(np.float64), None, x.shape[2:], *OPTIONS)
    got = compiled.conv_input_grad(x, weight, None, x.shape[2:], *OPTIONS)
    assert errors(got, want, x, back) < BOUND
    assert len(used) == 2 and all(result is not None for result in used)


@pytest.mark.parametrize("padding", [((1, 1), (1, 1)), ((0, 0), (2, 2)), ((-1, 1), (0, -3))])
def test_outliers_at_cut_and_padded_edges(padding):
    x, weight = draw(2, 16, 21, 22), draw(20, 16, 3, 3, seed=1)
    x[0, 3, 0, 0] = x[0, 4, 20, 21] = x[1, 0, 20, 10] = 1e6
    bias = draw(20, seed=2)
    options = (1, 1), padding, (1, 1), 1
    want = reference.conv(x.astype(np.float64), weight.astype(np.float64), None, *options)
    before = padding[0][0], padding[1][0]
    cut = [slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip((21, 22), padding, strict=True)]
    seen_of_x = x[:, :, *cut]
    got = compiled.conv(x, weight, bias, *options) - bias[:, None, None]
    scale = errors(got, want, seen_of_x, weight, [max(b, 0) for b in before])
    assert scale < 4 * BOUND  # adding the bias and taking it away rounds too


def test_what_sees_only_zeros_is_the_bias():
    """As exactly as by the definition: who asks which pixels count finds no others."""
    x, weight, bias = np.zeros((2, 16, 20, 20), np.float32), draw(32, 16, 3, 3), draw(32)
    x[0, 2, 9, 9], x[1, :, 4, 4:] = 1e-3, 1.0
    out = compiled.conv(x, weight, bias, *OPTIONS)
    touched = np.broadcast_to(seen(x, (1, 1), (20, 20)) > 0, out.shape)
    offset = np.broadcast_to(bias[:, None, None], out.shape)
    assert np.array_equal(out[~touched], offset[~touched])
    assert np.count_nonzero((out != offset)[0, 0]) == 9


def test_more_outliers_than_tiles_pay_for(used):
    x, weight = draw(2, 16, 24, 24), draw(16, 16, 3, 3, seed=1)
    x[:, 0, :12, ::5] = 1e6
    want = reference.conv(x.astype(np.float64), weight.astype(np.float64), None, *OPTIONS)
    assert errors(compiled.conv(x, weight, None, *OPTIONS), want, x, weight) < BOUND
    assert used == [None]


def test_large_numbers_everywhere_are_no_outliers(used):
    x, weight = draw(2, 16, 24, 24), draw(16, 16, 3, 3, seed=1)
    x[:, 0, ::5, ::5] = 1e6
    want = reference.conv(x.astype(np.float64), weight.astype(np.float64), None, *OPTIONS)
    error = np.abs(compiled.conv(x, weight, None, *OPTIONS) - want).max()
    assert error < BOUND * 1e6 * np.abs(weight).sum((1, 2, 3)).max() and used[0] is not None


@pytest.mark.parametrize("scale", [1e-30, 1e-20, 1e10, 1e30])
def test_the_scale_of_all_numbers_does_not_count(scale, used):
    x, weight = draw(2, 16, 16, 16) * np.float32(scale), draw(16, 16, 3, 3, seed=1)
    x[0, 0, 5, 5] *= 1e4
    want = reference.conv(x.astype(np.float64), weight.astype(np.float64), None, *OPTIONS)
    assert errors(compiled.conv(x, weight, None, *OPTIONS), want, x, weight) < BOUND
    assert used[0] is not None


def test_ordinary_images_are_looked_at_no_further(monkeypatch, used):
    def never(*args):
        raise AssertionError("put right")

    monkeypatch.setattr(winograd, "put_right", never)
    for x in (draw(8, 16, 28, 28), np.maximum(draw(8, 32, 28, 28), 0), 0 * draw(1, 16, 16, 16)):
        compiled.conv(x, draw(16, x.shape[1], 3, 3), None, *OPTIONS)
    assert len(used) == 3


@pytest.mark.parametrize("size", [1, 1e2, 1e3, 1e4, 1e6, 1e8])
@pytest.mark.parametrize("places", [[(0, 0)], [(0, 12)], [(23, 23)], [(0, 0), (0, 5), (23, 0)]])
@pytest.mark.parametrize("side", ["x", "g"])
def test_weights_that_do_not_see_an_outlier(size, places, side):
    """A corner of the image meets four of the nine weights only."""
    x, g = draw(6, 16, 24, 24), draw(6, 20, 24, 24, seed=1)
    if side == "g":
        x[:, :, :2], x[:, :, :, :2] = 0, 0  # what would see all of g's corner
    for n, (row, column) in enumerate(places):
        (x if side == "x" else g)[n, 3, row, column] = size
    wide = g.astype(np.float64), x.astype(np.float64)
    want = reference.conv_weight_grad(*wide, (3, 3), *OPTIONS)
    sums = reference.conv_weight_grad(*map(np.abs, wide), (3, 3), *OPTIONS)
    got = compiled.conv_weight_grad(g, x, (3, 3), *OPTIONS)
    assert np.max(np.abs(got - want) / sums) < 5e-6


def test_the_same_bits_for_any_number_of_threads(monkeypatch):
    x, weight = draw(5, 16, 22, 22), draw(16, 16, 3, 3)
    x[2, 0, 3, 3] = x[4, 1, 21, 20] = 1e5
    x[3, :, 8:, 8:] = 0
    results = []
    for count in (1, 2, 3, 2):
        monkeypatch.setattr(threads, "_threads", count)
        grads = compiled.conv_weight_grad(x, x, (3, 3), *OPTIONS)
        results.append(compiled.conv(x, weight, None, *OPTIONS).tobytes() + grads.tobytes())
    assert len(set(results)) == 1
