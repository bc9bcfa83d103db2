"""gradcheck and gradgradcheck find what is wrong, name it, and raise no false alarm."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import numpy as np
import pytest

import autograd
from autograd import numeric
from autograd.gradient_check import GradcheckError, KinkWarning, gradcheck, gradgradcheck


def leaf(values, dtype=np.float64):
    return autograd.tensor(np.array(values, dtype), requires_grad=True)


def planted(factors, function=autograd.exp):
    """A function whose gradient is multiplied by factors."""
    def wrong(x):
        y = x.clone()
        if y.requires_grad:
            y.register_hook(lambda g: g * autograd.tensor(factors, dtype=autograd.float64))
        return function(y)

    return wrong


X = [[0.3, -1.2, 0.8], [1.1, 0.4, -0.6]]
ONE_PERCENT = np.array([[1, 1, 1], [1, 1, 1.01]])


# ---- what is right passes ------------------------------------------------------------------------

@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
@pytest.mark.parametrize("function", [
    lambda x: x.exp().sum(),
    lambda x: (x.sin(), (x * x).sum(0)),
    lambda x: x[0] * x[1],
    lambda x: x.T,
    lambda x: autograd.logsumexp(x, 1),
    lambda x: x * 3,
    lambda x: [x.cos(), x.detach().sign(), autograd.tensor([1, 2])][:1],
])
def test_right_gradients_pass(check, function, fast):
    assert check(function, (leaf(X),), fast_mode=fast)


@pytest.mark.parametrize("scale", [1e-12, 1e-4, 1.0, 1e4, 1e12])
def test_scale_does_not_count(scale):
    """Small and large functions are judged alike; neither passes because of its size."""
    assert gradcheck(lambda x: x.exp() * scale, leaf(X))
    with pytest.raises(GradcheckError):
        gradcheck(lambda x: planted(ONE_PERCENT)(x) * scale, leaf(X))


MAGNITUDES = [[1e-6], [1e-4], [1e-2], [1.0], [30.0], [1e3], [-1e5], [1e6], [1e8], [-1e-5, 3.0],
              [1e-6, 1e8], [1e-3, 1e4, -2.0]]


@pytest.mark.parametrize("x", MAGNITUDES, ids=str)
@pytest.mark.parametrize("function", [
    lambda x: x * x, lambda x: x * 3, lambda x: x.abs().log(), lambda x: 1 / x,
    lambda x: x.abs().sqrt(), lambda x: x.sin(), lambda x: (x + 1).cos(), lambda x: x.log1p(),
    lambda x: (x * x + 1).sqrt(), lambda x: (x * x, x.sum())],
    ids=["square", "line", "log", "reciprocal", "sqrt", "sin", "cos of more", "log1p", "hypot",
         "two results"])
def test_any_magnitude_of_inputs(function, x):
    """Right gradients pass; a thousandth too much in one element is found, small or large."""
    x = np.abs(x) * 1.2345
    assert gradcheck(function, leaf(x)) and gradcheck(function, leaf(x), fast_mode=True)
    for i in range(len(x)):
        factors = np.ones(len(x))
        factors[i] = 1.001
        for fast in (False, True)[: 1 + (len(x) == 1)]:
            with pytest.raises(GradcheckError):
                gradcheck(planted(factors, function), leaf(x), fast_mode=fast)


@pytest.mark.parametrize(("offset", "factor"), [(1e6, 1.0001), (1e9, 1.001), (1e12, 2.0)])
def test_a_constant_beside_the_result(offset, factor):
    """It costs digits, and what they tell is told."""
    def function(x):
        return (x * x).sum() + offset

    assert gradcheck(function, leaf([1.0, 2.0]))
    for factors in ((factor, 1.0), (1.0, factor)):
        with pytest.raises(GradcheckError):
            gradcheck(planted(factors, function), leaf([1.0, 2.0]))


def test_what_rounding_hides_is_told():
    report = gradcheck(lambda x: x * 1e-9 + 1e9, leaf([1.0]))
    assert "note: rounding hides derivatives of result by input 0 up to" in str(report)
    assert "hides" not in str(gradcheck(lambda x: x * 1e-9, leaf([1.0])))


@pytest.mark.parametrize("x", [0.0, 1e-9, 1e-3, 30.0, -1e5])
@pytest.mark.parametrize("function", [
    lambda x: x**3, lambda x: x * x, lambda x: x.cos(), lambda x: x * 0, lambda x: x.tanh(),
    lambda x: (x * x + 1).sqrt(), lambda x: x.floor() * 0 + x])
def test_no_false_alarm_where_derivatives_vanish_or_are_large(function, x):
    assert gradcheck(function, leaf([x]))


def test_other_arguments_pass_through():
    index, mask = autograd.tensor([1, 0]), np.array([True, False])
    plain = autograd.tensor([[2.0, 3.0]], dtype=autograd.float64)
    report = gradcheck(lambda x, i, p, m, k: x[i] * p * k + float(m.sum()),
                       (leaf([[1.0, 2.0], [3.0, 4.0]]), index, plain, mask, 1.5))
    assert [(p.result, p.input) for p in report.pairs] == [("result", "input 0")]


def test_inputs_that_the_function_finds_by_itself():
    """As with a module's parameters: the arguments are not used, the tensors are the same."""
    w, b = leaf(X), leaf([0.1, 0.2, 0.3])
    assert gradcheck(lambda *_: (w * b).tanh().sum(), (w, b))
    with pytest.raises(GradcheckError):
        gradcheck(lambda *_: planted(ONE_PERCENT)(w * b), (w, b))


