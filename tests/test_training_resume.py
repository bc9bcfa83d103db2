"""Resuming: the weights of the uninterrupted run, bit for bit, wherever it was interrupted."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tqdm

import autograd
import data
import nn
import optim
from nn.training import Callback, EarlyStopping, ModelCheckpoint, Trainer

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def python_random():
    """Python's and NumPy's random states are as before."""
    states = random.getstate(), np.random.get_state()
    yield
    random.setstate(states[0])
    np.random.set_state(states[1])


class Loader:
    """Batches in random order, with noise from three generators, that knows where it is."""

    def __init__(self, count=6, interrupt_at=None):
        self.count, self.interrupt_at = count, interrupt_at
        self.order, self.place, self.fetched = [], 0, 0

    def __iter__(self):
        if not self.order:
            self.order, self.place = autograd.randperm(self.count).tolist(), 0
        while self.place < self.count:
            self.fetched += 1
            x = np.full((4, 3), self.order[self.place], np.float32) + autograd.randn(4, 3).numpy()
            if self.fetched == self.interrupt_at:
                os.kill(os.getpid(), signal.SIGINT)  # half of it is drawn
                time.sleep(1)
            x += np.float32(np.random.rand() + random.random())
            self.place += 1
            yield autograd.from_numpy(x), autograd.from_numpy(x.sum(1, keepdims=True))
        self.order = []

    def __len__(self):
        return self.count

    def state_dict(self):
        return {"order": list(self.order), "place": self.place}

    def load_state_dict(self, state):
        self.order, self.place = list(state["order"]), state["place"]


class Plain:
    """The same, without telling where it is."""

    def __init__(self, **options):
        self.loader = Loader(**options)

    def __iter__(self):
        return iter(self.loader)


class StopAt(Callback):
    def __init__(self, steps):
        self.steps = steps

    def on_step_end(self, trainer):
        if trainer.steps == self.steps:
            os.kill(os.getpid(), signal.SIGINT)


def start(seed=0) -> None:
    autograd.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)


def make(seed=0, accumulate=1):
    start(seed)
    model = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Dropout(0.3), nn.Linear(8, 1))
    optimizer = optim.Adam(model.parameters(), 1e-2)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, 0.05, 100)
    return Trainer(model, nn.MSELoss(), optimizer, scheduler=schedule, schedule="step",
                   metrics={"mae": nn.metrics.MAE()}, accumulate=accumulate)


def callbacks(folder, more=None, **options) -> list:
    return [ModelCheckpoint(folder, "loss", **options), EarlyStopping("loss", patience=50),
            more or StopAt(0)]


HELD_OUT = [(autograd.ones(4, 3), autograd.zeros(4, 1))]


def assert_same(a: Trainer, b: Trainer) -> None:
    for name, value in a.model.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), b.model.state_dict()[name].numpy(), name)
    rows = [[{k: v for k, v in row.items() if k != "seconds"} for row in run.history]
            for run in (a, b)]
    assert rows[0] == rows[1] and a.steps == b.steps and a.epoch == b.epoch


def interrupted(folder, loader, more=None, **options):
    """A run that ends early, and the one that goes on with it after everything has changed."""
    first = make(**options)
    first.fit(loader, 4, HELD_OUT, callbacks(folder, more))
    assert first.stopped == "Ctrl-C"
    saved = autograd.load(folder / "last.safetensors")["steps"]
    assert saved == first.steps if hasattr(loader, "state_dict") else saved == 6 * first.epoch
    second = make(seed=99, **options)
    start(98)
    second.fit(type(loader)(), 4, HELD_OUT, callbacks(folder),
               resume=folder / "last.safetensors")
    return first, second


@pytest.mark.parametrize("steps", [1, 3, 6, 7, 13, 23, 24])
def test_ctrl_c_in_a_step(tmp_path, steps):
    whole = make()
    whole.fit(Loader(), 4, HELD_OUT, callbacks(tmp_path / "a"))
    first, second = interrupted(tmp_path / "b", Loader(), StopAt(steps))
    assert first.steps == steps and len(first.history) == (steps - 1) // 6
    assert_same(second, whole)


@pytest.mark.parametrize("fetch", [1, 4, 7, 12])
def test_ctrl_c_while_a_batch_is_made(tmp_path, fetch):
    whole = make(accumulate=4)
    whole.fit(Loader(), 4, HELD_OUT, callbacks(tmp_path / "a"))
    first, second = interrupted(tmp_path / "b", Loader(interrupt_at=fetch), accumulate=4)
    assert_same(second, whole)


def test_ctrl_c_in_the_validation(tmp_path):
    class Interrupting(list):
        def __iter__(self):
            np.random.rand()
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)

    whole = make()
    whole.fit(Loader(), 4, HELD_OUT, callbacks(tmp_path / "a"))
    first = make()
    first.fit(Loader(), 4, Interrupting(HELD_OUT), callbacks(tmp_path / "b"))
    assert first.stopped == "Ctrl-C" and len(first.history) == 0 and first.model.training
    second = make(seed=99)
    second.fit(Loader(), 4, HELD_OUT, callbacks(tmp_path / "b"),
               resume=tmp_path / "b" / "last.safetensors")
    assert_same(second, whole)


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("steps", [3, 15])
def test_a_data_loader(tmp_path, own, steps):
    """Its order comes from the default generator, or from one of its own."""
    def loader(seed=0):
        generator = autograd.Generator().manual_seed(seed) if own else None
        x = autograd.arange(24.0).reshape(24, 1) * autograd.ones(3)
        return data.DataLoader(data.TensorDataset(x, x[:, :1]), 4, shuffle=True,
                               generator=generator)

    whole, first, second = (make() for _ in range(3))
    start()
    whole.fit(loader(), 4, HELD_OUT, callbacks(tmp_path / "a"))
    start()
    first.fit(loader(), 4, HELD_OUT, callbacks(tmp_path / "b", StopAt(steps)))
    assert first.stopped == "Ctrl-C" and first.steps == steps
    start(5)
    second.fit(loader(7), 4, HELD_OUT, callbacks(tmp_path / "b"),
               resume=tmp_path / "b" / "last.safetensors")
    assert_same(second, whole)


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("steps", [2, 4])
def test_after_a_last_step_of_fewer_batches(tmp_path, steps, workers):
    """Looking for more batches than there are ends the loader's pass, not yet the epoch."""
    def fit(folder, stop, seed=0, **options):
        trainer = make(seed, accumulate=2)
        x = autograd.arange(12.0).reshape(12, 1) * autograd.ones(3)
        loader = data.DataLoader(data.TensorDataset(x, x[:, :1]), 4, shuffle=True,
                                 num_workers=workers)
        trainer.fit(loader, 3, HELD_OUT, callbacks(folder, StopAt(stop)), **options)
        return trainer

    whole, first = fit(tmp_path / "a", 0), fit(tmp_path / "b", steps)
    assert first.stopped == "Ctrl-C" and first.steps == steps
    assert_same(fit(tmp_path / "b", 0, 9, resume=tmp_path / "b" / "last.safetensors"), whole)


