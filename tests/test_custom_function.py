"""User-defined Functions."""

from __future__ import annotations

import gc
import threading
import time
import weakref

import numpy as np
import pytest

import autograd
from tests.leaves import leaf


class Cube(autograd.Function):
    @staticmethod
    def forward(ctx, x, scale=1.0):
        ctx.save_for_backward(x)
        ctx.scale = scale
        return x * x * x * scale

    @staticmethod
    def backward(ctx, g):
        x, = ctx.saved_tensors
        return g * 3 * x * x * ctx.scale, None


class Exp(autograd.Function):
    @staticmethod
    def forward(x):
        return x.exp()

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0]


class SumAndDifference(autograd.Function):
    @staticmethod
    def forward(ctx, a, b):
        assert ctx.needs_input_grad == (True, False)
        return a + b, a - b

    @staticmethod
    def backward(ctx, gs, gd):
        return gs + gd, None


def test_gradient_and_attributes():
    x = leaf(2.0)
    Cube.apply(x, 5.0).sum().backward()
    assert x.grad.item() == 60.0


def test_second_derivative_runs_through_the_users_backward():
    x = leaf(2.0)
    g, = autograd.grad(Cube.apply(x), x, autograd.ones(1), create_graph=True)
    h, = autograd.grad(g, x, create_graph=True)
    assert h.item() == 12.0 and autograd.grad(h, x)[0].item() == 6.0
    y = leaf(0.5)
    first, = autograd.grad(Exp.apply(y).sum(), y, create_graph=True)
    assert autograd.grad(first, y)[0].item() == pytest.approx(np.exp(0.5))


def test_several_outputs():
    a, b = leaf(1.0, 2.0), autograd.ones(2, dtype=autograd.float64)
    s, d = SumAndDifference.apply(a, b)
    (s * 3 + d * 5).sum().backward()
    assert a.grad.tolist() == [8.0, 8.0]
    a.grad = None
    s, _ = SumAndDifference.apply(a, b)
    s.sum().backward()
    assert a.grad.tolist() == [1.0, 1.0]


def test_nothing_is_recorded_inside_or_without_need():
    assert not Exp.apply(autograd.ones(2)).requires_grad
    with autograd.no_grad():
        assert not Exp.apply(leaf(1.0)).requires_grad
    assert Exp.apply(leaf(1.0)).grad_fn.name() == "ExpBackward"


def test_saved_tensors_are_checked_and_freed():
    x = leaf(1.0)
    h = x * 2
    y = Cube.apply(h)
    h.add_(1)
    with pytest.raises(RuntimeError, match="Cube saved .* add_ has since changed"):
        y.backward()
    y = Cube.apply(x)
    y.backward()
    with pytest.raises(RuntimeError, match="already walked"):
        y.backward()


