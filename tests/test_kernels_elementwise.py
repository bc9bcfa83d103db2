"""Sweeps over every element: the compiled tier and the NumPy tier against SciPy and each other."""

from importlib import import_module

import numpy as np
import pytest
from scipy import special, stats

from autograd import kernels, threads
from autograd.kernels import reference

pytest.importorskip("numba")
compiled = pytest.importorskip("autograd.kernels.compiled")
elementwise = pytest.importorskip("autograd.kernels.compiled.elementwise")

SETTINGS = {"leaky_relu": (0.1,), "elu": (1.6, 1.05, 0.7), "softplus": (2.0, 5.0),
            "clip": (-1.0, 2.0, 0.5)}  # fmt: skip
TOLERANCE = {np.float32: 1e-6, np.float64: 2e-14}
LARGE = elementwise.LARGE
both_types = pytest.mark.parametrize("dtype", [np.float32, np.float64])
both_tiers = pytest.mark.parametrize("tier", [compiled, reference], ids=["compiled", "reference"])


def _softplus(x, beta=1.0, threshold=np.inf):
    return np.where(beta * x > threshold, x, np.logaddexp(0, beta * x) / beta)


TRUTH = {
    "exp": np.exp,
    "log": np.log,
    "erf": special.erf,
    "tanh": np.tanh,
    "sigmoid": special.expit,
    "relu": lambda x: np.where(x > 0, x, 0),
    "leaky_relu": lambda x, slope: np.where(x > 0, x, slope * x),
    "elu": lambda x, a, scale, inner: scale * np.where(x > 0, x, a * (np.expm1(inner * x))),
    "silu": lambda x: x * special.expit(x),
    "logsigmoid": special.log_expit,
    "softplus": _softplus,
    "gelu": lambda x: x * stats.norm.cdf(x),
    "gelu_tanh": lambda x: x * special.expit(2 * np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)),
    "mish": lambda x: x * np.tanh(_softplus(x)),
    "hardswish": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "normal": stats.norm.cdf,
    "tanhshrink": lambda x: x - np.tanh(x),
}
FORWARD_ONLY = {"erf", "normal", "tanhshrink"}
FROM_RESULT = {"exp", "tanh", "sigmoid", "relu"}


def inputs(size, dtype, seed=0):
    """Numbers between -10 and 10 without the kinks, which float32 may round to."""
    x = np.random.default_rng(seed).uniform(-10, 10, size).astype(dtype)
    return np.where(np.abs(np.abs(x) - 3) < 0.01, dtype(1.5), x)


def test_every_function_has_its_gradient_in_both_tiers():
    plain = import_module("autograd.kernels.reference.elementwise")
    assert set(elementwise.FORWARD) == set(plain._FORWARD) == set(TRUTH)
    assert set(elementwise.BACKWARD) == set(plain._BACKWARD)
    assert set(elementwise.BACKWARD) - {"clip"} == set(TRUTH) - FORWARD_ONLY


@both_types
@both_tiers
@pytest.mark.parametrize("name", TRUTH)
def test_values(name, tier, dtype):
    x = inputs(LARGE + 37, dtype)
    x = np.abs(x) if name == "log" else x
    want = TRUTH[name](x.astype(np.float64), *SETTINGS.get(name, ()))
    got = tier.elementwise(name, x, *SETTINGS.get(name, ()))
    assert got.dtype == dtype
    np.testing.assert_allclose(got, want, rtol=TOLERANCE[dtype] * 2, atol=TOLERANCE[dtype])


@both_types
@both_tiers
@pytest.mark.parametrize("name", sorted(set(TRUTH) - FORWARD_ONLY))
def test_gradients_against_differences(name, tier, dtype):
    x, g = inputs(LARGE + 37, np.float64), inputs(LARGE + 37, dtype, 1)
    x = np.abs(x) + 0.1 if name == "log" else x
    settings, h = SETTINGS.get(name, ()), 1e-3
    x = np.where(np.abs(x) < 0.01, 0.5, x)
    x = np.where(np.abs(2 * x - 5) < 0.01, 0.5, x)  # the threshold of softplus
    near = [TRUTH[name](x + k * h, *settings) for k in (-2, -1, 1, 2)]
    slope = (8 * (near[2] - near[1]) - (near[3] - near[0])) / (12 * h)
    saved = TRUTH[name](x, *settings) if name in FROM_RESULT else x
    got = tier.elementwise_grad(name, g, saved.astype(dtype), *settings)
    assert got.dtype == dtype
    tolerance = 3e-5 if dtype == np.float32 else 1e-8
    np.testing.assert_allclose(got, g * slope, rtol=tolerance, atol=tolerance * 10)


