"""The page of a run: what it shows, every way a run can end, other runs beside, going on."""

import json
import math
import re
import subprocess
import sys

import numpy as np
import pytest

import autograd
import data
import nn
import optim
from nn.training import EarlyStopping, Trainer, load_checkpoint, save_checkpoint, watch
from nn.training.samples import PICTURE
from tests.pages import due, net, parsed, train

# ---- the page ------------------------------------------------------------------------------------

def test_a_loop_of_ones_own(tmp_path):
    path = tmp_path / "run.html"
    model, optimizer = net()
    with watch(path, model, optimizer, steps=8, every=0,
               samples=lambda m: {"text": "a <b>", "picture": np.eye(4)}) as page:
        train(page, model, optimizer, 8, accuracy=0.5)
        text = path.read_text("utf-8")
        assert "Running" in text and 'http-equiv="refresh"' in text and "step 8 of 8" in text
    found = parsed(path)
    assert "Ended : step 8 of 8" in found.text and "refresh" not in path.read_text("utf-8")
    for name in ("loss", "accuracy", "lr", "0.weight", "2.bias", "a <b>"):
        assert name in found.text
    image, = [attrs for tag, attrs in found.tags if tag == "img"]
    assert image["src"].startswith(PICTURE) and image["alt"] == "picture"
    for tag, attrs in found.tags:
        if tag == "svg":
            assert attrs.get("aria-label") or attrs.get("aria-hidden") == "true"
    kept = re.search(r'id="run">(.*?)</script>', path.read_text("utf-8"))[1]
    assert json.loads(kept)["curves"]["loss"]["count"] == [1] * 8
    assert list(tmp_path.iterdir()) == [path]  # nothing is left beside


def test_updates_and_units_are_those_of_the_model(tmp_path):
    model, optimizer = net()
    with autograd.no_grad():
        model[0].weight[1] = -1.0  # its unit is dead for inputs of ones
        model[0].bias[1] = -1.0
    page = watch(tmp_path / "run.html", model, optimizer)
    for _ in range(4):
        before = model[0].weight.detach().numpy().copy()
        due(page)
        train(page, model, optimizer, 1)
        due(page)
        was = model[0].weight.detach().numpy().copy()
        train(page, model, optimizer, 1)
    readings = page.record.readings
    change = np.linalg.norm(model[0].weight.detach().numpy() - was) / np.linalg.norm(was)
    assert readings.ratios[-1][0] == pytest.approx(change, rel=1e-4) and before.shape == was.shape
    assert readings.norms[-1][0] == pytest.approx(np.linalg.norm(model[0].weight.grad.numpy()))
    dead, units = readings.dead["0.weight"]
    assert units == 4 and dead >= 1


def test_norms_of_complex_parameters_count_both_parts(tmp_path):
    model = nn.Module()
    model.w = nn.Parameter(autograd.tensor([3 + 4j, -12j]))
    optimizer = optim.SGD(model.parameters(), lr=0.5)
    page = watch(tmp_path / "run.html", model, optimizer)
    for _ in range(2):
        due(page)
        loss = model.w.abs().sum()
        optimizer.zero_grad()
        loss.backward()
        was = model.w.detach().clone()
        optimizer.step()
        page.step(loss=loss.item())
        due(page)
    assert page.record.readings.norms[-1][0] == pytest.approx(2**0.5)
    ratio = (0.5 * 2**0.5) / was.norm().item()
    assert page.record.readings.ratios[-1][0] == pytest.approx(ratio, rel=1e-5)


def test_looking_changes_nothing(tmp_path):
    """Weights and random numbers are the same, bit for bit, with the page and without."""
    ends = []
    for looked in (False, True):
        autograd.manual_seed(1)
        model, optimizer = net()
        page = watch(tmp_path / "run.html", model, optimizer, every=0,
                     samples=lambda m: str(autograd.rand(1).item())) if looked else None
        for _ in range(6):
            optimizer.zero_grad()
            loss = model(autograd.rand(5, 3)).square().mean()
            loss.backward()
            optimizer.step()
            if page:
                due(page)
                page.step(loss=loss)
                assert model.training
        ends.append([p.detach().numpy().tobytes() for p in model.parameters()])
    assert ends[0] == ends[1]