def test_a_loader_that_does_not_tell_resumes_at_the_end_of_an_epoch(tmp_path):
    whole = make()
    whole.fit(Plain(), 4, HELD_OUT, callbacks(tmp_path / "a"))
    first, second = interrupted(tmp_path / "b", Plain(), StopAt(15))
    assert len(first.history) == 2
    assert_same(second, whole)
    with pytest.raises(ValueError, match="every_steps needs a training loader, and metrics, with"):
        make().fit(Plain(), 1, callbacks=callbacks(tmp_path, every_steps=2))

    class Save(Callback):
        def on_step_end(self, trainer):
            trainer.save(tmp_path / "x.safetensors")

    with pytest.raises(RuntimeError, match="in the middle of an epoch this takes a loader"):
        make().fit(Plain(), 1, callbacks=[Save()])


def test_the_time_and_the_bar_go_on(tmp_path, monkeypatch):
    class Slow(Loader):
        def __iter__(self):
            for batch in super().__iter__():
                clock.now += 1.5
                yield batch

    clock, made, bar = SimpleNamespace(now=0.0), [], tqdm.tqdm
    monkeypatch.setattr("nn.training.fit.time", SimpleNamespace(perf_counter=lambda: clock.now))
    monkeypatch.setattr(tqdm, "tqdm", lambda **options: made.append(
        (options["initial"], options["total"])) or bar(**options))
    run = make(accumulate=2)
    run.fit(Slow(), 1)
    made.clear()
    run.fit(Slow(), 4, HELD_OUT, callbacks(tmp_path, StopAt(8)))
    clock.now += 1000.0
    second = make(accumulate=2)
    second.fit(Slow(), 4, HELD_OUT, callbacks(tmp_path), resume=tmp_path / "last.safetensors")
    assert second.history["seconds"] == [9.0] * 5 and made == [(0, 12), (5, 12)]


