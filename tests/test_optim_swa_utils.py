"""Averaged weights and their schedule, against loops; groups by name."""

import copy
import math
import pickle

import numpy as np
import pytest

import autograd
import nn
import optim
from optim import swa_utils

RNG = np.random.default_rng(0)


def build():
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))


def wander(model, steps, average=None):
    """Change the model, taking each state into the average; returns the states."""
    states = []
    for _ in range(steps):
        with autograd.no_grad():
            for t in (*model.parameters(), *model.buffers()):
                t.copy_(autograd.tensor(np.asarray(RNG.uniform(1, 9, t.shape))).to(t.dtype))
        states.append({name: t.numpy().copy() for name, t in model.state_dict().items()})
        if average is not None:
            average.update_parameters(model)
    return states


def ema(values, decay=0.8):
    mean = values[0]
    for value in values[1:]:
        mean = decay * mean + (1 - decay) * value
    return mean


MEANS = {
    "default": ({}, lambda values: np.mean(values, 0)),
    "swa": ({"multi_avg_fn": swa_utils.get_swa_multi_avg_fn()}, lambda v: np.mean(v, 0)),
    "swa each": ({"avg_fn": swa_utils.get_swa_avg_fn()}, lambda v: np.mean(v, 0)),
    "ema": ({"multi_avg_fn": swa_utils.get_ema_multi_avg_fn(0.8)}, ema),
    "ema each": ({"avg_fn": swa_utils.get_ema_avg_fn(0.8)}, ema),
    "own": ({"avg_fn": lambda a, w, n: a + w * n}, lambda v: sum(
        i * value for i, value in enumerate(v)) + v[0]),
}


@pytest.mark.parametrize("use_buffers", [False, True])
@pytest.mark.parametrize("name", MEANS)
def test_averages(name, use_buffers):
    options, mean = MEANS[name]
    model = build()
    average = swa_utils.AveragedModel(model, use_buffers=use_buffers, **options)
    states = wander(model, 5, average)
    assert average.n_averaged.item() == 5
    parameters = {name for name, _ in model.named_parameters()}
    for key, value in average.module.state_dict().items():
        averaged = key in parameters or use_buffers and value.is_floating_point()
        expected = mean([s[key] for s in states]) if averaged else states[-1][key]
        np.testing.assert_allclose(value.numpy(), expected, rtol=1e-5)
    assert all(p.requires_grad and p.grad is None for p in average.parameters())


@pytest.mark.parametrize("name", MEANS)
def test_a_model_without_parameters_has_no_averages(name):
    average = swa_utils.AveragedModel(nn.ReLU(), **MEANS[name][0])
    for _ in range(2):
        average.update_parameters(nn.ReLU())
    assert average.n_averaged.item() == 2


def test_the_copy_is_apart_and_behaves_as_the_model():
    model = build()
    average = swa_utils.AveragedModel(model)
    x = autograd.ones(2, 3)
    assert average.eval() is average.module and not average.training and model.training
    assert average(x).tolist() == model.eval()(x).tolist()
    wander(model, 1)
    assert average(x).tolist() != model(x).tolist()
    assert repr(average).startswith("AveragedModel(\n  (module): Sequential(\n    (0): Linear")
    with pytest.raises(AttributeError, match="nothing"):
        average.nothing  # noqa: B018


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_and_state(copied):
    model = build()
    average = swa_utils.AveragedModel(model)
    wander(model, 3, average)
    assert list(average.state_dict())[:2] == ["n_averaged", "module.0.weight"]
    other, loaded = copied(average), swa_utils.AveragedModel(build())
    loaded.load_state_dict(copy.deepcopy(average.state_dict()))
    wander(model, 1)
    for each in (average, other, loaded):
        each.update_parameters(model)
        assert each.n_averaged.item() == 4
        for mine, theirs in zip(each.parameters(), average.parameters(), strict=True):
            assert mine.tolist() == theirs.tolist()


def test_statistics_are_computed_anew():
    model = nn.Sequential(nn.BatchNorm1d(2), nn.Dropout(0.0), nn.InstanceNorm1d(2), nn.Flatten())
    model[1].eval()
    batches = [RNG.standard_normal((5, 2, 3)).astype("f") + i for i in range(4)]
    model(autograd.full((5, 2, 3), 50.0))
    loader = [(autograd.tensor(b), None) for b in batches[:2]] + list(map(autograd.tensor,
                                                                         batches[2:]))
    with autograd.no_grad():
        swa_utils.update_bn(loader, model)
    means = np.mean([b.mean((0, 2)) for b in batches], 0)
    spreads = np.mean([b.var((0, 2), ddof=1) for b in batches], 0)
    np.testing.assert_allclose(model[0].running_mean.numpy(), means, rtol=1e-5)
    np.testing.assert_allclose(model[0].running_var.numpy(), spreads, rtol=1e-5)
    assert [m.training for m in model] == [True, False, True, True] and model[0].momentum == 0.1
    model[0].reset_running_stats()
    swa_utils.update_bn(loader, model.eval())
    np.testing.assert_allclose(model[0].running_mean.numpy(), means, rtol=1e-5)
    assert not any(m.training for m in model)
    swa_utils.update_bn(iter("never read"), nn.Linear(1, 1))


def optimizer(*rates):
    return optim.SGD([{"params": [autograd.ones(1, requires_grad=True)], "lr": lr} for lr in rates])


@pytest.mark.filterwarnings("ignore:.* came before the first optimizer.step")
@pytest.mark.parametrize(("strategy", "done"), [
    ("linear", lambda s: s), ("cos", lambda s: (1 - math.cos(math.pi * s)) / 2)])