def test_nothing_is_left_changed(rng):
    x, y = leaf(X), leaf([1.0, 2.0, 3.0])
    autograd.manual_seed(3)
    before = autograd.get_rng_state()
    for check in (gradcheck, gradgradcheck):
        for fast in (False, True):
            check(lambda a, b: a.sin() * b, (x, y), fast_mode=fast)
    np.testing.assert_array_equal(x.detach(), X)
    np.testing.assert_array_equal(y.detach(), [1, 2, 3])
    assert x.grad is None and y.grad is None and x.requires_grad
    assert autograd.get_rng_state() == before


def test_inputs_are_put_back_when_the_function_fails():
    x = leaf([1.0, 2.0])

    def fails(x):
        if x.detach().numpy()[1] != 2.0:
            raise ZeroDivisionError
        return x * 1

    with pytest.raises(ZeroDivisionError):
        gradcheck(fails, x)
    np.testing.assert_array_equal(x.detach(), [1.0, 2.0])


@pytest.mark.parametrize("make", [
    lambda: autograd.from_numpy(np.array(X).T).requires_grad_(),
    lambda: autograd.from_numpy(np.array(X)[:, ::-2]).requires_grad_(),
    lambda: autograd.from_numpy(np.broadcast_to([1.0, 2.0], (3, 2))).requires_grad_(),
    lambda: leaf(X) * 2,
    lambda: leaf(X)[0],
    lambda: leaf(0.7),
    lambda: leaf(np.zeros((0, 3))),
], ids=["transposed", "negative strides", "expanded, read-only", "not a leaf", "a view", "0-d",
        "empty"])
def test_inputs_of_every_kind(make):
    assert gradcheck(lambda x: x.exp() + 1, make())
    assert gradgradcheck(lambda x: x.exp() + 1, make())


def test_the_same_tensor_twice():
    x = leaf([0.5, 1.5])
    report = gradcheck(lambda a, b: a * b.exp(), (x, x))
    x = np.array([0.5, 1.5])
    np.testing.assert_allclose(np.diag(report.pairs[0].analytic), (1 + x) * np.exp(x))


# ---- what is wrong is named ----------------------------------------------------------------------

@pytest.mark.parametrize("fast", [False, True])
def test_one_percent_in_one_element_is_found_and_named(fast):
    with pytest.raises(GradcheckError) as caught:
        gradcheck(lambda a, b: planted(ONE_PERCENT)(a) * b, (leaf(X), leaf([1.0, 2.0, 0.5])),
                  fast_mode=fast)
    text, value = str(caught.value), np.exp(-0.6) * 0.5
    assert "gradcheck: 1 of 2 wrong" in text
    wrong, = (line for line in text.splitlines() if "WRONG" in line)
    assert "d result[1, 2] / d input 0[1, 2]" in wrong
    assert f"{1.01 * value:.9g}" in wrong and f"{value:.7g}" in wrong and "9.9e-03" in wrong


def test_every_entry_is_looked_at(rng):
    """A wrong entry is found wherever it is, small ones among large ones too."""
    sizes = np.array([[1e-3, 1.0, 10.0], [1.0, 1e-4, 2.0]])
    for place in np.ndindex(2, 3):
        factors = np.ones((2, 3))
        factors[place] = 1.01
        with pytest.raises(GradcheckError, match=rf"d result\[{place[0]}, {place[1]}\]"):
            gradcheck(lambda x, f=factors: planted(f)(x) * autograd.tensor(sizes), leaf(X))


def test_a_forgotten_gradient_is_found():
    with pytest.raises(GradcheckError, match="input 0"):
        gradcheck(lambda x: x * x.detach(), leaf(X))
    with pytest.raises(GradcheckError):
        gradcheck(lambda x: x.detach().exp(), leaf(X))


