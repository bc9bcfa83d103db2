"""leaks: graphs that outlive their step, and the variable that keeps them."""

from __future__ import annotations

import sys
import weakref
from collections import deque
from pathlib import Path

import pytest

import autograd
import nn
import optim
from autograd.node import KIND, Node

F = nn.functional
HERE = Path(__file__)
KEPT: list = []


def line(mark: str) -> str:
    lines = HERE.read_text("utf-8").splitlines()
    return f"{HERE}:{1 + next(i for i, line in enumerate(lines) if line.endswith('  # ' + mark))}"


class Program:
    """A small training, whose steps are right or keep too much."""

    def __init__(self):
        self.model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
        self.optimizer = optim.Adam(self.model.parameters(), 0.01)
        self.x, self.y = autograd.randn(16, 4), autograd.randn(16, 1)
        self.history = {"loss": []}
        self.recent: deque = deque(maxlen=3)
        self.total = 0.0

    def train(self):
        loss = F.mse_loss(self.model(self.x), self.y)  # loss
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss

    def right(self):
        loss = self.train()
        self.history["loss"].append(loss.item())
        self.total += loss.item()
        self.recent.append(loss)
        self.last = loss

    def into_a_dict(self):
        self.history["loss"].append(self.train())  # into a dict

    def added_up(self):
        self.total = self.total + self.train()  # added up


def test_a_list_of_losses_is_named_with_its_line():
    program, losses = Program(), []

    def step():
        loss = program.train()
        losses.append(loss)  # list

    found = autograd.leaks(step, n=6)
    assert len(found) == 1
    leak = found[0]
    assert (leak.holder, leak.kind, leak.nodes, leak.nbytes) == ("losses", "list of 7", 4, 0)
    assert leak.line == line("list") and leak.made == f"mse_loss made at {line('loss')}"
    assert "losses.append(loss.item())" in str(leak) and ".detach()" in str(leak)
    assert str(found) == f"leaks:\n  {leak}" and len(losses) == 7
    assert KIND[0] is Node


def test_a_total_of_tensors_is_named():
    program = Program()
    total = autograd.zeros(())

    def step():
        nonlocal total
        total = total + program.train()  # total

    found = autograd.leaks(step)
    assert [(leak.holder, leak.nodes) for leak in found] == [("total", 5)]
    assert found[0].line == line("total") and f"add made at {line('total')}" in found[0].made
    assert "total += loss.item()" in str(found)


def test_attributes_of_the_program_are_followed():
    found = autograd.leaks(Program().into_a_dict)
    assert [(leak.holder, leak.kind) for leak in found] == [("self.history['loss']", "list of 11")]
    assert found[0].line == line("into a dict")
    found = autograd.leaks(Program().added_up)
    assert [leak.holder for leak in found] == ["self.total"] and found[0].line == line("added up")


def test_globals_and_memory_of_graphs_that_were_not_walked():
    program = Program()

    def step():
        KEPT.append(program.model(program.x))

    try:
        found = autograd.leaks(step)
    finally:
        KEPT.clear()
    assert [(leak.holder, leak.nodes) for leak in found] == [("KEPT", 3)]
    assert found[0].nbytes == 4 * (16 * 8)  # what relu saved; the rest is the program's own
    assert "3 nodes and 512 bytes more" in str(found)


def test_a_state_that_is_never_cut_off():
    cell, x = nn.RNNCell(3, 5), autograd.randn(2, 3)
    hidden = autograd.zeros(2, 5)

    def step():
        nonlocal hidden
        hidden = cell(x, hidden)

    assert [leak.holder for leak in autograd.leaks(step)] == ["hidden"]

    def cut():
        nonlocal hidden
        hidden = cell(x, hidden.detach())

    assert not autograd.leaks(cut)


def test_results_without_a_graph_count_if_they_are_large():
    outputs = []

    def step():
        outputs.append(autograd.zeros(1000))  # outputs

    found = autograd.leaks(step)
    assert [(leak.holder, leak.nodes, leak.nbytes) for leak in found] == [("outputs", 0, 4000)]
    assert found[0].line == line("outputs") and "without a graph" in str(found)
    few = []
    assert not autograd.leaks(lambda: few.append(autograd.zeros(3)))


def test_right_programs_leak_nothing():
    program = Program()
    found = autograd.leaks(program.right)
    assert found == [] and str(found) == "leaks: none in 10 steps"
    assert len(program.history["loss"]) == 11  # one step before, ten that are watched


def test_what_no_variable_leads_to_is_told_as_well():
    program, hidden = Program(), []

    class Closed:
        __slots__ = ("keep",)

    keeper = Closed()
    keeper.keep = hidden.append
    del hidden

    def step():
        keeper.keep(program.train())

    found = autograd.leaks(step)
    assert [leak.holder for leak in found] == ["what no variable of the step leads to"]
    assert found[0].nodes == 4 and line("loss") in str(found)


@pytest.mark.parametrize(("step", "n", "kind", "words"), [
    (3, 10, TypeError, "step must be a function without arguments .* got int 3"),
    (Program, 10, TypeError, "got the class Program; write"),
    (lambda: None, 2, ValueError, "n must be at least 3"),
])
def test_what_is_no_step_is_refused(step, n, kind, words):
    with pytest.raises(kind, match=words):
        autograd.leaks(step, n)


def test_a_step_that_fails_leaves_no_watch():
    with pytest.raises(ZeroDivisionError):
        autograd.leaks(lambda: 1 / 0)
    assert KIND[0] is Node


class _Anything:
    """As a module of another library may be: its attributes are no dict."""

    __dict__ = property(lambda self: self)  # type: ignore[assignment]

    def __getattr__(self, name):
        return self


def test_what_leads_to_everything_is_not_walked_through():
    everything, w = (sys, _Anything()), autograd.ones(2, requires_grad=True)
    kept = []

    def step():
        assert everything
        kept.append((w * w).sum())

    leak, = autograd.leaks(step)
    assert leak.holder == "kept"


@pytest.mark.parametrize(("keep", "holder", "advice"), [
    (lambda held, loss: held.update({len(held): loss}), "held", "held[key] = loss.item()"),
    (lambda held, loss: held.setdefault("a", []).append(loss), "held['a']",
     "held['a'].append(loss.item())"),
])  # fmt: skip
def test_the_advice_fits_the_holder(keep, holder, advice):
    held, w = {}, autograd.ones(2, requires_grad=True)
    leak, = autograd.leaks(lambda: keep(held, (w * w).sum()))
    assert leak.holder == holder and advice in str(leak)


def test_of_a_holder_that_is_not_found_no_code_is_advised():
    w = autograd.ones(2, requires_grad=True)
    leak, = autograd.leaks(lambda: (w * w).sum().backward(create_graph=True))
    assert "create_graph" in str(leak) and "loss.item()" not in str(leak)


def test_proxies_of_what_is_gone_are_passed_by():
    thing = Program()
    proxies = [weakref.proxy(thing)]
    del thing
    with pytest.raises(ReferenceError):
        proxies[0].right()
    assert not autograd.leaks(Program().right)