@pytest.mark.slow
def test_10000_steps_and_200_layers_stay_below_1_mb(tmp_path, rng):
    model = nn.Sequential(*[nn.Linear(3, 3) for _ in range(200)])
    path = tmp_path / "run.html"
    page = watch(path, model, every=1e9)
    model(autograd.ones(2, 3)).sum().backward()
    values = rng.normal(size=(10_000, 6)).tolist()
    for i, row in enumerate(values):
        if i % 1000 in (0, 1):
            page._reading_due = 0.0
        page.step(loss=row[0] if i != 5000 else 1e9, **{f"metric {j}": row[j] for j in range(6)})
    page.finish()
    assert 2e5 < path.stat().st_size < 1e6
    assert page.record.curves["loss"].high.max() == 1e9
    assert parsed(path).text.count("3×3") == 200


def test_many_quantities_and_samples_stay_below_1_mb(tmp_path, rng):
    page = watch(tmp_path / "run.html", every=1e9,
                 samples=lambda m: [rng.random((3, 500, 700))] * 40)
    for i in range(2000):
        page.step(**{f"quantity {j}": float(i * j) for j in range(60)})
    page.finish()
    assert (tmp_path / "run.html").stat().st_size < 1e6


# ---- how runs end --------------------------------------------------------------------------------

def test_exceptions_in_the_block_are_told(tmp_path):
    for error, told in ((KeyboardInterrupt(), "Stopped by Ctrl-C"),
                        (RuntimeError("no <memory>"), "Died of RuntimeError: no <memory>")):
        with pytest.raises(type(error)), watch(tmp_path / "run.html") as page:
            page.step(loss=1.0)
            raise error
        assert told in parsed(tmp_path / "run.html").text


PROGRAM = """
import os, sys, nn
page = nn.training.watch(sys.argv[1], every=1e9)
page.step(loss=1.0)
page.step(loss=2.0)
{end}
"""


ENDS = {
    "": "Ended : step 2", "raise KeyboardInterrupt": "Stopped by Ctrl-C : step 2",
    "1 / 0": "Died of ZeroDivisionError: division by zero : step 2",
    "del page; import gc; gc.collect(); os._exit(0)": "Ended : step 2",
    "os._exit(0)": "Running : step 1",  # killed: what was written last stands
}


def test_programs_that_end_without_a_word(tmp_path):
    running = [subprocess.Popen([sys.executable, "-c", PROGRAM.format(end=end),
                                 tmp_path / f"{i}.html"], stderr=subprocess.DEVNULL)
               for i, end in enumerate(ENDS)]
    for i, (process, told) in enumerate(zip(running, ENDS.values(), strict=True)):
        process.wait(60)
        assert told in parsed(tmp_path / f"{i}.html").text


def test_a_loss_that_is_nan_shows_at_once(tmp_path):
    path = tmp_path / "run.html"
    page = watch(path, every=1e9)
    for loss in (1.0, 0.5, autograd.tensor(math.nan)):
        page.step(loss=loss)
    assert "loss: NaN or infinite at step 3" in parsed(path).text
    page.step(loss=math.inf)
    page.finish()
    assert "at step 3, 2 times in all" in parsed(path).text


# ---- with a Trainer ------------------------------------------------------------------------------

def fitted(path, **options):
    x = autograd.linspace(-1, 1, 24).reshape(24, 1)
    loader = data.DataLoader(data.TensorDataset(x, x * 2), batch_size=8)
    model = nn.Linear(1, 1)
    trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=options.pop("lr", 0.1)))
    return trainer, loader, watch(path, **options)


def test_a_trainer_tells_steps_metrics_and_the_end(tmp_path):
    path = tmp_path / "run.html"
    trainer, loader, page = fitted(path)
    trainer.fit(loader, 4, validation=loader, callbacks=[page], progress=False)
    text = parsed(path).text
    assert "Ended : step 12 of 12" in text and "validation" in text
    assert trainer.history["loss"][-1] != trainer.loss == page.record.curves["loss"].last
    assert page.record.curves["val_loss"].x.tolist() == [3, 6, 9, 12]
    assert any(word in text for word in ("good training", "overfitting", "underfitting",
                                         "good generalization"))


