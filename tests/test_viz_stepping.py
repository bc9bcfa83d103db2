"""The backward pass step by step: the very gradients of backward(), names and rules."""

from __future__ import annotations

import ast
import threading
from html.parser import HTMLParser

import numpy as np
import pytest

import autograd
import autograd.ops
import nn
from autograd.hooks import LOOKING
from autograd.record import REGISTRY
from autograd.viz.rules import rule_text
from tests.leaves import leaf_or_scalar as leaf

autograd.ops.load_all()


def network():
    autograd.manual_seed(5)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(),
                         nn.Linear(32, 8), nn.LayerNorm(8), nn.Dropout(0.3), nn.Linear(8, 3))


def loss_of(model):
    autograd.manual_seed(6)
    x, y = autograd.randn(4, 1, 6, 6), autograd.tensor([0, 2, 1, 1])
    return nn.functional.cross_entropy(model(x), y) + model[0].weight.square().sum()


def test_it_ends_with_the_gradients_of_backward_bit_for_bit():
    one, other = network(), network()
    loss_of(one).backward()
    found = autograd.steps(loss_of(other))
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        assert a.grad.numpy().tobytes() == b.grad.numpy().tobytes()
    arrived = {step.result: step.incoming for step in found if step.op == "accumulate"}
    assert {f"other.{name}" for name, _ in other.named_parameters()} == set(arrived)
    for name, parameter in other.named_parameters():
        assert arrived[f"other.{name}"].equal(parameter.grad)
    assert LOOKING == []


def test_what_a_step_knows():
    w, x, b = leaf(2.0), autograd.tensor(3.0, dtype=autograd.float64), leaf(1.0)
    h = w * x
    y = h + b
    loss = y.tanh()
    tanh, add, b_, mul, w_ = autograd.steps(loss)
    assert [s.op for s in (tanh, add, b_, mul, w_)] == [
        "tanh", "add", "accumulate", "mul", "accumulate"]
    slope = 1 - np.tanh(7.0) ** 2
    assert (tanh.result, add.result, mul.result, w_.result) == ("loss", "y", "h", "w")
    assert tanh.incoming.item() == 1.0 and tanh.inputs == ("y",)
    assert tanh.outgoing[0].item() == pytest.approx(slope, rel=1e-12)
    assert add.inputs == ("h", "b") and add.rule[0] == "g"
    assert mul.inputs == ("w", "other") and mul.rule[0] == "g * other"
    assert mul.outgoing[1] is None and mul.outgoing[0].item() == pytest.approx(3 * slope)
    assert w_.outgoing == () and w_.rule == ("added to .grad",)


def test_a_gradient_that_is_added_to_later_stays_what_it_was():
    x = leaf(1.0, 2.0)
    y = x * 1
    found = autograd.steps((y * 2 + y * 3 + y * 4).sum())
    sums = [step for step in found if step.op == "mul" and step.result == "y"]
    assert sums[0].incoming.tolist() == [9.0, 9.0]
    products = [s.outgoing[0].tolist()[0] for s in found if s.op == "mul" and s.result != "y"]
    assert sorted(products) == [2.0, 3.0, 4.0]


def test_several_roots_weights_and_several_results():
    x = leaf(1.0, 2.0, 3.0)
    a, b = (x * x).split([1, 2])
    found = autograd.steps((a, b), (autograd.tensor([10.0]), autograd.tensor([1.0, 0.0])))
    split = found[0]
    assert split.op == "split" and [g.tolist() for g in split.incoming] == [[10.0], [1.0, 0.0]]
    assert x.grad.tolist() == [20.0, 4.0, 0.0]
    with pytest.raises(RuntimeError, match="^steps: a gradient can be created only for a scalar"):
        autograd.steps(x * 2)
    with pytest.raises(RuntimeError, match="already walked"):
        autograd.steps(a)


def test_names_that_are_given():
    model = nn.Linear(2, 1)
    x = autograd.ones(1, 2)
    found = autograd.steps(model(x).sum(), names={"layer": model}, retain_graph=True)
    assert found[1].inputs == ("input", "layer.weight", "layer.bias")
    with pytest.raises(TypeError, match='steps: names must be a dict such as {"w": w}'):
        autograd.steps(model(x).sum(), names=model)