def test_nan_is_not_right():
    with pytest.raises(GradcheckError, match="nan"), np.errstate(invalid="ignore"):
        gradcheck(lambda x: (x * 0).sqrt() * x, leaf([0.5]))


def test_without_exceptions_the_report_is_returned():
    report = gradcheck(planted(ONE_PERCENT), leaf(X), raise_exception=False)
    assert not report and "WRONG" in str(report)
    pair, = report.pairs
    assert pair.analytic.shape == pair.numeric.shape == (2, 3, 2, 3)
    assert pair.worst == (1, 2, 1, 2) and pair.wrong.sum() == 1
    assert pair.errors[pair.worst] == pytest.approx(0.01 / 1.01, rel=1e-5)


def test_jacobians_on_request():
    a = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    report = gradcheck(lambda x: autograd.tensor(a) @ x, leaf([0.1, 0.2, 0.3]))
    np.testing.assert_allclose(report.pairs[0].analytic, a)
    np.testing.assert_allclose(report.pairs[0].numeric, a, 1e-9)
    assert report and "gradcheck: passed" in str(report)


def test_only_the_second_derivative_is_wrong():
    def cut(x):
        y = x.clone()
        if y.requires_grad:
            y.register_hook(lambda g: g.detach())
        return y**3

    assert gradcheck(cut, leaf([0.5, 1.5]))
    with pytest.raises(GradcheckError, match=r"gradgradcheck: \d of 2 wrong") as caught:
        gradgradcheck(cut, leaf([0.5, 1.5]))
    assert "(gradient of input 0)" in str(caught.value)


def test_given_grad_outputs_enter():
    weight = autograd.tensor([2.0, 0.0], dtype=autograd.float64)
    report = gradgradcheck(lambda x: x**3, leaf([0.5, 1.5]), weight)
    np.testing.assert_allclose(report.pairs[0].analytic, [[6.0, 0], [0, 0]])
    with pytest.raises(ValueError, match="grad_outputs .* do not fit"):
        gradgradcheck(lambda x: x**3, leaf([0.5, 1.5]), autograd.ones(3))


# ---- kinks ---------------------------------------------------------------------------------------

KINKS = {
    "relu at 0": (lambda x: x.clamp(min=0), 0.0),
    "abs at 0": (lambda x: x.abs(), 0.0),
    "relu at 0 with an offset": (lambda x: x.clamp(min=0) + 100, 0.0),
    "abs at a large number": (lambda x: (x - 3e6).abs(), 3e6),
    "a corner elsewhere": (lambda x: autograd.maximum(x * 3, x + 2), 1.0),
    "a jump": (lambda x: x.floor(), 2.0),
}


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("name", KINKS)
def test_kinks_are_reported_not_wrong(name, fast):
    function, at = KINKS[name]
    with pytest.warns(KinkWarning, match=r"kink at d result\[1\] / d input 0\[1\]: one-sided"):
        report = gradcheck(function, leaf([0.5, at, -0.7]), fast_mode=fast)
    assert report and list(report.pairs[0].kinks) == [(1, 1)]


def test_a_kink_within_the_step_but_not_at_the_point_is_no_kink():
    """The smaller step does not reach it: the gradient is compared, and found right or wrong."""
    near = [5e-6, -5e-6, 1e-7, -3e-7]
    assert gradcheck(lambda x: x.clamp(min=0), leaf(near))
    for factors in ([1.01, 1, 1, 1], [1, 1, 1.01, 1]):
        with pytest.raises(GradcheckError):
            gradcheck(lambda x, f=factors: planted(f)(x.clamp(min=0)), leaf(near))


def test_a_wrong_gradient_at_a_kink_is_wrong():
    def wrong(x):
        y = x.clone()
        if y.requires_grad:
            y.register_hook(lambda g: g + 2)
        return y.abs()

    with pytest.raises(GradcheckError, match="WRONG"):
        gradcheck(wrong, leaf([0.0]))


# ---- float32, randomness, and misuse -------------------------------------------------------------

@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_float32_is_converted_with_a_note(check, dtype):
    x = leaf([0.5, 1.5], dtype)
    report = check(lambda x: x.exp(), x)
    assert report and "note: input 0 was float" in str(report)
    assert x.dtype == dtype and x.grad is None


def test_float32_that_is_not_taken_from_the_arguments():
    x = leaf([0.5, 1.5], np.float32)
    with pytest.raises((ValueError, TypeError), match="float64"):
        gradcheck(lambda _: x.exp(), x)
    wide = leaf([1.0])
    with pytest.raises(ValueError, match="does not use input 0 as passed, a float64 copy of "
                                         r"Tensor \(2,\) float32"):
        gradcheck(lambda _, y: y.exp(), (x, wide))


