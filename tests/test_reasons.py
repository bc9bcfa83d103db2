"""Why a gradient is what it is: causes that were planted, each with its line."""

from __future__ import annotations

import threading
import warnings
from pathlib import Path

import numpy as np
import pytest

import autograd
import autograd.ops
import nn
from autograd import reasons
from autograd.hooks import LOOKING
from autograd.node import KIND, Node
from autograd.record import REGISTRY
from autograd.viz.names import op_called
from tests.leaves import leaf_or_scalar as leaf

F = nn.functional
HERE = Path(__file__)


def under_no_grad(w):
    with autograd.no_grad():
        h = w * 3  # no_grad
    return h.sum() * autograd.ones(1, requires_grad=True)


def logged_and_cut(w):
    h = w * 2
    print(h.detach().sum().item(), (h > 0).sum())  # logged
    with autograd.no_grad():
        h = h.exp()  # logged_no_grad
    return h.sum()


def through_numpy(w):
    h = w.tanh()
    return autograd.from_numpy(h.detach().numpy() * 2).sum()  # numpy


PLANTED = {
    "item, alone": lambda w: autograd.tensor(w.sum().item()),  # item, alone
    "nan, complex": lambda w: (w - 2 + 0j).log().real.sum(),  # nan, complex
    "detach": lambda w: (w * 2).detach().sum(),  # detach
    "data": lambda w: (w.data * 2).sum(),  # data
    "item": lambda w: autograd.tensor(w.sum().item()) * 2,  # item
    "tolist": lambda w: autograd.tensor(w.tolist()).sum() * 2,  # tolist
    "no gradient": lambda w: (w * 2).long().float().sum(),  # no gradient
    "no gradient, argmax": lambda w: w.argmax().float() * 2,  # no gradient, argmax
    "no gradient, gt": lambda w: (w > 2.5).float().sum(),  # no gradient, gt
    "no_grad": under_no_grad,
    "detach, numpy": through_numpy,
    "dead": lambda w: (w * -3).relu().sum(),  # dead
    "saturated": lambda w: (w * 1000).sigmoid().sum(),  # saturated
    "saturated, tanh": lambda w: F.tanh(w * 1000).sum(),  # saturated, tanh
    "saturated, nearly": lambda w: (w * 20).sigmoid().sum(),  # saturated, nearly
    "vanishing": lambda w: (w * 1e-20).sum(),  # vanishing
    "masked": lambda w: (w.exp() * autograd.zeros(2)).sum(),  # masked
    "masked, where": lambda w: autograd.where(w > 100, w, 1).sum(),  # masked, where
    "masked, fill": lambda w: w.masked_fill(w > 0, 0.0).sum(),  # masked, fill
    "clamped": lambda w: w.clamp(0, 1).sum(),  # clamped
    "constant": lambda w: w.round().sum(),  # constant
    "infinite": lambda w: (w - 2).sqrt().sum(),  # infinite
    "nan": lambda w: (w - 2.5).log().sum(),  # nan
    "huge": lambda w: w.exp().exp().sum(),  # huge
}


@pytest.mark.parametrize("plant", PLANTED)
@pytest.mark.filterwarnings("ignore:.*invalid value")
def test_a_planted_cause_is_named_with_its_line(plant):
    w = leaf(2.0, 3.0)
    found = autograd.why(w, lambda: PLANTED[plant](w))
    lines = HERE.read_text("utf-8").splitlines()
    mark = "numpy" if plant == "detach, numpy" else plant
    line = 1 + next(i for i, line in enumerate(lines) if line.endswith(f"  # {mark}"))
    assert found.cause == plant.split(",")[0]
    assert found.where == f"{HERE}:{line}" and found.where in str(found)
    assert w.grad is None and w.tolist() == [2.0, 3.0]


