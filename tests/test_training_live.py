"""The page of a run: honest curves, every state it can be in, and what hostile runs do to it."""

import json
import math
import re
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest

import autograd
import data
import nn
import optim
from nn.training import EarlyStopping, Trainer, load_checkpoint, save_checkpoint, watch
from nn.training.page import duration
from nn.training.page_style import DARK, LIGHT
from nn.training.samples import PICTURE, shown_samples
from nn.training.series import Series


class Parsed(HTMLParser):
    """The tags of a page, each closed, and its text outside of scripts and styles."""

    VOID = {"meta", "link", "img", "br", "input"}

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.tags, self.text = [], [], ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"script", "style"} & set(self.open):
            self.text += data + " "


def parsed(path) -> Parsed:
    return Parsed(path.read_text("utf-8"))


def net(**options):
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    return model, optim.SGD(model.parameters(), lr=0.1)


def due(page) -> None:
    """Let the next step make a reading, and write the page."""
    page._reading_due = page._writing_due = 0.0


def train(page, model, optimizer, steps, **values) -> None:
    for _ in range(steps):
        due(page)
        optimizer.zero_grad()
        loss = model(autograd.ones(5, 3)).square().mean()
        loss.backward()
        optimizer.step()
        page.step(loss=loss, **values)


# ---- curves --------------------------------------------------------------------------------------

@pytest.mark.parametrize("most", [1, 2, 7, 512])
def test_buckets_keep_extremes_means_and_counts(most, rng):
    values = rng.normal(size=3000)
    values[1234] = 1e6  # one spike
    series = Series(most)
    for i, value in enumerate(values):
        series.add(i + 1, float(value))
    assert len(series) <= most
    width = series.width
    parts = [values[i:i + width] for i in range(0, 3000, width)]
    np.testing.assert_allclose(series.mean, [part.mean() for part in parts])
    np.testing.assert_array_equal(series.low, [part.min() for part in parts])
    np.testing.assert_array_equal(series.high, [part.max() for part in parts])
    again = Series.unpacked(json.loads(json.dumps(series.packed())), most)
    np.testing.assert_allclose(again.high, series.high, rtol=1e-5)
    np.testing.assert_allclose(again.mean, series.mean, rtol=1e-4, atol=1e-5)
    assert series.shorter(1).high.max() == 1e6


def test_what_is_not_finite_is_counted_apart():
    series = Series(2)
    for step, value in enumerate([1.0, math.nan, math.inf, 3.0], 1):
        series.add(step, value)
    assert series.bad == 2 and series.first_bad == 2
    np.testing.assert_array_equal([series.low, series.high], [[1, 3], [1, 3]])
    series.cut(1)
    assert series.first_bad is None and len(series) == 1


def test_a_curve_with_few_numbers_keeps_their_steps():
    series = Series(8)
    for step in (100, 20_000, 999_999):
        series.add(step, 1.0)
    assert series.width == 1 and series.x.tolist() == [100, 20_000, 999_999]


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


# ---- hostile runs --------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ['<script>alert(1)</script>', "</script><b>", 'a"b', "Verlust ∂ 损失",
                                  "\ud800", "\x00", "", "x" * 5000, "&amp;", "<!--"])
def test_names_are_text(tmp_path, name):
    path = tmp_path / "run.html"
    with watch(path, samples=lambda m: {name: name}) as page:
        page.step(**{name: 1.0})
        page.step(loss=2.0)
    found = parsed(path)
    assert sum(tag == "script" for tag, _ in found.tags) == 1 and "b" not in dict(
        found.tags[-1:])
    if name.isprintable():
        assert name in found.text
    assert nn.training.watch(tmp_path / "new.html", compare=[path]).compared[0].curves[name]


@pytest.mark.parametrize("values", [
    [math.nan] * 3, [math.inf, -math.inf, math.nan], [0.0, 0.0], [1e308, -1e308, 1e308],
    [5e-324, 1e308], [-1.0], [1e-300, 1.0, 1e-310], [np.float32(3), np.int64(2), True],
])
def test_numbers_of_every_kind(tmp_path, values):
    path = tmp_path / "run.html"
    with watch(path, every=0) as page:
        for value in values:
            due(page)
            page.step(loss=value)
    numbers = re.findall(r' d="([^"]*)"', path.read_text())
    assert not any("nan" in path or "inf" in path for path in numbers)
    parsed(path)


def test_metrics_that_come_and_go(tmp_path):
    with watch(tmp_path / "run.html", every=0) as page:
        for i in range(9):
            page.step(**({"loss": 1.0} if i % 2 else {}), **({"rare": 2.0} if i == 4 else {}))
        page.log(val_loss=0.5)
    assert page.record.curves["rare"].x.tolist() == [5]
    assert page.record.curves["val_loss"].x.tolist() == [9]


def test_zero_steps(tmp_path):
    with watch(tmp_path / "run.html", nn.Linear(2, 1), steps=0, samples=lambda m: 1 / 0):
        pass
    assert "No numbers yet" in parsed(tmp_path / "run.html").text
    watch(tmp_path / "untouched.html")
    assert not (tmp_path / "untouched.html").exists()


