"""Declaring ops: what is generated, and what a wrong declaration says."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import autograd
from autograd.record import op, source


def test_one_declaration_gives_function_method_and_gradient(registry):
    @op(vjp=dict(input=lambda g, input, scale: g * (2 * scale) * input))
    def scaled_square(input, /, scale=1.0, *, offset=0.0):
        """scale * x² + offset."""
        return scale * input * input + offset

    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    assert scaled_square(x, scale=3.0).tolist() == [3.0, 12.0]
    assert x.scaled_square(offset=1.0).tolist() == [2.0, 5.0]
    scaled_square(x, 3.0).sum().backward()
    assert x.grad.tolist() == [6.0, 12.0]
    assert str(inspect.signature(scaled_square)) == "(input, scale=1.0, *, offset=0.0)"
    assert scaled_square.__doc__ == "scale * x² + offset."
    assert registry["scaled_square"].function is scaled_square
    assert "rule0(g, s_input, s_scale)" in source("scaled_square")


def test_an_op_called_on_arrays_computes_and_records_nothing():
    result = autograd.mul(np.ones(2), np.full(2, 3.0))
    assert isinstance(result, np.ndarray) and result.tolist() == [3.0, 3.0]


def test_wrong_declarations():
    with pytest.raises(TypeError, match=r"bad: rules for \['other'\], but its inputs are"):
        @op(vjp=dict(other=lambda g: g))
        def bad(input, /):
            return input

    with pytest.raises(TypeError, match="bad: its rules name {'thing'}, which is none of"):
        @op(vjp=dict(input=lambda g, thing: g))
        def bad(input, /):
            return input

    with pytest.raises(TypeError, match="bad: its written code uses the name {'result'} itself"):
        @op()
        def bad(input, /, result):
            return input


def test_a_rule_of_another_shape_or_dtype_is_named(registry):
    @op(vjp=dict(input=lambda g: g.sum()))
    def shrinks(input, /):
        return input * 2

    @op(vjp=dict(input=lambda g: g.astype(np.float64)))
    def widens(input, /):
        return input * 2

    x = autograd.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"shrinks: the rule for input returned .*\(\).*\(2,\)"):
        shrinks(x).sum().backward()
    with pytest.raises(RuntimeError, match="widens: the rule for input .* float64 where .*float32"):
        widens(x).sum().backward()


def test_an_input_without_a_rule_refuses_grad(registry):
    @op(vjp=dict(input=lambda g: g))
    def labelled(input, label, /):
        return input + 0 * label

    x = autograd.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="labelled: no gradient with respect to label"):
        labelled(x, x)


def test_errors_name_the_op_and_what_it_got():
    a, b = autograd.ones(2, 3), autograd.ones(4)
    with pytest.raises(ValueError, match=r"add: .*input: Tensor \(2, 3\) float32, other: Tensor "):
        a + b
    with pytest.raises(TypeError, match=r"mul: other must be a Tensor or a number, got str"):
        a * "x"
    with pytest.raises(TypeError, match=r"cat: tensors must be a list or tuple of Tensors"):
        autograd.cat(a)
    with pytest.raises(TypeError, match=r"stack: tensors\[1\] must be a Tensor, got int 3"):
        autograd.stack([a, 3])