def test_a_float32_constant_inside_is_named():
    w = autograd.tensor([1.0, 2.0])
    with pytest.raises(TypeError, match=r"func returned float32 .*\.double\(\)"):
        gradcheck(lambda x: (x * w).float(), leaf([0.5, 1.5]))


def test_random_functions_are_refused():
    def noisy(x):
        return x * autograd.rand(2, dtype=autograd.float64)

    with pytest.raises(RuntimeError, match="gradcheck: func is not deterministic: result 0 of two "
                                           "calls differs"):
        gradcheck(noisy, leaf([1.0, 2.0]))
    assert gradcheck(lambda x: x * 2 + autograd.rand(2) * 1e-13, leaf([1.0, 2.0]), nondet_tol=1e-12,
                     atol=1e-6)


def test_messages():
    with pytest.raises(ValueError, match="gradcheck: none of the 2 inputs requires grad"):
        gradcheck(lambda x, y: x * y, (autograd.ones(2), 3))
    with pytest.raises(TypeError, match="func must return a Tensor or several, got float"):
        gradcheck(lambda x: 1.5, leaf([1.0]))


# ---- the differences themselves, the fixtures ----------------------------------------------------

def test_differences_have_the_order_they_claim():
    """Halving... a tenth of the step leaves a hundredth of the error: h² f''' / 6."""
    x = np.array([0.7])
    quotients = numeric.Differences(lambda: [np.exp(x)])
    errors = [abs(quotients.sides(x, np.ones(1), h)[0][2][0] - np.exp(0.7)) for h in (1e-2, 1e-3)]
    assert errors[0] == pytest.approx(1e-4 / 6 * np.exp(0.7), rel=1e-3)
    assert errors[0] / errors[1] == pytest.approx(100, rel=1e-2)


@pytest.mark.parametrize(("function", "slope", "x", "step", "error"), [
    (np.exp, np.exp, 0.7, 1e-2, 1e-8),
    (np.exp, np.exp, 0.7, 1e-12, 1e-6),
    (np.log, np.reciprocal, 1e-6, 1e-5, 1e-7),  # the usual step leaves the domain
    (np.sin, np.cos, 1e5, 1.0, 1e-4),
    (lambda x: np.sin(1e6 * x), lambda x: 1e6 * np.cos(1e6 * x), 1e3, 1e-2, 1e-2),
    (lambda x: x * x + 1e9, lambda x: 2 * x, 3.0, 1e-5, 1e-5),
])
def test_the_step_that_is_off_the_least(function, slope, x, step, error):
    """The bound holds, and is small: also where many steps see only the rounding, or, larger than
    the function's period, mere chance."""
    def at(k):
        h = step * 10.0**k
        with np.errstate(all="ignore"):
            ends = function(x - h), function(x), function(x + h)
            behind, ahead = (ends[1] - ends[0]) / h, (ends[2] - ends[1]) / h
            return np.array([behind, ahead, (ends[2] - ends[0]) / ((x + h) - (x - h))])

    noise = numeric.rounding(abs(function(x)) + abs(x * slope(x)), step)
    _, value, allowed = numeric.settle(at, noise, abs(function(x)) / step)
    assert abs(value - slope(x)) <= allowed <= error * abs(slope(x))


def test_fixtures(gradcheck, gradgradcheck):
    gradcheck(lambda x: x.exp(), leaf(X))
    gradgradcheck(lambda x: x.exp(), leaf(X))
    with pytest.raises(RuntimeError, match="gradcheck: 1 of 1 wrong"):
        gradcheck(planted(ONE_PERCENT), leaf(X))


USERS_TEST = """
import autograd

def test_gradient(gradcheck, gradgradcheck):
    x = autograd.tensor([0.5], dtype=autograd.float64, requires_grad=True)
    gradcheck(autograd.exp, x)
    gradgradcheck(autograd.exp, x)
"""


def test_the_plugin_in_a_users_project(tmp_path):
    """Loaded by its entry point (by name where wengert is not installed), away from this
    repository's conftest."""
    installed = any(entry.name == "wengert" for entry in entry_points(group="pytest11"))
    (tmp_path / "test_mine.py").write_text(USERS_TEST)
    command = [sys.executable, "-m", "pytest", "-q", "-p",
               "no:cacheprovider", "-p", "no:randomly", "--rootdir", str(tmp_path),
               *([] if installed else ["-p", "autograd.pytest_plugin"]),
               str(tmp_path / "test_mine.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr


def test_gradients_are_checked_under_no_grad_too():
    with autograd.no_grad():
        assert gradcheck(autograd.log, (leaf([0.5, 2.0]),))