def test_the_schedule(strategy, done):
    scheduler = swa_utils.SWALR(optimizer(0.5, 0.2), [0.1, 0.4], 4, strategy)
    for t in range(8):
        share = done(min(t / 4, 1))
        assert scheduler.get_last_lr() == pytest.approx(
            [0.5 + (0.1 - 0.5) * share, 0.2 + (0.4 - 0.2) * share], rel=1e-12)
        scheduler.step()
    assert scheduler.get_last_lr() == [0.1, 0.4]
    assert swa_utils.SWALR(optimizer(0.5), 0.1, 0).get_last_lr() == [0.1]


@pytest.mark.filterwarnings("ignore:.* came before the first optimizer.step")
def test_the_schedule_follows_another_and_resumes():
    o = optimizer(1.0)
    first, second = optim.lr_scheduler.StepLR(o, 1, 0.5), swa_utils.SWALR(o, 0.05, 3, "linear")
    first.step()
    rates = []
    for _ in range(5):
        second.step()
        rates.append(o.param_groups[0]["lr"])
    assert rates == pytest.approx([0.35, 0.2, 0.05, 0.05, 0.05])
    saved = swa_utils.SWALR(optimizer(1.0), 0.0, 4, "linear")
    saved.step()
    state = copy.deepcopy((saved.state_dict(), saved.optimizer.state_dict()))
    for last_epoch in (-1, 0):
        again = optimizer(1.0)
        again.load_state_dict(state[1])
        resumed = swa_utils.SWALR(again, 0.0, 4, "linear", last_epoch)
        if last_epoch == -1:
            resumed.load_state_dict(state[0])
        assert resumed.get_last_lr() == [0.75]
        resumed.step()
        assert resumed.get_last_lr() == [0.5]
    again.add_param_group({"params": [autograd.ones(1, requires_grad=True)], "lr": 1.0})
    resumed.step()
    assert resumed.get_last_lr() == pytest.approx([0.25, 0.5])
    each = swa_utils.SWALR(optimizer(1.0, 1.0), [0.1, 0.2])
    each.optimizer.add_param_group({"params": [autograd.ones(1, requires_grad=True)], "lr": 1.0})
    with pytest.raises(ValueError, match="SWALR: group 2 of the optimizer was added later"):
        each.step()


@pytest.mark.parametrize(("kind", "do", "text"), [
    (ValueError, lambda: swa_utils.get_ema_multi_avg_fn(1.5), r"get_ema_multi_avg_fn: decay must be"
     r" in \[0, 1\], got 1.5"),
    (ValueError, lambda: swa_utils.get_ema_avg_fn(-1), "get_ema_avg_fn: decay must be"),
    (ValueError, lambda: swa_utils.AveragedModel(build(), avg_fn=max, multi_avg_fn=max),
     "AveragedModel: give avg_fn or multi_avg_fn, not both"),
    (TypeError, lambda: swa_utils.AveragedModel([1]), r"AveragedModel: model must have parameters"),
    (ValueError, lambda: swa_utils.AveragedModel(build()).update_parameters(nn.Linear(1, 1)),
     "AveragedModel.update_parameters: '0.weight' is .* in the average, missing in the model"),
    (ValueError, lambda: swa_utils.AveragedModel(build()).load_state_dict(build().state_dict()),
     "AveragedModel.load_state_dict: no 'n_averaged'; the state of a model itself"),
    (ValueError, lambda: swa_utils.SWALR(optimizer(1.0), 0.1, anneal_strategy="sine"),
     "SWALR: anneal_strategy must be 'cos' or 'linear', got 'sine'"),
    (ValueError, lambda: swa_utils.SWALR(optimizer(1.0), 0.1, -1), "anneal_epochs must be an"),
    (ValueError, lambda: swa_utils.SWALR(optimizer(1.0), [0.1, 0.2]), "SWALR: 2 values of swa_lr"),
    (TypeError, lambda: swa_utils.SWALR(None, 0.1), "SWALR: optimizer must be an Optimizer"),
    (TypeError, lambda: swa_utils.AveragedModel(nn.Linear), r"the class Linear; write \(\) behind"),
    (TypeError, lambda: optim.param_groups([1], {}), r"model must have named_parameters\(\), got"),
    (ValueError, lambda: optim.param_groups(build(), {"*bias": {}, "2.bias": {}}),
     "param_groups: '2.bias' matches no parameter of Sequential that an earlier entry has not; the"
     "ir names: 0.weight, 0.bias"),
])
def test_what_does_not_fit(kind, do, text):
    with pytest.raises(kind, match=text):
        do()


# ---- groups by name ------------------------------------------------------------------------------

def test_groups_by_path_and_by_class():
    model = build()
    groups = optim.param_groups(model, {"2.*": {"lr": 0.5}, "*bias BatchNorm1d.weight": {
        "weight_decay": 0.0}})
    names = {id(p): name for name, p in model.named_parameters()}
    assert [[names[id(p)] for p in group.pop("params")] for group in groups] == [
        ["0.weight"], ["2.weight", "2.bias"], ["0.bias", "1.weight", "1.bias"]]
    assert groups == [{}, {"lr": 0.5}, {"weight_decay": 0.0}]


def test_no_decay_on_biases_and_norms():
    model = build()
    optimizer = optim.SGD(optim.param_groups(model, {"*bias *Norm*": {"weight_decay": 0.0}}),
                          lr=1.0, weight_decay=0.5)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    for p in model.parameters():
        p.grad = autograd.zeros(*p.shape)
    optimizer.step()
    for name, p in model.named_parameters():
        scale = 0.5 if name in ("0.weight", "2.weight") else 1.0
        assert p.tolist() == (before[name] * scale).tolist()
    everything = optim.param_groups(model, {"*": {"lr": 1.0}})
    assert len(everything) == 1 and len(everything[0]["params"]) == 6
