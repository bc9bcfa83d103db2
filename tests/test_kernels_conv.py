"""Convolution kernels: the compiled tier against NumPy in float64, over edge shapes and layouts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import threads
from autograd.kernels import reference
from autograd.kernels.rounding import at_the_gate

pytest.importorskip("numba")
compiled = pytest.importorskip("autograd.kernels.compiled")
kernel_conv = pytest.importorskip("autograd.kernels.compiled.conv")
depthwise = pytest.importorskip("autograd.kernels.compiled.conv_depthwise")
kernel_weight = pytest.importorskip("autograd.kernels.compiled.conv_weight")
micro_kernel = pytest.importorskip("autograd.kernels.compiled.micro_kernel")

RTOL = {np.float32: 3e-6, np.float64: 1e-14}
ROWS = micro_kernel.ROWS
both_types = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@pytest.fixture
def two_threads(monkeypatch):
    monkeypatch.setattr(kernel_conv, "SHARED", 0)
    monkeypatch.setattr(kernel_weight, "SHARED", 0)
    monkeypatch.setattr(depthwise, "SHARED", 0)
    monkeypatch.setattr(threads, "_threads", 2)


def near(got, want, bound, dtype):
    """Equal, the error measured against the sum of absolute products."""
    assert got.shape == want.shape and got.dtype == dtype
    error = float(np.max(np.abs(got - want) / (bound + 1e-30), initial=0))
    assert error < RTOL[dtype], f"{got.shape}: error {error:.1e}"


def check(x, weight, bias=True, stride=(1, 1), padding=((0, 0), (0, 0)), dilation=(1, 1),
          groups=1, turn=lambda a: a):
    """All kernels on arrays of these shapes, against the reference in float64."""
    dtype = x.dtype.type
    rng = np.random.default_rng(5)
    options = stride, padding, dilation, groups

    def draw(*shape):
        return turn(rng.standard_normal(shape).astype(dtype))

    def compare(name, arrays, *more):
        wide = [None if a is None else a.astype(np.float64) for a in arrays]
        plain = getattr(reference, name)
        absolute = [None if a is None else np.abs(a) for a in wide]
        got = getattr(compiled, name)(*arrays, *more)
        near(got, plain(*wide, *more), plain(*absolute, *more), dtype)
        return got

    out = compare("conv", (x, weight, draw(len(weight)) if bias else None), *options)
    g = draw(*out.shape)
    row = draw(x.shape[1]) if bias else None
    return (out, compare("conv_input_grad", (g, weight, row), x.shape[2:], *options),
            compare("conv_weight_grad", (g, x), weight.shape[2:], *options),
            compare("conv_bias_grad", (g,)))


def arrays(x, weight, dtype, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(x).astype(dtype), rng.standard_normal(weight).astype(dtype)


@both_types
@pytest.mark.parametrize("rows", [1, ROWS - 1, ROWS, ROWS + 1, 3 * ROWS + 7])
@pytest.mark.parametrize("width", [1, 4, 5, 11, 18])
def test_edges_of_the_tile(rows, width, dtype):
    for channels in (1, ROWS + 1):
        check(*arrays((2, channels, 3, width + 1), (rows, channels, 2, 2), dtype))


@both_types
def test_more_taps_than_a_panel_holds(dtype):
    channels = kernel_conv.DEPTH // 9 + 2
    check(*arrays((2, channels, 6, 7), (13, channels, 3, 3), dtype), padding=((1, 1), (1, 1)))
    check(*arrays((1, 2 * kernel_conv.DEPTH, 2, 3), (5, 2 * kernel_conv.DEPTH, 1, 1), dtype))


@both_types
def test_more_pixels_than_a_chunk_holds(dtype):
    check(*arrays((3, 2, 19, 23), (35, 2, 3, 3), dtype), padding=((1, 1), (1, 1)))


LANES = micro_kernel.VECTOR_BYTES // 4


@both_types
@pytest.mark.parametrize("images", [1, 2, 7, 41])
@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 5), (7, 7), (1, 31)])
def test_edges_of_panels_counted_through_images(images, size, dtype):
    """Small images fill whole vectors together, and blocks of them end anywhere."""
    check(*arrays((images, 5, *size), (13, 5, 3, 3), dtype), padding=((1, 1), (1, 1)))
    check(*arrays((images, 6, *size), (10, 3, 1, 1), dtype), stride=(2, 2), groups=2)


@both_types
@pytest.mark.parametrize(("stride", "padding", "dilation"), [
    ((1, 1, 1), ((1, 1), (1, 1), (1, 1)), (1, 1, 1)),
    ((2, 3, 2), ((0, 2), (3, 0), (1, 1)), (1, 2, 1)),
    ((1, 1, 3), ((-1, 2), (2, -1), (-1, 4)), (2, 1, 2))])
def test_edges_in_three_dimensions(stride, padding, dilation, dtype):
    for images, channels, rows, groups in ((1, 1, 1, 1), (3, 2, 15, 2), (2, 3, 8, 1)):
        check(*arrays((images, channels * groups, 5, 6, 7), (rows * groups, channels, 2, 3, 3),
                      dtype), True, stride, padding, dilation, groups)


@both_types
@pytest.mark.parametrize(("images", "channels"), [
    (1, LANES), (2, LANES // 2 + 1), (LANES + 1, 1), (2 * LANES, 3), (1, 2 * LANES - 1)])
@pytest.mark.parametrize(("kernel", "size"), [
    ((3, 3), (4, 4)), ((1, 1), (1, 17)), ((7, 7), (5, 33)), ((2, 5), (19, 3))])
def test_edges_of_planes_in_lanes(images, channels, kernel, size, dtype):
    """A filter for every channel: planes fill the lanes, whatever images they belong to."""
    for stride, padding, dilation in (((1, 1), ((1, 1), (3, 3)), (1, 1)),
                                      ((2, 3), ((3, 4), (2, 5)), (1, 2)),
                                      ((1, 2), ((6, -1), (-1, 9)), (1, 1))):
        check(*arrays((images, channels, *size), (channels, 1, *kernel), dtype), True, stride,
              padding, dilation, channels)


@both_types
def test_planes_in_lanes_have_any_number_of_dimensions(dtype):
    check(*arrays((3, 19, 40), (19, 1, 4), dtype), True, (3,), ((3, 0),), (2,), 19)
    check(*arrays((3, 19, 5, 6, 7), (19, 1, 3, 2, 3), dtype), False, (1, 2, 1),
          ((1, 1), (0, 0), (1, 0)), (1, 1, 2), 19)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_stay_in_their_plane(bad):
    """As many NaN and infinities as the reference has, in every direction."""
    x, weight = arrays((2, 24, 6, 9), (24, 1, 3, 3), np.float32)
    g = arrays((2, 24, 3, 5), (1,), np.float32, 1)[0]
    x[1, 5, 0, 8] = x[0, 23, 3, 3] = g[0, 7, 2, 0] = weight[11, 0, 1, 2] = bad
    options = (2, 2), ((1, 1), (1, 1)), (1, 1), 24
    for name, inputs in (("conv", (x, weight, None)),
                         ("conv_input_grad", (g, weight, None, (6, 9))),
                         ("conv_weight_grad", (g, x, (3, 3)))):
        with np.errstate(invalid="ignore"):
            want = getattr(reference, name)(*inputs, *options)
        got = getattr(compiled, name)(*inputs, *options)
        assert not np.isfinite(want).all()
        np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5)


@both_types
@pytest.mark.parametrize("layout", ["F", "strided", "reversed", "broadcast"])
def test_layouts(layout, dtype):
    def turn(a):
        wide = np.repeat(a, 2, axis=-1)
        return {"F": np.asfortranarray(a), "strided": wide[..., ::2],
                "reversed": a[..., ::-1], "broadcast": np.broadcast_to(a[:1], a.shape)}[layout]

    x, weight = arrays((3, 4, 6, 7), (6, 2, 3, 2), dtype)
    check(turn(x), turn(weight), stride=(2, 1), groups=2, turn=turn)


pair = st.tuples(st.integers(-2, 3), st.integers(-2, 3))
two = st.tuples(st.integers(1, 3), st.integers(1, 3))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.tuples(st.integers(0, 3), st.integers(1, 4), st.integers(0, 5), st.integers(1, 3)),
       st.tuples(st.integers(1, 12), st.integers(1, 20)), two, two, two, st.tuples(pair, pair),
       st.sampled_from([np.float32, np.float64]), st.booleans())
def test_any_geometry(sizes, image, kernel, stride, dilation, padding, dtype, bias):
    images, channels, rows, groups = sizes
    padded = [n + a + b for n, (a, b) in zip(image, padding, strict=True)]
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    if any(n < r or max(0, -a) + max(0, -b) > m
           for n, r, m, (a, b) in zip(padded, reach, image, padding, strict=True)):
        return
    x, weight = arrays((images, channels * groups, *image), (rows * groups, channels, *kernel),
                       dtype, seed=image[1])
    check(x, weight, bias, stride, padding, dilation, groups)


@both_types
def test_one_and_three_dimensions(dtype):
    check(*arrays((2, 4, 30), (6, 2, 3), dtype), True, (2,), ((1, 2),), (3,), 2)
    check(*arrays((2, 2, 4, 5, 3), (3, 2, 2, 2, 2), dtype), True, (1, 2, 1),
          ((1, 1), (0, 0), (1, 0)), (1, 1, 1))


@pytest.mark.parametrize("tier", [compiled, reference], ids=["compiled", "reference"])
@pytest.mark.parametrize("shape", [(20_000_000, 1, 1), (1, 1, 20_000_000), (200_000, 2, 100)])
def test_sums_of_many_ones_are_counts(tier, shape):
    g = np.broadcast_to(np.float32(1), shape)
    assert tier.conv_bias_grad(g).tolist() == [shape[0] * shape[2]] * shape[1]


@pytest.mark.parametrize("tier", [compiled, reference], ids=["compiled", "reference"])
def test_float16_is_rounded_once(tier):
    x, weight = arrays((2, 300, 5, 5), (3, 300, 3, 3), np.float16)
    options = (1, 1), ((1, 1), (1, 1)), (1, 1), 1
    g = arrays((2, 3, 5, 5), (1,), np.float16, 1)[0]
    for name, inputs, more in (("conv", (x, weight, None), ()),
                               ("conv_input_grad", (g, weight, None), ((5, 5),)),
                               ("conv_weight_grad", (g, x), ((3, 3),))):
        wide = [None if a is None else a.astype(np.float64) for a in inputs]
        want = getattr(reference, name)(*wide, *more, *options)
        got = at_the_gate(name, getattr(tier, name))(*inputs, *more, *options)
        assert got.dtype == np.float16
        unit = np.spacing(np.abs(want).astype(np.float16)).astype(np.float64)
        assert np.all(np.abs(got - want) <= 0.5 * unit + 2e-5)
    bias_grad = at_the_gate("conv_bias_grad", tier.conv_bias_grad)
    assert bias_grad(np.full((5000, 1, 2), 3, np.float16)).tolist() == [30000.0]


@pytest.mark.parametrize("shape", [(0, 2, 5, 5), (2, 0, 5, 5)])
def test_nothing_to_sum(shape):
    x, weight = arrays(shape, (3, shape[1], 3, 3), np.float32)
    out = check(x, weight)[0]
    assert out.shape == (shape[0], 3, 3, 3)


def test_other_types_are_the_references():
    x, weight = arrays((1, 2, 4, 4), (2, 2, 3, 3), np.float16)
    out = compiled.conv(x, weight, None, (1, 1), ((0, 0), (0, 0)), (1, 1), 1)
    assert out.dtype == np.float16 and out.shape == (1, 2, 2, 2)


SHARED_OUT = [
    ((7, 3, 9, 9), (40, 3, 3, 3), (1, 1), 1),  # by images
    ((1, 8, 9, 9), (40, 4, 3, 3), (2, 2), 2),  # one image: by channels
    ((5, 8, 6, 6), (16, 1, 3, 3), (1, 1), 8),
    ((3, 40, 3, 3), (80, 40, 3, 3), (2, 2), 1),  # more weights than pixels: by channels
    ((1, 20, 5, 5), (30, 20, 3, 3), (2, 2), 1),  # one sum of the weight gradient: by taps
    ((5, 20, 6, 6), (20, 1, 3, 3), (2, 1), 20),
    ((70, 3, 5, 4), (3, 1, 2, 3), (1, 1), 3),
]


@pytest.mark.parametrize(("x", "weight", "stride", "groups"), SHARED_OUT)
def test_the_same_bits_for_any_number_of_threads(x, weight, stride, groups, monkeypatch,
                                                 two_threads):
    x, weight = arrays(x, weight, np.float32)
    padding = ((1, 1), (1, 1))
    results = []
    for count in (1, 2, 2):
        monkeypatch.setattr(threads, "_threads", count)
        results.append(check(x, weight, True, stride, padding, groups=groups))
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            assert np.array_equal(a, b)


def test_plans_are_kept():
    geometry = pytest.importorskip("autograd.kernels.compiled.conv_plan")
    x, weight = arrays((1, 1, 6, 6), (2, 1, 3, 3), np.float32)
    check(x, weight)
    before = geometry.forward.cache_info().misses, geometry.backward.cache_info().misses
    check(x, weight)
    after = geometry.forward.cache_info().misses, geometry.backward.cache_info().misses
    assert after == before
