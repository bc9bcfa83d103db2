"""The backward walk: accumulation, options, hooks, errors, threads."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import autograd
import nn
from tests.leaves import leaf_or_scalar as leaf


def test_a_tensor_used_twice_gets_the_sum_of_its_gradients():
    x = leaf(3.0)
    (x * x + 2 * x).backward()
    assert x.grad.item() == 8.0


def test_diamond():
    x = leaf(2.0)
    a, b = x * 3, x * 5
    (a * b + a).backward()
    assert x.grad.item() == 2 * 15 * 2.0 + 3


def test_gradients_accumulate_over_calls():
    x = leaf(1.0, 2.0)
    for _ in range(3):
        (x * x).sum().backward()
    assert x.grad.tolist() == [6.0, 12.0]


def test_backward_with_a_gradient_of_its_own():
    x = leaf(1.0, 2.0)
    (x * x).backward(autograd.tensor([1.0, 10.0], dtype=autograd.float64))
    assert x.grad.tolist() == [2.0, 40.0]


def test_the_users_gradient_is_not_kept_as_grad():
    x, weight = leaf(1.0, 2.0), autograd.ones(2, dtype=autograd.float64)
    (x + 0).backward(weight)
    weight.zero_()
    assert x.grad.tolist() == [1.0, 1.0]


def test_two_leaves_of_one_gradient_do_not_share_memory():
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (a + b).sum().backward()
    a.grad.mul_(5)
    assert b.grad.tolist() == [1.0, 1.0]
    ga, gb = autograd.grad((a + b).sum(), (a, b))
    ga.mul_(5)
    assert gb.tolist() == [1.0, 1.0]


def test_grad_returns_gradients_and_leaves_grad_alone():
    x, y = leaf(2.0), leaf(3.0)
    gx, gy = autograd.grad(x * y, (x, y))
    assert (gx.item(), gy.item()) == (3.0, 2.0)
    assert x.grad is None and y.grad is None


def test_grad_of_an_intermediate_tensor():
    x = leaf(2.0)
    h = x * x
    out = h * 3 + h
    gh, = autograd.grad(out, h, retain_graph=True)
    assert gh.item() == 4.0
    gx, = autograd.grad(out, x)
    assert gx.item() == 16.0


def test_grad_of_an_output_with_respect_to_itself():
    x = leaf(2.0)
    y = x * 2
    assert autograd.grad(y, y)[0].item() == 1.0


def test_unused_inputs():
    x, unused = leaf(2.0), leaf(1.0)
    with pytest.raises(RuntimeError, match=r"inputs\[1\].*not used.*allow_unused"):
        autograd.grad(x * x, (x, unused))
    gx, none = autograd.grad(x * x, (x, unused), allow_unused=True)
    assert gx.item() == 4.0 and none is None
    assert autograd.grad(x * x, unused, materialize_grads=True)[0].item() == 0.0


def test_backward_to_chosen_inputs_only():
    x, y = leaf(2.0), leaf(3.0)
    (x * y).backward(inputs=[x])
    assert x.grad.item() == 3.0 and y.grad is None


def test_several_roots():
    x = leaf(2.0)
    h = x * x
    autograd.backward([h * 2, h * 3])
    assert x.grad.item() == 20.0


def test_a_root_below_another_root():
    x = leaf(2.0)
    h = x * x
    autograd.backward([h, h * 3])
    assert x.grad.item() == 16.0


def test_freed_graph_says_what_to_do():
    x = leaf(2.0)
    y = x * x
    y.backward()
    with pytest.raises(RuntimeError, match=r"mul.*already walked.*detach.*retain_graph=True"):
        y.backward()


def test_retain_graph():
    x = leaf(2.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 8.0


def test_create_graph_gives_derivatives_of_any_order():
    x = leaf(2.0)
    value = x ** 4
    for expected in (32.0, 48.0, 48.0, 24.0):
        value, = autograd.grad(value, x, create_graph=True)
        assert value.item() == pytest.approx(expected, rel=1e-12)


def test_create_graph_through_backward():
    x = leaf(3.0)
    (x * x * x).backward(create_graph=True)
    first = x.grad
    x.grad = None
    first.backward()
    assert x.grad.item() == 18.0


def test_a_penalty_on_the_gradient():
    w = leaf(1.0, 2.0)
    g, = autograd.grad((w * w * w).sum(), w, create_graph=True)
    (g * g).sum().backward()
    np.testing.assert_allclose(w.grad.numpy(), 36 * w.detach().numpy() ** 3, rtol=1e-14)


def test_only_scalars_start_by_themselves():
    with pytest.raises(RuntimeError, match=r"scalar, got Tensor \(2,\).*\.sum\(\).*gradient="):
        (leaf(1.0, 2.0) * 2).backward()


def test_backward_of_a_constant_explains():
    with pytest.raises(RuntimeError, match="does not require grad.*no_grad.*detached"):
        autograd.tensor(1.0).backward()


def test_a_gradient_of_another_shape():
    with pytest.raises(RuntimeError, match=r"\(3,\).*shape of its tensor, \(2,\)"):
        (leaf(1.0, 2.0) * 2).backward(autograd.ones(3))


def test_a_leaf_is_served_before_the_walk_goes_on():
    weights = [leaf(2.0) for _ in range(4)]
    shared = leaf(3.0)
    x, order = leaf(1.0), []
    for i, w in enumerate(weights):
        w.register_post_accumulate_grad_hook(
            lambda t, i=i: order.append((i, [v.grad is None for v in weights])))
        x = (x * w) * shared
    shared.register_post_accumulate_grad_hook(lambda t: order.append("shared"))
    x.backward()
    assert [entry[0] for entry in order if entry != "shared"] == [3, 2, 1, 0]
    assert order[0][1] == [True, True, True, False]
    assert order.index("shared") == 3  # after the first op that used it, before weights[0]
    assert shared.grad.item() == 4 * 27.0 * 16


def test_sums_of_gradients_of_one_float16_number_stay_float16():
    x = autograd.tensor([1.4], dtype=autograd.float16, requires_grad=True)
    product = x @ x
    (product + product.remainder(product)).backward()
    assert x.grad.dtype == np.float16 and x.grad.item() == pytest.approx(2.8, rel=1e-3)


def test_a_leaf_that_asks_no_more_gets_no_gradient():
    x, y = (autograd.tensor([2.0], requires_grad=True) for _ in range(2))
    z, both, turned = x * x, x * y, x.view(1, 1)
    x.requires_grad_(False)
    z.backward()
    both.backward()
    assert x.grad is None and y.grad.item() == 2
    x.detach_()
    turned.backward()
    assert x.grad is None
    again = autograd.tensor([2.0], requires_grad=True)
    z = again * again
    again.requires_grad_(False)
    again.requires_grad_(True)
    z.backward()
    assert again.grad.item() == 4


def test_rules_of_float16_compute_in_float32():
    x = autograd.tensor([300.0, 0.01], dtype=autograd.float16, requires_grad=True)
    x.atan().sum().backward()
    np.testing.assert_allclose(x.grad.detach().numpy(), [1 / 90001, 1 / 1.0001], rtol=3e-3)
    y = autograd.full((70000,), 2.0, dtype=autograd.float16, requires_grad=True)
    (y.mean() * 60000.0).backward()
    np.testing.assert_allclose(y.grad[0].item(), 6 / 7, rtol=1e-3)
    s = autograd.tensor(65536.0, requires_grad=True)
    z = autograd.tensor([0.01], dtype=autograd.float16, requires_grad=True)
    out = z * s
    out.sum().backward()
    assert out.dtype == z.grad.dtype == np.float16 and s.grad.dtype == np.float32
    assert out.item() == pytest.approx(655.36, rel=1e-3) and z.grad.item() == np.inf
    assert s.grad.item() == pytest.approx(0.01, rel=1e-3)


@pytest.mark.parametrize("function, values", [
    (nn.functional.mish, [1.2, -0.7, 3.1]), (lambda x: 1 / (x * 300.0), [1.5, -2.0]),
    (lambda x: nn.functional.rms_norm(x, (1,), eps=1e-5), [[-0.1]]),
    (lambda x: (x * 90).tanh() / x, [0.5]),
])
def test_rules_of_float16_compute_in_float32_under_create_graph_too(function, values):
    """Against the same in float64."""
    def second(dtype):
        x = autograd.tensor(values, dtype=dtype, requires_grad=True)
        first, = autograd.grad(function(x).sum(), x, create_graph=True)
        assert first.dtype == dtype
        return autograd.grad(first.sum(), x)[0].double().numpy()

    np.testing.assert_allclose(second(autograd.float16), second(autograd.float64), rtol=0.05,
                               atol=2e-3)


def test_a_number_beside_float16_keeps_its_place_in_the_graph():
    s = leaf(2.0)
    x = autograd.tensor([3.0], dtype=autograd.float16, requires_grad=True)
    first, = autograd.grad((s * x * s).sum(), x, create_graph=True)
    assert first.item() == 4
    assert autograd.grad(first.sum(), s)[0].item() == 4


def test_the_gradient_of_a_root_by_itself_needs_no_rule():
    a, b = leaf(1.0) * 1, leaf(2.0)
    v = a * b
    a.sub_(1)
    assert autograd.grad(v, v)[0].item() == 1.0


def test_a_leaf_that_is_also_a_root():
    x = leaf(3.0)
    autograd.backward([x, x * x])
    assert x.grad.item() == 7.0


def test_detach_shares_memory_without_history():
    x = leaf(1.0, 2.0)
    d = x.detach()
    assert not d.requires_grad and d.data_ptr() == x.data_ptr()
    assert not x.data.requires_grad


def test_same_program_same_bits():
    def run():
        autograd.manual_seed(0)
        x = autograd.randn(20, 20, requires_grad=True)
        y = (x @ x).tanh() + x.exp() * x.sin()
        (y * y).mean().backward()
        return x.grad.numpy().tobytes()

    assert run() == run()


def test_threads_can_walk_at_the_same_time():
    xs = [leaf(float(i)) for i in range(8)]

    def work(x):
        for _ in range(50):
            (x * x * x).backward()

    threads = [threading.Thread(target=work, args=(x,)) for x in xs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [x.grad.item() for x in xs] == [pytest.approx(150.0 * i * i) for i in range(8)]


def test_threads_can_add_to_one_leaf():
    x = leaf(np.ones(2000))

    def work():
        for _ in range(20):
            (x * 1.0).sum().backward()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(x.grad.tolist()) == {80.0}


def test_a_leaf_that_is_gone_is_passed_over():
    x = leaf(2.0)
    y = leaf(3.0)
    out = x * y
    del y
    out.backward()
    assert x.grad.item() == 3.0


def test_mixed_dtypes_come_back_in_each_inputs_own():
    a = leaf(1.0, 2.0, dtype=autograd.float32)
    b = leaf(3.0, 4.0, dtype=autograd.float64)
    (a * b).sum().backward()
    assert a.grad.dtype == np.float32 and b.grad.dtype == np.float64


def test_unused_outputs_of_an_op_with_several_count_as_zero():
    x = leaf(1.0, 2.0, 3.0)
    first, _, third = x.unbind()
    (first * 2 + third * third).backward()
    assert x.grad.tolist() == [2.0, 0.0, 6.0]


def test_a_kept_output_of_several_passes_all_of_its_gradient_on():
    class Both(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            exp = x.exp()
            ctx.save_for_backward(x, exp)
            return exp, x.sin()

        @staticmethod
        def backward(ctx, g, h):
            x, exp = ctx.saved_tensors
            return g * exp + h * x.cos()

    x = autograd.tensor([0.3, 1.2], requires_grad=True)
    slope, = autograd.grad((Both.apply(x)[0] ** 2).sum(), x, create_graph=True)
    curve, = autograd.grad(slope.sum(), x)
    np.testing.assert_allclose(curve.numpy(), 4 * np.exp(2 * x.detach().numpy()), 1e-6)