@pytest.mark.parametrize("model", [nn.ReLU(), nn.Linear(2, 1).requires_grad_(False),
                                   nn.LazyLinear(2), nn.Linear(0, 3)], ids=str)
@pytest.mark.filterwarnings("ignore:Lazy")
def test_models_of_every_kind(tmp_path, model):
    model(autograd.ones(3, getattr(model, "in_features", 2) or 0))
    with watch(tmp_path / "run.html", model, every=0) as page:
        for _ in range(4):
            due(page)
            page.step(loss=1.0)
    text = parsed(tmp_path / "run.html").text
    assert ("frozen" in text) == (model.__class__ is nn.Linear and not model.weight.requires_grad)


def test_gradients_that_were_zeroed_before(tmp_path):
    model, optimizer = net()
    with watch(tmp_path / "run.html", model, optimizer, every=0) as page:
        page.step(loss=1.0)
    assert "call page.step() after backward() and before zero_grad()" in parsed(
        tmp_path / "run.html").text


def test_weights_that_are_not_finite(tmp_path):
    model, optimizer = net()
    with autograd.no_grad():
        model[0].weight.fill_(math.inf)
        model[2].weight.fill_(3e38)
    with watch(tmp_path / "run.html", model, optimizer, every=0) as page:
        for _ in range(4):
            due(page)
            page.step(loss=1.0)
    assert "12 not finite" in parsed(tmp_path / "run.html").text


def test_a_page_that_cannot_be_written_stops_no_training(tmp_path):
    folder = tmp_path / "runs"
    page = watch(folder / "run.html", every=0)
    page.step(loss=1.0)
    (folder / "run.html").unlink()
    folder.rmdir()
    with pytest.warns(RuntimeWarning, match="run.html could not be written: No such file") as told:
        for _ in range(3):
            due(page)
            page.step(loss=1.0)
    assert len(told) == 1
    folder.mkdir()
    page.finish()
    assert "step 4" in parsed(folder / "run.html").text


def test_slips_are_named(tmp_path, monkeypatch):
    model, optimizer = net()
    with pytest.raises(ValueError, match=r"path ends in .html, got 'run'; write watch\('run.html'"):
        watch("run", model)
    with pytest.raises(TypeError, match="model must be a Module, got dict"):
        watch(tmp_path / "run.html", {"loss": 1.0})
    with pytest.raises(TypeError, match="optimizer must have param_groups, got the class SGD"):
        watch(tmp_path / "run.html", model, optim.SGD)
    with pytest.raises(TypeError, match="samples must be a function of the model"):
        watch(tmp_path / "run.html", samples="text")
    with pytest.raises(ValueError, match="steps must be at least 0"):
        watch(tmp_path / "run.html", steps=-1)
    with pytest.raises(ValueError, match="every must be seconds"):
        watch(tmp_path / "run.html", every=math.nan)
    page = watch(tmp_path / "run.html")
    with pytest.raises(TypeError, match=r"loss must be one number, got Tensor \(2,\) .*\.mean\(\)"):
        page.step(loss=autograd.ones(2))
    with pytest.raises(TypeError, match="accuracy must be one number, got str"):
        page.step(accuracy="high")
    with pytest.raises(TypeError, match="samples must give text or pictures, got dict for 'x'"):
        shown_samples({"x": {}})
    with pytest.raises(ValueError, match=r"a picture must be \(H, W\).*of a batch give a list"):
        shown_samples(autograd.ones(5, 1, 8, 8))
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(PermissionError, match="cannot be written; choose another folder"):
        watch(tmp_path / "run.html")


@pytest.mark.parametrize("given", [
    np.zeros((4, 6)), np.ones((1, 4, 6)), np.ones((3, 4, 6)), np.ones((4, 6, 3)) * 7,
    np.full((4, 6), np.nan), np.arange(24, dtype=np.uint8).reshape(4, 6), np.eye(4, 6) > 0,
])
def test_pictures_are_png(given):
    image = pytest.importorskip("PIL.Image")
    import base64
    import io

    address = shown_samples(given)["sample"]
    picture = image.open(io.BytesIO(base64.b64decode(address.removeprefix(PICTURE))))
    assert picture.size == (6, 4)
    if given.dtype == np.uint8:
        np.testing.assert_array_equal(np.asarray(picture), given)


# ---- looks ---------------------------------------------------------------------------------------

def contrast(one: str, other: str) -> float:
    """As WCAG 2.1 defines it."""
    def luminance(color):
        parts = [int(color[i:i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return np.dot(linear, [0.2126, 0.7152, 0.0722])

    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_contrast(colors):
    assert LIGHT.keys() == DARK.keys()
    for ground in ("paper", "card"):
        for name in colors.keys() - {"paper", "card", "edge"}:
            assert contrast(colors[name], colors[ground]) >= 4.5, (name, ground)


@pytest.mark.parametrize("seconds, text", [(0, "0.0 s"), (59.6, "60 s"), (200, "3 min 20 s"),
                                           (7500, "2 h 5 min"), (273600, "3 d 4 h")])
def test_durations(seconds, text):
    assert duration(seconds) == text