def test_a_trainer_whose_loss_becomes_nan(tmp_path):
    trainer, loader, page = fitted(tmp_path / "run.html", lr=1e30)
    with pytest.raises(FloatingPointError), np.errstate(all="ignore"):
        trainer.fit(loader, 9, callbacks=[page], progress=False)
    assert "Died of FloatingPointError: Trainer: the loss became" in parsed(
        tmp_path / "run.html").text


def test_a_trainer_that_stops_early(tmp_path):
    trainer, loader, page = fitted(tmp_path / "run.html", lr=0.0)
    trainer.fit(loader, 9, callbacks=[EarlyStopping("loss", patience=1), page], progress=False)
    assert "Stopped: loss has not become better" in parsed(tmp_path / "run.html").text


def test_a_fit_is_resumed_with_its_curves(tmp_path):
    path, keeper = tmp_path / "run.html", nn.training.ModelCheckpoint(tmp_path, "loss")
    trainer, loader, page = fitted(path)
    trainer.fit(loader, 2, callbacks=[page, keeper], progress=False)
    before = page.record.curves["loss"].mean
    trainer, loader, page = fitted(path)
    trainer.fit(loader, 2, callbacks=[page, keeper], progress=False,
                resume=tmp_path / "last.safetensors")
    curve = page.record.curves["loss"]
    assert page.record.steps == trainer.steps == 6
    np.testing.assert_allclose(curve.mean[:6], before, rtol=1e-4)


def test_a_loop_is_resumed_from_a_checkpoint(tmp_path):
    path, checkpoint = tmp_path / "run.html", tmp_path / "last.safetensors"
    model, optimizer = net()
    with watch(path, model, optimizer) as page:
        train(page, model, optimizer, 5)
        save_checkpoint(checkpoint, page=page)
        train(page, model, optimizer, 3)  # lost, as is what the page shows of it
    page = watch(path, model, optimizer)
    load_checkpoint(checkpoint, page=page)
    train(page, model, optimizer, 2)
    page.finish()
    assert page.record.curves["loss"].x.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert "Ended : step 7" in parsed(path).text


# ---- runs beside ---------------------------------------------------------------------------------

def test_other_runs_are_drawn_beside(tmp_path):
    history = nn.training.History([{"epoch": 1, "loss": 2.0}, {"epoch": 2, "loss": 1.0}])
    history.save(tmp_path / "old.csv")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        with watch(tmp_path / name / "run.html") as page:
            page.step(loss=3.0)
    path = tmp_path / "new.html"
    with watch(path, compare=[tmp_path / "old.csv", tmp_path / "a/run.html",
                              tmp_path / "b/run.html"]) as page:
        page.step(loss=1.0)
    text = parsed(path).text
    assert "this run" in text and "old.csv, by epoch" in text and f"{tmp_path}/a/run.html" in text
    trainer, loader, page = fitted(path, compare=str(tmp_path / "old.csv"))
    trainer.fit(loader, 2, callbacks=[page], progress=False)
    assert "by epoch" not in parsed(path).text  # three steps are an epoch here


def test_what_cannot_be_compared_is_named(tmp_path):
    (tmp_path / "other.html").write_text("<p>hello</p>")
    with pytest.raises(ValueError, match="other.html is no page that watch wrote"):
        watch(tmp_path / "run.html", compare=[tmp_path / "other.html"])
    with pytest.raises(FileNotFoundError, match="there is no .*othr.html.*'other.html'"):
        watch(tmp_path / "run.html", compare=[tmp_path / "othr.html"])
    with watch(tmp_path / "half.html") as page:
        page.step(loss=1.0)
    half = (tmp_path / "half.html").read_text()
    (tmp_path / "half.html").write_text(half.replace('"curves":', '"curves":]'))
    with pytest.raises(ValueError, match="half.html is damaged"):
        watch(tmp_path / "run.html", compare=[tmp_path / "half.html"])