def test_an_output_that_is_an_input():
    class Identity(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 10

    x = leaf(1.0)
    y = Identity.apply(x)
    assert y is not x
    y.backward()
    assert x.grad.item() == 10.0


def test_outputs_without_gradient():
    class WithIndex(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            index = x.detach().long()
            marked = x * 0
            ctx.mark_non_differentiable(marked)
            return x * 2, index, marked

        @staticmethod
        def backward(ctx, g, g_index, g_marked):
            return g * 2

    y, index, marked = WithIndex.apply(leaf(1.0, 2.0))
    assert y.requires_grad and not index.requires_grad and not marked.requires_grad


def test_wrong_returns_are_named():
    class Wrong(autograd.Function):
        result = None

        @staticmethod
        def forward(ctx, a, b):
            return a * b

        @staticmethod
        def backward(ctx, g):
            return Wrong.result

    a, b = leaf(1.0), leaf(2.0)
    Wrong.result = (autograd.ones(1, dtype=autograd.float64),)
    with pytest.raises(RuntimeError, match="Wrong.backward returned 1 gradients for 2 inputs"):
        Wrong.apply(a, b).backward()
    Wrong.result = (autograd.ones(3, dtype=autograd.float64), None)
    with pytest.raises(RuntimeError, match=r"Wrong: the rule for a returned .*\(3,\).*\(1,\)"):
        Wrong.apply(a, b).backward()
    Wrong.result = (1.0, None)
    with pytest.raises(TypeError, match="gradient 0 must be a Tensor or None, got float"):
        Wrong.apply(a, b).backward()


def test_bad_forward_and_missing_methods():
    class NoTensor(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return 3

    with pytest.raises(TypeError, match="NoTensor.forward must return Tensors, got int 3"):
        NoTensor.apply(leaf(1.0))
    class OneWay(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

    class Bare(autograd.Function):
        @staticmethod
        def foward(ctx, x):
            return x

    class Split(autograd.Function):
        @staticmethod
        def setup_context(ctx, inputs, output):
            pass

    with pytest.raises(NotImplementedError, match=r"^Function needs a static method forward\(ctx"):
        autograd.Function.apply(leaf(1.0))
    with pytest.raises(NotImplementedError, match=r"^Bare needs .*; did you mean 'foward'\?"):
        Bare.apply(leaf(1.0))
    with pytest.raises(NotImplementedError, match=r"^Split needs .* method forward\(\*inputs"):
        Split.apply(leaf(1.0))
    with pytest.raises(NotImplementedError, match=r"OneWay needs a static method backward\(ctx"):
        OneWay.apply(leaf(1.0)).backward()


def test_dirty_inputs():
    class AddOne(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x.add_(1)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, g):
            return g

    assert AddOne.apply(autograd.zeros(2)).tolist() == [1.0, 1.0]
    with pytest.raises(RuntimeError, match="requires grad and was marked dirty"):
        AddOne.apply(leaf(1.0))

    class Stranger(AddOne):
        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x + 1)
            return x.clone()

    with pytest.raises(RuntimeError, match=r"Stranger: mark_dirty .*got another Tensor \(2,\) flo"):
        Stranger.apply(autograd.zeros(2))


class Kept(autograd.Function):
    """x³ by a backward that uses x² or x³ from forward, kept in one of several ways."""

    @staticmethod
    def forward(ctx, x, how):
        square, ctx.how = x * x, how
        cube = square * x
        if how == "saved inner":
            ctx.save_for_backward(x, square)
        elif how == "attribute inner":
            ctx.save_for_backward(x)
            ctx.square = square
        elif how == "attribute output":
            ctx.save_for_backward(x)
            ctx.cube = cube
        else:
            ctx.save_for_backward(x, cube)
        return (cube, cube * 2, x.long()) if how == "one of several outputs" else cube

    @staticmethod
    def backward(ctx, g, *others):
        x, *more = ctx.saved_tensors
        if "inner" in ctx.how:
            square = more[0] if more else ctx.square
        else:
            square = (more[0] if more else ctx.cube) / x
        return (g + (others[0] * 2 if others else 0)) * (x * x + 2 * square), None


@pytest.mark.parametrize("how", ["saved inner", "attribute inner"])
def test_a_value_made_inside_forward_is_not_differentiated_in_silence(how):
    x = leaf(2.0)
    assert autograd.grad(Kept.apply(x, how), x)[0].item() == 12.0
    first, = autograd.grad(Kept.apply(x, how), x, create_graph=True)
    assert first.item() == 12.0
    with pytest.raises(RuntimeError, match="Kept: its backward uses a value that its forward comp"):
        autograd.grad(first, x, retain_graph=True)
    with pytest.raises(RuntimeError, match="Kept: its backward uses"):
        first.backward()


@pytest.mark.parametrize("how", ["saved output", "attribute output", "one of several outputs"])
def test_outputs_that_backward_uses_are_differentiated(how):
    x = leaf(2.0)
    result = Kept.apply(x, how)
    out = result[0] + 0 * result[1] if isinstance(result, tuple) else result
    first, = autograd.grad(out, x, create_graph=True)
    assert first.item() == 12.0 and autograd.grad(first, x)[0].item() == pytest.approx(12.0)


def test_a_value_on_ctx_is_freed_with_the_graph():
    """Also where backward has read it, which is no reason to put it back."""
    kept = []

    class Square(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.twice, ctx.calls = x * 2, 0
            kept.append(ctx)
            return x * x

        @staticmethod
        def backward(ctx, g):
            ctx.calls += 1
            return g * ctx.twice

    x = leaf(3.0)
    Square.apply(x).sum().backward()
    assert x.grad.item() == 6.0 and kept[0].calls == 1 and not hasattr(kept[0], "twice")


def test_an_attribute_that_somebody_overwrites():
    x = leaf(2.0)
    y = Kept.apply(x, "attribute output")
    y.detach().mul_(3)
    with pytest.raises(RuntimeError, match="Kept saved .* mul_ has since changed"):
        y.backward()


def test_an_integer_output_that_backward_uses():
    class Doubled(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            places = x.argsort()
            ctx.save_for_backward(places)
            return x * 2, places

        @staticmethod
        def backward(ctx, g, _):
            places, = ctx.saved_tensors
            return g.gather(0, places).gather(0, places.argsort()) * 2

    x = leaf(3.0, 1.0, 2.0)
    first, = autograd.grad((Doubled.apply(x)[0] ** 2).sum(), x, create_graph=True)
    assert first.tolist() == [24.0, 8.0, 16.0]
    assert autograd.grad(first.sum(), x)[0].tolist() == [8.0, 8.0, 8.0]


@pytest.mark.parametrize("how", ["attribute output", "attribute inner", "saved output"])
def test_what_forward_keeps_makes_no_circle(how):
    gc.collect()
    gc.disable()
    try:
        y = Kept.apply(leaf(1.0), how)
        node = weakref.ref(y.grad_fn)
        del y
        assert node() is None
    finally:
        gc.enable()


def test_freed_without_the_collector():
    gc.collect()
    gc.disable()
    try:
        x = leaf(1.0)
        y = Exp.apply(x)
        node = weakref.ref(y.grad_fn)
        del y
        assert node() is None
    finally:
        gc.enable()


class Same(autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x

    @staticmethod
    def backward(ctx, g):
        return g


def test_an_output_that_is_an_input_shares_its_memory():
    y = leaf(1.0, 2.0) * 1
    z = Same.apply(y)
    with pytest.raises(RuntimeError, match="cannot write in place through an input that Same.forw"):
        z.mul_(3)
    y.mul_(3)
    with pytest.raises(RuntimeError, match=r"an input that Same.forward returned, .* mul_ changed"):
        (y + z).sum()
    with pytest.raises(RuntimeError, match="an input that Same.forward returned"):
        Same.apply(leaf(1.0)).mul_(3)


def test_attributes_of_ctx_are_checked_kept_and_each_walks_own():
    class Counted(autograd.Function):
        @staticmethod
        def forward(ctx, x, w):
            ctx.w, ctx.calls, ctx.root = w, autograd.tensor(0.0, dtype=autograd.float64), x.exp()
            return x * w

        @staticmethod
        def backward(ctx, g):
            ctx.calls = ctx.calls + 1
            time.sleep(0.001)
            return g * ctx.w * ctx.calls + 0 * ctx.root, None

    x, w = leaf(2.0), autograd.tensor([5.0], dtype=autograd.float64)
    y = Counted.apply(x, w)
    y.backward(retain_graph=True)
    y.backward(retain_graph=True)
    assert x.grad.item() == 15.0
    failed = []

    def walk():
        try:
            for _ in range(10):
                autograd.grad(y, x, retain_graph=True)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=walk) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    w.add_(1)
    with pytest.raises(RuntimeError, match="Counted saved a tensor .* add_ has since changed"):
        y.backward()
