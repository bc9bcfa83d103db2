"""Special functions and parts of numbers: what the samples of tests/cases do not tell."""

import math
import sys

import numpy as np
import pytest
from scipy import special as scipy_special

import autograd
from autograd.ops.from_scipy import from_scipy
from tests.test_lazy import fresh


def slopes(function, *values, times=1):
    """The gradients, of first or second order, of a sum of results in float64."""
    tensors = [autograd.tensor(v, dtype=autograd.float64, requires_grad=True) for v in values]
    result = function(*tensors)
    for _ in range(times):
        found = autograd.grad(result.sum(), tensors, create_graph=True)
        result = found[0]
    return [g.tolist() for g in found]


def test_without_scipy_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(ModuleNotFoundError, match=r"zetac needs SciPy.*pip install 'wengert\[spec"):
        from_scipy("zetac")(np.ones(2))


def test_scipy_is_imported_when_it_is_needed():
    code = ("import sys, autograd; x = autograd.tensor([0.5]); autograd.erfc(x), autograd.special; "
            "print('scipy' in sys.modules, autograd.lgamma(x).item() > 0, 'scipy' in sys.modules)")
    assert fresh(code) == "False True True"


def test_the_namespace_is_complete_and_shares_its_functions():
    special = autograd.special
    assert len(set(special.__all__)) == len(special.__all__)
    for name in special.__all__:
        assert callable(getattr(special, name))
    for name, other in (("expit", "sigmoid"), ("gammaln", "lgamma"), ("psi", "digamma"),
                        ("gammainc", "igamma"), ("multigammaln", "mvlgamma"), ("i0", "i0"),
                        ("softmax", "softmax"), ("logsumexp", "logsumexp")):
        assert getattr(special, name) is getattr(autograd, other)


def test_polygamma_takes_its_order_first_and_is_a_method():
    x = autograd.tensor([1.0, 2.0], dtype=autograd.float64)
    wanted = [math.pi**2 / 6, math.pi**2 / 6 - 1]
    for found in (autograd.polygamma(1, x), autograd.polygamma(n=1, input=x), x.polygamma(1),
                  x.clone().polygamma_(1)):
        np.testing.assert_allclose(found, wanted, 1e-14)
    for wrong in (-1, 1.5, x):
        with pytest.raises(ValueError, match="polygamma: n must be an integer from 0 on, got"):
            autograd.polygamma(wrong, x)
    with pytest.raises(ValueError, match="mvlgamma: p must be an integer from 1 on, got int 0"):
        x.mvlgamma(0)


def test_what_has_no_derivative_says_so():
    a = autograd.tensor([1.0], requires_grad=True)
    for call in (lambda: autograd.igamma(a, 1.0), lambda: autograd.special.zeta(a, 1.0),
                 lambda: autograd.special.legendre_polynomial_p(a, 2),
                 lambda: autograd.nextafter(a, autograd.ones(1))):
        with pytest.raises(RuntimeError, match="no gradient with respect to input is defined"):
            call()


def test_gradients_at_kinks_and_ends():
    inf, nan = math.inf, math.nan
    np.testing.assert_allclose(slopes(autograd.hypot, [0.0, 3.0], [0.0, 4.0]),
                               [[0.0, 0.6], [0.0, 0.8]], 1e-15)
    assert slopes(autograd.fmax, [1.0, 2.0, nan], [1.0, 3.0, 4.0]) == [[0.5, 0, 0], [0.5, 1, 1]]
    assert slopes(autograd.fmin, [1.0, 2.0, 5.0], [1.0, 3.0, nan]) == [[0.5, 1, 1], [0.5, 0, 0]]
    assert slopes(autograd.logaddexp, [-inf, inf, 0.0], [-inf, inf, inf]) == [[0.5, 0.5, 0],
                                                                              [0.5, 0.5, 1]]
    assert slopes(autograd.xlogy, [0.0], [0.0])[0] == [0.0]
    assert slopes(autograd.copysign, [0.0, -2.0], [1.0, 3.0]) == [[0.0, -1.0], [0.0, 0.0]]
    assert slopes(autograd.nan_to_num, [math.nan, inf, 1.0]) == [[0.0, 0.0, 1.0]]
    assert slopes(autograd.logit, [0.5])[0] == [4.0]
    np.testing.assert_allclose(slopes(autograd.sinc, [0.0], times=2), [[-math.pi**2 / 3]], 1e-14)
    np.testing.assert_allclose(slopes(autograd.special.i1, [0.0]), [[0.5]])
    np.testing.assert_allclose(slopes(autograd.special.bessel_j0, [0.0], times=2), [[-0.5]])


