"""What hostile runs do to the live page: nothing; its curves stay honest, its colours legible."""

import base64
import io
import json
import math
import re

import numpy as np
import pytest

import autograd
import nn
import optim
from nn.training import watch
from nn.training.page import duration
from nn.training.page_style import DARK, LIGHT
from nn.training.samples import PICTURE, shown_samples
from nn.training.series import Series
from tests.pages import due, net, parsed

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


# ---- hostile runs --------------------------------------------------------------------------------

@pytest.mark.parametrize("name", [
    '<script>alert(1)</script>', "</script><b>", 'a"b', "Verlust ∂ 损失", "\ud800", "\x00", "",
    "x" * 5000, "&amp;", "<!--"])
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


def test_samples_that_fail_are_the_error_that_comes_out(tmp_path):
    with (pytest.raises(ZeroDivisionError) as caught,
          watch(tmp_path / "run.html", samples=lambda m: 1 / 0) as page):
        page.step(loss=1.0)
    assert caught.value.__context__ is None
    assert "Died of ZeroDivisionError" in parsed(tmp_path / "run.html").text


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
