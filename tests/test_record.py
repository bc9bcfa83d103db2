"""Declaring ops: what is generated, and what a wrong declaration says."""

from __future__ import annotations

import inspect
import re
import traceback

import numpy as np
import pytest

import autograd
from autograd.inplace import make_inplace
from autograd.record import INPLACE, REGISTRY, joint, op, source


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


def test_functions_show_the_same_before_and_after_their_first_call(registry):
    @op(inplace=True, vjp=dict(input=lambda g: g))
    def shifted(input, /, by=1.0, *, sign=1):
        """x + by."""
        return input + sign * by

    twin = make_inplace("shifted", shifted)
    for _ in range(2):
        for function in (shifted, twin):
            assert str(inspect.signature(function)) == "(input, by=1.0, *, sign=1)"
            assert "return input + sign * by" in inspect.getsource(function)
            assert inspect.getdoc(function)
        assert shifted(input=autograd.ones(2), by=2.0, sign=-1).tolist() == [-1.0, -1.0]


def test_a_traceback_shows_the_generated_text(registry):
    @op(vjp=dict(input=lambda g, input: g.nonsense))
    def picky(input, /):
        if input.shape == (2,):
            raise KeyError("two")
        return input * 2

    with pytest.raises(KeyError) as forward:
        picky(autograd.ones(2))
    with pytest.raises(AttributeError) as backward:
        picky(autograd.ones(3, requires_grad=True)).sum().backward()
    texts = ["".join(traceback.format_exception(error.value)) for error in (forward, backward)]
    assert re.search(r'File "<wengert op picky>", line \d+, in picky\n    result = forw', texts[0])
    assert re.search(r'"<wengert op picky>", line \d+, in backward\n    return \(rule0', texts[1])


def test_every_op_and_twin_shows_its_signature_and_source():
    twins = [getattr(autograd.Tensor, name + "_") for name in INPLACE]
    for function in [*(declared.function for declared in REGISTRY.values()), *twins]:
        parameters = inspect.signature(function).parameters.values()
        assert all(p.kind is not p.POSITIONAL_ONLY for p in parameters), function
        assert not any(p.kind is p.VAR_KEYWORD for p in parameters), function
        assert "def " in inspect.getsource(function), function


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

    for vjp, message in ((lambda g: g, r"bad: vjp must be a dict of rules or joint\(rule\)"),
                         (joint(lambda g, input: [g]), "first arguments are g and needs")):
        with pytest.raises(TypeError, match=message):
            @op(vjp=vjp)
            def bad(input, /):
                return input

    with pytest.raises(TypeError, match="bad: promotes='nonsense'; choose one of .*common"):
        @op(promotes="nonsense")
        def bad(input, /):
            return input

    with pytest.raises(TypeError, match="bad: no argument stands before `/`"):
        @op()
        def bad(input):
            return input

    for taken in ("exp", "backward", "softmin"):
        def bad(input, /):
            return input

        bad.__name__ = taken
        with pytest.raises(TypeError, match=f"{taken}: an op or a method of Tensor has this name"):
            op()(bad)

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


def test_a_joint_rule_gives_all_gradients_in_one_call(registry):
    calls = []

    def rule(g, needs, input, other, scale):
        calls.append(needs)
        return (g * other * scale if needs[0] else None, g * input * scale if needs[1] else None)

    @op(vjp=joint(rule))
    def scaled_product(input, other=None, /, scale=2.0):
        return scale * input * (1.0 if other is None else other)

    a, b = (autograd.tensor(v, dtype=autograd.float64, requires_grad=True)
            for v in ([1.0, 2.0], [3.0, 4.0]))
    scaled_product(a, b, scale=5.0).sum().backward()
    assert a.grad.tolist() == [15.0, 20.0] and b.grad.tolist() == [5.0, 10.0]
    assert autograd.grad(scaled_product(a, b.detach()).sum(), a)[0].tolist() == [6.0, 8.0]
    assert autograd.grad(scaled_product(a, b).sum(), b)[0].tolist() == [2.0, 4.0]
    assert calls == [(True, True), (True, False), (False, True)]
    assert scaled_product(a).tolist() == [2.0, 4.0]
    assert autograd.gradgradcheck(scaled_product, (a, b))
    assert scaled_product(a, b).grad_fn.saved[2] == 2.0


