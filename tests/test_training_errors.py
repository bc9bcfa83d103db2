"""What a Trainer and its fit are not given: each slip is named, with what fits."""

import numpy as np
import pytest

import autograd
import data
import nn
import optim
from nn.training import EarlyStopping, Trainer

BATCHES = [(autograd.ones(4, 3), autograd.ones(4, 1))]


def trainer(**options) -> Trainer:
    model = nn.Linear(3, 1)
    return Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), 0.1), **options)


def test_parts_that_were_not_made_are_named():
    model = nn.Linear(2, 1)
    optimizer = optim.SGD(model.parameters(), 0.1)
    with pytest.raises(TypeError, match="criterion must be made first, got the class MSELoss"):
        Trainer(model, nn.MSELoss, optimizer)
    with pytest.raises(TypeError, match="optimizer must be made first, got the class SGD"):
        Trainer(model, nn.MSELoss(), optim.SGD)
    with pytest.raises(TypeError, match=r"metrics must be a dict .* got list"):
        Trainer(model, nn.MSELoss(), optimizer, metrics=[nn.metrics.Accuracy()])
    with pytest.raises(TypeError, match=r"'a' must have update.* the class Accuracy; write \(\)"):
        trainer(metrics={"a": nn.metrics.Accuracy})
    with pytest.raises(TypeError, match=r"callbacks\[0\] must be .* class EarlyStopping; write"):
        trainer().fit([], 1, callbacks=[EarlyStopping])


@pytest.mark.parametrize("loader, message", [
    (data.datasets.Digits(), r"got Digits; data.DataLoader\(dataset, batch_size=32\) makes"),
    (data.TensorDataset(autograd.ones(2, 3)), r"got TensorDataset; data.DataLoader\(dataset"),
    (autograd.ones(4, 3), r"got Tensor \(4, 3\) float32; data.DataLoader\(data.TensorDataset"),
    (np.ones((4, 3)), r"got ndarray \(4, 3\) float64; data.DataLoader\(data.TensorDataset"),
    (3, "got int 3; data.DataLoader makes them"),
])
def test_what_gives_no_batches_is_named(loader, message):
    with pytest.raises(TypeError, match=f"Trainer.fit: train_loader must give batches, {message}"):
        trainer().fit(loader, 1)
    with pytest.raises(TypeError, match=f"Trainer.fit: validation must give batches, {message}"):
        trainer().fit(BATCHES, 1, loader)
    with pytest.raises(TypeError, match=f"Trainer.evaluate: loader must give batches, {message}"):
        trainer().evaluate(loader)


@pytest.mark.parametrize("arguments, options, message", [
    ((), {"epoch": 3}, "Trainer.fit: .* keyword argument 'epoch'; did you mean 'epochs'"),
    ((), {"num_epochs": 3}, "'num_epochs'; did you mean 'epochs'"),
    ((1,), {"val_loader": []}, "'val_loader'; it takes validation, callbacks, resume, progress"),
    ((2.5,), {}, "epochs must be a whole number, got float 2.5"),
    (("3",), {}, "epochs must be a whole number, got str"),
    ((True,), {}, "epochs must be a whole number, got bool True"),
    ((autograd.arange(4),), {}, r"epochs must be a whole number, got Tensor \(4,\) int64"),
    (([(1, 2)], 3), {}, r"got list of 1; fit\(loader, 10, validation=loader\)"),
])
def test_misspelt_and_misplaced_arguments_of_fit(arguments, options, message):
    with pytest.raises(TypeError, match=message):
        trainer().fit(BATCHES, *arguments, **options)


def test_pixels_that_are_no_floats():
    digits = data.DataLoader(data.datasets.Digits(), 4)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    run = Trainer(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), 0.1))
    advice = r"(.|\n)*floats from 0 to 1 by the dataset's transform=data.transforms.ToTensor\(\)"
    with pytest.raises(RuntimeError, match="linear: input.* uint8, float32" + advice):
        run.fit(digits, 1)
    image = next(iter(digits))[0].unsqueeze(1)
    with pytest.raises(RuntimeError, match="conv2d: input is uint8, but weight" + advice):
        nn.Conv2d(1, 2, 3)(image)
    with pytest.raises(TypeError, match="batch_norm: .* uint8" + advice):
        nn.BatchNorm2d(1)(image)
    with pytest.raises(RuntimeError) as told:
        nn.Linear(8, 1)(autograd.ones(2, 8, dtype=autograd.int64))
    assert "ToTensor" not in str(told.value)
