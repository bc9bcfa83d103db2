"""History and diagnose: tables that come back as they were, pictures, and the five patterns."""

from __future__ import annotations

import math
import re
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

import nn
from nn.training import EarlyStopping, History, ModelCheckpoint, diagnose

ROWS = [{"epoch": 1, "seconds": 0.1, "lr": 0.1, "loss": 2.0, "accuracy": 0.1, "val_loss": 1.0},
        {"epoch": 2, "seconds": 1 / 3, "lr": 1e-3, "loss": 0.1, "accuracy": 0.9, "val_loss": 0.2}]


def test_columns_and_rows():
    history = History(ROWS)
    history.append({"epoch": 3, "loss": 0.01, "extra, one": 5})
    assert len(history) == 3 and history["epoch"] == [1, 2, 3]
    assert math.isnan(history["val_loss"][2]) and history.columns[-1] == "extra, one"
    assert history.best("val_loss")["epoch"] == 2 == history.best("accuracy", "max")["epoch"]
    assert repr(history) == "History(3 epochs: epoch 3, loss 0.01, extra, one 5)"
    assert repr(History()) == "History(0 epochs)"
    with pytest.raises(KeyError, match="no column 'val_los'; did you mean 'val_loss'"):
        history["val_los"]
    with pytest.raises(ValueError, match="mode must be 'min' .* 'max' .*got 'low'"):
        history.best("loss", "low")
    with pytest.raises(ValueError, match="mode must be .*; monitor='extra' does not tell it"):
        history.best("extra")
    assert history.best("accuracy")["epoch"] == 2
    endless = History({"loss": value} for value in (math.nan, math.inf, math.inf))
    assert endless.best("loss") is endless.rows[1]
    with pytest.raises(ValueError, match="no epoch has a number in 'loss'"):
        History([{"loss": math.nan}]).best("loss")


def test_a_table_comes_back_as_it_was(tmp_path):
    path = tmp_path / "history.csv"
    rows = [*ROWS, {"epoch": 3, "loss": math.inf, "a, \"b\"": -1e-300}]
    History(rows).save(path)
    assert History.load(path).rows == rows
    assert path.read_text().splitlines()[0] == 'epoch,seconds,lr,loss,accuracy,val_loss,"a, ""b"""'
    History().save(path)
    assert History.load(path).rows == []
    path.write_text("loss\n0.5\nmuch\n")
    with pytest.raises(ValueError, match=r"history.csv, line 3: could not convert .* 'much'"):
        History.load(path)


def test_plot_returns_the_figure():
    history = History(ROWS)
    figure = history.plot(best=2)
    loss, accuracy = figure.axes
    assert isinstance(figure, Figure) and loss.get_yscale() == "log"
    assert accuracy.get_yscale() == "linear" and accuracy.get_ylabel() == "accuracy"
    assert [line.get_label() for line in loss.lines] == ["training", "validation", "best epoch: 2"]
    np.testing.assert_array_equal(loss.lines[1].get_ydata(), [1.0, 0.2])
    own = Figure()
    axes = own.subplots(1, 2)
    assert history.plot(axes) is own and axes[1].get_ylabel() == "accuracy"
    alone = Figure().subplots()
    assert history.plot(alone) is alone.figure and alone.get_ylabel() == "loss"
    with pytest.raises(ValueError, match="3 axes for 2 panels, loss, accuracy"):
        history.plot(Figure().subplots(1, 3))
    with pytest.raises(ValueError, match="there is no epoch yet"):
        History().plot()
    with pytest.raises(ValueError, match="neither a loss nor a metric, only epoch, lr"):
        History([{"epoch": 1, "lr": 0.1}]).plot()


def test_without_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ModuleNotFoundError, match=re.escape("pip install 'wengert[plots]'")):
        History(ROWS).plot()


@pytest.mark.parametrize("loss, val_loss, diagnosis, action", [
    ([2.0, 1.0, 0.7, 0.5], [2.1, 1.2, 0.8, 0.6], "good training", "Continue"),
    ([2.0, 0.5, 0.2, 0.1], [2.1, 0.8, 0.9, 1.1], "overfitting", "Add dropout, reduce the capacity"),
    ([2.3, 2.29, 2.28, 2.28], [2.3, 2.3, 2.3, 2.3], "underfitting", "Increase the capacity"),
    ([2.0, 0.5, 0.2, 0.19], [2.1, 1.2, 1.0, 1.0], "overfitting", "Regularize more"),
    ([2.0, 0.5, 0.2, 0.199], [2.1, 0.6, 0.25, 0.25], "good generalization", "The model"),
    ([2.0] + [0.1] * 19, [2.0] + [0.12] * 19, "good generalization", "The model"),
    ([2.0] + [0.1] * 19, [2.0] + [0.12] * 18 + [0.9], "good generalization", "The model"),
    ([2.0, 0.5, 0.9], [2.1, 0.6, 1.0], "good generalization", "The model"),
    ([2.0, 1.6, 1.5], [1.5, 1.3, 1.2], "good training", "Continue"),
])
def test_the_five_patterns(loss, val_loss, diagnosis, action):
    history = History({"loss": a, "val_loss": b} for a, b in zip(loss, val_loss, strict=True))
    found = diagnose(history)
    assert found.diagnosis == diagnosis and found.action.startswith(action)
    assert str(found) == f"{found.pattern}: {diagnosis}. {found.action}."


def test_the_baseline_tells_what_is_high():
    flat = {"loss": [0.05, 0.05, 0.05], "val_loss": [0.06, 0.06, 0.06]}
    assert diagnose(flat).diagnosis == "underfitting"
    assert diagnose(flat, baseline=math.log(10)).diagnosis == "good generalization"


@pytest.mark.parametrize("history, message", [
    ({"loss": [1, 2], "val_loss": [1, 2]}, "at least three epochs .* got 2 and 2"),
    ({"loss": [1, 2, 3]}, "the history has no val_loss; give fit validation=loader"),
    ({"loss": [1, math.nan, 3], "val_loss": [1, 2, 3]}, "the loss is not finite in epoch 2"),
])
def test_histories_that_tell_nothing(history, message):
    with pytest.raises(ValueError, match=message):
        diagnose(history)


@pytest.mark.parametrize("monitor, best", [
    ("val_accuracy", 3.0), ("accuracy", 3.0), ("val_f1", 3.0), ("val_loss", 1.0), ("mse", 1.0)])
def test_the_name_tells_which_is_the_best(tmp_path, monitor, best):
    for watching in (EarlyStopping(monitor), ModelCheckpoint(tmp_path, monitor)):
        for value in (2.0, 3.0, 1.0, 2.0):
            watching(value, nn.Linear(1, 1))
        assert watching.best == best
    for name in ("gap", "accuracy_loss"):
        with pytest.raises(ValueError, match=f"mode must be .*; monitor='{name}' does not tell it"):
            EarlyStopping(name)
