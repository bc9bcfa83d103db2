"""Hooks of tensors, and gradients that are retained."""

from __future__ import annotations

import pytest

import autograd
from tests.leaves import leaf_or_scalar as leaf


def test_non_leaf_grad_warns_and_retain_grad_keeps():
    x = leaf(2.0)
    h = x * x
    with pytest.warns(UserWarning, match="computed by mul.*retain_grad"):
        assert h.grad is None
    h.retain_grad()
    assert h.retains_grad
    (h * 3).backward()
    assert h.grad.item() == 3.0


def test_retained_gradients_add_up_and_see_hooks_of_any_order():
    x = leaf(1.0, 2.0)
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: g * 10)
    z = y.sum()
    z.backward(retain_graph=True)
    assert y.grad.tolist() == [10.0, 10.0]
    z.backward()
    assert y.grad.tolist() == [20.0, 20.0] and x.grad.tolist() == [40.0, 40.0]
    y.grad.zero_()
    assert x.grad.tolist() == [40.0, 40.0]


@pytest.mark.parametrize("change", [
    lambda y: y.mul_(3), lambda y: y.zero_(), lambda y: y.__setitem__(0, 5.0),
    lambda y: y[:1].mul_(3), lambda y: y.view(2, 1)[1].fill_(0.0)])
def test_a_retained_gradient_is_that_of_the_tensor_as_it_is_now(change):
    y = leaf(1.0, 2.0) * 2
    y.retain_grad()
    change(y)
    assert y.retains_grad
    y.sum().backward()
    assert y.grad.tolist() == [1.0, 1.0]


def test_the_retained_gradient_of_a_view_whose_base_is_written():
    y = leaf(1.0, 2.0) * 2
    shown = y[:1]
    shown.retain_grad()
    y.mul_(3)
    (shown * 7).sum().backward()
    assert shown.grad.tolist() == [7.0]


def test_a_retained_gradient_under_create_graph_can_be_differentiated():
    x = leaf(2.0)
    y = x * x
    y.retain_grad()
    (y * y).backward(create_graph=True)
    assert autograd.grad(y.grad, x)[0].item() == 8.0


def test_backward_to_what_is_no_leaf_retains_its_gradient():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    y = x * w
    (y * y).sum().backward(inputs=[y, x])
    assert y.grad.tolist() == [6.0, 16.0] and x.grad.tolist() == [18.0, 64.0] and w.grad is None
    with pytest.raises(RuntimeError, match="backward: inputs is empty"):
        (x * w).sum().backward(inputs=[])


def test_tensor_hooks_see_and_replace_gradients():
    x, seen = leaf(2.0), []
    h = x * x
    h.register_hook(lambda g: seen.append(g.item()))
    handle = h.register_hook(lambda g: g * 10)
    (h * 3).backward(retain_graph=True)
    assert seen == [3.0] and x.grad.item() == 120.0
    handle.remove()
    handle.remove()
    x.grad = None
    (h * 3).backward()
    assert x.grad.item() == 12.0


def test_leaf_hooks():
    x = leaf(2.0)
    after = []
    x.register_hook(lambda g: -g)
    x.register_post_accumulate_grad_hook(lambda t: after.append(t.grad.item()))
    (x * 3).backward()
    assert x.grad.item() == -3.0 and after == [-3.0]


def test_a_hook_that_returns_another_shape():
    x = leaf(1.0, 2.0)
    x.register_hook(lambda g: g.sum())
    with pytest.raises(RuntimeError, match=r"hook on a leaf must.*shape \(2,\)"):
        (x * 2).sum().backward()


@pytest.mark.parametrize("convert", [
    lambda g: g.float(), lambda g: g.long(), lambda g: [1.0, 2.0],
    lambda g: setattr(g, "data", autograd.zeros(1, 1)),
    lambda g: setattr(g, "data", autograd.zeros(2))])
@pytest.mark.parametrize("on_leaf", [True, False])
def test_a_hook_that_leaves_another_kind_of_gradient(convert, on_leaf):
    x = leaf(1.0, 2.0)
    y = x * 2
    (x if on_leaf else y).register_hook(convert)
    with pytest.raises(RuntimeError, match=r"a hook on .*shape \(2,\) and dtype float64"):
        y.sum().backward()


def test_a_hook_may_change_its_gradient_in_place():
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    a.register_hook(lambda g: g.mul_(10))
    (a + b).sum().backward()
    assert (a.grad.tolist(), b.grad.tolist()) == ([10.0, 10.0], [1.0, 1.0])
    first, second = autograd.grad((a + b).sum(), (a, b), create_graph=True)
    assert (first.tolist(), second.tolist()) == ([10.0, 10.0], [1.0, 1.0])


def test_hooks_are_functions():
    x = leaf(1.0)
    for register in (x.register_hook, x.register_post_accumulate_grad_hook):
        with pytest.raises(TypeError, match="a hook must be a function, got int 3"):
            register(3)


def test_hooks_need_a_gradient():
    with pytest.raises(RuntimeError, match="does not require grad"):
        autograd.ones(2).register_hook(print)


def test_backward_inside_a_hook():
    x, y = leaf(2.0), leaf(3.0)
    h = x * x
    h.register_hook(lambda g: (y * y).backward(inputs=[y]) if autograd.is_grad_enabled()
                    else None)
    h.backward()
    assert x.grad.item() == 4.0


def test_a_root_that_leads_to_no_target_still_has_its_hooks_called():
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    root, seen = x * 2, []
    root.retain_grad()
    root.register_hook(lambda g: seen.append(g.tolist()))
    other = root * 3
    root.backward(autograd.tensor([5.0, 7.0]), inputs=[other])
    assert seen == [[5.0, 7.0]] and root.grad.tolist() == [5.0, 7.0]
    assert x.grad is None and other._grad is None


def test_hooks_of_a_leaf_outlast_freezing():
    x, seen = leaf(2.0), []
    x.register_hook(lambda g: seen.append("hook"))
    x.register_post_accumulate_grad_hook(lambda t: seen.append("after"))
    y = x * 3
    x.requires_grad_(False)
    y.backward()
    assert x.grad is None
    seen.clear()
    x.requires_grad_(True)
    (x * 3).backward()
    assert x.grad.item() == 3.0 and seen == ["hook", "after"]
