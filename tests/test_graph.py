"""`autograd.graph`: hooks for what the graph saves, and for several gradients together."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest

import autograd
import nn
from autograd.graph import (
    allow_mutation_on_saved_tensors,
    disable_saved_tensors_hooks,
    increment_version,
    register_multi_grad_hook,
    save_on_cpu,
    saved_tensors_hooks,
)
from autograd.node import KIND, Node
from tests.leaves import leaf_or_scalar as leaf
from tests.samples import gradients
from tests.test_ops import calls


def to_bytes(tensor):
    array = tensor.detach().numpy()
    return array.dtype, array.shape, array.tobytes()


def from_bytes(packed):
    dtype, shape, content = packed
    return autograd.from_numpy(np.frombuffer(content, dtype).reshape(shape).copy())


@calls(lambda call: call.arrays and call.case.order)
def test_every_op_works_with_what_was_packed(call):
    for create_graph in {False, call.case.order >= 2}:
        autograd.manual_seed(3)
        plain = gradients(call, call.tensors(), create_graph)
        autograd.manual_seed(3)
        with saved_tensors_hooks(to_bytes, from_bytes):
            packed = gradients(call, call.tensors(), create_graph)
        for a, b in zip(plain, packed, strict=True):
            assert (a is None) == (b is None)
            np.testing.assert_allclose(*(np.zeros(()) if g is None else g for g in (a, b)),
                                       1e-12, 1e-12)


def test_what_is_packed_and_when_it_is_unpacked():
    seen = []

    def pack(tensor):
        seen.append(("pack", tensor.tolist(), tensor.requires_grad))
        return len(seen)

    def unpack(number):
        seen.append(("unpack", number))
        return autograd.tensor([10.0, 20.0])

    x = leaf(1.0, 2.0)
    with saved_tensors_hooks(pack, unpack):
        y = x.square()
    assert seen == [("pack", [1.0, 2.0], True)]
    y.sum().backward(retain_graph=True)
    y.sum().backward()
    assert seen[1:] == [("unpack", 1)] * 2
    assert x.grad.tolist() == [40.0, 80.0]
    with pytest.raises(RuntimeError, match="already walked and its saved values freed"):
        y.sum().backward()


def test_a_parameter_comes_as_itself():
    layer, seen = nn.Linear(2, 2), []
    with saved_tensors_hooks(lambda t: seen.append(t) or t, lambda t: t):
        layer(autograd.ones(1, 2)).sum()
    assert not any(t is layer.weight for t in seen)  # nobody asks for the input's gradient
    x = autograd.ones(1, 2, requires_grad=True)
    with saved_tensors_hooks(lambda t: seen.append(t) or t, lambda t: t):
        layer(x).sum()
    assert any(t is layer.weight for t in seen) and any(t is x for t in seen)


def test_what_was_packed_may_be_written_afterwards():
    x = leaf(1.0, 2.0)
    with saved_tensors_hooks(to_bytes, from_bytes):
        y = x * 1
        z = y.square()
    y.zero_()
    z.sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]
    with allow_mutation_on_saved_tensors():
        y = x * 1
        z = y.square()
        y.zero_()
        z.sum().backward()
    assert x.grad.tolist() == [4.0, 8.0]


def test_second_derivatives_go_through_what_was_unpacked():
    x = leaf(2.0)
    with saved_tensors_hooks(to_bytes, from_bytes):
        g, = autograd.grad(x**3, x, create_graph=True)
        assert autograd.grad(g, x)[0].item() == 12.0


def test_a_function_of_the_users():
    class Cube(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, g):
            x, = ctx.saved_tensors
            return g * 3 * x * x

    x, packed = leaf(2.0), []
    with saved_tensors_hooks(lambda t: packed.append(t) or 5.0, autograd.tensor):
        y = Cube.apply(x)
    y.backward()
    assert x.grad.item() == 75.0 and packed[0] is x


def test_what_a_function_keeps_in_its_own_way_is_still_watched():
    class Times(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.x = x
            ctx.save_for_backward(x)
            return x.square()

        @staticmethod
        def backward(ctx, g):
            return g * 2 * ctx.x

    y = leaf(1.0, 2.0) * 1
    with allow_mutation_on_saved_tensors():
        z = Times.apply(y)
    y.mul_(10)
    with pytest.raises(RuntimeError, match="Times saved a tensor for its gradient"):
        z.sum().backward()


@pytest.mark.filterwarnings("ignore:.*a hook on a tensor waits for its gradient")
def test_several_gradients_of_a_compiled_step():
    w, seen = leaf(1.0, 2.0), []
    register_multi_grad_hook((w,), lambda grads: seen.append(grads[0].tolist()))

    @autograd.compile
    def step(scale):
        w.grad = None
        (w * scale).sum().backward()

    for scale in (1.0, 2.0, 3.0, 4.0):
        step(autograd.tensor(scale, dtype=autograd.float64))
    assert seen == [[n, n] for n in (1.0, 2.0, 3.0, 4.0)]


def test_the_dtype_comes_back_and_the_innermost_hooks_hold():
    x = autograd.tensor([1.0, 2.5], dtype=autograd.float64, requires_grad=True)
    outer = saved_tensors_hooks(lambda t: pytest.fail("outer"), lambda t: t)
    with outer, saved_tensors_hooks(lambda t: t.half(), lambda t: t):
        y = x.square()
    y.sum().backward()
    assert x.grad.dtype == autograd.float64 and x.grad.tolist() == [2.0, 5.0]


def test_hooks_that_are_wrong():
    x = leaf(1.0, 2.0)
    with pytest.raises(TypeError, match="saved_tensors_hooks: unpack_hook must be a function, got"):
        saved_tensors_hooks(len, 3)
    for returned in (None, autograd.ones(3), autograd.ones(2, dtype=autograd.int64)):
        with saved_tensors_hooks(lambda t: t, lambda t, r=returned: r):
            y = x.square()
        with pytest.raises(RuntimeError, match=r"unpack_hook must return .* shape \(2,\) and a dt"):
            y.sum().backward()
    with saved_tensors_hooks(lambda t: t.detach().zero_(), lambda t: t), pytest.raises(
            RuntimeError, match="pack_hook changed the tensor it was given in"):
        x.clone().square()
    assert KIND[0] is Node


def test_blocks_may_end_in_any_order():
    x, seen = leaf(1.0, 2.0), []
    first, second = (saved_tensors_hooks(lambda t, n=n: seen.append(n) or t, lambda t: t)
                     for n in (1, 2))
    first.__enter__()
    second.__enter__()
    x.square()
    first.__exit__()
    x.square()
    second.__exit__()
    x.square()
    with first:
        with second:
            pass
        x.square()
    assert seen == [2, 2, 1] and KIND[0] is Node
    with disable_saved_tensors_hooks("none are on"):
        pass


def test_packing_records_nothing_and_rules_get_the_saved_dtype():
    x, recorded = leaf(1.0, 2.5), []
    with saved_tensors_hooks(lambda t: recorded.append((t * 2).requires_grad) or t.half(),
                             lambda t: t):
        y = x.square()
    assert recorded == [False]
    assert [part.dtype for part in y.grad_fn.saved] == [autograd.float64]


@pytest.mark.parametrize("change", [lambda y: y.exp_(), lambda y: y.mul_(3), lambda y: y.pow_(2),
                                    lambda y: y.sigmoid_(), lambda y: y[:1].mul_(2)])
@pytest.mark.parametrize("pack", [lambda t: t, lambda t: t.clone()])
def test_writes_in_place_pack_once_and_unpack_in_the_backward_pass(change, pack):
    def gradient():
        x = autograd.tensor([1.5, 2.0], dtype=autograd.float64, requires_grad=True)
        y = x * 1
        change(y)
        (y * y).sum().backward()
        return x.grad

    plain, calls = gradient(), []

    def unpack(tensor):
        calls.append("unpack")
        return tensor

    with saved_tensors_hooks(lambda t: calls.append("pack") or pack(t), unpack):
        packed = gradient()
    assert packed.equal(plain) and calls.count("unpack") <= calls.count("pack")
    assert "pack" not in calls[calls.index("unpack"):]


def test_disabled_hooks():
    hooks = saved_tensors_hooks(lambda t: t, lambda t: t)
    with disable_saved_tensors_hooks("not here"), pytest.raises(RuntimeError, match="^not here$"):
        hooks.__enter__()
    with hooks, pytest.raises(RuntimeError, match="^not now$"):
        disable_saved_tensors_hooks("not now").__enter__()
    with save_on_cpu(pin_memory=True):
        assert KIND[0] is Node


def test_nothing_is_kept_alive():
    x = leaf(1.0, 2.0)
    with saved_tensors_hooks(lambda t: t.clone(), lambda t: t):
        y = x.exp()
        node = weakref.ref(y.grad_fn)
    gc.disable()
    try:
        del y
        assert node() is None
    finally:
        gc.enable()


def test_one_call_for_several_gradients():
    a, b, c, seen = leaf(1.0), leaf(2.0), leaf(3.0), []
    h = a * b
    handle = register_multi_grad_hook((a, b, c, h), seen.append)
    (h * 5).backward()
    assert [[g and g.item() for g in grads] for grads in seen] == [[10.0, 5.0, None, 5.0]]
    (c * 7).backward()
    assert [g and g.item() for g in seen[1]] == [None, None, 7.0, None]
    handle.remove()
    (c * 7).backward()
    assert len(seen) == 2


def test_the_first_of_several_gradients():
    a, b, seen = leaf(1.0), leaf(2.0), []
    with register_multi_grad_hook((a, b), lambda g: seen.append(g.item()), mode="any"):
        (a * b).backward()
        (a * b).backward()
    (a * b).backward()
    assert len(seen) == 2 and set(seen) <= {1.0, 2.0}
    with pytest.raises(ValueError, match="mode must be 'all' or 'any', got 'some'"):
        register_multi_grad_hook((a,), seen.append, mode="some")
    for tensors, function in ((a, print), ((a,), 3)):
        with pytest.raises(TypeError, match="register_multi_grad_hook: a sequence of Tensors and"):
            register_multi_grad_hook(tensors, function)
    with pytest.raises(RuntimeError, match=r"_hook: tensors\[1\], Tensor .* does not require grad"):
        register_multi_grad_hook((a, autograd.ones(1)), print)
    assert not a.grad_fn and not any(a._node.hooks.values())


def test_two_hooks_in_one_pass():
    a, b, seen = leaf(1.0), leaf(2.0), []
    register_multi_grad_hook((a, b), lambda grads: seen.append(("first", len(grads))))
    register_multi_grad_hook((b,), lambda grads: seen.append(("second", len(grads))))
    (a * b).backward()
    assert sorted(seen) == [("first", 2), ("second", 1)]


def test_passes_in_two_threads_are_two():
    a, seen, inside = leaf(1.0), [], threading.Barrier(2, timeout=20)
    register_multi_grad_hook((a,), lambda grads: seen.append(grads[0].item()))

    def walk(factor):
        h = a * factor
        h.register_hook(lambda g: inside.wait() * 0 or None)
        h.backward()

    threads = [threading.Thread(target=walk, args=(n,)) for n in (3.0, 4.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == [3.0, 4.0]


def test_passes_inside_of_passes_and_passes_that_fail():
    a, b, seen = leaf(1.0), leaf(2.0), []
    register_multi_grad_hook((a, b), lambda grads: seen.append([g and g.item() for g in grads]))
    h = a * 3

    def inner(g):
        with autograd.enable_grad():
            (b * 4).backward()

    h.register_hook(inner)
    (h + b).backward()
    assert seen == [[None, 4.0], [3.0, 1.0]]

    def fails(g):
        raise ValueError("no")

    y = a * 1
    handle = y.register_hook(fails)
    with pytest.raises(ValueError, match="no"):
        (y + b).backward()
    handle.remove()
    assert len(seen) == 2
    (a * 9).backward()
    assert seen[2:] == [[9.0, None]]


def test_a_version_that_is_counted_by_hand():
    x = leaf(1.0, 2.0)
    y = x * 1
    z = y.square()
    increment_version(y)
    with pytest.raises(RuntimeError, match="square saved .* that increment_version has since"):
        z.sum().backward()


def test_gradients_of_a_batch_of_cotangents():
    weight = autograd.randn(3, 2, dtype=autograd.float64, requires_grad=True)
    x = autograd.randn(2, dtype=autograd.float64, requires_grad=True)
    y = weight @ x
    by_weight, by_x = autograd.grad(y, (weight, x), autograd.eye(3, dtype=autograd.float64),
                                    is_grads_batched=True, create_graph=True)
    assert by_x.equal(weight) and by_weight.shape == (3, 3, 2)
    assert by_weight[1, 1].equal(x) and not by_weight[1, 0].any()
    assert autograd.grad(by_x.square().sum(), weight)[0].equal(2 * weight)
    unused, = autograd.grad(y, autograd.ones(1, requires_grad=True), autograd.ones(2, 3),
                            is_grads_batched=True, allow_unused=True, retain_graph=True)
    assert unused is None
    y = weight @ x
    whole, = autograd.grad(y, x, autograd.eye(3, dtype=autograd.float64), is_grads_batched=True)
    assert whole.equal(weight) and not whole.requires_grad
    with pytest.raises(RuntimeError, match="already walked"):
        autograd.grad(y, x, autograd.eye(3, dtype=autograd.float64), is_grads_batched=True)
    again, = autograd.grad(weight @ x, (t for t in [x]), autograd.eye(3, dtype=autograd.float64),
                           is_grads_batched=True)
    assert again.equal(weight)
    y = weight @ x
    for wrong in (None, autograd.tensor(1.0), autograd.ones(0, 3)):
        with pytest.raises(RuntimeError, match="is_grads_batched"):
            autograd.grad(y, x, wrong, is_grads_batched=True)
    with pytest.raises(RuntimeError, match="does not have the shape of its tensor"):
        autograd.grad(y, x, autograd.ones(3, 2), is_grads_batched=True)
