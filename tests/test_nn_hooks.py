"""Hooks around forward, and on the gradients that pass a module."""

import copy
from typing import Any, NamedTuple

import pytest

import autograd
import nn


class Scale(nn.Module):
    """x * factor, with a keyword."""

    def forward(self, x, factor=2.0):
        return x * factor


class Pair(NamedTuple):
    out: Any
    count: int


def test_forward_hooks_see_and_replace():
    module, seen = Scale(), []

    def before(m, args):
        seen.append(("before", m, args[0].item()))
        return args[0] + 1

    def after(m, args, output):
        seen.append(("after", m, args[0].item(), output.item()))
        return output * 10

    handles = [module.register_forward_pre_hook(before), module.register_forward_hook(after)]
    assert module(autograd.tensor(3.0)).item() == 80.0
    assert seen == [("before", module, 3.0), ("after", module, 4.0, 8.0)]
    for handle in handles:
        handle.remove()
        handle.remove()
    assert module(autograd.tensor(3.0)).item() == 6.0


def test_order_and_prepend():
    module, order = Scale(), []
    module.register_forward_hook(lambda *_: order.append("first"))
    module.register_forward_hook(lambda *_: order.append("second"))
    with module.register_forward_hook(lambda *_: order.append("zeroth"), prepend=True):
        module(autograd.ones(1))
    module(autograd.ones(1))
    assert order == ["zeroth", "first", "second", "first", "second"]


def test_keywords():
    module, seen = Scale(), {}

    def before(m, args, kwargs):
        seen["before"] = kwargs
        return args, {"factor": 5.0}

    def after(m, args, kwargs, output):
        seen["after"] = kwargs

    module.register_forward_pre_hook(before, with_kwargs=True)
    module.register_forward_hook(after, with_kwargs=True)
    assert module(autograd.ones(1), factor=3.0).item() == 5.0
    assert seen == {"before": {"factor": 3.0}, "after": {"factor": 5.0}}


def test_a_pre_hook_with_keywords_must_return_a_pair():
    module = Scale()
    module.register_forward_pre_hook(lambda m, args, kwargs: args, with_kwargs=True)
    with pytest.raises(RuntimeError, match=r"Scale: a forward pre-hook .* a pair \(args, kwargs\)"):
        module(autograd.ones(1))


def test_a_hook_may_remove_itself():
    module = Scale()
    handle = module.register_forward_hook(lambda *_: handle.remove())
    module(autograd.ones(1))
    module(autograd.ones(1))


def test_backward_hook_sees_this_call_only():
    """x is used outside the module too: that share of its gradient is not grad_input."""
    module, seen = Scale(), []
    module.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go)))
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    ((module(x) * 3).sum() + x.sum()).backward()
    (grad_input,), (grad_output,) = seen[0]
    assert grad_input.tolist() == [6.0, 6.0] and grad_output.tolist() == [3.0, 3.0]
    assert x.grad.tolist() == [7.0, 7.0] and len(seen) == 1


def test_backward_hook_replaces_grad_input():
    module = Scale()
    handle = module.register_full_backward_hook(lambda m, gi, go: (gi[0] * 100,))
    x = autograd.tensor([1.0], requires_grad=True)
    module(x).sum().backward()
    assert x.grad.tolist() == [200.0]
    handle.remove()
    x.grad = None
    module(x).sum().backward()
    assert x.grad.tolist() == [2.0]


def test_backward_hook_with_several_inputs_and_outputs():
    class Both(nn.Module):
        def forward(self, a, text, b):
            return a * b, a + b

    module, seen = Both(), []
    module.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go)))
    a = autograd.tensor(3.0, requires_grad=True)
    b = autograd.tensor(5.0)
    product, total = module(a, "text", b)
    (product * 2 + total * 7).backward()
    grad_input, grad_output = seen[0]
    assert grad_input[0].item() == 17.0 and grad_input[1:] == (None, None)
    assert [g.item() for g in grad_output] == [2.0, 7.0]
    assert a.grad.item() == 17.0


def test_backward_hook_of_the_first_layer():
    """The input needs no gradient; the hook still learns the output's."""
    layer, seen = nn.Linear(2, 1), []
    layer.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go)))
    layer(autograd.ones(1, 2)).sum().backward()
    assert seen[0][0] == (None,) and seen[0][1][0].tolist() == [[1.0]]
    assert layer.weight.grad.tolist() == [[1.0, 1.0]]