def test_callbacks_go_on_where_they_were(tmp_path):
    model = nn.Linear(1, 1)
    first, second = ((EarlyStopping("loss", patience=3), ModelCheckpoint(tmp_path, "loss"))
                     for _ in "ab")
    for value in (1.0, 2.0, 2.0):
        assert not first[0](value) and first[1](value, model) == (value == 1.0)
    for before, after in zip(first, second, strict=True):
        after.load_state_dict(before.state_dict())
    assert second[0](1.5) and not second[1](1.5, model)


def test_checkpoints_every_few_steps(tmp_path):
    class Die(Callback):
        def __init__(self, at):
            self.at = at

        def on_safe_point(self, trainer):
            if trainer.steps == self.at:
                raise OSError("the machine")

    def all_of(folder, at):
        return callbacks(tmp_path / folder, Die(at), every_steps=4)

    whole = make()
    whole.fit(Loader(), 3, callbacks=all_of("a", None))
    with pytest.raises(OSError, match="the machine"):
        make().fit(Loader(), 3, callbacks=all_of("b", 9))
    assert autograd.load(tmp_path / "b" / "last.safetensors")["steps"] == 8
    second = make(seed=5)
    second.fit(Loader(), 3, callbacks=all_of("b", None), resume=tmp_path / "b" / "last.safetensors")
    assert_same(second, whole)


def test_checkpoints_of_another_training_are_refused(tmp_path):
    make().fit(Loader(), 1, HELD_OUT, callbacks(tmp_path))
    path = tmp_path / "last.safetensors"
    for message, options, calls in (
            ("callbacks ModelCheckpoint, EarlyStopping, StopAt, fit got none", {}, []),
            ("a scheduler, this Trainer has none", {"scheduler": None}, callbacks(tmp_path)),
            (r"has the metrics mae \(MAE\), this Trainer has none", {"metrics": None},
             callbacks(tmp_path)),
            (r"this Trainer has mae \(MSE\)", {"metrics": {"mae": nn.metrics.MSE()}},
             callbacks(tmp_path)),
            (r"this Trainer has mae \(MAE\), r2 \(R2\); give the same",
             {"metrics": {"mae": nn.metrics.MAE(), "r2": nn.metrics.R2()}}, callbacks(tmp_path))):
        run = make()
        settings = {"scheduler": run.scheduler, "metrics": run.meter.metrics, **options}
        with pytest.raises(ValueError, match=message):
            Trainer(run.model, run.criterion, run.optimizer, **settings).fit(
                Loader(), 1, callbacks=calls, resume=path)
    run = make()
    other = Trainer(run.model, run.criterion, run.optimizer, metrics=run.meter.metrics)
    other.fit(Loader(), 1, callbacks=callbacks(tmp_path))
    with pytest.raises(ValueError, match="written without a scheduler, this Trainer has OneCycle"):
        make().fit(Loader(), 1, callbacks=callbacks(tmp_path), resume=path)
    with pytest.raises(ValueError, match="is no checkpoint"):
        make().fit(Loader(), 1, resume=tmp_path / "best.safetensors")
    nn.training.save_checkpoint(path, model=make().model)
    with pytest.raises(ValueError, match="the checkpoint has no optimizer, scheduler, callbacks"):
        make().fit(Loader(), 1, resume=path)
    with pytest.raises(FileNotFoundError):
        make().fit(Loader(), 1, resume=tmp_path / "none.safetensors")