def test_a_joint_rule_that_returns_too_few(registry):
    @op(vjp=joint(lambda g, needs: [g]))
    def added(input, other, /):
        return input + other

    x = autograd.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="added: its joint rule must return .* input, other"):
        added(x, x).sum().backward()


def test_a_joint_rule_of_an_op_with_several_results(registry):
    @op(many=True, vjp=joint(lambda g, needs, input: [g[0] * 2 * input + g[1]]))
    def square_and_self(input, /):
        return [input * input, input + 0]

    x = autograd.tensor([1.0, 3.0], dtype=autograd.float64, requires_grad=True)
    first, second = square_and_self(x)
    (first * 10 + second).sum().backward()
    assert x.grad.tolist() == [21.0, 61.0]


def test_an_op_without_rules_raises_where_a_gradient_is_asked_for(registry):
    @op()
    def mystery(input, /):
        return input * 2

    @op(variadic=True)
    def mysteries(tensors, /):
        return tensors[0]

    @op(differentiable=False)
    def truth(input, /):
        return input > 0

    x = autograd.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="mystery: no gradient with respect to input is defined"):
        mystery(x)
    with pytest.raises(RuntimeError, match="mysteries: no gradient with respect to tensors"):
        mysteries([x])
    with autograd.no_grad():
        assert mystery(x).tolist() == [2.0, 2.0]
    assert mystery(x.detach()).tolist() == [2.0, 2.0]
    assert not truth(x).requires_grad


def test_a_rule_that_calls_an_op_without_rules_is_not_differentiated_in_silence(registry):
    @op()
    def twice_product(g, input, /):
        return 2 * g * input

    @op(vjp=dict(input=lambda g, input: twice_product(g, input)))
    def own_square(input, /):
        return input * input

    x = autograd.tensor(3.0, requires_grad=True)
    assert autograd.grad(own_square(x), x)[0].item() == 6.0
    with pytest.raises(RuntimeError, match="twice_product: no gradient"):
        autograd.grad(own_square(x), x, create_graph=True)


def test_a_gradient_that_is_differentiable_no_further(registry):
    @op(once=True)
    def twice_product(g, input, /):
        return 2 * g * input

    @op(vjp=dict(input=lambda g, input: twice_product(g, input)))
    def own_square(input, /):
        return input * input

    x = autograd.tensor(3.0, requires_grad=True)
    first, = autograd.grad(own_square(x), x, create_graph=True)
    assert first.item() == 6.0
    with pytest.raises(RuntimeError, match="twice_product: .* differentiated no further"):
        first.backward()


def test_a_sequence_cannot_be_saved():
    with pytest.raises(TypeError, match="bad: its rules name {'tensors'}"):
        @op(variadic=True, vjp=dict(tensors=lambda g, tensors: tensors))
        def bad(tensors, /):
            return tensors[0]


def test_errors_name_the_op_and_what_it_got():
    a, b = autograd.ones(2, 3), autograd.ones(4)
    with pytest.raises(ValueError, match=r"add: shapes \(2, 3\) and \(4,\) cannot be broadcast: in "
                       r"dimension -1 the sizes 3 and 4 differ.*unsqueeze.*input: Tensor \(2, 3\)"):
        a + b
    with pytest.raises(TypeError, match=r"mul: other must be a Tensor or a number, got str"):
        a * "x"
    with pytest.raises(TypeError, match=r"cat: tensors must be a list or tuple of Tensors"):
        autograd.cat(a)
    with pytest.raises(TypeError, match=r"stack: tensors\[1\] must be a Tensor, got int 3"):
        autograd.stack([a, 3])


@pytest.mark.parametrize("call", [
    lambda big: autograd.exp(big), lambda big: autograd.add(big, 2),
    lambda big: autograd.ones(2) * big, lambda big: autograd.maximum(autograd.ones(2), -big)])
def test_a_number_beyond_64_bits_is_named(call):
    with pytest.raises(TypeError, match=r"^\w+: \w+ -?1180591620717411303424 does not fit into 64"):
        call(2**70)


def test_an_op_of_a_users_own_gets_its_inplace_twin(registry):
    @op(inplace=True, vjp=dict(input=lambda g: g * 2))
    def twofold(input, /):
        return input + input

    x = autograd.ones(2)
    assert x.twofold_() is x and x.tolist() == [2.0, 2.0]