def test_half_precision_and_functions_of_the_users():
    class Twice(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2

    x = autograd.tensor([1.0, 2.0], dtype=autograd.float16, requires_grad=True)
    twice, _ = autograd.steps(Twice.apply(x).sum())[1:]
    assert twice.op == "Twice" and twice.rule == ("Twice.backward",)
    assert twice.incoming.dtype == autograd.float16


def test_anomaly_detection_holds_inside():
    x = leaf(1.0, 0.0)
    with autograd.detect_anomaly():
        with pytest.raises(RuntimeError, match="'MulBackward0' returned nan"):
            autograd.steps((x * 0).sqrt().sum())
        with pytest.raises(RuntimeError, match="added its gradient for input to those"):
            autograd.steps((x.sqrt() - x.sqrt()).sum())
        assert len(LOOKING) == 1


def test_the_tables():
    x = leaf(3.0)
    y = x * x
    found = autograd.steps(y)
    assert repr(found[1]) == "accumulate x 6 added to .grad"
    assert repr(found[0]) == "mul y 1 x g * other 3\nx g * input 3"
    lines = repr(found).splitlines()
    assert [line[:1] for line in lines] == [" ", "1", " ", "2"]
    assert len({line.find("g * ") for line in lines[1:3]}) == 1

    parts = [leaf(1.0).reshape(1) for _ in range(150)]
    assert repr(autograd.steps(autograd.cat(parts).sum())).count("  [1]") == 300
    z = autograd.tensor([1j], requires_grad=True)
    rules = [step.rule[0] for step in autograd.steps(z.sin().exp().real.sum())]
    assert "g * conj(out)" in rules and "g * conj(cos(input))" in rules
    layer = nn.Linear(2, 1)
    assert "g.mT @ input …" in repr(autograd.steps(layer(autograd.ones(1, 2)).sum()))

    class Cells(HTMLParser):
        cells: list = []

        def handle_data(self, data):
            self.cells.append(data)

    Cells().feed(found._repr_html_())
    assert "g * other" in Cells.cells and "added to .grad" in Cells.cells


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_rule_has_a_text_that_is_python(name):
    op = REGISTRY[name]
    for position, given in enumerate(op.inputs):
        text = rule_text(op, position)
        assert bool(text) == (given in op.rule_names)
        if text:
            named = {node.id for node in ast.walk(ast.parse(text, mode="eval"))
                     if isinstance(node, ast.Name)}
            missing = named & set(op.saved_names) - set(op.rule_saves[op.rule_names.index(given)])
            assert not missing, f"{text} names {missing}, which the rule does not get"


def test_other_threads_are_left_out():
    ended, found = threading.Event(), []

    def compute():
        while not ended.is_set():
            (leaf(1.0) * 2).tanh().backward()

    thread = threading.Thread(target=compute)
    thread.start()
    try:
        for _ in range(20):
            found.append(autograd.steps((leaf(3.0) * 2).exp()))
    finally:
        ended.set()
        thread.join()
    assert {tuple(step.op for step in steps) for steps in found} == {("exp", "mul", "accumulate")}


def test_passes_inside_of_the_pass_are_left_out_and_detection_may_change_meanwhile():
    x, w = leaf(3.0), leaf(1.0)
    y = x * 2

    def inner(g):
        assert not autograd.is_anomaly_enabled()
        autograd.set_detect_anomaly(False)
        with autograd.enable_grad():
            (w * 5).backward()

    y.register_hook(inner)
    assert [step.op for step in autograd.steps(y.exp())] == ["exp", "mul", "accumulate"]
    assert w.grad.item() == 5.0 and LOOKING == []


def test_variables_that_answer_to_every_name():
    class Odd:
        def __getattr__(self, name):
            raise RuntimeError(name)

    odd = Odd()
    assert len(autograd.steps(leaf(1.0) * 2)) == 2 and type(odd) is Odd