def test_backward_hook_under_no_grad_and_with_other_outputs():
    module = Scale()
    module.register_full_backward_hook(lambda m, gi, go: None)
    with autograd.no_grad():
        assert not module(autograd.ones(1, requires_grad=True)).requires_grad

    class Odd(nn.Module):
        def forward(self, x):
            return {"x": x}

    odd = Odd()
    odd.register_full_backward_hook(lambda m, gi, go: None)
    with pytest.raises(TypeError, match="Odd: a full backward hook needs .* got dict"):
        odd(autograd.ones(1))


def test_backward_hook_of_a_module_whose_output_is_nested():
    """One gradient for each member of the tuple; what is deeper is not shown, but comes before."""
    class Several(nn.Module):
        def forward(self, x):
            double = x * 2
            return double, double, [double, "text"], Pair(double, 3), autograd.ones(1)

    module, seen = Several(), []
    module.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go)))
    x = autograd.tensor(1.0, requires_grad=True)
    a, b, (c, text), pair, constant = module(x)
    assert text == "text" and type(pair) is Pair and not constant.requires_grad
    (a + 3 * b + 5 * c + 7 * pair.out).backward()
    (grad_input, grad_output), = seen
    assert [g and g.item() for g in grad_output] == [1.0, 3.0, None, None, None]
    assert grad_input[0].item() == x.grad.item() == 32.0


@pytest.mark.parametrize("layer", [
    nn.LSTM(3, 4), nn.GRU(3, 4), nn.RNN(3, 4),
    lambda x: nn.MultiheadAttention(3, 1)(x, x, x, need_weights=False)],
    ids=["lstm", "gru", "rnn", "attention"])
def test_backward_hooks_see_what_recurrence_and_attention_got(layer):
    class Around(nn.Module):
        def forward(self, x):
            return layer(x)

    module, seen = Around(), []
    module.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go)))
    x = autograd.randn(5, 2, 3, requires_grad=True)
    module(x)[0].sum().backward()
    (grad_input, grad_output), = seen
    assert grad_output[0].tolist() == autograd.ones_like(grad_output[0]).tolist()
    assert grad_input[0].tolist() == x.grad.tolist()


def test_backward_hook_must_return_one_gradient_per_input():
    module = Scale()
    module.register_full_backward_hook(lambda m, gi, go: (gi[0], gi[0]))
    loss = module(autograd.ones(1, requires_grad=True)).sum()
    with pytest.raises(RuntimeError, match="Scale: .* 1 gradients, one per input, got 2"):
        loss.backward()


def test_backward_hook_under_create_graph():
    module, seen = Scale(), []
    module.register_full_backward_hook(lambda m, gi, go: seen.append(gi[0].requires_grad))
    x = autograd.tensor(3.0, requires_grad=True)
    y = module(x * x)
    (first,) = autograd.grad(y, x, create_graph=True)
    (second,) = autograd.grad(first, x)
    assert first.item() == 12.0 and second.item() == 4.0


def test_hooks_are_copied():
    calls = []
    module = Scale()
    module.register_forward_hook(_note)
    _note.calls = calls
    copy.deepcopy(module)(autograd.ones(1))
    assert len(calls) == 1


def _note(module, args, output):
    _note.calls.append(module)


class Halves(nn.Module):
    """x -> (2 x, "text", 3 x)"""

    def forward(self, x):
        return x * 2, "text", x * 3


@pytest.mark.parametrize("leaf", [True, False])
def test_full_backward_pre_hooks(leaf):
    """They learn what enters, in their order, may change it, and full backward hooks see that."""
    module, seen = Halves(), []
    module.register_full_backward_pre_hook(lambda m, go: (go[0] * 10, None, go[2]))
    last = module.register_full_backward_pre_hook(lambda m, go: seen.append(go), prepend=True)
    handle = module.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go)))
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    two, _, three = module(x if leaf else x * 1)
    (two + 7 * three).sum().backward()
    (a, none, b), ((grad_input,), grad_output) = seen
    assert none is None and a.tolist() == [1, 1] and b.tolist() == [7, 7]
    assert grad_output[0].tolist() == [10, 10] and grad_output[2].tolist() == [7, 7]
    assert grad_input.tolist() == x.grad.tolist() == [10 * 2 + 7 * 3] * 2
    last.remove(), handle.remove()
    x.grad = None
    sum(module(x)[::2]).sum().backward()
    assert x.grad.tolist() == [10 * 2 + 3] * 2 and len(seen) == 2


def test_a_full_backward_pre_hook_that_returns_too_few():
    module = Halves()
    module.register_full_backward_pre_hook(lambda m, go: go[0])
    with pytest.raises(RuntimeError, match="^Halves: a full backward pre-hook must return None or "
                                           "3 gradients, one per output, got 1"):
        module(autograd.ones(2, requires_grad=True))[0].sum().backward()