def test_causes_that_have_no_line():
    w, other = leaf(2.0, 3.0), leaf(1.0)
    assert autograd.why(autograd.ones(2), lambda: other).cause == "frozen"
    assert autograd.why(w * 2, lambda: (w * 2).sum()).cause == "computed"
    unused = autograd.why(w, lambda: other * 2)
    assert unused.cause == "unused" and "is it, or its module, used" in str(unused)
    assert autograd.why(w, lambda: (w * 2, other * 2)[1]).cause == "unused"
    assert autograd.why(w, lambda: (w - w).sum()).cause == "zero"
    with pytest.warns(UserWarning, match="a Tensor in the list"):
        assert autograd.why(w, lambda: autograd.tensor([w[0] * 2, w[1]]).sum()).cause == "no graph"
    frozen = np.ones(2)
    frozen.flags.writeable = False
    v = autograd.from_numpy(frozen).requires_grad_()
    assert autograd.why(v, lambda: (v * 2).detach().sum()).cause == "detach"
    assert v.tolist() == [1.0, 1.0]
    small = autograd.tensor([1.0], dtype=autograd.float16, requires_grad=True)
    assert "norm 1.001e-05" in str(autograd.why(small, lambda: (small * 1e-5).sum()))
    empty = autograd.ones(0, requires_grad=True)
    assert str(autograd.why(empty, lambda: empty.sum())) == "The gradient has no elements"
    old = (w * w).sum()
    old.backward()
    freed = autograd.why(w, lambda: old)
    assert freed.cause == "freed" and "pass retain_graph=True the first time" in str(freed)
    fine = autograd.why(w, lambda: (w * autograd.tensor([1.0, 0.0])).sum())
    assert fine.cause == "fine" and str(fine).endswith("from 0 to 1, 50% of it zero")


def test_what_is_only_logged_is_named_after_what_cuts(capsys):
    w = leaf(2.0, 3.0)
    found = autograd.why(w, lambda: logged_and_cut(w))
    lines = HERE.read_text("utf-8").splitlines()
    cut = 1 + next(i for i, line in enumerate(lines) if line.endswith("# logged_no_grad"))
    assert f":{cut}" in str(found)


def test_a_layer_of_a_network():
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.BatchNorm1d(8), nn.Dropout(),
                          nn.Linear(8, 3))
    x, y = autograd.randn(6, 4), autograd.tensor([0, 1, 2, 0, 1, 2])
    before = autograd.get_rng_state()
    for parameter in model.parameters():
        assert autograd.why(parameter, lambda: F.cross_entropy(model(x), y)).cause == "fine"
    assert autograd.get_rng_state() == before
    with autograd.no_grad():
        model[0].bias.fill_(-100.0)
    dead = autograd.why(model[0].weight, lambda: F.cross_entropy(model(x), y))
    assert dead.cause == "dead" and dead.where.startswith(str(HERE))


def test_nothing_is_left_changed():
    w = leaf(2.0, 3.0)
    w.grad = autograd.tensor([7.0, 7.0], dtype=autograd.float64)
    forward = REGISTRY["mul"].function.__globals__["forward"]
    methods = {name: vars(autograd.Tensor)[name] for name in ("detach", "data", "item")}

    def fails():
        if w[0] != 2:
            raise ValueError("other numbers")
        return (w * 2).detach().sum()

    assert autograd.why(w, fails).cause == "detach"
    with pytest.raises(ZeroDivisionError):
        autograd.why(w, lambda: 1 / 0)
    assert w.grad.tolist() == [7.0, 7.0] and w.tolist() == [2.0, 3.0]
    assert REGISTRY["mul"].function.__globals__["forward"] is forward
    assert all(vars(autograd.Tensor)[name] is method for name, method in methods.items())
    assert KIND[0] is Node and LOOKING == []


def test_what_does_not_fit_says_so():
    w = leaf(2.0)
    for arguments, text in [((3, lambda: w), "why: the first argument must be a Tensor, got int"),
                            ((w, w), "such as lambda: criterion\\(model\\(x\\), y\\), got Tensor"),
                            ((w, lambda: None), "must return the loss, one number as a Tensor"),
                            ((w, lambda: w * np.ones(2)), "must return the loss, one number")]:
        with pytest.raises(TypeError, match=text):
            autograd.why(*arguments)


def test_a_sound_gradient_raises_no_warning():
    w = leaf(2.0, 3.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert autograd.why(w, lambda: (w * 2).sum()).cause == "fine"


def test_other_threads_are_left_out():
    ended = threading.Event()

    def compute():
        while not ended.is_set():
            (leaf(1.0) * 2).detach().sum().item()

    thread = threading.Thread(target=compute)
    thread.start()
    try:
        w = leaf(2.0, 3.0)
        causes = {autograd.why(w, lambda: (w * 2).detach().sum()).cause for _ in range(20)}
    finally:
        ended.set()
        thread.join()
    assert causes == {"detach"}


def test_the_causes_are_of_ops_that_there_are():
    autograd.ops.load_all()
    assert set(reasons._ZERO) <= {op_called(name) for name in REGISTRY}
