"""What a Trainer takes for a loader and for a batch."""

from __future__ import annotations

import numpy as np
import pytest
import tqdm

import autograd
import data
import nn
import optim
from nn.training import Trainer
from tests.test_training import batches, line, trainer


def test_other_batches(rng):
    class Pairs(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Bilinear(3, 3, 1)

        def forward(self, a, b):
            return self.layer(a, b)

    x, y = batches(rng, 1)[0]
    model = Pairs()
    assert len(trainer(model).fit([((x, x), y)], 1)) == 1

    class Dicts(Trainer):
        def forward(self, batch):
            return self.model(batch["x"]), batch["y"]

    model = line()
    run = Dicts(model, nn.MSELoss(), optim.SGD(model.parameters(), 0.1))
    named = [{"x": x[:n], "y": y[:n], "names": ("a",) * n, "more": {}} for n in (5, 2)]
    assert len(run.fit(named, 1)) == 1
    with autograd.no_grad(), model.evaluating():
        errors = [nn.MSELoss()(model(x[:n]), y[:n]).item() * n for n in (5, 2)]
    assert run.evaluate(named)["loss"] == pytest.approx(sum(errors) / 7)
    for batch, got in (({"x": x}, "dict"), ((x, y, y), "tuple of 3"), (x, "Tensor")):
        with pytest.raises(TypeError, match=rf"be a pair \(inputs, targets\), got {got}.*over"):
            trainer().fit([batch], 1)


def test_a_stream_that_does_not_know_its_length(rng):
    class Stream(data.IterableDataset):
        def __iter__(self):
            for x, y in batches(np.random.default_rng(0), 2):
                yield from zip(x, y, strict=True)

    loader = data.DataLoader(Stream(), 6)
    assert hasattr(loader, "__len__")  # which raises
    run = trainer()
    run.fit(loader, 2, validation=loader)
    assert run.steps == 2 * len(list(loader))


def test_the_bar_knows_how_many_steps_there_are(rng, monkeypatch):
    made, bar = [], tqdm.tqdm

    def noted(**options):
        made.append((options["initial"], options["total"]))
        return bar(**options)

    monkeypatch.setattr(tqdm, "tqdm", noted)
    run = trainer(accumulate=2)
    for loader in (batches(rng, 5), batches(rng, 2), iter(batches(rng, 2))):
        run.fit(loader, 1 if hasattr(loader, "__next__") else 3)
    assert made == [(0, 9), (0, 3), (0, None)]


def test_an_empty_batch_counts_nothing():
    model = nn.Linear(3, 1)
    run = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), 0.1),
                  metrics={"mae": nn.metrics.MAE()})
    full, empty = [(autograd.ones(n, 3), autograd.ones(n, 1)) for n in (4, 0)]
    assert run.evaluate([empty, full, empty]) == run.evaluate([full])


@pytest.mark.parametrize("accumulate", [1, 2])
def test_an_empty_batch_trains_nothing(accumulate):
    full, other, empty = [(autograd.full((n, 3), float(n)), autograd.ones(n, 1)) for n in (4, 2, 0)]
    weights = []
    for loader in ([full, other], [full, other, empty, empty], [empty, empty, full, other]):
        autograd.manual_seed(0)
        model = nn.Linear(3, 1)
        run = Trainer(model, nn.MSELoss(), optim.Adam(model.parameters(), 0.1),
                      accumulate=accumulate)
        run.fit(loader, 2)
        assert run.steps == 4 // accumulate
        weights.append(model.weight.tolist())
    assert weights[0] == weights[1] == weights[2]


def test_a_loader_of_empty_batches_says_so():
    run = trainer()
    with pytest.raises(ValueError, match="no sample"):
        run.fit([(autograd.ones(0, 3), autograd.ones(0, 1))], 1)
