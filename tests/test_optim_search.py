"""Searches: all points of a grid, seeds, failures; and the learning rate finder."""

from __future__ import annotations

import math
import os
import signal
import sys
import time

import numpy as np
import pytest
from matplotlib.figure import Figure

import autograd
import data
import nn
import optim
from optim.search import (
    USUAL,
    Integers,
    LogUniform,
    Uniform,
    bayes_search,
    grid_search,
    random_search,
)


def bowl(params) -> float:
    return (math.log10(params["lr"]) + 3) ** 2 + (params["width"] - 4) ** 2


SPACE = {"lr": LogUniform(1e-5, 1e-1), "width": Integers(1, 8)}


def test_the_grid_is_all_combinations():
    found = grid_search(lambda p: p["a"] * p["b"], {"a": [1, 2, 3], "b": (1, -1)}, mode="max")
    assert [trial.value for trial in found] == [3, 2, 1, -1, -2, -3]
    assert found.best.params == {"a": 3, "b": 1} and not found.failures


@pytest.mark.parametrize("search", [random_search, bayes_search])
def test_the_seed_decides_everything(search):
    def noisy(params):
        return bowl(params) + autograd.randn(()).item()

    before = autograd.get_rng_state()
    first, again, other = (search(noisy, SPACE, trials=6, seed=seed) for seed in (1, 1, 2))
    assert autograd.get_rng_state() == before
    values = [[(trial.params, trial.value) for trial in found] for found in (first, again, other)]
    assert values[0] == values[1] != values[2]
    assert [t.value for t in first] == sorted(t.value for t in first)


def test_each_trial_begins_with_the_same_random_numbers_and_a_dict_of_its_own():
    def draw(params):
        return autograd.rand(()).item() + 0 * params.pop("lr") * params.pop("width")

    wanted = autograd.rand((), generator=autograd.Generator().manual_seed(5)).item()
    for found in (random_search(draw, SPACE, 3, seed=5), bayes_search(draw, SPACE, 3, seed=5),
                  grid_search(draw, {"lr": [1, 2], "width": [3]}, seed=5)):
        assert {trial.value for trial in found} == {wanted}
        assert all(trial.params.keys() == {"lr", "width"} for trial in found)


def test_bayes_seeks_the_largest_as_well_and_leaves_optuna_s_voice():
    optuna = pytest.importorskip("optuna")
    before = optuna.logging.get_verbosity()
    low = bayes_search(bowl, SPACE, 15, seed=3)
    high = bayes_search(lambda p: -bowl(p), SPACE, 15, mode="max", seed=3)
    assert [trial.params for trial in low] == [trial.params for trial in high]
    assert optuna.logging.get_verbosity() == before


def test_bayes_comes_nearer_than_chance():
    chance = np.mean([random_search(bowl, SPACE, 25, seed=s).best.value for s in range(3)])
    guided = np.mean([bayes_search(bowl, SPACE, 25, seed=s).best.value for s in range(3)])
    assert guided < chance
    found = bayes_search(lambda p: -bowl(p), {**SPACE, "kind": ["a", ("b", 1)]}, 5, mode="max")
    assert found.best.value == max(t.value for t in found)
    assert all(t.params["kind"] in ("a", ("b", 1)) for t in found)


def test_the_usual_ranges():
    assert list(USUAL) == ["lr", "batch_size", "hidden", "dropout", "epochs"]
    trials = random_search(lambda p: 0.0, USUAL, trials=200)
    rates = [trial.params["lr"] for trial in trials]
    assert min(rates) >= 1e-4 and max(rates) <= 1e-2
    assert 0.35 < np.mean(np.array(rates) < 1e-3) < 0.65
    assert {trial.params["batch_size"] for trial in trials} == {32, 64, 128}
    assert {trial.params["hidden"] for trial in trials} == {64, 128, 256, 512}
    assert all(0.2 <= trial.params["dropout"] <= 0.5 for trial in trials)
    epochs = [trial.params["epochs"] for trial in trials]
    assert min(epochs) >= 10 and max(epochs) <= 200 and type(epochs[0]) is int
    ends = {trial.params["n"] for trial in random_search(lambda p: 0, {"n": Integers(1, 3)}, 40)}
    assert ends == {1, 2, 3}