def test_a_loader_s_generator_is_wanted_again(tmp_path):
    class Shuffled(Plain):
        def __init__(self, seed):
            super().__init__()
            self.generator = autograd.Generator().manual_seed(seed)

    loader = Shuffled(3)
    make().fit(loader, 1, callbacks=callbacks(tmp_path))
    path, again = tmp_path / "last.safetensors", Shuffled(4)
    make().fit(again, 1, callbacks=callbacks(tmp_path), resume=path)
    assert again.generator.get_state() == loader.generator.get_state()
    make().fit(loader, 1, callbacks=callbacks(tmp_path))
    for other, what in ((Plain(), "Plain"), (data.DataLoader([1]), "DataLoader"), ([1], "list")):
        run = make(seed=5)
        before = run.model.state_dict()["0.weight"].tolist()
        with pytest.raises(ValueError, match=f"loader's generator, that of {what}.* is NoneType"):
            run.fit(other, 2, callbacks=callbacks(tmp_path), resume=path)
        assert run.model.state_dict()["0.weight"].tolist() == before


def test_state_that_cannot_be_saved_is_told_before_the_first_step(tmp_path):
    run = make()
    run.scheduler.state_dict = lambda: {"function": print}
    with pytest.raises(TypeError, match=r"obj\['scheduler'\]\['function'\] is builtin"):
        run.fit(Loader(), 1, callbacks=callbacks(tmp_path))
    assert run.steps == 0


KILLED = """
import os, signal, sys
import autograd, nn
from autograd import files
folder, stage = sys.argv[1:]
model = nn.Linear(50, 50)
autograd.manual_seed(0)
path = folder + "/last.safetensors"
nn.training.save_checkpoint(path, model=model, epoch=1)
kill = lambda *args: os.kill(os.getpid(), signal.SIGKILL)
if stage == "part":
    files._new_part = kill
elif stage == "write":
    from autograd.serialize import safetensors
    def half(file, start, arrays):
        file.write(start + arrays[0].tobytes()[:100])
        file.flush()
        kill()
    safetensors.write = half
elif stage == "fsync":
    os.fsync = kill
elif stage == "replace":
    os.replace = kill
else:
    replace = os.replace
    os.replace = lambda *args: (replace(*args), kill())
nn.training.save_checkpoint(path, model=model, epoch=2)
"""


@pytest.mark.skipif(os.name != "posix", reason="kills a process")
@pytest.mark.parametrize("stage", ["part", "write", "fsync", "replace", "after"])
def test_kill_in_a_checkpoint_s_write_leaves_a_whole_one(tmp_path, stage):
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), stage], cwd=ROOT,
                          env={**os.environ, "AUTOGRAD_KERNELS": "numpy"})
    assert done.returncode == -signal.SIGKILL
    path, model = tmp_path / "last.safetensors", nn.Linear(50, 50)
    found = nn.training.load_checkpoint(path, model=model)
    assert found == {"epoch": 2 if stage == "after" else 1}
    nn.training.save_checkpoint(path, model=model, epoch=3)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]  # what was left behind is gone


def test_a_second_ctrl_c_ends_at_once_and_writes_nothing(tmp_path):
    class Twice(Callback):
        def on_step_end(self, trainer):
            if trainer.steps == 3:
                os.kill(os.getpid(), signal.SIGINT)
                os.kill(os.getpid(), signal.SIGINT)
                raise AssertionError("not reached")

    run = make()
    run.fit(Loader(), 2, callbacks=callbacks(tmp_path, Twice()))
    assert run.stopped == "Ctrl-C"
    assert autograd.load(tmp_path / "last.safetensors")["steps"] == 0
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
