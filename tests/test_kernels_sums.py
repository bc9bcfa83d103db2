"""Sums and arithmetic of large arrays: the compiled tier against NumPy, and the ops above them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import kernels, threads
from autograd.kernels import reference
from autograd.kernels.thresholds import LEAST

pytest.importorskip("numba")
compiled = pytest.importorskip("autograd.kernels.compiled")

both_types = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def random(shape, dtype=np.float32, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


CASES = [((64,), (0,)), ((40, 50), (0, 1)), ((40, 50), (1,)), ((40, 50), (0,)),
         ((3, 4, 9, 9), (0, 2, 3)), ((3, 4, 9, 9), (2, 3)), ((3, 4, 9, 9), (1,)),
         ((3, 4, 9, 9), (1, 3)), ((2, 3, 4, 50), (1, 3)), ((3, 4, 9, 9), (0, 1, 2, 3)),
         ((2, 3, 5000), (2,)), ((2, 3, 5000), (0, 2)), ((7000,), (0,)), ((1, 64, 1), (1,)),
         ((9, 700, 5, 3), (0, 2, 3)), ((900, 47), (1,)), ((5, 900, 4, 5), (2, 3)),
         ((64, 1), (1,)), ((64, 64), ()), ((0, 64), (1,)), ((64, 0), (1,)), ((), ())]  # fmt: skip


@both_types
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize(("shape", "dims"), CASES)
def test_sums_are_those_of_float64(shape, dims, keepdims, dtype):
    x = random(shape, dtype) + dtype(3)
    found = np.asarray(compiled.sum_over(x, dims, keepdims))
    truth = x.astype(np.float64).sum(dims, keepdims=keepdims)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, truth, rtol=1e-6 if dtype is np.float32 else 1e-14)
    plain = reference.sum_over(x, dims, keepdims)
    assert np.shape(plain) == found.shape and np.asarray(plain).dtype == dtype


@given(st.lists(st.integers(1, 40), min_size=1, max_size=4), st.data())
def test_sums_over_any_dimensions(shape, data):
    dims = tuple(data.draw(st.sets(st.integers(0, len(shape) - 1))))
    x = random(shape, np.float64, 3)
    found = compiled.sum_over(x, dims, False)
    np.testing.assert_allclose(found, x.sum(dims), rtol=1e-12, atol=1e-12)


def test_sums_are_the_same_bits_for_any_threads_and_alignment(monkeypatch):
    room = np.empty(1 + 300 * 700, np.float32)
    found = set()
    for count in (1, 2):
        monkeypatch.setattr(threads, "_threads", count)
        for start in (0, 1):
            x = room[start : start + 300 * 700].reshape(300, 700)
            x[...] = random((300, 700))
            found.add(compiled.sum_over(x, (0, 1), False).tobytes()
                      + compiled.sum_over(x, (1,), False).tobytes())
    assert len(found) == 1


@pytest.mark.parametrize("tier", [compiled, reference], ids=["compiled", "reference"])
@pytest.mark.parametrize(("shape", "dims"), [
    ((1_000_000, 3), (0,)), ((200_000, 5, 3), (0, 2)), ((3, 300_000, 2), (1,)),
    ((100_000, 2, 2), (0,)), ((1000, 1000, 2), (0, 1)), ((70, 40, 60), (0,))])  # fmt: skip
def test_sums_over_many_rows_keep_their_digits(tier, shape, dims):
    x = random(shape, np.float32)
    x = np.abs(x) + np.float32(0.5)
    truth = x.astype(np.float64).sum(dims)
    np.testing.assert_allclose(tier.sum_over(x, dims, False), truth, rtol=1e-6)
    turned = np.ascontiguousarray(x.T).T
    np.testing.assert_allclose(tier.sum_over(turned, dims, False), truth, rtol=1e-6)


def test_more_ones_than_float32_counts():
    ones = np.broadcast_to(np.float32(1), (20_000_000, 2))
    assert compiled.sum_over(ones, (0,), False).tolist() == [2e7, 2e7]
    assert kernels.sum_over(ones[:40_000].astype(np.float16), (0,), True).tolist() == [[4e4, 4e4]]


def test_sums_keep_nan_and_infinity():
    x = np.ones((40, 64), np.float32)
    x[0, 5], x[1, 6], x[2, 1], x[2, 2] = np.nan, np.inf, np.inf, -np.inf
    found = compiled.sum_over(x, (1,), False)
    assert np.isnan(found[[0, 2]]).all() and found[1] == np.inf and (found[3:] == 64).all()


SIZE = (LEAST["add"] // 64, 64)


@pytest.mark.parametrize("other", [SIZE, (64,), (SIZE[0], 1), ()])
@pytest.mark.parametrize("name", ["add", "sub", "mul", "true_divide"])
def test_ops_on_large_tensors_and_their_gradients(name, other):
    """The same op on the two halves, which are too small for the kernels, is the reference."""
    a, b = random(SIZE, np.float64), random(other, np.float64, 1)
    half = SIZE[0] // 2

    def run(parts):
        x, y = (autograd.tensor(v, requires_grad=True) for v in (a, b))
        results = []
        for part in parts:
            out = getattr(autograd, name)(x[part], y[part] if len(other) == 2 else y)
            (out * autograd.tensor(weight[part])).sum().backward()
            results.append(out.detach().numpy())
        return np.concatenate(results), x.grad.numpy(), y.grad.numpy()

    weight = random(SIZE, np.float64, 2)
    halves = run([slice(half), slice(half, None)])
    for found, expected in zip(run([slice(None)]), halves, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-9)


def test_a_gradient_that_arrives_twice_is_added_up():
    x = autograd.tensor(random(SIZE, np.float64), requires_grad=True)
    (x.exp() + x.tanh()).sum().backward()
    truth = np.exp(x.detach().numpy()) + 1 - np.tanh(x.detach().numpy()) ** 2
    np.testing.assert_allclose(x.grad.numpy(), truth, rtol=1e-12)
