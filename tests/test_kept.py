"""memory_report: each piece of memory that a graph keeps, once, and who holds it."""

from __future__ import annotations

import gc
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
from autograd.node import KIND, Node
from tests.leaves import leaf_or_scalar as leaf

F = nn.functional
HERE = Path(__file__)


class Net(nn.Module):
    """Layers of several kinds, one of them used twice."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3)
        self.body = nn.Sequential(nn.Linear(48, 20), nn.Tanh())
        self.memory, self.head = nn.LSTM(20, 5), nn.Linear(5, 5)

    def forward(self, x):
        x = F.relu(self.norm(self.conv(x))).flatten(1)
        x, _ = self.memory(self.body(x).unsqueeze(0))
        return self.head(F.dropout(self.head(x[0]), 0.5))


def line(mark: str) -> str:
    lines = HERE.read_text("utf-8").splitlines()
    return f"{HERE}:{1 + next(i for i, line in enumerate(lines) if line.endswith('  # ' + mark))}"


def freed(make) -> int:
    """Bytes of arrays that dropping a loss frees, as NumPy told tracemalloc."""
    def arrays() -> int:
        domain = tracemalloc.DomainFilter(True, np.lib.tracemalloc_domain)
        taken = tracemalloc.take_snapshot().filter_traces([domain])
        return sum(trace.size for trace in taken.traces)

    make()  # what is made once, and kept, is there
    gc.collect()
    tracemalloc.start()
    try:
        loss = make()
        before = arrays()
        report = autograd.memory_report(loss, names={"m": MODEL[0], "x": INPUT[0], "y": INPUT[1]})
        own = report.own + loss.nbytes  # the loss itself goes as well
        del report, loss
        gc.collect()
        return before - arrays() - own
    finally:
        tracemalloc.stop()


MODEL: list = []
INPUT: list = []


@pytest.mark.parametrize("make", [
    lambda m, x, y: F.cross_entropy(m(x), y),
    lambda m, x, y: F.cross_entropy(m(x), y) + F.cross_entropy(m(2 * x), y),
    lambda m, x, y: (m(x).softmax(1) ** 2).sum() + (x[:, 0] * m.conv.weight[0, 0, 0, 0]).sum(),
    lambda m, x, y: autograd.cat([m(x), m(x).exp()]).split(3)[0].max(1)[0].sum(),
    lambda m, x, y: m.head(autograd.utils.checkpoint.checkpoint(
        m.body, x.repeat(1, 1, 2, 1).flatten(1)[:, :48])[:, :5]).sum(),
])
def test_the_sum_is_what_dropping_the_graph_frees(make):
    MODEL[:] = [Net()]
    INPUT[:] = [autograd.randn(6, 1, 6, 6), autograd.randint(0, 5, (6,))]
    assert freed(lambda: make(MODEL[0], *INPUT)) == 0


def test_each_memory_stands_once_with_op_module_line_and_owner():
    model, x = Net(), autograd.randn(6, 1, 6, 6)
    y = autograd.randint(0, 5, (6,))

    def step():
        h = model(x)
        return F.cross_entropy(h, y) + (h.exp() * h.exp()).sum()  # here

    report = autograd.memory_report(step)
    rows = {(row.op, row.module): row for row in report.rows}
    assert rows["tanh out", "model.body.1"].nbytes == 6 * 20 * 4
    assert rows["tanh out", "model.body.1"].uses == 2  # and the LSTM reads it
    assert rows["conv2d input", "model.conv"].owner == "x"
    assert rows["lstm w_ih", "model.memory"].owner == "model.memory.weight_ih_l0"
    assert rows["linear weight", "model.head"].uses == 2
    assert rows["exp out", ""].where == line("here")
    assert rows["relu out", "model"].where.startswith(f"{HERE}:")
    assert sum(report.modules().values()) == report.nbytes == sum(row.nbytes for row in report.rows)
    assert [row.nbytes for row in report.rows] == sorted(
        [row.nbytes for row in report.rows], reverse=True)
    assert KIND[0] is Node
    assert not (model._hooks and model._hooks.forward)


def test_of_a_graph_that_is_there_modules_are_those_of_parameters():
    model, x = Net(), autograd.randn(6, 1, 6, 6)
    rows = {row.op: row for row in autograd.memory_report(model(x).sum()).rows}
    assert rows["lstm gates"].module == "model.memory" and rows["lstm gates"].where == ""
    assert rows["tanh out"].module == ""


def test_views_count_the_memory_that_they_hold():
    x, w = autograd.randn(100), leaf(2.0)
    loss = (x[:3] * w).sum() + (x[50:53] * w).sum()
    report = autograd.memory_report(loss, names={})
    assert [(row.nbytes, row.uses, row.shape) for row in report.rows] == [(400, 2, "(3,)")]
    assert report.own == report.nbytes == 400
    assert autograd.memory_report(loss).own == 0  # x has a name here


def test_what_a_function_saves_and_what_hooks_made_of_it():
    class Scaled(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            ctx.factor = np.ones(50)
            return x * 3

        @staticmethod
        def backward(ctx, g):
            return g * 3

    x = autograd.randn(10, requires_grad=True)
    report = autograd.memory_report(Scaled.apply(x).sum(), names={})
    assert sorted(row.nbytes for row in report.rows) == [40, 400]
    with autograd.graph.saved_tensors_hooks(lambda t: t.half(), lambda t: t.float()):
        loss = x.exp()
    assert [row.nbytes for row in autograd.memory_report(loss, names={}).rows] == [20]


def test_nothing_is_kept_after_the_backward_pass():
    x = autograd.randn(10, requires_grad=True)
    loss = x.exp().sum()
    loss.backward()
    report = autograd.memory_report(loss)
    assert report.nbytes == 0 and not report.rows
    assert str(report).endswith("0 bytes are kept for the backward pass, 0 of them by the graph "
                                "alone")


def test_the_table_shows_the_largest_and_the_page_all():
    x = autograd.randn(10, requires_grad=True)
    y = x
    for _ in range(30):
        y = y.exp()
    report = autograd.memory_report(y)
    text = str(report).splitlines()
    assert text[0].split() == ["bytes", "shape", "op", "module", "line", "also", "held", "by"]
    assert text[-2] == "… and 10 more, 400 bytes" and len(text) == 23
    page = autograd.memory_report(lambda: y * 1, names={"<y>": x})._repr_html_()
    assert page.count("<tr>") == 31 and "exp out" in page and "overflow-x:auto" in page


@pytest.mark.parametrize(("given", "kind", "words"), [
    (3, TypeError, "must be a Tensor, or a function that returns it, got int 3"),
    (lambda: None, TypeError, "got NoneType"),
    (autograd.ones(3), RuntimeError, "has no graph, as nothing that it was computed from requires"),
])
def test_what_has_no_graph_is_refused(given, kind, words):
    with pytest.raises(kind, match=words):
        autograd.memory_report(given)


def test_names_must_be_a_dict():
    with pytest.raises(TypeError, match="names must be a dict such as"):
        autograd.memory_report(leaf(1.0) * 2, names=[Net()])


def test_a_function_that_fails_leaves_no_watch():
    model = Net()
    with pytest.raises(RuntimeError, match="conv2d: input must be"):
        autograd.memory_report(lambda: model(autograd.ones(3)))
    assert KIND[0] is Node
    assert not model._hooks.forward and not model.conv._hooks.forward_pre
