"""A hundred training steps of an MLP: every loss with every optimizer gives PyTorch's losses."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn
import optim

torch = pytest.importorskip("torch", reason="PyTorch is not installed: make parity installs it")

STEPS, BATCH, SIZES = 100, 16, (12, 16, 8, 4)
RNG = np.random.default_rng(7)
INPUTS = RNG.standard_normal((STEPS, BATCH, SIZES[0]))
CLASSES = RNG.integers(0, SIZES[-1], (STEPS, BATCH))
VALUES = RNG.uniform(0, 1, (STEPS, BATCH, SIZES[-1]))
WEIGHTS = [(RNG.uniform(-1, 1, (n, m)) / np.sqrt(m), RNG.uniform(-1, 1, n) / np.sqrt(m))
           for m, n in zip(SIZES, SIZES[1:], strict=False)]

LOSSES = {  # the module that ends the network, the criterion, and whether targets are classes
    "cross_entropy": (None, lambda nn: nn.CrossEntropyLoss(), True),
    "smoothed cross_entropy": (None, lambda nn: nn.CrossEntropyLoss(label_smoothing=0.1), True),
    "nll": (lambda nn: nn.LogSoftmax(dim=1), lambda nn: nn.NLLLoss(), True),
    "mse": (None, lambda nn: nn.MSELoss(), False),
    "bce": (lambda nn: nn.Sigmoid(), lambda nn: nn.BCELoss(), False),
    "bce with logits": (None, lambda nn: nn.BCEWithLogitsLoss(), False),
}
OPTIMIZERS = {
    "sgd": lambda optim, p: optim.SGD(p, lr=0.05),
    "momentum": lambda optim, p: optim.SGD(p, lr=0.02, momentum=0.9, weight_decay=1e-3),
    "nesterov": lambda optim, p: optim.SGD(p, lr=0.02, momentum=0.9, nesterov=True),
    "adam": lambda optim, p: optim.Adam(p, lr=1e-3),
    "amsgrad": lambda optim, p: optim.Adam(p, lr=1e-3, amsgrad=True, weight_decay=1e-3),
    "adamw": lambda optim, p: optim.AdamW(p, lr=1e-3),
}
SCHEDULES = {
    "sgd": lambda s, o: s.StepLR(o, 30),
    "momentum": lambda s, o: s.ExponentialLR(o, 0.99),
    "nesterov": lambda s, o: s.CosineAnnealingLR(o, 100),
    "adam": lambda s, o: s.LambdaLR(o, lambda epoch: 1 / (1 + 0.01 * epoch)),
}


def train(lib, nn, optim, loss: str, optimizer: str, dtype: str) -> list[float]:
    """The losses of the run."""
    dtype = getattr(lib, dtype)
    ending, criterion, classes = LOSSES[loss]
    layers = [nn.Linear(m, n) for m, n in zip(SIZES, SIZES[1:], strict=False)]
    net = nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.Tanh(), layers[2],
                        *([ending(nn)] if ending else [])).to(dtype)
    with lib.no_grad():
        for layer, (weight, bias) in zip(layers, WEIGHTS, strict=True):
            layer.weight.copy_(lib.tensor(weight))
            layer.bias.copy_(lib.tensor(bias))
    criterion, stepper = criterion(nn), OPTIMIZERS[optimizer](optim, net.parameters())
    schedule = SCHEDULES.get(optimizer, lambda s, o: None)(optim.lr_scheduler, stepper)
    losses = []
    for x, c, v in zip(INPUTS, CLASSES, VALUES, strict=True):
        target = lib.tensor(c) if classes else lib.tensor(v, dtype=dtype)
        value = criterion(net(lib.tensor(x, dtype=dtype)), target)
        stepper.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        stepper.step()
        if schedule is not None:
            schedule.step()
        losses.append(value.item())
    return losses


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-10), ("float32", 1e-5)])
def test_losses_of_100_steps(loss, optimizer, dtype, tolerance):
    ours = train(autograd, nn, optim, loss, optimizer, dtype)
    theirs = train(torch, torch.nn, torch.optim, loss, optimizer, dtype)
    np.testing.assert_allclose(ours, theirs, rtol=tolerance)
    assert len(set(ours)) == STEPS
