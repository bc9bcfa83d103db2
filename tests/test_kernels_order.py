"""Sorting, selecting and scanning kernels against plain Python and NumPy over hostile numbers."""

import numpy as np
import pytest

from autograd import threads
from autograd.kernels import reference

pytest.importorskip("numba")
compiled = pytest.importorskip("autograd.kernels.compiled")

TIERS = [compiled, reference]
both_tiers = pytest.mark.parametrize("tier", TIERS, ids=["compiled", "reference"])
LENGTHS = [1, 2, 5, 23, 24, 25, 31, 32, 33, 64, 65, 257, 700, 4096, 4097, 9001]


def hostile(shape, seed=0):
    """Zeros of both signs, infinities, NaN of both signs, denormals, many equals."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape).astype(np.float32)
    x = np.where(rng.random(shape) < 0.4, np.round(x), x)
    few = np.array([0.0, -0.0, np.inf, -np.inf, 1e-45, -1e-45, 3e38, np.nan, -np.nan], np.float32)
    return np.where(rng.random(shape) < 0.2, rng.choice(few, shape), x).astype(np.float32)


def inputs(n):
    """Lines of n numbers."""
    yield np.random.default_rng(n).standard_normal((3, n)).astype(np.float32)
    yield hostile((3, n), n)
    yield np.full((2, n), -1.5, np.float32)
    yield np.full((1, n), np.nan, np.float32)
    yield np.where(np.arange(n) % 2, -0.0, 0.0).astype(np.float32)[None]


def wanted_order(line, falling):
    """NaN above everything, equal ones in the order they came in."""
    number = line.tolist()
    if falling:
        return sorted(range(len(number)), key=lambda i: (
            number[i] == number[i], -number[i] if number[i] == number[i] else 0))
    return sorted(range(len(number)), key=lambda i: (number[i] != number[i], number[i]
                                                     if number[i] == number[i] else 0))


def check(found, x, order, dim):
    values, places = found
    assert places.dtype == np.int64 and np.array_equal(places, order)
    want = np.take_along_axis(x, order, dim)
    assert values.dtype == x.dtype and values.tobytes() == want.tobytes()


def laid_out(x, dim):
    """The lines of x along another dimension, and in other strides."""
    yield x, 1
    if dim == 0:
        yield np.ascontiguousarray(x.T), 0
        yield np.flip(np.flip(x).copy()), 1
        yield np.repeat(x, 2, 1)[:, ::2], 1


@both_tiers
@pytest.mark.parametrize("n", LENGTHS)
def test_sort_topk_and_ranks(tier, n):
    for x in inputs(n):
        rising, falling = [np.array([wanted_order(line, way) for line in x]) for way in (0, 1)]
        for turned, dim in laid_out(x, 0 if n < 300 else 1):
            def along(order, dim=dim):
                return order.T if dim == 0 else order

            check(tier.sort(turned, dim, False), turned, along(rising), dim)
            check(tier.sort(turned, dim, True), turned, along(falling), dim)
            for k in {1, 2, n // 3, n - 1, n} & set(range(1, n + 1)):
                check(tier.topk(turned, k, dim, True), turned, along(falling[:, :k]), dim)
                check(tier.topk(turned, k, dim, False), turned, along(rising[:, :k]), dim)
                check(tier.ranked(turned, k - 1, dim, False), turned,
                      along(rising[:, k - 1 : k]), dim)


@both_tiers
@pytest.mark.parametrize("n", [1, 2, 31, 65, 700, 5000])
def test_extremes_and_medians_meet_nan_first(tier, n):
    for x in inputs(n):
        lost = np.isnan(x).any(1)
        nan = np.isnan(x).argmax(1)
        with np.errstate(invalid="ignore"):
            most, least = [np.where(lost, nan, f(x, 1)) for f in (np.argmax, np.argmin)]
        middle = np.array([wanted_order(line, False)[(n - 1) // 2] for line in x])
        for turned, dim in laid_out(x, 0):
            def along(order, dim=dim):
                return order[None] if dim == 0 else order[:, None]

            check(tier.extreme(turned, dim, True), turned, along(most), dim)
            check(tier.extreme(turned, dim, False), turned, along(least), dim)
            check(tier.ranked(turned, (n - 1) // 2, dim, True), turned,
                  along(np.where(lost, nan, middle)), dim)
            for name, of in (("largest", np.max), ("least", np.min)):
                want = of(turned, dim)
                found = tier.reduce_over(name, turned, (dim,), False)
                assert np.array_equal(found, want, equal_nan=True)


@both_tiers
@pytest.mark.parametrize("parallel", [1, 2])
@pytest.mark.parametrize(("shape", "dims"), [
    ((5, 7, 300), (1,)), ((300, 70), (0,)), ((4, 6, 5, 9), (2, 1)), ((4, 1, 5), (1,)),
    ((6, 3, 1), (0,)),
    ((16, 51, 4, 4), (1,)), ((3, 2, 130, 129), (2,)), ((8, 2, 5), (0, 1)), ((2, 3, 4), (0, 2)),
])  # fmt: skip
def test_extremes_over_any_dimensions(tier, parallel, shape, dims, monkeypatch):
    monkeypatch.setattr(threads, "_threads", parallel)
    rng = np.random.default_rng(0)
    for lost in (0, 0.01):
        x = rng.standard_normal(shape).astype(np.float32)
        x[rng.random(shape) < lost] = np.nan
        x[rng.random(shape) < lost] = -np.float32(np.nan)
        x[rng.random(shape) < 0.02] = np.inf
        x[rng.random(shape) < 0.02] = -np.inf
        for keepdims in (False, True):
            for name, of in (("largest", np.max), ("least", np.min)):
                found = tier.reduce_over(name, x, dims, keepdims)
                np.testing.assert_array_equal(found, of(x, dims, keepdims=keepdims), strict=True)


@both_tiers
def test_placed_is_what_was_picked(tier):
    for shape, dim in ((4, 7), 1), ((6, 5, 3), 1), ((9, 2), 0):
        x = np.random.default_rng(1).standard_normal(shape)
        for dtype in (np.float32, np.float64, np.int64):
            values, places = tier.topk(x.astype(dtype), 2, dim, True)
            out = tier.placed(values, places, dim, shape)
            assert out.dtype == dtype and np.array_equal(
                np.take_along_axis(out, places, dim), values)
            assert np.count_nonzero(out) <= values.size


@both_tiers
@pytest.mark.parametrize("shape", [(1, 1), (3, 1), (1, 5), (5, 33), (6, 130), (2, 40_003)])
def test_running_sums_and_products(tier, shape):
    rng = np.random.default_rng(2)
    x, g = rng.uniform(-1.2, 1.2, (2, *shape)).astype(np.float32)
    x[rng.random(shape) < 0.02] = 0
    for turned, dim in ((x, 1), (np.ascontiguousarray(x.T), 0), (np.flip(x, 1), 1)):
        wide, other = turned.astype(np.float64), g if dim else np.ascontiguousarray(g.T)
        want = np.cumsum(wide, dim)
        for back in (False, True):
            if back:
                want = np.flip(np.cumsum(np.flip(wide, dim), dim), dim)
            np.testing.assert_allclose(tier.cumsum(turned, dim, back), want, 1e-6, 1e-6)
        np.testing.assert_allclose(tier.cumprod(turned, dim), np.cumprod(wide, dim), 1e-6, 1e-38)
        if shape[1] < 200:
            want = slopes(other.astype(np.float64), wide, dim)
            np.testing.assert_allclose(tier.cumprod_grad(other, turned, dim), want, 1e-5, 1e-6)


def slopes(g, x, dim):
    """The gradient of cumprod, one product after the other."""
    g, x = np.moveaxis(g, dim, 0), np.moveaxis(x, dim, 0)
    out = np.zeros(x.shape)
    for k in range(len(x)):
        for i in range(k, len(x)):
            out[k] += g[i] * np.prod(np.delete(x[: i + 1], k, 0), 0)
    return np.moveaxis(out, 0, dim)


@both_tiers
@pytest.mark.parametrize("row", [
    [2, 3, 4], [2, 0, 4], [0, 3, 0], [np.inf, 2, 3], [1e-30, 1e-30, 1e30], [0, np.inf, 2],
    [1e38] * 9, [1e-38] * 9, [-1] * 5000, [np.nan, 1, 2],
])  # fmt: skip
def test_product_of_all_others(tier, row):
    x = np.array([row, row[::-1]], np.float32)
    with np.errstate(all="ignore"):
        want = np.stack([np.prod(np.delete(x.astype(np.float64), i, 1), 1)
                         for i in range(min(len(row), 9))], 1).astype(np.float32)
        for turned, dim in ((x, 1), (np.ascontiguousarray(x.T), 0)):
            g = np.ones_like(turned.take([0], dim))
            found = tier.prod_grad(g, turned, dim)
            found = found if dim else found.T
            np.testing.assert_allclose(found[:, : want.shape[1]], want, 1e-6)


@both_tiers
def test_numbers_beyond_float32_on_the_way(tier):
    x = np.array([[1e30, 1e30, 1e-30, 1e-30]], np.float32)
    assert tier.cumprod(x, 1).tolist()[0][3] == 1
    assert tier.reduce_over("prod", x, (1,), False).tolist() == [1]
    sums = tier.cumsum(np.array([1e8, 1, -1e8], np.float32), 0, False)
    assert sums.tolist() == [1e8, 1e8, 1]


def test_threads_and_runs_leave_every_bit(monkeypatch):
    x = hostile((300, 211))
    y = np.random.default_rng(4).standard_normal(200_001).astype(np.float32)
    found = set()
    for count in (1, 2, 2):
        monkeypatch.setattr(threads, "_threads", count)
        parts = [*compiled.sort(x, 0, True), *compiled.topk(x, 30, 1, True),
                 *compiled.ranked(x, 100, 1, True), *compiled.extreme(x, 0, False),
                 compiled.cumsum(y, 0, False), compiled.cumsum(y, 0, True),
                 compiled.softmax(np.nan_to_num(x)[None]),
                 compiled.reduce_over("squares", y, (0,), False)]
        found.add(b"".join(np.asarray(part).tobytes() for part in parts))
    assert len(found) == 1
