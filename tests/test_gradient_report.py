"""What gradcheck teaches: the error by the step, the op with a kink, names, advice, the picture."""

from __future__ import annotations

import math
import re
from functools import partial

import numpy as np
import pytest

import autograd
import nn
from autograd.gradient_check import GradcheckError, KinkWarning, gradcheck, gradgradcheck


def leaf(values):
    return autograd.tensor(np.array(values, float), requires_grad=True)


def times(factor, function=autograd.sin):
    """A function whose gradient is multiplied by a factor."""
    def wrong(x):
        y = x.clone()
        if y.requires_grad:
            y.register_hook(lambda g: g * factor)
        return function(y)

    return wrong


# ---- the curve -----------------------------------------------------------------------------------

@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("at", [0.7, 12.0])
def test_the_curve_is_a_v(fast, at):
    """Right of its foot the error is h² f''' / 6 f' = h² / 6 of exp, left of it ε / h or less."""
    report = gradcheck(autograd.exp, leaf([at]), fast_mode=fast)
    curve = report.curve
    right = (curve.steps >= 1e-3) & (curve.steps <= 0.1 / at)
    reached = curve.steps[right] * (at if at > 1 else 1)
    if not fast:
        np.testing.assert_allclose(curve.errors[right], reached**2 / 6, rtol=0.01)
    assert 1e-8 < curve.best < 1e-3 and np.nanmin(curve.errors) < 1e-9
    assert (curve.errors[curve.steps < 1e-11] > 1e-9).any()
    assert "least error" in curve.advice and "truncation" in curve.advice


def test_the_curve_of_a_wrong_gradient_is_flat():
    with pytest.raises(GradcheckError) as caught:
        gradcheck(times(1.01), leaf([0.3, 1.2]))
    report = caught.value.report
    middle = report.curve.errors[(report.curve.steps < 1e-3) & (report.curve.steps > 1e-8)]
    np.testing.assert_allclose(middle, 0.01 / 1.01, rtol=1e-3)
    text = str(caught.value)
    assert "error by step: 1e-02 at 0.01, 1e-02 at 0.0001, 1e-02 at 1e-6" in text
    assert "not the step is wrong but the gradient, 1.01 times what it should be" in text


@pytest.mark.parametrize("factor, told", [
    (2, "2 times too large"), (1 / 12, "12 times too small"), (-1, "has the wrong sign"),
    (0, "is 0 where the function changes: a detach()"), (math.nan, "is not finite"),
    (0.37, "0.37 times what it should be")])
def test_what_is_likely(factor, told):
    with pytest.raises(GradcheckError, match=re.escape(told)):
        gradcheck(times(factor), leaf([0.3]))


def test_terms_that_cancel_on_the_way():
    with pytest.raises(GradcheckError, match="not 0 where the function .* may cancel on the way"):
        gradcheck(lambda x: (x + 1e30) - 1e30 + x.detach() * 0, leaf([1.0]))


def test_what_is_asked_of_differences_beyond_what_they_tell():
    with pytest.raises(GradcheckError, match="differences tell no more here: give eps=.*an rtol"):
        gradcheck(lambda x: (x * 1e3).sin().exp(), leaf([1.0]), rtol=1e-16, atol=0.0)


def test_a_step_that_is_too_large_is_seen():
    report = gradcheck(lambda x: (x * 1e3).sin(), leaf([1.0]), eps=1e-2)
    assert report and report.curve.best < 1e-4


def test_steps_that_leave_the_domain():
    with np.errstate(all="ignore"):
        curve = gradcheck(lambda x: x.log(), leaf([1e-3])).curve
    assert np.isnan(curve.errors[0]) and np.nanmin(curve.errors) < 1e-7


def test_a_function_that_fails_far_from_its_input():
    def picky(x):
        if abs(x.detach().numpy()[0] - 1) > 1e-2:
            raise ArithmeticError
        return x.exp()

    curve = gradcheck(picky, leaf([1.0])).curve
    assert np.isnan(curve.errors[0]) and np.isfinite(curve.errors[10])


def test_inputs_are_as_before_and_late_curves_are_refused():
    x = leaf([0.5, 2.0])
    report = gradcheck(lambda x: x.exp(), x)
    report._repr_html_()
    np.testing.assert_array_equal(x.detach(), [0.5, 2.0])
    late = gradcheck(lambda x: x.exp(), x)
    with autograd.no_grad():
        x.add_(1.0)
    with pytest.raises(RuntimeError, match="have changed since the check; check again"):
        _ = late.curve
    assert "passed" in late._repr_html_() and "svg" not in late._repr_html_()
    assert "svg" in report._repr_html_()  # it had been looked at before


def test_a_curve_of_second_derivatives_under_no_grad():
    report = gradgradcheck(lambda x: x**3, leaf([0.5]))
    with autograd.no_grad():
        assert np.nanmin(report.curve.errors) < 1e-8


def test_no_elements():
    report = gradcheck(lambda x: x * 2, leaf(np.zeros((0, 3))))
    with pytest.raises(ValueError, match="no elements"):
        _ = report.curve
    assert report._repr_html_().startswith("<pre>")


# ---- the picture ---------------------------------------------------------------------------------

