"""Averaged models and their schedule against torch.optim.swa_utils, and its state."""

import numpy as np
import pytest

import autograd
import nn
import optim

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

NAMES = ["get_ema_avg_fn", "get_ema_multi_avg_fn", "get_swa_avg_fn", "get_swa_multi_avg_fn"]
BATCHES = [np.random.default_rng(i).standard_normal((6, 3)).astype("f") + i for i in range(3)]


def build(library):
    kinds = torch.nn if library is torch else nn
    return kinds.Sequential(kinds.Linear(3, 4), kinds.BatchNorm1d(4), kinds.Linear(4, 1))


def trained(library, average, start):
    """A model after some steps of SGD with SWALR, and its average."""
    optimizers = torch.optim if library is torch else optim
    model = build(library)
    model.load_state_dict({name: library.tensor(value) for name, value in start.items()})
    average = average(optimizers.swa_utils, model)
    optimizer = optimizers.SGD(model.parameters(), lr=0.3)
    schedule = optimizers.swa_utils.SWALR(optimizer, 0.05, 3)
    for batch in BATCHES * 2:
        optimizer.zero_grad()
        (model(library.tensor(batch)) ** 2).mean().backward()
        optimizer.step()
        average.update_parameters(model)
        schedule.step()
    optimizers.swa_utils.update_bn([library.tensor(b) for b in BATCHES], average)
    return average


@pytest.mark.parametrize(("name", "use_buffers"), [
    (name, use) for name in (None, *NAMES) for use in (False, True)
    if not use or name != "get_swa_multi_avg_fn"])  # which divides integers in PyTorch, and raises
def test_averages(name, use_buffers):
    def average(utils, model):
        own = {} if name is None else {
            "multi_avg_fn" if "multi" in name else "avg_fn": getattr(utils, name)()}
        return utils.AveragedModel(model, use_buffers=use_buffers, **own)

    start = {key: value.numpy() for key, value in build(torch).state_dict().items()}
    ours, theirs = (trained(library, average, start) for library in (autograd, torch))
    expected = theirs.state_dict()
    assert list(ours.state_dict()) == list(expected)
    for key, value in ours.state_dict().items():
        np.testing.assert_allclose(value.numpy(), expected[key].numpy(), rtol=2e-5, atol=1e-6)
    other = optim.swa_utils.AveragedModel(build(autograd))
    other.load_state_dict({key: value.numpy() for key, value in expected.items()})
    assert other.n_averaged.item() == 6


@pytest.mark.parametrize("options", [dict(swa_lr=0.05), dict(swa_lr=[0.05, 0.4], anneal_epochs=5),
                                     dict(swa_lr=0.05, anneal_epochs=0),
                                     dict(swa_lr=0.5, anneal_strategy="linear")])
@pytest.mark.filterwarnings("ignore:.*optimizer.step")
def test_the_schedule(options):
    rates = []
    for library, optimizers in ((autograd, optim), (torch, torch.optim)):
        params = [library.ones(1, requires_grad=True) for _ in range(2)]
        optimizer = optimizers.SGD([{"params": p, "lr": lr} for p, lr in zip(params, (0.3, 0.1))])
        first = optimizers.lr_scheduler.ExponentialLR(optimizer, 0.9)
        schedule = optimizers.swa_utils.SWALR(optimizer, **options)
        found = [g["lr"] for g in optimizer.param_groups]
        for step in range(20):
            (first if step < 4 else schedule).step()
            found += [g["lr"] for g in optimizer.param_groups]
        rates.append(found)
    np.testing.assert_allclose(*rates, rtol=1e-12)
