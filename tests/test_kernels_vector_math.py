"""Functions of one number for kernels: errors in units in the last place over the whole range."""

import numpy as np
import pytest
from scipy import special

pytest.importorskip("numba")
compiled = pytest.importorskip("autograd.kernels.compiled")
# imports as statements: machine code on disk is told apart by the sources that they name
from autograd.kernels.compiled import vector_functions, vector_math  # noqa: E402
from autograd.kernels.compiled.jit import jit  # noqa: E402

both_types = pytest.mark.parametrize("dtype", [np.float32, np.float64])
INF, NAN = np.inf, np.nan
# name -> (reference, largest error in units in the last place)
FUNCTIONS = {
    "exp": (np.exp, 1.5),
    "expm1": (np.expm1, 2.0),
    "log": (np.log, 1.5),
    "log1p": (np.log1p, 3.0),
    "tanh": (np.tanh, 3.0),
    "sigmoid": (lambda x: np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x))), 2.5),
    "softplus": (lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), 3.0),
    "erf": (lambda x: special.erf(x.astype(np.float64)).astype(np.longdouble), 6.0),
    "exp2": (np.exp2, 1.5),
    "log2": (np.log2, 3.0),
    "log10": (np.log10, 3.0),
    "sinh": (np.sinh, 3.0),
    "cosh": (np.cosh, 3.0),
    "asinh": (np.arcsinh, 4.0),
    "acosh": (np.arccosh, 4.0),
    "atanh": (np.arctanh, 4.0),
    "asin": (np.arcsin, 3.0),
    "acos": (np.arccos, 3.0),
    "atan": (np.arctan, 2.5),
}
POSITIVE = {"log", "log2", "log10", "acosh"}


def kernel(name):
    function = getattr(vector_math, name, None) or getattr(vector_functions, name)

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
    if name in POSITIVE:
        return positive.astype(dtype)
    both = np.concatenate([-positive, positive, np.linspace(-1, 1, 50_001)]).astype(dtype)
    return np.append(both, np.nextafter([1, -1, 0.5, -0.5], 0, dtype=dtype))


@both_types
@pytest.mark.parametrize("name", FUNCTIONS)
def test_errors_over_the_whole_range(name, dtype):
    reference, limit = FUNCTIONS[name]
    x = domain(name, dtype)
    got = apply(name, x)
    with np.errstate(all="ignore"):
        want = reference(x.astype(np.longdouble))
        rounded = want.astype(dtype)
    assert got.dtype == dtype
    finite = np.isfinite(rounded)
    np.testing.assert_array_equal(got[~finite], rounded[~finite])
    unit = np.spacing(np.abs(rounded[finite])).astype(np.longdouble)
    error = np.abs(got[finite] - want[finite]) / unit
    worst = np.argmax(error)
    assert error[worst] <= limit, f"{float(error[worst])} at {x[finite][worst]}"


@both_types
@pytest.mark.parametrize(("name", "at_minus", "at_plus"), [
    ("exp", 0, INF), ("log", NAN, INF), ("tanh", -1, 1), ("sigmoid", 0, 1), ("softplus", 0, INF),
    ("erf", -1, 1), ("expm1", -1, INF), ("log1p", NAN, INF), ("exp2", 0, INF), ("log2", NAN, INF),
    ("log10", NAN, INF), ("sinh", -INF, INF), ("cosh", INF, INF), ("asinh", -INF, INF),
    ("acosh", NAN, INF), ("atanh", NAN, NAN), ("asin", NAN, NAN), ("acos", NAN, NAN)])  # fmt: skip
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
@pytest.mark.parametrize("name", ["log", "log2", "log10", "log1p", "acosh", "atanh", "asin",
                                  "acos"])  # fmt: skip
def test_beyond_the_domain_is_nan(name, dtype):
    outside = {"log1p": [-1.5, -1e30], "acosh": [0.99, 0.0, -1.0, -3.0, -1e30],
               "atanh": [1.001, -1.001, 1e30], "asin": [1.001, -1.001, 1e30],
               "acos": [1.001, -1.001, 1e30]}.get(name, [-1e-30, -1.0, -1e30])  # fmt: skip
    assert np.isnan(apply(name, np.array(outside, dtype))).all()


@both_types
def test_whole_powers_of_two_are_exact(dtype):
    whole = np.arange(-140, 128).astype(dtype)
    np.testing.assert_array_equal(apply("exp2", whole), np.ldexp(dtype(1), whole.astype(int)))
    np.testing.assert_array_equal(apply("log2", np.ldexp(dtype(1), whole.astype(int))), whole)


@both_types
def test_atan2_of_all_directions(dtype):
    rng = np.random.default_rng(0)
    sizes = np.exp2(rng.uniform(-40, 40, 20_000)) * rng.choice([-1, 1], 20_000)
    special = [0.0, -0.0, INF, -INF, NAN, 1.0, -1.0, np.finfo(dtype).max, np.finfo(dtype).tiny]
    grid = np.array(np.meshgrid(special, special)).reshape(2, -1)
    y, x = np.concatenate([grid, sizes.reshape(2, -1)], 1).astype(dtype)
    got = compiled.elementwise("atan2", y, x)
    want = np.arctan2(y.astype(np.longdouble), x.astype(np.longdouble))
    rounded = want.astype(dtype)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(rounded))
    told = ~np.isnan(rounded)
    np.testing.assert_array_equal(np.signbit(got[told]), np.signbit(rounded[told]))
    error = np.abs(got[told] - want[told]) / np.spacing(np.abs(rounded[told]))
    assert error.max() <= 3.0


@both_types
@pytest.mark.parametrize("name", ["tanh", "erf", "expm1", "log1p", "sinh", "asinh", "atanh", "asin",
                                  "atan"])
def test_odd_functions_keep_the_sign_of_zero(name, dtype):
    assert np.signbit(apply(name, np.array([-0.0, 0.0], dtype))).tolist() == [True, False]
    if name not in ("expm1", "log1p"):
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


@both_types
def test_erfc_ends_at_0_and_2(dtype):
    got = compiled.elementwise("erfc", np.array([27.5, 1e30, INF, -27.5, -INF, NAN], dtype))
    np.testing.assert_array_equal(got, [0, 0, 0, 2, 2, NAN])


@both_types
@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_errors_of_angles(name, dtype):
    """Near 0, near the multiples of π / 2, over many turns, and beyond, by the C library."""
    multiples = np.arange(-600_000, 600_000, 37) * (np.pi / 2)
    far = np.exp2(np.linspace(20, 127, 2000))
    x = np.concatenate([np.linspace(-40, 40, 100_001), np.linspace(-1e6, 1e6, 100_001), multiples,
                        np.arange(636_621, 6_000_000, 3701) * (np.pi / 2),
                        np.exp2(np.linspace(-140, 0, 2000)), far, -far]).astype(dtype)
    got = compiled.elementwise(name, x)
    want = getattr(np, name)(x.astype(np.longdouble))
    error = np.abs(got - want) / np.spacing(np.abs(want).astype(dtype))
    assert error.max() <= (3.5 if name == "tan" else 2.5)


@both_types
@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_angles_that_are_none(name, dtype):
    got = compiled.elementwise(name, np.array([INF, -INF, NAN, -0.0, 0.0], dtype))
    assert np.isnan(got[:3]).all()
    np.testing.assert_array_equal(got[3:], getattr(np, name)(np.array([0.0, 0.0], dtype)))
    assert np.signbit(got[3]) == (name != "cos") and not np.signbit(got[4])
