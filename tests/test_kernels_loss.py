"""Loss kernels: the compiled tier against its NumPy twin and float64, over sizes and layouts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import threads
from autograd.kernels import reference

pytest.importorskip("numba")
compiled = pytest.importorskip("autograd.kernels.compiled")
loss = pytest.importorskip("autograd.kernels.compiled.loss")

KERNELS = {"mse_loss": (), "l1_loss": (), "huber_loss": (0.7,), "bce": (), "bce_with_logits": ()}
SIZES = sorted({0, 1, loss.SMALL - 1, loss.SMALL, loss.SMALL + 1, 2 * loss.BLOCK - 1,
                2 * loss.BLOCK, 2 * loss.BLOCK + 1, loss.SHARED_LOG - 1, loss.SHARED_LOG,
                loss.SHARED + 77})
EPSILON = {np.float32: 1e-6, np.float64: 1e-14}
both_types = pytest.mark.parametrize("dtype", [np.float32, np.float64])
every_kernel = pytest.mark.parametrize("name", KERNELS)


def pair(name, shape, dtype, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 1, shape) if name == "bce" else rng.normal(0, 3, shape)
    return x.astype(dtype), rng.uniform(0, 1, shape).astype(dtype)


def check(name, x, target, dtype):
    """Sum and gradient against the twin in float64, and against the twin itself."""
    option, scale = KERNELS[name], np.asarray(0.3, dtype)
    wide = x.astype(np.float64), target.astype(np.float64)
    total = getattr(compiled, name)(x, target, *option)
    grad = getattr(compiled, name + "_grad")(scale, x, target, *option)
    assert np.float64 is type(total) and grad.dtype == dtype and grad.shape == x.shape
    np.testing.assert_allclose(total, getattr(reference, name)(*wide, *option), EPSILON[dtype])
    for arrays in (wide, (x, target)):
        wanted = getattr(reference, name + "_grad")(scale.astype(arrays[0].dtype), *arrays, *option)
        np.testing.assert_allclose(grad, wanted, 10 * EPSILON[dtype], EPSILON[dtype])


@every_kernel
@both_types
@pytest.mark.parametrize("size", SIZES)
def test_sizes(name, dtype, size):
    check(name, *pair(name, (size,), dtype), dtype)


@every_kernel
@both_types
def test_memory_layouts(name, dtype):
    x, target = pair(name, (60, 90), dtype)
    wide, other = pair(name, (60, 180), dtype, 1)
    for a, b in ((x.T, target.T), (x[::-1], target[:, ::-1]), (wide[:, ::2], other[:, 1::2]),
                 (np.asfortranarray(x), target), (wide[:59, 3:90], other[1:, 5:92])):
        check(name, a, b, dtype)
    frozen = x.copy()
    frozen.flags.writeable = False
    check(name, frozen, target, dtype)
    assert np.array_equal(frozen, x)


@every_kernel
@settings(max_examples=30, deadline=None)
@given(rows=st.integers(1, 70), columns=st.integers(1, 130), step=st.sampled_from([1, 2, -1, -3]),
       dtype=st.sampled_from([np.float32, np.float64]), seed=st.integers(0, 99))
def test_any_shape_and_stride(name, rows, columns, step, dtype, seed):
    x, target = pair(name, (rows, columns * abs(step)), dtype, seed)
    check(name, x[:, ::step], target[:, ::step], dtype)


@every_kernel
@both_types
def test_nan_and_infinity_travel(name, dtype):
    n = loss.BLOCK + 5
    values = (0.0, 1.0, np.nan) if name == "bce" else (np.nan, np.inf, -np.inf, 0.0, -0.0)
    for value in values:
        x, target = pair(name, (n,), dtype)
        x[n - 3] = value
        for t in (0.0, 1.0, 0.5):
            target[n - 3] = t
            option = KERNELS[name]
            total = getattr(compiled, name)(x, target, *option)
            np.testing.assert_allclose(total, getattr(reference, name)(x, target, *option), 1e-5)
            scale = np.asarray(1, dtype)
            grad = getattr(compiled, name + "_grad")(scale, x, target, *option)
            wanted = getattr(reference, name + "_grad")(scale, x, target, *option)
            np.testing.assert_allclose(grad, wanted, 1e-5, 1e-6)


@both_types
def test_what_is_no_probability_makes_nan(dtype):
    for value in (-1e-6, 1.1, -np.inf, np.inf, np.nan):
        for t in (0.0, 0.5, 1.0):
            x, target = pair("bce", (3000,), dtype)
            x[17], target[17] = value, t
            assert np.isnan(compiled.bce(x, target)) and np.isnan(reference.bce(x, target))


@both_types
@pytest.mark.parametrize("name", ["bce", "bce_with_logits"])
@pytest.mark.parametrize("place", [0, 17, 512, 2998])
def test_targets_that_are_no_probability_make_nan(name, place, dtype):
    x, target = pair(name, (2999,), dtype)
    kernel, plain = getattr(compiled, name), getattr(reference, name)
    for value in (0.0, -0.0, np.finfo(dtype).tiny, 1.0):
        target[place] = value
        np.testing.assert_allclose(kernel(x, target), plain(x.astype(float), target), rtol=1e-5)
    for value in (-np.finfo(dtype).smallest_subnormal, np.nextafter(dtype(1), dtype(2)), -1.0,
                  1e30, -np.inf, np.inf, np.nan):  # fmt: skip
        target[place] = value
        assert np.isnan(kernel(x, target)) and np.isnan(plain(x, target)), value


@both_types
def test_binary_cross_entropy_near_0_and_1(dtype):
    tiny = np.finfo(dtype).tiny
    x = np.concatenate([np.geomspace(tiny / 8, 0.5, 2000), 1 - np.geomspace(1e-7, 0.5, 2000),
                        [0, 1, tiny / 16]]).astype(dtype)
    wide = x.astype(np.float64)
    for t in (0.0, 1.0):
        target = np.full(x.shape, t, dtype)
        for first in range(0, x.size - 1000, 1000):
            part = slice(first, first + 1003)
            np.testing.assert_allclose(
                compiled.bce(x[part], target[part]),
                reference.bce(wide[part], target[part].astype(np.float64)), EPSILON[dtype])


@every_kernel
def test_other_types_and_a_scale_per_element(name):
    x, target = pair(name, (40, 50), np.float64)
    option, scale = KERNELS[name], np.linspace(0, 1, 2000).reshape(40, 50)
    grad = getattr(compiled, name + "_grad")(scale, x, target, *option)
    one = getattr(reference, name + "_grad")(np.ones(()), x, target, *option)
    np.testing.assert_allclose(grad, one * scale)
    half = getattr(compiled, name)(x.astype(np.float16), target.astype(np.float16), *option)
    np.testing.assert_allclose(half, getattr(compiled, name)(x, target, *option), 1e-2)


@every_kernel
@both_types
def test_threads_do_not_change_a_bit(name, dtype, monkeypatch):
    x, target = pair(name, (loss.SHARED + 4321,), dtype)
    results, scale = set(), np.asarray(0.1, dtype)
    for count in (1, 2, 2, 3):
        monkeypatch.setattr(threads, "_threads", count)
        total = getattr(compiled, name)(x, target, *KERNELS[name])
        grad = getattr(compiled, name + "_grad")(scale, x, target, *KERNELS[name])
        results.add((total.tobytes(), grad.tobytes()))
    assert len(results) == 1
