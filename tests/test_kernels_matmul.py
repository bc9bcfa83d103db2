"""Matrix products: the compiled kernel against NumPy and float64, over edge shapes and layouts."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import threads
from autograd.kernels import reference

pytest.importorskip("numba")
compiled = pytest.importorskip("autograd.kernels.compiled")
matmul = pytest.importorskip("autograd.kernels.compiled.matmul")
micro_kernel = pytest.importorskip("autograd.kernels.compiled.micro_kernel")

RTOL = {np.float32: 3e-6, np.float64: 1e-14}
LANES = {np.float32: micro_kernel.VECTOR_BYTES // 4, np.float64: micro_kernel.VECTOR_BYTES // 8}


@pytest.fixture(autouse=True)
def _always_compiled(monkeypatch):
    monkeypatch.setattr(matmul, "TINY", 0)
    monkeypatch.setattr(matmul, "FEW", 0)


@pytest.fixture
def two_threads(monkeypatch):
    monkeypatch.setattr(matmul, "SHARED", 0)
    monkeypatch.setattr(threads, "_threads", 2)


def make(shape, dtype, layout, rng):
    """Random matrix of a shape in one of the layouts an array may have."""
    m, n = shape

    def draw(*size):
        return rng.standard_normal(size).astype(dtype)

    return {
        "C": lambda: draw(m, n),
        "F": lambda: draw(n, m).T,
        "strided": lambda: draw(2 * m, 3 * n)[::2, ::3],
        "reversed": lambda: draw(m, n)[::-1, ::-1],
        "rows": lambda: np.broadcast_to(draw(1, n), shape),
        "columns": lambda: np.broadcast_to(draw(m, 1), shape),
    }[layout]()


LAYOUTS = ("C", "F", "strided", "reversed", "rows", "columns")


def check(a, b, bias=None):
    """Compares with float64, the error measured against the sum of absolute products."""
    dtype = a.dtype.type
    got = compiled.gemm(a, b, bias)
    wide = a.astype(np.float64), b.astype(np.float64)
    want, bound = wide[0] @ wide[1], np.abs(wide[0]) @ np.abs(wide[1]) + 1e-30
    if bias is not None:
        want, bound = want + bias, bound + np.abs(bias)
    assert got.shape == want.shape and got.dtype == dtype and got.flags.c_contiguous
    error = float(np.max(np.abs(got - want) / bound, initial=0))
    assert error < RTOL[dtype], f"{a.shape} @ {b.shape}: error {error:.1e}"
    return got


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_edges_of_the_tile(dtype):
    rng = np.random.default_rng(0)
    rows, width = micro_kernel.ROWS, micro_kernel.VECTORS * LANES[dtype]
    heights = {1, 2, 3, rows - 1, rows, rows + 1, 2 * rows + 7}
    widths = {1, 2, LANES[dtype] - 1, LANES[dtype] + 1, width - 1, width, width + 1, 2 * width + 3}
    for m, n in itertools.product(heights, widths):
        for k in (1, LANES[dtype], LANES[dtype] + 3):
            a, b = rng.standard_normal((m, k)).astype(dtype), rng.standard_normal((k, n))
            check(a, b.astype(dtype), rng.standard_normal(n).astype(dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(13, 37, 35), (64, 20, 200)])
def test_every_pair_of_layouts(dtype, shape):
    rng = np.random.default_rng(1)
    m, k, n = shape
    for left, right in itertools.product(LAYOUTS, LAYOUTS):
        check(make((m, k), dtype, left, rng), make((k, n), dtype, right, rng))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_blocks_of_every_dimension(dtype, monkeypatch):
    monkeypatch.setattr(threads, "_threads", 1)  # so that one part holds several blocks
    rng = np.random.default_rng(2)
    for m, k, n in [
        (matmul.HEIGHT + 5, matmul.DEPTH + 3, 70),
        (5, 2 * matmul.DEPTH + 1, matmul.WIDTH + 9),
        (2 * matmul.HEIGHT + 1, 8, matmul.WIDTH + 1),
    ]:
        for left, right in itertools.product("CF", "CF"):
            bias = rng.standard_normal(n).astype(dtype)
            check(make((m, k), dtype, left, rng), make((k, n), dtype, right, rng), bias)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.tuples(st.integers(0, 40), st.integers(0, 50), st.integers(0, 90)),
    st.sampled_from(LAYOUTS),
    st.sampled_from(LAYOUTS),
    st.sampled_from([np.float32, np.float64]),
    st.booleans(),
)
def test_any_shape_and_layout(shape, left, right, dtype, biased):
    rng = np.random.default_rng(sum(shape))
    m, k, n = shape
    bias = rng.standard_normal(n).astype(dtype) if biased else None
    check(make((m, k), dtype, left, rng), make((k, n), dtype, right, rng), bias)


@pytest.mark.parametrize("m, k, n", [(0, 3, 4), (3, 0, 4), (3, 4, 0), (0, 0, 0)])
def test_empty(m, k, n):
    bias = np.arange(n, dtype=np.float32)
    for kernels in (compiled, reference):
        got = kernels.gemm(np.ones((m, k), np.float32), np.ones((k, n), np.float32), bias)
        assert np.array_equal(got, np.broadcast_to(bias, (m, n)))


@pytest.mark.parametrize("parallel", [False, True])
def test_nan_and_infinity_reach_their_row_and_column_only(parallel, monkeypatch):
    if parallel:
        monkeypatch.setattr(matmul, "SHARED", 0)
        monkeypatch.setattr(threads, "_threads", 2)
    a, b = np.ones((30, 21), np.float32), np.ones((21, 37), np.float32)
    a[17, 3], b[5, 36], b[6, 0] = np.nan, np.inf, -np.inf
    got = compiled.gemm(a, b)
    want = np.full((30, 37), 21, np.float32)
    want[:, 36], want[:, 0], want[17] = np.inf, -np.inf, np.nan
    assert np.array_equal(got, want, equal_nan=True)
    b[7, 36] = -np.inf
    assert np.isnan(compiled.gemm(a, b)[:, 36]).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_threads_do_not_change_a_bit(dtype, monkeypatch):
    rng = np.random.default_rng(3)
    for m, k, n in [(70, 50, 90), (300, 40, 10), (3, 400, 300), (64, 784, 64)]:
        a, b = make((m, k), dtype, "F", rng), make((k, n), dtype, "C", rng)
        results = []
        for count in (1, 2, 2, 3, 6):
            monkeypatch.setattr(matmul, "SHARED", 0)
            monkeypatch.setattr(threads, "_threads", count)
            results.append(check(a, b).tobytes())
        assert len(set(results)) == 1


def test_out_is_written_and_returned():
    rng = np.random.default_rng(4)
    a, b = rng.standard_normal((30, 20)), rng.standard_normal((20, 25))
    for out in (np.empty((30, 25)), np.empty((25, 30)).T, np.empty((30, 50))[:, ::2]):
        assert compiled.gemm(a, b, out=out) is out
        np.testing.assert_allclose(out, a @ b, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_neighbours_are_neither_read_nor_written(dtype):
    rng = np.random.default_rng(6)
    for m, k, n in [(5, 7, 3), (30, 40, 35), (13, 17, 100)]:
        a, b = (np.full((rows + 2, cols + 2), np.nan, dtype) for rows, cols in ((m, k), (k, n)))
        left, right = a[1:-1, 1:-1], b[1:-1, 1:-1]
        left[...], right[...] = rng.standard_normal((m, k)), rng.standard_normal((k, n))
        whole = np.full(m * n + 40, np.nan, dtype)
        out = whole[20:-20].reshape(m, n)
        assert compiled.gemm(left, right, out=out) is out
        np.testing.assert_allclose(out, left @ right, rtol=1e-3, atol=1e-4)
        assert np.isnan(whole[:20]).all() and np.isnan(whole[-20:]).all()


def test_read_only_and_strided_bias():
    a, b = np.ones((20, 30)), np.ones((30, 40))
    bias = np.arange(80.0)[::2]
    for array in (a, b, bias):
        array.flags.writeable = False
    np.testing.assert_allclose(compiled.gemm(a, b, bias), a @ b + bias)


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.bool_, np.float16, ">f4"])
def test_other_types_are_numpys(dtype):
    a, b = np.ones((20, 30), dtype), np.ones((30, 40), dtype)
    got = compiled.gemm(a, b)
    assert got.dtype == np.matmul(a, b).dtype
    assert np.array_equal(got, np.matmul(a, b))


def test_wrong_shapes_raise_in_both_tiers():
    for kernels in (compiled, reference):
        with pytest.raises(ValueError, match="mismatch"):
            kernels.gemm(np.ones((3, 4)), np.ones((5, 6)))
        with pytest.raises(ValueError, match="batches of 2 and 1"):
            kernels.bmm(np.ones((2, 3, 4)), np.ones((1, 4, 5)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch", [0, 1, 2, 5])
def test_batches(dtype, batch, two_threads):
    rng = np.random.default_rng(5)
    for m, k, n in [(1, 1, 1), (7, 20, 33), (64, 16, 64), (40, 0, 3)]:
        a = rng.standard_normal((batch, k, m)).astype(dtype).swapaxes(1, 2)
        b = rng.standard_normal((2 * batch, k, n)).astype(dtype)[::2]
        for left, right in ((a, b), (b.swapaxes(1, 2), a.swapaxes(1, 2))):
            got = compiled.bmm(left, right)
            assert got.flags.c_contiguous and got.dtype == dtype
            np.testing.assert_allclose(got, reference.bmm(left, right), rtol=1e-4, atol=1e-5)
