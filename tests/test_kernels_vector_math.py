"""Functions of one number for kernels: errors in units in the last place over the whole range."""

import numpy as np
import pytest
from scipy import special

pytest.importorskip("numba")
vector_math = pytest.importorskip("autograd.kernels.compiled.vector_math")
jit = pytest.importorskip("autograd.kernels.compiled.jit").jit

both_types = pytest.mark.parametrize("dtype", [np.float32, np.float64])
INF, NAN = np.inf, np.nan
# name -> (reference, largest error in units in the last place)
FUNCTIONS = {
    "exp": (np.exp, 1.5),
    "expm1": (np.expm1, 1.5),
    "log": (np.log, 1.5),
    "log1p": (np.log1p, 2.5),
    "tanh": (np.tanh, 3.0),
    "sigmoid": (lambda x: np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x))), 2.5),
    "softplus": (lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), 3.0),
    "erf": (lambda x: special.erf(x.astype(np.float64)).astype(np.longdouble), 6.0),
}


def kernel(name):
    function = getattr(vector_math, name)

    def apply(x, out):
        for i in range(x.size):
            out[i] = function(x[i])

    apply.__qualname__ = f"apply_{name}"
    return jit(apply)


KERNELS = {name: kernel(name) for name in FUNCTIONS}


def apply(name, x):
    out = np.empty_like(x)
    KERNELS[name](x, out)
    return out


def domain(name, dtype):
    """Numbers of every size, denormal to largest, that the function is for."""
    limits = np.finfo(dtype)
    sizes = np.exp2(np.linspace(limits.minexp - limits.nmant, limits.maxexp - 0.001, 100_001))
    near = np.linspace(0.3, 3, 50_001)
    far = np.linspace(0, 800, 100_001)
    positive = np.concatenate([sizes, near, far, [0.0]])
    if name == "log1p":
        return np.concatenate([positive[positive <= 1], np.linspace(0, 1, 50_001)]).astype(dtype)
    if name == "log":
        return positive.astype(dtype)
    return (-positive if name == "expm1" else np.concatenate([-positive, positive])).astype(dtype)


@both_types
@pytest.mark.parametrize("name", FUNCTIONS)
def test_errors_over_the_whole_range(name, dtype):
    reference, limit = FUNCTIONS[name]
    x = domain(name, dtype)
    got = apply(name, x)
    with np.errstate(all="ignore"):
        want = reference(x.astype(np.longdouble))
        rounded = want.astype(dtype)
    finite = np.isfinite(rounded)
    np.testing.assert_array_equal(got[~finite], rounded[~finite])
    unit = np.spacing(np.abs(rounded[finite])).astype(np.longdouble)
    error = np.abs(got[finite] - want[finite]) / unit
    worst = np.argmax(error)
    assert error[worst] <= limit, f"{float(error[worst])} at {x[finite][worst]}"


@both_types
@pytest.mark.parametrize(("name", "at_minus", "at_plus"), [
    ("exp", 0, INF), ("log", NAN, INF), ("tanh", -1, 1), ("sigmoid", 0, 1), ("softplus", 0, INF),
    ("erf", -1, 1)])  # fmt: skip
def test_infinities_and_nan(name, at_minus, at_plus, dtype):
    got = apply(name, np.array([-INF, INF, NAN], dtype))
    np.testing.assert_array_equal(got, [at_minus, at_plus, NAN])


@both_types
def test_specials_of_functions_on_half_lines(dtype):
    got = apply("expm1", np.array([-INF, NAN, -0.0], dtype))
    np.testing.assert_array_equal(got, [-1, NAN, 0])
    np.testing.assert_array_equal(apply("log1p", np.array([NAN, 0], dtype)), [NAN, 0])
    np.testing.assert_array_equal(apply("log", np.array([0.0, -0.0, -1, 1], dtype)),
                                  [-INF, -INF, NAN, 0])  # fmt: skip


@both_types
@pytest.mark.parametrize("name", ["tanh", "erf"])
def test_odd_functions_keep_the_sign_of_zero(name, dtype):
    assert np.signbit(apply(name, np.array([-0.0, 0.0], dtype))).tolist() == [True, False]
    x = np.linspace(0, 9, 1001).astype(dtype)
    np.testing.assert_array_equal(apply(name, -x), -apply(name, x))


@both_types
def test_erfc_keeps_its_digits_in_the_tail(dtype):
    def tail(x, out):
        for i in range(x.size):
            out[i] = vector_math.upper_tail(x[i], vector_math.exp(-x[i] * x[i]))

    tail.__qualname__ = "apply_erfc"
    x = np.linspace(0, 9 if dtype == np.float32 else 26, 10_001).astype(dtype)
    got = np.empty_like(x)
    jit(tail)(x, got)
    tolerance = 1e-5 if dtype == np.float32 else 1e-13
    np.testing.assert_allclose(got, special.erfc(x.astype(np.float64)), rtol=tolerance)
