"""Rows of whole vectors: sums, maxima, scores and slopes against float64, in every lane."""

import numpy as np
import pytest

pytest.importorskip("numba")
rows = pytest.importorskip("autograd.kernels.compiled.vector_rows")
jit = pytest.importorskip("autograd.kernels.compiled.jit").jit
lanes = pytest.importorskip("autograd.kernels.compiled.micro_kernel").VECTOR_BYTES // 4

SIZES = [k * lanes for k in (1, 2, 3, 5, 9)]  # whole vectors of both types
each = pytest.mark.parametrize(("dtype", "size"),
                               [(t, n) for t in (np.float32, np.float64) for n in SIZES])


@jit
def maximum(one, x, n):
    return rows.row_maximum(one, x, n)


@jit
def total(one, x, n):
    return rows.row_total(one, x, n)


@jit
def scores(one, x, n, visible, scale):
    rows.row_scores(one, x, n, visible, scale)


@jit
def slopes(one, probs, x, n, inner, scale):
    rows.row_slopes(one, probs, x, n, inner, scale)


def numbers(size, dtype, seed=0):
    """A row between two others, which must stay as they are."""
    whole = np.random.default_rng([seed, size]).standard_normal(3 * size).astype(dtype)
    return whole, whole[size : 2 * size]


@each
def test_largest(dtype, size):
    _, x = numbers(size, dtype)
    for place in range(size):
        for value in (np.inf, 9, -np.inf):
            y = x.copy()
            y[place] = value
            assert maximum(dtype(1), y.ctypes.data, size) == y.max()
        y[place] = np.nan
        assert np.isnan(maximum(dtype(1), y.ctypes.data, size))
    for value in (-np.inf, -1e30, -1e-40, 0):
        y[:] = value
        assert maximum(dtype(1), y.ctypes.data, size) == y[0]


@each
def test_sum(dtype, size):
    _, x = numbers(size, dtype)
    exact = x.astype(np.longdouble).sum()
    assert abs(total(dtype(1), x.ctypes.data, size) - exact) <= size * np.finfo(dtype).eps
    for place in range(size):
        y = np.zeros_like(x)
        y[place] = 3
        assert total(dtype(1), y.ctypes.data, size) == 3
        y[place] = np.nan
        assert np.isnan(total(dtype(1), y.ctypes.data, size))


@each
def test_scores(dtype, size):
    for visible in range(size + 1):
        whole, x = numbers(size, dtype)
        wanted = whole.copy()
        wanted[size : 2 * size] *= dtype(0.3)
        wanted[size + visible : 2 * size] = -np.inf
        scores(dtype(1), x.ctypes.data, size, visible, dtype(0.3))
        np.testing.assert_array_equal(whole, wanted)
    whole[:] = np.nan
    scores(dtype(1), x.ctypes.data, size, 1, dtype(2))
    assert np.isnan(x[0]) and (x[1:] == -np.inf).all()


@each
def test_slopes(dtype, size):
    whole, x = numbers(size, dtype)
    _, probs = numbers(size, dtype, 1)
    before = whole.astype(np.float64)
    slopes(dtype(1), probs.ctypes.data, x.ctypes.data, size, dtype(0.7), dtype(0.3))
    wanted = before.copy()
    wanted[size : 2 * size] = probs.astype(np.float64) * (before[size : 2 * size] - 0.7) * 0.3
    np.testing.assert_allclose(whole, wanted, rtol=1e-5 if dtype is np.float32 else 1e-13,
                               atol=4 * np.finfo(dtype).eps)
    np.testing.assert_array_equal(whole[:size], before[:size])
    np.testing.assert_array_equal(whole[2 * size :], before[2 * size :])
