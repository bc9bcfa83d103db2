"""Which networks train.py has, and how each is trained on which images."""

from typing import NamedTuple

import nn
from data import datasets


class Recipe(NamedTuple):
    """How a model is trained on a dataset unless the command line says otherwise.

    SGD at a constant rate; where `momentum` is None, Adam at a rate that falls to 0 along half a
    cosine.  `hidden` are the widths of the mlp's layers."""

    epochs: int
    batch_size: int
    lr: float
    momentum: float | None
    hidden: tuple[int, ...] = (64, 32)


DATASETS = {"digits": datasets.Digits, "mnist": datasets.MNIST, "fashion": datasets.FashionMNIST}
RECURRENT = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
RECIPES = {
    ("digits", "mlp"): Recipe(epochs=20, batch_size=32, lr=0.05, momentum=0.9),
    ("mnist", "mlp"): Recipe(epochs=12, batch_size=64, lr=0.01, momentum=0.0),
    ("fashion", "mlp"): Recipe(epochs=12, batch_size=64, lr=0.01, momentum=0.9),
    ("mnist", "lenet"): Recipe(epochs=6, batch_size=64, lr=2e-3, momentum=None),
    ("fashion", "lenet"): Recipe(epochs=6, batch_size=64, lr=2e-3, momentum=None),
    **{("digits", kind): Recipe(epochs=20, batch_size=32, lr=2e-3, momentum=None)
       for kind in RECURRENT},
    **{(dataset, kind): Recipe(epochs=6, batch_size=64, lr=1e-3, momentum=None)
       for dataset in ("mnist", "fashion") for kind in RECURRENT},
}
FAST = {  # better in less time than the course's
    ("mnist", "mlp"): Recipe(epochs=5, batch_size=64, lr=2e-3, momentum=None, hidden=(256, 128)),
}


def mlp(sizes: list[int]) -> nn.Sequential:
    """Linear layers of these sizes with ReLU between them."""
    layers: list[nn.Module] = []
    for inputs, outputs in zip(sizes, sizes[1:], strict=False):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(nn.Flatten(), *layers[:-1])


def lenet(classes: int) -> nn.Sequential:
    """LeNet-5 for images of 28x28 pixels, with ReLU and max pooling.

    Reference: Y. LeCun et al., Gradient-based learning applied to document recognition, 1998.
    """
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, classes))


class RowByRow(nn.Module):
    """Two recurrent layers of 128 read an image from its first row to its last; the classes are
    scored by what they remember then.

    Shape: (N, 1, H, W) -> (N, classes).
    """

    def __init__(self, kind: str, width: int, classes: int) -> None:
        super().__init__()
        self.memory = RECURRENT[kind](width, 128, num_layers=2, batch_first=True)
        self.head = nn.Linear(128, classes)

    def forward(self, images):
        return self.head(self.memory(images.squeeze(1))[0][:, -1])


def make_model(args, shape, classes: int) -> nn.Module:
    """The model of this name for images (1, H, W)."""
    if args.model == "lenet":
        return lenet(classes)
    if args.model in RECURRENT:
        return RowByRow(args.model, shape[-1], classes)
    return mlp([shape.numel(), *args.hidden, classes])
