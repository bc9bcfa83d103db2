"""Muon, tensor learning rates, names, switches, hooks and scheduler.step(epoch) against PyTorch."""

import warnings
from importlib import import_module

import numpy as np
import pytest

import autograd
import optim

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

RNG = np.random.default_rng(1)
START = [RNG.standard_normal((3, 5)), RNG.standard_normal((6, 3))]


def run(t, build, steps=20, schedule=None, epochs=None):
    """The parameters and rates after each step on a product of two matrices."""
    params = [t.tensor(start, requires_grad=True) for start in START]
    optimizer = build(t.optim, params)
    scheduler = schedule and schedule(t.optim.lr_scheduler, optimizer)
    found = []
    for i in range(steps):
        optimizer.zero_grad()
        ((params[1] @ params[0]).sin() - 0.3).square().mean().backward()
        optimizer.step()
        if scheduler is not None:
            scheduler.step(*(() if epochs is None else (epochs[i],)))
        found.append([*(p.detach().numpy().copy() for p in params),
                      np.array([float(group["lr"]) for group in optimizer.param_groups])])
    return found


def same(build, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, theirs = run(autograd, build, **options), run(torch, build, **options)
    for mine, other in zip(ours, theirs, strict=True):
        for a, b in zip(mine, other, strict=True):
            np.testing.assert_allclose(a, b, 1e-9, 1e-12)


@pytest.mark.parametrize("options", [
    {}, dict(lr=0.05, nesterov=False, momentum=0.5, weight_decay=0.0),
    dict(lr=0.05, adjust_lr_fn="match_rms_adamw", ns_steps=3),
    dict(lr=0.05, ns_coefficients=(2.0, -1.5, 0.5), eps=1e-3)], ids=str)  # fmt: skip
def test_muon(options, monkeypatch):
    monkeypatch.setattr(torch.Tensor, "bfloat16", torch.Tensor.clone)  # it rounds to three digits
    same(lambda o, params: o.Muon(params, **options))


@pytest.mark.parametrize("kind", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta",
                                  "Adamax", "NAdam", "RAdam", "ASGD", "Rprop", "Adafactor"])
def test_a_rate_that_is_a_tensor_and_switches(kind):
    def build(o, params):
        t = autograd if o is optim else torch
        return getattr(o, kind)(params, lr=t.tensor(0.02, dtype=t.float64), foreach=False)

    for schedule in (None, lambda s, o: s.StepLR(o, 3), lambda s, o: s.ExponentialLR(o, 0.9),
                     lambda s, o: s.LambdaLR(o, lambda t: 1 / (t + 1)),
                     lambda s, o: s.CosineAnnealingLR(o, 7)):
        same(build, steps=8, schedule=schedule)


EPOCHS = [1, 2, 3, 7, 4, 4, 0, 12]


@pytest.mark.parametrize("schedule", [
    lambda s, o: s.StepLR(o, 3), lambda s, o: s.MultiStepLR(o, [2, 5]),
    lambda s, o: s.ExponentialLR(o, 0.9), lambda s, o: s.LambdaLR(o, lambda t: 1 / (t + 1)),
    lambda s, o: s.CosineAnnealingLR(o, 7, 0.01), lambda s, o: s.LinearLR(o, 0.5, total_iters=4),
    lambda s, o: s.ConstantLR(o, 0.5, 3), lambda s, o: s.PolynomialLR(o, 6, 2.0),
    lambda s, o: s.CosineAnnealingWarmRestarts(o, 3)], ids=range(9))  # fmt: skip
def test_scheduler_step_to_an_epoch(schedule):
    same(lambda o, params: o.SGD(params, lr=0.5), steps=8, schedule=schedule, epochs=EPOCHS)


def test_names_go_into_the_state():
    def build(t):
        params = [t.tensor(start, requires_grad=True) for start in START]
        made = t.optim.SGD([("a", params[0])], lr=0.1, momentum=0.9)
        made.add_param_group({"params": [("b", params[1])], "lr": 0.2})
        return made

    ours, theirs = build(autograd), build(torch)
    assert [g["param_names"] for g in ours.param_groups] == [["a"], ["b"]] == [
        g["param_names"] for g in theirs.state_dict()["param_groups"]]
    assert ours.state_dict()["param_groups"][1]["param_names"] == ["b"]
    ours.load_state_dict(theirs.state_dict())
    theirs.load_state_dict(ours.state_dict())
    for t, made in ((autograd, ours), (torch, theirs)):
        with pytest.raises(ValueError):
            made.add_param_group({"params": [t.ones(1)]})
        with pytest.raises(ValueError):
            t.optim.SGD([("a", t.ones(1)), ("b", t.ones(1))][:1] + [t.ones(2)])


def heard(t):
    """What hooks hear of a step, of saving and loading, and of another step."""
    p, seen = t.ones(1, requires_grad=True), []
    p.grad = t.ones(1)
    made = t.optim.Adam([p])
    base = import_module(f"{t.optim.__name__}.optimizer")
    handles = [base.register_optimizer_step_pre_hook(lambda *a: seen.append("all before")),
               base.register_optimizer_step_post_hook(lambda *a: seen.append("all after"))]
    made.register_step_pre_hook(lambda o, args, kwargs: seen.append(("before", args[1:], kwargs)))
    made.register_step_post_hook(lambda o, args, kwargs: seen.append(("after", args[1:], kwargs)))
    made.register_state_dict_pre_hook(lambda o: seen.append("saving"))
    made.register_state_dict_post_hook(lambda o, state: {**state, "more": 1})
    made.register_load_state_dict_pre_hook(lambda o, state: seen.append(sorted(state)))
    made.register_load_state_dict_post_hook(lambda o: seen.append("loaded"))
    made.register_load_state_dict_post_hook(lambda o: seen.append("first"), prepend=True)
    made.step()
    made.load_state_dict(made.state_dict())
    for handle in handles:
        handle.remove()
    made.step()
    return seen


def test_hooks_are_called_in_the_same_order():
    assert heard(autograd) == heard(torch) and len(heard(autograd)) == 10


def test_what_is_refused():
    w = autograd.ones(1, requires_grad=True)
    with pytest.raises(NotImplementedError, match="SGD: differentiable=True is not supported"):
        optim.SGD([w], differentiable=True)
    with pytest.raises(RuntimeError, match="Adam: foreach and fused cannot both be True"):
        optim.Adam([w], foreach=True, fused=True)
    with pytest.raises(TypeError, match="fused must be True or False"):
        optim.Adam([w], fused="yes")
    with pytest.raises(ValueError, match="Muon: params.0. has shape .1,., but only matrices"):
        optim.Muon([w])
    with pytest.raises(AttributeError, match="gradients are dense; use optim.Adam"):
        getattr(optim, "SparseAdam")  # noqa: B009
    with pytest.raises(ValueError, match="Adafactor: d must be at least 1"):
        optim.Adafactor([w], d=0.5)
    w.grad = autograd.ones(1)
    made = optim.SGD([w], lr=0.5)
    with (made.register_step_pre_hook(lambda *a: 3),
          pytest.raises(RuntimeError, match="must return")):
        made.step()
    with made.register_step_pre_hook(lambda o, a, k: ((o, lambda: 7), k)):
        assert made.step() == 7
