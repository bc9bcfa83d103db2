"""Pooling kernels: the compiled tier against the NumPy tier, and both against loops in float64."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import threads
from autograd.kernels import reference

pytest.importorskip("numba")
compiled = pytest.importorskip("autograd.kernels.compiled")

TOLERANCE = {np.float32: 2e-6, np.float64: 1e-14}
both_types = pytest.mark.parametrize("dtype", [np.float32, np.float64])
both_tiers = pytest.mark.parametrize("tier", [compiled, reference], ids=["compiled", "reference"])


def table(n, k, s, third, p=0):
    """Windows of k places, s apart, within n places padded by p."""
    first = np.arange((n + 2 * p - k) // s + 1) * s - p
    entries = [(max(i, 0), min(i + k, n), third) for i in first.tolist()]
    return np.array(entries, np.int64).reshape(-1, 3)


def planes(*shape, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def loops_max(x, rows, columns):
    out = np.empty((len(x), len(rows), len(columns)))
    indices = np.empty(out.shape, np.int32)
    for p, i, j in np.ndindex(out.shape):
        best, place = None, 0
        for r in range(*rows[i].tolist()):
            for c in range(*columns[j].tolist()):
                value = float(x[p, r, c])
                if best is None or value > best or value != value:
                    best, place = value, r * x.shape[2] + c
        out[p, i, j], indices[p, i, j] = best, place
    return out, indices


def loops_avg(x, rows, columns):
    return np.array([[[x[p, i0:i1, j0:j1].astype(np.float64).sum() / (i2 * j2)
                       for j0, j1, j2 in columns] for i0, i1, i2 in rows] for p in range(len(x))])


GEOMETRIES = [  # height, width, kernel, stride, padding
    (1, 1, 1, 1, 0), (2, 2, 2, 2, 0), (4, 6, 2, 2, 0), (5, 7, 2, 2, 0), (24, 24, 2, 2, 0),
    (3, 33, 2, 2, 0), (31, 32, 2, 2, 0), (8, 8, 8, 8, 0), (7, 9, 3, 2, 1), (16, 17, 3, 1, 1),
    (5, 5, 2, 3, 0), (9, 10, 4, 1, 2), (1, 64, 1, 1, 0), (6, 4, 2, 1, 1)]


@both_tiers
@both_types
@pytest.mark.parametrize("height,width,k,s,p", GEOMETRIES)
@pytest.mark.parametrize("count", [1, 3])
def test_against_loops(tier, dtype, height, width, k, s, p, count):
    x = planes(count, height, width, dtype=dtype)
    rows, columns = table(height, k, s, 1, p), table(width, k, s, 1, p)
    out, indices = tier.max_pool2d(x, rows, columns)
    want, places = loops_max(x, rows, columns)
    assert out.dtype == dtype and indices.dtype == np.int32
    np.testing.assert_array_equal(out, want)
    np.testing.assert_array_equal(indices, places)
    g = planes(*out.shape, dtype=dtype, seed=1)
    grad = np.zeros((count, height * width))
    for at in np.ndindex(g.shape):
        grad[at[0], places[at]] += g[at]
    found = tier.max_pool2d_grad(g, indices, (height, width))
    assert found.dtype == dtype
    np.testing.assert_allclose(found, grad.reshape(x.shape), atol=10 * TOLERANCE[dtype])
    rows, columns = table(height, k, s, k, p), table(width, k, s, k, p)
    average = tier.avg_pool2d(x, rows, columns)
    assert average.dtype == dtype
    np.testing.assert_allclose(average, loops_avg(x, rows, columns), atol=TOLERANCE[dtype])
    grad = np.zeros(x.shape)
    for at in np.ndindex(g.shape):
        (i0, i1, i2), (j0, j1, j2) = rows[at[1]], columns[at[2]]
        grad[at[0], i0:i1, j0:j1] += g[at] / (i2 * j2)
    found = tier.avg_pool2d_grad(g, rows, columns, (height, width))
    assert found.dtype == dtype
    np.testing.assert_allclose(found, grad, atol=10 * TOLERANCE[dtype])


@st.composite
def any_table(draw, n, steps):
    """Windows in any order of sizes whose beginnings and ends do not go back, as the ops make."""
    firsts = sorted(draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=5)))
    entries, last = [], 1
    for first in firsts:
        last = draw(st.integers(max(first + 1, last), n))
        entries.append((first, last, draw(st.integers(1, steps))))
    return np.array(entries, np.int64)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), count=st.integers(0, 4), height=st.integers(1, 18),
       width=st.integers(1, 35), dtype=st.sampled_from([np.float32, np.float64]))
def test_tiers_agree_on_any_windows(data, count, height, width, dtype):
    x = np.round(planes(count, height, width, dtype=dtype) * 2)  # with ties
    rows, columns = data.draw(any_table(height, 3)), data.draw(any_table(width, 3))
    found, want = (t.max_pool2d(x, rows, columns) for t in (compiled, reference))
    np.testing.assert_array_equal(found[0], want[0])
    np.testing.assert_array_equal(found[1], want[1])
    g = planes(*want[0].shape, dtype=dtype, seed=1)
    for name, args in [("max_pool2d_grad", (g, want[1], (height, width))),
                       ("avg_pool2d", (x, rows, columns)),
                       ("avg_pool2d_grad", (g, rows, columns, (height, width)))]:
        a, b = getattr(compiled, name)(*args), getattr(reference, name)(*args)
        assert a.shape == b.shape and a.dtype == b.dtype == dtype
        np.testing.assert_allclose(a, b, atol=100 * TOLERANCE[dtype])


@both_tiers
@both_types
@pytest.mark.parametrize("k,s", [(2, 2), (3, 3)])
def test_ties_take_the_first_and_nan_wins(tier, dtype, k, s):
    x = np.zeros((4, 6, 6), dtype)
    x[1, 1, 1] = x[2, 0, 1] = np.nan
    x[2, 1, 0] = -np.nan
    x[3] = -np.inf
    rows = table(6, k, s, 1)
    out, indices = tier.max_pool2d(x, rows, rows)
    np.testing.assert_array_equal(indices[0], np.add.outer(rows[:, 0] * 6, rows[:, 0]))
    assert np.isnan(out[1, 0, 0]) and indices[1, 0, 0] == 7
    assert np.isnan(out[2, 0, 0]) and indices[2, 0, 0] == 6  # the last one, as in PyTorch
    assert (out[3] == -np.inf).all() and (indices[3] == indices[0]).all()
    assert (out[:3].reshape(3, -1)[:, 1:] == 0).all()


@both_tiers
@both_types
@pytest.mark.parametrize("k,s,p", [(2, 1, 0), (2, 2, 1), (3, 1, 1), (3, 2, 1), (3, 2, 0), (5, 2, 2),
                                   (3, 3, 0), (7, 4, 3), (8, 3, 2), (11, 6, 4), (7, 1, 3)])
def test_equal_and_lost_numbers_side_by_side(tier, dtype, k, s, p):
    rng = np.random.default_rng(k)
    x = rng.integers(-1, 2, (3, 13, 39)).astype(dtype)
    x[1:][rng.random(x[1:].shape) < 0.03] = np.nan
    x[2] -= np.inf
    rows, columns = table(13, k, s, 1, p), table(39, k, s, 1, p)
    out, indices = tier.max_pool2d(x, rows, columns)
    want, places = loops_max(x, rows, columns)
    np.testing.assert_array_equal(out, want)
    np.testing.assert_array_equal(indices, places)
    line = x[:, :1]
    np.testing.assert_array_equal(tier.max_pool2d(line, table(1, 1, 1, 1), columns)[1],
                                  loops_max(line, table(1, 1, 1, 1), columns)[1])


@both_tiers
@both_types
def test_nan_and_infinity_travel_through_averages(tier, dtype):
    x = np.ones((1, 4, 4), dtype)
    x[0, 0, 0], x[0, 0, 2], x[0, 2, 0], x[0, 3, 1] = np.nan, np.inf, np.inf, -np.inf
    halves = table(4, 2, 2, 2)
    np.testing.assert_array_equal(tier.avg_pool2d(x, halves, halves),
                                  [[[np.nan, np.inf], [np.nan, 1]]])
    g = np.array([[[np.nan, np.inf], [1, 0]]], dtype)
    grad = tier.avg_pool2d_grad(g, halves, halves, (4, 4))[0]
    assert np.isnan(grad[:2, :2]).all() and (grad[:2, 2:] == np.inf).all()
    assert (grad[2:, :2] == 0.25).all() and (grad[2:, 2:] == 0).all()


@both_tiers
@pytest.mark.parametrize("size", [(300_000, 1), (1, 3_000_000), (40_000, 3), (65, 2), (900, 1100)])
def test_averages_of_large_windows_keep_their_digits(tier, size):
    """Added one by one, a tenth becomes a tenth and one in a hundred more."""
    x = np.full((2, *size), 0.1, np.float32)
    x[1] += planes(*size, dtype=np.float32) / np.float32(100)
    tables = [np.array([(0, n, n), (n // 2, n, n - n // 2)]) for n in size]
    np.testing.assert_allclose(tier.avg_pool2d(x, *tables), loops_avg(x, *tables), 1e-6)


@both_tiers
def test_averages_of_equal_numbers_are_exact(tier):
    for value in (np.float32(1), np.float32(3)):
        rows = table(9, 3, 2, 3)
        assert (tier.avg_pool2d(np.full((2, 9, 9), value), rows, rows) == value).all()


@both_tiers
@pytest.mark.parametrize("count", [0, 2])
def test_other_types_layouts_and_empty(tier, count):
    rows = table(6, 2, 2, 1)
    halves = table(6, 2, 2, 2)
    x = planes(2 * count, 12, 6)
    want = tier.max_pool2d(x[::2, ::2].copy(), rows, rows), tier.avg_pool2d(
        x[::2, ::2].copy(), halves, halves)
    assert want[1].shape == (count, 3, 3)
    for view in (x[::2, ::2], np.asfortranarray(x[::2, ::2]), x[::2, ::2][:, ::-1].copy()[:, ::-1]):
        view.flags.writeable = False
        for a, b in zip(tier.max_pool2d(view, rows, rows), want[0], strict=True):
            np.testing.assert_array_equal(a, b)
        np.testing.assert_allclose(tier.avg_pool2d(view, halves, halves), want[1], atol=1e-15)
    g, indices = want[1], want[0][1]
    grads = (tier.max_pool2d_grad(g, indices, (6, 6)),
             tier.avg_pool2d_grad(g, halves, halves, (6, 6)))
    flipped = g[:, :, ::-1].copy()[:, :, ::-1]
    np.testing.assert_array_equal(
        tier.max_pool2d_grad(flipped, indices.astype(np.int64), (6, 6)), grads[0])
    np.testing.assert_array_equal(tier.avg_pool2d_grad(flipped, halves, halves, (6, 6)), grads[1])
    half = x[::2, ::2].astype(np.float16)
    assert tier.avg_pool2d(half, halves, halves).dtype == np.float16
    whole = np.arange(36 * count).reshape(count, 6, 6)
    np.testing.assert_array_equal(tier.max_pool2d(whole, rows, rows)[0], whole[:, 1::2, 1::2])


def test_threads_do_not_change_a_bit(monkeypatch):
    x = planes(67, 32, 30, dtype=np.float32)
    results = []
    for count in (1, 2, 2, 3):
        monkeypatch.setattr(threads, "_threads", count)
        parts = []
        for k, s in ((2, 2), (3, 2)):
            rows, columns = table(32, k, s, 1), table(30, k, s, 1)
            out, indices = compiled.max_pool2d(x, rows, columns)
            parts += [out, indices, compiled.max_pool2d_grad(out, indices, (32, 30))]
            rows, columns = table(32, k, s, k), table(30, k, s, k)
            average = compiled.avg_pool2d(x, rows, columns)
            parts += [average, compiled.avg_pool2d_grad(average, rows, columns, (32, 30))]
        results.append(b"".join(a.tobytes() for a in parts))
    assert len(set(results)) == 1


OUTSIDE = [[[-1, 2, 1]], [[0, 5, 1]], [[2, 2, 1]], [[3, 1, 1]], [[10**7, 10**7 + 2, 1]],
           [[0, 2, 1], [2**62, 2**62 + 2, 1]]]  # in planes of 4 by 4


@both_tiers
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("wrong", OUTSIDE, ids=str)
def test_windows_outside_of_the_plane(tier, count, wrong, monkeypatch):
    monkeypatch.setattr(threads, "_threads", count)
    x, wrong, right = np.ones((2048, 4, 4)), np.array(wrong), table(4, 2, 2, 1)
    for rows, columns in [(wrong, right), (right, wrong)]:
        g = np.ones((2048, len(rows), len(columns)))
        for name, arguments in [("max_pool2d", (x, rows, columns)),
                                ("avg_pool2d", (x, rows, columns)),
                                ("avg_pool2d_grad", (g, rows, columns, (4, 4)))]:
            with pytest.raises(IndexError, match="not lie within"):
                getattr(tier, name)(*arguments)


@both_tiers
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("wrong", [-1, 16, 10**8, -(10**8)])
@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_places_outside_of_the_plane(tier, count, wrong, dtype, monkeypatch):
    monkeypatch.setattr(threads, "_threads", count)
    g, places = np.ones((2048, 2, 2)), np.zeros((2048, 2, 2), dtype)
    places[2047, 1, 1] = wrong
    with pytest.raises(IndexError, match="place .*does not lie within the plane"):
        tier.max_pool2d_grad(g, places, (4, 4))


@both_tiers
def test_places_that_only_int64_holds(tier):
    with pytest.raises(IndexError):
        tier.max_pool2d_grad(np.ones((1, 1, 1)), np.full((1, 1, 1), 2**32 + 3), (4, 4))


@both_tiers
def test_gradients_of_another_shape(tier):
    halves, g = table(4, 2, 2, 2), np.ones((3, 2, 2))
    for wrong in (np.ones((3, 1, 2)), np.ones((3, 2, 3)), np.ones((2, 2, 2, 2))):
        with pytest.raises((IndexError, ValueError)):
            tier.avg_pool2d_grad(wrong, halves, halves, (4, 4))
        with pytest.raises((IndexError, ValueError)):
            tier.max_pool2d_grad(g, np.zeros(wrong.shape[:-1] + (5,), np.int32), (4, 4))