def test_the_picture():
    from xml.etree import ElementTree

    report = gradcheck(autograd.exp, leaf([0.5]))
    html = report._repr_html_()
    tree = ElementTree.fromstring(f"<div>{html}</div>")
    picture = tree.find(".//{http://www.w3.org/2000/svg}svg")
    assert picture.get("aria-label") == "Relative error by step of d result / d input 0[0]".replace(
        "d result /", "d result[0] /")
    assert "step 1e-05" in html and "least error" in html
    texts = [node.text for node in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {"1e-10", "1e-6", "0.01"} <= {*texts}
    heights = [float(c.get("cy")) for c in picture.iter("{http://www.w3.org/2000/svg}circle")]
    foot = int(np.argmax(heights))  # the least error is the lowest on the paper
    assert 3 < foot < 20 and heights[0] < heights[foot] - 50 and heights[-1] < heights[foot] - 50


def test_an_error_shows_the_picture_too():
    with pytest.raises(GradcheckError) as caught:
        gradcheck(times(2), leaf([0.5]))
    assert "<svg" in caught.value._repr_html_()


# ---- kinks ---------------------------------------------------------------------------------------

KINKS = {
    "relu": (lambda x: x.relu() * 2, [0.5, 0.0], "relu has it in entry [1], where its input is 0"),
    "abs": (lambda x: (x - 3).abs().sum(), [3.0, 1.0], "abs has it in entry [0], where its input"),
    "floor": (lambda x: (x * 2).floor(), [1.0, 0.3], "floor has it in entry [0], where its input "
                                                     "is 2"),
    "max ties": (lambda x: x.amax(), [1.0, 2.0, 2.0], "amax has it in its result, where several "
                                                      "entries of its input are 2, a tie"),
    "maximum": (lambda x: autograd.maximum(x, x * x), [1.0, 0.3], "where its inputs are 1 and 1"),
    "clamp": (lambda x: x.clamp(0, 1), [1.0, 0.3], "clamp has it in entry [0], where its input is"),
    "norm": (lambda x: x.norm(), [0.0, 0.0], "norm has it in its result, where its result is 0"),
    "after smooth ones": (lambda x: (x.square() * 3).cos().mul(0.1).add(x.abs()), [0.0],
                          "abs has it in entry [0]"),
    "far from 1": (lambda x: (x - 3e6).abs(), [3e6], "abs has it in entry [0], where its input"),
}


@pytest.mark.parametrize("name", KINKS)
def test_the_op_with_the_kink_is_named(name):
    function, at, told = KINKS[name]
    with pytest.warns(KinkWarning) as caught:
        report = gradcheck(function, leaf(at))
    assert told in str(caught[0].message) and "test_gradient_report.py:" in str(report)
    assert report


def test_a_program_that_branches_has_no_op_to_blame():
    def branching(x):
        return x * 2 if x.detach().numpy()[0] > 1 else x * 3 - 1

    with pytest.warns(KinkWarning, match="one-sided derivatives 3 and 2") as caught:
        gradcheck(branching, leaf([1.0]))
    assert "has it" not in str(caught[0].message)


# ---- names ---------------------------------------------------------------------------------------

def model():
    return nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)).double()


X = autograd.ones(4, 2, dtype=autograd.float64)


def test_parameters_are_named_by_their_paths():
    net = model()
    names = [pair.input for pair in gradcheck(lambda *_: net(X).sum(), (*net.parameters(),)).pairs]
    assert names == ["0.weight", "0.bias", "2.weight", "2.bias"]
    report = gradgradcheck(lambda *_: net(X).sum(), (net[0].bias, net[2].bias))
    assert "(gradient of 0.bias)" in str(report) and "d 2.bias" in str(report)


def test_several_modules_and_other_inputs():
    encoder, decoder, x = nn.Linear(2, 2).double(), nn.Linear(2, 1).double(), leaf(np.ones((4, 2)))
    report = gradcheck(lambda x, *_: decoder(encoder(x)), (x, encoder.bias, decoder.bias))
    assert [pair.input for pair in report.pairs] == ["input 0", "encoder.bias", "decoder.bias"]


def test_functions_of_every_kind_are_looked_into():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(2, 1).double()

        def loss(self, *_):
            return self.fc(X).tanh().sum()

        def forward(self, x, *_):
            return self.fc(x)

    net = Net()

    def one(x, net):
        return net.fc(X).sum()

    for function in (net.loss, partial(net.loss, 1), lambda *_: net.loss()):
        assert gradcheck(function, (net.fc.bias,)).pairs[0].input == "fc.bias"
    assert gradcheck(net, (leaf(np.ones((4, 2))), net.fc.bias)).pairs[1].input == "fc.bias"
    assert gradcheck(partial(one, net=net), (net.fc.bias,)).pairs[0].input == "fc.bias"
    assert gradcheck(autograd.exp, leaf([1.0])).pairs[0].input == "input 0"


def test_float32_parameters_are_told_with_the_fix():
    net = nn.Linear(2, 1)
    with pytest.raises((TypeError, ValueError), match=r"\.double\(\)"):
        gradcheck(lambda *_: net(autograd.ones(4, 2)).sum(), tuple(net.parameters()))
