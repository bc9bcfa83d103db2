"""nn.training: the Trainer's steps and epochs equal a plain loop's; misuse is named."""

from __future__ import annotations

import contextlib
import io
import math
import os
import pty
import re
import termios
import time

import numpy as np
import pytest

import autograd
import data
import nn
import optim
from nn.training import Callback, EarlyStopping, ModelCheckpoint, Trainer


def batches(rng, count=4, size=8) -> list:
    return [(autograd.tensor(rng.normal(size=(size, 3)), dtype=autograd.float32),
             autograd.tensor(rng.normal(size=(size, 1)), dtype=autograd.float32))
            for _ in range(count)]


def line(seed=0) -> nn.Module:
    autograd.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Dropout(0.2), nn.Linear(4, 1))


def trainer(model=None, lr=0.1, **options) -> Trainer:
    model = model or line()
    return Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), lr, 0.9), **options)


def weights(model) -> list[np.ndarray]:
    return [p.detach().numpy().copy() for p in model.parameters()]


def assert_same(a, b) -> None:
    for x, y in zip(weights(a), weights(b), strict=True):
        np.testing.assert_array_equal(x, y)


def test_fit_is_the_plain_loop(rng):
    training, held_out, model = batches(rng), batches(rng, 2, 5), line()
    optimizer = optim.SGD(model.parameters(), 0.1, 0.9)
    schedule = optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
    autograd.manual_seed(1)
    rows = []
    for _ in range(3):
        losses = []
        for x, y in training:
            loss = nn.MSELoss()(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
            losses.append(loss.item())
        with model.evaluating(), autograd.no_grad():
            held = [nn.MSELoss()(model(x), y).item() for x, y in held_out]
        rows.append((optimizer.param_groups[0]["lr"], np.mean(losses), np.mean(held)))
        schedule.step()
    ours = line()
    sgd = optim.SGD(ours.parameters(), 0.1, 0.9)
    scheduler = optim.lr_scheduler.StepLR(sgd, 2, 0.5)
    autograd.manual_seed(1)
    history = Trainer(ours, nn.MSELoss(), sgd, scheduler=scheduler, clip_norm=0.5).fit(
        training, 3, held_out)
    assert_same(ours, model)
    found = list(zip(history["lr"], history["loss"], history["val_loss"], strict=True))
    np.testing.assert_allclose(found, rows, rtol=1e-6)
    assert history["epoch"] == [1, 2, 3] and history.columns[:3] == ["epoch", "seconds", "lr"]


@pytest.mark.parametrize("sizes", [[8, 8, 8, 8], [8, 8, 8, 3], [8, 8, 8], [5]])
def test_accumulated_batches_are_one_large_batch(rng, sizes):
    small = [batches(rng, 1, size)[0] for size in sizes]
    large = [tuple(autograd.cat(parts) for parts in zip(*small[i:i + 2], strict=True))
             for i in range(0, len(small), 2)]
    a, b = (nn.Sequential(nn.Linear(3, 1)) for _ in range(2))
    b.load_state_dict(a.state_dict())
    one, other = trainer(a, accumulate=2), trainer(b)
    histories = one.fit(small, 2), other.fit(large, 2)
    for x, y in zip(weights(a), weights(b), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-6)
    assert one.steps == other.steps == 2 * len(large)
    np.testing.assert_allclose(histories[0]["loss"], histories[1]["loss"], rtol=1e-5)


def test_gradients_are_clipped(rng):
    norms = []

    class Norms(Callback):
        def on_step_end(self, trainer):
            norms.append(nn.utils.get_total_norm(
                [p.grad for p in trainer.model.parameters()]).item())

    trainer(clip_norm=0.01).fit(batches(rng), 1, callbacks=[Norms()])
    assert max(norms) <= 0.0101
    norms.clear()
    trainer(clip_value=0.001).fit(batches(rng), 1, callbacks=[Norms()])
    assert max(norms) <= 0.001 * math.sqrt(21) * 1.01
    norms.clear()
    trainer(clip_norm=1e6, clip_value=0.001).fit(batches(rng), 1, callbacks=[Norms()])
    assert max(norms) <= 0.001 * math.sqrt(21) * 1.01


def test_schedules_by_step_by_epoch_and_by_metric(rng):
    for schedule, count in (("step", 8), ("epoch", 2)):
        run = trainer()
        run.scheduler = optim.lr_scheduler.ExponentialLR(run.optimizer, 0.5)
        run.schedule = schedule
        run.fit(batches(rng), 2)
        assert run.optimizer.param_groups[0]["lr"] == pytest.approx(0.1 * 0.5**count)
    run = trainer(lr=1e-12)
    run.scheduler = optim.lr_scheduler.ReduceLROnPlateau(run.optimizer, patience=0, eps=0)
    run.fit(batches(rng), 3, batches(rng, 1))
    assert run.optimizer.param_groups[0]["lr"] == pytest.approx(1e-14)


def test_a_schedule_gets_the_validation_s_loss_and_nothing_else(rng):
    class Own:
        given: list = []

        def step(self, value, epoch=None):
            self.given.append((value, epoch))

    run = trainer(scheduler=Own())
    run.optimizer.add_param_group({"params": [nn.Parameter(autograd.ones(1))], "lr": 7.0})
    history = run.fit(batches(rng), 2, batches(rng, 1))
    run.fit(batches(rng), 1)
    assert Own.given == [(loss, None) for loss in (*history["val_loss"][:2], history["loss"][2])]
    assert history["lr"] == [0.1] * 3


def test_modes_are_as_before(rng):
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    modes = []
    model[1].register_forward_hook(
        lambda m, i, o: modes.append((m.training, autograd.is_grad_enabled())))
    model[1].eval()  # frozen
    trainer(model).fit(batches(rng, 1), 1, batches(rng, 1))
    assert model.training and not model[1].training
    assert modes == [(False, True), (False, False)]
    model.eval()
    trainer(model).fit(batches(rng, 1), 1)
    assert model[1].training
    with model.evaluating(), contextlib.suppress(ValueError):
        trainer(model).evaluate([])
    assert model[1].training


def test_callbacks_are_called_in_order(rng):
    calls = []

    class Note(Callback):
        pass

    for hook in (name for name in dir(Callback) if name.startswith("on_")):
        setattr(Note, hook, lambda self, trainer, hook=hook: calls.append(hook[3:]))
    trainer().fit(batches(rng, 2), 1, callbacks=[Note()])
    assert calls == ["fit_begin", "safe_point", "epoch_begin", "step_end", "safe_point", "step_end",
                     "safe_point", "epoch_end", "safe_point", "fit_end"]


def test_a_callback_stops_within_an_epoch(rng):
    class Stop(Callback):
        def on_step_end(self, trainer):
            if trainer.steps == 6:
                trainer.stop("enough")

    run = trainer()
    history = run.fit(batches(rng), 5, callbacks=[Stop()])
    assert run.stopped == "enough" and run.steps == 6 and len(history) == 1
    run.fit(batches(rng), 1)
    assert run.stopped is None and history["epoch"] == [1, 2]


def test_a_second_fit_goes_on(rng):
    run = trainer()
    run.fit(batches(rng), 2)
    assert run.fit(batches(rng), 3)["epoch"] == [1, 2, 3, 4, 5]


class Raises(Callback):
    def on_epoch_end(self, trainer):
        raise RuntimeError("mine")


@pytest.mark.parametrize("options, error, message", [
    (dict(epochs=0), ValueError, "epochs must be at least 1, got 0"),
    (dict(epochs=1.5), TypeError, "float"),
    (dict(train_loader=[]), ValueError, "training loader gave no sample"),
    (dict(train_loader=None), TypeError, "train_loader must give batches, got NoneType"),
    (dict(train_loader=iter([1])), TypeError, "is a list_iterator, used up after one epoch of 2"),
    (dict(train_loader=(x for x in [1])), TypeError, "is a generator, used up"),
    (dict(validation=iter([1])), TypeError, "validation is a list_iterator, used up"),
    (dict(validation=[]), ValueError, "the loader to evaluate gave no sample"),
    (dict(callbacks=[EarlyStopping()]), ValueError,
     "EarlyStopping: monitor='val_loss' is no column .* there are epoch, seconds, lr, loss; columns"
     r" that begin with val_ need fit\(..., validation=loader\)"),
    (dict(callbacks=[EarlyStopping("los_loss")]), ValueError, "did you mean 'loss'"),
    (dict(callbacks=EarlyStopping("loss")), TypeError, r"got one; put it into \[ \]"),
    (dict(callbacks=[EarlyStopping]), TypeError, r"callbacks\[0\] must be .* write \(\) behind it"),
    (dict(callbacks=[print]), TypeError, r"callbacks\[0\] must be a nn.training.Callback, got"),
    (dict(callbacks=[Raises()]), RuntimeError, "mine"),
])
def test_misuse_of_fit_is_named(rng, options, error, message):
    arguments = {"train_loader": batches(rng, 1), "epochs": 2, **options}
    with pytest.raises(error, match=message) as raised:
        trainer().fit(**arguments)
    if message == "mine":
        assert raised.value.__notes__ == ["raised by the callback Raises, in on_epoch_end"]


@pytest.mark.parametrize("make, message", [
    (lambda: EarlyStopping(mode="minimum"), "EarlyStopping: mode must be 'min' .* got 'minimum'"),
    (lambda: EarlyStopping(patience=-1), "patience must be at least 0, got -1"),
    (lambda: EarlyStopping(min_delta=math.nan), "min_delta must be a number of at least 0"),
    (lambda: trainer(schedule="steps"), "schedule must be 'epoch' or 'step', got 'steps'"),
    (lambda: trainer(accumulate=0), "accumulate must be at least 1, got 0"),
    (lambda: trainer(clip_norm=0), "clip_norm must be above 0, got 0"),
    (lambda: trainer(metrics={"loss": nn.metrics.Accuracy()}), "cannot be called 'loss'"),
    (lambda: trainer(metrics={"val_f1": nn.metrics.F1()}), "cannot be called 'val_f1'"),
])
def test_misuse_of_settings_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_criteria_that_are_none(rng):
    for criterion, message in (
            (nn.MSELoss(reduction="none"), r"must return one number, got Tensor \(8, 1\) float32"),
            (lambda a, b: 3.0, "must return one number, got float 3.0"),
            (lambda a, b: (a.detach() - b).mean(), "requires no grad, so there is nothing")):
        run = trainer()
        run.criterion = criterion
        with pytest.raises(ValueError, match=message):
            run.fit(batches(rng, 1), 1)
    with pytest.raises(ValueError, match="got no parameters"):
        optim.SGD(nn.ReLU().parameters(), 0.1)
    frozen = line().requires_grad_(False)
    with pytest.raises(ValueError, match="requires no grad"):
        trainer(frozen).fit(batches(rng, 1), 1)
    with pytest.raises(RuntimeError, match="no fit is running"):
        trainer().save("x.safetensors")


def test_a_loss_that_is_not_finite_stops_before_the_step(rng):
    training = batches(rng, 4)
    training[2][0][0, 0] = math.nan
    run, kept = trainer(), []

    class Keep(Callback):
        def on_step_end(self, trainer):
            kept.append(weights(trainer.model))

    with pytest.raises(FloatingPointError, match=r"loss became nan in epoch 1, after 2 steps; a sm"
                                                 r"aller learning rate than 0.1"):
        run.fit(training, 1, callbacks=[Keep()])
    for x, y in zip(weights(run.model), kept[-1], strict=True):
        np.testing.assert_array_equal(x, y)


def test_early_stopping_in_fit_gives_the_best_weights_back(rng):
    held_out, seen = batches(rng, 1), []

    class Keep(Callback):
        def on_epoch_end(self, trainer):
            seen.append(weights(trainer.model))

    run = trainer(lr=0.8)
    history = run.fit(batches(rng), 50, held_out, [Keep(), EarlyStopping(patience=3)])
    best = history["val_loss"].index(min(history["val_loss"]))
    assert len(history) == best + 4
    assert f"than {min(history['val_loss']):.4g} for 3 epochs" in run.stopped
    for x, y in zip(weights(run.model), seen[best], strict=True):
        np.testing.assert_array_equal(x, y)
    assert run.evaluate(held_out)["loss"] == pytest.approx(min(history["val_loss"]))


@pytest.mark.parametrize("options, values, stops", [
    (dict(patience=2), [3, 2, 2.5, 2.2], 4),
    (dict(patience=0), [3, 2, 2], 3),
    (dict(patience=1), [3, 2, 2], 3),
    (dict(patience=2, mode="max"), [1, 2, 1, 3, 2, 3], 6),
    (dict(patience=1, min_delta=0.5), [3, 2.4, 2.0], 3),
    (dict(patience=2), [math.nan, math.nan], 2),
    (dict(patience=2), [1, math.nan, 0.5, math.nan, math.nan], 5),
])
def test_early_stopping_in_an_open_loop(options, values, stops):
    model, stopper = nn.Linear(1, 1), EarlyStopping(**options)
    for i, value in enumerate(values, 1):
        with autograd.no_grad():
            model.weight.fill_(i)
        if stopper(autograd.tensor(value), model):
            break
    else:
        i = None
    assert i == stops
    finite = [-v if options.get("mode") == "max" else v for v in values if not math.isnan(v)]
    if finite and not options.get("min_delta"):
        assert values[int(model.weight.item()) - 1] == pytest.approx(abs(min(finite)))


def test_a_stopper_has_its_patience_in_each_fit(rng):
    run, stopper = trainer(lr=1e-12), EarlyStopping("loss", patience=3, min_delta=1e6)
    run.fit(batches(rng), 9, callbacks=[stopper])
    assert run.epoch == 4
    run.fit(batches(rng), 9, callbacks=[stopper])
    assert run.epoch == 7


def test_checkpoints_in_an_open_loop(tmp_path):
    model = nn.Linear(2, 1)
    optimizer = optim.Adam(model.parameters())
    keeper = ModelCheckpoint(tmp_path / "new" / "folder", mode="max")
    assert [keeper(v, model=model, optimizer=optimizer, epoch=v) for v in (1, 3, 2)] == [
        True, True, False]
    random = autograd.get_rng_state()
    autograd.rand(1)
    found = nn.training.load_checkpoint(keeper.last_path, model=model, optimizer=optimizer)
    assert found == {"epoch": 2} and autograd.get_rng_state() == random
    assert set(autograd.load(keeper.best_path)) == {"weight", "bias"}
    with pytest.raises(KeyError, match="has no 'modell'; did you mean 'model'"):
        nn.training.load_checkpoint(keeper.last_path, modell=model)
    with pytest.raises(ValueError, match="is no checkpoint; for weights alone"):
        nn.training.load_checkpoint(keeper.best_path, model=model)
    with pytest.raises(ValueError, match="ends in .safetensors, got 'x.pt'"):
        nn.training.save_checkpoint("x.pt", model=model)
    with pytest.raises(ValueError, match=r"did you mean '.*folder/last\.safetensors'"):
        nn.training.load_checkpoint(tmp_path / "new" / "folder", model=model)


def test_the_bar_is_quiet_unless_on_a_terminal(rng, capfd):
    with contextlib.redirect_stderr(io.StringIO()) as err:
        trainer().fit(batches(rng), 2)
    assert err.getvalue() == "" and capfd.readouterr() == ("", "")


class Slow(Callback):
    def on_step_end(self, trainer):
        time.sleep(0.01)


def test_the_bar_fits_a_terminal(rng):
    main, side = pty.openpty()
    termios.tcsetwinsize(main, (24, 100))
    os.set_blocking(main, False)
    with open(side, "w") as terminal, contextlib.redirect_stderr(terminal):
        trainer().fit(batches(rng, 21), 2, callbacks=[Slow()])
        trainer().fit(batches(rng, 2), 3, progress=False)
        text = os.read(main, 100_000).decode()
    os.close(main)
    shown = text.split("\r")
    assert max(map(len, shown)) <= 79
    assert any(re.match(r"epoch 2/2: .*%\|.*\| 00:00<00:0\d, loss [\d.]+", line) for line in shown)


def test_metrics_in_fit():
    autograd.manual_seed(0)
    digits = data.datasets.Digits(train=False, transform=data.transforms.ToTensor())
    loader = data.DataLoader(digits, 50)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    run = Trainer(model, nn.CrossEntropyLoss(), optim.Adam(model.parameters(), 1e-2),
                  metrics={"accuracy": nn.metrics.Accuracy(), "f1": nn.metrics.F1(average="macro")})
    history = run.fit(loader, 2, loader)
    assert history.columns[3:] == ["loss", "accuracy", "f1", "val_loss", "val_accuracy", "val_f1"]
    with autograd.no_grad():
        right = [(model(x).argmax(1) == y).sum().item() for x, y in loader]
    assert history["val_accuracy"][-1] == pytest.approx(sum(right) / len(digits))
    with pytest.raises(TypeError, match="'c' must compute one number"):
        Trainer(model, nn.CrossEntropyLoss(), run.optimizer,
                metrics={"c": nn.metrics.ConfusionMatrix(10)}).fit(loader, 1)
