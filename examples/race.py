"""A race of optimizers: SGD, momentum, AdaGrad, RMSprop and Adam on one network and one data set.

    python examples/race.py                     # the 8x8 digits of the package
    python examples/race.py --root FOLDER       # CIFAR-10: data_batch_1.bin ... test_batch.bin

With the gradient g and the rate r, a step changes a weight w by

    SGD        -r g                             RMSprop   -r g / sqrt(v),  v = mean of late g^2
    momentum   -r m,  m = 0.9 m + g             Adam      -r m / sqrt(v),  both means unbiased
    AdaGrad    -r g / sqrt(sum of all g^2)

All start from the same weights and see the same batches. Each gets the best rate of a short trial
among those in RATES: a race at one rate for all would say more about the rate than about them.

References: J. Duchi et al., 2011 (AdaGrad); T. Tieleman, G. Hinton, 2012 (RMSprop); D. Kingma,
J. Ba, 2015 (Adam).
"""

import sys
import time

import numpy as np
from lesson import COLORS, Failed, images, lesson, sound, track

import autograd
import nn
import optim
from data import datasets
from data.transforms import ToTensor
from nn import functional as F

BATCH = 64
RUNNERS = {
    "SGD": lambda weights, rate: optim.SGD(weights, rate),
    "momentum": lambda weights, rate: optim.SGD(weights, rate, momentum=0.9),
    "AdaGrad": lambda weights, rate: optim.Adagrad(weights, rate),
    "RMSprop": lambda weights, rate: optim.RMSprop(weights, rate),
    "Adam": lambda weights, rate: optim.Adam(weights, rate),
}
RATES = {"SGD": (0.03, 0.1, 0.3), "momentum": (0.01, 0.03, 0.1), "AdaGrad": (0.003, 0.01, 0.03),
         "RMSprop": (3e-4, 1e-3, 3e-3), "Adam": (3e-4, 1e-3, 3e-3)}


def load(root: str | None, train: bool):
    """Images (N, channels, H, W) around 0, and classes (N)."""
    if root is None:
        pixels, labels = images(None, train)
        return 4 * pixels.unsqueeze(1) - 1.2, labels
    try:
        source = datasets.CIFAR10(root, train)
    except ValueError as error:
        raise Failed(str(error)) from None
    return 4 * ToTensor().batch(source.data.numpy()) - 1.9, source.targets


def network(channels: int, side: int) -> nn.Sequential:
    """Convolutions that halve the image down to 4x4, then a linear layer to 10 classes."""
    layers: list[nn.Module] = []
    width = 16
    while side > 4:
        layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        channels, width, side = width, 2 * width, side // 2
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(16 * channels, 10))


def accuracy(model, images, labels) -> float:
    with autograd.no_grad():
        scores = autograd.cat([model(part) for part in images.split(500)])
    return (sound("scores", scores, len(labels), 10).argmax(1) == labels).float().mean().item()


def run(args, runner: str, rate: float, data, held_out, steps: int, marks: int):
    """Train from the seed's weights; the losses, and (step, accuracy) at `marks` places."""
    autograd.manual_seed(args.seed)
    (x, y), losses, marked = data, [], []
    model = network(x.shape[1], x.shape[2])
    optimizer = RUNNERS[runner](model.parameters(), rate)
    for step in track(steps, f"{runner}, rate {rate:g}"):
        chosen = autograd.randint(0, len(x), (BATCH,))
        loss = F.cross_entropy(model(x[chosen]), y[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if (step + 1) * marks // steps > step * marks // steps:
            marked.append((step + 1, accuracy(model, *held_out)))
    return losses, marked


def teach(args):
    data, held_out = load(args.root, True), load(args.root, False)
    trial, races = max(1, args.steps // 6), {}
    for name, rates in RATES.items():
        trials = [run(args, name, rate, data, held_out, trial, 0)[0] for rate in rates]
        ends = [np.mean(losses[trial // 2:]) for losses in trials]
        rate = rates[int(np.argmin(np.nan_to_num(ends, nan=np.inf)))]
        start = time.perf_counter()
        losses, marked = run(args, name, rate, data, held_out, args.steps, 10)
        races[f"{name}, rate {rate:g}"] = losses, marked
        print(f"{name:9} rate {rate:<6g}  mean loss of the last tenth "
              f"{np.mean(losses[-max(1, args.steps // 10):]):.4f}   held out {marked[-1][1]:.1%}   "
              f"{time.perf_counter() - start:.0f} s", flush=True)
    return races


def draw(races, figure) -> None:
    left, right = figure.subplots(1, 2)
    for color, (name, (losses, marked)) in zip(COLORS, races.items()):
        window = max(1, len(losses) // 30)
        smooth = np.convolve(losses, np.ones(window) / window, "valid")
        left.plot(np.arange(window, len(losses) + 1), smooth, color=color, label=name)
        steps, shares = np.array(marked).T
        right.plot(steps, 100 * shares, "o-", markersize=3, color=color, label=name)
    left.set(title="training loss (moving mean)", xlabel="step", ylabel="cross entropy",
             yscale="log")
    right.set(title="held-out accuracy", xlabel="step", ylabel="%")
    for axes in (left, right):
        axes.legend(frameon=False)
        axes.grid(color="#e2e8f0", which="both")


def main(argv: list[str] | None = None) -> int:
    return lesson(__doc__, teach, draw, argv, steps=1000, size=(12, 5),
                  root="the folder of CIFAR-10's files (default: the digits of the package)")


if __name__ == "__main__":
    sys.exit(main())