@both_types
@pytest.mark.parametrize("name", elementwise.BACKWARD)
def test_gradients_are_alike_in_both_tiers(name, dtype):
    saved, g = inputs(LARGE + 5, dtype), inputs(LARGE + 5, dtype, 1)
    saved[:8], g[4:12] = [np.nan, np.inf, -np.inf, 0, np.inf, 0, -0.0, 3], 0
    settings = SETTINGS.get(name, ())
    with np.errstate(all="ignore"):
        got = compiled.elementwise_grad(name, g, saved, *settings)
        want = reference.elementwise_grad(name, g, saved, *settings)
    scale = TOLERANCE[dtype] * 10
    np.testing.assert_allclose(got, want, rtol=scale, atol=scale * 10)


@both_types
@pytest.mark.parametrize("name", TRUTH)
def test_special_numbers_are_alike_in_both_tiers(name, dtype):
    x = np.zeros(LARGE, dtype)
    x[:9] = [np.nan, np.inf, -np.inf, 1e30, -1e30, 1e-30, -1e-30, -0.0, 0.0]
    with np.errstate(all="ignore"):
        got = compiled.elementwise(name, x, *SETTINGS.get(name, ()))
        want = reference.elementwise(name, x, *SETTINGS.get(name, ()))
    np.testing.assert_allclose(got, want, rtol=TOLERANCE[dtype] * 2)


@pytest.mark.parametrize("size", [0, 1, 5, LARGE - 1, LARGE, LARGE + 1])
def test_sizes(size):
    x = inputs(size, np.float32)
    np.testing.assert_allclose(compiled.elementwise("silu", x), reference.elementwise("silu", x),
                               rtol=2e-6, atol=1e-6)  # fmt: skip
    assert compiled.elementwise("silu", x.reshape(1, size)).shape == (1, size)


def test_any_layout():
    base = inputs(4 * LARGE, np.float64).reshape(64, -1)
    g = np.broadcast_to(np.float64(2), base.T.shape)
    for x in (base.T, base[::-1], base[:, ::-2], base[::2, 1:]):
        np.testing.assert_allclose(compiled.elementwise("gelu", x), TRUTH["gelu"](x), 1e-12, 1e-13)
    got = compiled.elementwise_grad("tanh", g, np.tanh(base.T))
    np.testing.assert_allclose(got, 2 / np.cosh(base.T) ** 2, 1e-7, 1e-13)


def test_other_types_are_numpys():
    x = np.linspace(-1, 1, LARGE, dtype=np.float16)
    assert compiled.elementwise("tanh", x).dtype == np.float16
    mixed = compiled.elementwise_grad("tanh", x.astype(np.float32), x.astype(np.float64))
    assert mixed.dtype == np.float64


@pytest.mark.parametrize("size", [50, LARGE + 3])
@pytest.mark.parametrize("name", elementwise.BACKWARD)
def test_float16_is_computed_in_float32_and_rounded_once(name, size):
    x, g = inputs(size, np.float16), inputs(size, np.float16, 1)
    x[:4], settings = [600, -600, 60, 1e-4], SETTINGS.get(name, ())
    wide, g_wide = x.astype(np.float32), g.astype(np.float32)
    with np.errstate(all="ignore"):
        if name in TRUTH:
            got = kernels.elementwise(name, x, *settings)
            want = kernels.elementwise(name, wide, *settings).astype(np.float16)
            np.testing.assert_array_equal(got, want, strict=True)
        got = kernels.elementwise_grad(name, g, x, *settings)
        want = kernels.elementwise_grad(name, g_wide, wide, *settings).astype(np.float16)
        np.testing.assert_array_equal(got, want, strict=True)


@both_types
def test_results_do_not_depend_on_the_threads(dtype):
    x = inputs(elementwise.SHARED + 12345, dtype)
    before, found = threads.get_num_threads(), []
    try:
        for count in (1, 2, 3, 2):
            threads.set_num_threads(count)
            found.append(compiled.elementwise("gelu", x).tobytes())
            found.append(compiled.elementwise_grad("gelu", x, x).tobytes())
    finally:
        threads.set_num_threads(before)
    assert len(set(found)) == 2