def test_erfc_keeps_its_digits():
    x = np.concatenate([np.linspace(-7, 26, 301), [0.0, 5e-324, -1e-300]])
    wanted = np.array([math.erfc(v) for v in x])
    for dtype, bound in (("float64", 1e-14), ("float32", 1e-7), ("float16", 1e-3)):
        narrow = x.astype(dtype)
        wanted = np.array([math.erfc(v) for v in narrow.tolist()])
        normal = wanted > np.finfo(dtype).tiny
        found = autograd.erfc(autograd.tensor(narrow)).numpy()
        np.testing.assert_allclose(found[normal].astype(float), wanted[normal], bound)


def test_parts_have_names():
    parts = autograd.frexp(autograd.tensor([6.0, -0.75]))
    assert parts.mantissa.tolist() == [0.75, -0.75] and parts.exponent.tolist() == [3, 0]
    with pytest.raises(TypeError, match="frexp: only floats have an exponent"):
        autograd.frexp(autograd.tensor([1, 2]))


@pytest.mark.parametrize("call, message", [
    ("gcd(t([1.0]), t([2]))", "gcd: it is not defined for these dtypes"),
    ("lcm(t([True]), t([False]))", "lcm: it is not defined for these dtypes"),
    ("positive(t([True]))", "positive: a bool has no sign"),
    ("t([1, 2]).lgamma_()", "lgamma_: the result is float32 and cannot be written into"),
    ("hypot(t([1.0, 2.0]), t([1.0, 2.0, 3.0]))", "hypot: .*cannot be broadcast"),
    ("clamp_min(t([1.0]))", "clamp_min.*min"),
])
def test_bad_arguments_are_refused(call, message):
    with pytest.raises((TypeError, RuntimeError, ValueError), match=message):
        eval(f"autograd.{call}" if not call.startswith("t(") else call,
             {"autograd": autograd, "t": autograd.tensor})


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_large_arrays_have_the_numbers_of_small_ones(dtype):
    """Computed by blocks and two threads, at the ends of blocks and of the domain too."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-8, 8, (330, 401)).astype(dtype)
    x[0, :8] = 0, -0.0, np.inf, -np.inf, np.nan, -1, 1e30, -1e30
    special = autograd.special
    for function in (autograd.lgamma, autograd.digamma, autograd.erfinv, autograd.sinc, special.i0e,
                     special.spherical_bessel_j0, lambda x: autograd.polygamma(1, x),
                     lambda x: autograd.igamma(x.abs(), x.abs())):
        found = function(autograd.tensor(x)).numpy()
        rows = [function(autograd.tensor(row)).numpy() for row in x]
        assert found.dtype == x.dtype
        np.testing.assert_array_equal(found, rows)


def test_trigamma_and_the_slope_of_a_wave_have_their_digits():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.uniform(0, 60, 999), 10.0 ** rng.uniform(-150, 150, 999)])
    found = autograd.polygamma(1, autograd.tensor(x)).numpy()
    np.testing.assert_allclose(found, scipy_special.zeta(2, x), rtol=4e-15)
    x = np.concatenate([rng.uniform(-60, 60, 999), 10.0 ** rng.uniform(-300, 4, 999)])
    leaf = autograd.tensor(x, requires_grad=True)
    autograd.special.spherical_bessel_j0(leaf).sum().backward()
    np.testing.assert_allclose(leaf.grad.numpy(), -scipy_special.spherical_jn(1, x), 1e-13, 1e-15)


def test_the_slope_of_i1_holds_at_both_ends():
    x = np.array([0.0, -0.0, 1e-300, 1e-5, -3.0, 40.0, 700.0])
    for function, slope in (
            (autograd.special.i1, lambda x: (scipy_special.i0(x) + scipy_special.iv(2, x)) / 2),
            (autograd.special.i1e, lambda x: (scipy_special.i0e(x) + scipy_special.ive(2, x)) / 2
             - np.sign(x) * scipy_special.i1e(x))):
        leaf = autograd.tensor(x, requires_grad=True)
        function(leaf).sum().backward()
        np.testing.assert_allclose(leaf.grad.numpy(), slope(x), 1e-11)