@pytest.mark.parametrize("search", [grid_search, random_search, bayes_search])
def test_failures_are_reported(search):
    def fails(params):
        if params["x"] == 1:
            raise MemoryError("too large")
        return math.nan if params["x"] == 2 else autograd.tensor(params["x"])

    options = {} if search is grid_search else {"trials": 12}
    found = search(fails, {"x": [0, 1, 2, 3]}, mode="max", **options)
    assert found.best.params == {"x": 3}
    errors = {trial.error for trial in found.failures}
    assert errors == {"MemoryError: too large", "the value is NaN"}
    assert all(math.isnan(trial.value) for trial in found[-len(found.failures):])
    assert "nan  x=1  (MemoryError: too large)" in repr(found)
    with pytest.raises(RuntimeError, match="none of 1 trials has come to a value: MemoryError"):
        grid_search(fails, {"x": [1]}).best  # noqa: B018


def test_ctrl_c_keeps_what_there_is():
    def interrupted(params):
        if params["x"] == 2:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)
        return params["x"]

    assert len(grid_search(interrupted, {"x": [0, 1, 2, 3]})) == 2


@pytest.mark.parametrize("call, error, message", [
    (lambda: grid_search(bowl, SPACE), ValueError, r"lr is a range, LogUniform\(1e-05, 0.1\);"),
    (lambda: grid_search(3, SPACE), TypeError, "objective must be a function of a dict, got"),
    (lambda: random_search(bowl, {}, 3), TypeError, "space must be a dict of names"),
    (lambda: random_search(bowl, {"a": []}, 3), TypeError, "a must have a list of choices"),
    (lambda: random_search(bowl, {"a": "xy"}, 3), TypeError, "a must have a list of choices"),
    (lambda: random_search(bowl, SPACE, 0), ValueError, "trials must be at least 1"),
    (lambda: random_search(bowl, SPACE, 1, mode="low"), ValueError, "'min' or 'max', got 'low"),
    (lambda: Uniform(2, 1), ValueError, "Uniform: low must be below high, got 2 and 1"),
    (lambda: LogUniform(0, 1), ValueError, "LogUniform: low must be above 0, got 0"),
    (lambda: LogUniform("a", 1), TypeError, "LogUniform: low must be a number, got str"),
    (lambda: Integers(1, 2.5), TypeError, "Integers: high must be a whole number, got float 2.5"),
    (lambda: Integers(True, 2), TypeError, "Integers: low must be a number, got bool True"),
    (lambda: random_search(bowl, SPACE, 2.5), TypeError, "trials must be a whole number, got fl"),
    (lambda: random_search(bowl, SPACE, trails=3), TypeError, "'trails'; did you mean 'trials'"),
])
def test_misuse_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_without_optuna(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'wengert\[search\]'"):
        bayes_search(bowl, SPACE, 1)


def regression(scale=1.0):
    autograd.manual_seed(0)
    x = autograd.randn(64, 5)
    y = scale * x.sum(1, keepdim=True)
    model = nn.Sequential(nn.Linear(5, 16), nn.BatchNorm1d(16), nn.Dropout(0.1), nn.Linear(16, 1))
    return model, [(x[i:i + 16], y[i:i + 16]) for i in range(0, 64, 16)]


def test_the_rate_finder_leaves_everything_as_it_was():
    model, batches = regression()
    optimizer = optim.Adam(model.parameters(), 0.01)
    nn.MSELoss()(model(batches[0][0]), batches[0][1]).backward()
    optimizer.step()
    model[2].eval()
    grads = [p.grad for p in model.parameters()]

    def state():
        return [t.numpy().copy() for t in model.state_dict().values()] + [
            np.asarray(v) for of in optimizer.state_dict()["state"].values() for v in of.values()]

    before, random = [a.copy() for a in state()], autograd.get_rng_state()
    order = autograd.Generator().manual_seed(3)
    x, y = (autograd.cat(parts) for parts in zip(*batches, strict=True))
    loader = data.DataLoader(data.TensorDataset(x, y), 16, shuffle=True, generator=order)
    order_before = order.get_state()
    found = optim.find_learning_rate(model, nn.MSELoss(), optimizer, loader)
    assert order.get_state() == order_before
    for a, b in zip(before, state(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert autograd.get_rng_state() == random and optimizer.param_groups[0]["lr"] == 0.01
    assert all(p.grad is g for p, g in zip(model.parameters(), grads, strict=True))
    assert model.training and not model[2].training
    assert len(found.rates) == len(found.losses) <= 100
    assert found.rates[0] == 1e-6 and found.rates == sorted(found.rates)


def test_the_rate_finder_leaves_gradients_that_no_step_uses():
    model, batches = regression()
    model[3].bias.grad = autograd.ones(1)
    kept = model[3].bias.grad
    optimizer = optim.SGD(model[0].parameters(), 0.1)
    optim.find_learning_rate(model, nn.MSELoss(), optimizer, batches, steps=10)
    assert [name for name, p in model.named_parameters() if p.grad is not None] == ["3.bias"]
    assert model[3].bias.grad is kept and kept.tolist() == [1.0]


def test_the_suggested_rate_trains():
    model, batches = regression()
    optimizer = optim.SGD(model.parameters(), 1.0)
    found = optim.find_learning_rate(model, nn.MSELoss(), optimizer, batches)
    assert 1e-4 < found.suggestion < 1
    figure = found.plot()
    assert isinstance(figure, Figure) and figure.axes[0].get_xscale() == "log"
    axes = Figure().subplots()
    assert found.plot(axes) is axes.figure
    optimizer = optim.SGD(model.parameters(), found.suggestion)
    for _ in range(30):
        for x, y in batches:
            optimizer.zero_grad()
            loss = nn.MSELoss()(model(x), y)
            loss.backward()
            optimizer.step()
    assert loss.item() < found.losses[0] / 4


def test_the_rate_finder_gives_a_model_several_arguments():
    autograd.manual_seed(0)
    model, x = nn.Bilinear(2, 2, 1), autograd.randn(8, 2)
    sgd = optim.SGD(model.parameters(), 0.1)
    found = [optim.find_learning_rate(model, nn.MSELoss(), sgd, [(kind((x, x)), x[:, :1])],
                                      high=1.0, steps=10).losses for kind in (tuple, list)]
    with autograd.no_grad():
        assert found[0][0] == nn.MSELoss()(model(x, x), x[:, :1]).item() and found[0] == found[1]


def scripted(values):
    """What is found where the losses are these, at 100 rates from 1e-6 to 10."""
    model, script = nn.Linear(1, 1), iter(values)
    return optim.find_learning_rate(
        model, lambda out, _: 0 * out.sum() + next(script), optim.SGD(model.parameters(), 0.1),
        [(autograd.ones(1, 1), None)])


def test_the_rate_is_that_of_the_steepest_fall():
    steps = np.arange(100)
    found = scripted(1 / (1 + np.exp((steps - 50) / 3)))
    np.testing.assert_allclose(found.rates, np.geomspace(1e-6, 10, 100))
    assert abs(found.rates.index(found.suggestion) - 50) <= 1
    short_and_long = np.interp(steps, [15, 25, 40, 95], [1.0, 0.7, 0.7, 0.1])
    found = scripted(short_and_long)
    assert abs(found.rates.index(found.suggestion) - 20) <= 2
    found = scripted(1 + 0.01 * steps)
    assert found.suggestion == found.rates[0] / 10


def test_the_finder_ends_where_the_mean_loss_has_risen_by_three_times_the_lowest():
    assert len(scripted([1.0] * 20 + [100.0] * 80).losses) == 20
    assert len(scripted([1.0] * 20 + [15.0] + [1.0] * 79).losses) == 100
    assert len(scripted([-1.0] * 20 + [1.5] * 10 + [10.0] * 70).losses) == 30


def test_what_the_rate_finder_cannot_do():
    model, batches = regression()
    optimizer = optim.SGD(model.parameters(), 0.1)

    def find(loader=batches, criterion=None, **options):
        return optim.find_learning_rate(model, criterion or nn.MSELoss(), optimizer, loader,
                                        **options)

    for error, message, call in (
            (ValueError, "0 < low < high and at least 10 steps", lambda: find(low=1, high=0.1)),
            (ValueError, "the loader gave no batch", lambda: find([])),
            (TypeError, "is an iterator, which cannot begin anew", lambda: find(iter(batches))),
            (TypeError, "must be a pair", lambda: find([{"x": 1}])),
            (ValueError, "must return one number", lambda: find(
                criterion=nn.MSELoss(reduction="none"))),
            (ValueError, "the loss exploded after . steps", lambda: find(low=1e4, high=1e8))):
        before = [p.detach().numpy().copy() for p in model.parameters()]
        with pytest.raises(error, match=message), np.errstate(all="ignore"):
            call()
        for p, kept in zip(model.parameters(), before, strict=True):
            np.testing.assert_array_equal(p.detach().numpy(), kept)
